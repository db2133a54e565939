/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_HTTP_PROVEN_H
#define ANSA_HTTP_PROVEN_H

#include "base/arena.h"
#include "base/env.h"
#include "ansa/value.h"
#include "crypto/digest.h"

/**
 * Credentials that were found right a moment ago, so that a client which sends them with each of
 * thousands of requests does not wait for the slow lane each time. What is kept is a keyed digest
 * of them, for a few seconds: that long a key that was changed may still be good.
 */
struct proven;

#define PROVEN_MAX     1024u
#define PROVEN_LIFE_MS 5000u

struct proven_mark {
        uint8_t at[DIGEST_SIZE_MAX];
};

ANSA_CHECKED enum ansa_err proven_new(struct env *env, struct proven **proven);
void proven_free(struct proven *p);

/** What credentials are known by; @kind keeps those of different sorts apart. */
ANSA_CHECKED enum ansa_err proven_mark_of(const struct proven *p, const char *kind,
                                          struct ansa_bytes who, struct ansa_bytes secret,
                                          struct proven_mark *mark);

/** The identity, copied into @arena. ANSA_E_NOT_FOUND, ANSA_E_NO_MEMORY. */
ANSA_CHECKED enum ansa_err proven_find(struct proven *p, const struct proven_mark *mark,
                                       struct arena *arena, struct ansa_ref *identity);

/** They are right: remember. Without memory for it nothing happens. */
void proven_remember(struct proven *p, const struct proven_mark *mark,
                     const struct ansa_ref *identity);

#endif
