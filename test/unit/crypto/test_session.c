/* SPDX-License-Identifier: Apache-2.0 */
/* Encryption of messages in sessions. */
#include "../support.h"
#include "command.h"
#include "crypto/session.h"
#include "hex.h"

static const uint8_t key_octets[32] = {
        0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef, 0x10, 0x32, 0x54,
        0x76, 0x98, 0xba, 0xdc, 0xfe, 0x89, 0xab, 0xcd, 0xef, 0x01, 0x23,
        0x45, 0x67, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff, 0x00, 0x11,
};
static const uint8_t iv[16] = { 9, 8, 7, 6, 5, 4, 3, 2, 1, 0, 11, 12, 13, 14, 15, 16 };

static const struct form {
        const char *name;
        enum session_cipher cipher;
        bool has_iv;
        size_t key_size; /* of a new session key */
        size_t block;
        const char *command; /* that decrypts body into plain */
} forms[] = {
        { "DES ECB", CIPHER_DES, false, 8, 8,
          "openssl enc -d -des-ecb -provider legacy -provider default -K 0123456789abcdef" },
        { "DES CBC", CIPHER_DES, true, 8, 8,
          "openssl enc -d -des-cbc -provider legacy -provider default -K 0123456789abcdef"
          " -iv 0908070605040302" },
        { "3DES ECB", CIPHER_3DES, false, 24, 8,
          "openssl enc -d -des-ede3 -K 0123456789abcdef1032547698badcfe89abcdef01234567" },
        { "3DES CBC", CIPHER_3DES, true, 24, 8,
          "openssl enc -d -des-ede3-cbc -K 0123456789abcdef1032547698badcfe89abcdef01234567"
          " -iv 0908070605040302" },
        { "AES ECB", CIPHER_AES128, false, 32, 16,
          "openssl enc -d -aes-128-ecb -K 0123456789abcdef1032547698badcfe" },
        { "AES CBC", CIPHER_AES128, true, 32, 16,
          "openssl enc -d -aes-128-cbc -K 0123456789abcdef1032547698badcfe"
          " -iv 090807060504030201000b0c0d0e0f10" },
};

static struct session_key key_for(const struct form *f)
{
        struct session_key key;
        session_key_from_random(&key, f->cipher, key_octets);
        assert_int_equal(key.size, f->key_size);
        return key;
}

static void sealed_is_opened(void **state)
{
        (void)state;
        uint8_t plain[100];
        for (size_t i = 0; i < sizeof(plain); i++)
                plain[i] = (uint8_t)i;
        for (size_t i = 0; i < COUNT_OF(forms); i++) {
                const struct form *f = &forms[i];
                struct session_key key = key_for(f);
                for (size_t size = 0; size <= sizeof(plain); size++) {
                        struct buf sealed = buf_growing(1024), opened = buf_growing(1024);
                        buf_text(&sealed, "head");
                        buf_text(&opened, "front");
                        struct ansa_bytes in = { plain, size };
                        assert_int_equal(session_encrypt(&key, f->has_iv, iv, in, &sealed),
                                         ANSA_OK);
                        size_t padded = (size / f->block + 1) * f->block;
                        assert_int_equal(sealed.size, 4 + padded + (f->has_iv ? f->block : 0));
                        struct ansa_bytes cipher = { sealed.at + 4, sealed.size - 4 };
                        assert_int_equal(session_decrypt(&key, f->has_iv, cipher, &opened),
                                         ANSA_OK);
                        assert_int_equal(opened.size, 5 + size);
                        assert_memory_equal(opened.at, "front", 5);
                        assert_memory_equal(opened.at + 5, plain, size);
                        buf_fini(&sealed);
                        buf_fini(&opened);
                }
        }
}

static void openssl_opens_what_we_seal(void **state)
{
        (void)state;
        if (!have_openssl())
                skip();
        struct workshop w;
        workshop_open(&w);
        const struct ansa_bytes text =
                ANSA_BYTES_LIT("a message of some blocks, not a whole number");
        for (size_t i = 0; i < COUNT_OF(forms); i++) {
                const struct form *f = &forms[i];
                struct session_key key = key_for(f);
                struct buf sealed = buf_growing(1024);
                assert_int_equal(session_encrypt(&key, f->has_iv, iv, text, &sealed), ANSA_OK);
                size_t front = f->has_iv ? f->block : 0;
                assert_memory_equal(sealed.at, iv, front);
                workshop_write(&w, "body",
                               (struct ansa_bytes){ sealed.at + front, sealed.size - front });
                char command[512];
                (void)snprintf(command, sizeof(command), "%s -in body -out plain", f->command);
                if (!workshop_run(&w, command) ||
                    !ansa_bytes_equal(workshop_read(&w, "plain"), text))
                        fail_msg("%s", f->name);
                buf_fini(&sealed);
        }
        workshop_close(&w);
}

static void damage_is_refused(void **state)
{
        (void)state;
        const struct ansa_bytes text = ANSA_BYTES_LIT("a message of 32 octets, which is");
        for (size_t i = 0; i < COUNT_OF(forms); i++) {
                const struct form *f = &forms[i];
                struct session_key key = key_for(f);
                struct buf sealed = buf_growing(1024), opened = buf_growing(1024);
                assert_int_equal(session_encrypt(&key, f->has_iv, iv, text, &sealed), ANSA_OK);
                buf_text(&opened, "front");
                for (size_t cut = 0; cut < sealed.size; cut++) {
                        uint8_t *copy = malloc(cut > 0 ? cut : 1);
                        assert_non_null(copy);
                        memcpy(copy, sealed.at, cut);
                        struct ansa_bytes cipher = { copy, cut };
                        assert_int_equal(session_decrypt(&key, f->has_iv, cipher, &opened),
                                         ANSA_E_UNAUTHENTIC);
                        assert_int_equal(opened.size, 5);
                        free(copy);
                }
                /* Nothing, into a buffer that has no memory yet, is refused as well. */
                struct buf fresh = buf_growing(1024);
                assert_int_equal(
                        session_decrypt(&key, f->has_iv, (struct ansa_bytes){ NULL, 0 }, &fresh),
                        ANSA_E_UNAUTHENTIC);
                buf_fini(&fresh);
                /* A whole block of padding: no change of the last block leaves it as it was. */
                for (size_t bit = 0; bit < 8 * f->block; bit++) {
                        size_t at = sealed.size - 1 - bit / 8;
                        sealed.at[at] ^= (uint8_t)(1u << bit % 8);
                        enum ansa_err err =
                                session_decrypt(&key, f->has_iv, buf_written(&sealed), &opened);
                        /* Garbled, it looks like other padding once in 256 times. */
                        assert_true(err == ANSA_E_UNAUTHENTIC || opened.size - 5 > text.size);
                        opened.size = 5;
                        sealed.at[at] ^= (uint8_t)(1u << bit % 8);
                }
                buf_fini(&sealed);
                buf_fini(&opened);
        }
}

static void limits(void **state)
{
        (void)state;
        static uint8_t large[262144 + 64];
        struct session_key key;
        session_key_from_random(&key, CIPHER_AES128, key_octets);
        struct buf out = buf_growing(1u << 20);
        struct ansa_bytes plain = { large, 262144 };
        assert_int_equal(session_encrypt(&key, true, iv, plain, &out), ANSA_OK);
        struct buf back = buf_growing(1u << 20);
        assert_int_equal(session_decrypt(&key, true, buf_written(&out), &back), ANSA_OK);
        assert_int_equal(back.size, 262144);
        plain.size++;
        assert_int_equal(session_encrypt(&key, true, iv, plain, &out), ANSA_E_LIMIT);
        assert_int_equal(
                session_decrypt(&key, true, (struct ansa_bytes){ large, sizeof(large) }, &back),
                ANSA_E_LIMIT);
        assert_int_equal(back.size, 262144);
        buf_fini(&out);
        buf_fini(&back);

        /* No room is the buffer's error. */
        uint8_t small[32];
        out = buf_over(small, 31);
        assert_int_equal(session_encrypt(&key, true, iv, ANSA_BYTES_LIT("x"), &out), ANSA_E_LIMIT);
        out = buf_over(small, 32);
        assert_int_equal(session_encrypt(&key, true, iv, ANSA_BYTES_LIT("x"), &out), ANSA_OK);
}

static void unusable_keys(void **state)
{
        (void)state;
        struct buf out = buf_growing(1024);
        static const struct {
                unsigned cipher;
                size_t size;
                enum ansa_err want;
        } rows[] = {
                { CIPHER_DES, 7, ANSA_E_ARGUMENT },
                { CIPHER_DES, 8, ANSA_OK },
                { CIPHER_3DES, 23, ANSA_E_ARGUMENT },
                { CIPHER_3DES, 24, ANSA_OK },
                { CIPHER_AES128, 15, ANSA_E_ARGUMENT },
                { CIPHER_AES128, 16, ANSA_OK },
                { 0, 32, ANSA_E_ARGUMENT },
                { 4, 32, ANSA_E_ARGUMENT },
                { CIPHER_AES128, SESSION_KEY_SIZE_MAX + 1, ANSA_E_ARGUMENT },
        };
        for (size_t i = 0; i < COUNT_OF(rows); i++) {
                struct session_key key = { .size = rows[i].size,
                                           .cipher = (enum session_cipher)rows[i].cipher };
                assert_int_equal(session_encrypt(&key, true, iv, ANSA_BYTES_LIT("x"), &out),
                                 rows[i].want);
                if (rows[i].want != ANSA_OK)
                        assert_int_equal(session_decrypt(&key, true, ANSA_BYTES_LIT("x"), &out),
                                         rows[i].want);
        }
        buf_fini(&out);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(sealed_is_opened),  cmocka_unit_test(openssl_opens_what_we_seal),
                cmocka_unit_test(damage_is_refused), cmocka_unit_test(limits),
                cmocka_unit_test(unusable_keys),
        };
        return cmocka_run_group_tests_name("crypto/session", tests, NULL, NULL);
}
