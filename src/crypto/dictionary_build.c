/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/dictionary_build.h"

#include "base/assert.h"

unsigned dictionary_fork(const struct hash256 *a, const struct hash256 *b)
{
        for (unsigned i = 0; i < HASH_SIZE; i++) {
                unsigned differ = (unsigned)(a->at[i] ^ b->at[i]);
                if (differ != 0)
                        return 8 * i + (unsigned)__builtin_clz(differ) - 24;
        }
        return 256;
}

/*
 * Subtrees come from left to right. Where two neighbours fork says how much is complete: whatever
 * forks deeper has nothing more to come and is closed with what was added last, which then waits as
 * the left side of this fork. The depths of those that wait ascend, so there are at most 256.
 */
static void close_below(const struct hasher *h, struct dictionary_rebuild *r, int depth)
{
        while (r->open > 0 && r->depth[r->open - 1] > depth) {
                r->open--;
                dictionary_node(h, r->depth[r->open], &r->left[r->open], &r->hash, &r->hash);
        }
}

enum ansa_err dictionary_rebuild_add(const struct hasher *h, struct dictionary_rebuild *r,
                                     const struct hash256 *key, const struct hash256 *hash)
{
        if (hash256_is_zero(hash))
                return ANSA_E_ARGUMENT;
        if (r->is_begun) {
                unsigned depth = dictionary_fork(&r->key, key);
                if (depth == 256 || !dictionary_bit(key, depth))
                        return ANSA_E_ARGUMENT;
                close_below(h, r, (int)depth);
                /* Not twice at one depth: there the key before has bit 1, so has this one. */
                ansa_assert(r->open == 0 || r->depth[r->open - 1] < depth);
                r->depth[r->open] = (uint8_t)depth;
                r->left[r->open++] = r->hash;
        }
        r->is_begun = true;
        r->key = *key;
        r->hash = *hash;
        return ANSA_OK;
}

void dictionary_rebuild_end(const struct hasher *h, struct dictionary_rebuild *r,
                            struct hash256 *root)
{
        close_below(h, r, -1);
        *root = r->hash;
}

enum ansa_err dictionary_root(const struct hasher *h, const struct dictionary_leaf *leaves,
                              size_t count, struct hash256 *root)
{
        memset(root, 0, sizeof(*root));
        if (count == 1) { /* half of all siblings in buckets; spares them 9 kB of zeros */
                dictionary_leaf_hash(h, leaves, root);
                return ANSA_OK;
        }
        struct dictionary_rebuild r = { .is_begun = false };
        for (size_t i = 0; i < count; i++) {
                struct hash256 hash;
                dictionary_leaf_hash(h, &leaves[i], &hash);
                enum ansa_err err = dictionary_rebuild_add(h, &r, &leaves[i].key, &hash);
                if (err != ANSA_OK)
                        return err;
        }
        dictionary_rebuild_end(h, &r, root);
        return ANSA_OK;
}

/* The hash of 2^bits neighbouring children that part at @depth and below. */
static void fold(const struct hasher *h, unsigned depth, const struct hash256 *children,
                 unsigned bits, struct hash256 *hash)
{
        struct hash256 level[DICTIONARY_PAGE_WIDTH];
        ansa_assert(bits <= DICTIONARY_PAGE_BITS && depth + bits <= 256);
        memcpy(level, children, sizeof(level[0]) << bits);
        while (bits > 0) {
                bits--;
                for (unsigned i = 0; i < 1u << bits; i++)
                        dictionary_node(h, depth + bits, &level[2 * i], &level[2 * i + 1],
                                        &level[i]);
        }
        *hash = level[0];
}

void dictionary_page_hash(const struct hasher *h, unsigned depth,
                          const struct hash256 children[DICTIONARY_PAGE_WIDTH],
                          struct hash256 *hash)
{
        fold(h, depth, children, DICTIONARY_PAGE_BITS, hash);
}

static enum ansa_err add_step(struct dictionary_trail *t, unsigned depth,
                              const struct hash256 *sibling)
{
        if (t->count > 0 && depth <= t->step[t->count - 1].depth)
                return ANSA_E_CORRUPT;
        if (t->count == DICTIONARY_STEPS_MAX)
                return ANSA_E_LIMIT;
        t->step[t->count].depth = (uint8_t)depth;
        t->step[t->count++].sibling = *sibling;
        return ANSA_OK;
}

enum ansa_err dictionary_page_walk(const struct hasher *h, unsigned depth,
                                   const struct hash256 children[DICTIONARY_PAGE_WIDTH],
                                   const struct hash256 *key, struct dictionary_trail *t,
                                   unsigned *slot)
{
        unsigned first = 0;
        *slot = 0;
        ansa_assert(depth <= 256 - DICTIONARY_PAGE_BITS);
        for (unsigned bits = DICTIONARY_PAGE_BITS; bits-- > 0; depth++) {
                struct hash256 half[2];
                unsigned side = dictionary_bit(key, depth) ? 1 : 0;
                fold(h, depth + 1, &children[first + ((1 - side) << bits)], bits, &half[1 - side]);
                bool is_alone = hash256_is_zero(&half[1 - side]);
                bool is_empty = true; /* the key's own side */
                for (unsigned i = 0; is_empty && i < 1u << bits; i++)
                        is_empty = hash256_is_zero(&children[first + (side << bits) + i]);
                if (is_empty && is_alone)
                        return ANSA_E_NOT_FOUND;
                if (!is_empty && !is_alone) {
                        enum ansa_err err = add_step(t, depth, &half[1 - side]);
                        if (err != ANSA_OK)
                                return err;
                }
                first += (is_empty ? 1 - side : side) << bits;
        }
        *slot = first;
        return ANSA_OK;
}

static bool is_ascending(const struct dictionary_leaf *leaves, size_t count)
{
        for (size_t i = 1; i < count; i++) {
                if (memcmp(leaves[i - 1].key.at, leaves[i].key.at, HASH_SIZE) >= 0)
                        return false;
        }
        return true;
}

/* Between @low and @high: the first leaf with bit 1 at @depth. */
static size_t first_right(const struct dictionary_leaf *leaves, size_t low, size_t high,
                          unsigned depth)
{
        while (low < high) {
                size_t middle = low + (high - low) / 2;
                if (dictionary_bit(&leaves[middle].key, depth))
                        high = middle;
                else
                        low = middle + 1;
        }
        return low;
}

enum ansa_err dictionary_bucket_walk(const struct hasher *h, const struct dictionary_leaf *leaves,
                                     size_t count, const struct hash256 *key,
                                     struct dictionary_trail *t, size_t *at)
{
        size_t low = 0;
        size_t high = count;
        *at = count;
        if (!is_ascending(leaves, count))
                return ANSA_E_ARGUMENT;
        if (count == 0) {
                t->end = DICTIONARY_EMPTY;
                return t->count == 0 ? ANSA_OK : ANSA_E_CORRUPT;
        }
        while (high - low > 1) {
                unsigned depth = dictionary_fork(&leaves[low].key, &leaves[high - 1].key);
                size_t middle = first_right(leaves, low, high, depth);
                bool right = dictionary_bit(key, depth);
                struct hash256 sibling;
                enum ansa_err err =
                        right ? dictionary_root(h, leaves + low, middle - low, &sibling)
                              : dictionary_root(h, leaves + middle, high - middle, &sibling);
                if (err == ANSA_OK)
                        err = add_step(t, depth, &sibling);
                if (err != ANSA_OK)
                        return err;
                if (right)
                        low = middle;
                else
                        high = middle;
        }
        *at = low;
        t->end = hash256_equal(&leaves[low].key, key) ? DICTIONARY_OWN : DICTIONARY_OTHER;
        if (t->end == DICTIONARY_OTHER)
                t->other = leaves[low];
        return ANSA_OK;
}

void dictionary_trail_encode(const struct dictionary_trail *t, struct buf *b)
{
        ansa_assert(t->count <= DICTIONARY_STEPS_MAX);
        buf_u8(b, (uint8_t)t->count);
        for (unsigned i = 0; i < t->count; i++) {
                buf_u8(b, t->step[i].depth);
                buf_bytes(b, (struct ansa_bytes){ t->step[i].sibling.at, HASH_SIZE });
        }
        buf_u8(b, (uint8_t)t->end);
        if (t->end == DICTIONARY_OTHER) {
                buf_bytes(b, (struct ansa_bytes){ t->other.key.at, HASH_SIZE });
                buf_bytes(b, (struct ansa_bytes){ t->other.commitment.at, HASH_SIZE });
        }
}
