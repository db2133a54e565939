/* SPDX-License-Identifier: Apache-2.0 */
/* Keys: making them, their integers, and what is refused. */
#include "../support.h"
#include "crypto/key.h"
#include "hex.h"

#define ARENA_MAX 65536u

static const struct size_row {
        enum ansa_key_kind kind;
        uint32_t bits;
} sizes[] = {
        { ANSA_KEY_RSA, 1024 }, { ANSA_KEY_RSA, 2048 },  { ANSA_KEY_DSA, 1024 },
        { ANSA_KEY_DSA, 2048 }, { ANSA_KEY_ED25519, 0 },
};

static bool same_parts(const struct ansa_key *a, const struct ansa_key *b)
{
        bool same = a->kind == b->kind && a->is_private == b->is_private &&
                    a->part_count == b->part_count;
        for (uint32_t i = 0; same && i < a->part_count; i++)
                same = ansa_bytes_equal(a->part[i], b->part[i]);
        return same;
}

/* parts -> key -> parts is the identity */
static void rebuild(struct arena *arena, const struct ansa_key *parts, struct crypto_key **key)
{
        struct ansa_key again;
        assert_int_equal(crypto_key_new(parts, key), ANSA_OK);
        assert_int_equal(crypto_key_parts(*key, parts->is_private, arena, &again), ANSA_OK);
        assert_true(same_parts(parts, &again));
}

static void generated_keys_survive_their_parts(void **state)
{
        (void)state;
        for (size_t i = 0; i < COUNT_OF(sizes); i++) {
                struct arena arena;
                arena_init(&arena, ARENA_MAX);
                struct crypto_key *key, *copy, *open;
                struct ansa_key secret, public;
                assert_int_equal(crypto_key_generate(sizes[i].kind, sizes[i].bits, &key), ANSA_OK);
                assert_true(crypto_key_is_private(key));
                assert_int_equal(crypto_key_kind(key), sizes[i].kind);
                assert_int_equal(crypto_key_bits(key), sizes[i].bits ? sizes[i].bits : 256);
                assert_int_equal(crypto_key_parts(key, true, &arena, &secret), ANSA_OK);
                assert_int_equal(crypto_key_parts(key, false, &arena, &public), ANSA_OK);
                rebuild(&arena, &secret, &copy);
                rebuild(&arena, &public, &open);
                assert_false(crypto_key_is_private(open));
                assert_int_equal(crypto_key_bits(open), crypto_key_bits(key));

                /* The public half of the copy is that of the original. */
                struct ansa_key again;
                assert_int_equal(crypto_key_parts(copy, false, &arena, &again), ANSA_OK);
                assert_true(same_parts(&public, &again));
                /* A public key has no private parts. */
                assert_int_equal(crypto_key_parts(open, true, &arena, &again), ANSA_E_ARGUMENT);
                assert_int_equal(again.kind, ANSA_KEY_NONE);
                crypto_key_free(open);
                crypto_key_free(copy);
                crypto_key_free(key);
                arena_fini(&arena);
        }
}

static void rsa_key_of_n_and_d_alone_works(void **state)
{
        (void)state;
        struct arena arena;
        arena_init(&arena, ARENA_MAX);
        struct crypto_key *key, *bare;
        struct ansa_key parts;
        assert_int_equal(crypto_key_generate(ANSA_KEY_RSA, 1024, &key), ANSA_OK);
        assert_int_equal(crypto_key_parts(key, true, &arena, &parts), ANSA_OK);
        const struct ansa_key n_and_d = {
                .kind = ANSA_KEY_RSA,
                .is_private = true,
                .part_count = 2,
                .part = { parts.part[0], parts.part[2] },
        };
        rebuild(&arena, &n_and_d, &bare);
        struct ansa_bytes text = ANSA_BYTES_LIT("text");
        uint8_t signature[CRYPTO_SIGNATURE_MAX];
        size_t size;
        assert_int_equal(
                crypto_sign(bare, ALGORITHM_SHA256, &text, 1, signature, sizeof(signature), &size),
                ANSA_OK);
        assert_int_equal(crypto_verify(key, ALGORITHM_SHA256, &text, 1,
                                       (struct ansa_bytes){ signature, size }),
                         ANSA_OK);
        crypto_key_free(bare);
        crypto_key_free(key);
        arena_fini(&arena);
}

/* A copy of @octets whose last octet, or whose first, is changed; or of another size. */
static struct ansa_bytes changed(struct arena *arena, struct ansa_bytes octets, bool last)
{
        uint8_t *at = arena_alloc(arena, octets.size);
        assert_non_null(at);
        memcpy(at, octets.at, octets.size);
        at[last ? octets.size - 1 : 0] ^= 1;
        return (struct ansa_bytes){ at, octets.size };
}

/* @size octets of 0xff: odd, and as large as can be. */
static struct ansa_bytes huge(struct arena *arena, size_t size)
{
        uint8_t *at = arena_alloc(arena, size);
        assert_non_null(at);
        memset(at, 0xff, size);
        return (struct ansa_bytes){ at, size };
}

static void refused(const struct ansa_key *good, uint32_t part, struct ansa_bytes value,
                    enum ansa_err want, const char *name)
{
        struct ansa_key bad = *good;
        bad.part[part] = value;
        struct crypto_key *key = (struct crypto_key *)(uintptr_t)1;
        enum ansa_err got = crypto_key_new(&bad, &key);
        if (got != want || key != NULL)
                fail_msg("%s: %s", name, ansa_err_text(got));
}

static void hostile_rsa_keys_are_refused(void **state)
{
        (void)state;
        struct arena arena;
        arena_init(&arena, ARENA_MAX);
        struct crypto_key *key;
        struct ansa_key public, secret;
        assert_int_equal(crypto_key_generate(ANSA_KEY_RSA, 1024, &key), ANSA_OK);
        assert_int_equal(crypto_key_parts(key, false, &arena, &public), ANSA_OK);
        assert_int_equal(crypto_key_parts(key, true, &arena, &secret), ANSA_OK);
        const struct ansa_bytes none = { NULL, 0 };
        const struct ansa_bytes one = ANSA_BYTES_LIT("\1");

        refused(&public, 0, none, ANSA_E_MALFORMED, "e missing");
        refused(&public, 0, one, ANSA_E_MALFORMED, "e of one");
        refused(&public, 0, ANSA_BYTES_LIT("\4"), ANSA_E_MALFORMED, "even e");
        refused(&public, 0, huge(&arena, 9), ANSA_E_UNSUPPORTED, "e over 64 bits");
        refused(&public, 1, none, ANSA_E_UNSUPPORTED, "n missing");
        refused(&public, 1, huge(&arena, 127), ANSA_E_UNSUPPORTED, "n under 1024 bits");
        refused(&public, 1, huge(&arena, 513), ANSA_E_UNSUPPORTED, "n over 4096 bits");
        refused(&public, 1, huge(&arena, 1025), ANSA_E_UNSUPPORTED, "n over any limit");
        refused(&public, 1, changed(&arena, public.part[1], true), ANSA_E_MALFORMED, "even n");
        refused(&secret, 2, one, ANSA_E_MALFORMED, "d of one");
        refused(&secret, 2, secret.part[0], ANSA_E_MALFORMED, "d not under n");
        refused(&secret, 2, changed(&arena, secret.part[2], false), ANSA_E_MALFORMED, "wrong d");
        refused(&secret, 3, changed(&arena, secret.part[3], false), ANSA_E_MALFORMED, "wrong p");
        refused(&secret, 3, secret.part[0], ANSA_E_MALFORMED, "p is n");
        refused(&secret, 5, secret.part[0], ANSA_E_MALFORMED, "dP not under p");
        refused(&secret, 6, none, ANSA_E_MALFORMED, "no dQ");
        refused(&secret, 7, none, ANSA_E_MALFORMED, "no qInv");
        refused(&secret, 7, secret.part[0], ANSA_E_MALFORMED, "qInv not under p");

        struct ansa_key bad = public;
        bad.part_count = 1;
        refused(&bad, 0, public.part[0], ANSA_E_MALFORMED, "too few parts");
        bad.part_count = 3;
        refused(&bad, 2, one, ANSA_E_MALFORMED, "too many parts");
        bad = public;
        bad.kind = ANSA_KEY_DH;
        bad.part_count = 3;
        refused(&bad, 2, one, ANSA_E_UNSUPPORTED, "DH keys do not sign");
        bad.kind = ANSA_KEY_NONE;
        refused(&bad, 2, one, ANSA_E_UNSUPPORTED, "no kind");
        crypto_key_free(key);
        arena_fini(&arena);
}

static void hostile_dsa_keys_are_refused(void **state)
{
        (void)state;
        struct arena arena;
        arena_init(&arena, ARENA_MAX);
        struct crypto_key *key;
        struct ansa_key public, secret;
        assert_int_equal(crypto_key_generate(ANSA_KEY_DSA, 1024, &key), ANSA_OK);
        assert_int_equal(crypto_key_parts(key, false, &arena, &public), ANSA_OK);
        assert_int_equal(crypto_key_parts(key, true, &arena, &secret), ANSA_OK);
        const struct ansa_bytes none = { NULL, 0 };
        const struct ansa_bytes one = ANSA_BYTES_LIT("\1");
        const struct ansa_bytes q = public.part[0], p = public.part[1];

        refused(&public, 0, none, ANSA_E_UNSUPPORTED, "q missing");
        refused(&public, 0, huge(&arena, 33), ANSA_E_UNSUPPORTED, "q over 256 bits");
        refused(&public, 0, huge(&arena, 21), ANSA_E_UNSUPPORTED, "q of an odd size");
        refused(&public, 0, changed(&arena, q, true), ANSA_E_MALFORMED, "even q");
        refused(&public, 0, huge(&arena, 20), ANSA_E_MALFORMED, "q does not divide p - 1");
        refused(&public, 1, huge(&arena, 127), ANSA_E_UNSUPPORTED, "p under 1024 bits");
        refused(&public, 1, huge(&arena, 385), ANSA_E_UNSUPPORTED, "p over 3072 bits");
        refused(&public, 1, changed(&arena, p, true), ANSA_E_MALFORMED, "even p");
        refused(&public, 2, one, ANSA_E_MALFORMED, "g of one");
        refused(&public, 2, none, ANSA_E_MALFORMED, "g missing");
        refused(&public, 2, p, ANSA_E_MALFORMED, "g not under p");
        refused(&public, 3, one, ANSA_E_MALFORMED, "y of one");
        refused(&public, 3, none, ANSA_E_MALFORMED, "y missing");
        refused(&public, 3, p, ANSA_E_MALFORMED, "y not under p");
        refused(&secret, 0, none, ANSA_E_MALFORMED, "x missing");
        refused(&secret, 0, q, ANSA_E_MALFORMED, "x not under q");
        crypto_key_free(key);
        arena_fini(&arena);
}

static void hostile_ed25519_keys_are_refused(void **state)
{
        (void)state;
        const struct ansa_key good = {
                .kind = ANSA_KEY_ED25519,
                .part_count = 1,
                .part = { hex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a") },
        };
        struct ansa_bytes octets = good.part[0];
        for (size_t size = 0; size < octets.size; size++)
                refused(&good, 0, (struct ansa_bytes){ octets.at, size }, ANSA_E_MALFORMED, "cut");
        struct ansa_key bad = good;
        bad.part_count = 2;
        refused(&bad, 1, octets, ANSA_E_MALFORMED, "two parts");
}

static void sizes_of_new_keys(void **state)
{
        (void)state;
        static const struct {
                enum ansa_key_kind kind;
                uint32_t bits;
                enum ansa_err want;
        } rows[] = {
                { ANSA_KEY_RSA, 1023, ANSA_E_ARGUMENT },   { ANSA_KEY_RSA, 4097, ANSA_E_ARGUMENT },
                { ANSA_KEY_DSA, 1536, ANSA_E_ARGUMENT },   { ANSA_KEY_DSA, 3073, ANSA_E_ARGUMENT },
                { ANSA_KEY_DH, 2048, ANSA_E_UNSUPPORTED }, { ANSA_KEY_NONE, 0, ANSA_E_UNSUPPORTED },
        };
        for (size_t i = 0; i < COUNT_OF(rows); i++) {
                struct crypto_key *key;
                assert_int_equal(crypto_key_generate(rows[i].kind, rows[i].bits, &key),
                                 rows[i].want);
                assert_null(key);
        }
}

static void full_arena_is_an_error(void **state)
{
        (void)state;
        static const enum ansa_key_kind kinds[] = { ANSA_KEY_RSA, ANSA_KEY_ED25519 };
        for (size_t i = 0; i < COUNT_OF(kinds); i++) {
                struct arena arena;
                arena_init(&arena, 16);
                struct crypto_key *key;
                struct ansa_key parts;
                assert_int_equal(crypto_key_generate(kinds[i], 1024, &key), ANSA_OK);
                assert_int_equal(crypto_key_parts(key, true, &arena, &parts), ANSA_E_NO_MEMORY);
                assert_int_equal(parts.kind, ANSA_KEY_NONE);
                crypto_key_free(key);
                arena_fini(&arena);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(generated_keys_survive_their_parts),
                cmocka_unit_test(rsa_key_of_n_and_d_alone_works),
                cmocka_unit_test(hostile_rsa_keys_are_refused),
                cmocka_unit_test(hostile_dsa_keys_are_refused),
                cmocka_unit_test(hostile_ed25519_keys_are_refused),
                cmocka_unit_test(sizes_of_new_keys),
                cmocka_unit_test(full_arena_is_an_error),
        };
        return cmocka_run_group_tests_name("crypto/key", tests, NULL, NULL);
}
