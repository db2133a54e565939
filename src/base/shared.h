/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_BASE_SHARED_H
#define ANSA_BASE_SHARED_H

#include "base/lock.h"

#include <stdatomic.h>
#include <stddef.h>

/**
 * What several hold and nobody changes, settings for example: freed by the last who gives it
 * back. The first member of what it is about.
 */
struct shared {
        _Atomic size_t holders;
        void (*free)(struct shared *s);
};

/** Held once, by the caller. */
static inline void shared_init(struct shared *s, void (*free)(struct shared *s))
{
        atomic_init(&s->holders, 1);
        s->free = free;
}

/** By one who holds it already, or while somebody else is sure to; NULL is fine. */
static inline void shared_hold(struct shared *s)
{
        if (s != NULL)
                (void)atomic_fetch_add_explicit(&s->holders, 1, memory_order_relaxed);
}

/** NULL is fine. */
static inline void shared_give(struct shared *s)
{
        if (s != NULL && atomic_fetch_sub_explicit(&s->holders, 1, memory_order_acq_rel) == 1)
                s->free(s);
}

/**
 * Where the newest is. Every reader holds the one that it took up last and looks for a newer one
 * when it begins anew, so that what it reads stays whole, and nobody waits for anybody: one that
 * was replaced lives until its last reader has looked. There are never more of them than readers
 * and one.
 */
struct shared_place {
        struct lock lock; /* so that nobody takes up what is being given back */
        _Atomic(struct shared *) newest;
};

static inline void shared_place_init(struct shared_place *p)
{
        lock_init(&p->lock);
        atomic_init(&p->newest, NULL);
}

/** In place of what was there; the place takes over the caller's hold on @s. */
static inline void shared_replace(struct shared_place *p, struct shared *s)
{
        lock_take(&p->lock);
        struct shared *old = atomic_exchange_explicit(&p->newest, s, memory_order_acq_rel);
        lock_give(&p->lock);
        shared_give(old);
}

/**
 * *@mine, NULL or held by the caller alone, becomes the newest. What it points to cannot be freed
 * and made anew at the same address meanwhile, because the caller holds it: equal is the same.
 */
static inline void shared_renew(struct shared_place *p, struct shared **mine)
{
        struct shared *old = *mine;
        if (atomic_load_explicit(&p->newest, memory_order_acquire) == old)
                return;
        lock_take(&p->lock);
        *mine = atomic_load_explicit(&p->newest, memory_order_relaxed);
        shared_hold(*mine);
        lock_give(&p->lock);
        shared_give(old);
}

/** The readers have given back theirs, or do so later. */
static inline void shared_place_fini(struct shared_place *p)
{
        shared_replace(p, NULL);
        lock_fini(&p->lock);
}

#endif
