/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Each shard is a ring of octets, written round and round, and an index of eight-octet slots
 * in buckets of one cache line. A place in the ring is a position that only grows, in units
 * of 16 octets; the place is position modulo ring. What lies more than a ring behind the
 * frontier was overwritten. So nothing is ever removed from the ring, and a reader that
 * copied an entry knows that it was whole when the frontier had not come over it:
 *
 *   writer: frontier = end of the new entry; release fence; write its words; publish the slot
 *   reader: load the slot; copy the words; acquire fence; look at the frontier again
 *
 * All words are atomics with relaxed order, which cost nothing beside the plain ones. Removing
 * an entry is zeroing its slot.
 *
 * The index starts small and doubles, in a mapping of twice its greatest size: level L has
 * FIRST_BUCKETS << L buckets and lies at that offset. The level before is zeroed and its pages
 * given back: a reader who is still there misses.
 */
#include "identifier/cache.h"

#include "base/assert.h"
#include "base/lock.h"

#include <assert.h>
#include <stdalign.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>

typedef _Atomic uint64_t word;

#define UNIT           16u /* octets; entries begin at multiples */
#define UNIT_WORDS     2u
#define HEADER_WORDS   2u /* hash; key size, value size */
#define SLOTS          8u /* in a bucket, one cache line */
#define SLOTS_FILLED   3u /* on average, when an index grows: one bucket in 250 runs over */
#define LINE           64u
#define PAGE           4096u
#define HUGE_PAGE      (2u << 20)
#define SHARDS_MAX     4u
#define SHARD_SIZE_MIN 65536u
#define FIRST_BUCKETS  (PAGE / LINE)
#define PREFETCH_LINES 8u /* of an entry: holds nine records of ten */

/* A slot: 16 bits of the hash, 48 of position (in units; 4 PB go through a shard before it ends). */
#define POSITION_BITS 48u
#define POSITION_MASK ((UINT64_C(1) << POSITION_BITS) - 1)

struct shard {
        /* Read by everybody. */
        alignas(LINE) word *index;
        word *ring;
        uint64_t ring_units;
        _Atomic uint32_t level;
        word frontier; /* position behind the last entry, which may be being written */

        /* Under the lock. */
        alignas(LINE) struct lock lock;
        uint64_t forgot; /* the newest commit of which a key here was forgotten */
        uint64_t used;   /* slots that are not zero */
        uint32_t level_max;
        bool has_huge_pages;
};

struct cache {
        struct hash_key key;
        uint32_t shard_count; /* a power of two */
        size_t entry_words_max;
        uint8_t *mapping;
        size_t mapping_size;
        struct shard *shards;
};

static struct shard *shard_of(const struct cache *c, uint64_t hash)
{
        return &c->shards[(hash >> 60) & (c->shard_count - 1)];
}

static uint64_t tag_of(uint64_t hash)
{
        return (hash >> 44) << POSITION_BITS;
}

static word *bucket_at(const struct shard *s, uint32_t level, uint64_t hash)
{
        uint64_t buckets = (uint64_t)FIRST_BUCKETS << level;
        return s->index + (buckets + (hash & (buckets - 1))) * SLOTS;
}

static word *bucket_of(const struct shard *s, uint64_t hash)
{
        return bucket_at(s, atomic_load_explicit(&s->level, memory_order_acquire), hash);
}

static word *entry_at(const struct shard *s, uint64_t position)
{
        return s->ring + position % s->ring_units * UNIT_WORDS;
}

static bool is_overwritten(const struct shard *s, uint64_t position)
{
        uint64_t frontier = atomic_load_explicit(&s->frontier, memory_order_relaxed);
        return frontier - position > s->ring_units;
}

static size_t words_of(size_t octets)
{
        return (octets + 7) / 8;
}

static size_t entry_words(size_t key_size, size_t value_size)
{
        return HEADER_WORDS + words_of(key_size) + words_of(value_size);
}

static uint64_t load(const word *at)
{
        return atomic_load_explicit(at, memory_order_relaxed);
}

static uint64_t word_of(const uint8_t *at, size_t octets)
{
        uint64_t w = 0;
        memcpy(&w, at, octets);
        return w;
}

/* Octets in the ring, word by word; the last word is padded with zeros. */
static void write_octets(word *to, struct ansa_bytes octets)
{
        const uint8_t *at = octets.at;
        size_t left = octets.size;
        for (; left >= 8; left -= 8, at += 8)
                atomic_store_explicit(to++, word_of(at, 8), memory_order_relaxed);
        if (left > 0)
                atomic_store_explicit(to, word_of(at, left), memory_order_relaxed);
}

static void read_word(const word *from, uint8_t *at)
{
        const uint64_t w = load(from);
        memcpy(at, &w, sizeof(w));
}

/* Less than eight octets of a word, without a call for so little. */
static void read_rest(const word *from, uint8_t *at, size_t left)
{
        uint8_t w[8];
        const uint8_t *rest = w;
        read_word(from, w);
        if ((left & 4) != 0) {
                memcpy(at, rest, 4);
                at += 4;
                rest += 4;
        }
        if ((left & 2) != 0) {
                memcpy(at, rest, 2);
                at += 2;
                rest += 2;
        }
        if ((left & 1) != 0)
                *at = *rest;
}

static void read_octets(const word *from, uint8_t *at, size_t left)
{
        for (; left >= 32; left -= 32, at += 32, from += 4) {
                read_word(from, at);
                read_word(from + 1, at + 8);
                read_word(from + 2, at + 16);
                read_word(from + 3, at + 24);
        }
        for (; left >= 8; left -= 8, at += 8)
                read_word(from++, at);
        if (left > 0)
                read_rest(from, at, left);
}

static bool equal_octets(const word *from, struct ansa_bytes octets)
{
        const uint8_t *at = octets.at;
        size_t left = octets.size;
        for (; left >= 8; left -= 8, at += 8) {
                if (word_of(at, 8) != load(from++))
                        return false;
        }
        if (left == 0)
                return true;
        uint8_t w[8];
        unsigned different = 0;
        read_word(from, w);
        for (size_t i = 0; i < left; i++)
                different |= w[i] ^ at[i];
        return different == 0;
}

/* Making and freeing */

static size_t round_up(size_t size, size_t unit)
{
        return (size + unit - 1) / unit * unit;
}

static void init_shard(struct shard *s, uint8_t *index, uint8_t *ring, size_t ring_size,
                       uint32_t level_max)
{
        lock_init(&s->lock);
        s->index = (word *)(void *)index;
        s->ring = (word *)(void *)ring;
        s->ring_units = ring_size / UNIT;
        s->level_max = level_max;
        atomic_init(&s->level, 0);
        atomic_init(&s->frontier, s->ring_units); /* a slot is never zero */
}

enum ansa_err cache_new(uint64_t size_max, const struct hash_key *key, struct cache **cache)
{
        *cache = NULL;
        static_assert(sizeof(word) == 8, "a word holds eight octets");
        if (size_max < CACHE_SIZE_MIN || size_max > (UINT64_C(1) << 46))
                return ANSA_E_ARGUMENT;
        uint32_t count = SHARDS_MAX;
        while (count > 1 && size_max / count < SHARD_SIZE_MIN)
                count /= 2;
        /* An eighth of a shard for the index, half of that while it doubles, the rest the ring. */
        size_t shard_size = (size_t)(size_max / count);
        uint32_t level_max = 0;
        while (((size_t)PAGE << (level_max + 1)) <= shard_size / 8)
                level_max++;
        size_t index_size = (size_t)PAGE << level_max;
        size_t ring_size = (shard_size - index_size - index_size / 2) / PAGE * PAGE;
        size_t index_step = round_up(2 * index_size, HUGE_PAGE);
        size_t step = index_step + round_up(ring_size, HUGE_PAGE);

        struct cache *c = calloc(1, sizeof(*c));
        if (c == NULL)
                return ANSA_E_NO_MEMORY;
        c->shards = aligned_alloc(alignof(struct shard), count * sizeof(struct shard));
        if (c->shards == NULL) {
                free(c);
                return ANSA_E_NO_MEMORY;
        }
        memset(c->shards, 0, count * sizeof(struct shard));
        c->key = *key;
        c->shard_count = count;
        c->entry_words_max = ring_size / 8 / 8;
        c->mapping_size = step * count + HUGE_PAGE;
        void *at = mmap(NULL, c->mapping_size, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (at == MAP_FAILED) {
                free(c->shards);
                free(c);
                return ANSA_E_NO_MEMORY;
        }
        c->mapping = at;
        uint8_t *first = c->mapping + (HUGE_PAGE - (uintptr_t)at % HUGE_PAGE) % HUGE_PAGE;
        for (uint32_t i = 0; i < count; i++) {
                uint8_t *index = first + i * step;
                init_shard(&c->shards[i], index, index + index_step, ring_size, level_max);
        }
        *cache = c;
        return ANSA_OK;
}

void cache_free(struct cache *c)
{
        if (c == NULL)
                return;
        for (uint32_t i = 0; i < c->shard_count; i++)
                lock_fini(&c->shards[i].lock);
        ansa_assert(munmap(c->mapping, c->mapping_size) == 0);
        free(c->shards);
        free(c);
}

/* Reading */

uint64_t cache_hash(const struct cache *c, struct ansa_bytes key)
{
        return hash_bytes(&c->key, key);
}

void cache_prefetch_slot(const struct cache *c, uint64_t hash)
{
        __builtin_prefetch(bucket_of(shard_of(c, hash), hash));
}

/* A bit for each slot of @bucket that has the tag of @hash; looking at all is faster than guessing. */
static unsigned candidates(const word *bucket, uint64_t hash)
{
        const uint64_t tag = tag_of(hash);
        unsigned found = 0;
        for (unsigned i = 0; i < SLOTS; i++)
                found |= (unsigned)((load(&bucket[i]) & ~POSITION_MASK) == tag) << i;
        return found;
}

void cache_prefetch_octets(const struct cache *c, uint64_t hash)
{
        const struct shard *s = shard_of(c, hash);
        const word *bucket = bucket_of(s, hash);
        unsigned found = candidates(bucket, hash);
        if (found == 0)
                return;
        const word *entry = entry_at(s, load(&bucket[__builtin_ctz(found)]) & POSITION_MASK);
        for (unsigned line = 0; line < PREFETCH_LINES; line++)
                __builtin_prefetch(entry + line * (LINE / sizeof(word)));
}

/* True when the entry at @position was that of @key, or seemed so while it was overwritten. */
static bool read_entry(const struct shard *s, uint64_t position, uint64_t hash,
                       struct ansa_bytes key, uint8_t *at, size_t room, size_t *size)
{
        const word *entry = entry_at(s, position);
        if (load(&entry[0]) != hash)
                return false;
        uint64_t sizes = load(&entry[1]);
        size_t key_size = (size_t)(sizes >> 32);
        size_t value_size = (size_t)(sizes & UINT32_MAX);
        /* While it is overwritten they can be anything: nothing outside of the ring is read. */
        size_t words_left = (size_t)(s->ring + s->ring_units * UNIT_WORDS - entry);
        if (key_size != key.size || entry_words(key_size, value_size) > words_left ||
            !equal_octets(entry + HEADER_WORDS, key))
                return false;
        *size = value_size;
        if (value_size <= room)
                read_octets(entry + HEADER_WORDS + words_of(key_size), at, value_size);
        return true;
}

enum ansa_err cache_get(const struct cache *c, uint64_t hash, struct ansa_bytes key, uint8_t *at,
                        size_t room, size_t *size)
{
        const struct shard *s = shard_of(c, hash);
        const word *bucket = bucket_of(s, hash);
        *size = 0;
        for (unsigned left = candidates(bucket, hash); left != 0; left &= left - 1) {
                uint64_t slot =
                        atomic_load_explicit(&bucket[__builtin_ctz(left)], memory_order_acquire);
                uint64_t position = slot & POSITION_MASK;
                size_t found = 0;
                if (slot == 0 || is_overwritten(s, position) ||
                    !read_entry(s, position, hash, key, at, room, &found))
                        continue;
                atomic_thread_fence(memory_order_acquire);
                if (is_overwritten(s, position))
                        continue;
                *size = found;
                return found <= room ? ANSA_OK : ANSA_E_LIMIT;
        }
        return ANSA_E_NOT_FOUND;
}

/* Writing; all under the shard's lock */

static void set_slot(struct shard *s, word *slot, uint64_t value)
{
        uint64_t old = load(slot);
        if (old == 0 && value != 0)
                s->used++;
        if (old != 0 && value == 0)
                s->used--;
        atomic_store_explicit(slot, value, memory_order_release);
}

/* Where a new entry goes: over one that is gone, into an empty slot, over the oldest. */
static word *slot_for(const struct shard *s, word *bucket)
{
        word *empty = NULL;
        word *oldest = &bucket[0];
        for (unsigned i = 0; i < SLOTS; i++) {
                uint64_t slot = load(&bucket[i]);
                if (slot != 0 && is_overwritten(s, slot & POSITION_MASK))
                        return &bucket[i];
                if (slot == 0 && empty == NULL)
                        empty = &bucket[i];
                if ((slot & POSITION_MASK) < (load(oldest) & POSITION_MASK))
                        oldest = &bucket[i];
        }
        return empty != NULL ? empty : oldest;
}

static bool is_present(const struct shard *s, const word *bucket, uint64_t hash)
{
        for (unsigned i = 0; i < SLOTS; i++) {
                uint64_t slot = load(&bucket[i]);
                uint64_t position = slot & POSITION_MASK;
                if (slot != 0 && (slot & ~POSITION_MASK) == tag_of(hash) &&
                    !is_overwritten(s, position) && load(entry_at(s, position)) == hash)
                        return true;
        }
        return false;
}

/* A wish to the system: it may have no huge pages, or our memory locked. */
static void advise(word *at, size_t size, int advice)
{
        union {
                word *in;
                void *out; /* a cast would drop _Atomic, which is what is meant */
        } u = { .in = at };
        (void)madvise(u.out, size, advice);
}

/* Copy the index to the next level, without what was overwritten. */
static void double_index(struct shard *s)
{
        uint32_t level = atomic_load_explicit(&s->level, memory_order_relaxed);
        size_t old_size = (size_t)PAGE << level;
        word *old = s->index + ((size_t)FIRST_BUCKETS << level) * SLOTS;
        word *new = s->index + ((size_t)FIRST_BUCKETS << (level + 1)) * SLOTS;
        if (old_size * 2 >= HUGE_PAGE)
                advise(new, old_size * 2, MADV_HUGEPAGE);
        s->used = 0;
        for (size_t i = 0; i < old_size / sizeof(word); i++) {
                uint64_t slot = load(&old[i]);
                if (slot == 0 || is_overwritten(s, slot & POSITION_MASK))
                        continue;
                uint64_t hash = load(entry_at(s, slot & POSITION_MASK));
                set_slot(s, slot_for(s, bucket_at(s, level + 1, hash)), slot);
        }
        atomic_store_explicit(&s->level, level + 1, memory_order_release);
        for (size_t i = 0; i < old_size / sizeof(word); i++)
                atomic_store_explicit(&old[i], 0, memory_order_relaxed);
        advise(old, old_size, MADV_DONTNEED);
}

/* The position of a new entry of @words; the frontier is behind it when this returns. */
static uint64_t advance(struct shard *s, size_t words)
{
        uint64_t units = (words + UNIT_WORDS - 1) / UNIT_WORDS;
        uint64_t position = atomic_load_explicit(&s->frontier, memory_order_relaxed);
        uint64_t left = s->ring_units - position % s->ring_units;
        if (left < units)
                position += left; /* an entry lies in one piece */
        atomic_store_explicit(&s->frontier, position + units, memory_order_relaxed);
        atomic_thread_fence(memory_order_release);

        /* Small pages for a small load; huge ones for what will be filled anyway. */
        uint64_t filled = position + units - s->ring_units;
        if (!s->has_huge_pages && filled > s->ring_units / 16) {
                size_t size = s->ring_units * UNIT / HUGE_PAGE * HUGE_PAGE;
                if (size > 0)
                        advise(s->ring, size, MADV_HUGEPAGE);
                s->has_huge_pages = true;
        }
        return position;
}

static void put(struct shard *s, uint64_t hash, struct ansa_bytes key, struct ansa_bytes stored)
{
        uint32_t level = atomic_load_explicit(&s->level, memory_order_relaxed);
        uint64_t buckets = (uint64_t)FIRST_BUCKETS << level;
        if (s->used > buckets * SLOTS_FILLED && level < s->level_max)
                double_index(s);

        uint64_t position = advance(s, entry_words(key.size, stored.size));
        ansa_assert(position <= POSITION_MASK);
        word *entry = entry_at(s, position);
        atomic_store_explicit(&entry[0], hash, memory_order_relaxed);
        atomic_store_explicit(&entry[1], (uint64_t)key.size << 32 | stored.size,
                              memory_order_relaxed);
        write_octets(entry + HEADER_WORDS, key);
        write_octets(entry + HEADER_WORDS + words_of(key.size), stored);
        set_slot(s, slot_for(s, bucket_of(s, hash)), tag_of(hash) | position);
}

void cache_put(struct cache *c, uint64_t hash, struct ansa_bytes key, struct ansa_bytes stored,
               uint64_t snapshot)
{
        struct shard *s = shard_of(c, hash);
        if (key.size > UINT16_MAX || stored.size > UINT32_MAX ||
            entry_words(key.size, stored.size) > c->entry_words_max || !lock_try(&s->lock))
                return;
        /* What is here was not forgotten since, so it is what @stored is. */
        if (s->forgot <= snapshot && !is_present(s, bucket_of(s, hash), hash))
                put(s, hash, key, stored);
        lock_give(&s->lock);
}

void cache_forget(struct cache *c, uint64_t hash, struct ansa_bytes key, uint64_t commit)
{
        (void)key; /* another key with this tag in this bucket goes too: it is only a cache */
        struct shard *s = shard_of(c, hash);
        lock_take(&s->lock);
        if (s->forgot < commit)
                s->forgot = commit;
        word *bucket = bucket_of(s, hash);
        for (unsigned i = 0; i < SLOTS; i++) {
                uint64_t slot = load(&bucket[i]);
                if (slot != 0 && (slot & ~POSITION_MASK) == tag_of(hash))
                        set_slot(s, &bucket[i], 0);
        }
        lock_give(&s->lock);
}

void cache_stat(const struct cache *c, struct cache_stat *stat)
{
        *stat = (struct cache_stat){ 0 };
        for (uint32_t i = 0; i < c->shard_count; i++) {
                struct shard *s = &c->shards[i];
                lock_take(&s->lock);
                uint64_t filled = load(&s->frontier) - s->ring_units;
                uint32_t level = atomic_load_explicit(&s->level, memory_order_relaxed);
                stat->entries += s->used;
                stat->size += (filled < s->ring_units ? filled : s->ring_units) * UNIT +
                              ((uint64_t)PAGE << level);
                lock_give(&s->lock);
        }
}
