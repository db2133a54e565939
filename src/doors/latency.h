/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_DOORS_LATENCY_H
#define ANSA_DOORS_LATENCY_H

#include "doors/doors.h"

#include <stdatomic.h>
#include <time.h>

/**
 * How long requests took, in a few fixed buckets: written by one thread, read by anyone.
 * A batch of datagrams is one measurement that counts for all of them, so it costs two
 * readings of the clock.
 */
struct latency {
        _Atomic uint64_t bucket[DOORS_LATENCY_BUCKETS];
        _Atomic uint64_t sum_us;
};

static inline uint64_t latency_now_us(void)
{
        struct timespec now;
        (void)clock_gettime(CLOCK_MONOTONIC, &now);
        return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

/** Bucket i has what took at most 2^i microseconds; the last has all the rest. */
static inline uint32_t latency_bucket(uint64_t us)
{
        if (us <= 1)
                return 0;
        uint32_t i = 64 - (uint32_t)__builtin_clzll(us - 1);
        return i < DOORS_LATENCY_BUCKETS ? i : DOORS_LATENCY_BUCKETS - 1;
}

/** @count requests took @us each. */
static inline void latency_add(struct latency *l, uint64_t us, uint64_t count)
{
        _Atomic uint64_t *at = &l->bucket[latency_bucket(us)];
        atomic_store_explicit(at, atomic_load_explicit(at, memory_order_relaxed) + count,
                              memory_order_relaxed);
        uint64_t sum = atomic_load_explicit(&l->sum_us, memory_order_relaxed);
        atomic_store_explicit(&l->sum_us, sum + us * count, memory_order_relaxed);
}

/** Add what @l has to @sum. */
static inline void latency_sum(struct latency *l, struct doors_latency *sum)
{
        for (uint32_t i = 0; i < DOORS_LATENCY_BUCKETS; i++)
                sum->bucket[i] += atomic_load_explicit(&l->bucket[i], memory_order_relaxed);
        sum->sum_us += atomic_load_explicit(&l->sum_us, memory_order_relaxed);
}

#endif
