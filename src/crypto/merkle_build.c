/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/merkle_build.h"

#include "base/assert.h"

enum ansa_err merkle_append(const struct hasher *h, struct merkle_frontier *f,
                            const struct hash256 *leaf, struct merkle_sink *sink)
{
        if (f->size == UINT64_MAX)
                return ANSA_E_LIMIT;
        struct hash256 hash = *leaf;
        for (unsigned k = 0;; k++) {
                enum ansa_err err =
                        sink == NULL ? ANSA_OK : sink->node(sink, k, f->size >> k, &hash);
                if (err != ANSA_OK)
                        return err;
                if ((f->size >> k & 1) == 0) {
                        f->node[k] = hash;
                        f->size++;
                        return ANSA_OK;
                }
                merkle_node(h, &f->node[k], &hash, &hash);
        }
}

void merkle_frontier_root(const struct hasher *h, const struct merkle_frontier *f,
                          struct hash256 *root)
{
        struct hash256 hash;
        bool is_first = true;
        for (unsigned k = 0; k < MERKLE_LEVELS; k++) {
                if ((f->size >> k & 1) == 0)
                        continue;
                if (is_first)
                        hash = f->node[k];
                else
                        merkle_node(h, &f->node[k], &hash, &hash);
                is_first = false;
        }
        if (is_first)
                merkle_empty(h, &hash);
        *root = hash;
}

void merkle_frontier_encode(const struct merkle_frontier *f, struct buf *b)
{
        buf_u64(b, f->size);
        for (unsigned k = MERKLE_LEVELS; k-- > 0;) {
                if ((f->size >> k & 1) != 0)
                        buf_bytes(b, (struct ansa_bytes){ f->node[k].at, HASH_SIZE });
        }
}

enum ansa_err merkle_frontier_decode(struct ansa_bytes bytes, struct merkle_frontier *f)
{
        memset(f, 0, sizeof(*f));
        if (bytes.size < 8)
                return ANSA_E_TRUNCATED;
        uint64_t size = 0;
        for (size_t i = 0; i < 8; i++)
                size = size << 8 | bytes.at[i];
        size_t want = 8 + (size_t)__builtin_popcountll(size) * HASH_SIZE;
        if (bytes.size != want)
                return bytes.size < want ? ANSA_E_TRUNCATED : ANSA_E_TRAILING;
        const uint8_t *at = bytes.at + 8;
        for (unsigned k = MERKLE_LEVELS; k-- > 0;) {
                if ((size >> k & 1) != 0) {
                        memcpy(f->node[k].at, at, HASH_SIZE);
                        at += HASH_SIZE;
                }
        }
        f->size = size;
        return ANSA_OK;
}

enum ansa_err merkle_frontier_read(struct merkle_source *source, uint64_t size,
                                   struct merkle_frontier *f)
{
        memset(f, 0, sizeof(*f));
        for (unsigned k = 0; k < MERKLE_LEVELS; k++) {
                if ((size >> k & 1) == 0)
                        continue;
                enum ansa_err err = source->node(source, k, (size >> k) - 1, &f->node[k]);
                if (err != ANSA_OK) {
                        memset(f, 0, sizeof(*f));
                        return err;
                }
        }
        f->size = size;
        return ANSA_OK;
}

/*
 * The hash of the leaves after the last perfect subtree of 2^level: the perfect ones below, one for
 * each of the lower bits of @size that is set.
 */
static enum ansa_err ragged(const struct hasher *h, struct merkle_source *source, unsigned level,
                            uint64_t size, struct hash256 *hash)
{
        bool is_first = true;
        for (unsigned k = 0; k < level; k++) {
                struct hash256 node;
                if ((size >> k & 1) == 0)
                        continue;
                enum ansa_err err = source->node(source, k, (size >> k) - 1, &node);
                if (err != ANSA_OK)
                        return err;
                if (is_first)
                        *hash = node;
                else
                        merkle_node(h, &node, hash, hash);
                is_first = false;
        }
        ansa_assert(!is_first);
        return ANSA_OK;
}

/* Append the siblings on the way from a node up to the root of the first @size leaves. */
static enum ansa_err climb(const struct hasher *h, struct merkle_source *source, unsigned level,
                           uint64_t index, uint64_t size, struct hash256 *proof, size_t *count)
{
        for (; (size - 1) >> level > 0; level++, index >>= 1) {
                enum ansa_err err = ANSA_OK;
                ansa_assert(*count < MERKLE_PROOF_MAX);
                if ((index & 1) != 0)
                        err = source->node(source, level, index - 1, &proof[(*count)++]);
                else if (index + 1 < size >> level)
                        err = source->node(source, level, index + 1, &proof[(*count)++]);
                else if (index < (size - 1) >> level)
                        err = ragged(h, source, level, size, &proof[(*count)++]);
                if (err != ANSA_OK)
                        return err;
                if (level == MERKLE_LEVELS - 1)
                        break;
        }
        return ANSA_OK;
}

static enum ansa_err finish(enum ansa_err err, struct hash256 *proof, size_t *count)
{
        if (err != ANSA_OK) {
                memset(proof, 0, MERKLE_PROOF_MAX * sizeof(*proof));
                *count = 0;
        }
        return err;
}

enum ansa_err merkle_prove_inclusion(const struct hasher *h, struct merkle_source *source,
                                     uint64_t index, uint64_t size,
                                     struct hash256 proof[MERKLE_PROOF_MAX], size_t *count)
{
        *count = 0;
        if (index >= size)
                return finish(ANSA_E_ARGUMENT, proof, count);
        enum ansa_err err = finish(climb(h, source, 0, index, size, proof, count), proof, count);
        ansa_assert(err != ANSA_OK || *count == merkle_inclusion_count(index, size));
        return err;
}

enum ansa_err merkle_prove_consistency(const struct hasher *h, struct merkle_source *source,
                                       uint64_t old_size, uint64_t new_size,
                                       struct hash256 proof[MERKLE_PROOF_MAX], size_t *count)
{
        *count = 0;
        if (old_size > new_size)
                return finish(ANSA_E_ARGUMENT, proof, count);
        if (old_size == 0 || old_size == new_size)
                return ANSA_OK;
        /* From the last perfect subtree of the old tree, which the verifier has when it is all. */
        unsigned level = (unsigned)__builtin_ctzll(old_size);
        uint64_t index = (old_size >> level) - 1;
        enum ansa_err err = ANSA_OK;
        if (index > 0)
                err = source->node(source, level, index, &proof[(*count)++]);
        if (err == ANSA_OK)
                err = climb(h, source, level, index, new_size, proof, count);
        err = finish(err, proof, count);
        ansa_assert(err != ANSA_OK || *count == merkle_consistency_count(old_size, new_size));
        return err;
}
