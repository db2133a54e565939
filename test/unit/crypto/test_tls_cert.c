/* SPDX-License-Identifier: Apache-2.0 */
/* Self-signed certificates, and the key inside of one. */
#include "../support.h"
#include "base/buf.h"
#include "base/text.h"
#include "command.h"
#include "crypto/tls_cert.h"

#define NOW 1800000000u /* 2027-01-15T08:00:00Z */

static const struct {
        enum ansa_key_kind kind;
        uint32_t bits;
} kinds[] = { { ANSA_KEY_RSA, 2048 }, { ANSA_KEY_ED25519, 0 } };

static void assert_same_public(const struct crypto_key *a, const struct crypto_key *b)
{
        struct arena arena;
        arena_init(&arena, 8192);
        struct ansa_key left, right;
        assert_int_equal(crypto_key_parts(a, false, &arena, &left), ANSA_OK);
        assert_int_equal(crypto_key_parts(b, false, &arena, &right), ANSA_OK);
        assert_int_equal(left.kind, right.kind);
        for (size_t i = 0; i < ANSA_KEY_PART_MAX; i++)
                assert_true(ansa_bytes_equal(left.part[i], right.part[i]));
        arena_fini(&arena);
}

static void tells_its_term(void **state)
{
        (void)state;
        struct crypto_key *key;
        struct buf pem = buf_growing(16384);
        uint64_t from_s, until_s;
        assert_int_equal(crypto_key_generate(ANSA_KEY_ED25519, 0, &key), ANSA_OK);
        buf_text(&pem, "words before it\n");
        assert_int_equal(tls_cert_new(key, ANSA_BYTES_LIT("20.500.99999"), NOW, &pem), ANSA_OK);
        assert_int_equal(crypto_cert_term(buf_written(&pem), &from_s, &until_s), ANSA_OK);
        assert_int_equal(from_s, NOW - 86400);
        assert_int_equal(until_s, NOW + 10ull * 365 * 86400);
        static const char *const bad[] = { "", "text", "-----BEGIN CERTIFICATE-----\nAAAA\n",
                                           ("-----BEGIN CERTIFICATE-----\nAAAA\n"
                                            "-----END CERTIFICATE-----\n") };
        for (size_t i = 0; i < COUNT_OF(bad); i++) {
                assert_int_equal(crypto_cert_term(ansa_bytes_text(bad[i]), &from_s, &until_s),
                                 ANSA_E_MALFORMED);
                assert_int_equal(until_s, 0);
        }
        buf_fini(&pem);
        crypto_key_free(key);
}

static void the_key_comes_back(void **state)
{
        (void)state;
        for (size_t i = 0; i < COUNT_OF(kinds); i++) {
                struct crypto_key *key, *back;
                struct buf pem = buf_growing(16384);
                assert_int_equal(crypto_key_generate(kinds[i].kind, kinds[i].bits, &key), ANSA_OK);
                assert_int_equal(tls_cert_new(key, ANSA_BYTES_LIT("20.500.99999"), NOW, &pem),
                                 ANSA_OK);
                assert_int_equal(crypto_key_from_cert_pem(buf_written(&pem), &back), ANSA_OK);
                assert_false(crypto_key_is_private(back));
                assert_same_public(key, back);
                crypto_key_free(back);
                for (size_t size = 0; size + 1 < pem.size; size++) {
                        uint8_t *copy = malloc(size > 0 ? size : 1);
                        assert_non_null(copy);
                        memcpy(copy, pem.at, size);
                        assert_int_equal(
                                crypto_key_from_cert_pem((struct ansa_bytes){ copy, size }, &back),
                                ANSA_E_MALFORMED);
                        assert_null(back);
                        free(copy);
                }
                buf_fini(&pem);
                crypto_key_free(key);
        }
}

static void openssl_agrees(void **state)
{
        (void)state;
        if (!have_openssl())
                skip();
        struct workshop w;
        workshop_open(&w);
        for (size_t i = 0; i < COUNT_OF(kinds); i++) {
                struct crypto_key *key, *back;
                struct buf pem = buf_growing(16384);
                assert_int_equal(crypto_key_generate(kinds[i].kind, kinds[i].bits, &key), ANSA_OK);
                assert_int_equal(tls_cert_new(key, ANSA_BYTES_LIT("20.500.99999"), NOW, &pem),
                                 ANSA_OK);
                workshop_write(&w, "cert", buf_written(&pem));
                assert_true(workshop_run(&w, "openssl verify -attime 1800000000 -x509_strict"
                                             " -check_ss_sig -CAfile cert cert"));
                assert_true(workshop_run(&w, "openssl x509 -in cert -noout -text >text"));
                assert_true(workshop_run(&w, "grep 'Subject: CN = 20.500.99999' text"));
                assert_true(workshop_run(&w, "grep 'DNS:localhost' text"));
                assert_true(workshop_run(&w, "grep 'Not Before: Jan 14 08:00:00 2027' text"));
                assert_true(workshop_run(&w, "grep 'Not After : Jan 12 08:00:00 2037' text"));
                assert_true(workshop_run(&w, "openssl x509 -in cert -outform DER -out der"));
                assert_int_equal(crypto_key_from_cert_der(workshop_read(&w, "der"), &back),
                                 ANSA_OK);
                assert_same_public(key, back);
                crypto_key_free(back);
                buf_fini(&pem);
                crypto_key_free(key);
        }
        /* A key of a kind we do not use. */
        assert_true(workshop_run(&w, "openssl req -x509 -newkey ec -pkeyopt"
                                     " ec_paramgen_curve:P-256 -nodes -subj /CN=x -keyout k"
                                     " -out cert"));
        struct crypto_key *key;
        assert_int_equal(crypto_key_from_cert_pem(workshop_read(&w, "cert"), &key),
                         ANSA_E_UNSUPPORTED);
        workshop_close(&w);
}

static void arguments(void **state)
{
        (void)state;
        static const uint8_t large[65537] = { 0 };
        static const char name[] =
                "01234567890123456789012345678901234567890123456789012345678901234";
        struct crypto_key *key, *dsa, *open;
        struct buf pem = buf_growing(16384);
        assert_int_equal(crypto_key_generate(ANSA_KEY_ED25519, 0, &key), ANSA_OK);
        assert_int_equal(crypto_key_generate(ANSA_KEY_DSA, 1024, &dsa), ANSA_OK);
        assert_int_equal(tls_cert_new(dsa, ANSA_BYTES_LIT("x"), NOW, &pem), ANSA_E_UNSUPPORTED);
        assert_int_equal(tls_cert_new(key, ANSA_BYTES_LIT(""), NOW, &pem), ANSA_E_ARGUMENT);
        assert_int_equal(tls_cert_new(key, ANSA_BYTES_LIT("\xff"), NOW, &pem), ANSA_E_ARGUMENT);
        assert_int_equal(tls_cert_new(key, ansa_bytes_text(name), NOW, &pem), ANSA_E_ARGUMENT);
        assert_int_equal(tls_cert_new(key, ansa_bytes_text(name + 1), NOW, &pem), ANSA_OK);
        assert_int_equal(crypto_key_from_cert_pem(buf_written(&pem), &open), ANSA_OK);
        assert_int_equal(tls_cert_new(open, ANSA_BYTES_LIT("x"), NOW, &pem), ANSA_E_ARGUMENT);
        crypto_key_free(open);

        /* A key is no certificate, and neither is nothing. */
        buf_reset(&pem);
        assert_int_equal(crypto_key_to_pem(key, false, (struct ansa_bytes){ NULL, 0 }, &pem),
                         ANSA_OK);
        assert_int_equal(crypto_key_from_cert_pem(buf_written(&pem), &open), ANSA_E_MALFORMED);
        /* Behind other blocks it is found. */
        assert_int_equal(tls_cert_new(key, ANSA_BYTES_LIT("x"), NOW, &pem), ANSA_OK);
        assert_int_equal(crypto_key_from_cert_pem(buf_written(&pem), &open), ANSA_OK);
        crypto_key_free(open);
        struct ansa_bytes over = { large, sizeof(large) };
        assert_int_equal(crypto_key_from_cert_pem(over, &open), ANSA_E_LIMIT);
        assert_int_equal(crypto_key_from_cert_der(over, &open), ANSA_E_LIMIT);
        over.size = 0;
        assert_int_equal(crypto_key_from_cert_pem(over, &open), ANSA_E_MALFORMED);
        assert_int_equal(crypto_key_from_cert_der(over, &open), ANSA_E_MALFORMED);
        assert_null(open);
        buf_fini(&pem);
        crypto_key_free(dsa);
        crypto_key_free(key);
}

/* The octets of a certificate in PEM. */
static struct ansa_bytes der_of(const struct buf *pem, struct buf *der)
{
        static const char begin[] = "-----BEGIN CERTIFICATE-----";
        static const char end[] = "-----END CERTIFICATE-----";
        const uint8_t *from = memmem(pem->at, pem->size, begin, sizeof(begin) - 1);
        const uint8_t *to = memmem(pem->at, pem->size, end, sizeof(end) - 1);
        struct buf base64 = buf_growing(16384);
        assert_true(from != NULL && to != NULL && from < to);
        for (from += sizeof(begin) - 1; from < to; from++) {
                if (*from != '\n')
                        buf_u8(&base64, *from);
        }
        assert_int_equal(text_base64(buf_written(&base64), der), ANSA_OK);
        buf_fini(&base64);
        return buf_written(der);
}

static void delegation(void **state)
{
        (void)state;
        for (size_t i = 0; i < COUNT_OF(kinds); i++) {
                struct crypto_key *site, *other, *shown, *tls;
                struct buf cert = buf_growing(16384);
                struct buf key = buf_growing(16384);
                struct buf octets = buf_growing(16384);
                assert_int_equal(crypto_key_generate(kinds[i].kind, kinds[i].bits, &site), ANSA_OK);
                assert_int_equal(crypto_key_generate(kinds[i].kind, kinds[i].bits, &other),
                                 ANSA_OK);
                assert_int_equal(tls_cert_delegate(site, ANSA_BYTES_LIT("x"), NOW, 30, &cert, &key),
                                 ANSA_OK);
                struct ansa_bytes der = der_of(&cert, &octets);
                assert_int_equal(crypto_cert_is_signed_by(der, site, NOW), ANSA_OK);
                assert_int_equal(crypto_cert_is_signed_by(der, other, NOW), ANSA_E_UNAUTHENTIC);
                /* in force from a day before for thirty days */
                assert_int_equal(crypto_cert_is_signed_by(der, site, NOW - 86399), ANSA_OK);
                assert_int_equal(crypto_cert_is_signed_by(der, site, NOW - 86401), ANSA_E_EXPIRED);
                assert_int_equal(crypto_cert_is_signed_by(der, site, NOW + 30 * 86400 - 1),
                                 ANSA_OK);
                assert_int_equal(crypto_cert_is_signed_by(der, site, NOW + 30 * 86400 + 1),
                                 ANSA_E_EXPIRED);
                /* any octet changed: not a certificate, or not signed */
                for (size_t at = 0; at < octets.size; at += 7) {
                        octets.at[at] ^= 1;
                        assert_int_not_equal(crypto_cert_is_signed_by(der, site, NOW), ANSA_OK);
                        octets.at[at] ^= 1;
                }
                /* it is another key, and not the site's, that the network's process gets */
                assert_non_null(memmem(key.at, key.size, "BEGIN PRIVATE KEY", 17));
                assert_int_not_equal(crypto_key_from_cert_pem(buf_written(&cert), &shown), ANSA_OK);
                assert_int_not_equal(crypto_key_from_pem(buf_written(&key),
                                                         (struct ansa_bytes){ NULL, 0 }, &tls),
                                     ANSA_OK); /* P-256 is no key of ours */
                /* a public key cannot delegate, nor anyone for no time at all */
                buf_reset(&cert);
                assert_int_equal(
                        crypto_key_to_pem(site, false, (struct ansa_bytes){ NULL, 0 }, &cert),
                        ANSA_OK);
                assert_int_equal(crypto_key_from_pem(buf_written(&cert),
                                                     (struct ansa_bytes){ NULL, 0 }, &shown),
                                 ANSA_OK);
                assert_int_equal(
                        tls_cert_delegate(shown, ANSA_BYTES_LIT("x"), NOW, 30, &cert, &key),
                        ANSA_E_ARGUMENT);
                assert_int_equal(tls_cert_delegate(site, ANSA_BYTES_LIT("x"), NOW, 0, &cert, &key),
                                 ANSA_E_ARGUMENT);
                crypto_key_free(shown);
                crypto_key_free(other);
                crypto_key_free(site);
                buf_fini(&octets);
                buf_fini(&cert);
                buf_fini(&key);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(the_key_comes_back), cmocka_unit_test(tells_its_term),
                cmocka_unit_test(openssl_agrees),     cmocka_unit_test(arguments),
                cmocka_unit_test(delegation),
        };
        return cmocka_run_group_tests_name("crypto/tls_cert", tests, NULL, NULL);
}
