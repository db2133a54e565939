/* SPDX-License-Identifier: Apache-2.0 */
/* Keys of notes, and signatures made and verified. */
#include "../support.h"
#include "base/text.h"
#include "crypto/hasher.h"
#include "crypto/key.h"
#include "crypto/verifier.h"
#include "ledger/sign.h"
#include "wire/checkpoint.h"

#define DASH "\xe2\x80\x94"

static const struct hasher *const h = &crypto_hasher;

/* The example of c2sp.org/signed-note. */
#define EXAMPLE_KEY "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
#define EXAMPLE                                                    \
        "This is an example message.\n\n" DASH " example.com/foo " \
        "Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n"

/*
 * Made with other implementations of these formats (golang.org/x/mod/sumdb/note and
 * transparency-dev/formats): keys from the seeds 01 02 .. 20 and 40 41 .. 5f, time 1679315147.
 */
#define LOG_KEY     "log.example/ansa+9f9eb975+AXm1Vi6P5lT5QHixEuipi6eQH4U65pW+1+DjkQutBJZk"
#define WITNESS_KEY "witness.example/w1+b72bab2e+BCVDuS/xCVURR2rcg2nbbdyTNmWhGXjdoUBO4QZsqVWd"
#define CHECKPOINT  "log.example/ansa\n20852163\nSBNJTRN+FjG7owHVrKtue7eqdM4RhdRWVl71HXN2d7I=\n"
#define LOG_LINE                  \
        DASH " log.example/ansa " \
             "n565daw/gVKzyjtQjQ+pkowGbtux7g63C2UByIV0B5IVCyDDh+QjeUPG9uMeHhwCM7YL6oo8c8trfdFcHg7rpnWE1g8=\n"
#define WITNESS_LINE                \
        DASH " witness.example/w1 " \
             "tyurLgAAAABkGFDLynFGymfJgnczVZgUQNEu6rbY6/sx20Ug+IKE5qk/h5TDxedI0yCSkysIZ/COxgc1i78BS8LWxUHsfijPOJCtCg==\n"

#define TIME 1679315147u

static struct note_key key_of(const char *text)
{
        struct note_key k;
        assert_err(text, note_key_decode(h, ansa_bytes_text(text), &k), ANSA_OK);
        return k;
}

static struct note note_of(struct ansa_bytes octets)
{
        struct note n;
        assert_int_equal(note_decode(octets, &n), ANSA_OK);
        return n;
}

static void known_notes(void **state)
{
        (void)state;
        struct note_key k = key_of(EXAMPLE_KEY);
        struct note n = note_of(ANSA_BYTES_LIT(EXAMPLE));
        uint64_t time = 7;
        assert_int_equal(note_verify(&n, &k, &crypto_verifier, &time), ANSA_OK);
        assert_int_equal(time, 0);
        n = note_of(ANSA_BYTES_LIT(CHECKPOINT "\n" LOG_LINE WITNESS_LINE));
        assert_int_equal(note_verify(&n, &k, &crypto_verifier, &time), ANSA_E_NOT_FOUND);
        k = key_of(LOG_KEY);
        assert_int_equal(k.type, NOTE_ED25519);
        assert_int_equal(note_verify(&n, &k, &crypto_verifier, &time), ANSA_OK);
        assert_int_equal(time, 0);
        k = key_of(WITNESS_KEY);
        assert_int_equal(k.type, NOTE_COSIGNATURE);
        assert_int_equal(note_verify(&n, &k, &crypto_verifier, &time), ANSA_OK);
        assert_int_equal(time, TIME);
}

/* @k is what @text says, and nothing shorter is a key. */
static void check_whole_key(const char *name, struct ansa_bytes text, const struct note_key *k)
{
        uint8_t room[256];
        struct buf b = buf_over(room, sizeof(room));
        note_key_encode(k, &b);
        assert_bytes(name, buf_written(&b), text);
        for (size_t cut = 0; cut < text.size; cut++) {
                uint8_t *less = heap_copy(text, cut);
                struct note_key none;
                assert_int_not_equal(note_key_decode(h, (struct ansa_bytes){ less, cut }, &none),
                                     ANSA_OK);
                free(less);
        }
}

static void key_texts(void **state)
{
        (void)state;
        static const struct {
                const char *name, *text;
                enum ansa_err want;
        } rows[] = {
                { "the specification's", EXAMPLE_KEY, ANSA_OK },
                { "a log's", LOG_KEY, ANSA_OK },
                { "a witness's", WITNESS_KEY, ANSA_OK },
                { "nothing", "", ANSA_E_MALFORMED },
                { "a name", "a", ANSA_E_MALFORMED },
                { "no key", "a+530d903a", ANSA_E_MALFORMED },
                { "key empty", "example.com/foo+530d903a+", ANSA_E_MALFORMED },
                { "name empty", "+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
                  ANSA_E_MALFORMED },
                { "name with a space", "a b+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
                  ANSA_E_MALFORMED },
                { "another name",
                  "example.com/fop+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
                  ANSA_E_MALFORMED },
                { "another id",
                  "example.com/foo+530d903b+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
                  ANSA_E_MALFORMED },
                { "id in upper case",
                  "example.com/foo+530D903A+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
                  ANSA_E_MALFORMED },
                { "id short", "example.com/foo+530d90+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
                  ANSA_E_MALFORMED },
                { "id long",
                  "example.com/foo+00530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
                  ANSA_E_MALFORMED },
                { "the id of another type",
                  "example.com/foo+530d903a+BOkyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
                  ANSA_E_MALFORMED },
                { "key short",
                  "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U0=",
                  ANSA_E_MALFORMED },
                { "key long",
                  "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2kAA==",
                  ANSA_E_MALFORMED },
                { "ECDSA", "a+530d903a+AukyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
                  ANSA_E_UNSUPPORTED },
                { "post-quantum, longer",
                  "a+530d903a+BukyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2kAAAAAAAAAAAA",
                  ANSA_E_UNSUPPORTED },
                { "not base64", "a+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2",
                  ANSA_E_MALFORMED },
        };
        for (size_t i = 0; i < COUNT_OF(rows); i++) {
                struct ansa_bytes text = ansa_bytes_text(rows[i].text);
                uint8_t *copy = heap_copy(text, text.size);
                struct note_key k;
                assert_err(rows[i].name,
                           note_key_decode(h, (struct ansa_bytes){ copy, text.size }, &k),
                           rows[i].want);
                if (rows[i].want == ANSA_OK)
                        check_whole_key(rows[i].name, text, &k);
                assert_true(rows[i].want == ANSA_OK || k.name.size == 0);
                free(copy);
        }
}

static void key_names_have_a_maximum(void **state)
{
        (void)state;
        char name[NOTE_NAME_MAX + 2];
        memset(name, 'a', sizeof(name));
        struct note_key k = key_of(LOG_KEY);
        uint8_t key[ED25519_KEY_SIZE];
        memcpy(key, k.key, sizeof(key));
        struct ansa_bytes long_name = { (const uint8_t *)name, NOTE_NAME_MAX };
        assert_int_equal(note_key_make(h, long_name, NOTE_ED25519, key, &k), ANSA_OK);
        uint8_t room[512];
        struct buf b = buf_over(room, sizeof(room));
        note_key_encode(&k, &b);
        assert_int_equal(note_key_decode(h, buf_written(&b), &k), ANSA_OK);
        long_name.size++;
        assert_int_equal(note_key_make(h, long_name, NOTE_ED25519, key, &k), ANSA_E_ARGUMENT);
        k = key_of(LOG_KEY);
        k.name = long_name;
        buf_reset(&b);
        note_key_encode(&k, &b);
        assert_int_equal(note_key_decode(h, buf_written(&b), &k), ANSA_E_LIMIT);
        assert_int_equal(note_key_make(h, ANSA_BYTES_LIT(""), NOTE_ED25519, key, &k),
                         ANSA_E_ARGUMENT);
}

/* Every bit of what is signed, and of the signatures, matters. */
static void spoilt_notes(void **state)
{
        (void)state;
        static const char all[] = CHECKPOINT "\n" LOG_LINE WITNESS_LINE;
        const struct note_key keys[] = { key_of(LOG_KEY), key_of(WITNESS_KEY) };
        const size_t text_size = sizeof(CHECKPOINT) - 1;
        const size_t lines[] = { text_size + 1, text_size + sizeof(LOG_LINE), sizeof(all) - 1 };
        uint8_t copy[sizeof(all)];
        memcpy(copy, all, sizeof(all));
        size_t wrong = 0;
        for (size_t bit = 0; bit < 8 * (sizeof(all) - 1); bit++) {
                struct note n;
                size_t at = bit / 8;
                copy[at] ^= (uint8_t)(1u << bit % 8);
                if (note_decode((struct ansa_bytes){ copy, sizeof(all) - 1 }, &n) == ANSA_OK) {
                        for (size_t i = 0; i < 2; i++) {
                                uint64_t time = 0;
                                enum ansa_err err =
                                        note_verify(&n, &keys[i], &crypto_verifier, &time);
                                bool touched =
                                        at < lines[0] || (at >= lines[i] && at < lines[i + 1]);
                                assert_int_equal(err == ANSA_OK, !touched);
                                wrong += err == ANSA_E_UNAUTHENTIC;
                        }
                }
                copy[at] ^= (uint8_t)(1u << bit % 8);
        }
        assert_true(wrong > 500);
}

static void other_signatures(void **state)
{
        (void)state;
        struct note_key log = key_of(LOG_KEY);
        struct note_key witness = key_of(WITNESS_KEY);
        uint64_t time = 0;
        /* A good and a wrong one of the same key: the note is refused, in either order. */
        static const char wrong[] = DASH
                " log.example/ansa "
                "n565dQw/gVKzyjtQjQ+pkowGbtux7g63C2UByIV0B5IVCyDDh+QjeUPG9uMeHhwCM7YL6oo8c8trfdFcHg7rpnWE1g8=\n";
        static const char short_one[] = DASH " log.example/ansa n565daw=\n";
        static const char unknown[] =
                DASH " log.example/ansa n565dqw=\n" DASH " log.example/ansb n565daw=\n";
        static const struct {
                const char *name, *first, *second;
                enum ansa_err want;
        } rows[] = {
                { "twice the same", LOG_LINE, LOG_LINE, ANSA_OK },
                { "good, then wrong", LOG_LINE, wrong, ANSA_E_UNAUTHENTIC },
                { "wrong, then good", wrong, LOG_LINE, ANSA_E_UNAUTHENTIC },
                { "of another length", LOG_LINE, short_one, ANSA_E_UNAUTHENTIC },
                { "same name or same id, but not both", unknown, LOG_LINE, ANSA_OK },
                { "none of it", unknown, WITNESS_LINE, ANSA_E_NOT_FOUND },
        };
        for (size_t i = 0; i < COUNT_OF(rows); i++) {
                uint8_t room[1024];
                struct buf b = buf_over(room, sizeof(room));
                note_put_text(ANSA_BYTES_LIT(CHECKPOINT), &b);
                buf_text(&b, rows[i].first);
                buf_text(&b, rows[i].second);
                struct note n = note_of(buf_written(&b));
                assert_err(rows[i].name, note_verify(&n, &log, &crypto_verifier, &time),
                           rows[i].want);
        }
        /* The octets of one type are nothing under a key of the other. */
        struct note n = note_of(ANSA_BYTES_LIT(CHECKPOINT "\n" LOG_LINE WITNESS_LINE));
        log.type = NOTE_COSIGNATURE;
        witness.type = NOTE_ED25519;
        assert_int_equal(note_verify(&n, &log, &crypto_verifier, &time), ANSA_E_UNAUTHENTIC);
        assert_int_equal(note_verify(&n, &witness, &crypto_verifier, &time), ANSA_E_UNAUTHENTIC);
        assert_int_equal(time, 0);
}

struct own_signer {
        struct signer signer; /* first */
        struct crypto_key *key;
        enum ansa_err fails;
};

static enum ansa_err sign(struct signer *s, uint32_t algorithm, struct ansa_bytes message,
                          uint8_t *signature, size_t room, size_t *size)
{
        struct own_signer *own = (struct own_signer *)(void *)s;
        *size = 0;
        if (own->fails != ANSA_OK)
                return own->fails;
        return crypto_sign(own->key, (enum digest_algorithm)algorithm, &message, 1, signature, room,
                           size);
}

static struct own_signer signer_of(uint8_t first)
{
        uint8_t seed[32];
        for (unsigned i = 0; i < sizeof(seed); i++)
                seed[i] = (uint8_t)(first + i);
        const struct ansa_key parts = { .kind = ANSA_KEY_ED25519,
                                        .is_private = true,
                                        .part_count = 1,
                                        .part = { { seed, sizeof(seed) } } };
        struct own_signer s = { .signer.sign = sign };
        assert_int_equal(crypto_key_new(&parts, &s.key), ANSA_OK);
        return s;
}

static void signs(void **state)
{
        (void)state;
        struct note_key log = key_of(LOG_KEY);
        struct note_key witness = key_of(WITNESS_KEY);
        struct own_signer log_signer = signer_of(1);
        struct own_signer witness_signer = signer_of(64);
        const struct ansa_bytes text = ANSA_BYTES_LIT(CHECKPOINT);
        uint8_t room[1024];
        struct buf b = buf_over(room, sizeof(room));
        note_put_text(text, &b);
        assert_int_equal(ledger_sign(&log_signer.signer, &log, text, &b), ANSA_OK);
        assert_int_equal(ledger_cosign(&witness_signer.signer, &witness, TIME, text, &b), ANSA_OK);
        assert_bytes("the same octets", buf_written(&b),
                     ANSA_BYTES_LIT(CHECKPOINT "\n" LOG_LINE WITNESS_LINE));
        /* Twice cosigned: the later time counts. */
        uint64_t time = 0;
        assert_int_equal(ledger_cosign(&witness_signer.signer, &witness, TIME + 9, text, &b),
                         ANSA_OK);
        assert_int_equal(ledger_cosign(&witness_signer.signer, &witness, TIME + 1, text, &b),
                         ANSA_OK);
        struct note n = note_of(buf_written(&b));
        assert_int_equal(note_verify(&n, &witness, &crypto_verifier, &time), ANSA_OK);
        assert_int_equal(time, TIME + 9);
        /* What cannot be signed. */
        size_t size = b.size;
        struct ansa_bytes no_text = ANSA_BYTES_LIT("a");
        assert_int_equal(ledger_sign(&log_signer.signer, &log, no_text, &b), ANSA_E_ARGUMENT);
        assert_int_equal(ledger_sign(&log_signer.signer, &witness, text, &b), ANSA_E_ARGUMENT);
        assert_int_equal(ledger_cosign(&witness_signer.signer, &log, TIME, text, &b),
                         ANSA_E_ARGUMENT);
        assert_int_equal(ledger_cosign(&witness_signer.signer, &witness, 0, text, &b),
                         ANSA_E_ARGUMENT);
        assert_int_equal(
                ledger_cosign(&witness_signer.signer, &witness, UINT64_C(1) << 63, text, &b),
                ANSA_E_ARGUMENT);
        log_signer.fails = witness_signer.fails = ANSA_E_IO;
        assert_int_equal(ledger_sign(&log_signer.signer, &log, text, &b), ANSA_E_IO);
        assert_int_equal(ledger_cosign(&witness_signer.signer, &witness, TIME, text, &b),
                         ANSA_E_IO);
        log_signer.fails = witness_signer.fails = ANSA_OK;
        assert_int_equal(b.size, size);
        struct buf small = buf_over(room, 40);
        assert_int_equal(ledger_sign(&log_signer.signer, &log, text, &small), ANSA_E_LIMIT);
        assert_int_equal(small.size, 0);
        crypto_key_free(log_signer.key);
        crypto_key_free(witness_signer.key);
}

/* A signer whose key is no Ed25519 key. */
static void signs_with_another_kind(void **state)
{
        (void)state;
        struct own_signer s = { .signer.sign = sign };
        struct note_key log = key_of(LOG_KEY);
        uint8_t room[1024];
        struct buf b = buf_over(room, sizeof(room));
        assert_int_equal(crypto_key_generate(ANSA_KEY_RSA, 1024, &s.key), ANSA_OK);
        assert_int_equal(ledger_sign(&s.signer, &log, ANSA_BYTES_LIT(CHECKPOINT), &b),
                         ANSA_E_UNSUPPORTED);
        assert_int_equal(b.size, 0);
        crypto_key_free(s.key);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(known_notes),
                cmocka_unit_test(key_texts),
                cmocka_unit_test(key_names_have_a_maximum),
                cmocka_unit_test(spoilt_notes),
                cmocka_unit_test(other_signatures),
                cmocka_unit_test(signs),
                cmocka_unit_test(signs_with_another_kind),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
