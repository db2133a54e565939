/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_CRYPTO_KEY_INTERNAL_H
#define ANSA_CRYPTO_KEY_INTERNAL_H

#include "crypto/key.h"

#include <openssl/evp.h>

/* Inside of a key, for the files of this folder only. */
struct crypto_key {
        EVP_PKEY *pkey;
        enum ansa_key_kind kind; /* DSA, RSA or ED25519 */
        bool is_private;
        bool is_bare; /* RSA of n, e and d only, which PKCS#8 cannot hold */
        uint32_t bits;
};

/**
 * Sizes that bound what a stranger's key can make us compute, and below which a key
 * protects nothing. ANSA_E_UNSUPPORTED outside of them.
 */
#define RSA_BITS_MIN          1024
#define RSA_BITS_MAX          4096
#define RSA_EXPONENT_BITS_MAX 64
#define DSA_BITS_MIN          1024
#define DSA_BITS_MAX          3072 /* and q of 160, 224 or 256 bits, as in FIPS 186-4 */
#define ED25519_SIZE          32u

/**
 * Take over a key that OpenSSL has read or made; @pkey is consumed in every case. The
 * same limits hold as for crypto_key_new.
 */
ANSA_CHECKED enum ansa_err crypto_key_adopt(EVP_PKEY *pkey, bool is_private,
                                            struct crypto_key **key);

#endif
