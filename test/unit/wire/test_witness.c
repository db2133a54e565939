/* SPDX-License-Identifier: Apache-2.0 */
/* add-checkpoint of c2sp.org/tlog-witness: the body and the answers. */
#include "../support.h"
#include "wire/witness.h"

#define DASH "\xe2\x80\x94"
#define LINE1                                \
        DASH " example.com/behind-the-sofa " \
             "Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"
#define LINE2                                \
        DASH " example.com/behind-the-sofa " \
             "opLqBQsREYCgu6xQkYQwJr9fo45a62DN9EdmHXnZdXNqlcVGlCum2Wks+49/V6267UEjw6QUXTS5Rovnzv++qbSzm9Q=\n"
#define NOTE                                                                                    \
        "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n" \
        "\n" LINE1 LINE2
#define PROOF                                            \
        "PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=\n" \
        "jrJZDmY8Y7SyJE0MWLpLozkIVMSMZcD5kvuKxPC3swk=\n" \
        "5+pKlUdi2LeF/BcMHBn+Ku6yhPGNCswZZD1X/6QgPd8=\n" \
        "/6WVhPs2CwSsb5rYBH5cjHV/wSmA79abXAwhXw3Kj/0=\n"
#define EXAMPLE "old 20852014\n" PROOF "\n" NOTE /* the specification's */

static const struct {
        const char *name, *body;
        enum ansa_err want;
        uint64_t old_size;
        size_t proof_count;
} rows[] = {
        { "the specification's", EXAMPLE, ANSA_OK, 20852014, 4 },
        { "the first", "old 0\n\n" NOTE, ANSA_OK, 0, 0 },
        { "the same size", "old 20852163\n\n" NOTE, ANSA_OK, 20852163, 0 },
        { "old above new", "old 20852164\n\n" NOTE, ANSA_E_ARGUMENT, 0, 0 },
        { "nothing", "", ANSA_E_MALFORMED, 0, 0 },
        { "only a note", NOTE, ANSA_E_MALFORMED, 0, 0 },
        { "no empty line", "old 0\n" NOTE, ANSA_E_MALFORMED, 0, 0 },
        { "no note", "old 0\n\n", ANSA_E_MALFORMED, 0, 0 },
        { "no size", "old \n\n" NOTE, ANSA_E_MALFORMED, 0, 0 },
        { "no space", "old0\n\n" NOTE, ANSA_E_MALFORMED, 0, 0 },
        { "two spaces", "old  0\n\n" NOTE, ANSA_E_MALFORMED, 0, 0 },
        { "space after", "old 0 \n\n" NOTE, ANSA_E_MALFORMED, 0, 0 },
        { "leading zero", "old 01\n\n" NOTE, ANSA_E_MALFORMED, 0, 0 },
        { "upper case", "OLD 0\n\n" NOTE, ANSA_E_MALFORMED, 0, 0 },
        { "over 64 bits", "old 18446744073709551616\n\n" NOTE, ANSA_E_LIMIT, 0, 0 },
        { "half a hash", "old 1\nPlRNCrwHpqhGrupue0L7gw==\n\n" NOTE, ANSA_E_MALFORMED, 0, 0 },
        { "carriage returns", "old 0\r\n\r\n" NOTE, ANSA_E_MALFORMED, 0, 0 },
        { "two empty lines", "old 0\n\n\n" NOTE, ANSA_E_MALFORMED, 0, 0 },
        { "note unsigned", "old 0\n\na\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n",
          ANSA_E_MALFORMED, 0, 0 },
        { "note no checkpoint", "old 0\n\na\n\n" LINE1, ANSA_E_MALFORMED, 0, 0 },
        { "more after it", EXAMPLE "a", ANSA_E_MALFORMED, 0, 0 },
};

static void requests(void **state)
{
        (void)state;
        for (size_t i = 0; i < COUNT_OF(rows); i++) {
                struct ansa_bytes body = ansa_bytes_text(rows[i].body);
                uint8_t *copy = heap_copy(body, body.size);
                struct witness_request r;
                assert_err(rows[i].name,
                           witness_request_decode((struct ansa_bytes){ copy, body.size }, &r),
                           rows[i].want);
                assert_true(r.old_size == rows[i].old_size);
                assert_int_equal(r.proof_count, rows[i].proof_count);
                if (rows[i].want == ANSA_OK) {
                        uint8_t room[2048];
                        struct buf b = buf_over(room, sizeof(room));
                        witness_request_encode(r.old_size, r.proof, r.proof_count,
                                               ANSA_BYTES_LIT(NOTE), &b);
                        assert_bytes(rows[i].name, buf_written(&b), body);
                        assert_int_equal(r.note.count, 2);
                        assert_int_equal(r.checkpoint.size, 20852163);
                }
                free(copy);
        }
}

static void truncated(void **state)
{
        (void)state;
        struct ansa_bytes all = ANSA_BYTES_LIT(EXAMPLE);
        for (size_t cut = 0; cut < all.size; cut++) {
                uint8_t *copy = heap_copy(all, cut);
                struct witness_request r;
                bool whole = cut == all.size - (sizeof(LINE2) - 1); /* one signature is enough */
                assert_int_equal(witness_request_decode((struct ansa_bytes){ copy, cut }, &r),
                                 whole ? ANSA_OK : ANSA_E_MALFORMED);
                free(copy);
        }
}

static void longest_proof(void **state)
{
        (void)state;
        struct hash256 proof[WITNESS_PROOF_MAX + 1] = { { { 7 } } };
        static struct witness_request r;
        struct buf b = buf_growing(WITNESS_REQUEST_MAX);
        witness_request_encode(5, proof, WITNESS_PROOF_MAX, ANSA_BYTES_LIT(NOTE), &b);
        assert_int_equal(witness_request_decode(buf_written(&b), &r), ANSA_OK);
        assert_int_equal(r.proof_count, WITNESS_PROOF_MAX);
        assert_memory_equal(r.proof, proof, sizeof(r.proof));
        buf_reset(&b);
        buf_text(&b, "old 5\n");
        for (unsigned i = 0; i <= WITNESS_PROOF_MAX; i++)
                buf_text(&b, "PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=\n");
        buf_text(&b, "\n" NOTE);
        assert_int_equal(witness_request_decode(buf_written(&b), &r), ANSA_E_LIMIT);
        assert_int_equal(r.proof_count, 0);
        witness_request_encode(5, proof, WITNESS_PROOF_MAX + 1, ANSA_BYTES_LIT(NOTE), &b);
        assert_int_equal(b.err, ANSA_E_LIMIT);
        buf_fini(&b);
        static const uint8_t much[WITNESS_REQUEST_MAX + 1];
        assert_int_equal(witness_request_decode((struct ansa_bytes){ much, sizeof(much) }, &r),
                         ANSA_E_LIMIT);
}

static void responses(void **state)
{
        (void)state;
        static const struct {
                const char *name;
                unsigned status;
                const char *type, *body;
                enum ansa_err want;
                unsigned lines;
                uint64_t size;
        } answers[] = {
                { "cosigned", 200, "", LINE1, ANSA_OK, 1, 0 },
                { "cosigned by two keys", 200, "text/plain", LINE1 LINE2, ANSA_OK, 2, 0 },
                { "cosigned by none", 200, "", "", ANSA_E_MALFORMED, 0, 0 },
                { "a whole note", 200, "", NOTE, ANSA_E_MALFORMED, 0, 0 },
                { "conflict", 409, "text/x.tlog.size", "20852163\n", ANSA_OK, 0, 20852163 },
                { "conflict at nothing", 409, "text/x.tlog.size", "0\n", ANSA_OK, 0, 0 },
                { "with a parameter", 409, "Text/X.tlog.size ; charset=utf-8", "1\n", ANSA_OK, 0,
                  1 },
                { "conflict of another kind", 409, "text/plain", "1\n", ANSA_E_MALFORMED, 0, 0 },
                { "type unsaid", 409, "", "1\n", ANSA_E_MALFORMED, 0, 0 },
                { "no newline", 409, "text/x.tlog.size", "1", ANSA_E_MALFORMED, 0, 0 },
                { "two lines", 409, "text/x.tlog.size", "1\n2\n", ANSA_E_MALFORMED, 0, 0 },
                { "leading zero", 409, "text/x.tlog.size", "01\n", ANSA_E_MALFORMED, 0, 0 },
                { "empty", 409, "text/x.tlog.size", "", ANSA_E_MALFORMED, 0, 0 },
                { "over 64 bits", 409, "text/x.tlog.size", "18446744073709551616\n", ANSA_E_LIMIT,
                  0, 0 },
                { "bad request", 400, "text/plain", "old size?\n", ANSA_OK, 0, 0 },
                { "unsigned", 403, "", "", ANSA_OK, 0, 0 },
                { "unknown log", 404, "", "", ANSA_OK, 0, 0 },
                { "inconsistent", 422, "", "\xff", ANSA_OK, 0, 0 },
                { "of the machine before it", 503, "text/html", "<html>", ANSA_OK, 0, 0 },
        };
        for (size_t i = 0; i < COUNT_OF(answers); i++) {
                struct witness_response r;
                struct ansa_bytes body = ansa_bytes_text(answers[i].body);
                uint8_t *copy = heap_copy(body, body.size);
                assert_err(answers[i].name,
                           witness_response_decode(answers[i].status,
                                                   ansa_bytes_text(answers[i].type),
                                                   (struct ansa_bytes){ copy, body.size }, &r),
                           answers[i].want);
                assert_int_equal(r.status, answers[i].want == ANSA_OK ? answers[i].status : 0);
                assert_int_equal(r.cosignatures.count, answers[i].lines);
                assert_true(r.size == answers[i].size);
                free(copy);
        }
        uint8_t room[32];
        struct buf b = buf_over(room, sizeof(room));
        witness_put_size(20852163, &b);
        assert_bytes("size", buf_written(&b), ANSA_BYTES_LIT("20852163\n"));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(requests),
                cmocka_unit_test(truncated),
                cmocka_unit_test(longest_proof),
                cmocka_unit_test(responses),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
