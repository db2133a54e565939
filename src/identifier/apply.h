/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_IDENTIFIER_APPLY_H
#define ANSA_IDENTIFIER_APPLY_H

#include "base/limits.h"
#include "identifier/identifier.h"
#include "store/store.h"

/**
 * The one way in which the identifier system's tables change: requests, imports, replication
 * and set-up all end here, inside the writer's transaction. Nothing else calls store_put or
 * store_del on STORE_RECORDS and STORE_PREFIXES.
 */

/**
 * A record must fit into one message with everything else that an answer may carry: header,
 * digest, name, a signature by a large key, the padding of a cipher.
 */
#define APPLY_RECORD_SIZE_MAX (LIMIT_MESSAGE_SIZE - 4096u)

/** @name with "0.NA/" in front when it has no "/"; borrowed or in @arena. ANSA_E_NO_MEMORY. */
ANSA_CHECKED enum ansa_err apply_full_name(struct ansa_bytes name, struct arena *arena,
                                           struct ansa_bytes *full);

/**
 * Make @change. Its name is a good one with a "/"; its values are good and have their
 * timestamps. Homing what is homed changes nothing. @arena is for temporary octets.
 * ANSA_E_NOT_FOUND: nothing to delete or unhome. ANSA_E_FULL, ANSA_E_IO and the like.
 */
ANSA_CHECKED enum ansa_err apply_change(struct store_txn *txn, const struct bulk_change *change,
                                        bool case_sensitive, uint32_t now_s, struct arena *arena);

struct identifier;

/** After a commit, which homed or unhomed prefixes or did not: the number to forget under. */
uint64_t apply_committed(struct identifier *service, bool homes);

/** Drop the record of store key @key from the cache; @commit is from apply_committed. */
void apply_forget(struct identifier *service, struct ansa_bytes key, uint64_t commit);

#endif
