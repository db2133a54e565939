/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of irp-service 7.1: for each operation the rights and where they must be. Every row
 * is tried with exactly these rights in each way to hold them, with each of them missing, with
 * them split over two HS_ADMIN values, and in the wrong record.
 */
#include "world.h"

#define ALICE "300:35.TEST/alice"

enum place { ON_RECORD, ON_PREFIX, PLACES };

/* In @stored and @what "$" stands for the HS_ADMIN values that give the rights. */
static const struct right_case {
        const char *name;
        uint32_t op;
        uint32_t flags;
        const char *target;
        const char *stored; /* NULL: absent */
        const char *what;   /* of the request */
        enum place place;
        const char *prefix_record; /* holds the rights when place is ON_PREFIX */
        uint32_t rights;
} cases[] = {
        /* clang-format off */
        { "create", OP_CREATE, 0, "35.TEST/1", NULL, "1 URL a", ON_PREFIX, "0.NA/35.TEST", RIGHT_CREATE },
        { "create with HS_ADMIN", OP_CREATE, 0, "35.TEST/1", NULL, "1 URL a;100 HS_ADMIN fff@300:a/b", ON_PREFIX, "0.NA/35.TEST", RIGHT_CREATE },
        { "create, overwriting nothing", OP_CREATE, FLAG_OVERWRITE, "35.TEST/1", NULL, "1 URL a", ON_PREFIX, "0.NA/35.TEST", RIGHT_CREATE },
        { "create by minting", OP_CREATE, FLAG_MINT_SUFFIX, "35.TEST/", NULL, "1 URL a", ON_PREFIX, "0.NA/35.TEST", RIGHT_CREATE },
        { "create derived prefix", OP_CREATE, 0, "0.NA/35.TEST.SUB", NULL, "1 URL a", ON_PREFIX, "0.NA/35.TEST", RIGHT_ADD_PREFIX },
        { "create derived prefix without slash", OP_CREATE, 0, "35.TEST.SUB", NULL, "1 URL a", ON_PREFIX, "0.NA/35.TEST", RIGHT_ADD_PREFIX },
        { "create under derived prefix", OP_CREATE, 0, "35.TEST.SUB/1", NULL, "1 URL a", ON_PREFIX, "0.NA/35.TEST.SUB", RIGHT_CREATE },
        { "create top prefix", OP_CREATE, 0, "0.NA/77", NULL, "1 URL a", ON_PREFIX, "0.NA/0.NA", RIGHT_ADD_PREFIX },
        { "delete", OP_DELETE, 0, "35.TEST/1", "1 URL a;$", NULL, ON_RECORD, NULL, RIGHT_DELETE },
        { "delete derived prefix", OP_DELETE, 0, "0.NA/35.TEST.SUB", "1 URL a;$", NULL, ON_RECORD, NULL, RIGHT_DELETE },
        { "add value", OP_ADD, 0, "35.TEST/1", "1 URL a;$", "2 URL b", ON_RECORD, NULL, RIGHT_ADD_VALUE },
        { "add HS_ADMIN", OP_ADD, 0, "35.TEST/1", "1 URL a;$", "2 HS_ADMIN 1@300:a/b", ON_RECORD, NULL, RIGHT_ADD_ADMIN },
        { "add hs_admin", OP_ADD, 0, "35.TEST/1", "1 URL a;$", "2 hs_admin 1@300:a/b", ON_RECORD, NULL, RIGHT_ADD_ADMIN },
        { "add value and HS_ADMIN", OP_ADD, 0, "35.TEST/1", "1 URL a;$", "2 HS_ADMIN 1@300:a/b;3 URL c", ON_RECORD, NULL, RIGHT_ADD_ADMIN | RIGHT_ADD_VALUE },
        { "add over value", OP_ADD, FLAG_OVERWRITE, "35.TEST/1", "1 URL a;$", "1 URL b", ON_RECORD, NULL, RIGHT_MODIFY_VALUE },
        { "add over value and new", OP_ADD, FLAG_OVERWRITE, "35.TEST/1", "1 URL a;$", "1 URL b;2 URL c", ON_RECORD, NULL, RIGHT_MODIFY_VALUE | RIGHT_ADD_VALUE },
        { "add over HS_ADMIN", OP_ADD, FLAG_OVERWRITE, "35.TEST/1", "1 HS_ADMIN 1@300:a/b;$", "1 HS_ADMIN 2@300:a/b", ON_RECORD, NULL, RIGHT_MODIFY_ADMIN },
        { "add HS_ADMIN over value", OP_ADD, FLAG_OVERWRITE, "35.TEST/1", "1 URL a;$", "1 HS_ADMIN 2@300:a/b", ON_RECORD, NULL, RIGHT_MODIFY_VALUE | RIGHT_ADD_ADMIN },
        { "add value over HS_ADMIN", OP_ADD, FLAG_OVERWRITE, "35.TEST/1", "1 HS_ADMIN 1@300:a/b;$", "1 URL a", ON_RECORD, NULL, RIGHT_REMOVE_ADMIN | RIGHT_MODIFY_VALUE },
        { "add equal and new", OP_ADD, FLAG_OVERWRITE, "35.TEST/1", "1 URL a;$", "1 URL a;2 URL b", ON_RECORD, NULL, RIGHT_ADD_VALUE },
        { "remove value", OP_REMOVE, 0, "35.TEST/1", "1 URL a;$", "1", ON_RECORD, NULL, RIGHT_REMOVE_VALUE },
        { "remove HS_ADMIN", OP_REMOVE, 0, "35.TEST/1", "1 HS_ADMIN 1@300:a/b;$", "1", ON_RECORD, NULL, RIGHT_REMOVE_ADMIN },
        { "remove both", OP_REMOVE, 0, "35.TEST/1", "1 URL a;2 HS_ADMIN 1@300:a/b;$", "1,2", ON_RECORD, NULL, RIGHT_REMOVE_VALUE | RIGHT_REMOVE_ADMIN },
        { "modify value", OP_MODIFY, 0, "35.TEST/1", "1 URL a;$", "1 URL b", ON_RECORD, NULL, RIGHT_MODIFY_VALUE },
        { "modify value to itself", OP_MODIFY, 0, "35.TEST/1", "1 URL a;$", "1 URL a", ON_RECORD, NULL, RIGHT_MODIFY_VALUE },
        { "modify HS_ADMIN", OP_MODIFY, 0, "35.TEST/1", "1 HS_ADMIN 1@300:a/b;$", "1 HS_ADMIN 3@300:a/b", ON_RECORD, NULL, RIGHT_MODIFY_ADMIN },
        { "modify value to HS_ADMIN", OP_MODIFY, 0, "35.TEST/1", "1 URL a;$", "1 HS_ADMIN 3@300:a/b", ON_RECORD, NULL, RIGHT_MODIFY_VALUE | RIGHT_ADD_ADMIN },
        { "modify HS_ADMIN to value", OP_MODIFY, 0, "35.TEST/1", "1 HS_ADMIN 1@300:a/b;$", "1 URL a", ON_RECORD, NULL, RIGHT_REMOVE_ADMIN | RIGHT_MODIFY_VALUE },
        { "modify value and HS_ADMIN", OP_MODIFY, 0, "35.TEST/1", "1 URL a;2 HS_ADMIN 1@300:a/b;$", "2 HS_ADMIN 3@300:a/b;1 URL c", ON_RECORD, NULL, RIGHT_MODIFY_VALUE | RIGHT_MODIFY_ADMIN },
        { "overwrite: modify", OP_CREATE, FLAG_OVERWRITE, "35.TEST/1", "1 URL a;$", "1 URL b;$", ON_RECORD, NULL, RIGHT_MODIFY_VALUE },
        { "overwrite: add", OP_CREATE, FLAG_OVERWRITE, "35.TEST/1", "1 URL a;$", "1 URL a;2 URL b;$", ON_RECORD, NULL, RIGHT_ADD_VALUE },
        { "overwrite: remove", OP_CREATE, FLAG_OVERWRITE, "35.TEST/1", "1 URL a;2 URL b;$", "2 URL b;$", ON_RECORD, NULL, RIGHT_REMOVE_VALUE },
        { "overwrite: all three", OP_CREATE, FLAG_OVERWRITE, "35.TEST/1", "1 URL a;2 URL b;$", "2 URL c;3 URL d;$", ON_RECORD, NULL, RIGHT_REMOVE_VALUE | RIGHT_MODIFY_VALUE | RIGHT_ADD_VALUE },
        { "overwrite: modify HS_ADMIN", OP_CREATE, FLAG_OVERWRITE, "35.TEST/1", "1 HS_ADMIN 1@300:a/b;$", "1 HS_ADMIN 3@300:a/b;$", ON_RECORD, NULL, RIGHT_MODIFY_ADMIN },
        { "overwrite: remove HS_ADMIN", OP_CREATE, FLAG_OVERWRITE, "35.TEST/1", "1 HS_ADMIN 1@300:a/b;$", "$", ON_RECORD, NULL, RIGHT_REMOVE_ADMIN },
        { "overwrite: HS_ADMIN to value", OP_CREATE, FLAG_OVERWRITE, "35.TEST/1", "1 HS_ADMIN 1@300:a/b;$", "1 URL a;$", ON_RECORD, NULL, RIGHT_REMOVE_ADMIN | RIGHT_MODIFY_VALUE },
        { "overwrite: add HS_ADMIN", OP_CREATE, FLAG_OVERWRITE, "35.TEST/1", "1 URL a;$", "1 URL a;2 HS_ADMIN 1@300:a/b;$", ON_RECORD, NULL, RIGHT_ADD_ADMIN },
        /* clang-format on */
};

#define ALL_RIGHTS 0x1fffu

static const char *fill(struct world *w, const char *text, const char *grants)
{
        if (text == NULL)
                return NULL;
        const char *at = strchr(text, '$');
        if (at == NULL)
                return text;
        char all[1024];
        snprintf(all, sizeof(all), "%.*s%s%s", (int)(at - text), text, grants, at + 1);
        return arena_text(&w->arena, ansa_bytes_text(all));
}

/* The response when the @place has the HS_ADMIN values @grants, and the other place all rights. */
static uint32_t respond(const struct right_case *t, enum place place, const char *grants,
                        const char *who)
{
        struct world w;
        world_init(&w, NULL);
        world_home(&w, "0.NA/0.NA");
        world_home(&w, "0.NA/35.TEST");
        world_home(&w, "0.NA/35.TEST.SUB");
        world_put(&w, "35.TEST/g",
                  "200 HS_VLIST 201:35.TEST/g;201 HS_VLIST 300:35.TEST/bob,300:35.TEST/alice");
        const char *other = "100 HS_ADMIN 1fff@300:35.TEST/nobody";
        if (t->prefix_record != NULL)
                world_put(&w, t->prefix_record, place == ON_PREFIX ? grants : other);
        const char *on_record =
                place == ON_RECORD ? grants : "150 HS_ADMIN 1fff@300:35.TEST/nobody";
        if (t->stored != NULL)
                world_put(&w, t->target, fill(&w, t->stored, on_record));
        struct message request =
                world_request(&w, t->op, t->flags, t->target, fill(&w, t->what, on_record));
        struct plan plan = world_plan(&w, &request, who, false);
        /* What the writer says is the same. */
        uint32_t written = world_commit(&w, &request, who);
        if (plan.response == RC_CHALLENGE)
                assert_int_equal(written, RC_BUSY);
        else
                assert_int_equal(written, plan.response);
        world_fini(&w);
        return plan.response;
}

static void expect(const struct right_case *t, const char *how, uint32_t rights, const char *format,
                   uint32_t want)
{
        char grants[256];
        snprintf(grants, sizeof(grants), "150 HS_ADMIN %x@%s", rights, format);
        uint32_t got = respond(t, t->place, grants, ALICE);
        if (got != want)
                fail_msg("%s, %s: %u", t->name, how, got);
}

static void needs_exactly_these(void **state)
{
        (void)state;
        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                const struct right_case *t = &cases[i];
                expect(t, "herself", t->rights, ALICE, RC_SUCCESS);
                expect(t, "in other case", t->rights, "300:35.test/ALICE", RC_SUCCESS);
                expect(t, "any index", t->rights, "0:35.TEST/alice", RC_SUCCESS);
                expect(t, "in a group's group", t->rights, "200:35.TEST/g", RC_SUCCESS);
                expect(t, "wrong index", t->rights, "301:35.TEST/alice", RC_NOT_AUTHORIZED);
                expect(t, "somebody else", ALL_RIGHTS, "300:35.TEST/bob", RC_NOT_AUTHORIZED);
                expect(t, "no right", 0, ALICE, RC_NOT_AUTHORIZED);
        }
}

static void each_missing_right_matters(void **state)
{
        (void)state;
        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                const struct right_case *t = &cases[i];
                for (uint32_t bit = 1; bit <= RIGHT_LIST_PREFIXES; bit <<= 1) {
                        if ((t->rights & bit) == 0)
                                continue;
                        char how[64];
                        snprintf(how, sizeof(how), "all but %x", bit);
                        /* Who overwrites a record may do so by way of ADD_ADMIN as well. */
                        bool overwrites = t->op == OP_CREATE && t->stored != NULL;
                        uint32_t others = ALL_RIGHTS & ~bit;
                        if (overwrites)
                                others &= ~(RIGHT_ADD_ADMIN | RIGHT_DELETE);
                        expect(t, how, others, ALICE, RC_NOT_AUTHORIZED);
                        expect(t, "the rest of them", t->rights & ~bit, ALICE, RC_NOT_AUTHORIZED);

                        uint32_t rest = t->rights & ~bit;
                        if (rest == 0 || (overwrites && (t->rights & RIGHT_ADD_ADMIN) != 0))
                                continue;
                        char grants[256];
                        snprintf(grants, sizeof(grants),
                                 "150 HS_ADMIN %x@" ALICE ";151 HS_ADMIN %x@" ALICE, bit, rest);
                        if (respond(t, t->place, grants, ALICE) != RC_NOT_AUTHORIZED)
                                fail_msg("%s: split %x and %x", t->name, bit, rest);
                }
        }
}

static void the_wrong_record_does_not_count(void **state)
{
        (void)state;
        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                const struct right_case *t = &cases[i];
                enum place wrong = t->place == ON_RECORD ? ON_PREFIX : ON_RECORD;
                struct right_case changed = *t;
                if (changed.prefix_record == NULL)
                        changed.prefix_record = "0.NA/35.TEST";
                if (respond(&changed, wrong, "150 HS_ADMIN 1fff@" ALICE, ALICE) !=
                    RC_NOT_AUTHORIZED)
                        fail_msg("%s", t->name);
        }
}

static void nobody_is_challenged(void **state)
{
        (void)state;
        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                const struct right_case *t = &cases[i];
                if (respond(t, t->place, "150 HS_ADMIN 1fff@" ALICE, NULL) != RC_CHALLENGE)
                        fail_msg("%s", t->name);
        }
}

static void server_admins_with_full_access_may_all(void **state)
{
        (void)state;
        const struct ansa_ref alice = world_ref(ALICE);
        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                const struct right_case *t = &cases[i];
                for (int full = 0; full < 2; full++) {
                        struct world w;
                        world_init(&w, NULL);
                        world_home(&w, "0.NA/0.NA");
                        world_home(&w, "0.NA/35.TEST");
                        world_home(&w, "0.NA/35.TEST.SUB");
                        w.settings.config.server_admins = &alice;
                        w.settings.config.server_admin_count = 1;
                        w.settings.config.server_admin_full_access = full == 1;
                        const char *other = "150 HS_ADMIN 1fff@300:35.TEST/nobody";
                        if (t->stored != NULL)
                                world_put(&w, t->target, fill(&w, t->stored, other));
                        struct message request = world_request(&w, t->op, t->flags, t->target,
                                                               fill(&w, t->what, other));
                        struct plan plan = world_plan(&w, &request, ALICE, false);
                        if (plan.response != (full == 1 ? RC_SUCCESS : RC_NOT_AUTHORIZED))
                                fail_msg("%s: %u", t->name, plan.response);
                        assert_int_equal(
                                world_plan(&w, &request, "300:35.TEST/bob", false).response,
                                RC_NOT_AUTHORIZED);
                        world_fini(&w);
                }
        }
}

/* The message names who, what is missing and where. */
static void denial_says_what_is_missing(void **state)
{
        (void)state;
        struct world w;
        world_init(&w, NULL);
        world_home(&w, "0.NA/35.TEST");
        world_put(&w, "35.TEST/1", "1 URL a;2 HS_ADMIN 1@300:a/b");
        struct message request = world_request(&w, OP_REMOVE, 0, "35.TEST/1", "1,2");
        struct plan plan = world_plan(&w, &request, ALICE, false);
        assert_string_equal(plan.text, "300:35.TEST/alice lacks the rights, in one HS_ADMIN value "
                                       "of 35.TEST/1, to remove values, remove administrators");
        world_fini(&w);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(needs_exactly_these),
                cmocka_unit_test(each_missing_right_matters),
                cmocka_unit_test(the_wrong_record_does_not_count),
                cmocka_unit_test(nobody_is_challenged),
                cmocka_unit_test(server_admins_with_full_access_may_all),
                cmocka_unit_test(denial_says_what_is_missing),
        };
        return cmocka_run_group_tests_name("identifier/plan_rights", tests, NULL, NULL);
}
