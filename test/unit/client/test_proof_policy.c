/* SPDX-License-Identifier: Apache-2.0 */
/* Trust policies: c2sp.org/tlog-policy and two lines of ours. */
#include "../support.h"

#include "ansa/proof.h"
#include "base/buf.h"
#include "proof_world.h"

/* Keys that another implementation made; seeds 01 02 .. 20 and 40 41 .. 5f. */
#define LOG     "log.example/ansa+9f9eb975+AXm1Vi6P5lT5QHixEuipi6eQH4U65pW+1+DjkQutBJZk"
#define WITNESS "witness.example/w1+b72bab2e+BCVDuS/xCVURR2rcg2nbbdyTNmWhGXjdoUBO4QZsqVWd"
#define L       "log " LOG "\n"
#define W       "witness w1 " WITNESS "\n"
#define Q       "quorum none\n"

static const struct {
        const char *name, *text;
        enum ansa_err want;
        uint32_t line; /* of the problem */
} rows[] = {
        { "the least", Q, ANSA_OK, 0 },
        { "a log", L Q, ANSA_OK, 0 },
        { "a log with a URL", "log " LOG " https://log.example/\n" Q, ANSA_OK, 0 },
        { "a witness", W "quorum w1\n", ANSA_OK, 0 },
        { "a witness with a URL", "witness w1 " WITNESS " https://w.example/\n" Q, ANSA_OK, 0 },
        { "a group", W "group g all w1\nquorum g\n", ANSA_OK, 0 },
        { "a number", W "group g 1 w1\nquorum g\n", ANSA_OK, 0 },
        { "spaces and tabs", " \tlog\t \t" LOG "  \n\t\n" Q, ANSA_OK, 0 },
        { "comments", "# this\n \t# that\xff\n" Q, ANSA_OK, 0 },
        { "names are octets", "witness \xe2\x84\xaa " WITNESS "\nquorum \xe2\x84\xaa\n", ANSA_OK,
          0 },
        { "an age", Q "max-age 0\n", ANSA_OK, 0 },
        { "case-sensitive", L "case-sensitive log.example/ansa\n" Q, ANSA_OK, 0 },
        { "nothing", "", ANSA_E_MALFORMED, 0 },
        { "no quorum", L, ANSA_E_MALFORMED, 0 },
        { "two quorums", Q Q, ANSA_E_MALFORMED, 2 },
        { "a quorum of two", "quorum none none\n", ANSA_E_MALFORMED, 1 },
        { "a quorum that comes too early", "quorum w1\n" W, ANSA_E_MALFORMED, 1 },
        { "no newline at the end", L "quorum none", ANSA_E_MALFORMED, 2 },
        { "another word", Q "logs " LOG "\n", ANSA_E_MALFORMED, 2 },
        { "in capitals", "QUORUM none\n", ANSA_E_MALFORMED, 1 },
        { "carriage return", "quorum none\r\n", ANSA_E_MALFORMED, 1 },
        { "form feed", "quorum\fnone\n", ANSA_E_MALFORMED, 1 },
        { "control character in a comment", Q "# \x01\n", ANSA_E_MALFORMED, 2 },
        { "DEL", Q "# \x7f\n", ANSA_E_MALFORMED, 2 },
        { "no key", "log\n" Q, ANSA_E_MALFORMED, 1 },
        { "too much of a log", "log " LOG " u more\n" Q, ANSA_E_MALFORMED, 1 },
        { "a log twice", L L Q, ANSA_E_MALFORMED, 2 },
        { "a key id that is wrong",
          "log log.example/ansa+9f9eb974+AXm1Vi6P5lT5QHixEuipi6eQH4U65pW+1+DjkQutBJZk\n" Q,
          ANSA_E_MALFORMED, 1 },
        { "a witness's key for a log", "log " WITNESS "\n" Q, ANSA_E_UNSUPPORTED, 1 },
        { "a log's key for a witness", "witness w1 " LOG "\n" Q, ANSA_E_UNSUPPORTED, 1 },
        { "a witness without name", "witness " WITNESS "\n" Q, ANSA_E_MALFORMED, 1 },
        { "a witness called none", "witness none " WITNESS "\n" Q, ANSA_E_MALFORMED, 1 },
        { "a name twice", W "group w1 any w1\n" Q, ANSA_E_MALFORMED, 2 },
        { "a witness's key twice", W "witness w2 " WITNESS "\n" Q, ANSA_E_MALFORMED, 2 },
        { "a group of nobody", W "group g all\n" Q, ANSA_E_MALFORMED, 2 },
        { "a group of a stranger", W "group g all w2\n" Q, ANSA_E_MALFORMED, 2 },
        { "a group of itself", W "group g all g\n" Q, ANSA_E_MALFORMED, 2 },
        { "none as a member", W "group g all none\n" Q, ANSA_E_MALFORMED, 2 },
        { "twice in a group", W "group g 1 w1 w1\n" Q, ANSA_E_MALFORMED, 2 },
        { "in two groups", W "group g 1 w1\ngroup f 1 w1\n" Q, ANSA_E_MALFORMED, 3 },
        { "a threshold of 0", W "group g 0 w1\n" Q, ANSA_E_MALFORMED, 2 },
        { "a threshold of 01", W "group g 01 w1\n" Q, ANSA_E_MALFORMED, 2 },
        { "a threshold above all", W "group g 2 w1\n" Q, ANSA_E_MALFORMED, 2 },
        { "a threshold of many", W "group g many w1\n" Q, ANSA_E_MALFORMED, 2 },
        { "two ages", Q "max-age 1\nmax-age 1\n", ANSA_E_MALFORMED, 3 },
        { "an age in words", Q "max-age day\n", ANSA_E_MALFORMED, 2 },
        { "an age of no end", Q "max-age 4294967296\n", ANSA_E_MALFORMED, 2 },
        { "no age", Q "max-age\n", ANSA_E_MALFORMED, 2 },
        { "case-sensitive before its log", "case-sensitive log.example/ansa\n" L Q,
          ANSA_E_MALFORMED, 1 },
        { "case-sensitive, and nobody", L "case-sensitive\n" Q, ANSA_E_MALFORMED, 2 },
};

static void reads_policies(void **state)
{
        (void)state;
        static const struct ansa_policy nothing;
        static struct ansa_policy p;
        for (size_t i = 0; i < COUNT_OF(rows); i++) {
                struct ansa_bytes text = ansa_bytes_text(rows[i].text);
                uint8_t *copy = heap_copy(text, text.size);
                struct ansa_policy_problem problem = { 99, NULL };
                assert_err(rows[i].name,
                           ansa_policy_parse(&p, (struct ansa_bytes){ copy, text.size },
                                             ansa_proof_openssl(), &problem),
                           rows[i].want);
                if (problem.line != rows[i].line)
                        fail_msg("%s: line %u", rows[i].name, problem.line);
                assert_int_equal(problem.text == NULL, rows[i].want == ANSA_OK);
                if (rows[i].want != ANSA_OK)
                        assert_memory_equal(&p, &nothing, sizeof(p));
                free(copy);
        }
}

static void members(void **state)
{
        (void)state;
        static struct ansa_policy p;
        struct ansa_policy_problem problem;
        assert_int_equal(ansa_policy_parse(&p,
                                           ANSA_BYTES_LIT("log " LOG " u\n" W "group g any w1\n"
                                                          "quorum g\nmax-age 86400\n"
                                                          "case-sensitive log.example/ansa\n"),
                                           ansa_proof_openssl(), &problem),
                         ANSA_OK);
        assert_int_equal(p.log_count, 1);
        assert_bytes("name", p.logs[0].name, ANSA_BYTES_LIT("log.example/ansa"));
        assert_bytes("url", p.logs[0].url, ANSA_BYTES_LIT("u"));
        assert_int_equal(p.logs[0].id, 0x9f9eb975);
        assert_int_equal(p.logs[0].key[0], 0x79);
        assert_true(p.logs[0].case_sensitive);
        assert_bytes("label", p.witnesses[0].label, ANSA_BYTES_LIT("w1"));
        assert_bytes("name", p.witnesses[0].name, ANSA_BYTES_LIT("witness.example/w1"));
        assert_int_equal(p.groups[0].threshold, 1);
        assert_int_equal(p.groups[0].members, 1);
        assert_int_equal(p.quorum, 32);
        assert_true(p.has_max_age);
        assert_int_equal(p.max_age_s, 86400);
        assert_true(ansa_policy_is_quorum(&p, 1));
        assert_false(ansa_policy_is_quorum(&p, 0));
        assert_false(ansa_policy_is_quorum(&p, 2));
}

/* A chain of groups has 32 of them, and no more. */
static void limits(void **state)
{
        (void)state;
        static struct ansa_policy p;
        struct ansa_policy_problem problem;
        struct buf b = buf_growing(2 * ANSA_POLICY_SIZE_MAX);
        for (unsigned groups = 32; groups <= 33; groups++) {
                buf_reset(&b);
                buf_text(&b, W "group g0 1 w1\n");
                for (unsigned i = 1; i < groups; i++)
                        buf_printf(&b, "group g%u 1 g%u\n", i, i - 1);
                buf_text(&b, "quorum g31\n");
                assert_int_equal(
                        ansa_policy_parse(&p, buf_written(&b), ansa_proof_openssl(), &problem),
                        groups == 32 ? ANSA_OK : ANSA_E_LIMIT);
                if (groups == 32)
                        assert_true(ansa_policy_is_quorum(&p, 1) && !ansa_policy_is_quorum(&p, 0));
        }
        buf_reset(&b);
        buf_text(&b, Q);
        while (b.size < ANSA_POLICY_SIZE_MAX)
                buf_u8(&b, '\n');
        assert_int_equal(ansa_policy_parse(&p, buf_written(&b), ansa_proof_openssl(), &problem),
                         ANSA_OK);
        buf_u8(&b, '\n');
        assert_int_equal(ansa_policy_parse(&p, buf_written(&b), ansa_proof_openssl(), &problem),
                         ANSA_E_LIMIT);
        buf_reset(&b);
        buf_text(&b, Q "group");
        for (unsigned i = 0; i < 70; i++)
                buf_text(&b, " a");
        buf_text(&b, "\n");
        assert_int_equal(ansa_policy_parse(&p, buf_written(&b), ansa_proof_openssl(), &problem),
                         ANSA_E_LIMIT);
        buf_fini(&b);
}

/* Whatever a beginning of a policy is, it is not a laxer policy. */
static void truncated(void **state)
{
        (void)state;
        static struct ansa_policy p;
        struct ansa_policy_problem problem;
        struct ansa_bytes all = ANSA_BYTES_LIT(L W "max-age 86400\nquorum w1\n");
        for (size_t cut = 0; cut < all.size; cut++) {
                uint8_t *copy = heap_copy(all, cut);
                assert_int_not_equal(ansa_policy_parse(&p, (struct ansa_bytes){ copy, cut },
                                                       ansa_proof_openssl(), &problem),
                                     ANSA_OK);
                free(copy);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(reads_policies),
                cmocka_unit_test(members),
                cmocka_unit_test(limits),
                cmocka_unit_test(truncated),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
