/* SPDX-License-Identifier: Apache-2.0 */
#include "doors/conn.h"

#include "base/assert.h"

#include <limits.h>
#include <openssl/err.h>
#include <openssl/pem.h>

static BIO *bio_over(struct ansa_bytes bytes)
{
        return bytes.size <= INT_MAX ? BIO_new_mem_buf(bytes.at, (int)bytes.size) : NULL;
}

/* The certificate, and any after it as the chain to show. */
static bool use_chain(SSL_CTX *context, struct ansa_bytes chain)
{
        bool ok = false;
        BIO *bio = bio_over(chain);
        X509 *cert = bio != NULL ? PEM_read_bio_X509(bio, NULL, NULL, NULL) : NULL;
        if (cert == NULL || SSL_CTX_use_certificate(context, cert) != 1)
                goto out;
        for (;;) {
                X509 *next = PEM_read_bio_X509(bio, NULL, NULL, NULL);
                if (next == NULL)
                        break;
                if (SSL_CTX_add0_chain_cert(context, next) != 1) {
                        X509_free(next);
                        goto out;
                }
        }
        ok = true;
out:
        X509_free(cert);
        BIO_free(bio);
        return ok;
}

static bool use_key(SSL_CTX *context, struct ansa_bytes pem)
{
        BIO *bio = bio_over(pem);
        EVP_PKEY *key = bio != NULL ? PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL) : NULL;
        bool ok = key != NULL && SSL_CTX_use_PrivateKey(context, key) == 1 &&
                  SSL_CTX_check_private_key(context) == 1;
        EVP_PKEY_free(key);
        BIO_free(bio);
        return ok;
}

enum ansa_err conn_tls_context(struct ansa_bytes chain, struct ansa_bytes key, SSL_CTX **context)
{
        *context = NULL;
        SSL_CTX *c = SSL_CTX_new(TLS_server_method());
        if (c == NULL)
                return ANSA_E_NO_MEMORY;
        /* no tickets and no cache: a session costs one signature, resuming would cost secrets */
        (void)SSL_CTX_set_options(c, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION);
        (void)SSL_CTX_set_session_cache_mode(c, SSL_SESS_CACHE_OFF);
        (void)SSL_CTX_set_mode(c, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_RELEASE_BUFFERS |
                                          SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
        enum ansa_err err = ANSA_E_MALFORMED;
        if (SSL_CTX_set_min_proto_version(c, TLS1_3_VERSION) != 1 ||
            SSL_CTX_set_num_tickets(c, 0) != 1)
                err = ANSA_E_CRYPTO;
        else if (use_chain(c, chain) && use_key(c, key))
                err = ANSA_OK;
        ERR_clear_error();
        if (err != ANSA_OK)
                SSL_CTX_free(c);
        else
                *context = c;
        return err;
}

static enum stream_io outcome(struct conn *c, int result)
{
        int why = SSL_get_error(c->tls, result);
        if (why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE)
                return STREAM_AGAIN;
        ERR_clear_error();
        return why == SSL_ERROR_ZERO_RETURN ? STREAM_END : STREAM_FAILED;
}

enum stream_io conn_tls_handshake(struct conn *c)
{
        ERR_clear_error();
        int result = SSL_accept(c->tls);
        return result == 1 ? STREAM_DONE : outcome(c, result);
}

enum stream_io conn_tls_receive(struct conn *c, uint8_t *at, size_t room, size_t *size)
{
        *size = 0;
        ERR_clear_error();
        /* a record holds 16 KiB at most: read until it has no more or we have no room */
        while (*size < room) {
                size_t n = 0;
                int result = SSL_read_ex(c->tls, at + *size, room - *size, &n);
                if (result != 1)
                        return *size > 0 ? STREAM_DONE : outcome(c, result);
                *size += n;
        }
        return STREAM_DONE;
}

enum stream_io conn_tls_send(struct conn *c, const uint8_t *at, size_t size, size_t *sent)
{
        *sent = 0;
        ERR_clear_error();
        while (*sent < size) {
                size_t n = 0;
                int result = SSL_write_ex(c->tls, at + *sent, size - *sent, &n);
                if (result != 1) {
                        enum stream_io io = outcome(c, result);
                        return io == STREAM_AGAIN && *sent > 0 ? STREAM_DONE : io;
                }
                *sent += n;
        }
        return STREAM_DONE;
}
