/* SPDX-License-Identifier: Apache-2.0 */
/* The web resolver over a real service (rest-api 6). */
#include "http/resolver_page.h"
#include "web.h"

#include "records.h"

/* The records of other servers, by name. */
static const struct sheet others[] = {
        { "35.FAR/1", "URL=http://far.example/1" },
        { "0.NA/35.FAR", "HS_NAMESPACE=<namespace><locs>35.FAR/l</locs></namespace>" },
        { "35.FAR/l", "10320/headers=X-Far: yes" },
        { "0.NA/35.ASLEEP", "HS_NAMESPACE=<namespace><status>inactive</status></namespace>" },
};
static enum ansa_err fetch_err;
static unsigned fetch_count;
static unsigned insistent_count; /* of them, authoritative ones */

static enum ansa_err fetch(struct fetcher *f, const struct fetch_query *query, struct arena *arena,
                           uint32_t *response, struct ansa_values *values)
{
        (void)f;
        char name[64] = "";
        fetch_count++;
        insistent_count += query->authoritative;
        *values = (struct ansa_values){ 0 };
        *response = RC_NOT_FOUND;
        if (fetch_err != ANSA_OK)
                return fetch_err;
        assert_true(query->name.size < sizeof(name));
        memcpy(name, query->name.at, query->name.size);
        struct ansa_values all = sheet_values(others, COUNT_OF(others), name);
        bool is_new = strcmp(name, "35.FAR/NEW") == 0 || strcmp(name, "35.FAR/new") == 0;
        if (is_new && query->authoritative) /* mirrors have not heard of it */
                all = sheet_values(others, COUNT_OF(others), "35.FAR/1");
        if (all.count == 0)
                return ANSA_OK;
        *response = RC_SUCCESS;
        values->count = all.count;
        return arena_copy(arena, all.wire, &values->wire);
}

static void put(struct web *w, const char *name, const char *record)
{
        static uint8_t room[65536];
        struct bulk_change change = { .kind = BULK_PUT,
                                      .name = ansa_bytes_text(name),
                                      .values = values_of(record, room, sizeof(room)) };
        size_t failed;
        assert_int_equal(identifier_bulk(w->h.writer, &change, 1, &failed), ANSA_OK);
}

static void home(struct web *w, enum bulk_kind kind, const char *prefix)
{
        struct bulk_change change = { .kind = kind, .name = ansa_bytes_text(prefix) };
        size_t failed;
        assert_int_equal(identifier_bulk(w->h.writer, &change, 1, &failed), ANSA_OK);
}

static const struct sheet own[] = {
        { "35.TEST/url", "EMAIL=a@example.org\n@600 URL=http://e/1\nURL=http://e/2" },
        { "35.TEST/sub", "URL.x=http://e/x\nURL.y=http://e/y" },
        { "35.TEST/typed", "0.TYPE/url=http://e/typed" },
        { "35.TEST/email", "EMAIL=a b@example.org" },
        { "35.TEST/text", "DESC=<script>alert(1)</script>" },
        { "35.TEST/script", "URL=javascript:alert(1)\nURL=data:text/html,x" },
        { "35.TEST/script-loc", "10320/loc=<l><location href='javascript:alert(1)'/></l>" },
        { "35.TEST/second", "URL=javascript:alert(1)\nURL=http://e/second" },
        { "35.TEST/crlf", "URL=http://e/\r\rX-Evil: 1\x01<\xc3\xa9>" },
        { "35.TEST/bare", "URL=http://e" },
        { "35.TEST/old", "@999999 URL=http://e/old" },
        { "35.TEST/a%b c/d", "URL=http://e/odd" },
        { "35.TEST/alias", "HS_ALIAS=35.TEST/alias2" },
        { "35.TEST/alias2", "@60 HS_ALIAS= 35.TEST/a%b c/d " },
        { "35.TEST/alias-none", "HS_ALIAS=35.TEST/nothing" },
        { "35.TEST/alias-loop", "HS_ALIAS=35.TEST/alias-loop" },
        { "35.TEST/loc",
          "10320/loc=<locations><location id='0' href='http://e/gb' country='gb' weight='0'/>"
          "<location id='1' href='http://e/1' weight='1'/>"
          "<location id='2' href='http://e/2' weight='0' role='metadata' http_sc='303'/></locations>" },
        { "35.TEST/neg",
          "10320/loc=<l><location href='http://e/page' http_role='browser'/><location weight='0' href='http://e/rdf' "
          "http_role='conneg' ctype='text/turtle'/><location weight='0' href='http://e/de' language='de'/></l>" },
        { "35.TEST/moved", "10320/loc=<l http_sc='301'><location href='http://e/moved'/></l>" },
        { "35.TEST/links",
          "URL=http://e/l\n10320/links=<l><location rel='item' href='http://e/item'/></l>\n"
          "10320/headers=X-Own: 1\r<meta name='a' content='b'>\rSet-Cookie: a=b" },
        { "35.TEST/include", "10320/loc=<l include='35.TEST/moved'/>" },
        { "0.NA/35.ASLEEP2",
          "HS_NAMESPACE=<namespace><status>inactive</status><statusmsg>gone &lt;b&gt;</statusmsg></namespace>" },
        { "35.ASLEEP2/1", "URL=http://e/asleep" },
        { "0.NA/35.NS",
          "HS_NAMESPACE=<namespace><status>active</status><locs>35.NS/l</locs></namespace>" },
        { "35.NS/l", "10320/loc=<l><location href_template='http://ns/{hdl}' weight='5'/></l>" },
        { "35.NS/1", "EMAIL=x" },
};

static const struct row {
        const char *rule;
        const char *method; /* NULL: GET */
        const char *target;
        const char *headers;
        const char *form;
        uint32_t status;
        const char *location; /* NULL: none */
        const char *holds;    /* in the body */
} rows[] = {
        /* clang-format off */
        { "first URL in the record's order", NULL, "/35.TEST/url", NULL, NULL, 302, "http://e/1", "href=\"http://e/1\"" },
        { "with a prefix of a URI",     NULL, "/hdl:35.TEST/url", NULL, NULL, 302, "http://e/1", NULL },
        { "case makes no difference",   NULL, "/35.test/URL", NULL, NULL, 302, "http://e/1", NULL },
        { "HEAD",                       "HEAD", "/35.TEST/url", NULL, NULL, 302, "http://e/1", NULL },
        { "first subtype",              NULL, "/35.TEST/sub", NULL, NULL, 302, "http://e/x", NULL },
        { "0.TYPE/URL",                 NULL, "/35.TEST/typed", NULL, NULL, 302, "http://e/typed", NULL },
        { "EMAIL",                      NULL, "/35.TEST/email", NULL, NULL, 302, "mailto:a%20b@example.org", NULL },
        { "nothing usable",             NULL, "/35.TEST/text", NULL, NULL, 200, NULL, "&lt;script&gt;alert(1)" },
        { "scripts are text",           NULL, "/35.TEST/script", NULL, NULL, 200, NULL, "<bdi>javascript:alert(1)</bdi>" },
        { "scripts of locations",       NULL, "/35.TEST/script-loc", NULL, NULL, 200, NULL, "should be sent to" },
        { "first usable URL",           NULL, "/35.TEST/second", NULL, NULL, 302, "http://e/second", NULL },
        { "no line ends in a header",   NULL, "/35.TEST/crlf", NULL, NULL, 302, "http://e/%0D%0DX-Evil:%201%01%3C%C3%A9%3E", NULL },
        { "identifier of odd letters",  NULL, "/35.TEST/a%25b%20c%2Fd", NULL, NULL, 302, "http://e/odd", NULL },
        { "a % that nobody encoded",    NULL, "/35.TEST/a%b%20c/d", NULL, NULL, 302, "http://e/odd", NULL },

        { "urlappend",                  NULL, "/35.TEST/url?urlappend=%3Fa%3Db", NULL, NULL, 302, "http://e/1?a=b", NULL },
        { "urlappend of a fragment",    NULL, "/35.TEST/url#a", NULL, NULL, 302, "http://e/1#a", NULL },
        { "urlappend and the host",     NULL, "/35.TEST/bare?urlappend=.evil.example", NULL, NULL, 302, "http://e/.evil.example", NULL },
        { "urlappend that ends lines",  NULL, "/35.TEST/url?urlappend=%0d%0aX:%20y", NULL, NULL, 302, "http://e/1%0D%0AX:%20y", NULL },
        { "redirectionHeaders",         NULL, "/35.TEST/url?redirectionHeaders", NULL, NULL, 200, "http://e/1", "http://e/1" },

        { "filter by type",             NULL, "/35.TEST/url?type=EMAIL", NULL, NULL, 302, "mailto:a@example.org", NULL },
        { "filter by index",            NULL, "/35.TEST/url?index=3", NULL, NULL, 302, "http://e/2", NULL },
        { "filter that keeps nothing",  NULL, "/35.TEST/url?type=NONE", NULL, NULL, 200, NULL, "<h1>No Values Found</h1>" },
        { "the record is offered",      NULL, "/35.TEST/url?type=NONE", NULL, NULL, 200, NULL, "href=\"/35.TEST/url?noredirect\"" },

        { "noredirect",                 NULL, "/35.TEST/url?noredirect", NULL, NULL, 200, NULL, "<td>2</td><th scope=\"row\"><bdi>URL</bdi></th>" },
        { "noredirect with a type",     NULL, "/35.TEST/url?noredirect;type=EMAIL", NULL, NULL, 200, NULL, "mailto:a@example.org" },
        { "showlocations",              NULL, "/35.TEST/loc?action=showlocations", NULL, NULL, 200, NULL, "<location id=\"0\" href=\"http://e/gb\"" },
        { "rest",                       NULL, "/35.TEST/url?action=rest&type=EMAIL", NULL, NULL, 200, NULL, "{\"responseCode\":1,\"handle\":\"35.TEST/url\",\"values\":[{\"index\":1," },
        { "rest, not found",            NULL, "/35.TEST/none?action=rest", NULL, NULL, 404, NULL, "{\"responseCode\":100," },
        { "metadata",                   NULL, "/35.TEST/loc?action=metadata", NULL, NULL, 303, "http://e/2", NULL },

        { "locations: weighted",        NULL, "/35.TEST/loc", NULL, NULL, 302, "http://e/1", NULL },
        { "locations: locatt",          NULL, "/35.TEST/loc?locatt=id:0", NULL, NULL, 302, "http://e/gb", NULL },
        { "locations: country",         NULL, "/35.TEST/loc?country=GB", NULL, NULL, 302, "http://e/gb", NULL },
        { "locations: country of a header", NULL, "/35.TEST/loc", "X-Country: gb", NULL, 302, "http://e/gb", NULL },
        { "locations: the parameter first", NULL, "/35.TEST/loc?country=us", "X-Country: gb", NULL, 302, "http://e/1", NULL },
        { "locations: a shortcut",      NULL, "/35.TEST/loc?id=0", "Host: short.example:8000", NULL, 302, "http://e/gb", NULL },
        { "locations: a shortcut elsewhere", NULL, "/35.TEST/loc?id=0", "Host: e", NULL, 302, "http://e/1", NULL },
        { "locations: http_sc",         NULL, "/35.TEST/moved", NULL, NULL, 301, "http://e/moved", NULL },
        { "negotiation: a browser",     NULL, "/35.TEST/neg", "Accept: text/html,*/*;q=0.8", NULL, 302, "http://e/page", NULL },
        { "negotiation: data",          NULL, "/35.TEST/neg", "Accept: text/turtle", NULL, 302, "http://e/rdf", NULL },
        { "negotiation: language",      NULL, "/35.TEST/neg?locatt=language:de", NULL, NULL, 302, "http://e/de", NULL },
        { "links beside URLs",          NULL, "/35.TEST/links", NULL, NULL, 302, "http://e/l", "<meta name=\"a\" content=\"b\">" },
        { "include",                    NULL, "/35.TEST/include", NULL, NULL, 301, "http://e/moved", NULL },
        { "namespace",                  NULL, "/35.NS/1", NULL, NULL, 302, "http://ns/35.NS%2F1", NULL },

        { "alias: the target's own page", NULL, "/35.TEST/alias?urlappend=x&a", NULL, NULL, 301, "/35.TEST/a%25b%20c/d?urlappend=x&a", NULL },
        { "alias by POST",              "POST", "/35.TEST/alias", NULL, "a=b", 302, "http://e/odd", NULL },
        { "alias: values",              NULL, "/35.TEST/alias?noredirect", NULL, NULL, 200, NULL, "<h1><bdi>35.TEST/a%b c/d</bdi></h1>" },
        { "alias ignored",              NULL, "/35.TEST/alias?ignore_aliases", NULL, NULL, 200, NULL, "href=\"/35.TEST/alias2?noredirect\"" },
        { "alias of nothing",           NULL, "/35.TEST/alias-none", NULL, NULL, 404, NULL, "35.TEST/nothing" },
        { "alias in a circle",          NULL, "/35.TEST/alias-loop", NULL, NULL, 404, NULL, "<h1>Alias chain too long</h1>" },

        { "not found",                  NULL, "/35.TEST/nothing", NULL, NULL, 404, NULL, "<h1>Not Found</h1>" },
        { "not found: what was looked up", NULL, "/35.TEST/%3Cb%3E", NULL, NULL, 404, NULL, "<dd><bdi>35.TEST/&lt;b&gt;</bdi></dd>" },
        { "not found: what can be done", NULL, "/35.TEST/nothing", NULL, NULL, 404, NULL, "<h2>What you can do</h2>" },
        { "not found: not UTF-8",       NULL, "/35.TEST/%ff", NULL, NULL, 400, NULL, "\xef\xbf\xbd" },
        { "no identifier",              NULL, "/abc%00", NULL, NULL, 400, NULL, "<h1>Resolution Error</h1>" },
        { "prefix of another server",   NULL, "/35.FAR/1", NULL, NULL, 400, NULL, "<h1>Resolution Error</h1>" },
        { "inactive namespace",         NULL, "/35.ASLEEP2/1", NULL, NULL, 404, NULL, "<h1>Inactive Namespace</h1>" },
        { "inactive: its message",      NULL, "/35.ASLEEP2/1", NULL, NULL, 404, NULL, "gone &lt;b&gt;" },
        { "inactive comes first",       NULL, "/35.ASLEEP2/nothing", NULL, NULL, 404, NULL, "<h1>Inactive Namespace</h1>" },

        { "a form by POST",             "POST", "/", "Content-Type: application/x-www-form-urlencoded", "hdl=hdl%3A35.TEST%2Furl", 302, "http://e/1", NULL },
        { "a form by GET",              NULL, "/?hdl=35.TEST/url&noredirect=", NULL, NULL, 200, NULL, "<h1><bdi>35.TEST/url</bdi></h1>" },
        { "another body by POST",       "POST", "/35.TEST/url", "Content-Type: text/plain", "hdl=35.TEST/none", 302, "http://e/1", NULL },
        { "robots",                     NULL, "/robots.txt", NULL, NULL, 200, NULL, "User-agent: *" },
        { "help",                       NULL, "/help.html", NULL, NULL, 200, NULL, "<code>?noredirect</code>" },
        { "the form",                   "POST", "/", "Content-Type: application/x-www-form-urlencoded", "hdl=", 200, NULL, "<form method=\"get\" action=\"/\"" },
        { "icon",                       NULL, "/favicon.ico", NULL, NULL, 200, NULL, "<svg" },
        { "another method",             "PUT", "/35.TEST/url", NULL, NULL, 405, NULL, NULL },
        /* clang-format on */
};

static int setup(void **state)
{
        static struct web w;
        web_open(&w);
        w.h.fetcher.fetcher.resolve = fetch;
        w.config.country_header = ANSA_BYTES_LIT("X-Country");
        w.config.locatt_shortcuts = ANSA_BYTES_LIT("short.example:id other.example:x");
        assert_int_equal(http_reconfigure(w.http, &w.config), ANSA_OK);
        home(&w, BULK_HOME, "0.NA/35.ASLEEP2");
        home(&w, BULK_HOME, "0.NA/35.NS");
        for (size_t i = 0; i < COUNT_OF(own); i++)
                put(&w, own[i].name, own[i].record);
        fetch_err = ANSA_OK;
        *state = &w;
        return 0;
}

static int teardown(void **state)
{
        web_close(*state);
        return 0;
}

static void check_location(const char *rule, const struct web_told *told, const char *want)
{
        const char *location = web_header(told, "Location");
        if (want == NULL && location != NULL)
                fail_msg("%s: a Location, %s", rule, location);
        if (want != NULL && (location == NULL || strcmp(location, want) != 0))
                fail_msg("%s: Location is %s", rule, location != NULL ? location : "not there");
}

static void each_rule(void **state)
{
        struct web *w = *state;
        for (size_t i = 0; i < COUNT_OF(rows); i++) {
                const struct row *r = &rows[i];
                struct web_ask ask = { .method = r->method,
                                       .target = r->target,
                                       .headers = r->headers,
                                       .text = r->form };
                struct web_told told = web_send(w, &ask);
                if (told.status != r->status)
                        fail_msg("%s: status %u\n%s", r->rule, told.status, told.body);
                check_location(r->rule, &told, r->location);
                if (r->holds != NULL && strstr(told.body, r->holds) == NULL)
                        fail_msg("%s: %s", r->rule, told.body);
                assert_null(strstr(told.body, "<script>alert"));
                assert_int_equal(w->slow_count, 0);
        }
        assert_int_equal(fetch_count, 0);
}

static void caching(void **state)
{
        struct web *w = *state;
        static const struct {
                const char *target;
                const char *expires;
                const char *vary;
                const char *control;
        } times[] = {
                /* START_S is Tue, 14 Nov 2023 22:13:20 GMT */
                { "/35.TEST/url", "Tue, 14 Nov 2023 22:23:20 GMT", NULL, NULL },
                { "/35.TEST/sub", "Wed, 15 Nov 2023 22:13:20 GMT", NULL, NULL },
                { "/35.TEST/old", "Thu, 16 Nov 2023 22:13:20 GMT", NULL, NULL },
                { "/35.TEST/alias", "Tue, 14 Nov 2023 22:14:20 GMT", NULL, NULL },
                { "/35.TEST/neg", "Wed, 15 Nov 2023 22:13:20 GMT", "Accept, Accept-Language",
                  NULL },
                { "/35.TEST/loc", "Wed, 15 Nov 2023 22:13:20 GMT", NULL, "private" },
        };
        for (size_t i = 0; i < COUNT_OF(times); i++) {
                struct web_told told = web_get(w, times[i].target);
                assert_string_equal(web_header(&told, "Expires"), times[i].expires);
                const char *vary = web_header(&told, "Vary");
                assert_int_equal(vary != NULL, times[i].vary != NULL);
                if (vary != NULL)
                        assert_string_equal(vary, times[i].vary);
                const char *control = web_header(&told, "Cache-Control");
                assert_int_equal(control != NULL, times[i].control != NULL);
                if (control != NULL)
                        assert_string_equal(control, times[i].control);
        }
}

static void headers(void **state)
{
        struct web *w = *state;
        struct web_told told = web_get(w, "/35.TEST/links");
        assert_string_equal(web_header(&told, "X-Own"), "1");
        assert_null(web_header(&told, "Set-Cookie"));
        assert_non_null(strstr(told.headers,
                               "Link: </api/handles/35.TEST/links>; rel=\"describedby\"; "
                               "type=\"application/json\"\n"));
        assert_non_null(strstr(told.headers, "Link: <http://e/item>; rel=\"item\"\n"));
        assert_string_equal(web_header(&told, "Content-Security-Policy"), "default-src 'none'");
        told = web_get(w, "/35.TEST/links?noredirect");
        assert_non_null(strstr(web_header(&told, "Link"), "</35.TEST/links>; rel=\"cite-as\""));
        assert_non_null(
                strstr(web_header(&told, "Content-Security-Policy"), "frame-ancestors 'none'"));
        assert_string_equal(web_header(&told, "Content-Type"), "text/html; charset=utf-8");
        told = web_get(w, "/35.TEST/url?action=rest");
        assert_string_equal(web_header(&told, "Access-Control-Allow-Origin"), "*");
        told = web_get(w, "/35.TEST/loc?action=showlocations");
        assert_string_equal(web_header(&told, "Content-Type"), "text/xml; charset=utf-8");

        w->config.origin = ANSA_BYTES_LIT("https://id.example");
        assert_int_equal(http_reconfigure(w->http, &w->config), ANSA_OK);
        told = web_get(w, "/35.TEST/alias?x");
        check_location("our own name", &told, "https://id.example/35.TEST/a%25b%20c/d?x");
}

static void old_clients(void **state)
{
        struct web *w = *state;
        struct web_ask ask = { .target = "/35.TEST/loc?action=metadata", .is_http10 = true };
        assert_int_equal(web_send(w, &ask).status, 302);
        ask.target = "/35.TEST/moved";
        assert_int_equal(web_send(w, &ask).status, 301);
        ask.is_http10 = false;
        assert_int_equal(web_send(w, &ask).status, 301);
}

static void long_chain(void **state)
{
        struct web *w = *state;
        for (unsigned i = 0; i <= 21; i++) {
                char name[32];
                char record[64];
                (void)snprintf(name, sizeof(name), "35.TEST/c%u", i);
                (void)snprintf(record, sizeof(record), "HS_ALIAS=35.TEST/c%u", i + 1);
                put(w, name, i < 21 ? record : "URL=http://e/end");
        }
        struct web_told told = web_get(w, "/35.TEST/c1"); /* 20 steps */
        check_location("20 aliases", &told, "/35.TEST/c21");
        told = web_get(w, "/35.TEST/c0");
        assert_int_equal(told.status, 404);
        assert_non_null(strstr(told.body, "Alias chain too long"));
}

static void other_servers(void **state)
{
        struct web *w = *state;
        w->config.resolve_others = true;
        assert_int_equal(http_reconfigure(w->http, &w->config), ANSA_OK);
        home(w, BULK_UNHOME, "0.NA/0.NA"); /* the root is elsewhere */
        fetch_count = 0;
        struct web_told told = web_get(w, "/35.FAR/1");
        assert_int_equal(told.status, 302);
        check_location("elsewhere", &told, "http://far.example/1");
        assert_string_equal(web_header(&told, "X-Far"), "yes");
        assert_true(w->slow_count > 0);
        /* the record, 0.NA/35.FAR, 0.NA/35, 35.FAR/l; then the namespaces are known */
        unsigned first = fetch_count;
        assert_int_equal(first, 4);
        told = web_get(w, "/35.FAR/1");
        assert_string_equal(web_header(&told, "X-Far"), "yes");
        assert_int_equal(fetch_count - first, 2);
        w->h.env.steady_ms += 7200u * 1000;
        told = web_get(w, "/35.FAR/1");
        assert_int_equal(fetch_count - first, 6);

        told = web_get(w, "/api/handles/35.FAR/1");
        assert_int_equal(told.status, 200);
        assert_non_null(strstr(told.body, "\"value\":\"http://far.example/1\""));
        told = web_get(w, "/35.FAR/1?action=rest");
        assert_int_equal(told.status, 200);
        told = web_get(w, "/api/handles/35.FAR/none");
        assert_int_equal(told.status, 404);

        told = web_get(w, "/35.ASLEEP/1");
        assert_int_equal(told.status, 404);
        assert_non_null(strstr(told.body, "Inactive Namespace"));
        told = web_get(w, "/35.FAR/none");
        assert_int_equal(told.status, 404);
        assert_non_null(strstr(told.body, "with the server that is responsible"));

        fetch_err = ANSA_E_NOT_FOUND;
        told = web_get(w, "/35.GONE/1");
        assert_int_equal(told.status, 404);
        assert_non_null(strstr(told.body, "<h1>Prefix [<bdi>35.GONE</bdi>] Not Found</h1>"));
        fetch_err = ANSA_E_TIMEOUT;
        told = web_get(w, "/35.DEAF/1");
        assert_int_equal(told.status, 502);
        assert_non_null(strstr(told.body, "<h1>Cannot Connect to Server</h1>"));

        /* Our own records do not wait for those who keep their prefix's record. */
        home(w, BULK_HOME, "0.NA/35.HERE");
        put(w, "35.HERE/1", "URL=http://e/here");
        told = web_get(w, "/35.HERE/1");
        check_location("our own", &told, "http://e/here");
        first = fetch_count;
        told = web_get(w, "/35.HERE/1");
        check_location("our own", &told, "http://e/here");
        assert_int_equal(fetch_count, first);
        assert_int_equal(w->slow_count, 0);
}

/* rest-api 6, step 1, where it is wished */
static void what_is_new_elsewhere(void **state)
{
        struct web *w = *state;
        w->config.resolve_others = true;
        assert_int_equal(http_reconfigure(w->http, &w->config), ANSA_OK);
        home(w, BULK_UNHOME, "0.NA/0.NA");
        fetch_err = ANSA_OK;
        insistent_count = 0;
        assert_int_equal(web_get(w, "/35.FAR/new").status, 404);
        assert_int_equal(insistent_count, 0);
        w->config.insists = true;
        assert_int_equal(http_reconfigure(w->http, &w->config), ANSA_OK);
        assert_int_equal(web_get(w, "/35.FAR/new").status, 302);
        assert_int_equal(insistent_count, 1);
        assert_int_equal(web_get(w, "/35.FAR/none").status, 404);
        assert_int_equal(insistent_count, 2);
        assert_int_equal(web_get(w, "/35.FAR/none?auth").status, 404); /* that was it already */
        assert_int_equal(insistent_count, 3);
        assert_int_equal(web_get(w, "/35.FAR/1").status, 302);
        fetch_err = ANSA_E_NOT_FOUND; /* nobody is known to be asked */
        assert_int_equal(web_get(w, "/35.GONE/1").status, 404);
        assert_int_equal(insistent_count, 3);
        fetch_err = ANSA_OK;
}

/* RFC 9110 5.3: lines of one header are one list. */
static void headers_in_several_lines(void **state)
{
        struct web *w = *state;
        static const struct {
                const char *rule;
                const char *headers;
                const char *location;
        } clients[] = {
                { "one line", "Accept: text/turtle, application/json;q=0.5", "http://e/turtle" },
                { "two lines", "Accept: application/json;q=0.5\nHost: x\naccept: text/turtle",
                  "http://e/turtle" },
                { "the second alone would be a browser's",
                  "Accept: text/turtle\nAccept: text/html;q=0.5", "http://e/turtle" },
                { "an empty one", "Accept:\nAccept: text/turtle", "http://e/turtle" },
                { "languages", "Accept: text/html\nAccept-Language: en;q=0.1\nAccept-Language: de",
                  "http://e/de" },
        };
        put(w, "35.TEST/lines",
            "10320/loc=<l><location href='http://e/turtle' media-type='text/turtle' weight='0'/>"
            "<location href='http://e/de' language='de' weight='0'/>"
            "<location href='http://e/en' language='en' weight='0'/>"
            "<location href='http://e/else'/></l>");
        for (size_t i = 0; i < COUNT_OF(clients); i++) {
                struct web_ask ask = { .target = "/35.TEST/lines", .headers = clients[i].headers };
                struct web_told told = web_send(w, &ask);
                check_location(clients[i].rule, &told, clients[i].location);
                assert_string_equal(web_header(&told, "Vary"), "Accept, Accept-Language");
        }
}

static void changes_are_seen_at_once(void **state)
{
        struct web *w = *state;
        struct web_told told = web_get(w, "/35.NS/1");
        check_location("namespace", &told, "http://ns/35.NS%2F1");
        put(w, "0.NA/35.NS", "HS_NAMESPACE=<namespace><status> INACTIVE </status></namespace>");
        told = web_get(w, "/35.NS/1");
        assert_int_equal(told.status, 404);
        put(w, "0.NA/35.NS", "DESC=none");
        told = web_get(w, "/35.NS/1");
        assert_int_equal(told.status, 200);
}

/* Octets of all headers of a response, as they go out. */
static size_t head_size(const struct web_told *told)
{
        return strlen(told->headers) + 96; /* line ends */
}

static void heads_have_a_maximum(void **state)
{
        struct web *w = *state;
        static char record[60000];
        static char target[HTTP_TARGET_SIZE_MAX];
        unsigned redirects = 0;
        for (size_t size = 1000; size < 20000; size += 1000) {
                size_t at = (size_t)snprintf(record, sizeof(record), "URL=http://e/");
                memset(record + at, 'a', size);
                at += size;
                at += (size_t)snprintf(record + at, sizeof(record) - at, "\n10320/links=<l>");
                for (unsigned i = 0; i < 40; i++)
                        at += (size_t)snprintf(record + at, sizeof(record) - at,
                                               "<location rel='item' href='http://e/%0150u'/>", i);
                (void)snprintf(record + at, sizeof(record) - at, "</l>\n10320/headers=X-A: b");
                put(w, "35.TEST/big", record);
                for (size_t query = 0; query < 8000; query += 2000) {
                        at = (size_t)snprintf(target, sizeof(target), "/35.TEST/big?x=");
                        memset(target + at, 'q', query);
                        target[at + query] = '\0';
                        struct web_told told = web_get(w, target);
                        assert_true(told.status == 302 || told.status == 200);
                        assert_int_equal(told.status == 302, web_header(&told, "Location") != NULL);
                        assert_true(head_size(&told) + at + query <= HTTP_HEADS_SIZE_MAX);
                        redirects += told.status == 302;
                }
        }
        assert_in_range(redirects, 20, 50);
        (void)snprintf(record, sizeof(record), "HS_ALIAS=35.TEST/url");
        put(w, "35.TEST/big", record);
        assert_int_equal(web_get(w, "/35.TEST/big?x").status, 301);
        memset(target + 15, 'q', 9000);
        target[15 + 9000] = '\0';
        struct web_told told = web_get(w, target);
        assert_int_equal(told.status, 200);
        assert_non_null(strstr(told.body, "too long for a redirect"));
}

static void private_values(void **state)
{
        struct web_told told = web_get(*state, "/35.TEST/mixed?noredirect");
        assert_int_equal(told.status, 200);
        assert_null(strstr(told.body, "for administrators"));
        assert_null(strstr(told.body, "for nobody"));
        told = web_get(*state, "/35.TEST/no-reader");
        assert_int_equal(told.status, 200);
        assert_null(strstr(told.body, "SECRET"));
}

static void administrators_see_more(void **state)
{
        struct web *w = *state;
        /* 302:0.NA/35.TEST, its secret in UTF-8 */
        struct web_ask ask = { .target = "/35.TEST/mixed?noredirect",
                               .headers = "Authorization: Basic "
                                          "MzAyJTNBMC5OQS8zNS5URVNUOnPDqWNyZXQ=" };
        struct web_told told = web_send(w, &ask);
        assert_int_equal(told.status, 200);
        assert_non_null(strstr(told.body, "for administrators"));
        assert_null(strstr(told.body, "for nobody"));
        assert_string_equal(web_header(&told, "Cache-Control"), "no-store");
        assert_null(web_header(&told, "Expires"));
        ask.target = "/35.TEST/url"; /* no administrator of it: as everybody */
        told = web_send(w, &ask);
        check_location("somebody else's", &told, "http://e/1");
        ask.target = "/35.TEST/mixed?noredirect";
        ask.is_plain = true; /* credentials are not looked at */
        told = web_send(w, &ask);
        assert_int_equal(told.status, 200);
        assert_null(strstr(told.body, "for administrators"));
        ask.is_plain = false;
        ask.headers = "Authorization: Basic MzAyJTNBMC5OQS8zNS5URVNUOndyb25n";
        told = web_send(w, &ask);
        assert_int_equal(told.status, 401);
        assert_null(strstr(told.body, "for administrators"));
}

static void values_by_meaning(void **state)
{
        struct web_told told = web_get(*state, "/0.NA/35.TEST?noredirect");
        assert_int_equal(told.status, 200);
        assert_non_null(strstr(told.body,
                               "value 300 of <a href=\"/0.NA/35.TEST?noredirect\"><bdi>0.NA/"
                               "35.TEST</bdi></a> may create identifiers, "));
        assert_non_null(strstr(told.body, "RSA public key, 1024 bits"));
        assert_non_null(strstr(told.body, "Ed25519 public key"));
}

/* What begins with two slashes would lead to another host. */
static void links_to_ourselves(void **state)
{
        (void)state;
        static const struct {
                const char *name;
                const char *path;
        } links[] = {
                { "35.TEST/1", "/35.TEST/1" },
                { "/e/1", "/%2Fe/1" },
                { "//e/1", "/%2F/e/1" },
                { "/", "/%2F" },
                { "", "/" },
                { "\\e/1", "/%5Ce/1" },
        };
        for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++) {
                struct buf b = buf_growing(100);
                resolver_put_self(&b, ansa_bytes_text(links[i].name));
                buf_u8(&b, 0);
                assert_string_equal((const char *)b.at, links[i].path);
                buf_fini(&b);
        }
}

static uint64_t count_hits(struct web *w)
{
        struct identifier_counts counts;
        identifier_count(w->h.service, &counts);
        return counts.cache_hits;
}

static struct web_told copy_told(const struct web_told *told, struct buf *b)
{
        struct web_told copy = *told;
        buf_reset(b);
        buf_bytes(b, (struct ansa_bytes){ (const uint8_t *)told->headers,
                                          (size_t)(told->body - told->headers) + told->size + 1 });
        assert_int_equal(b->err, ANSA_OK);
        copy.headers = (const char *)b->at;
        copy.body = copy.headers + (told->body - told->headers);
        return copy;
}

/* From the store, then from the cache, then the short way: octets of the long way each time. */
static void same_by_every_way(struct web *w, const struct web_ask *ask)
{
        struct buf room = buf_growing(16u << 20);
        struct web_ask slow = *ask;
        slow.by_slow_lane = true;
        struct web_told told = web_send(w, &slow);
        struct web_told want = copy_told(&told, &room);
        for (int again = 0; again < 3; again++) {
                told = web_send(w, ask);
                bool is_fresh = told.status == 401; /* each challenge has a nonce of its own */
                if (told.status != want.status ||
                    (!is_fresh && strcmp(told.headers, want.headers) != 0) ||
                    told.size != want.size || memcmp(told.body, want.body, told.size) != 0)
                        fail_msg("%s: %u\n%s%s\nand by the long way %u\n%s%s", ask->target,
                                 told.status, told.headers, told.body, want.status, want.headers,
                                 want.body);
        }
        buf_fini(&room);
}

static void short_way_says_the_same(void **state)
{
        struct web *w = *state;
        for (size_t i = 0; i < COUNT_OF(rows); i++) {
                if (rows[i].method == NULL)
                        same_by_every_way(w, &(struct web_ask){ .target = rows[i].target,
                                                                .headers = rows[i].headers });
        }
        static const char *const more[] = { "35.TEST/public",    "35.TEST/mixed",
                                            "35.TEST",           "35.TEST/never-first",
                                            "35.test/PUBLIC",    "36.TEST/x",
                                            "35.TEST/no-reader", "35.TEST/writable",
                                            "0.NA/35.TEST" };
        static const char *const asks[] = { "",           "?index=1",          "?type=URL",
                                            "?cert=true", "?publicOnly=false", "?auth=true",
                                            "?pretty",    "?callback=f",       "?doNotRefer=true" };
        char target[256];
        for (size_t i = 0; i < COUNT_OF(own) + COUNT_OF(more); i++) {
                const char *name = i < COUNT_OF(own) ? own[i].name : more[i - COUNT_OF(own)];
                if (strchr(name, '%') != NULL)
                        continue; /* one of the rows has it */
                for (size_t k = 0; k < COUNT_OF(asks); k++) {
                        for (int is_plain = 0; is_plain < 2; is_plain++) {
                                (void)snprintf(target, sizeof(target), "/api/handles/%s%s", name,
                                               asks[k]);
                                same_by_every_way(w, &(struct web_ask){ .target = target,
                                                                        .is_plain = is_plain });
                        }
                }
        }
        uint64_t hits = count_hits(w);
        assert_int_equal(web_get(w, "/35.TEST/url").status, 302);
        assert_int_equal(web_get(w, "/api/handles/35.TEST/public").status, 200);
        assert_int_equal(count_hits(w), hits + 2); /* it was taken */
        put(w, "35.TEST/url", "URL=http://e/new"); /* and hides no change */
        for (int again = 0; again < 3; again++) {
                struct web_told told = web_get(w, "/35.TEST/url");
                assert_string_equal(web_header(&told, "Location"), "http://e/new");
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(each_rule, setup, teardown),
                cmocka_unit_test_setup_teardown(caching, setup, teardown),
                cmocka_unit_test_setup_teardown(headers, setup, teardown),
                cmocka_unit_test_setup_teardown(old_clients, setup, teardown),
                cmocka_unit_test_setup_teardown(long_chain, setup, teardown),
                cmocka_unit_test_setup_teardown(other_servers, setup, teardown),
                cmocka_unit_test_setup_teardown(what_is_new_elsewhere, setup, teardown),
                cmocka_unit_test_setup_teardown(headers_in_several_lines, setup, teardown),
                cmocka_unit_test_setup_teardown(changes_are_seen_at_once, setup, teardown),
                cmocka_unit_test_setup_teardown(heads_have_a_maximum, setup, teardown),
                cmocka_unit_test_setup_teardown(private_values, setup, teardown),
                cmocka_unit_test_setup_teardown(administrators_see_more, setup, teardown),
                cmocka_unit_test_setup_teardown(values_by_meaning, setup, teardown),
                cmocka_unit_test(links_to_ourselves),
                cmocka_unit_test_setup_teardown(short_way_says_the_same, setup, teardown),
        };
        return cmocka_run_group_tests_name("http/resolver", tests, NULL, NULL);
}
