/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_BASE_HASHER_H
#define ANSA_BASE_HASHER_H

#include "ansa/bytes.h"

/** A SHA-256 digest. Octets only, so that a run of them may be read where it lies. */
#define HASH_SIZE 32u
struct hash256 {
        uint8_t at[HASH_SIZE];
};

/**
 * SHA-256, handed to whoever checks a proof: OpenSSL's (crypto/hasher.h), or what a microcontroller
 * has. It cannot fail, and every call stands for itself. An implementation that needs state embeds
 * this as its first member.
 */
struct hasher {
        void (*sha256)(const struct hasher *h, const struct ansa_bytes *parts, size_t count,
                       struct hash256 *hash);
};

/** The digest of one run of octets. */
static inline void hasher_one(const struct hasher *h, const uint8_t *at, size_t size,
                              struct hash256 *hash)
{
        const struct ansa_bytes part = { at, size };
        h->sha256(h, &part, 1, hash);
}

static inline bool hash256_equal(const struct hash256 *a, const struct hash256 *b)
{
        return memcmp(a->at, b->at, HASH_SIZE) == 0;
}

/** All octets zero: what stands for "nothing there" (no hash that anybody can find an input for). */
static inline bool hash256_is_zero(const struct hash256 *a)
{
        static const struct hash256 zero;
        return hash256_equal(a, &zero);
}

#endif
