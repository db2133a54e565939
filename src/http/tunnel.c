/* SPDX-License-Identifier: Apache-2.0 */
#include "base/assert.h"
#include "base/text.h"
#include "http/match.h"
#include "http/rest.h"

/*
 * The native protocol in HTTP (irp-wire 2.1): a message in the body, whatever the path says, and
 * its answers one after the other. Clients authenticate as the protocol has it.
 */

#define TUNNEL_TYPE "application/x-hdl-message"

struct tunnel {
        struct identifier_more more;
        struct write_job *job;
};

static void free_tunnel(void *state)
{
        struct tunnel *t = state; /* in the exchange's arena */
        identifier_job_free(t->job);
}

bool tunnel_is_meant(const struct http_request *request)
{
        for (size_t i = 0; i < request->header_count; i++) {
                const struct http_field *h = &request->headers[i];
                if (text_equal_fold(h->name, ANSA_BYTES_LIT("Content-Type")))
                        return match_media_type(h->value, TUNNEL_TYPE);
        }
        return false;
}

static enum http_outcome answer(struct http_exchange *x)
{
        reply_header_text(x, "Cache-Control", "no-store");
        return reply_with(x, 200, TUNNEL_TYPE);
}

static bool more_pages(struct http_exchange *x, struct buf *b)
{
        struct tunnel *t = x->state;
        if (x->out.size > 0) { /* the first page */
                buf_bytes(b, buf_written(&x->out));
                buf_reset(&x->out);
                return true;
        }
        return t->more.more && identifier_continue(x->worker->identifier, &x->request->peer, b,
                                                   &t->more) == IDENTIFIER_REPLY;
}

/* Pages that are signed come from the slow lane, so all at once; others as the client reads. */
static enum http_outcome answer_list(struct http_exchange *x, struct tunnel *t)
{
        bool is_signed = (t->more.header.flags & FLAG_CERTIFY) != 0 && t->more.session_id == 0;
        while (is_signed && t->more.more && x->out.err == ANSA_OK) {
                ansa_assert(x->worker->may_block);
                if (identifier_continue(x->worker->identifier, &x->request->peer, &x->out,
                                        &t->more) != IDENTIFIER_REPLY)
                        break;
        }
        if (!t->more.more)
                return answer(x);
        if (x->out.err != ANSA_OK)
                return reply_empty(x, 503);
        x->more = more_pages;
        reply_header_text(x, "Cache-Control", "no-store");
        return reply_long(x, 200, TUNNEL_TYPE);
}

static enum http_outcome answer_job(struct http_exchange *x, struct tunnel *t)
{
        if (!x->worker->may_block && identifier_job_is_slow(t->job))
                return HTTP_SLOW;
        buf_reset(&x->out);
        identifier_job_reply(x->worker->identifier, t->job, x->was_refused ? RC_BUSY : RC_REQUEST,
                             &x->out);
        return answer(x);
}

enum http_outcome tunnel_serve(struct http_exchange *x)
{
        struct tunnel *t = x->state;
        if (t != NULL && t->job != NULL)
                return answer_job(x, t);
        if (t == NULL)
                t = arena_alloc(&x->arena, sizeof(*t));
        if (t == NULL)
                return reply_empty(x, 503);
        x->state = t;
        x->state_free = free_tunnel;
        buf_reset(&x->out);
        switch (identifier_serve(x->worker->identifier, &x->request->peer, buf_written(&x->body),
                                 &x->out, &t->more, &t->job)) {
        case IDENTIFIER_REPLY:
                return t->more.more ? answer_list(x, t) : answer(x);
        case IDENTIFIER_SLOW:
                return HTTP_SLOW;
        case IDENTIFIER_WRITE:
                x->jobs = &t->job;
                x->job_count = 1;
                return HTTP_WRITE;
        case IDENTIFIER_DROP:
                break;
        }
        return reply_bad(x, "the body is no message of the protocol");
}
