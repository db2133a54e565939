/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEST_UNIT_DOORS_FAKE_HTTP_H
#define TEST_UNIT_DOORS_FAKE_HTTP_H

/*
 * What is said over HTTP, decided by the path, so that the door can be tested alone.
 *
 *   /now      answered at once: method, path, query, peer
 *   /slow     slow lane            /write?n    n jobs to the writer
 *   /both?n   slow lane, then n jobs
 *   /long?n   n pieces of 5,000 octets
 *   /sum      of the octets of the body, up to FAKE_BODY_MAX
 *   /stream   the same, but each part goes to the slow lane, and every other one to the writer
 *   /early    answered with the first part of the body
 *   others    404, and a body is not wanted
 */
#include "fake_identifier.h"
#include "http/http.h"

#include <stdio.h>

#define FAKE_BODY_MAX 1000000u
/* for static tables */
#define LIT(text)                                         \
        {                                                 \
                (const uint8_t *)(text), sizeof(text) - 1 \
        }
#define FAKE_JOBS_MAX 64u

struct http {
        _Atomic uint32_t open; /* exchanges */
        _Atomic uint32_t begun;
        _Atomic uint32_t refused;
};

struct http_worker {
        struct http *http;
        bool may_block;
};

struct http_exchange {
        struct http *http;
        const struct http_request *request;
        uint32_t stage;
        uint32_t parts;
        uint32_t committed;
        bool is_refused;
        uint64_t received;
        uint64_t sum;
        uint32_t pieces;
        struct write_job jobs[FAKE_JOBS_MAX];
        struct write_job *job[FAKE_JOBS_MAX];
        size_t job_count;
        uint32_t status;
        struct buf body;
};

static struct http fake_web __attribute__((unused));

enum ansa_err http_worker_new(struct http *http, bool may_block, struct http_worker **worker)
{
        *worker = calloc(1, sizeof(**worker));
        ansa_assert(*worker != NULL);
        (*worker)->http = http;
        (*worker)->may_block = may_block;
        return ANSA_OK;
}

void http_worker_free(struct http_worker *worker)
{
        free(worker);
}

struct http_exchange *http_begin(struct http_worker *worker, const struct http_request *request)
{
        struct http *http = worker->http;
        struct http_exchange *x = calloc(1, sizeof(*x));
        ansa_assert(x != NULL && request->path.size > 0 && request->path.at[0] == '/');
        x->http = http;
        x->request = request;
        x->status = 200;
        x->body = buf_growing(1u << 20);
        (void)atomic_fetch_add(&http->open, 1);
        (void)atomic_fetch_add(&http->begun, 1);
        return x;
}

static bool fake_is(const struct http_exchange *x, const char *path)
{
        return ansa_bytes_equal(x->request->path, ansa_bytes_text(path));
}

uint64_t http_body_max(const struct http_exchange *x)
{
        bool takes = fake_is(x, "/sum") || fake_is(x, "/stream") || fake_is(x, "/early") ||
                     fake_is(x, "/write");
        return takes ? FAKE_BODY_MAX : 0;
}

static uint32_t fake_number(const struct http_exchange *x)
{
        uint32_t n = 0;
        for (size_t i = 0; i < x->request->query.size; i++)
                n = n * 10 + (uint32_t)(x->request->query.at[i] - '0');
        return n;
}

static enum http_outcome fake_jobs(struct http_exchange *x, uint32_t count)
{
        ansa_assert(count <= FAKE_JOBS_MAX);
        for (uint32_t i = 0; i < count; i++) {
                x->jobs[i] = (struct write_job){ .header = { .op = OP_CREATE } };
                x->job[i] = &x->jobs[i];
        }
        x->job_count = count;
        x->is_refused = false;
        return HTTP_WRITE;
}

enum http_outcome http_body(struct http_worker *worker, struct http_exchange *x,
                            struct ansa_bytes part)
{
        (void)worker;
        ansa_assert(part.size > 0 && x->job_count == 0);
        x->received += part.size;
        for (size_t i = 0; i < part.size; i++)
                x->sum += part.at[i];
        x->parts++;
        if (fake_is(x, "/early"))
                return HTTP_REPLY;
        return fake_is(x, "/stream") ? HTTP_SLOW : HTTP_MORE;
}

static void fake_done(struct http_exchange *x)
{
        for (size_t i = 0; i < x->job_count; i++)
                ansa_assert(x->jobs[i].is_done != x->is_refused);
        if (!x->is_refused)
                x->committed += (uint32_t)x->job_count;
        else
                x->status = 503;
        x->job_count = 0;
}

static void fake_tell(struct http_exchange *x)
{
        const struct http_request *q = x->request;
        buf_reset(&x->body);
        buf_printf(&x->body, "%u ", (unsigned)q->method);
        buf_bytes(&x->body, q->path);
        buf_text(&x->body, q->has_query ? "?" : "");
        buf_bytes(&x->body, q->query);
        buf_printf(&x->body, " from %u.%u.%u.%u %u%s body=%llu sum=%llu committed=%u\n",
                   q->peer.address[12], q->peer.address[13], q->peer.address[14],
                   q->peer.address[15], (unsigned)q->peer.transport, q->may_watch ? " watches" : "",
                   (unsigned long long)x->received, (unsigned long long)x->sum, x->committed);
}

/* In the course of a body. */
static enum http_outcome fake_stream(struct http_worker *worker, struct http_exchange *x)
{
        if (x->job_count > 0) {
                fake_done(x);
                return HTTP_MORE;
        }
        ansa_assert(worker->may_block);
        return x->parts % 2 == 1 ? fake_jobs(x, 3) : HTTP_MORE;
}

enum http_outcome http_serve(struct http_worker *worker, struct http_exchange *x,
                             bool body_is_whole)
{
        if (!body_is_whole)
                return fake_stream(worker, x);
        bool is_slow = fake_is(x, "/slow") || fake_is(x, "/both");
        if (x->job_count > 0) {
                fake_done(x);
        } else if (is_slow && x->stage == 0) {
                if (!worker->may_block)
                        return HTTP_SLOW;
                x->stage = 1;
                fake_sleep(atomic_load(&fake.slow_ms));
        }
        if ((fake_is(x, "/write") || (fake_is(x, "/both") && x->stage == 1)) && x->committed == 0 &&
            x->status == 200)
                return fake_jobs(x, fake_number(x));
        if (fake_is(x, "/long"))
                x->pieces = fake_number(x);
        if (http_body_max(x) == 0 && !is_slow && !fake_is(x, "/now") && !fake_is(x, "/long"))
                x->status = 404;
        fake_tell(x);
        return HTTP_REPLY;
}

struct write_job *const *http_jobs(struct http_exchange *x, size_t *count)
{
        *count = x->job_count;
        return x->job;
}

void http_refused(struct http_exchange *x)
{
        x->is_refused = true;
        (void)atomic_fetch_add(&x->http->refused, 1);
}

void http_response(const struct http_exchange *x, struct http_response *response)
{
        static const struct http_field fields[] = {
                { LIT("Content-Type"), LIT("text/plain") },
                { LIT("X-Fake"), LIT("yes") },
        };
        *response = (struct http_response){ .status = x->status,
                                            .headers = fields,
                                            .header_count = 2,
                                            .body = buf_written(&x->body),
                                            .is_long = fake_is(x, "/long") };
}

bool http_more(struct http_worker *worker, struct http_exchange *x, struct buf *b)
{
        (void)worker;
        if (x->pieces == 0)
                return false;
        uint8_t *at = buf_take(b, 5000);
        ansa_assert(at != NULL);
        memset(at, 'a' + (int)(x->pieces % 26), 5000);
        return --x->pieces > 0;
}

void http_end(struct http_worker *worker, struct http_exchange *x)
{
        (void)worker;
        if (x == NULL)
                return;
        (void)atomic_fetch_sub(&x->http->open, 1);
        buf_fini(&x->body);
        free(x);
}

void http_tick(struct http *http)
{
        (void)http;
}

#endif
