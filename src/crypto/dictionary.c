/* SPDX-License-Identifier: Apache-2.0 */
/* Part of libansa-core.a: nothing but string.h and the hasher. */
#include "crypto/dictionary.h"

#include "base/assert.h"

/*
 * Why no two answers about a key can be proven under one root, unless SHA-256 is broken:
 *
 * Leaves and nodes are hashed from inputs that begin with different octets and have one length
 * each, so a hash says what it is of, and there is only one such thing: a leaf with its key and its
 * commitment, or a node with its depth, its left and its right. For 32 zero octets nobody has an
 * input. So the root says what is there: nothing, one leaf, or a node; and from a node the key's bit
 * at its depth says to which one of two hashes the search goes on. The search for a key is therefore
 * a function of root and key. It ends, since depths grow, at one leaf (or at once, in the empty
 * dictionary): with the key itself, and then its commitment is the answer; or with another key,
 * and then the answer is that the key is absent.
 *
 * A path is accepted only if, put together from its end upwards, each step on the side that the
 * key's bit names, it comes out as the root. So it shows that one search, with its one end. Nothing
 * of this supposes that the dictionary was built well: a leaf that hangs where its key does not lead
 * is found by nobody. (That such a tree is a lie about the log, an audit sees: it gets another root.)
 * That the other key must agree at all depths passed, and that no sibling may be zero, is more than
 * is needed: honest trees are so, others are refused as early as can be.
 */

void dictionary_leaf_hash(const struct hasher *h, const struct dictionary_leaf *leaf,
                          struct hash256 *hash)
{
        uint8_t input[1 + 2 * HASH_SIZE];
        input[0] = 0x02;
        memcpy(input + 1, leaf->key.at, HASH_SIZE);
        memcpy(input + 1 + HASH_SIZE, leaf->commitment.at, HASH_SIZE);
        hasher_one(h, input, sizeof(input), hash);
}

void dictionary_node(const struct hasher *h, unsigned depth, const struct hash256 *left,
                     const struct hash256 *right, struct hash256 *hash)
{
        ansa_assert(depth < 256);
        if (hash256_is_zero(left)) {
                *hash = *right;
                return;
        }
        if (hash256_is_zero(right)) {
                *hash = *left;
                return;
        }
        uint8_t input[2 + 2 * HASH_SIZE];
        input[0] = 0x03;
        input[1] = (uint8_t)depth;
        memcpy(input + 2, left->at, HASH_SIZE);
        memcpy(input + 2 + HASH_SIZE, right->at, HASH_SIZE);
        hasher_one(h, input, sizeof(input), hash);
}

static void step_at(const struct dictionary_path *path, unsigned i, unsigned *depth,
                    struct hash256 *sibling)
{
        const uint8_t *at = path->steps + (size_t)i * DICTIONARY_STEP_SIZE;
        *depth = at[0];
        memcpy(sibling->at, at + 1, HASH_SIZE);
}

static enum ansa_err check_steps(const struct dictionary_path *path)
{
        unsigned before = 0;
        for (unsigned i = 0; i < path->count; i++) {
                unsigned depth;
                struct hash256 sibling;
                step_at(path, i, &depth, &sibling);
                if ((i > 0 && depth <= before) || hash256_is_zero(&sibling))
                        return ANSA_E_MALFORMED;
                before = depth;
        }
        return ANSA_OK;
}

enum ansa_err dictionary_path_decode(struct ansa_bytes bytes, struct dictionary_path *path)
{
        memset(path, 0, sizeof(*path));
        if (bytes.size == 0)
                return ANSA_E_TRUNCATED;
        struct dictionary_path got = { .count = bytes.at[0], .steps = bytes.at + 1 };
        size_t size = 1 + (size_t)got.count * DICTIONARY_STEP_SIZE; /* up to the end's octet */
        if (bytes.size <= size)
                return ANSA_E_TRUNCATED;
        if (bytes.at[size] > DICTIONARY_OTHER)
                return ANSA_E_MALFORMED;
        got.end = (enum dictionary_end)bytes.at[size++];
        if (got.end == DICTIONARY_EMPTY && got.count > 0)
                return ANSA_E_MALFORMED;
        size_t more = got.end == DICTIONARY_OTHER ? 2 * (size_t)HASH_SIZE : 0;
        if (bytes.size - size != more)
                return bytes.size - size < more ? ANSA_E_TRUNCATED : ANSA_E_TRAILING;
        if (more > 0) {
                memcpy(got.other.key.at, bytes.at + size, HASH_SIZE);
                memcpy(got.other.commitment.at, bytes.at + size + HASH_SIZE, HASH_SIZE);
        }
        enum ansa_err err = check_steps(&got);
        if (err == ANSA_OK)
                *path = got;
        return err;
}

/* Another key at which the search for @key ends: it takes the same side at every step. */
static bool is_led_to(const struct dictionary_path *path, const struct hash256 *key)
{
        if (hash256_equal(&path->other.key, key))
                return false;
        for (unsigned i = 0; i < path->count; i++) {
                unsigned depth;
                struct hash256 sibling;
                step_at(path, i, &depth, &sibling);
                if (dictionary_bit(key, depth) != dictionary_bit(&path->other.key, depth))
                        return false;
        }
        return true;
}

enum ansa_err dictionary_path_root(const struct hasher *h, const struct hash256 *key,
                                   const struct hash256 *commitment,
                                   const struct dictionary_path *path, struct hash256 *root)
{
        memset(root, 0, sizeof(*root));
        if ((commitment != NULL) != (path->end == DICTIONARY_OWN))
                return ANSA_E_MALFORMED;
        if (path->end == DICTIONARY_EMPTY)
                return ANSA_OK;
        struct dictionary_leaf leaf = path->other;
        if (commitment != NULL)
                leaf = (struct dictionary_leaf){ *key, *commitment };
        else if (!is_led_to(path, key))
                return ANSA_E_MALFORMED;
        struct hash256 hash;
        dictionary_leaf_hash(h, &leaf, &hash);
        for (unsigned i = path->count; i-- > 0;) {
                unsigned depth;
                struct hash256 sibling;
                step_at(path, i, &depth, &sibling);
                if (dictionary_bit(key, depth))
                        dictionary_node(h, depth, &sibling, &hash, &hash);
                else
                        dictionary_node(h, depth, &hash, &sibling, &hash);
        }
        *root = hash;
        return ANSA_OK;
}

enum ansa_err dictionary_verify(const struct hasher *h, const struct hash256 *root,
                                const struct hash256 *key, const struct hash256 *commitment,
                                struct ansa_bytes bytes)
{
        struct dictionary_path path;
        struct hash256 computed;
        enum ansa_err err = dictionary_path_decode(bytes, &path);
        if (err == ANSA_OK)
                err = dictionary_path_root(h, key, commitment, &path, &computed);
        if (err != ANSA_OK)
                return err;
        return hash256_equal(&computed, root) ? ANSA_OK : ANSA_E_UNAUTHENTIC;
}
