/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sessions (irp-service 6): encryption both ways, counters, identities, time-outs and the end.
 * Set-up is in test_session_setup.c.
 */
#include "harness.h"

#include "crypto/answer.h"
#include "wire/credential.h"
#include "wire/data.h"

#define HOME "0.NA/35.TEST"

static struct told act(struct harness *h, struct talk *talk, const char *name, uint32_t flags)
{
        struct ask ask = {
                .op = OP_RESOLVE, .flags = flags, .talk = talk, .body = resolve_body(name, 0, NULL)
        };
        return send(h, &ask);
}

/* Challenged in the session, answered in it. */
static struct told prove(struct harness *h, struct talk *talk, const char *key, uint32_t index)
{
        struct told t = act(h, talk, "35.TEST/mixed", 0);
        struct answer_ask how = {
                .with = WITH_RSA, .key_name = key, .key_index = index, .ask = { .talk = talk }
        };
        return answer(h, &t, &how);
}

/* Java clients answer within a session without HS_MAC; what they were challenged for had one. */
static void answers_without_mac(void **state)
{
        (void)state;
        struct harness h;
        harness_open(&h);
        struct talk talk;
        assert_int_equal(open_dh(&h, HOME, 300, &talk).code, RC_SUCCESS);
        struct told t = act(&h, &talk, "35.TEST/mixed", 0);
        struct answer_ask how = { .with = WITH_WRONG,
                                  .key_name = HOME,
                                  .key_index = 300,
                                  .ask = { .talk = &talk, .without_mac = true } };
        t = answer(&h, &t, &how);
        assert_int_equal(t.code, RC_AUTHENTICATION);
        assert_int_equal(t.m.header.op, OP_RESOLVE); /* it is this that is refused */
        how.with = WITH_RSA;
        t = act(&h, &talk, "35.TEST/mixed", 0);
        assert_int_equal(answer(&h, &t, &how).code, RC_SUCCESS);
        assert_int_equal(act(&h, &talk, "35.TEST/mixed", 0).code, RC_SUCCESS);
        /* A MAC that is there must be right. */
        assert_int_equal(open_dh(&h, HOME, 300, &talk).code, RC_SUCCESS);
        t = act(&h, &talk, "35.TEST/mixed", 0);
        how.ask.without_mac = false;
        how.ask.wrong_mac = true;
        assert_int_equal(answer(&h, &t, &how).code, RC_SESSION_KEY);
        harness_close(&h);
}

static void identities(void **state)
{
        (void)state;
        struct harness h;
        harness_open(&h);
        struct talk talk;
        assert_int_equal(open_dh(&h, HOME, 300, &talk).code, RC_SUCCESS);
        /* All that is not public needs an identity, even where all values are public. */
        struct told t = act(&h, &talk, "35.TEST/public", 0);
        assert_int_equal(t.code, RC_CHALLENGE);
        assert_int_equal(t.m.envelope.session_id, talk.id);
        t = act(&h, &talk, "35.TEST/public", FLAG_PUBLIC_ONLY);
        assert_int_equal(t.code, RC_SUCCESS);
        /* What is challenged must carry a good MAC. */
        struct ask bare = { .op = OP_RESOLVE,
                            .talk = &talk,
                            .without_mac = true,
                            .body = resolve_body("35.TEST/mixed", 0, NULL) };
        assert_int_equal(send(&h, &bare).code, RC_SESSION_KEY);
        struct ask wrong = bare;
        wrong.without_mac = false;
        wrong.wrong_mac = true;
        assert_int_equal(send(&h, &wrong).code, RC_SESSION_KEY);

        /* The identity of the session: proven once, then for all that follows. */
        t = prove(&h, &talk, "0.na/35.test", 300);
        assert_int_equal(t.code, RC_SUCCESS);
        assert_true(t.was_encrypted); /* it has a value that is not public */
        assert_int_equal(value_count(&t), 7);
        assert_false(has_value(&t, 3));
        t = act(&h, &talk, "35.TEST/mixed", 0);
        assert_int_equal(value_count(&t), 7);
        assert_false(h.was_slow);
        assert_false(has_value(&t, 3));
        t = act(&h, &talk, "35.TEST/public", 0);
        assert_false(t.was_encrypted);
        assert_int_equal(act(&h, &talk, "35.TEST/no-reader", 0).code, RC_NOT_AUTHORIZED);
        bare.body = wrong.body = resolve_body("35.TEST/mixed", 0, NULL);
        assert_int_equal(send(&h, &bare).code, RC_CREDENTIAL);
        assert_int_equal(send(&h, &wrong).code, RC_SESSION_KEY);
        struct ask change = { .op = OP_MODIFY,
                              .talk = &talk,
                              .flags = FLAG_CERTIFY,
                              .body = record_body_of("35.TEST/public", 1, "URL", "new") };
        t = send(&h, &change);
        assert_int_equal(t.code, RC_SUCCESS);
        assert_true(h.was_written);
        assert_false(h.was_slow);
        assert_true(t.m.credential.size > 0);

        /* Another's key carries one request, not the session. */
        assert_int_equal(open_dh(&h, HOME, 301, &talk).code, RC_SUCCESS);
        assert_int_equal(prove(&h, &talk, HOME, 300).code, RC_SUCCESS);
        assert_int_equal(act(&h, &talk, "35.TEST/mixed", 0).code, RC_CHALLENGE);
        assert_int_equal(open_dh(&h, "", 0, &talk).code, RC_SUCCESS);
        assert_int_equal(prove(&h, &talk, HOME, 300).code, RC_SUCCESS);
        assert_int_equal(act(&h, &talk, "35.TEST/mixed", 0).code, RC_CHALLENGE);

        /* Index 0 at set-up: the key that proves it is the identity. */
        assert_int_equal(open_dh(&h, HOME, 0, &talk).code, RC_SUCCESS);
        assert_int_equal(prove(&h, &talk, HOME, 0).code, RC_SUCCESS);
        t = act(&h, &talk, "35.TEST/mixed", 0);
        assert_int_equal(value_count(&t), 7);
        harness_close(&h);
}

/* Several requests of a fresh session are challenged before the first is answered. */
static void answers_in_any_order(void **state)
{
        (void)state;
        struct harness h;
        harness_open(&h);
        struct talk talk;
        assert_int_equal(open_dh(&h, HOME, 300, &talk).code, RC_SUCCESS);
        uint8_t room[3][256];
        struct told waiting[3];
        static const char *const names[] = { "35.TEST/mixed", "35.TEST/public",
                                             "35.TEST/writable" };
        static const uint32_t codes[] = { RC_SUCCESS, RC_SUCCESS, RC_NOT_AUTHORIZED };
        for (size_t i = 0; i < 3; i++) {
                waiting[i] = act(&h, &talk, names[i], 0);
                assert_int_equal(waiting[i].code, RC_CHALLENGE);
                memcpy(room[i], waiting[i].body.at, waiting[i].body.size);
                waiting[i].body.at = room[i];
        }
        struct answer_ask how = {
                .with = WITH_RSA, .key_name = HOME, .key_index = 300, .ask = { .talk = &talk }
        };
        static const size_t order[] = { 1, 0, 2 };
        for (size_t n = 0; n < 3; n++) {
                size_t i = order[n];
                assert_int_equal(answer(&h, &waiting[i], &how).code, codes[i]);
        }
        assert_int_equal(answer(&h, &waiting[0], &how).code, RC_CHALLENGE_EXPIRED);
        harness_close(&h);
}

static void counters(void **state)
{
        (void)state;
        struct harness h;
        harness_open(&h);
        struct talk talk;
        assert_int_equal(open_dh(&h, HOME, 300, &talk).code, RC_SUCCESS);
        struct ask ask = { .op = OP_RESOLVE, .talk = &talk, .counter = 1 };
        ask.body = resolve_body("35.TEST/mixed", 0, NULL);
        /* A request that is challenged may be repeated, its answer may not. */
        assert_int_equal(send(&h, &ask).code, RC_CHALLENGE);
        struct told t = send(&h, &ask);
        assert_int_equal(t.code, RC_CHALLENGE);
        uint8_t body[256];
        memcpy(body, t.body.at, t.body.size);
        t.body.at = body;
        struct answer_ask how = { .with = WITH_WRONG,
                                  .key_name = HOME,
                                  .key_index = 300,
                                  .ask = { .talk = &talk, .counter = 2 } };
        assert_int_equal(answer(&h, &t, &how).code, RC_AUTHENTICATION);
        ask.body = resolve_body("35.TEST/mixed", 0, NULL);
        t = send(&h, &ask);
        memcpy(body, t.body.at, t.body.size);
        t.body.at = body;
        how.with = WITH_RSA;
        assert_int_equal(answer(&h, &t, &how).code, RC_SESSION_REPLAY);
        how.ask.counter = 3;
        assert_int_equal(answer(&h, &t, &how).code, RC_SUCCESS);

        ask.body = resolve_body("35.TEST/mixed", 0, NULL);
        static const struct {
                uint32_t counter;
                uint32_t code;
        } rows[] = { { 3, RC_SESSION_REPLAY }, { 10, RC_SUCCESS }, { 5, RC_SUCCESS },
                     { 5, RC_SESSION_REPLAY }, { 4, RC_SUCCESS },  { 10, RC_SESSION_REPLAY },
                     { 1, RC_SESSION_REPLAY } }; /* the one whose challenge was answered */
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                ask.counter = rows[i].counter;
                assert_int_equal(send(&h, &ask).code, rows[i].code);
        }
        /* 1, 2, 3, 4, 5, 10 and 193 more: 199 are remembered. */
        for (uint32_t i = 0; i < 193; i++) {
                ask.counter = 1000 + i;
                assert_int_equal(send(&h, &ask).code, RC_SUCCESS);
        }
        ask.counter = 5000; /* pushes out 1 */
        assert_int_equal(send(&h, &ask).code, RC_SUCCESS);
        ask.counter = 1;
        assert_int_equal(send(&h, &ask).code, RC_SESSION_REPLAY);
        ask.counter = 5001; /* pushes out 2 */
        assert_int_equal(send(&h, &ask).code, RC_SUCCESS);
        ask.counter = 2;
        assert_int_equal(send(&h, &ask).code, RC_SESSION_REPLAY);
        ask.counter = 6;
        assert_int_equal(send(&h, &ask).code, RC_SUCCESS);
        assert_int_equal(send(&h, &ask).code, RC_SESSION_REPLAY);
        /* A replayed change is not made, and leaves no job behind. */
        struct ask change = { .op = OP_MODIFY,
                              .talk = &talk,
                              .counter = 6,
                              .body = record_body_of("35.TEST/public", 1, "URL", "new") };
        assert_int_equal(send(&h, &change).code, RC_SESSION_REPLAY);
        assert_false(h.was_written);
        harness_close(&h);
}

static void counter_zero_is_not_looked_at(void **state)
{
        (void)state;
        struct harness h;
        struct talk talk;
        harness_open(&h);
        assert_int_equal(open_dh(&h, HOME, 300, &talk).code, RC_SUCCESS);
        assert_int_equal(prove(&h, &talk, HOME, 300).code, RC_SUCCESS);
        for (int again = 0; again < 3; again++) {
                talk.counter = UINT32_MAX; /* the next is 0 */
                assert_int_equal(act(&h, &talk, "35.TEST/mixed", 0).code, RC_SUCCESS);
        }
        harness_close(&h);
}

static void unknown_sessions(void **state)
{
        (void)state;
        struct harness h;
        harness_open(&h);
        struct talk talk;
        assert_int_equal(open_dh(&h, HOME, 300, &talk).code, RC_SUCCESS);
        struct talk stray = talk;
        stray.id ^= 0x40;
        assert_int_equal(act(&h, &stray, "35.TEST/public", FLAG_PUBLIC_ONLY).code,
                         RC_SESSION_UNKNOWN);
        struct ask ask = { .op = OP_RESOLVE,
                           .flags = FLAG_PUBLIC_ONLY,
                           .talk = &stray,
                           .without_mac = true,
                           .body = resolve_body("35.TEST/public", 0, NULL) };
        assert_int_equal(send(&h, &ask).code, RC_SUCCESS); /* nothing depends on it */
        ask.encrypted = true;
        assert_int_equal(send(&h, &ask).code, RC_SESSION_UNKNOWN);
        stray.id = 0;
        assert_int_equal(send(&h, &ask).code, RC_SESSION_FAILED);
        ask.talk = &talk;
        talk.key.at[3] ^= 1;
        assert_int_equal(send(&h, &ask).code, RC_SESSION_KEY);
        harness_close(&h);
}

/*
 * Who changes a ciphertext learns nothing of the plaintext: whatever is wrong with padding,
 * header, body, credential or MAC, the reply has the same octets.
 */
static void all_that_is_wrong_with_a_ciphertext_looks_the_same(void **state)
{
        (void)state;
        struct harness h;
        harness_open(&h);
        struct talk talk;
        assert_int_equal(open_dh(&h, HOME, 300, &talk).code, RC_SUCCESS);
        struct ask ask = { .op = OP_RESOLVE,
                           .flags = FLAG_PUBLIC_ONLY,
                           .talk = &talk,
                           .encrypted = true,
                           .request_id = 77,
                           .body = resolve_body("35.TEST/public", 0, NULL) };
        uint8_t room[1024];
        struct buf good = buf_over(room, sizeof(room));
        ask_encode(&h, &ask, &good);
        assert_int_equal(send_octets(&h, buf_written(&good), &talk).code, RC_SUCCESS);
        ask.wrong_mac = true;
        struct told t = send(&h, &ask);
        assert_int_equal(t.code, RC_SESSION_KEY);
        assert_false(t.was_encrypted);
        assert_int_equal(t.m.header.op, 0);
        assert_int_equal(t.m.header.flags & FLAG_PUBLIC_ONLY, 0);
        uint8_t want[512];
        const size_t want_size = h.reply.size;
        assert_true(want_size <= sizeof(want));
        memcpy(want, h.reply.at, want_size);

        const struct {
                const char *rule;
                struct ask ask;
        } rows[] = {
                { "no MAC", { .op = OP_RESOLVE, .without_mac = true, .body = ask.body } },
                { "no MAC, a set-up", { .op = OP_SESSION_SETUP, .without_mac = true } },
                { "wrong MAC, a set-up", { .op = OP_SESSION_SETUP, .wrong_mac = true } },
                { "a response", { .op = OP_RESOLVE, .response = RC_SUCCESS } },
                { "wants a signature", { .flags = FLAG_CERTIFY, .without_mac = true } },
                { "wants ciphertext", { .flags = FLAG_ENCRYPT, .wrong_mac = true } },
                { "wants a digest", { .flags = FLAG_REQUEST_DIGEST, .wrong_mac = true } },
        };
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                struct ask bad = rows[i].ask;
                bad.talk = &talk;
                bad.encrypted = true;
                bad.request_id = 77;
                (void)send(&h, &bad);
                if (h.reply.size != want_size || memcmp(h.reply.at, want, want_size) != 0)
                        fail_msg("%s: another reply", rows[i].rule);
        }
        for (size_t i = ENVELOPE_SIZE; i < good.size; i++) { /* every octet changed */
                good.at[i] ^= 1;
                (void)send_octets(&h, buf_written(&good), &talk);
                good.at[i] ^= 1;
                if (h.reply.size != want_size || memcmp(h.reply.at, want, want_size) != 0)
                        fail_msg("octet %zu changed: another reply", i);
        }
        struct buf cut = good;
        for (cut.size = good.size - 1; cut.size > ENVELOPE_SIZE; cut.size--) { /* every length */
                buf_patch_u32(&cut, ENVELOPE_SIZE - 4, (uint32_t)(cut.size - ENVELOPE_SIZE));
                (void)send_octets(&h, buf_written(&cut), &talk);
                if (h.reply.size != want_size || memcmp(h.reply.at, want, want_size) != 0)
                        fail_msg("cut to %zu: another reply", cut.size);
        }
        harness_close(&h);
}

static void end_of_a_session(void **state)
{
        (void)state;
        struct harness h;
        harness_open(&h);
        struct talk talk;
        assert_int_equal(open_dh(&h, HOME, 300, &talk).code, RC_SUCCESS);
        h.env.steady_ms += 3599999;
        assert_int_equal(act(&h, &talk, "35.TEST/public", FLAG_PUBLIC_ONLY).code, RC_SUCCESS);
        h.env.steady_ms += 3599999; /* idle time counts */
        assert_int_equal(act(&h, &talk, "35.TEST/public", FLAG_PUBLIC_ONLY).code, RC_SUCCESS);
        h.env.steady_ms += 3600000;
        assert_int_equal(act(&h, &talk, "35.TEST/public", FLAG_PUBLIC_ONLY).code,
                         RC_SESSION_UNKNOWN);

        struct ask end = { .op = OP_SESSION_TERMINATE,
                           .talk = &talk,
                           .flags = FLAG_CERTIFY,
                           .without_mac = true,
                           .body = name_body("/") };
        assert_int_equal(open_dh(&h, HOME, 300, &talk).code, RC_SUCCESS);
        assert_int_equal(send(&h, &end).code, RC_CREDENTIAL);
        end.without_mac = false;
        struct told t = send(&h, &end);
        assert_int_equal(t.code, RC_SUCCESS);
        assert_true(t.m.credential.size > 0);
        assert_int_equal(send(&h, &end).code, RC_SESSION_UNKNOWN);

        /* A full table: unproven sessions make room, proven ones do not. */
        struct talk proven[4];
        for (int i = 0; i < 4; i++) {
                assert_int_equal(open_dh(&h, HOME, 300, &proven[i]).code, RC_SUCCESS);
                if (i < 3)
                        assert_int_equal(prove(&h, &proven[i], HOME, 300).code, RC_SUCCESS);
        }
        assert_int_equal(open_dh(&h, HOME, 300, &talk).code, RC_SUCCESS);
        assert_int_equal(act(&h, &proven[3], "35.TEST/public", FLAG_PUBLIC_ONLY).code,
                         RC_SESSION_UNKNOWN);
        assert_int_equal(act(&h, &proven[0], "35.TEST/mixed", 0).code, RC_SUCCESS);
        assert_int_equal(prove(&h, &talk, HOME, 300).code, RC_SUCCESS);
        assert_int_equal(open_dh(&h, HOME, 300, &talk).code, RC_BUSY);
        /* But nobody keeps all others out: who has fewer gets one of those. */
        struct talk others;
        h.peer.address[3] ^= 9;
        assert_int_equal(open_dh(&h, HOME, 300, &others).code, RC_SUCCESS);
        assert_int_equal(prove(&h, &others, HOME, 300).code, RC_SUCCESS);
        h.peer.address[3] ^= 9;
        assert_int_equal(open_dh(&h, HOME, 300, &talk).code, RC_BUSY);
        h.peer.transport = PEER_UDP;
        assert_int_equal(open_dh(&h, HOME, 300, &talk).code, RC_BUSY);
        h.peer.transport = PEER_TCP;
        assert_int_equal(act(&h, &others, "35.TEST/mixed", 0).code, RC_SUCCESS);
        struct identifier_counts counts;
        identifier_count(h.service, &counts);
        assert_int_equal(counts.sessions_open, 4);
        h.env.steady_ms += 3600000;
        identifier_tick(h.service);
        identifier_count(h.service, &counts);
        assert_int_equal(counts.sessions_open, 0);
        harness_close(&h);
}

/* Below 2.8 a private value goes out in plaintext unless encryption was asked for. */
static void encrypts_what_is_private(void **state)
{
        (void)state;
        struct harness h;
        harness_open(&h);
        struct talk talk;
        assert_int_equal(open_dh(&h, HOME, 300, &talk).code, RC_SUCCESS);
        assert_int_equal(prove(&h, &talk, HOME, 300).code, RC_SUCCESS);
        static const struct {
                uint8_t minor;
                uint32_t flags;
                const char *name;
                bool want;
        } rows[] = {
                { 11, 0, "35.TEST/mixed", true },   { 8, 0, "35.TEST/mixed", true },
                { 7, 0, "35.TEST/mixed", false },   { 7, FLAG_ENCRYPT, "35.TEST/mixed", true },
                { 11, 0, "35.TEST/public", false }, { 11, FLAG_ENCRYPT, "35.TEST/public", true }
        };
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                struct ask ask = { .op = OP_RESOLVE,
                                   .major = 2,
                                   .minor = rows[i].minor,
                                   .flags = rows[i].flags,
                                   .talk = &talk,
                                   .body = resolve_body(rows[i].name, 0, NULL) };
                struct told t = send(&h, &ask);
                assert_int_equal(t.code, RC_SUCCESS);
                assert_int_equal(t.was_encrypted, rows[i].want);
        }
        harness_close(&h);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(identities),
                cmocka_unit_test(answers_without_mac),
                cmocka_unit_test(answers_in_any_order),
                cmocka_unit_test(counters),
                cmocka_unit_test(counter_zero_is_not_looked_at),
                cmocka_unit_test(unknown_sessions),
                cmocka_unit_test(all_that_is_wrong_with_a_ciphertext_looks_the_same),
                cmocka_unit_test(end_of_a_session),
                cmocka_unit_test(encrypts_what_is_private),
        };
        return cmocka_run_group_tests_name("identifier/session", tests, NULL, NULL);
}
