/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_CRYPTO_ALGORITHMS_H
#define ANSA_CRYPTO_ALGORITHMS_H

#include "crypto/digest.h"

#include <openssl/evp.h>

/**
 * What OpenSSL 3 calls fetching (finding an algorithm by name) costs more than a digest
 * of a message, so everything used often is fetched once and shared. Read-only afterwards.
 */
enum cipher_algorithm {
        BLOCK_3DES_CBC, /* with K|K|K also single DES: EDE with equal keys is DES */
        BLOCK_3DES_ECB,
        BLOCK_AES128_CBC,
        BLOCK_AES128_ECB,
        BLOCK_AES192_CBC,
        BLOCK_AES256_CBC,
        BLOCK_COUNT
};

#define ALGORITHM_COUNT 3u

struct algorithms {
        EVP_MD *digest[ALGORITHM_COUNT];    /* by enum digest_algorithm */
        EVP_MAC_CTX *hmac[ALGORITHM_COUNT]; /* with the digest set and no key: to be duplicated */
        EVP_CIPHER *block[BLOCK_COUNT];
};

/** NULL when this OpenSSL lacks one of them. Thread safe. */
const struct algorithms *algorithms(void);

/** Forget what OpenSSL says about a failure; returns @err for the caller to return. */
enum ansa_err crypto_failed(enum ansa_err err);

/** One run over @in with PKCS#7 padding. Room at @out: the next multiple of a block after in.size. */
#define BLOCK_SIZE_MAX 16u
ANSA_CHECKED enum ansa_err block_encrypt(enum cipher_algorithm algorithm, const uint8_t *key,
                                         const uint8_t *iv, struct ansa_bytes in, uint8_t *out,
                                         size_t *size);

/**
 * The reverse; room for in.size octets at @out. ANSA_E_UNAUTHENTIC when @in is no whole number
 * of blocks or the padding is wrong.
 */
ANSA_CHECKED enum ansa_err block_decrypt(enum cipher_algorithm algorithm, const uint8_t *key,
                                         const uint8_t *iv, struct ansa_bytes in, uint8_t *out,
                                         size_t *size);
size_t block_size(enum cipher_algorithm algorithm);

#endif
