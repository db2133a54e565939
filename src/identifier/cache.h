/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_IDENTIFIER_CACHE_H
#define ANSA_IDENTIFIER_CACHE_H

#include "base/hash.h"
#include "ansa/bytes.h"
#include "ansa/err.h"

/**
 * A cache of stored records by folded key, shared by all workers, in front of the store: one
 * compact hash index and one ring of octets, so that a look-up costs two cache misses, which
 * a batch overlaps by prefetching. It never answers with what a committed write replaced:
 *
 *   reader: s = commits; renew snapshot; ... cache_put(c, key, value, s)
 *   writer: store commit; s = ++commits; cache_forget(c, key, s) for each key; acknowledge
 *
 * cache_put is refused when the key's shard forgot anything after s. Memory is taken as it
 * fills (anonymous, huge pages where they can be had), never more than size_max.
 */
struct cache;

#define CACHE_SIZE_MIN 65536u

/** ANSA_E_ARGUMENT when @size_max is below CACHE_SIZE_MIN. */
ANSA_CHECKED enum ansa_err cache_new(uint64_t size_max, const struct hash_key *key,
                                     struct cache **cache);
void cache_free(struct cache *c);

/** Hash of a folded key, to be computed once and handed to the calls below. */
uint64_t cache_hash(const struct cache *c, struct ansa_bytes key);

/** Start loading the index slot (first), then the octets (second), of @hash. */
void cache_prefetch_slot(const struct cache *c, uint64_t hash);
void cache_prefetch_octets(const struct cache *c, uint64_t hash);

/**
 * Copy the record of @key to @at. ANSA_E_NOT_FOUND when it is not here; ANSA_E_LIMIT, and its
 * size in *size, when @room is too small. Lock free: a record that was overwritten meanwhile
 * is "not found".
 */
ANSA_CHECKED enum ansa_err cache_get(const struct cache *c, uint64_t hash, struct ansa_bytes key,
                                     uint8_t *at, size_t room, size_t *size);

/**
 * Remember, unless that would mean to wait for another thread; larger than an eighth of a shard
 * is left out. @snapshot: see above.
 */
void cache_put(struct cache *c, uint64_t hash, struct ansa_bytes key, struct ansa_bytes stored,
               uint64_t snapshot);
void cache_forget(struct cache *c, uint64_t hash, struct ansa_bytes key, uint64_t commit);

struct cache_stat {
        uint64_t entries; /* and a few that were overwritten but not found out yet */
        uint64_t size;    /* bytes in use */
};
void cache_stat(const struct cache *c, struct cache_stat *stat);

#endif
