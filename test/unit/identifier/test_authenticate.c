/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Challenge and answer (irp-service 5): every kind of key and MAC, old algorithms, the life of
 * a challenge, what the answered request then does, and op 201.
 */
#include "harness.h"

#include "crypto/answer.h"
#include "wire/data.h"

#define SECRET      \
        "s\xc3\xa9" \
        "cret"
#define HOME "0.NA/35.TEST"

static struct ask read_secret(uint8_t minor)
{
        return (struct ask){ .op = OP_RESOLVE,
                             .major = 2,
                             .minor = minor,
                             .body = resolve_body("35.TEST/mixed", 2, NULL) };
}

static struct ask modify(uint8_t minor)
{
        return (struct ask){ .op = OP_MODIFY,
                             .major = 2,
                             .minor = minor,
                             .body = record_body_of("35.TEST/mixed", 1, "URL", "new") };
}

/* clang-format off */
static const struct proof_row {
        const char *rule;
        enum answer_with with;
        const char *key_name;
        uint32_t key_index;
        const char *algorithm;
        uint8_t mac;
        const char *secret;
        uint8_t minor;       /* of the protocol, both messages */
        uint32_t reading;    /* code when the request was a resolution */
        uint32_t changing;   /* when it was a modification, */
        uint32_t changing_old; /* with allow_old_crypto */
} proofs[] = {
#define GOOD RC_SUCCESS, RC_SUCCESS, RC_SUCCESS
#define BAD  RC_AUTHENTICATION, RC_AUTHENTICATION, RC_AUTHENTICATION
#define OLD  RC_SUCCESS, RC_AUTHENTICATION, RC_SUCCESS
        { "RSA SHA-256",           WITH_RSA, HOME, 300, "SHA-256", 0, NULL, 11, GOOD },
        { "RSA, key name in another case", WITH_RSA, "0.na/35.test", 300, "SHA-256", 0, NULL, 11, GOOD },
        { "RSA SHA-256 to 2.7",    WITH_RSA, HOME, 300, "SHA-256", 0, NULL, 7,  GOOD },
        { "RSA SHA1 from 2.6",     WITH_RSA, HOME, 300, "SHA1",    0, NULL, 6,  GOOD },
        { "RSA SHA1 from 2.0",     WITH_RSA, HOME, 300, "SHA1",    0, NULL, 0,  GOOD },
        { "RSA SHA1 from 2.11",    WITH_RSA, HOME, 300, "SHA1",    0, NULL, 11, OLD },
        { "RSA MD5",               WITH_RSA, HOME, 300, "MD5",     0, NULL, 6,  OLD },
        { "RSA, index 0 is any",   WITH_RSA, HOME, 0,   "SHA-256", 0, NULL, 11, GOOD },
        { "DSA SHA-256",           WITH_DSA, HOME, 301, "SHA-256", 0, NULL, 11, GOOD },
        { "DSA SHA1",              WITH_DSA, HOME, 301, "SHA1",    0, NULL, 6,  OLD },
        { "DSA, index 0 is any",   WITH_DSA, HOME, 0,   "SHA-256", 0, NULL, 11, GOOD },
        { "Ed25519",               WITH_ED25519, HOME, 303, "Ed25519", 0, NULL, 11, GOOD },
        { "Ed25519 by another name", WITH_ED25519, HOME, 303, "SHA-256", 0, NULL, 11, BAD },
        { "another's key",         WITH_OTHER_KEY, HOME, 300, "SHA-256", 0, NULL, 11, BAD },
        { "altered signature",     WITH_WRONG, HOME, 300, "SHA-256", 0, NULL, 11, BAD },
        { "a key nobody may read", WITH_OTHER_KEY, HOME, 304, "SHA-256", 0, NULL, 11, BAD },
        { "same with index 0",     WITH_OTHER_KEY, HOME, 0, "SHA-256", 0, NULL, 11, BAD },
        { "no such value",         WITH_RSA, HOME, 299, "SHA-256", 0, NULL, 11, BAD },
        { "value of another type", WITH_RSA, HOME, 100, "SHA-256", 0, NULL, 11, BAD },
        { "no such identifier",    WITH_RSA, "35.TEST/absent", 300, "SHA-256", 0, NULL, 11, BAD },
        { "identifier elsewhere, absent", WITH_RSA, "99.ELSE/absent", 300, "SHA-256", 0, NULL, 11, BAD },
        { "no identifier at all",  WITH_RSA, "/", 300, "SHA-256", 0, NULL, 11, BAD },
        { "secret MD5",            WITH_SECRET, HOME, 302, NULL, MAC_MD5, SECRET, 11, OLD },
        { "secret SHA1",           WITH_SECRET, HOME, 302, NULL, MAC_SHA1, SECRET, 6, GOOD },
        { "secret SHA-256",        WITH_SECRET, HOME, 302, NULL, MAC_SHA256, SECRET, 11, GOOD },
        { "secret HMAC-MD5",       WITH_SECRET, HOME, 302, NULL, MAC_HMAC_MD5, SECRET, 11, OLD },
        { "secret HMAC-SHA1",      WITH_SECRET, HOME, 302, NULL, MAC_HMAC_SHA1, SECRET, 11, GOOD },
        { "secret HMAC-SHA256",    WITH_SECRET, HOME, 302, NULL, MAC_HMAC_SHA256, SECRET, 11, GOOD },
        { "secret PBKDF2",         WITH_SECRET, HOME, 302, NULL, MAC_PBKDF2, SECRET, 11, GOOD },
        { "secret PBKDF2, index 0", WITH_SECRET, HOME, 0, NULL, MAC_PBKDF2, SECRET, 11, GOOD },
        { "secret bare MD5 before 2.1", WITH_SECRET, HOME, 302, NULL, MAC_BARE_MD5, SECRET, 0, OLD },
        { "secret bare MD5 from 2.1",   WITH_SECRET, HOME, 302, NULL, MAC_BARE_MD5, SECRET, 1, BAD },
        { "wrong secret",          WITH_SECRET, HOME, 302, NULL, MAC_PBKDF2, "guess", 11, BAD },
        { "wrong secret, plain MAC", WITH_SECRET, HOME, 302, NULL, MAC_SHA1, "guess", 11, BAD },
        { "empty secret",          WITH_SECRET, HOME, 305, NULL, MAC_SHA256, "", 11, BAD },
        { "empty secret, PBKDF2",  WITH_SECRET, HOME, 305, NULL, MAC_PBKDF2, "", 11, BAD },
        { "public key as secret",  WITH_SECRET, HOME, 300, NULL, MAC_SHA256, SECRET, 11, BAD },
        { "secret of no value",    WITH_SECRET, "35.TEST/absent", 1, NULL, MAC_SHA256, SECRET, 11, BAD },
#undef GOOD
#undef BAD
#undef OLD
};
/* clang-format on */

static void old_crypto(struct identifier_config *config)
{
        config->allow_old_crypto = true;
}

static void check_proof(struct harness *h, const struct proof_row *r, const struct ask *ask,
                        uint32_t want)
{
        struct told challenge = send(h, ask);
        struct answer_ask how = { .with = r->with,
                                  .key_name = r->key_name,
                                  .key_index = r->key_index,
                                  .algorithm = r->algorithm,
                                  .mac_code = r->mac,
                                  .secret = r->secret,
                                  .iterations = 500,
                                  .ask = { .major = 2, .minor = r->minor } };
        struct told t = answer(h, &challenge, &how);
        if (t.code != want)
                fail_msg("%s, op %u: %s", r->rule, ask->op, response_text(t.code));
        assert_true(h->was_slow || want == RC_AUTHENTICATION);
        assert_int_equal(h->was_written, want == RC_SUCCESS && ask->op == OP_MODIFY);
        if (want == RC_SUCCESS)
                assert_int_equal(t.m.header.op, ask->op);
}

static void every_kind_of_proof(void **state)
{
        (void)state;
        for (int allow_old = 0; allow_old < 2; allow_old++) {
                struct harness h;
                harness_open_with(&h, allow_old ? old_crypto : NULL);
                for (size_t i = 0; i < sizeof(proofs) / sizeof(proofs[0]); i++) {
                        const struct proof_row *r = &proofs[i];
                        struct ask ask = read_secret(r->minor);
                        if (!allow_old)
                                check_proof(&h, r, &ask, r->reading);
                        ask = modify(r->minor);
                        check_proof(&h, r, &ask, allow_old ? r->changing_old : r->changing);
                }
                harness_close(&h);
        }
}

static const struct answer_ask good = { .with = WITH_RSA, .key_name = HOME, .key_index = 300 };

static void challenge_has_what_clients_check(void **state)
{
        (void)state;
        struct harness h;
        harness_open(&h);
        static const struct {
                uint8_t minor;
                uint8_t code;
                enum digest_algorithm algorithm;
        } rows[] = { { 11, DIGEST_SHA256, ALGORITHM_SHA256 },
                     { 7, DIGEST_SHA256, ALGORITHM_SHA256 },
                     { 6, DIGEST_SHA1, ALGORITHM_SHA1 },
                     { 1, DIGEST_SHA1, ALGORITHM_SHA1 },
                     { 0, DIGEST_OLD_MD5, ALGORITHM_MD5 } };
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                struct ask ask = read_secret(rows[i].minor);
                struct buf b = buf_growing(4096);
                ask_encode(&h, &ask, &b);
                struct ansa_bytes covered = { b.at + ENVELOPE_SIZE, b.size - ENVELOPE_SIZE - 4 };
                uint8_t digest[DIGEST_SIZE_MAX];
                assert_int_equal(digest_parts(rows[i].algorithm, &covered, 1, digest), ANSA_OK);
                struct told t = send_octets(&h, buf_written(&b), NULL);
                assert_int_equal(t.code, RC_CHALLENGE);
                assert_false(h.was_slow);
                assert_int_equal(t.m.header.op, OP_RESOLVE);
                assert_int_not_equal(t.m.envelope.session_id, 0);
                bool has_digest = (t.m.header.flags & FLAG_REQUEST_DIGEST) != 0;
                assert_int_equal(has_digest, rows[i].minor != 0);
                struct challenge_body c;
                assert_int_equal(challenge_body_decode(t.body, t.version, has_digest, &c), ANSA_OK);
                assert_int_equal(c.nonce.size, 20);
                assert_true(ansa_bytes_equal(
                        c.digest.digest,
                        (struct ansa_bytes){ digest, digest_size(rows[i].algorithm) }));
                buf_fini(&b);
        }
        struct identifier_counts counts;
        identifier_count(h.service, &counts);
        assert_int_equal(counts.challenges_open, 5);
        harness_close(&h);
}

static void life_of_a_challenge(void **state)
{
        (void)state;
        struct harness h;
        harness_open(&h);
        struct ask ask = read_secret(11);
        struct told kept;
        uint8_t octets[1024];

        /* A copy, since the harness reuses its buffer. */
#define CHALLENGE()                                            \
        do {                                                   \
                kept = send(&h, &ask);                         \
                assert_int_equal(kept.code, RC_CHALLENGE);     \
                assert_true(kept.body.size <= sizeof(octets)); \
                memcpy(octets, kept.body.at, kept.body.size);  \
                kept.body.at = octets;                         \
        } while (0)

        CHALLENGE();
        assert_int_equal(answer(&h, &kept, &good).code, RC_SUCCESS);
        assert_int_equal(answer(&h, &kept, &good).code, RC_CHALLENGE_EXPIRED); /* replayed */
        assert_false(h.was_slow); /* and costs nothing */

        CHALLENGE();
        struct answer_ask wrong = good;
        wrong.with = WITH_WRONG;
        assert_int_equal(answer(&h, &kept, &wrong).code, RC_AUTHENTICATION);
        assert_int_equal(answer(&h, &kept, &good).code, RC_CHALLENGE_EXPIRED); /* one answer each */

        CHALLENGE();
        h.env.steady_ms += 59999;
        assert_int_equal(answer(&h, &kept, &good).code, RC_SUCCESS);
        CHALLENGE();
        h.env.steady_ms += 60000;
        assert_int_equal(answer(&h, &kept, &good).code, RC_CHALLENGE_EXPIRED);

        CHALLENGE();
        kept.m.envelope.session_id ^= 0x100; /* another's */
        assert_int_equal(answer(&h, &kept, &good).code, RC_CHALLENGE_EXPIRED);
        kept.m.envelope.session_id ^= 0x100;
        struct answer_ask odd = good;
        odd.type = "HS_PASSWORD";
        assert_int_equal(answer(&h, &kept, &odd).code, RC_CREDENTIAL);
        assert_int_equal(answer(&h, &kept, &good).code, RC_SUCCESS); /* it did not use it up */

        /* A response of the original request: its flags, its digest; the answer's request id. */
        ask.flags = FLAG_REQUEST_DIGEST | FLAG_DO_NOT_REFER | FLAG_CERTIFY;
        CHALLENGE();
        struct told t = answer(&h, &kept, &good);
        assert_int_equal(t.code, RC_SUCCESS);
        assert_int_equal(t.m.header.flags & (FLAG_REQUEST_DIGEST | FLAG_DO_NOT_REFER),
                         FLAG_REQUEST_DIGEST | FLAG_DO_NOT_REFER);
        assert_true(t.m.credential.size > 0);
        struct challenge_body c;
        assert_int_equal(challenge_body_decode(kept.body, kept.version, true, &c), ANSA_OK);
        assert_true(ansa_bytes_equal(t.digest.digest, c.digest.digest));
        ask.flags = 0;
        harness_close(&h);
#undef CHALLENGE
}

/* A challenge that outlives the harness's reply buffer, in @room. */
static struct told kept_challenge(struct harness *h, const struct ask *ask, uint8_t room[512])
{
        struct told t = send(h, ask);
        assert_int_equal(t.code, RC_CHALLENGE);
        assert_true(h->reply.size <= 512);
        memcpy(room, h->reply.at, h->reply.size);
        const struct envelope e = t.m.envelope;
        struct ansa_bytes after = { room + ENVELOPE_SIZE, h->reply.size - ENVELOPE_SIZE };
        assert_int_equal(message_decode(&e, after, &t.m), ANSA_OK);
        t.body = t.m.body;
        return t;
}

/* The table is bounded; the oldest makes room, of whoever has most there. */
static void table_of_challenges_is_full(void **state)
{
        (void)state;
        struct harness h;
        harness_open(&h);
        struct ask ask = read_secret(11);
        struct identifier_counts counts;
        uint8_t room[512];
        struct told first = kept_challenge(&h, &ask, room);
        struct peer own = h.peer;
        const struct {
                const char *rule;
                uint8_t network;
                enum peer_transport transport;
                bool survives;
        } rows[] = {
                { "datagrams of all addresses", 0, PEER_UDP, true },
                { "another network", 9, PEER_TCP, true },
                { "the same network", 0, PEER_TCP, false },
        };
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                h.peer.transport = rows[i].transport;
                h.peer.address[3] ^= rows[i].network;
                for (int n = 0; n < 30; n++)
                        assert_int_equal(send(&h, &ask).code, RC_CHALLENGE);
                identifier_count(h.service, &counts);
                assert_int_equal(counts.challenges_open, 8);
                h.peer = own;
                uint32_t code = answer(&h, &first, &good).code;
                if (code != (rows[i].survives ? RC_SUCCESS : RC_CHALLENGE_EXPIRED))
                        fail_msg("%s: %s", rows[i].rule, response_text(code));
                first = kept_challenge(&h, &ask, room);
        }
        h.env.steady_ms += 60000;
        identifier_tick(h.service);
        identifier_count(h.service, &counts);
        assert_int_equal(counts.challenges_open, 0);
        harness_close(&h);
}

/* Who is proven may still not be allowed; what is wrong with a request comes first. */
static void administration(void **state)
{
        (void)state;
        struct harness h;
        harness_open(&h);
        struct ask create = { .op = OP_CREATE,
                              .body = record_body_of("35.TEST/new", 1, "URL", "x") };
        struct told t = ask_as_admin(&h, &create);
        assert_int_equal(t.code, RC_SUCCESS);
        assert_true(h.was_written);
        struct ansa_bytes name;
        assert_int_equal(create_response_decode(t.body, &name), ANSA_OK);
        assert_true(ansa_bytes_equal(name, ANSA_BYTES_LIT("35.TEST/new")));
        create.body = record_body_of("35.TEST/new", 1, "URL", "x");
        assert_int_equal(send(&h, &create).code, RC_EXISTS);

        struct ask ask = { .op = OP_DELETE, .body = name_body("35.TEST/no-reader") };
        assert_int_equal(ask_as_admin(&h, &ask).code, RC_NOT_AUTHORIZED);
        ask = (struct ask){ .op = OP_MODIFY,
                            .body = record_body_of("35.TEST/writable", 1, "OPEN", "y") };
        assert_int_equal(send(&h, &ask).code, RC_SUCCESS); /* public write */
        assert_true(h.was_written);
        assert_false(h.was_slow);
        ask = (struct ask){ .op = OP_DELETE, .body = name_body("35.TEST/mixed") };
        assert_int_equal(ask_as_admin(&h, &ask).code, RC_SUCCESS);
        assert_int_equal(resolve(&h, "35.TEST/mixed", FLAG_PUBLIC_ONLY).code, RC_NOT_FOUND);

        h.peer.may_administer = false;
        ask.body = name_body("35.TEST/public");
        t = send(&h, &ask);
        assert_int_equal(t.code, RC_PROTOCOL);
        struct error_body body;
        assert_int_equal(error_body_decode(t.body, &body), ANSA_OK);
        assert_true(ansa_bytes_equal(
                body.text, ANSA_BYTES_LIT("Received admin request on non-admin interface")));
        h.peer.may_administer = true;
        h.config.require_sessions = true;
        harness_reconfigure(&h);
        assert_int_equal(send(&h, &ask).code, RC_CREDENTIAL);
        harness_close(&h);
}

/* Keys that live elsewhere: public ones are fetched, secret ones are asked about. */
static void keys_elsewhere(void **state)
{
        (void)state;
        struct harness h;
        harness_open(&h);
        h.fetcher.secret = SECRET;
        struct ask ask = read_secret(11);
        struct answer_ask how = { .with = WITH_SECRET,
                                  .key_name = "99.ELSE/ADMIN",
                                  .key_index = 7,
                                  .mac_code = MAC_HMAC_SHA256,
                                  .secret = SECRET };
        struct told t = send(&h, &ask);
        assert_int_equal(answer(&h, &t, &how).code, RC_SUCCESS);
        assert_int_equal(h.fetcher.verify_count, 1);
        how.secret = "guess";
        t = send(&h, &ask);
        assert_int_equal(answer(&h, &t, &how).code, RC_AUTHENTICATION);
        how.secret = SECRET;
        how.key_index = 0; /* which key it was, nobody would know */
        t = send(&h, &ask);
        assert_int_equal(answer(&h, &t, &how).code, RC_AUTHENTICATION);
        how.key_index = 7;
        h.fetcher.err = ANSA_E_NETWORK;
        t = send(&h, &ask);
        assert_int_equal(answer(&h, &t, &how).code, RC_AUTHENTICATION);
        h.fetcher.err = ANSA_E_NO_MEMORY;
        t = send(&h, &ask);
        assert_int_equal(answer(&h, &t, &how).code, RC_UNABLE_TO_VERIFY);
        h.fetcher.err = ANSA_OK;

        struct arena arena;
        struct ansa_key parts;
        arena_init(&arena, 65536);
        assert_int_equal(crypto_key_parts(h.other, false, &arena, &parts), ANSA_OK);
        struct buf data = buf_growing(2048);
        key_encode(&parts, &data);
        struct ansa_value v = { .index = 7,
                                .permissions = 0x0e,
                                .type = ANSA_BYTES_LIT("HS_PUBKEY"),
                                .data = buf_written(&data) };
        size_t size;
        assert_int_equal(ansa_value_encode(&v, h.fetcher.room, sizeof(h.fetcher.room), &size),
                         ANSA_OK);
        h.fetcher.name = "99.ELSE/ADMIN";
        h.fetcher.response = RC_SUCCESS;
        h.fetcher.values = (struct ansa_values){ { h.fetcher.room, size }, 1 };
        how = (struct answer_ask){ .with = WITH_OTHER_KEY,
                                   .key_name = "99.ELSE/ADMIN",
                                   .key_index = 7 };
        t = send(&h, &ask);
        assert_int_equal(answer(&h, &t, &how).code, RC_SUCCESS);
        struct ask change = modify(11);
        t = send(&h, &change);
        assert_int_equal(answer(&h, &t, &how).code, RC_SUCCESS);
        how.key_index = 8;
        ask = read_secret(11);
        t = send(&h, &ask);
        assert_int_equal(answer(&h, &t, &how).code, RC_AUTHENTICATION);
        buf_fini(&data);
        arena_fini(&arena);
        harness_close(&h);
}

static struct told ask_verify(struct harness *h, const char *name, uint32_t index,
                              const char *secret)
{
        uint8_t mac[DIGEST_SIZE_MAX];
        size_t size;
        struct mac_parameters p = { .code = MAC_HMAC_SHA256 };
        struct answer_input input = { ANSA_BYTES_LIT("nonce of twenty octe"),
                                      ANSA_BYTES_LIT("digest of thirty-two octets, as it") };
        input.digest.size = 32;
        assert_int_equal(answer_mac(&p, ansa_bytes_text(secret), &input, mac, &size), ANSA_OK);
        uint8_t answer_room[64];
        uint8_t room[512];
        struct buf octets = buf_over(answer_room, sizeof(answer_room));
        struct buf body = buf_over(room, sizeof(room));
        struct secret_answer s = { .code = MAC_HMAC_SHA256, .mac = { mac, size } };
        secret_answer_encode(&s, &octets);
        struct verify_request v = { .key = { ansa_bytes_text(name), index },
                                    .nonce = input.nonce,
                                    .digest = input.digest,
                                    .answer = buf_written(&octets) };
        verify_request_encode(&v, &body);
        struct ask ask = { .op = OP_VERIFY,
                           .flags = FLAG_CERTIFY | FLAG_REQUEST_DIGEST,
                           .body = buf_written(&body) };
        return send(h, &ask);
}

static void verifies_for_other_servers(void **state)
{
        (void)state;
        struct harness h;
        harness_open(&h);
        static const struct {
                const char *rule;
                const char *name;
                uint32_t index;
                const char *secret;
                bool want;
        } rows[] = { { "right", HOME, 302, SECRET, true },
                     { "wrong", HOME, 302, "guess", false },
                     { "any", HOME, 0, SECRET, true },
                     { "another type", HOME, 300, SECRET, false },
                     { "absent", "35.TEST/absent", 302, SECRET, false } };
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                struct told t = ask_verify(&h, rows[i].name, rows[i].index, rows[i].secret);
                bool is_valid;
                assert_int_equal(t.code, RC_SUCCESS);
                assert_int_equal(verify_response_decode(t.body, &is_valid), ANSA_OK);
                if (is_valid != rows[i].want)
                        fail_msg("%s", rows[i].rule);
                assert_true(t.m.credential.size > 0);
        }
        assert_int_equal(ask_verify(&h, "36.TEST/x", 1, SECRET).code, RC_NOT_RESPONSIBLE);
        harness_close(&h);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(every_kind_of_proof),
                cmocka_unit_test(challenge_has_what_clients_check),
                cmocka_unit_test(life_of_a_challenge),
                cmocka_unit_test(table_of_challenges_is_full),
                cmocka_unit_test(administration),
                cmocka_unit_test(keys_elsewhere),
                cmocka_unit_test(verifies_for_other_servers),
        };
        return cmocka_run_group_tests_name("identifier/authenticate", tests, NULL, NULL);
}
