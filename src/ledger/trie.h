/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_LEDGER_TRIE_H
#define ANSA_LEDGER_TRIE_H

#include "base/buf.h"
#include "crypto/dictionary.h"
#include "store/store.h"

/**
 * The Merkle dictionary (docs/ledger.md, section 2) in STORE_DICTIONARY.
 *
 * Kept in rows of 4 bits of the key: a page has the hashes of its 16 children, a bucket the
 * leaves themselves. A bucket that gets too many becomes a page. How rows are cut has no
 * influence on the hashes, so pages need not become buckets again.
 *
 *   row key    u8 depth in units of 4 bits, then so many bits of the dictionary's keys
 *   page       u8 1, 16 * 32 hash of the child; 0: empty
 *   bucket     u8 0, n * (32 key, 32 commitment), by rising keys
 */

/**
 * Make @changes, sorted by key, each key once; a commitment of zeros removes its key (which need
 * not be there). *root is that of the dictionary from now on. ANSA_E_CORRUPT and what stores fail with.
 */
ANSA_CHECKED enum ansa_err trie_update(struct store_txn *txn, const struct hasher *h,
                                       const struct dictionary_leaf *changes, size_t count,
                                       struct hash256 *root);

/** ANSA_E_NOT_FOUND: the key is absent. */
ANSA_CHECKED enum ansa_err trie_find(struct store_txn *txn, const struct hash256 *key,
                                     struct hash256 *commitment);

/** Append the path that proves @key present or absent. */
ANSA_CHECKED enum ansa_err trie_path(struct store_txn *txn, const struct hasher *h,
                                     const struct hash256 *key, struct buf *path);

/** Keys in the dictionary. Goes through all of it. */
ANSA_CHECKED enum ansa_err trie_count(struct store_txn *txn, uint64_t *count);

#endif
