/* SPDX-License-Identifier: Apache-2.0 */
#include "ansa/proof.h"
#include "crypto/hasher.h"
#include "crypto/verifier.h"

static void sha256(void *context, const struct ansa_bytes *parts, size_t count,
                   uint8_t digest[ANSA_PROOF_DIGEST_SIZE])
{
        struct hash256 hash;
        (void)context;
        crypto_hasher.sha256(&crypto_hasher, parts, count, &hash);
        memcpy(digest, hash.at, sizeof(hash.at));
}

static bool ed25519(void *context, const uint8_t key[ANSA_PROOF_KEY_SIZE],
                    struct ansa_bytes message, const uint8_t signature[ANSA_PROOF_SIGNATURE_SIZE])
{
        (void)context;
        return crypto_verifier.ed25519(&crypto_verifier, key, &message, 1, signature) == ANSA_OK;
}

const struct ansa_proof_crypto *ansa_proof_openssl(void)
{
        static const struct ansa_proof_crypto crypto = { sha256, ed25519, NULL };
        return &crypto;
}
