/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One server, asked directly: datagrams lost, doubled, out of order and forged, fragments both
 * ways, TCP when UDP fails, TLS, and what must not be believed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "fake.h"

#include "client/client.h"
#include "crypto/key.h"
#include "wire/data.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static const char *const one_url[] = { "1:URL:http://example.org/", NULL };

static struct ansa_client *client_for(const struct fake *f, enum ansa_transport transport)
{
        struct ansa_client *client;
        char server[64];
        struct ansa_client_options options = { .connect_timeout_ms = 2000,
                                               .answer_timeout_ms = 2000 };
        assert_int_equal(ansa_client_new(&options, &client), ANSA_OK);
        const char *ip = f->ip != NULL ? f->ip : "127.0.0.1";
        bool v6 = strchr(ip, ':') != NULL;
        (void)snprintf(server, sizeof(server), v6 ? "[%s]:%u" : "%s:%u", ip, f->port);
        assert_int_equal(ansa_client_set_server(client, server, transport), ANSA_OK);
        return client;
}

static void expect(const struct ansa_call *call, enum ansa_err err, const char *problem_part)
{
        const struct ansa_answer *a = ansa_call_answer(call);
        if (a->err != err || strstr(a->problem, problem_part) == NULL)
                fail_msg("%s: \"%s\"", ansa_err_text(a->err), a->problem);
}

static void says_url(struct fake_exchange *x)
{
        fake_record(x, "35.TEST/1", one_url);
}

static void resolves_over_each_transport(void **state)
{
        (void)state;
        static const struct {
                enum ansa_transport transport;
                const char *server;
        } rows[] = { { ANSA_TRANSPORT_ANY, "udp " },
                     { ANSA_TRANSPORT_UDP, "udp " },
                     { ANSA_TRANSPORT_TCP, "tcp " } };
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                struct fake f = { .handler = says_url };
                char text[256];
                fake_start(&f);
                struct ansa_client *client = client_for(&f, rows[i].transport);
                struct ansa_call *call = fake_resolve(client, "35.test/1", 0);
                expect(call, ANSA_OK, "");
                assert_string_equal(fake_first(call, text), "http://example.org/");
                assert_memory_equal(ansa_call_answer(call)->server, rows[i].server, 4);
                assert_int_equal(ansa_call_answer(call)->response, RC_SUCCESS);
                ansa_call_free(call);
                ansa_client_free(client);
                fake_stop(&f);
                assert_int_equal(f.requests, 1);
        }
}

static void answers_from_the_cache(void **state)
{
        (void)state;
        struct fake f = { .handler = says_url };
        fake_start(&f);
        struct ansa_client *client = client_for(&f, ANSA_TRANSPORT_ANY);
        ansa_call_free(fake_resolve(client, "35.TEST/1", 0));
        struct ansa_call *call = fake_resolve(client, "35.test/1", 0);
        assert_true(ansa_call_answer(call)->is_cached);
        assert_string_equal(ansa_call_answer(call)->server, "cache");
        assert_in_range(ansa_call_answer(call)->ttl_s, 3500, 3600);
        ansa_call_free(call);
        call = fake_resolve(client, "35.test/1", ANSA_AUTHORITATIVE);
        assert_false(ansa_call_answer(call)->is_cached);
        ansa_call_free(call);
        ansa_client_free(client);
        fake_stop(&f);
        assert_int_equal(f.requests, 2);
}

static void says_nothing_twice(struct fake_exchange *x)
{
        if (x->number >= 3)
                says_url(x);
}

static void sends_again_with_the_same_id(void **state)
{
        (void)state;
        struct fake f = { .handler = says_nothing_twice, .no_tcp = true };
        fake_start(&f);
        struct ansa_client *client = client_for(&f, ANSA_TRANSPORT_UDP);
        struct ansa_call *call = fake_resolve(client, "35.TEST/1", 0);
        expect(call, ANSA_OK, "");
        ansa_call_free(call);
        ansa_client_free(client);
        fake_stop(&f);
        assert_int_equal(f.requests, 3);
}

static char *long_text(size_t size)
{
        char *text = malloc(size + 1);
        assert_non_null(text);
        for (size_t i = 0; i < size; i++)
                text[i] = (char)('a' + i % 26);
        text[size] = '\0';
        return text;
}

#define LONG_SIZE 3000u

static void says_long(struct fake_exchange *x)
{
        char *text = long_text(LONG_SIZE);
        char *value = malloc(LONG_SIZE + 16);
        assert_non_null(value);
        (void)snprintf(value, LONG_SIZE + 16, "1:DESC:%s", text);
        const char *const values[] = { value, NULL };
        fake_record(x, "35.TEST/1", values);
        free(value);
        free(text);
}

/* Fragments lost are made good by the next try; doubled and reversed ones do no harm. */
static void joins_fragments(void **state)
{
        (void)state;
        static const struct {
                bool reverse, twice, strict;
                uint32_t lose;
                uint32_t requests;
        } rows[] = { { false, false, true, 0, 1 },  { true, true, true, 0, 1 },
                     { false, false, false, 0, 1 }, { true, false, false, 0, 1 },
                     { true, true, false, 0, 1 },   { false, false, false, 0x4, 2 },
                     { true, true, false, 0x1, 2 } };
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                struct fake f = { .handler = says_long,
                                  .reverse = rows[i].reverse,
                                  .twice = rows[i].twice,
                                  .strict = rows[i].strict,
                                  .lose_first = rows[i].lose };
                fake_start(&f);
                struct ansa_client *client = client_for(&f, ANSA_TRANSPORT_UDP);
                struct ansa_call *call = fake_resolve(client, "35.TEST/1", 0);
                expect(call, ANSA_OK, "");
                struct ansa_values values = ansa_call_answer(call)->values;
                struct ansa_value v;
                assert_int_equal(ansa_values_next(&values, &v), ANSA_OK);
                char *text = long_text(LONG_SIZE);
                assert_int_equal(v.data.size, LONG_SIZE);
                assert_memory_equal(v.data.at, text, LONG_SIZE);
                free(text);
                ansa_call_free(call);
                ansa_client_free(client);
                fake_stop(&f);
                assert_int_equal(f.requests, rows[i].requests);
        }
}

/* A question that is longer than a datagram goes out in fragments. */
static void cuts_requests(void **state)
{
        (void)state;
        struct fake f = { .handler = says_url };
        uint32_t indexes[200];
        for (uint32_t i = 0; i < 200; i++)
                indexes[i] = i + 1;
        fake_start(&f);
        struct ansa_client *client = client_for(&f, ANSA_TRANSPORT_UDP);
        struct ansa_call *call;
        struct ansa_request r = { .operation = ANSA_RESOLVE,
                                  .name = ANSA_BYTES_LIT("35.TEST/1"),
                                  .indexes = indexes,
                                  .index_count = 200 };
        assert_int_equal(ansa_run(client, &r, &call), ANSA_OK);
        ansa_call_free(call);
        ansa_client_free(client);
        fake_stop(&f);
        assert_int_equal(f.requests, 1);
        assert_int_equal(f.datagrams, 2);
}

static void falls_back_to_tcp(void **state)
{
        (void)state;
        struct fake f = { .handler = says_url, .no_udp = true };
        struct fake_env e;
        struct ansa_client *client;
        char server[64];
        fake_start(&f);
        assert_int_equal(client_new_env(NULL, fake_env(&e), &client), ANSA_OK);
        (void)snprintf(server, sizeof(server), "127.0.0.1:%u", f.port);
        assert_int_equal(ansa_client_set_server(client, server, ANSA_TRANSPORT_ANY), ANSA_OK);
        struct ansa_call *call;
        struct ansa_request r = { .operation = ANSA_RESOLVE, .name = ANSA_BYTES_LIT("35.TEST/1") };
        assert_int_equal(ansa_call_new(client, &r, &call), ANSA_OK);
        /* The patience of UDP is 500, 1000 and 1500 ms, not less. */
        static const uint64_t turns[] = { 499, 1, 999, 1, 1499, 1 };
        for (size_t i = 0; i < 6; i++) {
                assert_false(ansa_call_step(call));
                assert_int_equal(f.connections, 0);
                e.ahead_ms += turns[i];
        }
        assert_int_equal(ansa_call_wait(call), ANSA_OK);
        assert_memory_equal(ansa_call_answer(call)->server, "tcp ", 4);
        ansa_call_free(call);
        ansa_client_free(client);
        fake_stop(&f);
        assert_in_range(f.datagrams, 3, 3);
}

/* Unbelievable datagrams are ignored, and the good one that follows counts. */
static void says_wrong_id_first(struct fake_exchange *x)
{
        fake_respond_as(x, &(struct fake_response){ .rc = RC_NOT_FOUND, .request_id = 0x1234567 });
        says_url(x);
}

static void says_expired_first(struct fake_exchange *x)
{
        fake_respond_as(x, &(struct fake_response){ .rc = RC_NOT_FOUND, .expires_s = 1000 });
        says_url(x);
}

static void says_digest_of_other_first(struct fake_exchange *x)
{
        fake_respond_as(x, &(struct fake_response){ .rc = RC_NOT_FOUND,
                                                    .with_digest = true,
                                                    .corrupt_digest = true });
        says_url(x);
}

static void says_other_operation_first(struct fake_exchange *x)
{
        fake_respond_as(x, &(struct fake_response){ .rc = RC_NOT_FOUND, .op = OP_DELETE });
        says_url(x);
}

static const struct {
        fake_handler handler;
        enum ansa_err over_tcp;
        const char *problem;
} unbelievable[] = {
        { says_wrong_id_first, ANSA_E_UNAUTHENTIC, "another request id" },
        { says_expired_first, ANSA_E_EXPIRED, "has expired" },
        { says_digest_of_other_first, ANSA_E_UNAUTHENTIC, "to another request than ours" },
        { says_other_operation_first, ANSA_E_MALFORMED, "to another operation" },
};

static void ignores_what_it_cannot_believe(void **state)
{
        (void)state;
        for (size_t i = 0; i < sizeof(unbelievable) / sizeof(unbelievable[0]); i++) {
                struct fake f = { .handler = unbelievable[i].handler };
                fake_start(&f);
                struct ansa_client *client = client_for(&f, ANSA_TRANSPORT_UDP);
                struct ansa_call *call = fake_resolve(client, "35.TEST/1", 0);
                expect(call, ANSA_OK, "");
                ansa_call_free(call);
                ansa_client_free(client);
                client = client_for(&f, ANSA_TRANSPORT_TCP);
                call = fake_resolve(client, "35.TEST/1", 0);
                expect(call, unbelievable[i].over_tcp, unbelievable[i].problem);
                ansa_call_free(call);
                ansa_client_free(client);
                fake_stop(&f);
        }
}

static void says_garbage(struct fake_exchange *x)
{
        fake_respond(x, RC_SUCCESS, 0, ANSA_BYTES_LIT("\0\0\0\5short"));
}

static void says_other_name(struct fake_exchange *x)
{
        fake_record(x, "35.TEST/2", one_url);
}

static void says_100(struct fake_exchange *x)
{
        fake_respond(x, RC_NOT_FOUND, 0, ANSA_BYTES_LIT("\0\0\0\4gone"));
}

static void says_busy(struct fake_exchange *x)
{
        fake_respond(x, RC_BUSY, 0, ANSA_BYTES_LIT("\0\0\0\0"));
}

static void says_402(struct fake_exchange *x)
{
        fake_challenge(x, 7, ANSA_BYTES_LIT("0123456789abcdef"));
}

static void says_why_in_a_sentence(void **state)
{
        (void)state;
        static const struct {
                fake_handler handler;
                enum ansa_err err;
                const char *problem;
        } rows[] = {
                { says_garbage, ANSA_E_TRUNCATED, "the answer cannot be understood" },
                { says_other_name, ANSA_E_MALFORMED, "the answer cannot be understood" },
                { says_100, ANSA_E_NOT_FOUND, "answered 100 (identifier not found): gone" },
                { says_busy, ANSA_E_BUSY, "answered 3 (server too busy)" },
                { says_402, ANSA_E_DENIED, "answered 402 (authentication needed)" },
        };
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                struct fake f = { .handler = rows[i].handler };
                fake_start(&f);
                struct ansa_client *client = client_for(&f, ANSA_TRANSPORT_TCP);
                struct ansa_call *call = fake_resolve(client, "35.TEST/1", 0);
                expect(call, rows[i].err, rows[i].problem);
                assert_non_null(strstr(ansa_call_answer(call)->problem,
                                       "resolve 35.TEST/1: tcp 127.0.0.1:"));
                ansa_call_free(call);
                ansa_client_free(client);
                fake_stop(&f);
        }
}

static void tells_of_nobody_there(void **state)
{
        (void)state;
        struct fake f = { .handler = says_url };
        fake_start(&f);
        fake_stop(&f);
        struct ansa_client *client = client_for(&f, ANSA_TRANSPORT_ANY);
        struct ansa_call *call = fake_resolve(client, "35.TEST/1", 0);
        expect(call, ANSA_E_NETWORK, "cannot be reached");
        ansa_call_free(call);
        ansa_client_free(client);
}

static struct crypto_key *new_key(enum ansa_key_kind kind, struct buf *encoded)
{
        struct crypto_key *key;
        struct ansa_key parts;
        struct arena arena;
        arena_init(&arena, 65536);
        assert_int_equal(crypto_key_generate(kind, 2048, &key), ANSA_OK);
        assert_int_equal(crypto_key_parts(key, false, &arena, &parts), ANSA_OK);
        key_encode(&parts, encoded);
        arena_fini(&arena);
        return key;
}

/* Over TLS from @f, which the site record tells to have @key. */
static void resolves_by_tls(struct fake *f, struct ansa_bytes key, enum ansa_err wanted)
{
        struct buf site = buf_growing(4096);
        char port[8];
        (void)snprintf(port, sizeof(port), "%u", f->port);
        struct fake_site s = { .serial = 1, .tls = port, .key = key };
        fake_put_site(&site, &s, &f, 1);
        struct ansa_client *client;
        struct ansa_client_options options = { .no_udp = true, .prefer_tls = true };
        assert_int_equal(ansa_client_new(&options, &client), ANSA_OK);
        assert_int_equal(ansa_client_set_site(client, buf_written(&site)), ANSA_OK);
        struct ansa_request r = { .operation = ANSA_RESOLVE,
                                  .name = ANSA_BYTES_LIT("35.TEST/1"),
                                  .transport = ANSA_TRANSPORT_TLS };
        struct ansa_call *call;
        assert_int_equal(ansa_run(client, &r, &call), wanted);
        expect(call, wanted, wanted != ANSA_OK ? "its certificate is of another key" : "");
        ansa_call_free(call);
        ansa_client_free(client);
        buf_fini(&site);
}

/* The certificate is of the key in the site record, or that key signed it, or it is not the server. */
static void compares_the_key_of_tls(void **state)
{
        (void)state;
        struct buf own = buf_growing(4096);
        struct buf other = buf_growing(4096);
        struct crypto_key *key = new_key(ANSA_KEY_RSA, &own);
        struct crypto_key *stranger = new_key(ANSA_KEY_ED25519, &other);
        for (int delegates = 0; delegates < 2; delegates++) {
                struct fake f = { .handler = says_url,
                                  .tls_key = key,
                                  .tls_delegates = delegates == 1 };
                fake_start(&f);
                resolves_by_tls(&f, buf_written(&own), ANSA_OK);
                resolves_by_tls(&f, buf_written(&other), ANSA_E_UNAUTHENTIC);
                resolves_by_tls(&f, (struct ansa_bytes){ 0 }, ANSA_OK);
                fake_stop(&f);
        }
        crypto_key_free(key);
        crypto_key_free(stranger);
        buf_fini(&own);
        buf_fini(&other);
}

static const struct crypto_key *signing_key;

static void says_signed(struct fake_exchange *x)
{
        static const uint8_t body[] = "\0\0\0\x09"
                                      "35.TEST/1"
                                      "\0\0\0\0";
        fake_respond_as(x, &(struct fake_response){ .rc = RC_SUCCESS,
                                                    .flags = FLAG_CERTIFY,
                                                    .body = { body, sizeof(body) - 1 },
                                                    .sign_with = signing_key });
}

/* What was asked to be signed must be, by the key in the site record. */
static void demands_signatures(void **state)
{
        (void)state;
        struct buf own = buf_growing(4096);
        struct buf other = buf_growing(4096);
        struct crypto_key *key = new_key(ANSA_KEY_RSA, &own);
        struct crypto_key *stranger = new_key(ANSA_KEY_RSA, &other);
        const struct {
                fake_handler handler;
                const struct crypto_key *sign_with;
                struct ansa_bytes site_key;
                enum ansa_err err;
                const char *problem;
        } rows[] = {
                { says_signed, key, buf_written(&own), ANSA_OK, "" },
                { says_signed, stranger, buf_written(&own), ANSA_E_UNAUTHENTIC, "wrong signature" },
                { says_signed, key, { 0 }, ANSA_E_UNAUTHENTIC, "whose key is not known" },
                { says_url, NULL, buf_written(&own), ANSA_E_UNAUTHENTIC, "is not signed" },
        };
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                struct fake f = { .handler = rows[i].handler };
                struct fake *servers[] = { &f };
                struct buf site = buf_growing(4096);
                struct ansa_client *client;
                signing_key = rows[i].sign_with;
                fake_start(&f);
                fake_put_site(&site, &(struct fake_site){ .key = rows[i].site_key }, servers, 1);
                assert_int_equal(ansa_client_new(NULL, &client), ANSA_OK);
                assert_int_equal(ansa_client_set_site(client, buf_written(&site)), ANSA_OK);
                struct ansa_request r = { .operation = ANSA_RESOLVE,
                                          .name = ANSA_BYTES_LIT("35.TEST/1"),
                                          .flags = ANSA_CERTIFIED,
                                          .transport = ANSA_TRANSPORT_TCP };
                struct ansa_call *call;
                (void)!ansa_run(client, &r, &call);
                expect(call, rows[i].err, rows[i].problem);
                assert_int_equal(ansa_call_answer(call)->is_certified, rows[i].err == ANSA_OK);
                ansa_call_free(call);
                ansa_client_free(client);
                fake_stop(&f);
                buf_fini(&site);
        }
        crypto_key_free(key);
        crypto_key_free(stranger);
        buf_fini(&own);
        buf_fini(&other);
}

static void asks_over_ipv6(void **state)
{
        (void)state;
        struct fake f = { .handler = says_url, .ip = "::1" };
        fake_start(&f);
        struct ansa_client *client = client_for(&f, ANSA_TRANSPORT_ANY);
        struct ansa_call *call = fake_resolve(client, "35.TEST/1", 0);
        expect(call, ANSA_OK, "");
        assert_memory_equal(ansa_call_answer(call)->server, "udp [::1]:", 10);
        ansa_call_free(call);
        ansa_client_free(client);
        fake_stop(&f);
}

static void refuses_bad_addresses(void **state)
{
        (void)state;
        static const char *const rows[] = { "",           ":",   "[::1",    "[::1]x",
                                            "127.0.0.1:", "h:0", "h:65536", "[]:1" };
        struct ansa_client *client;
        assert_int_equal(ansa_client_new(NULL, &client), ANSA_OK);
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                if (ansa_client_set_server(client, rows[i], ANSA_TRANSPORT_ANY) != ANSA_E_MALFORMED)
                        fail_msg("\"%s\"", rows[i]);
                assert_string_not_equal(ansa_client_problem(client), "");
        }
        struct ansa_call *call = fake_resolve(client, "35.TEST/1", 0);
        expect(call, ANSA_E_ARGUMENT, "no root server");
        ansa_call_free(call);
        ansa_client_free(client);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(resolves_over_each_transport),
                cmocka_unit_test(answers_from_the_cache),
                cmocka_unit_test(sends_again_with_the_same_id),
                cmocka_unit_test(joins_fragments),
                cmocka_unit_test(cuts_requests),
                cmocka_unit_test(falls_back_to_tcp),
                cmocka_unit_test(ignores_what_it_cannot_believe),
                cmocka_unit_test(says_why_in_a_sentence),
                cmocka_unit_test(tells_of_nobody_there),
                cmocka_unit_test(compares_the_key_of_tls),
                cmocka_unit_test(demands_signatures),
                cmocka_unit_test(asks_over_ipv6),
                cmocka_unit_test(refuses_bad_addresses),
        };
        return cmocka_run_group_tests_name("client/transport", tests, NULL, NULL);
}
