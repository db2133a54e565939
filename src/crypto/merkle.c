/* SPDX-License-Identifier: Apache-2.0 */
/* Part of libansa-core.a: nothing but string.h and the hasher. */
#include "crypto/merkle.h"

#include "base/assert.h"

void merkle_leaf(const struct hasher *h, struct ansa_bytes entry, struct hash256 *hash)
{
        static const uint8_t tag[1] = { 0x00 };
        const struct ansa_bytes parts[] = { { tag, 1 }, entry };
        h->sha256(h, parts, 2, hash);
}

void merkle_node(const struct hasher *h, const struct hash256 *left, const struct hash256 *right,
                 struct hash256 *hash)
{
        uint8_t input[1 + 2 * HASH_SIZE]; /* in one piece: faster than three parts */
        input[0] = 0x01;
        memcpy(input + 1, left->at, HASH_SIZE);
        memcpy(input + 1 + HASH_SIZE, right->at, HASH_SIZE);
        hasher_one(h, input, sizeof(input), hash);
}

void merkle_empty(const struct hasher *h, struct hash256 *root)
{
        h->sha256(h, NULL, 0, root);
}

/*
 * done[k] is the root of a perfect subtree of 2^k leaves wherever bit k of the number of leaves
 * taken is set: another leaf carries like adding one in binary.
 */
void merkle_root(const struct hasher *h, const struct hash256 *leaves, size_t count,
                 struct hash256 *root)
{
        struct hash256 done[MERKLE_LEVELS];
        if (count == 0) {
                merkle_empty(h, root);
                return;
        }
        for (size_t i = 0; i < count; i++) {
                struct hash256 hash = leaves[i];
                unsigned k = 0;
                for (; (i >> k & 1) != 0; k++)
                        merkle_node(h, &done[k], &hash, &hash);
                done[k] = hash;
        }
        unsigned k = (unsigned)__builtin_ctzll(count);
        struct hash256 hash = done[k];
        for (k++; k < MERKLE_LEVELS; k++) {
                if (((uint64_t)count >> k & 1) != 0)
                        merkle_node(h, &done[k], &hash, &hash);
        }
        *root = hash;
}

/*
 * On the way up from a node at @index of a level whose last node is @last, the sibling is the left
 * one (index odd), the right one (index < last), or there is none: the node stands alone at the
 * right edge and is its own parent. So a proof has one hash for each bit of the index that is set,
 * and one for each level at which the index is not yet the last.
 */
static unsigned path_count(uint64_t index, uint64_t last)
{
        unsigned count = 0;
        for (; last > 0; index >>= 1, last >>= 1)
                count += (index & 1) != 0 || index < last;
        return count;
}

unsigned merkle_inclusion_count(uint64_t index, uint64_t size)
{
        ansa_assert(index < size);
        return path_count(index, size - 1);
}

/*
 * The node from which a consistency proof climbs: the last perfect subtree of the old tree. It
 * leads the proof, unless it is the whole old tree, whose root the verifier has.
 */
static unsigned first_level(uint64_t old_size)
{
        return (unsigned)__builtin_ctzll(old_size);
}

static bool is_power_of_two(uint64_t n)
{
        return (n & (n - 1)) == 0;
}

unsigned merkle_consistency_count(uint64_t old_size, uint64_t new_size)
{
        ansa_assert(old_size <= new_size);
        if (old_size == 0 || old_size == new_size)
                return 0;
        unsigned level = first_level(old_size);
        return (is_power_of_two(old_size) ? 0u : 1u) +
               path_count((old_size - 1) >> level, (new_size - 1) >> level);
}

enum ansa_err merkle_inclusion_root(const struct hasher *h, const struct hash256 *leaf,
                                    uint64_t index, uint64_t size, const struct hash256 *proof,
                                    size_t count, struct hash256 *root)
{
        memset(root, 0, sizeof(*root));
        if (index >= size || count != merkle_inclusion_count(index, size))
                return ANSA_E_MALFORMED;
        struct hash256 hash = *leaf;
        size_t used = 0;
        for (uint64_t last = size - 1; last > 0; index >>= 1, last >>= 1) {
                if ((index & 1) != 0)
                        merkle_node(h, &proof[used++], &hash, &hash);
                else if (index < last)
                        merkle_node(h, &hash, &proof[used++], &hash);
        }
        ansa_assert(used == count);
        *root = hash;
        return ANSA_OK;
}

enum ansa_err merkle_verify_inclusion(const struct hasher *h, const struct hash256 *leaf,
                                      uint64_t index, uint64_t size, const struct hash256 *root,
                                      const struct hash256 *proof, size_t count)
{
        struct hash256 computed;
        enum ansa_err err = merkle_inclusion_root(h, leaf, index, size, proof, count, &computed);
        if (err != ANSA_OK)
                return err;
        return hash256_equal(&computed, root) ? ANSA_OK : ANSA_E_UNAUTHENTIC;
}

/* Sizes that need no proof: equal ones, and the empty tree, whose root is known. */
static enum ansa_err verify_without_proof(const struct hasher *h, uint64_t old_size,
                                          uint64_t new_size, const struct hash256 *old_root,
                                          const struct hash256 *new_root)
{
        struct hash256 empty;
        merkle_empty(h, &empty);
        if (old_size == 0 && !hash256_equal(old_root, &empty))
                return ANSA_E_UNAUTHENTIC;
        if (old_size == new_size && !hash256_equal(old_root, new_root))
                return ANSA_E_UNAUTHENTIC;
        return ANSA_OK;
}

enum ansa_err merkle_verify_consistency(const struct hasher *h, uint64_t old_size,
                                        uint64_t new_size, const struct hash256 *old_root,
                                        const struct hash256 *new_root, const struct hash256 *proof,
                                        size_t count)
{
        if (old_size > new_size || count != merkle_consistency_count(old_size, new_size))
                return ANSA_E_MALFORMED;
        if (old_size == 0 || old_size == new_size)
                return verify_without_proof(h, old_size, new_size, old_root, new_root);
        unsigned level = first_level(old_size);
        uint64_t index = (old_size - 1) >> level;
        uint64_t last = (new_size - 1) >> level;
        size_t used = 0;
        struct hash256 was = is_power_of_two(old_size) ? *old_root : proof[used++];
        struct hash256 is = was;
        /* What is left of the climbing node was there before, what is right of it came later. */
        for (; last > 0; index >>= 1, last >>= 1) {
                if ((index & 1) != 0) {
                        merkle_node(h, &proof[used], &was, &was);
                        merkle_node(h, &proof[used++], &is, &is);
                } else if (index < last) {
                        merkle_node(h, &is, &proof[used++], &is);
                }
        }
        ansa_assert(used == count);
        bool holds = hash256_equal(&was, old_root) && hash256_equal(&is, new_root);
        return holds ? ANSA_OK : ANSA_E_UNAUTHENTIC;
}
