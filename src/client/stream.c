/* SPDX-License-Identifier: Apache-2.0 */
#include "client/stream.h"

#include "base/limits.h"

#include <errno.h>
#include <unistd.h>

/* A few of the longest messages; TLS adds less than a sixteenth. */
#define QUEUE_SIZE_MAX (4u * (ENVELOPE_SIZE + LIMIT_MESSAGE_SIZE) + 65536u)
#define READ_SIZE      16384u

void stream_init(struct stream *s)
{
        *s = (struct stream){ .fd = -1,
                              .out = buf_growing(QUEUE_SIZE_MAX),
                              .in = buf_growing(QUEUE_SIZE_MAX) };
}

void stream_close(struct stream *s)
{
        if (s->fd >= 0)
                (void)close(s->fd);
        tls_free(s->tls);
        buf_fini(&s->out);
        buf_fini(&s->in);
        stream_init(s);
}

enum ansa_err stream_open(struct stream *s, const struct endpoint *e, struct tls_context *context,
                          struct ansa_bytes key, uint32_t now_s)
{
        ansa_assert(s->state == STREAM_CLOSED && e->transport != ANSA_TRANSPORT_UDP);
        enum ansa_err err = endpoint_connect(e, &s->fd);
        if (err == ANSA_OK && e->transport == ANSA_TRANSPORT_TLS)
                err = tls_new(context, key, now_s, &s->tls);
        if (err != ANSA_OK) {
                stream_close(s);
                return err;
        }
        s->state = STREAM_CONNECTING;
        return ANSA_OK;
}

/* ANSA_OK with the state unchanged: still connecting. */
static enum ansa_err finish_connect(struct stream *s)
{
        int problem = 0;
        socklen_t size = sizeof(problem);
        struct sockaddr_storage peer;
        socklen_t peer_size = sizeof(peer);
        if (getsockopt(s->fd, SOL_SOCKET, SO_ERROR, &problem, &size) != 0 || problem != 0)
                return ANSA_E_NETWORK;
        if (getpeername(s->fd, (struct sockaddr *)&peer, &peer_size) != 0)
                return errno == ENOTCONN ? ANSA_OK : ANSA_E_NETWORK;
        s->state = STREAM_OPEN;
        if (s->tls != NULL) {
                s->state = STREAM_SECURING;
                return tls_receive(s->tls, (struct ansa_bytes){ 0 }, &s->in, &s->out);
        }
        return ANSA_OK;
}

static enum ansa_err flush(struct stream *s)
{
        while (s->out_at < s->out.size) {
                ssize_t n =
                        send(s->fd, s->out.at + s->out_at, s->out.size - s->out_at, MSG_NOSIGNAL);
                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
                        return ANSA_OK;
                if (n < 0)
                        return ANSA_E_NETWORK;
                s->out_at += (size_t)n;
        }
        buf_reset(&s->out);
        s->out_at = 0;
        return ANSA_OK;
}

/* Octets already taken make room. */
static void compact(struct stream *s)
{
        if (s->in_at == 0)
                return;
        memmove(s->in.at, s->in.at + s->in_at, s->in.size - s->in_at);
        s->in.size -= s->in_at;
        s->in_at = 0;
}

static enum ansa_err receive(struct stream *s)
{
        compact(s);
        while (s->in.size < QUEUE_SIZE_MAX / 2) {
                uint8_t chunk[READ_SIZE];
                ssize_t n = recv(s->fd, chunk, sizeof(chunk), 0);
                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
                        return ANSA_OK;
                if (n <= 0) {
                        s->has_ended = true;
                        return ANSA_OK; /* what was received before still counts */
                }
                struct ansa_bytes got = { chunk, (size_t)n };
                enum ansa_err err = ANSA_OK;
                if (s->tls != NULL)
                        err = tls_receive(s->tls, got, &s->in, &s->out);
                else
                        buf_bytes(&s->in, got);
                if (err == ANSA_E_NETWORK && s->state == STREAM_OPEN) {
                        s->has_ended = true; /* TLS close: as the end of a TCP stream */
                        return ANSA_OK;
                }
                if (err == ANSA_OK)
                        err = s->in.err;
                if (err != ANSA_OK)
                        return err;
        }
        return ANSA_OK;
}

enum ansa_err stream_step(struct stream *s, bool want_input)
{
        enum ansa_err err = ANSA_OK;
        if (s->state == STREAM_CLOSED)
                return ANSA_E_NETWORK;
        if (s->state == STREAM_CONNECTING)
                err = finish_connect(s);
        if (err == ANSA_OK && s->state == STREAM_CONNECTING)
                return ANSA_OK;
        if (err == ANSA_OK && !s->has_ended && (want_input || s->state == STREAM_SECURING))
                err = receive(s);
        if (err == ANSA_OK && s->state == STREAM_SECURING) {
                if (tls_is_ready(s->tls))
                        s->state = STREAM_OPEN;
                else if (s->has_ended)
                        err = ANSA_E_NETWORK;
        }
        enum ansa_err flushed = flush(s);
        return err != ANSA_OK ? err : flushed;
}

enum ansa_err stream_write(struct stream *s, struct ansa_bytes message)
{
        ansa_assert(s->state == STREAM_OPEN);
        if (s->tls != NULL) {
                enum ansa_err err = tls_send(s->tls, message, &s->out);
                if (err != ANSA_OK)
                        return err;
        } else {
                buf_bytes(&s->out, message);
        }
        return s->out.err != ANSA_OK ? s->out.err : flush(s);
}

enum ansa_err stream_next(struct stream *s, struct ansa_bytes *message)
{
        struct envelope e;
        *message = (struct ansa_bytes){ 0 };
        struct ansa_bytes rest = { s->in.at + s->in_at, s->in.size - s->in_at };
        if (rest.size == 0 || envelope_decode(rest, &e) != ANSA_OK)
                return s->has_ended ? ANSA_E_NETWORK : ANSA_E_BUSY;
        if (e.message_size > LIMIT_MESSAGE_SIZE)
                return ANSA_E_LIMIT;
        size_t size = ENVELOPE_SIZE + (size_t)e.message_size;
        if (rest.size < size)
                return s->has_ended ? ANSA_E_NETWORK : ANSA_E_BUSY;
        *message = (struct ansa_bytes){ rest.at, size };
        s->in_at += size;
        return ANSA_OK;
}

bool stream_is_stale(struct stream *s)
{
        uint8_t c;
        if (s->state == STREAM_CLOSED || s->has_ended || s->in_at < s->in.size)
                return true;
        if (s->state != STREAM_OPEN)
                return false;
        ssize_t n = recv(s->fd, &c, 1, MSG_PEEK);
        if (s->tls != NULL && n > 0)
                return false; /* session tickets come unasked */
        return n >= 0 || (errno != EAGAIN && errno != EWOULDBLOCK);
}

void stream_waits(const struct stream *s, bool want_input, struct waits *w)
{
        if (s->state == STREAM_CLOSED)
                return;
        bool connecting = s->state == STREAM_CONNECTING;
        bool read = !connecting && !s->has_ended && (want_input || s->state == STREAM_SECURING);
        waits_fd(w, s->fd, read, connecting || s->out_at < s->out.size);
}
