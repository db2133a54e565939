/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_CRYPTO_DICTIONARY_BUILD_H
#define ANSA_CRYPTO_DICTIONARY_BUILD_H

#include "base/buf.h"
#include "crypto/dictionary.h"

/**
 * @file
 * Roots of Merkle dictionaries and paths through them (crypto/dictionary.h says what they are).
 *
 * How a large dictionary is kept is the caller's business. It can be cut into pages of 16 children
 * (4 bits of the key) and buckets of leaves: a page's hash comes from its children's, and a path is
 * the walk through pages from the top down, and through one bucket at the end.
 */

/** The first bit in which two keys differ; 256 when they are equal. */
unsigned dictionary_fork(const struct hash256 *a, const struct hash256 *b);

/** The root of leaves in ascending order of keys; one hash a leaf and one a fork. ANSA_E_ARGUMENT: they are not. */
ANSA_CHECKED enum ansa_err dictionary_root(const struct hasher *h,
                                           const struct dictionary_leaf *leaves, size_t count,
                                           struct hash256 *root);

/**
 * The same from a stream: zero it, add, end. Each thing added is a subtree (a leaf, or all
 * leaves of some beginning of keys) by its hash and any key of it, in ascending order.
 */
struct dictionary_rebuild {
        bool is_begun;
        unsigned open; /* subtrees that wait for what is right of them */
        struct hash256 key;
        struct hash256 hash; /* the last one added, which may still get a sibling */
        uint8_t depth[256];
        struct hash256 left[256];
};
ANSA_CHECKED enum ansa_err dictionary_rebuild_add(const struct hasher *h,
                                                  struct dictionary_rebuild *r,
                                                  const struct hash256 *key,
                                                  const struct hash256 *hash);
void dictionary_rebuild_end(const struct hasher *h, struct dictionary_rebuild *r,
                            struct hash256 *root); /* zeros when nothing was added */

/** A page: the subtrees of the 16 values of the bits from @depth on; zeros where there is none. */
#define DICTIONARY_PAGE_BITS  4u
#define DICTIONARY_PAGE_WIDTH 16u
void dictionary_page_hash(const struct hasher *h, unsigned depth,
                          const struct hash256 children[DICTIONARY_PAGE_WIDTH],
                          struct hash256 *hash);

/** The child of a page that @key belongs to. */
static inline unsigned dictionary_page_slot(const struct hash256 *key, unsigned depth)
{
        unsigned slot = 0;
        for (unsigned i = 0; i < DICTIONARY_PAGE_BITS; i++)
                slot = slot << 1 | (dictionary_bit(key, depth + i) ? 1u : 0u);
        return slot;
}

/** A path being made. Begin with count 0; the rest counts when it is set. */
struct dictionary_trail {
        unsigned count;
        enum dictionary_end end;
        struct dictionary_leaf other;
        struct {
                uint8_t depth;
                struct hash256 sibling;
        } step[DICTIONARY_STEPS_MAX];
};

/**
 * Append the search for @key through a page. *slot is the child where it goes on. That is the one
 * the key belongs to, unless this is empty: the search passes only nodes that have two children,
 * and then ends at another key's leaf. ANSA_E_NOT_FOUND: all children are empty. ANSA_E_CORRUPT:
 * depths do not ascend. ANSA_E_LIMIT: more steps than a path may have.
 */
ANSA_CHECKED enum ansa_err
dictionary_page_walk(const struct hasher *h, unsigned depth,
                     const struct hash256 children[DICTIONARY_PAGE_WIDTH],
                     const struct hash256 *key, struct dictionary_trail *t, unsigned *slot);

/**
 * Append the search through the leaves (ascending) of the bucket where it came to, and end it: at
 * leaves[*at], or with *at = @count when there are none, which only an empty dictionary has.
 * Errors as above, and ANSA_E_ARGUMENT for leaves in another order.
 */
ANSA_CHECKED enum ansa_err dictionary_bucket_walk(const struct hasher *h,
                                                  const struct dictionary_leaf *leaves,
                                                  size_t count, const struct hash256 *key,
                                                  struct dictionary_trail *t, size_t *at);

/** The octets of the path (crypto/dictionary.h). */
void dictionary_trail_encode(const struct dictionary_trail *t, struct buf *b);

#endif
