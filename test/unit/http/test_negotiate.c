/* SPDX-License-Identifier: Apache-2.0 */
/* What headers imply (rest-api 7.3). */
#include "../support.h"

#include "http/negotiate.h"

#define HTML    " ctype:text/html media-type:text/html"
#define BROWSER "http_role:browser" HTML
#define NO      NULL /* no such header */

static const struct row {
        const char *rule;
        const char *accept;
        const char *language;
        const char *agent;
        bool is_metadata;
        const char *want; /* key:value, by spaces */
} rows[] = {
        /* clang-format off */
        { "no Accept, a browser",       NO,    "", "Mozilla/5.0 (X11)", false, BROWSER },
        { "no Accept, an old browser",  NO,    "", "opera/9",           false, BROWSER },
        { "no Accept, something else",  NO,    "", "curl/8",            false, "http_role:no_conneg" },
        { "no Accept, no name",         NO,    "", "",                  false, "http_role:no_conneg" },
        { "Mozilla within a name",      NO,    "", "x Mozilla/5.0",     false, "http_role:no_conneg" },
        { "*/* only",                   "*/*", "", "Mozilla/5.0",       false, BROWSER },
        { "*/* only, something else",   "*/*;q=0.8", "", "curl/8",      false, "http_role:no_conneg" },
        { "empty Accept",               "",    "", "curl/8",            false, "http_role:no_conneg" },

        { "what a browser sends", "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8",
          "", "", false, BROWSER },
        { "images only",           "image/png,image/*;q=0.5", "", "", false, "http_role:browser" },
        { "XML only",              "application/xml", "", "", false, "http_role:browser" },
        { "text/*",                "text/*, image/png", "", "", false, BROWSER },
        { "a tie is a browser",    "application/ld+json, text/html", "", "", false, BROWSER },
        { "HTML that is refused",  "image/png, text/html;q=0", "", "", false, "http_role:browser" },

        { "content negotiation", "application/rdf+xml", "", "", false,
          "ctype:application/rdf+xml media-type:application/rdf+xml http_role:conneg" },
        { "best first", "text/turtle;q=0.5, application/ld+json;q=0.9", "", "Mozilla/5.0", false,
          "ctype:application/ld+json media-type:application/ld+json ctype:text/turtle media-type:text/turtle http_role:conneg" },
        { "until the first wildcard", "application/json, */*;q=0.5, text/turtle;q=0.1", "", "", false,
          "ctype:application/json media-type:application/json http_role:conneg" },
        { "equal ones in their order", "a/b;q=.5,c/d;q=0.5,e/f;q=0.500", "", "", false,
          "ctype:a/b media-type:a/b ctype:c/d media-type:c/d ctype:e/f media-type:e/f http_role:conneg" },
        { "parameters are left out", "application/ld+json ; profile=\"a,b;c\" ; q=0.7", "", "", false,
          "ctype:application/ld+json media-type:application/ld+json http_role:conneg" },
        { "types in lower case", "Application/JSON", "", "", false,
          "ctype:application/json media-type:application/json http_role:conneg" },
        { "HTML worse than data", "application/json, text/html;q=0.9", "", "", false,
          "ctype:application/json media-type:application/json ctype:text/html media-type:text/html http_role:conneg" },
        { "quality above 1 is 1", "application/json;q=5, text/html", "", "", false, BROWSER },
        { "refused types",        "application/json;q=0, text/turtle", "", "", false,
          "ctype:text/turtle media-type:text/turtle http_role:conneg" },
        { "nothing is accepted",  "application/json;q=0", "", "", false, "http_role:browser" },

        { "languages", NO, "de;q=0.5, en-GB, *;q=0.1, fr;q=0", "curl", false,
          "http_role:no_conneg language:en-GB language:de" },

        { "metadata: no role", NO, "de", "curl", true, "language:de" },
        { "metadata: no role, browser", NO, "", "Mozilla/5.0", true, "ctype:text/html media-type:text/html" },
        { "metadata: no role, conneg", "text/turtle", "", "", true, "ctype:text/turtle media-type:text/turtle" },
        /* clang-format on */
};

static void implied(void **state)
{
        (void)state;
        for (size_t i = 0; i < COUNT_OF(rows); i++) {
                const struct row *r = &rows[i];
                struct negotiate_headers headers = {
                        .has_accept = r->accept != NULL,
                        .accept = ansa_bytes_text(r->accept != NULL ? r->accept : ""),
                        .accept_language = ansa_bytes_text(r->language),
                        .user_agent = ansa_bytes_text(r->agent),
                        .is_metadata = r->is_metadata,
                };
                struct arena arena;
                struct locatt locatts[NEGOTIATE_LOCATTS_MAX];
                size_t count;
                uint8_t room[1024];
                struct buf b = buf_over(room, sizeof(room));
                arena_init(&arena, 65536);
                assert_err(r->rule, negotiate_implied(&headers, &arena, locatts, &count), ANSA_OK);
                for (size_t k = 0; k < count; k++) {
                        if (k > 0)
                                buf_u8(&b, ' ');
                        buf_bytes(&b, locatts[k].key);
                        buf_u8(&b, ':');
                        buf_bytes(&b, locatts[k].value);
                        assert_true(locatts[k].has_value);
                }
                assert_bytes(r->rule, buf_written(&b), ansa_bytes_text(r->want));
                arena_fini(&arena);
        }
}

static void many_entries(void **state)
{
        (void)state;
        struct buf b = buf_growing(1u << 20);
        for (unsigned i = 0; i < 5000; i++)
                buf_printf(&b, "a/b%u;q=0.%u,", i, i % 10);
        struct negotiate_headers headers = { .has_accept = true,
                                             .accept = buf_written(&b),
                                             .accept_language = buf_written(&b) };
        struct arena arena;
        struct locatt locatts[NEGOTIATE_LOCATTS_MAX];
        size_t count;
        arena_init(&arena, 65536);
        assert_int_equal(negotiate_implied(&headers, &arena, locatts, &count), ANSA_OK);
        assert_true(count > NEGOTIATE_ENTRIES_MAX && count <= NEGOTIATE_LOCATTS_MAX);
        arena_fini(&arena);
        arena_init(&arena, 16);
        assert_int_equal(negotiate_implied(&headers, &arena, locatts, &count), ANSA_E_NO_MEMORY);
        assert_int_equal(count, 0);
        arena_fini(&arena);
        buf_fini(&b);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(implied),
                cmocka_unit_test(many_entries),
        };
        return cmocka_run_group_tests_name("http/negotiate", tests, NULL, NULL);
}
