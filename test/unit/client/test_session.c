/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sessions: set up in every mode, authenticated once, MACs and counters, encryption, many requests
 * under way on one connection, a server that forgets, and what must not be believed inside.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "vault.h"

#include "base/assert.h"
#include "base/limits.h"
#include "client/client.h"
#include "client/session.h"
#include "crypto/key.h"
#include "wire/data.h"

#include <stdio.h>
#include <stdlib.h>

static const struct ansa_ref admin_ref = { { (const uint8_t *)"0.NA/35.TEST", 12 }, 300 };

/* A server with a vault, a client that knows its site, a session. */
struct stage {
        struct vault vault;
        struct fake fake;
        struct ansa_client *client;
        struct ansa_identity *identity;
        struct ansa_session *session;
        struct buf key;
        struct buf site;
};

static void stage_begin(struct stage *s, const struct ansa_session_options *options,
                        const struct crypto_key *site_key)
{
        struct ansa_key parts;
        struct arena arena;
        struct fake *one[] = { &s->fake };
        struct ansa_session_options o = *options;
        arena_init(&arena, 65536);
        s->key = buf_growing(4096);
        s->site = buf_growing(8192);
        s->vault.plain = buf_growing(LIMIT_MESSAGE_SIZE);
        s->vault.site_key = site_key;
        s->fake.handler = vault_serve;
        s->fake.context = &s->vault;
        fake_start(&s->fake);
        if (site_key != NULL) {
                assert_int_equal(crypto_key_parts(site_key, false, &arena, &parts), ANSA_OK);
                key_encode(&parts, &s->key);
        }
        fake_put_site(&s->site,
                      &(struct fake_site){ .serial = 1,
                                           .flags = ANSA_SITE_PRIMARY,
                                           .key = buf_written(&s->key) },
                      one, 1);
        struct ansa_client_options co = { .answer_timeout_ms = 4000 };
        assert_int_equal(ansa_client_new(&co, &s->client), ANSA_OK);
        assert_int_equal(ansa_client_set_site(s->client, buf_written(&s->site)), ANSA_OK);
        assert_int_equal(
                ansa_identity_new_secret(&admin_ref, ANSA_BYTES_LIT("secret"), &s->identity),
                ANSA_OK);
        o.identity = s->identity;
        assert_int_equal(ansa_session_new(s->client, &o, &s->session), ANSA_OK);
        arena_fini(&arena);
}

static void stage_end(struct stage *s)
{
        ansa_session_free(s->session);
        ansa_identity_free(s->identity);
        ansa_client_free(s->client);
        fake_stop(&s->fake);
        buf_fini(&s->key);
        buf_fini(&s->site);
        buf_fini(&s->vault.plain);
}

static void expect(const struct ansa_call *call, enum ansa_err err, const char *problem_part)
{
        const struct ansa_answer *a = ansa_call_answer(call);
        if (a->err != err || strstr(a->problem, problem_part) == NULL)
                fail_msg("%s: \"%s\"", ansa_err_text(a->err), a->problem);
}

static struct ansa_call *begin_delete(struct stage *s, int number)
{
        char name[32];
        struct ansa_call *call;
        (void)snprintf(name, sizeof(name), "35.TEST/%d", number);
        struct ansa_request r = { .operation = ANSA_DELETE,
                                  .name = ansa_bytes_text(name),
                                  .session = s->session };
        assert_int_equal(ansa_call_new(s->client, &r, &call), ANSA_OK);
        return call;
}

static void delete_one(struct stage *s, int number, enum ansa_err err, const char *problem)
{
        struct ansa_call *call = begin_delete(s, number);
        (void)!ansa_call_wait(call);
        expect(call, err, problem);
        ansa_call_free(call);
}

static const struct crypto_key *rsa_key(void)
{
        static struct crypto_key *key;
        if (key == NULL)
                assert_int_equal(crypto_key_generate(ANSA_KEY_RSA, 2048, &key), ANSA_OK);
        return key;
}

/* Each mode: one set-up, one challenge, then no more; over one connection, or one a request. */
static void sets_up_in_every_mode(void **state)
{
        (void)state;
        struct ansa_key private_key;
        struct arena arena;
        arena_init(&arena, 65536);
        assert_int_equal(crypto_key_parts(rsa_key(), true, &arena, &private_key), ANSA_OK);
        static const struct {
                enum ansa_session_mode mode;
                uint16_t wire;
                uint32_t messages; /* of the set-up */
        } rows[] = { { ANSA_SESSION_DH, SESSION_DH, 1 },
                     { ANSA_SESSION_CLIENT_KEY, SESSION_CLIENT_KEY, 1 },
                     { ANSA_SESSION_SERVER_KEY, SESSION_SERVER_KEY, 2 },
                     { ANSA_SESSION_HANDLE_KEY, SESSION_HANDLE_KEY, 1 } };
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                for (int keep = 0; keep < 2; keep++) {
                        struct stage s = { .vault = { .keep_open = keep == 1,
                                                      .client_key = rsa_key() } };
                        struct ansa_session_options o = { .mode = rows[i].mode,
                                                          .rsa_ref = { admin_ref.name, 301 } };
                        if (rows[i].mode == ANSA_SESSION_HANDLE_KEY)
                                o.rsa_key = &private_key;
                        stage_begin(&s, &o, rsa_key());
                        for (int n = 0; n < 3; n++)
                                delete_one(&s, n, ANSA_OK, "");
                        stage_end(&s);
                        assert_int_equal(s.vault.mode, rows[i].wire);
                        assert_int_equal(s.vault.setups, 1);
                        assert_int_equal(s.vault.challenges, 1);
                        assert_int_equal(s.vault.requests, 4);
                        assert_int_equal(s.fake.connections, keep ? 1 : 4 + rows[i].messages);
                }
        }
        arena_fini(&arena);
}

static void encrypts_what_it_is_told_to(void **state)
{
        (void)state;
        struct stage s = { .vault = { .keep_open = true } };
        stage_begin(&s, &(struct ansa_session_options){ .mode = ANSA_SESSION_DH }, NULL);
        delete_one(&s, 1, ANSA_OK, "");
        assert_int_equal(s.vault.encrypted, 0);
        struct ansa_value v = fake_value(1, "HS_SECKEY", ANSA_BYTES_LIT("hush"));
        for (int i = 0; i < 3; i++) {
                struct ansa_call *call;
                struct ansa_request r = { .operation = ANSA_ADD,
                                          .name = ANSA_BYTES_LIT("35.TEST/1"),
                                          .values = &v,
                                          .value_count = 1,
                                          .session = s.session };
                /* By flag; by what the values are; not at all. */
                r.flags = i == 0 ? ANSA_ENCRYPTED : 0;
                v.permissions = i == 1 ? 0x0c : 0x0e;
                (void)!ansa_run(s.client, &r, &call);
                expect(call, ANSA_OK, "");
                ansa_call_free(call);
        }
        assert_int_equal(s.vault.encrypted, 2);
        stage_end(&s);
        struct stage all = { .vault = { .keep_open = true } };
        stage_begin(&all,
                    &(struct ansa_session_options){ .mode = ANSA_SESSION_DH, .encrypt_all = true },
                    NULL);
        delete_one(&all, 1, ANSA_OK, "");
        assert_int_equal(all.vault.encrypted, 2);
        stage_end(&all);
}

/* A session that the server has forgotten is set up anew, once for a request. */
static void renews_a_lost_session(void **state)
{
        (void)state;
        struct stage s = { .vault = { .keep_open = true, .forget_at = 3 } };
        stage_begin(&s, &(struct ansa_session_options){ .mode = ANSA_SESSION_DH }, NULL);
        for (int n = 0; n < 3; n++)
                delete_one(&s, n, ANSA_OK, "");
        assert_int_equal(s.vault.setups, 2);
        assert_int_equal(s.vault.challenges, 2);
        stage_end(&s);
        struct stage never = { .vault = { .keep_open = true, .forget_always = true } };
        stage_begin(&never, &(struct ansa_session_options){ .mode = ANSA_SESSION_DH }, NULL);
        delete_one(&never, 1, ANSA_E_REFUSED, "answered 500");
        assert_int_equal(never.vault.setups, 2);
        stage_end(&never);
}

static void has_many_requests_under_way(void **state)
{
        (void)state;
        struct stage s = { .vault = { .keep_open = true } };
        enum { CALLS = 60 };
        struct ansa_call *calls[CALLS];
        stage_begin(&s,
                    &(struct ansa_session_options){ .mode = ANSA_SESSION_DH, .requests_max = 16 },
                    NULL);
        delete_one(&s, 0, ANSA_OK, "");
        s.vault.slow = true;
        for (int n = 0; n < CALLS; n++) {
                calls[n] = begin_delete(&s, n);
                assert_false(ansa_call_step(calls[n]));
        }
        assert_in_range(s.session->channels->due_count, 8, 16);
        s.vault.slow = false;
        for (int left = CALLS; left > 0; left--) {
                size_t ended;
                assert_int_equal(ansa_calls_wait(calls, CALLS, 5000, &ended), ANSA_OK);
                expect(calls[ended], ANSA_OK, "");
                ansa_call_free(calls[ended]);
                calls[ended] = NULL;
        }
        stage_end(&s);
        assert_int_equal(s.fake.connections, 1);
        assert_int_equal(s.vault.setups, 1);
        assert_int_equal(s.vault.challenges, 1);
        assert_int_equal(s.vault.requests, CALLS + 2);
}

/* Calls that are given up do not harm the others of their session. */
static void survives_calls_that_are_given_up(void **state)
{
        (void)state;
        struct stage s = { .vault = { .keep_open = true } };
        enum { CALLS = 20 };
        struct ansa_call *calls[CALLS];
        stage_begin(&s, &(struct ansa_session_options){ .mode = ANSA_SESSION_DH }, NULL);
        delete_one(&s, 0, ANSA_OK, "");
        for (int n = 0; n < CALLS; n++) {
                calls[n] = begin_delete(&s, n);
                (void)ansa_call_step(calls[n]);
        }
        for (int n = 0; n < CALLS; n += 2) {
                ansa_call_free(calls[n]);
                calls[n] = NULL;
        }
        for (int n = 1; n < CALLS; n += 2) {
                assert_int_equal(ansa_call_wait(calls[n]), ANSA_OK);
                ansa_call_free(calls[n]);
        }
        assert_int_equal(s.vault.setups, 1);
        delete_one(&s, 1, ANSA_OK, "");
        stage_end(&s);
}

static void does_not_believe_bare_answers(void **state)
{
        (void)state;
        struct stage s = { .vault = { .keep_open = true } };
        stage_begin(&s, &(struct ansa_session_options){ .mode = ANSA_SESSION_DH }, NULL);
        delete_one(&s, 1, ANSA_OK, "");
        s.vault.bare = true;
        delete_one(&s, 2, ANSA_E_UNAUTHENTIC, "is not signed");
        s.vault.bare = false;
        delete_one(&s, 3, ANSA_OK, "");
        stage_end(&s);
}

static void tells_of_a_failed_setup(void **state)
{
        (void)state;
        struct stage refused = { .vault = { .keep_open = true,
                                            .refuse_setup = RC_SESSION_FAILED } };
        stage_begin(&refused, &(struct ansa_session_options){ .mode = ANSA_SESSION_DH }, NULL);
        delete_one(&refused, 1, ANSA_E_REFUSED, "no session could be set up");
        refused.vault.refuse_setup = 0;
        delete_one(&refused, 1, ANSA_OK, "");
        stage_end(&refused);
        /* The site record has a key, and somebody else signs. */
        struct stage stranger = { .vault = { .keep_open = true } };
        struct crypto_key *other;
        assert_int_equal(crypto_key_generate(ANSA_KEY_ED25519, 0, &other), ANSA_OK);
        stage_begin(&stranger, &(struct ansa_session_options){ .mode = ANSA_SESSION_DH },
                    rsa_key());
        stranger.vault.site_key = other;
        delete_one(&stranger, 1, ANSA_E_UNAUTHENTIC, "no session could be set up");
        stranger.vault.site_key = NULL;
        delete_one(&stranger, 1, ANSA_E_UNAUTHENTIC, "is not signed");
        stage_end(&stranger);
        crypto_key_free(other);
}

static void ends_sessions(void **state)
{
        (void)state;
        for (int keep = 0; keep < 2; keep++) {
                struct stage s = { .vault = { .keep_open = keep == 1 } };
                stage_begin(&s, &(struct ansa_session_options){ .mode = ANSA_SESSION_DH }, NULL);
                ansa_session_terminate(s.session, 1000);
                assert_int_equal(s.vault.setups, 0);
                delete_one(&s, 1, ANSA_OK, "");
                ansa_session_terminate(s.session, 1000);
                assert_int_equal(s.vault.terminated, 1);
                /* It can be used again all the same. */
                delete_one(&s, 2, ANSA_OK, "");
                assert_int_equal(s.vault.setups, 2);
                stage_end(&s);
        }
}

static void says_url(struct fake_exchange *x)
{
        static const char *const values[] = { "1:URL:http://x/", NULL };
        struct resolve_request q;
        char name[64];
        ansa_assert(resolve_request_decode(x->request.body, &q) == ANSA_OK);
        (void)snprintf(name, sizeof(name), "%.*s", (int)q.name.size, (const char *)q.name.at);
        fake_record(x, name, values);
        /* Kept open, unlike a deployed server's. */
        x->out[0].at[ENVELOPE_SIZE + 8] |= (uint8_t)(FLAG_KEEP_OPEN >> 24);
}

/* Without any key: a connection that is kept open. */
static void keeps_a_plain_connection(void **state)
{
        (void)state;
        struct fake f = { .handler = says_url };
        struct ansa_client *client;
        struct ansa_session *session;
        char server[32];
        fake_start(&f);
        assert_int_equal(ansa_client_new(NULL, &client), ANSA_OK);
        (void)snprintf(server, sizeof(server), "127.0.0.1:%u", f.port);
        assert_int_equal(ansa_client_set_server(client, server, ANSA_TRANSPORT_ANY), ANSA_OK);
        assert_int_equal(ansa_session_new(client, NULL, &session), ANSA_OK);
        for (int i = 0; i < 10; i++) {
                char name[32];
                (void)snprintf(name, sizeof(name), "35.TEST/%d", i);
                struct ansa_request r = { .operation = ANSA_RESOLVE,
                                          .name = ansa_bytes_text(name),
                                          .session = session };
                struct ansa_call *call;
                (void)!ansa_run(client, &r, &call);
                expect(call, ANSA_OK, "");
                assert_memory_equal(ansa_call_answer(call)->server, "tcp ", 4);
                ansa_call_free(call);
        }
        ansa_session_free(session);
        ansa_client_free(client);
        fake_stop(&f);
        assert_int_equal(f.connections, 1);
        assert_int_equal(f.requests, 10);
}

static void refuses_senseless_options(void **state)
{
        (void)state;
        struct ansa_client *client;
        struct ansa_session *session;
        assert_int_equal(ansa_client_new(NULL, &client), ANSA_OK);
        struct ansa_session_options udp = { .transport = ANSA_TRANSPORT_UDP };
        assert_int_equal(ansa_session_new(client, &udp, &session), ANSA_E_ARGUMENT);
        struct ansa_session_options keyless = { .mode = ANSA_SESSION_HANDLE_KEY };
        assert_int_equal(ansa_session_new(client, &keyless, &session), ANSA_E_ARGUMENT);
        assert_null(session);
        ansa_client_free(client);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(sets_up_in_every_mode),
                cmocka_unit_test(encrypts_what_it_is_told_to),
                cmocka_unit_test(renews_a_lost_session),
                cmocka_unit_test(has_many_requests_under_way),
                cmocka_unit_test(survives_calls_that_are_given_up),
                cmocka_unit_test(does_not_believe_bare_answers),
                cmocka_unit_test(tells_of_a_failed_setup),
                cmocka_unit_test(ends_sessions),
                cmocka_unit_test(keeps_a_plain_connection),
                cmocka_unit_test(refuses_senseless_options),
        };
        int failed = cmocka_run_group_tests_name("client/session", tests, NULL, NULL);
        crypto_key_free((struct crypto_key *)(uintptr_t)rsa_key());
        return failed;
}
