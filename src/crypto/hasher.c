/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The functions below EVP. Trees are built of millions of hashes of 65 octets, and for those EVP
 * costs half as much again as the hash itself even with the algorithm fetched and the context kept;
 * these need no context from the heap, and so cannot fail. OpenSSL 3 calls them deprecated.
 */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "crypto/hasher.h"

#include <assert.h>
#include <openssl/sha.h>

static_assert(HASH_SIZE == SHA256_DIGEST_LENGTH, "the size of a digest");

static void sha256(const struct hasher *h, const struct ansa_bytes *parts, size_t count,
                   struct hash256 *hash)
{
        (void)h;
        SHA256_CTX ctx;
        (void)SHA256_Init(&ctx);
        for (size_t i = 0; i < count; i++)
                (void)SHA256_Update(&ctx, parts[i].at, parts[i].size);
        (void)SHA256_Final(hash->at, &ctx);
}

const struct hasher crypto_hasher = { sha256 };
