/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_DOORS_CONN_H
#define ANSA_DOORS_CONN_H

#include "doors/task.h"
#include "doors/wheel.h"

#include <openssl/ssl.h>

/**
 * One TCP or TLS connection. Requests are served in order as they come; those that
 * leave the worker hold up the next, except that changes may follow changes to the
 * writer. Memory grows with what has arrived, never with what a length says.
 */
struct worker;

enum conn_phase {
        CONN_HANDSHAKE, /* TLS */
        CONN_SERVING,
        CONN_ENDING,    /* send what there is, then close */
        CONN_LINGERING, /* all is sent; swallow what still comes, so that it is not reset */
};

struct conn {
        struct timeout timeout; /* first: the wheel hands this back */
        int fd;
        enum conn_phase phase;
        uint32_t slot;
        uint32_t generation;
        struct conn *next; /* free or dirty list */
        bool is_dirty;
        struct peer peer;
        uint64_t network;
        SSL *tls;
        uint32_t events; /* watched; UINT32_MAX = not registered */
        bool keeps;      /* some request had FLAG_KEEP_OPEN */
        bool has_served;
        bool peer_done;     /* it will send no more */
        bool waits;         /* for a task, before the next request */
        uint32_t tasks;     /* away */
        uint32_t task_next; /* number of the next one that leaves */
        uint32_t task_due;  /* whose answer is next to go out */
        struct task *held;  /* done, but an earlier one is not */
        uint64_t since_ms;  /* of the request that is coming in; 0 = none */
        uint64_t sent_ms;   /* when enough was last taken of what is to be sent */
        size_t sent_size;   /* since then */
        size_t swallowed;   /* CONN_LINGERING */
        uint8_t *in;        /* received and not served */
        size_t in_size;
        size_t in_room;
        uint8_t *out; /* answers that the socket did not take yet */
        size_t out_at;
        size_t out_size;
        size_t out_room;
        struct identifier_more *more; /* a long answer to go on with */
};

/** A new connection of @w for @fd, which it owns from here on; NULL without memory. */
struct conn *conn_new(struct worker *w, int fd, const struct peer *peer, bool is_tls);
void conn_close(struct worker *w, struct conn *c);
struct conn *conn_find(const struct worker *w, uint32_t slot, uint32_t generation);

/** Do all that can be done now; may close it. */
void conn_drive(struct worker *w, struct conn *c);
void conn_event(struct worker *w, struct conn *c, uint32_t events);
void conn_timed_out(struct worker *w, struct conn *c);

/** A task is back, and is freed; its answer is queued and the connection put on the dirty list. */
void conn_deliver(struct worker *w, struct task *t, struct ansa_bytes reply);

/** Nothing is under way: it may be closed to let others in, or to stop. */
bool conn_is_idle(const struct conn *c);

/* stream.c: octets in, answers out */

enum stream_io { STREAM_DONE, STREAM_AGAIN, STREAM_END, STREAM_FAILED };

/** Serve whole messages of @data; returns how much of it is dealt with. */
size_t stream_serve(struct worker *w, struct conn *c, struct ansa_bytes data);
/** The next page of a long answer. */
void stream_continue(struct worker *w, struct conn *c);
/** May another request be served now? */
bool stream_may_serve(const struct worker *w, const struct conn *c);

/** Send, and keep what the socket does not take. False: the connection is lost. */
ANSA_CHECKED bool stream_send(struct worker *w, struct conn *c, struct ansa_bytes data);
ANSA_CHECKED bool stream_flush(struct worker *w, struct conn *c);
/** Queue behind what waits. False: no memory. */
ANSA_CHECKED bool stream_queue(struct worker *w, struct conn *c, struct ansa_bytes data);
/** Keep what is not served yet. False: no memory. */
ANSA_CHECKED bool stream_keep(struct worker *w, struct conn *c, struct ansa_bytes data);
void stream_forget(struct worker *w, struct conn *c, size_t size); /* from the front of in */
void stream_release(struct worker *w, struct conn *c);             /* all buffers */

/* conn_tls.c */
ANSA_CHECKED enum ansa_err conn_tls_context(struct ansa_bytes chain, struct ansa_bytes key,
                                            SSL_CTX **context);
enum stream_io conn_tls_handshake(struct conn *c);
enum stream_io conn_tls_receive(struct conn *c, uint8_t *at, size_t room, size_t *size);
enum stream_io conn_tls_send(struct conn *c, const uint8_t *at, size_t size, size_t *sent);

#endif
