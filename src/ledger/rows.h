/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_LEDGER_ROWS_H
#define ANSA_LEDGER_ROWS_H

#include "base/buf.h"

/* Keys of the ledger's tables (store.h): numbers are big-endian, so that they sort. */

#define TILE_LEVELS    8u /* of the tree in a tile; the root of a full one is kept, see STORE_TREE */
#define TILE_WIDTH     256u /* hashes or entries */

#define ENTRY_KEY_SIZE 8u
#define TREE_KEY_SIZE  9u

static inline void rows_put_u64(uint8_t *at, uint64_t v)
{
        store_u32(at, (uint32_t)(v >> 32));
        store_u32(at + 4, (uint32_t)v);
}

static inline struct ansa_bytes entry_key(uint64_t number, uint8_t at[ENTRY_KEY_SIZE])
{
        rows_put_u64(at, number);
        return (struct ansa_bytes){ at, ENTRY_KEY_SIZE };
}

/** Of the node @index, 256^@level leaves each. */
static inline struct ansa_bytes tree_key(unsigned level, uint64_t index, uint8_t at[TREE_KEY_SIZE])
{
        at[0] = (uint8_t)level;
        rows_put_u64(at + 1, index);
        return (struct ansa_bytes){ at, TREE_KEY_SIZE };
}

#endif
