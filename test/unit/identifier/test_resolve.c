/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Resolution: who sees what (irp-service 7.4), one row a rule; the short way gives the octets
 * of the long one; what is not ours.
 */
#include "harness.h"

#include "wire/data.h"

#define PO FLAG_PUBLIC_ONLY

/* clang-format off */
static const struct sight {
        const char *rule;
        const char *name;
        uint32_t flags;
        uint32_t index;       /* asked for, 0 = all */
        const char *type;
        bool as_admin;        /* answer the challenge */
        uint32_t code;
        uint32_t count;       /* values of a success */
} sights[] = {
        { "all values of a public record",         "35.TEST/public", PO, 0, NULL,   false, RC_SUCCESS, 4 },
        { "name in another case",                  "35.test/PUBlic", PO, 0, NULL,   false, RC_SUCCESS, 4 },
        { "by index",                              "35.TEST/public", PO, 2, NULL,   false, RC_SUCCESS, 1 },
        { "by type",                               "35.TEST/public", PO, 0, "url",  false, RC_SUCCESS, 1 },
        { "by type with subtypes",                 "35.TEST/public", PO, 0, "URL.", false, RC_SUCCESS, 2 },
        { "index or type",                         "35.TEST/public", PO, 2, "URL",  false, RC_SUCCESS, 2 },
        { "no value matches",                      "35.TEST/public", PO, 9, NULL,   false, RC_VALUE_NOT_FOUND, 0 },
        { "absent",                                "35.TEST/absent", PO, 0, NULL,   false, RC_NOT_FOUND, 0 },
        { "not homed here",                        "36.TEST/absent", PO, 0, NULL,   false, RC_NOT_RESPONSIBLE, 0 },
        { "no identifier",                         "/",              PO, 0, NULL,   false, RC_INVALID_NAME, 0 },
        { "slashless is the prefix record",        "35.TEST",        PO, 300, NULL, false, RC_SUCCESS, 1 },
        { "PO drops what is not public",           "35.TEST/mixed",  PO, 0, NULL,   false, RC_SUCCESS, 6 },
        { "PO and nothing public left",            "35.TEST/mixed",  PO, 2, NULL,   false, RC_VALUE_NOT_FOUND, 0 },
        { "PO never asks for an identity",         "35.TEST/mixed",  PO, 3, NULL,   false, RC_VALUE_NOT_FOUND, 0 },
        { "no PO, all selected public",            "35.TEST/public",  0, 0, NULL,   false, RC_SUCCESS, 4 },
        { "no PO, selected value is public",       "35.TEST/mixed",   0, 1, NULL,   false, RC_SUCCESS, 1 },
        { "no PO, administrator's value",          "35.TEST/mixed",   0, 2, NULL,   false, RC_CHALLENGE, 0 },
        { "no PO, nobody's value",                 "35.TEST/mixed",   0, 3, NULL,   false, RC_ACCESS_DENIED, 0 },
        { "no PO, nobody's value comes first",     "35.TEST/never-first", 0, 0, NULL, false, RC_ACCESS_DENIED, 0 },
        { "no PO, administrator's comes first",    "35.TEST/mixed",   0, 0, NULL,   false, RC_CHALLENGE, 0 },
        { "reader sees the administrator's value", "35.TEST/mixed",   0, 2, NULL,   true,  RC_SUCCESS, 1 },
        { "reader sees all but nobody's value",    "35.TEST/mixed",   0, 0, NULL,   true,  RC_SUCCESS, 7 },
        { "no right to read",                      "35.TEST/no-reader", 0, 1, NULL, true,  RC_NOT_AUTHORIZED, 0 },
        { "secret key never to strangers",         "35.TEST",        PO, 0, "HS_SECKEY", false, RC_VALUE_NOT_FOUND, 0 },
};
/* clang-format on */

static void shows_what_the_rules_say(void **state)
{
        (void)state;
        struct harness h;
        harness_open(&h);
        for (size_t i = 0; i < sizeof(sights) / sizeof(sights[0]); i++) {
                const struct sight *s = &sights[i];
                for (int again = 0; again < 3; again++) { /* store, cache, short way */
                        struct ask ask = { .op = OP_RESOLVE,
                                           .flags = s->flags,
                                           .body = resolve_body(s->name, s->index, s->type) };
                        struct told t = s->as_admin ? ask_as_admin(&h, &ask) : send(&h, &ask);
                        if (t.code != s->code)
                                fail_msg("%s: %s", s->rule, response_text(t.code));
                        if (t.code == RC_SUCCESS && value_count(&t) != s->count)
                                fail_msg("%s: %u values", s->rule, value_count(&t));
                        if (t.code == RC_SUCCESS && s->as_admin && has_value(&t, 3))
                                fail_msg("%s: leaks what nobody may read", s->rule);
                        if (t.code == RC_SUCCESS) {
                                struct record_body body;
                                assert_int_equal(record_body_decode(t.body, &body), ANSA_OK);
                                assert_true(ansa_bytes_equal(body.name, ansa_bytes_text(s->name)));
                        }
                        assert_int_equal(t.m.header.op, OP_RESOLVE);
                }
        }
        harness_close(&h);
}

static void flags_and_header(void **state)
{
        (void)state;
        struct harness h;
        harness_open(&h);
        const uint32_t rec_at = FLAG_RECURSIVE | FLAG_AUTHORITATIVE;
        static const struct {
                const char *rule;
                uint32_t asked;
                uint32_t told;
        } rows[] = {
                { "REC always", PO, PO },
                { "CA and DNR are echoed", PO | FLAG_CACHE_CERTIFY | FLAG_DO_NOT_REFER,
                  PO | FLAG_CACHE_CERTIFY | FLAG_DO_NOT_REFER },
                { "RD and ENC are echoed", PO | FLAG_REQUEST_DIGEST | FLAG_ENCRYPT,
                  PO | FLAG_REQUEST_DIGEST | FLAG_ENCRYPT },
                { "CT", PO | FLAG_CERTIFY, PO | FLAG_CERTIFY },
                { "CN, OWE and MNS are not",
                  PO | FLAG_CONTINUES | FLAG_OVERWRITE | FLAG_MINT_SUFFIX, PO },
                { "KC over TCP", PO | FLAG_KEEP_OPEN, PO | FLAG_KEEP_OPEN },
        };
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                for (int again = 0; again < 2; again++) {
                        struct told t = resolve(&h, "35.TEST/public", rows[i].asked);
                        if (t.m.header.flags != (rows[i].told | rec_at))
                                fail_msg("%s: %08x", rows[i].rule, t.m.header.flags);
                        assert_int_equal(t.m.header.site_serial, 7);
                        assert_int_equal(t.m.header.expires_s, START_S + 43200);
                        assert_int_equal(t.m.envelope.session_id, 0);
                        assert_int_equal(t.m.envelope.sequence, 0);
                }
        }
        h.peer.transport = PEER_UDP;
        struct told t = resolve(&h, "35.TEST/public", PO | FLAG_KEEP_OPEN);
        assert_int_equal(t.m.header.flags, PO | rec_at);
        harness_close(&h);
}

/* With and without cache, the same question has the same answer to the octet. */
static void short_way_equals_long_way(void **state)
{
        (void)state;
        static const char *const names[] = { "35.TEST/public",   "35.test/Public", "35.TEST/mixed",
                                             "35.TEST/writable", "35.TEST",        "0.na/35.test" };
        static const uint8_t minors[] = { 0, 1, 3, 5, 7, 8, 11 };
        for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
                struct harness h;
                harness_open(&h);
                for (size_t v = 0; v < sizeof(minors); v++) {
                        struct ask ask = { .op = OP_RESOLVE,
                                           .flags = PO | FLAG_CACHE_CERTIFY,
                                           .major = 2,
                                           .minor = minors[v],
                                           .recursion = 3,
                                           .request_id = 0xfeedf00d,
                                           .body = resolve_body(names[i], 0, NULL) };
                        struct buf octets = buf_growing(4096);
                        ask_encode(&h, &ask, &octets);
                        struct buf want = buf_growing(65536);
                        struct buf got = buf_growing(65536);
                        struct write_job *job;
                        /* The slow lane has no short way. */
                        assert_int_equal(identifier_serve(h.slow, &h.peer, buf_written(&octets),
                                                          &want, NULL, &job),
                                         IDENTIFIER_REPLY);
                        struct identifier_counts before;
                        struct identifier_counts after;
                        for (int again = 0; again < 2; again++) {
                                buf_reset(&got);
                                identifier_count(h.service, &before);
                                assert_int_equal(identifier_serve(h.hasty, &h.peer,
                                                                  buf_written(&octets), &got, NULL,
                                                                  &job),
                                                 IDENTIFIER_REPLY);
                                identifier_count(h.service, &after);
                                assert_true(
                                        ansa_bytes_equal(buf_written(&want), buf_written(&got)));
                        }
                        assert_int_equal(after.cache_hits, before.cache_hits + 1);
                        buf_fini(&octets);
                        buf_fini(&want);
                        buf_fini(&got);
                }
                harness_close(&h);
        }
}

static void batch_serves_what_it_hinted(void **state)
{
        (void)state;
        struct harness h;
        harness_open(&h);
        static const char *const names[] = { "35.TEST/public", "35.TEST/absent", "35.TEST/mixed",
                                             "35.TEST/public", "36.OTHER/x" };
        static const uint32_t codes[] = { RC_SUCCESS, RC_NOT_FOUND, RC_SUCCESS, RC_SUCCESS,
                                          RC_NOT_RESPONSIBLE };
        struct buf octets[5];
        struct ansa_bytes messages[6];
        for (size_t i = 0; i < 5; i++) {
                struct ask ask = { .op = OP_RESOLVE,
                                   .flags = PO,
                                   .body = resolve_body(names[i], 0, NULL) };
                octets[i] = buf_growing(4096);
                ask_encode(&h, &ask, &octets[i]);
                messages[i] = buf_written(&octets[i]);
        }
        messages[5] = (struct ansa_bytes){ 0 };
        for (int round = 0; round < 3; round++) {
                identifier_batch_begin(h.hasty);
                identifier_batch_hint(h.hasty, messages, 6);
                for (size_t n = 0; n < 5; n++) {
                        size_t i = round == 2 ? 4 - n : n; /* in any order */
                        struct write_job *job;
                        buf_reset(&h.reply);
                        assert_int_equal(identifier_serve(h.hasty, &h.peer, messages[i], &h.reply,
                                                          NULL, &job),
                                         IDENTIFIER_REPLY);
                        struct envelope e;
                        struct header header;
                        assert_int_equal(envelope_decode(buf_written(&h.reply), &e), ANSA_OK);
                        assert_int_equal(
                                header_decode((struct ansa_bytes){ h.reply.at + 20, 24 }, &header),
                                ANSA_OK);
                        assert_int_equal(header.response, codes[i]);
                        assert_int_equal(e.request_id, i + 1);
                }
                identifier_batch_end(h.hasty);
        }
        struct identifier_counts counts;
        identifier_count(h.service, &counts);
        assert_int_equal(counts.requests, 15);
        assert_int_equal(counts.by_operation[1], 15);
        assert_true(counts.cache_hits >= 6);
        for (size_t i = 0; i < 5; i++)
                buf_fini(&octets[i]);
        harness_close(&h);
}

/* What was unhomed or changed is not answered from memory. */
static void forgets_what_changed(void **state)
{
        (void)state;
        struct harness h;
        harness_open(&h);
        for (int again = 0; again < 3; again++) {
                struct told t = resolve(&h, "35.TEST/public", PO);
                assert_int_equal(value_count(&t), 4);
        }
        struct bulk_change change = { .kind = BULK_DELETE,
                                      .name = ANSA_BYTES_LIT("35.TEST/public") };
        size_t failed;
        assert_int_equal(identifier_bulk(h.writer, &change, 1, &failed), ANSA_OK);
        assert_int_equal(resolve(&h, "35.TEST/public", PO).code, RC_NOT_FOUND);
        for (int again = 0; again < 3; again++)
                assert_int_equal(resolve(&h, "35.TEST/mixed", PO).code, RC_SUCCESS);
        change =
                (struct bulk_change){ .kind = BULK_UNHOME, .name = ANSA_BYTES_LIT("0.NA/35.TEST") };
        assert_int_equal(identifier_bulk(h.writer, &change, 1, &failed), ANSA_OK);
        assert_int_equal(resolve(&h, "35.TEST/mixed", PO).code, RC_NOT_RESPONSIBLE);
        harness_close(&h);
}

static void allow_recursion(struct identifier_config *config)
{
        config->allow_recursion = true;
}

static void set_foreign(struct harness *h, const char *name)
{
        struct ansa_value v = { .index = 1,
                                .permissions = 0x0e,
                                .type = ANSA_BYTES_LIT("URL"),
                                .data = ANSA_BYTES_LIT("there") };
        size_t size;
        h->fetcher.name = name;
        h->fetcher.response = RC_SUCCESS;
        assert_int_equal(ansa_value_encode(&v, h->fetcher.room, sizeof(h->fetcher.room), &size),
                         ANSA_OK);
        v.index = 2;
        v.permissions = 0x0c;
        size_t more;
        assert_int_equal(ansa_value_encode(&v, h->fetcher.room + size,
                                           sizeof(h->fetcher.room) - size, &more),
                         ANSA_OK);
        h->fetcher.values = (struct ansa_values){ { h->fetcher.room, size + more }, 2 };
}

static void recursion(void **state)
{
        (void)state;
        struct harness h;
        harness_open_with(&h, allow_recursion);
        set_foreign(&h, "99.ELSE/x");
        struct told t = resolve(&h, "99.ELSE/x", PO | FLAG_RECURSIVE);
        assert_int_equal(value_count(&t), 1); /* public ones only */
        assert_true(h.was_slow);
        assert_int_equal(t.m.header.flags & FLAG_AUTHORITATIVE, 0);
        assert_int_equal(h.fetcher.recursion, 1);
        assert_int_equal(resolve(&h, "99.ELSE/x", PO).code, RC_NOT_RESPONSIBLE);
        assert_int_equal(resolve(&h, "99.ELSE/y", PO | FLAG_RECURSIVE).code, RC_NOT_FOUND);
        struct ask ask = { .op = OP_RESOLVE,
                           .flags = PO | FLAG_RECURSIVE,
                           .body = resolve_body("99.ELSE/x", 0, NULL) };
        ask.recursion = 9;
        assert_int_equal(send(&h, &ask).code, RC_SUCCESS);
        assert_int_equal(h.fetcher.recursion, 10);
        ask.recursion = 10;
        assert_int_equal(send(&h, &ask).code, RC_RECURSION);
        ask.recursion = 255;
        assert_int_equal(send(&h, &ask).code, RC_RECURSION);
        ask.recursion = 0;
        h.fetcher.response = RC_CHALLENGE;
        assert_int_equal(send(&h, &ask).code, RC_ACCESS_DENIED);
        h.fetcher.response = RC_SERVICE_REFERRAL;
        assert_int_equal(send(&h, &ask).code, RC_ERROR);
        h.fetcher.err = ANSA_E_NETWORK;
        assert_int_equal(send(&h, &ask).code, RC_NOT_RESPONSIBLE);
        harness_close(&h);
}

static uint8_t two_room[512];

static void two_servers(struct identifier_config *config)
{
        struct buf servers = buf_growing(512);
        struct ansa_interface interface = { 3, 1, 2641 };
        for (uint32_t id = 1; id <= 2; id++) {
                struct ansa_server server = { .id = id, .interface_count = 1 };
                site_put_server(&server, &interface, &servers);
        }
        struct ansa_site site = { .format = 1,
                                  .protocol_major = 2,
                                  .protocol_minor = 11,
                                  .hash_option = ANSA_HASH_ALL,
                                  .server_count = 2,
                                  .servers = buf_written(&servers) };
        struct buf b = buf_over(two_room, sizeof(two_room));
        site_encode(&site, &b);
        buf_fini(&servers);
        config->site = buf_written(&b);
        config->server_number = 1;
}

/* irp-service 3.1: the hash of 35.TEST/1 is odd, that of 35.TEST/mixed is looked up below. */
static void wrong_server_of_the_site(void **state)
{
        (void)state;
        struct harness h;
        harness_open_with(&h, two_servers);
        assert_int_equal(resolve(&h, "35.TEST/1", PO).code, RC_NOT_FOUND);
        h.config.server_number = 0;
        harness_reconfigure(&h);
        struct told t = resolve(&h, "35.TEST/1", PO);
        assert_int_equal(t.code, RC_NOT_RESPONSIBLE);
        struct error_body body;
        assert_int_equal(error_body_decode(t.body, &body), ANSA_OK);
        assert_true(ansa_bytes_equal(body.text, ANSA_BYTES_LIT("wrong server hash")));
        /* A mirror does not claim to be authoritative, and takes no changes. */
        assert_int_equal(t.m.header.flags & FLAG_AUTHORITATIVE, 0);
        struct ask ask = { .op = OP_CREATE, .body = record_body_of("35.TEST/1", 1, "URL", "x") };
        assert_int_equal(send(&h, &ask).code, RC_NOT_RESPONSIBLE);
        h.config.server_number = 2; /* there is none */
        assert_int_equal(identifier_reconfigure(h.service, &h.config), ANSA_E_ARGUMENT);
        harness_close(&h);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(shows_what_the_rules_say),
                cmocka_unit_test(flags_and_header),
                cmocka_unit_test(short_way_equals_long_way),
                cmocka_unit_test(batch_serves_what_it_hinted),
                cmocka_unit_test(forgets_what_changed),
                cmocka_unit_test(recursion),
                cmocka_unit_test(wrong_server_of_the_site),
        };
        return cmocka_run_group_tests_name("identifier/resolve", tests, NULL, NULL);
}
