/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_IDENTIFIER_PROVE_H
#define ANSA_IDENTIFIER_PROVE_H

#include "ansa/value.h"
#include "base/buf.h"
#include "ledger/ledger.h"

/**
 * Makes proofs (docs/ledger.md, section 5) from a snapshot of the store and the signed checkpoint of
 * its log. The dictionary is that of the snapshot only: a checkpoint of before or after has no proofs
 * from it.
 */

/** What all proofs by a checkpoint have in common: made once, used by any number of threads. */
struct prove_checkpoint {
        uint64_t number;           /* of the state entry */
        struct hash256 dictionary; /* its root */
        struct buf back;
};

/**
 * @note: the signed checkpoint of exactly @head. ANSA_E_ARGUMENT: it is of another size or root, or no
 * checkpoint. ANSA_E_UNSUPPORTED: proofs have no room for what is in it. End with prove_checkpoint_fini.
 */
ANSA_CHECKED enum ansa_err prove_checkpoint_make(const struct hasher *h,
                                                 const struct ledger_head *head,
                                                 struct ansa_bytes note,
                                                 struct prove_checkpoint *checkpoint);
void prove_checkpoint_fini(struct prove_checkpoint *checkpoint); /* zeroed is fine */

struct prove_question {
        struct store_txn *txn;
        const struct hasher *hasher;
        const struct prove_checkpoint *checkpoint;
        bool case_sensitive;
        struct ansa_bytes name;
        bool wants_private; /* also values that not everybody may read: who asks may */
        /** Which of the values are to be shown; NULL: all. */
        bool (*is_selected)(const void *context, const struct ansa_value *value);
        const void *context;
};

/**
 * Append the bundle, binary, for a record or for its absence. ANSA_E_BUSY: the snapshot is not that of
 * the checkpoint. ANSA_E_NOT_FOUND: the store has no ledger. ANSA_E_UNSUPPORTED: the record was not put
 * through the ledger. ANSA_E_ARGUMENT: no such identifier can be. ANSA_E_CORRUPT: dictionary and records
 * contradict each other. After a failure what was appended is of no use.
 */
ANSA_CHECKED enum ansa_err prove(const struct prove_question *question, struct buf *bundle);

#endif
