/* SPDX-License-Identifier: Apache-2.0 */
#include "rows.h"

#include "doors/reassembly.h"

static const struct reassembly_settings settings = {
        .sets_max = 8, .network_max = 4, .size_max = 1048576, .life_ms = 5000
};

static uint8_t whole[ENVELOPE_SIZE + LIMIT_MESSAGE_SIZE];

static struct ansa_bytes message_of(uint32_t request_id, uint32_t size)
{
        struct envelope e = {
                .major = 2, .minor = 11, .request_id = request_id, .message_size = size
        };
        struct buf b = buf_over(whole, sizeof(whole));
        envelope_encode(&e, &b);
        for (uint32_t i = 0; i < size; i++)
                buf_u8(&b, (uint8_t)(i * 7 + i / 300 + request_id));
        assert_err("message", b.err, ANSA_OK);
        return buf_written(&b);
}

static struct reassembly_key key_of(uint8_t net, uint8_t host, uint32_t request_id)
{
        struct reassembly_key key = { .port = 4711, .request_id = request_id };
        key.address[10] = key.address[11] = 0xff;
        key.address[12] = 10;
        key.address[14] = net;
        key.address[15] = host;
        return key;
}

static enum reassembly_result add(struct reassembly *r, const struct reassembly_key *key,
                                  struct ansa_bytes message, uint32_t i, uint64_t now_ms,
                                  struct ansa_bytes *joined)
{
        uint8_t wire[ENVELOPE_SIZE];
        struct ansa_bytes data;
        struct envelope e;
        fragment_cut(message, i, true, wire, &data);
        assert_err("envelope", envelope_decode((struct ansa_bytes){ wire, sizeof(wire) }, &e),
                   ANSA_OK);
        return reassembly_add(r, key, &e, data, now_ms, joined);
}

static struct reassembly *new_table(void)
{
        struct reassembly *r;
        assert_err("new", reassembly_new(&settings, &r), ANSA_OK);
        return r;
}

static void test_any_order(void **state)
{
        static const uint32_t sizes[] = { 493, 984, 985, 5000, LIMIT_MESSAGE_SIZE };
        (void)state;
        struct reassembly *r = new_table();
        struct rng rng = { 3 };
        for (size_t s = 0; s < COUNT_OF(sizes); s++) {
                struct ansa_bytes message = message_of(77, sizes[s]);
                uint32_t count = fragment_count(sizes[s]);
                uint32_t order[LIMIT_FRAGMENT_COUNT];
                for (uint32_t i = 0; i < count; i++)
                        order[i] = i;
                for (uint32_t i = count - 1; i > 0; i--) {
                        uint32_t k = rng_below(&rng, i + 1);
                        uint32_t t = order[i];
                        order[i] = order[k];
                        order[k] = t;
                }
                struct reassembly_key key = key_of(1, 1, 77);
                struct ansa_bytes joined;
                for (uint32_t i = 0; i < count; i++) {
                        enum reassembly_result want =
                                i + 1 == count ? REASSEMBLY_WHOLE : REASSEMBLY_MORE;
                        row_int("part", add(r, &key, message, order[i], 10, &joined), want);
                        if (i + 1 < count) /* again: does no harm */
                                row_int("again", add(r, &key, message, order[i], 10, &joined),
                                        REASSEMBLY_MORE);
                }
                /* the same message, but whole: no mark of being a part */
                assert_bytes("joined", joined, message);
                assert_int_equal(reassembly_count(r), 0);
        }
        reassembly_free(r);
}

static void test_keys_do_not_mix(void **state)
{
        (void)state;
        struct reassembly *r = new_table();
        struct ansa_bytes joined;
        struct reassembly_key keys[] = { key_of(1, 1, 5), key_of(1, 2, 5), key_of(1, 1, 6),
                                         key_of(1, 1, 5) };
        keys[3].port = 4712;
        struct ansa_bytes message = message_of(5, 600);
        for (size_t i = 0; i < COUNT_OF(keys); i++)
                row_int("first", add(r, &keys[i], message, 0, 10, &joined), REASSEMBLY_MORE);
        assert_int_equal(reassembly_count(r), COUNT_OF(keys));
        for (size_t i = 0; i < COUNT_OF(keys); i++)
                row_int("second", add(r, &keys[i], message, 1, 10, &joined), REASSEMBLY_WHOLE);
        reassembly_free(r);
}

static void test_bounds(void **state)
{
        (void)state;
        struct reassembly *r = new_table();
        struct ansa_bytes joined;
        struct ansa_bytes message = message_of(5, 600);
        struct reassembly_key key;
        for (uint8_t i = 0; i < 4; i++) {
                key = key_of(1, i, 5);
                row_int("within", add(r, &key, message, 0, 10, &joined), REASSEMBLY_MORE);
        }
        key = key_of(1, 9, 5);
        row_int("a network's share", add(r, &key, message, 0, 10, &joined), REASSEMBLY_REFUSED);
        for (uint8_t i = 0; i < 4; i++) {
                key = key_of(2, i, 5);
                row_int("another's", add(r, &key, message, 0, 20, &joined), REASSEMBLY_MORE);
        }
        key = key_of(3, 0, 5);
        row_int("full: the oldest goes", add(r, &key, message, 0, 30, &joined), REASSEMBLY_MORE);
        assert_int_equal(reassembly_count(r), settings.sets_max);
        row_int("and the newest can be done", add(r, &key, message, 1, 30, &joined),
                REASSEMBLY_WHOLE);
        assert_int_equal(reassembly_expire(r, 5009), 0);
        assert_int_equal(reassembly_expire(r, 5010), 3);
        assert_int_equal(reassembly_expire(r, 5020), 4);
        assert_int_equal(reassembly_count(r), 0);
        reassembly_free(r);
}

static void test_size_bound(void **state)
{
        (void)state;
        struct reassembly *r = new_table();
        struct ansa_bytes joined;
        struct ansa_bytes message = message_of(5, LIMIT_MESSAGE_SIZE);
        uint32_t taken = 0;
        for (uint8_t i = 0; i < 8; i++) {
                struct reassembly_key key = key_of(i, 1, 5);
                taken += add(r, &key, message, 0, 10, &joined) == REASSEMBLY_MORE;
        }
        /* three of 256 KiB fit a megabyte with their envelopes; each newer one drove out an older */
        assert_int_equal(reassembly_count(r), 3);
        assert_int_equal(taken, 8);
        reassembly_free(r);
}

static void test_misfits(void **state)
{
        (void)state;
        struct reassembly *r = new_table();
        struct ansa_bytes joined;
        static uint8_t data[LIMIT_FRAGMENT_SIZE + 1];
        struct reassembly_key key = key_of(1, 1, 5);
        const struct {
                const char *rule;
                uint32_t message_size;
                uint32_t sequence;
                size_t size;
        } rows[] = {
                { "message too large", LIMIT_MESSAGE_SIZE + 1, 0, 492 },
                { "no fragment at all", 492, 0, 492 },
                { "sequence outside", 600, 2, 108 },
                { "huge sequence", 600, UINT32_MAX, 108 },
                { "first too short", 600, 0, 491 },
                { "first too long", 600, 0, 493 },
                { "last too short", 600, 1, 107 },
                { "last too long", 600, 1, 109 },
                { "empty", 600, 0, 0 },
        };
        for (size_t i = 0; i < COUNT_OF(rows); i++) {
                struct envelope e = { .major = 2,
                                      .minor = 11,
                                      .request_id = 5,
                                      .sequence = rows[i].sequence,
                                      .message_size = rows[i].message_size };
                struct ansa_bytes bytes = { data, rows[i].size };
                row_int(rows[i].rule, reassembly_add(r, &key, &e, bytes, 10, &joined),
                        REASSEMBLY_BAD);
                row_int(rows[i].rule, reassembly_count(r), 0);
        }
        reassembly_free(r);
}

/* RFC 3652 read strictly: each packet tells its own size, the end is the first that is not full. */
static void test_strict_style(void **state)
{
        (void)state;
        struct reassembly *r = new_table();
        struct ansa_bytes message = message_of(9, 1200);
        struct reassembly_key key = key_of(1, 1, 9);
        struct ansa_bytes joined;
        static const uint32_t orders[][3] = { { 0, 1, 2 }, { 2, 1, 0 }, { 1, 2, 0 } };
        for (size_t o = 0; o < COUNT_OF(orders); o++) {
                for (size_t k = 0; k < 3; k++) {
                        uint32_t i = orders[o][k];
                        size_t size = i < 2 ? LIMIT_FRAGMENT_SIZE : 1200 - 2 * LIMIT_FRAGMENT_SIZE;
                        struct envelope e = { .major = 2,
                                              .minor = 11,
                                              .request_id = 9,
                                              .flags = ENVELOPE_TRUNCATED,
                                              .sequence = i,
                                              .message_size = (uint32_t)size };
                        struct ansa_bytes data = {
                                message.at + ENVELOPE_SIZE + i * LIMIT_FRAGMENT_SIZE, size
                        };
                        row_int("part", reassembly_add(r, &key, &e, data, 10, &joined),
                                k == 2 ? REASSEMBLY_WHOLE : REASSEMBLY_MORE);
                }
                assert_bytes("joined", joined, message);
                assert_int_equal(reassembly_count(r), 0);
        }
        reassembly_free(r);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_any_order), cmocka_unit_test(test_keys_do_not_mix),
                cmocka_unit_test(test_bounds),    cmocka_unit_test(test_size_bound),
                cmocka_unit_test(test_misfits),   cmocka_unit_test(test_strict_style),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
