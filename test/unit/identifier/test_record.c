/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/buf.h"
#include "identifier/record.h"

#include <stdlib.h>
#include <string.h>

static struct arena arena;

static int setup(void **state)
{
        (void)state;
        arena_init(&arena, 1u << 20);
        return 0;
}

static int teardown(void **state)
{
        (void)state;
        arena_fini(&arena);
        return 0;
}

static void put_value(struct buf *b, uint32_t index, uint8_t permissions, const char *data)
{
        const struct ansa_value value = {
                .index = index,
                .timestamp_s = 7,
                .ttl_s = 86400,
                .permissions = permissions,
                .type = ANSA_BYTES_LIT("URL"),
                .data = ansa_bytes_text(data),
        };
        uint8_t at[256];
        size_t size;
        assert_int_equal(ansa_value_encode(&value, at, sizeof(at), &size), ANSA_OK);
        buf_bytes(b, (struct ansa_bytes){ at, size });
}

/* Index 1 public, 2 for administrators, 3 public. */
static struct ansa_values three(uint8_t at[512])
{
        struct buf b = buf_over(at, 512);
        put_value(&b, 1, ANSA_PERM_DEFAULT, "one");
        put_value(&b, 2, ANSA_PERM_ADMIN_READ, "two");
        put_value(&b, 3, ANSA_PERM_DEFAULT, "three");
        assert_int_equal(b.err, ANSA_OK);
        return (struct ansa_values){ buf_written(&b), 3 };
}

static void expect_indexes(struct ansa_values values, const uint32_t *want, uint32_t count)
{
        assert_int_equal(values.count, count);
        for (uint32_t i = 0; i < count; i++) {
                struct ansa_value value;
                assert_int_equal(ansa_values_next(&values, &value), ANSA_OK);
                assert_int_equal(value.index, want[i]);
        }
        assert_int_equal(values.wire.size, 0);
}

static void the_form_is_the_written_one(void **state)
{
        (void)state;
        /* clang-format off */
        static const uint8_t want[] = {
                0x01,                                     /* name is stored */
                0, 3, 'a', '/', 'b',
                0, 2, 0, 1, 0, 0, 0, 30,                  /* two values, one public of 30 octets */
                0, 0, 0, 9, 0, 0, 0, 7, 0, 0, 1, 0x51, 0x80, 0x0e,
                0, 0, 0, 3, 'U', 'R', 'L', 0, 0, 0, 1, 'p', 0, 0, 0, 0,
                0, 0, 0, 8, 0, 0, 0, 7, 0, 0, 1, 0x51, 0x80, 0x08,
                0, 0, 0, 3, 'U', 'R', 'L', 0, 0, 0, 1, 'a', 0, 0, 0, 0,
        };
        /* clang-format on */
        uint8_t at[256];
        struct buf b = buf_over(at, sizeof(at));
        put_value(&b, 8, ANSA_PERM_ADMIN_READ, "a");
        put_value(&b, 9, ANSA_PERM_DEFAULT, "p");
        struct ansa_values values = { buf_written(&b), 2 };
        struct ansa_bytes stored;
        assert_int_equal(record_encode(ANSA_BYTES_LIT("a/b"), ANSA_BYTES_LIT("A/B"), values, NULL,
                                       &arena, &stored),
                         ANSA_OK);
        assert_int_equal(stored.size, sizeof(want));
        assert_memory_equal(stored.at, want, sizeof(want));
}

static void what_was_encoded_is_decoded(void **state)
{
        (void)state;
        static const struct {
                const char *name;
                const char *key;
        } rows[] = { { "10.1/ABC", "10.1/ABC" }, { "10.1/abc", "10.1/ABC" } };
        uint8_t at[512];
        for (size_t i = 0; i < 2; i++) {
                struct ansa_bytes name = ansa_bytes_text(rows[i].name);
                struct ansa_bytes key = ansa_bytes_text(rows[i].key);
                struct ansa_bytes stored;
                struct record r;
                assert_int_equal(record_encode(name, key, three(at), NULL, &arena, &stored),
                                 ANSA_OK);
                assert_int_equal(record_decode(key, stored, &r), ANSA_OK);
                assert_true(ansa_bytes_equal(r.name, name));
                expect_indexes(r.all, (const uint32_t[]){ 1, 3, 2 }, 3);
                expect_indexes(r.public_only, (const uint32_t[]){ 1, 3 }, 2);

                struct ansa_bytes again; /* encode(decode(x)) == x */
                assert_int_equal(record_encode(r.name, key, r.all, NULL, &arena, &again), ANSA_OK);
                assert_true(ansa_bytes_equal(stored, again));
        }
        struct ansa_bytes stored;
        struct record r;
        struct ansa_bytes name = ANSA_BYTES_LIT("EMPTY");
        assert_int_equal(
                record_encode(name, name, (struct ansa_values){ 0 }, NULL, &arena, &stored),
                ANSA_OK);
        assert_int_equal(record_decode(name, stored, &r), ANSA_OK);
        assert_int_equal(r.all.count, 0);
}

static enum ansa_err decode_copy(struct ansa_bytes key, const uint8_t *at, size_t size)
{
        uint8_t *copy = malloc(size > 0 ? size : 1);
        assert_non_null(copy);
        if (size > 0)
                memcpy(copy, at, size);
        struct record r;
        enum ansa_err err = record_decode(key, (struct ansa_bytes){ copy, size }, &r);
        if (err != ANSA_OK)
                assert_true(r.name.size == 0 && r.all.count == 0 && r.public_only.count == 0);
        free(copy);
        return err;
}

static void every_prefix_and_surplus_is_corrupt(void **state)
{
        (void)state;
        uint8_t at[512];
        struct ansa_bytes stored;
        struct ansa_bytes key = ANSA_BYTES_LIT("A/B");
        assert_int_equal(
                record_encode(ANSA_BYTES_LIT("a/b"), key, three(at), NULL, &arena, &stored),
                ANSA_OK);
        for (size_t n = 0; n < stored.size; n++)
                assert_int_equal(decode_copy(key, stored.at, n), ANSA_E_CORRUPT);
        uint8_t longer[512];
        memcpy(longer, stored.at, stored.size);
        longer[stored.size] = 0;
        assert_int_equal(decode_copy(key, longer, stored.size), ANSA_OK);
        assert_int_equal(decode_copy(key, longer, stored.size + 1), ANSA_E_CORRUPT);
}

static void damaged_heads_are_corrupt(void **state)
{
        (void)state;
        /* Stored without name: flags at 0, counts at 1 and 3, public size at 5. */
        static const struct {
                const char *what;
                size_t at;
                uint8_t by;
        } rows[] = {
                { "unknown flag", 0, 0x02 },
                { "name flag without name", 0, 0x01 },
                { "more values than there are", 2, 1 },
                { "fewer values than there are", 2, 0xff },
                { "count over the limit", 1, 0x10 },
                { "more public ones than values", 4, 9 },
                { "a private value counted as public", 4, 1 },
                { "public size within a value", 8, 1 },
                { "public size past the end", 6, 1 },
        };
        uint8_t at[512];
        struct ansa_bytes stored;
        struct ansa_bytes key = ANSA_BYTES_LIT("A/B");
        assert_int_equal(record_encode(key, key, three(at), NULL, &arena, &stored), ANSA_OK);
        assert_int_equal(decode_copy(key, stored.at, stored.size), ANSA_OK);
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                uint8_t damaged[512];
                memcpy(damaged, stored.at, stored.size);
                damaged[rows[i].at] = (uint8_t)(damaged[rows[i].at] + rows[i].by);
                if (decode_copy(key, damaged, stored.size) != ANSA_E_CORRUPT)
                        fail_msg("%s", rows[i].what);
        }
        uint8_t long_key[RECORD_KEY_PLAIN_MAX + 1] = { 'A' };
        assert_int_equal(decode_copy((struct ansa_bytes){ long_key, sizeof(long_key) }, stored.at,
                                     stored.size),
                         ANSA_E_CORRUPT); /* a shortened key cannot stand for the name */
}

static void what_cannot_be_stored_is_refused(void **state)
{
        (void)state;
        uint8_t at[512];
        struct ansa_bytes stored;
        struct ansa_bytes key = ANSA_BYTES_LIT("A/B");
        static const uint8_t long_name[ANSA_NAME_SIZE_MAX + 1];
        struct ansa_values values = three(at);
        struct ansa_bytes too_long = { long_name, sizeof(long_name) };
        assert_int_equal(record_encode(too_long, key, values, NULL, &arena, &stored), ANSA_E_LIMIT);
        assert_int_equal(
                record_encode((struct ansa_bytes){ 0 }, key, values, NULL, &arena, &stored),
                ANSA_E_LIMIT);
        values.count = ANSA_VALUE_COUNT_MAX + 1;
        assert_int_equal(record_encode(key, key, values, NULL, &arena, &stored), ANSA_E_LIMIT);
        values.count = 2;
        assert_int_equal(record_encode(key, key, values, NULL, &arena, &stored), ANSA_E_TRAILING);
        values.count = 4;
        assert_int_not_equal(record_encode(key, key, values, NULL, &arena, &stored), ANSA_OK);
        assert_null(stored.at);
        values.count = 3;
        struct arena small;
        arena_init(&small, 16);
        assert_int_equal(record_encode(key, key, values, NULL, &small, &stored), ANSA_E_NO_MEMORY);
        arena_fini(&small);
}

static void keys_are_folded_and_shortened(void **state)
{
        (void)state;
        uint8_t key[STORE_KEY_SIZE_MAX];
        uint8_t other[STORE_KEY_SIZE_MAX];
        size_t size;
        size_t other_size;
        assert_int_equal(record_key(ANSA_BYTES_LIT("10.a/b"), false, key, &size), ANSA_OK);
        assert_true(ansa_bytes_equal((struct ansa_bytes){ key, size }, ANSA_BYTES_LIT("10.A/B")));
        assert_int_equal(record_key(ANSA_BYTES_LIT("10.a/b"), true, key, &size), ANSA_OK);
        assert_true(ansa_bytes_equal((struct ansa_bytes){ key, size }, ANSA_BYTES_LIT("10.A/b")));
        assert_int_equal(record_key(ANSA_BYTES_LIT("10.a"), false, key, &size), ANSA_OK);
        assert_true(
                ansa_bytes_equal((struct ansa_bytes){ key, size }, ANSA_BYTES_LIT("0.NA/10.A")));

        static uint8_t name[ANSA_NAME_SIZE_MAX + 8];
        memset(name, 'x', sizeof(name));
        memcpy(name, "10/", 3);
        struct ansa_bytes whole = { name, RECORD_KEY_PLAIN_MAX };
        assert_int_equal(record_key(whole, false, key, &size), ANSA_OK);
        assert_int_equal(size, RECORD_KEY_PLAIN_MAX);
        whole.size++;
        assert_int_equal(record_key(whole, false, key, &size), ANSA_OK);
        assert_int_equal(size, RECORD_KEY_PLAIN_MAX + 32);
        /* printf '10/%s' $(head -c 398 /dev/zero | tr '\0' X) | sha256sum */
        static const uint8_t digest[4] = { 0xf7, 0x6e, 0x31, 0xab };
        assert_memory_equal(key + RECORD_KEY_PLAIN_MAX, digest, 4);
        whole.size++; /* the same first 400 octets, another name */
        assert_int_equal(record_key(whole, false, other, &other_size), ANSA_OK);
        assert_memory_equal(key, other, RECORD_KEY_PLAIN_MAX);
        assert_memory_not_equal(key, other, size);
        whole.size = ANSA_NAME_SIZE_MAX;
        assert_int_equal(record_key(whole, false, key, &size), ANSA_OK);
        whole.size = sizeof(name);
        assert_int_equal(record_key(whole, false, key, &size), ANSA_E_LIMIT);
        assert_int_equal(size, 0);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
                TEST(the_form_is_the_written_one),         TEST(what_was_encoded_is_decoded),
                TEST(every_prefix_and_surplus_is_corrupt), TEST(damaged_heads_are_corrupt),
                TEST(what_cannot_be_stored_is_refused),    TEST(keys_are_folded_and_shortened),
#undef TEST
        };
        return cmocka_run_group_tests_name("identifier/record", tests, NULL, NULL);
}
