/* SPDX-License-Identifier: Apache-2.0 */
#include "web.h"

#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>

#define OK(call) assert_int_equal(call, ANSA_OK)

static void tell_metrics(struct http_facts *f, struct buf *b)
{
        (void)f;
        buf_text(b, "ansa_requests_total 7\n");
}

static void tell_status(struct http_facts *f, struct buf *b)
{
        (void)f;
        buf_text(b, "{\"requests\":7}");
}

static const char *tell_trouble(struct http_facts *f)
{
        return ((struct web_facts *)f)->trouble;
}

void web_open(struct web *w)
{
        memset(w, 0, sizeof(*w));
        harness_open(&w->h);
        w->facts.facts = (struct http_facts){ tell_metrics, tell_status, tell_trouble };
        w->config = (struct http_config){ .body_max = 1u << 20,
                                          .batch_max = 64u << 20,
                                          .site = w->h.config.site };
        struct http_options options = { .service = w->h.service,
                                        .env = &w->h.env.env,
                                        .facts = &w->facts.facts,
                                        .signer = &w->h.signer.signer,
                                        .config = w->config };
        OK(http_new(&options, &w->http));
        OK(http_worker_new(w->http, false, &w->hasty));
        OK(http_worker_new(w->http, true, &w->slow));
        w->room = buf_growing(256u << 20);
}

void web_close(struct web *w)
{
        http_worker_free(w->hasty);
        http_worker_free(w->slow);
        http_free(w->http);
        buf_fini(&w->room);
        harness_close(&w->h);
}

static enum http_method method_of(const char *name)
{
        static const char *const names[] = { "GET",   "HEAD",   "POST",   "PUT",
                                             "PATCH", "DELETE", "OPTIONS" };
        for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
                if (strcmp(name, names[i]) == 0)
                        return (enum http_method)i;
        }
        return HTTP_METHOD_OTHER;
}

/* Lines of "Name: value". */
static size_t take_headers(const char *text, struct http_field *fields, size_t room)
{
        size_t count = 0;
        while (text != NULL && *text != 0) {
                const char *end = strchr(text, '\n');
                size_t size = end != NULL ? (size_t)(end - text) : strlen(text);
                const char *colon = memchr(text, ':', size);
                assert_non_null(colon);
                assert_true(count < room);
                const char *value = colon + 1;
                while (*value == ' ')
                        value++;
                fields[count++] = (struct http_field){
                        { (const uint8_t *)text, (size_t)(colon - text) },
                        { (const uint8_t *)value, size - (size_t)(value - text) },
                };
                text = end != NULL ? end + 1 : NULL;
        }
        return count;
}

/* Serve until the exchange wants nothing more of the lanes. */
static enum http_outcome go_on(struct web *w, struct http_exchange *x, enum http_outcome outcome,
                               bool is_whole)
{
        while (outcome == HTTP_SLOW || outcome == HTTP_WRITE) {
                struct http_worker *worker = w->hasty;
                if (outcome == HTTP_SLOW) {
                        w->slow_count++;
                        worker = w->slow;
                } else {
                        size_t count;
                        struct write_job *const *jobs = http_jobs(x, &count);
                        assert_true(count > 0);
                        w->write_count++;
                        if (w->writer_is_full)
                                http_refused(x);
                        else
                                identifier_commit(w->h.writer, jobs, count);
                }
                outcome = http_serve(worker, x, is_whole);
        }
        return outcome;
}

static void give_body(struct web *w, struct http_exchange *x, struct ansa_bytes body,
                      bool *is_answered)
{
        *is_answered = false;
        while (body.size > 0 && !*is_answered) {
                size_t size = w->chunk > 0 && w->chunk < body.size ? w->chunk : body.size;
                struct ansa_bytes part = { body.at, size };
                enum http_outcome outcome = http_body(w->hasty, x, part);
                outcome = go_on(w, x, outcome, false);
                *is_answered = outcome == HTTP_REPLY;
                body.at += size;
                body.size -= size;
        }
}

static struct web_told take_response(struct web *w, struct http_exchange *x)
{
        struct http_response r;
        http_response(x, &r);
        buf_reset(&w->room);
        for (size_t i = 0; i < r.header_count; i++) {
                buf_bytes(&w->room, r.headers[i].name);
                buf_text(&w->room, ": ");
                assert_null(memchr(r.headers[i].value.at, '\n', r.headers[i].value.size));
                buf_bytes(&w->room, r.headers[i].value);
                buf_u8(&w->room, '\n');
        }
        buf_u8(&w->room, 0);
        size_t at = w->room.size;
        if (!r.is_long)
                buf_bytes(&w->room, r.body);
        while (r.is_long && http_more(w->slow, x, &w->room))
                assert_int_equal(w->room.err, ANSA_OK);
        size_t size = w->room.size - at;
        buf_u8(&w->room, 0);
        assert_int_equal(w->room.err, ANSA_OK);
        return (struct web_told){ .status = r.status,
                                  .headers = (const char *)w->room.at,
                                  .body = (const char *)w->room.at + at,
                                  .size = size,
                                  .close = r.close,
                                  .is_long = r.is_long };
}

struct web_told web_send(struct web *w, const struct web_ask *ask)
{
        struct http_field fields[HTTP_HEADERS_MAX];
        const char *mark = strchr(ask->target, '?');
        struct ansa_bytes path = ansa_bytes_text(ask->target);
        if (mark != NULL)
                path.size = (size_t)(mark - ask->target);
        struct ansa_bytes body = ask->text != NULL ? ansa_bytes_text(ask->text) : ask->body;
        struct http_request request = {
                .peer = { .address = { [10] = 0xff,
                                       [11] = 0xff,
                                       [12] = 192,
                                       [14] = (uint8_t)(2 + ask->network),
                                       [15] = 7 },
                          .port = 40000,
                          .transport = ask->is_plain ? PEER_HTTP : PEER_HTTPS,
                          .may_administer = true },
                .method = method_of(ask->method != NULL ? ask->method : "GET"),
                .is_http10 = ask->is_http10,
                .path = path,
                .has_query = mark != NULL,
                .query = mark != NULL ? ansa_bytes_text(mark + 1) : (struct ansa_bytes){ 0 },
                .headers = fields,
                .header_count = take_headers(ask->headers, fields, HTTP_HEADERS_MAX),
                .body_size = body.size,
                .client_name = ansa_bytes_text(ask->client_name != NULL ? ask->client_name : ""),
                .client_key = ask->client_key,
                .may_watch = w->may_watch,
        };
        w->slow_count = w->write_count = 0;
        struct http_exchange *x = http_begin(w->hasty, &request);
        assert_non_null(x);
        bool is_answered;
        if (body.size > http_body_max(x) && http_body_max(x) > 0)
                w->chunk = w->chunk > 0 ? w->chunk : 1000; /* the door would look, too */
        give_body(w, x, body, &is_answered);
        if (!is_answered) {
                struct http_worker *first = ask->by_slow_lane ? w->slow : w->hasty;
                enum http_outcome outcome = http_serve(first, x, true);
                outcome = go_on(w, x, outcome, true);
                assert_int_equal(outcome, HTTP_REPLY);
        }
        struct web_told told = take_response(w, x);
        http_end(w->hasty, x);
        return told;
}

struct web_told web_get(struct web *w, const char *target)
{
        struct web_ask ask = { .target = target };
        return web_send(w, &ask);
}

const char *web_header(const struct web_told *told, const char *name)
{
        static char value[4096];
        size_t size = strlen(name);
        for (const char *line = told->headers; *line != 0; line = strchr(line, '\n') + 1) {
                struct ansa_bytes front = { (const uint8_t *)line, size };
                const char *end = strchr(line, '\n');
                if ((size_t)(end - line) <= size + 1 || line[size] != ':' ||
                    !text_equal_fold(front, ansa_bytes_text(name)))
                        continue;
                (void)snprintf(value, sizeof(value), "%.*s", (int)(end - line - (int)size - 2),
                               line + size + 2);
                return value;
        }
        return NULL;
}
