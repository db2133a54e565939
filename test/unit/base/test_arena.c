/* SPDX-License-Identifier: Apache-2.0 */
#include "../support.h"

#include "base/arena.h"

#include <stdalign.h>

static void gives_zeroed_aligned_memory(void **state)
{
        (void)state;
        struct arena a;
        struct rng r = { 5 };
        arena_init(&a, 1u << 20);
        for (unsigned round = 0; round < 3; round++) {
                for (unsigned i = 0; i < 100; i++) {
                        size_t size = rng_below(&r, 6000);
                        uint8_t *at = arena_alloc(&a, size);
                        assert_non_null(at);
                        assert_int_equal((uintptr_t)at % alignof(max_align_t), 0);
                        for (size_t k = 0; k < size; k++)
                                assert_int_equal(at[k], 0);
                        memset(at, 0xa5, size);
                }
                arena_reset(&a); /* keeps a chunk full of 0xa5 */
                assert_int_equal(a.used, 0);
        }
        arena_fini(&a);
}

static void keeps_to_its_maximum(void **state)
{
        (void)state;
        struct arena a;
        arena_init(&a, 1000);
        assert_null(arena_alloc(&a, 1001));
        assert_non_null(arena_alloc(&a, 1000));
        assert_null(arena_alloc(&a, 1));
        arena_reset(&a);
        assert_non_null(arena_alloc(&a, 500));
        assert_non_null(arena_alloc(&a, 480));
        assert_null(arena_alloc(&a, 100));
        arena_fini(&a);

        /* What is skipped at the end of a chunk counts: memory, not requests, is bounded. */
        arena_init(&a, 100000);
        size_t given = 0;
        while (arena_alloc(&a, 2500) != NULL)
                given += 2500;
        assert_true(given >= 40000 && given <= 62500);
        arena_fini(&a);
}

static void refuses_absurd_sizes(void **state)
{
        (void)state;
        struct arena a;
        arena_init(&a, SIZE_MAX);
        assert_null(arena_array(&a, SIZE_MAX / 2, 3));
        assert_null(arena_alloc(&a, SIZE_MAX));
        assert_null(arena_alloc(&a, SIZE_MAX - 1));
        assert_null(arena_text(&a, (struct ansa_bytes){ NULL, SIZE_MAX }));
        assert_non_null(arena_array(&a, 10, 8));
        arena_fini(&a);
}

static void copies(void **state)
{
        (void)state;
        struct arena a;
        struct ansa_bytes copy;
        arena_init(&a, 64);
        assert_err("copy", arena_copy(&a, ANSA_BYTES_LIT("abc"), &copy), ANSA_OK);
        assert_bytes("copy", copy, ANSA_BYTES_LIT("abc"));
        assert_err("empty", arena_copy(&a, (struct ansa_bytes){ 0 }, &copy), ANSA_OK);
        assert_int_equal(copy.size, 0);
        assert_string_equal(arena_text(&a, ANSA_BYTES_LIT("abc")), "abc");
        assert_string_equal(arena_text(&a, (struct ansa_bytes){ 0 }), "");
        static const uint8_t much[65];
        assert_err("much", arena_copy(&a, (struct ansa_bytes){ much, sizeof(much) }, &copy),
                   ANSA_E_NO_MEMORY);
        assert_null(copy.at);
        arena_fini(&a);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(gives_zeroed_aligned_memory),
                cmocka_unit_test(keeps_to_its_maximum),
                cmocka_unit_test(refuses_absurd_sizes),
                cmocka_unit_test(copies),
        };
        return cmocka_run_group_tests_name("base/arena", tests, NULL, NULL);
}
