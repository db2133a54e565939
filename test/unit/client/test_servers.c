/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Operations that concern several servers: lists in pages from all servers of a site, homing at all
 * primaries, the primary that changes stay with; and what is asked of one: its site, a verdict.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "fake.h"

#include "base/assert.h"
#include "client/client.h"

#include <stdio.h>

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

struct shelf {
        const char *names[4];
        uint32_t seen; /* requests */
        bool refuses;
};

/* Its names one a page, all but the last with CN; and KC as deployed servers do not. */
static void lists(struct fake_exchange *x)
{
        struct shelf *s = x->fake->context;
        s->seen++;
        if (s->refuses) {
                fake_respond(x, RC_NOT_AUTHORIZED, 0, ANSA_BYTES_LIT("\0\0\0\0"));
                return;
        }
        size_t n = 0;
        while (s->names[n] != NULL)
                n++;
        for (size_t i = 0; i < n; i++) {
                struct buf b = buf_growing(1024);
                buf_u32(&b, 1);
                buf_block(&b, ansa_bytes_text(s->names[i]));
                fake_respond(x, RC_SUCCESS, i + 1 < n ? FLAG_CONTINUES : 0, buf_written(&b));
                buf_fini(&b);
        }
        if (n == 0)
                fake_respond(x, RC_SUCCESS, 0, ANSA_BYTES_LIT("\0\0\0\0"));
}

struct heard {
        char text[256];
        uint32_t stop_after;
        uint32_t count;
};

static bool hear(void *context, struct ansa_bytes name)
{
        struct heard *h = context;
        size_t n = strlen(h->text);
        (void)snprintf(h->text + n, sizeof(h->text) - n, "%.*s ", (int)name.size,
                       (const char *)name.at);
        h->count++;
        return h->stop_after == 0 || h->count < h->stop_after;
}

static void lists_all_servers(void **state)
{
        (void)state;
        static const struct {
                uint8_t hash_option;
                enum ansa_operation operation;
                uint32_t stop_after;
                const char *want;
                uint32_t asked;
        } rows[] = {
                { ANSA_HASH_ALL, ANSA_LIST, 0, "a b c d ", 2 },
                { ANSA_HASH_PREFIX, ANSA_LIST, 0, NULL, 1 },
                { ANSA_HASH_ALL, ANSA_LIST, 2, "a b ", 1 },
                { ANSA_HASH_ALL, ANSA_LIST_HOMED, 0, NULL, 1 },
        };
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                struct shelf shelves[2] = { { .names = { "a", "b", "c", NULL } },
                                            { .names = { "d", NULL } } };
                struct fake f[2] = { { .handler = lists, .context = &shelves[0] },
                                     { .handler = lists, .context = &shelves[1] } };
                struct fake *servers[] = { &f[0], &f[1] };
                struct buf site = buf_growing(4096);
                struct heard h = { .stop_after = rows[i].stop_after };
                fake_start(&f[0]);
                fake_start(&f[1]);
                fake_put_site(&site,
                              &(struct fake_site){ .serial = 1,
                                                   .flags = ANSA_SITE_PRIMARY,
                                                   .hash_option = rows[i].hash_option },
                              servers, 2);
                struct ansa_client *client;
                assert_int_equal(ansa_client_new(NULL, &client), ANSA_OK);
                assert_int_equal(ansa_client_set_site(client, buf_written(&site)), ANSA_OK);
                struct ansa_request r = { .operation = rows[i].operation,
                                          .name = ANSA_BYTES_LIT("35.TEST"),
                                          .on_name = hear,
                                          .context = &h };
                struct ansa_call *call;
                (void)!ansa_run(client, &r, &call);
                expect(call, ANSA_OK, "");
                if (rows[i].want != NULL)
                        assert_string_equal(h.text, rows[i].want);
                assert_int_equal(ansa_call_answer(call)->name_count, h.count);
                ansa_call_free(call);
                ansa_client_free(client);
                fake_stop(&f[0]);
                fake_stop(&f[1]);
                assert_int_equal(shelves[0].seen + shelves[1].seen, rows[i].asked);
                assert_int_equal(f[0].datagrams + f[1].datagrams, 0);
                buf_fini(&site);
        }
}

static void says_done(struct fake_exchange *x)
{
        struct shelf *s = x->fake->context;
        s->seen++;
        fake_respond(x, s->refuses ? RC_NOT_AUTHORIZED : RC_SUCCESS, 0,
                     s->refuses ? ANSA_BYTES_LIT("\0\0\0\0") : (struct ansa_bytes){ 0 });
}

static struct ansa_bytes prefix_body;

static void says_prefix_record(struct fake_exchange *x)
{
        fake_respond(x, RC_SUCCESS, 0, prefix_body);
}

/* Three sites: a primary of two servers, a mirror, another primary. */
static void homes_at_every_primary(void **state)
{
        (void)state;
        for (int refuses = 0; refuses < 2; refuses++) {
                struct shelf shelves[4] = { { .seen = 0 } };
                struct fake f[5];
                struct buf site[4];
                struct buf values = buf_growing(65536);
                struct buf record = buf_growing(65536);
                memset(f, 0, sizeof(f));
                for (size_t i = 0; i < 5; i++) {
                        f[i].handler = i < 4 ? says_done : says_prefix_record;
                        f[i].context = i < 4 ? &shelves[i] : NULL;
                        fake_start(&f[i]);
                }
                shelves[1].refuses = refuses == 1;
                struct fake *first[] = { &f[0], &f[1] };
                struct fake *mirror[] = { &f[2] };
                struct fake *second[] = { &f[3] };
                struct fake *root[] = { &f[4] };
                for (size_t i = 0; i < 4; i++)
                        site[i] = buf_growing(4096);
                uint8_t multi = ANSA_SITE_PRIMARY | ANSA_SITE_MULTI_PRIMARY;
                fake_put_site(&site[0],
                              &(struct fake_site){ .serial = 1, .flags = multi, .hash_option = 2 },
                              first, 2);
                fake_put_site(&site[1], &(struct fake_site){ .serial = 1, .hash_option = 2 },
                              mirror, 1);
                fake_put_site(&site[2],
                              &(struct fake_site){ .serial = 1, .flags = multi, .hash_option = 2 },
                              second, 1);
                fake_put_site(&site[3],
                              &(struct fake_site){ .serial = 1, .flags = ANSA_SITE_PRIMARY }, root,
                              1);
                for (uint32_t i = 0; i < 3; i++) {
                        struct ansa_value v = fake_value(i + 1, "HS_SITE", buf_written(&site[i]));
                        fake_put_value(&values, &v);
                }
                record_body_encode(&(struct record_body){ ANSA_BYTES_LIT("0.NA/35.TEST"),
                                                          { buf_written(&values), 3 } },
                                   &record);
                prefix_body = buf_written(&record);
                struct ansa_client *client;
                assert_int_equal(ansa_client_new(NULL, &client), ANSA_OK);
                fake_bootstrap(client, buf_written(&site[3]));
                struct ansa_request r = { .operation = ANSA_HOME,
                                          .name = ANSA_BYTES_LIT("35.TEST") };
                struct ansa_call *call;
                (void)!ansa_run(client, &r, &call);
                expect(call, refuses ? ANSA_E_DENIED : ANSA_OK, refuses ? "answered 400" : "");
                ansa_call_free(call);
                ansa_client_free(client);
                for (size_t i = 0; i < 5; i++)
                        fake_stop(&f[i]);
                assert_int_equal(shelves[0].seen, 1);
                assert_int_equal(shelves[1].seen, 1);
                assert_int_equal(shelves[2].seen, 0);
                assert_int_equal(shelves[3].seen, refuses ? 0 : 1);
                for (size_t i = 0; i < 4; i++)
                        buf_fini(&site[i]);
                buf_fini(&values);
                buf_fini(&record);
        }
}

/* Of several primaries the one that took the last change of the prefix is asked again. */
static void stays_with_a_primary(void **state)
{
        (void)state;
        struct shelf shelves[2] = { { .seen = 0 } };
        struct fake f[3];
        struct buf site[3];
        struct buf values = buf_growing(65536);
        struct buf record = buf_growing(65536);
        memset(f, 0, sizeof(f));
        for (size_t i = 0; i < 3; i++) {
                f[i].handler = i < 2 ? says_done : says_prefix_record;
                f[i].context = i < 2 ? &shelves[i] : NULL;
                fake_start(&f[i]);
                struct fake *one[] = { &f[i] };
                site[i] = buf_growing(4096);
                fake_put_site(
                        &site[i],
                        &(struct fake_site){ .serial = 1,
                                             .flags = ANSA_SITE_PRIMARY | ANSA_SITE_MULTI_PRIMARY },
                        one, 1);
        }
        for (uint32_t i = 0; i < 2; i++) {
                struct ansa_value v = fake_value(i + 1, "HS_SITE", buf_written(&site[i]));
                fake_put_value(&values, &v);
        }
        record_body_encode(&(struct record_body){ ANSA_BYTES_LIT("0.NA/35.TEST"),
                                                  { buf_written(&values), 2 } },
                           &record);
        prefix_body = buf_written(&record);
        struct ansa_client *client;
        assert_int_equal(ansa_client_new(NULL, &client), ANSA_OK);
        fake_bootstrap(client, buf_written(&site[2]));
        for (int i = 0; i < 8; i++) {
                char name[32];
                (void)snprintf(name, sizeof(name), "35.test/%d", i);
                struct ansa_request r = { .operation = ANSA_DELETE, .name = ansa_bytes_text(name) };
                struct ansa_call *call;
                (void)!ansa_run(client, &r, &call);
                expect(call, ANSA_OK, "");
                ansa_call_free(call);
        }
        ansa_client_free(client);
        for (size_t i = 0; i < 3; i++) {
                fake_stop(&f[i]);
                buf_fini(&site[i]);
        }
        assert_true(shelves[0].seen == 8 || shelves[1].seen == 8);
        buf_fini(&values);
        buf_fini(&record);
}

static void says_valid(struct fake_exchange *x)
{
        struct verify_request v;
        ansa_assert(verify_request_decode(x->request.body, &v) == ANSA_OK);
        bool valid = ansa_bytes_equal(v.answer, ANSA_BYTES_LIT("right"));
        fake_respond(x, RC_SUCCESS, 0,
                     (struct ansa_bytes){ (const uint8_t *)(valid ? "\1" : "\0"), 1 });
}

static void verifies_answers(void **state)
{
        (void)state;
        for (int right = 0; right < 2; right++) {
                struct fake f = { .handler = says_valid };
                fake_start(&f);
                struct ansa_client *client = client_for(&f);
                struct ansa_request r = { .operation = ANSA_VERIFY,
                                          .key = { ANSA_BYTES_LIT("0.NA/35.TEST"), 300 },
                                          .nonce = ANSA_BYTES_LIT("0123456789abcdef"),
                                          .digest = ANSA_BYTES_LIT("0123456789abcdef0123"),
                                          .answer = ansa_bytes_text(right ? "right" : "wrong") };
                struct ansa_call *call;
                (void)!ansa_run(client, &r, &call);
                expect(call, ANSA_OK, "");
                assert_int_equal(ansa_call_answer(call)->is_valid, right);
                ansa_call_free(call);
                ansa_client_free(client);
                fake_stop(&f);
        }
}

static struct buf own_site;

static void says_site(struct fake_exchange *x)
{
        fake_respond(x, RC_SUCCESS, 0, buf_written(&own_site));
}

static void gets_the_site(void **state)
{
        (void)state;
        struct fake f = { .handler = says_site };
        struct fake *one[] = { &f };
        fake_start(&f);
        own_site = buf_growing(4096);
        fake_put_site(&own_site, &(struct fake_site){ .serial = 9 }, one, 1);
        struct ansa_client *client = client_for(&f);
        struct ansa_request r = { .operation = ANSA_GET_SITE };
        struct ansa_call *call;
        (void)!ansa_run(client, &r, &call);
        expect(call, ANSA_OK, "");
        assert_true(ansa_bytes_equal(ansa_call_answer(call)->site, buf_written(&own_site)));
        ansa_call_free(call);
        ansa_client_free(client);
        fake_stop(&f);
        buf_fini(&own_site);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(lists_all_servers),    cmocka_unit_test(homes_at_every_primary),
                cmocka_unit_test(stays_with_a_primary), cmocka_unit_test(verifies_answers),
                cmocka_unit_test(gets_the_site),
        };
        return cmocka_run_group_tests_name("client/servers", tests, NULL, NULL);
}
