/* SPDX-License-Identifier: Apache-2.0 */
/* What is remembered of prefix records that others keep. */
#include "records.h"

#include "http/namespaces.h"

static uint64_t now_ms;

static uint64_t steady(struct env *env)
{
        (void)env;
        return now_ms;
}

static void no_random(struct env *env, uint8_t *at, size_t size)
{
        (void)env;
        memset(at, 7, size);
}

static struct env env = { NULL, steady, no_random };

static void remembers_for_a_while(void **state)
{
        (void)state;
        struct namespaces *n;
        struct arena arena;
        struct ansa_values got;
        uint8_t room[256];
        struct ansa_values values = values_of("HS_NAMESPACE=<namespace/>", room, sizeof(room));
        const struct ansa_bytes name = ANSA_BYTES_LIT("0.NA/35.FAR");
        now_ms = 1000;
        arena_init(&arena, 1u << 20);
        assert_int_equal(namespaces_new(&env, NAMESPACES_OWN, &n), ANSA_OK);
        assert_false(namespaces_get(n, name, 1, &arena, &got));
        namespaces_put(n, name, 1, values, 0);
        assert_false(namespaces_get(n, name, 1, &arena, &got));
        namespaces_put(n, name, 1, values, 60);
        assert_true(namespaces_get(n, ANSA_BYTES_LIT("0.na/35.far"), 1, &arena, &got));
        assert_int_equal(got.count, 1);
        assert_bytes("values", got.wire, values.wire);
        assert_false(namespaces_get(n, ANSA_BYTES_LIT("0.NA/35.FA"), 1, &arena, &got));
        assert_int_equal(got.count, 0);
        assert_false(namespaces_get(n, name, 2, &arena, &got)); /* another stamp */
        now_ms += 59999;
        assert_true(namespaces_get(n, name, 1, &arena, &got));
        now_ms += 1;
        assert_false(namespaces_get(n, name, 1, &arena, &got));
        namespaces_put(n, name, 1, (struct ansa_values){ 0 }, 60); /* that there is none */
        assert_true(namespaces_get(n, name, 1, &arena, &got));
        assert_int_equal(got.count, 0);
        namespaces_free(n);
        namespaces_free(NULL);
        arena_fini(&arena);
}

static void has_a_maximum(void **state)
{
        (void)state;
        static uint8_t big[NAMESPACES_SIZE_MAX + 1];
        struct namespaces *n;
        struct arena arena;
        struct ansa_values got;
        arena_init(&arena, 64u << 20);
        assert_int_equal(namespaces_new(&env, NAMESPACES_OWN, &n), ANSA_OK);
        struct ansa_values values = { { big, NAMESPACES_SIZE_MAX + 1 }, 1 };
        namespaces_put(n, ANSA_BYTES_LIT("0.NA/1"), 1, values, 60);
        assert_false(namespaces_get(n, ANSA_BYTES_LIT("0.NA/1"), 1, &arena, &got));
        values.wire.size--;
        unsigned known = 0;
        for (unsigned i = 0; i < 3 * NAMESPACES_OWN; i++) {
                char name[32];
                (void)snprintf(name, sizeof(name), "0.NA/%u", i);
                namespaces_put(n, ansa_bytes_text(name), 1, values, 60);
        }
        for (unsigned i = 0; i < 3 * NAMESPACES_OWN; i++) {
                char name[32];
                (void)snprintf(name, sizeof(name), "0.NA/%u", i);
                known += namespaces_get(n, ansa_bytes_text(name), 1, &arena, &got);
        }
        assert_true(known > NAMESPACES_OWN / 2 && known <= NAMESPACES_OWN);
        namespaces_free(n);
        arena_fini(&arena);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(remembers_for_a_while),
                cmocka_unit_test(has_a_maximum),
        };
        return cmocka_run_group_tests_name("http/namespaces", tests, NULL, NULL);
}
