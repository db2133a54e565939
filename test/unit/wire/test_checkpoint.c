/* SPDX-License-Identifier: Apache-2.0 */
/* The text of checkpoints (c2sp.org/tlog-checkpoint). */
#include "../support.h"
#include "wire/checkpoint.h"

#define ORIGIN "example.com/behind-the-sofa\n"
#define ROOT   "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"

static const struct {
        const char *name, *text;
        enum ansa_err want;
        uint64_t size;
        const char *extensions;
} rows[] = {
        { "the specification's", ORIGIN "20852163\n" ROOT, ANSA_OK, 20852163, "" },
        { "empty tree", ORIGIN "0\n" ROOT, ANSA_OK, 0, "" },
        { "largest", ORIGIN "18446744073709551615\n" ROOT, ANSA_OK, UINT64_MAX, "" },
        { "extensions", ORIGIN "1\n" ROOT "a\n b c\n", ANSA_OK, 1, "a\n b c\n" },
        { "an origin of any form", "a b + c\n1\n" ROOT, ANSA_OK, 1, "" },
        { "nothing", "", ANSA_E_MALFORMED, 0, "" },
        { "one line", ORIGIN, ANSA_E_MALFORMED, 0, "" },
        { "two lines", ORIGIN "1\n", ANSA_E_MALFORMED, 0, "" },
        { "origin empty", "\n1\n" ROOT, ANSA_E_MALFORMED, 0, "" },
        { "leading zero", ORIGIN "01\n" ROOT, ANSA_E_MALFORMED, 0, "" },
        { "zero twice", ORIGIN "00\n" ROOT, ANSA_E_MALFORMED, 0, "" },
        { "no size", ORIGIN "\n" ROOT, ANSA_E_MALFORMED, 0, "" },
        { "sign", ORIGIN "+1\n" ROOT, ANSA_E_MALFORMED, 0, "" },
        { "negative", ORIGIN "-1\n" ROOT, ANSA_E_MALFORMED, 0, "" },
        { "space after the size", ORIGIN "1 \n" ROOT, ANSA_E_MALFORMED, 0, "" },
        { "hexadecimal", ORIGIN "0x1\n" ROOT, ANSA_E_MALFORMED, 0, "" },
        { "one above the largest", ORIGIN "18446744073709551616\n" ROOT, ANSA_E_LIMIT, 0, "" },
        { "root empty", ORIGIN "1\n\n", ANSA_E_MALFORMED, 0, "" },
        { "root short", ORIGIN "1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxqw==\n",
          ANSA_E_MALFORMED, 0, "" },
        { "root long", ORIGIN "1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2Jk\n", ANSA_E_MALFORMED,
          0, "" },
        { "root without padding", ORIGIN "1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I\n",
          ANSA_E_MALFORMED, 0, "" },
        { "surplus bits", ORIGIN "1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2J=\n",
          ANSA_E_MALFORMED, 0, "" },
        { "the other alphabet", ORIGIN "1\nCsUYapGGPo4dkMgIAUqom_Xajj7h2fB2MPA3j2jxq2I=\n",
          ANSA_E_MALFORMED, 0, "" },
        { "empty extension", ORIGIN "1\n" ROOT "\n", ANSA_E_MALFORMED, 0, "" },
        { "empty extension in between", ORIGIN "1\n" ROOT "a\n\nb\n", ANSA_E_MALFORMED, 0, "" },
        { "extension without newline", ORIGIN "1\n" ROOT "a", ANSA_E_MALFORMED, 0, "" },
        { "control character", ORIGIN "1\n" ROOT "a\tb\n", ANSA_E_MALFORMED, 0, "" },
        { "carriage return", "a\r\n1\n" ROOT, ANSA_E_MALFORMED, 0, "" },
        { "origin not UTF-8", "\xff\n1\n" ROOT, ANSA_E_MALFORMED, 0, "" },
};

static void reads_and_writes(void **state)
{
        (void)state;
        for (size_t i = 0; i < COUNT_OF(rows); i++) {
                struct ansa_bytes text = ansa_bytes_text(rows[i].text);
                uint8_t *copy = heap_copy(text, text.size);
                struct checkpoint c;
                assert_err(rows[i].name,
                           checkpoint_decode((struct ansa_bytes){ copy, text.size }, &c),
                           rows[i].want);
                assert_true(c.size == rows[i].size);
                assert_bytes(rows[i].name, c.extensions, ansa_bytes_text(rows[i].extensions));
                if (rows[i].want == ANSA_OK) {
                        uint8_t room[256];
                        struct buf b = buf_over(room, sizeof(room));
                        assert_int_equal(c.root.at[0], 0x0a);
                        assert_int_equal(c.root.at[31], 0x62);
                        checkpoint_encode(&c, &b);
                        assert_bytes(rows[i].name, buf_written(&b), text);
                } else {
                        assert_true(c.origin.size == 0 && hash256_is_zero(&c.root));
                }
                free(copy);
        }
}

static void truncated(void **state)
{
        (void)state;
        struct ansa_bytes all = ANSA_BYTES_LIT(ORIGIN "20852163\n" ROOT "a\n");
        for (size_t cut = 0; cut < all.size; cut++) {
                uint8_t *copy = heap_copy(all, cut);
                struct checkpoint c;
                assert_int_equal(checkpoint_decode((struct ansa_bytes){ copy, cut }, &c),
                                 cut == all.size - 2 ? ANSA_OK : ANSA_E_MALFORMED);
                free(copy);
        }
}

static void refuses_to_write(void **state)
{
        (void)state;
        static const struct {
                const char *origin, *extensions;
                enum ansa_err want;
        } bad[] = {
                { "a", "", ANSA_OK },
                { "a", "b\n", ANSA_OK },
                { "", "", ANSA_E_ARGUMENT },
                { "a\n1", "", ANSA_E_ARGUMENT },
                { "a\t", "", ANSA_E_ARGUMENT },
                { "\xc3", "", ANSA_E_ARGUMENT },
                { "a", "b", ANSA_E_ARGUMENT },
                { "a", "\n", ANSA_E_ARGUMENT },
                { "a", "b\n\n", ANSA_E_ARGUMENT },
        };
        for (size_t i = 0; i < COUNT_OF(bad); i++) {
                uint8_t room[128];
                struct buf b = buf_over(room, sizeof(room));
                struct checkpoint c = { .origin = ansa_bytes_text(bad[i].origin),
                                        .extensions = ansa_bytes_text(bad[i].extensions) };
                checkpoint_encode(&c, &b);
                assert_err(bad[i].origin, b.err, bad[i].want);
                struct buf small = buf_over(room, 20);
                checkpoint_encode(&c, &small);
                assert_int_equal(small.err, ANSA_E_LIMIT);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(reads_and_writes),
                cmocka_unit_test(truncated),
                cmocka_unit_test(refuses_to_write),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
