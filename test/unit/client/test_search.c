/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who is asked (irp-service 3 and 4): roots, prefix records, service references, referrals, the
 * choice of site and server.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "world.h"

#include "crypto/key.h"
#include "wire/data.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

#define EXPECT(...) assert_true(world_resolves(__VA_ARGS__))

static void goes_by_the_prefix_record(void **state)
{
        (void)state;
        struct world w;
        world_begin(&w, 2);
        world_site_rule(&w, ROOT, "0.NA/35.TEST", 1);
        world_url_rule(&w, 1, "35.TEST/1", "http://one/");
        world_url_rule(&w, 1, "35.TEST/2", "http://two/");
        world_url_rule(&w, ROOT, "0.TEST/x", "http://root/");
        EXPECT(&w, "35.test/1", ANSA_OK, "http://one/");
        EXPECT(&w, "35.TEST/2", ANSA_OK, "http://two/");
        /* The prefix record was asked for once. */
        assert_int_equal(w.asked[ROOT], 1);
        assert_int_equal(w.asked[1], 2);
        EXPECT(&w, "0.TEST/x", ANSA_OK, "http://root/");
        EXPECT(&w, "35.TEST/3", ANSA_E_NOT_FOUND, "resolve 35.TEST/3: udp 127.0.0.1:");
        world_end(&w);
}

static void follows_service_references(void **state)
{
        (void)state;
        struct world w;
        world_begin(&w, 2);
        (void)world_rule(&w, ROOT, "0.NA/35.A", RC_SUCCESS, "HS_SERV", ANSA_BYTES_LIT("0.SERV/1"));
        (void)world_rule(&w, ROOT, "0.SERV/1", RC_SUCCESS, "HS_SERV", ANSA_BYTES_LIT("0.SERV/2"));
        world_site_rule(&w, ROOT, "0.SERV/2", 1);
        world_url_rule(&w, 1, "35.A/1", "http://a/");
        EXPECT(&w, "35.A/1", ANSA_OK, "http://a/");
        (void)world_rule(&w, ROOT, "0.NA/35.B", RC_SUCCESS, "HS_SERV", ANSA_BYTES_LIT("0.NA/0.NA"));
        world_url_rule(&w, ROOT, "35.B/1", "http://b/");
        EXPECT(&w, "35.B/1", ANSA_OK, "http://b/");
        world_end(&w);
}

static void breaks_loops_of_references(void **state)
{
        (void)state;
        struct world w;
        world_begin(&w, 1);
        (void)world_rule(&w, ROOT, "0.NA/35.L", RC_SUCCESS, "HS_SERV",
                         ANSA_BYTES_LIT("35.L/service"));
        (void)world_rule(&w, ROOT, "0.NA/35.M", RC_SUCCESS, "HS_SERV", ANSA_BYTES_LIT("0.SERV/m"));
        (void)world_rule(&w, ROOT, "0.SERV/m", RC_SUCCESS, "HS_SERV", ANSA_BYTES_LIT("0.SERV/m"));
        EXPECT(&w, "35.L/1", ANSA_E_LIMIT, "too many references");
        EXPECT(&w, "35.M/1", ANSA_E_LIMIT, "too many references");
        assert_in_range(w.asked[ROOT], 1, 80);
        world_end(&w);
}

static bool is_unserved(struct world *w, const char *name)
{
        struct ansa_call *call = fake_resolve(w->client, name, 0);
        bool unserved = ansa_call_answer(call)->is_unserved;
        ansa_call_free(call);
        return unserved;
}

static void asks_a_primary_before_it_gives_up(void **state)
{
        (void)state;
        struct world w;
        world_begin(&w, 2);
        /* A mirror that lags knows nothing; the primary does. */
        struct rule *r = world_rule(&w, ROOT, "0.NA/35.NEW", RC_SUCCESS, "HS_SITE",
                                    buf_written(&w.sites[1]));
        r->at_only = true;
        world_url_rule(&w, 1, "35.NEW/1", "http://new/");
        EXPECT(&w, "35.NEW/1", ANSA_OK, "http://new/");
        assert_int_equal(w.asked[ROOT], 2);
        EXPECT(&w, "35.NONE/1", ANSA_E_NOT_FOUND, "looking for who is responsible");
        assert_int_equal(w.asked[ROOT], 4);
        world_url_rule(&w, ROOT, "0.NA/35.ODD", "http://odd/");
        EXPECT(&w, "35.ODD/1", ANSA_E_NOT_FOUND, "no service is known");
        assert_true(is_unserved(&w, "35.NONE/1"));
        assert_true(is_unserved(&w, "35.ODD/1"));
        assert_false(is_unserved(&w, "35.NEW/2")); /* its server says so itself */
        assert_false(is_unserved(&w, "35.NEW/1"));
        world_end(&w);
}

static void follows_referrals(void **state)
{
        (void)state;
        struct world w;
        world_begin(&w, 3);
        world_site_rule(&w, ROOT, "0.NA/35.T", 1);
        /* 302 with sites, with a name; 303 for the records of derived prefixes. */
        (void)world_rule(&w, 1, "35.T/a", RC_SERVICE_REFERRAL, "HS_SITE", buf_written(&w.sites[2]));
        world_url_rule(&w, 2, "35.T/a", "http://a/");
        EXPECT(&w, "35.T/a", ANSA_OK, "http://a/");
        assert_int_equal(w.recursion, 1);
        struct rule *r = world_rule(&w, 1, "35.T/b", RC_SERVICE_REFERRAL, NULL, ANSA_BYTES_LIT(""));
        r->text = "0.SERV/b";
        world_site_rule(&w, ROOT, "0.SERV/b", 2);
        world_url_rule(&w, 2, "35.T/b", "http://b/");
        EXPECT(&w, "35.T/b", ANSA_OK, "http://b/");
        (void)world_rule(&w, ROOT, "0.NA/35.T.X", RC_PREFIX_REFERRAL, "HS_SITE.PREFIX",
                         buf_written(&w.sites[1]));
        world_site_rule(&w, 1, "0.NA/35.T.X", 2);
        world_url_rule(&w, 2, "35.T.X/1", "http://derived/");
        EXPECT(&w, "35.T.X/1", ANSA_OK, "http://derived/");
        (void)world_rule(&w, 1, "35.T/loop", RC_SERVICE_REFERRAL, "HS_SITE",
                         buf_written(&w.sites[1]));
        EXPECT(&w, "35.T/loop", ANSA_E_LIMIT, "one referral too many");
        (void)world_rule(&w, 1, "35.T/void", RC_SERVICE_REFERRAL, NULL, ANSA_BYTES_LIT(""));
        EXPECT(&w, "35.T/void", ANSA_E_MALFORMED, "refers to nobody");
        world_end(&w);
}

static void puts_two_sites(struct world *w, const char *name, uint32_t a, uint32_t b,
                           struct buf *record)
{
        struct ansa_value v[] = { fake_value(1, "HS_SITE", buf_written(&w->sites[a])),
                                  fake_value(2, "HS_SITE", buf_written(&w->sites[b])) };
        struct buf values = buf_growing(65536);
        fake_put_value(&values, &v[0]);
        fake_put_value(&values, &v[1]);
        record_body_encode(
                &(struct record_body){ ansa_bytes_text(name), { buf_written(&values), 2 } },
                record);
        buf_fini(&values);
}

static struct ansa_bytes two_sites_body;

static void says_two_sites(struct fake_exchange *x)
{
        fake_respond(x, RC_SUCCESS, 0, two_sites_body);
}

/* Busy, read-only and not responsible are not the last word while there is another site. */
static void tries_the_next_site(void **state)
{
        (void)state;
        static const uint32_t codes[] = { RC_BUSY, RC_READ_ONLY, RC_NOT_RESPONSIBLE };
        for (size_t i = 0; i < 3; i++) {
                struct world w;
                struct buf record = buf_growing(65536);
                world_begin(&w, 3);
                puts_two_sites(&w, "0.NA/35.TEST", 1, 2, &record);
                two_sites_body = buf_written(&record);
                w.fakes[ROOT].handler = says_two_sites;
                (void)world_rule(&w, 1, "35.TEST/1", codes[i], NULL, ANSA_BYTES_LIT(""));
                world_url_rule(&w, 2, "35.TEST/1", "http://two/");
                EXPECT(&w, "35.TEST/1", ANSA_OK, "http://two/");
                (void)world_rule(&w, 1, "35.TEST/2", codes[i], NULL, ANSA_BYTES_LIT(""));
                (void)world_rule(&w, 2, "35.TEST/2", codes[i], NULL, ANSA_BYTES_LIT(""));
                EXPECT(&w, "35.TEST/2",
                       codes[i] == RC_NOT_RESPONSIBLE ? ANSA_E_REFUSED : ANSA_E_BUSY, "answered");
                buf_fini(&record);
                world_end(&w);
        }
}

static void prefers_who_answers_faster(void **state)
{
        (void)state;
        struct world w;
        struct buf record = buf_growing(65536);
        world_begin(&w, 3);
        puts_two_sites(&w, "0.NA/35.TEST", 1, 2, &record);
        two_sites_body = buf_written(&record);
        w.fakes[ROOT].handler = says_two_sites;
        for (uint32_t s = 1; s < 3; s++)
                world_url_rule(&w, s, "35.TEST/1", "http://here/");
        struct endpoint slow = endpoint_of((const uint8_t[16]){ [12] = 127, [15] = 1 },
                                           w.fakes[1].port, ANSA_TRANSPORT_TCP);
        struct endpoint fast = endpoint_of((const uint8_t[16]){ [12] = 127, [15] = 1 },
                                           w.fakes[2].port, ANSA_TRANSPORT_TCP);
        uint64_t now = w.env.env.steady_ms(&w.env.env);
        measures_put(&w.client->measures, &slow, 400, now);
        measures_put(&w.client->measures, &fast, 20, now);
        for (int i = 0; i < 5; i++)
                ansa_call_free(fake_resolve(w.client, "35.TEST/1", ANSA_NO_CACHE));
        assert_int_equal(w.asked[1], 0);
        assert_int_equal(w.asked[2], 5);
        buf_fini(&record);
        world_end(&w);
}

/* Vectors of irp-service 3.1. */
static void chooses_the_server_by_hash(void **state)
{
        (void)state;
        static const struct {
                const char *name;
                uint8_t option;
                uint32_t mod3, mod4;
        } rows[] = { { "35.TEST/1", 0, 1, 0 },
                     { "35.test/1", 1, 2, 3 },
                     { "35.TEST/1", 2, 1, 1 },
                     { "10.1000/abc", 2, 1, 1 },
                     { "20.500.123/Thing", 1, 0, 0 } };
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                struct ansa_site s = { .hash_option = rows[i].option, .server_count = 3 };
                assert_int_equal(site_server_of(&s, ansa_bytes_text(rows[i].name)), rows[i].mod3);
                s.server_count = 4;
                assert_int_equal(site_server_of(&s, ansa_bytes_text(rows[i].name)), rows[i].mod4);
                s.server_count = 1;
                assert_int_equal(site_server_of(&s, ansa_bytes_text(rows[i].name)), 0);
        }
}

static void asks_the_server_of_the_hash(void **state)
{
        (void)state;
        struct world w;
        world_begin(&w, 4);
        struct fake *three[] = { &w.fakes[1], &w.fakes[2], &w.fakes[3] };
        struct buf site = buf_growing(65536);
        fake_put_site(&site, &(struct fake_site){ .serial = 1, .hash_option = 2 }, three, 3);
        (void)world_rule(&w, ROOT, "0.NA/10.1000", RC_SUCCESS, "HS_SITE", buf_written(&site));
        world_url_rule(&w, 2, "10.1000/abc", "http://second/"); /* 205920229 mod 3 = 1 */
        EXPECT(&w, "10.1000/abc", ANSA_OK, "http://second/");
        assert_int_equal(w.asked[1] + w.asked[3], 0);
        buf_fini(&site);
        world_end(&w);
}

/* 300, or a newer serial: the prefix record is fetched anew, and what was asked is asked again. */
static void refreshes_the_service(void **state)
{
        (void)state;
        struct world w;
        world_begin(&w, 3);
        world_site_rule(&w, ROOT, "0.NA/35.OLD", 1);
        w.rules[0].once = 1;
        world_site_rule(&w, ROOT, "0.NA/35.OLD", 2);
        (void)world_rule(&w, 1, "35.OLD/1", RC_SITE_EXPIRED, NULL, ANSA_BYTES_LIT(""));
        world_url_rule(&w, 2, "35.OLD/1", "http://moved/");
        EXPECT(&w, "35.OLD/1", ANSA_OK, "http://moved/");
        assert_int_equal(w.asked[ROOT], 2);

        world_site_rule(&w, ROOT, "0.NA/35.S", 1);
        world_url_rule(&w, 1, "35.S/1", "http://s/");
        w.rules[w.rule_count - 1].serial = 2;
        EXPECT(&w, "35.S/1", ANSA_OK, "http://s/");
        assert_int_equal(w.asked[ROOT], 3);
        world_url_rule(&w, 1, "35.S/2", "http://s2/");
        EXPECT(&w, "35.S/2", ANSA_OK, "http://s2/");
        assert_int_equal(w.asked[ROOT], 4);
        /* An endless 300 is the end. */
        world_site_rule(&w, ROOT, "0.NA/35.E", 1);
        (void)world_rule(&w, 1, "35.E/1", RC_SITE_EXPIRED, NULL, ANSA_BYTES_LIT(""));
        EXPECT(&w, "35.E/1", ANSA_E_REFUSED, "answered 300");
        world_end(&w);
}

/* Answers are forgotten when their TTL is over, and no later than the client's maximum. */
static void forgets_after_the_ttl(void **state)
{
        (void)state;
        struct world w;
        world_begin(&w, 1);
        world_url_rule(&w, ROOT, "0.TEST/1", "http://root/");
        EXPECT(&w, "0.TEST/1", ANSA_OK, "http://root/");
        w.env.ahead_ms += 3590000;
        EXPECT(&w, "0.TEST/1", ANSA_OK, "http://root/");
        assert_int_equal(w.asked[ROOT], 1);
        w.env.ahead_ms += 20000;
        w.rules[0].data = ANSA_BYTES_LIT("http://changed/");
        EXPECT(&w, "0.TEST/1", ANSA_OK, "http://changed/");
        assert_int_equal(w.asked[ROOT], 2);
        /* What was to be kept for no time at all is not kept. */
        world_url_rule(&w, ROOT, "0.TEST/2", "http://now/");
        w.rules[1].ttl_s = UINT32_MAX;
        EXPECT(&w, "0.TEST/2", ANSA_OK, "http://now/");
        EXPECT(&w, "0.TEST/2", ANSA_OK, "http://now/");
        assert_int_equal(w.asked[ROOT], 4);
        world_end(&w);
}

/* A newer serial of the roots: their record is fetched, and believed when it is signed. */
static void refreshes_the_roots(void **state)
{
        (void)state;
        for (int is_signed = 0; is_signed < 2; is_signed++) {
                struct world w;
                struct crypto_key *key;
                struct ansa_key parts;
                struct arena arena;
                struct buf encoded = buf_growing(4096);
                arena_init(&arena, 65536);
                assert_int_equal(crypto_key_generate(ANSA_KEY_RSA, 1024, &key), ANSA_OK);
                assert_int_equal(crypto_key_parts(key, false, &arena, &parts), ANSA_OK);
                key_encode(&parts, &encoded);
                world_begin_signed(&w, 2, is_signed ? key : NULL, buf_written(&encoded));
                world_url_rule(&w, ROOT, "0.TEST/1", "http://old/");
                w.rules[0].serial = 2;
                world_site_rule(&w, ROOT, "0.NA/0.NA", 1);
                world_url_rule(&w, 1, "0.TEST/2", "http://new/");
                world_url_rule(&w, ROOT, "0.TEST/2", "http://old/");
                w.client->options.no_udp = !is_signed; /* or the refresh would wait for UDP */
                EXPECT(&w, "0.TEST/1", ANSA_OK, "http://old/");
                EXPECT(&w, "0.TEST/2", ANSA_OK, is_signed ? "http://new/" : "http://old/");
                world_end(&w);
                crypto_key_free(key);
                arena_fini(&arena);
                buf_fini(&encoded);
        }
}

/* IPv6 has 300 ms of a head start, then IPv4 is asked as well; the first answer counts. */
static void says_nothing(struct fake_exchange *x)
{
        (void)x;
}

static void races_ipv6_and_ipv4(void **state)
{
        (void)state;
        struct world w;
        struct fake six = { .handler = says_nothing, .ip = "::1" };
        struct fake *servers[] = { &six };
        struct buf both = buf_growing(65536);
        world_begin(&w, 2);
        fake_start(&six);
        buf_reset(&w.sites[ROOT]);
        fake_put_site(&w.sites[ROOT], &(struct fake_site){ .serial = 1 }, servers, 1);
        puts_two_sites(&w, "0.NA/35.TEST", ROOT, 1, &both);
        two_sites_body = buf_written(&both);
        struct record_body record;
        assert_int_equal(record_body_decode(two_sites_body, &record), ANSA_OK);
        world_url_rule(&w, 1, "35.TEST/1", "http://four/");
        w.fakes[ROOT].handler = says_two_sites;
        struct ansa_request r = { .operation = ANSA_RESOLVE, .name = ANSA_BYTES_LIT("35.TEST/1") };
        struct ansa_call *call;
        assert_int_equal(ansa_call_new(w.client, &r, &call), ANSA_OK);
        /* Up to the race: until the IPv6 server was asked. */
        for (int i = 0; i < 1000 && six.requests == 0; i++) {
                assert_false(ansa_call_step(call));
                (void)poll(NULL, 0, 2);
        }
        assert_int_equal(six.requests, 1);
        assert_int_equal(w.asked[1], 0);
        struct ansa_wait waits[ANSA_WAITS_MAX];
        uint32_t timeout;
        assert_int_equal(ansa_call_waits(call, waits, &timeout), 1);
        assert_in_range(timeout, 0, 300);
        w.env.ahead_ms += 300;
        assert_int_equal(ansa_call_wait(call), ANSA_OK);
        assert_int_equal(w.asked[1], 1);
        ansa_call_free(call);
        fake_stop(&six);
        buf_fini(&both);
        world_end(&w);
}

/* In the caller's own loop: descriptors, time-outs, steps; two calls at once. */
static void runs_in_the_callers_loop(void **state)
{
        (void)state;
        struct world w;
        static const char *const names[] = { "35.TEST/1", "35.TEST/2" };
        struct ansa_call *calls[2];
        size_t ended = 0;
        world_begin(&w, 2);
        world_site_rule(&w, ROOT, "0.NA/35.TEST", 1);
        world_url_rule(&w, 1, names[0], "http://1/");
        world_url_rule(&w, 1, names[1], "http://2/");
        for (size_t i = 0; i < 2; i++) {
                struct ansa_request r = { .operation = ANSA_RESOLVE,
                                          .name = ansa_bytes_text(names[i]) };
                assert_int_equal(ansa_call_new(w.client, &r, &calls[i]), ANSA_OK);
                assert_int_equal(ansa_call_answer(calls[i])->err, ANSA_E_BUSY);
        }
        while (ended < 2) {
                struct pollfd fds[2 * ANSA_WAITS_MAX];
                nfds_t n = 0;
                uint32_t timeout_ms = 5000;
                ended = 0;
                for (size_t i = 0; i < 2; i++) {
                        struct ansa_wait waits[ANSA_WAITS_MAX];
                        uint32_t own;
                        if (ansa_call_step(calls[i])) {
                                ended++;
                                continue;
                        }
                        size_t count = ansa_call_waits(calls[i], waits, &own);
                        for (size_t k = 0; k < count; k++)
                                fds[n++] = (struct pollfd){ .fd = waits[k].fd,
                                                            .events = waits[k].read ? POLLIN
                                                                                    : POLLOUT };
                        if (own < timeout_ms)
                                timeout_ms = own;
                }
                if (ended < 2)
                        assert_true(poll(fds, n, (int)timeout_ms) >= 0);
        }
        for (size_t i = 0; i < 2; i++) {
                assert_int_equal(ansa_call_answer(calls[i])->err, ANSA_OK);
                ansa_call_free(calls[i]);
        }
        world_end(&w);
}

static void ends_in_time(void **state)
{
        (void)state;
        struct world w;
        world_begin(&w, 1);
        w.fakes[ROOT].handler = says_nothing;
        struct ansa_request r = { .operation = ANSA_RESOLVE,
                                  .name = ANSA_BYTES_LIT("0.TEST/1"),
                                  .timeout_ms = 50 };
        struct ansa_call *call;
        assert_int_equal(ansa_run(w.client, &r, &call), ANSA_E_TIMEOUT);
        assert_non_null(strstr(ansa_call_answer(call)->problem, "resolve 0.TEST/1"));
        ansa_call_free(call);
        world_end(&w);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(goes_by_the_prefix_record),
                cmocka_unit_test(follows_service_references),
                cmocka_unit_test(breaks_loops_of_references),
                cmocka_unit_test(asks_a_primary_before_it_gives_up),
                cmocka_unit_test(follows_referrals),
                cmocka_unit_test(tries_the_next_site),
                cmocka_unit_test(prefers_who_answers_faster),
                cmocka_unit_test(chooses_the_server_by_hash),
                cmocka_unit_test(asks_the_server_of_the_hash),
                cmocka_unit_test(refreshes_the_service),
                cmocka_unit_test(forgets_after_the_ttl),
                cmocka_unit_test(refreshes_the_roots),
                cmocka_unit_test(races_ipv6_and_ipv4),
                cmocka_unit_test(runs_in_the_callers_loop),
                cmocka_unit_test(ends_in_time),
        };
        return cmocka_run_group_tests_name("client/search", tests, NULL, NULL);
}
