/* SPDX-License-Identifier: Apache-2.0 */
/* Headers that records give to an answer (rest-api 7.4), and those they may not. */
#include "records.h"

#include "http/links.h"

struct gathered {
        struct buf b;
        size_t count;
};

static enum ansa_err gather(void *context, const struct links_header *header)
{
        struct gathered *g = context;
        buf_bytes(&g->b, header->name);
        buf_text(&g->b, ": ");
        buf_bytes(&g->b, header->value);
        buf_u8(&g->b, '\n');
        g->count++;
        for (size_t i = 0; i < header->value.size; i++)
                assert_true(header->value.at[i] >= 0x20 && header->value.at[i] < 0x7f);
        return ANSA_OK;
}

static void build(struct locations *l, struct arena *arena, const char *own, const char *namespace)
{
        static uint8_t rooms[2][100000];
        locations_init(l, arena, ANSA_BYTES_LIT("35.TEST/a b"), 1000);
        assert_int_equal(locations_add_own(l, values_of(own, rooms[0], sizeof(rooms[0]))), ANSA_OK);
        const struct locations_want want = { .source = LOCATION_NAMESPACE };
        assert_int_equal(locations_add(l, &want, values_of(namespace, rooms[1], sizeof(rooms[1]))),
                         ANSA_OK);
        assert_int_equal(locations_finish(l), ANSA_OK);
}

static const struct row {
        const char *rule;
        const char *own;
        const char *namespace;
        const char *want;
        const char *head;
} rows[] = {
        /* clang-format off */
        { "a link",
          "10320/links=<links><location rel='item' href='http://e/x'/></links>", "",
          "Link: <http://e/x>; rel=\"item\"\n", "" },
        { "all parameters",
          "10320/links=<l><location rel='describedby item' href='http://e/x' anchor='http://e/y' media-type='text/html' "
          "target-type='a/b' media='print' hreflang='de' title='A &quot;b&quot; \\'/></l>", "",
          "Link: <http://e/x>; anchor=\"http://e/y\"; rel=\"describedby item\"; type=\"text/html\"; target-type=\"a/b\"; "
          "media=\"print\"; hreflang=\"de\"; title=\"A \\\"b\\\" \\\\\"\n", "" },
        { "title of other letters",
          "10320/links=<l><location rel='item' href='http://e/x' title='\xc3\xa9t\xc3\xa9'/></l>", "",
          "Link: <http://e/x>; rel=\"item\"; title*=UTF-8''%C3%A9t%C3%A9\n", "" },
        { "title with a language",
          "10320/links=<l><location rel='item' href='http://e/x' title='a b' titlelang='en-GB'/></l>", "",
          "Link: <http://e/x>; rel=\"item\"; title*=UTF-8'en-GB'a%20b\n", "" },
        { "anchor-id",
          "10320/links=<l><location id='1' href_template='http://e/{hdl}'/><location rel='item' href='http://e/x' anchor-id='1'/></l>", "",
          "Link: <http://e/x>; anchor=\"http://e/35.TEST%2Fa%20b\"; rel=\"item\"\n", "" },
        { "also of 10320/loc",
          "10320/loc=<l><location rel='item' href='http://e/x'/><location href='http://e/y'/></l>", "",
          "Link: <http://e/x>; rel=\"item\"\n", "" },
        { "no rel, no href, no safe href",
          "10320/links=<l><location href='http://e/'/><location rel='item'/><location rel=' ' href='http://e/'/>"
          "<location rel='item' href='javascript:x'/><location rel='item' href='/x'/></l>", "", "", "" },
        { "relations that browsers act on",
          "10320/links=<l><location rel='stylesheet' href='http://e/'/><location rel='item PRELOAD' href='http://e/'/></l>", "", "", "" },
        { "hostile href",
          "10320/links=<l><location rel='item' href='http://e/&gt;, &lt;http://f/&gt;; rel=&quot;next&quot;&#13;&#10;X: y'/></l>", "",
          "Link: <http://e/%3E,%20%3Chttp://f/%3E;%20rel=%22next%22%0D%0AX:%20y>; rel=\"item\"\n", "" },
        { "hostile parameters",
          "10320/links=<l><location rel='item' href='http://e/' media='a&#13;&#10;X: y' hreflang='\xc3\xa9' anchor='&quot;'/></l>", "",
          "Link: <http://e/>; rel=\"item\"\n", "" },
        { "of the namespace",
          "URL=x", "10320/links=<l><location rel='item' href='http://e/n'/></l>", "Link: <http://e/n>; rel=\"item\"\n", "" },
        { "own ones first",
          "10320/links=<l><location rel='item' href='http://e/o'/></l>", "10320/links=<l><location rel='item' href='http://e/n'/></l>",
          "Link: <http://e/o>; rel=\"item\"\nLink: <http://e/n>; rel=\"item\"\n", "" },
        { "suppressNsHeaders",
          "10320/loc=<l suppressNsHeaders='true'/>", "10320/links=<l><location rel='item' href='http://e/n'/></l>\n10320/headers=X-A: b", "", "" },
        { "suppressNsHeadersIfLocalHeaders, with local ones",
          "10320/loc=<l suppressNsHeadersIfLocalHeaders='true'/>\n10320/headers=X-A: a", "10320/headers=X-A: b", "X-A: a\n", "" },
        { "suppressNsHeadersIfLocalHeaders, without",
          "10320/loc=<l suppressNsHeadersIfLocalHeaders='true'/>", "10320/headers=X-A: b", "X-A: b\n", "" },

        { "a header",                "10320/headers=X-Test: a, b", "", "X-Test: a, b\n", "" },
        { "a template in it",        "10320/headers=X-Test: {hdl} {hdl:path}", "", "X-Test: 35.TEST%2Fa%20b 35.TEST/a%20b\n", "" },
        { "lines and space",         "10320/headers=  X-A :no\r X-B:  b  \r\r", "", "X-B: b\n", "" },
        { "Link as a header",        "10320/headers=Link: <http://e/>; rel=\"item\"", "", "Link: <http://e/>; rel=\"item\"\n", "" },
        { "Link that acts",          "10320/headers=Link: <http://e/>; rel=stylesheet", "", "", "" },
        { "not ASCII",               "10320/headers=X-A: \xc3\xa9", "", "", "" },
        { "control character",       "10320/headers=X-A: a\x01 b", "", "", "" },
        { "no name, no value, no colon", "10320/headers=: a\rX-A:\rX-A", "", "", "" },
        { "name with a space",       "10320/headers=X A: b", "", "", "" },

        { "meta",      "10320/headers=<meta name='citation_title' content='A &amp; \"B\"'>", "", "",
          "<meta name=\"citation_title\" content=\"A &amp; &quot;B&quot;\">\n" },
        { "meta, closed", "10320/headers=<META name=\"a\" content=\"{hdl}\" />", "", "", "<meta name=\"a\" content=\"35.TEST%2Fa%20b\">\n" },
        { "link",      "10320/headers=<link rel='item' href='http://e/'>", "", "", "<link rel=\"item\" href=\"http://e/\">\n" },
        { "link to a script", "10320/headers=<link rel='item' href='javascript:x'>", "", "", "<link rel=\"item\">\n" },
        { "script",    "10320/headers=<script>alert(1)</script>", "", "", "" },
        { "script in an attribute", "10320/headers=<meta name='a' onload='x'>", "", "", "" },
        { "refresh",   "10320/headers=<meta http-equiv='refresh' content='0;url=http://e/'>", "", "", "" },
        { "stylesheet", "10320/headers=<link rel='StyleSheet' href='http://e/'>", "", "", "" },
        { "base",      "10320/headers=<base href='http://e/'>", "", "", "" },
        { "two at once", "10320/headers=<meta name='a'><script>", "", "", "" },
        { "content",   "10320/headers=<meta name='a'><b/></meta>", "", "", "" },
        { "referrer",  "10320/headers=<meta name=' Referrer' content='unsafe-url'>", "", "", "" },
        { "who owns this host", "10320/headers=<meta name='google-site-verification' content='x'>", "", "", "" },
        { "not closed", "10320/headers=<meta name='a'", "", "", "" },
        { "nothing in it", "10320/headers=<\r<>\r</>\r<meta>", "", "", "" },
        /* clang-format on */
};

static void headers(void **state)
{
        (void)state;
        for (size_t i = 0; i < COUNT_OF(rows); i++) {
                const struct row *r = &rows[i];
                struct arena arena;
                struct locations l;
                struct gathered g = { buf_growing(65536), 0 };
                struct buf head = buf_growing(65536);
                arena_init(&arena, 1u << 20);
                build(&l, &arena, r->own, r->namespace);
                assert_err(r->rule, links_put(&l, gather, &g), ANSA_OK);
                assert_err(r->rule, links_put_headers(&l, gather, &g, &head), ANSA_OK);
                assert_bytes(r->rule, buf_written(&g.b), ansa_bytes_text(r->want));
                assert_bytes(r->rule, buf_written(&head), ansa_bytes_text(r->head));
                buf_fini(&g.b);
                buf_fini(&head);
                arena_fini(&arena);
        }
}

static void names(void **state)
{
        (void)state;
        static const char *const may[] = { "X-Test", "x",    "Content",         "Deprecation",
                                           "Sunset", "Link", "Memento-Datetime" };
        static const char *const may_not[] = {
                "Content-Length",
                "content-type",
                "CONTENT-ENCODING",
                "Content-Security-Policy",
                "Transfer-Encoding",
                "Connection",
                "Keep-Alive",
                "Set-Cookie",
                "Set-Cookie2",
                "Location",
                "Refresh",
                "Host",
                "Upgrade",
                "Trailer",
                "TE",
                "Date",
                "Server",
                "Status",
                "Expires",
                "Cache-Control",
                "Vary",
                "ETag",
                "Age",
                "Access-Control-Allow-Origin",
                "WWW-Authenticate",
                "Proxy-Connection",
                "Sec-Anything",
                "Strict-Transport-Security",
                "X-Frame-Options",
                "X-Content-Type-Options",
                "X-Accel-Redirect",
                "X-Sendfile",
                "Clear-Site-Data",
                "Service-Worker-Allowed",
                "Alt-Svc",
                "Cross-Origin-Opener-Policy",
                "",
                "a b",
                "a:b",
                "a\r\n",
                "a\tb",
                "\xc3\xa9",
                "a(b)",
                "a/b",
        };
        for (size_t i = 0; i < COUNT_OF(may); i++) {
                if (!links_may_set(ansa_bytes_text(may[i])))
                        fail_msg("%s", may[i]);
        }
        for (size_t i = 0; i < COUNT_OF(may_not); i++) {
                if (links_may_set(ansa_bytes_text(may_not[i])))
                        fail_msg("%s", may_not[i]);
        }
        char name[66];
        memset(name, 'x', 65);
        name[65] = '\0';
        assert_false(links_may_set(ansa_bytes_text(name)));
        name[64] = '\0';
        assert_true(links_may_set(ansa_bytes_text(name)));
}

static void maxima(void **state)
{
        (void)state;
        static char record[90000];
        struct arena arena;
        struct locations l;
        struct gathered g = { buf_growing(65536), 0 };
        struct buf head = buf_growing(65536);
        size_t at = (size_t)snprintf(record, sizeof(record), "10320/links=<l>");
        for (unsigned i = 0; i < 100; i++)
                at += (size_t)snprintf(record + at, sizeof(record) - at,
                                       "<location rel='i' href='http://e/%u'/>", i);
        at += (size_t)snprintf(record + at, sizeof(record) - at, "</l>\n10320/headers=");
        for (unsigned i = 0; i < 200; i++)
                at += (size_t)snprintf(record + at, sizeof(record) - at, "X-%u: a\r", i);
        at += (size_t)snprintf(record + at, sizeof(record) - at, "\n10320/headers=");
        for (unsigned i = 0; i < 100; i++)
                at += (size_t)snprintf(record + at, sizeof(record) - at, "<meta name='%0200u'>\r",
                                       i);
        arena_init(&arena, 4u << 20);
        build(&l, &arena, record, "");
        assert_int_equal(links_put(&l, gather, &g), ANSA_OK);
        assert_int_equal(g.count, LINKS_MAX);
        g.count = 0;
        assert_int_equal(links_put_headers(&l, gather, &g, &head), ANSA_OK);
        assert_int_equal(g.count, LINKS_HEADERS_MAX);
        assert_true(head.size > LINKS_HEAD_SIZE_MAX / 2 && head.size <= LINKS_HEAD_SIZE_MAX);

        /* One line of the longest, one octet more. */
        for (unsigned more = 0; more < 2; more++) {
                at = (size_t)snprintf(record, sizeof(record), "10320/headers=X-A: ");
                memset(record + at, 'x', LINKS_HEADER_SIZE_MAX);
                record[at + LINKS_HEADER_SIZE_MAX - 5 + more] = '\0';
                build(&l, &arena, record, "");
                g.count = 0;
                assert_int_equal(links_put_headers(&l, gather, &g, &head), ANSA_OK);
                assert_int_equal(g.count, 1 - more);
        }
        buf_fini(&g.b);
        buf_fini(&head);
        arena_fini(&arena);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(headers),
                cmocka_unit_test(names),
                cmocka_unit_test(maxima),
        };
        return cmocka_run_group_tests_name("http/links", tests, NULL, NULL);
}
