/* SPDX-License-Identifier: Apache-2.0 */
/* rights_check and rights_check_server_admin: who is named by HS_ADMIN values and groups. */
#include "world.h"

#include "base/limits.h"

#define ALICE "300:35.TEST/alice"

static const struct {
        const char *name;
        const char *values;
} records[] = {
        { "35.TEST/g", "200 HS_VLIST 300:35.TEST/bob,300:35.TEST/alice;"
                       "201 HS_VLIST 300:35.TEST/bob,200:35.TEST/g;"
                       "202 HS_VLIST 203:35.TEST/g;"
                       "203 HS_VLIST 202:35.TEST/g,203:35.TEST/g;"
                       "204 HS_VLIST 0:35.TEST/alice;"
                       "205 URL 300:35.TEST/alice;"
                       "206 HS_VLIST 200:99.ELSE/g;"
                       "207 HS_VLIST 200:99.DOWN/g;"
                       "208 HS_VLIST 203:35.TEST/g,200:35.TEST/g;"
                       "209 HS_VLIST 0:35.TEST/g;"
                       "210 HS_VLIST 200:35.TEST/absent,200:35.TEST/g;"
                       "211 hs_vlist 300:35.TEST/alice" },
};

static const struct foreign foreign[] = {
        { "99.ELSE/g", "200 HS_VLIST 300:35.TEST/alice" },
        { "99.DOWN/g", NULL },
};

static const struct rights_case {
        const char *name;
        const char *values;
        uint32_t rights;
        uint32_t want;
        size_t fetches;
} cases[] = {
        /* clang-format off */
        { "no values",                     "",                                              1,  RC_NOT_AUTHORIZED, 0 },
        { "no HS_ADMIN",                   "1 URL 1@300:35.TEST/alice",                     1,  RC_NOT_AUTHORIZED, 0 },
        { "named with the right",          "100 HS_ADMIN 1@300:35.TEST/alice",              1,  RC_SUCCESS,        0 },
        { "type without case",             "100 hs_admin 1@300:35.TEST/alice",              1,  RC_SUCCESS, 0 },
        { "name without case",             "100 HS_ADMIN 1@300:35.test/ALICE",              1,  RC_SUCCESS,        0 },
        { "named without the right",       "100 HS_ADMIN ffe@300:35.TEST/alice",            1,  RC_NOT_AUTHORIZED, 0 },
        { "one right of two",              "100 HS_ADMIN 1@300:35.TEST/alice",              3,  RC_NOT_AUTHORIZED, 0 },
        { "both rights",                   "100 HS_ADMIN 3@300:35.TEST/alice",              3,  RC_SUCCESS,        0 },
        { "rights split over two",         "100 HS_ADMIN 1@300:35.TEST/alice; 101 HS_ADMIN 2@300:35.TEST/alice", 3, RC_NOT_AUTHORIZED, 0 },
        { "split over self and group",     "100 HS_ADMIN 1@300:35.TEST/alice; 101 HS_ADMIN 2@200:35.TEST/g", 3, RC_NOT_AUTHORIZED, 0 },
        { "the second HS_ADMIN",           "100 HS_ADMIN 1@300:35.TEST/bob; 101 HS_ADMIN 1@300:35.TEST/alice", 1, RC_SUCCESS, 0 },
        { "wrong index",                   "100 HS_ADMIN 1@301:35.TEST/alice",              1,  RC_NOT_AUTHORIZED, 0 },
        { "wrong name",                    "100 HS_ADMIN 1@300:35.TEST/alic",               1,  RC_NOT_AUTHORIZED, 0 },
        { "index 0 is any",                "100 HS_ADMIN 1@0:35.TEST/alice",                1,  RC_SUCCESS,        0 },
        { "index 0 of another",            "100 HS_ADMIN 1@0:35.TEST/bob",                  1,  RC_NOT_AUTHORIZED, 0 },
        { "member of a group",             "100 HS_ADMIN 1@200:35.TEST/g",                  1,  RC_SUCCESS,        0 },
        { "group without the right",       "100 HS_ADMIN 2@200:35.TEST/g",                  1,  RC_NOT_AUTHORIZED, 0 },
        { "member of a group's group",     "100 HS_ADMIN 1@201:35.TEST/g",                  1,  RC_SUCCESS,        0 },
        { "loop without her",              "100 HS_ADMIN 1@202:35.TEST/g",                  1,  RC_NOT_AUTHORIZED, 0 },
        { "loop beside her group",         "100 HS_ADMIN 1@208:35.TEST/g",                  1,  RC_SUCCESS,        0 },
        { "member with index 0",           "100 HS_ADMIN 1@204:35.TEST/g",                  1,  RC_SUCCESS,        0 },
        { "not a group",                   "100 HS_ADMIN 1@205:35.TEST/g",                  1,  RC_NOT_AUTHORIZED, 0 },
        { "index 0 is no group",           "100 HS_ADMIN 1@0:35.TEST/g",                    1,  RC_NOT_AUTHORIZED, 0 },
        { "a group's index 0 is no group", "100 HS_ADMIN 1@209:35.TEST/g",                  1,  RC_NOT_AUTHORIZED, 0 },
        { "group that is not there",       "100 HS_ADMIN 1@299:35.TEST/g",                  1,  RC_NOT_AUTHORIZED, 0 },
        { "record that is not there",      "100 HS_ADMIN 1@210:35.TEST/g",                  1,  RC_SUCCESS,        0 },
        { "list elsewhere",                "100 HS_ADMIN 1@200:99.ELSE/g",                  1,  RC_SUCCESS,        1 },
        { "group of a list elsewhere",     "100 HS_ADMIN 1@206:35.TEST/g",                  1,  RC_SUCCESS,        1 },
        { "index 0 elsewhere is not asked for", "100 HS_ADMIN 1@0:99.ELSE/g",               1,  RC_NOT_AUTHORIZED, 0 },
        { "list elsewhere is down",        "100 HS_ADMIN 1@200:99.DOWN/g",                  1,  RC_UNABLE_TO_VERIFY, 1 },
        { "down, but named as well",       "100 HS_ADMIN 1@200:99.DOWN/g; 101 HS_ADMIN 1@300:35.TEST/alice", 1, RC_SUCCESS, 0 },
        { "down, but in another group",    "100 HS_ADMIN 1@200:99.DOWN/g; 101 HS_ADMIN 1@200:35.TEST/g", 1, RC_SUCCESS, 1 },
        { "down, without the right",       "100 HS_ADMIN 2@200:99.DOWN/g",                  1,  RC_NOT_AUTHORIZED, 0 },
        /* clang-format on */
};

static void setup(struct world *w)
{
        world_init(w, NULL);
        world_home(w, "0.NA/35.TEST");
        for (size_t i = 0; i < sizeof(records) / sizeof(records[0]); i++)
                world_put(w, records[i].name, records[i].values);
        w->foreign = foreign;
        w->foreign_count = sizeof(foreign) / sizeof(foreign[0]);
}

static void follows_each_rule(void **state)
{
        (void)state;
        struct world w;
        setup(&w);
        struct identity alice = { .who = world_ref(ALICE) };
        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                const struct rights_case *t = &cases[i];
                w.fetches = 0;
                struct view v = world_view(&w, true);
                uint32_t got =
                        rights_check(&v, world_values(&w, t->values, OLD_S), t->rights, &alice);
                if (got != t->want || w.fetches != t->fetches)
                        fail_msg("%s: %u after %zu fetches", t->name, got, w.fetches);
                world_end(&v);
        }
        world_fini(&w);
}

static void asks_for_the_slow_lane(void **state)
{
        (void)state;
        struct world w;
        setup(&w);
        struct identity alice = { .who = world_ref(ALICE) };
        struct view v = world_view(&w, false);
        uint32_t got = rights_check(&v, world_values(&w, "100 HS_ADMIN 1@200:99.ELSE/g", OLD_S), 1,
                                    &alice);
        assert_int_equal(got, RC_UNABLE_TO_VERIFY);
        assert_true(v.needs_slow);
        assert_int_equal(w.fetches, 0);
        world_end(&v);
        world_fini(&w);
}

/* A chain of @length lists, the last of which names alice: is she found? */
static bool chain_reaches(size_t length)
{
        struct world w;
        setup(&w);
        char text[64];
        char name[64];
        for (size_t i = 1; i <= length; i++) {
                snprintf(name, sizeof(name), "35.TEST/chain%zu", i);
                if (i == length)
                        snprintf(text, sizeof(text), "200 HS_VLIST " ALICE);
                else
                        snprintf(text, sizeof(text), "200 HS_VLIST 200:35.TEST/chain%zu", i + 1);
                world_put(&w, name, text);
        }
        struct identity alice = { .who = world_ref(ALICE) };
        struct view v = world_view(&w, true);
        uint32_t got = rights_check(
                &v, world_values(&w, "100 HS_ADMIN 1@200:35.TEST/chain1", OLD_S), 1, &alice);
        assert_true(got == RC_SUCCESS || got == RC_NOT_AUTHORIZED);
        world_end(&v);
        world_fini(&w);
        return got == RC_SUCCESS;
}

static void nesting_has_a_limit(void **state)
{
        (void)state;
        assert_true(chain_reaches(1));
        assert_true(chain_reaches(LIMIT_NESTING));
        assert_false(chain_reaches(LIMIT_NESTING + 1));
}

/* Many lists that all name each other: each is read once, so this ends soon. */
static void webs_of_groups_end(void **state)
{
        (void)state;
        struct world w;
        setup(&w);
        char all[2048];
        size_t used = (size_t)snprintf(all, sizeof(all), "200 HS_VLIST ");
        for (size_t i = 0; i < 40; i++)
                used += (size_t)snprintf(all + used, sizeof(all) - used, "%s200:35.TEST/web%zu",
                                         i > 0 ? "," : "", i);
        for (size_t i = 0; i < 40; i++) {
                char name[64];
                snprintf(name, sizeof(name), "35.TEST/web%zu", i);
                world_put(&w, name, all);
        }
        struct identity alice = { .who = world_ref(ALICE) };
        struct view v = world_view(&w, true);
        assert_int_equal(rights_check(&v, world_values(&w, "1 HS_ADMIN 1@200:35.TEST/web0", OLD_S),
                                      1, &alice),
                         RC_NOT_AUTHORIZED);
        world_end(&v);
        world_fini(&w);
}

static void malformed_data_names_nobody(void **state)
{
        (void)state;
        struct world w;
        setup(&w);
        struct ansa_bytes whole = world_data(&w, "HS_ADMIN", (char[]){ "fff@" ALICE });
        struct identity alice = { .who = world_ref(ALICE) };
        for (size_t size = 0; size <= whole.size; size++) {
                struct ansa_value value = { .index = 100,
                                            .permissions = ANSA_PERM_DEFAULT,
                                            .type = ANSA_BYTES_LIT("HS_ADMIN"),
                                            .data = { whole.at, size } };
                struct ansa_values values;
                struct value_list list = { &value, 1 };
                assert_int_equal(value_list_encode(&list, &w.arena, &values), ANSA_OK);
                struct view v = world_view(&w, true);
                assert_int_equal(rights_check(&v, values, 1, &alice),
                                 size == whole.size ? RC_SUCCESS : RC_NOT_AUTHORIZED);
                world_end(&v);
        }
        world_fini(&w);
}

static void case_counts_where_the_service_says_so(void **state)
{
        (void)state;
        struct world w;
        setup(&w);
        const struct ansa_ref upper = world_ref("300:35.TEST/ALICE");
        const struct ansa_ref prefix = world_ref("300:35.test/alice");
        struct identity alice = { .who = world_ref(ALICE) };
        struct view v = world_view(&w, true);
        assert_true(identity_matches(&v, &alice, &upper));
        w.settings.config.case_sensitive = true;
        assert_false(identity_matches(&v, &alice, &upper));
        assert_true(identity_matches(&v, &alice, &prefix));
        world_end(&v);
        world_fini(&w);
}

static void server_admins_are_those_listed(void **state)
{
        (void)state;
        static const struct {
                const char *name;
                const char *admin;
                uint32_t want;
        } rows[] = {
                { "herself", ALICE, RC_SUCCESS },
                { "another index", "301:35.TEST/alice", RC_NOT_AUTHORIZED },
                { "any index", "0:35.TEST/alice", RC_SUCCESS },
                { "her group", "200:35.TEST/g", RC_SUCCESS },
                { "another group", "202:35.TEST/g", RC_NOT_AUTHORIZED },
                { "a group elsewhere", "200:99.ELSE/g", RC_SUCCESS },
                { "a group that is down", "200:99.DOWN/g", RC_UNABLE_TO_VERIFY },
        };
        struct world w;
        setup(&w);
        struct identity alice = { .who = world_ref(ALICE) };
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                const struct ansa_ref admins[] = { world_ref("300:35.TEST/bob"),
                                                   world_ref(rows[i].admin) };
                w.settings.config.server_admins = admins;
                w.settings.config.server_admin_count = 2;
                struct view v = world_view(&w, true);
                if (rights_check_server_admin(&v, &alice) != rows[i].want)
                        fail_msg("%s", rows[i].name);
                w.settings.config.server_admin_count = 1;
                assert_int_equal(rights_check_server_admin(&v, &alice), RC_NOT_AUTHORIZED);
                world_end(&v);
        }
        world_fini(&w);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(follows_each_rule),
                cmocka_unit_test(asks_for_the_slow_lane),
                cmocka_unit_test(nesting_has_a_limit),
                cmocka_unit_test(webs_of_groups_end),
                cmocka_unit_test(malformed_data_names_nobody),
                cmocka_unit_test(case_counts_where_the_service_says_so),
                cmocka_unit_test(server_admins_are_those_listed),
        };
        return cmocka_run_group_tests_name("identifier/rights", tests, NULL, NULL);
}
