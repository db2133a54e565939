/* SPDX-License-Identifier: Apache-2.0 */
/* Every endpoint of the REST interface, row by row of its description (rest-api 2). */
#include "web.h"

#include "base/text.h"

#include <stdio.h>

#define JSON "Content-Type: application/json"
#define URL1 "{\"index\":1,\"type\":\"URL\",\"data\":\"http://example.org/1\"}"
#define URL2 "{\"index\":2,\"type\":\"URL\",\"data\":{\"format\":\"string\",\"value\":\"two\"}}"
#define ADMIN                                                                          \
        "{\"index\":100,\"type\":\"HS_ADMIN\",\"data\":{\"value\":{\"index\":\"302\"," \
        "\"handle\":\"0.NA/35.TEST\",\"permissions\":\"011111110011\"},\"format\":\"admin\"}}"
#define NEW "/api/handles/35.TEST/new"

enum who { NOBODY, SECRET, WRONG_SECRET };

struct step {
        const char *rule;
        enum who who;
        const char *method;
        const char *target;
        const char *headers;
        const char *text;
        uint32_t status;
        const char *holds;
};

/* In this order, on one store. */
static const struct step steps[] = {
        { "without credentials", NOBODY, "PUT", NEW, JSON, "[" URL1 "," ADMIN "]", 401,
          "{\"responseCode\":402,\"handle\":\"35.TEST/new\"" },
        { "wrong secret", WRONG_SECRET, "PUT", NEW, JSON, "[" URL1 "]", 401,
          "{\"responseCode\":402," },
        { "wrong secret when reading", WRONG_SECRET, "GET", NEW, NULL, NULL, 401,
          "{\"responseCode\":402," },
        { "no media type", SECRET, "PUT", NEW, NULL, "[" URL1 "]", 400, "{\"responseCode\":4," },
        { "wrong media type", SECRET, "PUT", NEW, "Content-Type: text/plain", "[" URL1 "]", 400,
          "{\"responseCode\":4," },
        { "no JSON", SECRET, "PUT", NEW, JSON, "[", 400, "{\"responseCode\":4," },
        { "no body", SECRET, "PUT", NEW, JSON, "", 400, "{\"responseCode\":4," },
        { "neither values nor value", SECRET, "PUT", NEW, JSON, "{\"a\":1}", 400,
          "{\"responseCode\":4," },
        { "where the error is", SECRET, "PUT", NEW, JSON,
          "[" URL1 ",{\"index\":2,\"type\":7,\"data\":\"x\"}]", 400, "values[1].type: " },
        { "a value without index", SECRET, "PUT", NEW, JSON,
          "[" URL1 ",{\"type\":\"URL\",\"data\":\"x\"}]", 400, "{\"responseCode\":202," },
        { "one value without index", SECRET, "PUT", NEW, JSON, "{\"type\":\"URL\",\"data\":\"x\"}",
          400, "{\"responseCode\":202," },
        { "index 0", SECRET, "PUT", NEW, JSON, "[{\"index\":0,\"type\":\"URL\",\"data\":\"x\"}]",
          400, "{\"responseCode\":202," },
        { "another handle in the body", SECRET, "PUT", NEW, JSON,
          "{\"handle\":\"35.TEST/other\",\"values\":[" URL1 "]}", 400, "{\"responseCode\":4," },
        { "bad name", SECRET, "PUT", "/api/handles/35.TEST/%07", JSON, "[" URL1 "]", 400,
          "{\"responseCode\":102," },
        { "not homed here", SECRET, "PUT", "/api/handles/77.ELSE/1", JSON, "[" URL1 "]", 400,
          "{\"responseCode\":301," },
        { "created from an array", SECRET, "PUT", NEW, JSON, "[" URL1 "," ADMIN "]", 201,
          "{\"responseCode\":1,\"handle\":\"35.TEST/new\"}" },
        { "it is there", NOBODY, "GET", NEW, NULL, NULL, 200, "http://example.org/1" },
        { "overwritten", SECRET, "PUT", NEW, JSON,
          "{\"values\":[" URL2 "," ADMIN "],\"handle\":\"35.TEST/new\",\"x\":[1]}", 200,
          "{\"responseCode\":1,\"handle\":\"35.TEST/new\"}" },
        { "what was is gone", NOBODY, "GET", NEW "?index=1", NULL, NULL, 200,
          "\"responseCode\":200," },
        { "overwrite=false", SECRET, "PUT", NEW "?overwrite=false", JSON, "[" URL1 "," ADMIN "]",
          409, "{\"responseCode\":101," },
        { "overwrite=maybe", SECRET, "PUT", NEW "?overwrite=maybe", JSON, "[" URL1 "]", 400,
          "{\"responseCode\":4," },
        { "bare overwrite is true", SECRET, "PUT", NEW "?overwrite", JSON, "[" URL2 "," ADMIN "]",
          200, "{\"responseCode\":1," },
        { "index=n adds", SECRET, "PUT", NEW "?index=1", JSON, "{\"values\":[" URL1 "]}", 201,
          "{\"responseCode\":1," },
        { "index=n with what is there overwrites nothing", SECRET, "PUT", NEW "?index=1", JSON,
          URL1, 201, "{\"responseCode\":1," },
        { "index=n replaces", SECRET, "PUT", NEW "?index=1", JSON,
          "{\"index\":1,\"type\":\"URL\",\"data\":\"other\"}", 200, "{\"responseCode\":1," },
        { "index=n, overwrite=false", SECRET, "PUT", NEW "?index=1&overwrite=false", JSON, URL1,
          409, "{\"responseCode\":201," },
        { "index that is not in the body", SECRET, "PUT", NEW "?index=1&index=9", JSON, URL1, 400,
          "index 9 is in the parameters" },
        { "index that is not in the parameters", SECRET, "PUT", NEW "?index=1", JSON,
          "[" URL1 "," URL2 "]", 400, "index 2 is in the body" },
        { "index in any order, twice", SECRET, "PUT", NEW "?index=2&index=1&index=2", JSON,
          "[" URL1 "," URL2 "]", 200, "{\"responseCode\":1," },
        { "index=various", SECRET, "PUT", NEW "?index=various", JSON,
          "[{\"index\":5,\"type\":\"T\",\"data\":\"x\"}]", 201, "{\"responseCode\":1," },
        { "others stay", NOBODY, "GET", NEW "?index=1&index=5", NULL, NULL, 200,
          "\"index\":5,\"type\":\"T\"" },
        { "index=word", SECRET, "PUT", NEW "?index=word", JSON, URL1, 400, "{\"responseCode\":4," },
        { "add what will be removed", SECRET, "PUT", NEW "?index=various", JSON,
          "[{\"index\":6,\"type\":\"T\",\"data\":\"x\"},{\"index\":7,\"type\":\"T\",\"data\":\"x\"}]",
          201, "{\"responseCode\":1," },
        { "remove without index", SECRET, "PUT", NEW "?remove=6", JSON, "[" URL1 "," ADMIN "]", 400,
          "remove goes with index" },
        { "remove what is put", SECRET, "PUT", NEW "?index=6&remove=6", JSON,
          "[{\"index\":6,\"type\":\"T\",\"data\":\"y\"}]", 400,
          "index 6 is to be put and removed" },
        { "remove what is not there", SECRET, "PUT", NEW "?index=1&remove=6&remove=77", JSON, URL1,
          400, "no value with the index 77" },
        { "remove=word", SECRET, "PUT", NEW "?index=1&remove=word", JSON, URL1, 400,
          "parameter remove" },
        { "remove by somebody without the right", SECRET, "PUT",
          "/api/handles/35.TEST/public?index=9&remove=1", JSON,
          "[{\"index\":9,\"type\":\"T\",\"data\":\"y\"}]", 403, "{\"responseCode\":400," },
        { "nothing of all that was done", NOBODY, "GET", NEW "?index=6&index=9", NULL, NULL, 200,
          "\"index\":6,\"type\":\"T\",\"data\":{\"format\":\"string\",\"value\":\"x\"}" },
        { "put and remove in one step", SECRET, "PUT",
          NEW "?index=various&remove=7&remove=6&remove=7", JSON,
          "[{\"index\":5,\"type\":\"T\",\"data\":\"z\"}]", 200, "{\"responseCode\":1," },
        { "what was put", NOBODY, "GET", NEW "?index=5", NULL, NULL, 200, "\"value\":\"z\"" },
        { "what was removed", NOBODY, "GET", NEW "?index=6&index=7", NULL, NULL, 200,
          "\"responseCode\":200," },
        { "put what is there and remove", SECRET, "PUT", NEW "?index=5&remove=2", JSON,
          "[{\"index\":5,\"type\":\"T\",\"data\":\"z\"}]", 200, "{\"responseCode\":1," },
        { "that was removed", NOBODY, "GET", NEW "?index=2", NULL, NULL, 200,
          "\"responseCode\":200," },
        { "the others stay", NOBODY, "GET", NEW "?index=1&index=5", NULL, NULL, 200,
          "\"index\":5,\"type\":\"T\"" },
        { "values of no record", SECRET, "PUT", "/api/handles/35.TEST/none?index=1", JSON, URL1,
          404, "{\"responseCode\":100," },
        { "mint", SECRET, "PUT", "/api/handles/35.TEST/m-?mintNewSuffix=true", JSON,
          "[" URL1 "," ADMIN "]", 201, "{\"responseCode\":1,\"handle\":\"35.TEST/m-" },
        { "bare mint is true", SECRET, "PUT", "/api/handles/35.TEST/?mintNewSuffix", JSON,
          "[" URL1 "," ADMIN "]", 201, "{\"responseCode\":1,\"handle\":\"35.TEST/" },
        { "mint with index", SECRET, "PUT", "/api/handles/35.TEST/?mintNewSuffix&index=1", JSON,
          URL1, 400, "{\"responseCode\":4," },
        { "no right to it", SECRET, "PUT", "/api/handles/35.TEST/public?index=1", JSON, URL1, 403,
          "{\"responseCode\":400," },

        { "private values need authentication", NOBODY, "GET",
          "/api/handles/35.TEST/mixed?publicOnly=false", NULL, NULL, 401,
          "{\"responseCode\":402," },
        { "publicOnly without authentication", NOBODY, "GET", "/api/handles/35.TEST/mixed", NULL,
          NULL, 200,
          "\"values\":[{\"index\":1,\"type\":\"URL\",\"data\":{\"format\":\"string\","
          "\"value\":\"public\"},\"ttl\":86400,\"timestamp\":\"2023-11-14T22:13:20Z\"},"
          "{\"index\":100," },
        { "all with authentication", SECRET, "GET", "/api/handles/35.TEST/mixed", NULL, NULL, 200,
          "{\"index\":2,\"type\":\"SECRET\"" },
        { "publicOnly with authentication", SECRET, "GET",
          "/api/handles/35.TEST/mixed?publicOnly&index=2", NULL, NULL, 200,
          "{\"responseCode\":200," },

        { "PATCH", SECRET, "PATCH", NEW, JSON, "[{\"index\":1,\"ttl\":77}]", 200,
          "{\"responseCode\":1," },
        { "of it only that", NOBODY, "GET", NEW "?index=1", NULL, NULL, 200,
          "\"value\":\"http://example.org/1\"},\"ttl\":77," },
        { "PATCH with values", SECRET, "PATCH", NEW, "Content-Type: application/merge-patch+json",
          "{\"values\":[{\"index\":1,\"ttl\":null,\"data\":\"new\"}]}", 200,
          "{\"responseCode\":1," },
        { "null is the default", NOBODY, "GET", NEW "?index=1", NULL, NULL, 200,
          "\"value\":\"new\"},\"ttl\":86400," },
        { "PATCH of no value", SECRET, "PATCH", NEW, JSON, "[{\"index\":9,\"ttl\":77}]", 400,
          "values[0]" },
        { "PATCH of a whole value that is not there", SECRET, "PATCH", NEW, JSON,
          "[{\"index\":9,\"type\":\"X\",\"data\":\"x\"}]", 400, "{\"responseCode\":200," },
        { "PATCH of no record", SECRET, "PATCH", "/api/handles/35.TEST/none", JSON,
          "[{\"index\":9,\"ttl\":77}]", 404, "{\"responseCode\":100," },
        { "PATCH without index", SECRET, "PATCH", NEW, JSON, "[{\"ttl\":77}]", 400,
          "{\"responseCode\":4," },
        { "PATCH of nothing", SECRET, "PATCH", NEW, JSON, "[]", 400, "{\"responseCode\":4," },
        { "PATCH by nobody", NOBODY, "PATCH", NEW, JSON, "[{\"index\":1,\"ttl\":77}]", 401,
          "{\"responseCode\":402," },

        { "delete a value", SECRET, "DELETE", NEW "?index=5", NULL, NULL, 200,
          "{\"responseCode\":1,\"handle\":\"35.TEST/new\"}" },
        { "delete it again", SECRET, "DELETE", NEW "?index=5", NULL, NULL, 400,
          "{\"responseCode\":200," },
        { "delete by nobody", NOBODY, "DELETE", NEW, NULL, NULL, 401, "{\"responseCode\":402," },
        { "delete", SECRET, "DELETE", NEW, NULL, NULL, 200,
          "{\"responseCode\":1,\"handle\":\"35.TEST/new\"}" },
        { "delete what is gone", SECRET, "DELETE", NEW, NULL, NULL, 404, "{\"responseCode\":100," },

        { "list", SECRET, "GET", "/api/handles?prefix=35.TEST&page=0&pageSize=2", NULL, NULL, 200,
          "{\"responseCode\":1,\"prefix\":\"35.TEST\",\"totalCount\":\"7\",\"page\":0,"
          "\"pageSize\":2,\"handles\":[" },
        { "the last page", SECRET, "GET", "/api/handles?prefix=35.TEST&page=3&pageSize=2", NULL,
          NULL, 200, "\"page\":3,\"pageSize\":2,\"handles\":[\"35.TEST/WRITABLE\"]}" },
        { "behind the last", SECRET, "GET", "/api/handles?prefix=35.TEST&page=4&pageSize=2", NULL,
          NULL, 200, "\"handles\":[]}" },
        { "count only", SECRET, "GET", "/api/handles?prefix=35.TEST&page=0&pageSize=0", NULL, NULL,
          200, "\"totalCount\":\"7\",\"page\":0,\"pageSize\":0,\"handles\":[]}" },
        { "everything", SECRET, "GET", "/api/handles?prefix=35.TEST", NULL, NULL, 200,
          "{\"responseCode\":1,\"prefix\":\"35.TEST\",\"handles\":[\"35.TEST/" },
        { "everything by its record's name", SECRET, "GET", "/api/handles?prefix=0.NA/35.TEST",
          NULL, NULL, 200, "\"35.TEST/WRITABLE\"],\"totalCount\":\"7\"}" },
        { "negative is everything", SECRET, "GET", "/api/handles?prefix=35.TEST&page=-1&pageSize=2",
          NULL, NULL, 200, "\"35.TEST/WRITABLE\"],\"totalCount\":\"7\"}" },
        { "everything, pretty", SECRET, "GET", "/api/handles?prefix=35.TEST&pretty", NULL, NULL,
          200, "\n  \"handles\": [\n    \"35.TEST/" },
        { "a script gets nothing by a remembered password", SECRET, "GET",
          "/api/handles?prefix=35.TEST&callback=f", NULL, NULL, 401, "f({\"responseCode\":402," },
        { "nor private values", SECRET, "GET", "/api/handles/35.TEST/mixed?callback=f&index=2",
          NULL, NULL, 200, "f({\"responseCode\":200," },
        { "nor through the resolver", SECRET, "GET",
          "/35.TEST/mixed?action=rest;callback=f;index=2", NULL, NULL, 200,
          "f({\"responseCode\":200," },
        { "nor by parameters in the body", SECRET, "POST", "/api/handles/35.TEST/mixed", JSON,
          "{\"callback\":\"f\",\"index\":2}", 200, "f({\"responseCode\":200," },
        { "list by POST", SECRET, "POST", "/api/handles", NULL,
          "{\"prefix\":\"35.TEST\",\"page\":0,\"pageSize\":0}", 200, "\"totalCount\":\"7\"" },
        { "list of no prefix", SECRET, "GET", "/api/handles", NULL, NULL, 400,
          "{\"responseCode\":4," },
        { "page that is no number", SECRET, "GET", "/api/handles?prefix=35.TEST&page=x&pageSize=1",
          NULL, NULL, 400, "{\"responseCode\":4," },
        { "list by nobody", NOBODY, "GET", "/api/handles?prefix=35.TEST", NULL, NULL, 401,
          "{\"responseCode\":402," },
        { "records", SECRET, "GET", "/api/handles?prefix=35.TEST&stream=jsonl", NULL, NULL, 200,
          "{\"handle\":\"35.TEST/MIXED\",\"values\":[{\"index\":1,\"type\":\"URL\"" },
        { "records with what only administrators read", SECRET, "GET",
          "/api/handles?prefix=35.TEST&stream=jsonl", NULL, NULL, 200, "for administrators" },
        { "records of an unknown form", SECRET, "GET", "/api/handles?prefix=35.TEST&stream=xml",
          NULL, NULL, 400, "{\"responseCode\":4," },

        { "prefixes by nobody", NOBODY, "GET", "/api/prefixes", NULL, NULL, 401,
          "{\"responseCode\":402," },
        { "prefixes by no server administrator", SECRET, "GET", "/api/prefixes", NULL, NULL, 403,
          "{\"responseCode\":400," },
        { "GET of a prefix", SECRET, "GET", "/api/prefixes/35.TEST", NULL, NULL, 405,
          "{\"responseCode\":5," },
        { "GET of a prefix, by parameter", SECRET, "GET", "/api/prefixes?prefix=35.TEST", NULL,
          NULL, 405, "{\"responseCode\":5," },
        { "home no prefix", SECRET, "POST", "/api/prefixes", NULL, "", 400,
          "{\"responseCode\":4," },
        { "home an empty prefix", SECRET, "POST", "/api/prefixes/", NULL, "", 400,
          "{\"responseCode\":4," },
        { "home by no server administrator", SECRET, "POST", "/api/prefixes/36", NULL, NULL, 403,
          "{\"responseCode\":400," },
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

static const char *basic(const char *user, const char *secret, const char *more)
{
        static uint8_t room[2048];
        char plain[512];
        struct buf b = buf_over(room, sizeof(room));
        (void)snprintf(plain, sizeof(plain), "%s:%s", user, secret);
        buf_text(&b, "Authorization: Basic ");
        text_put_base64(&b, ansa_bytes_text(plain), TEXT_BASE64);
        if (more != NULL) {
                buf_u8(&b, '\n');
                buf_text(&b, more);
        }
        buf_u8(&b, 0);
        assert_int_equal(b.err, ANSA_OK);
        return (const char *)room;
}

#define RIGHT       \
        "s\xc3\xa9" \
        "cret"

static struct web_told take(struct web *w, const struct step *step)
{
        const char *headers = step->headers;
        if (step->who != NOBODY)
                headers = basic("302%3A0.NA/35.TEST", step->who == SECRET ? RIGHT : "wrong",
                                step->headers);
        struct web_ask ask = { .method = step->method,
                               .target = step->target,
                               .headers = headers,
                               .text = step->text };
        return web_send(w, &ask);
}

static void test_steps(void **state)
{
        for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
                struct web_told told = take(*state, &steps[i]);
                print_message("%s: %u %.300s\n", steps[i].rule, told.status, told.body);
                assert_int_equal(told.status, steps[i].status);
                assert_non_null(strstr(told.body, steps[i].holds));
        }
}

/* What is for who asks only is in no cache that serves others, too. */
static void test_private_answers(void **state)
{
        static const char *const targets[] = { "/api/handles/35.TEST/mixed",
                                               "/api/handles/35.TEST/mixed?index=77",
                                               "/api/handles/35.TEST/absent",
                                               "/api/handles?prefix=35.TEST",
                                               "/api/handles?prefix=35.TEST&stream=jsonl",
                                               "/api/handles?prefix=35.TEST&page=0&pageSize=1",
                                               "/api/prefixes",
                                               "/api/site" };
        for (size_t i = 0; i < sizeof(targets) / sizeof(targets[0]); i++) {
                struct step step = { .who = SECRET, .method = "GET", .target = targets[i] };
                struct web_told told = take(*state, &step);
                const char *control = web_header(&told, "Cache-Control");
                print_message("%s: %u\n", targets[i], told.status);
                assert_non_null(control);
                assert_true(strcmp(control, "no-store") == 0 ||
                            strcmp(control, "private, no-cache") == 0);
        }
        struct web_told told = web_get(*state, "/api/handles/35.TEST/mixed");
        assert_null(web_header(&told, "Cache-Control"));
}

/* Merging many values takes its time: not of a thread that has others to serve. */
static void test_large_patch(void **state)
{
        struct buf b = buf_growing(100000);
        buf_text(&b, "[");
        for (unsigned i = 0; i < 500; i++)
                buf_printf(&b, "%s{\"index\":1,\"ttl\":%u}", i > 0 ? "," : "", i);
        buf_text(&b, "]");
        struct web_ask ask = { .method = "PATCH",
                               .target = "/api/handles/35.TEST/public",
                               .headers = JSON,
                               .body = buf_written(&b) };
        struct web *w = *state;
        assert_int_equal(web_send(w, &ask).status, 400);
        assert_int_equal(w->slow_count, 1);
        buf_fini(&b);
}

/* As the server's administrator, by a session in the test's hands. */
static void test_prefixes(void **state)
{
        struct web *w = *state;
        w->h.admins[0].index = 302;
        harness_reconfigure(&w->h);
        static const struct step rows[] = {
                { "prefixes", SECRET, "GET", "/api/prefixes", NULL, NULL, 200,
                  "{\"responseCode\":1,\"prefixes\":[\"0.NA/0.NA\",\"0.NA/35.TEST\"],"
                  "\"totalCount\":\"2\"}" },
                { "home", SECRET, "POST", "/api/prefixes/36", NULL, NULL, 200,
                  "{\"responseCode\":1,\"handle\":\"0.NA/36\"}" },
                { "home by its record's name", SECRET, "POST", "/api/prefixes/0.NA/37", NULL, NULL,
                  200, "{\"responseCode\":1,\"handle\":\"0.NA/37\"}" },
                { "home by parameter", SECRET, "POST", "/api/prefixes?prefix=38", NULL, NULL, 200,
                  "{\"responseCode\":1,\"handle\":\"0.NA/38\"}" },
                { "home by body", SECRET, "POST", "/api/prefixes", JSON, "{\"prefix\":\"39\"}", 200,
                  "{\"responseCode\":1,\"handle\":\"0.NA/39\"}" },
                { "paged", SECRET, "GET", "/api/prefixes?page=1&pageSize=2", NULL, NULL, 200,
                  "\"totalCount\":\"6\",\"page\":1,\"pageSize\":2,\"prefixes\":[\"0.NA/36\","
                  "\"0.NA/37\"]}" },
                { "unhome", SECRET, "DELETE", "/api/prefixes/36", NULL, NULL, 200,
                  "{\"responseCode\":1,\"handle\":\"0.NA/36\"}" },
                { "unhome by body", SECRET, "DELETE", "/api/prefixes", JSON, "{\"prefix\":\"39\"}",
                  200, "{\"responseCode\":1,\"handle\":\"0.NA/39\"}" },
                { "they are gone", SECRET, "GET", "/api/prefixes?page=0&pageSize=0", NULL, NULL,
                  200, "\"totalCount\":\"4\"" },
        };
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                struct web_told told = take(w, &rows[i]);
                print_message("%s: %u %.300s\n", rows[i].rule, told.status, told.body);
                assert_int_equal(told.status, rows[i].status);
                assert_non_null(strstr(told.body, rows[i].holds));
        }
}

/* The ways to write an identity (rest-api 4.1). */
static void test_basic(void **state)
{
        static const struct {
                const char *rule;
                const char *user;
                const char *secret;
                uint32_t status;
        } rows[] = {
                { "colon encoded", "302%3A0.NA/35.TEST", RIGHT, 200 },
                { "all encoded", "302%3A0.NA%2F35%2eTEST", RIGHT, 200 },
                { "colon raw", "302:0.NA/35.TEST", RIGHT, 200 },
                { "other case", "302%3A0.na/35.test", RIGHT, 200 },
                { "any index", "0%3A0.NA/35.TEST", RIGHT, 200 },
                { "without index", "0.NA/35.TEST", RIGHT, 200 },
                { "wrong index", "300%3A0.NA/35.TEST", RIGHT, 401 },
                { "no secret", "302%3A0.NA/35.TEST", "", 401 },
                { "nobody", "", "", 401 },
                { "the empty secret of 305", "305%3A0.NA/35.TEST", "", 401 },
                { "no such record", "302%3A35.TEST/none", RIGHT, 401 },
                { "elsewhere", "7%3A99.ELSE/ADMIN", "x", 401 },
        };
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                struct web_ask ask = { .target = "/api/handles/35.TEST/mixed?index=2",
                                       .headers = basic(rows[i].user, rows[i].secret, NULL) };
                struct web_told told = web_send(*state, &ask);
                print_message("%s: %u %s\n", rows[i].rule, told.status, told.body);
                assert_int_equal(told.status, rows[i].status);
        }
}

/* Once proven it is known for some seconds, and not longer. */
static void test_basic_is_remembered(void **state)
{
        struct web *w = *state;
        struct web_ask ask = { .target = "/api/handles/35.TEST/mixed?index=2",
                               .headers = basic("302%3A0.NA/35.TEST", RIGHT, NULL) };
        assert_int_equal(web_send(w, &ask).status, 200);
        assert_int_equal(w->slow_count, 1);
        assert_int_equal(web_send(w, &ask).status, 200);
        assert_int_equal(w->slow_count, 0);
        w->h.env.steady_ms += 5000;
        assert_int_equal(web_send(w, &ask).status, 200);
        assert_int_equal(w->slow_count, 1);
        ask.headers = basic("302%3A0.NA/35.TEST", "wrong", NULL);
        assert_int_equal(web_send(w, &ask).status, 401);
        assert_int_equal(web_send(w, &ask).status, 401);
}

/* Over plain HTTP credentials are not looked at, and there is no challenge. */
static void test_plain_http(void **state)
{
        struct web *w = *state;
        struct web_ask ask = { .method = "PUT",
                               .target = NEW,
                               .is_plain = true,
                               .text = "[" URL1 "]",
                               .headers = basic("302%3A0.NA/35.TEST", RIGHT, JSON) };
        struct web_told told = web_send(w, &ask);
        assert_int_equal(told.status, 403);
        assert_non_null(strstr(told.body, "\"responseCode\":402,"));
        assert_null(web_header(&told, "WWW-Authenticate"));
        assert_int_equal(w->slow_count, 0);
        ask = (struct web_ask){ .target = "/api/handles/35.TEST/public", .is_plain = true };
        assert_int_equal(web_send(w, &ask).status, 200);
}

static void test_writer_is_full(void **state)
{
        struct web *w = *state;
        struct step step = { "", SECRET, "PUT", NEW, JSON, "[" URL1 "," ADMIN "]", 503, "" };
        w->writer_is_full = true;
        struct web_told told = take(w, &step);
        assert_int_equal(told.status, 503);
        assert_non_null(strstr(told.body, "\"responseCode\":3,"));
        assert_non_null(web_header(&told, "Retry-After"));
        w->writer_is_full = false;
        assert_int_equal(take(w, &step).status, 201);
        assert_int_equal(w->write_count, 1);
}

/* Several lines of a condition are one list (RFC 9110 5.3). */
static void several_lines(struct web *w, const struct web_ask *ask, char etag[64],
                          char headers[256])
{
        (void)snprintf(headers, 256, "If-None-Match: \"x\"\nif-none-match: %s", etag);
        assert_int_equal(web_send(w, ask).status, 304);
        struct step lines = { "", SECRET, "PUT", NEW, headers, "[" URL1 "," ADMIN "]", 0, "" };
        (void)snprintf(headers, 256, JSON "\nIf-Match: \"x\"\nIf-Match: \"y\"");
        assert_int_equal(take(w, &lines).status, 412);
        (void)snprintf(headers, 256, JSON "\nIf-Match: \"x\"\nIf-Match: %s", etag);
        struct web_told told = take(w, &lines);
        assert_int_equal(told.status, 200);
        (void)snprintf(etag, 64, "%s", web_header(&told, "ETag"));
}

/* Two editors, and what caches need. */
static void test_versions(void **state)
{
        struct web *w = *state;
        char etag[64];
        char headers[256];
        struct step make = {
                "", SECRET, "PUT", NEW, JSON "\nIf-None-Match: *", "[" URL1 "," ADMIN "]", 0, ""
        };
        assert_int_equal(take(w, &make).status, 201);
        struct web_told told = take(w, &make);
        assert_int_equal(told.status, 412);
        assert_non_null(strstr(told.body, "{\"responseCode\":5,\"handle\":\"35.TEST/new\""));
        told = web_get(w, NEW);
        (void)snprintf(etag, sizeof(etag), "%s", web_header(&told, "ETag"));
        assert_int_equal(strlen(etag), 18);
        told = web_get(w, NEW "?index=1");
        assert_string_equal(web_header(&told, "ETag"), etag);
        (void)snprintf(headers, sizeof(headers), "If-None-Match: \"x\", W/%s", etag);
        struct web_ask ask = { .target = NEW, .headers = headers };
        told = web_send(w, &ask);
        assert_int_equal(told.status, 304);
        assert_int_equal(told.size, 0);
        assert_string_equal(web_header(&told, "ETag"), etag);
        several_lines(w, &ask, etag, headers);

        static const struct {
                const char *method;
                const char *target;
                const char *text;
        } changes[] = {
                { "PUT", NEW, "[" URL2 "," ADMIN "]" },
                { "PUT", NEW "?index=3", "[{\"index\":3,\"type\":\"N\",\"data\":\"x\"}]" },
                { "PATCH", NEW, "[{\"index\":2,\"ttl\":5}]" },
                { "DELETE", NEW "?index=2", "" },
                { "DELETE", NEW, "" },
        };
        for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
                struct step step = {
                        "", SECRET, changes[i].method, changes[i].target, NULL, changes[i].text,
                        0,  ""
                };
                print_message("%s %s\n", step.method, step.target);
                step.headers = JSON "\nIf-Match: \"0123456789abcdef\"";
                assert_int_equal(take(w, &step).status, 412);
                (void)snprintf(headers, sizeof(headers), JSON "\nIf-None-Match: %s", etag);
                step.headers = headers;
                assert_int_equal(take(w, &step).status, 412);
                (void)snprintf(headers, sizeof(headers), JSON "\nIf-Match: %s", etag);
                told = take(w, &step);
                assert_in_range(told.status, 200, 201);
                char made[64];
                bool is_gone = i + 1 == sizeof(changes) / sizeof(changes[0]);
                assert_true(is_gone == (web_header(&told, "ETag") == NULL));
                if (!is_gone)
                        (void)snprintf(made, sizeof(made), "%s", web_header(&told, "ETag"));
                told = web_get(w, NEW);
                if (!is_gone)
                        assert_string_equal(web_header(&told, "ETag"), made);
                if (i + 1 < sizeof(changes) / sizeof(changes[0])) {
                        assert_string_not_equal(web_header(&told, "ETag"), etag);
                        (void)snprintf(etag, sizeof(etag), "%s", web_header(&told, "ETag"));
                }
        }
        assert_int_equal(told.status, 404);
        assert_null(web_header(&told, "ETag"));
        make.headers = JSON "\nIf-Match: *";
        assert_int_equal(take(w, &make).status, 412);
        make.headers = JSON "\nIf-Match: a,b,c,d,e,f,g,h,i";
        assert_int_equal(take(w, &make).status, 400);
}

/* More names than a page of the protocol holds. */
static void test_long_list(void **state)
{
        struct web *w = *state;
        enum { COUNT = 333 };
        for (unsigned i = 0; i < COUNT; i++) {
                char name[64];
                struct buf b = buf_growing(1000);
                uint32_t n = 0;
                (void)snprintf(name, sizeof(name), "35.TEST/n%04u", i);
                harness_put_value(&b, 1, "URL", ANSA_BYTES_LIT("x"), 0x0e, &n);
                struct bulk_change change = { .kind = BULK_PUT,
                                              .name = ansa_bytes_text(name),
                                              .values = { buf_written(&b), n } };
                size_t failed;
                assert_int_equal(identifier_bulk(w->h.writer, &change, 1, &failed), ANSA_OK);
                buf_fini(&b);
        }
        struct step step = { "",   SECRET, "GET", "/api/handles?prefix=35.TEST&page=2&pageSize=100",
                             NULL, NULL,   0,     "" };
        struct web_told told = take(w, &step);
        assert_non_null(strstr(told.body, "\"totalCount\":\"338\""));
        unsigned found = 0;
        for (const char *at = told.body; (at = strstr(at, "35.TEST/N")) != NULL; at++)
                found++;
        assert_in_range(found, 99, 100);
        step.target = "/api/handles?prefix=35.TEST";
        told = take(w, &step);
        assert_true(told.is_long);
        assert_non_null(strstr(told.body, "],\"totalCount\":\"338\"}"));
        step.target = "/api/handles?prefix=35.TEST&stream=jsonl";
        told = take(w, &step);
        assert_true(told.is_long);
        found = 0;
        for (const char *at = told.body; (at = strchr(at, '\n')) != NULL; at++)
                found++;
        assert_int_equal(found, 338);
        assert_int_equal(told.body[told.size - 1], '\n');
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(test_steps, setup, teardown),
                cmocka_unit_test_setup_teardown(test_private_answers, setup, teardown),
                cmocka_unit_test_setup_teardown(test_large_patch, setup, teardown),
                cmocka_unit_test_setup_teardown(test_prefixes, setup, teardown),
                cmocka_unit_test_setup_teardown(test_basic, setup, teardown),
                cmocka_unit_test_setup_teardown(test_basic_is_remembered, setup, teardown),
                cmocka_unit_test_setup_teardown(test_plain_http, setup, teardown),
                cmocka_unit_test_setup_teardown(test_writer_is_full, setup, teardown),
                cmocka_unit_test_setup_teardown(test_versions, setup, teardown),
                cmocka_unit_test_setup_teardown(test_long_list, setup, teardown),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
