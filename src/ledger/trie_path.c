/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/trie.h"
#include "ledger/trie_row.h"

#include <stdlib.h>

/*
 * A search passes only nodes with two children, so it may leave the place where its key
 * belongs: the path of an absent key ends at whatever leaf the bits lead to.
 */
static enum ansa_err search(struct store_txn *txn, const struct hasher *h,
                            const struct hash256 *key, struct dictionary_trail *t)
{
        struct trie_place place = { 0 };
        struct trie_row row;
        enum ansa_err err = trie_row_get(txn, &place, &row);
        if (err == ANSA_E_NOT_FOUND) {
                size_t at;
                return dictionary_bucket_walk(h, NULL, 0, key, t, &at);
        }
        while (err == ANSA_OK && row.kind == TRIE_PAGE && place.depth < TRIE_DEPTH_MAX) {
                struct hash256 children[DICTIONARY_PAGE_WIDTH];
                unsigned slot;
                memcpy(children, row.octets.at, sizeof(children));
                err = dictionary_page_walk(h, DICTIONARY_PAGE_BITS * place.depth, children, key, t,
                                           &slot);
                if (err == ANSA_OK) {
                        place = trie_child(&place, slot);
                        err = trie_row_get(txn, &place, &row);
                }
                if (err == ANSA_E_NOT_FOUND)
                        return ANSA_E_CORRUPT; /* a page said that there is something */
        }
        if (err != ANSA_OK || row.kind != TRIE_BUCKET)
                return err != ANSA_OK ? err : ANSA_E_CORRUPT;
        struct dictionary_leaf leaves[TRIE_BUCKET_MAX];
        size_t at;
        size_t count = row.octets.size / sizeof(leaves[0]);
        memcpy(leaves, row.octets.at, row.octets.size);
        err = dictionary_bucket_walk(h, leaves, count, key, t, &at);
        return err == ANSA_E_ARGUMENT ? ANSA_E_CORRUPT : err;
}

enum ansa_err trie_path(struct store_txn *txn, const struct hasher *h, const struct hash256 *key,
                        struct buf *path)
{
        struct dictionary_trail t; /* large, and only its beginning is used */
        t.count = 0;
        enum ansa_err err = search(txn, h, key, &t);
        if (err != ANSA_OK)
                return err;
        dictionary_trail_encode(&t, path);
        return path->err;
}

enum ansa_err trie_find(struct store_txn *txn, const struct hash256 *key,
                        struct hash256 *commitment)
{
        struct trie_place place = { 0 };
        struct trie_row row;
        *commitment = (struct hash256){ 0 };
        for (;;) {
                enum ansa_err err = trie_row_get(txn, &place, &row);
                if (err != ANSA_OK)
                        return err;
                if (row.kind == TRIE_BUCKET)
                        break;
                if (place.depth == TRIE_DEPTH_MAX)
                        return ANSA_E_CORRUPT;
                place = trie_child(&place,
                                   dictionary_page_slot(key, DICTIONARY_PAGE_BITS * place.depth));
        }
        for (; row.octets.size > 0; row.octets.at += sizeof(struct dictionary_leaf),
                                    row.octets.size -= sizeof(struct dictionary_leaf)) {
                if (memcmp(row.octets.at, key->at, HASH_SIZE) != 0)
                        continue;
                memcpy(commitment->at, row.octets.at + HASH_SIZE, HASH_SIZE);
                return ANSA_OK;
        }
        return ANSA_E_NOT_FOUND;
}

enum ansa_err trie_count(struct store_txn *txn, uint64_t *count)
{
        struct ansa_bytes from = { 0 };
        struct ansa_bytes value;
        *count = 0;
        for (;;) {
                struct ansa_bytes key;
                enum ansa_err err =
                        store_seek(txn, STORE_DICTIONARY, from, from.size > 0, &key, &value);
                if (err != ANSA_OK)
                        return err == ANSA_E_NOT_FOUND ? ANSA_OK : err;
                if (value.size > 0 && value.at[0] == TRIE_BUCKET)
                        *count += (value.size - 1) / sizeof(struct dictionary_leaf);
                from = key;
        }
}
