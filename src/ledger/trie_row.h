/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_LEDGER_TRIE_ROW_H
#define ANSA_LEDGER_TRIE_ROW_H

#include "crypto/dictionary_build.h"
#include "store/store.h"

/* Rows of the dictionary's table: see trie.h. */
#define TRIE_DEPTH_MAX 64u /* units of 4 bits in a key */
/* Two full buckets fill a page of the store; more would take one of their own each. */
#define TRIE_BUCKET_MAX 31u

enum trie_kind { TRIE_BUCKET, TRIE_PAGE };

/* Where in the trie: what keys below have in common. */
struct trie_place {
        unsigned depth; /* units of 4 bits */
        struct hash256 bits;
};

struct trie_row {
        enum trie_kind kind;
        struct ansa_bytes octets; /* after the kind; borrowed from the store */
};

struct trie_place trie_child(const struct trie_place *place, unsigned child);

/** ANSA_E_NOT_FOUND; ANSA_E_CORRUPT: it is no row. */
ANSA_CHECKED enum ansa_err trie_row_get(struct store_txn *txn, const struct trie_place *place,
                                        struct trie_row *row);
ANSA_CHECKED enum ansa_err trie_row_put(struct store_txn *txn, const struct trie_place *place,
                                        struct ansa_bytes octets);
ANSA_CHECKED enum ansa_err trie_row_del(struct store_txn *txn, const struct trie_place *place);

#endif
