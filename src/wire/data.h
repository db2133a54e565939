/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_WIRE_DATA_H
#define ANSA_WIRE_DATA_H

#include "ansa/key.h"
#include "ansa/site.h"
#include "ansa/value.h"
#include "base/buf.h"

/** Binary data of value types (irp-wire 6). HS_SITE decoding is in ansa/site.h. */

struct admin_data {
        uint16_t rights; /* RIGHT_* */
        struct ansa_ref admin;
        bool legacy_padding; /* two zero octets at the end, as software up to 7.3 wrote */
};
ANSA_CHECKED enum ansa_err admin_data_decode(struct ansa_bytes wire, struct admin_data *a);
void admin_data_encode(const struct admin_data *a, struct buf *b);

/** HS_VLIST: list<ref>. */
ANSA_CHECKED enum ansa_err vlist_decode(struct ansa_bytes wire, struct ansa_refs *refs);
void vlist_encode(const struct ansa_ref *refs, uint32_t count, struct buf *b);

/** HS_SITE from its parts; attributes and servers are already encoded in @site. */
void site_encode(const struct ansa_site *site, struct buf *b);
void site_put_attribute(const struct ansa_attribute *attribute, struct buf *b);
void site_put_server(const struct ansa_server *server, const struct ansa_interface *interfaces,
                     struct buf *b);

/**
 * HS_PUBKEY and the keys in HS_SITE and session set-up (irp-wire 6.5). RSA's four
 * surplus octets are accepted and not written. Leading zero octets of integers are
 * taken off; the sign octet is written. "ED25519_PUB_KEY" is our extension: one
 * block of 32 octets. An unknown key type is ANSA_E_UNSUPPORTED. Encoding a key that
 * has no such form (kind, parts) fails the buffer with ANSA_E_ARGUMENT.
 */
#define KEY_INTEGER_SIZE_MAX 2048u /* octets without sign: 16384 bits, what libraries take */
ANSA_CHECKED enum ansa_err key_decode(struct ansa_bytes wire, struct ansa_key *key);
void key_encode(const struct ansa_key *key, struct buf *b);

/** Private keys as in files, without encryption type (irp-wire 6.6); "ED25519_PRIV_KEY" is ours. */
ANSA_CHECKED enum ansa_err private_key_decode(struct ansa_bytes wire, struct ansa_key *key);
void private_key_encode(const struct ansa_key *key, struct buf *b);

/** Same kind and integers; encodings may differ. */
bool key_equal(const struct ansa_key *a, const struct ansa_key *b);

/** A private key file (irp-wire 6.6): what is outside the encryption. */
enum key_file_form {
        KEY_FILE_DES_ECB = 0,
        KEY_FILE_PLAIN = 1,
        KEY_FILE_DES_CBC = 2,
        KEY_FILE_PBKDF2_3DES = 3,
        KEY_FILE_PBKDF2_AES = 4,
        KEY_FILE_BARE, /* no type word: starts with the key type */
};
struct key_file {
        enum key_file_form form;
        struct ansa_bytes salt;
        uint32_t iterations;
        uint32_t key_bits;
        struct ansa_bytes iv;
        struct ansa_bytes payload; /* plain key encoding, or ciphertext */
};
ANSA_CHECKED enum ansa_err key_file_decode(struct ansa_bytes wire, struct key_file *f);
void key_file_encode(const struct key_file *f, struct buf *b);

/** Bare files: root_info style "u32 total, u32 n, n values"; yields the values. */
ANSA_CHECKED enum ansa_err root_info_decode(struct ansa_bytes wire, struct ansa_values *values);

/** Types that have a meaning to a server; compared without case (registries 2). */
enum value_type {
        TYPE_OTHER,
        TYPE_HS_ADMIN,
        TYPE_HS_VLIST,
        TYPE_HS_PUBKEY,
        TYPE_HS_SECKEY,
        TYPE_HS_SITE,        /* also HS_SITE.6 */
        TYPE_HS_SITE_PREFIX, /* also HS_NA_DELEGATE */
        TYPE_HS_SERV,
        TYPE_HS_SERV_PREFIX,
        TYPE_HS_ALIAS,
        TYPE_HS_NAMESPACE,
        TYPE_HS_CERT,
        TYPE_HS_SIGNATURE,
};
enum value_type value_type_of(struct ansa_bytes type);

#endif
