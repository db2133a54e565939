/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_CRYPTO_COMMITMENT_H
#define ANSA_CRYPTO_COMMITMENT_H

#include "base/hasher.h"

/**
 * What the ledger says of a record, a homed prefix, the site and the settings (docs/ledger.md,
 * sections 1 and 2): hashes that tell nothing until they are opened. Only string.h and the hasher
 * that is handed in, so that it can be checked anywhere.
 */
#define SALT_SIZE 16u

struct salt {
        uint8_t at[SALT_SIZE];
};

/** The salt of value @position of a record with @salt: shows that value and no other. */
void commitment_salt(const struct hasher *h, const struct salt *salt, uint32_t position,
                     struct salt *own);

/** Leaf of a value in wire form, in the tree of the record's values. */
void commitment_value(const struct hasher *h, const struct salt *own, struct ansa_bytes value,
                      struct hash256 *leaf);

/** The commitment to a record of @count values, the first @public_count of them publicly readable. */
void commitment_record(const struct hasher *h, uint32_t count, uint32_t public_count,
                       const struct hash256 *values_root, struct hash256 *commitment);

/** To a prefix homed since @since_s; to HS_SITE data; to the settings that decide on rights. */
void commitment_home(const struct hasher *h, uint64_t since_s, struct hash256 *commitment);
void commitment_site(const struct hasher *h, struct ansa_bytes site, struct hash256 *commitment);
void commitment_settings(const struct hasher *h, struct ansa_bytes lines,
                         struct hash256 *commitment);

/** Keys of the dictionary. @folded is the whole identifier, however long. */
void dictionary_key_record(const struct hasher *h, struct ansa_bytes folded, struct hash256 *key);
void dictionary_key_home(const struct hasher *h, struct ansa_bytes folded, struct hash256 *key);
void dictionary_key_site(const struct hasher *h, struct hash256 *key);
void dictionary_key_settings(const struct hasher *h, struct hash256 *key);

#endif
