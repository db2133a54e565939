/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_IDENTIFIER_APPLY_H
#define ANSA_IDENTIFIER_APPLY_H

#include "base/limits.h"
#include "crypto/commitment.h"
#include "identifier/identifier.h"
#include "ledger/ledger.h"
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

#define APPLY_SALTS           16u /* drawn at once */

/** @name with "0.NA/" in front when it has no "/"; borrowed or in @arena. ANSA_E_NO_MEMORY. */
ANSA_CHECKED enum ansa_err apply_full_name(struct ansa_bytes name, struct arena *arena,
                                           struct ansa_bytes *full);

/**
 * One transaction of changes, and the ledger that tells of them in the same transaction. There is
 * no way to commit the one without the other.
 */
struct apply {
        struct env *env;
        struct store_txn *txn;
        struct ledger_writer *ledger; /* NULL: this store has none */
        bool case_sensitive;
        uint32_t now_s;
        enum entry_origin origin; /* of the changes to come, and what they were made from */
        struct hash256 payload;
        unsigned salt_count; /* random octets that are left, see apply.c */
        struct salt salts[APPLY_SALTS];
};

/** Begin to write. ANSA_E_CORRUPT: the ledger cannot be read. */
ANSA_CHECKED enum ansa_err apply_begin(struct store *store, struct env *env, bool case_sensitive,
                                       struct apply *apply);

/**
 * Make @change. Its name is a good one with a "/"; its values are good and have their
 * timestamps. Homing what is homed changes nothing. @arena is for temporary octets.
 * ANSA_E_NOT_FOUND: nothing to delete or unhome. ANSA_E_FULL, ANSA_E_IO and the like.
 */
ANSA_CHECKED enum ansa_err apply_change(struct apply *apply, const struct bulk_change *change,
                                        struct arena *arena);

/**
 * Tell the ledger of what has been in @table (records, prefixes) under @key since before there
 * was a ledger. Nothing happens for what it knows already.
 */
ANSA_CHECKED enum ansa_err apply_adopt(struct apply *apply, enum store_table table,
                                       struct ansa_bytes key, struct ansa_bytes stored,
                                       struct arena *arena);

/** An entry of @action for the changes that have functions of their own. The ledger is kept. */
ANSA_CHECKED enum ansa_err apply_tell(struct apply *apply, enum entry_action action,
                                      const struct hash256 *key, const struct hash256 *commitment);

/** Durable when ANSA_OK, else nothing happened. All of these end the transaction. */
ANSA_CHECKED enum ansa_err apply_commit(struct apply *apply);

/** The same when more transactions follow at once: the ledger is left open (ledger.h). */
ANSA_CHECKED enum ansa_err apply_commit_open(struct apply *apply);
void apply_abort(struct apply *apply);

struct identifier;

/** After a commit, which homed or unhomed prefixes or did not: the number to forget under. */
uint64_t apply_committed(struct identifier *service, bool homes);

/** Drop the record of store key @key from the cache; @commit is from apply_committed. */
void apply_forget(struct identifier *service, struct ansa_bytes key, uint64_t commit);

#endif
