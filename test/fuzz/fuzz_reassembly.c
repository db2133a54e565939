/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Datagrams at the table of requests in parts. Each is behind six octets: u16 size, u16 host
 * and network (of few), u16 time that has passed. Whatever comes, the table stays within its
 * bounds, and what it hands out is one message with an envelope that says so.
 */
#include "base/assert.h"
#include "doors/reassembly.h"
#include "wire/cursor.h"

#include <stdlib.h>

#define SETS 4u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_whole(struct ansa_bytes message, uint32_t request_id)
{
        struct envelope e;
        ansa_assert(envelope_decode(message, &e) == ANSA_OK);
        ansa_assert(e.request_id == request_id && e.sequence == 0);
        ansa_assert((e.flags & ENVELOPE_TRUNCATED) == 0);
        ansa_assert(e.message_size == message.size - ENVELOPE_SIZE);
        ansa_assert(e.message_size <= LIMIT_MESSAGE_SIZE);
        volatile uint8_t last = message.at[message.size - 1]; /* a sanitizer looks */
        (void)last;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        static const struct reassembly_settings settings = {
                .sets_max = SETS, .network_max = 3, .size_max = 65536, .life_ms = 5000
        };
        struct cursor c = cursor_over((struct ansa_bytes){ data, size });
        struct reassembly *r;
        uint64_t now_ms = 1;
        if (reassembly_new(&settings, &r) != ANSA_OK)
                return 0;
        for (;;) {
                uint16_t packet_size = cursor_u16(&c);
                uint16_t source = cursor_u16(&c);
                now_ms += cursor_u16(&c);
                struct ansa_bytes packet = cursor_bytes(&c, packet_size);
                struct envelope e;
                if (c.err != ANSA_OK || envelope_decode(packet, &e) != ANSA_OK)
                        break;
                struct ansa_bytes parts = { packet.at + ENVELOPE_SIZE,
                                            packet.size - ENVELOPE_SIZE };
                struct reassembly_key key = { .port = 1, .request_id = e.request_id };
                key.address[5] = (uint8_t)(source >> 8 & 3);
                key.address[15] = (uint8_t)(source & 3);
                struct ansa_bytes message;
                enum reassembly_result result =
                        reassembly_add(r, &key, &e, parts, now_ms, &message);
                ansa_assert((result == REASSEMBLY_WHOLE) == (message.size > 0));
                ansa_assert(reassembly_count(r) <= SETS);
                if (result == REASSEMBLY_WHOLE)
                        check_whole(message, e.request_id);
        }
        (void)reassembly_expire(r, now_ms + settings.life_ms);
        ansa_assert(reassembly_count(r) == 0);
        reassembly_free(r);
        return 0;
}
