/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_PROGRAMS_KEY_LOAD_H
#define ANSA_PROGRAMS_KEY_LOAD_H

#include "ansa/bytes.h"
#include "ansa/err.h"
#include "crypto/key.h"

/**
 * A key in any form that people have: PEM (private or public), JWK, a private key file of the
 * Java tools (plain or encrypted), or a bare public key encoding (pubkey.bin).
 * ANSA_E_DENIED: the passphrase is missing or wrong. ANSA_E_MALFORMED: none of these forms.
 */
ANSA_CHECKED enum ansa_err key_from_octets(struct ansa_bytes file, struct ansa_bytes passphrase,
                                           struct crypto_key **key);

/** key_from_octets of a file. */
ANSA_CHECKED enum ansa_err key_load(const char *path, struct ansa_bytes passphrase,
                                    struct crypto_key **key);

#endif
