/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_IDENTIFIER_UPGRADE_H
#define ANSA_IDENTIFIER_UPGRADE_H

#include "base/env.h"
#include "store/store.h"

/**
 * A store that was filled before there were ledgers gets one: an entry for each record and each
 * homed prefix, as they are now. In many transactions; when it is cut off, the next call goes on
 * where the last one ended. Nobody else may write, and nobody should be told anything meanwhile.
 */
struct upgrade_progress {
        void (*at)(struct upgrade_progress *p, uint64_t done, uint64_t total);
};

/** @progress may be NULL. ANSA_E_CORRUPT: a record cannot be decoded; what stores fail with. */
ANSA_CHECKED enum ansa_err identifier_upgrade(struct store *store, struct env *env,
                                              bool case_sensitive,
                                              struct upgrade_progress *progress);

/**
 * Bring the dictionary up to date with what was left open (identifier_bulk_more, an upgrade or an
 * import that was cut off), a part in a transaction. Nothing happens when nothing was.
 */
ANSA_CHECKED enum ansa_err identifier_settle(struct store *store, struct env *env,
                                             struct upgrade_progress *progress);

#endif
