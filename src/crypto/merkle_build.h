/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_CRYPTO_MERKLE_BUILD_H
#define ANSA_CRYPTO_MERKLE_BUILD_H

#include "base/buf.h"
#include "crypto/merkle.h"

/**
 * @file
 * Keeping a tree of RFC 6962 and making proofs of it. A node is the root of a perfect subtree: of
 * the 2^level leaves from @index * 2^level on. Where nodes are kept is the caller's business: they
 * go out through a sink as they become complete and come back through a source.
 */

/** Gets a node that is complete in the tree at hand. Any error ends the work that asked for it. */
struct merkle_source {
        enum ansa_err (*node)(struct merkle_source *s, unsigned level, uint64_t index,
                              struct hash256 *hash);
};

/** Is told every node, leaves too, once: when it becomes complete, the lower one first. */
struct merkle_sink {
        enum ansa_err (*node)(struct merkle_sink *s, unsigned level, uint64_t index,
                              const struct hash256 *hash);
};

/**
 * The right edge of a tree: all that appending needs. node[k] counts when bit k of size is set.
 * Zeroed, it is the empty tree.
 */
struct merkle_frontier {
        uint64_t size;
        struct hash256 node[MERKLE_LEVELS];
};

/**
 * Append a leaf hash: one hash on average, at most 63. @sink may be NULL. After an error of the sink
 * the frontier is what it was. ANSA_E_LIMIT at 2^64-1 leaves.
 */
ANSA_CHECKED enum ansa_err merkle_append(const struct hasher *h, struct merkle_frontier *f,
                                         const struct hash256 *leaf, struct merkle_sink *sink);

/** At most 63 hashes. */
void merkle_frontier_root(const struct hasher *h, const struct merkle_frontier *f,
                          struct hash256 *root);

/** u64 size, then the nodes that count, the highest first. */
#define MERKLE_FRONTIER_SIZE_MAX (8u + MERKLE_LEVELS * HASH_SIZE)
void merkle_frontier_encode(const struct merkle_frontier *f, struct buf *b);
ANSA_CHECKED enum ansa_err merkle_frontier_decode(struct ansa_bytes bytes,
                                                  struct merkle_frontier *f);

/** The frontier of the first @size leaves of a tree whose nodes @source has. */
ANSA_CHECKED enum ansa_err merkle_frontier_read(struct merkle_source *source, uint64_t size,
                                                struct merkle_frontier *f);

/**
 * Proofs about the first @size leaves: at most 64 nodes are asked for besides those that are in
 * the proof. ANSA_E_ARGUMENT: no such index, or sizes in the wrong order.
 */
ANSA_CHECKED enum ansa_err
merkle_prove_inclusion(const struct hasher *h, struct merkle_source *source, uint64_t index,
                       uint64_t size, struct hash256 proof[MERKLE_PROOF_MAX], size_t *count);
ANSA_CHECKED enum ansa_err
merkle_prove_consistency(const struct hasher *h, struct merkle_source *source, uint64_t old_size,
                         uint64_t new_size, struct hash256 proof[MERKLE_PROOF_MAX], size_t *count);

#endif
