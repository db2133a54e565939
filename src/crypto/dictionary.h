/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_CRYPTO_DICTIONARY_H
#define ANSA_CRYPTO_DICTIONARY_H

#include "ansa/err.h"
#include "base/hasher.h"

/**
 * @file
 * The Merkle dictionary: a set of (key, commitment) whose root proves of any key that it is there
 * with this commitment, or that it is not there. This is what somebody needs who checks a proof:
 * nothing but string.h and the hasher handed in. Making roots and proofs is in
 * crypto/dictionary_build.h.
 *
 * It is a binary trie over keys of 256 bits without nodes that have one child:
 *
 *      leaf    SHA-256(0x02 || key || commitment)
 *      node    SHA-256(0x03 || depth || left || right)
 *
 * where depth (one octet) is the number of the first bit in which the keys below it differ, bit 0
 * the most significant one of the first octet; left has those with bit 0 there, right those with
 * bit 1. A tree of one leaf is that leaf. The root of the empty dictionary is 32 zero octets.
 * So a subtree's hash does not depend on how deep it hangs.
 *
 * A path is the search for a key from the root down:
 *
 *      u8 count, count times (u8 depth, 32 octets: the sibling's hash), the depths ascending;
 *      u8 end: 0 the key's own leaf; 1 nothing: the dictionary is empty (count is 0);
 *              2 the leaf of another key, which follows: 32 octets key, 32 octets commitment
 *
 * Paths of 256 steps have no such form. They would need two keys that agree in 255 bits, and
 * keys are digests.
 */
struct dictionary_leaf {
        struct hash256 key;
        struct hash256 commitment;
};

#define DICTIONARY_STEPS_MAX     255u
#define DICTIONARY_STEP_SIZE     33u
#define DICTIONARY_PATH_SIZE_MAX (2u + DICTIONARY_STEPS_MAX * DICTIONARY_STEP_SIZE + 2u * HASH_SIZE)

enum dictionary_end { DICTIONARY_OWN, DICTIONARY_EMPTY, DICTIONARY_OTHER };

/** A path as it lies in its octets; borrowed. */
struct dictionary_path {
        unsigned count;
        const uint8_t *steps; /* count times depth and sibling */
        enum dictionary_end end;
        struct dictionary_leaf other; /* DICTIONARY_OTHER */
};

/** The bit of @key that decides at a node of @depth. */
static inline bool dictionary_bit(const struct hash256 *key, unsigned depth)
{
        return (key->at[depth / 8] >> (7 - depth % 8) & 1) != 0;
}

void dictionary_leaf_hash(const struct hasher *h, const struct dictionary_leaf *leaf,
                          struct hash256 *hash);

/** The hash of two subtrees that part at @depth; an empty one (zeros) gives way to the other. */
void dictionary_node(const struct hasher *h, unsigned depth, const struct hash256 *left,
                     const struct hash256 *right, struct hash256 *hash);

/** Only what an honest dictionary can yield: depths ascending, no sibling zero, nothing left over. */
ANSA_CHECKED enum ansa_err dictionary_path_decode(struct ansa_bytes bytes,
                                                  struct dictionary_path *path);

/**
 * The root that a path leads to when @key has @commitment, or is absent (@commitment NULL).
 * ANSA_E_MALFORMED when the path is not one of such a search: an end of the other kind, or a leaf
 * to which @key does not lead.
 */
ANSA_CHECKED enum ansa_err dictionary_path_root(const struct hasher *h, const struct hash256 *key,
                                                const struct hash256 *commitment,
                                                const struct dictionary_path *path,
                                                struct hash256 *root);

/**
 * That under @root, @key has @commitment; or is absent (@commitment NULL). For one root and one key
 * only one answer can be proven (dictionary.c says why). ANSA_E_TRUNCATED, ANSA_E_TRAILING,
 * ANSA_E_MALFORMED; ANSA_E_UNAUTHENTIC when the path leads to another root.
 */
ANSA_CHECKED enum ansa_err dictionary_verify(const struct hasher *h, const struct hash256 *root,
                                             const struct hash256 *key,
                                             const struct hash256 *commitment,
                                             struct ansa_bytes path);

#endif
