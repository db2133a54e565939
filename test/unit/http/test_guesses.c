/* SPDX-License-Identifier: Apache-2.0 */
/* Wrong secrets: how many are looked at, and who is kept out by whose. */
#include "web.h"

#include "http/guesses.h"

#include <stdio.h>
#include <stdlib.h>

#define ALICE ANSA_BYTES_LIT("0.NA/35.TEST")
#define BOB   ANSA_BYTES_LIT("0.NA/36.TEST")
#define MIXED "/api/handles/35.TEST/mixed?publicOnly=false"
#define RIGHT "Authorization: Basic MzAyJTNBMC5OQS8zNS5URVNUOnPDqWNyZXQ="
#define WRONG "Authorization: Basic MzAyJTNBMC5OQS8zNS5URVNUOndyb25n"

static struct peer from(uint32_t network)
{
        return (struct peer){ .address = { [10] = 0xff,
                                           [11] = 0xff,
                                           [12] = (uint8_t)(network >> 16),
                                           [13] = (uint8_t)(network >> 8),
                                           [14] = (uint8_t)network,
                                           [15] = (uint8_t)rand() } };
}

/* One guess; false: it was not looked at. */
static bool guess(struct guesses *g, uint32_t network, struct ansa_bytes identity)
{
        struct peer peer = from(network);
        if (guesses_wait_s(g, GUESS_OF_PEER, &peer, identity) > 0)
                return false;
        guesses_note(g, GUESS_OF_PEER, &peer, identity, false);
        return true;
}

static uint32_t guess_all(struct guesses *g, uint32_t network, struct ansa_bytes identity)
{
        uint32_t count = 0;
        while (guess(g, network, identity))
                count++;
        return count;
}

static struct guesses *make(struct harness *h)
{
        struct guesses *g;
        harness_open(h);
        assert_int_equal(guesses_new(&h->env.env, &g), ANSA_OK);
        return g;
}

static void end(struct harness *h, struct guesses *g)
{
        guesses_free(g);
        harness_close(h);
}

static void test_bounds(void **state)
{
        (void)state;
        static struct harness h;
        struct guesses *g = make(&h);
        struct peer here = from(1);
        assert_int_equal(guess_all(g, 1, ALICE), GUESSES_PAIR_MAX);
        assert_int_equal(guesses_wait_s(g, GUESS_OF_PEER, &here, ALICE), GUESSES_PAIR_MS / 1000);
        assert_false(guess(g, 1, ANSA_BYTES_LIT("0.na/35.Test"))); /* the same identity */
        assert_int_equal(guess_all(g, 1, BOB), GUESSES_PAIR_MAX);
        assert_int_equal(guess_all(g, 1, ANSA_BYTES_LIT("a/1")), GUESSES_PAIR_MAX);
        /* and now the network has had its own */
        assert_int_equal(guess_all(g, 1, ANSA_BYTES_LIT("a/2")), 0);
        assert_int_equal(guesses_wait_s(g, GUESS_OF_PEER, &here, ANSA_BYTES_LIT("a/2")),
                         GUESSES_NETWORK_MS / 1000);
        assert_int_equal(guesses_wait_s(g, GUESS_OF_OTHERS, &here, ANSA_BYTES_LIT("a/2")), 0);
        h.env.steady_ms += GUESSES_NETWORK_MS;
        assert_int_equal(guess_all(g, 1, ANSA_BYTES_LIT("a/2")), 1);
        h.env.steady_ms += GUESSES_PAIR_MS - GUESSES_NETWORK_MS - 1;
        assert_false(guess(g, 1, ALICE));
        h.env.steady_ms += 1;
        assert_int_equal(guess_all(g, 1, ALICE), 1);
        /* a right one clears what was wrong about that identity */
        h.env.steady_ms += 3600000;
        assert_int_equal(guess_all(g, 1, ALICE), GUESSES_PAIR_MAX);
        guesses_note(g, GUESS_OF_PEER, &here, ALICE, true);
        assert_int_equal(guesses_wait_s(g, GUESS_OF_PEER, &here, ALICE), 0);
        uint64_t wrong;
        uint64_t refused;
        guesses_count(g, &wrong, &refused);
        assert_int_equal(wrong, 4 * GUESSES_PAIR_MAX + 2);
        assert_true(refused > 0);
        end(&h, g);
}

/* Many networks guess one secret for an hour: few of the guesses count, and others come in. */
static void test_many_networks(void **state)
{
        (void)state;
        static struct harness h;
        struct guesses *g = make(&h);
        const uint32_t networks = 2000;
        uint32_t count = 0;
        struct peer elsewhere = from(70000);
        for (uint32_t second = 0; second < 3600; second += 10) {
                for (uint32_t i = 0; i < networks; i++)
                        count += guess(g, i, ALICE);
                assert_int_equal(guesses_wait_s(g, GUESS_OF_PEER, &elsewhere, ALICE), 0);
                h.env.steady_ms += 10000;
        }
        print_message("%u of %u guesses were looked at\n", count, networks * 360);
        /* each network one a minute, for want of anybody who has been wrong before it */
        assert_true(count <= networks * 61);
        assert_true(count >= GUESSES_IDENTITY_MAX);
        end(&h, g);
}

/* More than there is room for: what is forgotten is the attacker's, and nobody else is refused. */
static void test_flood(void **state)
{
        (void)state;
        static struct harness h;
        struct guesses *g = make(&h);
        struct peer mine = from(80000);
        assert_int_equal(guess_all(g, 90000, ALICE), GUESSES_PAIR_MAX);
        uint32_t refused = 0;
        for (uint32_t i = 0; i < 60000; i++) {
                char name[32];
                (void)snprintf(name, sizeof(name), "35.TEST/%u", i);
                (void)guess(g, i, ansa_bytes_text(name));
                refused += guesses_wait_s(g, GUESS_OF_PEER, &mine, ansa_bytes_text(name)) > 0;
        }
        assert_int_equal(refused, 0);
        assert_false(guess(g, 90000, ALICE)); /* the worst is remembered longest */
        end(&h, g);
}

static struct web_told ask_as(struct web *w, const char *headers, uint8_t network)
{
        struct web_ask ask = { .target = MIXED, .headers = headers, .network = network };
        return web_send(w, &ask);
}

static void test_over_http(void **state)
{
        (void)state;
        static struct web w;
        web_open(&w);
        for (uint32_t i = 0; i < GUESSES_PAIR_MAX; i++)
                assert_int_equal(ask_as(&w, WRONG, 0).status, 401);
        for (int i = 0; i < 3; i++) {
                struct web_told told = ask_as(&w, i == 0 ? RIGHT : WRONG, 0);
                assert_int_equal(told.status, 429);
                assert_string_equal(web_header(&told, "Retry-After"), "60");
                assert_null(web_header(&told, "WWW-Authenticate"));
                assert_non_null(strstr(told.body, "too many failed attempts"));
        }
        assert_int_equal(ask_as(&w, RIGHT, 1).status, 200); /* from elsewhere */
        assert_int_equal(ask_as(&w, NULL, 0).status, 401);
        w.h.env.steady_ms += GUESSES_PAIR_MS;
        assert_int_equal(ask_as(&w, RIGHT, 0).status, 200);
        struct http_counts counts;
        http_count(w.http, &counts);
        assert_int_equal(counts.logins_failed, GUESSES_PAIR_MAX);
        assert_int_equal(counts.logins_refused, 3);
        web_close(&w);
}

/* The same where others ask whether a secret is right, and where sessions are proven. */
static void test_other_ways(void **state)
{
        (void)state;
        static struct web w;
        web_open(&w);
        static const char verify[] =
                "/api/verifications/302:0.NA/35.TEST?nonce=MDEyMzQ1Njc4OWFiY2RlZg==&"
                "cnonce=ZmVkY2JhOTg3NjU0MzIxMA==&alg=SHA1&signature=AAAAAAAAAAAAAAAAAAAAAAAAAAA=";
        for (uint32_t i = 0; i < GUESSES_PAIR_MAX; i++)
                assert_int_equal(web_get(&w, verify).status, 200);
        assert_int_equal(web_get(&w, verify).status, 429);
        struct web_ask new = { .method = "POST", .target = "/api/sessions", .network = 1 };
        struct web_told told = web_send(&w, &new);
        char body[400];
        char id[33];
        (void)snprintf(id, sizeof(id), "%.32s", strstr(told.body, "sessionId\":\"") + 12);
        (void)snprintf(body, sizeof(body),
                       "{\"sessionId\":\"%s\",\"id\":\"302:0.NA/35.TEST\",\"type\":\"HS_SECKEY\","
                       "\"alg\":\"SHA1\",\"cnonce\":\"ZmVkY2JhOTg3NjU0MzIxMA==\","
                       "\"signature\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAA=\"}",
                       id);
        struct web_ask prove = { .method = "PUT",
                                 .target = "/api/sessions/this",
                                 .headers = "Content-Type: application/json",
                                 .text = body,
                                 .network = 1 };
        for (uint32_t i = 0; i < GUESSES_PAIR_MAX; i++) {
                told = web_send(&w, &prove);
                assert_int_equal(told.status, 401);
                /* RFC 9110 15.5.2: with the nonce for the next try */
                const char *challenge = web_header(&told, "WWW-Authenticate");
                assert_non_null(challenge);
                assert_non_null(strstr(challenge, id));
                assert_non_null(strstr(challenge, "nonce=\""));
                assert_non_null(strstr(challenge, "error=\"authentication failed\""));
                assert_null(strstr(told.headers, "Basic"));
        }
        told = web_send(&w, &prove);
        assert_int_equal(told.status, 429);
        assert_non_null(web_header(&told, "Retry-After"));
        web_close(&w);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_bounds),     cmocka_unit_test(test_many_networks),
                cmocka_unit_test(test_flood),      cmocka_unit_test(test_over_http),
                cmocka_unit_test(test_other_ways),
        };
        return cmocka_run_group_tests_name("http/guesses", tests, NULL, NULL);
}
