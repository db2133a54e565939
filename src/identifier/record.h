/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_IDENTIFIER_RECORD_H
#define ANSA_IDENTIFIER_RECORD_H

#include "ansa/value.h"
#include "base/arena.h"
#include "store/store.h"

/**
 * The stored form of a record: what STORE_RECORDS maps a folded identifier to.
 *
 *   u8   flags       RECORD_NAME_STORED: name follows (it differs from the key)
 *   u16  name size, name octets                    only with RECORD_NAME_STORED
 *   u16  count of all values
 *   u16  count of publicly readable values
 *   u32  size in octets of the publicly readable values
 *   ..   values in wire form: the public ones first, each part in its order
 *
 * A key longer than 400 octets is its first 400 followed by the SHA-256 of the whole
 * (design 3); such records always store their name.
 */
#define RECORD_NAME_STORED   0x01u
#define RECORD_KEY_PLAIN_MAX 400u

struct record {
        struct ansa_bytes name; /* as created */
        struct ansa_values all;
        struct ansa_values public_only; /* the front part of all */
};

/** @stored under @key; borrowed. ANSA_E_CORRUPT when it is not such a form. */
ANSA_CHECKED enum ansa_err record_decode(struct ansa_bytes key, struct ansa_bytes stored,
                                         struct record *r);

/** Stored form of @name (under folded @key) with @values in their order, into @arena. */
ANSA_CHECKED enum ansa_err record_encode(struct ansa_bytes name, struct ansa_bytes key,
                                         struct ansa_values values, struct arena *arena,
                                         struct ansa_bytes *stored);

/** The store key of @name: folded, shortened when long. @key must have STORE_KEY_SIZE_MAX octets. */
ANSA_CHECKED enum ansa_err record_key(struct ansa_bytes name, bool case_sensitive, uint8_t *key,
                                      size_t *size);

#endif
