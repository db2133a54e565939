/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The record cache: it may always have forgotten, but what it answers is what was put last and
 * not forgotten; its memory has a bound and is taken as it fills.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "identifier/cache.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct hash_key hash_key = { 0x0123456789abcdef, 0xfedcba9876543210 };

static struct cache *open_cache(uint64_t size_max)
{
        struct cache *c;
        assert_int_equal(cache_new(size_max, &hash_key, &c), ANSA_OK);
        return c;
}

static struct ansa_bytes key_text(unsigned k, char at[24])
{
        (void)snprintf(at, 24, "10.1000/%u", k);
        return ansa_bytes_text(at);
}

/* A record that tells its key and version in every octet after its head. */
static struct ansa_bytes make_value(uint32_t k, uint32_t version, uint8_t *at, size_t size)
{
        memcpy(at, &k, 4);
        memcpy(at + 4, &version, 4);
        for (size_t i = 8; i < size; i++)
                at[i] = (uint8_t)(k * 31 + version * 7 + i);
        return (struct ansa_bytes){ at, size };
}

static size_t value_size(uint32_t k, uint32_t version)
{
        return 8 + (k * 2654435761u + version * 40503u) % 600;
}

static bool value_is(const uint8_t *at, size_t size, uint32_t k, uint32_t version)
{
        uint8_t want[1024];
        return size == value_size(k, version) &&
               memcmp(at, make_value(k, version, want, size).at, size) == 0;
}

static void put_version(struct cache *c, uint32_t k, uint32_t version, uint64_t snapshot)
{
        char text[24];
        uint8_t at[1024];
        struct ansa_bytes key = key_text(k, text);
        cache_put(c, cache_hash(c, key), key, make_value(k, version, at, value_size(k, version)),
                  snapshot);
}

static void forget(struct cache *c, uint32_t k, uint64_t commit)
{
        char text[24];
        struct ansa_bytes key = key_text(k, text);
        cache_forget(c, cache_hash(c, key), key, commit);
}

/* The version of @k that is in the cache; 0 when none. */
static uint32_t version_of(const struct cache *c, uint32_t k)
{
        char text[24];
        uint8_t at[1024];
        size_t size = 77;
        struct ansa_bytes key = key_text(k, text);
        uint64_t hash = cache_hash(c, key);
        cache_prefetch_slot(c, hash);
        cache_prefetch_octets(c, hash);
        enum ansa_err err = cache_get(c, hash, key, at, sizeof(at), &size);
        if (err == ANSA_E_NOT_FOUND) {
                assert_int_equal(size, 0);
                return 0;
        }
        assert_int_equal(err, ANSA_OK);
        uint32_t version;
        memcpy(&version, at + 4, 4);
        assert_true(value_is(at, size, k, version));
        return version;
}

static void what_was_put_is_got(void **state)
{
        (void)state;
        struct cache *c = open_cache(1u << 20);
        assert_int_equal(version_of(c, 1), 0);
        put_version(c, 1, 5, 0);
        put_version(c, 2, 6, 0);
        assert_int_equal(version_of(c, 1), 5);
        assert_int_equal(version_of(c, 2), 6);
        put_version(c, 1, 9, 0); /* it was not forgotten, so this is a mistake of the caller */
        assert_int_equal(version_of(c, 1), 5);
        forget(c, 1, 1);
        assert_int_equal(version_of(c, 1), 0);
        assert_int_equal(version_of(c, 2), 6);
        cache_free(c);
        cache_free(NULL);
}

static void limits_are_told(void **state)
{
        (void)state;
        struct cache *c;
        assert_int_equal(cache_new(CACHE_SIZE_MIN - 1, &hash_key, &c), ANSA_E_ARGUMENT);
        assert_null(c);
        c = open_cache(CACHE_SIZE_MIN);

        static uint8_t big[CACHE_SIZE_MIN];
        struct ansa_bytes key = ANSA_BYTES_LIT("KEY");
        uint64_t hash = cache_hash(c, key);
        size_t size;
        cache_put(c, hash, key, (struct ansa_bytes){ big, CACHE_SIZE_MIN / 8 }, 0);
        assert_int_equal(cache_get(c, hash, key, big, sizeof(big), &size), ANSA_E_NOT_FOUND);
        cache_put(c, hash, key, (struct ansa_bytes){ big, CACHE_SIZE_MIN / 16 }, 0);
        assert_int_equal(cache_get(c, hash, key, big, CACHE_SIZE_MIN / 16 - 1, &size),
                         ANSA_E_LIMIT);
        assert_int_equal(size, CACHE_SIZE_MIN / 16);
        assert_int_equal(cache_get(c, hash, key, big, size, &size), ANSA_OK);

        struct ansa_bytes empty = { 0 };
        cache_put(c, cache_hash(c, empty), empty, empty, 0);
        assert_int_equal(cache_get(c, cache_hash(c, empty), empty, NULL, 0, &size), ANSA_OK);
        assert_int_equal(size, 0);
        cache_free(c);
}

/* Keys that agree in all but length or last octet are apart, whatever padding does. */
static void keys_are_compared_whole(void **state)
{
        (void)state;
        struct cache *c = open_cache(1u << 20);
        static const char text[] = "ABCDEFGHIJKLMNOPQRSTUVWX\0\0\0\0\0\0\0";
        for (size_t n = 1; n < sizeof(text); n++) {
                struct ansa_bytes key = { (const uint8_t *)text, n };
                uint8_t v = (uint8_t)n;
                cache_put(c, 42, key, (struct ansa_bytes){ &v, 1 }, 0);
                size_t size;
                for (size_t m = 0; m < sizeof(text); m++) {
                        struct ansa_bytes other = { key.at, m };
                        enum ansa_err err = cache_get(c, 42, other, &v, 1, &size);
                        assert_int_equal(err, m == n ? ANSA_OK : ANSA_E_NOT_FOUND);
                }
                cache_forget(c, 42, key, 0);
        }
        cache_free(c);
}

static void a_stale_fill_is_refused(void **state)
{
        (void)state;
        struct cache *c = open_cache(1u << 20);
        /* reader took its snapshot at 3; a writer commits 4 and forgets; the reader comes late */
        forget(c, 1, 4);
        put_version(c, 1, 1, 3);
        assert_int_equal(version_of(c, 1), 0);
        put_version(c, 1, 2, 4);
        assert_int_equal(version_of(c, 1), 2);
        forget(c, 1, 3); /* an older commit that is told late takes nothing back */
        put_version(c, 1, 1, 3);
        assert_int_equal(version_of(c, 1), 0);
        cache_free(c);
}

static void everything_is_kept_while_there_is_room(void **state)
{
        (void)state;
        struct cache *c = open_cache(64u << 20);
        const uint32_t count = 60000;
        for (uint32_t k = 1; k <= count; k++)
                put_version(c, k, k, 0);
        struct cache_stat stat;
        cache_stat(c, &stat);
        unsigned missing = 0;
        for (uint32_t k = 1; k <= count; k++) {
                uint32_t v = version_of(c, k);
                assert_true(v == 0 || v == k);
                missing += v == 0;
        }
        assert_true(missing < count / 100); /* buckets that ran over */
        assert_in_range(stat.entries, count - missing, count);
        assert_in_range(stat.size, count * 300u, 64u << 20);
        cache_free(c);
}

static void random_acts_agree_with_a_map(void **state)
{
        (void)state;
        enum { KEYS = 2000 };
        static uint32_t stored[KEYS]; /* what a store would hold */
        static const uint64_t sizes[] = { CACHE_SIZE_MIN, 300000, 4u << 20 };
        for (unsigned s = 0; s < sizeof(sizes) / sizeof(sizes[0]); s++) {
                struct cache *c = open_cache(sizes[s]);
                uint32_t seed = 7;
                uint64_t commit = 0;
                unsigned hits = 0;
                for (uint32_t k = 0; k < KEYS; k++)
                        stored[k] = 1;
                for (unsigned i = 0; i < 200000; i++) {
                        seed = seed * 1664525u + 1013904223u;
                        uint32_t k = (seed >> 8) % KEYS;
                        uint32_t got = version_of(c, k);
                        assert_true(got == 0 || got == stored[k]);
                        hits += got != 0;
                        if (seed >> 28 == 0) {
                                stored[k]++;
                                forget(c, k, ++commit);
                                assert_int_equal(version_of(c, k), 0);
                        } else if (seed >> 28 == 1) {
                                put_version(c, k, stored[k] - 1, commit - (commit > 0));
                                if (commit > 0) /* wrong only where nothing was forgotten since */
                                        forget(c, k, commit);
                        } else if (got == 0) {
                                put_version(c, k, stored[k], commit);
                                assert_int_equal(version_of(c, k), stored[k]);
                        }
                }
                assert_true(hits > (s == 0 ? 1000 : 5000));
                cache_free(c);
        }
}

static size_t resident(void)
{
        size_t whole = 0;
        size_t pages = 0;
        FILE *f = fopen("/proc/self/statm", "r");
        assert_non_null(f);
        assert_int_equal(fscanf(f, "%zu %zu", &whole, &pages), 2);
        assert_int_equal(fclose(f), 0);
        return pages * (size_t)sysconf(_SC_PAGESIZE);
}

static void memory_is_taken_as_it_fills(void **state)
{
        (void)state;
        const size_t size_max = 256u << 20;
        const size_t slack = 2u << 20;
        size_t before = resident();
        struct cache *c = open_cache(size_max);
        for (uint32_t k = 1; k < 100; k++) {
                put_version(c, k, 1, 0);
                assert_int_equal(version_of(c, k), 1);
        }
        assert_true(resident() < before + slack);
        cache_free(c);

        /* Many times its size goes through; the memory stays below its maximum. */
        const size_t small = 16u << 20;
        c = open_cache(small);
        for (uint32_t k = 1; k < 300000; k++)
                put_version(c, k, 1, 0);
        struct cache_stat stat;
        cache_stat(c, &stat);
        assert_in_range(stat.size, small / 2, small);
#ifndef __SANITIZE_THREAD__ /* it keeps books of several times the size */
        assert_true(resident() < before + small + 8 * slack);
#endif
        cache_free(c);
}

/*
 * Writers commit new versions and forget; readers fill from the store. A reader never gets a
 * version older than one that was acknowledged before it asked, nor a mixture of two.
 */
#define TORTURE_KEYS    64u
#define TORTURE_READERS 3u
#define TORTURE_COMMITS 30000u

struct torture {
        struct cache *cache;
        _Atomic uint32_t stored[TORTURE_KEYS];
        _Atomic uint32_t acknowledged[TORTURE_KEYS];
        _Atomic uint64_t commits;
        _Atomic bool done;
        _Atomic uint32_t readers;
        _Atomic uint64_t hits;
        _Atomic uint32_t errors;
};

static void *torture_write(void *context)
{
        struct torture *t = context;
        uint32_t seed = 3;
        for (uint32_t i = 0; i < TORTURE_COMMITS; i++) {
                /* On a busy machine the readers have to be waited for. */
                for (int n = 0; n < 1000 && atomic_load(&t->hits) < i / 32; n++)
                        (void)sched_yield();
                seed = seed * 1664525u + 1013904223u;
                uint32_t k = (seed >> 8) % TORTURE_KEYS;
                uint32_t version = atomic_load(&t->stored[k]) + 1;
                atomic_store(&t->stored[k], version);
                uint64_t commit = atomic_fetch_add(&t->commits, 1) + 1;
                forget(t->cache, k, commit);
                atomic_store(&t->acknowledged[k], version);
        }
        atomic_store(&t->done, true);
        return NULL;
}

static void *torture_read(void *context)
{
        struct torture *t = context;
        uint32_t seed = atomic_fetch_add(&t->readers, 1) + 11;
        while (!atomic_load(&t->done)) {
                seed = seed * 1664525u + 1013904223u;
                uint32_t k = (seed >> 8) % TORTURE_KEYS;
                uint32_t least = atomic_load(&t->acknowledged[k]);
                char text[24];
                uint8_t at[1024];
                size_t size = 0;
                struct ansa_bytes key = key_text(k, text);
                uint64_t hash = cache_hash(t->cache, key);
                cache_prefetch_slot(t->cache, hash);
                cache_prefetch_octets(t->cache, hash);
                if (cache_get(t->cache, hash, key, at, sizeof(at), &size) != ANSA_OK) {
                        uint64_t snapshot = atomic_load(&t->commits);
                        put_version(t->cache, k, atomic_load(&t->stored[k]), snapshot);
                        continue;
                }
                uint32_t version;
                memcpy(&version, at + 4, 4);
                if (version < least || !value_is(at, size, k, version))
                        atomic_fetch_add(&t->errors, 1);
                atomic_fetch_add(&t->hits, 1);
        }
        return NULL;
}

static void threads_see_nothing_old_or_torn(void **state)
{
        (void)state;
        /* The small one is overwritten all the time: 64 records of 300 octets, 48 KiB of ring. */
        static const uint64_t sizes[] = { CACHE_SIZE_MIN, 1u << 20 };
        for (unsigned s = 0; s < 2; s++) {
                static struct torture t;
                memset(&t, 0, sizeof(t));
                t.cache = open_cache(sizes[s]);
                for (uint32_t k = 0; k < TORTURE_KEYS; k++)
                        atomic_store(&t.stored[k], 1);
                pthread_t writer;
                pthread_t readers[TORTURE_READERS];
                assert_int_equal(pthread_create(&writer, NULL, torture_write, &t), 0);
                for (unsigned i = 0; i < TORTURE_READERS; i++)
                        assert_int_equal(pthread_create(&readers[i], NULL, torture_read, &t), 0);
                assert_int_equal(pthread_join(writer, NULL), 0);
                for (unsigned i = 0; i < TORTURE_READERS; i++)
                        assert_int_equal(pthread_join(readers[i], NULL), 0);
                assert_int_equal(atomic_load(&t.errors), 0);
                assert_true(atomic_load(&t.hits) >= TORTURE_COMMITS / 64);
                cache_free(t.cache);
        }
}

/*
 * Big records in a small ring, read where the next one is about to be written: a copy during
 * which the ring came round must not be believed.
 */
#define LAP_SIZE  6000u
#define LAP_COUNT 60000u

struct lap {
        struct cache *cache;
        _Atomic uint32_t newest;
        _Atomic uint32_t errors;
        _Atomic uint32_t hits;
};

static void *lap_write(void *context)
{
        struct lap *l = context;
        static uint8_t at[LAP_SIZE];
        for (uint32_t k = 1; k <= LAP_COUNT; k++) {
                char text[24];
                struct ansa_bytes key = key_text(k, text);
                memset(at, (int)(k % 251), sizeof(at));
                cache_put(l->cache, cache_hash(l->cache, key), key,
                          (struct ansa_bytes){ at, sizeof(at) }, 0);
                atomic_store(&l->newest, k);
                if (k % 16 == 0)
                        (void)sched_yield();
        }
        return NULL;
}

static void *lap_read(void *context)
{
        struct lap *l = context;
        static _Thread_local uint8_t at[LAP_SIZE];
        uint32_t newest = 0;
        while ((newest = atomic_load(&l->newest)) < LAP_COUNT) {
                for (uint32_t k = newest > 9 ? newest - 9 : 1; k <= newest; k++) {
                        char text[24];
                        size_t size;
                        struct ansa_bytes key = key_text(k, text);
                        if (cache_get(l->cache, cache_hash(l->cache, key), key, at, sizeof(at),
                                      &size) != ANSA_OK)
                                continue;
                        atomic_fetch_add(&l->hits, 1);
                        bool is_whole = size == LAP_SIZE && at[0] == k % 251 &&
                                        memcmp(at, at + 1, LAP_SIZE - 1) == 0;
                        atomic_fetch_add(&l->errors, !is_whole);
                }
        }
        return NULL;
}

static void what_is_overwritten_while_it_is_read_is_missed(void **state)
{
        (void)state;
        static struct lap l;
        l.cache = open_cache(CACHE_SIZE_MIN);
        pthread_t threads[3];
        for (unsigned i = 0; i < 3; i++)
                assert_int_equal(
                        pthread_create(&threads[i], NULL, i == 0 ? lap_write : lap_read, &l), 0);
        for (unsigned i = 0; i < 3; i++)
                assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_int_equal(atomic_load(&l.errors), 0);
        assert_true(atomic_load(&l.hits) > 100);
        cache_free(l.cache);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(what_was_put_is_got),
                cmocka_unit_test(limits_are_told),
                cmocka_unit_test(keys_are_compared_whole),
                cmocka_unit_test(a_stale_fill_is_refused),
                cmocka_unit_test(everything_is_kept_while_there_is_room),
                cmocka_unit_test(random_acts_agree_with_a_map),
                cmocka_unit_test(memory_is_taken_as_it_fills),
                cmocka_unit_test(threads_see_nothing_old_or_torn),
                cmocka_unit_test(what_is_overwritten_while_it_is_read_is_missed),
        };
        return cmocka_run_group_tests_name("identifier/cache", tests, NULL, NULL);
}
