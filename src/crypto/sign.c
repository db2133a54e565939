/* SPDX-License-Identifier: Apache-2.0 */
#include "base/buf.h"
#include "base/limits.h"
#include "crypto/algorithms.h"
#include "crypto/key_internal.h"

#include <openssl/rsa.h>

/* A whole message and what is signed in front of it (irp-wire 7.1), with room to spare. */
#define SIGNED_SIZE_MAX (LIMIT_MESSAGE_SIZE + 1024u)

/* Ed25519 passes over its input twice, so the parts must lie together. */
static enum ansa_err join(const struct ansa_bytes *parts, size_t count, struct buf *b)
{
        for (size_t i = 0; i < count; i++)
                buf_bytes(b, parts[i]);
        return b->err;
}

static enum ansa_err ed25519_sign(const struct crypto_key *key, struct ansa_bytes input,
                                  uint8_t *signature, size_t *size)
{
        EVP_MD_CTX *ctx = EVP_MD_CTX_new();
        if (ctx == NULL)
                return crypto_failed(ANSA_E_NO_MEMORY);
        bool ok = EVP_DigestSignInit_ex(ctx, NULL, NULL, NULL, NULL, key->pkey, NULL) == 1 &&
                  EVP_DigestSign(ctx, signature, size, input.at, input.size) == 1;
        EVP_MD_CTX_free(ctx);
        return ok ? ANSA_OK : crypto_failed(ANSA_E_CRYPTO);
}

static enum ansa_err ed25519_verify(const struct crypto_key *key, struct ansa_bytes input,
                                    struct ansa_bytes signature)
{
        EVP_MD_CTX *ctx = EVP_MD_CTX_new();
        if (ctx == NULL)
                return crypto_failed(ANSA_E_NO_MEMORY);
        enum ansa_err err = ANSA_E_CRYPTO;
        if (EVP_DigestVerifyInit_ex(ctx, NULL, NULL, NULL, NULL, key->pkey, NULL) == 1)
                err = EVP_DigestVerify(ctx, signature.at, signature.size, input.at, input.size) == 1
                              ? ANSA_OK
                              : ANSA_E_UNAUTHENTIC;
        EVP_MD_CTX_free(ctx);
        return err == ANSA_OK ? ANSA_OK : crypto_failed(err);
}

/* A context that will sign or verify one digest. NULL on failure. */
static EVP_PKEY_CTX *digest_context(const struct crypto_key *key, enum digest_algorithm algorithm,
                                    bool verify)
{
        const struct algorithms *a = algorithms();
        EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, key->pkey, NULL);
        if (a == NULL || ctx == NULL ||
            (verify ? EVP_PKEY_verify_init(ctx) : EVP_PKEY_sign_init(ctx)) != 1 ||
            (key->kind == ANSA_KEY_RSA &&
             EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) != 1) ||
            EVP_PKEY_CTX_set_signature_md(ctx, a->digest[algorithm]) != 1) {
                EVP_PKEY_CTX_free(ctx);
                return NULL;
        }
        return ctx;
}

static enum ansa_err digest_sign(const struct crypto_key *key, enum digest_algorithm algorithm,
                                 const uint8_t *digest, uint8_t *signature, size_t *size)
{
        EVP_PKEY_CTX *ctx = digest_context(key, algorithm, false);
        if (ctx == NULL)
                return crypto_failed(ANSA_E_CRYPTO);
        bool ok = EVP_PKEY_sign(ctx, signature, size, digest, digest_size(algorithm)) == 1;
        EVP_PKEY_CTX_free(ctx);
        return ok ? ANSA_OK : crypto_failed(ANSA_E_CRYPTO);
}

enum ansa_err crypto_sign(const struct crypto_key *key, enum digest_algorithm algorithm,
                          const struct ansa_bytes *parts, size_t count, uint8_t *signature,
                          size_t room, size_t *size)
{
        *size = 0;
        if (!key->is_private)
                return ANSA_E_ARGUMENT;
        int most = EVP_PKEY_get_size(key->pkey);
        if (most <= 0 || room < (size_t)most)
                return ANSA_E_LIMIT;
        size_t made = room;
        enum ansa_err err;
        if (key->kind == ANSA_KEY_ED25519) {
                struct buf input = buf_growing(SIGNED_SIZE_MAX);
                err = join(parts, count, &input);
                if (err == ANSA_OK)
                        err = ed25519_sign(key, buf_written(&input), signature, &made);
                buf_fini(&input);
        } else {
                uint8_t digest[DIGEST_SIZE_MAX];
                err = digest_parts(algorithm, parts, count, digest);
                if (err == ANSA_OK)
                        err = digest_sign(key, algorithm, digest, signature, &made);
        }
        if (err != ANSA_OK) {
                memset(signature, 0, room);
                return err;
        }
        *size = made;
        return ANSA_OK;
}

static enum ansa_err digest_verify(const struct crypto_key *key, enum digest_algorithm algorithm,
                                   const uint8_t *digest, struct ansa_bytes signature)
{
        EVP_PKEY_CTX *ctx = digest_context(key, algorithm, true);
        if (ctx == NULL)
                return crypto_failed(ANSA_E_CRYPTO);
        /* Besides 0 for a wrong signature there are negative results for one of a wrong form. */
        bool good = EVP_PKEY_verify(ctx, signature.at, signature.size, digest,
                                    digest_size(algorithm)) == 1;
        EVP_PKEY_CTX_free(ctx);
        return good ? ANSA_OK : crypto_failed(ANSA_E_UNAUTHENTIC);
}

enum ansa_err crypto_verify(const struct crypto_key *key, enum digest_algorithm algorithm,
                            const struct ansa_bytes *parts, size_t count,
                            struct ansa_bytes signature)
{
        if (signature.size == 0 || signature.size > CRYPTO_SIGNATURE_MAX)
                return ANSA_E_UNAUTHENTIC;
        enum ansa_err err;
        if (key->kind == ANSA_KEY_ED25519) {
                struct buf input = buf_growing(SIGNED_SIZE_MAX);
                err = join(parts, count, &input);
                if (err == ANSA_OK)
                        err = ed25519_verify(key, buf_written(&input), signature);
                buf_fini(&input);
                return err;
        }
        uint8_t digest[DIGEST_SIZE_MAX];
        err = digest_parts(algorithm, parts, count, digest);
        if (err != ANSA_OK)
                return err;
        return digest_verify(key, algorithm, digest, signature);
}
