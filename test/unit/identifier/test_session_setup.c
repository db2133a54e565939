/* SPDX-License-Identifier: Apache-2.0 */
/* Setting up sessions (irp-service 6): every mode and version, bad ones, weak groups. */
#include "harness.h"

#include "crypto/answer.h"
#include "wire/credential.h"
#include "wire/data.h"

#define HOME "0.NA/35.TEST"

static struct told set_up(struct harness *h, const struct session_request *request, uint8_t minor)
{
        uint8_t room[4096];
        struct buf body = buf_over(room, sizeof(room));
        session_request_encode(request, &body);
        struct ask ask = { .op = OP_SESSION_SETUP,
                           .flags = FLAG_CERTIFY | FLAG_REQUEST_DIGEST,
                           .major = 2,
                           .minor = minor,
                           .body = buf_written(&body) };
        return send(h, &ask);
}

static void encode_public(const struct crypto_key *key, struct buf *b)
{
        struct arena arena;
        struct ansa_key parts;
        arena_init(&arena, 65536);
        assert_int_equal(crypto_key_parts(key, false, &arena, &parts), ANSA_OK);
        key_encode(&parts, b);
        arena_fini(&arena);
}

/* Modes 1 and 3: our key comes encrypted with @private. */
static void take_key(struct told *t, const struct crypto_key *private, bool has_algorithm,
                     struct talk *talk)
{
        struct session_response r;
        uint8_t plain[512];
        size_t size;
        assert_int_equal(t->code, RC_SUCCESS);
        assert_int_equal(session_response_decode(t->body, &r), ANSA_OK);
        assert_int_equal(crypto_rsa_decrypt(private, r.data, plain, sizeof(plain), &size), ANSA_OK);
        size_t skip = has_algorithm ? 4 : 0;
        assert_true(size > skip);
        *talk = (struct talk){ .id = t->m.envelope.session_id };
        memcpy(talk->key.at, plain + skip, size - skip);
        talk->key.size = size - skip;
        talk->key.cipher = has_algorithm ? (enum session_cipher)plain[3] : CIPHER_DES;
}

/* A session works when a request in ciphertext is understood and answered in ciphertext. */
static void check_works(struct harness *h, struct talk *talk, uint8_t minor)
{
        struct ask ask = { .op = OP_RESOLVE,
                           .flags = FLAG_PUBLIC_ONLY | FLAG_CERTIFY | FLAG_ENCRYPT,
                           .major = 2,
                           .minor = minor,
                           .talk = talk,
                           .encrypted = true,
                           .body = resolve_body("35.TEST/public", 0, NULL) };
        struct told t = send(h, &ask);
        assert_true(t.was_encrypted);
        assert_int_equal(value_count(&t), 4);
        struct credential c;
        assert_int_equal(credential_decode(t.m.credential, &c), ANSA_OK);
        assert_true(ansa_bytes_equal(c.type, ANSA_BYTES_LIT("HS_MAC")));
        assert_int_equal(t.m.envelope.session_id, talk->id);
}

static void old_crypto(struct identifier_config *config)
{
        config->allow_old_crypto = true;
        config->sessions_max = 64;
}

static void every_mode(void **state)
{
        (void)state;
        struct harness h;
        harness_open_with(&h, old_crypto);
        struct talk talk;
        struct told t = open_dh(&h, HOME, 300, &talk);
        assert_int_equal(t.code, RC_SUCCESS);
        assert_true(h.was_slow);
        assert_true(t.m.credential.size > 0); /* certified with the server's key */
        assert_true((t.m.header.flags & FLAG_REQUEST_DIGEST) != 0);
        check_works(&h, &talk, 11);

        uint8_t key_room[2048];
        struct buf key = buf_over(key_room, sizeof(key_room));
        encode_public(h.rsa, &key);
        struct session_request request = { .mode = SESSION_CLIENT_KEY,
                                           .public_key = buf_written(&key) };
        t = set_up(&h, &request, 11);
        take_key(&t, h.rsa, true, &talk);
        assert_int_equal(talk.key.cipher, CIPHER_AES128);
        check_works(&h, &talk, 11);
        t = set_up(&h, &request, 1); /* too old to be told an algorithm */
        take_key(&t, h.rsa, false, &talk);
        assert_int_equal(talk.key.size, 8);

        request = (struct session_request){ .mode = SESSION_HANDLE_KEY,
                                            .key = { ANSA_BYTES_LIT(HOME), 300 } };
        t = set_up(&h, &request, 11);
        take_key(&t, h.rsa, true, &talk);
        check_works(&h, &talk, 11);

        request = (struct session_request){ .mode = SESSION_SERVER_KEY };
        t = set_up(&h, &request, 11);
        struct session_response r;
        struct ansa_key parts;
        struct crypto_key *server;
        assert_int_equal(session_response_decode(t.body, &r), ANSA_OK);
        assert_int_equal(key_decode(r.data, &parts), ANSA_OK);
        assert_int_equal(crypto_key_new(&parts, &server), ANSA_OK);
        talk = (struct talk){ .id = t.m.envelope.session_id,
                              .key = { .at = "0123456789abcdef0123456789abcdef",
                                       .size = 32,
                                       .cipher = CIPHER_AES128 } };
        struct ask early = { .op = OP_RESOLVE,
                             .flags = FLAG_PUBLIC_ONLY,
                             .talk = &talk,
                             .body = resolve_body("35.TEST/public", 0, NULL) };
        assert_int_equal(send(&h, &early).code, RC_SESSION_KEY); /* it has no key yet */
        uint8_t plain[36] = { 0, 0, 0, SESSION_AES };
        uint8_t cipher[512];
        size_t size;
        memcpy(plain + 4, talk.key.at, 32);
        assert_int_equal(crypto_rsa_encrypt(server, (struct ansa_bytes){ plain, sizeof(plain) },
                                            cipher, sizeof(cipher), &size),
                         ANSA_OK);
        uint8_t body_room[600];
        struct buf body = buf_over(body_room, sizeof(body_room));
        name_body_encode((struct ansa_bytes){ cipher, size }, &body);
        struct ask exchange = { .op = OP_SESSION_EXCHANGE,
                                .session_id = talk.id,
                                .body = buf_written(&body) };
        assert_int_equal(send(&h, &exchange).code, RC_SUCCESS);
        check_works(&h, &talk, 11);
        assert_int_equal(send(&h, &exchange).code, RC_SESSION_FAILED); /* once */
        crypto_key_free(server);
        harness_close(&h);
}

static void bad_set_ups(void **state)
{
        (void)state;
        struct harness h;
        harness_open(&h);
        uint8_t rsa_room[2048];
        uint8_t dsa_room[2048];
        struct buf rsa = buf_over(rsa_room, sizeof(rsa_room));
        struct buf dsa = buf_over(dsa_room, sizeof(dsa_room));
        encode_public(h.rsa, &rsa);
        encode_public(h.dsa, &dsa);
        const struct ansa_bytes junk = ANSA_BYTES_LIT("junk");
        const struct {
                const char *rule;
                struct session_request request;
                uint8_t minor;
                uint32_t code;
        } rows[] = {
                { "no mode", { .mode = SESSION_NONE }, 11, RC_SESSION_SETUP_BAD },
                { "DH with junk",
                  { .mode = SESSION_DH, .public_key = junk },
                  11,
                  RC_SESSION_SETUP_BAD },
                { "DH with an RSA key",
                  { .mode = SESSION_DH, .public_key = buf_written(&rsa) },
                  11,
                  RC_SESSION_SETUP_BAD },
                { "client key with junk",
                  { .mode = SESSION_CLIENT_KEY, .public_key = junk },
                  11,
                  RC_SESSION_SETUP_BAD },
                { "client key that is DSA",
                  { .mode = SESSION_CLIENT_KEY, .public_key = buf_written(&dsa) },
                  11,
                  RC_SESSION_NEEDS_RSA },
                { "DES unless allowed",
                  { .mode = SESSION_CLIENT_KEY, .public_key = buf_written(&rsa) },
                  1,
                  RC_SESSION_FAILED },
                { "key in an absent record",
                  { .mode = SESSION_HANDLE_KEY, .key = { ANSA_BYTES_LIT("35.TEST/absent"), 1 } },
                  11,
                  RC_SESSION_FAILED },
                { "key that nobody may read",
                  { .mode = SESSION_HANDLE_KEY, .key = { ANSA_BYTES_LIT(HOME), 304 } },
                  11,
                  RC_SESSION_FAILED },
                { "key that is no key",
                  { .mode = SESSION_HANDLE_KEY, .key = { ANSA_BYTES_LIT(HOME), 302 } },
                  11,
                  RC_SESSION_FAILED },
        };
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                struct told t = set_up(&h, &rows[i].request, rows[i].minor);
                if (t.code != rows[i].code)
                        fail_msg("%s: %s", rows[i].rule, response_text(t.code));
        }
        struct ask ask = { .op = OP_SESSION_SETUP, .body = ANSA_BYTES_LIT("\0\4\0\0") };
        assert_int_equal(send(&h, &ask).code, RC_SESSION_SETUP_BAD);
        struct identifier_counts counts;
        identifier_count(h.service, &counts);
        assert_int_equal(counts.sessions_open, 0);
        harness_close(&h);
}

/* Old clients' groups are counted; one setting refuses them. */
static void weak_groups(void **state)
{
        (void)state;
        struct harness h;
        struct talk talk;
        struct identifier_counts counts;
        harness_open(&h);
        assert_int_equal(open_dh(&h, "", 0, &talk).code, RC_SUCCESS);
        identifier_count(h.service, &counts);
        assert_int_equal(counts.sessions_weak, 1);
        h.config.dh_bits_min = 2048;
        harness_reconfigure(&h);
        assert_int_equal(open_dh(&h, "", 0, &talk).code, RC_SESSION_FAILED);
        harness_close(&h);
}

/* MACs and ciphers as each version of the protocol has them. */
static void every_version(void **state)
{
        (void)state;
        struct harness h;
        harness_open_with(&h, old_crypto);
        struct talk talk;
        assert_int_equal(open_dh(&h, HOME, 300, &talk).code, RC_SUCCESS);
        for (uint8_t minor = 2; minor <= 11; minor++)
                check_works(&h, &talk, minor);
        harness_close(&h);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(every_mode),
                cmocka_unit_test(bad_set_ups),
                cmocka_unit_test(weak_groups),
                cmocka_unit_test(every_version),
        };
        return cmocka_run_group_tests_name("identifier/session_setup", tests, NULL, NULL);
}
