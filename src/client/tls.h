/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_CLIENT_TLS_H
#define ANSA_CLIENT_TLS_H

#include "base/buf.h"

/**
 * TLS 1.2 and 1.3 as a filter between a stream and its socket: no descriptor in here. No authority
 * is asked about the server's certificate: its key must be the one in the site record, or this
 * key must have signed it (docs/protocol.md).
 */
struct tls_context; /* of a client; shared by its connections */
struct tls;         /* of one connection */

ANSA_CHECKED enum ansa_err tls_context_new(struct tls_context **context);
void tls_context_free(struct tls_context *context);

/**
 * @key: the server's public key as in HS_SITE, borrowed; empty or DSA: not compared. @now_s: when
 * a certificate that it signed must be in force.
 */
ANSA_CHECKED enum ansa_err tls_new(struct tls_context *context, struct ansa_bytes key,
                                   uint32_t now_s, struct tls **tls);
void tls_free(struct tls *tls);

/**
 * Take @received octets off the network, append what was in them to @plain and what has to be sent
 * to @network. ANSA_E_UNAUTHENTIC: the server has another key. ANSA_E_NETWORK: the handshake or a
 * record failed, or the server ended the connection.
 */
ANSA_CHECKED enum ansa_err tls_receive(struct tls *tls, struct ansa_bytes received,
                                       struct buf *plain, struct buf *network);

/** Encrypt all of @plain to @network; only when tls_is_ready. */
ANSA_CHECKED enum ansa_err tls_send(struct tls *tls, struct ansa_bytes plain, struct buf *network);

/** The handshake is over and the key was compared. */
bool tls_is_ready(const struct tls *tls);

/**
 * For others who speak TLS with OpenSSL: certificates that come in connections of @ctx (an SSL_CTX)
 * are judged by @expected, which must live as long, and by nothing else.
 */
struct tls_expected {
        struct ansa_bytes key; /* as in tls_new */
        uint32_t now_s;
};
void tls_expect_key(void *ctx, const struct tls_expected *expected);

#endif
