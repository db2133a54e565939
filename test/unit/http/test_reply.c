/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "http/match.h"
#include "http/query.h"
#include "http/reply.h"
#include "http/uri.h"
#include "wire/json.h"

static const char *text_of(struct buf *b)
{
        buf_u8(b, 0);
        assert_int_equal(b->err, ANSA_OK);
        return (const char *)b->at;
}

static void test_indent(void **state)
{
        (void)state;
        static const struct {
                const char *rule;
                const char *json;
                const char *want;
        } rows[] = {
                { "empty forms stay on one line", "{\"a\":[],\"b\":{}}",
                  "{\n  \"a\": [],\n  \"b\": {}\n}\n" },
                { "texts are left alone", "{\"a\":\"{,:[\\\"]}\\\\\"}",
                  "{\n  \"a\": \"{,:[\\\"]}\\\\\"\n}\n" },
                { "lists in lists", "[1,[2,3]]", "[\n  1,\n  [\n    2,\n    3\n  ]\n]\n" },
                { "a text that does not end", "[\"a\\", "[\n  \"a\\\n" },
                { "closing what was never open", "]", "]\n" },
        };
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                struct buf b = buf_growing(1000);
                reply_indent(ansa_bytes_text(rows[i].json), &b);
                print_message("%s\n", rows[i].rule);
                assert_string_equal(text_of(&b), rows[i].want);
                buf_fini(&b);
        }
}

static void test_callback(void **state)
{
        (void)state;
        static const struct {
                const char *rule;
                const char *name;
                const char *want;
        } rows[] = {
                { "letters, _ and $ stay", "aZ_$9", "aZ_$9" },
                { "no digit at first", "9a9", "_a9" },
                { "all else is _", "a.b(c);", "a_b_c__" },
                { "below U+00A0 is _", "\xc2\x9f", "_" },
                { "from U+00A0 on it stays", "\xc2\xa0\xc3\xa9", "\xc2\xa0\xc3\xa9" },
                { "a line separator is _",
                  "a\xe2\x80\xa8"
                  "b",
                  "a_b" },
                { "no UTF-8 is _", "\xff\xc3", "__" },
                { "markup is _", "</script>", "__script_" },
        };
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                struct buf b = buf_growing(1000);
                reply_put_callback(ansa_bytes_text(rows[i].name), &b);
                print_message("%s\n", rows[i].rule);
                assert_string_equal(text_of(&b), rows[i].want);
                buf_fini(&b);
        }
}

static void test_script(void **state)
{
        (void)state;
        struct buf b = buf_growing(1000);
        reply_put_script(ANSA_BYTES_LIT("\"a\xe2\x80\xa8\xe2\x80\xa9z\xe2\x80\xaa\""), &b);
        assert_string_equal(text_of(&b), "\"a\\u2028\\u2029z\xe2\x80\xaa\"");
        buf_reset(&b);
        reply_put_script(ANSA_BYTES_LIT("\xe2\x80"), &b);
        assert_string_equal(text_of(&b), "\xe2\x80");
        buf_fini(&b);
}

/* "key=value|key|" of all parameters. */
static const char *show(const struct query *q, struct buf *b)
{
        buf_reset(b);
        for (size_t i = 0; i < q->count; i++) {
                buf_text(b, i > 0 ? "|" : "");
                buf_bytes(b, q->at[i].key);
                buf_text(b, q->at[i].has_value ? "=" : "");
                buf_bytes(b, q->at[i].value);
        }
        return text_of(b);
}

static void test_query(void **state)
{
        (void)state;
        static const struct {
                const char *rule;
                enum query_style style;
                const char *text;
                const char *want; /* NULL: malformed */
        } rows[] = {
                { "nothing", QUERY_API, "", "" },
                { "key alone", QUERY_API, "a", "a" },
                { "key and =", QUERY_API, "a=", "a=" },
                { "repeated, in order", QUERY_API, "a=1&b=2&a=3", "a=1|b=2|a=3" },
                { "= in the value", QUERY_API, "a=b=c", "a=b=c" },
                { "empty parts", QUERY_API, "&&a&", "a" },
                { "+ is a space", QUERY_API, "a=b+c", "a=b c" },
                { "%2B is a plus", QUERY_API, "a=b%2Bc", "a=b+c" },
                { "decoded once", QUERY_API, "a%3d=%2526", "a==%26" },
                { "; is not special", QUERY_API, "a=1;b=2", "a=1;b=2" },
                { "; separates", QUERY_RESOLVER, "a=1;b=2", "a=1|b=2" },
                { "+ is a plus", QUERY_RESOLVER, "a=b+c", "a=b+c" },
                { "bad digits", QUERY_API, "a=%zz", NULL },
                { "cut off", QUERY_API, "a=%4", NULL },
                { "cut off in the key", QUERY_API, "a%", NULL },
        };
        struct buf b = buf_growing(1000);
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                struct arena arena;
                struct query q;
                arena_init(&arena, 1u << 20);
                print_message("%s\n", rows[i].rule);
                enum ansa_err err =
                        query_parse(ansa_bytes_text(rows[i].text), rows[i].style, &arena, &q);
                assert_int_equal(err, rows[i].want != NULL ? ANSA_OK : ANSA_E_MALFORMED);
                assert_string_equal(show(&q, &b), rows[i].want != NULL ? rows[i].want : "");
                arena_fini(&arena);
        }
        buf_fini(&b);
}

static void test_query_limit(void **state)
{
        (void)state;
        for (size_t count = QUERY_MAX; count <= QUERY_MAX + 1; count++) {
                struct arena arena;
                struct query q;
                struct buf b = buf_growing(100000);
                arena_init(&arena, 1u << 20);
                for (size_t i = 0; i < count; i++)
                        buf_text(&b, i > 0 ? "&a" : "a");
                enum ansa_err err = query_parse(buf_written(&b), QUERY_API, &arena, &q);
                assert_int_equal(err, count == QUERY_MAX ? ANSA_OK : ANSA_E_LIMIT);
                assert_int_equal(q.count, count == QUERY_MAX ? count : 0);
                buf_fini(&b);
                arena_fini(&arena);
        }
}

static void test_query_json(void **state)
{
        (void)state;
        static const struct {
                const char *rule;
                const char *json;
                const char *want; /* NULL: refused */
        } rows[] = {
                { "texts and numbers", "{\"a\":\"x\",\"b\":7}", "a=x|b=7" },
                { "booleans", "{\"a\":true,\"b\":false}", "a=true|b=false" },
                { "lists are repeated", "{\"a\":[1,\"2\"]}", "a=1|a=2" },
                { "null is not there", "{\"a\":null}", "" },
                { "no object", "[1]", NULL },
                { "an object as a value", "{\"a\":{}}", NULL },
                { "a list in a list", "{\"a\":[[1]]}", NULL },
                { "a fraction", "{\"a\":1.5}", NULL },
                { "not JSON", "a=1", NULL },
                { "member twice", "{\"a\":1,\"a\":2}", NULL },
        };
        struct buf b = buf_growing(1000);
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                struct arena arena;
                struct query q;
                struct json_problem problem = { "" };
                arena_init(&arena, 1u << 20);
                print_message("%s\n", rows[i].rule);
                enum ansa_err err =
                        query_from_json(ansa_bytes_text(rows[i].json), &arena, &q, &problem);
                assert_int_equal(err == ANSA_OK, rows[i].want != NULL);
                assert_int_equal(problem.text[0] == 0, rows[i].want != NULL);
                assert_string_equal(show(&q, &b), rows[i].want != NULL ? rows[i].want : "");
                arena_fini(&arena);
        }
        buf_fini(&b);
}

static void test_match(void **state)
{
        (void)state;
        static const struct {
                const char *header;
                bool strong;
                bool weak;
        } etags[] = {
                { "\"a\"", true, true },
                { "W/\"a\"", false, true },
                { "*", true, true },
                { " \"b\" , \"a\"", true, true },
                { "\"b,\\\"a\\\"\"", false, false },
                { "\"a", false, false },
                { "", false, false },
                { "a", false, false },
                { "\"x,\", \"a\"", true, true },
        };
        for (size_t i = 0; i < sizeof(etags) / sizeof(etags[0]); i++) {
                struct ansa_bytes header = ansa_bytes_text(etags[i].header);
                print_message("%s\n", etags[i].header);
                assert_int_equal(match_etag(header, ANSA_BYTES_LIT("\"a\""), false),
                                 etags[i].strong);
                assert_int_equal(match_etag(header, ANSA_BYTES_LIT("\"a\""), true), etags[i].weak);
        }
        assert_true(match_accepts_coding(ANSA_BYTES_LIT("deflate, GZIP;q=0.5"), "gzip"));
        assert_false(match_accepts_coding(ANSA_BYTES_LIT("gzip;q=0"), "gzip"));
        assert_false(match_accepts_coding(ANSA_BYTES_LIT("gzip; q=0.000"), "gzip"));
        assert_false(match_accepts_coding(ANSA_BYTES_LIT("xgzip"), "gzip"));
        assert_true(match_media_type(ANSA_BYTES_LIT("Application/JSON ; charset=x"),
                                     "application/json"));
        assert_false(match_media_type(ANSA_BYTES_LIT("application/jsonp"), "application/json"));
        assert_false(match_media_type(ANSA_BYTES_LIT(""), "application/json"));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_indent),      cmocka_unit_test(test_callback),
                cmocka_unit_test(test_script),      cmocka_unit_test(test_query),
                cmocka_unit_test(test_query_limit), cmocka_unit_test(test_query_json),
                cmocka_unit_test(test_match),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
