/* SPDX-License-Identifier: Apache-2.0 */
/* Diffie-Hellman agreements, and groups that are refused. */
#include "../support.h"
#include "base/arena.h"
#include "crypto/session.h"
#include "hex.h"

#include <openssl/bn.h>
#include <stdlib.h>

#define ARENA_MAX 65536u

static const enum session_cipher ciphers[] = { CIPHER_DES, CIPHER_3DES, CIPHER_AES128 };
static const size_t key_sizes[] = { 8, 24, 32 };

static void check_parity(const struct session_key *key)
{
        for (size_t i = 0; i < key->size; i++)
                assert_int_equal(__builtin_popcount(key->at[i]) % 2, 1);
}

/* @client has chosen the group; the server answers in it. */
static void agree(struct dh_exchange *client, uint32_t bits_min)
{
        struct arena arena;
        arena_init(&arena, ARENA_MAX);
        struct ansa_key from_client, from_server;
        struct dh_exchange *server;
        assert_int_equal(dh_public(client, &arena, &from_client), ANSA_OK);
        assert_int_equal(dh_new(&from_client, bits_min, &server), ANSA_OK);
        assert_int_equal(dh_public(server, &arena, &from_server), ANSA_OK);
        assert_int_equal(from_server.kind, ANSA_KEY_DH);
        assert_true(ansa_bytes_equal(from_server.part[1], from_client.part[1]));
        assert_true(ansa_bytes_equal(from_server.part[2], from_client.part[2]));
        for (size_t i = 0; i < COUNT_OF(ciphers); i++) {
                struct session_key a, b;
                assert_int_equal(dh_agree(client, &from_server, ciphers[i], &a), ANSA_OK);
                assert_int_equal(dh_agree(server, &from_client, ciphers[i], &b), ANSA_OK);
                assert_int_equal(a.size, key_sizes[i]);
                assert_int_equal(a.cipher, ciphers[i]);
                assert_int_equal(b.size, a.size);
                assert_memory_equal(a.at, b.at, a.size);
                if (ciphers[i] != CIPHER_AES128)
                        check_parity(&a);
        }
        dh_free(server);
        arena_fini(&arena);
}

static void group_14(void **state)
{
        (void)state;
        struct dh_exchange *client;
        assert_int_equal(dh_new(NULL, 2048, &client), ANSA_OK);
        agree(client, 2048);
        dh_free(client);
}

static void group_2(void **state)
{
        (void)state;
        struct dh_exchange *client;
        assert_int_equal(dh_new_group2(&client), ANSA_OK);
        agree(client, 1024);
        dh_free(client);
}

/* A prime that no standard has; (p - 1) / 2 is composite, as with what old clients make up. */
#define OWN_PRIME                                                          \
        "da8c5bddb1ac7e5d590ac6bc227fb88e45bf93dab5f923e249bddbf616dc496a" \
        "1d15b65fc1a4ccadc57b364b4f5bb742065297d42f9d38d87e7857ea8f978442" \
        "53e010e5b5d2937cd72e1c1ffc38390200442d6a53d0a0475020bf455325ab8f" \
        "70767667b368f09be9b05a256375191a2b057d56ad739d77c4332619e8844ccf"
#define OWN_GENERATOR "05"
#define OWN_Y                                                              \
        "77b7e6fa61abdf3fc4c45564486ccffa72112c75610b9de52e450f68fd066dab" \
        "daeab4eedfa79321bd05af05f4da24f2b3ee425a8012b605aa6e9d7c99176479" \
        "93bd99670e2af79a64af3409cc88bf86e96bf1c39b33c752c1584041da2c7085" \
        "97d189c77512ecb1cd1383dcfcef2b214897ce52aa98df756a3211d6fdc27242"

static struct ansa_key peer_key(const char *y, const char *p, const char *g)
{
        return (struct ansa_key){ .kind = ANSA_KEY_DH,
                                  .part_count = 3,
                                  .part = { hex(y), hex(p), hex(g) } };
}

static void groups_that_nobody_knows(void **state)
{
        (void)state;
        const struct ansa_key chosen = peer_key(OWN_Y, OWN_PRIME, OWN_GENERATOR);
        struct dh_exchange *client;
        assert_int_equal(dh_new(&chosen, 1024, &client), ANSA_OK);
        agree(client, 1024);
        dh_free(client);
}

static enum ansa_err try_group(const char *y, const char *p, const char *g, uint32_t bits_min)
{
        const struct ansa_key key = peer_key(y, p, g);
        struct dh_exchange *dh = (struct dh_exchange *)(uintptr_t)1;
        enum ansa_err err = dh_new(&key, bits_min, &dh);
        if (err != ANSA_OK)
                assert_null(dh);
        else
                dh_free(dh);
        return err;
}

static void hostile_groups(void **state)
{
        (void)state;
        /* clang-format off */
        static const struct {
                const char *name, *y, *p, *g;
                uint32_t bits_min;
                enum ansa_err want;
        } rows[] = {
                { "good",              OWN_Y, OWN_PRIME, "05", 1024, ANSA_OK },
                { "under the minimum", OWN_Y, OWN_PRIME, "05", 1025, ANSA_E_DENIED },
                { "y of zero",         "00",  OWN_PRIME, "05", 1024, ANSA_E_MALFORMED },
                { "no y",              "",    OWN_PRIME, "05", 1024, ANSA_E_MALFORMED },
                { "y of one",          "01",  OWN_PRIME, "05", 1024, ANSA_E_MALFORMED },
                { "y of two",          "02",  OWN_PRIME, "05", 1024, ANSA_OK },
                { "y of p",            OWN_PRIME, OWN_PRIME, "05", 1024, ANSA_E_MALFORMED },
                { "y of p - 1",        "da8c5bddb1ac7e5d590ac6bc227fb88e45bf93dab5f923e249bddbf616dc496a1d15b65fc1a4ccadc57b364b4f5bb742065297d42f9d38d87e7857ea8f97844253e010e5b5d2937cd72e1c1ffc38390200442d6a53d0a0475020bf455325ab8f70767667b368f09be9b05a256375191a2b057d56ad739d77c4332619e8844cce", OWN_PRIME, "05", 1024, ANSA_E_MALFORMED },
                { "y of p - 2",        "da8c5bddb1ac7e5d590ac6bc227fb88e45bf93dab5f923e249bddbf616dc496a1d15b65fc1a4ccadc57b364b4f5bb742065297d42f9d38d87e7857ea8f97844253e010e5b5d2937cd72e1c1ffc38390200442d6a53d0a0475020bf455325ab8f70767667b368f09be9b05a256375191a2b057d56ad739d77c4332619e8844ccd", OWN_PRIME, "05", 1024, ANSA_OK },
                { "g of zero",         OWN_Y, OWN_PRIME, "00", 1024, ANSA_E_MALFORMED },
                { "g of one",          OWN_Y, OWN_PRIME, "01", 1024, ANSA_E_MALFORMED },
                { "g of p - 1",        OWN_Y, OWN_PRIME, "da8c5bddb1ac7e5d590ac6bc227fb88e45bf93dab5f923e249bddbf616dc496a1d15b65fc1a4ccadc57b364b4f5bb742065297d42f9d38d87e7857ea8f97844253e010e5b5d2937cd72e1c1ffc38390200442d6a53d0a0475020bf455325ab8f70767667b368f09be9b05a256375191a2b057d56ad739d77c4332619e8844cce", 1024, ANSA_E_MALFORMED },
                { "g over p",          OWN_Y, OWN_PRIME, "01" OWN_PRIME, 1024, ANSA_E_MALFORMED },
                { "even p",            "05",  "da8c5bddb1ac7e5d590ac6bc227fb88e45bf93dab5f923e249bddbf616dc496a1d15b65fc1a4ccadc57b364b4f5bb742065297d42f9d38d87e7857ea8f97844253e010e5b5d2937cd72e1c1ffc38390200442d6a53d0a0475020bf455325ab8f70767667b368f09be9b05a256375191a2b057d56ad739d77c4332619e8844cce", "05", 1024, ANSA_E_MALFORMED },
                { "no p",              "05",  "", "05", 0, ANSA_E_DENIED },
                { "tiny p",            "05",  "17", "05", 0, ANSA_E_DENIED },
                { "p of 511 bits",     "05",
                  "7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
                  "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
                  "05", 0, ANSA_E_DENIED },
        };
        /* clang-format on */
        for (size_t i = 0; i < COUNT_OF(rows); i++) {
                enum ansa_err got = try_group(rows[i].y, rows[i].p, rows[i].g, rows[i].bits_min);
                if (got != rows[i].want)
                        fail_msg("%s: %s", rows[i].name, ansa_err_text(got));
        }
}

static void huge_groups(void **state)
{
        (void)state;
        static uint8_t p[2000];
        memset(p, 0xff, sizeof(p));
        static const struct {
                size_t size;
                enum ansa_err want;
        } rows[] = { { 513, ANSA_E_DENIED }, { 1024, ANSA_E_DENIED }, { 2000, ANSA_E_DENIED } };
        for (size_t i = 0; i < COUNT_OF(rows); i++) {
                const struct ansa_key key = {
                        .kind = ANSA_KEY_DH,
                        .part_count = 3,
                        .part = { ANSA_BYTES_LIT("\5"), { p, rows[i].size }, ANSA_BYTES_LIT("\2") },
                };
                struct dh_exchange *dh;
                assert_int_equal(dh_new(&key, 1024, &dh), rows[i].want);
                assert_null(dh);
        }
}

/*
 * The peer is played here with numbers of our own, so that the secret is computed twice; until
 * one begins with a zero octet, which has to go.
 */
static void leading_zeros_are_taken_off(void **state)
{
        (void)state;
        struct arena arena;
        arena_init(&arena, ARENA_MAX);
        struct dh_exchange *dh;
        struct ansa_key ours;
        assert_int_equal(dh_new_group2(&dh), ANSA_OK);
        assert_int_equal(dh_public(dh, &arena, &ours), ANSA_OK);
        BN_CTX *ctx = BN_CTX_new();
        BIGNUM *y = BN_bin2bn(ours.part[0].at, (int)ours.part[0].size, NULL);
        BIGNUM *p = BN_bin2bn(ours.part[1].at, (int)ours.part[1].size, NULL);
        BIGNUM *their_y = BN_new(), *secret = BN_dup(y);
        assert_true(BN_set_word(their_y, 2));
        bool seen = false;
        for (int x = 2; x < 10000 && !seen; x++) {
                uint8_t at[128], want[128];
                struct session_key key;
                assert_true(BN_mod_mul(secret, secret, y, p, ctx)); /* y^x */
                assert_true(BN_lshift1(their_y, their_y));          /* 2^x */
                assert_true(BN_mod(their_y, their_y, p, ctx));
                struct ansa_key peer = ours;
                peer.part[0] = (struct ansa_bytes){ at, (size_t)BN_bn2bin(their_y, at) };
                assert_int_equal(dh_agree(dh, &peer, CIPHER_AES128, &key), ANSA_OK);
                int size = BN_bn2bin(secret, want); /* writes no leading zeros */
                assert_in_range(size, 32, 128);
                assert_int_equal(key.size, 32);
                assert_memory_equal(key.at, want, 32);
                seen = size < 128;
        }
        assert_true(seen);
        BN_free(y);
        BN_free(p);
        BN_free(their_y);
        BN_free(secret);
        BN_CTX_free(ctx);
        dh_free(dh);
        arena_fini(&arena);
}

/* In a group whose secrets can be tiny, 32 octets are kept with their zeros, as Java does. */
static void short_secrets_keep_their_size(void **state)
{
        (void)state;
        /* p = 2^1024 - 1 is no prime, and 2 generates 1024 elements: all powers of two. */
        static uint8_t p[128];
        memset(p, 0xff, sizeof(p));
        const struct ansa_key peer = {
                .kind = ANSA_KEY_DH,
                .part_count = 3,
                .part = { ANSA_BYTES_LIT("\4"), { p, sizeof(p) }, ANSA_BYTES_LIT("\2") },
        };
        for (int i = 0; i < 32; i++) {
                struct dh_exchange *dh;
                struct session_key key;
                assert_int_equal(dh_new(&peer, 1024, &dh), ANSA_OK);
                enum ansa_err err = dh_agree(dh, &peer, CIPHER_AES128, &key);
                /* 2^0 is refused; all others have one bit, wherever it is. */
                if (err != ANSA_E_MALFORMED) {
                        assert_int_equal(err, ANSA_OK);
                        assert_int_equal(key.size, 32);
                }
                dh_free(dh);
        }
}

static void wrong_kinds(void **state)
{
        (void)state;
        struct dh_exchange *dh;
        struct ansa_key key = peer_key(OWN_Y, OWN_PRIME, OWN_GENERATOR);
        key.kind = ANSA_KEY_RSA;
        assert_int_equal(dh_new(&key, 1024, &dh), ANSA_E_MALFORMED);
        key.kind = ANSA_KEY_DH;
        key.part_count = 2;
        assert_int_equal(dh_new(&key, 1024, &dh), ANSA_E_MALFORMED);
        key.part_count = 3;
        key.is_private = true;
        assert_int_equal(dh_new(&key, 1024, &dh), ANSA_E_MALFORMED);
        assert_null(dh);
        dh_free(NULL);
}

static void answers_from_another_group(void **state)
{
        (void)state;
        struct arena arena;
        arena_init(&arena, ARENA_MAX);
        struct dh_exchange *client;
        struct ansa_key ours;
        struct session_key key;
        assert_int_equal(dh_new_group2(&client), ANSA_OK);
        assert_int_equal(dh_public(client, &arena, &ours), ANSA_OK);
        const struct ansa_key other = peer_key(OWN_Y, OWN_PRIME, OWN_GENERATOR);
        assert_int_equal(dh_agree(client, &other, CIPHER_AES128, &key), ANSA_E_MALFORMED);
        assert_int_equal(key.size, 0);
        struct ansa_key bad = ours;
        bad.part[2] = hex("03");
        assert_int_equal(dh_agree(client, &bad, CIPHER_AES128, &key), ANSA_E_MALFORMED);
        bad = ours;
        bad.part[0] = hex("01");
        assert_int_equal(dh_agree(client, &bad, CIPHER_AES128, &key), ANSA_E_MALFORMED);
        bad.part[0] = ours.part[1];
        assert_int_equal(dh_agree(client, &bad, CIPHER_AES128, &key), ANSA_E_MALFORMED);
        bad.kind = ANSA_KEY_NONE;
        assert_int_equal(dh_agree(client, &bad, CIPHER_AES128, &key), ANSA_E_MALFORMED);
        assert_int_equal(dh_agree(client, &ours, (enum session_cipher)4, &key), ANSA_E_UNSUPPORTED);
        dh_free(client);
        arena_fini(&arena);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(group_14),
                cmocka_unit_test(group_2),
                cmocka_unit_test(groups_that_nobody_knows),
                cmocka_unit_test(hostile_groups),
                cmocka_unit_test(huge_groups),
                cmocka_unit_test(leading_zeros_are_taken_off),
                cmocka_unit_test(short_secrets_keep_their_size),
                cmocka_unit_test(wrong_kinds),
                cmocka_unit_test(answers_from_another_group),
        };
        return cmocka_run_group_tests_name("crypto/dh", tests, NULL, NULL);
}
