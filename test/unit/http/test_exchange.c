/* SPDX-License-Identifier: Apache-2.0 */
#include "web.h"

/* What holds for every request below /api (rest-api 1), and where requests go. */

#define PUBLIC_URL "\"index\":1,\"type\":\"URL\""

static const struct {
        const char *rule;
        const char *method;
        const char *target;
        const char *text; /* body */
        uint32_t status;
        const char *holds; /* in the body; NULL: it is empty */
} rows[] = {
        { "a record", "GET", "/api/handles/35.TEST/public", NULL, 200, PUBLIC_URL },
        { "its name as requested", "GET", "/api/handles/35.test/PUBLIC", NULL, 200,
          "{\"responseCode\":1,\"handle\":\"35.test/PUBLIC\",\"values\":[" },
        { "the slash encoded", "GET", "/api/handles/35.TEST%2Fpublic", NULL, 200, PUBLIC_URL },
        { "decoded once only", "GET", "/api/handles/35.TEST%252Fpublic", NULL, 404,
          "{\"responseCode\":100,\"handle\":\"35.TEST%2Fpublic\"" },
        { "bad percent-encoding", "GET", "/api/handles/35.TEST/%zz", NULL, 400,
          "\"responseCode\":4," },
        { "a name that is no UTF-8", "GET", "/api/handles/35.TEST/%ff", NULL, 400,
          "\"responseCode\":102," },
        { "no name", "GET", "/api/handles/", NULL, 400, "\"responseCode\":102," },
        { "not found", "GET", "/api/handles/35.TEST/absent", NULL, 404,
          "{\"responseCode\":100,\"handle\":\"35.TEST/absent\"" },
        { "no prefix is stripped", "GET", "/api/handles/hdl:35.TEST/public", NULL, 400,
          "\"responseCode\":301," },
        { "filter by index", "GET", "/api/handles/35.TEST/public?index=2&index=3", NULL, 200,
          "\"values\":[{\"index\":2," },
        { "filter by type", "GET", "/api/handles/35.TEST/public?type=EMAIL", NULL, 200,
          "\"values\":[{\"index\":2," },
        { "filter by type and subtypes", "GET", "/api/handles/35.TEST/public?type=URL.", NULL, 200,
          "\"index\":3,\"type\":\"URL.ALT\"" },
        { "nothing matches", "GET", "/api/handles/35.TEST/public?index=77", NULL, 200,
          "{\"responseCode\":200,\"handle\":\"35.TEST/public\",\"message\":" },
        { "no number", "GET", "/api/handles/35.TEST/public?index=x", NULL, 400,
          "\"responseCode\":4," },
        { "no boolean", "GET", "/api/handles/35.TEST/public?auth=maybe", NULL, 400,
          "\"responseCode\":4," },
        { "a bare boolean", "GET", "/api/handles/35.TEST/public?auth", NULL, 200, PUBLIC_URL },
        { "bad query", "GET", "/api/handles/35.TEST/public?auth=%z", NULL, 400,
          "\"responseCode\":4," },
        { "unknown parameters are let be", "GET", "/api/handles/35.TEST/public?x=1", NULL, 200,
          PUBLIC_URL },
        { "pretty", "GET", "/api/handles/35.TEST/public?pretty", NULL, 200,
          "{\n  \"responseCode\": 1,\n  \"handle\": \"35.TEST/public\"" },
        { "pretty=false", "GET", "/api/handles/35.TEST/public?pretty=false", NULL, 200,
          "{\"responseCode\":1," },
        { "callback", "GET", "/api/handles/35.TEST/public?callback=f.g", NULL, 200,
          "f_g({\"responseCode\":1," },
        { "callback of an error", "GET", "/api/handles/35.TEST/absent?callback=f", NULL, 404,
          "f({\"responseCode\":100," },
        { "HEAD", "HEAD", "/api/handles/35.TEST/public", NULL, 200, PUBLIC_URL },
        { "GET by POST", "POST", "/api/handles/35.TEST/public", "{\"index\":[2]}", 200,
          "\"values\":[{\"index\":2," },
        { "GET by POST, query string", "POST", "/api/handles/35.TEST/public?index=2", "", 200,
          "\"values\":[{\"index\":2," },
        { "GET by POST, bad JSON", "POST", "/api/handles/35.TEST/public", "{", 400,
          "\"responseCode\":4," },
        { "unknown path", "GET", "/api/nothing", NULL, 404, "\"responseCode\":4," },
        { "unknown path, other method", "DELETE", "/api/nothing", NULL, 404,
          "\"responseCode\":4," },
        { "/api", "GET", "/api", NULL, 404, "\"responseCode\":4," },
        { "wrong method", "PUT", "/api/site", NULL, 405, "\"responseCode\":5," },
        { "unknown method", "BREW", "/api/site", NULL, 501, "\"responseCode\":5," },
        { "site", "GET", "/api/site", NULL, 200,
          "{\"responseCode\":1,\"site\":{\"version\":1,\"protocolVersion\":\"2.11\"" },
        { "preflight", "OPTIONS", "/api/handles/35.TEST/public", NULL, 200, NULL },
        { "health", "GET", "/healthz", NULL, 200, "ok\n" },
        { "ready", "GET", "/readyz", NULL, 200, "ok\n" },
        { "health is read only", "POST", "/healthz", NULL, 405, "\"responseCode\":5," },
        { "figures", "GET", "/metrics", NULL, 200, "ansa_requests_total 7\n" },
        { "figures as JSON", "GET", "/api/status", NULL, 200,
          "{\"responseCode\":1,\"status\":{\"requests\":7}}" },
        { "no such page", "GET", "/web/nothing", NULL, 404, "no such page" },
};

static int setup(void **state)
{
        static struct web w;
        web_open(&w);
        *state = &w;
        return 0;
}

static int teardown(void **state)
{
        web_close(*state);
        return 0;
}

static void test_rows(void **state)
{
        struct web *w = *state;
        w->may_watch = true;
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                struct web_ask ask = { .method = rows[i].method,
                                       .target = rows[i].target,
                                       .text = rows[i].text };
                struct web_told told = web_send(w, &ask);
                print_message("%s: %u %s\n", rows[i].rule, told.status, told.body);
                assert_int_equal(told.status, rows[i].status);
                if (rows[i].holds == NULL)
                        assert_int_equal(told.size, 0);
                else
                        assert_non_null(strstr(told.body, rows[i].holds));
        }
}

/* Figures are for those at this address, not for the pages of others that their browsers show. */
static void test_figures_stay_here(void **state)
{
        static const struct {
                const char *target;
                const char *headers;
                bool is_plain;
                uint32_t status;
        } asks[] = {
                { "/api/status", "Sec-Fetch-Site: same-origin", false, 200 },
                { "/api/status", "Sec-Fetch-Site: none", false, 200 },
                { "/api/status", "Origin: https://here:1\nHost: here:1", false, 200 },
                { "/api/status", "Origin: http://here:1\nHost: here:1", true, 200 },
                { "/api/status", "Sec-Fetch-Site: cross-site", false, 403 },
                { "/api/status", "Sec-Fetch-Site: same-site", false, 403 },
                { "/api/status", "Origin: https://elsewhere\nHost: here:1", false, 403 },
                { "/api/status", "Origin: http://elsewhere\nHost: here:1", true, 403 },
                { "/api/status", "Origin: null\nHost: here:1", true, 403 },
                { "/api/status?callback=f", NULL, true, 403 },
        };
        struct web *w = *state;
        w->may_watch = true;
        for (size_t i = 0; i < sizeof(asks) / sizeof(asks[0]); i++) {
                struct web_ask ask = { .target = asks[i].target,
                                       .headers = asks[i].headers,
                                       .is_plain = asks[i].is_plain };
                struct web_told told = web_send(w, &ask);
                print_message("%s: %u\n", asks[i].headers, told.status);
                assert_int_equal(told.status, asks[i].status);
                assert_int_equal(strstr(told.body, "\"requests\"") != NULL, told.status == 200);
        }
}

static void test_no_values_member(void **state)
{
        struct web_told told = web_get(*state, "/api/handles/35.TEST/public?index=77");
        assert_null(strstr(told.body, "values\":["));
}

static void test_headers(void **state)
{
        struct web *w = *state;
        struct web_ask ask = { .target = "/api/handles/35.TEST/public",
                               .headers = "Origin: https://example.org" };
        struct web_told told = web_send(w, &ask);
        assert_string_equal(web_header(&told, "content-type"), "application/json;charset=UTF-8");
        assert_string_equal(web_header(&told, "Access-Control-Allow-Origin"), "*");
        assert_non_null(strstr(web_header(&told, "Access-Control-Expose-Headers"), "Location"));
        assert_null(web_header(&told, "Access-Control-Allow-Credentials"));
        told = web_get(w, "/api/handles/35.TEST/public?callback=f");
        assert_string_equal(web_header(&told, "content-type"),
                            "application/javascript;charset=UTF-8");
        assert_string_equal(told.body + told.size - 2, ");");
        ask.method = "OPTIONS";
        told = web_send(w, &ask);
        assert_string_equal(web_header(&told, "Access-Control-Max-Age"), "86400");
        assert_non_null(strstr(web_header(&told, "Access-Control-Allow-Methods"), "DELETE"));
        assert_non_null(strstr(web_header(&told, "Access-Control-Allow-Headers"), "Authorization"));
        ask = (struct web_ask){ .method = "DELETE", .target = "/api/site" };
        told = web_send(w, &ask);
        assert_string_equal(web_header(&told, "Allow"), "GET, HEAD, POST, OPTIONS");
        assert_string_equal(web_header(&told, "Access-Control-Allow-Origin"), "*");
}

static void test_large_body(void **state)
{
        struct web *w = *state;
        struct buf b = buf_growing(1u << 20);
        memset(buf_take(&b, 65536), ' ', 65536);
        struct web_ask ask = { .method = "POST", .target = "/api/site", .body = buf_written(&b) };
        b.at[0] = '{';
        b.at[65535] = '}';
        struct web_told told = web_send(w, &ask);
        assert_int_equal(told.status, 200);
        buf_u8(&b, ' ');
        ask.body = buf_written(&b);
        told = web_send(w, &ask);
        assert_int_equal(told.status, 413);
        assert_true(told.close);
        assert_non_null(strstr(told.body, "\"responseCode\":4,"));
        assert_string_equal(web_header(&told, "Access-Control-Allow-Origin"), "*");
        buf_fini(&b);
}

static void test_problem(void **state)
{
        struct web_ask ask = { .target = "/api/handles/35.TEST/absent",
                               .headers = "Accept: text/html, Application/Problem+JSON" };
        struct web_told told = web_send(*state, &ask);
        assert_int_equal(told.status, 404);
        assert_string_equal(web_header(&told, "Content-Type"), "application/problem+json");
        assert_non_null(strstr(told.body, "{\"responseCode\":100,"));
        assert_non_null(strstr(told.body, "\"status\":404,"));
        assert_non_null(strstr(told.body, "\"title\":\""));
}

static void test_watching(void **state)
{
        struct web *w = *state;
        struct web_told told = web_get(w, "/metrics");
        assert_int_equal(told.status, 403);
        told = web_get(w, "/api/status");
        assert_int_equal(told.status, 403);
        w->facts.trouble = "the disk is full";
        told = web_get(w, "/readyz");
        assert_int_equal(told.status, 503);
        assert_string_equal(told.body, "the disk is full\n");
        told = web_get(w, "/healthz");
        assert_int_equal(told.status, 200);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(test_rows, setup, teardown),
                cmocka_unit_test_setup_teardown(test_figures_stay_here, setup, teardown),
                cmocka_unit_test_setup_teardown(test_no_values_member, setup, teardown),
                cmocka_unit_test_setup_teardown(test_headers, setup, teardown),
                cmocka_unit_test_setup_teardown(test_large_body, setup, teardown),
                cmocka_unit_test_setup_teardown(test_problem, setup, teardown),
                cmocka_unit_test_setup_teardown(test_watching, setup, teardown),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
