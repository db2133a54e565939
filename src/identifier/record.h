/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_IDENTIFIER_RECORD_H
#define ANSA_IDENTIFIER_RECORD_H

#include "ansa/value.h"
#include "base/arena.h"
#include "crypto/commitment.h"
#include "store/store.h"

/**
 * The stored form of a record: what STORE_RECORDS maps a folded identifier to.
 *
 *   u8   flags       RECORD_NAME_STORED: name follows (it differs from the key)
 *   16   salt, u64 number of the entry in the ledger     only with RECORD_MARKED
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
#define RECORD_MARKED        0x02u

#define RECORD_KEY_PLAIN_MAX 400u

/** What ties a record to the ledger: without it (in stores that have none) nothing is proven. */
struct record_mark {
        struct salt salt;
        uint64_t number; /* of the entry that put the record */
};

struct record {
        struct ansa_bytes name; /* as created */
        bool has_mark;
        struct record_mark mark;
        struct ansa_values all;
        struct ansa_values public_only; /* the front part of all */
};

/** @stored under @key; borrowed. ANSA_E_CORRUPT when it is not such a form. */
ANSA_CHECKED enum ansa_err record_decode(struct ansa_bytes key, struct ansa_bytes stored,
                                         struct record *r);

/**
 * The public values, and the octets of all values, of a stored form, without a look at them: for
 * what was decoded before. False: it is cut off.
 */
bool record_parts(struct ansa_bytes stored, struct ansa_values *public_only,
                  struct ansa_bytes *all);

/** Stored form of @name (under folded @key) with @values in their order, into @arena. @mark or NULL. */
ANSA_CHECKED enum ansa_err record_encode(struct ansa_bytes name, struct ansa_bytes key,
                                         struct ansa_values values, const struct record_mark *mark,
                                         struct arena *arena, struct ansa_bytes *stored);

/**
 * What the ledger's history keeps of a record that is replaced: block store key, stored form.
 * Into @arena, and back, borrowed. ANSA_E_CORRUPT.
 */
ANSA_CHECKED enum ansa_err record_archive(struct ansa_bytes key, struct ansa_bytes stored,
                                          struct arena *arena, struct ansa_bytes *row);
ANSA_CHECKED enum ansa_err record_unarchive(struct ansa_bytes row, struct record *r);

/** The commitment to a decoded record under @salt (docs/ledger.md, section 1). */
void record_commitment(const struct hasher *h, const struct record *r, const struct salt *salt,
                       struct hash256 *commitment);

/** The store key of @name: folded, shortened when long. @key must have STORE_KEY_SIZE_MAX octets. */
ANSA_CHECKED enum ansa_err record_key(struct ansa_bytes name, bool case_sensitive, uint8_t *key,
                                      size_t *size);

#endif
