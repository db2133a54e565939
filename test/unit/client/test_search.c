/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who is asked (irp-service 3 and 4): roots, prefix records, service references, referrals, the
 * choice of site and server. A little world of fake servers: a root and a few others, each with a
 * script of what it says about which name.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "fake.h"

#include "base/text.h"
#include "client/client.h"
#include "wire/data.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

#define SERVERS_MAX 6u
#define RULES_MAX   24u
#define ROOT        0u

/* What a server says about a name. */
struct rule {
        uint32_t server; /* place in the world */
        const char *name;
        uint32_t rc;
        const char *type; /* of a value with data below; NULL: none */
        struct ansa_bytes data;
        const char *text; /* referral: the name */
        uint16_t serial;
        bool at_only;  /* only when asked for an authoritative answer */
        uint32_t once; /* used up after so many uses; 0: never */
        uint32_t uses;
};

struct world {
        struct fake fakes[SERVERS_MAX];
        size_t count;
        struct rule rules[RULES_MAX];
        size_t rule_count;
        struct buf sites[SERVERS_MAX];
        struct ansa_client *client;
        struct fake_env env;
        _Atomic uint32_t asked[SERVERS_MAX]; /* resolutions */
        _Atomic uint32_t site_asked;
        _Atomic uint32_t recursion; /* of the last request */
};

static void put_rule_body(const struct rule *r, const char *name, struct buf *body)
{
        struct buf values = buf_growing(65536);
        struct ansa_value v = fake_value(1, r->type != NULL ? r->type : "", r->data);
        uint32_t count = r->type != NULL ? 1 : 0;
        if (count > 0)
                fake_put_value(&values, &v);
        if (r->rc == RC_SUCCESS) {
                struct record_body b = { ansa_bytes_text(name), { buf_written(&values), count } };
                record_body_encode(&b, body);
        } else if (r->rc == RC_SERVICE_REFERRAL || r->rc == RC_PREFIX_REFERRAL) {
                struct referral_body b = { .name = ansa_bytes_text(r->text != NULL ? r->text : ""),
                                           .has_values = count > 0,
                                           .values = { buf_written(&values), count } };
                referral_body_encode(&b, body);
        } else {
                error_body_encode(ansa_bytes_text("no"), body);
        }
        buf_fini(&values);
}

static struct rule *rule_for(struct world *w, uint32_t server, struct ansa_bytes name, bool at)
{
        for (size_t i = 0; i < w->rule_count; i++) {
                struct rule *r = &w->rules[i];
                if (r->server == server && text_equal_fold(ansa_bytes_text(r->name), name) &&
                    (at || !r->at_only) && (r->once == 0 || r->uses < r->once))
                        return r;
        }
        return NULL;
}

static void says_by_rules(struct fake_exchange *x)
{
        struct world *w = x->fake->context;
        uint32_t server = (uint32_t)(x->fake - w->fakes);
        struct resolve_request q;
        struct buf body = buf_growing(65536);
        struct fake_response r = { .rc = RC_NOT_FOUND, .serial = 1 };
        w->recursion = x->request.header.recursion;
        if (x->request.header.op == OP_GET_SITE) {
                w->site_asked++;
                r.rc = RC_SUCCESS;
                r.body = buf_written(&w->sites[server]);
                fake_respond_as(x, &r);
                return;
        }
        w->asked[server]++;
        bool at = (x->request.header.flags & FLAG_AUTHORITATIVE) != 0;
        assert_int_equal(resolve_request_decode(x->request.body, &q), ANSA_OK);
        struct rule *rule = rule_for(w, server, q.name, at);
        if (rule != NULL) {
                char name[256];
                rule->uses++;
                (void)snprintf(name, sizeof(name), "%.*s", (int)q.name.size,
                               (const char *)q.name.at);
                r.rc = rule->rc;
                r.serial = rule->serial != 0 ? rule->serial : 1;
                put_rule_body(rule, name, &body);
                r.body = buf_written(&body);
        } else {
                error_body_encode((struct ansa_bytes){ 0 }, &body);
                r.body = buf_written(&body);
        }
        fake_respond_as(x, &r);
        buf_fini(&body);
}

/* @count servers, each a site of its own; the first one is the root in the bootstrap file. */
static void begin(struct world *w, size_t count)
{
        memset(w, 0, sizeof(*w));
        w->count = count;
        for (size_t i = 0; i < count; i++) {
                struct fake *servers[] = { &w->fakes[i] };
                w->fakes[i].handler = says_by_rules;
                w->fakes[i].context = w;
                fake_start(&w->fakes[i]);
                w->sites[i] = buf_growing(65536);
                fake_put_site(&w->sites[i],
                              &(struct fake_site){ .serial = 1, .flags = ANSA_SITE_PRIMARY },
                              servers, 1);
        }
        assert_int_equal(client_new_env(NULL, fake_env(&w->env), &w->client), ANSA_OK);
        fake_bootstrap(w->client, buf_written(&w->sites[ROOT]));
}

static void end(struct world *w)
{
        ansa_client_free(w->client);
        for (size_t i = 0; i < w->count; i++) {
                fake_stop(&w->fakes[i]);
                buf_fini(&w->sites[i]);
        }
}

static struct rule *rule(struct world *w, uint32_t server, const char *name, uint32_t rc,
                         const char *type, struct ansa_bytes data)
{
        assert_true(w->rule_count < RULES_MAX);
        w->rules[w->rule_count] = (struct rule){
                .server = server, .name = name, .rc = rc, .type = type, .data = data
        };
        return &w->rules[w->rule_count++];
}

static void site_rule(struct world *w, uint32_t server, const char *name, uint32_t site)
{
        (void)rule(w, server, name, RC_SUCCESS, "HS_SITE", buf_written(&w->sites[site]));
}

static void url_rule(struct world *w, uint32_t server, const char *name, const char *url)
{
        (void)rule(w, server, name, RC_SUCCESS, "URL", ansa_bytes_text(url));
}

/* Resolve and compare: the URL, or a part of the problem. */
static void expect(struct world *w, const char *name, enum ansa_err err, const char *text)
{
        char got[256];
        struct ansa_call *call = fake_resolve(w->client, name, 0);
        const struct ansa_answer *a = ansa_call_answer(call);
        bool right = a->err == err && (err == ANSA_OK ? strcmp(fake_first(call, got), text) == 0
                                                      : strstr(a->problem, text) != NULL);
        if (!right)
                fail_msg("%s: %s \"%s\" %s", name, ansa_err_text(a->err), a->problem,
                         fake_first(call, got));
        ansa_call_free(call);
}

static void goes_by_the_prefix_record(void **state)
{
        (void)state;
        struct world w;
        begin(&w, 2);
        site_rule(&w, ROOT, "0.NA/35.TEST", 1);
        url_rule(&w, 1, "35.TEST/1", "http://one/");
        url_rule(&w, 1, "35.TEST/2", "http://two/");
        url_rule(&w, ROOT, "0.TEST/x", "http://root/");
        expect(&w, "35.test/1", ANSA_OK, "http://one/");
        expect(&w, "35.TEST/2", ANSA_OK, "http://two/");
        /* The prefix record was asked for once. */
        assert_int_equal(w.asked[ROOT], 1);
        assert_int_equal(w.asked[1], 2);
        expect(&w, "0.TEST/x", ANSA_OK, "http://root/");
        expect(&w, "35.TEST/3", ANSA_E_NOT_FOUND, "resolve 35.TEST/3: udp 127.0.0.1:");
        end(&w);
}

static void follows_service_references(void **state)
{
        (void)state;
        struct world w;
        begin(&w, 2);
        (void)rule(&w, ROOT, "0.NA/35.A", RC_SUCCESS, "HS_SERV", ANSA_BYTES_LIT("0.SERV/1"));
        (void)rule(&w, ROOT, "0.SERV/1", RC_SUCCESS, "HS_SERV", ANSA_BYTES_LIT("0.SERV/2"));
        site_rule(&w, ROOT, "0.SERV/2", 1);
        url_rule(&w, 1, "35.A/1", "http://a/");
        expect(&w, "35.A/1", ANSA_OK, "http://a/");
        (void)rule(&w, ROOT, "0.NA/35.B", RC_SUCCESS, "HS_SERV", ANSA_BYTES_LIT("0.NA/0.NA"));
        url_rule(&w, ROOT, "35.B/1", "http://b/");
        expect(&w, "35.B/1", ANSA_OK, "http://b/");
        end(&w);
}

static void breaks_loops_of_references(void **state)
{
        (void)state;
        struct world w;
        begin(&w, 1);
        (void)rule(&w, ROOT, "0.NA/35.L", RC_SUCCESS, "HS_SERV", ANSA_BYTES_LIT("35.L/service"));
        (void)rule(&w, ROOT, "0.NA/35.M", RC_SUCCESS, "HS_SERV", ANSA_BYTES_LIT("0.SERV/m"));
        (void)rule(&w, ROOT, "0.SERV/m", RC_SUCCESS, "HS_SERV", ANSA_BYTES_LIT("0.SERV/m"));
        expect(&w, "35.L/1", ANSA_E_LIMIT, "too many references");
        expect(&w, "35.M/1", ANSA_E_LIMIT, "too many references");
        assert_in_range(w.asked[ROOT], 1, 80);
        end(&w);
}

static void asks_a_primary_before_it_gives_up(void **state)
{
        (void)state;
        struct world w;
        begin(&w, 2);
        /* A mirror that lags knows nothing; the primary does. */
        struct rule *r =
                rule(&w, ROOT, "0.NA/35.NEW", RC_SUCCESS, "HS_SITE", buf_written(&w.sites[1]));
        r->at_only = true;
        url_rule(&w, 1, "35.NEW/1", "http://new/");
        expect(&w, "35.NEW/1", ANSA_OK, "http://new/");
        assert_int_equal(w.asked[ROOT], 2);
        expect(&w, "35.NONE/1", ANSA_E_NOT_FOUND, "looking for who is responsible");
        assert_int_equal(w.asked[ROOT], 4);
        url_rule(&w, ROOT, "0.NA/35.ODD", "http://odd/");
        expect(&w, "35.ODD/1", ANSA_E_NOT_FOUND, "no service is known");
        end(&w);
}

static void follows_referrals(void **state)
{
        (void)state;
        struct world w;
        begin(&w, 3);
        site_rule(&w, ROOT, "0.NA/35.T", 1);
        /* 302 with sites, with a name; 303 for the records of derived prefixes. */
        (void)rule(&w, 1, "35.T/a", RC_SERVICE_REFERRAL, "HS_SITE", buf_written(&w.sites[2]));
        url_rule(&w, 2, "35.T/a", "http://a/");
        expect(&w, "35.T/a", ANSA_OK, "http://a/");
        assert_int_equal(w.recursion, 1);
        struct rule *r = rule(&w, 1, "35.T/b", RC_SERVICE_REFERRAL, NULL, ANSA_BYTES_LIT(""));
        r->text = "0.SERV/b";
        site_rule(&w, ROOT, "0.SERV/b", 2);
        url_rule(&w, 2, "35.T/b", "http://b/");
        expect(&w, "35.T/b", ANSA_OK, "http://b/");
        (void)rule(&w, ROOT, "0.NA/35.T.X", RC_PREFIX_REFERRAL, "HS_SITE.PREFIX",
                   buf_written(&w.sites[1]));
        site_rule(&w, 1, "0.NA/35.T.X", 2);
        url_rule(&w, 2, "35.T.X/1", "http://derived/");
        expect(&w, "35.T.X/1", ANSA_OK, "http://derived/");
        (void)rule(&w, 1, "35.T/loop", RC_SERVICE_REFERRAL, "HS_SITE", buf_written(&w.sites[1]));
        expect(&w, "35.T/loop", ANSA_E_LIMIT, "one referral too many");
        (void)rule(&w, 1, "35.T/void", RC_SERVICE_REFERRAL, NULL, ANSA_BYTES_LIT(""));
        expect(&w, "35.T/void", ANSA_E_MALFORMED, "refers to nobody");
        end(&w);
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
                begin(&w, 3);
                puts_two_sites(&w, "0.NA/35.TEST", 1, 2, &record);
                two_sites_body = buf_written(&record);
                w.fakes[ROOT].handler = says_two_sites;
                (void)rule(&w, 1, "35.TEST/1", codes[i], NULL, ANSA_BYTES_LIT(""));
                url_rule(&w, 2, "35.TEST/1", "http://two/");
                expect(&w, "35.TEST/1", ANSA_OK, "http://two/");
                (void)rule(&w, 1, "35.TEST/2", codes[i], NULL, ANSA_BYTES_LIT(""));
                (void)rule(&w, 2, "35.TEST/2", codes[i], NULL, ANSA_BYTES_LIT(""));
                expect(&w, "35.TEST/2",
                       codes[i] == RC_NOT_RESPONSIBLE ? ANSA_E_REFUSED : ANSA_E_BUSY, "answered");
                buf_fini(&record);
                end(&w);
        }
}

static void prefers_who_answers_faster(void **state)
{
        (void)state;
        struct world w;
        struct buf record = buf_growing(65536);
        begin(&w, 3);
        puts_two_sites(&w, "0.NA/35.TEST", 1, 2, &record);
        two_sites_body = buf_written(&record);
        w.fakes[ROOT].handler = says_two_sites;
        for (uint32_t s = 1; s < 3; s++)
                url_rule(&w, s, "35.TEST/1", "http://here/");
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
        end(&w);
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
        begin(&w, 4);
        struct fake *three[] = { &w.fakes[1], &w.fakes[2], &w.fakes[3] };
        struct buf site = buf_growing(65536);
        fake_put_site(&site, &(struct fake_site){ .serial = 1, .hash_option = 2 }, three, 3);
        (void)rule(&w, ROOT, "0.NA/10.1000", RC_SUCCESS, "HS_SITE", buf_written(&site));
        url_rule(&w, 2, "10.1000/abc", "http://second/"); /* 205920229 mod 3 = 1 */
        expect(&w, "10.1000/abc", ANSA_OK, "http://second/");
        assert_int_equal(w.asked[1] + w.asked[3], 0);
        buf_fini(&site);
        end(&w);
}

/* 300, or a newer serial: the prefix record is fetched anew, and what was asked is asked again. */
static void refreshes_the_service(void **state)
{
        (void)state;
        struct world w;
        begin(&w, 3);
        site_rule(&w, ROOT, "0.NA/35.OLD", 1);
        w.rules[0].once = 1;
        site_rule(&w, ROOT, "0.NA/35.OLD", 2);
        (void)rule(&w, 1, "35.OLD/1", RC_SITE_EXPIRED, NULL, ANSA_BYTES_LIT(""));
        url_rule(&w, 2, "35.OLD/1", "http://moved/");
        expect(&w, "35.OLD/1", ANSA_OK, "http://moved/");
        assert_int_equal(w.asked[ROOT], 2);

        site_rule(&w, ROOT, "0.NA/35.S", 1);
        url_rule(&w, 1, "35.S/1", "http://s/");
        w.rules[w.rule_count - 1].serial = 2;
        expect(&w, "35.S/1", ANSA_OK, "http://s/");
        assert_int_equal(w.asked[ROOT], 3);
        url_rule(&w, 1, "35.S/2", "http://s2/");
        expect(&w, "35.S/2", ANSA_OK, "http://s2/");
        assert_int_equal(w.asked[ROOT], 4);
        /* An endless 300 is the end. */
        site_rule(&w, ROOT, "0.NA/35.E", 1);
        (void)rule(&w, 1, "35.E/1", RC_SITE_EXPIRED, NULL, ANSA_BYTES_LIT(""));
        expect(&w, "35.E/1", ANSA_E_REFUSED, "answered 300");
        end(&w);
}

static void knows_local_sites(void **state)
{
        (void)state;
        struct world w;
        begin(&w, 2);
        url_rule(&w, 1, "35.LOCAL/1", "http://local/");
        assert_int_equal(ansa_client_add_local(w.client, ANSA_BYTES_LIT("0.NA/35.local"),
                                               buf_written(&w.sites[1])),
                         ANSA_OK);
        expect(&w, "35.LOCAL/1", ANSA_OK, "http://local/");
        assert_int_equal(w.asked[ROOT], 0);
        static const char *const bad[] = { "", "{}", "[1]", "[{\"nas\":[1],\"site\":{}}]",
                                           "[{\"nas\":\"x\"}]" };
        for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
                assert_int_not_equal(ansa_client_add_local_info(w.client, ansa_bytes_text(bad[i])),
                                     ANSA_OK);
                assert_string_not_equal(ansa_client_problem(w.client), "");
        }
        end(&w);
}

static void reads_local_info(void **state)
{
        (void)state;
        struct world w;
        char json[1024];
        begin(&w, 2);
        url_rule(&w, 1, "35.INFO/1", "http://info/");
        (void)snprintf(json, sizeof(json),
                       "[{\"nas\":[\"0.NA/35.INFO\"],\"site\":{\"version\":1,\"protocolVersion\":"
                       "\"2.11\",\"serialNumber\":1,\"primarySite\":true,\"multiPrimary\":false,"
                       "\"attributes\":[],\"servers\":[{\"serverId\":1,\"address\":\"127.0.0.1\","
                       "\"interfaces\":[{\"query\":true,\"admin\":true,\"protocol\":\"TCP\","
                       "\"port\":%u}]}]}}]",
                       w.fakes[1].port);
        enum ansa_err err = ansa_client_add_local_info(w.client, ansa_bytes_text(json));
        if (err != ANSA_OK)
                fail_msg("%s", ansa_client_problem(w.client));
        expect(&w, "35.INFO/1", ANSA_OK, "http://info/");
        end(&w);
}

static void sends_everything_to_a_resolver(void **state)
{
        (void)state;
        struct world w;
        begin(&w, 2);
        url_rule(&w, 1, "35.ANY/1", "http://cached/");
        assert_int_equal(ansa_client_set_resolver(w.client, buf_written(&w.sites[1])), ANSA_OK);
        expect(&w, "35.ANY/1", ANSA_OK, "http://cached/");
        assert_int_equal(w.asked[ROOT], 0);
        end(&w);
}

/* Root servers known by address tell their site; one that does not is asked all the same. */
static void learns_the_roots(void **state)
{
        (void)state;
        struct world w;
        char address[32];
        begin(&w, 2);
        url_rule(&w, ROOT, "0.TEST/1", "http://root/");
        ansa_client_free(w.client);
        assert_int_equal(client_new_env(NULL, fake_env(&w.env), &w.client), ANSA_OK);
        (void)snprintf(address, sizeof(address), "127.0.0.1:%u", w.fakes[ROOT].port);
        assert_int_equal(ansa_client_add_root(w.client, address), ANSA_OK);
        expect(&w, "0.TEST/1", ANSA_OK, "http://root/");
        expect(&w, "0.TEST/2", ANSA_E_NOT_FOUND, "answered 100");
        assert_int_equal(w.site_asked, 1);
        buf_reset(&w.sites[ROOT]);
        ansa_client_forget(w.client);
        expect(&w, "0.TEST/1", ANSA_OK, "http://root/");
        assert_int_equal(w.site_asked, 2);
        end(&w);
}

static void refuses_bad_bootstrap_files(void **state)
{
        (void)state;
        static const struct {
                const char *text;
                size_t size;
        } rows[] = { { "", 0 },
                     { "{", 1 },
                     { "{\"handles\":[]}", 14 },
                     { "{\"handles\":[{\"handle\":\"0.NA/0.NA\",\"values\":[]}]}", 48 },
                     { "\0\0\0\4\0\0\0\0", 8 },
                     { "nonsense", 8 } };
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                struct ansa_client *client;
                assert_int_equal(ansa_client_new(NULL, &client), ANSA_OK);
                struct ansa_bytes file = { (const uint8_t *)rows[i].text, rows[i].size };
                assert_int_not_equal(ansa_client_add_bootstrap(client, file), ANSA_OK);
                assert_string_not_equal(ansa_client_problem(client), "");
                ansa_client_free(client);
        }
}

/* Answers are forgotten when their TTL is over, and no later than the client's maximum. */
static void forgets_after_the_ttl(void **state)
{
        (void)state;
        struct world w;
        begin(&w, 1);
        url_rule(&w, ROOT, "0.TEST/1", "http://root/");
        expect(&w, "0.TEST/1", ANSA_OK, "http://root/");
        w.env.ahead_ms += 3590000;
        expect(&w, "0.TEST/1", ANSA_OK, "http://root/");
        assert_int_equal(w.asked[ROOT], 1);
        w.env.ahead_ms += 20000;
        w.rules[0].data = ANSA_BYTES_LIT("http://changed/");
        struct ansa_call *call = fake_resolve(w.client, "0.TEST/1", 0);
        /* The fake's clock is the real one, so its answers look old: say so, do not believe them. */
        ansa_call_free(call);
        assert_int_equal(w.asked[ROOT] > 1, 1);
        end(&w);
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
        begin(&w, 2);
        fake_start(&six);
        buf_reset(&w.sites[ROOT]);
        fake_put_site(&w.sites[ROOT], &(struct fake_site){ .serial = 1 }, servers, 1);
        puts_two_sites(&w, "0.NA/35.TEST", ROOT, 1, &both);
        two_sites_body = buf_written(&both);
        struct record_body record;
        assert_int_equal(record_body_decode(two_sites_body, &record), ANSA_OK);
        url_rule(&w, 1, "35.TEST/1", "http://four/");
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
        end(&w);
}

/* In the caller's own loop: descriptors, time-outs, steps; two calls at once. */
static void runs_in_the_callers_loop(void **state)
{
        (void)state;
        struct world w;
        static const char *const names[] = { "35.TEST/1", "35.TEST/2" };
        struct ansa_call *calls[2];
        size_t ended = 0;
        begin(&w, 2);
        site_rule(&w, ROOT, "0.NA/35.TEST", 1);
        url_rule(&w, 1, names[0], "http://1/");
        url_rule(&w, 1, names[1], "http://2/");
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
        end(&w);
}

static void ends_in_time(void **state)
{
        (void)state;
        struct world w;
        begin(&w, 1);
        w.fakes[ROOT].handler = says_nothing;
        struct ansa_request r = { .operation = ANSA_RESOLVE,
                                  .name = ANSA_BYTES_LIT("0.TEST/1"),
                                  .timeout_ms = 50 };
        struct ansa_call *call;
        assert_int_equal(ansa_run(w.client, &r, &call), ANSA_E_TIMEOUT);
        assert_non_null(strstr(ansa_call_answer(call)->problem, "resolve 0.TEST/1"));
        ansa_call_free(call);
        end(&w);
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
                cmocka_unit_test(knows_local_sites),
                cmocka_unit_test(reads_local_info),
                cmocka_unit_test(sends_everything_to_a_resolver),
                cmocka_unit_test(learns_the_roots),
                cmocka_unit_test(refuses_bad_bootstrap_files),
                cmocka_unit_test(forgets_after_the_ttl),
                cmocka_unit_test(races_ipv6_and_ipv4),
                cmocka_unit_test(runs_in_the_callers_loop),
                cmocka_unit_test(ends_in_time),
        };
        return cmocka_run_group_tests_name("client/search", tests, NULL, NULL);
}
