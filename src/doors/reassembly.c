/* SPDX-License-Identifier: Apache-2.0 */
#include "doors/reassembly.h"

#include "base/assert.h"
#include "doors/address.h"

#include <stdlib.h>

#define EXPIRE_EVERY_MS 100u /* a look at every slot, so not for each packet */

struct pending {
        struct reassembly_key key;
        uint64_t network;
        uint64_t since_ms;
        uint8_t *at; /* ENVELOPE_SIZE, then the message; NULL = free slot */
        size_t size;
        struct fragment_set set;
};

struct reassembly {
        struct reassembly_settings settings;
        uint32_t count;
        size_t size;        /* bytes claimed by all; the system gives pages as they are written */
        uint64_t expire_ms; /* when to look for old ones again */
        uint8_t *whole;     /* the one handed out last */
        struct pending slot[];
};

enum ansa_err reassembly_new(const struct reassembly_settings *settings, struct reassembly **r)
{
        *r = calloc(1, sizeof(**r) + settings->sets_max * sizeof(struct pending));
        if (*r == NULL)
                return ANSA_E_NO_MEMORY;
        (*r)->settings = *settings;
        return ANSA_OK;
}

static void release(struct reassembly *r, struct pending *p)
{
        ansa_assert(p->at != NULL && r->count > 0 && r->size >= p->size);
        free(p->at);
        r->count--;
        r->size -= p->size;
        *p = (struct pending){ 0 };
}

void reassembly_free(struct reassembly *r)
{
        if (r == NULL)
                return;
        for (uint32_t i = 0; i < r->settings.sets_max; i++)
                free(r->slot[i].at);
        free(r->whole);
        free(r);
}

uint32_t reassembly_expire(struct reassembly *r, uint64_t now_ms)
{
        uint32_t expired = 0;
        for (uint32_t i = 0; r->count > 0 && i < r->settings.sets_max; i++) {
                struct pending *p = &r->slot[i];
                if (p->at != NULL && now_ms - p->since_ms >= r->settings.life_ms) {
                        release(r, p);
                        expired++;
                }
        }
        return expired;
}

uint32_t reassembly_count(const struct reassembly *r)
{
        return r->count;
}

static bool same_key(const struct reassembly_key *a, const struct reassembly_key *b)
{
        return a->request_id == b->request_id && a->port == b->port &&
               memcmp(a->address, b->address, sizeof(a->address)) == 0;
}

static struct pending *find(struct reassembly *r, const struct reassembly_key *key)
{
        for (uint32_t i = 0; i < r->settings.sets_max; i++) {
                if (r->slot[i].at != NULL && same_key(&r->slot[i].key, key))
                        return &r->slot[i];
        }
        return NULL;
}

/* A free slot within all limits; the oldest message makes room, of @network when it has too many. */
static struct pending *take_slot(struct reassembly *r, uint64_t network, size_t size)
{
        struct pending *empty = NULL;
        struct pending *oldest = NULL;
        uint32_t of_network = 0;
        if (size > r->settings.size_max)
                return NULL;
        for (uint32_t i = 0; i < r->settings.sets_max; i++) {
                struct pending *p = &r->slot[i];
                if (p->at == NULL) {
                        empty = p;
                        continue;
                }
                if (p->network == network)
                        of_network++;
                if (oldest == NULL || p->since_ms < oldest->since_ms)
                        oldest = p;
        }
        if (of_network >= r->settings.network_max)
                return NULL;
        if (empty != NULL && size <= r->settings.size_max - r->size)
                return empty;
        if (oldest == NULL)
                return NULL;
        release(r, oldest);
        /* one at a time: a large claim does not clear the table of small ones */
        return size <= r->settings.size_max - r->size ? oldest : NULL;
}

/* A new set for the packet's style, which fragment_style_of told. */
static enum reassembly_result begin(struct reassembly *r, const struct reassembly_key *key,
                                    const struct envelope *e, enum fragment_style style,
                                    uint64_t now_ms, struct pending **begun)
{
        *begun = NULL;
        if (style == FRAGMENT_TOTAL && e->message_size > LIMIT_MESSAGE_SIZE)
                return REASSEMBLY_BAD;
        uint64_t network = address_network(key->address);
        size_t room = style == FRAGMENT_STRICT ? FRAGMENT_STRICT_ROOM : e->message_size;
        struct pending *p = take_slot(r, network, ENVELOPE_SIZE + room);
        uint8_t *at = p != NULL ? malloc(ENVELOPE_SIZE + room) : NULL;
        if (at == NULL)
                return REASSEMBLY_REFUSED;
        if (style == FRAGMENT_STRICT) {
                fragment_begin_strict(&p->set, e, at + ENVELOPE_SIZE);
        } else if (fragment_begin(&p->set, e, at + ENVELOPE_SIZE) != ANSA_OK) {
                free(at);
                return REASSEMBLY_BAD;
        }
        p->key = *key;
        p->network = network;
        p->since_ms = now_ms;
        p->at = at;
        p->size = ENVELOPE_SIZE + room;
        r->count++;
        r->size += p->size;
        *begun = p;
        return REASSEMBLY_MORE;
}

/* All is there: put an envelope in front that says nothing of parts, and let go of the slot. */
static struct ansa_bytes finish(struct reassembly *r, struct pending *p)
{
        struct envelope whole = p->set.envelope;
        whole.sequence = 0;
        whole.flags &= (uint8_t)~ENVELOPE_TRUNCATED;
        struct buf b = buf_over(p->at, ENVELOPE_SIZE);
        envelope_encode(&whole, &b);
        ansa_assert(b.err == ANSA_OK && b.size == ENVELOPE_SIZE);
        struct ansa_bytes message = { p->at, ENVELOPE_SIZE + (size_t)whole.message_size };
        ansa_assert(message.size <= p->size);
        r->whole = p->at;
        r->count--;
        r->size -= p->size;
        *p = (struct pending){ 0 };
        return message;
}

enum reassembly_result reassembly_add(struct reassembly *r, const struct reassembly_key *key,
                                      const struct envelope *e, struct ansa_bytes data,
                                      uint64_t now_ms, struct ansa_bytes *message)
{
        *message = (struct ansa_bytes){ 0 };
        free(r->whole);
        r->whole = NULL;

        if (now_ms >= r->expire_ms) {
                (void)reassembly_expire(r, now_ms);
                r->expire_ms = now_ms + EXPIRE_EVERY_MS;
        }
        enum fragment_style style = fragment_style_of(e, data);
        if (style != FRAGMENT_TOTAL && style != FRAGMENT_STRICT)
                return REASSEMBLY_BAD;
        struct pending *p = find(r, key);
        if (p == NULL) {
                enum reassembly_result result = begin(r, key, e, style, now_ms, &p);
                if (p == NULL)
                        return result;
        }
        bool done = false;
        if (fragment_add(&p->set, e, data, &done) != ANSA_OK) {
                if (p->set.have == 0)
                        release(r, p);
                return REASSEMBLY_BAD;
        }
        if (!done)
                return REASSEMBLY_MORE;
        *message = finish(r, p);
        return REASSEMBLY_WHOLE;
}
