/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_DOORS_LANES_H
#define ANSA_DOORS_LANES_H

#include "base/hash.h"
#include "doors/task.h"

/**
 * What waits for the slow threads. Nobody has proven anything when he asks for slow work, so it
 * is shared out by source network; all datagrams, whose addresses may be forged, are one lane.
 *
 *   room      a lane may hold as much as is still free in all: one alone gets half, two a
 *             third each, and there is always some left for one who comes new
 *   turns     lanes take turns, a task at a time
 *   threads   no lane has all of them at work
 */
#define LANES_NETWORKS 255u /* lanes by network; where hashes meet they share one */

struct lane {
        struct task *first;
        struct task **last;
        struct lane *next; /* that has something waiting */
        uint32_t count;    /* waiting */
        uint32_t running;
        uint64_t size;
};

struct lanes {
        struct lock lock;
        pthread_cond_t changed;
        struct hash_key key;
        struct lane lane[LANES_NETWORKS + 1];
        struct lane *first; /* whose turn is next */
        struct lane **last;
        uint32_t running_max; /* threads for one lane */
        uint32_t count;
        uint64_t size;
        uint32_t count_max;
        uint64_t size_max;
        bool closed;
};

void lanes_init(struct lanes *l, const struct hash_key *key, uint32_t threads, uint32_t count_max,
                uint64_t size_max);
void lanes_fini(struct lanes *l); /* frees what is in it */
void lanes_limit(struct lanes *l, uint32_t count_max, uint64_t size_max);

/** False when its lane has no room, or all is closed; the task stays the caller's. */
ANSA_CHECKED bool lanes_put(struct lanes *l, struct task *t);

/** Past the bound: for what has been done already and must be answered. */
void lanes_put_anyway(struct lanes *l, struct task *t);

/** Wait for a task; *lane is to be given to lanes_done. NULL when closed and empty. */
struct task *lanes_take(struct lanes *l, uint32_t *lane);
void lanes_done(struct lanes *l, uint32_t lane);

/** Takers get what is left, then NULL. */
void lanes_close(struct lanes *l);
void lanes_count(struct lanes *l, uint64_t *count);

#endif
