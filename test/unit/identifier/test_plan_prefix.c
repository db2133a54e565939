/* SPDX-License-Identifier: Apache-2.0 */
/* Home, unhome, and who may list. */
#include "world.h"

#define ALICE "300:35.TEST/alice"
#define BOB   "300:35.TEST/bob"
#define ROOT  "300:35.TEST/root" /* the server administrator */

static struct ansa_ref admin;

static void setup(struct world *w)
{
        world_init(w, NULL);
        world_home(w, "0.NA/35.TEST");
        world_put(w, "0.NA/35.TEST",
                  "100 HS_ADMIN 800@" ALICE ";101 HS_ADMIN 1000@300:35.TEST/carol;"
                  "102 HS_ADMIN 7ff@" BOB);
        admin = world_ref(ROOT);
        w->settings.config.server_admins = &admin;
        w->settings.config.server_admin_count = 1;
}

static const struct home_case {
        const char *name;
        uint32_t op;
        const char *target;
        const char *who;
        uint32_t want;
        enum plan_action action;
        const char *text;
} homes[] = {
        /* clang-format off */
        { "home is challenged", OP_HOME, "0.NA/36.NEW", NULL, RC_CHALLENGE, PLAN_NOTHING, NULL },
        { "home", OP_HOME, "0.NA/36.NEW", ROOT, RC_SUCCESS, PLAN_HOME, NULL },
        { "home by another", OP_HOME, "0.NA/36.NEW", ALICE, RC_NOT_AUTHORIZED, PLAN_NOTHING, "300:35.TEST/alice is not an administrator of this server" },
        { "home without slash", OP_HOME, "36.NEW", ROOT, RC_SUCCESS, PLAN_HOME, NULL },
        { "home in lower case", OP_HOME, "0.na/36.new", ROOT, RC_SUCCESS, PLAN_HOME, NULL },
        { "home what is homed", OP_HOME, "0.NA/35.test", ROOT, RC_SUCCESS, PLAN_NOTHING, NULL },
        { "home the root", OP_HOME, "0.NA/0.NA", ROOT, RC_SUCCESS, PLAN_HOME, NULL },
        { "home an identifier", OP_HOME, "35.TEST/1", ROOT, RC_INVALID_NAME, PLAN_NOTHING, "not the record of a prefix" },
        { "home an identifier before challenge", OP_HOME, "35.TEST/1", NULL, RC_INVALID_NAME, PLAN_NOTHING, NULL },
        { "home the blank identifier", OP_HOME, "/", ROOT, RC_INVALID_NAME, PLAN_NOTHING, NULL },
        { "home an empty segment", OP_HOME, "0.NA/36..NEW", ROOT, RC_INVALID_NAME, PLAN_NOTHING, NULL },
        { "unhome is challenged", OP_UNHOME, "0.NA/35.TEST", NULL, RC_CHALLENGE, PLAN_NOTHING, NULL },
        { "unhome", OP_UNHOME, "0.NA/35.TEST", ROOT, RC_SUCCESS, PLAN_UNHOME, NULL },
        { "unhome by another", OP_UNHOME, "0.NA/35.TEST", BOB, RC_NOT_AUTHORIZED, PLAN_NOTHING, NULL },
        { "unhome what is not homed", OP_UNHOME, "0.NA/36.NEW", ROOT, RC_SUCCESS, PLAN_NOTHING, NULL },
        /* clang-format on */
};

static void homes_and_unhomes(void **state)
{
        (void)state;
        for (size_t i = 0; i < sizeof(homes) / sizeof(homes[0]); i++) {
                const struct home_case *t = &homes[i];
                for (int sensitive = 0; sensitive < 2; sensitive++) {
                        struct world w;
                        setup(&w);
                        w.settings.config.case_sensitive = sensitive == 1;
                        struct message request = world_request(&w, t->op, 0, t->target, NULL);
                        struct plan plan = world_plan(&w, &request, t->who, false);
                        if (plan.response != t->want || plan.action != t->action)
                                fail_msg("%s: %u %s, action %d", t->name, plan.response,
                                         plan.text != NULL ? plan.text : "", (int)plan.action);
                        if (t->text != NULL && strstr(plan.text, t->text) == NULL)
                                fail_msg("%s: \"%s\"", t->name, plan.text);
                        world_fini(&w);
                }
        }
}

static bool is_homed(struct world *w, const char *name)
{
        struct view v = world_view(w, false);
        bool homed = false;
        assert_int_equal(view_is_homed(&v, ansa_bytes_text(name), &homed), ANSA_OK);
        world_end(&v);
        return homed;
}

static void homing_takes_effect(void **state)
{
        (void)state;
        struct world w;
        setup(&w);
        struct message create = world_request(&w, OP_CREATE, 0, "36.NEW/1", "1 URL a");
        struct message home = world_request(&w, OP_HOME, 0, "36.New", NULL);
        struct message unhome = world_request(&w, OP_UNHOME, 0, "0.NA/36.NEW", NULL);
        w.settings.config.server_admin_full_access = true;
        assert_int_equal(world_commit(&w, &create, ROOT), RC_NOT_RESPONSIBLE);
        uint64_t homed_before = atomic_load(&w.service.homes);
        assert_int_equal(world_commit(&w, &home, ROOT), RC_SUCCESS);
        assert_int_equal(atomic_load(&w.service.homes), homed_before + 1);
        assert_true(is_homed(&w, "36.NEW/1"));
        assert_int_equal(world_commit(&w, &create, ROOT), RC_SUCCESS);
        assert_int_equal(atomic_load(&w.service.homes), homed_before + 1);
        assert_int_equal(world_commit(&w, &unhome, ROOT), RC_SUCCESS);
        assert_int_equal(atomic_load(&w.service.homes), homed_before + 2);
        assert_false(is_homed(&w, "36.NEW/1"));
        assert_non_null(world_record(&w, "36.NEW/1")); /* it stays where it is */
        world_fini(&w);
}

static void mirrors_home_nothing(void **state)
{
        (void)state;
        struct world w;
        setup(&w);
        w.settings.is_primary = false;
        struct message request = world_request(&w, OP_HOME, 0, "0.NA/36.NEW", NULL);
        assert_int_equal(world_plan(&w, &request, NULL, false).response, RC_NOT_RESPONSIBLE);
        /* One server of several: prefixes are homed on all of them. */
        w.settings.is_primary = true;
        w.settings.server_count = 3;
        for (uint32_t n = 0; n < 3; n++) {
                w.settings.config.server_number = n;
                assert_int_equal(world_plan(&w, &request, ROOT, false).response, RC_SUCCESS);
        }
        world_fini(&w);
}

static const struct list_case {
        const char *name;
        uint32_t op;
        const char *target;
        const char *who;
        uint32_t want;
        const char *text;
} lists[] = {
        /* clang-format off */
        { "list is challenged", OP_LIST, "0.NA/35.TEST", NULL, RC_CHALLENGE, NULL },
        { "list with LIST", OP_LIST, "0.NA/35.TEST", ALICE, RC_SUCCESS, NULL },
        { "list without slash", OP_LIST, "35.TEST", ALICE, RC_SUCCESS, NULL },
        { "list in lower case", OP_LIST, "0.na/35.test", ALICE, RC_SUCCESS, NULL },
        { "list with all but LIST", OP_LIST, "0.NA/35.TEST", BOB, RC_NOT_AUTHORIZED, "list identifiers" },
        { "list with LIST_PREFIXES", OP_LIST, "0.NA/35.TEST", "300:35.TEST/carol", RC_NOT_AUTHORIZED, NULL },
        { "list what is not homed", OP_LIST, "0.NA/36.NEW", ALICE, RC_NOT_RESPONSIBLE, "36.NEW" },
        { "list derived, not homed", OP_LIST, "0.NA/35.TEST.SUB", ALICE, RC_NOT_RESPONSIBLE, NULL },
        { "list an identifier", OP_LIST, "35.TEST/1", ALICE, RC_INVALID_NAME, NULL },
        { "list by server administrator", OP_LIST, "0.NA/35.TEST", ROOT, RC_NOT_AUTHORIZED, NULL },
        { "list prefixes is challenged", OP_LIST_PREFIXES, "0.NA/35.TEST", NULL, RC_CHALLENGE, NULL },
        { "list prefixes with LIST", OP_LIST_PREFIXES, "0.NA/35.TEST", ALICE, RC_SUCCESS, NULL },
        { "list prefixes with its own right", OP_LIST_PREFIXES, "0.NA/35.TEST", "300:35.TEST/carol", RC_SUCCESS, NULL },
        { "list prefixes with neither", OP_LIST_PREFIXES, "0.NA/35.TEST", BOB, RC_NOT_AUTHORIZED, "list derived prefixes" },
        { "list prefixes, not homed", OP_LIST_PREFIXES, "0.NA/36.NEW", ALICE, RC_NOT_RESPONSIBLE, NULL },
        { "marker means prefixes", OP_LIST, "0.NA/0.NA/35.TEST", "300:35.TEST/carol", RC_SUCCESS, NULL },
        { "marker in lower case", OP_LIST, "0.na/0.na/35.test", ALICE, RC_SUCCESS, NULL },
        { "marker with neither", OP_LIST, "0.NA/0.NA/35.TEST", BOB, RC_NOT_AUTHORIZED, NULL },
        { "marker, not homed", OP_LIST, "0.NA/0.NA/36.NEW", ALICE, RC_NOT_RESPONSIBLE, NULL },
        { "homed is challenged", OP_LIST_HOMED, "/", NULL, RC_CHALLENGE, NULL },
        { "homed", OP_LIST_HOMED, "/", ROOT, RC_SUCCESS, NULL },
        { "homed by another", OP_LIST_HOMED, "/", ALICE, RC_NOT_AUTHORIZED, NULL },
        /* clang-format on */
};

static uint32_t may_list(struct world *w, uint32_t op, const char *target, const char *who,
                         const char **text)
{
        struct message request = world_request(w, op, 0, target, NULL);
        struct identity id = { 0 };
        if (who != NULL)
                id.who = world_ref(who);
        struct view v = world_view(w, true);
        uint32_t response = plan_list(&v, &request, who != NULL ? &id : NULL, text);
        world_end(&v);
        assert_true(response == RC_SUCCESS || *text != NULL);
        return response;
}

static void lists_for_those_who_may(void **state)
{
        (void)state;
        struct world w;
        setup(&w);
        for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
                const struct list_case *t = &lists[i];
                const char *text = NULL;
                uint32_t got = may_list(&w, t->op, t->target, t->who, &text);
                if (got != t->want)
                        fail_msg("%s: %u %s", t->name, got, text != NULL ? text : "");
                if (t->text != NULL && strstr(text, t->text) == NULL)
                        fail_msg("%s: \"%s\"", t->name, text);
        }
        world_fini(&w);
}

/* Homed here, its record at the registry that does not answer or has none: a refusal, no failure. */
static void prefixes_without_record_are_listed_by_nobody(void **state)
{
        (void)state;
        static const struct foreign silent = { "0.NA/37.BARE", NULL };
        struct world w;
        setup(&w);
        world_home(&w, "0.NA/37.BARE");
        for (int round = 0; round < 3; round++) {
                const char *text = NULL;
                w.foreign = round == 1 ? &silent : NULL;
                w.foreign_count = round == 1;
                w.service.fetcher = round == 2 ? NULL : &w.fetcher;
                assert_int_equal(may_list(&w, OP_LIST, "0.NA/37.BARE", ALICE, &text),
                                 RC_NOT_AUTHORIZED);
                assert_non_null(strstr(text, "no record"));
                assert_non_null(strstr(text, "37.BARE"));
                w.settings.config.server_admin_full_access = true;
                assert_int_equal(may_list(&w, OP_LIST, "0.NA/37.BARE", ROOT, &text), RC_SUCCESS);
                w.settings.config.server_admin_full_access = false;
        }
        world_fini(&w);
}

static void the_root_lists_all_prefixes(void **state)
{
        (void)state;
        struct world w;
        setup(&w);
        const char *text = NULL;
        assert_int_equal(may_list(&w, OP_LIST_PREFIXES, "0.NA/0.NA", ALICE, &text),
                         RC_NOT_RESPONSIBLE);
        world_home(&w, "0.NA/0.NA");
        assert_int_equal(may_list(&w, OP_LIST_PREFIXES, "0.NA/0.NA", ALICE, &text),
                         RC_NOT_AUTHORIZED);
        world_put(&w, "0.NA/0.NA", "100 HS_ADMIN 800@" ALICE);
        assert_int_equal(may_list(&w, OP_LIST_PREFIXES, "0.NA/0.NA", ALICE, &text), RC_SUCCESS);
        assert_int_equal(may_list(&w, OP_LIST, "0.NA/0.NA", ALICE, &text), RC_SUCCESS);
        world_fini(&w);
}

static void lists_can_be_turned_off(void **state)
{
        (void)state;
        struct world w;
        setup(&w);
        w.settings.config.allow_list = false;
        w.settings.config.server_admin_full_access = true;
        const char *text = NULL;
        assert_int_equal(may_list(&w, OP_LIST, "0.NA/35.TEST", NULL, &text), RC_OPERATION_DENIED);
        assert_int_equal(may_list(&w, OP_LIST_PREFIXES, "0.NA/35.TEST", ROOT, &text),
                         RC_OPERATION_DENIED);
        assert_int_equal(may_list(&w, OP_LIST_HOMED, "/", ROOT, &text), RC_SUCCESS);
        w.settings.config.allow_list = true;
        assert_int_equal(may_list(&w, OP_LIST, "0.NA/35.TEST", ROOT, &text), RC_SUCCESS);
        world_fini(&w);
}

static void knows_its_operations(void **state)
{
        (void)state;
        static const uint32_t mine[] = { OP_CREATE, OP_DELETE, OP_ADD,   OP_REMOVE,
                                         OP_MODIFY, OP_HOME,   OP_UNHOME };
        size_t count = 0;
        struct world w;
        setup(&w);
        for (uint32_t op = 0; op < 1100; op++) {
                bool want = false;
                for (size_t i = 0; i < sizeof(mine) / sizeof(mine[0]); i++)
                        want = want || mine[i] == op;
                assert_int_equal(plan_is_for(op), want);
                count += plan_is_for(op);
                if (!want) {
                        struct message request = { .header = { .op = op } };
                        assert_int_equal(world_plan(&w, &request, ROOT, false).response,
                                         RC_OPERATION_DENIED);
                }
        }
        assert_int_equal(count, 7);
        world_fini(&w);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(homes_and_unhomes),
                cmocka_unit_test(homing_takes_effect),
                cmocka_unit_test(mirrors_home_nothing),
                cmocka_unit_test(lists_for_those_who_may),
                cmocka_unit_test(prefixes_without_record_are_listed_by_nobody),
                cmocka_unit_test(the_root_lists_all_prefixes),
                cmocka_unit_test(lists_can_be_turned_off),
                cmocka_unit_test(knows_its_operations),
        };
        return cmocka_run_group_tests_name("identifier/plan_prefix", tests, NULL, NULL);
}
