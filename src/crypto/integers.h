/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_CRYPTO_INTEGERS_H
#define ANSA_CRYPTO_INTEGERS_H

#include "ansa/key.h"
#include "base/arena.h"

#include <openssl/bn.h>
#include <openssl/evp.h>

/** The integers of an RSA, DSA or Diffie-Hellman key between wire form and OpenSSL. */
enum integer {
        RSA_N,
        RSA_E,
        RSA_D,
        RSA_P,
        RSA_Q,
        RSA_DP,
        RSA_DQ,
        RSA_QINV,
        FFC_P,
        FFC_Q,
        FFC_G,
        FFC_PUBLIC,
        FFC_PRIVATE,
        INTEGER_COUNT
};

struct integers {
        BIGNUM *of[INTEGER_COUNT]; /* NULL when absent */
};

void integers_free(struct integers *n); /* wipes */

/** From the parts of a key. ANSA_E_UNSUPPORTED for other kinds, ANSA_E_MALFORMED. */
ANSA_CHECKED enum ansa_err integers_from_parts(const struct ansa_key *parts, struct integers *n);

/** To the parts of a key in the order of the wire form. ANSA_E_CRYPTO when one is absent. */
ANSA_CHECKED enum ansa_err integers_to_parts(const struct integers *n, enum ansa_key_kind kind,
                                             bool is_private, struct arena *arena,
                                             struct ansa_key *parts);

/** All of @n into an OpenSSL key of @type ("RSA", "DSA", "DH"). */
ANSA_CHECKED enum ansa_err integers_to_pkey(const struct integers *n, const char *type,
                                            EVP_PKEY **pkey);

/** What OpenSSL holds; absent integers stay NULL. */
ANSA_CHECKED enum ansa_err integers_from_pkey(const EVP_PKEY *pkey, bool want_private,
                                              struct integers *n);

#endif
