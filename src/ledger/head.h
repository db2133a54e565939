/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_LEDGER_HEAD_H
#define ANSA_LEDGER_HEAD_H

#include "ledger/ledger.h"

ANSA_CHECKED enum ansa_err head_write(struct store_txn *txn, const struct ledger_head *head);

/** Where a ledger that was left open (ledger_leave_open) is to be taken up again. */
struct ledger_open {
        uint64_t settled;          /* entries before this one are in the dictionary */
        struct hash256 dictionary; /* its root */
        uint64_t time_s;           /* of the last entry */
        struct merkle_frontier frontier;
};

/** ANSA_E_NOT_FOUND: it was sealed. ANSA_E_CORRUPT. */
ANSA_CHECKED enum ansa_err open_read(struct store_txn *txn, struct ledger_open *open);
ANSA_CHECKED enum ansa_err open_write(struct store_txn *txn, const struct ledger_open *open);
ANSA_CHECKED enum ansa_err open_drop(struct store_txn *txn);

/** The leaf hash of @entry. */
void head_leaf(const struct hasher *h, const struct entry *entry, struct hash256 *leaf);

#endif
