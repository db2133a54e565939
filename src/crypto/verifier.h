/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_CRYPTO_VERIFIER_H
#define ANSA_CRYPTO_VERIFIER_H

#include "base/verifier.h"

/** OpenSSL's Ed25519. No state: any number of threads may use it at once. */
extern const struct verifier crypto_verifier;

#endif
