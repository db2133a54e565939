/* SPDX-License-Identifier: Apache-2.0 */
/* Answers to challenges under a secret key: the vectors of irp-wire 4.11. */
#include "../support.h"
#include "crypto/answer.h"
#include "hex.h"

#define NONCE  "000102030405060708090a0b0c0d0e0f"
#define DIGEST "74c3bf262bd5de32782fdc23f06f43a94bbc158b9ac4a856bb88134f37c05b62"
#define SALT   "101112131415161718191a1b1c1d1e1f"

/* clang-format off */
static const struct row {
        const char *name;
        uint8_t code;
        uint32_t iterations, key_bits;
        const char *secret; /* hex */
        enum ansa_err want;
        const char *mac;
} rows[] = {
#define SECRET "736563726574"
        { "bare MD5",         0x00, 0, 0, SECRET, ANSA_OK, "571fdbb8e51573846d59607241ebc384" },
        { "MD5",              0x01, 0, 0, SECRET, ANSA_OK, "571fdbb8e51573846d59607241ebc384" },
        { "SHA-1",            0x02, 0, 0, SECRET, ANSA_OK, "ffa67f97f29d36db6c04a2b5e34c29aa420eab2e" },
        { "SHA-256",          0x03, 0, 0, SECRET, ANSA_OK,
          "c6619747a0759289f2cfddef55520a794e4f3a867cdf26cd9192284066bd2146" },
        { "HMAC-MD5",         0x11, 0, 0, SECRET, ANSA_OK, "c863705803b318c757ae9cb4a2497757" },
        { "HMAC-SHA1",        0x12, 0, 0, SECRET, ANSA_OK, "f733e154605d092c6dc4b7a5252a91da42bbfc56" },
        { "HMAC-SHA256",      0x13, 0, 0, SECRET, ANSA_OK,
          "f0be2548be3eafa7f70f84d29ed6880c0bb5eca09ae1baa99617c03eacf40cbf" },
        { "PBKDF2",           0x22, 10000, 160, SECRET, ANSA_OK, "90ddece6f37328cc4a64aca3faeafc79af62e8af" },
        { "PBKDF2 widens octets from 0x80", 0x22, 1000, 160, "00417f80bfc0ff", ANSA_OK, "4382fd88c748e763a8425788e7a5829670726df5" },
        { "PBKDF2 empty secret",            0x22, 1, 160, "", ANSA_OK, "8235df993907ca2864ffd5b3d5fa1807bcfa1dd2" },
        { "PBKDF2 long key",                0x22, 2, 256, SECRET, ANSA_OK, "d47ec176c8a416fe8980cb184108ea6245533468" },
        { "most iterations",                0x22, PBKDF2_ITERATIONS_MAX, 8, SECRET, ANSA_OK, "8d8c715e05f3b44cb71e17aa665f7c1b5cac3e46" },
        { "too many iterations",            0x22, PBKDF2_ITERATIONS_MAX + 1, 160, SECRET, ANSA_E_LIMIT, NULL },
        { "no iterations",                  0x22, 0, 160, SECRET, ANSA_E_MALFORMED, NULL },
        { "key too long",                   0x22, 1, 264, SECRET, ANSA_E_LIMIT, NULL },
        { "no key",                         0x22, 1, 0, SECRET, ANSA_E_MALFORMED, NULL },
        { "key of odd bits",                0x22, 1, 161, SECRET, ANSA_E_MALFORMED, NULL },
        { "unknown code",                   0x21, 0, 0, SECRET, ANSA_E_UNSUPPORTED, NULL },
#undef SECRET
};
/* clang-format on */

static void each_form(void **state)
{
        (void)state;
        for (size_t i = 0; i < COUNT_OF(rows); i++) {
                const struct row *t = &rows[i];
                const struct mac_parameters p = {
                        .code = t->code,
                        .salt = hex(SALT),
                        .iterations = t->iterations,
                        .key_bits = t->key_bits,
                };
                const struct answer_input input = { hex(NONCE), hex(DIGEST) };
                uint8_t mac[DIGEST_SIZE_MAX];
                size_t size = 99;
                enum ansa_err got = answer_mac(&p, hex(t->secret), &input, mac, &size);
                struct ansa_bytes want = hex(t->mac != NULL ? t->mac : "");
                if (got != t->want || size != want.size || memcmp(mac, want.at, size) != 0)
                        fail_msg("%s: %s", t->name, ansa_err_text(got));
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(each_form),
        };
        return cmocka_run_group_tests_name("crypto/answer", tests, NULL, NULL);
}
