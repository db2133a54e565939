/* SPDX-License-Identifier: Apache-2.0 */
/* Keys in PEM: round trips, what the openssl command line makes of them, and refusals. */
#include "../support.h"
#include "base/buf.h"
#include "base/text.h"
#include "command.h"
#include "crypto/key.h"

static const struct ansa_bytes none = { NULL, 0 };
static const struct ansa_bytes secret = { (const uint8_t *)"open sesame", 11 };

static const struct {
        enum ansa_key_kind kind;
        uint32_t bits;
        const char *generate; /* the same by openssl, to the file made */
} kinds[] = {
        { ANSA_KEY_RSA, 1024,
          "openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:1024 -out made" },
        { ANSA_KEY_DSA, 1024,
          "openssl genpkey -genparam -algorithm DSA -pkeyopt dsa_paramgen_bits:1024 -out p"
          " && openssl genpkey -paramfile p -out made" },
        { ANSA_KEY_ED25519, 0, "openssl genpkey -algorithm ED25519 -out made" },
};

/* The key behind @pem is @want: one signs, the other verifies. */
static void same_key(const struct crypto_key *private_key, const struct crypto_key *public_key)
{
        const struct ansa_bytes text = ANSA_BYTES_LIT("text");
        uint8_t signature[CRYPTO_SIGNATURE_MAX];
        size_t size;
        assert_int_equal(crypto_sign(private_key, ALGORITHM_SHA256, &text, 1, signature,
                                     sizeof(signature), &size),
                         ANSA_OK);
        assert_int_equal(crypto_verify(public_key, ALGORITHM_SHA256, &text, 1,
                                       (struct ansa_bytes){ signature, size }),
                         ANSA_OK);
}

static bool begins(const struct buf *b, const char *text)
{
        return b->size > strlen(text) && memcmp(b->at, text, strlen(text)) == 0;
}

static void round_trips(void **state)
{
        (void)state;
        for (size_t i = 0; i < COUNT_OF(kinds); i++) {
                struct crypto_key *key, *back;
                assert_int_equal(crypto_key_generate(kinds[i].kind, kinds[i].bits, &key), ANSA_OK);
                struct buf b = buf_growing(65536);

                assert_int_equal(crypto_key_to_pem(key, true, none, &b), ANSA_OK);
                assert_true(begins(&b, "-----BEGIN PRIVATE KEY-----\n"));
                assert_int_equal(crypto_key_from_pem(buf_written(&b), none, &back), ANSA_OK);
                assert_int_equal(crypto_key_kind(back), kinds[i].kind);
                same_key(back, key);
                crypto_key_free(back);

                /* A passphrase for a key without one does no harm. */
                assert_int_equal(crypto_key_from_pem(buf_written(&b), secret, &back), ANSA_OK);
                crypto_key_free(back);

                buf_reset(&b);
                assert_int_equal(crypto_key_to_pem(key, true, secret, &b), ANSA_OK);
                assert_true(begins(&b, "-----BEGIN ENCRYPTED PRIVATE KEY-----\n"));
                assert_int_equal(crypto_key_from_pem(buf_written(&b), secret, &back), ANSA_OK);
                same_key(back, key);
                crypto_key_free(back);
                assert_int_equal(crypto_key_from_pem(buf_written(&b), none, &back), ANSA_E_DENIED);
                assert_null(back);
                assert_int_equal(
                        crypto_key_from_pem(buf_written(&b), ANSA_BYTES_LIT("open sesamE"), &back),
                        ANSA_E_DENIED);
                assert_null(back);

                buf_reset(&b);
                assert_int_equal(crypto_key_to_pem(key, false, secret, &b), ANSA_OK);
                assert_true(begins(&b, "-----BEGIN PUBLIC KEY-----\n"));
                assert_int_equal(crypto_key_from_pem(buf_written(&b), none, &back), ANSA_OK);
                assert_false(crypto_key_is_private(back));
                same_key(key, back);
                assert_int_equal(crypto_key_to_pem(back, true, none, &b), ANSA_E_ARGUMENT);
                crypto_key_free(back);
                buf_fini(&b);
                crypto_key_free(key);
        }
}

/* Read a file that openssl has made; wrong passphrases must not do. */
static struct crypto_key *take(const struct workshop *w, const char *name, struct ansa_bytes pass)
{
        struct crypto_key *key = NULL;
        assert_int_equal(crypto_key_from_pem(workshop_read(w, name), pass, &key), ANSA_OK);
        return key;
}

static void keys_of_openssl(void **state)
{
        (void)state;
        if (!have_openssl())
                skip();
        struct workshop w;
        workshop_open(&w);
        for (size_t i = 0; i < COUNT_OF(kinds); i++) {
                assert_true(workshop_run(&w, kinds[i].generate));
                assert_true(workshop_run(&w, "openssl pkey -in made -pubout -out public"));
                assert_true(workshop_run(&w, "openssl pkcs8 -topk8 -in made -out sealed"
                                             " -passout 'pass:open sesame'"));
                struct crypto_key *key = take(&w, "made", none);
                struct crypto_key *public = take(&w, "public", none);
                struct crypto_key *sealed = take(&w, "sealed", secret);
                assert_int_equal(crypto_key_kind(key), kinds[i].kind);
                assert_true(crypto_key_is_private(sealed));
                assert_false(crypto_key_is_private(public));
                same_key(key, public);
                same_key(sealed, public);
                crypto_key_free(sealed);
                crypto_key_free(public);
                if (kinds[i].kind != ANSA_KEY_ED25519) {
                        assert_true(
                                workshop_run(&w, "openssl pkey -in made -traditional -out old"));
                        assert_true(workshop_run(&w,
                                                 "openssl pkey -in made -traditional -aes128"
                                                 " -passout 'pass:open sesame' -out oldsealed"));
                        struct crypto_key *old = take(&w, "old", none);
                        struct crypto_key *old_sealed = take(&w, "oldsealed", secret);
                        same_key(old, key);
                        same_key(old_sealed, key);
                        struct crypto_key *wrong;
                        assert_int_equal(
                                crypto_key_from_pem(workshop_read(&w, "oldsealed"), none, &wrong),
                                ANSA_E_DENIED);
                        assert_int_equal(crypto_key_from_pem(workshop_read(&w, "oldsealed"),
                                                             ANSA_BYTES_LIT("wrong"), &wrong),
                                         ANSA_E_DENIED);
                        crypto_key_free(old);
                        crypto_key_free(old_sealed);
                }
                crypto_key_free(key);
        }
        workshop_close(&w);
}

static void openssl_reads_ours(void **state)
{
        (void)state;
        if (!have_openssl())
                skip();
        struct workshop w;
        workshop_open(&w);
        for (size_t i = 0; i < COUNT_OF(kinds); i++) {
                struct crypto_key *key;
                struct buf b = buf_growing(65536);
                assert_int_equal(crypto_key_generate(kinds[i].kind, kinds[i].bits, &key), ANSA_OK);
                assert_int_equal(crypto_key_to_pem(key, true, secret, &b), ANSA_OK);
                workshop_write(&w, "ours", buf_written(&b));
                buf_reset(&b);
                assert_int_equal(crypto_key_to_pem(key, true, none, &b), ANSA_OK);
                workshop_write(&w, "bare", buf_written(&b));
                buf_reset(&b);
                assert_int_equal(crypto_key_to_pem(key, false, none, &b), ANSA_OK);
                workshop_write(&w, "public", buf_written(&b));
                assert_true(workshop_run(&w, "openssl pkey -in ours -passin 'pass:open sesame'"
                                             " -pubout -out theirs && cmp theirs public"));
                assert_true(workshop_run(&w, "openssl pkey -in bare -pubout -out theirs"
                                             " && cmp theirs public"));
                assert_true(workshop_run(&w,
                                         "openssl asn1parse -in ours >parsed"
                                         " && grep PBES2 parsed && grep aes-256-cbc parsed"
                                         " && grep hmacWithSHA256 parsed && grep 0186A0 parsed"));
                buf_fini(&b);
                crypto_key_free(key);
        }
        workshop_close(&w);
}

/* Change octets inside the base64 of a PEM block; @from must occur once. */
static void patch(const struct buf *pem, struct ansa_bytes from, struct ansa_bytes to,
                  struct buf *patched)
{
        struct buf lines = buf_growing(65536), der = buf_growing(65536);
        const char *text = (const char *)pem->at;
        const char *start = memchr(text, '\n', pem->size);
        const char *end = memmem(text, pem->size, "\n-----END", 9);
        for (const char *p = start; p < end; p++) {
                if (*p != '\n')
                        buf_u8(&lines, (uint8_t)*p);
        }
        assert_int_equal(text_base64(buf_written(&lines), &der), ANSA_OK);
        uint8_t *at = memmem(der.at, der.size, from.at, from.size);
        assert_non_null(at);
        memcpy(at, to.at, to.size);
        buf_reset(&lines);
        text_put_base64(&lines, buf_written(&der), TEXT_BASE64);
        buf_bytes(patched, (struct ansa_bytes){ pem->at, (size_t)(start + 1 - text) });
        for (size_t i = 0; i < lines.size; i++) {
                buf_u8(patched, lines.at[i]);
                if (i % 64 == 63 && i + 1 < lines.size)
                        buf_u8(patched, '\n');
        }
        buf_bytes(patched,
                  (struct ansa_bytes){ (const uint8_t *)end, pem->size - (size_t)(end - text) });
        buf_fini(&lines);
        buf_fini(&der);
}

static void endless_key_derivation_is_refused(void **state)
{
        (void)state;
        static const struct {
                const char *to;
                enum ansa_err want;
        } rows[] = {
                { "\2\3\1\x86\xa0", ANSA_OK },
                { "\2\3\1\x86\xa1", ANSA_E_DENIED },
                { "\2\3\x7f\xff\xff", ANSA_E_LIMIT },
                { "\2\3\x4c\x4b\x41", ANSA_E_LIMIT },
                { "\2\3\xff\xff\xfe", ANSA_E_MALFORMED },
        };
        struct crypto_key *key, *back;
        struct buf b = buf_growing(65536);
        assert_int_equal(crypto_key_generate(ANSA_KEY_ED25519, 0, &key), ANSA_OK);
        assert_int_equal(crypto_key_to_pem(key, true, secret, &b), ANSA_OK);
        for (size_t i = 0; i < COUNT_OF(rows); i++) {
                struct buf patched = buf_growing(65536);
                patch(&b, ANSA_BYTES_LIT("\2\3\1\x86\xa0"), ansa_bytes_text(rows[i].to), &patched);
                enum ansa_err got = crypto_key_from_pem(buf_written(&patched), secret, &back);
                if (got != rows[i].want)
                        fail_msg("row %zu: %s", i, ansa_err_text(got));
                crypto_key_free(back);
                buf_fini(&patched);
        }
        buf_fini(&b);
        crypto_key_free(key);
}

static void every_cut_is_refused(void **state)
{
        (void)state;
        struct crypto_key *key, *back;
        struct buf b = buf_growing(65536);
        assert_int_equal(crypto_key_generate(ANSA_KEY_RSA, 1024, &key), ANSA_OK);
        assert_int_equal(crypto_key_to_pem(key, true, none, &b), ANSA_OK);
        for (size_t size = 0; size + 1 < b.size; size++) { /* the last newline may be missing */
                uint8_t *copy = malloc(size > 0 ? size : 1);
                assert_non_null(copy);
                memcpy(copy, b.at, size);
                assert_int_equal(
                        crypto_key_from_pem((struct ansa_bytes){ copy, size }, none, &back),
                        ANSA_E_MALFORMED);
                assert_null(back);
                free(copy);
        }
        buf_fini(&b);
        crypto_key_free(key);
}

static void other_keys_are_refused(void **state)
{
        (void)state;
        if (!have_openssl())
                skip();
        static const struct {
                const char *command;
                enum ansa_err want;
        } rows[] = {
                { "openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out k",
                  ANSA_E_UNSUPPORTED },
                { "openssl pkey -in k -pubout -out p && cp p k", ANSA_E_UNSUPPORTED },
                { "openssl genpkey -algorithm X25519 -out k", ANSA_E_UNSUPPORTED },
                { "openssl genpkey -algorithm RSA-PSS -pkeyopt rsa_keygen_bits:1024 -out k",
                  ANSA_E_UNSUPPORTED },
                { "openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:512 -out k",
                  ANSA_E_UNSUPPORTED },
                { "openssl pkey -in k -pubout -out p && cp p k", ANSA_E_UNSUPPORTED },
                { "openssl genpkey -algorithm ED25519 -out s"
                  " && openssl pkcs8 -topk8 -in s -scrypt -passout pass:x -out k",
                  ANSA_E_UNSUPPORTED },
                { "openssl pkcs8 -topk8 -in s -v1 PBE-SHA1-3DES -passout pass:x -out k",
                  ANSA_E_UNSUPPORTED },
                { "echo no key >k", ANSA_E_MALFORMED },
        };
        struct workshop w;
        workshop_open(&w);
        for (size_t i = 0; i < COUNT_OF(rows); i++) {
                struct crypto_key *key;
                assert_true(workshop_run(&w, rows[i].command));
                enum ansa_err got = crypto_key_from_pem(workshop_read(&w, "k"), secret, &key);
                if (got != rows[i].want)
                        fail_msg("%s: %s", rows[i].command, ansa_err_text(got));
                assert_null(key);
        }
        workshop_close(&w);
}

static void sizes(void **state)
{
        (void)state;
        static uint8_t large[65537];
        struct crypto_key *key, *back;
        struct ansa_bytes over = { large, 65537 }, long_secret = { large, 1025 };
        struct buf b = buf_growing(65536);
        assert_int_equal(crypto_key_from_pem(over, none, &back), ANSA_E_LIMIT);
        over.size--;
        assert_int_equal(crypto_key_from_pem(over, none, &back), ANSA_E_MALFORMED);
        assert_int_equal(crypto_key_from_pem(none, none, &back), ANSA_E_MALFORMED);
        assert_int_equal(crypto_key_from_pem(over, long_secret, &back), ANSA_E_LIMIT);
        assert_int_equal(crypto_key_generate(ANSA_KEY_ED25519, 0, &key), ANSA_OK);
        assert_int_equal(crypto_key_to_pem(key, true, long_secret, &b), ANSA_E_LIMIT);
        memset(large, 'x', sizeof(large));
        long_secret.size--;
        assert_int_equal(crypto_key_to_pem(key, true, long_secret, &b), ANSA_OK);
        assert_int_equal(crypto_key_from_pem(buf_written(&b), long_secret, &back), ANSA_OK);
        crypto_key_free(back);
        uint8_t room[10];
        b.err = ANSA_OK;
        struct buf small = buf_over(room, sizeof(room));
        assert_int_equal(crypto_key_to_pem(key, true, none, &small), ANSA_E_LIMIT);
        buf_fini(&b);

        /* A private RSA key without factors has no PKCS#8 form. */
        crypto_key_free(key);
        struct arena arena;
        arena_init(&arena, 4096);
        struct ansa_key parts;
        assert_int_equal(crypto_key_generate(ANSA_KEY_RSA, 1024, &key), ANSA_OK);
        assert_int_equal(crypto_key_parts(key, true, &arena, &parts), ANSA_OK);
        parts.kind = ANSA_KEY_RSA;
        parts.part_count = 2;
        parts.part[1] = parts.part[2];
        assert_int_equal(crypto_key_new(&parts, &back), ANSA_OK);
        b = buf_growing(65536);
        assert_int_equal(crypto_key_to_pem(back, true, none, &b), ANSA_E_UNSUPPORTED);
        assert_int_equal(crypto_key_to_pem(back, false, none, &b), ANSA_OK);
        buf_fini(&b);
        crypto_key_free(back);
        crypto_key_free(key);
        arena_fini(&arena);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(round_trips),
                cmocka_unit_test(keys_of_openssl),
                cmocka_unit_test(openssl_reads_ours),
                cmocka_unit_test(endless_key_derivation_is_refused),
                cmocka_unit_test(every_cut_is_refused),
                cmocka_unit_test(other_keys_are_refused),
                cmocka_unit_test(sizes),
        };
        return cmocka_run_group_tests_name("crypto/pem", tests, NULL, NULL);
}
