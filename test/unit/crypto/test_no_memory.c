/* SPDX-License-Identifier: Apache-2.0 */
/*
 * OpenSSL out of memory at one allocation after the other: every operation ends with an error
 * or with its right result, and no wrong signature becomes a good one. Left out is what
 * OpenSSL 3.0 itself does not survive: private RSA operations (the blinding of the key stays
 * out of step for some rounds: wrong results, found by the other side) and signing a certificate.
 */
#include "../support.h"
#include "base/buf.h"
#include "crypto/session.h"
#include "crypto/tls_cert.h"

#include <openssl/crypto.h>
#include <stdlib.h>

#define ALLOCATIONS_MAX 20000u

static size_t left = SIZE_MAX; /* allocations that still succeed */

static bool may_allocate(void)
{
        if (left == SIZE_MAX)
                return true;
        if (left == 0)
                return false;
        left--;
        return true;
}

static void *failing_malloc(size_t size, const char *file, int line)
{
        (void)file;
        (void)line;
        return may_allocate() ? malloc(size) : NULL;
}

static void *failing_realloc(void *at, size_t size, const char *file, int line)
{
        (void)file;
        (void)line;
        return may_allocate() ? realloc(at, size) : NULL;
}

static void plain_free(void *at, const char *file, int line)
{
        (void)file;
        (void)line;
        free(at);
}

/* What the operations work on, made while there is memory. */
static struct crypto_key *rsa, *dsa, *ed25519;
static struct arena arena;
static struct ansa_key parts[6]; /* public and private of each */
static struct ansa_key group;
static const struct ansa_bytes text = { (const uint8_t *)"text", 4 };
static uint8_t signature[3][CRYPTO_SIGNATURE_MAX];
static size_t signature_size[3];
static struct buf pem[3];
static struct buf cert;

static struct crypto_key *key_at(size_t i)
{
        struct crypto_key *const keys[] = { rsa, dsa, ed25519 };
        return keys[i];
}

static int set_up(void **state)
{
        (void)state;
        static const enum ansa_key_kind kinds[] = { ANSA_KEY_RSA, ANSA_KEY_DSA, ANSA_KEY_ED25519 };
        struct crypto_key **const keys[] = { &rsa, &dsa, &ed25519 };
        arena_init(&arena, 65536);
        for (size_t i = 0; i < 3; i++) {
                assert_int_equal(crypto_key_generate(kinds[i], 1024, keys[i]), ANSA_OK);
                assert_int_equal(crypto_key_parts(*keys[i], false, &arena, &parts[2 * i]), ANSA_OK);
                assert_int_equal(crypto_key_parts(*keys[i], true, &arena, &parts[2 * i + 1]),
                                 ANSA_OK);
                assert_int_equal(crypto_sign(*keys[i], ALGORITHM_SHA256, &text, 1, signature[i],
                                             CRYPTO_SIGNATURE_MAX, &signature_size[i]),
                                 ANSA_OK);
                pem[i] = buf_growing(65536);
                assert_int_equal(
                        crypto_key_to_pem(*keys[i], true, (struct ansa_bytes){ NULL, 0 }, &pem[i]),
                        ANSA_OK);
        }
        cert = buf_growing(65536);
        assert_int_equal(tls_cert_new(rsa, text, 1800000000u, &cert), ANSA_OK);
        struct dh_exchange *dh;
        assert_int_equal(dh_new_group2(&dh), ANSA_OK);
        assert_int_equal(dh_public(dh, &arena, &group), ANSA_OK);
        dh_free(dh);
        return 0;
}

static int tear_down(void **state)
{
        (void)state;
        for (size_t i = 0; i < 3; i++) {
                crypto_key_free(key_at(i));
                buf_fini(&pem[i]);
        }
        buf_fini(&cert);
        arena_fini(&arena);
        return 0;
}

/* By address: what is behind it is written while @err is computed. */
static enum ansa_err take(enum ansa_err err, struct crypto_key **key)
{
        assert_true((err == ANSA_OK) == (*key != NULL));
        crypto_key_free(*key);
        return err;
}

static enum ansa_err do_digest(size_t i)
{
        uint8_t digest[DIGEST_SIZE_MAX];
        return digest_parts((enum digest_algorithm)i, &text, 1, digest);
}

static enum ansa_err do_hmac(size_t i)
{
        uint8_t mac[DIGEST_SIZE_MAX];
        return hmac_parts((enum digest_algorithm)i, text, &text, 1, mac);
}

static enum ansa_err do_pbkdf2(size_t i)
{
        uint8_t derived[20];
        return pbkdf2_sha1(text, text, (uint32_t)i + 1, derived, sizeof(derived));
}

static enum ansa_err do_new_public(size_t i)
{
        struct crypto_key *key;
        return take(crypto_key_new(&parts[2 * i], &key), &key);
}

static enum ansa_err do_new_private(size_t i)
{
        struct crypto_key *key;
        return take(crypto_key_new(&parts[2 * i + 1], &key), &key);
}

static enum ansa_err do_bare_rsa(size_t i)
{
        (void)i;
        struct crypto_key *key;
        struct ansa_key bare = parts[1];
        bare.kind = ANSA_KEY_RSA;
        bare.part_count = 2;
        bare.part[1] = bare.part[2];
        return take(crypto_key_new(&bare, &key), &key);
}

static enum ansa_err do_parts(size_t i)
{
        struct arena scratch;
        struct ansa_key got;
        arena_init(&scratch, 16384);
        enum ansa_err err = crypto_key_parts(key_at(i), true, &scratch, &got);
        assert_true(err == ANSA_OK || got.kind == ANSA_KEY_NONE);
        arena_fini(&scratch);
        return err;
}

static enum ansa_err do_sign(size_t i)
{
        uint8_t made[CRYPTO_SIGNATURE_MAX];
        size_t size;
        enum ansa_err err =
                crypto_sign(key_at(i), ALGORITHM_SHA1, &text, 1, made, sizeof(made), &size);
        assert_true(err == ANSA_OK || size == 0);
        return err;
}

static enum ansa_err do_verify(size_t i)
{
        return crypto_verify(key_at(i), ALGORITHM_SHA256, &text, 1,
                             (struct ansa_bytes){ signature[i], signature_size[i] });
}

static enum ansa_err do_verify_wrong(size_t i)
{
        const struct ansa_bytes other = ANSA_BYTES_LIT("texT");
        enum ansa_err err = crypto_verify(key_at(i), ALGORITHM_SHA256, &other, 1,
                                          (struct ansa_bytes){ signature[i], signature_size[i] });
        assert_int_not_equal(err, ANSA_OK);
        return err == ANSA_E_UNAUTHENTIC ? ANSA_OK : err;
}

static enum ansa_err do_rsa_encrypt(size_t i)
{
        (void)i;
        uint8_t sealed[128];
        size_t size;
        return crypto_rsa_encrypt(rsa, text, sealed, sizeof(sealed), &size);
}

static enum ansa_err do_write_pem(size_t i)
{
        struct buf b = buf_growing(65536);
        enum ansa_err err = crypto_key_to_pem(key_at(i), true, (struct ansa_bytes){ NULL, 0 }, &b);
        assert_true(err == ANSA_OK || b.size == 0);
        buf_fini(&b);
        return err;
}

static enum ansa_err do_read_pem(size_t i)
{
        struct crypto_key *key;
        return take(crypto_key_from_pem(buf_written(&pem[i]), (struct ansa_bytes){ NULL, 0 }, &key),
                    &key);
}

static enum ansa_err do_read_cert(size_t i)
{
        (void)i;
        struct crypto_key *key;
        return take(crypto_key_from_cert_pem(buf_written(&cert), &key), &key);
}

static enum ansa_err do_agree(size_t i)
{
        (void)i;
        struct dh_exchange *dh;
        struct session_key key;
        enum ansa_err err = dh_new(&group, 1024, &dh);
        assert_true((err == ANSA_OK) == (dh != NULL));
        if (err == ANSA_OK) {
                err = dh_agree(dh, &group, CIPHER_AES128, &key);
                assert_int_equal(key.size, err == ANSA_OK ? 32 : 0);
        }
        dh_free(dh);
        return err;
}

static enum ansa_err do_group14(size_t i)
{
        (void)i;
        struct dh_exchange *dh;
        enum ansa_err err = dh_new(NULL, 2048, &dh);
        dh_free(dh);
        return err;
}

static enum ansa_err do_session(size_t i)
{
        static const uint8_t octets[32] = { 0 };
        struct session_key key;
        session_key_from_random(&key, (enum session_cipher)(i + 1), octets);
        struct buf sealed = buf_growing(1024), opened = buf_growing(1024);
        enum ansa_err err = session_encrypt(&key, true, octets, text, &sealed);
        assert_true(err == ANSA_OK || sealed.size == 0);
        if (err == ANSA_OK)
                err = session_decrypt(&key, true, buf_written(&sealed), &opened);
        assert_true(err == ANSA_OK || opened.size == 0);
        buf_fini(&sealed);
        buf_fini(&opened);
        return err;
}

static const struct {
        const char *name;
        enum ansa_err (*run)(size_t i);
} operations[] = {
#define ROW(name)                \
        {                        \
#name, do_##name \
        }
        ROW(digest),      ROW(hmac),      ROW(pbkdf2),   ROW(new_public), ROW(new_private),
        ROW(bare_rsa),    ROW(parts),     ROW(sign),     ROW(verify),     ROW(verify_wrong),
        ROW(rsa_encrypt), ROW(write_pem), ROW(read_pem), ROW(read_cert),  ROW(agree),
        ROW(group14),     ROW(session),
#undef ROW
};

static void each_allocation_fails_once(void **state)
{
        (void)state;
        for (size_t o = 0; o < COUNT_OF(operations); o++) {
                for (size_t i = 0; i < 3; i++) {
                        /* Once in peace: a failed first look-up of an algorithm stays failed. */
                        enum ansa_err err = operations[o].run(i);
                        size_t failures = 0, n = 0;
                        bool ran_out = true;
                        for (; ran_out && n < ALLOCATIONS_MAX;
                             n += 1 + n / 64) { /* of many, some */
                                left = n;
                                err = operations[o].run(i);
                                ran_out = left == 0;
                                left = SIZE_MAX;
                                failures += err != ANSA_OK;
                        }
                        if (ran_out || err != ANSA_OK || failures == 0)
                                fail_msg("%s %zu: %s after %zu runs, %zu failures",
                                         operations[o].name, i, ansa_err_text(err), n, failures);
                }
        }
}

int main(void)
{
        if (CRYPTO_set_mem_functions(failing_malloc, failing_realloc, plain_free) != 1)
                return 1;
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(each_allocation_fails_once),
        };
        return cmocka_run_group_tests_name("crypto/no_memory", tests, set_up, tear_down);
}
