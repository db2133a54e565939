/* SPDX-License-Identifier: Apache-2.0 */
/* Create and delete: checks and their order, overwriting, minting, limits, what is stored. */
#include "world.h"

#define ALICE "300:35.TEST/alice"
#define ADMIN "100 HS_ADMIN 1fff@" ALICE

static void setup(struct world *w)
{
        world_init(w, NULL);
        world_home(w, "0.NA/35.TEST");
        world_put(w, "0.NA/35.TEST", ADMIN);
        world_put(w, "35.TEST/old", "1 URL a;2 EMAIL b;" ADMIN);
}

static char long_name[LIMIT_NAME_SIZE + 9]; /* "35.TEST/xxx", cut where a row wants it */

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
        { "create is challenged", OP_CREATE, 0, "35.TEST/1", "1 URL a", NULL, RC_CHALLENGE, NULL },
        { "create", OP_CREATE, 0, "35.TEST/1", "1 URL a", ALICE, RC_SUCCESS, NULL },
        { "no values", OP_CREATE, 0, "35.TEST/1", "", ALICE, RC_SUCCESS, NULL },
        { "not homed", OP_CREATE, 0, "36.TEST/1", "1 URL a", NULL, RC_NOT_RESPONSIBLE, "the prefix of 36.TEST/1 is not homed here" },
        { "not homed before bad name", OP_CREATE, 0, "36.TEST/\xff", "1 URL a", NULL, RC_NOT_RESPONSIBLE, "36.TEST/?" },
        { "derived prefix is another", OP_CREATE, 0, "35.TEST.SUB/1", "1 URL a", NULL, RC_NOT_RESPONSIBLE, NULL },
        { "not UTF-8", OP_CREATE, 0, "35.TEST/\xff", "1 URL a", NULL, RC_INVALID_NAME, "35.TEST/?: it is not UTF-8" },
        { "bad name before bad values", OP_CREATE, 0, "35.TEST/\xff", "0 URL a", NULL, RC_INVALID_NAME, NULL },
        { "control character", OP_CREATE, 0, "35.TEST/a\nb", "1 URL a", NULL, RC_INVALID_NAME, "35.TEST/a?b" },
        { "empty name", OP_CREATE, 0, "", "1 URL a", NULL, RC_INVALID_NAME, "this has 0" },
        { "longest name", OP_CREATE, 0, long_name + 8, "1 URL a", NULL, RC_CHALLENGE, NULL },
        { "too long a name", OP_CREATE, 0, long_name + 7, "1 URL a", NULL, RC_INVALID_NAME, "this has 2049" },
        { "index 0", OP_CREATE, 0, "35.TEST/1", "1 URL a;2 URL b;0 URL c", NULL, RC_VALUE_INVALID, "value 3: index must be at least 1" },
        { "same index twice", OP_CREATE, 0, "35.TEST/1", "5 URL a;7 URL b;6 URL x;7 URL c;5 URL d", NULL, RC_VALUE_EXISTS, "value 4: index 7 is that of value 2 already" },
        { "index 0 before twice", OP_CREATE, 0, "35.TEST/1", "1 URL a;1 URL b;0 URL c", NULL, RC_VALUE_INVALID, NULL },
        { "twice before exists", OP_CREATE, 0, "35.TEST/old", "1 URL a;1 URL b", NULL, RC_VALUE_EXISTS, NULL },
        { "exists before challenge", OP_CREATE, 0, "35.TEST/old", "1 URL a", NULL, RC_EXISTS, "35.TEST/old exists already" },
        { "exists in other case", OP_CREATE, 0, "35.test/OLD", "1 URL a", NULL, RC_EXISTS, NULL },
        { "overwrite is challenged", OP_CREATE, FLAG_OVERWRITE, "35.TEST/old", "1 URL a", NULL, RC_CHALLENGE, NULL },
        { "equal overwrite is challenged", OP_CREATE, FLAG_OVERWRITE, "35.TEST/old", "1 URL a;2 EMAIL b;" ADMIN, NULL, RC_CHALLENGE, NULL },
        { "mint is challenged", OP_CREATE, FLAG_MINT_SUFFIX, "35.TEST/", "1 URL a", NULL, RC_CHALLENGE, NULL },
        { "mint elsewhere", OP_CREATE, FLAG_MINT_SUFFIX, "36.TEST/", "1 URL a", NULL, RC_NOT_RESPONSIBLE, NULL },
        { "mint with bad stem", OP_CREATE, FLAG_MINT_SUFFIX, "35.TEST/\xff", "1 URL a", NULL, RC_INVALID_NAME, NULL },
        { "mint with bad values", OP_CREATE, FLAG_MINT_SUFFIX, "35.TEST/", "0 URL a", NULL, RC_VALUE_INVALID, NULL },
        { "mint without slash", OP_CREATE, FLAG_MINT_SUFFIX, "35.TEST.SUB", "1 URL a", NULL, RC_INVALID_NAME, "not behind 35.TEST.SUB" },
        { "longest minted", OP_CREATE, FLAG_MINT_SUFFIX, long_name + 8 + 36, "1 URL a", NULL, RC_CHALLENGE, NULL },
        { "too long with minted", OP_CREATE, FLAG_MINT_SUFFIX, long_name + 8 + 35, "1 URL a", NULL, RC_INVALID_NAME, "2013 octets" },
        { "mint a derived prefix", OP_CREATE, FLAG_MINT_SUFFIX, "0.NA/35.TEST.", "1 URL a", ALICE, RC_SUCCESS, NULL },
        { "the root", OP_CREATE, 0, "0.NA/0.NA", "1 URL a", ALICE, RC_NOT_RESPONSIBLE, NULL },
        { "delete is challenged", OP_DELETE, 0, "35.TEST/old", NULL, NULL, RC_CHALLENGE, NULL },
        { "delete of nothing is challenged", OP_DELETE, 0, "35.TEST/1", NULL, NULL, RC_CHALLENGE, NULL },
        { "delete of nothing", OP_DELETE, 0, "35.TEST/1", NULL, ALICE, RC_NOT_FOUND, "35.TEST/1 does not exist" },
        { "delete elsewhere", OP_DELETE, 0, "36.TEST/1", NULL, NULL, RC_NOT_RESPONSIBLE, NULL },
        { "delete by another", OP_DELETE, 0, "35.TEST/old", NULL, "300:35.TEST/bob", RC_NOT_AUTHORIZED, NULL },
        { "delete in other case", OP_DELETE, 0, "35.test/OLD", NULL, ALICE, RC_SUCCESS, NULL },
        { "delete with bad name", OP_DELETE, 0, "35.TEST/\xff", NULL, NULL, RC_INVALID_NAME, NULL },
        /* clang-format on */
};

static void checks_in_order(void **state)
{
        (void)state;
        struct world w;
        setup(&w);
        for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++) {
                const struct check_case *t = &checks[i];
                /* Rows that point into long_name want a valid front there. */
                char name[sizeof(long_name)];
                const char *target = t->target;
                if (target >= long_name && target < long_name + sizeof(long_name)) {
                        snprintf(name, sizeof(name), "%s", target);
                        memcpy(name, "35.TEST/", 8);
                        target = name;
                }
                struct message request = world_request(&w, t->op, t->flags, target, t->what);
                struct plan plan = world_plan(&w, &request, t->who, false);
                if (plan.response != t->want)
                        fail_msg("%s: %u %s", t->name, plan.response, plan.text);
                if (t->text != NULL && strstr(plan.text, t->text) == NULL)
                        fail_msg("%s: \"%s\"", t->name, plan.text);
                /* Who is not an administrator gets the same errors, but no success. */
                if (t->who == NULL && t->want != RC_CHALLENGE) {
                        plan = world_plan(&w, &request, "300:a/b", false);
                        if (plan.response != t->want)
                                fail_msg("%s, with identity: %u", t->name, plan.response);
                }
        }
        world_fini(&w);
}

static void mirrors_and_other_servers_refuse(void **state)
{
        (void)state;
        static const uint32_t ops[] = { OP_CREATE, OP_DELETE, OP_ADD, OP_REMOVE, OP_MODIFY };
        for (size_t i = 0; i < sizeof(ops) / sizeof(ops[0]); i++) {
                struct world w;
                setup(&w);
                const char *what = ops[i] == OP_REMOVE ? "1" : "1 URL a";
                struct message request =
                        world_request(&w, ops[i], FLAG_OVERWRITE, "35.TEST/old", what);
                w.settings.is_primary = false;
                struct plan plan = world_plan(&w, &request, ALICE, false);
                assert_int_equal(plan.response, RC_NOT_RESPONSIBLE);
                assert_non_null(strstr(plan.text, "mirror"));

                w.settings.is_primary = true;
                w.settings.server_count = 3;
                uint32_t at = name_hash(ansa_bytes_text("35.TEST/old"), ANSA_HASH_ALL) % 3;
                for (uint32_t server = 0; server < 3; server++) {
                        w.settings.config.server_number = server;
                        plan = world_plan(&w, &request, ALICE, false);
                        assert_int_equal(plan.response,
                                         server == at ? RC_SUCCESS : RC_NOT_RESPONSIBLE);
                }
                world_fini(&w);
        }
}

/* What is stored after the writer did the request. */
static const struct outcome_case {
        const char *name;
        const char *stored; /* of 35.TEST/1; NULL: absent */
        uint32_t flags;
        const char *what;
        const char *want;
        enum plan_action action;
        uint32_t want_flags;
} outcomes[] = {
        /* clang-format off */
        { "order as sent", NULL, 0, "7 URL a;3 URL b;5 URL c", "7 URL a@5000; 3 URL b@5000; 5 URL c@5000", PLAN_PUT, 0 },
        { "flag without overwriting", NULL, FLAG_OVERWRITE, "7 URL a;3 URL b", "7 URL a@5000; 3 URL b@5000", PLAN_PUT, 0 },
        { "no values", NULL, 0, "", "", PLAN_PUT, 0 },
        { "permissions are kept", NULL, 0, "1 URL/f a;2 URL/2 b", "1 URL/f a@5000; 2 URL/2 b@5000", PLAN_PUT, 0 },
        { "equal changes nothing", "7 URL a;3 URL b;" ADMIN, FLAG_OVERWRITE, "3 URL b;7 URL a;" ADMIN, "7 URL a; 3 URL b; " ADMIN, PLAN_NOTHING, FLAG_OVERWRITE },
        { "unchanged keep their time, sorted", "7 URL a;3 URL b;" ADMIN, FLAG_OVERWRITE, ADMIN ";9 URL n;7 URL c;3 URL b", "3 URL b; 7 URL c@5000; 9 URL n@5000; " ADMIN, PLAN_PUT, FLAG_OVERWRITE },
        { "removal alone", "7 URL a;3 URL b;" ADMIN, FLAG_OVERWRITE, "3 URL b;" ADMIN, "3 URL b; " ADMIN, PLAN_PUT, FLAG_OVERWRITE },
        { "type in other case differs", "1 URL a;" ADMIN, FLAG_OVERWRITE, "1 url a;" ADMIN, "1 url a@5000; " ADMIN, PLAN_PUT, FLAG_OVERWRITE },
        { "permissions differ", "1 URL a;" ADMIN, FLAG_OVERWRITE, "1 URL/f a;" ADMIN, "1 URL/f a@5000; " ADMIN, PLAN_PUT, FLAG_OVERWRITE },
        { "not writable, but overwritten", "1 URL/a a;" ADMIN, FLAG_OVERWRITE, "1 URL b;" ADMIN, "1 URL b@5000; " ADMIN, PLAN_PUT, FLAG_OVERWRITE },
        { "to nothing at all", "1 URL a;" ADMIN, FLAG_OVERWRITE, "", "", PLAN_PUT, FLAG_OVERWRITE },
        /* clang-format on */
};

static void stores_what_it_should(void **state)
{
        (void)state;
        for (size_t i = 0; i < sizeof(outcomes) / sizeof(outcomes[0]); i++) {
                const struct outcome_case *t = &outcomes[i];
                struct world w;
                setup(&w);
                if (t->stored != NULL)
                        world_put(&w, "35.TEST/1", t->stored);
                struct message request =
                        world_request(&w, OP_CREATE, t->flags, "35.TEST/1", t->what);
                struct plan plan = world_plan(&w, &request, ALICE, false);
                assert_int_equal(plan.response, RC_SUCCESS);
                if (plan.action != t->action || plan.response_flags != t->want_flags ||
                    !plan.has_body)
                        fail_msg("%s: action %d, flags %x", t->name, (int)plan.action,
                                 plan.response_flags);
                assert_int_equal(world_commit(&w, &request, ALICE), RC_SUCCESS);
                const char *got = world_record(&w, "35.TEST/1");
                if (got == NULL || strcmp(got, t->want) != 0)
                        fail_msg("%s: %s", t->name, got != NULL ? got : "absent");
                world_fini(&w);
        }
}

/* irp-service 7.1, the four alternatives. $R: rights of alice on the record, as the row says. */
static const struct overwrite_case {
        const char *name;
        uint32_t on_record;
        uint32_t on_prefix;
        const char *stored; /* besides 100 HS_ADMIN for alice, which stays */
        const char *what;
        uint32_t want;
} overwrites[] = {
        /* clang-format off */
        { "a: no difference needs no right", 0, 0, "1 URL a", "1 URL a", RC_SUCCESS },
        { "a: any difference does", 0, 0, "1 URL a", "1 URL b", RC_NOT_AUTHORIZED },
        { "b: modify", RIGHT_MODIFY_VALUE, 0, "1 URL a", "1 URL b", RC_SUCCESS },
        { "b: another right", RIGHT_ADD_VALUE | RIGHT_REMOVE_VALUE, 0, "1 URL a", "1 URL b", RC_NOT_AUTHORIZED },
        { "b: not for new administrators", 0xffff & ~(RIGHT_ADD_ADMIN | RIGHT_DELETE), 0, "1 URL a", "1 URL a;2 HS_ADMIN 1@300:a/b", RC_NOT_AUTHORIZED },
        { "b: not for value to HS_ADMIN", 0xffff & ~(RIGHT_ADD_ADMIN | RIGHT_DELETE), 0, "1 URL a", "1 HS_ADMIN 1@300:a/b", RC_NOT_AUTHORIZED },
        { "c: ADD_ADMIN is enough to add one", RIGHT_ADD_ADMIN, 0, "1 URL a", "1 URL a;2 HS_ADMIN 1@300:a/b", RC_SUCCESS },
        { "c: ADD_ADMIN is enough for all", RIGHT_ADD_ADMIN, 0, "1 URL a;2 HS_ADMIN 1@300:a/b", "1 URL b;3 URL c", RC_SUCCESS },
        { "c: ADD_ADMIN on the prefix is not", 0, RIGHT_ADD_ADMIN, "1 URL a", "1 URL b", RC_NOT_AUTHORIZED },
        { "d: delete here and create there", RIGHT_DELETE, RIGHT_CREATE, "1 URL a;2 HS_ADMIN 1@300:a/b", "1 URL b", RC_SUCCESS },
        { "d: also for new administrators", RIGHT_DELETE, RIGHT_CREATE, "1 URL a", "1 HS_ADMIN 1@300:a/b", RC_SUCCESS },
        { "d: delete alone", RIGHT_DELETE, 0, "1 URL a", "1 URL b", RC_NOT_AUTHORIZED },
        { "d: create alone", 0, RIGHT_CREATE, "1 URL a", "1 URL b", RC_NOT_AUTHORIZED },
        { "d: the wrong way round", RIGHT_CREATE, RIGHT_DELETE, "1 URL a", "1 URL b", RC_NOT_AUTHORIZED },
        { "d: both on the record", RIGHT_DELETE | RIGHT_CREATE, 0, "1 URL a", "1 URL b", RC_NOT_AUTHORIZED },
        { "d: a derived prefix's right", RIGHT_DELETE, RIGHT_ADD_PREFIX, "1 URL a", "1 URL b", RC_NOT_AUTHORIZED },
        { "secret guessed", 0, 0, "1 HS_SECKEY/c a", "1 HS_SECKEY/c a", RC_NOT_AUTHORIZED },
        { "secret guessed wrong", 0, 0, "1 HS_SECKEY/c a", "1 HS_SECKEY/c b", RC_NOT_AUTHORIZED },
        { "secret left alone by a reader", RIGHT_READ_VALUE, 0, "1 HS_SECKEY/c a", "1 HS_SECKEY/c a", RC_SUCCESS },
        { "secret left alone by who may write it", RIGHT_MODIFY_VALUE, 0, "1 HS_SECKEY/c a", "1 HS_SECKEY/c a", RC_SUCCESS },
        { "secret that none may read", RIGHT_READ_VALUE, 0, "1 HS_SECKEY/4 a", "1 HS_SECKEY/4 a", RC_NOT_AUTHORIZED },
        { "secret that none may read, writing", RIGHT_MODIFY_VALUE, 0, "1 HS_SECKEY/4 a", "1 HS_SECKEY/4 a", RC_SUCCESS },
        { "secret guessed while adding", RIGHT_ADD_VALUE, 0, "1 HS_SECKEY/c a", "1 HS_SECKEY/c a;2 URL b", RC_NOT_AUTHORIZED },
        { "secret kept while adding", RIGHT_ADD_VALUE | RIGHT_READ_VALUE, 0, "1 HS_SECKEY/c a", "1 HS_SECKEY/c a;2 URL b", RC_SUCCESS },
        /* clang-format on */
};

static void overwriting_has_four_ways(void **state)
{
        (void)state;
        for (size_t i = 0; i < sizeof(overwrites) / sizeof(overwrites[0]); i++) {
                const struct overwrite_case *t = &overwrites[i];
                struct world w;
                setup(&w);
                char text[256];
                snprintf(text, sizeof(text), "100 HS_ADMIN %x@" ALICE, t->on_prefix);
                world_put(&w, "0.NA/35.TEST", text);
                snprintf(text, sizeof(text), "%s;100 HS_ADMIN %x@" ALICE, t->stored, t->on_record);
                world_put(&w, "35.TEST/1", text);
                snprintf(text, sizeof(text), "%s;100 HS_ADMIN %x@" ALICE, t->what, t->on_record);
                struct message request =
                        world_request(&w, OP_CREATE, FLAG_OVERWRITE, "35.TEST/1", text);
                struct plan plan = world_plan(&w, &request, ALICE, false);
                if (plan.response != t->want)
                        fail_msg("%s: %u %s", t->name, plan.response,
                                 plan.text != NULL ? plan.text : "");
                world_fini(&w);
        }
}

/* (d) for a prefix record asks the parent for ADD_NA. */
static void overwriting_a_prefix_record(void **state)
{
        (void)state;
        static const struct {
                uint32_t on_parent;
                uint32_t want;
        } rows[] = { { RIGHT_ADD_PREFIX, RC_SUCCESS }, { RIGHT_CREATE, RC_NOT_AUTHORIZED } };
        for (size_t i = 0; i < 2; i++) {
                struct world w;
                setup(&w);
                char text[64];
                snprintf(text, sizeof(text), "100 HS_ADMIN %x@" ALICE, rows[i].on_parent);
                world_put(&w, "0.NA/35.TEST", text);
                world_put(&w, "0.NA/35.TEST.SUB", "1 URL a;100 HS_ADMIN 2@" ALICE);
                struct message request =
                        world_request(&w, OP_CREATE, FLAG_OVERWRITE, "35.TEST.SUB", "1 URL b");
                assert_int_equal(world_plan(&w, &request, ALICE, false).response, rows[i].want);
                world_fini(&w);
        }
}

static void prefix_records_elsewhere_are_fetched(void **state)
{
        (void)state;
        static const struct {
                const char *name;
                struct foreign foreign;
                uint32_t want;
        } rows[] = {
                { "right", { "0.NA/36.ELSE", "100 HS_ADMIN 1@" ALICE }, RC_SUCCESS },
                { "no right", { "0.NA/36.ELSE", "100 HS_ADMIN 2@" ALICE }, RC_NOT_AUTHORIZED },
                { "not public", { "0.NA/36.ELSE", "100 HS_ADMIN/c 1@" ALICE }, RC_NOT_AUTHORIZED },
                { "absent", { "0.NA/77", "1 URL a" }, RC_NOT_AUTHORIZED },
                { "down", { "0.NA/36.ELSE", NULL }, RC_UNABLE_TO_VERIFY },
        };
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                struct world w;
                setup(&w);
                world_home(&w, "0.NA/36.ELSE");
                w.foreign = &rows[i].foreign;
                w.foreign_count = 1;
                struct message request = world_request(&w, OP_CREATE, 0, "36.ELSE/1", "1 URL a");
                struct plan plan = world_plan(&w, &request, NULL, false);
                assert_int_equal(plan.response, RC_CHALLENGE); /* for which none is needed */
                assert_int_equal(w.fetches, 0);

                struct identity alice = { .who = world_ref(ALICE) };
                struct view v = world_view(&w, false);
                plan_make(&v, &request, &alice, &plan);
                assert_true(v.needs_slow);
                assert_int_not_equal(plan.response, RC_SUCCESS);
                world_end(&v);

                plan = world_plan(&w, &request, ALICE, true);
                if (plan.response != rows[i].want || w.fetches != 1)
                        fail_msg("%s: %u, %zu fetches", rows[i].name, plan.response, w.fetches);
                world_fini(&w);
        }
}

/* A server administrator with full access needs no record of others. */
static void full_access_fetches_nothing(void **state)
{
        (void)state;
        struct world w;
        setup(&w);
        world_home(&w, "0.NA/36.ELSE");
        const struct ansa_ref alice = world_ref(ALICE);
        w.settings.config.server_admins = &alice;
        w.settings.config.server_admin_count = 1;
        w.settings.config.server_admin_full_access = true;
        struct message request = world_request(&w, OP_CREATE, 0, "36.ELSE/1", "1 URL a");
        assert_int_equal(world_plan(&w, &request, ALICE, false).response, RC_SUCCESS);
        assert_int_equal(w.fetches, 0);
        world_fini(&w);
}

static bool is_uuid4(struct ansa_bytes text)
{
        static const char form[] = "xxxxxxxx-xxxx-4xxx-yxxx-xxxxxxxxxxxx";
        if (text.size != sizeof(form) - 1)
                return false;
        for (size_t i = 0; i < text.size; i++) {
                char c = (char)text.at[i];
                const char *allowed = form[i] == 'x'   ? "0123456789abcdef"
                                      : form[i] == 'y' ? "89ab"
                                                       : (const char[]){ form[i], 0 };
                if (c == 0 || strchr(allowed, c) == NULL)
                        return false;
        }
        return true;
}

static void minted_names_are_random_uuids(void **state)
{
        (void)state;
        static const char *const stems[] = { "35.TEST/", "35.TEST/x-", "35.test/A/b." };
        struct world w;
        setup(&w);
        for (size_t i = 0; i < sizeof(stems) / sizeof(stems[0]); i++) {
                struct message request =
                        world_request(&w, OP_CREATE, FLAG_MINT_SUFFIX, stems[i], "1 URL a");
                struct ansa_bytes last = { 0 };
                for (int n = 0; n < 50; n++) {
                        struct plan plan = world_plan(&w, &request, ALICE, false);
                        assert_int_equal(plan.response, RC_SUCCESS);
                        assert_int_equal(plan.response_flags, FLAG_MINT_SUFFIX);
                        assert_true(plan.has_body);
                        size_t front = strlen(stems[i]);
                        assert_true(plan.name.size == front + 36 &&
                                    memcmp(plan.name.at, stems[i], front) == 0);
                        assert_true(is_uuid4((struct ansa_bytes){ plan.name.at + front, 36 }));
                        assert_false(ansa_bytes_equal(plan.name, last));
                        last = plan.name;
                }
        }
        world_fini(&w);
}

static void minting_avoids_what_is_used(void **state)
{
        (void)state;
        struct world w;
        setup(&w);
        struct message request =
                world_request(&w, OP_CREATE, FLAG_MINT_SUFFIX, "35.TEST/", "1 URL a");
        uint64_t seed = w.random;
        struct plan first = world_plan(&w, &request, ALICE, false);
        const char *name = arena_text(&w.arena, first.name);
        world_put(&w, name, "1 URL taken");

        w.random = seed; /* the same again */
        struct plan second = world_plan(&w, &request, ALICE, false);
        assert_int_equal(second.response, RC_SUCCESS);
        assert_false(ansa_bytes_equal(first.name, second.name));

        w.random = seed;
        w.random_stuck = true; /* and for ever */
        struct plan third = world_plan(&w, &request, ALICE, false);
        assert_int_equal(third.response, RC_ERROR);
        assert_string_equal(third.text, "no unused suffix was found");
        world_fini(&w);
}

static void minted_names_hash_to_this_server(void **state)
{
        (void)state;
        static const uint8_t options[] = { ANSA_HASH_SUFFIX, ANSA_HASH_ALL, 77 };
        struct world w;
        setup(&w);
        w.settings.server_count = 7;
        struct message request =
                world_request(&w, OP_CREATE, FLAG_MINT_SUFFIX, "35.TEST/x-", "1 URL a");
        for (size_t o = 0; o < sizeof(options); o++) {
                w.settings.site.hash_option = options[o];
                enum ansa_hash_option option =
                        options[o] == ANSA_HASH_SUFFIX ? ANSA_HASH_SUFFIX : ANSA_HASH_ALL;
                for (uint32_t n = 0; n < 21; n++) {
                        w.settings.config.server_number = n % 7;
                        struct plan plan = world_plan(&w, &request, ALICE, false);
                        assert_int_equal(plan.response, RC_SUCCESS);
                        assert_int_equal(name_hash(plan.name, option) % 7, n % 7);
                }
        }
        /* All names of a prefix are on one server: minting elsewhere cannot help. */
        w.settings.site.hash_option = ANSA_HASH_PREFIX;
        uint32_t at = name_hash(ansa_bytes_text("35.TEST/"), ANSA_HASH_PREFIX) % 7;
        for (uint32_t n = 0; n < 7; n++) {
                w.settings.config.server_number = n;
                assert_int_equal(world_plan(&w, &request, ALICE, false).response,
                                 n == at ? RC_SUCCESS : RC_NOT_RESPONSIBLE);
        }
        world_fini(&w);
}

/* A create request of one value with @size octets of data. */
static struct message big_request(struct world *w, size_t size)
{
        uint8_t *data = calloc(1, size);
        assert_non_null(data);
        struct ansa_value value = { .index = 1,
                                    .permissions = ANSA_PERM_DEFAULT,
                                    .type = ANSA_BYTES_LIT("URL"),
                                    .data = { data, size } };
        struct value_list list = { &value, 1 };
        struct ansa_values values;
        assert_int_equal(value_list_encode(&list, &w->arena, &values), ANSA_OK);
        free(data);
        struct record_body body = { .name = ANSA_BYTES_LIT("35.TEST/1"), .values = values };
        struct buf b = buf_growing(LIMIT_MESSAGE_SIZE);
        record_body_encode(&body, &b);
        struct message m = { .header = { .op = OP_CREATE } };
        m.body = world_copy(w, buf_written(&b));
        buf_fini(&b);
        return m;
}

static void records_fit_into_a_message(void **state)
{
        (void)state;
        struct world w;
        setup(&w);
        const size_t most = APPLY_RECORD_SIZE_MAX - ANSA_VALUE_SIZE_MIN - strlen("URL");
        struct message request = big_request(&w, most);
        assert_int_equal(world_plan(&w, &request, ALICE, false).response, RC_SUCCESS);
        assert_int_equal(world_commit(&w, &request, ALICE), RC_SUCCESS);
        request = big_request(&w, most + 1);
        struct plan plan = world_plan(&w, &request, NULL, false);
        assert_int_equal(plan.response, RC_VALUE_INVALID);
        assert_non_null(strstr(plan.text, "258049 octets, at most 258048 fit"));
        world_fini(&w);
}

static void bodies_that_end_early(void **state)
{
        (void)state;
        static const uint32_t ops[] = {
                OP_CREATE, OP_DELETE, OP_ADD, OP_REMOVE, OP_MODIFY, OP_HOME
        };
        struct world w;
        setup(&w);
        for (size_t i = 0; i < sizeof(ops) / sizeof(ops[0]); i++) {
                struct message request = world_request(&w, ops[i], 0, "35.TEST/old",
                                                       ops[i] == OP_REMOVE ? "1" : "1 URL a");
                size_t whole = request.body.size;
                for (size_t size = 0; size < whole; size++) {
                        uint8_t *copy = malloc(size > 0 ? size : 1);
                        assert_non_null(copy);
                        memcpy(copy, request.body.at, size);
                        struct message cut = request;
                        cut.body = (struct ansa_bytes){ copy, size };
                        struct plan plan = world_plan(&w, &cut, ALICE, false);
                        assert_int_equal(plan.response, RC_PROTOCOL);
                        free(copy);
                }
        }
        world_fini(&w);
}

static void the_record_keeps_its_spelling(void **state)
{
        (void)state;
        struct world w;
        setup(&w);
        static const struct {
                const char *create;
                const char *overwrite;
                const char *want;
        } rows[] = {
                { "35.TEST/Abc", "35.TEST/aBC", "35.TEST/Abc" },
                { "35.TEST.Sub", "0.na/35.test.SUB", "0.NA/35.TEST.Sub" },
        };
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                struct message request =
                        world_request(&w, OP_CREATE, 0, rows[i].create, "1 URL a;" ADMIN);
                assert_int_equal(world_commit(&w, &request, ALICE), RC_SUCCESS);
                request = world_request(&w, OP_CREATE, FLAG_OVERWRITE, rows[i].overwrite,
                                        "1 URL b;" ADMIN);
                struct plan plan = world_plan(&w, &request, ALICE, false);
                assert_true(ansa_bytes_equal(plan.name, ansa_bytes_text(rows[i].overwrite)));
                assert_int_equal(world_commit(&w, &request, ALICE), RC_SUCCESS);
                struct view v = world_view(&w, false);
                struct record r;
                assert_int_equal(view_own(&v, ansa_bytes_text(rows[i].want), &r), ANSA_OK);
                assert_true(ansa_bytes_equal(r.name, ansa_bytes_text(rows[i].want)));
                world_end(&v);
        }
        world_fini(&w);
}

int main(void)
{
        memset(long_name, 'x', sizeof(long_name) - 1);
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(checks_in_order),
                cmocka_unit_test(mirrors_and_other_servers_refuse),
                cmocka_unit_test(stores_what_it_should),
                cmocka_unit_test(overwriting_has_four_ways),
                cmocka_unit_test(overwriting_a_prefix_record),
                cmocka_unit_test(prefix_records_elsewhere_are_fetched),
                cmocka_unit_test(full_access_fetches_nothing),
                cmocka_unit_test(minted_names_are_random_uuids),
                cmocka_unit_test(minting_avoids_what_is_used),
                cmocka_unit_test(minted_names_hash_to_this_server),
                cmocka_unit_test(records_fit_into_a_message),
                cmocka_unit_test(bodies_that_end_early),
                cmocka_unit_test(the_record_keeps_its_spelling),
        };
        return cmocka_run_group_tests_name("identifier/plan_create", tests, NULL, NULL);
}
