/* SPDX-License-Identifier: Apache-2.0 */
#include "doors/web.h"

#include <stdlib.h>

/*
 * The course of one exchange. MHD calls web_call_handle when the head is there, for each
 * part of the body, and when the body is whole; a suspended connection is called again
 * when it has been resumed. Nothing here waits.
 */

static void refuse(struct web_call *call, uint32_t status, const char *text)
{
        call->own_status = status;
        call->own_text = text;
        call->is_ready = true;
}

static void resume(struct web_call *call, enum web_step step)
{
        call->step = step;
        MHD_resume_connection(call->mhd); /* from here on @call is its thread's again */
}

/* To the writer, from whatever thread has the exchange. */
static void to_writer(struct web_call *call, struct task *t)
{
        size_t count;
        struct write_job *const *jobs = http_jobs(call->x, &count);
        call->way = DOORS_WRITE;
        t->kind = TASK_WRITE;
        t->jobs = jobs;
        t->job_count = count;
        t->size = sizeof(*t);
        for (size_t i = 0; i < count; i++)
                t->size += identifier_job_size(jobs[i]);
        struct doors *doors = call->web->doors;
        if (count > 0 && queue_put(&doors->writes, t)) {
                (void)atomic_fetch_add(&doors->http_writes, count);
                return;
        }
        if (count > 0) {
                (void)atomic_fetch_add(&doors->writes_refused, count);
                http_refused(call->x);
        }
        task_free(t);
        resume(call, WEB_STEP_SERVE);
}

/* The connection is suspended first: what takes the task may be done before we are. */
static void hand_over(struct web_call *call, struct web_thread *thread, bool is_write)
{
        struct task *t = task_new(TASK_HTTP, NULL, &call->request.peer, (struct ansa_bytes){ 0 });
        web_phase(call->conn, WEB_AWAY, latency_now_us());
        MHD_suspend_connection(call->mhd);
        if (t == NULL) {
                if (is_write)
                        http_refused(call->x);
                resume(call, is_write ? WEB_STEP_SERVE : WEB_STEP_BUSY);
                return;
        }
        t->call = call;
        if (is_write) {
                to_writer(call, t);
                return;
        }
        call->way = DOORS_SLOW;
        if (lanes_put(&call->web->doors->slow, t)) {
                count_add(&thread->counts.slow, 1);
                return;
        }
        count_add(&thread->counts.slow_refused, 1);
        task_free(t);
        resume(call, WEB_STEP_BUSY);
}

void web_call_serve_slow(struct web_call *call, struct http_worker *http, struct task *t)
{
        enum http_outcome outcome = http_serve(http, call->x, call->body_is_whole);
        if (outcome == HTTP_WRITE) {
                to_writer(call, t);
                return;
        }
        ansa_assert(outcome != HTTP_SLOW); /* this worker may block */
        call->outcome = outcome;
        task_free(t);
        resume(call, WEB_STEP_TAKE);
}

void web_call_done(struct task *t)
{
        struct web_call *call = t->call;
        task_free(t);
        resume(call, WEB_STEP_SERVE);
}

/* False: it is away. */
static bool act(struct web_call *call, struct web_thread *thread, enum http_outcome outcome)
{
        switch (outcome) {
        case HTTP_MORE:
                return true;
        case HTTP_REPLY:
                call->is_ready = true;
                return true;
        case HTTP_SLOW:
        case HTTP_WRITE:
                hand_over(call, thread, outcome == HTTP_WRITE);
                return false;
        }
        return true;
}

/* What slow lane or writer left to be done. False: it is away again. */
static bool settle(struct web_call *call, struct web_thread *thread)
{
        enum web_step step = call->step;
        call->step = WEB_STEP_NONE;
        if (step == WEB_STEP_NONE)
                return true;
        web_phase(call->conn, WEB_BODY, latency_now_us());
        if (step == WEB_STEP_BUSY) {
                refuse(call, MHD_HTTP_SERVICE_UNAVAILABLE, "too busy");
                return true;
        }
        if (step == WEB_STEP_SERVE)
                call->outcome = http_serve(thread->http, call->x, call->body_is_whole);
        return act(call, thread, call->outcome);
}

static bool has_body(const struct web_call *call)
{
        return call->request.body_size > 0;
}

/* The head is there. What is refused now ends the connection if a body was to follow. */
static enum MHD_Result begin(struct web_call *call, struct web_thread *thread, const char *method,
                             const char *version)
{
        const char *why = NULL;
        uint32_t status = web_request_read(call, method, version, &why);
        count_add(&thread->counts.http_requests, 1);
        if (status != 0) {
                count_add(status == MHD_HTTP_BAD_REQUEST ? &thread->counts.http_malformed
                                                         : &thread->counts.http_too_large,
                          1);
                refuse(call, status, why);
                return web_reply(call, thread);
        }
        call->x = http_begin(thread->http, &call->request);
        if (call->x == NULL) {
                refuse(call, MHD_HTTP_SERVICE_UNAVAILABLE, "out of memory");
                return web_reply(call, thread);
        }
        call->body_max = http_body_max(call->x);
        call->swallows = call->body_max == 0;
        if (call->swallows)
                call->body_max = HTTP_BODY_IGNORED_MAX;
        uint64_t size = call->request.body_size;
        if (size != HTTP_SIZE_UNKNOWN && size > call->body_max) {
                count_add(&thread->counts.http_too_large, 1);
                refuse(call, MHD_HTTP_CONTENT_TOO_LARGE, "the body is too large");
                return web_reply(call, thread);
        }
        if (has_body(call))
                web_phase(call->conn, WEB_BODY, call->begun_us);
        return MHD_YES;
}

/* The response is there and the body is not: read on if that is soon done, else break off. */
static bool breaks_off(const struct web_call *call)
{
        uint64_t size = call->request.body_size;
        if (call->received > call->body_max)
                return true;
        if (!call->is_ready)
                return false;
        if (size == HTTP_SIZE_UNKNOWN)
                return call->unwanted > HTTP_BODY_IGNORED_MAX;
        return size - call->received > HTTP_BODY_IGNORED_MAX;
}

static enum MHD_Result take_part(struct web_call *call, struct web_thread *thread, const char *data,
                                 size_t *data_size)
{
        struct ansa_bytes part = { (const uint8_t *)data, *data_size };
        if (!settle(call, thread))
                return MHD_YES; /* the part comes again */
        *data_size = 0;
        call->received += part.size;
        atomic_store_explicit(&call->conn->received, call->received, memory_order_relaxed);
        count_add(&thread->counts.http_bytes_in, part.size);
        if (call->received > call->body_max) {
                count_add(&thread->counts.http_too_large, 1);
                refuse(call, MHD_HTTP_CONTENT_TOO_LARGE, "the body is too large");
        } else if (call->is_ready) {
                call->unwanted += part.size;
        } else if (!call->swallows && !act(call, thread, http_body(thread->http, call->x, part))) {
                return MHD_YES;
        }
        if (!breaks_off(call))
                return MHD_YES;
        web_reply_at_once(call, thread);
        return MHD_NO;
}

static enum MHD_Result finish(struct web_call *call, struct web_thread *thread)
{
        if (!settle(call, thread))
                return MHD_YES;
        if (!call->is_ready && !call->body_is_whole) {
                call->body_is_whole = true;
                if (!act(call, thread, http_serve(thread->http, call->x, true)))
                        return MHD_YES;
        }
        call->body_is_whole = true;
        if (!call->is_ready)
                refuse(call, MHD_HTTP_INTERNAL_SERVER_ERROR, "no response");
        return web_reply(call, thread);
}

enum MHD_Result web_call_handle(void *arg, struct MHD_Connection *mhd, const char *url,
                                const char *method, const char *version, const char *data,
                                size_t *data_size, void **context)
{
        struct web_call *call = *context;
        struct web_thread *thread = web_thread(arg);
        (void)url;
        if (call == NULL || thread == NULL)
                return MHD_NO; /* no memory, not even for saying so */
        if (!call->has_begun) {
                call->has_begun = true;
                return begin(call, thread, method, version);
        }
        /* MHD goes through the chunks that it has read even when one of them suspended it */
        if (MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_SUSPENDED)->suspended)
                return MHD_YES;
        if (*data_size > 0)
                return take_part(call, thread, data, data_size);
        return finish(call, thread);
}

void web_call_completed(void *arg, struct MHD_Connection *mhd, void **context,
                        enum MHD_RequestTerminationCode why)
{
        struct web_call *call = *context;
        struct web_thread *thread = web_thread(arg);
        (void)mhd;
        (void)why;
        *context = NULL;
        if (call == NULL)
                return;
        uint64_t now_us = latency_now_us();
        if (thread != NULL && call->is_queued)
                latency_add(&thread->latency[call->conn->is_tls][call->way],
                            now_us - call->begun_us, 1);
        http_end(thread != NULL ? thread->http : NULL, call->x);
        buf_fini(&call->piece);
        web_phase(call->conn, WEB_IDLE, now_us);
        free(call->fields);
        free(call);
}
