/* SPDX-License-Identifier: Apache-2.0 */
/* Signatures: every kind and size of key with every digest, and what must not verify. */
#include "../support.h"
#include "crypto/key.h"
#include "hex.h"

#include <stdlib.h>

static const struct {
        enum ansa_key_kind kind;
        uint32_t bits;
} sizes[] = {
        { ANSA_KEY_RSA, 1024 }, { ANSA_KEY_RSA, 2048 }, { ANSA_KEY_RSA, 4096 },
        { ANSA_KEY_DSA, 1024 }, { ANSA_KEY_DSA, 2048 }, { ANSA_KEY_ED25519, 0 },
};

static const enum digest_algorithm digests[] = { ALGORITHM_MD5, ALGORITHM_SHA1, ALGORITHM_SHA256 };

static enum ansa_err verify_copy(const struct crypto_key *key, enum digest_algorithm a,
                                 const struct ansa_bytes *parts, size_t count,
                                 const uint8_t *signature, size_t size)
{
        uint8_t *copy = malloc(size > 0 ? size : 1);
        assert_non_null(copy);
        memcpy(copy, signature, size);
        enum ansa_err err = crypto_verify(key, a, parts, count, (struct ansa_bytes){ copy, size });
        free(copy);
        return err;
}

static void no_other_signature_verifies(const struct crypto_key *key, enum digest_algorithm a,
                                        const struct ansa_bytes *parts, uint8_t *signature,
                                        size_t size)
{
        for (size_t i = 0; i < size; i += 1 + size / 64) {
                signature[i] ^= (uint8_t)(1u << (i % 8));
                assert_int_equal(verify_copy(key, a, parts, 2, signature, size),
                                 ANSA_E_UNAUTHENTIC);
                signature[i] ^= (uint8_t)(1u << (i % 8));
        }
        for (size_t cut = 0; cut < size; cut += 1 + size / 64)
                assert_int_equal(verify_copy(key, a, parts, 2, signature, cut), ANSA_E_UNAUTHENTIC);
        assert_int_equal(verify_copy(key, a, parts, 2, signature, size + 1), ANSA_E_UNAUTHENTIC);
        const struct ansa_bytes fewer[] = { parts[0], { parts[1].at, parts[1].size - 1 } };
        assert_int_equal(verify_copy(key, a, fewer, 2, signature, size), ANSA_E_UNAUTHENTIC);
}

static void matrix(void **state)
{
        (void)state;
        const struct ansa_bytes parts[] = { ANSA_BYTES_LIT("nonce "), ANSA_BYTES_LIT("digest") };
        const struct ansa_bytes whole = ANSA_BYTES_LIT("nonce digest");
        for (size_t i = 0; i < COUNT_OF(sizes); i++) {
                struct crypto_key *key, *other;
                assert_int_equal(crypto_key_generate(sizes[i].kind, sizes[i].bits, &key), ANSA_OK);
                assert_int_equal(crypto_key_generate(ANSA_KEY_RSA, 1024, &other), ANSA_OK);
                for (size_t d = 0; d < COUNT_OF(digests); d++) {
                        uint8_t signature[CRYPTO_SIGNATURE_MAX + 1] = { 0 };
                        size_t size;
                        assert_int_equal(crypto_sign(key, digests[d], parts, 2, signature,
                                                     CRYPTO_SIGNATURE_MAX, &size),
                                         ANSA_OK);
                        assert_in_range(size, 40, CRYPTO_SIGNATURE_MAX);
                        assert_int_equal(verify_copy(key, digests[d], &whole, 1, signature, size),
                                         ANSA_OK);
                        no_other_signature_verifies(key, digests[d], parts, signature, size);
                        assert_int_equal(verify_copy(other, digests[d], &whole, 1, signature, size),
                                         ANSA_E_UNAUTHENTIC);
                        enum digest_algorithm wrong = digests[(d + 1) % COUNT_OF(digests)];
                        enum ansa_err want = sizes[i].kind == ANSA_KEY_ED25519
                                                     ? ANSA_OK /* has one of its own */
                                                     : ANSA_E_UNAUTHENTIC;
                        assert_int_equal(verify_copy(key, wrong, &whole, 1, signature, size), want);
                }
                crypto_key_free(other);
                crypto_key_free(key);
        }
}

/* RFC 8032 7.1: TEST 1, 2, 3 */
static const struct {
        const char *seed, *public, *message, *signature;
} rfc8032[] = {
        { "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
          "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
          "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bac"
          "c61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b" },
        { "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
          "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
          "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e"
          "458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00" },
        { "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
          "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
          "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290"
          "ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a" },
};

static void ed25519_agrees_with_vectors(void **state)
{
        (void)state;
        for (size_t i = 0; i < COUNT_OF(rfc8032); i++) {
                const struct ansa_key secret = { .kind = ANSA_KEY_ED25519,
                                                 .is_private = true,
                                                 .part_count = 1,
                                                 .part = { hex(rfc8032[i].seed) } };
                struct crypto_key *key;
                assert_int_equal(crypto_key_new(&secret, &key), ANSA_OK);
                struct arena arena;
                arena_init(&arena, 4096);
                struct ansa_key public;
                assert_int_equal(crypto_key_parts(key, false, &arena, &public), ANSA_OK);
                assert_true(ansa_bytes_equal(public.part[0], hex(rfc8032[i].public)));
                struct ansa_bytes message = hex(rfc8032[i].message);
                uint8_t signature[64];
                size_t size;
                assert_int_equal(crypto_sign(key, ALGORITHM_MD5, &message, 1, signature,
                                             sizeof(signature), &size),
                                 ANSA_OK);
                assert_true(ansa_bytes_equal((struct ansa_bytes){ signature, size },
                                             hex(rfc8032[i].signature)));
                crypto_key_free(key);
                arena_fini(&arena);
        }
}

static void arguments(void **state)
{
        (void)state;
        struct arena arena;
        arena_init(&arena, 4096);
        struct crypto_key *key, *open;
        struct ansa_key public;
        assert_int_equal(crypto_key_generate(ANSA_KEY_RSA, 1024, &key), ANSA_OK);
        assert_int_equal(crypto_key_parts(key, false, &arena, &public), ANSA_OK);
        assert_int_equal(crypto_key_new(&public, &open), ANSA_OK);
        struct ansa_bytes text = ANSA_BYTES_LIT("text");
        uint8_t signature[CRYPTO_SIGNATURE_MAX];
        size_t size = 1;
        assert_int_equal(
                crypto_sign(open, ALGORITHM_SHA1, &text, 1, signature, sizeof(signature), &size),
                ANSA_E_ARGUMENT);
        assert_int_equal(size, 0);
        assert_int_equal(crypto_sign(key, ALGORITHM_SHA1, &text, 1, signature, 127, &size),
                         ANSA_E_LIMIT);
        assert_int_equal(crypto_sign(key, ALGORITHM_SHA1, &text, 1, signature, 128, &size),
                         ANSA_OK);
        assert_int_equal(size, 128);
        crypto_key_free(open);
        crypto_key_free(key);

        /* Ed25519 needs its input in one piece, which has a limit. */
        static uint8_t large[300000];
        struct ansa_bytes over = { large, sizeof(large) };
        assert_int_equal(crypto_key_generate(ANSA_KEY_ED25519, 0, &key), ANSA_OK);
        assert_int_equal(crypto_sign(key, ALGORITHM_SHA1, &over, 1, signature, 64, &size),
                         ANSA_E_LIMIT);
        over.size = 262144 + 16;
        assert_int_equal(crypto_sign(key, ALGORITHM_SHA1, &over, 1, signature, 64, &size), ANSA_OK);
        crypto_key_free(key);
        crypto_key_free(NULL);
        arena_fini(&arena);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(matrix),
                cmocka_unit_test(ed25519_agrees_with_vectors),
                cmocka_unit_test(arguments),
        };
        return cmocka_run_group_tests_name("crypto/sign", tests, NULL, NULL);
}
