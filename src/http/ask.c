/* SPDX-License-Identifier: Apache-2.0 */
#include "http/ask.h"

#include "base/assert.h"

/* One question and what came of it. */
struct asked {
        struct asked *next;
        struct told told;
        struct write_job *job; /* it is with the writer, or has been */
};

static void tell_error(struct told *told, uint32_t code, const char *text)
{
        *told = (struct told){ .code = code, .text = ansa_bytes_text(text) };
}

/* Answers of services are ours, but what cannot be read is an error like any other. */
void ask_read_reply(struct ansa_bytes reply, struct told *told)
{
        struct envelope e;
        struct message m;
        tell_error(told, RC_ERROR, "the answer could not be made");
        if (envelope_decode(reply, &e) != ANSA_OK || e.message_size > reply.size - ENVELOPE_SIZE)
                return;
        struct ansa_bytes after = { reply.at + ENVELOPE_SIZE, e.message_size };
        if (message_decode(&e, after, &m) != ANSA_OK)
                return;
        struct request_digest digest;
        if ((m.header.flags & FLAG_REQUEST_DIGEST) != 0 &&
            request_digest_decode(&m.body, &digest) != ANSA_OK)
                return;
        *told = (struct told){ .code = m.header.response, .flags = m.header.flags, .body = m.body };
        struct error_body error;
        bool is_error = told->code != RC_SUCCESS && told->code != RC_SERVICE_REFERRAL &&
                        told->code != RC_PREFIX_REFERRAL;
        if (is_error && error_body_decode(m.body, &error) == ANSA_OK)
                told->text = error.text;
}

/* The same, in memory of the exchange. */
static void keep_reply(struct http_exchange *x, struct ansa_bytes reply, struct told *told)
{
        struct ansa_bytes kept;
        if (arena_copy(&x->arena, reply, &kept) == ANSA_OK)
                ask_read_reply(kept, told);
        else
                tell_error(told, RC_ERROR, "no memory for the answer");
}

static bool put_question(struct http_exchange *x, const struct question *q, struct buf *b)
{
        struct envelope e = { .major = 2, .minor = 10, .request_id = 1 };
        struct header h = { .op = q->op, .flags = q->flags, .site_serial = SITE_SERIAL_UNKNOWN };
        struct env *env = x->http->env;
        h.expires_s = env->wall_s(env);
        buf_reset(b);
        struct message_mark mark = message_begin(b, &e, &h);
        if (q->resolve != NULL)
                resolve_request_encode(q->resolve, b);
        else
                buf_bytes(b, q->body);
        message_end_body(b, mark);
        message_end(b, mark, (struct ansa_bytes){ 0 });
        return b->err == ANSA_OK;
}

static void take_values(const struct question *q, struct told *told)
{
        struct record_body record;
        if (q->resolve == NULL || told->code != RC_SUCCESS)
                return;
        if (record_body_decode(told->body, &record) == ANSA_OK)
                told->values = record.values;
        else
                tell_error(told, RC_ERROR, "the record cannot be read");
}

/* From the cache, when the question is a simple one. */
static bool find_public(struct http_exchange *x, const struct question *q, struct told *told)
{
        struct ansa_values values;
        uint64_t version = 0;
        if (q->resolve == NULL ||
            !identifier_resolve_public(x->worker->identifier, q->resolve, q->flags, &values,
                                       q->wants_version ? &version : NULL))
                return false;
        *told = (struct told){ .code = RC_SUCCESS, .values = values, .version = version };
        if (arena_copy(&x->arena, values.wire, &told->values.wire) != ANSA_OK)
                tell_error(told, RC_ERROR, "no memory for the answer");
        return true;
}

/* What the writer made of it. */
static void settle(struct http_exchange *x, struct asked *a)
{
        struct buf *reply = &x->worker->reply;
        buf_reset(reply);
        identifier_job_reply(x->worker->identifier, a->job, x->was_refused ? RC_BUSY : RC_REQUEST,
                             reply);
        keep_reply(x, buf_written(reply), &a->told);
        a->told.version = identifier_job_version(a->job);
        identifier_job_free(a->job);
        a->job = NULL;
        x->job = NULL;
        x->jobs = NULL;
        x->job_count = 0;
        x->was_refused = false;
}

static enum http_outcome serve(struct http_exchange *x, const struct question *q, struct asked *a)
{
        struct http_worker *w = x->worker;
        if (find_public(x, q, &a->told))
                return HTTP_REPLY;
        buf_reset(&w->reply);
        if (!put_question(x, q, &w->message)) {
                tell_error(&a->told, RC_PROTOCOL, "the request is too large for one message");
                return HTTP_REPLY;
        }
        struct write_job *job = NULL;
        uint64_t version = 0;
        struct peer peer = x->request->peer;
        struct peer_claims claims = { .identity = x->has_identity ? &x->identity : NULL,
                                      .evidence = x->auth.evidence,
                                      .condition = q->condition,
                                      .drops = q->drops,
                                      .version = q->wants_version ? &version : NULL };
        peer.claims = &claims;
        if (q->for_us)
                peer.transport = PEER_LOCAL;
        switch (identifier_serve(w->identifier, &peer, buf_written(&w->message), &w->reply, q->more,
                                 &job)) {
        case IDENTIFIER_REPLY:
                keep_reply(x, buf_written(&w->reply), &a->told);
                take_values(q, &a->told);
                a->told.version = version;
                return HTTP_REPLY;
        case IDENTIFIER_SLOW:
                ansa_assert(!w->may_block);
                return HTTP_SLOW;
        case IDENTIFIER_WRITE:
                a->job = job;
                x->job = job;
                x->jobs = &x->job;
                x->job_count = 1;
                return HTTP_WRITE;
        case IDENTIFIER_DROP:
                break;
        }
        tell_error(&a->told, RC_ERROR, "there was no answer");
        return HTTP_REPLY;
}

enum http_outcome ask(struct http_exchange *x, const struct question *q, struct told *told)
{
        *told = (struct told){ 0 };
        struct asked *a = *x->asked_at;
        if (a != NULL) {
                if (a->job != NULL)
                        settle(x, a);
        } else {
                a = arena_alloc(&x->arena, sizeof(*a));
                if (a == NULL) {
                        tell_error(told, RC_ERROR, "no memory");
                        return HTTP_REPLY;
                }
                enum http_outcome outcome = serve(x, q, a);
                if (outcome == HTTP_SLOW)
                        return outcome;
                *x->asked_at = a;
                if (outcome != HTTP_REPLY)
                        return outcome;
        }
        x->asked_at = &a->next;
        *told = a->told;
        return HTTP_REPLY;
}

static enum http_outcome resolve(struct http_exchange *x, const struct resolve_request *query,
                                 uint32_t flags, bool for_us, struct told *told)
{
        struct question q = {
                .op = OP_RESOLVE, .flags = flags, .resolve = query, .for_us = for_us
        };
        return ask(x, &q, told);
}

enum http_outcome ask_resolve(struct http_exchange *x, const struct resolve_request *query,
                              uint32_t flags, struct told *told)
{
        return resolve(x, query, flags, false, told);
}

enum http_outcome ask_resolve_anywhere(struct http_exchange *x, const struct resolve_request *query,
                                       uint32_t flags, struct told *told)
{
        return resolve(x, query, flags | FLAG_RECURSIVE, true, told);
}

enum http_outcome ask_continue(struct http_exchange *x, struct identifier_more *more,
                               struct told *told)
{
        struct http_worker *w = x->worker;
        buf_reset(&w->reply);
        switch (identifier_continue(w->identifier, &x->request->peer, &w->reply, more)) {
        case IDENTIFIER_REPLY:
                ask_read_reply(buf_written(&w->reply), told);
                return HTTP_REPLY;
        case IDENTIFIER_SLOW:
                return HTTP_SLOW;
        case IDENTIFIER_DROP:
        case IDENTIFIER_WRITE: /* lists are not written */
                break;
        }
        tell_error(told, RC_ERROR, "there was no answer");
        return HTTP_REPLY;
}

enum http_outcome ask_change(struct http_exchange *x, const struct question *q, struct told *told,
                             struct write_job **job)
{
        struct http_worker *w = x->worker;
        struct peer peer = x->request->peer;
        struct peer_claims claims = { .identity = x->has_identity ? &x->identity : NULL,
                                      .evidence = x->auth.evidence,
                                      .condition = q->condition };
        peer.claims = &claims;
        *job = NULL;
        buf_reset(&w->reply);
        tell_error(told, RC_PROTOCOL, "the request is too large for one message");
        if (!put_question(x, q, &w->message))
                return HTTP_REPLY;
        switch (identifier_serve(w->identifier, &peer, buf_written(&w->message), &w->reply, NULL,
                                 job)) {
        case IDENTIFIER_REPLY:
                ask_read_reply(buf_written(&w->reply), told);
                break;
        case IDENTIFIER_SLOW:
                return HTTP_SLOW;
        case IDENTIFIER_WRITE:
                return HTTP_WRITE;
        case IDENTIFIER_DROP:
                tell_error(told, RC_ERROR, "there was no answer");
                break;
        }
        return HTTP_REPLY;
}

void ask_now(struct http_exchange *x, const struct question *q, struct told *told)
{
        struct write_job *job;
        if (ask_change(x, q, told, &job) != HTTP_REPLY)
                tell_error(told, RC_BUSY, "that cannot be told just now");
        identifier_job_free(job);
}

void ask_rewind(struct http_exchange *x)
{
        x->asked_at = &x->asked;
}

void ask_fini(struct http_exchange *x)
{
        for (struct asked *a = x->asked; a != NULL; a = a->next)
                identifier_job_free(a->job);
        x->asked = NULL;
}
