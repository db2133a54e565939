/* SPDX-License-Identifier: Apache-2.0 */
/* Doors that authenticate their clients themselves, and conditions on the version of a record. */
#include "harness.h"

#include "crypto/answer.h"
#include "wire/data.h"

#include <stdio.h>

#define ADMIN      "0.NA/35.TEST"
#define PUBLIC_ONE "35.TEST/public"

static int setup(void **state)
{
        static struct harness h;
        harness_open(&h);
        *state = &h;
        return 0;
}

static int teardown(void **state)
{
        harness_close(*state);
        return 0;
}

/* Add a value as @who (index 0: nobody) under @condition. */
static struct told add(struct harness *h, uint32_t who, const struct record_condition *condition,
                       uint32_t index)
{
        struct ansa_ref identity = { ANSA_BYTES_LIT(ADMIN), who };
        struct peer_claims claims = { .identity = who != 0 ? &identity : NULL,
                                      .condition = condition };
        struct ask ask = { .op = OP_ADD, .body = record_body_of(PUBLIC_ONE, index, "NOTE", "x") };
        h->peer.claims = &claims;
        struct told told = send(h, &ask);
        h->peer.claims = NULL;
        return told;
}

static uint64_t version_of(struct harness *h, const char *name)
{
        uint64_t version = 77;
        struct peer_claims claims = { .version = &version };
        h->peer.claims = &claims;
        (void)resolve(h, name, FLAG_PUBLIC_ONLY);
        h->peer.claims = NULL;
        return version;
}

static void test_identity(void **state)
{
        struct harness *h = *state;
        struct identifier_counts counts;
        assert_int_equal(add(h, 0, NULL, 10).code, RC_CHALLENGE);
        identifier_count(h->service, &counts);
        assert_int_equal(counts.challenges_open, 0); /* none is kept */
        assert_int_equal(add(h, 300, NULL, 10).code, RC_SUCCESS);
        assert_int_equal(add(h, 301, NULL, 11).code, RC_NOT_AUTHORIZED); /* not its admin */
        struct told told = resolve(h, PUBLIC_ONE, FLAG_PUBLIC_ONLY);
        assert_true(has_value(&told, 10));
        assert_false(has_value(&told, 11));
        /* without claims all is as it was */
        struct ask ask = { .op = OP_ADD, .body = record_body_of(PUBLIC_ONE, 12, "NOTE", "x") };
        assert_int_equal(send(h, &ask).code, RC_CHALLENGE);
        identifier_count(h->service, &counts);
        assert_int_equal(counts.challenges_open, 1);
}

static void test_private_reading(void **state)
{
        struct harness *h = *state;
        struct ansa_ref identity = { ANSA_BYTES_LIT(ADMIN), 300 };
        struct peer_claims claims = { .identity = &identity };
        h->peer.claims = &claims;
        struct told told = resolve(h, "35.TEST/mixed", 0);
        assert_true(has_value(&told, 2));
        identity.index = 777;
        assert_int_equal(resolve(h, "35.TEST/mixed", 0).code, RC_NOT_AUTHORIZED);
        claims.identity = NULL;
        assert_int_equal(resolve(h, "35.TEST/mixed", 0).code, RC_CHALLENGE);
        h->peer.claims = NULL;
}

static void test_sessions_are_for_others(void **state)
{
        struct harness *h = *state;
        h->config.require_sessions = true;
        harness_reconfigure(h);
        assert_int_equal(add(h, 300, NULL, 10).code, RC_SUCCESS);
        struct ask ask = { .op = OP_ADD, .body = record_body_of(PUBLIC_ONE, 12, "NOTE", "x") };
        assert_int_equal(send(h, &ask).code, RC_CREDENTIAL);
}

static void test_versions(void **state)
{
        struct harness *h = *state;
        uint64_t first = version_of(h, PUBLIC_ONE);
        assert_int_not_equal(first, 0);
        assert_int_equal(first, version_of(h, "35.test/PUBLIC"));
        (void)resolve(h, PUBLIC_ONE, FLAG_PUBLIC_ONLY); /* by the short way, from the cache */
        assert_int_equal(first, version_of(h, PUBLIC_ONE));
        assert_int_equal(version_of(h, "35.TEST/absent"), 0);
        assert_int_not_equal(version_of(h, "35.TEST/mixed"), first);
        assert_int_equal(add(h, 300, NULL, 10).code, RC_SUCCESS);
        uint64_t second = version_of(h, PUBLIC_ONE);
        assert_int_not_equal(second, first);
        assert_int_not_equal(second, 0);
}

static void test_conditions(void **state)
{
        struct harness *h = *state;
        const uint64_t now = version_of(h, PUBLIC_ONE);
        const struct {
                const char *rule;
                struct record_condition condition;
                uint32_t code;
        } rows[] = {
                { "none", { .kind = CONDITION_NONE }, RC_SUCCESS },
                { "exists", { .kind = CONDITION_EXISTS }, RC_SUCCESS },
                { "absent", { .kind = CONDITION_ABSENT }, RC_PRECONDITION },
                { "that version", { CONDITION_ONE_OF, 1, { now } }, RC_SUCCESS },
                { "one of two", { CONDITION_ONE_OF, 2, { now + 1, now } }, RC_SUCCESS },
                { "another version", { CONDITION_ONE_OF, 1, { now + 1 } }, RC_PRECONDITION },
                { "of no versions", { .kind = CONDITION_ONE_OF }, RC_PRECONDITION },
                { "not that version", { CONDITION_NONE_OF, 1, { now } }, RC_PRECONDITION },
                { "not another version", { CONDITION_NONE_OF, 1, { now + 1 } }, RC_SUCCESS },
        };
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                harness_close(h);
                harness_open(h); /* the same seed: the same versions */
                assert_int_equal(version_of(h, PUBLIC_ONE), now);
                print_message("%s\n", rows[i].rule);
                assert_int_equal(add(h, 300, &rows[i].condition, 20).code, rows[i].code);
                struct told told = resolve(h, PUBLIC_ONE, FLAG_PUBLIC_ONLY);
                assert_int_equal(has_value(&told, 20), rows[i].code == RC_SUCCESS);
        }
}

static struct write_job *job_of(struct harness *h, const struct record_condition *condition,
                                uint32_t index)
{
        static const struct ansa_ref identity = { { (const uint8_t *)ADMIN, sizeof(ADMIN) - 1 },
                                                  300 };
        struct peer_claims claims = { .identity = &identity, .condition = condition };
        struct peer peer = h->peer;
        struct buf message = buf_growing(10000);
        struct write_job *job = NULL;
        struct ask ask = { .op = OP_ADD, .body = record_body_of(PUBLIC_ONE, index, "NOTE", "x") };
        peer.claims = &claims;
        ask_encode(h, &ask, &message);
        buf_reset(&h->reply);
        assert_int_equal(
                identifier_serve(h->slow, &peer, buf_written(&message), &h->reply, NULL, &job),
                IDENTIFIER_WRITE);
        buf_fini(&message);
        return job;
}

/* Two editors who have read the same version: both pass the reader, one passes the writer. */
static void test_two_editors(void **state)
{
        struct harness *h = *state;
        struct record_condition condition = { CONDITION_ONE_OF, 1, { version_of(h, PUBLIC_ONE) } };
        struct write_job *jobs[] = { job_of(h, &condition, 20), job_of(h, &condition, 21) };
        memset(&condition, 0, sizeof(condition)); /* a job has its own copy */
        identifier_commit(h->writer, jobs, 2);
        static const uint32_t codes[] = { RC_SUCCESS, RC_PRECONDITION };
        for (size_t i = 0; i < 2; i++) {
                struct envelope e;
                struct header header;
                buf_reset(&h->reply);
                identifier_job_reply(h->slow, jobs[i], 0, &h->reply);
                struct ansa_bytes reply = buf_written(&h->reply);
                assert_int_equal(envelope_decode(reply, &e), ANSA_OK);
                reply.at += ENVELOPE_SIZE;
                reply.size -= ENVELOPE_SIZE;
                assert_int_equal(header_decode(reply, &header), ANSA_OK);
                assert_int_equal(header.response, codes[i]);
                identifier_job_free(jobs[i]);
        }
        struct told told = resolve(h, PUBLIC_ONE, FLAG_PUBLIC_ONLY);
        assert_true(has_value(&told, 20));
        assert_false(has_value(&told, 21));
}

/* ---- identifier_prove ---------------------------------------------------------------------- */

static const struct ansa_bytes nonce = { (const uint8_t *)"0123456789abcdef", 16 };
static const struct ansa_bytes cnonce = { (const uint8_t *)"fedcba9876543210", 16 };

static uint32_t prove(struct harness *h, enum identifier_claim_kind kind, const char *name,
                      uint32_t index, struct ansa_bytes answer, uint32_t *found)
{
        struct identifier_claim claim = { .kind = kind,
                                          .key = { ansa_bytes_text(name), index },
                                          .nonce = nonce,
                                          .cnonce = cnonce,
                                          .answer = answer };
        return identifier_prove(h->slow, &claim, found);
}

static struct ansa_bytes secret_answer(const char *secret, uint8_t code, struct buf *b)
{
        uint8_t mac[DIGEST_SIZE_MAX];
        size_t size;
        struct mac_parameters parameters = { .code = code };
        struct answer_input input = { nonce, cnonce };
        assert_int_equal(answer_mac(&parameters, ansa_bytes_text(secret), &input, mac, &size),
                         ANSA_OK);
        struct secret_answer answer = { .code = code, .mac = { mac, size } };
        buf_reset(b);
        secret_answer_encode(&answer, b);
        return buf_written(b);
}

static void test_prove_secret(void **state)
{
        struct harness *h = *state;
        struct buf b = buf_growing(1000);
        const char *right = "s\xc3\xa9"
                            "cret";
        const struct {
                const char *rule;
                const char *secret;
                uint8_t code;
                const char *name;
                uint32_t index;
                uint32_t want;
                uint32_t found;
        } rows[] = {
                { "right", right, MAC_SHA256, ADMIN, 302, RC_SUCCESS, 302 },
                { "any index", right, MAC_SHA256, ADMIN, 0, RC_SUCCESS, 302 },
                { "HMAC", right, MAC_HMAC_SHA256, ADMIN, 302, RC_SUCCESS, 302 },
                { "wrong secret", "x", MAC_SHA256, ADMIN, 302, RC_AUTHENTICATION, 0 },
                { "wrong index", right, MAC_SHA256, ADMIN, 300, RC_AUTHENTICATION, 0 },
                { "old algorithm", right, MAC_MD5, ADMIN, 302, RC_AUTHENTICATION, 0 },
                { "no such record", right, MAC_SHA256, "35.TEST/none", 302, RC_AUTHENTICATION, 0 },
                { "no name", right, MAC_SHA256, "", 302, RC_AUTHENTICATION, 0 },
                { "the empty secret", "", MAC_SHA256, ADMIN, 305, RC_AUTHENTICATION, 0 },
        };
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                uint32_t found = 9;
                print_message("%s\n", rows[i].rule);
                struct ansa_bytes answer = secret_answer(rows[i].secret, rows[i].code, &b);
                assert_int_equal(
                        prove(h, CLAIM_SECRET_KEY, rows[i].name, rows[i].index, answer, &found),
                        rows[i].want);
                assert_int_equal(found, rows[i].found);
        }
        buf_fini(&b);
}

static uint32_t prove_public(struct harness *h, const struct crypto_key *key,
                             enum digest_algorithm a, const char *algorithm, uint32_t index,
                             uint32_t *found)
{
        uint8_t signature[CRYPTO_SIGNATURE_MAX];
        size_t size;
        struct ansa_bytes parts[] = { nonce, cnonce };
        assert_int_equal(crypto_sign(key, a, parts, 2, signature, sizeof(signature), &size),
                         ANSA_OK);
        struct buf b = buf_growing(2000);
        struct public_answer answer = { ansa_bytes_text(algorithm), { signature, size } };
        public_answer_encode(&answer, &b);
        uint32_t code = prove(h, CLAIM_PUBLIC_KEY, ADMIN, index, buf_written(&b), found);
        buf_fini(&b);
        return code;
}

static void test_prove_public(void **state)
{
        struct harness *h = *state;
        uint32_t found;
        assert_int_equal(prove_public(h, h->rsa, ALGORITHM_SHA256, "SHA256", 300, &found),
                         RC_SUCCESS);
        assert_int_equal(found, 300);
        assert_int_equal(prove_public(h, h->ed, ALGORITHM_SHA256, "Ed25519", 0, &found),
                         RC_SUCCESS);
        assert_int_equal(found, 303);
        assert_int_equal(prove_public(h, h->other, ALGORITHM_SHA256, "SHA-256", 300, &found),
                         RC_AUTHENTICATION);
        assert_int_equal(found, 0);
        assert_int_equal(prove_public(h, h->rsa, ALGORITHM_SHA1, "SHA1", 300, &found),
                         RC_AUTHENTICATION); /* old */
        h->config.allow_old_crypto = true;
        harness_reconfigure(h);
        assert_int_equal(prove_public(h, h->rsa, ALGORITHM_SHA1, "SHA1", 300, &found), RC_SUCCESS);
}

static void test_prove_own_key(void **state)
{
        struct harness *h = *state;
        const struct {
                const char *rule;
                const struct crypto_key *key;
                uint32_t index;
                uint32_t want;
                uint32_t found;
        } rows[] = {
                { "the key of the value", h->rsa, 300, RC_SUCCESS, 300 },
                { "of any value", h->ed, 0, RC_SUCCESS, 303 },
                { "another's", h->rsa, 301, RC_AUTHENTICATION, 0 },
                { "of a value that is no key", h->rsa, 302, RC_AUTHENTICATION, 0 },
                { "that nobody may read", h->other, 304, RC_AUTHENTICATION, 0 },
        };
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                struct arena arena;
                struct ansa_key parts;
                uint32_t found;
                arena_init(&arena, 100000);
                assert_int_equal(crypto_key_parts(rows[i].key, false, &arena, &parts), ANSA_OK);
                struct identifier_claim claim = { .kind = CLAIM_OWN_KEY,
                                                  .key = { ANSA_BYTES_LIT(ADMIN), rows[i].index },
                                                  .public_key = &parts };
                print_message("%s\n", rows[i].rule);
                assert_int_equal(identifier_prove(h->slow, &claim, &found), rows[i].want);
                assert_int_equal(found, rows[i].found);
                arena_fini(&arena);
        }
}

/* ---- identifier_progress ------------------------------------------------------------------- */

static void keep(struct harness *h, const char *key, const char *value)
{
        struct ansa_ref who = { ANSA_BYTES_LIT(ADMIN), 302 };
        struct write_job *job = identifier_progress_job(h->slow, &who, ansa_bytes_text(key),
                                                        ansa_bytes_text(value), NULL, 0);
        assert_non_null(job);
        identifier_commit(h->writer, &job, 1);
        assert_true(identifier_job_is_done(job));
        identifier_job_free(job);
}

static bool is_kept(struct harness *h, const char *name, uint32_t index, const char *key,
                    const char *value)
{
        struct ansa_ref who = { ansa_bytes_text(name), index };
        struct arena arena;
        struct ansa_bytes found;
        arena_init(&arena, 100000);
        enum ansa_err err =
                identifier_progress(h->slow, &who, ansa_bytes_text(key), &arena, &found);
        assert_true(err == ANSA_OK || err == ANSA_E_NOT_FOUND);
        if (err == ANSA_OK)
                assert_true(ansa_bytes_equal(found, ansa_bytes_text(value)));
        arena_fini(&arena);
        return err == ANSA_OK;
}

static void test_progress(void **state)
{
        struct harness *h = *state;
        keep(h, "k", "one");
        assert_true(is_kept(h, ADMIN, 302, "k", "one"));
        assert_true(is_kept(h, "0.na/35.test", 302, "k", "one"));
        assert_false(is_kept(h, ADMIN, 302, "K", ""));
        assert_false(is_kept(h, ADMIN, 300, "k", "")); /* another's */
        assert_false(is_kept(h, "35.TEST/x", 302, "k", ""));
        keep(h, "k", "two");
        assert_true(is_kept(h, ADMIN, 302, "k", "two"));
        h->env.wall_s += 7 * 86400;
        assert_true(is_kept(h, ADMIN, 302, "k", "two"));
        h->env.wall_s++;
        assert_false(is_kept(h, ADMIN, 302, "k", ""));
}

/* In limited number: the oldest goes. */
static void test_progress_max(void **state)
{
        struct harness *h = *state;
        char key[32];
        for (unsigned i = 0; i <= 1000; i++) {
                (void)snprintf(key, sizeof(key), "key %u", i);
                keep(h, key, "x");
                h->env.wall_s++;
        }
        assert_false(is_kept(h, ADMIN, 302, "key 0", ""));
        assert_true(is_kept(h, ADMIN, 302, "key 1", "x"));
        assert_true(is_kept(h, ADMIN, 302, "key 1000", "x"));
        struct ansa_ref who = { ANSA_BYTES_LIT(ADMIN), 302 };
        static uint8_t large[IDENTIFIER_PROGRESS_SIZE_MAX + 1];
        struct ansa_bytes value = { large, sizeof(large) };
        assert_null(identifier_progress_job(h->slow, &who, value, value, NULL, 0));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(test_identity, setup, teardown),
                cmocka_unit_test_setup_teardown(test_private_reading, setup, teardown),
                cmocka_unit_test_setup_teardown(test_sessions_are_for_others, setup, teardown),
                cmocka_unit_test_setup_teardown(test_versions, setup, teardown),
                cmocka_unit_test_setup_teardown(test_conditions, setup, teardown),
                cmocka_unit_test_setup_teardown(test_two_editors, setup, teardown),
                cmocka_unit_test_setup_teardown(test_prove_secret, setup, teardown),
                cmocka_unit_test_setup_teardown(test_prove_public, setup, teardown),
                cmocka_unit_test_setup_teardown(test_prove_own_key, setup, teardown),
                cmocka_unit_test_setup_teardown(test_progress, setup, teardown),
                cmocka_unit_test_setup_teardown(test_progress_max, setup, teardown),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
