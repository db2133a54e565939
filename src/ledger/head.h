/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_LEDGER_HEAD_H
#define ANSA_LEDGER_HEAD_H

#include "ledger/ledger.h"

ANSA_CHECKED enum ansa_err head_write(struct store_txn *txn, const struct ledger_head *head);

/** The leaf hash of @entry. */
void head_leaf(const struct hasher *h, const struct entry *entry, struct hash256 *leaf);

#endif
