/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/entry.h"

#include "base/buf.h"
#include "wire/cursor.h"

static const char *const action_texts[ENTRY_ACTION_COUNT] = {
        [ENTRY_STATE] = "state",
        [ENTRY_PUT] = "put",
        [ENTRY_DELETE] = "delete",
        [ENTRY_HOME] = "home",
        [ENTRY_UNHOME] = "unhome",
        [ENTRY_SITE] = "site",
        [ENTRY_SETTINGS] = "settings",
        [ENTRY_ERASE] = "erase",
        [ENTRY_BREAK_GLASS] = "break-glass",
        [ENTRY_PROPOSAL] = "proposal",
        [ENTRY_APPROVAL] = "approval",
        [ENTRY_VETO] = "veto",
};

static const char *const origin_texts[ENTRY_ORIGIN_COUNT] = {
        [ORIGIN_SERVER] = "server",           [ORIGIN_REQUEST] = "request",
        [ORIGIN_IMPORT] = "import",           [ORIGIN_UPGRADE] = "upgrade",
        [ORIGIN_REPLICATION] = "replication", [ORIGIN_BREAK_GLASS] = "break-glass",
};

void entry_encode(const struct entry *entry, uint8_t octets[ENTRY_SIZE])
{
        struct buf b = buf_over(octets, ENTRY_SIZE);
        buf_u8(&b, ENTRY_VERSION_OWN);
        buf_u8(&b, (uint8_t)entry->action);
        buf_u8(&b, (uint8_t)entry->origin);
        buf_u8(&b, 0);
        buf_u64(&b, entry->number);
        buf_u64(&b, entry->time_s);
        buf_bytes(&b, (struct ansa_bytes){ entry->key.at, HASH_SIZE });
        buf_bytes(&b, (struct ansa_bytes){ entry->commitment.at, HASH_SIZE });
        buf_bytes(&b, (struct ansa_bytes){ entry->payload.at, HASH_SIZE });
}

static void take_hash(struct cursor *c, struct hash256 *hash)
{
        struct ansa_bytes octets = cursor_bytes(c, HASH_SIZE);
        if (octets.size == HASH_SIZE)
                memcpy(hash->at, octets.at, HASH_SIZE);
}

/* Each entry has one form: what an action has no use for is 0. */
static bool parts_fit(const struct entry *e)
{
        switch (e->action) {
        case ENTRY_STATE:
                return hash256_is_zero(&e->key) && hash256_is_zero(&e->payload) &&
                       e->origin == ORIGIN_SERVER;
        case ENTRY_PUT:
        case ENTRY_HOME:
        case ENTRY_SITE:
        case ENTRY_SETTINGS:
                return !hash256_is_zero(&e->key) && !hash256_is_zero(&e->commitment);
        case ENTRY_DELETE:
        case ENTRY_UNHOME:
        case ENTRY_ERASE:
                return !hash256_is_zero(&e->key) && hash256_is_zero(&e->commitment);
        case ENTRY_BREAK_GLASS:
        case ENTRY_PROPOSAL:
        case ENTRY_APPROVAL:
        case ENTRY_VETO:
                return !hash256_is_zero(&e->key) && !hash256_is_zero(&e->payload);
        case ENTRY_ACTION_COUNT:
                break;
        }
        return false;
}

enum ansa_err entry_decode(struct ansa_bytes octets, struct entry *entry)
{
        struct cursor c = cursor_over(octets);
        struct entry e = { 0 };
        *entry = e;
        uint8_t version = cursor_u8(&c);
        uint8_t action = cursor_u8(&c);
        uint8_t origin = cursor_u8(&c);
        uint8_t zero = cursor_u8(&c);
        e.number = cursor_u64(&c);
        e.time_s = cursor_u64(&c);
        take_hash(&c, &e.key);
        take_hash(&c, &e.commitment);
        take_hash(&c, &e.payload);
        if (cursor_end(&c) != ANSA_OK || version != ENTRY_VERSION_OWN || zero != 0 ||
            action >= ENTRY_ACTION_COUNT || origin >= ENTRY_ORIGIN_COUNT)
                return ANSA_E_MALFORMED;
        e.action = (enum entry_action)action;
        e.origin = (enum entry_origin)origin;
        if (!parts_fit(&e))
                return ANSA_E_MALFORMED;
        *entry = e;
        return ANSA_OK;
}

const char *entry_action_text(enum entry_action action)
{
        return action_texts[action];
}

const char *entry_origin_text(enum entry_origin origin)
{
        return origin_texts[origin];
}
