/* SPDX-License-Identifier: Apache-2.0 */
/* RSA encryption of session keys, and that wrong padding cannot be told from good. */
#include "../support.h"
#include "crypto/key.h"

#include <openssl/bn.h>
#include <stdlib.h>

static struct crypto_key *key_of(uint32_t bits)
{
        struct crypto_key *key;
        assert_int_equal(crypto_key_generate(ANSA_KEY_RSA, bits, &key), ANSA_OK);
        return key;
}

static void sealed_is_opened(void **state)
{
        (void)state;
        static const uint32_t bits[] = { 1024, 1031, 2048 };
        uint8_t plain[256];
        for (size_t i = 0; i < sizeof(plain); i++)
                plain[i] = (uint8_t)i; /* begins with a zero octet */
        for (size_t b = 0; b < COUNT_OF(bits); b++) {
                struct crypto_key *key = key_of(bits[b]);
                size_t modulus = (bits[b] + 7) / 8;
                for (size_t size = 0; size <= modulus - 11; size += size < 40 ? 1 : 7) {
                        uint8_t sealed[512], opened[512];
                        size_t sealed_size, opened_size;
                        assert_int_equal(crypto_rsa_encrypt(key, (struct ansa_bytes){ plain, size },
                                                            sealed, sizeof(sealed), &sealed_size),
                                         ANSA_OK);
                        assert_int_equal(sealed_size, modulus);
                        assert_int_equal(
                                crypto_rsa_decrypt(key, (struct ansa_bytes){ sealed, sealed_size },
                                                   opened, sizeof(opened), &opened_size),
                                ANSA_OK);
                        assert_int_equal(opened_size, size);
                        assert_memory_equal(opened, plain, size);
                        for (size_t i = size; i < sizeof(opened); i++)
                                assert_int_equal(opened[i], 0);
                }
                crypto_key_free(key);
        }
}

/* Encrypt a whole block as it is, by the public integers. */
static void raw_encrypt(const struct crypto_key *key, const uint8_t *block, uint8_t *sealed)
{
        struct arena arena;
        arena_init(&arena, 4096);
        struct ansa_key public;
        assert_int_equal(crypto_key_parts(key, false, &arena, &public), ANSA_OK);
        BN_CTX *ctx = BN_CTX_new();
        BIGNUM *e = BN_bin2bn(public.part[0].at, (int)public.part[0].size, NULL);
        BIGNUM *n = BN_bin2bn(public.part[1].at, (int)public.part[1].size, NULL);
        BIGNUM *m = BN_bin2bn(block, 128, NULL);
        assert_true(BN_mod_exp(m, m, e, n, ctx));
        assert_int_equal(BN_bn2binpad(m, sealed, 128), 128);
        BN_free(e);
        BN_free(n);
        BN_free(m);
        BN_CTX_free(ctx);
        arena_fini(&arena);
}

#define WRONG 99 /* no size of a message */

static const struct padding_row {
        const char *name;
        uint8_t first, second;
        size_t zero_at;   /* of the first zero octet; 0 = none at all */
        size_t good_size; /* of the message, when the padding is good */
} rows[] = {
        { "good", 0, 2, 124, 3 },
        { "good, shortest padding", 0, 2, 10, 117 },
        { "good, empty message", 0, 2, 127, 0 },
        { "first octet", 1, 2, 124, WRONG },
        { "block type", 0, 1, 124, WRONG },
        { "padding too short", 0, 2, 9, WRONG },
        { "padding of nothing", 0, 2, 2, WRONG },
        { "no end of the padding", 0, 2, 0, WRONG },
};

static void wrong_padding_is_not_told(void **state)
{
        (void)state;
        struct crypto_key *key = key_of(1024);
        size_t lengths_seen = 0, last_length = 0;
        for (size_t r = 0; r < COUNT_OF(rows); r++) {
                const struct padding_row *t = &rows[r];
                uint8_t block[128], sealed[128], opened[128], again[128];
                size_t size, again_size;
                memset(block, 0x55, sizeof(block));
                block[0] = t->first;
                block[1] = t->second;
                if (t->zero_at != 0)
                        block[t->zero_at] = 0;
                raw_encrypt(key, block, sealed);
                struct ansa_bytes cipher = { sealed, sizeof(sealed) };
                assert_int_equal(crypto_rsa_decrypt(key, cipher, opened, sizeof(opened), &size),
                                 ANSA_OK);
                assert_int_equal(crypto_rsa_decrypt(key, cipher, again, sizeof(again), &again_size),
                                 ANSA_OK);
                assert_int_equal(size, again_size);
                assert_memory_equal(opened, again, size);
                assert_in_range(size, 0, 117);
                if (t->good_size != WRONG) {
                        assert_int_equal(size, t->good_size);
                        assert_memory_equal(opened, block + 128 - size, size);
                } else {
                        if (size > 8)
                                assert_memory_not_equal(opened, block + 128 - size, size);
                        lengths_seen += size != last_length;
                        last_length = size;
                }
        }
        assert_true(lengths_seen >= 2); /* they are drawn, not fixed */
        crypto_key_free(key);
}

static void arguments(void **state)
{
        (void)state;
        struct crypto_key *key = key_of(1024), *other, *open;
        assert_int_equal(crypto_key_generate(ANSA_KEY_ED25519, 0, &other), ANSA_OK);
        struct arena arena;
        arena_init(&arena, 4096);
        struct ansa_key public;
        assert_int_equal(crypto_key_parts(key, false, &arena, &public), ANSA_OK);
        assert_int_equal(crypto_key_new(&public, &open), ANSA_OK);
        uint8_t sealed[128], opened[128], large[118] = { 0 };
        size_t size = 1;
        struct ansa_bytes text = ANSA_BYTES_LIT("text");

        assert_int_equal(crypto_rsa_encrypt(other, text, sealed, 128, &size), ANSA_E_ARGUMENT);
        assert_int_equal(crypto_rsa_encrypt(key, text, sealed, 127, &size), ANSA_E_LIMIT);
        assert_int_equal(
                crypto_rsa_encrypt(key, (struct ansa_bytes){ large, 118 }, sealed, 128, &size),
                ANSA_E_LIMIT);
        assert_int_equal(size, 0);
        assert_int_equal(crypto_rsa_encrypt(open, text, sealed, 128, &size), ANSA_OK);

        struct ansa_bytes cipher = { sealed, 128 };
        assert_int_equal(crypto_rsa_decrypt(other, cipher, opened, 128, &size), ANSA_E_ARGUMENT);
        assert_int_equal(crypto_rsa_decrypt(open, cipher, opened, 128, &size), ANSA_E_ARGUMENT);
        assert_int_equal(crypto_rsa_decrypt(key, cipher, opened, 127, &size), ANSA_E_LIMIT);
        cipher.size = 127;
        assert_int_equal(crypto_rsa_decrypt(key, cipher, opened, 128, &size), ANSA_E_MALFORMED);
        cipher.size = 128;
        memset(sealed, 0xff, sizeof(sealed));
        assert_int_equal(crypto_rsa_decrypt(key, cipher, opened, 128, &size), ANSA_E_MALFORMED);
        assert_int_equal(size, 0);
        crypto_key_free(open);
        crypto_key_free(other);
        crypto_key_free(key);
        arena_fini(&arena);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(sealed_is_opened),
                cmocka_unit_test(wrong_padding_is_not_told),
                cmocka_unit_test(arguments),
        };
        return cmocka_run_group_tests_name("crypto/rsa", tests, NULL, NULL);
}
