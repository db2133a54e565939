/* SPDX-License-Identifier: Apache-2.0 */
/* --value, --values, --admin: what they make, and what they cannot. */
#include "../support.h"

#include "programs/ansa/values.h"
#include "wire/codes.h"
#include "wire/data.h"

#include <stdio.h>
#include <unistd.h>

static const struct cli_option extra[] = {
        { "as", "INDEX:ID", "" },
        { "admin", "INDEX:ID", "" },
        { NULL, NULL, NULL },
};
static const struct cli_option *const groups[] = { cli_value_options, extra, NULL };
static const struct cli_verb verb = { .name = "test", .arguments = "", .options = groups };

struct world {
        struct cli cli;
        struct arena arena;
        struct ansa_value *values;
        size_t count;
};

/* The options "name", "value", ..., NULL as if they had been typed. */
static void begin(struct world *w, const char *const *words)
{
        size_t count = 0;
        while (words[count] != NULL)
                count += 2;
        *w = (struct world){ .cli = { .verb = &verb } };
        w->cli.given = calloc(count / 2 + 1, sizeof(*w->cli.given));
        assert_non_null(w->cli.given);
        for (size_t i = 0; i < count; i += 2) {
                for (size_t g = 0; groups[g] != NULL; g++) {
                        for (const struct cli_option *o = groups[g]; o->name != NULL; o++) {
                                if (strcmp(o->name, words[i]) == 0)
                                        w->cli.given[w->cli.given_count].option = o;
                        }
                }
                w->cli.given[w->cli.given_count++].value = words[i + 1];
        }
        arena_init(&w->arena, 16u << 20);
}

static void end(struct world *w)
{
        free(w->cli.given);
        arena_fini(&w->arena);
}

static bool make(struct world *w)
{
        return values_from_options(&w->cli, &w->arena, &w->values, &w->count);
}

static void test_plain_values(void **state)
{
        (void)state;
        static const char *const words[] = { "value",       "1:URL:https://example.org/:8080",
                                             "value",       "4294967295:X.y:",
                                             "ttl",         "60",
                                             "permissions", "0101",
                                             NULL };
        struct world w;
        begin(&w, words);
        assert_true(make(&w));
        assert_int_equal(w.count, 2);
        assert_bytes("type", w.values[0].type, ansa_bytes_text("URL"));
        assert_bytes("data", w.values[0].data, ansa_bytes_text("https://example.org/:8080"));
        assert_int_equal(w.values[0].ttl_s, 60);
        assert_int_equal(w.values[0].permissions, 5);
        assert_int_equal(w.values[1].index, 4294967295u);
        assert_int_equal(w.values[1].data.size, 0);
        end(&w);
}

static void test_administrators(void **state)
{
        (void)state;
        static const struct {
                const char *text;
                bool is_usable;
                uint16_t rights;
                uint32_t index;
                const char *name;
        } rows[] = {
                { "100:HS_ADMIN:300:0.NA/10.1", true, 0x07f3, 300, "0.NA/10.1" },
                { "100:HS_ADMIN:0:0.NA/10.1", true, 0x07f3, 0, "0.NA/10.1" },
                { "100:hs_admin:300:0.NA/10.1", true, 0x07f3, 300, "0.NA/10.1" },
                { "100:HS_ADMIN:000000000001:300:0.NA/10.1", true, RIGHT_CREATE, 300, "0.NA/10.1" },
                { "100:HS_ADMIN:100000000000:300:0.NA/10.1", true, RIGHT_LIST, 300, "0.NA/10.1" },
                { "100:HS_ADMIN:1000000000000:3:0.NA/10.1", true, RIGHT_LIST_PREFIXES, 3,
                  "0.NA/10.1" },
                { "100:HS_ADMIN:000000000000:3:0.NA/10.1", true, 0, 3, "0.NA/10.1" },
                { "100:HS_ADMIN:", false, 0, 0, "" },
                { "100:HS_ADMIN:300:", false, 0, 0, "" },
                { "100:HS_ADMIN:111111111111:300:", false, 0, 0, "" },
        };
        for (size_t i = 0; i < COUNT_OF(rows); i++) {
                const char *words[] = { "value", rows[i].text, NULL };
                struct world w;
                begin(&w, words);
                if (make(&w) != rows[i].is_usable)
                        fail_msg("%s: usable or not", rows[i].text);
                struct admin_data admin;
                if (rows[i].is_usable) {
                        assert_err(rows[i].text, admin_data_decode(w.values[0].data, &admin),
                                   ANSA_OK);
                        assert_int_equal(admin.rights, rows[i].rights);
                        assert_int_equal(admin.admin.index, rows[i].index);
                        assert_bytes(rows[i].text, admin.admin.name, ansa_bytes_text(rows[i].name));
                }
                end(&w);
        }
}

static void test_groups(void **state)
{
        (void)state;
        static const char *const words[] = { "value", "200:HS_VLIST:300:10.1/a,301:10.1/b", NULL };
        struct world w;
        struct ansa_refs refs;
        begin(&w, words);
        assert_true(make(&w));
        assert_err("group", vlist_decode(w.values[0].data, &refs), ANSA_OK);
        assert_int_equal(refs.count, 2);
        end(&w);
}

static void test_unusable(void **state)
{
        (void)state;
        static const char *const rows[][5] = {
                { NULL },
                { "value", "", NULL },
                { "value", "1", NULL },
                { "value", "1:URL", NULL },
                { "value", "x:URL:y", NULL },
                { "value", "0:URL:y", NULL },
                { "value", "-1:URL:y", NULL },
                { "value", "4294967296:URL:y", NULL },
                { "value", ":URL:y", NULL },
                { "value", "1:URL:@/nonexistent", NULL },
                { "value", "1:HS_PUBKEY:no key", NULL },
                { "value", "1:HS_SITE:no site", NULL },
                { "value", "1:URL:y", "ttl", "x", NULL },
                { "value", "1:URL:y", "ttl", "-1", NULL },
                { "value", "1:URL:y", "ttl", "2147483648", NULL },
                { "value", "1:URL:y", "permissions", "111", NULL },
                { "value", "1:URL:y", "permissions", "1112", NULL },
                { "value", "1:URL:y", "permissions", "11111", NULL },
                { "values", "/nonexistent", NULL },
                { "values", "/dev/null", NULL },
        };
        for (size_t i = 0; i < COUNT_OF(rows); i++) {
                struct world w;
                begin(&w, rows[i]);
                if (make(&w))
                        fail_msg("%s %s: was taken", rows[i][0] != NULL ? rows[i][0] : "nothing",
                                 rows[i][0] != NULL ? rows[i][1] : "");
                end(&w);
        }
}

/* A record in JSON holds at most as many values as can be sent with --value too. */
static void test_a_record_in_json(void **state)
{
        (void)state;
        char path[] = "/tmp/ansa-values-XXXXXX";
        int fd = mkstemp(path);
        assert_true(fd >= 0);
        for (unsigned count = 512; count <= 513; count++) {
                FILE *file = fopen(path, "w");
                assert_non_null(file);
                (void)fprintf(file, "{\"handle\":\"10.1/a\",\"values\":[");
                for (unsigned i = 1; i <= count; i++)
                        (void)fprintf(
                                file,
                                "%s{\"index\":%u,\"type\":\"T\",\"data\":{\"format\":\"string\","
                                "\"value\":\"x\"}}",
                                i > 1 ? "," : "", i);
                (void)fprintf(file, "]}");
                assert_int_equal(fclose(file), 0);
                const char *words[] = { "values", path, NULL };
                struct world w;
                begin(&w, words);
                assert_int_equal(make(&w), count == 512);
                end(&w);
        }
        (void)close(fd);
        (void)unlink(path);
}

/* Who creates something is its administrator unless another is named. */
static void test_the_administrator_of_what_is_made(void **state)
{
        (void)state;
        static const struct {
                const char *rule;
                const char *words[9];
                size_t count;
                uint32_t index;   /* of the last value */
                const char *name; /* its administrator; NULL: it is none */
        } rows[] = {
                { "--as", { "value", "1:URL:x", "as", "300:10.1/a", NULL }, 2, 100, "10.1/a" },
                { "nobody", { "value", "1:URL:x", NULL }, 1, 1, NULL },
                { "--admin",
                  { "value", "1:URL:x", "as", "300:10.1/a", "admin", "200:10.1/g", NULL },
                  2,
                  100,
                  "10.1/g" },
                { "--admin none",
                  { "value", "1:URL:x", "as", "300:10.1/a", "admin", "none", NULL },
                  1,
                  1,
                  NULL },
                { "100 is taken",
                  { "value", "100:URL:x", "as", "300:10.1/a", NULL },
                  2,
                  101,
                  "10.1/a" },
                { "101 too",
                  { "value", "101:URL:x", "value", "100:URL:x", "as", "300:10.1/a", NULL },
                  3,
                  102,
                  "10.1/a" },
                { "there is one",
                  { "value", "5:HS_ADMIN:1:10.1/b", "as", "300:10.1/a", NULL },
                  1,
                  5,
                  "10.1/b" },
        };
        for (size_t i = 0; i < COUNT_OF(rows); i++) {
                struct world w;
                struct admin_data admin;
                begin(&w, rows[i].words);
                assert_true(make(&w) && values_add_admin(&w.cli, &w.arena, w.values, &w.count));
                if (w.count != rows[i].count || w.values[w.count - 1].index != rows[i].index)
                        fail_msg("%s: %zu values", rows[i].rule, w.count);
                const struct ansa_value *last = &w.values[w.count - 1];
                if (rows[i].name != NULL) {
                        assert_err(rows[i].rule, admin_data_decode(last->data, &admin), ANSA_OK);
                        assert_bytes(rows[i].rule, admin.admin.name, ansa_bytes_text(rows[i].name));
                        assert_int_equal(admin.rights, 0x07f3);
                }
                end(&w);
        }
        static const char *const bad[] = { "value", "1:URL:x", "admin", "200:", NULL };
        struct world w;
        begin(&w, bad);
        assert_true(make(&w) && !values_add_admin(&w.cli, &w.arena, w.values, &w.count));
        end(&w);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_plain_values),
                cmocka_unit_test(test_administrators),
                cmocka_unit_test(test_groups),
                cmocka_unit_test(test_unusable),
                cmocka_unit_test(test_a_record_in_json),
                cmocka_unit_test(test_the_administrator_of_what_is_made),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
