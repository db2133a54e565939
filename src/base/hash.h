/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_BASE_HASH_H
#define ANSA_BASE_HASH_H

#include "ansa/bytes.h"

/** Key of a table's hash: random per process, so that peers cannot choose colliding keys. */
struct hash_key {
        uint64_t k0;
        uint64_t k1;
};

/** SipHash-1-3 of @bytes (Aumasson, Bernstein 2012). */
uint64_t hash_bytes(const struct hash_key *key, struct ansa_bytes bytes);

#endif
