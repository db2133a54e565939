/* SPDX-License-Identifier: Apache-2.0 */
/* Whose record a name is, and where its values come from. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "view_world.h"

#include <string.h>

#define LIT(text) ANSA_BYTES_LIT(text)

static int setup(void **state)
{
        *state = world_new();
        return 0;
}

static int teardown(void **state)
{
        world_free(*state);
        return 0;
}

static bool homed(struct world *w, const char *name)
{
        bool is_homed = false;
        assert_int_equal(view_is_homed(world_look(w), ansa_bytes_text(name), &is_homed), ANSA_OK);
        return is_homed;
}

static void names_are_homed_by_their_prefix(void **state)
{
        struct world *w = *state;
        world_home(w, "0.NA/10.AB");
        assert_true(homed(w, "10.ab/x"));
        assert_true(homed(w, "10.AB/"));
        assert_true(homed(w, "10.ab/x/y"));
        assert_false(homed(w, "10.ab.c/x")); /* a derived prefix is homed by itself */
        assert_false(homed(w, "10/x"));
        assert_false(homed(w, "10.abc/x"));
        w->settings.config.case_sensitive = true;
        assert_true(homed(w, "10.ab/x"));
}

static void prefix_records_are_homed_by_root_parent_or_self(void **state)
{
        struct world *w = *state;
        world_home(w, "0.NA/10.AB");
        /* Derived prefixes are kept by the server that homes their parent. */
        assert_true(homed(w, "0.NA/10.ab.c"));
        assert_true(homed(w, "0.na/10.AB.d"));
        assert_true(homed(w, "10.ab.c"));
        assert_false(homed(w, "0.NA/10.ab.c.d"));
        assert_false(homed(w, "0.NA/10"));
        /* Its own record is elsewhere until somebody stores it here. */
        assert_false(homed(w, "0.NA/10.ab"));
        world_put_one(w, "0.NA/10.AB", 1, "URL", "x");
        assert_true(homed(w, "0.NA/10.ab"));
        world_put_one(w, "0.NA/11", 1, "URL", "x");
        assert_false(homed(w, "0.NA/11")); /* stored, but nobody said that it is ours */
        assert_false(homed(w, "0.NA/0.NA"));
        world_home(w, "0.NA/0.NA");
        assert_true(homed(w, "0.NA/77"));
        assert_true(homed(w, "0.NA/0.NA"));
        assert_true(homed(w, "0.NA/7.7.7"));
}

static void expect_own(struct world *w, const char *name, const char *data)
{
        struct record r;
        struct ansa_value value;
        assert_int_equal(view_own(world_look(w), ansa_bytes_text(name), &r), ANSA_OK);
        assert_int_equal(ansa_values_next(&r.all, &value), ANSA_OK);
        assert_true(ansa_bytes_equal(value.data, ansa_bytes_text(data)));
}

static void own_records_are_found_in_store_and_cache(void **state)
{
        struct world *w = *state;
        const struct hash_key key = { 1, 2 };
        struct record r;
        for (int with_cache = 0; with_cache < 2; with_cache++) {
                if (with_cache)
                        assert_int_equal(cache_new(1u << 20, &key, &w->service.cache), ANSA_OK);
                world_put_one(w, "10/a", 1, "URL", "one");
                expect_own(w, "10/A", "one");
                expect_own(w, "10/a", "one");
                assert_int_equal(view_own(world_look(w), LIT("10/b"), &r), ANSA_E_NOT_FOUND);
        }
        /* From the cache, not the store: that was changed without telling. */
        world_put_one(w, "10/a", 1, "URL", "two");
        expect_own(w, "10/a", "one");
        uint64_t hash = cache_hash(w->service.cache, LIT("10/A"));
        cache_forget(w->service.cache, hash, LIT("10/A"), atomic_load(&w->service.commits));
        expect_own(w, "10/a", "two");
        w->view.use_cache = false;

        /* Bigger than the first room, and a name whose key is shortened. */
        char *big = calloc(1, 30001);
        assert_non_null(big);
        memset(big, 'v', 30000);
        char name[1501] = "10/";
        memset(name + 3, 'n', sizeof(name) - 4);
        world_put_one(w, name, 1, "URL", big);
        expect_own(w, name, big);
        expect_own(w, name, big);
        assert_int_equal(view_own(&w->view, ansa_bytes_text(name), &r), ANSA_OK);
        assert_int_equal(r.name.size, 1500);
        name[1499] = 'x';
        assert_int_equal(view_own(&w->view, ansa_bytes_text(name), &r), ANSA_E_NOT_FOUND);
        free(big);

        world_store(w, STORE_RECORDS, LIT("10/BAD"), LIT("\xff"));
        assert_int_equal(view_own(world_look(w), LIT("10/bad"), &r), ANSA_E_CORRUPT);
        static uint8_t endless[3000];
        memset(endless, 'a', sizeof(endless));
        assert_int_equal(view_own(&w->view, (struct ansa_bytes){ endless, sizeof(endless) }, &r),
                         ANSA_E_NOT_FOUND);
}

static uint32_t count_any(struct world *w, const char *name, enum ansa_err want)
{
        struct ansa_values values;
        assert_int_equal(view_any(&w->view, ansa_bytes_text(name), &values), want);
        return values.count;
}

static void records_of_others_are_fetched_once(void **state)
{
        struct world *w = *state;
        struct ansa_values values = { 0 };
        world_value(w, &values, 1, "URL", "a");
        world_value_as(w, &values, 2, "HS_SECKEY", LIT("no"), ANSA_PERM_ADMIN_READ);
        world_value(w, &values, 300, "HS_PUBKEY", "k");
        world_put_elsewhere(w, "20/there", RC_SUCCESS, values, ANSA_OK);
        world_put_elsewhere(w, "20/refused", RC_NOT_RESPONSIBLE, (struct ansa_values){ 0 },
                            ANSA_OK);
        world_put_elsewhere(w, "20/down", RC_ERROR, values, ANSA_E_TIMEOUT);
        world_home(w, "0.NA/10");
        world_put(w, "10/a", values);
        world_look(w);

        assert_int_equal(count_any(w, "10/a", ANSA_OK), 3); /* ours: all of them */
        assert_int_equal(count_any(w, "10/b", ANSA_E_NOT_FOUND), 0);
        assert_int_equal(w->fetches, 0);
        assert_int_equal(count_any(w, "20/THERE", ANSA_OK), 2); /* public ones only */
        assert_int_equal(count_any(w, "20/there", ANSA_OK), 2);
        assert_int_equal(w->fetches, 1);
        for (int i = 0; i < 2; i++) {
                assert_int_equal(count_any(w, "20/refused", ANSA_E_NETWORK), 0);
                assert_int_equal(count_any(w, "20/down", ANSA_E_NETWORK), 0);
                assert_int_equal(count_any(w, "20/none", ANSA_E_NOT_FOUND), 0);
        }
        assert_int_equal(w->fetches, 4);
        assert_int_equal(count_any(w, "..", ANSA_E_NOT_FOUND), 0); /* no name, nobody is asked */
        assert_int_equal(w->fetches, 4);

        const struct ansa_ref key = { LIT("20/there"), 300 };
        const struct ansa_ref secret = { LIT("20/there"), 2 };
        struct ansa_value value;
        assert_int_equal(view_any_value(&w->view, &key, &value), ANSA_OK);
        assert_true(ansa_bytes_equal(value.data, LIT("k")));
        assert_int_equal(view_any_value(&w->view, &secret, &value), ANSA_E_NOT_FOUND);
        assert_int_equal(value.index, 0);

        /* The writer has no fetcher but what was found: the evidence that travels. */
        w->view.may_fetch = false;
        assert_int_equal(count_any(w, "20/there", ANSA_OK), 2);
        assert_false(w->view.needs_slow);
        assert_int_equal(count_any(w, "20/new", ANSA_E_BUSY), 0);
        assert_true(w->view.needs_slow);
}

/* In a site of several servers; records of prefixes may be on all of them. */
static void records_of_siblings_are_fetched(void **state)
{
        struct world *w = *state;
        struct ansa_values here = { 0 };
        struct ansa_values there = { 0 };
        world_value(w, &here, 1, "URL", "a");
        world_value(w, &there, 1, "URL", "b");
        world_value(w, &there, 2, "URL", "c");
        world_home(w, "0.NA/10");
        world_put(w, "10/a", here);
        world_put(w, "0.NA/10", here);
        world_put(w, "30/a", here);
        world_put_elsewhere(w, "10/a", RC_SUCCESS, there, ANSA_OK);
        world_put_elsewhere(w, "0.NA/10", RC_SUCCESS, there, ANSA_OK);
        static const char *const names[] = { "10/a", "0.NA/10", "30/a" };
        for (uint32_t away = 0; away < 2; away++) {
                for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
                        uint32_t share = name_hash(ansa_bytes_text(names[i]), ANSA_HASH_ALL) % 2;
                        w->settings.server_count = 2;
                        w->settings.site.hash_option = ANSA_HASH_ALL;
                        w->settings.config.server_number = away == 1 ? 1 - share : share;
                        bool is_siblings = true;
                        world_look(w);
                        assert_int_equal(
                                view_is_siblings(&w->view, ansa_bytes_text(names[i]), &is_siblings),
                                ANSA_OK);
                        assert_int_equal(is_siblings, away == 1 && i < 2);
                        uint32_t count = away == 1 && i == 0 ? 2 : 1;
                        assert_int_equal(count_any(w, names[i], ANSA_OK), count);
                }
        }
}

static void fetching_has_bounds(void **state)
{
        struct world *w = *state;
        world_look(w);
        unsigned denied = 0;
        for (unsigned i = 0; i < 60; i++) {
                char name[24];
                struct ansa_values values;
                (void)snprintf(name, sizeof(name), "20/%u", i);
                enum ansa_err err = view_any(&w->view, ansa_bytes_text(name), &values);
                denied += err == ANSA_E_LIMIT;
        }
        assert_int_equal(w->fetches, 40);
        assert_int_equal(denied, 20);

        /* Servers that are slow to answer, or never do: a few, not all of them. */
        w->fetch_ms = 8000;
        world_look(w);
        denied = 0;
        for (unsigned i = 0; i < 60; i++) {
                char name[24];
                struct ansa_values values;
                (void)snprintf(name, sizeof(name), "20/%u", i);
                enum ansa_err err = view_any(&w->view, ansa_bytes_text(name), &values);
                denied += err == ANSA_E_LIMIT;
        }
        assert_int_equal(w->fetches, 2);
        assert_int_equal(denied, 58);
        w->fetch_ms = 0;

        world_look(w);
        w->view.recursion = 10;
        assert_int_equal(count_any(w, "20/a", ANSA_E_LIMIT), 0);
        w->service.fetcher = NULL;
        world_look(w);
        assert_int_equal(count_any(w, "20/a", ANSA_E_NETWORK), 0);
        assert_false(w->view.needs_slow);
}

static void a_worker_is_viewed_as_it_is(void **state)
{
        struct world *w = *state;
        world_look(w);
        struct identifier_worker worker = { .service = &w->service,
                                            .settings = &w->settings.shared,
                                            .may_block = true,
                                            .snapshot = 7,
                                            .txn = w->view.txn };
        struct view v;
        view_of_worker(&worker, &v);
        assert_ptr_equal(v.service, &w->service);
        assert_ptr_equal(v.settings, &w->settings);
        assert_ptr_equal(v.config, &w->settings.config);
        assert_ptr_equal(v.txn, w->view.txn);
        assert_ptr_equal(v.arena, &worker.arena);
        assert_int_equal(v.snapshot, 7);
        assert_true(v.use_cache && v.may_fetch && !v.needs_slow);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
                TEST(names_are_homed_by_their_prefix),
                TEST(prefix_records_are_homed_by_root_parent_or_self),
                TEST(own_records_are_found_in_store_and_cache),
                TEST(records_of_others_are_fetched_once),
                TEST(records_of_siblings_are_fetched),
                TEST(fetching_has_bounds),
                TEST(a_worker_is_viewed_as_it_is),
#undef TEST
        };
        return cmocka_run_group_tests_name("identifier/view", tests, NULL, NULL);
}
