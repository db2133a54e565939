/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEST_SIM_CHANCE_H
#define TEST_SIM_CHANCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* All that a run does follows from a seed through this: splitmix64 (Steele, Lea, Flood 2014). */
struct chance {
        uint64_t state;
};

static inline uint64_t chance_u64(struct chance *c)
{
        uint64_t z = c->state += 0x9e3779b97f4a7c15u;
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
        return z ^ (z >> 31);
}

/** 0 to @n - 1; takes one number whatever @n is, so that runs that differ little stay alike. */
static inline uint32_t chance_below(struct chance *c, uint32_t n)
{
        return (uint32_t)(((chance_u64(c) >> 32) * n) >> 32);
}

static inline bool chance_in(struct chance *c, uint32_t n)
{
        return chance_below(c, n) == 0;
}

static inline void chance_fill(struct chance *c, uint8_t *at, size_t size)
{
        for (size_t i = 0; i < size; i++)
                at[i] = (uint8_t)chance_u64(c);
}

/** An independent stream. */
static inline struct chance chance_split(struct chance *c)
{
        return (struct chance){ chance_u64(c) };
}

#endif
