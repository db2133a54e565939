/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_CRYPTO_MERKLE_H
#define ANSA_CRYPTO_MERKLE_H

#include "ansa/err.h"
#include "base/hasher.h"

/**
 * @file
 * The Merkle tree of RFC 6962 s.2.1 with SHA-256: what somebody needs who checks a log. Nothing but
 * string.h and the hasher handed in: merkle.c is made for microcontrollers, too. Keeping a tree and
 * making proofs is in crypto/merkle_build.h.
 *
 * Sizes are numbers of leaves, up to 2^64-1. Proofs are runs of hashes as the RFC lists them.
 */
#define MERKLE_LEVELS    64u /* heights of perfect subtrees: 0..63 */
#define MERKLE_PROOF_MAX 65u /* hashes; consistency of sizes over 2^63 */

/** SHA-256(0x00 || entry). */
void merkle_leaf(const struct hasher *h, struct ansa_bytes entry, struct hash256 *hash);

/** SHA-256(0x01 || left || right). @hash may be one of the two. */
void merkle_node(const struct hasher *h, const struct hash256 *left, const struct hash256 *right,
                 struct hash256 *hash);

/** The root of no leaves: SHA-256 of nothing. */
void merkle_empty(const struct hasher *h, struct hash256 *root);

/** The root of @count leaf hashes. Also: a node of a tile from those below it. */
void merkle_root(const struct hasher *h, const struct hash256 *leaves, size_t count,
                 struct hash256 *root);

/** How many hashes a proof has, no more and no fewer. */
unsigned merkle_inclusion_count(uint64_t index, uint64_t size);          /* index < size */
unsigned merkle_consistency_count(uint64_t old_size, uint64_t new_size); /* old <= new */

/**
 * The root that @proof leads to from @leaf at @index in a tree of @size (RFC 9162 s.2.1.3.2).
 * ANSA_E_MALFORMED when the index is not in the tree or the proof has another length.
 */
ANSA_CHECKED enum ansa_err merkle_inclusion_root(const struct hasher *h, const struct hash256 *leaf,
                                                 uint64_t index, uint64_t size,
                                                 const struct hash256 *proof, size_t count,
                                                 struct hash256 *root);

/** ANSA_OK when that is @root, else ANSA_E_UNAUTHENTIC. */
ANSA_CHECKED enum ansa_err merkle_verify_inclusion(const struct hasher *h,
                                                   const struct hash256 *leaf, uint64_t index,
                                                   uint64_t size, const struct hash256 *root,
                                                   const struct hash256 *proof, size_t count);

/**
 * That the tree of @new_size begins with the tree of @old_size (RFC 9162 s.2.1.4.2). Equal sizes
 * have equal roots and no proof; the empty tree has its own root and is the beginning of all.
 * ANSA_E_MALFORMED: old above new, or a proof of another length; ANSA_E_UNAUTHENTIC: it is not so.
 */
ANSA_CHECKED enum ansa_err merkle_verify_consistency(const struct hasher *h, uint64_t old_size,
                                                     uint64_t new_size,
                                                     const struct hash256 *old_root,
                                                     const struct hash256 *new_root,
                                                     const struct hash256 *proof, size_t count);

#endif
