/* SPDX-License-Identifier: Apache-2.0 */
#include "http/exchange.h"

#include "base/assert.h"
#include "base/text.h"
#include "http/ask.h"
#include "http/auth.h"
#include "http/reply.h"
#include "http/route.h"
#include "http/uri.h"
#include "wire/codes.h"
#include "wire/json.h"

#include <stddef.h>
#include <stdlib.h>

#define OUT_KEPT_MAX 65536u /* octets of a response's room that wait for the next one */

/* The life of one request, from its head to its end. */

bool exchange_header(const struct http_exchange *x, const char *name, struct ansa_bytes *value)
{
        const struct http_request *r = x->request;
        const struct ansa_bytes wanted = ansa_bytes_text(name);
        for (size_t i = 0; i < r->header_count; i++) {
                if (text_equal_fold(r->headers[i].name, wanted)) {
                        *value = r->headers[i].value;
                        return true;
                }
        }
        *value = (struct ansa_bytes){ 0 };
        return false;
}

static bool is_line_of(const struct http_field *field, struct ansa_bytes name)
{
        return field->name.size == name.size && text_equal_fold(field->name, name);
}

bool exchange_list(struct http_exchange *x, const char *name, struct ansa_bytes *value)
{
        const struct http_request *r = x->request;
        const struct ansa_bytes wanted = ansa_bytes_text(name);
        size_t lines = 0;
        size_t size = 0;
        *value = (struct ansa_bytes){ 0 };
        for (size_t i = 0; i < r->header_count; i++) {
                if (!is_line_of(&r->headers[i], wanted))
                        continue;
                if (lines++ == 0)
                        *value = r->headers[i].value;
                size += r->headers[i].value.size + 2;
        }
        uint8_t *at = lines > 1 ? arena_alloc(&x->arena, size) : NULL;
        if (at == NULL)
                return lines > 0;
        struct buf b = buf_over(at, size);
        for (size_t i = 0; i < r->header_count; i++) {
                if (!is_line_of(&r->headers[i], wanted))
                        continue;
                buf_text(&b, b.size > 0 ? ", " : "");
                buf_bytes(&b, r->headers[i].value);
        }
        *value = buf_written(&b);
        return true;
}

static bool is_get(enum http_method method)
{
        return method == HTTP_GET || method == HTTP_HEAD;
}

bool exchange_is_reading(const struct http_exchange *x)
{
        enum http_method method = x->request->method;
        return is_get(method) || (method == HTTP_POST && x->route->post_reads);
}

/* The method of the route that serves the request. */
static const struct route_method *served_by(const struct http_exchange *x)
{
        static const struct route_method nobody = { NULL, ROUTE_BODY_NONE };
        enum http_method method = x->request->method;
        if (method == HTTP_HEAD)
                method = HTTP_GET;
        return method == HTTP_METHOD_OTHER ? &nobody : &x->route->method[method];
}

/* A new one, or one that ended, with the memory that it had. */
static struct http_exchange *new_exchange(struct http_worker *worker)
{
        struct http_exchange *x = worker->spare;
        if (x == NULL) {
                x = calloc(1, sizeof(*x));
                if (x == NULL)
                        return NULL;
                arena_init(&x->arena, EXCHANGE_ARENA_MAX);
                x->out = buf_growing(REPLY_OUT_MAX);
                return x;
        }
        worker->spare = NULL;
        const struct arena arena = x->arena;
        const struct buf out = x->out;
        struct shared *settings = x->settings;
        memset(x, 0, offsetof(struct http_exchange, headers));
        x->arena = arena;
        x->out = out;
        x->settings = settings;
        return x;
}

void exchange_free(struct http_exchange *x)
{
        if (x == NULL)
                return;
        buf_fini(&x->out);
        arena_fini(&x->arena);
        shared_give(x->settings);
        free(x);
}

struct http_exchange *http_begin(struct http_worker *worker, const struct http_request *request)
{
        struct http *http = worker->http;
        struct http_exchange *x = new_exchange(worker);
        if (x == NULL)
                return NULL;
        x->http = http;
        shared_renew(&http->settings, &x->settings);
        x->config = &((const struct http_settings *)x->settings)->config;
        x->request = request;
        enum ansa_err err = uri_decode(request->path, false, &x->arena, &x->path);
        if (err == ANSA_E_NO_MEMORY) {
                http_end(worker, x);
                return NULL;
        }
        bool is_path = request->path.size > 0 && request->path.at[0] == '/';
        bool is_malformed = err != ANSA_OK || !is_path;
        if (is_malformed)
                x->path = request->path;
        x->route = route_find(x);
        if (is_path && route_is_lenient(x))
                is_malformed = false; /* a "%" in an identifier that nobody encoded */
        x->body = buf_growing((size_t)http_body_max(x));
        if (route_is_api(x))
                reply_cors(x);
        x->header_base = x->header_count;
        if (is_malformed)
                (void)reply_bad(x, "the path is not properly percent-encoded");
        else if (served_by(x)->serve != NULL && x->route->begin != NULL)
                x->route->begin(x);
        return x;
}

uint64_t http_body_max(const struct http_exchange *x)
{
        if (x->status != 0)
                return 0;
        switch (served_by(x)->body) {
        case ROUTE_BODY_NONE:
                return 0;
        case ROUTE_BODY_SMALL:
                return ROUTE_BODY_SMALL_MAX;
        case ROUTE_BODY_RECORD:
                return x->config->body_max < JSON_TEXT_SIZE_MAX ? x->config->body_max
                                                                : JSON_TEXT_SIZE_MAX;
        case ROUTE_BODY_MESSAGE:
                return ANSA_MESSAGE_SIZE_MAX + 20u;
        case ROUTE_BODY_BATCH:
                return x->config->batch_max;
        }
        return 0;
}

enum http_outcome http_body(struct http_worker *worker, struct http_exchange *x,
                            struct ansa_bytes part)
{
        if (x->status != 0)
                return HTTP_REPLY;
        if (x->take != NULL) {
                x->worker = worker;
                enum http_outcome outcome = x->take(x, part);
                x->worker = NULL;
                return outcome;
        }
        if (http_body_max(x) == 0)
                return HTTP_MORE; /* nobody wants it */
        buf_bytes(&x->body, part);
        if (x->body.err == ANSA_OK)
                return HTTP_MORE;
        x->close = true; /* the rest of the body is still to come */
        if (x->body.err == ANSA_E_LIMIT)
                return reply_error(x, 413, RC_PROTOCOL, ANSA_BYTES_LIT("the body is too large"),
                                   NULL);
        return reply_error(x, 503, RC_BUSY, ANSA_BYTES_LIT("no memory for the body"), NULL);
}

static void put_allowed(struct http_exchange *x)
{
        static const char *const names[] = {
                [HTTP_GET] = "GET, HEAD", [HTTP_POST] = "POST",     [HTTP_PUT] = "PUT",
                [HTTP_PATCH] = "PATCH",   [HTTP_DELETE] = "DELETE",
        };
        char text[64];
        struct buf b = buf_over((uint8_t *)text, sizeof(text));
        for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
                if (names[i] == NULL || x->route->method[i].serve == NULL)
                        continue;
                buf_text(&b, b.size > 0 ? ", " : "");
                buf_text(&b, names[i]);
        }
        buf_text(&b, ", OPTIONS");
        reply_header(x, "Allow", buf_written(&b));
}

static enum http_outcome refuse_method(struct http_exchange *x)
{
        if (x->request->method == HTTP_METHOD_OTHER)
                return reply_error(x, 501, RC_OPERATION_DENIED,
                                   ANSA_BYTES_LIT("this server does not know that method"), NULL);
        put_allowed(x);
        if (x->request->method == HTTP_OPTIONS)
                return reply_empty(x, 204);
        return reply_error(x, 405, RC_OPERATION_DENIED,
                           ANSA_BYTES_LIT("that method is not for this path"), NULL);
}

/* The parameters, from the query string or from the body of a POST that reads. */
static bool take_parameters(struct http_exchange *x)
{
        enum query_style style = route_is_api(x) ? QUERY_API : QUERY_RESOLVER;
        bool in_body = x->request->method == HTTP_POST && x->route->post_reads && x->body.size > 0;
        struct json_problem problem = { 0 };
        enum ansa_err err;
        if (in_body)
                err = query_from_json(buf_written(&x->body), &x->arena, &x->query, &problem);
        else
                err = query_parse(x->request->query, style, &x->arena, &x->query);
        if (err == ANSA_OK)
                return true;
        if (in_body)
                (void)reply_bad(x, "the body cannot be read: %s", problem.text);
        else
                (void)reply_bad(x, "the query string is not properly percent-encoded");
        return false;
}

static enum http_outcome serve(struct http_exchange *x)
{
        if (x->status != 0)
                return HTTP_REPLY;
        if (route_is_api(x) && x->request->method == HTTP_OPTIONS)
                return reply_preflight(x);
        const struct route_method *method = served_by(x);
        if (method->serve == NULL)
                return refuse_method(x);
        if (!route_is_lenient(x) && !take_parameters(x))
                return HTTP_REPLY;
        if (route_is_api(x) && !x->route->is_open) {
                enum http_outcome outcome = auth_identify(x);
                if (outcome != HTTP_REPLY)
                        return outcome;
                if (x->auth.error != NULL)
                        return auth_challenge(x, (struct ansa_bytes){ 0 });
        }
        return method->serve(x);
}

/* What was said to one who has proven who he is, no cache may tell to others. */
static void keep_private(struct http_exchange *x)
{
        const struct ansa_bytes name = ANSA_BYTES_LIT("Cache-Control");
        for (size_t i = 0; i < x->header_count; i++) {
                if (text_equal_fold(x->headers[i].name, name))
                        return;
        }
        reply_header_text(x, "Cache-Control", "no-store");
}

enum http_outcome http_serve(struct http_worker *worker, struct http_exchange *x,
                             bool body_is_whole)
{
        x->worker = worker;
        ask_rewind(x);
        enum http_outcome outcome;
        if (!body_is_whole && x->take != NULL && x->status == 0) {
                outcome = x->take(x, (struct ansa_bytes){ 0 });
        } else {
                if (x->status == 0)
                        x->header_count = x->header_base;
                outcome = serve(x);
        }
        x->worker = NULL;
        if (outcome == HTTP_REPLY && x->has_identity)
                keep_private(x);
        ansa_assert(outcome != HTTP_SLOW || !worker->may_block);
        ansa_assert(outcome != HTTP_REPLY || x->status != 0);
        return outcome;
}

struct write_job *const *http_jobs(struct http_exchange *x, size_t *count)
{
        *count = x->job_count;
        return x->jobs;
}

void http_refused(struct http_exchange *x)
{
        x->was_refused = true;
}

void http_response(const struct http_exchange *x, struct http_response *response)
{
        ansa_assert(x->status != 0);
        *response = (struct http_response){
                .status = x->status,
                .headers = x->headers,
                .header_count = x->header_count,
                .body = x->answer,
                .is_long = x->is_long,
                .close = x->close,
        };
}

bool http_more(struct http_worker *worker, struct http_exchange *x, struct buf *b)
{
        if (x->more == NULL)
                return false;
        x->worker = worker;
        bool more = x->more(x, b);
        x->worker = NULL;
        return more;
}

void http_end(struct http_worker *worker, struct http_exchange *x)
{
        if (x == NULL)
                return;
        ask_fini(x);
        if (x->state_free != NULL)
                x->state_free(x->state);
        buf_fini(&x->body);
        if (worker == NULL || worker->spare != NULL || x->out.room > OUT_KEPT_MAX ||
            x->out.size_max != REPLY_OUT_MAX) { /* another took its place */
                exchange_free(x);
                return;
        }
        arena_reset(&x->arena);
        buf_reset(&x->out);
        worker->spare = x;
}
