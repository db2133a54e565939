/* SPDX-License-Identifier: Apache-2.0 */
/* Add, remove and modify: checks and their order, public writing, what is stored. */
#include "world.h"

#define ALICE "300:35.TEST/alice"
#define BOB   "300:35.TEST/bob" /* an identity without any right */
#define ADMIN "100 HS_ADMIN 1fff@" ALICE

#define RECORD                                                                                 \
        "1 URL a;2 EMAIL/f b;3 URL/a c;4 URL/b d;5 HS_ADMIN/f 1@300:a/b;6 HS_VLIST/f 300:a/b;" \
        "7 HS_ADMIN/a 1@300:a/b;" ADMIN
/* 2 may be written by all, 3 by none, 4 by all but administrators; 5 and 6 decide on rights. */

static void setup(struct world *w)
{
        world_init(w, NULL);
        world_home(w, "0.NA/35.TEST");
        world_put(w, "35.TEST/1", RECORD);
}

static const struct check_case {
        const char *name;
        uint32_t op;
        uint32_t flags;
        const char *target;
        const char *what;
        const char *who;
        uint32_t want;
        const char *text; /* part of the message, or NULL */
} checks[] = {
        /* clang-format off */
        { "add is challenged", OP_ADD, 0, "35.TEST/1", "9 URL a", NULL, RC_CHALLENGE, NULL },
        { "add", OP_ADD, 0, "35.TEST/1", "9 URL a", ALICE, RC_SUCCESS, NULL },
        { "add without right", OP_ADD, 0, "35.TEST/1", "9 URL a", BOB, RC_NOT_AUTHORIZED, "add values" },
        { "add nothing", OP_ADD, 0, "35.TEST/1", "", NULL, RC_VALUE_INVALID, "no value to add" },
        { "add index 0", OP_ADD, 0, "35.TEST/1", "9 URL a;0 URL b", NULL, RC_VALUE_INVALID, "value 2: index must be at least 1" },
        { "add one index twice", OP_ADD, 0, "35.TEST/1", "9 URL a;9 URL b", NULL, RC_VALUE_EXISTS, "value 2: index 9 is that of value 1 already" },
        { "add twice, also with overwriting", OP_ADD, FLAG_OVERWRITE, "35.TEST/1", "9 URL a;9 URL a", NULL, RC_VALUE_EXISTS, NULL },
        { "add to nothing is challenged", OP_ADD, 0, "35.TEST/2", "9 URL a", NULL, RC_CHALLENGE, NULL },
        { "add to nothing", OP_ADD, 0, "35.TEST/2", "9 URL a", BOB, RC_NOT_FOUND, "35.TEST/2 does not exist" },
        { "add taken index is challenged", OP_ADD, 0, "35.TEST/1", "1 URL z", NULL, RC_CHALLENGE, NULL },
        { "add taken index before rights", OP_ADD, 0, "35.TEST/1", "9 URL a;1 URL z", BOB, RC_VALUE_EXISTS, "value 2: index 1 exists in 35.TEST/1 already" },
        { "add elsewhere", OP_ADD, 0, "36.TEST/1", "9 URL a", NULL, RC_NOT_RESPONSIBLE, NULL },
        { "add with bad name", OP_ADD, 0, "35.TEST/\xff", "9 URL a", NULL, RC_INVALID_NAME, NULL },
        { "add over one", OP_ADD, FLAG_OVERWRITE, "35.TEST/1", "1 URL z", ALICE, RC_SUCCESS, NULL },
        { "add over is challenged", OP_ADD, FLAG_OVERWRITE, "35.TEST/1", "1 URL z", NULL, RC_CHALLENGE, NULL },
        { "add over public write needs the right", OP_ADD, FLAG_OVERWRITE, "35.TEST/1", "2 EMAIL/f z", BOB, RC_NOT_AUTHORIZED, NULL },
        { "add over what nobody may write", OP_ADD, FLAG_OVERWRITE, "35.TEST/1", "3 URL z", ALICE, RC_SUCCESS, NULL },
        { "add equal needs no right", OP_ADD, FLAG_OVERWRITE, "35.TEST/1", "1 URL a", BOB, RC_SUCCESS, NULL },
        { "add equal is challenged", OP_ADD, FLAG_OVERWRITE, "35.TEST/1", "1 URL a", NULL, RC_CHALLENGE, NULL },
        { "add equal and another", OP_ADD, FLAG_OVERWRITE, "35.TEST/1", "1 URL a;9 URL b", BOB, RC_NOT_AUTHORIZED, NULL },

        { "remove is challenged", OP_REMOVE, 0, "35.TEST/1", "1", NULL, RC_CHALLENGE, NULL },
        { "remove", OP_REMOVE, 0, "35.TEST/1", "1", ALICE, RC_SUCCESS, NULL },
        { "remove twice is once", OP_REMOVE, 0, "35.TEST/1", "1,2,1", ALICE, RC_SUCCESS, NULL },
        { "remove without right", OP_REMOVE, 0, "35.TEST/1", "1", BOB, RC_NOT_AUTHORIZED, NULL },
        { "remove nothing", OP_REMOVE, 0, "35.TEST/1", "", NULL, RC_VALUE_INVALID, "no index" },
        { "remove from nothing is challenged", OP_REMOVE, 0, "35.TEST/2", "1", NULL, RC_CHALLENGE, NULL },
        { "remove from nothing", OP_REMOVE, 0, "35.TEST/2", "1", BOB, RC_NOT_FOUND, NULL },
        { "remove missing is challenged", OP_REMOVE, 0, "35.TEST/1", "99", NULL, RC_CHALLENGE, NULL },
        { "remove missing before rights", OP_REMOVE, 0, "35.TEST/1", "1,99", BOB, RC_VALUE_NOT_FOUND, "35.TEST/1 has no index 99" },
        { "remove index 0", OP_REMOVE, 0, "35.TEST/1", "0", ALICE, RC_VALUE_NOT_FOUND, "no index 0" },
        { "remove what nobody may write", OP_REMOVE, 0, "35.TEST/1", "3", ALICE, RC_SUCCESS, NULL },
        { "remove public write needs the right", OP_REMOVE, 0, "35.TEST/1", "2", BOB, RC_NOT_AUTHORIZED, NULL },
        { "remove the last HS_ADMIN", OP_REMOVE, 0, "35.TEST/1", "5,7,100", ALICE, RC_SUCCESS, NULL },
        { "remove all", OP_REMOVE, 0, "35.TEST/1", "1,2,3,4,5,6,7,100", ALICE, RC_SUCCESS, NULL },
        { "remove elsewhere", OP_REMOVE, 0, "36.TEST/1", "1", NULL, RC_NOT_RESPONSIBLE, NULL },

        { "modify is challenged", OP_MODIFY, 0, "35.TEST/1", "1 URL z", NULL, RC_CHALLENGE, NULL },
        { "modify", OP_MODIFY, 0, "35.TEST/1", "1 URL z", ALICE, RC_SUCCESS, NULL },
        { "modify without right", OP_MODIFY, 0, "35.TEST/1", "1 URL z", BOB, RC_NOT_AUTHORIZED, NULL },
        { "modify nothing", OP_MODIFY, 0, "35.TEST/1", "", NULL, RC_VALUE_INVALID, "no value to modify" },
        { "modify index 0", OP_MODIFY, 0, "35.TEST/1", "0 URL z", NULL, RC_VALUE_INVALID, "value 1: index must be at least 1" },
        { "modify one index twice", OP_MODIFY, 0, "35.TEST/1", "1 URL z;1 URL y", NULL, RC_VALUE_INVALID, "value 2: index 1 is that of value 1 already" },
        { "modify of nothing before challenge", OP_MODIFY, 0, "35.TEST/2", "1 URL z", NULL, RC_NOT_FOUND, NULL },
        { "modify missing before challenge", OP_MODIFY, 0, "35.TEST/1", "1 URL z;99 URL z", NULL, RC_VALUE_NOT_FOUND, "value 2: 35.TEST/1 has no index 99" },
        { "modify unwritable before challenge", OP_MODIFY, 0, "35.TEST/1", "1 URL z;3 URL z", NULL, RC_ACCESS_DENIED, "value 2: the permissions of index 3" },
        { "missing before unwritable", OP_MODIFY, 0, "35.TEST/1", "3 URL z;99 URL z", NULL, RC_VALUE_NOT_FOUND, NULL },
        { "modify unwritable HS_ADMIN", OP_MODIFY, 0, "35.TEST/1", "7 HS_ADMIN 3@300:a/b", ALICE, RC_ACCESS_DENIED, NULL },
        { "modify elsewhere", OP_MODIFY, 0, "36.TEST/1", "1 URL z", NULL, RC_NOT_RESPONSIBLE, NULL },
        { "public write by nobody", OP_MODIFY, 0, "35.TEST/1", "2 EMAIL/f z", NULL, RC_SUCCESS, NULL },
        { "public write by somebody", OP_MODIFY, 0, "35.TEST/1", "2 EMAIL/f z", BOB, RC_SUCCESS, NULL },
        { "public write with another type", OP_MODIFY, 0, "35.TEST/1", "2 URL/f z", NULL, RC_SUCCESS, NULL },
        { "public write alone is enough", OP_MODIFY, 0, "35.TEST/1", "4 URL z", NULL, RC_SUCCESS, NULL },
        { "public write and a protected one", OP_MODIFY, 0, "35.TEST/1", "2 EMAIL/f z;1 URL z", NULL, RC_CHALLENGE, NULL },
        { "public write and a protected one, no right", OP_MODIFY, 0, "35.TEST/1", "2 EMAIL/f z;1 URL z", BOB, RC_NOT_AUTHORIZED, NULL },
        { "public write and an unwritable one", OP_MODIFY, 0, "35.TEST/1", "2 EMAIL/f z;3 URL z", NULL, RC_ACCESS_DENIED, NULL },
        { "public write never makes HS_ADMIN", OP_MODIFY, 0, "35.TEST/1", "2 HS_ADMIN/f fff@" BOB, NULL, RC_CHALLENGE, NULL },
        { "public write never makes hs_admin", OP_MODIFY, 0, "35.TEST/1", "2 hs_admin/f fff@" BOB, BOB, RC_NOT_AUTHORIZED, NULL },
        { "public write never makes a key", OP_MODIFY, 0, "35.TEST/1", "2 HS_PUBKEY/f z", NULL, RC_CHALLENGE, NULL },
        { "public write never makes a group", OP_MODIFY, 0, "35.TEST/1", "2 HS_VLIST/f " BOB, BOB, RC_NOT_AUTHORIZED, NULL },
        { "public write without admin write neither", OP_MODIFY, 0, "35.TEST/1", "4 HS_ADMIN/f fff@" BOB, NULL, RC_ACCESS_DENIED, NULL },
        { "HS_ADMIN is never public to write", OP_MODIFY, 0, "35.TEST/1", "5 HS_ADMIN/f fff@" BOB, NULL, RC_CHALLENGE, NULL },
        { "HS_ADMIN to value is not either", OP_MODIFY, 0, "35.TEST/1", "5 URL/f z", BOB, RC_NOT_AUTHORIZED, NULL },
        { "group that was made public to write", OP_MODIFY, 0, "35.TEST/1", "6 HS_VLIST/f " BOB, NULL, RC_SUCCESS, NULL },
        /* clang-format on */
};

static void checks_in_order(void **state)
{
        (void)state;
        for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++) {
                const struct check_case *t = &checks[i];
                struct world w;
                setup(&w);
                struct message request = world_request(&w, t->op, t->flags, t->target, t->what);
                struct plan plan = world_plan(&w, &request, t->who, false);
                if (plan.response != t->want)
                        fail_msg("%s: %u %s", t->name, plan.response,
                                 plan.text != NULL ? plan.text : "");
                if (t->text != NULL && strstr(plan.text, t->text) == NULL)
                        fail_msg("%s: \"%s\"", t->name, plan.text);
                /* What comes before authentication is the same with an identity. */
                if (t->who == NULL && t->want != RC_CHALLENGE)
                        assert_int_equal(world_plan(&w, &request, BOB, false).response, t->want);
                /* What is refused changes nothing. */
                if (t->want != RC_SUCCESS) {
                        const char *before = world_record(&w, "35.TEST/1");
                        uint32_t got = world_commit(&w, &request, t->who);
                        assert_int_equal(got, t->want == RC_CHALLENGE ? RC_BUSY : t->want);
                        assert_string_equal(world_record(&w, "35.TEST/1"), before);
                        assert_null(world_record(&w, "35.TEST/2"));
                }
                world_fini(&w);
        }
}

static const struct outcome_case {
        const char *name;
        uint32_t op;
        uint32_t flags;
        const char *stored;
        const char *what;
        const char *want;
        enum plan_action action;
        uint32_t want_flags;
} outcomes[] = {
        /* clang-format off */
        { "add sorts", OP_ADD, 0, "7 URL a;3 URL b;" ADMIN, "9 URL z;1 URL y;5 URL x", "1 URL y@5000; 3 URL b; 5 URL x@5000; 7 URL a; 9 URL z@5000; " ADMIN, PLAN_PUT, 0 },
        { "add with flag but nothing there", OP_ADD, FLAG_OVERWRITE, "7 URL a;" ADMIN, "8 URL y", "7 URL a; 8 URL y@5000; " ADMIN, PLAN_PUT, 0 },
        { "add over", OP_ADD, FLAG_OVERWRITE, "7 URL a;3 URL b;" ADMIN, "3 URL c", "3 URL c@5000; 7 URL a; " ADMIN, PLAN_PUT, FLAG_OVERWRITE },
        { "add leaves equal ones alone", OP_ADD, FLAG_OVERWRITE, "3 URL b;7 URL a;" ADMIN, "8 URL y;7 URL a", "3 URL b; 7 URL a; 8 URL y@5000; " ADMIN, PLAN_PUT, 0 },
        { "add only equal ones", OP_ADD, FLAG_OVERWRITE, "7 URL a;3 URL b;" ADMIN, "7 URL a", "7 URL a; 3 URL b; " ADMIN, PLAN_NOTHING, 0 },
        { "add over with another type", OP_ADD, FLAG_OVERWRITE, "3 URL b;" ADMIN, "3 EMAIL b", "3 EMAIL b@5000; " ADMIN, PLAN_PUT, FLAG_OVERWRITE },
        { "remove keeps the order", OP_REMOVE, 0, "7 URL a;3 URL b;5 URL c;" ADMIN, "3", "7 URL a; 5 URL c; " ADMIN, PLAN_PUT, 0 },
        { "remove several", OP_REMOVE, 0, "7 URL a;3 URL b;5 URL c;" ADMIN, "5,7,5", "3 URL b; " ADMIN, PLAN_PUT, 0 },
        { "remove all", OP_REMOVE, 0, "7 URL a;" ADMIN, "100,7", "", PLAN_PUT, 0 },
        { "modify keeps the order", OP_MODIFY, 0, "7 URL a;3 URL b;5 URL c;" ADMIN, "5 EMAIL x;7 URL y", "7 URL y@5000; 3 URL b; 5 EMAIL x@5000; " ADMIN, PLAN_PUT, 0 },
        { "modify to itself writes", OP_MODIFY, 0, "7 URL a;" ADMIN, "7 URL a", "7 URL a@5000; " ADMIN, PLAN_PUT, 0 },
        { "modify permissions", OP_MODIFY, 0, "7 URL a;" ADMIN, "7 URL/f a", "7 URL/f a@5000; " ADMIN, PLAN_PUT, 0 },
        /* clang-format on */
};

static void stores_what_it_should(void **state)
{
        (void)state;
        for (size_t i = 0; i < sizeof(outcomes) / sizeof(outcomes[0]); i++) {
                const struct outcome_case *t = &outcomes[i];
                struct world w;
                setup(&w);
                world_put(&w, "35.TEST/1", t->stored);
                struct message request = world_request(&w, t->op, t->flags, "35.TEST/1", t->what);
                struct plan plan = world_plan(&w, &request, ALICE, false);
                if (plan.response != RC_SUCCESS || plan.action != t->action ||
                    plan.response_flags != t->want_flags || plan.has_body)
                        fail_msg("%s: %u, action %d, flags %x", t->name, plan.response,
                                 (int)plan.action, plan.response_flags);
                assert_int_equal(world_commit(&w, &request, ALICE), RC_SUCCESS);
                const char *got = world_record(&w, "35.TEST/1");
                if (got == NULL || strcmp(got, t->want) != 0)
                        fail_msg("%s: %s", t->name, got != NULL ? got : "absent");
                world_fini(&w);
        }
}

/* TTL and references travel, and equality looks at them. */
static void every_field_counts(void **state)
{
        (void)state;
        static const uint8_t reference[] = { 0, 0, 0, 3, 'a', '/', 'b', 0, 0, 0, 1 };
        const struct ansa_value base = { .index = 1,
                                         .timestamp_s = 7,
                                         .ttl_s = 60,
                                         .permissions = ANSA_PERM_DEFAULT,
                                         .type = ANSA_BYTES_LIT("URL"),
                                         .data = ANSA_BYTES_LIT("a"),
                                         .refs = { { reference, sizeof(reference) }, 1 } };
        struct ansa_value other = base;
        other.timestamp_s = 8;
        assert_true(value_same(&base, &other));
        other = base;
        other.index = 2;
        assert_false(value_same(&base, &other));
        other = base;
        other.ttl_s = 61;
        assert_false(value_same(&base, &other));
        other = base;
        other.ttl_type = ANSA_TTL_ABSOLUTE;
        assert_false(value_same(&base, &other));
        other = base;
        other.permissions = 0x0f;
        assert_false(value_same(&base, &other));
        other = base;
        other.type = ANSA_BYTES_LIT("URI");
        assert_false(value_same(&base, &other));
        other = base;
        other.data = ANSA_BYTES_LIT("ab");
        assert_false(value_same(&base, &other));
        other = base;
        other.refs = (struct ansa_refs){ 0 };
        assert_false(value_same(&base, &other));
}

/* Records of @count values are made by adding half after half. */
static uint32_t add_up_to(size_t count)
{
        struct world w;
        setup(&w);
        struct ansa_value *values = calloc(count, sizeof(*values));
        assert_non_null(values);
        for (size_t i = 0; i < count; i++)
                values[i] = (struct ansa_value){ .index = (uint32_t)(1000 + i),
                                                 .timestamp_s = OLD_S,
                                                 .permissions = ANSA_PERM_DEFAULT };
        struct value_list list = { values, count };
        struct ansa_values encoded;
        struct bulk_change change = { .kind = BULK_PUT, .name = ANSA_BYTES_LIT("35.TEST/1") };
        size_t failed;
        list.count = LIMIT_VALUE_COUNT - 10;
        assert_int_equal(value_list_encode(&list, &w.arena, &change.values), ANSA_OK);
        assert_int_equal(identifier_bulk(&w.writer, &change, 1, &failed), ANSA_OK);

        list = (struct value_list){ values + list.count, count - list.count };
        assert_int_equal(value_list_encode(&list, &w.arena, &encoded), ANSA_OK);
        struct record_body body = { .name = change.name, .values = encoded };
        struct buf b = buf_growing(LIMIT_MESSAGE_SIZE);
        record_body_encode(&body, &b);
        struct message request = { .header = { .op = OP_ADD } };
        request.body = world_copy(&w, buf_written(&b));
        buf_fini(&b);
        const struct ansa_ref alice = world_ref(ALICE);
        w.settings.config.server_admins = &alice;
        w.settings.config.server_admin_count = 1;
        w.settings.config.server_admin_full_access = true;
        struct plan plan = world_plan(&w, &request, ALICE, false);
        free(values);
        world_fini(&w);
        return plan.response;
}

static void records_have_a_most_of_values(void **state)
{
        (void)state;
        assert_int_equal(add_up_to(LIMIT_VALUE_COUNT), RC_SUCCESS);
        assert_int_equal(add_up_to(LIMIT_VALUE_COUNT + 1), RC_VALUE_INVALID);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(checks_in_order),
                cmocka_unit_test(stores_what_it_should),
                cmocka_unit_test(every_field_counts),
                cmocka_unit_test(records_have_a_most_of_values),
        };
        return cmocka_run_group_tests_name("identifier/plan_values", tests, NULL, NULL);
}
