/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_DOORS_WEB_H
#define ANSA_DOORS_WEB_H

#include "doors/crowd.h"
#include "doors/latency.h"
#include "doors/worker.h"
#include "http/http.h"

#include <gnutls/abstract.h>
#include <gnutls/gnutls.h>
#include <microhttpd.h>

/**
 * HTTP and HTTPS. libmicrohttpd parses and writes HTTP in a pool of threads; connections
 * come to it from here, so that who comes in, who must go and how long anyone may take is
 * decided in one place (web_accept.c, web_sweep.c: one thread). What is said is src/http's.
 *
 *   accept thread --MHD_add_connection--> MHD's threads: web_request.c, web_call.c, web_reply.c
 *   MHD's thread  --suspended, TASK_HTTP, TASK_WRITE--> slow lane, writer --resumed--> MHD's thread
 *
 * Internal to src/doors.
 */
struct doors;

#define WEB_THREADS_MAX 64u /* of one pool; HTTP and HTTPS have one each */
/*
 * All that MHD holds for a connection but its socket and TLS. It is touched whole with each
 * request, so this is what an idle connection costs; and the head of a request must fit.
 */
#define WEB_POOL_SIZE 14336u
_Static_assert(WEB_POOL_SIZE >= HTTP_HEADS_SIZE_MAX + 2048, "what MHD keeps besides");

/* What a connection is about; the sweeper judges its age by it. */
enum web_phase {
        WEB_IDLE,    /* no request, as far as is known */
        WEB_HEAD,    /* the request's line is there */
        WEB_BODY,    /* the body is coming */
        WEB_AWAY,    /* in slow lane or writer */
        WEB_SENDING, /* the response is going out */
};

/** Whom a client certificate names. */
struct web_client {
        struct ansa_bytes name;
        struct ansa_bytes key; /* DER SubjectPublicKeyInfo */
        uint8_t octets[];
};

struct web_conn {
        struct web *web;
        int fd;
        bool is_tls;
        bool is_known; /* to MHD; until then the fd is not to be touched */
        bool is_evicted;
        bool lingers;      /* closed with a response that must not be lost by a reset */
        bool asked_client; /* client is what the certificate says, if there is one */
        struct peer peer;
        uint64_t network;
        struct web_client *client;
        _Atomic uint32_t phase; /* enum web_phase, and since when: */
        _Atomic uint64_t since_us;
        _Atomic uint64_t received; /* of the body */
        _Atomic uint64_t begun_us; /* when the request that is under way came */
        _Atomic bool has_asked;    /* a request has come on it */
        /* the sweeper's own: */
        uint64_t head_ms; /* when octets of a head were first seen; 0 = none */
        /* how fast it sends a body, and takes a response: */
        uint64_t mark_of; /* begun_us of the request that this is about */
        uint64_t mark;    /* octets that had been received, or taken, */
        uint64_t mark_ms; /* when that was found; of a body, for how long it was waited for since */
};

/* What slow lane and writer leave to be done when the exchange is back. */
enum web_step {
        WEB_STEP_NONE,
        WEB_STEP_TAKE,  /* outcome says */
        WEB_STEP_SERVE, /* the jobs are done */
        WEB_STEP_BUSY,  /* neither had room */
};

/** One request, from its first line to the end of its response. */
struct web_call {
        struct web *web;
        struct web_conn *conn;
        struct MHD_Connection *mhd;
        struct http_exchange *x;
        struct http_request request;
        struct http_field *fields;
        enum web_step step;
        enum http_outcome outcome;
        bool has_begun; /* the head was looked at */
        bool body_is_whole;
        bool is_ready;  /* the response is there */
        bool swallows;  /* what comes of the body is not wanted */
        bool is_queued; /* MHD has the response */
        enum doors_way way;
        uint64_t body_max;
        uint64_t received;
        uint64_t unwanted; /* of it, since the response is there */
        uint64_t begun_us;
        uint32_t own_status; /* a refusal of the door's own; 0: the response is src/http's */
        const char *own_text;
        struct buf piece; /* of a long body */
        size_t piece_at;
        bool is_last_piece;
        size_t target_size;
        char target[];
};

/** What one of MHD's threads has for itself. */
struct web_thread {
        struct web *web;
        struct http_worker *http;
        struct worker_counts counts;
        struct latency latency[2][DOORS_WAY_COUNT]; /* HTTP, HTTPS */
};

/** Certificate and key in use, or in use until a moment ago. */
struct web_tls;

struct web_listener {
        int fd;
        bool is_tls;
};

#define WEB_LINGER_MAX 512u
struct web_linger {
        int fd;
        uint64_t until_ms;
        uint32_t swallowed;
};

struct web {
        struct doors *doors;
        struct http *http;
        struct env *env;
        struct doors_web listen[DOORS_WEB_MAX];
        struct web_listener listener[DOORS_WEB_MAX];
        size_t listen_count;
        uint32_t threads;             /* of a pool */
        struct MHD_Daemon *daemon[2]; /* HTTP, HTTPS */
        struct lock limits_lock;      /* of limits; a thread reads its own copy: web_limits */
        struct doors_web_limits limits;
        _Atomic uint64_t limits_number; /* another one after every change, never 0 */
        _Atomic(struct web_tls *) tls;
        struct crowd *crowd;

        struct web_thread *thread; /* 2 * threads */
        _Atomic uint32_t thread_count;
        struct worker_counts counts; /* the accept thread's */

        struct lock lock;        /* of all below */
        struct web_conn **by_fd; /* connections, by their descriptors */
        int fd_room;
        int fd_top; /* one above the highest */
        struct web_linger linger[WEB_LINGER_MAX];
        size_t linger_count;

        pthread_t acceptor;
        bool acceptor_runs;
        int epoll_fd;
        int wake_fd;
        uint64_t swept_ms;
        int victim_fd; /* where to look for one to evict */
        uint64_t accept_ms;
        uint64_t refusal_told_s;
        uint64_t refusal_untold;
        _Atomic bool has_started; /* what MHD complains of is the clients' doing */
        _Atomic bool draining;
};

/* web.c */
ANSA_CHECKED enum ansa_err web_open(struct doors *doors, const struct doors_options *options,
                                    struct web **web, struct doors_problem *problem);
ANSA_CHECKED enum ansa_err web_start(struct web *web, struct http *http);
void web_drain(struct web *web); /* begin the end: nobody new, no connection is kept */
void web_join(struct web *web);  /* wait for that, limits.drain_ms at most */
void web_stop(struct web *web);  /* slow lane and writer must have ended */
void web_free(struct web *web);  /* NULL is fine */
void web_reconfigure(struct web *web, const struct doors_web_limits *limits);
void web_count(struct web *web, struct doors_counts *counts);

/** The limits now; what is pointed to is this thread's, until it asks again. */
const struct doors_web_limits *web_limits(struct web *web);

static inline void web_phase(struct web_conn *c, enum web_phase phase, uint64_t now_us)
{
        atomic_store_explicit(&c->since_us, now_us, memory_order_relaxed);
        atomic_store_explicit(&c->phase, phase, memory_order_release);
}

/** What the thread that runs this has; NULL when there is no memory for it. */
struct web_thread *web_thread(struct web *web);

/* web_conn.c */
struct web_conn *web_conn_new(struct web *web, int fd, bool is_tls, const struct peer *peer);
void web_conn_free(struct web_conn *c); /* out of the table, too */
void web_conn_notify(void *web, struct MHD_Connection *mhd, void **context,
                     enum MHD_ConnectionNotificationCode code);
/** Read on for a while on a copy of @fd, so that the end of what was sent is not lost. */
void web_linger(struct web *web, int fd);

/* web_accept.c: the accept thread */
void *web_accept_run(void *web);

/* web_sweep.c */
void web_sweep(struct web *web, uint64_t now_ms);
void web_sweep_lingering(struct web *web, uint64_t now_ms);
/** End connections that no request is under way on; returns how many others there are. */
size_t web_end_idle(struct web *web);

/* web_request.c: a head, from MHD's form to ours */
struct web_call *web_call_new(struct web *web, struct MHD_Connection *mhd, const char *target);
/** 0, or the status to refuse it with; *why is for people. */
uint32_t web_request_read(struct web_call *call, const char *method, const char *version,
                          const char **why);

/* web_call.c: the course of an exchange */
enum MHD_Result web_call_handle(void *web, struct MHD_Connection *mhd, const char *url,
                                const char *method, const char *version, const char *data,
                                size_t *data_size, void **context);
void web_call_completed(void *web, struct MHD_Connection *mhd, void **context,
                        enum MHD_RequestTerminationCode why);
/** In the slow lane; the task is given on or freed. */
void web_call_serve_slow(struct web_call *call, struct http_worker *http, struct task *t);
/** A task is back from the writer; frees it. Any thread. */
void web_call_done(struct task *t);

/* web_reply.c */
enum MHD_Result web_reply(struct web_call *call, struct web_thread *thread);
/** Past MHD, while it still expects a body: the connection must be closed then. */
void web_reply_at_once(struct web_call *call, struct web_thread *thread);
/** A whole refusal as HTTP/1.1; returns its size. */
size_t web_refusal(uint32_t status, const char *text, char *at, size_t room);

/* web_tls.c */
ANSA_CHECKED enum ansa_err web_tls_set(struct web *web, struct ansa_bytes chain,
                                       struct ansa_bytes key);
void web_tls_retire(struct web *web, uint64_t now_ms); /* what no handshake can still use */
void web_tls_free(struct web *web);
int web_tls_retrieve(gnutls_session_t session, const gnutls_datum_t *issuers, int issuer_count,
                     const gnutls_pk_algorithm_t *algorithms, int algorithm_count,
                     gnutls_pcert_st **chain, unsigned *chain_count, gnutls_privkey_t *key);
/** Whom the certificate that the client has shown names; NULL for none. */
struct web_client *web_tls_client(struct MHD_Connection *mhd);

#endif
