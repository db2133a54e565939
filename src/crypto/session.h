/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_CRYPTO_SESSION_H
#define ANSA_CRYPTO_SESSION_H

#include "ansa/key.h"
#include "base/arena.h"
#include "base/buf.h"

/** Session keys: agreement and message encryption (irp-wire 8, irp-service 6). */
enum session_cipher { CIPHER_DES = 1, CIPHER_3DES = 2, CIPHER_AES128 = 3 }; /* wire numbers */

#define SESSION_KEY_SIZE_MAX 512u

struct session_key {
        uint8_t at[SESSION_KEY_SIZE_MAX]; /* all of it keys the MAC */
        size_t size;
        enum session_cipher cipher; /* takes the first 8, 24 or 16 octets */
};

/** A new random key for @cipher: 8, 24 or 32 octets taken from @random. */
void session_key_from_random(struct session_key *key, enum session_cipher cipher,
                             const uint8_t random[32]);

/**
 * One side of a Diffie-Hellman agreement in the group of @peer (y, p, g), or of group 14
 * (RFC 3526) when @peer is NULL. Groups under @bits_min or over 4096 bits, even or tiny p,
 * and y outside 2..p-2 are refused: ANSA_E_DENIED for the size, ANSA_E_MALFORMED for the rest.
 */
struct dh_exchange;
ANSA_CHECKED enum ansa_err dh_new(const struct ansa_key *peer, uint32_t bits_min,
                                  struct dh_exchange **dh);
/** As dh_new with a fresh exchange in the 1024-bit group 2 (RFC 2409), for tests of old clients. */
ANSA_CHECKED enum ansa_err dh_new_group2(struct dh_exchange **dh);
void dh_free(struct dh_exchange *dh);

/** Our public half (kind DH: y, p, g), in @arena. */
ANSA_CHECKED enum ansa_err dh_public(const struct dh_exchange *dh, struct arena *arena,
                                     struct ansa_key *public_key);

/**
 * The key both sides now share: the secret without leading zeros (but 32 octets are kept), cut
 * to 8 octets for DES and 24 for 3DES, both with odd parity, and to 32 for AES. A @peer of
 * another group, or whose y leads to 0, 1 or p - 1, is ANSA_E_MALFORMED.
 */
ANSA_CHECKED enum ansa_err dh_agree(struct dh_exchange *dh, const struct ansa_key *peer,
                                    enum session_cipher cipher, struct session_key *key);

/**
 * Encrypt or decrypt what follows an envelope. From version 2.4 (@has_iv) CBC with a random IV
 * of 8 or 16 octets in front (@iv, at least 16 octets of randomness), before that ECB; PKCS#7
 * padding. Appends to @out. Bad padding or size: ANSA_E_UNAUTHENTIC.
 */
ANSA_CHECKED enum ansa_err session_encrypt(const struct session_key *key, bool has_iv,
                                           const uint8_t iv[16], struct ansa_bytes plain,
                                           struct buf *out);
ANSA_CHECKED enum ansa_err session_decrypt(const struct session_key *key, bool has_iv,
                                           struct ansa_bytes cipher, struct buf *out);

#endif
