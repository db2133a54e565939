/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_CLIENT_WAITS_H
#define ANSA_CLIENT_WAITS_H

#include "ansa/client.h"
#include "base/assert.h"

/**
 * What a call waits for: collected from its parts before each poll. The parts never block: each
 * step tries what it can, so nobody needs to be told which descriptor became ready.
 */
struct waits {
        struct ansa_wait at[ANSA_WAITS_MAX];
        size_t count;
        uint64_t until_ms; /* steady time */
};

static inline void waits_fd(struct waits *w, int fd, bool read, bool write)
{
        ansa_assert(w->count < ANSA_WAITS_MAX);
        if (read || write)
                w->at[w->count++] = (struct ansa_wait){ fd, read, write };
}

static inline void waits_until(struct waits *w, uint64_t steady_ms)
{
        if (steady_ms < w->until_ms)
                w->until_ms = steady_ms;
}

#endif
