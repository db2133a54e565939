/* SPDX-License-Identifier: Apache-2.0 */
/* What strangers wrote, in URLs, in HTML, as numbers. */
#include "../support.h"

#include "http/decimal.h"
#include "http/escape.h"
#include "http/html.h"
#include "http/resolver_page.h"

struct pair {
        const char *in;
        const char *want;
};

static uint8_t room[4096];

#define CHECK_EACH(rows, call)                                                                \
        for (size_t i = 0; i < COUNT_OF(rows); i++) {                                         \
                struct buf b = buf_over(room, sizeof(room));                                  \
                struct ansa_bytes in = ansa_bytes_text((rows)[i].in);                         \
                call;                                                                         \
                assert_int_equal(b.err, ANSA_OK);                                             \
                assert_bytes((rows)[i].in, buf_written(&b), ansa_bytes_text((rows)[i].want)); \
        }

static void percent(void **state)
{
        (void)state;
        static const struct pair plain[] = {
                { "AZaz09-._~", "AZaz09-._~" },
                { "a/b c", "a%2Fb%20c" },
                { "\xc3\xa9\xff\x01\"<>", "%C3%A9%FF%01%22%3C%3E" },
        };
        CHECK_EACH(plain, escape_put_percent(in, "", &b));
        static const struct pair slashes[] = { { "a/b?", "a/b%3F" } };
        CHECK_EACH(slashes, escape_put_percent(in, "/", &b));
        static const struct pair decoded[] = {
                { "a%2fb%2Fc", "a/b/c" }, { "%", "%" },       { "a%2", "a%2" },
                { "%zz%4", "%zz%4" },     { "%2525", "%25" }, { "a+b", "a+b" },
                { "%C3%A9", "\xc3\xa9" },
        };
        CHECK_EACH(decoded, escape_put_decoded(in, false, &b));
        static const struct pair form[] = { { "a+b%2B", "a b+" } };
        CHECK_EACH(form, escape_put_decoded(in, true, &b));
}

static void paths(void **state)
{
        (void)state;
        static const struct pair rows[] = {
                { "10.1000/182", "10.1000/182" },
                { "10.1000/a b?c#d", "10.1000/a%20b%3Fc%23d" },
                { "10.1000/S(1)<2>;2-A", "10.1000/S(1)%3C2%3E%3B2-A" },
                { "10.1000/100%", "10.1000/100%25" },
                { "10.1000/../../api", "10.1000/%2E%2E/%2E%2E/api" }, /* nobody tidies it up */
                { "10.1000/.", "10.1000/%2E" },
                { "10.1000//x/", "10.1000/%2Fx/" },
                { "10.1000/...", "10.1000/..." },
                { "", "" },
        };
        CHECK_EACH(rows, escape_put_path(in, &b));
}

static void safe_urls(void **state)
{
        (void)state;
        static const char *const safe[] = {
                "http://example.org", "HTTPS://example.org/", " https://e/ ",
                "ftp://e/x",          "mailto:a@example.org", "tel:+44",
                "urn:isbn:1",         "magnet:?xt=1",
        };
        static const char *const not_safe[] = {
                "javascript:alert(1)",
                "JavaScript:alert(1)",
                " javascript:alert(1)",
                "java\nscript:alert(1)",
                "\x01javascript:alert(1)",
                "data:text/html,x",
                "vbscript:x",
                "file:///etc/passwd",
                "blob:http://e/1",
                "about:blank",
                "view-source:http://e/",
                "filesystem:http://e/",
                "intent://e/",
                "ms-settings:x",
                "",
                "example.org",
                "/x",
                "//example.org/x",
                "http:",
                "http:/",
                "http://",
                "http:x",
                "http:///x",
                "https://?x",
                "https://#",
                "https://\\e",
                "1http://e/",
                ":x",
                "http",
        };
        for (size_t i = 0; i < COUNT_OF(safe); i++) {
                if (!escape_is_safe_url(ansa_bytes_text(safe[i])))
                        fail_msg("%s", safe[i]);
        }
        for (size_t i = 0; i < COUNT_OF(not_safe); i++) {
                if (escape_is_safe_url(ansa_bytes_text(not_safe[i])))
                        fail_msg("%s", not_safe[i]);
        }
}

static void locations(void **state)
{
        (void)state;
        static const struct {
                const char *in;
                const char *append;
                const char *want;
        } rows[] = {
                { "http://e/a?b=c&d;e=%20#f", "", "http://e/a?b=c&d;e=%20#f" },
                { " \t\r\nhttp://e/ \n", "", "http://e/" },
                { "http://e/\xc3\xa9 <\"`{|}^\\>", "",
                  "http://e/%C3%A9%20%3C%22%60%7B%7C%7D%5E%5C%3E" },
                { "http://e/\r\nSet-Cookie: a=b", "", "http://e/%0D%0ASet-Cookie:%20a=b" },
                { "http://e/x", "?y=z#w", "http://e/x?y=z#w" },
                { "http://e/x", "y\r\nz ", "http://e/xy%0D%0Az" },
                /* What is appended does not become part of the host. */
                { "http://e", "/y", "http://e/y" },
                { "http://e", "?y", "http://e?y" },
                { "http://e", "#y", "http://e#y" },
                { "http://e", ".evil.example/", "http://e/.evil.example/" },
                { "http://e", "@evil.example/", "http://e/@evil.example/" },
                { "http://e:80", "80@evil.example/", "http://e:80/80@evil.example/" },
                { "http://e ", "\\y", "http://e/%5Cy" },
                { "mailto:a@example.org", "?subject=x", "mailto:a@example.org?subject=x" },
        };
        for (size_t i = 0; i < COUNT_OF(rows); i++) {
                struct buf b = buf_over(room, sizeof(room));
                escape_put_location(ansa_bytes_text(rows[i].in), ansa_bytes_text(rows[i].append),
                                    &b);
                assert_bytes(rows[i].in, buf_written(&b), ansa_bytes_text(rows[i].want));
        }
}

static void html(void **state)
{
        (void)state;
        static const struct pair text[] = {
                { "<script>\"'&", "&lt;script&gt;&quot;&#39;&amp;" },
                { "\xc3\xa9\xf0\x9f\x98\x80", "\xc3\xa9\xf0\x9f\x98\x80" },
                { "a\x01\x7f\xc2\x85z\xff\xc3",
                  "a\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbdz\xef\xbf\xbd\xef\xbf\xbd" },
                { "a\tb\nc", "a\tb\nc" },
        };
        CHECK_EACH(text, html_put_text(&b, in));
        static const struct pair cut[] = { { "abc", "abc" },
                                           { "abcd", "abc\xe2\x80\xa6" },
                                           { "<<<<", "&lt;&lt;&lt;\xe2\x80\xa6" } };
        CHECK_EACH(cut, (void)html_put_cut(&b, in, 3));
        static const struct pair links[] = {
                { "http://e/?a&b=\"",
                  "<a rel=\"noreferrer\" href=\"http://e/?a&amp;b=%22\"><bdi>http://e/?a&amp;b=&quot;</bdi></a>" },
                { "javascript:alert(1)", "<bdi>javascript:alert(1)</bdi>" },
        };
        CHECK_EACH(links, html_put_link(&b, in));
}

static void decimals(void **state)
{
        (void)state;
        static const struct {
                const char *text;
                int64_t want;
        } rows[] = {
                { "1", DECIMAL_ONE },
                { " 0.5\t", 500000 },
                { ".25", 250000 },
                { "3.", 3000000 },
                { "-1.5", -1500000 },
                { "+2", 2000000 },
                { "0.0000019", 1 },
                { "1000000001", DECIMAL_MAX },
                { "99999999999999999999999", DECIMAL_MAX },
                { "1000000000.9", DECIMAL_MAX },
                { "", 7 },
                { ".", 7 },
                { "-", 7 },
                { "1e3", 7 },
                { "1,5", 7 },
                { "0x1", 7 },
                { "1 2", 7 },
                { "NaN", 7 },
                { "--1", 7 },
        };
        for (size_t i = 0; i < COUNT_OF(rows); i++) {
                if (decimal_parse(ansa_bytes_text(rows[i].text), 7) != rows[i].want)
                        fail_msg("%s", rows[i].text);
        }
        static const int64_t numbers[] = {
                0, 1, 999999, DECIMAL_ONE, 2500000, -1500000, DECIMAL_MAX
        };
        for (size_t i = 0; i < COUNT_OF(numbers); i++) {
                struct buf b = buf_over(room, sizeof(room));
                decimal_put(numbers[i], &b);
                assert_int_equal(decimal_parse(buf_written(&b), 7), numbers[i]);
        }
        struct buf b = buf_over(room, sizeof(room));
        decimal_put(2500000, &b);
        assert_bytes("2.5", buf_written(&b), ANSA_BYTES_LIT("2.5"));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(percent),   cmocka_unit_test(paths), cmocka_unit_test(safe_urls),
                cmocka_unit_test(locations), cmocka_unit_test(html),  cmocka_unit_test(decimals),
        };
        return cmocka_run_group_tests_name("http/escape", tests, NULL, NULL);
}
