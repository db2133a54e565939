/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/verifier.h"

#include "crypto/key.h"

static enum ansa_err ed25519(const struct verifier *v, const uint8_t key[ED25519_KEY_SIZE],
                             const struct ansa_bytes *parts, size_t count,
                             const uint8_t signature[ED25519_SIGNATURE_SIZE])
{
        (void)v;
        const struct ansa_key integers = { .kind = ANSA_KEY_ED25519,
                                           .part_count = 1,
                                           .part = { { key, ED25519_KEY_SIZE } } };
        struct crypto_key *made = NULL;
        enum ansa_err err = crypto_key_new(&integers, &made);
        if (err != ANSA_OK)
                return err;
        err = crypto_verify(made, ALGORITHM_SHA256, parts, count,
                            (struct ansa_bytes){ signature, ED25519_SIGNATURE_SIZE });
        crypto_key_free(made);
        return err;
}

const struct verifier crypto_verifier = { ed25519 };
