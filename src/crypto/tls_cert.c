/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/tls_cert.h"

#include "base/buf.h"
#include "base/text.h"
#include "crypto/algorithms.h"
#include "crypto/key_internal.h"
#include "crypto/pem.h"

#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <time.h>
#include <string.h>

#define NAME_SIZE_MAX 64u /* octets of a common name, X.520 */
#define CERT_SIZE_MAX 65536u
#define SERIAL_SIZE   16u
#define YEARS         10

static bool put_serial(X509 *cert)
{
        uint8_t octets[SERIAL_SIZE];
        if (RAND_bytes(octets, sizeof(octets)) != 1)
                return false;
        octets[0] = (uint8_t)((octets[0] & 0x7fu) | 0x40u); /* positive, and of full size */
        BIGNUM *number = BN_bin2bn(octets, sizeof(octets), NULL);
        bool ok = number != NULL && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(cert)) != NULL;
        BN_free(number);
        return ok;
}

static bool put_names(X509 *cert, struct ansa_bytes name)
{
        X509_NAME *subject = X509_get_subject_name(cert);
        return X509_NAME_add_entry_by_NID(subject, NID_commonName, MBSTRING_UTF8, name.at,
                                          (int)name.size, -1, 0) == 1 &&
               X509_set_issuer_name(cert, subject) == 1;
}

static bool put_extension(X509 *cert, int nid, const char *value)
{
        X509V3_CTX context;
        X509V3_set_ctx_nodb(&context);
        X509V3_set_ctx(&context, cert, cert, NULL, NULL, 0);
        X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
        bool ok = extension != NULL && X509_add_ext(cert, extension, -1) == 1;
        X509_EXTENSION_free(extension);
        return ok;
}

static bool fill(X509 *cert, EVP_PKEY *subject, struct ansa_bytes name, uint32_t now_s, int days)
{
        time_t now = (time_t)now_s;
        return X509_set_version(cert, X509_VERSION_3) == 1 && put_serial(cert) &&
               X509_time_adj_ex(X509_getm_notBefore(cert), -1, 0, &now) != NULL &&
               X509_time_adj_ex(X509_getm_notAfter(cert), days, 0, &now) != NULL &&
               put_names(cert, name) && X509_set_pubkey(cert, subject) == 1 &&
               put_extension(cert, NID_basic_constraints, "critical,CA:FALSE") &&
               put_extension(cert, NID_subject_alt_name, "DNS:localhost") &&
               put_extension(cert, NID_ext_key_usage, "serverAuth") &&
               put_extension(cert, NID_subject_key_identifier, "hash");
}

/* A certificate of @subject, signed by @issuer, in PEM. */
static enum ansa_err make_cert(const struct crypto_key *issuer, EVP_PKEY *subject,
                               struct ansa_bytes name, uint32_t now_s, int days, struct buf *pem)
{
        if (!issuer->is_private || name.size == 0 || name.size > NAME_SIZE_MAX ||
            !text_is_utf8(name))
                return ANSA_E_ARGUMENT;
        const struct algorithms *a = algorithms();
        if (a == NULL)
                return ANSA_E_CRYPTO;
        X509 *cert = X509_new();
        BIO *out = BIO_new(BIO_s_mem());
        enum ansa_err err = ANSA_E_NO_MEMORY;
        if (cert == NULL || out == NULL)
                goto out;
        err = ANSA_E_CRYPTO;
        /* Ed25519 signs what it is given, without a digest */
        const EVP_MD *digest =
                issuer->kind == ANSA_KEY_ED25519 ? NULL : a->digest[ALGORITHM_SHA256];
        if (!fill(cert, subject, name, now_s, days) || X509_sign(cert, issuer->pkey, digest) <= 0 ||
            PEM_write_bio_X509(out, cert) != 1)
                goto out;
        err = pem_output(out, pem);
out:
        BIO_free(out);
        X509_free(cert);
        return err == ANSA_OK ? ANSA_OK : crypto_failed(err);
}

enum ansa_err tls_cert_new(const struct crypto_key *key, struct ansa_bytes name, uint32_t now_s,
                           struct buf *pem)
{
        if (key->kind != ANSA_KEY_RSA && key->kind != ANSA_KEY_ED25519)
                return ANSA_E_UNSUPPORTED;
        return make_cert(key, key->pkey, name, now_s, YEARS * 365, pem);
}

enum ansa_err tls_cert_delegate(const struct crypto_key *site, struct ansa_bytes name,
                                uint32_t now_s, uint32_t days, struct buf *cert, struct buf *key)
{
        if (days == 0 || days > YEARS * 365)
                return ANSA_E_ARGUMENT;
        EVP_PKEY *pkey = EVP_EC_gen("P-256");
        BIO *out = BIO_new(BIO_s_mem());
        enum ansa_err err = ANSA_E_CRYPTO;
        if (pkey == NULL || out == NULL ||
            PEM_write_bio_PKCS8PrivateKey(out, pkey, NULL, NULL, 0, NULL, NULL) != 1)
                goto out;
        err = make_cert(site, pkey, name, now_s, (int)days, cert);
        if (err == ANSA_OK)
                err = pem_output(out, key);
out:
        BIO_free(out);
        EVP_PKEY_free(pkey);
        return err == ANSA_OK ? ANSA_OK : crypto_failed(err);
}

enum ansa_err crypto_cert_is_signed_by(struct ansa_bytes der, const struct crypto_key *key,
                                       uint32_t now_s)
{
        if (der.size > CERT_SIZE_MAX)
                return ANSA_E_LIMIT;
        const uint8_t *at = der.at;
        X509 *cert = der.size > 0 ? d2i_X509(NULL, &at, (long)der.size) : NULL;
        if (cert == NULL)
                return crypto_failed(ANSA_E_MALFORMED);
        time_t now = (time_t)now_s;
        enum ansa_err err = ANSA_OK;
        if (X509_verify(cert, key->pkey) != 1)
                err = ANSA_E_UNAUTHENTIC;
        else if (X509_cmp_time(X509_get0_notBefore(cert), &now) >= 0 ||
                 X509_cmp_time(X509_get0_notAfter(cert), &now) <= 0)
                err = ANSA_E_EXPIRED;
        X509_free(cert);
        return err == ANSA_OK ? ANSA_OK : crypto_failed(err);
}

enum ansa_err crypto_key_from_cert_der(struct ansa_bytes der, struct crypto_key **key)
{
        *key = NULL;
        if (der.size > CERT_SIZE_MAX)
                return ANSA_E_LIMIT;
        const uint8_t *at = der.at;
        X509 *cert = der.size > 0 ? d2i_X509(NULL, &at, (long)der.size) : NULL;
        EVP_PKEY *pkey = cert != NULL ? X509_get_pubkey(cert) : NULL;
        X509_free(cert);
        if (pkey == NULL)
                return crypto_failed(ANSA_E_MALFORMED);
        return crypto_key_adopt(pkey, false, key);
}

/* The first certificate of @pem, which the caller frees. */
static enum ansa_err first_cert(struct ansa_bytes pem, X509 **cert)
{
        *cert = NULL;
        if (pem.size > PEM_SIZE_MAX)
                return ANSA_E_LIMIT;
        BIO *in = pem.size > 0 ? pem_input(pem) : NULL;
        if (in == NULL)
                return pem.size > 0 ? ANSA_E_NO_MEMORY : ANSA_E_MALFORMED;
        struct pem_block block;
        bool found = false;
        for (unsigned i = 0; !found && i < PEM_BLOCK_COUNT_MAX; i++) {
                if (!pem_block_next(in, &block))
                        break;
                found = strcmp(block.name, PEM_STRING_X509) == 0;
                const uint8_t *at = block.data;
                if (found && block.size > 0 && (size_t)block.size <= CERT_SIZE_MAX)
                        *cert = d2i_X509(NULL, &at, block.size);
                pem_block_fini(&block);
        }
        BIO_free(in);
        return *cert != NULL ? ANSA_OK : ANSA_E_MALFORMED;
}

enum ansa_err crypto_key_from_cert_pem(struct ansa_bytes pem, struct crypto_key **key)
{
        X509 *cert;
        *key = NULL;
        enum ansa_err err = first_cert(pem, &cert);
        EVP_PKEY *pkey = err == ANSA_OK ? X509_get_pubkey(cert) : NULL;
        X509_free(cert);
        if (err == ANSA_OK && pkey == NULL)
                err = ANSA_E_MALFORMED;
        return err == ANSA_OK ? crypto_key_adopt(pkey, false, key) : crypto_failed(err);
}

static bool seconds_of(const ASN1_TIME *time, uint64_t *seconds)
{
        struct tm tm;
        if (ASN1_TIME_to_tm(time, &tm) != 1)
                return false;
        time_t t = timegm(&tm);
        *seconds = t > 0 ? (uint64_t)t : 0;
        return true;
}

enum ansa_err crypto_cert_term(struct ansa_bytes pem, uint64_t *from_s, uint64_t *until_s)
{
        X509 *cert;
        *from_s = *until_s = 0;
        enum ansa_err err = first_cert(pem, &cert);
        if (err == ANSA_OK && (!seconds_of(X509_get0_notBefore(cert), from_s) ||
                               !seconds_of(X509_get0_notAfter(cert), until_s)))
                err = ANSA_E_MALFORMED;
        X509_free(cert);
        return err == ANSA_OK ? ANSA_OK : crypto_failed(err);
}
