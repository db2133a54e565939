/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_IDENTIFIER_STORING_H
#define ANSA_IDENTIFIER_STORING_H

#include "base/env.h"
#include "base/lock.h"
#include "ansa/err.h"

#include <stdatomic.h>

/**
 * Can changes be stored? Known from the last one that was tried: while a store is full every
 * change fails, which is told in the log when it begins and when it ends, and not for each.
 */
struct storing {
        _Atomic uint64_t failed; /* changes that the store did not take, since the start */
        _Atomic uint64_t
                failed_then;  /* the same when it last did; other than failed: it does not */
        _Atomic unsigned why; /* enum ansa_err of the last that failed */
        struct lock lock;     /* of all below */
        bool is_told;         /* the log says that changes fail */
        bool has_told;
        uint64_t told_ms;
};

void storing_init(struct storing *s);
void storing_fini(struct storing *s);

/** A change failed with @err, which is the store's own doing when storing_is_at_fault. */
void storing_failed(struct storing *s, struct env *env, enum ansa_err err);
bool storing_is_at_fault(enum ansa_err err);

/** As many had failed (@failed) before what now was stored. */
void storing_done(struct storing *s, uint64_t failed);

#endif
