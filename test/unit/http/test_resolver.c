/* SPDX-License-Identifier: Apache-2.0 */
/* The web resolver over a real service (rest-api 6). */
#include "http/resolver_page.h"
#include "resolver_world.h"

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
        for (size_t i = 0; i < resolver_row_count; i++) {
                const struct resolver_row *r = &resolver_rows[i];
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
        assert_int_equal(resolver_fetch_count, 0);
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
                resolver_put(w, name, i < 21 ? record : "URL=http://e/end");
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
        resolver_home(w, BULK_UNHOME, "0.NA/0.NA"); /* the root is elsewhere */
        resolver_fetch_count = 0;
        struct web_told told = web_get(w, "/35.FAR/1");
        assert_int_equal(told.status, 302);
        check_location("elsewhere", &told, "http://far.example/1");
        assert_string_equal(web_header(&told, "X-Far"), "yes");
        assert_true(w->slow_count > 0);
        /* the record, 0.NA/35.FAR, 0.NA/35, 35.FAR/l; then the namespaces are known */
        unsigned first = resolver_fetch_count;
        assert_int_equal(first, 4);
        told = web_get(w, "/35.FAR/1");
        assert_string_equal(web_header(&told, "X-Far"), "yes");
        assert_int_equal(resolver_fetch_count - first, 2);
        w->h.env.steady_ms += 7200u * 1000;
        told = web_get(w, "/35.FAR/1");
        assert_int_equal(resolver_fetch_count - first, 6);

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

        resolver_fetch_err = ANSA_E_NOT_FOUND;
        told = web_get(w, "/35.GONE/1");
        assert_int_equal(told.status, 404);
        assert_non_null(strstr(told.body, "<h1>Prefix [<bdi>35.GONE</bdi>] Not Found</h1>"));
        resolver_fetch_err = ANSA_E_TIMEOUT;
        told = web_get(w, "/35.DEAF/1");
        assert_int_equal(told.status, 502);
        assert_non_null(strstr(told.body, "<h1>Cannot Connect to Server</h1>"));

        /* Our own records do not wait for those who keep their prefix's record. */
        resolver_home(w, BULK_HOME, "0.NA/35.HERE");
        resolver_put(w, "35.HERE/1", "URL=http://e/here");
        told = web_get(w, "/35.HERE/1");
        check_location("our own", &told, "http://e/here");
        first = resolver_fetch_count;
        told = web_get(w, "/35.HERE/1");
        check_location("our own", &told, "http://e/here");
        assert_int_equal(resolver_fetch_count, first);
        assert_int_equal(w->slow_count, 0);
}

/* rest-api 6, step 1, where it is wished */
static void what_is_new_elsewhere(void **state)
{
        struct web *w = *state;
        w->config.resolve_others = true;
        assert_int_equal(http_reconfigure(w->http, &w->config), ANSA_OK);
        resolver_home(w, BULK_UNHOME, "0.NA/0.NA");
        resolver_fetch_err = ANSA_OK;
        resolver_insistent_count = 0;
        assert_int_equal(web_get(w, "/35.FAR/new").status, 404);
        assert_int_equal(resolver_insistent_count, 0);
        w->config.insists = true;
        assert_int_equal(http_reconfigure(w->http, &w->config), ANSA_OK);
        assert_int_equal(web_get(w, "/35.FAR/new").status, 302);
        assert_int_equal(resolver_insistent_count, 1);
        assert_int_equal(web_get(w, "/35.FAR/none").status, 404);
        assert_int_equal(resolver_insistent_count, 2);
        assert_int_equal(web_get(w, "/35.FAR/none?auth").status, 404); /* that was it already */
        assert_int_equal(resolver_insistent_count, 3);
        assert_int_equal(web_get(w, "/35.FAR/1").status, 302);
        resolver_fetch_err = ANSA_E_NOT_FOUND; /* nobody is known to be asked */
        assert_int_equal(web_get(w, "/35.GONE/1").status, 404);
        assert_int_equal(resolver_insistent_count, 3);
        resolver_fetch_err = ANSA_OK;
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
        resolver_put(
                w, "35.TEST/lines",
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
        resolver_put(w, "0.NA/35.NS",
                     "HS_NAMESPACE=<namespace><status> INACTIVE </status></namespace>");
        told = web_get(w, "/35.NS/1");
        assert_int_equal(told.status, 404);
        resolver_put(w, "0.NA/35.NS", "DESC=none");
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
                resolver_put(w, "35.TEST/big", record);
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
        resolver_put(w, "35.TEST/big", record);
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

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(each_rule, resolver_setup, resolver_teardown),
                cmocka_unit_test_setup_teardown(caching, resolver_setup, resolver_teardown),
                cmocka_unit_test_setup_teardown(headers, resolver_setup, resolver_teardown),
                cmocka_unit_test_setup_teardown(old_clients, resolver_setup, resolver_teardown),
                cmocka_unit_test_setup_teardown(long_chain, resolver_setup, resolver_teardown),
                cmocka_unit_test_setup_teardown(other_servers, resolver_setup, resolver_teardown),
                cmocka_unit_test_setup_teardown(what_is_new_elsewhere, resolver_setup,
                                                resolver_teardown),
                cmocka_unit_test_setup_teardown(headers_in_several_lines, resolver_setup,
                                                resolver_teardown),
                cmocka_unit_test_setup_teardown(changes_are_seen_at_once, resolver_setup,
                                                resolver_teardown),
                cmocka_unit_test_setup_teardown(heads_have_a_maximum, resolver_setup,
                                                resolver_teardown),
                cmocka_unit_test_setup_teardown(private_values, resolver_setup, resolver_teardown),
                cmocka_unit_test_setup_teardown(administrators_see_more, resolver_setup,
                                                resolver_teardown),
                cmocka_unit_test_setup_teardown(values_by_meaning, resolver_setup,
                                                resolver_teardown),
                cmocka_unit_test(links_to_ourselves),
        };
        return cmocka_run_group_tests_name("http/resolver", tests, NULL, NULL);
}
