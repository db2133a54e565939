/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_CLIENT_IDENTITY_H
#define ANSA_CLIENT_IDENTITY_H

#include "ansa/client.h"
#include "base/buf.h"
#include "crypto/key.h"

struct ansa_identity {
        uint8_t name_at[ANSA_NAME_SIZE_MAX];
        struct ansa_ref ref;    /* name in name_at */
        struct crypto_key *key; /* private, or NULL */
        uint8_t *secret;        /* or NULL */
        size_t secret_size;
};

/** What a challenge asks to be answered. */
struct challenge {
        struct ansa_bytes nonce;
        struct ansa_bytes digest; /* of our request, checked before */
        uint16_t version;         /* of the challenge message */
        uint16_t suggested;       /* by its sender */
};

/**
 * The body of the answer (op 200), appended to @body. Secret keys choose their form by the lower of
 * the two versions (irp-wire 4.11): PBKDF2 from 2.7, SHA1 from 2.1, else bare MD5.
 *
 * @salt  16 random octets.
 */
ANSA_CHECKED enum ansa_err identity_answer(const struct ansa_identity *identity,
                                           const struct challenge *challenge,
                                           const uint8_t salt[16], struct buf *body);

/** The same for a secret with the form @code (enum mac_code) of the caller's choice. */
ANSA_CHECKED enum ansa_err identity_answer_mac(const struct ansa_identity *identity, uint8_t code,
                                               const struct challenge *challenge,
                                               const uint8_t salt[16], struct buf *body);

#endif
