/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Administration: what goes out for each operation, challenges answered with every kind of key,
 * and nothing done twice.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "fake.h"

#include "base/assert.h"
#include "base/limits.h"
#include "client/client.h"
#include "client/identity.h"
#include "crypto/answer.h"
#include "crypto/key.h"
#include "wire/data.h"

#include <stdio.h>
#include <stdlib.h>

#define NONCE "0123456789abcdef"

static const struct ansa_ref admin_ref = { { (const uint8_t *)"0.NA/35.TEST", 12 }, 300 };

/* What the fake expects, and what it saw. */
struct desk {
        const struct ansa_ref *admin;
        const struct crypto_key *key; /* public part verifies; NULL: secret */
        struct ansa_bytes secret;
        uint32_t challenge_id;
        uint32_t rounds; /* challenges before an answer is looked at; 0: one */
        uint32_t op;     /* of the challenged request */
        struct buf body; /* its body */
        uint8_t digest[32];
        bool was_valid;
        uint8_t mac_code;
        uint32_t final_rc;
        struct ansa_bytes final_body;
        uint32_t final_flags;
        uint32_t answers;
        bool corrupt_digest;
        bool keep_open;
        uint16_t version; /* of the challenge; 0: 2.11 */
};

static bool verify_public(struct desk *d, const struct answer_request *a, uint8_t *digest)
{
        struct public_answer p;
        struct ansa_bytes parts[] = { ANSA_BYTES_LIT(NONCE), { digest, 32 } };
        return public_answer_decode(a->answer, &p) == ANSA_OK &&
               crypto_verify(d->key, ALGORITHM_SHA256, parts, 2, p.signature) == ANSA_OK;
}

static bool verify_secret(struct desk *d, const struct answer_request *a, uint8_t *digest)
{
        struct secret_answer s;
        uint8_t mac[DIGEST_SIZE_MAX];
        size_t size;
        struct answer_input input = { ANSA_BYTES_LIT(NONCE), { digest, 32 } };
        if (secret_answer_decode(a->answer, &s) != ANSA_OK)
                return false;
        struct mac_parameters p = { s.code, s.salt, s.iterations, s.key_bits };
        d->mac_code = s.code;
        return answer_mac(&p, d->secret, &input, mac, &size) == ANSA_OK &&
               ansa_bytes_equal(s.mac, (struct ansa_bytes){ mac, size });
}

static void take_answer(struct fake_exchange *x, struct desk *d)
{
        struct answer_request a;
        ansa_assert(answer_request_decode(x->request.body, &a) == ANSA_OK);
        ansa_assert(x->request.envelope.session_id == d->challenge_id);
        ansa_assert(a.key.index == d->admin->index);
        ansa_assert(ansa_bytes_equal(a.key.name, d->admin->name));
        bool is_public = ansa_bytes_equal(a.auth_type, ANSA_BYTES_LIT("HS_PUBKEY"));
        d->answers++;
        d->was_valid =
                is_public ? verify_public(d, &a, d->digest) : verify_secret(d, &a, d->digest);
        fake_respond_as(x, &(struct fake_response){
                                   .rc = d->was_valid ? d->final_rc : RC_AUTHENTICATION,
                                   .op = d->op,
                                   .flags = d->final_flags | (d->keep_open ? FLAG_KEEP_OPEN : 0),
                                   .serial = 1,
                                   .body = d->final_body });
}

static void asks_for_proof(struct fake_exchange *x)
{
        struct desk *d = x->fake->context;
        struct ansa_bytes covered = x->request.header_and_body;
        struct buf b = buf_growing(4096);
        if (x->request.header.op == OP_ANSWER && d->rounds <= 1) {
                take_answer(x, d);
                return;
        }
        if (x->request.header.op == OP_ANSWER)
                d->rounds--;
        else
                d->op = x->request.header.op;
        if (x->request.header.op != OP_ANSWER) {
                buf_reset(&d->body);
                buf_bytes(&d->body, x->request.body);
        }
        ansa_assert(digest_parts(ALGORITHM_SHA256, &covered, 1, d->digest) == ANSA_OK);
        buf_block(&b, ANSA_BYTES_LIT(NONCE));
        fake_respond_as(x, &(struct fake_response){ .rc = RC_CHALLENGE,
                                                    .op = d->op,
                                                    .flags = d->keep_open ? FLAG_KEEP_OPEN : 0,
                                                    .serial = 1,
                                                    .session_id = d->challenge_id,
                                                    .body = buf_written(&b),
                                                    .with_digest = true,
                                                    .corrupt_digest = d->corrupt_digest });
        buf_fini(&b);
}

static void desk_begin(struct desk *d)
{
        *d = (struct desk){ .admin = &admin_ref,
                            .challenge_id = 77,
                            .final_rc = RC_SUCCESS,
                            .body = buf_growing(LIMIT_MESSAGE_SIZE) };
}

static struct ansa_client *client_for(const struct fake *f)
{
        struct ansa_client *client;
        char server[64];
        assert_int_equal(ansa_client_new(NULL, &client), ANSA_OK);
        (void)snprintf(server, sizeof(server), "127.0.0.1:%u", f->port);
        assert_int_equal(ansa_client_set_server(client, server, ANSA_TRANSPORT_ANY), ANSA_OK);
        return client;
}

static void expect(const struct ansa_call *call, enum ansa_err err, const char *problem_part)
{
        const struct ansa_answer *a = ansa_call_answer(call);
        if (a->err != err || strstr(a->problem, problem_part) == NULL)
                fail_msg("%s: \"%s\"", ansa_err_text(a->err), a->problem);
}

static struct ansa_identity *secret_identity(const char *secret)
{
        struct ansa_identity *i;
        assert_int_equal(ansa_identity_new_secret(&admin_ref, ansa_bytes_text(secret), &i),
                         ANSA_OK);
        return i;
}

static struct ansa_identity *key_identity(const struct crypto_key *key)
{
        struct ansa_identity *i;
        struct ansa_key parts;
        struct arena arena;
        arena_init(&arena, 65536);
        assert_int_equal(crypto_key_parts(key, true, &arena, &parts), ANSA_OK);
        assert_int_equal(ansa_identity_new_key(&admin_ref, &parts, &i), ANSA_OK);
        arena_fini(&arena);
        return i;
}

/* Each operation: its code, its body; and the answer that ends it. */
static void asks_each_operation(void **state)
{
        (void)state;
        struct ansa_value v = fake_value(1, "URL", ANSA_BYTES_LIT("http://x/"));
        static const uint32_t indexes[] = { 3, 4 };
        uint8_t wire[256];
        size_t wire_size;
        assert_int_equal(ansa_value_encode(&v, wire, sizeof(wire), &wire_size), ANSA_OK);
        const struct {
                enum ansa_operation operation;
                uint32_t op;
                const char *name;
                const char *body_name;
                bool has_values, has_indexes;
        } rows[] = {
                { ANSA_CREATE, OP_CREATE, "35.TEST/1", "35.TEST/1", true, false },
                { ANSA_ADD, OP_ADD, "35.TEST/1", "35.TEST/1", true, false },
                { ANSA_MODIFY, OP_MODIFY, "35.TEST/1", "35.TEST/1", true, false },
                { ANSA_REMOVE, OP_REMOVE, "35.TEST/1", "35.TEST/1", false, true },
                { ANSA_DELETE, OP_DELETE, "35.TEST/1", "35.TEST/1", false, false },
                { ANSA_HOME, OP_HOME, "35.TEST", "0.NA/35.TEST", false, false },
                { ANSA_UNHOME, OP_UNHOME, "0.NA/35.TEST", "0.NA/35.TEST", false, false },
        };
        struct ansa_identity *identity = secret_identity("secret");
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                struct desk d;
                desk_begin(&d);
                d.secret = ANSA_BYTES_LIT("secret");
                struct fake f = { .handler = asks_for_proof, .context = &d };
                fake_start(&f);
                struct ansa_client *client = client_for(&f);
                struct ansa_request r = { .operation = rows[i].operation,
                                          .name = ansa_bytes_text(rows[i].name),
                                          .identity = identity };
                if (rows[i].has_values) {
                        r.values = &v;
                        r.value_count = 1;
                }
                if (rows[i].has_indexes) {
                        r.indexes = indexes;
                        r.index_count = 2;
                }
                struct ansa_call *call;
                (void)!ansa_run(client, &r, &call);
                expect(call, ANSA_OK, "");
                assert_int_equal(d.op, rows[i].op);
                assert_int_equal(d.mac_code, MAC_PBKDF2);
                struct buf want = buf_growing(1024);
                buf_block(&want, ansa_bytes_text(rows[i].body_name));
                if (rows[i].has_values) {
                        buf_u32(&want, 1);
                        buf_bytes(&want, (struct ansa_bytes){ wire, wire_size });
                }
                if (rows[i].has_indexes) {
                        buf_u32(&want, 2);
                        buf_u32(&want, 3);
                        buf_u32(&want, 4);
                }
                assert_true(ansa_bytes_equal(buf_written(&want), buf_written(&d.body)));
                buf_fini(&want);
                ansa_call_free(call);
                ansa_client_free(client);
                fake_stop(&f);
                /* Over a connection each, as the server does not keep them open. */
                assert_int_equal(f.connections, 2);
                assert_int_equal(f.datagrams, 0);
                buf_fini(&d.body);
        }
        ansa_identity_free(identity);
}

static void proves_itself_with_each_key(void **state)
{
        (void)state;
        static const struct {
                enum ansa_key_kind kind;
                uint32_t bits;
        } rows[] = { { ANSA_KEY_RSA, 1024 }, { ANSA_KEY_DSA, 1024 }, { ANSA_KEY_ED25519, 0 } };
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                for (int right = 0; right < 2; right++) {
                        struct crypto_key *key;
                        struct crypto_key *other;
                        struct desk d;
                        desk_begin(&d);
                        d.keep_open = true;
                        assert_int_equal(crypto_key_generate(rows[i].kind, rows[i].bits, &key),
                                         ANSA_OK);
                        assert_int_equal(crypto_key_generate(ANSA_KEY_ED25519, 0, &other), ANSA_OK);
                        d.key = right ? key : other;
                        struct fake f = { .handler = asks_for_proof, .context = &d };
                        fake_start(&f);
                        struct ansa_client *client = client_for(&f);
                        struct ansa_identity *identity = key_identity(key);
                        struct ansa_request r = { .operation = ANSA_DELETE,
                                                  .name = ANSA_BYTES_LIT("35.TEST/1"),
                                                  .identity = identity };
                        struct ansa_call *call;
                        (void)!ansa_run(client, &r, &call);
                        expect(call, right ? ANSA_OK : ANSA_E_DENIED,
                               right ? "" : "answered 403 (authentication failed)");
                        ansa_call_free(call);
                        ansa_client_free(client);
                        ansa_identity_free(identity);
                        fake_stop(&f);
                        assert_int_equal(f.connections, 1); /* kept open for the answer */
                        buf_fini(&d.body);
                        crypto_key_free(key);
                        crypto_key_free(other);
                }
        }
}

/* The form of a secret's answer goes by the lower of the challenge's two versions. */
static void chooses_the_form_of_the_mac(void **state)
{
        (void)state;
        static const struct {
                uint16_t version, suggested;
                int code; /* -1: bare MD5 */
                size_t size;
        } rows[] = { { VERSION(2, 11), VERSION(2, 11), MAC_PBKDF2, 53 },
                     { VERSION(2, 7), VERSION(2, 11), MAC_PBKDF2, 53 },
                     { VERSION(2, 6), VERSION(2, 11), MAC_SHA1, 21 },
                     { VERSION(2, 11), VERSION(2, 1), MAC_SHA1, 21 },
                     { VERSION(2, 0), VERSION(2, 0), -1, 16 } };
        struct ansa_identity *identity = secret_identity("secret");
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                struct buf body = buf_growing(4096);
                uint8_t salt[16] = { 0 };
                uint8_t digest[32] = { 1 };
                struct challenge c = {
                        ANSA_BYTES_LIT(NONCE), { digest, 32 }, rows[i].version, rows[i].suggested
                };
                struct answer_request a;
                assert_int_equal(identity_answer(identity, &c, salt, &body), ANSA_OK);
                assert_int_equal(answer_request_decode(buf_written(&body), &a), ANSA_OK);
                assert_int_equal(a.answer.size, rows[i].size);
                if (rows[i].code >= 0)
                        assert_int_equal(a.answer.at[0], rows[i].code);
                buf_fini(&body);
        }
        ansa_identity_free(identity);
}

/* Every MAC form, with the vectors of irp-wire 4.11. */
static void knows_every_form_of_mac(void **state)
{
        (void)state;
        static const struct {
                uint8_t code;
                size_t at; /* of the MAC in the answer */
                const char *mac;
        } rows[] = {
                { MAC_MD5, 1, "\x57\x1f\xdb\xb8\xe5\x15\x73\x84\x6d\x59\x60\x72\x41\xeb\xc3\x84" },
                { MAC_SHA1, 1, "\xff\xa6\x7f\x97\xf2\x9d\x36\xdb\x6c\x04\xa2\xb5\xe3\x4c\x29\xaa" },
                { MAC_SHA256, 1,
                  "\xc6\x61\x97\x47\xa0\x75\x92\x89\xf2\xcf\xdd\xef\x55\x52\x0a\x79" },
                { MAC_HMAC_SHA1, 1,
                  "\xf7\x33\xe1\x54\x60\x5d\x09\x2c\x6d\xc4\xb7\xa5\x25\x2a\x91\xda" },
                { MAC_HMAC_SHA256, 1,
                  "\xf0\xbe\x25\x48\xbe\x3e\xaf\xa7\xf7\x0f\x84\xd2\x9e\xd6\x88\x0c" },
                { MAC_PBKDF2, 33,
                  "\x90\xdd\xec\xe6\xf3\x73\x28\xcc\x4a\x64\xac\xa3\xfa\xea\xfc\x79" },
        };
        static const uint8_t digest[] =
                "\x74\xc3\xbf\x26\x2b\xd5\xde\x32\x78\x2f\xdc\x23\xf0\x6f\x43\xa9"
                "\x4b\xbc\x15\x8b\x9a\xc4\xa8\x56\xbb\x88\x13\x4f\x37\xc0\x5b\x62";
        struct ansa_identity *identity = secret_identity("secret");
        uint8_t nonce[16];
        uint8_t salt[16];
        for (uint8_t i = 0; i < 16; i++) {
                nonce[i] = i;
                salt[i] = (uint8_t)(0x10 + i);
        }
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                struct buf body = buf_growing(4096);
                struct challenge c = { { nonce, 16 }, { digest, 32 }, VERSION_OWN, VERSION_OWN };
                struct answer_request a;
                assert_int_equal(identity_answer_mac(identity, rows[i].code, &c, salt, &body),
                                 ANSA_OK);
                assert_int_equal(answer_request_decode(buf_written(&body), &a), ANSA_OK);
                assert_int_equal(a.answer.at[0], rows[i].code);
                assert_memory_equal(a.answer.at + rows[i].at, rows[i].mac, 16);
                buf_fini(&body);
        }
        ansa_identity_free(identity);
}

static void is_not_led_astray(void **state)
{
        (void)state;
        const struct {
                const char *secret;
                bool corrupt_digest;
                uint32_t rounds;
                enum ansa_err err;
                const char *problem;
                uint32_t answers;
        } rows[] = {
                { "secret", true, 1, ANSA_E_UNAUTHENTIC, "to another request than ours", 0 },
                { "wrong", false, 1, ANSA_E_DENIED, "answered 403", 1 },
                { "secret", false, 2, ANSA_OK, "", 1 },
                { "secret", false, 3, ANSA_E_DENIED, "answered 402", 0 },
        };
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                struct desk d;
                desk_begin(&d);
                d.secret = ANSA_BYTES_LIT("secret");
                d.corrupt_digest = rows[i].corrupt_digest;
                d.rounds = rows[i].rounds;
                struct fake f = { .handler = asks_for_proof, .context = &d };
                fake_start(&f);
                struct ansa_client *client = client_for(&f);
                struct ansa_identity *identity = secret_identity(rows[i].secret);
                struct ansa_request r = { .operation = ANSA_DELETE,
                                          .name = ANSA_BYTES_LIT("35.TEST/1"),
                                          .identity = identity };
                struct ansa_call *call;
                (void)!ansa_run(client, &r, &call);
                expect(call, rows[i].err, rows[i].problem);
                ansa_call_free(call);
                ansa_client_free(client);
                ansa_identity_free(identity);
                fake_stop(&f);
                assert_int_equal(d.answers, rows[i].answers);
                buf_fini(&d.body);
        }
}

/* Over UDP too, where the answer goes out in fragments, when the caller wants it so. */
static void administers_over_udp(void **state)
{
        (void)state;
        struct desk d;
        uint8_t name[700];
        memset(name, 'x', sizeof(name));
        memcpy(name, "35.TEST/", 8);
        struct ansa_ref long_ref = { { name, sizeof(name) }, 300 };
        desk_begin(&d);
        d.secret = ANSA_BYTES_LIT("secret");
        d.admin = &long_ref;
        struct fake f = { .handler = asks_for_proof, .context = &d };
        fake_start(&f);
        struct ansa_client *client = client_for(&f);
        struct ansa_identity *identity;
        assert_int_equal(ansa_identity_new_secret(&long_ref, d.secret, &identity), ANSA_OK);
        struct ansa_request r = { .operation = ANSA_DELETE,
                                  .name = ANSA_BYTES_LIT("35.TEST/1"),
                                  .identity = identity,
                                  .transport = ANSA_TRANSPORT_UDP };
        struct ansa_call *call;
        (void)!ansa_run(client, &r, &call);
        expect(call, ANSA_OK, "");
        ansa_call_free(call);
        ansa_client_free(client);
        ansa_identity_free(identity);
        fake_stop(&f);
        assert_int_equal(f.requests, 2);
        assert_int_equal(f.datagrams, 3);
        assert_int_equal(f.connections, 0);
        buf_fini(&d.body);
}

static void mints(struct fake_exchange *x)
{
        uint32_t both = FLAG_MINT_SUFFIX | FLAG_OVERWRITE;
        ansa_assert((x->request.header.flags & both) == both);
        fake_respond(x, RC_SUCCESS, FLAG_OVERWRITE,
                     ANSA_BYTES_LIT("\0\0\0\x09"
                                    "35.TEST/x"));
}

static void tells_the_minted_name(void **state)
{
        (void)state;
        struct fake f = { .handler = mints };
        struct ansa_value v = fake_value(1, "URL", ANSA_BYTES_LIT("http://x/"));
        fake_start(&f);
        struct ansa_client *client = client_for(&f);
        struct ansa_request r = { .operation = ANSA_CREATE,
                                  .name = ANSA_BYTES_LIT("35.TEST/"),
                                  .flags = ANSA_MINT | ANSA_OVERWRITE,
                                  .values = &v,
                                  .value_count = 1 };
        struct ansa_call *call;
        (void)!ansa_run(client, &r, &call);
        expect(call, ANSA_OK, "");
        assert_true(ansa_bytes_equal(ansa_call_answer(call)->name, ANSA_BYTES_LIT("35.TEST/x")));
        assert_true(ansa_call_answer(call)->did_overwrite);
        ansa_call_free(call);
        ansa_client_free(client);
        fake_stop(&f);
}

/* A connection that breaks after the request went out: it is not sent again, and it is told. */
static void hangs_up(struct fake_exchange *x)
{
        x->close_after = true;
}

static void does_nothing_twice(void **state)
{
        (void)state;
        struct fake f = { .handler = hangs_up };
        fake_start(&f);
        struct ansa_client *client = client_for(&f);
        struct ansa_request r = { .operation = ANSA_DELETE, .name = ANSA_BYTES_LIT("35.TEST/1") };
        struct ansa_call *call;
        (void)!ansa_run(client, &r, &call);
        expect(call, ANSA_E_NETWORK, "whether it was done is not known");
        ansa_call_free(call);
        ansa_client_free(client);
        fake_stop(&f);
        assert_int_equal(f.requests, 1);
}

static void refuses_senseless_requests(void **state)
{
        (void)state;
        static const uint32_t many[2049];
        const struct {
                struct ansa_request request;
                const char *problem;
        } rows[] = {
                { { .operation = ANSA_RESOLVE }, "" },
                { { .operation = ANSA_RESOLVE, .name = ANSA_BYTES_LIT("/x") }, "" },
                { { .operation = ANSA_RESOLVE, .name = ANSA_BYTES_LIT("35.T/x"), .flags = 0x8000 },
                  "unknown operation or flag" },
                { { .operation = (enum ansa_operation)99, .name = ANSA_BYTES_LIT("35.T/x") },
                  "unknown operation or flag" },
                { { .operation = ANSA_RESOLVE,
                    .name = ANSA_BYTES_LIT("35.T/x"),
                    .indexes = many,
                    .index_count = 2049 },
                  "more than 2,048" },
                { { .operation = ANSA_RESOLVE,
                    .name = ANSA_BYTES_LIT("35.T/x"),
                    .flags = ANSA_ENCRYPTED },
                  "encryption needs a session" },
                { { .operation = ANSA_VERIFY }, "the key is not named" },
        };
        struct ansa_client *client;
        assert_int_equal(ansa_client_new(NULL, &client), ANSA_OK);
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                struct ansa_call *call;
                assert_int_equal(ansa_call_new(client, &rows[i].request, &call), ANSA_E_ARGUMENT);
                expect(call, ANSA_E_ARGUMENT, rows[i].problem);
                assert_true(ansa_call_step(call));
                ansa_call_free(call);
        }
        ansa_client_free(client);
}

static void reads_identities(void **state)
{
        (void)state;
        struct ansa_identity *i;
        struct crypto_key *key;
        struct ansa_key parts;
        struct arena arena;
        struct buf pem = buf_growing(65536);
        struct buf file = buf_growing(65536);
        arena_init(&arena, 65536);
        assert_int_equal(crypto_key_generate(ANSA_KEY_RSA, 2048, &key), ANSA_OK);
        assert_int_equal(crypto_key_to_pem(key, true, ANSA_BYTES_LIT("pass"), &pem), ANSA_OK);
        assert_int_equal(
                ansa_identity_new_file(&admin_ref, buf_written(&pem), ANSA_BYTES_LIT("pass"), &i),
                ANSA_OK);
        ansa_identity_free(i);
        assert_int_equal(
                ansa_identity_new_file(&admin_ref, buf_written(&pem), ANSA_BYTES_LIT("no"), &i),
                ANSA_E_DENIED);
        assert_null(i);
        assert_int_equal(crypto_key_parts(key, true, &arena, &parts), ANSA_OK);
        buf_u32(&file, KEY_FILE_PLAIN);
        private_key_encode(&parts, &file);
        assert_int_equal(ansa_identity_new_file(&admin_ref, buf_written(&file),
                                                (struct ansa_bytes){ 0 }, &i),
                         ANSA_OK);
        ansa_identity_free(i);
        /* A public key proves nothing. */
        assert_int_equal(crypto_key_parts(key, false, &arena, &parts), ANSA_OK);
        assert_int_equal(ansa_identity_new_key(&admin_ref, &parts, &i), ANSA_E_ARGUMENT);
        assert_null(i);
        struct ansa_ref nobody = { { NULL, 0 }, 300 };
        assert_int_equal(ansa_identity_new_secret(&nobody, ANSA_BYTES_LIT("x"), &i),
                         ANSA_E_ARGUMENT);
        crypto_key_free(key);
        arena_fini(&arena);
        buf_fini(&pem);
        buf_fini(&file);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(asks_each_operation),
                cmocka_unit_test(proves_itself_with_each_key),
                cmocka_unit_test(chooses_the_form_of_the_mac),
                cmocka_unit_test(knows_every_form_of_mac),
                cmocka_unit_test(is_not_led_astray),
                cmocka_unit_test(administers_over_udp),
                cmocka_unit_test(tells_the_minted_name),
                cmocka_unit_test(does_nothing_twice),
                cmocka_unit_test(refuses_senseless_requests),
                cmocka_unit_test(reads_identities),
        };
        return cmocka_run_group_tests_name("client/admin", tests, NULL, NULL);
}
