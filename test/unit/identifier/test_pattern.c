/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "identifier/pattern.h"

#include <string.h>

#define LIT(text) ANSA_BYTES_LIT(text)

static enum ansa_err match(const char *pattern, const char *subject, bool ignore_case)
{
        uint32_t budget = PATTERN_BUDGET;
        struct pattern_match m;
        return pattern_match(ansa_bytes_text(pattern), ansa_bytes_text(subject), ignore_case,
                             &budget, &m);
}

static const struct row {
        const char *rule;
        const char *pattern;
        const char *subject;
        bool ignore_case;
        enum ansa_err want;
} rows[] = {
        { "all of it", "a+", "aaa", false, ANSA_OK },
        { "not a part", "a+", "aaab", false, ANSA_E_NOT_FOUND },
        { "backtracks to the end", "a|ab", "ab", false, ANSA_OK },
        { "a line end is an octet like others", "a", "a\n", false, ANSA_E_NOT_FOUND },
        { "nothing", "", "", false, ANSA_OK },
        { "nothing in something", "", "a", false, ANSA_E_NOT_FOUND },
        { "case", "A", "a", false, ANSA_E_NOT_FOUND },
        { "case ignored", "A", "a", true, ANSA_OK },
        { "characters, not octets", ".", "\xc3\xa9", false, ANSA_OK },
        { "Perl's classes", "\\d{2}-\\w+?", "12-x", false, ANSA_OK },
        { "look-ahead", "(?=a)[ab]+", "ab", false, ANSA_OK },
        { "subject that is not UTF-8", ".*", "\xff", false, ANSA_E_NOT_FOUND },
        { "pattern that is not UTF-8", "\xff", "a", false, ANSA_E_MALFORMED },
        { "open group", "(a", "a", false, ANSA_E_MALFORMED },
        { "single octets are off", "\\C", "a", false, ANSA_E_MALFORMED },
        { "limits cannot be raised", "(*LIMIT_MATCH=4000000000)(a|aa)*b",
          "aaaaaaaaaaaaaaaaaaaaaaaa"
          "aaaaaaaaaaaaaaaaaaaaaab!",
          false, ANSA_E_LIMIT },
};

static void each_rule(void **state)
{
        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                enum ansa_err got = match(rows[i].pattern, rows[i].subject, rows[i].ignore_case);
                if (got != rows[i].want)
                        fail_msg("%s: %s", rows[i].rule, ansa_err_text(got));
        }
}

static void groups_are_borrowed_from_the_subject(void **state)
{
        (void)state;
        uint32_t budget = PATTERN_BUDGET;
        struct pattern_match m;
        struct ansa_bytes subject = LIT("key=value");
        assert_int_equal(pattern_match(LIT("(\\w+)(:)?=(.*)()"), subject, false, &budget, &m),
                         ANSA_OK);
        assert_int_equal(m.group_count, 5);
        assert_true(ansa_bytes_equal(m.groups[0], subject));
        assert_ptr_equal(m.groups[1].at, subject.at);
        assert_true(ansa_bytes_equal(m.groups[1], LIT("key")));
        assert_int_equal(m.groups[2].size, 0);
        assert_true(ansa_bytes_equal(m.groups[3], LIT("value")));
        assert_int_equal(m.groups[4].size, 0);
        assert_true(budget < PATTERN_BUDGET);

        char many[256] = "";
        for (int i = 0; i < 40; i++)
                strcat(many, "(.)");
        const char *forty = "0123456789012345678901234567890123456789";
        assert_int_equal(
                pattern_match(ansa_bytes_text(many), ansa_bytes_text(forty), false, &budget, &m),
                ANSA_OK);
        assert_int_equal(m.group_count, PATTERN_GROUPS_MAX);
        assert_int_equal(m.groups[31].at[0], '0');
}

static void limits(void **state)
{
        (void)state;
        static uint8_t text[PATTERN_SUBJECT_MAX + 1];
        memset(text, 'a', sizeof(text));
        uint32_t budget = PATTERN_BUDGET;
        struct pattern_match m;
        struct ansa_bytes most = { text, PATTERN_SUBJECT_MAX };
        struct ansa_bytes over = { text, PATTERN_SUBJECT_MAX + 1 };
        assert_int_equal(pattern_match(LIT("a*"), most, false, &budget, &m), ANSA_OK);
        assert_int_equal(pattern_match(LIT("a*"), over, false, &budget, &m), ANSA_E_LIMIT);
        most.size = PATTERN_SIZE_MAX;
        over.size = PATTERN_SIZE_MAX + 1;
        assert_int_equal(pattern_match(most, LIT("a"), false, &budget, &m), ANSA_E_NOT_FOUND);
        assert_int_equal(pattern_match(over, LIT("a"), false, &budget, &m), ANSA_E_LIMIT);

        char deep[256] = "";
        for (int i = 0; i < 60; i++)
                strcat(deep, "(");
        strcat(deep, "a");
        for (int i = 0; i < 60; i++)
                strcat(deep, ")");
        assert_int_equal(pattern_match(ansa_bytes_text(deep), LIT("a"), false, &budget, &m),
                         ANSA_E_MALFORMED);

        /* What is spent stays spent, over several matches. */
        budget = 1000;
        unsigned matched = 0;
        while (pattern_match(LIT("(a)(b)(c)"), LIT("abc"), false, &budget, &m) == ANSA_OK)
                matched++;
        assert_in_range(matched, 50, 1000);
        assert_int_equal(budget, 0);
        assert_int_equal(m.group_count, 0);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(each_rule),
                cmocka_unit_test(groups_are_borrowed_from_the_subject),
                cmocka_unit_test(limits),
        };
        return cmocka_run_group_tests_name("identifier/pattern", tests, NULL, NULL);
}
