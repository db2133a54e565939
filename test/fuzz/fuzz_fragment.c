/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The first octet chooses. 0: the input is a message; cut, it joins to itself. Otherwise it
 * is a series of packets, each behind a u16 length; the first begins a set, and whatever
 * comes, the set stays within its room and its counts agree.
 */
#include "base/assert.h"
#include "wire/cursor.h"
#include "wire/fragment.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void cut_and_join(struct ansa_bytes message)
{
        struct envelope e;
        if (envelope_decode(message, &e) != ANSA_OK ||
            e.message_size != message.size - ENVELOPE_SIZE || e.message_size < HEADER_SIZE)
                return;
        uint8_t *at = malloc(e.message_size);
        ansa_assert(at != NULL);
        struct fragment_set set;
        ansa_assert(fragment_begin(&set, &e, at) == ANSA_OK);
        bool done = false;
        for (uint32_t i = fragment_count(e.message_size); i-- > 0;) {
                uint8_t envelope[ENVELOPE_SIZE];
                struct ansa_bytes data;
                struct envelope part;
                ansa_assert(!done);
                fragment_cut(message, i, true, envelope, &data);
                ansa_assert(envelope_decode((struct ansa_bytes){ envelope, ENVELOPE_SIZE },
                                            &part) == ANSA_OK);
                ansa_assert(fragment_add(&set, &part, data, &done) == ANSA_OK);
        }
        ansa_assert(done && memcmp(at, message.at + ENVELOPE_SIZE, e.message_size) == 0);
        free(at);
}

static bool begin(struct fragment_set *set, const struct envelope *e, struct ansa_bytes data,
                  uint8_t **at)
{
        switch (fragment_style_of(e, data)) {
        case FRAGMENT_STRICT:
                *at = malloc(FRAGMENT_STRICT_ROOM);
                ansa_assert(*at != NULL);
                fragment_begin_strict(set, e, *at);
                return true;
        case FRAGMENT_TOTAL:
                if (e->message_size > LIMIT_MESSAGE_SIZE)
                        return false;
                *at = malloc(e->message_size);
                ansa_assert(*at != NULL);
                return fragment_begin(set, e, *at) == ANSA_OK;
        case FRAGMENT_WHOLE:
        case FRAGMENT_OUTSIDE:
                break;
        }
        return false;
}

static void check(const struct fragment_set *set, bool done)
{
        uint32_t seen = 0;
        for (uint32_t i = 0; i < LIMIT_FRAGMENT_COUNT; i++)
                seen += (set->seen[i / 64] >> (i % 64) & 1) != 0;
        ansa_assert(seen == set->have && set->have <= set->count);
        ansa_assert(!done || seen == set->count);
}

static void join_packets(struct ansa_bytes packets)
{
        struct cursor c = cursor_over(packets);
        struct fragment_set set = { 0 };
        uint8_t *at = NULL;
        while (c.left > 0) {
                struct ansa_bytes packet = cursor_bytes(&c, cursor_u16(&c));
                struct envelope e;
                bool done;
                if (c.err != ANSA_OK || envelope_decode(packet, &e) != ANSA_OK)
                        break;
                struct ansa_bytes data = { packet.at + ENVELOPE_SIZE, packet.size - ENVELOPE_SIZE };
                if (at == NULL && !begin(&set, &e, data, &at))
                        break;
                enum ansa_err err = fragment_add(&set, &e, data, &done);
                ansa_assert(err == ANSA_OK || !done);
                check(&set, done);
        }
        free(at);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        if (size == 0 || size > LIMIT_MESSAGE_SIZE)
                return 0;
        struct ansa_bytes rest = { data + 1, size - 1 };
        if (data[0] == 0)
                cut_and_join(rest);
        else
                join_packets(rest);
        return 0;
}
