/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two numbers, then octets. As a proof about sizes of that kind: a root is found for the right
 * length only, and nothing but that root is verified. As a tree of so many leaves: every
 * proof made of it holds. As a stored frontier.
 */
#include "base/assert.h"
#include "crypto/hasher.h"
#include "crypto/merkle_build.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define LEAVES_MAX 96u

struct nodes {
        struct merkle_source source; /* first */
        struct hash256 leaves[LEAVES_MAX];
        size_t size;
};

static enum ansa_err get(struct merkle_source *s, unsigned level, uint64_t index,
                         struct hash256 *hash)
{
        struct nodes *n = (struct nodes *)(void *)s;
        ansa_assert((index + 1) << level <= n->size);
        merkle_root(&crypto_hasher, n->leaves + (index << level), (size_t)1 << level, hash);
        return ANSA_OK;
}

static uint64_t number(const uint8_t *at)
{
        uint64_t n = 0;
        for (size_t i = 0; i < 8; i++)
                n = n << 8 | at[i];
        return n;
}

static void proofs(uint64_t a, uint64_t b, const uint8_t *at, size_t size)
{
        struct hash256 proof[MERKLE_PROOF_MAX + 1];
        struct hash256 root;
        struct hash256 leaf = { { 1 } };
        size_t count = size / HASH_SIZE <= MERKLE_PROOF_MAX ? size / HASH_SIZE : MERKLE_PROOF_MAX;
        if (count > 0)
                memcpy(proof, at, count * HASH_SIZE);
        bool fits = a < b && count == merkle_inclusion_count(a, b);
        enum ansa_err err = merkle_inclusion_root(&crypto_hasher, &leaf, a, b, proof, count, &root);
        ansa_assert(err == (fits ? ANSA_OK : ANSA_E_MALFORMED));
        if (fits) {
                ansa_assert(merkle_verify_inclusion(&crypto_hasher, &leaf, a, b, &root, proof,
                                                    count) == ANSA_OK);
                ansa_assert(count == 0 ||
                            merkle_verify_inclusion(&crypto_hasher, &leaf, a, b, &leaf, proof,
                                                    count) == ANSA_E_UNAUTHENTIC);
        }
        fits = a <= b && count == merkle_consistency_count(a, b);
        err = merkle_verify_consistency(&crypto_hasher, a, b, &leaf, &root, proof, count);
        ansa_assert(err == ANSA_OK ? fits : fits == (err == ANSA_E_UNAUTHENTIC));
}

static void tree(uint64_t a, uint64_t b, const uint8_t *at, size_t size)
{
        struct nodes n = { .source.node = get };
        struct hash256 proof[MERKLE_PROOF_MAX];
        struct hash256 root;
        struct hash256 old_root;
        size_t count = 0;
        n.size = 1 + (size_t)(b % LEAVES_MAX);
        for (size_t i = 0; i < n.size; i++)
                merkle_leaf(&crypto_hasher, (struct ansa_bytes){ at, size > i ? i : size },
                            &n.leaves[i]);
        merkle_root(&crypto_hasher, n.leaves, n.size, &root);
        uint64_t index = a % n.size;
        ansa_assert(merkle_prove_inclusion(&crypto_hasher, &n.source, index, n.size, proof,
                                           &count) == ANSA_OK);
        ansa_assert(merkle_verify_inclusion(&crypto_hasher, &n.leaves[index], index, n.size, &root,
                                            proof, count) == ANSA_OK);
        merkle_root(&crypto_hasher, n.leaves, index, &old_root);
        ansa_assert(merkle_prove_consistency(&crypto_hasher, &n.source, index, n.size, proof,
                                             &count) == ANSA_OK);
        ansa_assert(merkle_verify_consistency(&crypto_hasher, index, n.size, &old_root, &root,
                                              proof, count) == ANSA_OK);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        struct merkle_frontier f;
        if (merkle_frontier_decode((struct ansa_bytes){ data, size }, &f) == ANSA_OK) {
                uint8_t room[MERKLE_FRONTIER_SIZE_MAX];
                struct buf b = buf_over(room, sizeof(room));
                merkle_frontier_encode(&f, &b);
                ansa_assert(b.err == ANSA_OK && b.size == size && memcmp(room, data, size) == 0);
        }
        if (size < 16)
                return 0;
        uint64_t a = number(data);
        uint64_t b = number(data + 8);
        proofs(a, b, data + 16, size - 16);
        tree(a, b, data + 16, size - 16);
        return 0;
}
