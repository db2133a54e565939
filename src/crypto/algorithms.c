/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/algorithms.h"

#include "base/assert.h"

#include <limits.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <pthread.h>

static struct algorithms shared;
static bool complete;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static const char *const digest_name[ALGORITHM_COUNT] = {
        [ALGORITHM_MD5] = "MD5",
        [ALGORITHM_SHA1] = "SHA1",
        [ALGORITHM_SHA256] = "SHA256",
};

static const char *const block_name[BLOCK_COUNT] = {
        [BLOCK_3DES_CBC] = "DES-EDE3-CBC",  [BLOCK_3DES_ECB] = "DES-EDE3-ECB",
        [BLOCK_AES128_CBC] = "AES-128-CBC", [BLOCK_AES128_ECB] = "AES-128-ECB",
        [BLOCK_AES192_CBC] = "AES-192-CBC", [BLOCK_AES256_CBC] = "AES-256-CBC",
};

static EVP_MAC_CTX *hmac_of(EVP_MAC *mac, const char *digest)
{
        EVP_MAC_CTX *ctx = EVP_MAC_CTX_new(mac);
        /* The parameter takes char * for symmetry with reading; it is not written to. */
        char name[16];
        (void)OPENSSL_strlcpy(name, digest, sizeof(name));
        const OSSL_PARAM params[] = {
                OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name, 0),
                OSSL_PARAM_construct_end(),
        };
        if (ctx != NULL && !EVP_MAC_CTX_set_params(ctx, params)) {
                EVP_MAC_CTX_free(ctx);
                ctx = NULL;
        }
        return ctx;
}

static void fetch(void)
{
        EVP_MAC *mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
        bool all = mac != NULL;
        for (size_t i = 0; i < ALGORITHM_COUNT; i++) {
                shared.digest[i] = EVP_MD_fetch(NULL, digest_name[i], NULL);
                shared.hmac[i] = mac != NULL ? hmac_of(mac, digest_name[i]) : NULL;
                all = all && shared.digest[i] != NULL && shared.hmac[i] != NULL;
        }
        for (size_t i = 0; i < BLOCK_COUNT; i++) {
                shared.block[i] = EVP_CIPHER_fetch(NULL, block_name[i], NULL);
                all = all && shared.block[i] != NULL;
        }
        EVP_MAC_free(mac);
        ERR_clear_error();
        complete = all;
}

const struct algorithms *algorithms(void)
{
        ansa_assert(pthread_once(&once, fetch) == 0);
        return complete ? &shared : NULL;
}

enum ansa_err crypto_failed(enum ansa_err err)
{
        ERR_clear_error();
        return err;
}

size_t block_size(enum cipher_algorithm algorithm)
{
        return algorithm == BLOCK_3DES_CBC || algorithm == BLOCK_3DES_ECB ? 8 : 16;
}

static enum ansa_err block_run(enum cipher_algorithm algorithm, bool encrypt, const uint8_t *key,
                               const uint8_t *iv, struct ansa_bytes in, uint8_t *out, size_t *size)
{
        ansa_assert((unsigned)algorithm < BLOCK_COUNT);
        *size = 0;
        const struct algorithms *a = algorithms();
        if (a == NULL)
                return ANSA_E_CRYPTO;
        if (in.size > INT_MAX - BLOCK_SIZE_MAX)
                return ANSA_E_LIMIT;
        EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
        if (ctx == NULL)
                return crypto_failed(ANSA_E_NO_MEMORY);
        enum ansa_err err = ANSA_E_CRYPTO;
        int body = 0;
        int tail = 0;
        if (!EVP_CipherInit_ex2(ctx, a->block[algorithm], key, iv, encrypt ? 1 : 0, NULL))
                goto out;
        if (in.size > 0 && !EVP_CipherUpdate(ctx, out, &body, in.at, (int)in.size))
                goto out;
        if (!EVP_CipherFinal_ex(ctx, out + body, &tail)) {
                err = encrypt ? ANSA_E_CRYPTO : ANSA_E_UNAUTHENTIC;
                goto out;
        }
        *size = (size_t)body + (size_t)tail;
        err = ANSA_OK;
out:
        EVP_CIPHER_CTX_free(ctx);
        return err == ANSA_OK ? ANSA_OK : crypto_failed(err);
}

enum ansa_err block_encrypt(enum cipher_algorithm algorithm, const uint8_t *key, const uint8_t *iv,
                            struct ansa_bytes in, uint8_t *out, size_t *size)
{
        return block_run(algorithm, true, key, iv, in, out, size);
}

enum ansa_err block_decrypt(enum cipher_algorithm algorithm, const uint8_t *key, const uint8_t *iv,
                            struct ansa_bytes in, uint8_t *out, size_t *size)
{
        *size = 0;
        if (in.size == 0 || in.size % block_size(algorithm) != 0)
                return ANSA_E_UNAUTHENTIC;
        return block_run(algorithm, false, key, iv, in, out, size);
}
