/* SPDX-License-Identifier: Apache-2.0 */
#include "base/buf.h"
#include "crypto/algorithms.h"
#include "crypto/key_internal.h"
#include "crypto/pem.h"

#include <openssl/asn1t.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/x509.h>
#include <string.h>

#define PASSPHRASE_MAX     1024u    /* octets; OpenSSL's own buffers are of this size */
#define ITERATIONS_WRITTEN 100000   /* PBKDF2-HMAC-SHA256 */
#define ITERATIONS_MAX     5000000L /* read; seconds of work */
#define SALT_SIZE          16

/* For OpenSSL's callback, which must never ask on a terminal. */
static int give_passphrase(char *at, int room, int writing, void *context)
{
        (void)writing;
        const struct ansa_bytes *passphrase = context;
        if (passphrase->size == 0 || room < 0 || passphrase->size > (size_t)room)
                return -1;
        memcpy(at, passphrase->at, passphrase->size);
        return (int)passphrase->size;
}

static enum ansa_err read_pkcs8(const PKCS8_PRIV_KEY_INFO *info, EVP_PKEY **pkey)
{
        /* Other algorithms are not even looked at. */
        const ASN1_OBJECT *algorithm = NULL;
        if (PKCS8_pkey_get0(&algorithm, NULL, NULL, NULL, info) != 1)
                return ANSA_E_MALFORMED;
        int nid = OBJ_obj2nid(algorithm);
        if (nid != NID_rsaEncryption && nid != NID_dsa && nid != NID_ED25519)
                return ANSA_E_UNSUPPORTED;
        *pkey = EVP_PKCS82PKEY(info);
        return *pkey != NULL ? ANSA_OK : ANSA_E_MALFORMED;
}

static enum ansa_err read_plain(struct pem_block *b, EVP_PKEY **pkey)
{
        const uint8_t *at = b->data;
        PKCS8_PRIV_KEY_INFO *info = d2i_PKCS8_PRIV_KEY_INFO(NULL, &at, b->size);
        if (info == NULL)
                return ANSA_E_MALFORMED;
        enum ansa_err err = read_pkcs8(info, pkey);
        PKCS8_PRIV_KEY_INFO_free(info);
        return err;
}

/* Iterations of a PBES2 with PBKDF2; other schemes are refused. */
static enum ansa_err check_scheme(const X509_ALGOR *scheme)
{
        const ASN1_OBJECT *object = NULL;
        const void *value = NULL;
        int type = 0;
        X509_ALGOR_get0(&object, &type, &value, scheme);
        if (OBJ_obj2nid(object) != NID_pbes2)
                return ANSA_E_UNSUPPORTED;
        if (type != V_ASN1_SEQUENCE)
                return ANSA_E_MALFORMED;
        PBE2PARAM *pbe2 = ASN1_item_unpack(value, ASN1_ITEM_rptr(PBE2PARAM));
        PBKDF2PARAM *kdf = NULL;
        enum ansa_err err = ANSA_E_MALFORMED;
        if (pbe2 == NULL)
                goto out;
        X509_ALGOR_get0(&object, &type, &value, pbe2->keyfunc);
        if (OBJ_obj2nid(object) != NID_id_pbkdf2) {
                err = ANSA_E_UNSUPPORTED;
                goto out;
        }
        if (type != V_ASN1_SEQUENCE)
                goto out;
        kdf = ASN1_item_unpack(value, ASN1_ITEM_rptr(PBKDF2PARAM));
        if (kdf == NULL)
                goto out;
        int64_t iterations = 0;
        if (ASN1_INTEGER_get_int64(&iterations, kdf->iter) != 1 || iterations > ITERATIONS_MAX)
                err = ANSA_E_LIMIT;
        else if (iterations > 0)
                err = ANSA_OK;
out:
        PBKDF2PARAM_free(kdf);
        PBE2PARAM_free(pbe2);
        return err;
}

static enum ansa_err read_encrypted(struct pem_block *b, struct ansa_bytes passphrase,
                                    EVP_PKEY **pkey)
{
        const uint8_t *at = b->data;
        X509_SIG *sealed = d2i_X509_SIG(NULL, &at, b->size);
        PKCS8_PRIV_KEY_INFO *info = NULL;
        enum ansa_err err = ANSA_E_MALFORMED;
        if (sealed == NULL)
                goto out;
        const X509_ALGOR *scheme = NULL;
        X509_SIG_get0(sealed, &scheme, NULL);
        err = check_scheme(scheme);
        if (err != ANSA_OK)
                goto out;
        if (passphrase.size == 0) {
                err = ANSA_E_DENIED;
                goto out;
        }
        info = PKCS8_decrypt(sealed, (const char *)passphrase.at, (int)passphrase.size);
        err = info != NULL ? read_pkcs8(info, pkey) : ANSA_E_DENIED;
out:
        PKCS8_PRIV_KEY_INFO_free(info);
        X509_SIG_free(sealed);
        return err;
}

/* "BEGIN RSA PRIVATE KEY", perhaps encrypted in the way of the nineties. */
static enum ansa_err read_traditional(struct pem_block *b, int type, struct ansa_bytes passphrase,
                                      EVP_PKEY **pkey)
{
        EVP_CIPHER_INFO cipher;
        if (PEM_get_EVP_CIPHER_INFO(b->header, &cipher) != 1)
                return ANSA_E_UNSUPPORTED;
        if (PEM_do_header(&cipher, b->data, &b->size, give_passphrase, &passphrase) != 1)
                return ANSA_E_DENIED;
        const uint8_t *at = b->data;
        *pkey = d2i_PrivateKey(type, NULL, &at, b->size);
        if (*pkey != NULL)
                return ANSA_OK;
        return cipher.cipher != NULL ? ANSA_E_DENIED : ANSA_E_MALFORMED;
}

static enum ansa_err read_public(struct pem_block *b, EVP_PKEY **pkey)
{
        const uint8_t *at = b->data;
        *pkey = d2i_PUBKEY(NULL, &at, b->size);
        return *pkey != NULL ? ANSA_OK : ANSA_E_MALFORMED;
}

/* ANSA_E_NOT_FOUND when @b holds no key. */
static enum ansa_err read_block(struct pem_block *b, struct ansa_bytes passphrase, EVP_PKEY **pkey,
                                bool *is_private)
{
        *is_private = true;
        if (strcmp(b->name, PEM_STRING_PKCS8INF) == 0)
                return read_plain(b, pkey);
        if (strcmp(b->name, PEM_STRING_PKCS8) == 0)
                return read_encrypted(b, passphrase, pkey);
        if (strcmp(b->name, PEM_STRING_RSA) == 0)
                return read_traditional(b, EVP_PKEY_RSA, passphrase, pkey);
        if (strcmp(b->name, PEM_STRING_DSA) == 0)
                return read_traditional(b, EVP_PKEY_DSA, passphrase, pkey);
        *is_private = false;
        if (strcmp(b->name, PEM_STRING_PUBLIC) == 0)
                return read_public(b, pkey);
        return ANSA_E_NOT_FOUND;
}

enum ansa_err crypto_key_from_pem(struct ansa_bytes pem, struct ansa_bytes passphrase,
                                  struct crypto_key **key)
{
        *key = NULL;
        if (pem.size > PEM_SIZE_MAX || passphrase.size > PASSPHRASE_MAX)
                return ANSA_E_LIMIT;
        if (pem.size == 0)
                return ANSA_E_MALFORMED;
        BIO *in = pem_input(pem);
        if (in == NULL)
                return crypto_failed(ANSA_E_NO_MEMORY);
        EVP_PKEY *pkey = NULL;
        bool is_private = false;
        enum ansa_err err = ANSA_E_NOT_FOUND;
        struct pem_block block;
        for (unsigned i = 0; err == ANSA_E_NOT_FOUND && i < PEM_BLOCK_COUNT_MAX; i++) {
                if (!pem_block_next(in, &block))
                        break;
                err = read_block(&block, passphrase, &pkey, &is_private);
                pem_block_fini(&block);
        }
        BIO_free(in);
        if (err == ANSA_E_NOT_FOUND)
                err = ANSA_E_MALFORMED;
        if (err == ANSA_OK)
                err = crypto_key_adopt(pkey, is_private, key);
        return crypto_failed(err);
}

static bool write_encrypted(BIO *out, PKCS8_PRIV_KEY_INFO *info, struct ansa_bytes passphrase)
{
        /* Salt and IV are drawn at random here. */
        X509_ALGOR *scheme =
                PKCS5_pbe2_set_iv(algorithms()->block[BLOCK_AES256_CBC], ITERATIONS_WRITTEN, NULL,
                                  SALT_SIZE, NULL, NID_hmacWithSHA256);
        if (scheme == NULL)
                return false;
        X509_SIG *sealed =
                PKCS8_set0_pbe((const char *)passphrase.at, (int)passphrase.size, info, scheme);
        if (sealed == NULL) {
                X509_ALGOR_free(scheme);
                return false;
        }
        bool ok = PEM_write_bio_PKCS8(out, sealed) == 1;
        X509_SIG_free(sealed); /* and the scheme with it */
        return ok;
}

static bool write_private(BIO *out, const EVP_PKEY *pkey, struct ansa_bytes passphrase)
{
        PKCS8_PRIV_KEY_INFO *info = EVP_PKEY2PKCS8(pkey);
        if (info == NULL)
                return false;
        bool ok = passphrase.size == 0 ? PEM_write_bio_PKCS8_PRIV_KEY_INFO(out, info) == 1
                                       : write_encrypted(out, info, passphrase);
        PKCS8_PRIV_KEY_INFO_free(info);
        return ok;
}

enum ansa_err crypto_key_to_pem(const struct crypto_key *key, bool want_private,
                                struct ansa_bytes passphrase, struct buf *b)
{
        if (want_private && !key->is_private)
                return ANSA_E_ARGUMENT;
        if (passphrase.size > PASSPHRASE_MAX)
                return ANSA_E_LIMIT;
        if (want_private && key->is_bare)
                return ANSA_E_UNSUPPORTED;
        if (algorithms() == NULL)
                return ANSA_E_CRYPTO;
        BIO *out = BIO_new(BIO_s_secmem());
        if (out == NULL)
                return crypto_failed(ANSA_E_NO_MEMORY);
        bool ok = want_private ? write_private(out, key->pkey, passphrase)
                               : PEM_write_bio_PUBKEY(out, key->pkey) == 1;
        enum ansa_err err = ok ? pem_output(out, b) : crypto_failed(ANSA_E_CRYPTO);
        BIO_free(out);
        return err;
}
