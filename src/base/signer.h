/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_BASE_SIGNER_H
#define ANSA_BASE_SIGNER_H

#include "ansa/bytes.h"
#include "ansa/err.h"

/** Signs with a private key, wherever that lives. Blocks; never on a worker that must not wait. */
struct signer {
        enum ansa_err (*sign)(struct signer *s,
                              uint32_t digest_algorithm /* enum digest_algorithm */,
                              struct ansa_bytes message, uint8_t *signature, size_t room,
                              size_t *size);
        /** RSA PKCS#1 v1.5 decryption, for session mode 2. */
        enum ansa_err (*decrypt)(struct signer *s, struct ansa_bytes cipher, uint8_t *at,
                                 size_t room, size_t *size);
};

#endif
