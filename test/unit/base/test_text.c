/* SPDX-License-Identifier: Apache-2.0 */
#include "../support.h"

#include "base/text.h"

#include <time.h>

static const struct number_case {
        const char *text;
        uint64_t max;
        enum ansa_err want;
        uint64_t want_number;
} number_cases[] = {
        { "0", 0, ANSA_OK, 0 },
        { "007", 10, ANSA_OK, 7 },
        { "18446744073709551615", UINT64_MAX, ANSA_OK, UINT64_MAX },
        { "18446744073709551616", UINT64_MAX, ANSA_E_LIMIT, 0 },
        { "99999999999999999999", UINT64_MAX, ANSA_E_LIMIT, 0 },
        { "256", 255, ANSA_E_LIMIT, 0 },
        { "255", 255, ANSA_OK, 255 },
        { "", 255, ANSA_E_MALFORMED, 0 },
        { "-1", 255, ANSA_E_MALFORMED, 0 },
        { "+1", 255, ANSA_E_MALFORMED, 0 },
        { " 1", 255, ANSA_E_MALFORMED, 0 },
        { "1x", 255, ANSA_E_MALFORMED, 0 },
        { "0x1", 255, ANSA_E_MALFORMED, 0 },
};

static void reads_numbers(void **state)
{
        (void)state;
        for (size_t i = 0; i < COUNT_OF(number_cases); i++) {
                const struct number_case *t = &number_cases[i];
                uint64_t got = 99;
                assert_err(t->text, text_u64(ansa_bytes_text(t->text), t->max, &got), t->want);
                assert_int_equal(got, t->want_number);
        }
}

static void folds_ascii_only(void **state)
{
        (void)state;
        for (unsigned c = 0; c < 256; c++) {
                bool is_lower = c >= 'a' && c <= 'z';
                assert_int_equal(text_upper((uint8_t)c), is_lower ? c - 32 : c);
        }
        assert_true(text_equal_fold(ANSA_BYTES_LIT("hs_Site"), ANSA_BYTES_LIT("HS_SITE")));
        assert_false(text_equal_fold(ANSA_BYTES_LIT("hs_Site"), ANSA_BYTES_LIT("HS_SITES")));
        assert_false(text_equal_fold(ANSA_BYTES_LIT("\xc3\xa9"), ANSA_BYTES_LIT("\xc3\x89")));
        assert_true(text_equal_fold((struct ansa_bytes){ 0 }, ANSA_BYTES_LIT("")));
}

static const struct utf8_case {
        const char *name;
        const char *hex;
        bool want;
} utf8_cases[] = {
        { "nothing", "", true },
        { "ASCII", "00 7f", true },
        { "first and last of two", "c280 dfbf", true },
        { "first and last of three", "e0a080 efbfbf", true },
        { "around the surrogates", "ed9fbf ee8080", true },
        { "first and last of four", "f0908080 f48fbfbf", true },
        { "a lone continuation", "80", false },
        { "overlong of two", "c080", false },
        { "overlong of two, last", "c1bf", false },
        { "overlong of three", "e09fbf", false },
        { "overlong of four", "f08fbfbf", false },
        { "surrogate", "eda080", false },
        { "last surrogate", "edbfbf", false },
        { "above Unicode", "f4908080", false },
        { "five octets", "f888808080", false },
        { "0xff", "ff", false },
        { "cut after one of two", "c3", false },
        { "cut after two of three", "e282", false },
        { "cut after three of four", "f09f98", false },
        { "no continuation", "c341", false },
        { "second continuation missing", "e28241", false },
        { "third continuation missing", "f09f9841", false },
};

static void knows_utf8(void **state)
{
        (void)state;
        for (size_t i = 0; i < COUNT_OF(utf8_cases); i++) {
                struct sample s = sample_hex(utf8_cases[i].hex);
                uint8_t *copy = heap_copy(sample_bytes(&s), s.size);
                if (text_is_utf8((struct ansa_bytes){ copy, s.size }) != utf8_cases[i].want)
                        fail_msg("%s", utf8_cases[i].name);
                free(copy);
        }
}

static const struct hex_case {
        const char *text;
        enum ansa_err want;
        const char *want_hex;
} hex_cases[] = {
        { "", ANSA_OK, "" },
        { "00ff7F", ANSA_OK, "00ff7f" },
        { "AbCd", ANSA_OK, "abcd" },
        { "0", ANSA_E_MALFORMED, "" },
        { "0g", ANSA_E_MALFORMED, "" },
        { "00 1", ANSA_E_MALFORMED, "" },
        { "aa@@", ANSA_E_MALFORMED, "" },
};

static void reads_and_writes_hex(void **state)
{
        (void)state;
        for (size_t i = 0; i < COUNT_OF(hex_cases); i++) {
                const struct hex_case *t = &hex_cases[i];
                uint8_t room[16];
                struct buf b = buf_over(room, sizeof(room));
                struct sample want = sample_hex(t->want_hex);
                assert_err(t->text, text_hex(ansa_bytes_text(t->text), &b), t->want);
                assert_bytes(t->text, buf_written(&b), sample_bytes(&want));
                buf_reset(&b);
                text_put_hex(&b, sample_bytes(&want));
                assert_bytes(t->text, buf_written(&b), ansa_bytes_text(t->want_hex));
        }
        uint8_t room[1];
        struct buf small = buf_over(room, sizeof(room));
        assert_err("room", text_hex(ANSA_BYTES_LIT("0011"), &small), ANSA_E_LIMIT);
}

static const struct base64_case {
        const char *text;
        enum ansa_err want;
        const char *want_hex;
} base64_cases[] = {
        /* RFC 4648 s.10 */
        { "", ANSA_OK, "" },
        { "Zg==", ANSA_OK, "'f'" },
        { "Zm8=", ANSA_OK, "'fo'" },
        { "Zm9v", ANSA_OK, "'foo'" },
        { "Zm9vYg==", ANSA_OK, "'foob'" },
        { "Zm9vYmE=", ANSA_OK, "'fooba'" },
        { "Zm9vYmFy", ANSA_OK, "'foobar'" },
        /* both alphabets, padding left out, surplus bits */
        { "+/+/", ANSA_OK, "fbffbf" },
        { "-_-_", ANSA_OK, "fbffbf" },
        { "Zg", ANSA_OK, "'f'" },
        { "Zm8", ANSA_OK, "'fo'" },
        { "Zh==", ANSA_OK, "'f'" },
        { "Zg=", ANSA_E_MALFORMED, "" },
        { "Zm9v=", ANSA_E_MALFORMED, "" },
        { "Zm9v==", ANSA_E_MALFORMED, "" },
        { "Z", ANSA_E_MALFORMED, "" },
        { "Z===", ANSA_E_MALFORMED, "" },
        { "=", ANSA_E_MALFORMED, "" },
        { "====", ANSA_E_MALFORMED, "" },
        { "Zg==Zg==", ANSA_E_MALFORMED, "" },
        { "Zm9v Zm9v", ANSA_E_MALFORMED, "" },
        { "Zm9vZ!9v", ANSA_E_MALFORMED, "" },
};

static void reads_base64(void **state)
{
        (void)state;
        for (size_t i = 0; i < COUNT_OF(base64_cases); i++) {
                const struct base64_case *t = &base64_cases[i];
                uint8_t room[16];
                struct buf b = buf_over(room, sizeof(room));
                struct sample want = sample_hex(t->want_hex);
                assert_err(t->text, text_base64(ansa_bytes_text(t->text), &b), t->want);
                assert_bytes(t->text, buf_written(&b), sample_bytes(&want));
        }
}

/* Of all texts that text_base64 reads, only the one that would be written. */
static void reads_exact_base64(void **state)
{
        (void)state;
        static const char *const others[] = { "Zm9v\n", "Zm=v", "=m9v", "Zm9=",
                                              "Zx==",   "-+-+", "_/_/" };
        for (size_t i = 0; i < COUNT_OF(base64_cases) + COUNT_OF(others); i++) {
                const char *text = i < COUNT_OF(base64_cases) ? base64_cases[i].text
                                                              : others[i - COUNT_OF(base64_cases)];
                uint8_t room[16];
                uint8_t again[32];
                struct ansa_bytes in = ansa_bytes_text(text);
                struct buf b = buf_over(room, sizeof(room));
                bool is_exact = false;
                if (text_base64(in, &b) == ANSA_OK) {
                        struct buf t = buf_over(again, sizeof(again));
                        text_put_base64(&t, buf_written(&b), TEXT_BASE64);
                        is_exact = ansa_bytes_equal(buf_written(&t), in);
                }
                struct buf e = buf_over(again, sizeof(again));
                assert_err(text, text_base64_exact(in, &e), is_exact ? ANSA_OK : ANSA_E_MALFORMED);
                assert_int_equal(e.size, is_exact ? b.size : 0);
                assert_memory_equal(again, room, e.size);
        }
}

static void reads_decimals(void **state)
{
        (void)state;
        static const struct {
                const char *text;
                enum ansa_err want;
                uint64_t number;
        } rows[] = {
                { "0", ANSA_OK, 0 },
                { "1", ANSA_OK, 1 },
                { "10", ANSA_OK, 10 },
                { "18446744073709551615", ANSA_OK, UINT64_MAX },
                { "18446744073709551616", ANSA_E_LIMIT, 0 },
                { "", ANSA_E_MALFORMED, 0 },
                { "00", ANSA_E_MALFORMED, 0 },
                { "01", ANSA_E_MALFORMED, 0 },
                { "+1", ANSA_E_MALFORMED, 0 },
                { "1 ", ANSA_E_MALFORMED, 0 },
        };
        for (size_t i = 0; i < COUNT_OF(rows); i++) {
                uint64_t n = 7;
                assert_err(rows[i].text,
                           text_decimal(ansa_bytes_text(rows[i].text), UINT64_MAX, &n),
                           rows[i].want);
                assert_true(n == rows[i].number);
        }
        uint64_t n = 0;
        assert_err("max", text_decimal(ansa_bytes_text("63"), 63, &n), ANSA_OK);
        assert_err("over", text_decimal(ansa_bytes_text("64"), 63, &n), ANSA_E_LIMIT);
}

static void writes_base64(void **state)
{
        (void)state;
        for (size_t i = 0; i < 7; i++) { /* the rows of the RFC */
                uint8_t room[16];
                struct buf b = buf_over(room, sizeof(room));
                struct sample in = sample_hex(base64_cases[i].want_hex);
                text_put_base64(&b, sample_bytes(&in), TEXT_BASE64);
                assert_bytes("rfc", buf_written(&b), ansa_bytes_text(base64_cases[i].text));
        }
        struct rng r = { 6 };
        for (unsigned i = 0; i < 500; i++) {
                uint8_t data[40];
                uint8_t text[64];
                uint8_t back[40];
                enum text_base64 alphabet = i % 2 == 0 ? TEXT_BASE64 : TEXT_BASE64URL;
                struct ansa_bytes in = rng_bytes(&r, data, sizeof(data));
                struct buf t = buf_over(text, sizeof(text));
                struct buf b = buf_over(back, sizeof(back));
                text_put_base64(&t, in, alphabet);
                struct ansa_bytes out = buf_written(&t);
                assert_int_equal(out.size, alphabet == TEXT_BASE64 ? (in.size + 2) / 3 * 4
                                                                   : (in.size * 4 + 2) / 3);
                assert_err("back", text_base64(out, &b), ANSA_OK);
                assert_bytes("back", buf_written(&b), in);
        }
        struct ansa_bytes high = ANSA_BYTES_LIT("\xfb\xff\xbf\xff");
        uint8_t room[16];
        struct buf b = buf_over(room, sizeof(room));
        text_put_base64(&b, high, TEXT_BASE64URL);
        assert_bytes("url", buf_written(&b), ANSA_BYTES_LIT("-_-__w"));
}

static const struct time_case {
        const char *text;
        enum ansa_err want;
        uint32_t want_seconds;
} time_cases[] = {
        { "1970-01-01T00:00:00Z", ANSA_OK, 0 },
        { "2015-05-20T08:04:47Z", ANSA_OK, 1432109087 },
        { "2000-02-29T23:59:59Z", ANSA_OK, 951868799 },
        { "2038-01-19T03:14:08Z", ANSA_OK, 2147483648u },
        { "2106-02-07T06:28:15Z", ANSA_OK, UINT32_MAX },
        { "2106-02-07T06:28:16Z", ANSA_E_LIMIT, 0 },
        { "2015-05-20T08:04:47.123Z", ANSA_OK, 1432109087 },
        { "2016-12-31T23:59:60Z", ANSA_OK, 1483228800 },
        { "2015-02-29T00:00:00Z", ANSA_E_MALFORMED, 0 },
        { "2015-04-31T00:00:00Z", ANSA_E_MALFORMED, 0 },
        { "2015-13-01T00:00:00Z", ANSA_E_MALFORMED, 0 },
        { "2015-00-01T00:00:00Z", ANSA_E_MALFORMED, 0 },
        { "2015-05-00T00:00:00Z", ANSA_E_MALFORMED, 0 },
        { "2015-05-20T24:00:00Z", ANSA_E_MALFORMED, 0 },
        { "2015-05-20T08:60:47Z", ANSA_E_MALFORMED, 0 },
        { "2015-05-20T08:04:61Z", ANSA_E_MALFORMED, 0 },
        { "1969-12-31T23:59:59Z", ANSA_E_MALFORMED, 0 },
        { "2015-05-20T08:04:47", ANSA_E_MALFORMED, 0 },
        { "2015-05-20 08:04:47Z", ANSA_E_MALFORMED, 0 },
        { "2015-05-20T08:04:47+00:00Z", ANSA_E_MALFORMED, 0 },
        { "2015-05-20T08:04:47.1x3Z", ANSA_E_MALFORMED, 0 },
        { "20x5-05-20T08:04:47Z", ANSA_E_MALFORMED, 0 },
        { "", ANSA_E_MALFORMED, 0 },
        { "Z", ANSA_E_MALFORMED, 0 },
};

static void reads_and_writes_time(void **state)
{
        (void)state;
        for (size_t i = 0; i < COUNT_OF(time_cases); i++) {
                const struct time_case *t = &time_cases[i];
                uint32_t seconds = 1;
                assert_err(t->text, text_time(ansa_bytes_text(t->text), &seconds), t->want);
                if (seconds != t->want_seconds)
                        fail_msg("%s: %u", t->text, seconds);
        }
        struct rng r = { 7 };
        for (unsigned i = 0; i < 500; i++) {
                uint8_t room[32];
                struct buf b = buf_over(room, sizeof(room));
                uint32_t in = (uint32_t)rng_next(&r);
                uint32_t out;
                text_put_time(&b, in);
                assert_int_equal(buf_written(&b).size, 20);
                assert_err("again", text_time(buf_written(&b), &out), ANSA_OK);
                assert_int_equal(out, in);
        }
}

/* Every day that there is, against the C library. */
static void writes_every_day(void **state)
{
        (void)state;
        for (uint32_t day = 0; day <= UINT32_MAX / 86400; day++) {
                time_t when = (time_t)day * 86400 + day % 86400;
                if (when > UINT32_MAX)
                        break;
                struct tm utc;
                char want[64];
                uint8_t room[64];
                struct buf b = buf_over(room, sizeof(room));
                assert_non_null(gmtime_r(&when, &utc));
                text_put_time(&b, (uint32_t)when);
                text_put_http_time(&b, (uint32_t)when);
                assert_true(strftime(want, sizeof(want),
                                     "%Y-%m-%dT%H:%M:%SZ%a, %d %b %Y %H:%M:%S GMT", &utc) > 0);
                if (!ansa_bytes_equal(buf_written(&b), ansa_bytes_text(want)))
                        fail_msg("%s: %.*s", want, (int)b.size, (const char *)room);
        }
}

static void trims(void **state)
{
        (void)state;
        static const char *const texts[][2] = {
                { "a", "a" },  { " \t\r\na b\n\x01", "a b" }, { "", "" },
                { " \n", "" }, { "\xc2\xa0", "\xc2\xa0" },
        };
        for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
                assert_bytes(texts[i][1], text_trim(ansa_bytes_text(texts[i][0])),
                             ansa_bytes_text(texts[i][1]));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(reads_numbers),        cmocka_unit_test(trims),
                cmocka_unit_test(folds_ascii_only),     cmocka_unit_test(knows_utf8),
                cmocka_unit_test(reads_and_writes_hex), cmocka_unit_test(reads_base64),
                cmocka_unit_test(reads_exact_base64),   cmocka_unit_test(reads_decimals),
                cmocka_unit_test(writes_base64),        cmocka_unit_test(reads_and_writes_time),
                cmocka_unit_test(writes_every_day),
        };
        return cmocka_run_group_tests_name("base/text", tests, NULL, NULL);
}
