/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_DOORS_BUDGET_H
#define ANSA_DOORS_BUDGET_H

#include "base/hash.h"

#include <stdatomic.h>

/**
 * What may be sent over UDP to a source that has not proven that it is where it says.
 *
 * A source network earns seven eighths of what arrives from it, and has a small grace:
 * a burst and a slow refill, so that ordinary clients never notice. All graces together
 * are bounded too, so that a flood with made-up sources from everywhere gets no more out
 * of us than it puts in. A network from which a TCP connection came is proven for a
 * while and has a grace many times as large.
 *
 * Fixed size, no locks: one struct budget belongs to one thread, struct proven is shared.
 * Networks share a bucket when their hashes meet; each has two, the fuller one pays.
 */
#define BUDGET_BUCKETS 4096u /* in each of two tables; a power of two */
#define PROVEN_SLOTS   8192u /* networks remembered; a power of two */

struct budget_settings {
        uint32_t burst;         /* bytes of grace in a bucket */
        uint32_t refill_s;      /* bytes a second that a grace grows */
        uint32_t all_refill_s;  /* the same for all graces together */
        uint32_t proven_factor; /* a proven network's grace is so many times as large */
        uint32_t proven_life_s; /* since its last connection */
};

struct proven {
        struct hash_key key;
        _Atomic uint64_t slot[PROVEN_SLOTS]; /* tag << 32 | second it ends */
};

struct budget_bucket {
        uint32_t earned;
        uint32_t grace;
        uint32_t refilled_ms; /* low bits of the clock */
};

struct budget {
        struct budget_settings settings;
        struct hash_key key;
        struct proven *proven; /* borrowed, may be NULL */
        uint64_t pool;         /* what is left of all graces together */
        uint64_t pool_ms;
        struct budget_bucket bucket[2][BUDGET_BUCKETS];
};

void proven_init(struct proven *p, const struct hash_key *key);
void proven_add(struct proven *p, uint64_t network, uint32_t until_s);
bool proven_has(const struct proven *p, uint64_t network, uint32_t now_s);

/** @share: this budget is one of so many; each has that part of what the whole grows. */
void budget_init(struct budget *b, const struct budget_settings *settings, uint32_t share,
                 const struct hash_key *key, struct proven *proven, uint64_t now_ms);

/** New settings; what was earned and used stays. */
void budget_configure(struct budget *b, const struct budget_settings *settings, uint32_t share);

/**
 * @in bytes came from @network and @out bytes would be the answer. True: send it, it is
 * paid for. False: do not; what came in is still earned.
 */
bool budget_spend(struct budget *b, uint64_t network, uint32_t in, uint32_t out, uint64_t now_ms);

#endif
