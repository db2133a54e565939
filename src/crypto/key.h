/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_CRYPTO_KEY_H
#define ANSA_CRYPTO_KEY_H

#include "ansa/key.h"
#include "base/arena.h"
#include "crypto/digest.h"

/** A key ready for use; wraps what OpenSSL holds. Immutable, may be shared by threads. */
struct crypto_key;

/** From integers (RSA, RSA_CRT, DSA, ED25519; public or private). ANSA_E_UNSUPPORTED, ANSA_E_MALFORMED. */
ANSA_CHECKED enum ansa_err crypto_key_new(const struct ansa_key *parts, struct crypto_key **key);
void crypto_key_free(struct crypto_key *key); /* NULL is fine; private parts are wiped */

/** The integers of a key, in @arena; public parts only unless @want_private. */
ANSA_CHECKED enum ansa_err crypto_key_parts(const struct crypto_key *key, bool want_private,
                                            struct arena *arena, struct ansa_key *parts);

/** Make a new private key. @bits: RSA 1024..4096; DSA 1024, 2048, 3072; ignored for ED25519. */
ANSA_CHECKED enum ansa_err crypto_key_generate(enum ansa_key_kind kind, uint32_t bits,
                                               struct crypto_key **key);

enum ansa_key_kind crypto_key_kind(const struct crypto_key *key); /* RSA_CRT is reported as RSA */
bool crypto_key_is_private(const struct crypto_key *key);
uint32_t crypto_key_bits(const struct crypto_key *key);

/**
 * Sign the parts one after the other: RSA PKCS#1 v1.5, DSA as DER SEQUENCE(r, s), Ed25519
 * (which ignores @algorithm). At most CRYPTO_SIGNATURE_MAX octets.
 */
#define CRYPTO_SIGNATURE_MAX 512u
ANSA_CHECKED enum ansa_err crypto_sign(const struct crypto_key *key,
                                       enum digest_algorithm algorithm,
                                       const struct ansa_bytes *parts, size_t count,
                                       uint8_t *signature, size_t room, size_t *size);

/** ANSA_OK, or ANSA_E_UNAUTHENTIC for a wrong signature. */
ANSA_CHECKED enum ansa_err crypto_verify(const struct crypto_key *key,
                                         enum digest_algorithm algorithm,
                                         const struct ansa_bytes *parts, size_t count,
                                         struct ansa_bytes signature);

/**
 * RSA PKCS#1 v1.5 encryption of a session key. Both need @room for the octets of the modulus.
 * Decryption does not tell wrong padding: it yields octets nobody can foresee, of any length.
 * ANSA_E_MALFORMED only when @cipher is not of the modulus's size or not below it.
 */
ANSA_CHECKED enum ansa_err crypto_rsa_encrypt(const struct crypto_key *key, struct ansa_bytes plain,
                                              uint8_t *at, size_t room, size_t *size);
ANSA_CHECKED enum ansa_err crypto_rsa_decrypt(const struct crypto_key *key,
                                              struct ansa_bytes cipher, uint8_t *at, size_t room,
                                              size_t *size);

/** PEM: PKCS#8 private (plain or encrypted, @passphrase may be empty) and SubjectPublicKeyInfo. */
ANSA_CHECKED enum ansa_err crypto_key_from_pem(struct ansa_bytes pem, struct ansa_bytes passphrase,
                                               struct crypto_key **key);
/**
 * Appends PEM to @b; private keys are encrypted (PBES2, AES-256-CBC) when @passphrase is not
 * empty. ANSA_E_UNSUPPORTED for private RSA keys of n and d alone, which PKCS#8 cannot hold.
 */
struct buf;
ANSA_CHECKED enum ansa_err crypto_key_to_pem(const struct crypto_key *key, bool want_private,
                                             struct ansa_bytes passphrase, struct buf *b);

/**
 * The payload of a private key file of the Java tools (irp-wire 6.6): decrypt or encrypt.
 * @form as enum key_file_form of the wire layer. A wrong passphrase is ANSA_E_DENIED.
 */
struct key_file_cipher {
        uint32_t form;
        struct ansa_bytes salt;
        uint32_t iterations;
        uint32_t key_bits;
        struct ansa_bytes iv;
};
ANSA_CHECKED enum ansa_err key_file_decrypt(const struct key_file_cipher *c,
                                            struct ansa_bytes passphrase, struct ansa_bytes payload,
                                            struct buf *plain);
ANSA_CHECKED enum ansa_err key_file_encrypt(const struct key_file_cipher *c,
                                            struct ansa_bytes passphrase, struct ansa_bytes plain,
                                            struct buf *payload);

#endif
