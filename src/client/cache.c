/* SPDX-License-Identifier: Apache-2.0 */
#include "client/cache.h"

#include "base/assert.h"
#include "base/buf.h"
#include "base/text.h"
#include "wire/name.h"

#include <stdlib.h>

#define BUCKETS      1024u
#define QUESTION_MAX 8192u /* octets of a folded question; longer ones are not kept */
#define ENTRY_SHARE  8u    /* no entry takes more than this part of the cache */

struct cache_entry {
        struct cache_entry *chain; /* same bucket */
        struct cache_entry *newer;
        struct cache_entry *older;
        uint64_t expires_ms;
        uint64_t name_hash;
        uint32_t count; /* of values */
        size_t name_size;
        size_t question_size; /* of all of the question, the name first */
        size_t values_size;
        uint8_t octets[]; /* question, values */
};

void answer_cache_init(struct answer_cache *c, size_t size_max, uint32_t ttl_max_s,
                       const struct hash_key *key)
{
        uint32_t ttl = ttl_max_s < CACHE_TTL_LIMIT_S ? ttl_max_s : CACHE_TTL_LIMIT_S;
        *c = (struct answer_cache){ .key = *key, .size_max = size_max, .ttl_max_s = ttl };
}

static size_t entry_size(const struct cache_entry *e)
{
        return sizeof(*e) + e->question_size + e->values_size;
}

static struct cache_entry **bucket_of(struct answer_cache *c, uint64_t hash)
{
        return &c->buckets[hash % c->bucket_count];
}

static void unlink_use(struct answer_cache *c, struct cache_entry *e)
{
        if (e->newer != NULL)
                e->newer->older = e->older;
        else
                c->newest = e->older;
        if (e->older != NULL)
                e->older->newer = e->newer;
        else
                c->oldest = e->newer;
}

static void link_newest(struct answer_cache *c, struct cache_entry *e)
{
        e->newer = NULL;
        e->older = c->newest;
        if (c->newest != NULL)
                c->newest->newer = e;
        else
                c->oldest = e;
        c->newest = e;
}

static void discard(struct answer_cache *c, struct cache_entry *e)
{
        struct cache_entry **at = bucket_of(c, e->name_hash);
        while (*at != e) {
                ansa_assert(*at != NULL);
                at = &(*at)->chain;
        }
        *at = e->chain;
        unlink_use(c, e);
        c->size -= entry_size(e);
        free(e);
}

void answer_cache_clear(struct answer_cache *c)
{
        while (c->newest != NULL)
                discard(c, c->newest);
        ansa_assert(c->size == 0);
        free(c->buckets);
        c->buckets = NULL;
        c->bucket_count = 0;
}

/*
 * The name, then whether certified, then indexes and folded types. Only the prefix is folded: the
 * service may tell "a" from "A" in the suffix, and to ask again is the lesser harm.
 */
static size_t put_question(const struct answer_cache_query *q, bool all, struct buf *b)
{
        uint8_t name[NAME_KEY_SIZE_MAX];
        size_t size;
        if (name_fold(q->name, true, name, sizeof(name), &size) != ANSA_OK) {
                buf_fail(b, ANSA_E_LIMIT);
                return 0;
        }
        buf_bytes(b, (struct ansa_bytes){ name, size });
        buf_u8(b, q->is_certified ? 1 : 0);
        if (all)
                return size;
        for (size_t i = 0; i < q->index_count; i++)
                buf_u32(b, q->indexes[i]);
        for (size_t i = 0; i < q->type_count; i++) {
                buf_u8(b, 0);
                for (size_t k = 0; k < q->types[i].size; k++)
                        buf_u8(b, text_upper(q->types[i].at[k]));
        }
        return size;
}

/* Of the name in one case, so that answer_cache_drop finds every spelling. */
static uint64_t hash_name(const struct answer_cache *c, const uint8_t *name, size_t size)
{
        uint8_t folded[NAME_KEY_SIZE_MAX];
        ansa_assert(size <= sizeof(folded));
        for (size_t i = 0; i < size; i++)
                folded[i] = text_upper(name[i]);
        return hash_bytes(&c->key, (struct ansa_bytes){ folded, size });
}

static struct cache_entry *find(struct answer_cache *c, uint64_t hash, struct ansa_bytes question,
                                size_t name_size)
{
        for (struct cache_entry *e = *bucket_of(c, hash); e != NULL; e = e->chain) {
                struct ansa_bytes own = { e->octets, e->question_size };
                if (e->name_hash == hash && e->name_size == name_size &&
                    ansa_bytes_equal(own, question))
                        return e;
        }
        return NULL;
}

bool answer_cache_matches(const struct answer_cache_query *q, const struct ansa_value *value)
{
        if (q->index_count == 0 && q->type_count == 0)
                return true;
        for (size_t i = 0; i < q->index_count; i++) {
                if (q->indexes[i] == value->index)
                        return true;
        }
        for (size_t i = 0; i < q->type_count; i++) {
                if (ansa_type_matches(value->type, q->types[i]))
                        return true;
        }
        return false;
}

/* The values that pass the filter, copied; none is as if nothing were known (irp-service 4.1). */
static enum ansa_err copy_matching(const struct cache_entry *e, const struct answer_cache_query *q,
                                   struct arena *arena, struct ansa_values *values)
{
        struct ansa_values all = { { e->octets + e->question_size, e->values_size }, e->count };
        struct ansa_value v;
        uint8_t *at = arena_alloc(arena, e->values_size);
        size_t size = 0;
        uint32_t count = 0;
        if (at == NULL)
                return ANSA_E_NO_MEMORY;
        const uint8_t *from = all.wire.at;
        while (ansa_values_next(&all, &v) == ANSA_OK) {
                size_t whole = (size_t)(all.wire.at - from);
                if (answer_cache_matches(q, &v)) {
                        memcpy(at + size, from, whole);
                        size += whole;
                        count++;
                }
                from = all.wire.at;
        }
        if (count == 0)
                return ANSA_E_NOT_FOUND;
        *values = (struct ansa_values){ { at, size }, count };
        return ANSA_OK;
}

enum ansa_err answer_cache_get(struct answer_cache *c, const struct answer_cache_query *q,
                               uint64_t now_ms, struct arena *arena, struct ansa_values *values,
                               uint32_t *ttl_s)
{
        uint8_t room[QUESTION_MAX];
        *values = (struct ansa_values){ 0 };
        *ttl_s = 0;
        if (c->bucket_count == 0)
                return ANSA_E_NOT_FOUND;
        for (int all = 0; all < 2; all++) {
                struct buf b = buf_over(room, sizeof(room));
                size_t name_size = put_question(q, all != 0, &b);
                struct ansa_bytes question = buf_written(&b);
                if (b.err != ANSA_OK)
                        continue;
                uint64_t hash = hash_name(c, room, name_size);
                struct cache_entry *e = find(c, hash, question, name_size);
                if (e == NULL)
                        continue;
                if (now_ms >= e->expires_ms) {
                        discard(c, e);
                        continue;
                }
                unlink_use(c, e);
                link_newest(c, e);
                *ttl_s = (uint32_t)((e->expires_ms - now_ms) / 1000);
                return copy_matching(e, q, arena, values);
        }
        return ANSA_E_NOT_FOUND;
}

uint32_t answer_cache_ttl(struct ansa_values values, uint32_t ttl_max_s, uint32_t wall_s)
{
        struct ansa_value v;
        uint32_t ttl = values.count > 0 ? ttl_max_s : 0;
        while (ansa_values_next(&values, &v) == ANSA_OK) {
                uint32_t own = v.ttl_s;
                if (v.ttl_type == ANSA_TTL_ABSOLUTE)
                        own = v.ttl_s > wall_s ? v.ttl_s - wall_s : 0;
                if (own < ttl)
                        ttl = own;
                if ((v.permissions & ANSA_PERM_PUBLIC_READ) == 0)
                        ttl = 0;
        }
        return ttl;
}

static bool make_buckets(struct answer_cache *c)
{
        if (c->bucket_count > 0)
                return true;
        c->buckets = calloc(BUCKETS, sizeof(struct cache_entry *));
        c->bucket_count = c->buckets != NULL ? BUCKETS : 0;
        return c->bucket_count > 0;
}

void answer_cache_put(struct answer_cache *c, const struct answer_cache_query *q,
                      struct ansa_values values, uint64_t now_ms, uint32_t wall_s)
{
        uint8_t room[QUESTION_MAX];
        struct buf b = buf_over(room, sizeof(room));
        uint32_t ttl = answer_cache_ttl(values, c->ttl_max_s, wall_s);
        size_t name_size = put_question(q, false, &b);
        if (c->size_max == 0 || ttl == 0 || b.err != ANSA_OK || !make_buckets(c))
                return;
        struct ansa_bytes question = buf_written(&b);
        size_t size = sizeof(struct cache_entry) + question.size + values.wire.size;
        uint64_t hash = hash_name(c, room, name_size);
        struct cache_entry *old = find(c, hash, question, name_size);
        if (old != NULL)
                discard(c, old);
        if (size > c->size_max / ENTRY_SHARE)
                return;
        while (c->size > c->size_max - size)
                discard(c, c->oldest);
        struct cache_entry *e = malloc(size);
        if (e == NULL)
                return; /* a cache may forget */
        *e = (struct cache_entry){ .expires_ms = now_ms + (uint64_t)ttl * 1000,
                                   .name_hash = hash,
                                   .count = values.count,
                                   .name_size = name_size,
                                   .question_size = question.size,
                                   .values_size = values.wire.size };
        memcpy(e->octets, question.at, question.size);
        memcpy(e->octets + question.size, values.wire.at, values.wire.size);
        struct cache_entry **bucket = bucket_of(c, hash);
        e->chain = *bucket;
        *bucket = e;
        link_newest(c, e);
        c->size += size;
}

void answer_cache_drop(struct answer_cache *c, struct ansa_bytes name)
{
        uint8_t room[QUESTION_MAX];
        struct buf b = buf_over(room, sizeof(room));
        struct answer_cache_query q = { .name = name };
        size_t name_size = put_question(&q, true, &b);
        if (c->bucket_count == 0 || b.err != ANSA_OK)
                return;
        uint64_t hash = hash_name(c, room, name_size);
        struct cache_entry *next;
        for (struct cache_entry *e = *bucket_of(c, hash); e != NULL; e = next) {
                next = e->chain;
                struct ansa_bytes own = { e->octets, e->name_size };
                if (e->name_hash == hash &&
                    text_equal_fold(own, (struct ansa_bytes){ room, name_size }))
                        discard(c, e);
        }
}
