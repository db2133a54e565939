/* SPDX-License-Identifier: Apache-2.0 */
/* The two forms of bundles (docs/ledger.md, section 5). What they prove is checked in client/proof. */
#include "../support.h"

#include "base/text.h"
#include "wire/bundle.h"

#define SALT    "a0a1a2a3a4a5a6a7a8a9aaabacadaeaf"
#define PUBLIC  "00000001 65f00000 00 00015180 0e 00000003 'URL' 00000001 'x' 00000000"
#define H1      "b0b1b2b3b4b5b6b7b8b9babbbcbdbebfc0c1c2c3c4c5c6c7c8c9cacbcccdcecf"
#define H2      "d0d1d2d3d4d5d6d7d8d9dadbdcdddedfe0e1e2e3e4e5e6e7e8e9eaebecedeeef"

#define NAME    "0006 '20.5/A'"
#define RECORD  "'ANSA' 01 01" NAME "0002 0001 0001 0000" SALT PUBLIC H1 "01 07" H2 "00"
#define ABSENT  "'ANSA' 01 00" NAME "01 07" H2 "02" H1 H2
#define TIME    "0000000065f00001"
#define NUMBER  "0000000000000005" H1 H2 /* two bits are set */
#define ORIGIN  "05 'a.log'"
#define LOG     "00 0006 01020304 aabb"
#define WITNESS "09 'b.witness' 0007 05060708 010203"
#define BACK    NUMBER ORIGIN "02" LOG WITNESS

static const struct {
        const char *name, *octets;
        enum ansa_err want;
} bundles[] = {
        { "record", RECORD TIME BACK, ANSA_OK },
        { "absent", ABSENT TIME BACK, ANSA_OK },
        { "absent from an empty dictionary", "'ANSA' 01 00" NAME "00 01" TIME BACK, ANSA_OK },
        { "first entry: no inclusion", ABSENT TIME "0000000000000000" ORIGIN "01" LOG, ANSA_OK },
        { "an unknown signature", ABSENT TIME NUMBER ORIGIN "01 01 'x' 0005 01020304 00", ANSA_OK },
        { "other magic", "'ANSB' 01 00" NAME "00 01" TIME BACK, ANSA_E_MALFORMED },
        { "version 0", "'ANSA' 00 00" NAME "00 01" TIME BACK, ANSA_E_UNSUPPORTED },
        { "version 2", "'ANSA' 02 00" NAME "00 01" TIME BACK, ANSA_E_UNSUPPORTED },
        { "subject 2", "'ANSA' 01 02" NAME "00 01" TIME BACK, ANSA_E_MALFORMED },
        { "no name", "'ANSA' 01 00 0000 00 01" TIME BACK, ANSA_E_MALFORMED },
        { "a name over its limit", "'ANSA' 01 00 0801", ANSA_E_LIMIT },
        { "a name at its limit, cut off", "'ANSA' 01 00 0800", ANSA_E_TRUNCATED },
        { "end 3", "'ANSA' 01 00" NAME "00 03" TIME BACK, ANSA_E_MALFORMED },
        { "a number that leaves no size", ABSENT TIME "ffffffffffffffff", ANSA_E_LIMIT },
        { "no origin", ABSENT TIME NUMBER "00 01" LOG, ANSA_E_MALFORMED },
        { "an origin with a space", ABSENT TIME NUMBER "03 'a b' 01" LOG, ANSA_E_MALFORMED },
        { "no signatures", ABSENT TIME NUMBER ORIGIN "00", ANSA_E_MALFORMED },
        { "65 signatures", ABSENT TIME NUMBER ORIGIN "41" LOG, ANSA_E_LIMIT },
        { "a signature of no octets", ABSENT TIME NUMBER ORIGIN "01 00 0004 01020304",
          ANSA_E_MALFORMED },
        { "a signature over its limit", ABSENT TIME NUMBER ORIGIN "01 00 2005", ANSA_E_LIMIT },
        { "a signature at its limit, cut off", ABSENT TIME NUMBER ORIGIN "01 00 2004",
          ANSA_E_TRUNCATED },
        { "the origin written as a name",
          ABSENT TIME NUMBER ORIGIN "01 05 'a.log' 0005 01020304 00", ANSA_E_MALFORMED },
        { "a name with a plus", ABSENT TIME NUMBER ORIGIN "01 03 'a+b' 0005 01020304 00",
          ANSA_E_MALFORMED },
        { "an octet more", ABSENT TIME BACK "00", ANSA_E_TRAILING },
};

static void put_again(const struct bundle *b, const struct hash256 *root, struct buf *out)
{
        uint8_t room[1024];
        struct buf text = buf_over(room, sizeof(room));
        struct note note;
        struct bundle_signature s;
        struct ansa_bytes signatures = b->signatures;
        bundle_put_checkpoint(b, root, &text);
        buf_u8(&text, '\n');
        while (bundle_next_signature(b, &signatures, &s))
                note_put_signature(s.name, s.key_id, s.octets, &text);
        assert_int_equal(note_decode(buf_written(&text), &note), ANSA_OK);
        assert_int_equal(note.count, b->signature_count);
        buf_bytes(out, (struct ansa_bytes){ b->front.at, b->front.size - 8 });
        bundle_put_back(b->time_s, b->number, b->inclusion, &note, out);
}

static void reads_and_writes(void **state)
{
        (void)state;
        struct hash256 root;
        memset(&root, 0x5a, sizeof(root));
        for (size_t i = 0; i < COUNT_OF(bundles); i++) {
                struct sample s = sample_hex(bundles[i].octets);
                uint8_t *copy = heap_copy(sample_bytes(&s), s.size);
                uint8_t room[2048];
                struct buf b = buf_over(room, sizeof(room));
                struct bundle got;
                assert_err(bundles[i].name,
                           bundle_decode((struct ansa_bytes){ copy, s.size }, &got),
                           bundles[i].want);
                if (bundles[i].want == ANSA_OK) {
                        put_again(&got, &root, &b);
                        assert_bytes(bundles[i].name, buf_written(&b), sample_bytes(&s));
                } else {
                        assert_int_equal(got.name.size + got.front.size + got.origin.size, 0);
                }
                free(copy);
        }
}

static void members(void **state)
{
        (void)state;
        struct sample s = sample_hex(RECORD TIME BACK);
        struct bundle b;
        struct bundle_signature sig;
        uint8_t front[16];
        struct buf w = buf_over(front, sizeof(front));
        assert_int_equal(bundle_decode(sample_bytes(&s), &b), ANSA_OK);
        assert_true(b.is_record);
        assert_bytes("name", b.name, ANSA_BYTES_LIT("20.5/A"));
        assert_int_equal(b.opening.count, 2);
        assert_int_equal(b.path.size, 35);
        assert_int_equal(b.time_s, 0x65f00001);
        assert_int_equal(b.number, 5);
        assert_int_equal(b.inclusion_count, 2);
        assert_int_equal(b.inclusion[1].at[0], 0xd0);
        assert_bytes("origin", b.origin, ANSA_BYTES_LIT("a.log"));
        assert_int_equal(b.signature_count, 2);
        assert_true(bundle_next_signature(&b, &b.signatures, &sig));
        assert_bytes("log", sig.name, ANSA_BYTES_LIT("a.log"));
        assert_int_equal(sig.key_id, 0x01020304);
        assert_bytes("signature", sig.octets, ANSA_BYTES_LIT("\xaa\xbb"));
        assert_true(bundle_next_signature(&b, &b.signatures, &sig));
        assert_bytes("witness", sig.name, ANSA_BYTES_LIT("b.witness"));
        assert_int_equal(sig.octets.size, 3);
        assert_false(bundle_next_signature(&b, &b.signatures, &sig));
        bundle_put_front(true, ANSA_BYTES_LIT("20.5/A"), &w);
        assert_bytes("front", buf_written(&w), (struct ansa_bytes){ s.at, 14 });
}

static void truncated(void **state)
{
        (void)state;
        static const char *const all[] = { RECORD TIME BACK, ABSENT TIME BACK };
        for (size_t i = 0; i < COUNT_OF(all); i++) {
                struct sample s = sample_hex(all[i]);
                for (size_t cut = 0; cut < s.size; cut++) {
                        struct bundle b;
                        uint8_t *copy = heap_copy(sample_bytes(&s), cut);
                        assert_err("cut", bundle_decode((struct ansa_bytes){ copy, cut }, &b),
                                   ANSA_E_TRUNCATED);
                        free(copy);
                }
        }
}

#define EXTRA "extra QU5TQQEAAAYyMC41L0EAAQAAAABl8AAB\n"
#define LINE1 "sLGys7S1tre4ubq7vL2+v8DBwsPExcbHyMnKy8zNzs8=\n"
#define LINE2 "0NHS09TV1tfY2drb3N3e3+Dh4uPk5ebn6Onq6+zt7u8=\n"
#define ROOT  "WlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlo=\n"
#define SIGS  "\xe2\x80\x94 a.log AQIDBKq7\n\xe2\x80\x94 b.witness BQYHCAECAw==\n"
#define FIRST "c2sp.org/tlog-proof@v1\n"
#define NOTE  "\na.log\n6\n" ROOT "\n" SIGS

static const struct {
        const char *name, *text;
        enum ansa_err want;
} texts[] = {
        { "a text", FIRST EXTRA "index 5\n" LINE1 LINE2 NOTE, ANSA_OK },
        { "another first line", "c2sp.org/tlog-proof@v2\n" EXTRA "index 5\n" LINE1 LINE2 NOTE,
          ANSA_E_MALFORMED },
        { "no extra", FIRST "index 5\n" LINE1 LINE2 NOTE, ANSA_E_MALFORMED },
        { "no index", FIRST EXTRA LINE1 LINE2 NOTE, ANSA_E_MALFORMED },
        { "an index that begins with 0", FIRST EXTRA "index 05\n" LINE1 LINE2 NOTE,
          ANSA_E_MALFORMED },
        { "the largest index and one", FIRST EXTRA "index 18446744073709551615\n" LINE1 LINE2 NOTE,
          ANSA_E_LIMIT },
        { "a hash short", FIRST EXTRA "index 5\n" LINE1 NOTE, ANSA_E_MALFORMED },
        { "a hash more", FIRST EXTRA "index 5\n" LINE1 LINE2 LINE1 NOTE, ANSA_E_MALFORMED },
        { "another size", FIRST EXTRA "index 5\n" LINE1 LINE2 "\na.log\n7\n" ROOT "\n" SIGS,
          ANSA_E_MALFORMED },
        { "an extension", FIRST EXTRA "index 5\n" LINE1 LINE2 "\na.log\n6\n" ROOT "more\n\n" SIGS,
          ANSA_E_UNSUPPORTED },
        { "an origin with a space",
          FIRST EXTRA "index 5\n" LINE1 LINE2 "\na log\n6\n" ROOT "\n" SIGS, ANSA_E_UNSUPPORTED },
        { "no signatures", FIRST EXTRA "index 5\n" LINE1 LINE2 "\na.log\n6\n" ROOT "\n",
          ANSA_E_MALFORMED },
        { "a line more", FIRST EXTRA "index 5\n" LINE1 LINE2 NOTE "\n", ANSA_E_MALFORMED },
        { "carriage returns", "c2sp.org/tlog-proof@v1\r\n" EXTRA "index 5\n" LINE1 LINE2 NOTE,
          ANSA_E_MALFORMED },
};

static void texts_read(void **state)
{
        (void)state;
        for (size_t i = 0; i < COUNT_OF(texts); i++) {
                struct ansa_bytes text = ansa_bytes_text(texts[i].text);
                uint8_t *copy = heap_copy(text, text.size);
                uint8_t room[1024];
                uint8_t again[1024];
                struct buf b = buf_over(room, sizeof(room));
                struct buf w = buf_over(again, sizeof(again));
                struct bundle got;
                struct hash256 root;
                buf_u8(&b, 0x77); /* what is in the buffer already stays */
                assert_err(
                        texts[i].name,
                        bundle_decode_text((struct ansa_bytes){ copy, text.size }, &b, &got, &root),
                        texts[i].want);
                free(copy);
                if (texts[i].want != ANSA_OK) {
                        assert_true(hash256_is_zero(&root) && got.name.size == 0);
                        continue;
                }
                assert_int_equal(root.at[7], 0x5a);
                assert_int_equal(room[0], 0x77);
                struct sample s = sample_hex("'ANSA' 01 00" NAME "00 01" TIME BACK);
                assert_bytes(texts[i].name, (struct ansa_bytes){ room + 1, b.size - 1 },
                             sample_bytes(&s));
                bundle_put_text(&got, &root, &w);
                assert_bytes(texts[i].name, buf_written(&w), text);
                assert_true(bundle_is_text(text));
        }
}

/*
 * Extra data that goes on into what should follow it: the same octets as a good binary bundle, but
 * divided otherwise.
 */
static void text_divided_otherwise(void **state)
{
        (void)state;
        struct sample s = sample_hex("'ANSA' 01 00" NAME "00 01" TIME "00000000 00000000" ORIGIN
                                     "01 01 'x' 0018 01020304");
        uint8_t room[1024];
        uint8_t binary[1024];
        struct buf b = buf_over(room, sizeof(room));
        struct buf out = buf_over(binary, sizeof(binary));
        struct bundle got;
        struct hash256 root;
        buf_text(&b, FIRST "extra ");
        text_put_base64(&b, sample_bytes(&s), TEXT_BASE64);
        buf_text(&b, "\nindex 0\n\na.log\n1\n" ROOT "\n\xe2\x80\x94 a.log AQIDBKo=\n");
        /* the index, the origin, a count, a signature: 8 + 6 + 1 + 8 octets are the other's */
        enum ansa_err err = bundle_decode_text(buf_written(&b), &out, &got, &root);
        assert_true(err == ANSA_E_MALFORMED || err == ANSA_E_TRUNCATED || err == ANSA_E_TRAILING);
        assert_int_equal(got.name.size, 0);
        /* made to measure: it would be a bundle */
        for (uint32_t size = 5; size < 64; size++) {
                s.at[s.size - 5] = (uint8_t)size;
                buf_reset(&b);
                buf_reset(&out);
                buf_text(&b, FIRST "extra ");
                text_put_base64(&b, sample_bytes(&s), TEXT_BASE64);
                buf_text(&b, "\nindex 0\n\na.log\n1\n" ROOT "\n\xe2\x80\x94 a.log AQIDBKo=\n");
                assert_int_not_equal(bundle_decode_text(buf_written(&b), &out, &got, &root),
                                     ANSA_OK);
                struct bundle whole;
                if (bundle_decode(buf_written(&out), &whole) == ANSA_OK)
                        return; /* so it was the division that was refused */
        }
        fail_msg("no size fits");
}

static void truncated_text(void **state)
{
        (void)state;
        struct ansa_bytes text = ansa_bytes_text(FIRST EXTRA "index 5\n" LINE1 LINE2 NOTE);
        unsigned good = 0;
        for (size_t cut = 0; cut < text.size; cut++) {
                uint8_t *copy = heap_copy(text, cut);
                uint8_t room[1024];
                struct buf b = buf_over(room, sizeof(room));
                struct bundle got;
                struct hash256 root;
                good += bundle_decode_text((struct ansa_bytes){ copy, cut }, &b, &got, &root) ==
                        ANSA_OK;
                free(copy);
        }
        assert_int_equal(good, 1); /* without the last signature it is a bundle, too */
}

static void limits(void **state)
{
        (void)state;
        static uint8_t octets[BUNDLE_TEXT_SIZE_MAX + 1];
        struct bundle got;
        struct hash256 root;
        uint8_t room[64];
        struct buf b = buf_over(room, sizeof(room));
        struct sample s = sample_hex("'ANSA' 01 00" NAME);
        memcpy(octets, s.at, s.size);
        assert_int_equal(bundle_decode((struct ansa_bytes){ octets, BUNDLE_SIZE_MAX + 1 }, &got),
                         ANSA_E_LIMIT);
        assert_int_not_equal(bundle_decode((struct ansa_bytes){ octets, BUNDLE_SIZE_MAX }, &got),
                             ANSA_E_LIMIT);
        assert_int_equal(
                bundle_decode_text((struct ansa_bytes){ octets, sizeof(octets) }, &b, &got, &root),
                ANSA_E_LIMIT);
        assert_int_equal(bundle_decode_text((struct ansa_bytes){ octets, sizeof(octets) - 1 }, &b,
                                            &got, &root),
                         ANSA_E_MALFORMED);
        /* room that is too small */
        struct ansa_bytes text = ansa_bytes_text(FIRST EXTRA "index 5\n" LINE1 LINE2 NOTE);
        assert_int_equal(bundle_decode_text(text, &b, &got, &root), ANSA_E_LIMIT);
        bundle_put_front(true, (struct ansa_bytes){ octets, BUNDLE_NAME_MAX + 1 }, &b);
        assert_int_not_equal(b.err, ANSA_OK);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(reads_and_writes),
                cmocka_unit_test(members),
                cmocka_unit_test(truncated),
                cmocka_unit_test(texts_read),
                cmocka_unit_test(text_divided_otherwise),
                cmocka_unit_test(truncated_text),
                cmocka_unit_test(limits),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
