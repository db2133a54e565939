/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_CRYPTO_ANSWER_H
#define ANSA_CRYPTO_ANSWER_H

#include "crypto/key.h"

/**
 * Answers to challenges (irp-wire 4.11): what is computed over nonce || request digest.
 * @code is enum mac_code of the wire layer.
 */
struct answer_input {
        struct ansa_bytes nonce;
        struct ansa_bytes digest; /* digest octets only */
};

struct mac_parameters {
        uint8_t code;
        struct ansa_bytes salt; /* PBKDF2 form only, as the next two */
        uint32_t iterations;
        uint32_t key_bits;
};

/** The MAC under @secret; *size octets (16, 20 or 32). PBKDF2 iterations above the limit: ANSA_E_LIMIT. */
#define PBKDF2_ITERATIONS_MAX 100000u /* what a stranger may make us compute; clients use 10,000 */
ANSA_CHECKED enum ansa_err answer_mac(const struct mac_parameters *parameters,
                                      struct ansa_bytes secret, const struct answer_input *input,
                                      uint8_t mac[DIGEST_SIZE_MAX], size_t *size);

#endif
