/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/fragment.h"

#include "base/assert.h"
#include "wire/cursor.h"

#include <assert.h>

#define FLAGS_AT    2u /* offsets in the envelope */
#define SEQUENCE_AT 12u

static_assert(LIMIT_UDP_PACKET_SIZE == ENVELOPE_SIZE + LIMIT_FRAGMENT_SIZE, "envelope and data");
static_assert((uint64_t)LIMIT_FRAGMENT_COUNT * LIMIT_FRAGMENT_SIZE >= LIMIT_MESSAGE_SIZE,
              "the largest message can be cut");
static_assert(FRAGMENT_STRICT_ROOM <= LIMIT_MESSAGE_SIZE, "a strict message is a message");

uint32_t fragment_count(uint32_t message_size)
{
        uint32_t full = message_size / LIMIT_FRAGMENT_SIZE;
        uint32_t count = full + (message_size % LIMIT_FRAGMENT_SIZE != 0);
        return count > 0 ? count : 1;
}

void fragment_cut(struct ansa_bytes message, uint32_t i, bool is_request,
                  uint8_t envelope[ENVELOPE_SIZE], struct ansa_bytes *data)
{
        ansa_assert(message.size >= ENVELOPE_SIZE &&
                    message.size - ENVELOPE_SIZE <= LIMIT_MESSAGE_SIZE);
        uint32_t size = (uint32_t)(message.size - ENVELOPE_SIZE);
        uint32_t count = fragment_count(size);
        ansa_assert(i < count);

        memcpy(envelope, message.at, ENVELOPE_SIZE);
        envelope[FLAGS_AT] &= (uint8_t)~ENVELOPE_TRUNCATED;
        if (is_request && count > 1)
                envelope[FLAGS_AT] |= ENVELOPE_TRUNCATED;
        envelope[SEQUENCE_AT] = 0;
        envelope[SEQUENCE_AT + 1] = 0;
        envelope[SEQUENCE_AT + 2] = (uint8_t)(i >> 8);
        envelope[SEQUENCE_AT + 3] = (uint8_t)i;

        uint32_t offset = i * LIMIT_FRAGMENT_SIZE;
        uint32_t left = size - offset;
        *data = (struct ansa_bytes){
                message.at + ENVELOPE_SIZE + offset,
                left < LIMIT_FRAGMENT_SIZE ? left : LIMIT_FRAGMENT_SIZE,
        };
}

static bool is_end(const struct envelope *e)
{
        return e->message_size < LIMIT_FRAGMENT_SIZE || (e->flags & ENVELOPE_TRUNCATED) == 0;
}

enum fragment_style fragment_style_of(const struct envelope *e, struct ansa_bytes data)
{
        if (e->message_size > LIMIT_FRAGMENT_SIZE)
                return FRAGMENT_TOTAL;
        if (e->message_size == data.size && (e->sequence > 0 || !is_end(e)))
                return FRAGMENT_STRICT;
        return e->sequence == 0 ? FRAGMENT_WHOLE : FRAGMENT_OUTSIDE;
}

enum ansa_err fragment_begin(struct fragment_set *set, const struct envelope *e, uint8_t *at)
{
        *set = (struct fragment_set){ 0 };
        if (e->message_size > LIMIT_MESSAGE_SIZE)
                return ANSA_E_LIMIT;
        if (e->message_size < HEADER_SIZE)
                return ANSA_E_MALFORMED;
        ansa_assert(at != NULL);
        set->envelope = *e;
        set->at = at;
        set->count = fragment_count(e->message_size);
        ansa_assert(set->count <= LIMIT_FRAGMENT_COUNT);
        return ANSA_OK;
}

void fragment_begin_strict(struct fragment_set *set, const struct envelope *e, uint8_t *at)
{
        ansa_assert(at != NULL);
        *set = (struct fragment_set){
                .envelope = *e,
                .at = at,
                .count = FRAGMENT_STRICT_ROOM / LIMIT_FRAGMENT_SIZE,
                .is_strict = true,
        };
}

/* TC and the sequence differ between the packets of a message, nothing else. */
static bool is_same_message(const struct envelope *a, const struct envelope *b)
{
        const uint8_t flags = ENVELOPE_COMPRESSED | ENVELOPE_ENCRYPTED;
        return a->major == b->major && a->minor == b->minor &&
               a->suggested_major == b->suggested_major &&
               a->suggested_minor == b->suggested_minor && a->session_id == b->session_id &&
               a->request_id == b->request_id && (a->flags & flags) == (b->flags & flags);
}

static bool is_seen(const struct fragment_set *set, uint32_t i)
{
        return (set->seen[i / 64] >> (i % 64) & 1) != 0;
}

static void store(struct fragment_set *set, uint32_t i, struct ansa_bytes data)
{
        memcpy(set->at + (size_t)i * LIMIT_FRAGMENT_SIZE, data.at, data.size);
        set->seen[i / 64] |= (uint64_t)1 << (i % 64);
        set->have++;
        ansa_assert(set->have <= set->count);
}

/* The packet that ends a strict message fixes its count, if no other packet contradicts. */
static enum ansa_err end_strict(struct fragment_set *set, const struct envelope *e)
{
        uint32_t count = e->sequence + 1;
        if (set->is_end_known && count != set->count)
                return ANSA_E_MALFORMED;
        for (uint32_t i = count; i < set->count; i++) {
                if (is_seen(set, i))
                        return ANSA_E_MALFORMED;
        }
        set->count = count;
        set->is_end_known = true;
        set->envelope.message_size = e->sequence * LIMIT_FRAGMENT_SIZE + e->message_size;
        return ANSA_OK;
}

static enum ansa_err add_strict(struct fragment_set *set, const struct envelope *e,
                                struct ansa_bytes data, bool *done)
{
        if (e->sequence >= set->count)
                return set->is_end_known ? ANSA_E_MALFORMED : ANSA_E_LIMIT;
        if (e->message_size != data.size || data.size == 0 || data.size > LIMIT_FRAGMENT_SIZE)
                return ANSA_E_MALFORMED;
        if (!is_seen(set, e->sequence)) {
                if (is_end(e)) {
                        enum ansa_err err = end_strict(set, e);
                        if (err != ANSA_OK)
                                return err;
                }
                store(set, e->sequence, data);
        }
        *done = set->is_end_known && set->have == set->count;
        return ANSA_OK;
}

enum ansa_err fragment_add(struct fragment_set *set, const struct envelope *e,
                           struct ansa_bytes data, bool *done)
{
        *done = false;
        if (!is_same_message(&set->envelope, e))
                return ANSA_E_MALFORMED;
        if (set->is_strict)
                return add_strict(set, e, data, done);
        if (e->message_size != set->envelope.message_size || e->sequence >= set->count)
                return ANSA_E_MALFORMED;
        uint32_t left = e->message_size - e->sequence * LIMIT_FRAGMENT_SIZE;
        if (data.size != (left < LIMIT_FRAGMENT_SIZE ? left : LIMIT_FRAGMENT_SIZE))
                return ANSA_E_MALFORMED;
        if (!is_seen(set, e->sequence))
                store(set, e->sequence, data);
        *done = set->have == set->count;
        return ANSA_OK;
}
