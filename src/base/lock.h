/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_BASE_LOCK_H
#define ANSA_BASE_LOCK_H

#include "base/assert.h"

#include <pthread.h>
#include <stdbool.h>

/** A short critical section. Held for a few table operations, never across I/O or a wait. */
struct lock {
        pthread_mutex_t mutex;
};

static inline void lock_init(struct lock *l)
{
        ansa_assert(pthread_mutex_init(&l->mutex, NULL) == 0);
}

static inline void lock_fini(struct lock *l)
{
        ansa_assert(pthread_mutex_destroy(&l->mutex) == 0);
}

static inline void lock_take(struct lock *l)
{
        ansa_assert(pthread_mutex_lock(&l->mutex) == 0);
}

/** False when another thread has it. */
static inline bool lock_try(struct lock *l)
{
        return pthread_mutex_trylock(&l->mutex) == 0;
}

static inline void lock_give(struct lock *l)
{
        ansa_assert(pthread_mutex_unlock(&l->mutex) == 0);
}

#endif
