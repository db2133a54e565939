/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_BASE_VERIFIER_H
#define ANSA_BASE_VERIFIER_H

#include "ansa/bytes.h"
#include "ansa/err.h"

#define ED25519_KEY_SIZE       32u
#define ED25519_SIGNATURE_SIZE 64u

/**
 * Checks Ed25519 signatures (RFC 8032), handed to whoever checks a note: OpenSSL's
 * (crypto/verifier.h), or what a microcontroller has.
 */
struct verifier {
        /** Of the parts one after the other. ANSA_E_UNAUTHENTIC: wrong; other errors: cannot say. */
        enum ansa_err (*ed25519)(const struct verifier *v, const uint8_t key[ED25519_KEY_SIZE],
                                 const struct ansa_bytes *parts, size_t count,
                                 const uint8_t signature[ED25519_SIGNATURE_SIZE]);
};

#endif
