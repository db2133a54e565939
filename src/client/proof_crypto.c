/* SPDX-License-Identifier: Apache-2.0 */
/* Cryptography that is handed in. Part of libansa-core.a: nothing but string.h. */
#include "client/proof.h"

static void sha256(const struct hasher *h, const struct ansa_bytes *parts, size_t count,
                   struct hash256 *hash)
{
        const struct ansa_proof_crypto *crypto =
                ((const struct proof_hasher *)(const void *)h)->crypto;
        crypto->sha256(crypto->context, parts, count, hash->at);
}

struct proof_hasher proof_hasher_of(const struct ansa_proof_crypto *crypto)
{
        return (struct proof_hasher){ { sha256 }, crypto };
}

/* Ed25519 passes over its input twice, so the parts must lie together. */
static enum ansa_err ed25519(const struct verifier *v, const uint8_t key[ED25519_KEY_SIZE],
                             const struct ansa_bytes *parts, size_t count,
                             const uint8_t signature[ED25519_SIGNATURE_SIZE])
{
        const struct ansa_proof_crypto *crypto =
                ((const struct proof_verifier *)(const void *)v)->crypto;
        uint8_t at[NOTE_COSIGNED_HEAD_MAX + BUNDLE_CHECKPOINT_MAX];
        struct buf message = buf_over(at, sizeof(at));
        for (size_t i = 0; i < count; i++)
                buf_bytes(&message, parts[i]);
        if (message.err != ANSA_OK)
                return message.err;
        return crypto->ed25519(crypto->context, key, buf_written(&message), signature)
                       ? ANSA_OK
                       : ANSA_E_UNAUTHENTIC;
}

struct proof_verifier proof_verifier_of(const struct ansa_proof_crypto *crypto)
{
        return (struct proof_verifier){ { ed25519 }, crypto };
}
