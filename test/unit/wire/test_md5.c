/* SPDX-License-Identifier: Apache-2.0 */
/* MD5: the test suite of RFC 1321 s.A.5, block boundaries, and feeding in pieces. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/text.h"
#include "wire/md5.h"

static const struct vector {
        const char *text;
        const char *digest;
} vectors[] = {
        { "", "d41d8cd98f00b204e9800998ecf8427e" },
        { "a", "0cc175b9c0f1b6a831c399e269772661" },
        { "abc", "900150983cd24fb0d6963f7d28e17f72" },
        { "message digest", "f96b697d7cb7938d525a2f31aaf161d0" },
        { "abcdefghijklmnopqrstuvwxyz", "c3fcd3d76192e4007dfb496cca67e13b" },
        { "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
          "d174ab98d277d9f5a5611c2c9f419d9f" },
        { "12345678901234567890123456789012345678901234567890123456789012345678901234567890",
          "57edf4a22be3c955ac49da2e2107b67a" },
};

static void assert_digest(const uint8_t digest[MD5_SIZE], const char *want)
{
        uint8_t text[2 * MD5_SIZE + 1] = { 0 };
        struct buf b = buf_over(text, 2 * MD5_SIZE);
        text_put_hex(&b, (struct ansa_bytes){ digest, MD5_SIZE });
        assert_string_equal((const char *)text, want);
}

static void follows_rfc_1321(void **state)
{
        (void)state;
        for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
                struct md5 m;
                uint8_t digest[MD5_SIZE];
                md5_init(&m);
                md5_add(&m, ansa_bytes_text(vectors[i].text));
                md5_end(&m, digest);
                assert_digest(digest, vectors[i].digest);
        }
}

/* The padding changes shape at 55, 56, 63 and 64 octets. */
static void pads_every_length(void **state)
{
        static const struct {
                size_t size;
                const char *digest;
        } rows[] = {
                { 55, "ef1772b6dff9a122358552954ad0df65" },
                { 56, "3b0c8ac703f828b04c6c197006d17218" },
                { 57, "652b906d60af96844ebd21b674f35e93" },
                { 63, "b06521f39153d618550606be297466d5" },
                { 64, "014842d480b571495a4a0363793f7367" },
                { 65, "c743a45e0d2e6a95cb859adae0248435" },
                { 119, "8a7bd0732ed6a28ce75f6dabc90e1613" },
                { 120, "5f61c0ccad4cac44c75ff505e1f1e537" },
                { 128, "e510683b3f5ffe4093d021808bc6ff70" },
        };
        (void)state;
        uint8_t text[128];
        memset(text, 'a', sizeof(text));
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                struct md5 m;
                uint8_t digest[MD5_SIZE];
                md5_init(&m);
                md5_add(&m, (struct ansa_bytes){ text, rows[i].size });
                md5_end(&m, digest);
                assert_digest(digest, rows[i].digest);
        }
}

static void takes_any_pieces(void **state)
{
        (void)state;
        const struct vector *v = &vectors[6];
        struct ansa_bytes all = ansa_bytes_text(v->text);
        for (size_t cut = 0; cut <= all.size; cut++) {
                struct md5 m;
                uint8_t digest[MD5_SIZE];
                md5_init(&m);
                md5_add(&m, (struct ansa_bytes){ all.at, cut });
                md5_add(&m, (struct ansa_bytes){ all.at + cut, all.size - cut });
                md5_end(&m, digest);
                assert_digest(digest, v->digest);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(follows_rfc_1321),
                cmocka_unit_test(pads_every_length),
                cmocka_unit_test(takes_any_pieces),
        };
        return cmocka_run_group_tests_name("wire/md5", tests, NULL, NULL);
}
