/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_CRYPTO_TLS_CERT_H
#define ANSA_CRYPTO_TLS_CERT_H

#include "crypto/key.h"

/**
 * Certificates of the TLS door. No authority signs them: a client compares the public key in
 * the certificate with the server's key in HS_SITE (irp-wire 2.1), or takes a certificate that
 * this key has signed for another (tls_cert_delegate).
 */

/**
 * Append a self-signed certificate in PEM for the private @key: common name @name (UTF-8, 1 to
 * 64 octets), alternative name "localhost", good from a day before @now_s (seconds since 1970)
 * for ten years. ANSA_E_UNSUPPORTED for DSA keys, which TLS 1.3 does not know.
 */
ANSA_CHECKED enum ansa_err tls_cert_new(const struct crypto_key *key, struct ansa_bytes name,
                                        uint32_t now_s, struct buf *pem);

/**
 * A new key for TLS alone (P-256, PKCS#8 PEM to @key), and its certificate signed by the private
 * key @site (to @cert), good from a day before @now_s for @days. So no process that faces the
 * network has to hold the site's key, and a handshake costs it no RSA signature.
 */
ANSA_CHECKED enum ansa_err tls_cert_delegate(const struct crypto_key *site, struct ansa_bytes name,
                                             uint32_t now_s, uint32_t days, struct buf *cert,
                                             struct buf *key);

/** The certificate was signed by @key and is in force. ANSA_E_UNAUTHENTIC, ANSA_E_EXPIRED. */
ANSA_CHECKED enum ansa_err crypto_cert_is_signed_by(struct ansa_bytes der,
                                                    const struct crypto_key *key, uint32_t now_s);

/** When the first certificate of @pem is in force, seconds since 1970. ANSA_E_MALFORMED. */
ANSA_CHECKED enum ansa_err crypto_cert_term(struct ansa_bytes pem, uint64_t *from_s,
                                            uint64_t *until_s);

/** The public key in a certificate, in PEM (the first of several) or DER. */
ANSA_CHECKED enum ansa_err crypto_key_from_cert_pem(struct ansa_bytes pem, struct crypto_key **key);
ANSA_CHECKED enum ansa_err crypto_key_from_cert_der(struct ansa_bytes der, struct crypto_key **key);

#endif
