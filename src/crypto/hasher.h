/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_CRYPTO_HASHER_H
#define ANSA_CRYPTO_HASHER_H

#include "base/hasher.h"

/** OpenSSL's SHA-256. No state: any number of threads may use it at once. */
extern const struct hasher crypto_hasher;

#endif
