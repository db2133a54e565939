/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_DOORS_TASK_H
#define ANSA_DOORS_TASK_H

#include "base/lock.h"
#include "identifier/identifier.h"

#include <netinet/in.h>
#include <stdatomic.h>
#include <sys/socket.h>

/**
 * A request that leaves its thread: for the slow lane, for the writer, or both in turn.
 * It carries all that is needed to answer later and is back with its owner in the end.
 *
 *   owner  --TASK_SERVE, TASK_CONTINUE, TASK_HTTP--> slow lane --TASK_WRITE--> writer
 *   owner  --TASK_WRITE----------------------------------------------------> writer
 *   writer --TASK_REPLY (answer to be signed)--> slow lane
 *   all    --task_give_back--> owner: a worker's mailbox, or an exchange over HTTP
 */
struct worker;
struct web_call;

enum task_kind {
        TASK_SERVE,    /* identifier_serve in the slow lane */
        TASK_CONTINUE, /* identifier_continue in the slow lane */
        TASK_WRITE,    /* identifier_commit in the writer */
        TASK_HTTP,     /* http_serve in the slow lane */
        TASK_REPLY,    /* identifier_job_reply: in the slow lane, else in the worker */
};

/** Where a datagram came from and so where its answer goes. */
struct udp_origin {
        struct sockaddr_storage from;
        socklen_t from_size;
        uint32_t door;     /* which of the worker's UDP sockets */
        uint32_t bytes_in; /* for the budget */
        bool has_local;    /* the address that was asked is known */
        struct in_pktinfo local4;
        struct in6_pktinfo local6;
};

struct task {
        struct task *next;
        enum task_kind kind;
        struct worker *owner;  /* whose mailbox it goes back to, or */
        struct web_call *call; /* the exchange over HTTP that it belongs to */
        struct peer peer;
        uint64_t begun_us; /* when the request came */
        bool was_slow;     /* it has been in the slow lane */
        bool is_udp;
        struct udp_origin udp; /* is_udp */
        uint32_t slot;         /* else: the connection, if it is still this generation */
        uint32_t generation;
        uint32_t order;                /* among the tasks of its connection */
        struct write_job *job;         /* owned; or */
        struct write_job *const *jobs; /* several, borrowed from the exchange */
        size_t job_count;              /* of jobs */
        struct identifier_more *more;  /* owned; NULL over UDP */
        struct ansa_bytes reply;       /* owned; empty = nothing to be said */
        size_t size;                   /* bytes counted by the queue it is in */
        size_t message_size;
        uint8_t message[];
};

/** A task with a copy of @message; NULL without memory. */
struct task *task_new(enum task_kind kind, struct worker *owner, const struct peer *peer,
                      struct ansa_bytes message);
void task_free(struct task *t); /* with its job, more and reply; NULL is fine */

/** To its owner, from any thread. */
void task_give_back(struct task *t);

/** What it is in a queue of changes. */
static inline uint32_t task_weight(const struct task *t)
{
        return t->job_count > 1 ? (uint32_t)t->job_count : 1;
}

static inline struct ansa_bytes task_message(const struct task *t)
{
        return (struct ansa_bytes){ t->message, t->message_size };
}

/** Keep a copy of @reply. Out of memory: it stays empty and the request is not answered. */
void task_set_reply(struct task *t, struct ansa_bytes reply);

/** Tasks from many threads that wait for some: first in, first out, with a bound. */
struct queue {
        struct lock lock;
        pthread_cond_t filled;
        struct task *first;
        struct task **last;
        uint32_t count; /* a task with several jobs counts for each */
        uint64_t size;
        uint32_t count_max;
        uint64_t size_max;
        bool closed;
};

void queue_init(struct queue *q, uint32_t count_max, uint64_t size_max);
void queue_fini(struct queue *q); /* frees what is in it */
void queue_limit(struct queue *q, uint32_t count_max, uint64_t size_max);

/** False when it would be over a bound, or is closed; the task stays the caller's. */
ANSA_CHECKED bool queue_put(struct queue *q, struct task *t);

/** Wait for at least one; of weight up to @count_max, linked. NULL when closed and empty. */
struct task *queue_take(struct queue *q, uint32_t count_max);

/** Takers get what is left, then NULL. */
void queue_close(struct queue *q);
void queue_count(struct queue *q, uint64_t *count);

/** Tasks on their way back to one worker: many senders, no lock; the worker takes all. */
struct mailbox {
        _Atomic(struct task *) newest;
        int event_fd; /* readable when there may be something */
};

ANSA_CHECKED enum ansa_err mailbox_init(struct mailbox *m);
void mailbox_fini(struct mailbox *m); /* frees what is in it */
void mailbox_send(struct mailbox *m, struct task *t);
void mailbox_wake(struct mailbox *m); /* without a task */

/** All, oldest first. Clears the event. */
struct task *mailbox_take(struct mailbox *m);

#endif
