/* SPDX-License-Identifier: Apache-2.0 */
/* Digests, HMAC and PBKDF2 against published vectors. */
#include "../support.h"
#include "crypto/digest.h"
#include "hex.h"

#include <pthread.h>

/* Header and body of the example request of irp-wire 4.1. */
#define REQUEST                                      \
        "000000010000000019000000ffff0000"           \
        "6789abcd000000150000000933352e544553542f31" \
        "0000000000000000"

/* clang-format off */
static const struct {
        const char *name;
        enum digest_algorithm algorithm;
        const char *input; /* hex */
        const char *want;
} digests[] = {
        { "MD5 of nothing",      ALGORITHM_MD5,    "",       "d41d8cd98f00b204e9800998ecf8427e" },
        { "MD5 of abc",          ALGORITHM_MD5,    "616263", "900150983cd24fb0d6963f7d28e17f72" },
        { "SHA-1 of nothing",    ALGORITHM_SHA1,   "",       "da39a3ee5e6b4b0d3255bfef95601890afd80709" },
        { "SHA-1 of abc",        ALGORITHM_SHA1,   "616263", "a9993e364706816aba3e25717850c26c9cd0d89d" },
        { "SHA-256 of nothing",  ALGORITHM_SHA256, "",
          "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
        { "SHA-256 of abc",      ALGORITHM_SHA256, "616263",
          "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
        { "spec request MD5",    ALGORITHM_MD5,    REQUEST, "da3a93a3099f8d022496b053935ea5f3" },
        { "spec request SHA-1",  ALGORITHM_SHA1,   REQUEST, "2d128aff7df08e849142153f334e8be1a97c89ee" },
        { "spec request SHA-256", ALGORITHM_SHA256, REQUEST,
          "74c3bf262bd5de32782fdc23f06f43a94bbc158b9ac4a856bb88134f37c05b62" },
};

/* RFC 2202 (MD5, SHA-1), RFC 4231 (SHA-256), irp-wire 7.2 */
#define KEY_AA_80 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" \
                  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define KEY_AA_51 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define LARGER_KEY "54657374205573696e67204c6172676572205468616e20426c6f636b2d53697a65204b6579202d2048617368204b6579204669727374"
static const struct {
        const char *name;
        enum digest_algorithm algorithm;
        const char *key, *input, *want;
} hmacs[] = {
        { "RFC 2202 MD5 1", ALGORITHM_MD5, "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "4869205468657265",
          "9294727a3638bb1c13f48ef8158bfc9d" },
        { "RFC 2202 MD5 2", ALGORITHM_MD5, "4a656665", "7768617420646f2079612077616e7420666f72206e6f7468696e673f",
          "750c783e6ab0b503eaa86e310a5db738" },
        { "RFC 2202 SHA-1 1", ALGORITHM_SHA1, "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "4869205468657265",
          "b617318655057264e28bc0b6fb378c8ef146be00" },
        { "RFC 2202 SHA-1 6", ALGORITHM_SHA1, KEY_AA_80, LARGER_KEY,
          "aa4ae5e15272d00e95705637ce8a3b55ed402112" },
        { "RFC 4231 1", ALGORITHM_SHA256, "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "4869205468657265",
          "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7" },
        { "RFC 4231 2", ALGORITHM_SHA256, "4a656665", "7768617420646f2079612077616e7420666f72206e6f7468696e673f",
          "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843" },
        { "RFC 4231 6, long key", ALGORITHM_SHA256, KEY_AA_80 KEY_AA_51, LARGER_KEY,
          "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54" },
        { "empty key, empty input", ALGORITHM_SHA256, "", "",
          "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad" },
        { "spec message MAC", ALGORITHM_SHA256,
          "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
          "020b020b112233440102030400000001" REQUEST,
          "4b26ef54600c3c8163b6e521f82c588b744df4380f655fa1a75f8b337f6aba28" },
};

static const struct { /* RFC 6070 */
        const char *name, *password, *salt;
        size_t password_size, salt_size;
        uint32_t iterations;
        const char *want;
} stretches[] = {
#define ROW(name, password, salt, iterations, want) \
        { name, password, salt, sizeof(password) - 1, sizeof(salt) - 1, iterations, want }
        ROW("1", "password", "salt", 1, "0c60c80f961f0e71f3a9b524af6012062fe037a6"),
        ROW("2", "password", "salt", 2, "ea6c014dc72d6f8ccd1ed92ace1d41f0d8de8957"),
        ROW("3", "password", "salt", 4096, "4b007901b765489abead49d926f721d065a429c1"),
        ROW("5", "passwordPASSWORDpassword", "saltSALTsaltSALTsaltSALTsaltSALTsalt", 4096,
            "3d2eec4fe41c849b80c8d83662c0e44a8b291a964cf2f07038"),
        ROW("6, NUL octets", "pass\0word", "sa\0lt", 4096, "56fa6aa75548099dcc37d7f03425e0c3"),
#undef ROW
};
/* clang-format on */

static bool starts_with(const uint8_t *got, size_t size, const char *want)
{
        struct ansa_bytes bytes = hex(want);
        return bytes.size == size && memcmp(got, bytes.at, size) == 0;
}

static void digests_agree_with_vectors(void **state)
{
        (void)state;
        for (size_t i = 0; i < COUNT_OF(digests); i++) {
                uint8_t got[DIGEST_SIZE_MAX];
                struct ansa_bytes input = hex(digests[i].input);
                enum digest_algorithm a = digests[i].algorithm;
                assert_int_equal(digest_parts(a, &input, 1, got), ANSA_OK);
                if (!starts_with(got, digest_size(a), digests[i].want))
                        fail_msg("%s", digests[i].name);
        }
}

static void parts_are_one_input(void **state)
{
        (void)state;
        struct ansa_bytes whole = hex(REQUEST);
        uint8_t want[DIGEST_SIZE_MAX], want_mac[DIGEST_SIZE_MAX];
        struct ansa_bytes key = ANSA_BYTES_LIT("key");
        assert_int_equal(digest_parts(ALGORITHM_SHA256, &whole, 1, want), ANSA_OK);
        assert_int_equal(hmac_parts(ALGORITHM_SHA256, key, &whole, 1, want_mac), ANSA_OK);
        for (size_t cut = 0; cut <= whole.size; cut++) {
                const struct ansa_bytes parts[] = { { whole.at, cut },
                                                    { NULL, 0 },
                                                    { whole.at + cut, whole.size - cut } };
                uint8_t got[DIGEST_SIZE_MAX];
                assert_int_equal(digest_parts(ALGORITHM_SHA256, parts, 3, got), ANSA_OK);
                assert_memory_equal(got, want, sizeof(want));
                assert_int_equal(hmac_parts(ALGORITHM_SHA256, key, parts, 3, got), ANSA_OK);
                assert_memory_equal(got, want_mac, sizeof(want_mac));
        }
}

static void hmacs_agree_with_vectors(void **state)
{
        (void)state;
        for (size_t i = 0; i < COUNT_OF(hmacs); i++) {
                uint8_t got[DIGEST_SIZE_MAX];
                struct ansa_bytes input = hex(hmacs[i].input);
                enum digest_algorithm a = hmacs[i].algorithm;
                assert_int_equal(hmac_parts(a, hex(hmacs[i].key), &input, 1, got), ANSA_OK);
                if (!starts_with(got, digest_size(a), hmacs[i].want))
                        fail_msg("%s", hmacs[i].name);
        }
}

static void pbkdf2_agrees_with_vectors(void **state)
{
        (void)state;
        for (size_t i = 0; i < COUNT_OF(stretches); i++) {
                uint8_t got[32];
                struct ansa_bytes password = { (const uint8_t *)stretches[i].password,
                                               stretches[i].password_size };
                struct ansa_bytes salt = { (const uint8_t *)stretches[i].salt,
                                           stretches[i].salt_size };
                size_t size = strlen(stretches[i].want) / 2;
                assert_int_equal(pbkdf2_sha1(password, salt, stretches[i].iterations, got, size),
                                 ANSA_OK);
                if (!starts_with(got, size, stretches[i].want))
                        fail_msg("RFC 6070 %s", stretches[i].name);
        }
}

static void pbkdf2_refuses_nonsense(void **state)
{
        (void)state;
        uint8_t got[4] = { 1, 2, 3, 4 };
        struct ansa_bytes none = { NULL, 0 };
        assert_int_equal(pbkdf2_sha1(none, none, 0, got, 4), ANSA_E_ARGUMENT);
        assert_memory_equal(got, "\0\0\0\0", 4);
        assert_int_equal(pbkdf2_sha1(none, none, 1, got, 0), ANSA_E_ARGUMENT);
        assert_int_equal(pbkdf2_sha1(none, none, UINT32_MAX, got, 4), ANSA_E_LIMIT);
        assert_int_equal(pbkdf2_sha1(none, none, 1, got, 4), ANSA_OK);
}

static void names_of_digests(void **state)
{
        (void)state;
        static const struct {
                const char *name;
                enum ansa_err want;
                enum digest_algorithm algorithm;
        } rows[] = {
                { "MD5", ANSA_OK, ALGORITHM_MD5 },
                { "md5", ANSA_OK, ALGORITHM_MD5 },
                { "SHA1", ANSA_OK, ALGORITHM_SHA1 },
                { "sha-1", ANSA_OK, ALGORITHM_SHA1 },
                { "SHA-256", ANSA_OK, ALGORITHM_SHA256 },
                { "Sha256", ANSA_OK, ALGORITHM_SHA256 },
                { "\1", ANSA_OK, ALGORITHM_MD5 },
                { "\2", ANSA_OK, ALGORITHM_SHA1 },
                { "\3", ANSA_OK, ALGORITHM_SHA256 },
                { "\4", ANSA_E_UNSUPPORTED, 0 },
                { "", ANSA_E_UNSUPPORTED, 0 },
                { "SHA", ANSA_E_UNSUPPORTED, 0 },
                { "SHA-256 ", ANSA_E_UNSUPPORTED, 0 },
                { "SHA-512", ANSA_E_UNSUPPORTED, 0 },
        };
        for (size_t i = 0; i < COUNT_OF(rows); i++) {
                enum digest_algorithm a = ALGORITHM_SHA256;
                enum ansa_err got = digest_from_name(ansa_bytes_text(rows[i].name), &a);
                if (got != rows[i].want || a != rows[i].algorithm)
                        fail_msg("\"%s\"", rows[i].name);
        }
}

static void comparison(void **state)
{
        (void)state;
        assert_true(constant_time_equal((struct ansa_bytes){ NULL, 0 }, ANSA_BYTES_LIT("")));
        assert_true(constant_time_equal(ANSA_BYTES_LIT("abc"), ANSA_BYTES_LIT("abc")));
        assert_false(constant_time_equal(ANSA_BYTES_LIT("abc"), ANSA_BYTES_LIT("abd")));
        assert_false(constant_time_equal(ANSA_BYTES_LIT("abc"), ANSA_BYTES_LIT("ab")));
        assert_false(constant_time_equal(ANSA_BYTES_LIT("abc"), ANSA_BYTES_LIT("")));
        uint8_t secret[] = "secret";
        wipe(secret, sizeof(secret));
        assert_memory_equal(secret, "\0\0\0\0\0\0\0", sizeof(secret));
}

static void *many_digests(void *failed)
{
        struct ansa_bytes abc = ANSA_BYTES_LIT("abc");
        for (int i = 0; i < 500; i++) {
                uint8_t got[DIGEST_SIZE_MAX];
                if (digest_parts(ALGORITHM_SHA256, &abc, 1, got) != ANSA_OK || got[0] != 0xba ||
                    hmac_parts(ALGORITHM_MD5, abc, &abc, 1, got) != ANSA_OK || got[0] != 0xf7)
                        *(bool *)failed = true;
        }
        return NULL;
}

static void threads_share_the_algorithms(void **state)
{
        (void)state;
        pthread_t threads[4];
        bool failed[4] = { false };
        for (int i = 0; i < 4; i++)
                assert_int_equal(pthread_create(&threads[i], NULL, many_digests, &failed[i]), 0);
        for (int i = 0; i < 4; i++) {
                assert_int_equal(pthread_join(threads[i], NULL), 0);
                assert_false(failed[i]);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                /* first, so that the threads also race to fetch */
                cmocka_unit_test(threads_share_the_algorithms),
                cmocka_unit_test(digests_agree_with_vectors),
                cmocka_unit_test(parts_are_one_input),
                cmocka_unit_test(hmacs_agree_with_vectors),
                cmocka_unit_test(pbkdf2_agrees_with_vectors),
                cmocka_unit_test(pbkdf2_refuses_nonsense),
                cmocka_unit_test(names_of_digests),
                cmocka_unit_test(comparison),
        };
        return cmocka_run_group_tests_name("crypto/digest", tests, NULL, NULL);
}
