/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/digest.h"

#include "base/assert.h"
#include "base/text.h"
#include "crypto/algorithms.h"

#include <limits.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>

size_t digest_size(enum digest_algorithm algorithm)
{
        static const uint8_t size[ALGORITHM_COUNT] = {
                [ALGORITHM_MD5] = 16,
                [ALGORITHM_SHA1] = 20,
                [ALGORITHM_SHA256] = 32,
        };
        ansa_assert((unsigned)algorithm < ALGORITHM_COUNT);
        return size[algorithm];
}

enum ansa_err digest_from_name(struct ansa_bytes name, enum digest_algorithm *a)
{
        static const struct {
                const char *text;
                enum digest_algorithm algorithm;
        } names[] = {
                { "\1", ALGORITHM_MD5 },        { "\2", ALGORITHM_SHA1 },
                { "\3", ALGORITHM_SHA256 },     { "MD5", ALGORITHM_MD5 },
                { "SHA1", ALGORITHM_SHA1 },     { "SHA-1", ALGORITHM_SHA1 },
                { "SHA256", ALGORITHM_SHA256 }, { "SHA-256", ALGORITHM_SHA256 },
        };
        for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
                if (text_equal_fold(name, ansa_bytes_text(names[i].text))) {
                        *a = names[i].algorithm;
                        return ANSA_OK;
                }
        }
        *a = ALGORITHM_MD5;
        return ANSA_E_UNSUPPORTED;
}

enum ansa_err digest_parts(enum digest_algorithm algorithm, const struct ansa_bytes *parts,
                           size_t count, uint8_t digest[DIGEST_SIZE_MAX])
{
        ansa_assert((unsigned)algorithm < ALGORITHM_COUNT);
        memset(digest, 0, DIGEST_SIZE_MAX);
        const struct algorithms *a = algorithms();
        if (a == NULL)
                return ANSA_E_CRYPTO;
        EVP_MD_CTX *ctx = EVP_MD_CTX_new();
        if (ctx == NULL)
                return crypto_failed(ANSA_E_NO_MEMORY);
        bool ok = EVP_DigestInit_ex2(ctx, a->digest[algorithm], NULL) == 1;
        for (size_t i = 0; ok && i < count; i++)
                ok = parts[i].size == 0 || EVP_DigestUpdate(ctx, parts[i].at, parts[i].size) == 1;
        unsigned size = 0;
        ok = ok && EVP_DigestFinal_ex(ctx, digest, &size) == 1;
        EVP_MD_CTX_free(ctx);
        if (!ok)
                return crypto_failed(ANSA_E_CRYPTO);
        ansa_assert(size == digest_size(algorithm));
        return ANSA_OK;
}

enum ansa_err hmac_parts(enum digest_algorithm algorithm, struct ansa_bytes key,
                         const struct ansa_bytes *parts, size_t count, uint8_t mac[DIGEST_SIZE_MAX])
{
        ansa_assert((unsigned)algorithm < ALGORITHM_COUNT);
        memset(mac, 0, DIGEST_SIZE_MAX);
        const struct algorithms *a = algorithms();
        if (a == NULL)
                return ANSA_E_CRYPTO;
        EVP_MAC_CTX *ctx = EVP_MAC_CTX_dup(a->hmac[algorithm]);
        if (ctx == NULL)
                return crypto_failed(ANSA_E_NO_MEMORY);
        /* A NULL key would mean "the key you have"; an empty one is a key. */
        static const uint8_t none[1];
        bool ok = EVP_MAC_init(ctx, key.size > 0 ? key.at : none, key.size, NULL) == 1;
        for (size_t i = 0; ok && i < count; i++)
                ok = parts[i].size == 0 || EVP_MAC_update(ctx, parts[i].at, parts[i].size) == 1;
        size_t size = 0;
        ok = ok && EVP_MAC_final(ctx, mac, &size, DIGEST_SIZE_MAX) == 1;
        EVP_MAC_CTX_free(ctx);
        if (!ok)
                return crypto_failed(ANSA_E_CRYPTO);
        ansa_assert(size == digest_size(algorithm));
        return ANSA_OK;
}

enum ansa_err pbkdf2_sha1(struct ansa_bytes password, struct ansa_bytes salt, uint32_t iterations,
                          uint8_t *derived, size_t size)
{
        memset(derived, 0, size);
        if (iterations == 0 || size == 0)
                return ANSA_E_ARGUMENT;
        if (iterations > INT_MAX || size > INT_MAX || password.size > INT_MAX ||
            salt.size > INT_MAX)
                return ANSA_E_LIMIT;
        const struct algorithms *a = algorithms();
        if (a == NULL)
                return ANSA_E_CRYPTO;
        static const uint8_t none[1];
        if (!PKCS5_PBKDF2_HMAC((const char *)(password.size > 0 ? password.at : none),
                               (int)password.size, salt.size > 0 ? salt.at : none, (int)salt.size,
                               (int)iterations, a->digest[ALGORITHM_SHA1], (int)size, derived)) {
                wipe(derived, size);
                return crypto_failed(ANSA_E_CRYPTO);
        }
        return ANSA_OK;
}

bool constant_time_equal(struct ansa_bytes a, struct ansa_bytes b)
{
        return a.size == b.size && (a.size == 0 || CRYPTO_memcmp(a.at, b.at, a.size) == 0);
}

void wipe(void *at, size_t size)
{
        OPENSSL_cleanse(at, size);
}
