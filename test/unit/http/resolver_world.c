/* SPDX-License-Identifier: Apache-2.0 */
#include "resolver_world.h"

/* The records of other servers, by name. */
static const struct sheet others[] = {
        { "35.FAR/1", "URL=http://far.example/1" },
        { "0.NA/35.FAR", "HS_NAMESPACE=<namespace><locs>35.FAR/l</locs></namespace>" },
        { "35.FAR/l", "10320/headers=X-Far: yes" },
        { "0.NA/35.ASLEEP", "HS_NAMESPACE=<namespace><status>inactive</status></namespace>" },
};
enum ansa_err resolver_fetch_err;
unsigned resolver_fetch_count;
unsigned resolver_insistent_count;

static enum ansa_err fetch(struct fetcher *f, const struct fetch_query *query, struct arena *arena,
                           uint32_t *response, struct ansa_values *values)
{
        (void)f;
        char name[64] = "";
        resolver_fetch_count++;
        resolver_insistent_count += query->authoritative;
        *values = (struct ansa_values){ 0 };
        *response = RC_NOT_FOUND;
        if (resolver_fetch_err != ANSA_OK)
                return resolver_fetch_err;
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

void resolver_put(struct web *w, const char *name, const char *record)
{
        static uint8_t room[65536];
        struct bulk_change change = { .kind = BULK_PUT,
                                      .name = ansa_bytes_text(name),
                                      .values = values_of(record, room, sizeof(room)) };
        size_t failed;
        assert_int_equal(identifier_bulk(w->h.writer, &change, 1, &failed), ANSA_OK);
}

void resolver_home(struct web *w, enum bulk_kind kind, const char *prefix)
{
        struct bulk_change change = { .kind = kind, .name = ansa_bytes_text(prefix) };
        size_t failed;
        assert_int_equal(identifier_bulk(w->h.writer, &change, 1, &failed), ANSA_OK);
}

const struct sheet resolver_own[] = {
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

const struct resolver_row resolver_rows[] = {
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

int resolver_setup(void **state)
{
        static struct web w;
        web_open(&w);
        w.h.fetcher.fetcher.resolve = fetch;
        w.config.country_header = ANSA_BYTES_LIT("X-Country");
        w.config.locatt_shortcuts = ANSA_BYTES_LIT("short.example:id other.example:x");
        assert_int_equal(http_reconfigure(w.http, &w.config), ANSA_OK);
        resolver_home(&w, BULK_HOME, "0.NA/35.ASLEEP2");
        resolver_home(&w, BULK_HOME, "0.NA/35.NS");
        for (size_t i = 0; i < COUNT_OF(resolver_own); i++)
                resolver_put(&w, resolver_own[i].name, resolver_own[i].record);
        resolver_fetch_err = ANSA_OK;
        *state = &w;
        return 0;
}

int resolver_teardown(void **state)
{
        web_close(*state);
        return 0;
}

const size_t resolver_own_count = COUNT_OF(resolver_own);
const size_t resolver_row_count = COUNT_OF(resolver_rows);
