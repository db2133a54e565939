/* SPDX-License-Identifier: Apache-2.0 */
#include "client/tls.h"

#include "base/assert.h"
#include "crypto/tls_cert.h"
#include "wire/data.h"

#include <limits.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdlib.h>

#define KEY_SIZE_MAX 16384u /* octets of its integers; RSA with 4,096 bits has 600 */

struct tls_context {
        SSL_CTX *ctx;
};

struct tls {
        SSL *ssl;
        BIO *from_network; /* both owned by ssl */
        BIO *to_network;
        struct ansa_bytes key; /* borrowed */
        uint32_t now_s;
        bool is_ready;
};

enum ansa_err tls_context_new(struct tls_context **context)
{
        struct tls_context *c = calloc(1, sizeof(*c));
        *context = NULL;
        if (c == NULL)
                return ANSA_E_NO_MEMORY;
        c->ctx = SSL_CTX_new(TLS_client_method());
        if (c->ctx == NULL || SSL_CTX_set_min_proto_version(c->ctx, TLS1_2_VERSION) != 1) {
                tls_context_free(c);
                return ANSA_E_CRYPTO;
        }
        SSL_CTX_set_verify(c->ctx, SSL_VERIFY_NONE, NULL);
        *context = c;
        return ANSA_OK;
}

void tls_context_free(struct tls_context *context)
{
        if (context == NULL)
                return;
        SSL_CTX_free(context->ctx);
        free(context);
}

enum ansa_err tls_new(struct tls_context *context, struct ansa_bytes key, uint32_t now_s,
                      struct tls **tls)
{
        enum ansa_err err = ANSA_E_NO_MEMORY;
        struct tls *t = calloc(1, sizeof(*t));
        *tls = NULL;
        if (t == NULL)
                return ANSA_E_NO_MEMORY;
        t->key = key;
        t->now_s = now_s;
        t->ssl = SSL_new(context->ctx);
        t->from_network = BIO_new(BIO_s_mem());
        t->to_network = BIO_new(BIO_s_mem());
        if (t->ssl == NULL || t->from_network == NULL || t->to_network == NULL)
                goto out;
        /* An empty memory BIO means "wait", not "end". */
        (void)BIO_set_mem_eof_return(t->from_network, -1);
        (void)BIO_set_mem_eof_return(t->to_network, -1);
        SSL_set_bio(t->ssl, t->from_network, t->to_network);
        SSL_set_connect_state(t->ssl);
        *tls = t;
        return ANSA_OK;
out:
        BIO_free(t->from_network);
        BIO_free(t->to_network);
        SSL_free(t->ssl);
        free(t);
        return err;
}

void tls_free(struct tls *tls)
{
        if (tls == NULL)
                return;
        SSL_free(tls->ssl);
        free(tls);
}

/* The certificate's key is the server's, or the server's key has signed the certificate. */
static enum ansa_err compare_certificate(struct ansa_bytes der, const struct ansa_key *expected,
                                         uint32_t now_s)
{
        struct crypto_key *site = NULL;
        struct crypto_key *key = NULL;
        struct ansa_key shown;
        struct arena arena;
        arena_init(&arena, KEY_SIZE_MAX);
        enum ansa_err err = crypto_key_from_cert_der(der, &key);
        if (err == ANSA_OK)
                err = crypto_key_parts(key, false, &arena, &shown);
        if (err == ANSA_OK && key_equal(expected, &shown))
                goto out;
        err = crypto_key_new(expected, &site);
        if (err == ANSA_OK)
                err = crypto_cert_is_signed_by(der, site, now_s);
out:
        crypto_key_free(site);
        crypto_key_free(key);
        arena_fini(&arena);
        return err == ANSA_OK || err == ANSA_E_NO_MEMORY ? err : ANSA_E_UNAUTHENTIC;
}

static enum ansa_err check_certificate(const X509 *certificate, struct ansa_bytes key,
                                       uint32_t now_s)
{
        struct ansa_key expected;
        if (key.size == 0)
                return ANSA_OK;
        if (key_decode(key, &expected) != ANSA_OK)
                return ANSA_E_UNAUTHENTIC;
        if (expected.kind == ANSA_KEY_DSA)
                return ANSA_OK; /* TLS stacks cannot serve these any more (irp-wire 2.1) */
        uint8_t *der = NULL;
        int size = certificate != NULL ? i2d_X509(certificate, &der) : 0;
        enum ansa_err err = ANSA_E_UNAUTHENTIC;
        if (size > 0)
                err = compare_certificate((struct ansa_bytes){ der, (size_t)size }, &expected,
                                          now_s);
        OPENSSL_free(der);
        return err;
}

static enum ansa_err check_server(const struct tls *t)
{
        X509 *certificate = SSL_get1_peer_certificate(t->ssl);
        enum ansa_err err = check_certificate(certificate, t->key, t->now_s);
        X509_free(certificate);
        return err;
}

static int judge(X509_STORE_CTX *store, void *context)
{
        const struct tls_expected *e = context;
        bool good = check_certificate(X509_STORE_CTX_get0_cert(store), e->key, e->now_s) == ANSA_OK;
        X509_STORE_CTX_set_error(store, good ? X509_V_OK : X509_V_ERR_CERT_UNTRUSTED);
        return good;
}

void tls_expect_key(void *ctx, const struct tls_expected *expected)
{
        union {
                const struct tls_expected *lent;
                void *given; /* OpenSSL hands back what it was given, and does not write to it */
        } u = { .lent = expected };
        SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
        SSL_CTX_set_cert_verify_callback(ctx, judge, u.given);
}

static enum ansa_err drain(struct tls *t, struct buf *network)
{
        size_t pending = BIO_ctrl_pending(t->to_network);
        if (pending == 0)
                return ANSA_OK;
        uint8_t *at = buf_take(network, pending);
        if (at == NULL)
                return network->err;
        int n = BIO_read(t->to_network, at, (int)pending);
        ansa_assert(n == (int)pending);
        return ANSA_OK;
}

/* "Wait for more" is not an error; everything else is. */
static enum ansa_err verdict(const struct tls *t, int rc)
{
        int why = SSL_get_error(t->ssl, rc);
        ERR_clear_error();
        return why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE ? ANSA_OK : ANSA_E_NETWORK;
}

static enum ansa_err read_plain(struct tls *t, struct buf *plain)
{
        for (;;) {
                uint8_t chunk[4096];
                ERR_clear_error();
                int n = SSL_read(t->ssl, chunk, sizeof(chunk));
                if (n <= 0)
                        return verdict(t, n);
                buf_bytes(plain, (struct ansa_bytes){ chunk, (size_t)n });
                if (plain->err != ANSA_OK)
                        return plain->err;
        }
}

enum ansa_err tls_receive(struct tls *tls, struct ansa_bytes received, struct buf *plain,
                          struct buf *network)
{
        enum ansa_err err = ANSA_OK;
        ansa_assert(received.size <= INT_MAX);
        if (received.size > 0 &&
            BIO_write(tls->from_network, received.at, (int)received.size) != (int)received.size)
                return ANSA_E_NO_MEMORY;
        if (!tls->is_ready) {
                ERR_clear_error();
                int rc = SSL_do_handshake(tls->ssl);
                err = rc == 1 ? check_server(tls) : verdict(tls, rc);
                tls->is_ready = rc == 1 && err == ANSA_OK;
        }
        if (err == ANSA_OK && tls->is_ready)
                err = read_plain(tls, plain);
        /* Also after a failure: the server is told why. */
        enum ansa_err drained = drain(tls, network);
        return err != ANSA_OK ? err : drained;
}

enum ansa_err tls_send(struct tls *tls, struct ansa_bytes plain, struct buf *network)
{
        ansa_assert(tls->is_ready && plain.size > 0 && plain.size <= INT_MAX);
        ERR_clear_error();
        int n = SSL_write(tls->ssl, plain.at, (int)plain.size);
        ERR_clear_error();
        if (n != (int)plain.size)
                return ANSA_E_NETWORK;
        return drain(tls, network);
}

bool tls_is_ready(const struct tls *tls)
{
        return tls->is_ready;
}
