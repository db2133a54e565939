/* SPDX-License-Identifier: Apache-2.0 */
/* POST /api/batch: what each line does, in which order, and how a batch is taken up again. */
#include "web.h"

#include "http/batch.h"

#include <stdio.h>
#include <stdlib.h>

#define BASIC          "Authorization: Basic MzAyJTNBMC5OQS8zNS5URVNUOnPDqWNyZXQ=\n"
#define LINES          "Content-Type: application/jsonl"
#define VALUE(i, text) "{\"index\":" #i ",\"type\":\"T\",\"data\":\"" text "\"}"
#define ADMIN                                                                             \
        "{\"index\":100,\"type\":\"HS_ADMIN\",\"data\":{\"format\":\"admin\",\"value\":{" \
        "\"handle\":\"0.NA/35.TEST\",\"index\":302,\"permissions\":\"111111111111\"}}}"
#define CREATE(name)                                                                              \
        "{\"op\":\"create\",\"handle\":\"35.TEST/" name "\",\"values\":[" VALUE(1, "x") "," ADMIN \
                                                                                        "]}\n"

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

static struct web_told batch(struct web *w, const char *text, const char *key)
{
        char headers[500];
        (void)snprintf(headers, sizeof(headers), BASIC LINES "%s%s",
                       key != NULL ? "\nIdempotency-Key: " : "", key != NULL ? key : "");
        struct web_ask ask = {
                .method = "POST", .target = "/api/batch", .headers = headers, .text = text
        };
        return web_send(w, &ask);
}

static const struct {
        const char *rule;
        const char *line;
        uint32_t status;
        const char *more; /* behind the response code */
} rows[] = {
        { "create", CREATE("a"), 201, "1}" },
        { "create again", CREATE("a"), 409, "101,\"handle\":\"35.TEST/a\",\"message\":" },
        { "put over it",
          "{\"op\":\"put\",\"handle\":\"35.TEST/a\",\"values\":[" VALUE(1, "y") "," ADMIN "]}\n",
          200, "1}" },
        { "put what is not there",
          "{\"op\":\"put\",\"handle\":\"35.TEST/b\",\"values\":[" VALUE(1, "y") "," ADMIN "]}\n",
          201, "1}" },
        { "add", "{\"op\":\"add\",\"handle\":\"35.TEST/b\",\"values\":[" VALUE(2, "z") "]}\n", 201,
          "1}" },
        { "add what is there",
          "{\"op\":\"add\",\"handle\":\"35.TEST/b\",\"values\":[" VALUE(2, "q") "]}\n", 409,
          "201," },
        { "add over it",
          "{\"op\":\"add\",\"handle\":\"35.TEST/b\",\"overwrite\":true,\"values\":[" VALUE(
                  2, "q") "]}\n",
          200, "1}" },
        { "remove", "{\"op\":\"remove\",\"handle\":\"35.TEST/b\",\"indexes\":[2]}\n", 200, "1}" },
        { "remove again", "{\"op\":\"remove\",\"handle\":\"35.TEST/b\",\"indexes\":[2]}\n", 400,
          "200," },
        { "delete", "{\"op\":\"delete\",\"handle\":\"35.TEST/b\"}\n", 200, "1}" },
        { "delete again", "{\"op\":\"delete\",\"handle\":\"35.TEST/b\"}\n", 404, "100," },
        { "mint",
          "{\"op\":\"create\",\"mintNewSuffix\":true,\"handle\":\"35.TEST/m-\",\"values\":[" ADMIN
          "]}\n",
          201, "1,\"handle\":\"35.TEST/m-" },
        { "not homed", "{\"op\":\"delete\",\"handle\":\"77/b\"}\n", 400, "301," },
        { "no right", "{\"op\":\"delete\",\"handle\":\"35.TEST/public\"}\n", 403, "400," },
        { "no such op", "{\"op\":\"drop\",\"handle\":\"35.TEST/b\"}\n", 400,
          "4,\"handle\":\"\",\"message\":\"op: create, put," },
        { "no op", "{\"handle\":\"35.TEST/b\"}\n", 400, "4," },
        { "no handle", "{\"op\":\"delete\"}\n", 400, "4," },
        { "no values", "{\"op\":\"put\",\"handle\":\"35.TEST/b\"}\n", 400, "4," },
        { "bad value", "{\"op\":\"put\",\"handle\":\"35.TEST/b\",\"values\":[{\"index\":1}]}\n",
          400, "4," },
        { "no indexes", "{\"op\":\"remove\",\"handle\":\"35.TEST/b\"}\n", 400, "4," },
        { "bad index", "{\"op\":\"remove\",\"handle\":\"35.TEST/b\",\"indexes\":[-1]}\n", 400,
          "4," },
        { "mint with delete",
          "{\"op\":\"delete\",\"mintNewSuffix\":true,\"handle\":\"35.TEST/\"}\n", 400, "4," },
        { "no JSON", "hello\n", 400, "4," },
        { "no object", "[1]\n", 400, "4," },
        { "a bad name", "{\"op\":\"delete\",\"handle\":\"\"}\n", 400, "102," },
};
#define ROWS (sizeof(rows) / sizeof(rows[0]))

static void check_rows(struct web *w, const char *text)
{
        struct web_told told = batch(w, text, NULL);
        const char *line = told.body;
        assert_int_equal(told.status, 200);
        assert_true(told.is_long);
        for (size_t i = 0; i < ROWS; i++) {
                char front[200];
                (void)snprintf(front, sizeof(front),
                               "{\"line\":%zu,\"status\":%u,\"responseCode\":%s", i + 1,
                               rows[i].status, rows[i].more);
                assert_non_null(line);
                print_message("%s: %.200s\n", rows[i].rule, line);
                assert_memory_equal(line, front, strlen(front));
                const char *end = strchr(line, '\n');
                assert_non_null(end);
                line = end + 1;
        }
        assert_string_equal(line, "");
}

/* All lines in one batch: each sees what the ones before it did. In pieces of any size. */
static void test_rows(void **state)
{
        static const size_t chunks[] = { 0, 1, 7, 1000 };
        struct web *w = *state;
        struct buf text = buf_growing(100000);
        for (size_t i = 0; i < ROWS; i++) {
                buf_text(&text, rows[i].line);
                buf_text(&text, i % 3 == 0 ? "\n \r\n" : ""); /* blank lines are no lines */
        }
        text.size -= (ROWS - 1) % 3 == 0 ? 5 : 1; /* the last line needs no end */
        buf_u8(&text, 0);
        for (size_t i = 0; i < sizeof(chunks) / sizeof(chunks[0]); i++) {
                web_close(w);
                web_open(w);
                w->chunk = chunks[i];
                check_rows(w, (const char *)text.at);
        }
        buf_fini(&text);
}

/* A transaction holds many lines, whatever else is between them. */
static void test_many(void **state)
{
        struct web *w = *state;
        enum { COUNT = 2500 };
        struct buf text = buf_growing(4u << 20);
        for (unsigned i = 0; i < COUNT; i++) {
                buf_printf(&text,
                           "{\"op\":\"create\",\"handle\":\"35.TEST/%u\",\"values\":[" ADMIN "]}\n",
                           i);
                if (i % 2 == 0) /* refused, and in the way of nobody */
                        buf_text(&text, "{\"op\":\"create\",\"handle\":\"35.TEST/mixed\","
                                        "\"values\":[" ADMIN "]}\n");
        }
        buf_u8(&text, 0);
        w->chunk = 20000;
        struct web_told told = batch(w, (const char *)text.at, NULL);
        assert_int_equal(told.status, 200);
        assert_in_range(w->write_count, 3, 5);
        unsigned lines = 0;
        unsigned good = 0;
        for (const char *at = told.body; *at != 0; at = strchr(at, '\n') + 1, lines++)
                good += strstr(at, "\"status\":201") != NULL &&
                        strstr(at, "\"status\":201") < strchr(at, '\n');
        assert_int_equal(lines, COUNT + COUNT / 2);
        assert_int_equal(good, COUNT);
        assert_int_equal(web_get(w, "/api/handles/35.TEST/2499").status, 200);
        buf_fini(&text);
}

static void test_refusals(void **state)
{
        struct web *w = *state;
        static const struct {
                const char *rule;
                const char *method;
                const char *headers;
                bool is_plain;
                uint32_t status;
        } refusals[] = {
                { "nobody", "POST", LINES, false, 401 },
                { "plain HTTP", "POST", BASIC LINES, true, 403 },
                { "a form", "POST", BASIC "Content-Type: text/plain", false, 400 },
                { "no type", "POST",
                  "Authorization: Basic MzAyJTNBMC5OQS8zNS5URVNUOnPDqWNyZXQ=", false, 400 },
                { "no key", "POST", BASIC LINES "\nIdempotency-Key: ", false, 400 },
                { "GET", "GET", BASIC LINES, false, 405 },
        };
        for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
                struct web_ask ask = { .method = refusals[i].method,
                                       .target = "/api/batch",
                                       .headers = refusals[i].headers,
                                       .text = CREATE("a"),
                                       .is_plain = refusals[i].is_plain };
                print_message("%s\n", refusals[i].rule);
                struct web_told told = web_send(w, &ask);
                assert_int_equal(told.status, refusals[i].status);
                assert_non_null(strstr(told.body, "\"responseCode\":"));
                assert_int_equal(web_get(w, "/api/handles/35.TEST/a").status, 404);
        }
        struct web_told told = batch(w, "", NULL);
        assert_int_equal(told.status, 200);
        assert_int_equal(told.size, 0);
}

static void test_long_line(void **state)
{
        struct web *w = *state;
        struct buf text = buf_growing(8u << 20);
        buf_text(&text, CREATE("a"));
        memset(buf_take(&text, 3 * BATCH_LINE_SIZE_MAX), 'x', 3 * BATCH_LINE_SIZE_MAX);
        buf_text(&text, "\n" CREATE("b"));
        buf_u8(&text, 0);
        w->chunk = 50000;
        struct web_told told = batch(w, (const char *)text.at, NULL);
        assert_non_null(strstr(told.body, "{\"line\":1,\"status\":201,"));
        assert_non_null(strstr(told.body, "{\"line\":2,\"status\":400,\"responseCode\":4,"));
        assert_non_null(strstr(told.body, "{\"line\":3,\"status\":201,"));
        assert_null(strstr(told.body, "{\"line\":4"));
        buf_fini(&text);
}

static void test_writer_is_full(void **state)
{
        struct web *w = *state;
        w->writer_is_full = true;
        struct web_told told = batch(w, CREATE("a") CREATE("b"), "k");
        assert_string_equal(
                told.body, "{\"line\":1,\"status\":503,\"responseCode\":3,\"handle\":\"35.TEST/a\","
                           "\"message\":\"server too busy\"}\n"
                           "{\"line\":2,\"status\":503,\"responseCode\":3,\"handle\":\"35.TEST/b\","
                           "\"message\":\"server too busy\"}\n");
        w->writer_is_full = false;
        told = batch(w, CREATE("a") CREATE("b"), "k");
        assert_string_equal(told.body, "{\"line\":1,\"status\":201,\"responseCode\":1}\n"
                                       "{\"line\":2,\"status\":201,\"responseCode\":1}\n");
}

/* Sent again it is not done again, and goes on where it was. */
static void test_resume(void **state)
{
        struct web *w = *state;
        static const char *const first = CREATE("a") CREATE("a") CREATE("public") "x\n" CREATE("b");
        static const char *const plain[] = {
                "{\"line\":1,\"status\":201,\"responseCode\":1}\n",
                "{\"line\":2,\"status\":409,\"responseCode\":101",
                "{\"line\":3,\"status\":409,\"responseCode\":101",
                "{\"line\":4,\"status\":400,\"responseCode\":4",
                "{\"line\":5,\"status\":201,\"responseCode\":1}\n",
        };
        for (unsigned round = 0; round < 3; round++) {
                struct web_told told = batch(w, first, "key 1");
                print_message("%s", told.body);
                assert_int_equal(told.status, 200);
                for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++)
                        assert_non_null(strstr(told.body, plain[i]));
                assert_int_equal(w->write_count, round == 0 ? 2 : 0);
        }
        char longer[4000];
        (void)snprintf(longer, sizeof(longer), "%s%s", first, CREATE("c") CREATE("a"));
        struct web_told told = batch(w, longer, "key 1");
        assert_int_equal(w->write_count, 1);
        assert_non_null(strstr(told.body, plain[4]));
        assert_non_null(strstr(told.body, "{\"line\":6,\"status\":201,\"responseCode\":1}\n"));
        assert_non_null(strstr(told.body, "{\"line\":7,\"status\":409,\"responseCode\":101,"));

        /* other lines, or fewer, are a mistake */
        told = batch(w, CREATE("q") CREATE("q") CREATE("q") CREATE("q") CREATE("q") CREATE("q"),
                     "key 1");
        assert_int_equal(told.status, 422);
        assert_int_equal(batch(w, CREATE("a"), "key 1").status, 422);
        assert_int_equal(web_get(w, "/api/handles/35.TEST/q").status, 404);
        /* without key, or with another, it is another batch */
        told = batch(w, CREATE("a"), NULL);
        assert_non_null(strstr(told.body, "{\"line\":1,\"status\":409,"));
        told = batch(w, CREATE("a"), "key 2");
        assert_non_null(strstr(told.body, "{\"line\":1,\"status\":409,"));
        /* a week later nobody remembers */
        w->h.env.wall_s += 7 * 86400 + 1;
        told = batch(w, CREATE("q"), "key 1");
        assert_int_equal(told.status, 200);
        assert_non_null(strstr(told.body, "{\"line\":1,\"status\":201,"));
}

/* The client goes away in the middle; what was acknowledged by the writer is not done twice. */
static void test_broken_off(void **state)
{
        struct web *w = *state;
        static const char half[] = CREATE(
                "a") "{\"op\":\"delete\",\"handle\":\"35.TEST/a\"}\n" CREATE("a") "{\"op\":\"del";
        struct http_field fields[] = {
                { ANSA_BYTES_LIT("Authorization"),
                  ANSA_BYTES_LIT("Basic MzAyJTNBMC5OQS8zNS5URVNUOnPDqWNyZXQ=") },
                { ANSA_BYTES_LIT("Content-Type"), ANSA_BYTES_LIT("application/x-ndjson") },
                { ANSA_BYTES_LIT("Idempotency-Key"), ANSA_BYTES_LIT("k") },
        };
        struct http_request request = { .peer = { .transport = PEER_HTTPS, .may_administer = true },
                                        .method = HTTP_POST,
                                        .path = ANSA_BYTES_LIT("/api/batch"),
                                        .headers = fields,
                                        .header_count = 3,
                                        .body_size = HTTP_SIZE_UNKNOWN };
        struct http_exchange *x = http_begin(w->hasty, &request);
        assert_non_null(x);
        enum http_outcome outcome = http_body(
                w->hasty, x, (struct ansa_bytes){ (const uint8_t *)half, sizeof(half) - 1 });
        unsigned writes = 0;
        while (outcome != HTTP_MORE) {
                size_t count;
                struct http_worker *worker = w->hasty;
                if (outcome == HTTP_SLOW) {
                        worker = w->slow;
                } else {
                        assert_int_equal(outcome, HTTP_WRITE);
                        struct write_job *const *jobs = http_jobs(x, &count);
                        identifier_commit(w->h.writer, jobs, count);
                        writes++;
                }
                outcome = http_serve(worker, x, false);
        }
        http_end(w->hasty, x); /* a job still waits */
        assert_int_equal(writes, 2);
        assert_int_equal(web_get(w, "/api/handles/35.TEST/a").status, 404);
        struct web_told told =
                batch(w,
                      CREATE("a") "{\"op\":\"delete\",\"handle\":\"35.TEST/a\"}\n" CREATE(
                              "a") "{\"op\":\"delete\",\"handle\":\"35.TEST/none\"}\n",
                      "k");
        assert_int_equal(w->write_count, 1);
        assert_non_null(strstr(told.body, "{\"line\":3,\"status\":201,"));
        assert_non_null(strstr(told.body, "{\"line\":4,\"status\":404,"));
        assert_int_equal(web_get(w, "/api/handles/35.TEST/a").status, 200);
}

static void test_log(void **state)
{
        (void)state;
        struct batch_log log;
        struct batch_log copy;
        struct batch_result r;
        size_t at = 0;
        batch_log_init(&log, 1000);
        batch_log_init(&copy, 1000);
        for (unsigned i = 0; i < 100000; i++)
                batch_log_add_plain(&log, &(struct batch_result){ 201, 1, 1, { 0 } });
        assert_int_equal(log.entries.size, 14);
        assert_true(batch_log_take(&copy, buf_written(&log.entries)));
        assert_int_equal(copy.count, 100000);
        batch_log_add(&log, &(struct batch_result){ 404, 100, 1, ANSA_BYTES_LIT("abc") });
        assert_true(batch_log_next(&log, &at, &r));
        assert_int_equal(r.count, 100000);
        assert_true(batch_log_next(&log, &at, &r));
        assert_int_equal(r.more.size, 3);
        assert_false(batch_log_next(&log, &at, &r));
        for (size_t i = 1; i < 14; i++)
                assert_false(batch_log_take(&copy, (struct ansa_bytes){ log.entries.at, i }));
        for (unsigned i = 0; i < 1000; i++) /* full: it stays readable as far as it goes */
                batch_log_add(&log,
                              &(struct batch_result){ (uint16_t)i, i, 1, ANSA_BYTES_LIT("abc") });
        assert_true(log.is_full);
        uint64_t count = 0;
        for (at = 0; batch_log_next(&log, &at, &r);)
                count += r.count;
        assert_int_equal(count, log.count);
        assert_in_range(count, 100010, 100900);
        batch_log_fini(&log);
        batch_log_fini(&copy);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(test_rows, setup, teardown),
                cmocka_unit_test_setup_teardown(test_many, setup, teardown),
                cmocka_unit_test_setup_teardown(test_refusals, setup, teardown),
                cmocka_unit_test_setup_teardown(test_long_line, setup, teardown),
                cmocka_unit_test_setup_teardown(test_writer_is_full, setup, teardown),
                cmocka_unit_test_setup_teardown(test_resume, setup, teardown),
                cmocka_unit_test_setup_teardown(test_broken_off, setup, teardown),
                cmocka_unit_test(test_log),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
