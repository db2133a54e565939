/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_TEST_CRYPTO_MERKLE_ORACLE_H
#define ANSA_TEST_CRYPTO_MERKLE_ORACLE_H

/*
 * RFC 6962 s.2.1 as it is written there: MTH, PATH and SUBPROOF by recursion, over leaves that are
 * the numbers of their places. Slow and plain; what MTH gave is kept.
 */
#include "../support.h"
#include "base/hasher.h"
#include "crypto/digest.h"

#define ORACLE_SIZE_MAX 300u

struct oracle_proof {
        struct hash256 at[16];
        size_t count;
};

static inline struct hash256 oracle_sha256(const void *a, size_t a_size, const void *b,
                                           size_t b_size, uint8_t tag)
{
        const struct ansa_bytes parts[] = { { &tag, 1 }, { a, a_size }, { b, b_size } };
        struct hash256 hash;
        assert_int_equal(digest_parts(ALGORITHM_SHA256, parts, 3, hash.at), ANSA_OK);
        return hash;
}

static inline struct hash256 oracle_leaf(size_t index)
{
        const uint8_t entry[] = { (uint8_t)(index >> 8), (uint8_t)index };
        return oracle_sha256(entry, sizeof(entry), NULL, 0, 0);
}

static inline size_t oracle_split(size_t n) /* the largest power of two below n */
{
        size_t k = 1;
        while (k * 2 < n)
                k *= 2;
        return k;
}

/* MTH(D[begin:end]), which is not empty. */
static inline struct hash256 oracle_root(size_t begin, size_t end)
{
        static struct hash256 known[ORACLE_SIZE_MAX + 1][ORACLE_SIZE_MAX + 1];
        static bool is_known[ORACLE_SIZE_MAX + 1][ORACLE_SIZE_MAX + 1];
        assert_true(begin < end && end <= ORACLE_SIZE_MAX);
        if (!is_known[begin][end]) {
                struct hash256 hash = oracle_leaf(begin);
                if (end - begin > 1) {
                        size_t middle = begin + oracle_split(end - begin);
                        struct hash256 left = oracle_root(begin, middle);
                        struct hash256 right = oracle_root(middle, end);
                        hash = oracle_sha256(left.at, HASH_SIZE, right.at, HASH_SIZE, 1);
                }
                known[begin][end] = hash;
                is_known[begin][end] = true;
        }
        return known[begin][end];
}

static inline void oracle_add(struct oracle_proof *p, struct hash256 hash)
{
        assert_true(p->count < COUNT_OF(p->at));
        p->at[p->count++] = hash;
}

/* PATH(m, D[begin:end]), m counted from begin. */
static inline void oracle_path(size_t m, size_t begin, size_t end, struct oracle_proof *p)
{
        size_t n = end - begin;
        if (n == 1)
                return;
        size_t k = oracle_split(n);
        if (m < k) {
                oracle_path(m, begin, begin + k, p);
                oracle_add(p, oracle_root(begin + k, end));
        } else {
                oracle_path(m - k, begin + k, end, p);
                oracle_add(p, oracle_root(begin, begin + k));
        }
}

/* SUBPROOF(m, D[begin:end], is_whole). */
static inline void oracle_subproof(size_t m, size_t begin, size_t end, bool is_whole,
                                   struct oracle_proof *p)
{
        size_t n = end - begin;
        if (m == n) {
                if (!is_whole)
                        oracle_add(p, oracle_root(begin, end));
                return;
        }
        size_t k = oracle_split(n);
        if (m <= k) {
                oracle_subproof(m, begin, begin + k, is_whole, p);
                oracle_add(p, oracle_root(begin + k, end));
        } else {
                oracle_subproof(m - k, begin + k, end, false, p);
                oracle_add(p, oracle_root(begin, begin + k));
        }
}

#endif
