/* SPDX-License-Identifier: Apache-2.0 */
#include "../support.h"

#include "wire/opening.h"

#define SALT    "a0a1a2a3a4a5a6a7a8a9aaabacadaeaf"
#define PUBLIC  "00000001 65f00000 00 00015180 0e 00000003 'URL' 00000001 'x' 00000000"
#define PRIVATE "00000002 65f00000 00 00015180 0c 00000003 'KEY' 00000001 'y' 00000000"
#define HASH    "b0b1b2b3b4b5b6b7b8b9babbbcbdbebfc0c1c2c3c4c5c6c7c8c9cacbcccdcecf"

/* docs/ledger.md, section 5: n, p, k; position, salt, value; hashes. */
static const struct {
        const char *name, *octets;
        enum ansa_err want;
        uint32_t hashes;
} openings[] = {
        { "the only value", "0001 0001 0001 0000" SALT PUBLIC, ANSA_OK, 0 },
        { "no values at all", "0000 0000 0000", ANSA_OK, 0 },
        { "nothing shown", "0003 0002 0000" HASH, ANSA_OK, 1 },
        { "both of two", "0002 0001 0002 0000" SALT PUBLIC "0001" SALT PRIVATE, ANSA_OK, 0 },
        { "the first of two", "0002 0001 0001 0000" SALT PUBLIC HASH, ANSA_OK, 1 },
        { "the second of two", "0002 0001 0001 0001" SALT PRIVATE HASH, ANSA_OK, 1 },
        { "the first of five: 1, 2-3, 4", "0005 0005 0001 0000" SALT PUBLIC HASH HASH HASH, ANSA_OK,
          3 },
        { "the last of five: 0-3", "0005 0005 0001 0004" SALT PUBLIC HASH, ANSA_OK, 1 },
        { "the third of seven: 0-1, 3, 4-6", "0007 0007 0001 0002" SALT PUBLIC HASH HASH HASH,
          ANSA_OK, 3 },
        { "2,048 values", "0800 0800 0000" HASH, ANSA_OK, 1 },
        { "2,049 values", "0801 0800 0000" HASH, ANSA_E_LIMIT, 0 },
        { "more public values than values", "0001 0002 0000" HASH, ANSA_E_MALFORMED, 0 },
        { "more values shown than there are", "0001 0001 0002 0000" SALT PUBLIC "0001" SALT PUBLIC,
          ANSA_E_MALFORMED, 0 },
        { "more values shown than octets", "0800 0800 0800 0000" SALT PUBLIC, ANSA_E_TRUNCATED, 0 },
        { "a position that is none", "0001 0001 0001 0001" SALT PUBLIC, ANSA_E_MALFORMED, 0 },
        { "the same position twice", "0002 0002 0002 0000" SALT PUBLIC "0000" SALT PUBLIC,
          ANSA_E_MALFORMED, 0 },
        { "positions that fall", "0002 0002 0002 0001" SALT PUBLIC "0000" SALT PUBLIC,
          ANSA_E_MALFORMED, 0 },
        { "a private value among the public ones", "0001 0001 0001 0000" SALT PRIVATE,
          ANSA_E_MALFORMED, 0 },
        { "a public value among the private ones", "0001 0000 0001 0000" SALT PUBLIC,
          ANSA_E_MALFORMED, 0 },
        { "a hash short", "0005 0005 0001 0000" SALT PUBLIC HASH HASH, ANSA_E_TRUNCATED, 0 },
        { "no hash", "0003 0002 0000", ANSA_E_TRUNCATED, 0 },
};

static void put_again(const struct opening *o, struct buf *b)
{
        struct ansa_bytes shown = o->shown;
        struct opening_value v;
        opening_put_head(o->count, o->public_count, o->shown_count, b);
        uint32_t count = 0;
        for (; opening_next(&shown, &v); count++)
                opening_put_value(v.position, v.salt, v.wire, b);
        assert_int_equal(count, o->shown_count);
        buf_bytes(b, o->hashes);
}

static void reads_and_writes(void **state)
{
        (void)state;
        for (size_t i = 0; i < COUNT_OF(openings); i++) {
                struct sample s = sample_hex(openings[i].octets);
                uint8_t *copy = heap_copy(sample_bytes(&s), s.size);
                struct cursor c = cursor_over((struct ansa_bytes){ copy, s.size });
                struct opening o;
                uint8_t room[512];
                struct buf b = buf_over(room, sizeof(room));
                opening_decode(&c, &o);
                assert_err(openings[i].name, c.err, openings[i].want);
                if (c.err == ANSA_OK) {
                        assert_int_equal(c.left, 0);
                        assert_int_equal(o.hashes.size, openings[i].hashes * HASH_SIZE);
                        put_again(&o, &b);
                        assert_bytes(openings[i].name, buf_written(&b), sample_bytes(&s));
                } else {
                        assert_int_equal(o.count + o.shown_count + o.shown.size, 0);
                }
                free(copy);
        }
}

static void truncated(void **state)
{
        (void)state;
        struct sample s =
                sample_hex("0005 0004 0002 0001" SALT PUBLIC "0004" SALT PRIVATE HASH HASH);
        for (size_t cut = 0; cut <= s.size; cut++) {
                uint8_t *copy = heap_copy(sample_bytes(&s), cut);
                struct cursor c = cursor_over((struct ansa_bytes){ copy, cut });
                struct opening o;
                opening_decode(&c, &o);
                assert_err("cut", c.err, cut == s.size ? ANSA_OK : ANSA_E_TRUNCATED);
                free(copy);
        }
}

/*
 * The definition, read literally: the tree of leaves from..to, split after the largest power of two
 * below its size; a subtree is a part when nothing in it is shown and something beside it is.
 */
static void parts_of(uint32_t from, uint32_t to, uint32_t shown, uint32_t *at, uint32_t *count)
{
        bool has = false;
        for (uint32_t i = from; i < to; i++)
                has = has || (shown >> i & 1) != 0;
        if (!has) {
                at[(*count)++] = to - from;
                return;
        }
        if (to - from == 1)
                return;
        uint32_t split = 1;
        while (split * 2 < to - from)
                split *= 2;
        parts_of(from, from + split, shown, at, count);
        parts_of(from + split, to, shown, at, count);
}

static void every_subset(void **state)
{
        (void)state;
        for (uint32_t n = 1; n <= 13; n++) {
                for (uint32_t shown = 0; shown < 1u << n; shown++) {
                        uint32_t want[32];
                        uint32_t want_count = 0;
                        uint32_t count = 0;
                        parts_of(0, n, shown, want, &want_count);
                        for (uint32_t from = 0; from < n;) {
                                uint32_t next = from;
                                while (next < n && (shown >> next & 1) == 0)
                                        next++;
                                if (next == from) {
                                        from++;
                                        continue;
                                }
                                uint32_t part = opening_part(from, next, n);
                                assert_true(count < want_count);
                                assert_int_equal(part, want[count]);
                                count++;
                                from += part;
                        }
                        assert_int_equal(count, want_count);
                }
        }
}

static void refuses_to_write(void **state)
{
        (void)state;
        static const uint32_t heads[][3] = { { 2049, 0, 0 }, { 1, 2, 0 }, { 1, 0, 2 } };
        uint8_t room[8];
        for (size_t i = 0; i < COUNT_OF(heads); i++) {
                struct buf b = buf_over(room, sizeof(room));
                opening_put_head(heads[i][0], heads[i][1], heads[i][2], &b);
                assert_int_equal(b.err, ANSA_E_ARGUMENT);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(reads_and_writes),
                cmocka_unit_test(truncated),
                cmocka_unit_test(every_subset),
                cmocka_unit_test(refuses_to_write),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
