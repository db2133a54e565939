/* SPDX-License-Identifier: Apache-2.0 */
/* Pairs come out in the order of their keys, once each, from memory as from spilled runs. */
#include "../support.h"

#include "programs/ansa/sorter.h"

#include <stdio.h>
#include <unistd.h>

static char directory[] = "/tmp/ansa-sorter-XXXXXX";

static struct sorter *make(size_t memory)
{
        struct sorter *s;
        assert_err("new", sorter_new(directory, memory, &s), ANSA_OK);
        return s;
}

static void add(struct sorter *s, const char *key, const char *data)
{
        assert_err(key, sorter_add(s, ansa_bytes_text(key), ansa_bytes_text(data)), ANSA_OK);
}

static void expect(struct sorter *s, const char *key, const char *data)
{
        struct ansa_bytes k;
        struct ansa_bytes d;
        assert_err(key, sorter_next(s, &k, &d), ANSA_OK);
        assert_bytes(key, k, ansa_bytes_text(key));
        assert_bytes(data, d, ansa_bytes_text(data));
}

static void expect_end(struct sorter *s)
{
        struct ansa_bytes k;
        struct ansa_bytes d;
        for (int i = 0; i < 3; i++)
                assert_err("end", sorter_next(s, &k, &d), ANSA_E_NOT_FOUND);
}

static void test_nothing(void **state)
{
        (void)state;
        struct sorter *s = make(1024);
        assert_err("finish", sorter_finish(s), ANSA_OK);
        expect_end(s);
        assert_int_equal(sorter_repeated(s), 0);
        sorter_free(s);
        sorter_free(NULL);
}

/* The same pairs, once with room for all of them and once with room for two. */
static void test_order_and_repeats(void **state)
{
        (void)state;
        static const size_t memories[] = { 1u << 20, 64 };
        for (size_t i = 0; i < COUNT_OF(memories); i++) {
                struct sorter *s = make(memories[i]);
                add(s, "b", "first");
                add(s, "c", "");
                add(s, "a", "x");
                add(s, "b", "second");
                add(s, "ab", "longer");
                add(s, "b", "third");
                add(s, "\xff", "last");
                add(s, "a", "y");
                assert_err("finish", sorter_finish(s), ANSA_OK);
                expect(s, "a", "y");
                expect(s, "ab", "longer");
                expect(s, "b", "third");
                expect(s, "c", "");
                expect(s, "\xff", "last");
                expect_end(s);
                assert_int_equal(sorter_repeated(s), 3);
                sorter_free(s);
        }
}

static void test_limits(void **state)
{
        (void)state;
        struct sorter *s = make(64);
        uint8_t octets[64] = { 0 };
        struct ansa_bytes key = ansa_bytes_text("k");
        /* a head of 16, the key, and 47 of data are the 64 there are */
        assert_err("as large as the memory", sorter_add(s, key, (struct ansa_bytes){ octets, 47 }),
                   ANSA_OK);
        assert_err("one more", sorter_add(s, key, (struct ansa_bytes){ octets, 48 }), ANSA_E_LIMIT);
        assert_err("a size that is none",
                   sorter_add(s, key, (struct ansa_bytes){ octets, (size_t)UINT32_MAX + 1 }),
                   ANSA_E_LIMIT);
        assert_err("again", sorter_add(s, key, (struct ansa_bytes){ octets, 47 }), ANSA_OK);
        assert_err("finish", sorter_finish(s), ANSA_OK);
        struct ansa_bytes k;
        struct ansa_bytes d;
        assert_err("next", sorter_next(s, &k, &d), ANSA_OK);
        assert_int_equal(d.size, 47);
        expect_end(s);
        sorter_free(s);
}

static void test_too_many_runs(void **state)
{
        (void)state;
        struct sorter *s = make(32);
        enum ansa_err err = ANSA_OK;
        for (uint32_t i = 0; i < 2000 && err == ANSA_OK; i++) {
                char key[16];
                (void)snprintf(key, sizeof(key), "%08x", i);
                err = sorter_add(s, ansa_bytes_text(key), (struct ansa_bytes){ 0 });
        }
        assert_err("after 512 runs", err, ANSA_E_LIMIT);
        sorter_free(s);
}

static void test_no_place_to_spill(void **state)
{
        (void)state;
        struct sorter *s;
        assert_err("new", sorter_new("/nonexistent", 64, &s), ANSA_OK);
        struct ansa_bytes data = ansa_bytes_text("0123456789012345678901234567890");
        assert_err("first", sorter_add(s, ansa_bytes_text("a"), data), ANSA_OK);
        assert_err("second", sorter_add(s, ansa_bytes_text("b"), data), ANSA_E_IO);
        sorter_free(s);
}

/* Against a table that knows the last data of each of few keys. */
static void test_random(void **state)
{
        (void)state;
        for (uint64_t seed = 1; seed <= 60; seed++) {
                struct rng r = { seed };
                enum { KEYS = 50 };
                uint32_t last[KEYS] = { 0 };
                struct sorter *s = make(64 + rng_below(&r, 4000));
                uint32_t count = 1 + rng_below(&r, 400);
                for (uint32_t i = 1; i <= count; i++) {
                        uint32_t k = rng_below(&r, KEYS);
                        char key[8];
                        char data[16];
                        (void)snprintf(key, sizeof(key), "%02u", k);
                        (void)snprintf(data, sizeof(data), "%u", i);
                        last[k] = i;
                        add(s, key, data);
                }
                assert_err("finish", sorter_finish(s), ANSA_OK);
                uint64_t distinct = 0;
                for (uint32_t k = 0; k < KEYS; k++) {
                        char key[8];
                        char data[16];
                        if (last[k] == 0)
                                continue;
                        distinct++;
                        (void)snprintf(key, sizeof(key), "%02u", k);
                        (void)snprintf(data, sizeof(data), "%u", last[k]);
                        expect(s, key, data);
                }
                expect_end(s);
                assert_int_equal(sorter_repeated(s), count - distinct);
                sorter_free(s);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_nothing),
                cmocka_unit_test(test_order_and_repeats),
                cmocka_unit_test(test_limits),
                cmocka_unit_test(test_too_many_runs),
                cmocka_unit_test(test_no_place_to_spill),
                cmocka_unit_test(test_random),
        };
        if (mkdtemp(directory) == NULL)
                return 1;
        int failed = cmocka_run_group_tests(tests, NULL, NULL);
        return rmdir(directory) == 0 ? failed : 1; /* nothing is left behind */
}
