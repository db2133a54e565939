/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_CLIENT_CACHE_H
#define ANSA_CLIENT_CACHE_H

#include "ansa/value.h"
#include "base/arena.h"
#include "base/hash.h"

/**
 * Answers of public resolutions (irp-service 4.1), kept until the shortest TTL among their values
 * is over; the least recently used make room. An answer serves the same question again; one to the
 * question for all values serves any question about that identifier. The caller holds the
 * client's lock.
 */
struct cache_entry;
struct answer_cache {
        struct hash_key key;
        size_t size_max; /* octets; 0: nothing is kept */
        uint32_t ttl_max_s;
        size_t size;
        struct cache_entry **buckets;
        size_t bucket_count;
        struct cache_entry *newest;
        struct cache_entry *oldest;
};

#define CACHE_TTL_LIMIT_S 172800u

/** A question; types and indexes empty: all values. */
struct answer_cache_query {
        struct ansa_bytes name;
        const uint32_t *indexes;
        size_t index_count;
        const struct ansa_bytes *types;
        size_t type_count;
        bool is_certified; /* kept apart from answers without a verified signature */
};

void answer_cache_init(struct answer_cache *c, size_t size_max, uint32_t ttl_max_s,
                       const struct hash_key *key);
void answer_cache_clear(struct answer_cache *c); /* also releases everything */

/**
 * ANSA_OK: *values in @arena, *ttl_s seconds are left. ANSA_E_NOT_FOUND: not known.
 */
ANSA_CHECKED enum ansa_err answer_cache_get(struct answer_cache *c,
                                            const struct answer_cache_query *q, uint64_t now_ms,
                                            struct arena *arena, struct ansa_values *values,
                                            uint32_t *ttl_s);

/** Keep @values. Not kept: answers with private values or none, with TTL 0, over an eighth of the cache. */
void answer_cache_put(struct answer_cache *c, const struct answer_cache_query *q,
                      struct ansa_values values, uint64_t now_ms, uint32_t wall_s);

/** Forget all answers about @name: it was changed. */
void answer_cache_drop(struct answer_cache *c, struct ansa_bytes name);

/** How long @values may be remembered at most: the shortest TTL, 0 for none. */
uint32_t answer_cache_ttl(struct ansa_values values, uint32_t ttl_max_s, uint32_t wall_s);

/** Whether a question's filter lets @value through: the union of indexes and types. */
bool answer_cache_matches(const struct answer_cache_query *q, const struct ansa_value *value);

#endif
