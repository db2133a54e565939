/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/head.h"
#include "ledger/rows.h"
#include "wire/tile.h"

static enum ansa_err entry_octets(struct store_txn *txn, uint64_t number, struct ansa_bytes *octets)
{
        uint8_t key[ENTRY_KEY_SIZE];
        enum ansa_err err = store_get(txn, STORE_ENTRIES, entry_key(number, key), octets);
        return err == ANSA_OK && octets->size != ENTRY_SIZE ? ANSA_E_CORRUPT : err;
}

enum ansa_err ledger_entry(struct store_txn *txn, uint64_t number, struct entry *entry)
{
        struct ansa_bytes octets;
        *entry = (struct entry){ 0 };
        enum ansa_err err = entry_octets(txn, number, &octets);
        if (err != ANSA_OK)
                return err;
        return entry_decode(octets, entry) == ANSA_OK ? ANSA_OK : ANSA_E_CORRUPT;
}

/* Of what is in tiles: the leaves at level 0, else what was kept of full tiles. */
static enum ansa_err tile_hash(struct store_txn *txn, const struct hasher *h, unsigned level,
                               uint64_t index, struct hash256 *hash)
{
        uint8_t key[TREE_KEY_SIZE];
        struct ansa_bytes octets;
        enum ansa_err err;
        if (level == 0) {
                err = entry_octets(txn, index, &octets);
                if (err == ANSA_OK)
                        merkle_leaf(h, octets, hash);
                return err;
        }
        err = store_get(txn, STORE_TREE, tree_key(level, index, key), &octets);
        if (err == ANSA_OK && octets.size != HASH_SIZE)
                return ANSA_E_CORRUPT;
        if (err == ANSA_OK)
                memcpy(hash->at, octets.at, HASH_SIZE);
        return err;
}

static enum ansa_err source_node(struct merkle_source *s, unsigned level, uint64_t index,
                                 struct hash256 *hash)
{
        const struct ledger_source *source = (const struct ledger_source *)(const void *)s;
        struct hash256 parts[TILE_WIDTH / 2];
        unsigned count = 1u << level % TILE_HEIGHT;
        for (unsigned i = 0; i < count; i++) {
                enum ansa_err err = tile_hash(source->txn, source->hasher, level / TILE_HEIGHT,
                                              index * count + i, &parts[i]);
                if (err != ANSA_OK)
                        return err;
        }
        merkle_root(source->hasher, parts, count, hash);
        return ANSA_OK;
}

struct ledger_source ledger_source_of(struct store_txn *txn, const struct hasher *h)
{
        return (struct ledger_source){ .base.node = source_node, .hasher = h, .txn = txn };
}

enum ansa_err ledger_tile(struct store_txn *txn, const struct hasher *h, unsigned level,
                          uint64_t index, unsigned width, struct buf *b)
{
        for (unsigned i = 0; i < width; i++) {
                struct hash256 hash;
                enum ansa_err err = tile_hash(txn, h, level, index * TILE_WIDTH + i, &hash);
                if (err != ANSA_OK)
                        return err;
                buf_bytes(b, (struct ansa_bytes){ hash.at, HASH_SIZE });
        }
        return b->err;
}

enum ansa_err ledger_bundle(struct store_txn *txn, uint64_t index, unsigned width, struct buf *b)
{
        for (unsigned i = 0; i < width; i++) {
                struct ansa_bytes octets;
                enum ansa_err err = entry_octets(txn, index * TILE_WIDTH + i, &octets);
                if (err != ANSA_OK)
                        return err;
                tile_put_entry(octets, b);
        }
        return b->err;
}
