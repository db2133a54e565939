/* SPDX-License-Identifier: Apache-2.0 */
/* The form of signed notes. Keys and signatures are verified in test/unit/ledger. */
#include "../support.h"
#include "base/text.h"
#include "wire/note.h"

#define DASH "\xe2\x80\x94"
/* The example of c2sp.org/signed-note. */
#define EXAMPLE_TEXT "This is an example message.\n"
#define EXAMPLE_LINE             \
        DASH " example.com/foo " \
             "Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n"
#define EXAMPLE EXAMPLE_TEXT "\n" EXAMPLE_LINE
#define LINE    DASH " a AAAAAQI=\n" /* key id 1, one octet */

static const struct {
        const char *name, *note;
        enum ansa_err want;
        unsigned count;
        size_t text_size;
} notes[] = {
        { "the specification's", EXAMPLE, ANSA_OK, 1, sizeof(EXAMPLE_TEXT) - 1 },
        { "two signatures", "a\n\n" LINE LINE, ANSA_OK, 2, 2 },
        { "the same twice is no fault", "a\n\n" LINE LINE LINE, ANSA_OK, 3, 2 },
        { "empty lines in the text", "a\n\nb\n\n" LINE, ANSA_OK, 1, 5 },
        { "a text of empty lines", "\n\n\n" LINE, ANSA_OK, 1, 2 },
        { "a text of one newline", "\n\n" LINE, ANSA_OK, 1, 1 },
        { "signatures that belong to the text", "a\n\n" LINE "\n" LINE, ANSA_OK, 1, 18 },
        { "beyond ASCII", "ed \xc3\xa8 subito sera.\n\n" DASH " \xc3\xa9 AAAAAQI=\n", ANSA_OK, 1,
          19 },
        { "DEL is none of the control characters meant", "\x7f\n\n" LINE, ANSA_OK, 1, 2 },
        { "nothing", "", ANSA_E_MALFORMED, 0, 0 },
        { "no text", "\n" LINE, ANSA_E_MALFORMED, 0, 0 },
        { "only signatures", LINE, ANSA_E_MALFORMED, 0, 0 },
        { "no empty line", "a\n" LINE, ANSA_E_MALFORMED, 0, 0 },
        { "no signatures", "a\n\n", ANSA_E_MALFORMED, 0, 0 },
        { "text without newline", "a", ANSA_E_MALFORMED, 0, 0 },
        { "last newline missing", "a\n\n" DASH " a AAAAAQI=", ANSA_E_MALFORMED, 0, 0 },
        { "more after the signatures", "a\n\n" LINE "b\n", ANSA_E_MALFORMED, 0, 0 },
        { "an empty line after the signatures", "a\n\n" LINE "\n", ANSA_E_MALFORMED, 0, 0 },
        { "control character in the text", "a\tb\n\n" LINE, ANSA_E_MALFORMED, 0, 0 },
        { "carriage return", "a\r\n\n" LINE, ANSA_E_MALFORMED, 0, 0 },
        { "text not UTF-8", "\xff\n\n" LINE, ANSA_E_MALFORMED, 0, 0 },
        { "hyphen for the dash", "a\n\n- a AAAAAQI=\n", ANSA_E_MALFORMED, 0, 0 },
        { "no space after the dash", "a\n\n" DASH "a AAAAAQI=\n", ANSA_E_MALFORMED, 0, 0 },
        { "two spaces after the dash", "a\n\n" DASH "  a AAAAAQI=\n", ANSA_E_MALFORMED, 0, 0 },
        { "two spaces after the name", "a\n\n" DASH " a  AAAAAQI=\n", ANSA_E_MALFORMED, 0, 0 },
        { "space at the end", "a\n\n" DASH " a AAAAAQI= \n", ANSA_E_MALFORMED, 0, 0 },
        { "name empty", "a\n\n" DASH "  AAAAAQI=\n", ANSA_E_MALFORMED, 0, 0 },
        { "no signature", "a\n\n" DASH " a\n", ANSA_E_MALFORMED, 0, 0 },
        { "signature empty", "a\n\n" DASH " a \n", ANSA_E_MALFORMED, 0, 0 },
        { "plus in the name", "a\n\n" DASH " a+b AAAAAQI=\n", ANSA_E_MALFORMED, 0, 0 },
        { "no-break space in the name", "a\n\n" DASH " a\xc2\xa0 AAAAAQI=\n", ANSA_E_MALFORMED, 0,
          0 },
        { "em quad in the name", "a\n\n" DASH " \xe2\x80\x81 AAAAAQI=\n", ANSA_E_MALFORMED, 0, 0 },
        { "only a key id", "a\n\n" DASH " a AAAAAQ==\n", ANSA_E_MALFORMED, 0, 0 },
        { "half a key id", "a\n\n" DASH " a AAA=\n", ANSA_E_MALFORMED, 0, 0 },
        { "padding missing", "a\n\n" DASH " a AAAAAQI\n", ANSA_E_MALFORMED, 0, 0 },
        { "surplus bits", "a\n\n" DASH " a AAAAAQJ=\n", ANSA_E_MALFORMED, 0, 0 },
        { "padding in the middle", "a\n\n" DASH " a AAA=AQI=\n", ANSA_E_MALFORMED, 0, 0 },
        { "the other alphabet", "a\n\n" DASH " a AAAAAQ-_\n", ANSA_E_MALFORMED, 0, 0 },
};

static void reads_notes(void **state)
{
        (void)state;
        for (size_t i = 0; i < COUNT_OF(notes); i++) {
                struct ansa_bytes all = ansa_bytes_text(notes[i].note);
                uint8_t *copy = heap_copy(all, all.size);
                struct note n;
                assert_err(notes[i].name, note_decode((struct ansa_bytes){ copy, all.size }, &n),
                           notes[i].want);
                if (n.count != notes[i].count || n.text.size != notes[i].text_size)
                        fail_msg("%s: %u signatures, text of %zu", notes[i].name, n.count,
                                 n.text.size);
                /* What was read is written the same. */
                uint8_t room[512];
                struct buf b = buf_over(room, sizeof(room));
                struct note_signature s;
                struct ansa_bytes lines = n.lines;
                if (n.count > 0)
                        note_put_text(n.text, &b);
                while (note_next(&lines, &s)) {
                        uint8_t octets[64] = { 0 };
                        assert_true(s.size <= sizeof(octets));
                        assert_int_equal(note_signature_octets(&s, octets, s.size), ANSA_OK);
                        assert_int_equal(note_signature_octets(&s, octets, s.size - 1),
                                         ANSA_E_LIMIT);
                        assert_int_equal(note_signature_octets(&s, octets, s.size), ANSA_OK);
                        note_put_signature(s.name, s.key_id, (struct ansa_bytes){ octets, s.size },
                                           &b);
                }
                if (n.count > 0)
                        assert_bytes(notes[i].name, buf_written(&b), all);
                free(copy);
        }
}

/* No beginning of a note is one, but where a signature line ends. */
static void truncated_notes(void **state)
{
        (void)state;
        struct ansa_bytes all = ANSA_BYTES_LIT(EXAMPLE LINE);
        for (size_t cut = 0; cut < all.size; cut++) {
                uint8_t *copy = heap_copy(all, cut);
                struct note n;
                assert_int_equal(note_decode((struct ansa_bytes){ copy, cut }, &n),
                                 cut == sizeof(EXAMPLE) - 1 ? ANSA_OK : ANSA_E_MALFORMED);
                free(copy);
        }
}

static void lines_alone(void **state)
{
        (void)state;
        struct note n;
        assert_int_equal(note_decode_lines(ANSA_BYTES_LIT(LINE EXAMPLE_LINE), &n), ANSA_OK);
        assert_int_equal(n.count, 2);
        assert_int_equal(n.text.size, 0);
        struct note_signature s;
        assert_true(note_next(&n.lines, &s));
        assert_int_equal(s.key_id, 1);
        assert_bytes("name", s.name, ANSA_BYTES_LIT("a"));
        assert_true(note_next(&n.lines, &s));
        assert_int_equal(s.key_id, 0x530d903a);
        assert_bytes("name", s.name, ANSA_BYTES_LIT("example.com/foo"));
        assert_int_equal(s.size, 64);
        assert_false(note_next(&n.lines, &s));
        assert_int_equal(note_decode_lines(ANSA_BYTES_LIT(""), &n), ANSA_E_MALFORMED);
        assert_int_equal(note_decode_lines(ANSA_BYTES_LIT("\n" LINE), &n), ANSA_E_MALFORMED);
        assert_int_equal(note_decode_lines(ANSA_BYTES_LIT(LINE "\n"), &n), ANSA_E_MALFORMED);
        assert_int_equal(note_decode_lines(ANSA_BYTES_LIT(EXAMPLE), &n), ANSA_E_MALFORMED);
}

static void limits(void **state)
{
        (void)state;
        struct note n;
        static uint8_t octets[NOTE_SIGNATURE_SIZE_MAX + 1];
        struct buf b = buf_growing(4 * NOTE_SIZE_MAX);
        /* signatures in a note */
        note_put_text(ANSA_BYTES_LIT("a\n"), &b);
        for (unsigned i = 0; i <= NOTE_SIGNATURES_MAX; i++) {
                note_put_signature(ANSA_BYTES_LIT("a"), i, (struct ansa_bytes){ octets, 64 }, &b);
                assert_int_equal(note_decode(buf_written(&b), &n),
                                 i < NOTE_SIGNATURES_MAX ? ANSA_OK : ANSA_E_LIMIT);
        }
        /* octets of a signature */
        buf_reset(&b);
        note_put_text(ANSA_BYTES_LIT("a\n"), &b);
        note_put_signature(ANSA_BYTES_LIT("a"), 1,
                           (struct ansa_bytes){ octets, NOTE_SIGNATURE_SIZE_MAX }, &b);
        assert_int_equal(note_decode(buf_written(&b), &n), ANSA_OK);
        size_t size = b.size;
        struct ansa_bytes longer = { octets, NOTE_SIGNATURE_SIZE_MAX + 1 };
        note_put_signature(ANSA_BYTES_LIT("a"), 1, longer, &b);
        assert_int_equal(b.err, ANSA_E_ARGUMENT);
        buf_reset(&b);
        static const uint8_t id_and_more[4 + NOTE_SIGNATURE_SIZE_MAX + 1];
        buf_text(&b, "a\n\n" DASH " a ");
        text_put_base64(&b, (struct ansa_bytes){ id_and_more, sizeof(id_and_more) }, TEXT_BASE64);
        buf_text(&b, "\n");
        assert_true(b.size > size - 8);
        assert_int_equal(note_decode(buf_written(&b), &n), ANSA_E_LIMIT);
        /* octets of a note */
        buf_reset(&b);
        memset(buf_take(&b, NOTE_SIZE_MAX - sizeof("\n\n" LINE) + 1), 'a',
               NOTE_SIZE_MAX - sizeof("\n\n" LINE) + 1);
        buf_text(&b, "\n\n" LINE);
        assert_int_equal(b.size, NOTE_SIZE_MAX);
        assert_int_equal(note_decode(buf_written(&b), &n), ANSA_OK);
        buf_text(&b, LINE);
        assert_int_equal(note_decode(buf_written(&b), &n), ANSA_E_LIMIT);
        assert_int_equal(note_decode_lines(buf_written(&b), &n), ANSA_E_LIMIT);
        buf_fini(&b);
}

static void refuses_to_write(void **state)
{
        (void)state;
        static const char *const texts[] = { "", "a", "a\tb\n", "\xc3\n", "a\n\nb" };
        static const char *const names[] = { "", "a b", "a+b", "a\n", "\xff", "\xe3\x80\x80" };
        uint8_t room[256];
        for (size_t i = 0; i < COUNT_OF(texts); i++) {
                struct buf b = buf_over(room, sizeof(room));
                note_put_text(ansa_bytes_text(texts[i]), &b);
                assert_int_equal(b.err, ANSA_E_ARGUMENT);
                assert_int_equal(b.size, 0);
        }
        for (size_t i = 0; i < COUNT_OF(names); i++) {
                struct buf b = buf_over(room, sizeof(room));
                note_put_signature(ansa_bytes_text(names[i]), 1, ANSA_BYTES_LIT("x"), &b);
                assert_int_equal(b.err, ANSA_E_ARGUMENT);
        }
        struct buf b = buf_over(room, sizeof(room));
        note_put_signature(ANSA_BYTES_LIT("a"), 1, ANSA_BYTES_LIT(""), &b);
        assert_int_equal(b.err, ANSA_E_ARGUMENT);
}

/* Signatures of every length: base64 is written in two pieces. */
static void every_length(void **state)
{
        (void)state;
        uint8_t octets[72];
        for (size_t i = 0; i < sizeof(octets); i++)
                octets[i] = (uint8_t)(i * 37);
        for (size_t size = 1; size <= sizeof(octets); size++) {
                uint8_t room[256];
                uint8_t back[72];
                struct buf b = buf_over(room, sizeof(room));
                note_put_signature(ANSA_BYTES_LIT("a"), 0x01020304,
                                   (struct ansa_bytes){ octets, size }, &b);
                struct ansa_bytes lines = buf_written(&b);
                struct note_signature s;
                assert_true(note_next(&lines, &s));
                assert_int_equal(s.key_id, 0x01020304);
                assert_int_equal(note_signature_octets(&s, back, size), ANSA_OK);
                assert_memory_equal(back, octets, size);
        }
}

static void heads_of_cosignatures(void **state)
{
        (void)state;
        uint8_t room[NOTE_COSIGNED_HEAD_MAX];
        assert_bytes("the specification's", note_cosigned_head(1679315147, room),
                     ANSA_BYTES_LIT("cosignature/v1\ntime 1679315147\n"));
        assert_bytes("largest", note_cosigned_head(UINT64_MAX, room),
                     ANSA_BYTES_LIT("cosignature/v1\ntime 18446744073709551615\n"));
        static const struct {
                const char *octets;
                enum ansa_err want;
                uint64_t time;
        } times[] = {
                { "00000000641850cb", ANSA_OK, 1679315147 },
                { "0000000000000001", ANSA_OK, 1 },
                { "7fffffffffffffff", ANSA_OK, INT64_MAX },
                { "0000000000000000", ANSA_E_MALFORMED, 0 },
                { "8000000000000000", ANSA_E_MALFORMED, 0 },
                { "ffffffffffffffff", ANSA_E_MALFORMED, 0 },
        };
        struct note_key k = { .name = ANSA_BYTES_LIT("w"), .type = NOTE_COSIGNATURE };
        for (size_t i = 0; i < COUNT_OF(times); i++) {
                uint8_t octets[NOTE_COSIGNATURE_SIZE] = { 0 };
                uint64_t time = 7;
                struct sample s = sample_hex(times[i].octets);
                memcpy(octets, s.at, 8);
                assert_err(times[i].octets, note_cosignature_time(octets, &time), times[i].want);
                assert_true(time == times[i].time);
                uint8_t line[256];
                struct buf b = buf_over(line, sizeof(line));
                uint64_t said = (uint64_t)octets[0] << 56;
                for (unsigned k8 = 1; k8 < 8; k8++)
                        said |= (uint64_t)octets[k8] << (56 - 8 * k8);
                note_put_cosignature(&k, said, octets + 8, &b);
                assert_int_equal(b.err, times[i].want == ANSA_OK ? ANSA_OK : ANSA_E_ARGUMENT);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(reads_notes),           cmocka_unit_test(truncated_notes),
                cmocka_unit_test(lines_alone),           cmocka_unit_test(limits),
                cmocka_unit_test(every_length),          cmocka_unit_test(refuses_to_write),
                cmocka_unit_test(heads_of_cosignatures),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
