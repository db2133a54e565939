/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/trie_row.h"

#define ROW_KEY_MAX (1 + HASH_SIZE)

struct trie_place trie_child(const struct trie_place *place, unsigned child)
{
        struct trie_place below = *place;
        uint8_t *octet = &below.bits.at[place->depth / 2];
        if (place->depth % 2 == 0)
                *octet = (uint8_t)(child << 4);
        else
                *octet = (uint8_t)(*octet | child);
        below.depth++;
        return below;
}

static struct ansa_bytes row_key(const struct trie_place *place, uint8_t at[ROW_KEY_MAX])
{
        size_t size = (place->depth + 1) / 2;
        at[0] = (uint8_t)place->depth;
        memcpy(at + 1, place->bits.at, size);
        return (struct ansa_bytes){ at, 1 + size };
}

enum ansa_err trie_row_get(struct store_txn *txn, const struct trie_place *place,
                           struct trie_row *row)
{
        uint8_t at[ROW_KEY_MAX];
        struct ansa_bytes octets;
        *row = (struct trie_row){ 0 };
        enum ansa_err err = store_get(txn, STORE_DICTIONARY, row_key(place, at), &octets);
        if (err != ANSA_OK)
                return err;
        if (octets.size < 1)
                return ANSA_E_CORRUPT;
        row->octets = (struct ansa_bytes){ octets.at + 1, octets.size - 1 };
        if (octets.at[0] == TRIE_PAGE && row->octets.size == DICTIONARY_PAGE_WIDTH * HASH_SIZE) {
                row->kind = TRIE_PAGE;
                return ANSA_OK;
        }
        size_t leaf_size = sizeof(struct dictionary_leaf);
        if (octets.at[0] == TRIE_BUCKET && row->octets.size % leaf_size == 0 &&
            row->octets.size / leaf_size <= TRIE_BUCKET_MAX)
                return ANSA_OK;
        *row = (struct trie_row){ 0 };
        return ANSA_E_CORRUPT;
}

enum ansa_err trie_row_put(struct store_txn *txn, const struct trie_place *place,
                           struct ansa_bytes octets)
{
        uint8_t at[ROW_KEY_MAX];
        return store_put(txn, STORE_DICTIONARY, row_key(place, at), octets);
}

enum ansa_err trie_row_del(struct store_txn *txn, const struct trie_place *place)
{
        uint8_t at[ROW_KEY_MAX];
        return store_del(txn, STORE_DICTIONARY, row_key(place, at));
}
