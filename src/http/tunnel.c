/* SPDX-License-Identifier: Apache-2.0 */
#include "http/tunnel.h"

#include "base/assert.h"
#include "base/text.h"
#include "http/match.h"
#include "http/reply.h"
#include "wire/codes.h"

#include <stdlib.h>

/* How far a message has got. */
struct tunnel {
        enum { TUNNEL_NEW, TUNNEL_WRITES, TUNNEL_LISTS } phase;
        struct write_job *job;
        struct identifier_more more;
        bool is_sent; /* what was gathered of a list, to the door */
};

static void tunnel_free(void *state)
{
        struct tunnel *t = state;
        identifier_job_free(t->job);
        free(t);
}

bool tunnel_is_for(const struct http_request *request)
{
        const struct ansa_bytes name = ANSA_BYTES_LIT("Content-Type");
        bool is_meant = request->method == HTTP_POST ||
                        (request->method == HTTP_GET && request->body_size > 0);
        for (size_t i = 0; is_meant && i < request->header_count; i++) {
                if (text_equal_fold(request->headers[i].name, name))
                        return match_media_type(request->headers[i].value, TUNNEL_TYPE);
        }
        return false;
}

/* What was written is the answer. */
static enum http_outcome finish(struct http_exchange *x)
{
        if (x->out.size == 0)
                return reply_error(x, 503, RC_BUSY, ANSA_BYTES_LIT("there is no answer"), NULL);
        reply_header_text(x, "Cache-Control", "no-store");
        return reply_with(x, 200, TUNNEL_TYPE);
}

static enum http_outcome refuse(struct http_exchange *x, uint32_t code, const char *text)
{
        buf_reset(&x->out);
        identifier_refuse(x->http->service, buf_written(&x->body), code, text, &x->out);
        return finish(x);
}

/* The next page of a list. */
static bool put_page(struct http_exchange *x, struct buf *b)
{
        struct tunnel *t = x->state;
        struct http_worker *w = x->worker;
        buf_reset(&w->reply);
        enum identifier_outcome outcome =
                identifier_continue(w->identifier, &x->request->peer, &w->reply, &t->more);
        ansa_assert(outcome != IDENTIFIER_SLOW); /* signed lists are gathered, or refused */
        buf_bytes(b, buf_written(&w->reply));
        return outcome == IDENTIFIER_REPLY && t->more.more;
}

/* For http_more: what was gathered, then a page at a time. */
static bool put_more(struct http_exchange *x, struct buf *b)
{
        struct tunnel *t = x->state;
        if (t->is_sent)
                return put_page(x, b);
        t->is_sent = true;
        buf_bytes(b, buf_written(&x->out));
        return true;
}

/* In the slow lane: nobody else waits for its thread. */
static enum http_outcome gather_list(struct http_exchange *x)
{
        struct tunnel *t = x->state;
        bool is_signed = (t->more.header.flags & FLAG_CERTIFY) != 0 && t->more.session_id == 0;
        if (!x->worker->may_block)
                return HTTP_SLOW;
        while (t->more.more && x->out.size < TUNNEL_TOGETHER_MAX) {
                if (!put_page(x, &x->out))
                        t->more.more = false;
        }
        if (!t->more.more)
                return finish(x);
        if (is_signed) /* signing takes long, and what is sent already cannot wait for it */
                return refuse(x, RC_OPERATION_DENIED, "this list is too long to be signed");
        x->more = put_more;
        reply_header_text(x, "Cache-Control", "no-store");
        return reply_long(x, 200, TUNNEL_TYPE);
}

static enum http_outcome finish_write(struct http_exchange *x)
{
        struct tunnel *t = x->state;
        if (identifier_job_is_slow(t->job) && !x->worker->may_block)
                return HTTP_SLOW;
        buf_reset(&x->out);
        identifier_job_reply(x->worker->identifier, t->job, x->was_refused ? RC_BUSY : RC_REQUEST,
                             &x->out);
        x->jobs = NULL;
        x->job_count = 0;
        x->was_refused = false;
        return finish(x);
}

static enum http_outcome begin(struct http_exchange *x)
{
        struct tunnel *t = x->state;
        struct http_worker *w = x->worker;
        buf_reset(&w->reply);
        switch (identifier_serve(w->identifier, &x->request->peer, buf_written(&x->body), &w->reply,
                                 &t->more, &t->job)) {
        case IDENTIFIER_REPLY:
                buf_reset(&x->out);
                buf_bytes(&x->out, buf_written(&w->reply));
                if (!t->more.more)
                        return finish(x);
                t->phase = TUNNEL_LISTS;
                return gather_list(x);
        case IDENTIFIER_SLOW:
                ansa_assert(!w->may_block);
                return HTTP_SLOW;
        case IDENTIFIER_WRITE:
                t->phase = TUNNEL_WRITES;
                x->jobs = &t->job;
                x->job_count = 1;
                return HTTP_WRITE;
        case IDENTIFIER_DROP: /* no memory for an answer */
                break;
        }
        return refuse(x, RC_BUSY, NULL);
}

static bool is_message(struct ansa_bytes body)
{
        struct envelope e;
        return envelope_decode(body, &e) == ANSA_OK && e.message_size == body.size - ENVELOPE_SIZE;
}

enum http_outcome tunnel_serve(struct http_exchange *x)
{
        if (x->state == NULL) {
                if (!is_message(buf_written(&x->body)))
                        return reply_bad(x, "the body is not one whole message of the protocol");
                x->state = calloc(1, sizeof(struct tunnel));
                x->state_free = tunnel_free;
                if (x->state == NULL)
                        return refuse(x, RC_BUSY, NULL);
        }
        switch (((struct tunnel *)x->state)->phase) {
        case TUNNEL_NEW:
                break;
        case TUNNEL_WRITES:
                return finish_write(x);
        case TUNNEL_LISTS:
                return gather_list(x);
        }
        return begin(x);
}
