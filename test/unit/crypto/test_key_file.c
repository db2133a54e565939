/* SPDX-License-Identifier: Apache-2.0 */
/* Private key files of the Java tools. The vectors were made with Python's hashlib and openssl enc. */
#include "../support.h"
#include "base/buf.h"
#include "crypto/key.h"
#include "hex.h"

#include <stdio.h>
#include <stdlib.h>

/* A toy DSA_PRIV_KEY. */
#define PLAIN "0000000c4453415f505249565f4b4559000000020102000000010700000001050000000103"
#define SALT  "000102030405060708090a0b0c0d0e0f"
#define IV8   "2021222324252627"
#define IV16  "303132333435363738393a3b3c3d3e3f"
#define NAME  "correct horse"
#define WIDE  "p\xc3\xa4ssw\xc3\xb6rd"

/* clang-format off */
static const struct row {
        const char *name;
        uint32_t form, iterations, key_bits;
        const char *iv, *passphrase, *payload;
} rows[] = {
        { "DES-ECB", 0, 0, 0, "", NAME,
          "856aac318b22505f168cb24b28bb1776e2a7705ff418b0bc3e8aea14adb265f06c858dd56ce0ffde" },
        { "plain",   1, 0, 0, "", NAME, PLAIN },
        { "DES-CBC", 2, 0, 0, IV8, NAME,
          "7bba3da7224cf1d498f7547a9a5fbb16e7fbcd4a8ee0cbaca7d43bb65e49bae8929004bcdabccf4c" },
        { "3DES",    3, 10000, 192, IV8, NAME,
          "062191f58c6ceadde99390ca11c586a0188b87defa954db866a2072de915a1828b87f325a59cd472" },
        { "AES-128", 4, 10000, 128, IV16, NAME,
          "00168ddca827675ce46150ae378b7648922289c71bb0ca5c5ea9937956d51f506129b20ec641dc3c870d4ba8a80acfdd" },
        { "AES-256", 4, 10000, 256, IV16, NAME,
          "ce9351c34575064c763aa43fc2b5e9cfe764462fbfb55e916bf0fb25fdf0be7ea1185f3df379dac9be97d89782c5fb57" },
        { "passphrase in UTF-8", 4, 10000, 128, IV16, WIDE,
          "529163d3dc2a435fcd1c12a74028a3366f5eba9fcd6659e5edbc8f30738b2404d92ab0fc0ce818dc4e55bb48876df088" },
};
/* The last row's passphrase, each octet taken for a character. */
#define WIDENED \
        "288a12bad5008a2bcb09d665f470fd22edc07d4e590ec6d2b0a4e94dc6116a391e09242958907ea55383c9be9809ff7e"
/* clang-format on */

static struct key_file_cipher cipher_of(const struct row *t)
{
        return (struct key_file_cipher){ .form = t->form,
                                         .salt = hex(SALT),
                                         .iterations = t->iterations,
                                         .key_bits = t->key_bits,
                                         .iv = hex(t->iv) };
}

static void vectors_both_ways(void **state)
{
        (void)state;
        for (size_t i = 0; i < COUNT_OF(rows); i++) {
                struct key_file_cipher c = cipher_of(&rows[i]);
                struct ansa_bytes passphrase = ansa_bytes_text(rows[i].passphrase);
                struct ansa_bytes payload = hex(rows[i].payload);
                struct buf b = buf_growing(4096);
                buf_text(&b, "front");
                assert_int_equal(key_file_decrypt(&c, passphrase, payload, &b), ANSA_OK);
                assert_int_equal(b.size, 5 + sizeof(PLAIN) / 2);
                assert_memory_equal(b.at + 5, hex(PLAIN).at, sizeof(PLAIN) / 2);
                buf_reset(&b);
                assert_int_equal(key_file_encrypt(&c, passphrase, hex(PLAIN), &b), ANSA_OK);
                if (!ansa_bytes_equal(buf_written(&b), hex(rows[i].payload)))
                        fail_msg("%s", rows[i].name);
                buf_fini(&b);
        }
}

static void widened_passphrases_open_too(void **state)
{
        (void)state;
        struct key_file_cipher c = cipher_of(&rows[6]);
        struct buf b = buf_growing(4096);
        assert_int_equal(key_file_decrypt(&c, ansa_bytes_text(WIDE), hex(WIDENED), &b), ANSA_OK);
        assert_true(ansa_bytes_equal(buf_written(&b), hex(PLAIN)));
        assert_int_equal(key_file_decrypt(&c, ansa_bytes_text(WIDE "x"), hex(WIDENED), &b),
                         ANSA_E_DENIED);
        buf_fini(&b);
}

/* Enough of them that some give good padding by chance. */
static void wrong_passphrases(void **state)
{
        (void)state;
        struct buf b = buf_growing(4096);
        for (size_t i = 0; i < COUNT_OF(rows); i++) {
                if (rows[i].form == 1)
                        continue;
                struct key_file_cipher c = cipher_of(&rows[i]);
                c.iterations = 1;
                for (int n = 0; n < 2000; n++) {
                        char wrong[32];
                        (void)snprintf(wrong, sizeof(wrong), "wrong %d", n);
                        assert_int_equal(key_file_decrypt(&c, ansa_bytes_text(wrong),
                                                          hex(rows[i].payload), &b),
                                         ANSA_E_DENIED);
                        assert_int_equal(b.size, 0);
                }
        }
        buf_fini(&b);
}

static void only_keys_come_out(void **state)
{
        (void)state;
        static const char *const others[] = {
                "",
                "00000000",
                "0000000c",
                "0000000d4453415f505249565f4b4559",
                "000000024120",
                "00000041",
                "0100000c4453415f505249565f4b4559",
                "00000001ff",
                "000000014100", /* the one that could be a key */
        };
        struct key_file_cipher c = cipher_of(&rows[2]);
        for (size_t i = 0; i < COUNT_OF(others); i++) {
                struct buf sealed = buf_growing(4096), b = buf_growing(4096);
                struct ansa_bytes passphrase = ansa_bytes_text(NAME);
                assert_int_equal(key_file_encrypt(&c, passphrase, hex(others[i]), &sealed),
                                 ANSA_OK);
                enum ansa_err want = i == COUNT_OF(others) - 1 ? ANSA_OK : ANSA_E_DENIED;
                enum ansa_err got = key_file_decrypt(&c, passphrase, buf_written(&sealed), &b);
                if (got != want)
                        fail_msg("\"%s\": %s", others[i], ansa_err_text(got));
                buf_fini(&sealed);
                buf_fini(&b);
        }
}

static void cut_payloads(void **state)
{
        (void)state;
        for (size_t i = 0; i < COUNT_OF(rows); i++) {
                if (rows[i].form == 1)
                        continue;
                struct key_file_cipher c = cipher_of(&rows[i]);
                c.iterations = 1;
                struct ansa_bytes payload = hex(rows[i].payload);
                struct buf b = buf_growing(4096);
                for (size_t size = 0; size < payload.size; size++) {
                        uint8_t *copy = malloc(size > 0 ? size : 1);
                        assert_non_null(copy);
                        memcpy(copy, payload.at, size);
                        enum ansa_err err = key_file_decrypt(&c, ansa_bytes_text(NAME),
                                                             (struct ansa_bytes){ copy, size }, &b);
                        bool whole = size > 0 && size % (rows[i].form == 4 ? 16 : 8) == 0;
                        assert_int_equal(err, whole ? ANSA_E_DENIED : ANSA_E_MALFORMED);
                        free(copy);
                }
                buf_fini(&b);
        }
}

static void parameters(void **state)
{
        (void)state;
        /* clang-format off */
        static const struct {
                const char *name;
                uint32_t form, iterations, key_bits;
                const char *iv;
                enum ansa_err want;
        } bad[] = {
                { "form 5",            5, 1, 128, IV16, ANSA_E_UNSUPPORTED },
                { "3DES of 128 bits",  3, 1, 128, IV8,  ANSA_E_UNSUPPORTED },
                { "AES of no bits",    4, 1, 0,   IV16, ANSA_E_UNSUPPORTED },
                { "AES of 160 bits",   4, 1, 160, IV16, ANSA_E_UNSUPPORTED },
                { "AES of 192 bits",   4, 1, 192, IV16, ANSA_OK },
                { "short IV of AES",   4, 1, 128, IV8,  ANSA_E_MALFORMED },
                { "long IV of DES",    2, 1, 0,   IV16, ANSA_E_MALFORMED },
                { "no IV",             3, 1, 192, "",   ANSA_E_MALFORMED },
                { "no iterations",     4, 0, 128, IV16, ANSA_E_MALFORMED },
                { "many iterations",   4, 10000001, 128, IV16, ANSA_E_LIMIT },
                { "most negative",     4, 0x80000000u, 128, IV16, ANSA_E_LIMIT },
        };
        /* clang-format on */
        for (size_t i = 0; i < COUNT_OF(bad); i++) {
                struct key_file_cipher c = { .form = bad[i].form,
                                             .salt = hex(SALT),
                                             .iterations = bad[i].iterations,
                                             .key_bits = bad[i].key_bits,
                                             .iv = hex(bad[i].iv) };
                struct buf sealed = buf_growing(4096), b = buf_growing(4096);
                enum ansa_err got =
                        key_file_encrypt(&c, ansa_bytes_text(NAME), hex(PLAIN), &sealed);
                if (got != bad[i].want)
                        fail_msg("%s: %s", bad[i].name, ansa_err_text(got));
                if (got != ANSA_OK)
                        assert_int_equal(key_file_decrypt(&c, ansa_bytes_text(NAME),
                                                          hex(rows[4].payload), &b),
                                         got);
                buf_fini(&sealed);
                buf_fini(&b);
        }
}

static void sizes(void **state)
{
        (void)state;
        static uint8_t large[1048577];
        struct key_file_cipher c = cipher_of(&rows[2]);
        struct ansa_bytes name = ansa_bytes_text(NAME);
        struct ansa_bytes over = { large, sizeof(large) };
        uint8_t room[40];
        struct buf b = buf_over(room, 39);
        assert_int_equal(key_file_encrypt(&c, name, over, &b), ANSA_E_LIMIT);
        assert_int_equal(key_file_decrypt(&c, name, over, &b), ANSA_E_LIMIT);
        assert_int_equal(key_file_encrypt(&c, over, hex(PLAIN), &b), ANSA_E_LIMIT);
        assert_int_equal(key_file_decrypt(&c, over, hex(PLAIN), &b), ANSA_E_LIMIT);
        assert_int_equal(b.err, ANSA_OK);
        assert_int_equal(key_file_encrypt(&c, name, hex(PLAIN), &b), ANSA_E_LIMIT);
        b = buf_over(room, 40);
        assert_int_equal(key_file_encrypt(&c, name, hex(PLAIN), &b), ANSA_OK);
        b = buf_over(room, 39);
        assert_int_equal(key_file_decrypt(&c, name, hex(rows[2].payload), &b), ANSA_E_LIMIT);
        c.salt = over;
        b = buf_over(room, 40);
        assert_int_equal(key_file_encrypt(&c, name, hex(PLAIN), &b), ANSA_E_LIMIT);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(vectors_both_ways),
                cmocka_unit_test(widened_passphrases_open_too),
                cmocka_unit_test(wrong_passphrases),
                cmocka_unit_test(only_keys_come_out),
                cmocka_unit_test(cut_payloads),
                cmocka_unit_test(parameters),
                cmocka_unit_test(sizes),
        };
        return cmocka_run_group_tests_name("crypto/key_file", tests, NULL, NULL);
}
