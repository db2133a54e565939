/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A key, a commitment, then octets. As a path: it leads to one root, under which it proves one
 * answer and not the other. As keys of a dictionary, one octet each: everything is proven.
 */
#include "base/assert.h"
#include "crypto/dictionary_build.h"
#include "crypto/hasher.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void path(const struct hash256 *key, const struct hash256 *commitment,
                 struct ansa_bytes octets)
{
        struct dictionary_path p;
        struct hash256 root;
        if (dictionary_path_decode(octets, &p) != ANSA_OK)
                return;
        ansa_assert(octets.at[0] == p.count);
        const struct hash256 *claim = p.end == DICTIONARY_OWN ? commitment : NULL;
        if (dictionary_path_root(&crypto_hasher, key, claim, &p, &root) != ANSA_OK)
                return;
        ansa_assert(dictionary_verify(&crypto_hasher, &root, key, claim, octets) == ANSA_OK);
        ansa_assert(dictionary_verify(&crypto_hasher, &root, key, claim == NULL ? commitment : NULL,
                                      octets) != ANSA_OK);
}

#define LEAVES_MAX 256u

static void dictionary(const struct hash256 *key, const uint8_t *at, size_t size)
{
        static struct dictionary_leaf leaves[LEAVES_MAX];
        static struct dictionary_trail t;
        uint8_t room[DICTIONARY_PATH_SIZE_MAX];
        bool has[LEAVES_MAX] = { false };
        size_t count = 0;
        struct hash256 root;
        for (size_t i = 0; i < size; i++)
                has[at[i]] = true;
        for (unsigned v = 0; v < LEAVES_MAX; v++) { /* the octet's bits, far apart */
                struct hash256 k = *key;
                for (unsigned i = 0; i < 8; i++) {
                        k.at[i * 4] &= 0xfe;
                        k.at[i * 4] |= (uint8_t)(v >> (7 - i) & 1);
                }
                if (has[v])
                        leaves[count++] = (struct dictionary_leaf){ k, k };
        }
        ansa_assert(dictionary_root(&crypto_hasher, leaves, count, &root) == ANSA_OK);
        size_t found = 0;
        t.count = 0;
        ansa_assert(dictionary_bucket_walk(&crypto_hasher, leaves, count, key, &t, &found) ==
                    ANSA_OK);
        ansa_assert((found < count) == (count > 0));
        struct buf b = buf_over(room, sizeof(room));
        dictionary_trail_encode(&t, &b);
        ansa_assert(dictionary_verify(&crypto_hasher, &root, key,
                                      t.end == DICTIONARY_OWN ? key : NULL,
                                      buf_written(&b)) == ANSA_OK);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        struct hash256 key;
        struct hash256 commitment;
        if (size < 64)
                return 0;
        memcpy(key.at, data, HASH_SIZE);
        memcpy(commitment.at, data + HASH_SIZE, HASH_SIZE);
        path(&key, &commitment, (struct ansa_bytes){ data + 64, size - 64 });
        dictionary(&key, data + 64, size - 64);
        return 0;
}
