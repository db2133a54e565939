/* SPDX-License-Identifier: Apache-2.0 */
#include "doors/web.h"

#include <gnutls/x509.h>
#include <limits.h>
#include <stdlib.h>

/*
 * Certificates of HTTPS: ours, which can be changed while connections go on, and those
 * that clients show. GnuTLS does the handshakes within libmicrohttpd.
 */

#define CHAIN_MAX       8u
#define RETIRED_LIFE_MS 300000u /* far longer than a handshake may take */
#define CLIENT_KEY_MAX  16384u
#define CLIENT_NAME_MAX 2048u
#define OID_UID         "0.9.2342.19200300.100.1.1"

struct web_tls {
        gnutls_pcert_st chain[CHAIN_MAX];
        unsigned count;
        gnutls_privkey_t key;
        struct web_tls *older;
        uint64_t retired_ms; /* when another took its place */
};

static void tls_free(struct web_tls *t)
{
        if (t == NULL)
                return;
        for (unsigned i = 0; i < t->count; i++)
                gnutls_pcert_deinit(&t->chain[i]);
        if (t->key != NULL)
                gnutls_privkey_deinit(t->key);
        free(t);
}

/* The first certificate is for this key. */
static bool fits(const struct web_tls *t)
{
        unsigned char of_key[64];
        unsigned char of_cert[64];
        size_t key_size = sizeof(of_key);
        size_t cert_size = sizeof(of_cert);
        gnutls_pubkey_t public_key;
        if (gnutls_pubkey_init(&public_key) != GNUTLS_E_SUCCESS)
                return false;
        bool ok = gnutls_pubkey_import_privkey(public_key, t->key, 0, 0) == GNUTLS_E_SUCCESS &&
                  gnutls_pubkey_get_key_id(public_key, 0, of_key, &key_size) == GNUTLS_E_SUCCESS &&
                  gnutls_pubkey_get_key_id(t->chain[0].pubkey, 0, of_cert, &cert_size) ==
                          GNUTLS_E_SUCCESS &&
                  key_size == cert_size && memcmp(of_key, of_cert, key_size) == 0;
        gnutls_pubkey_deinit(public_key);
        return ok;
}

static gnutls_datum_t datum(struct ansa_bytes bytes)
{
        /* it does not write there */
        return (gnutls_datum_t){ (unsigned char *)(uintptr_t)bytes.at, (unsigned)bytes.size };
}

static enum ansa_err load(struct ansa_bytes chain, struct ansa_bytes key, struct web_tls **tls)
{
        *tls = NULL;
        if (chain.size == 0 || key.size == 0 || chain.size > INT_MAX || key.size > INT_MAX)
                return ANSA_E_MALFORMED;
        struct web_tls *t = calloc(1, sizeof(*t));
        if (t == NULL)
                return ANSA_E_NO_MEMORY;
        gnutls_datum_t chain_pem = datum(chain);
        gnutls_datum_t key_pem = datum(key);
        unsigned count = CHAIN_MAX;
        if (gnutls_pcert_list_import_x509_raw(t->chain, &count, &chain_pem, GNUTLS_X509_FMT_PEM,
                                              0) != GNUTLS_E_SUCCESS) {
                free(t);
                return ANSA_E_MALFORMED;
        }
        t->count = count;
        if (gnutls_privkey_init(&t->key) != GNUTLS_E_SUCCESS ||
            gnutls_privkey_import_x509_raw(t->key, &key_pem, GNUTLS_X509_FMT_PEM, NULL, 0) !=
                    GNUTLS_E_SUCCESS ||
            !fits(t)) {
                tls_free(t);
                return ANSA_E_MALFORMED;
        }
        *tls = t;
        return ANSA_OK;
}

enum ansa_err web_tls_set(struct web *web, struct ansa_bytes chain, struct ansa_bytes key)
{
        struct web_tls *t;
        enum ansa_err err = load(chain, key, &t);
        if (err != ANSA_OK)
                return err;
        lock_take(&web->lock);
        struct web_tls *old = atomic_load(&web->tls);
        if (old != NULL)
                old->retired_ms = web->env->steady_ms(web->env);
        t->older = old;
        atomic_store_explicit(&web->tls, t, memory_order_release);
        lock_give(&web->lock);
        return ANSA_OK;
}

void web_tls_retire(struct web *web, uint64_t now_ms)
{
        lock_take(&web->lock);
        struct web_tls *t = atomic_load(&web->tls);
        while (t != NULL && t->older != NULL) {
                struct web_tls *old = t->older;
                if (now_ms < old->retired_ms + RETIRED_LIFE_MS) {
                        t = old;
                        continue;
                }
                t->older = old->older;
                tls_free(old);
        }
        lock_give(&web->lock);
}

void web_tls_free(struct web *web)
{
        struct web_tls *t = atomic_load(&web->tls);
        while (t != NULL) {
                struct web_tls *older = t->older;
                tls_free(t);
                t = older;
        }
        atomic_store(&web->tls, NULL);
}

int web_tls_retrieve(gnutls_session_t session, const gnutls_datum_t *issuers, int issuer_count,
                     const gnutls_pk_algorithm_t *algorithms, int algorithm_count,
                     gnutls_pcert_st **chain, unsigned *chain_count, gnutls_privkey_t *key)
{
        (void)issuers;
        (void)issuer_count;
        (void)algorithms;
        (void)algorithm_count;
        struct MHD_Connection *mhd = gnutls_session_get_ptr(session);
        struct web_conn *c =
                MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
        struct web_tls *t = atomic_load_explicit(&c->web->tls, memory_order_acquire);
        if (web_limits(c->web)->asks_certificates) {
                /* of any issuer: what counts is that the key stands in the identity's record */
                gnutls_certificate_server_set_request(session, GNUTLS_CERT_REQUEST);
                gnutls_certificate_send_x509_rdn_sequence(session, 1);
        }
        *chain = t->chain;
        *chain_count = t->count;
        *key = t->key;
        return 0;
}

/* UID, else CN, into @name; its size, 0 when there is neither. */
static size_t name_of(gnutls_x509_crt_t cert, uint8_t name[CLIENT_NAME_MAX])
{
        size_t size = CLIENT_NAME_MAX;
        if (gnutls_x509_crt_get_dn_by_oid(cert, OID_UID, 0, 0, name, &size) == GNUTLS_E_SUCCESS)
                return size;
        size = CLIENT_NAME_MAX;
        if (gnutls_x509_crt_get_dn_by_oid(cert, GNUTLS_OID_X520_COMMON_NAME, 0, 0, name, &size) ==
            GNUTLS_E_SUCCESS)
                return size;
        return 0;
}

static struct web_client *client_of(gnutls_x509_crt_t cert)
{
        uint8_t name[CLIENT_NAME_MAX];
        uint8_t *key = malloc(CLIENT_KEY_MAX);
        size_t key_size = CLIENT_KEY_MAX;
        size_t name_size = name_of(cert, name);
        struct web_client *client = NULL;
        gnutls_pubkey_t public_key = NULL;
        if (key == NULL || name_size == 0 || gnutls_pubkey_init(&public_key) != GNUTLS_E_SUCCESS)
                goto out;
        if (gnutls_pubkey_import_x509(public_key, cert, 0) != GNUTLS_E_SUCCESS ||
            gnutls_pubkey_export(public_key, GNUTLS_X509_FMT_DER, key, &key_size) !=
                    GNUTLS_E_SUCCESS)
                goto out;
        client = malloc(sizeof(*client) + name_size + key_size);
        if (client == NULL)
                goto out;
        memcpy(client->octets, name, name_size);
        memcpy(client->octets + name_size, key, key_size);
        client->name = (struct ansa_bytes){ client->octets, name_size };
        client->key = (struct ansa_bytes){ client->octets + name_size, key_size };
out:
        if (public_key != NULL)
                gnutls_pubkey_deinit(public_key);
        free(key);
        return client;
}

struct web_client *web_tls_client(struct MHD_Connection *mhd)
{
        const union MHD_ConnectionInfo *info =
                MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_GNUTLS_SESSION);
        unsigned count = 0;
        const gnutls_datum_t *der =
                info != NULL
                        ? gnutls_certificate_get_peers((gnutls_session_t)info->tls_session, &count)
                        : NULL;
        gnutls_x509_crt_t cert;
        if (der == NULL || count == 0 || gnutls_x509_crt_init(&cert) != GNUTLS_E_SUCCESS)
                return NULL;
        struct web_client *client = NULL;
        if (gnutls_x509_crt_import(cert, &der[0], GNUTLS_X509_FMT_DER) == GNUTLS_E_SUCCESS)
                client = client_of(cert);
        gnutls_x509_crt_deinit(cert);
        return client;
}
