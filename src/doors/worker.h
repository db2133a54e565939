/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_DOORS_WORKER_H
#define ANSA_DOORS_WORKER_H

#include "doors/conn.h"
#include "doors/crowd.h"
#include "doors/doors.h"
#include "doors/lanes.h"
#include "doors/latency.h"
#include "doors/reassembly.h"
#include "doors/task.h"
#include "doors/wheel.h"

#include <openssl/ssl.h>
#include <pthread.h>

/**
 * One thread of the network side and all that it alone touches; and struct doors, which
 * holds what the threads share. Internal to src/doors.
 */

/* What a worker reads into and answers from; pages are touched as they are needed. */
#define STREAM_READ_SIZE 65536u
#define REPLY_ROOM_ONE   (LIMIT_MESSAGE_SIZE + ENVELOPE_SIZE) /* what the service may write */
#define REPLY_FLUSH_SIZE 131072u /* gathered answers are sent when there is this much */
#define REPLY_ROOM       (REPLY_ROOM_ONE + REPLY_FLUSH_SIZE)
#define BATCH_MAX        64u /* requests looked up together */

/* Counters of one worker: written by it, read by anyone. */
struct worker_counts {
#define X(name, text) _Atomic uint64_t name;
        DOORS_COUNT_MAP(X)
#undef X
};

static inline enum doors_door door_of(const struct peer *peer)
{
        return peer->transport == PEER_UDP   ? DOORS_UDP
               : peer->transport == PEER_TLS ? DOORS_TLS
                                             : DOORS_TCP;
}

static inline void count_add(_Atomic uint64_t *counter, uint64_t n)
{
        /* one writer: no need for a locked addition */
        uint64_t had = atomic_load_explicit(counter, memory_order_relaxed);
        atomic_store_explicit(counter, had + n, memory_order_relaxed);
}

/* Kinds of refusals that are told in the log, each at most once a second and worker. */
enum refusal {
        REFUSAL_BUDGET,
        REFUSAL_FRAGMENTS,
        REFUSAL_CONNECTIONS,
        REFUSAL_NETWORK,
        REFUSAL_SLOW_PEER,
        REFUSAL_MALFORMED,
        REFUSAL_BUFFERS,
        REFUSAL_SLOW_LANE,
        REFUSAL_WRITER,
        REFUSAL_COUNT
};

struct udp_door {
        int fd;
        bool wants_local; /* bound to a wildcard: answers must name the address asked */
        bool administers;
};

struct stream_door {
        int fd;
        bool is_tls;
        bool administers;
};

struct udp_io; /* udp.c: the batch's buffers */

struct worker {
        struct doors *doors;
        struct identifier_worker *service;
        uint32_t number;
        pthread_t thread;
        bool is_running;
        bool is_stopping;
        int epoll_fd;
        uint64_t now_ms;
        uint64_t second_ms; /* when the once-a-second work is due */
        uint64_t stop_ms;   /* when stopping: the end of patience */
        struct mailbox mailbox;
        uint32_t tasks_out; /* away in slow lane or writer */
        _Atomic bool reload;
        struct doors_limits limits; /* own copy */

        struct udp_door udp_door[DOORS_LISTEN_MAX];
        uint32_t udp_doors;
        struct udp_io *udp;
        struct reassembly *reassembly;
        struct budget *budget;

        struct stream_door stream_door[2 * DOORS_LISTEN_MAX];
        uint32_t stream_doors;
        uint64_t accept_ms; /* not before this; 0 = accepting */
        struct conn **conns;
        uint32_t conn_room;
        uint32_t conn_count;
        uint32_t conn_top;  /* slots used so far */
        struct conn *free;  /* closed ones, to be used again */
        struct conn *dirty; /* got answers from tasks, to be driven */
        uint32_t generation;
        uint32_t sample;       /* where to look for one to evict */
        uint64_t buffers_size; /* bytes held for connections */
        struct wheel wheel;

        uint8_t *scratch; /* STREAM_READ_SIZE */
        uint8_t *reply;   /* REPLY_ROOM */
        struct identifier_more more;
        struct worker_counts counts;
        struct latency latency[DOORS_TLS + 1][DOORS_WAY_COUNT];
        uint64_t refusal_told_s[REFUSAL_COUNT];
        uint64_t refusal_untold[REFUSAL_COUNT];
};

struct slow_thread {
        struct doors *doors;
        struct identifier_worker *service;
        struct http_worker *http;
        pthread_t thread;
        bool is_running;
        uint8_t *reply; /* REPLY_ROOM_ONE */
        struct identifier_more more;
};

struct web;

struct doors {
        struct identifier *service;
        struct http *http;
        struct web *web; /* HTTP and HTTPS; NULL when there is none */
        struct env *env;
        struct doors_listen listen[DOORS_LISTEN_MAX];
        size_t listen_count;
        struct lock lock; /* of tls and limits, which can be changed */
        SSL_CTX *tls;
        struct doors_limits limits;
        struct crowd *crowd;
        struct proven *proven;
        struct worker *worker;
        uint32_t workers;
        struct slow_thread *slow_thread;
        uint32_t slow_threads;
        struct lanes slow;
        struct queue writes;
        _Atomic uint32_t write_batch_max;
        struct identifier_worker *writer_service;
        pthread_t writer;
        bool writer_runs;
        pthread_t keeper;
        bool keeper_runs;
        int keeper_fd; /* told to end */
        _Atomic bool stopping;
        _Atomic uint64_t write_batches;
        _Atomic uint64_t http_writes;    /* changes given to the writer over HTTP */
        _Atomic uint64_t writes_refused; /* by slow threads, and over HTTP */
};

/* worker.c */
ANSA_CHECKED enum ansa_err worker_init(struct worker *w, struct doors *doors, uint32_t number);
void worker_fini(struct worker *w);
void *worker_run(void *worker);
ANSA_CHECKED enum ansa_err worker_watch(struct worker *w, int fd, uint32_t events, uint64_t key);

/** Count a refusal and tell it in the log, at most once a second. */
void worker_refused(struct worker *w, enum refusal kind, const struct peer *peer);

/** Give a task to the slow lane. False: it is full; the task stays the caller's. */
ANSA_CHECKED bool worker_to_slow(struct worker *w, struct task *t);
ANSA_CHECKED bool worker_to_writer(struct worker *w, struct task *t);

/**
 * After identifier_serve said SLOW or WRITE: a task with @udp, or for the connection
 * @slot, @generation. False: refused, and @reply holds what to say.
 */
ANSA_CHECKED bool worker_hand_over(struct worker *w, enum identifier_outcome outcome,
                                   const struct peer *peer, struct ansa_bytes message,
                                   struct write_job *job, const struct udp_origin *udp,
                                   const struct conn *conn, struct buf *reply);

/* What epoll hands back: a kind and which. */
enum watch_kind { WATCH_MAILBOX = 1, WATCH_UDP, WATCH_STREAM_DOOR, WATCH_CONN };
static inline uint64_t watch_key(enum watch_kind kind, uint32_t slot, uint32_t generation)
{
        return (uint64_t)kind << 56 | (uint64_t)slot << 32 | generation;
}

/* udp.c */
ANSA_CHECKED enum ansa_err udp_new(struct udp_io **io);
void udp_free(struct udp_io *io);
void udp_readable(struct worker *w, uint32_t door);
/** Send the answer of a task; @reply may be several messages' worth of octets. */
void udp_deliver(struct worker *w, const struct udp_origin *origin, const struct peer *peer,
                 struct ansa_bytes reply);
void udp_flush(struct worker *w, uint32_t door);

/* accept.c */
void accept_ready(struct worker *w, uint32_t door);
void accept_resume(struct worker *w);
void accept_stop(struct worker *w);

/* slow.c, writer.c, doors.c */
void *slow_run(void *slow_thread);
void *writer_run(void *doors);

#endif
