/* SPDX-License-Identifier: Apache-2.0 */
#include "../support.h"

#include "wire/cursor.h"

static void reads_big_endian(void **state)
{
        (void)state;
        struct sample s = sample_hex("01 0203 04050607 08090a0b0c0d0e0f 00000002 'hi' 'rest'");
        struct cursor c = cursor_over(sample_bytes(&s));
        assert_int_equal(cursor_u8(&c), 1);
        assert_int_equal(cursor_u16(&c), 0x0203);
        const uint8_t *start = c.at;
        assert_int_equal(cursor_since(&c, start).size, 0);
        assert_int_equal(cursor_u32(&c), 0x04050607);
        assert_true(cursor_u64(&c) == 0x08090a0b0c0d0e0f);
        assert_bytes("since", cursor_since(&c, start), (struct ansa_bytes){ s.at + 3, 12 });
        assert_bytes("block", cursor_block(&c, 2), ANSA_BYTES_LIT("hi"));
        assert_bytes("bytes", cursor_bytes(&c, 1), ANSA_BYTES_LIT("r"));
        assert_bytes("rest", cursor_rest(&c), ANSA_BYTES_LIT("est"));
        assert_err("end", cursor_end(&c), ANSA_OK);
}

static void sticks_to_the_first_failure(void **state)
{
        (void)state;
        struct sample s = sample_hex("010203");
        struct cursor c = cursor_over(sample_bytes(&s));
        const uint8_t *start = c.at;
        assert_int_equal(cursor_u32(&c), 0);
        assert_err("first", c.err, ANSA_E_TRUNCATED);
        assert_int_equal(c.left, 3);
        assert_int_equal(cursor_u8(&c), 0); /* there is an octet, but it is too late */
        assert_int_equal(cursor_u16(&c), 0);
        assert_int_equal(cursor_u64(&c), 0);
        assert_null(cursor_bytes(&c, 1).at);
        assert_null(cursor_rest(&c).at);
        assert_null(cursor_block(&c, 10).at);
        assert_null(cursor_since(&c, start).at);
        assert_int_equal(cursor_count(&c, 10, 1), 0);
        cursor_fail(&c, ANSA_E_MALFORMED);
        assert_err("still", cursor_end(&c), ANSA_E_TRUNCATED);
}

static void compares_lengths_first(void **state)
{
        (void)state;
        static const struct {
                const char *name;
                const char *hex;
                enum ansa_err want_block; /* at most 2 octets */
                enum ansa_err want_count; /* at most 2 items of 4 octets */
        } rows[] = {
                { "none", "00000000", ANSA_OK, ANSA_OK },
                { "fits a block, not a list", "00000002 aabb", ANSA_OK, ANSA_E_TRUNCATED },
                { "fits both", "00000002 0011223344556677", ANSA_OK, ANSA_OK },
                { "one item short", "00000002 00112233445566", ANSA_OK, ANSA_E_TRUNCATED },
                { "one octet short", "00000002 aa", ANSA_E_TRUNCATED, ANSA_E_TRUNCATED },
                { "over the maximum", "00000003 000000000000000000000000", ANSA_E_LIMIT,
                  ANSA_E_LIMIT },
                { "negative", "80000000", ANSA_E_LIMIT, ANSA_E_LIMIT },
                { "greatest", "ffffffff", ANSA_E_LIMIT, ANSA_E_LIMIT },
                { "no length", "000000", ANSA_E_TRUNCATED, ANSA_E_TRUNCATED },
        };
        for (size_t i = 0; i < COUNT_OF(rows); i++) {
                struct sample s = sample_hex(rows[i].hex);
                struct cursor block = cursor_over(sample_bytes(&s));
                struct cursor count = block;
                (void)cursor_block(&block, 2);
                (void)cursor_count(&count, 2, 4);
                assert_err(rows[i].name, block.err, rows[i].want_block);
                assert_err(rows[i].name, count.err, rows[i].want_count);
        }
        struct cursor c = cursor_over(ANSA_BYTES_LIT("a"));
        assert_null(cursor_bytes(&c, SIZE_MAX).at);
        assert_err("absurd", c.err, ANSA_E_TRUNCATED);
}

static void reads_nothing_from_nothing(void **state)
{
        (void)state;
        struct cursor c = cursor_over((struct ansa_bytes){ 0 });
        assert_int_equal(cursor_bytes(&c, 0).size, 0);
        assert_int_equal(cursor_rest(&c).size, 0);
        assert_err("end", cursor_end(&c), ANSA_OK);
        c = cursor_over(ANSA_BYTES_LIT("a"));
        assert_err("left", cursor_end(&c), ANSA_E_TRAILING);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(reads_big_endian),
                cmocka_unit_test(sticks_to_the_first_failure),
                cmocka_unit_test(compares_lengths_first),
                cmocka_unit_test(reads_nothing_from_nothing),
        };
        return cmocka_run_group_tests_name("wire/cursor", tests, NULL, NULL);
}
