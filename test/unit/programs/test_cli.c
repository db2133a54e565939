/* SPDX-License-Identifier: Apache-2.0 */
/* The command line: options in every place and form, and what cannot be used. */
#include "../support.h"

#include "programs/ansa/cli.h"

#define WORDS_MAX 16

static const struct cli_option options[] = {
        { "name", "TEXT", "" },
        { "names", NULL, "" },
        { "count", "N", "" },
        { NULL, NULL, NULL },
};
static const struct cli_option *const groups[] = { options, cli_common_options, NULL };
static const struct cli_verb verb = { .name = "test", .arguments = "", .options = groups };

static const struct {
        const char *rule;
        const char *words[WORDS_MAX];
        bool is_usable;
        const char *arguments[4];
        const char *name; /* value of --name */
        bool names;
        bool json;
} rows[] = {
        { "nothing", { NULL }, true, { NULL }, NULL, false, false },
        { "arguments", { "a", "b", NULL }, true, { "a", "b", NULL }, NULL, false, false },
        { "an option before",
          { "--name", "x", "a", NULL },
          true,
          { "a", NULL },
          "x",
          false,
          false },
        { "an option behind",
          { "a", "--name", "x", NULL },
          true,
          { "a", NULL },
          "x",
          false,
          false },
        { "with an equals sign", { "--name=x=y", NULL }, true, { NULL }, "x=y", false, false },
        { "an empty value", { "--name=", NULL }, true, { NULL }, "", false, false },
        { "a value like an option",
          { "--name", "--names", NULL },
          true,
          { NULL },
          "--names",
          false,
          false },
        { "the last one wins",
          { "--name", "x", "--name=y", NULL },
          true,
          { NULL },
          "y",
          false,
          false },
        { "a switch", { "--names", NULL }, true, { NULL }, NULL, true, false },
        { "the common ones", { "--json", NULL }, true, { NULL }, NULL, false, true },
        { "a dash is an argument", { "-", NULL }, true, { "-", NULL }, NULL, false, false },
        { "one dash is no option", { "-name", NULL }, true, { "-name", NULL }, NULL, false, false },
        { "after two dashes",
          { "--", "--names", "--", NULL },
          true,
          { "--names", "--", NULL },
          NULL,
          false,
          false },
        { "unknown", { "--nothing", NULL }, false, { NULL }, NULL, false, false },
        { "the beginning of one", { "--nam", NULL }, false, { NULL }, NULL, false, false },
        { "more than one", { "--namess", NULL }, false, { NULL }, NULL, false, false },
        { "unknown with a value", { "--nothing=x", NULL }, false, { NULL }, NULL, false, false },
        { "no name at all", { "--=x", NULL }, false, { NULL }, NULL, false, false },
        { "a value is missing", { "--name", NULL }, false, { NULL }, NULL, false, false },
        { "a switch with a value", { "--names=yes", NULL }, false, { NULL }, NULL, false, false },
};

struct line {
        struct cli cli;
        int argc;
        char *argv[WORDS_MAX + 2];
};

static void begin(struct line *l, const char *const *words)
{
        *l = (struct line){ .cli = { .verb = &verb } };
        l->argc = 2;
        for (; words[l->argc - 2] != NULL; l->argc++) {
                l->argv[l->argc] = strdup(words[l->argc - 2]);
                assert_non_null(l->argv[l->argc]);
        }
        l->cli.arguments = calloc((size_t)l->argc, sizeof(*l->cli.arguments));
        l->cli.given = calloc((size_t)l->argc, sizeof(*l->cli.given));
        assert_true(l->cli.arguments != NULL && l->cli.given != NULL);
}

static void end(struct line *l)
{
        for (int i = 2; i < l->argc; i++)
                free(l->argv[i]);
        free(l->cli.arguments);
        free(l->cli.given);
}

static void test_rows(void **state)
{
        (void)state;
        for (size_t i = 0; i < COUNT_OF(rows); i++) {
                struct line l;
                begin(&l, rows[i].words);
                if (cli_parse(&l.cli, l.argc, l.argv) != rows[i].is_usable)
                        fail_msg("%s: usable or not", rows[i].rule);
                for (int k = 0; rows[i].is_usable && k <= l.cli.argument_count; k++) {
                        const char *got = k < l.cli.argument_count ? l.cli.arguments[k] : NULL;
                        const char *want = rows[i].arguments[k];
                        if ((got == NULL) != (want == NULL) ||
                            (got != NULL && strcmp(got, want) != 0))
                                fail_msg("%s: argument %d", rows[i].rule, k);
                }
                const char *name = rows[i].is_usable ? cli_value(&l.cli, "name") : NULL;
                if ((name == NULL) != (rows[i].name == NULL) ||
                    (name != NULL && strcmp(name, rows[i].name) != 0))
                        fail_msg("%s: name", rows[i].rule);
                if (rows[i].is_usable &&
                    (cli_has(&l.cli, "names") != rows[i].names || l.cli.json != rows[i].json))
                        fail_msg("%s: switches", rows[i].rule);
                end(&l);
        }
}

static void test_repeated(void **state)
{
        (void)state;
        static const char *const words[] = { "--name", "a", "--names", "--name=b",
                                             "--name", "",  NULL };
        struct line l;
        begin(&l, words);
        assert_true(cli_parse(&l.cli, l.argc, l.argv));
        assert_string_equal(cli_value_at(&l.cli, "name", 0), "a");
        assert_string_equal(cli_value_at(&l.cli, "name", 1), "b");
        assert_string_equal(cli_value_at(&l.cli, "name", 2), "");
        assert_null(cli_value_at(&l.cli, "name", 3));
        assert_null(cli_value_at(&l.cli, "count", 0));
        end(&l);
}

static void test_numbers(void **state)
{
        (void)state;
        static const struct {
                const char *text;
                bool is_number;
                uint64_t number;
        } numbers[] = {
                { "5", true, 5 },
                { "10", true, 10 },
                { "4", false, 0 },
                { "11", false, 0 },
                { "-5", false, 0 },
                { "+5", false, 0 },
                { "5x", false, 0 },
                { "", false, 0 },
                { "0x5", false, 0 },
                { " 5", false, 0 },
                { "5 ", false, 0 },
                { "007", true, 7 },
                { "18446744073709551621", false, 0 }, /* 5 and 2 to the 64th */
        };
        for (size_t i = 0; i < COUNT_OF(numbers); i++) {
                const char *words[] = { "--count", numbers[i].text, NULL };
                struct line l;
                uint64_t number;
                begin(&l, words);
                assert_true(cli_parse(&l.cli, l.argc, l.argv));
                bool is_number = cli_number(&l.cli, "count", 5, 10, 7, &number);
                if (is_number != numbers[i].is_number || (is_number && number != numbers[i].number))
                        fail_msg("\"%s\"", numbers[i].text);
                end(&l);
        }
        static const char *const none[] = { NULL };
        struct line l;
        uint64_t number = 0;
        begin(&l, none);
        assert_true(cli_parse(&l.cli, l.argc, l.argv) &&
                    cli_number(&l.cli, "count", 5, 10, 7, &number));
        assert_int_equal(number, 7);
        end(&l);
}

/* Every error ends with the status that the manual page gives its kind. */
static void test_statuses(void **state)
{
        (void)state;
        const struct cli c = { .verb = &verb };
        assert_int_equal(cli_fail(&c, ANSA_OK, "fine"), EXIT_DONE);
        assert_int_equal(cli_fail(&c, ANSA_E_NOT_FOUND, "gone"), EXIT_REFUSED);
        assert_int_equal(cli_fail(&c, ANSA_E_DENIED, "no"), EXIT_REFUSED);
        assert_int_equal(cli_fail(&c, ANSA_E_ARGUMENT, "what"), EXIT_USAGE);
        assert_int_equal(cli_fail(&c, ANSA_E_NETWORK, "where"), EXIT_NETWORK);
        assert_int_equal(cli_fail(&c, ANSA_E_TIMEOUT, "when"), EXIT_NETWORK);
        assert_int_equal(cli_fail(&c, ANSA_E_FULL, "full"), EXIT_FAULT);
        assert_int_equal(cli_fail(&c, ANSA_E_CORRUPT, "broken"), EXIT_FAULT);
}

/* The table of verbs is sound: no name twice, no option twice in a verb. */
static void test_verbs(void **state)
{
        (void)state;
        for (const struct cli_verb *v = cli_verbs; v->name != NULL; v++) {
                size_t count = 0;
                const char *names[64];
                for (const struct cli_verb *w = v + 1; w->name != NULL; w++)
                        assert_string_not_equal(v->name, w->name);
                for (size_t g = 0; v->options[g] != NULL; g++) {
                        for (const struct cli_option *o = v->options[g]; o->name != NULL; o++) {
                                assert_true(count < COUNT_OF(names));
                                for (size_t i = 0; i < count; i++) {
                                        if (strcmp(names[i], o->name) == 0)
                                                fail_msg("%s --%s twice", v->name, o->name);
                                }
                                names[count++] = o->name;
                        }
                }
                assert_true(v->argument_min <= v->argument_max && v->run != NULL);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_rows),    cmocka_unit_test(test_repeated),
                cmocka_unit_test(test_numbers), cmocka_unit_test(test_statuses),
                cmocka_unit_test(test_verbs),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
