/* SPDX-License-Identifier: Apache-2.0 */
/*
 * RSA PKCS#1 v1.5 encryption of session keys. Whoever can tell a wrong padding from a good
 * one, by an error or by the time it takes, can decrypt what he has recorded (Bleichenbacher,
 * Marvin). So the padding is taken off here without a branch on it, and when it is wrong the
 * result is octets that nobody can foresee but that are the same for the same ciphertext:
 * the caller goes on, and fails later as with any wrong session key.
 */
#include "base/assert.h"
#include "crypto/algorithms.h"
#include "crypto/key_internal.h"

#include <openssl/core_names.h>
#include <openssl/rsa.h>

#define MODULUS_SIZE_MAX (RSA_BITS_MAX / 8u)
#define PADDING_MIN      8u /* nonzero octets; RFC 8017 s.7.2.1 */

static bool is_rsa(const struct crypto_key *key)
{
        return key->kind == ANSA_KEY_RSA;
}

enum ansa_err crypto_rsa_encrypt(const struct crypto_key *key, struct ansa_bytes plain, uint8_t *at,
                                 size_t room, size_t *size)
{
        *size = 0;
        if (!is_rsa(key))
                return ANSA_E_ARGUMENT;
        size_t modulus = (key->bits + 7) / 8;
        if (room < modulus || plain.size > modulus - PADDING_MIN - 3)
                return ANSA_E_LIMIT;
        EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, key->pkey, NULL);
        size_t made = room;
        bool ok = ctx != NULL && EVP_PKEY_encrypt_init(ctx) == 1 &&
                  EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) == 1 &&
                  EVP_PKEY_encrypt(ctx, at, &made, plain.at, plain.size) == 1;
        EVP_PKEY_CTX_free(ctx);
        if (!ok)
                return crypto_failed(ANSA_E_CRYPTO);
        *size = made;
        return ANSA_OK;
}

/* Masks: all ones for yes, zero for no. Values are below 2^16, so bit 31 is the borrow. */
static uint32_t mask_less(uint32_t a, uint32_t b)
{
        return 0u - ((a - b) >> 31);
}

static uint32_t mask_zero(uint32_t a)
{
        return mask_less(a, 1);
}

static uint32_t mask_select(uint32_t mask, uint32_t yes, uint32_t no)
{
        return (mask & yes) | (~mask & no);
}

/*
 * Octets to go on with when the padding is wrong: HMAC-SHA256 in counter mode, keyed by a
 * secret of the private key, over the ciphertext. The last two octets give their own length.
 */
static enum ansa_err substitute(const struct crypto_key *key, struct ansa_bytes cipher, uint8_t *at,
                                size_t size)
{
        BIGNUM *d = NULL;
        uint8_t secret[MODULUS_SIZE_MAX];
        uint8_t block[DIGEST_SIZE_MAX];
        enum ansa_err err = ANSA_E_CRYPTO;
        if (EVP_PKEY_get_bn_param(key->pkey, OSSL_PKEY_PARAM_RSA_D, &d) != 1 ||
            BN_bn2binpad(d, secret, sizeof(secret)) < 0)
                goto out;
        for (size_t done = 0; done < size; done += DIGEST_SIZE_MAX) {
                const uint8_t counter[] = { (uint8_t)(done >> 8), (uint8_t)done };
                const struct ansa_bytes parts[] = { ANSA_BYTES_LIT("ansa implicit rejection"),
                                                    { counter, sizeof(counter) },
                                                    cipher };
                err = hmac_parts(ALGORITHM_SHA256, (struct ansa_bytes){ secret, sizeof(secret) },
                                 parts, 3, block);
                if (err != ANSA_OK)
                        goto out;
                size_t n = size - done < DIGEST_SIZE_MAX ? size - done : DIGEST_SIZE_MAX;
                memcpy(at + done, block, n);
        }
        err = ANSA_OK;
out:
        wipe(secret, sizeof(secret));
        wipe(block, sizeof(block));
        BN_clear_free(d);
        return err == ANSA_OK ? ANSA_OK : crypto_failed(err);
}

/*
 * Take the padding 00 02 nonzero.. 00 off @block in a time that depends on @size only; octets
 * and length come from @other when it is wrong. Returns the length; @block holds the
 * message at its end.
 */
static size_t unpad(uint8_t *block, const uint8_t *other, size_t size)
{
        /* NOLINTBEGIN(clang-analyzer-core.*): OpenSSL wrote size octets, which is not seen here */
        uint32_t good = mask_zero(block[0]) & mask_zero(block[1] ^ 2u);
        uint32_t zero_at = 0;
        uint32_t found = 0;
        for (uint32_t i = 2; i < size; i++) {
                uint32_t here = mask_zero(block[i]) & ~found;
                zero_at = mask_select(here, i, zero_at);
                found |= here;
        }
        good &= found & ~mask_less(zero_at, 2 + PADDING_MIN);
        uint32_t most = (uint32_t)size - PADDING_MIN - 3;
        uint32_t drawn = ((uint32_t)other[size - 2] << 8 | other[size - 1]) % (most + 1);
        for (size_t i = 0; i < size; i++)
                block[i] = (uint8_t)mask_select(good, block[i], other[i]);
        /* NOLINTEND(clang-analyzer-core.*) */
        return mask_select(good, (uint32_t)size - zero_at - 1, drawn);
}

/* Move the last @length of @size octets to the front without telling @length by the time. */
static void align(uint8_t *block, size_t size, size_t length)
{
        size_t shift = size - length;
        for (size_t step = 1; step <= size; step <<= 1) {
                uint32_t move = ~mask_zero((uint32_t)(shift & step));
                for (size_t i = 0; i < size; i++) {
                        uint8_t from = i + step < size ? block[i + step] : 0;
                        block[i] = (uint8_t)mask_select(move, from, block[i]);
                }
        }
}

static bool raw_decrypt(const struct crypto_key *key, struct ansa_bytes cipher, uint8_t *block)
{
        EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, key->pkey, NULL);
        size_t made = MODULUS_SIZE_MAX;
        bool ok = ctx != NULL && EVP_PKEY_decrypt_init(ctx) == 1 &&
                  EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_NO_PADDING) == 1 &&
                  EVP_PKEY_decrypt(ctx, block, &made, cipher.at, cipher.size) == 1 &&
                  made == cipher.size;
        EVP_PKEY_CTX_free(ctx);
        return ok;
}

enum ansa_err crypto_rsa_decrypt(const struct crypto_key *key, struct ansa_bytes cipher,
                                 uint8_t *at, size_t room, size_t *size)
{
        *size = 0;
        if (!is_rsa(key) || !key->is_private)
                return ANSA_E_ARGUMENT;
        size_t modulus = (key->bits + 7) / 8;
        if (room < modulus)
                return ANSA_E_LIMIT;
        if (cipher.size != modulus)
                return ANSA_E_MALFORMED; /* anybody can see that */
        uint8_t block[MODULUS_SIZE_MAX];
        uint8_t other[MODULUS_SIZE_MAX];
        enum ansa_err err = substitute(key, cipher, other, modulus);
        if (err == ANSA_OK && !raw_decrypt(key, cipher, block))
                err = crypto_failed(ANSA_E_MALFORMED); /* not below the modulus: public as well */
        if (err == ANSA_OK) {
                size_t length = unpad(block, other, modulus);
                align(block, modulus, length);
                memset(at, 0, room);
                memcpy(at, block, modulus); /* zero from the end of the message on */
                *size = length;
        } else {
                memset(at, 0, room);
        }
        wipe(block, sizeof(block));
        wipe(other, sizeof(other));
        return err;
}
