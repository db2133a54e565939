/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_BASE_ENV_H
#define ANSA_BASE_ENV_H

#include "ansa/bytes.h"
#include "ansa/err.h"

/**
 * What the world gives a service: time and randomness. The services never ask
 * the system themselves, so that a simulator can hand them its own.
 */
struct env {
        /** Seconds since 1970-01-01 UTC. May jump. */
        uint32_t (*wall_s)(struct env *env);
        /** Milliseconds since some start. Never goes back. */
        uint64_t (*steady_ms)(struct env *env);
        /** Fill @at with unpredictable octets. Never fails: without them nothing may go on. */
        void (*random)(struct env *env, uint8_t *at, size_t size);
};

/** The real one: CLOCK_REALTIME, CLOCK_MONOTONIC, getrandom. Static, thread safe. */
struct env *env_system(void);

#endif
