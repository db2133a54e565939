/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_CRYPTO_KEY_CHECK_H
#define ANSA_CRYPTO_KEY_CHECK_H

#include "crypto/integers.h"

/**
 * Refuse integers that are no key or would cost too much, and fill in what the wire form
 * leaves out (e of a private RSA key without factors, y of a private DSA key).
 * ANSA_E_UNSUPPORTED for the sizes of key_internal.h, ANSA_E_MALFORMED for the rest.
 */
ANSA_CHECKED enum ansa_err key_check_rsa(struct integers *n, bool is_private);
ANSA_CHECKED enum ansa_err key_check_dsa(struct integers *n, bool is_private);

#endif
