/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_CLIENT_STREAM_H
#define ANSA_CLIENT_STREAM_H

#include "client/endpoint.h"
#include "client/tls.h"
#include "client/waits.h"
#include "wire/message.h"

/** A TCP or TLS connection that carries whole messages. Never blocks. */
enum stream_state { STREAM_CLOSED, STREAM_CONNECTING, STREAM_SECURING, STREAM_OPEN };

struct stream {
        enum stream_state state;
        int fd;
        struct tls *tls; /* NULL on TCP */
        struct buf out;  /* for the network; from out_at on not sent yet */
        size_t out_at;
        struct buf in; /* plain octets received; from in_at on not taken yet */
        size_t in_at;
        bool has_ended; /* the peer will send no more */
};

void stream_init(struct stream *s);
void stream_close(struct stream *s); /* frees; may be opened again */

/** @key and @now_s as tls_new; the key must outlive the connection. */
ANSA_CHECKED enum ansa_err stream_open(struct stream *s, const struct endpoint *e,
                                       struct tls_context *context, struct ansa_bytes key,
                                       uint32_t now_s);

/** Connect, secure, send and (if @want_input) receive as far as possible. An error ends it. */
ANSA_CHECKED enum ansa_err stream_step(struct stream *s, bool want_input);

/** Queue a message; state must be STREAM_OPEN. ANSA_E_LIMIT: too much is queued. */
ANSA_CHECKED enum ansa_err stream_write(struct stream *s, struct ansa_bytes message);

/**
 * Take the next whole message, borrowed until the next step. ANSA_E_BUSY: not there yet.
 * ANSA_E_NETWORK: nothing more will come. ANSA_E_LIMIT: it claims to be too long.
 */
ANSA_CHECKED enum ansa_err stream_next(struct stream *s, struct ansa_bytes *message);

/** An idle connection that the peer has closed meanwhile (or sent something on unasked). */
bool stream_is_stale(struct stream *s);

void stream_waits(const struct stream *s, bool want_input, struct waits *w);

#endif
