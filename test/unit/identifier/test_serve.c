/* SPDX-License-Identifier: Apache-2.0 */
/*
* What holds for every request: octets that are no request, versions, refusals, flags that
* want a signature; then the small operations: site, status, lists.
*/
#include "harness.h"

#include "base/limits.h"
#include "wire/credential.h"
#include "wire/data.h"

#include <stdio.h>

#define PO FLAG_PUBLIC_ONLY

/* An error to a request that wants signatures is signed, too: by who may take the time. */
static void bad_octets_certified(void **state)
{
        (void)state;
        struct harness h;
        harness_open(&h);
        struct ask ask = { .op = OP_RESOLVE,
                           .flags = PO | FLAG_CERTIFY,
                           .body = resolve_body("35.TEST/public", 0, NULL) };
        struct buf b = buf_growing(4096);
        ask_encode(&h, &ask, &b);
        struct ansa_bytes good = buf_written(&b);
        for (size_t n = ENVELOPE_SIZE + HEADER_SIZE; n < good.size; n++) {
                struct told t = send_octets(&h, (struct ansa_bytes){ good.at, n }, NULL);
                assert_int_equal(t.code, RC_PROTOCOL);
                assert_true(h.was_slow);
                assert_true(t.m.credential.size > 0);
        }
        buf_fini(&b);
        harness_close(&h);
}

static void bad_octets(void **state)
{
        (void)state;
        struct harness h;
        harness_open(&h);
        struct ask ask = { .op = OP_RESOLVE,
                           .flags = PO,
                           .request_id = 0xabcdef01,
                           .body = resolve_body("35.TEST/public", 0, NULL) };
        struct buf b = buf_growing(4096);
        ask_encode(&h, &ask, &b);
        struct ansa_bytes good = buf_written(&b);
        /* Every prefix: silence without an envelope, else an error that echoes the request id. */
        for (size_t n = 0; n < good.size; n++) {
                struct told t = send_octets(&h, (struct ansa_bytes){ good.at, n }, NULL);
                assert_int_equal(t.dropped, n < ENVELOPE_SIZE);
                if (t.dropped)
                        continue;
                assert_int_equal(t.code, RC_PROTOCOL);
                assert_int_equal(t.m.envelope.request_id, 0xabcdef01);
                assert_int_equal(t.m.header.op, n >= ENVELOPE_SIZE + HEADER_SIZE ? OP_RESOLVE : 0);
        }
        /* Octets behind the message are nobody's. */
        buf_text(&b, "surplus");
        struct told t = send_octets(&h, buf_written(&b), NULL);
        assert_int_equal(t.code, RC_SUCCESS);
        b.size -= 7;
        static const struct {
                const char *rule;
                size_t at;
                uint8_t octet;
                uint32_t code;
        } rows[] = {
                { "compressed", 2, 0x80, RC_PROTOCOL },
                { "encrypted without session", 2, 0x40, RC_SESSION_FAILED },
                { "truncated, but whole", 2, 0x20, RC_SUCCESS },
                { "length over the limit", 16, 0x7f, RC_PROTOCOL },
                { "shorter than a header", 19, 23, RC_PROTOCOL },
                { "body longer than the message", 40, 1, RC_PROTOCOL },
                { "unknown operation", 22, 1, RC_OPERATION_DENIED },
                { "name longer than the body", 44, 1, RC_PROTOCOL },
                { "negative length", 44, 0xff, RC_PROTOCOL },
                { "a response", 27, 1, RC_PROTOCOL },
                { "reserved octet of the header", 35, 1, RC_SUCCESS },
        };
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                uint8_t was = b.at[rows[i].at];
                b.at[rows[i].at] = rows[i].octet;
                t = send_octets(&h, buf_written(&b), NULL);
                if (t.dropped || t.code != rows[i].code)
                        fail_msg("%s: %s", rows[i].rule, response_text(t.code));
                b.at[rows[i].at] = was;
        }
        /* Over UDP a response is never answered: two servers would go on for ever. */
        h.peer.transport = PEER_UDP;
        b.at[27] = 1;
        assert_true(send_octets(&h, buf_written(&b), NULL).dropped);
        b.at[19] = 3; /* nor when it is malformed */
        assert_true(send_octets(&h, buf_written(&b), NULL).dropped);
        buf_fini(&b);
        harness_close(&h);
}

/* No single changed octet may do more than get an answer that decodes. */
static void every_octet_changed(void **state)
{
        (void)state;
        struct harness h;
        harness_open(&h);
        static const uint32_t ops[] = { OP_RESOLVE, OP_CREATE, OP_LIST, OP_SESSION_SETUP };
        for (size_t o = 0; o < sizeof(ops) / sizeof(ops[0]); o++) {
                struct ask ask = { .op = ops[o] };
                ask.body = ops[o] == OP_RESOLVE  ? resolve_body("35.TEST/mixed", 2, "URL")
                           : ops[o] == OP_CREATE ? record_body_of("35.TEST/x", 1, "URL", "x")
                                                 : name_body("0.NA/35.TEST");
                struct buf b = buf_growing(4096);
                ask_encode(&h, &ask, &b);
                for (size_t i = 0; i < b.size; i++) {
                        static const uint8_t flips[] = { 0x01, 0x80, 0xff };
                        for (size_t f = 0; f < sizeof(flips); f++) {
                                b.at[i] ^= flips[f];
                                (void)send_octets(&h, buf_written(&b), NULL);
                                b.at[i] ^= flips[f];
                        }
                }
                buf_fini(&b);
        }
        assert_int_equal(resolve(&h, "35.TEST/public", PO).code, RC_SUCCESS);
        harness_close(&h);
}

static void versions(void **state)
{
        (void)state;
        struct harness h;
        harness_open(&h);
        static const struct {
                const char *rule;
                uint8_t major;
                uint8_t minor;
                uint8_t suggested_major;
                uint8_t suggested_minor;
                uint16_t want;
        } rows[] = {
                { "our own", 2, 11, 2, 11, VERSION(2, 11) },
                { "suggested counts, not stated", 2, 3, 2, 11, VERSION(2, 11) },
                { "suggested lower than ours", 2, 3, 2, 7, VERSION(2, 7) },
                { "suggested higher than ours", 2, 11, 2, 12, VERSION(2, 11) },
                { "nothing suggested", 2, 3, 0, 0, VERSION(2, 3) },
                { "2.0", 2, 0, 0, 0, VERSION(2, 0) },
                { "5 is 2.0", 5, 0, 0, 0, VERSION(2, 0) },
                { "DO-IRP 3.0", 3, 0, 3, 0, VERSION(2, 11) },
                { "before all versions", 1, 0, 0, 0, VERSION(2, 0) },
        };
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                for (uint32_t index = 0; index < 2; index++) { /* the short way and the long one */
                        struct ask ask = { .op = OP_RESOLVE,
                                           .flags = PO | FLAG_REQUEST_DIGEST * index,
                                           .major = rows[i].major,
                                           .minor = rows[i].minor,
                                           .suggested_major = rows[i].suggested_major,
                                           .suggested_minor = rows[i].suggested_minor };
                        ask.body = resolve_body("35.TEST/public", index, NULL);
                        (void)send(&h, &ask);
                        struct told t = send(&h, &ask);
                        if (t.version != rows[i].want)
                                fail_msg("%s: %x", rows[i].rule, t.version);
                        assert_int_equal(t.code, RC_SUCCESS);
                        if (index != 0)
                                assert_int_equal(t.digest.code, request_digest_code(t.version));
                }
        }
        harness_close(&h);
}

static void certified(void **state)
{
        (void)state;
        struct harness h;
        harness_open(&h);
        static const uint8_t minors[] = { 0, 5, 6, 7, 8, 11 };
        for (size_t i = 0; i < sizeof(minors); i++) {
                struct ask ask = { .op = OP_RESOLVE,
                                   .flags = PO | FLAG_CERTIFY,
                                   .major = 2,
                                   .minor = minors[i],
                                   .body = resolve_body("35.TEST/public", 0, NULL) };
                struct told t = send(&h, &ask);
                assert_int_equal(t.code, RC_SUCCESS);
                assert_true(h.was_slow); /* a worker that may not block does not sign */
                struct credential c;
                assert_int_equal(credential_decode(t.m.credential, &c), ANSA_OK);
                assert_true(ansa_bytes_equal(c.type, ANSA_BYTES_LIT("HS_SIGNED")));
                bool is_256 = minors[i] >= 7;
                assert_true(ansa_bytes_equal(c.algorithm, is_256 ? ANSA_BYTES_LIT("SHA-256")
                                                                 : ANSA_BYTES_LIT("SHA1")));
                uint8_t prefix[CREDENTIAL_PREFIX_MAX];
                size_t size =
                        credential_prefix(&t.m.envelope, c.counter, CREDENTIAL_SIGNED, prefix);
                struct ansa_bytes parts[] = { { prefix, size }, t.m.header_and_body };
                assert_int_equal(crypto_verify(h.signer.key,
                                               is_256 ? ALGORITHM_SHA256 : ALGORITHM_SHA1, parts, 2,
                                               c.signature),
                                 ANSA_OK);
        }
        h.service->signer = NULL;
        struct told t = resolve(&h, "35.TEST/public", PO | FLAG_CERTIFY);
        assert_int_equal(t.code, RC_OPERATION_DENIED);
        assert_int_equal(t.m.header.flags & FLAG_CERTIFY, 0);
        assert_int_equal(t.m.credential.size, 0);
        harness_close(&h);
}

static void refusals(void **state)
{
        (void)state;
        struct harness h;
        harness_open(&h);
        struct ask ask = { .op = OP_CREATE,
                           .flags = FLAG_REQUEST_DIGEST | FLAG_CERTIFY,
                           .request_id = 77 };
        struct buf b = buf_growing(4096);
        ask_encode(&h, &ask, &b);
        buf_reset(&h.reply);
        identifier_refuse(h.service, buf_written(&b), RC_BUSY, "come back later", &h.reply);
        struct envelope e;
        struct message m;
        assert_int_equal(envelope_decode(buf_written(&h.reply), &e), ANSA_OK);
        assert_int_equal(e.request_id, 77);
        assert_int_equal(
                message_decode(&e, (struct ansa_bytes){ h.reply.at + 20, h.reply.size - 20 }, &m),
                ANSA_OK);
        assert_int_equal(m.header.response, RC_BUSY);
        assert_int_equal(m.header.op, OP_CREATE);
        struct error_body body;
        assert_int_equal(error_body_decode(m.body, &body), ANSA_OK);
        assert_true(ansa_bytes_equal(body.text, ANSA_BYTES_LIT("come back later")));
        buf_reset(&h.reply);
        identifier_refuse(h.service, (struct ansa_bytes){ b.at, 19 }, RC_BUSY, NULL, &h.reply);
        assert_int_equal(h.reply.size, 0);
        b.at[27] = 1; /* a response */
        identifier_refuse(h.service, buf_written(&b), RC_BUSY, NULL, &h.reply);
        assert_int_equal(h.reply.size, 0);
        buf_fini(&b);
        harness_close(&h);
}

static void a_refused_job_tells_so(void **state)
{
        (void)state;
        struct harness h;
        harness_open(&h);
        struct ask ask = { .op = OP_MODIFY,
                           .body = record_body_of("35.TEST/writable", 1, "OPEN", "y") };
        struct buf b = buf_growing(4096);
        ask_encode(&h, &ask, &b);
        struct write_job *job;
        buf_reset(&h.reply);
        assert_int_equal(identifier_serve(h.hasty, &h.peer, buf_written(&b), &h.reply, NULL, &job),
                         IDENTIFIER_WRITE);
        assert_int_equal(h.reply.size, 0);
        assert_false(identifier_job_is_slow(job));
        identifier_job_reply(h.hasty, job, RC_BUSY, &h.reply);
        struct header header;
        assert_int_equal(
                header_decode((struct ansa_bytes){ h.reply.at + 20, h.reply.size - 20 }, &header),
                ANSA_OK);
        assert_int_equal(header.response, RC_BUSY);
        struct identifier_counts counts;
        identifier_count(h.service, &counts);
        assert_int_equal(counts.requests, 1); /* once, for all its way */
        assert_int_equal(counts.by_operation[7], 1);
        assert_int_equal(counts.by_response[3], 1);
        identifier_job_free(job);
        buf_fini(&b);
        harness_close(&h);
}

static void site(void **state)
{
        (void)state;
        struct harness h;
        harness_open(&h);
        struct ask ask = { .op = OP_GET_SITE, .body = name_body("/") };
        struct told t = send(&h, &ask);
        assert_int_equal(t.code, RC_SUCCESS);
        assert_true(ansa_bytes_equal(t.body, h.config.site)); /* raw, nothing behind it */
        ask.body = (struct ansa_bytes){ 0 };
        assert_int_equal(send(&h, &ask).code, RC_PROTOCOL);
        h.config.site = (struct ansa_bytes){ 0 };
        harness_reconfigure(&h);
        ask.body = name_body("/");
        t = send(&h, &ask);
        assert_int_equal(t.code, RC_ERROR);
        assert_int_equal(t.m.header.site_serial, SITE_SERIAL_UNKNOWN);
        h.config.site = ANSA_BYTES_LIT("junk");
        assert_int_not_equal(identifier_reconfigure(h.service, &h.config), ANSA_OK);
        harness_close(&h);
}

static void status(void **state)
{
        (void)state;
        struct harness h;
        harness_open(&h);
        struct ask ask = { .op = OP_RESOLVE, .body = resolve_body("0.site/STATUS", 0, NULL) };
        assert_int_equal(resolve(&h, "0.site/STATUS", PO).code, RC_VALUE_NOT_FOUND);
        ask.body = resolve_body("0.site/STATUS", 0, NULL);
        struct told t = ask_as_admin(&h, &ask);
        assert_int_equal(value_count(&t), 3);
        ask.body = resolve_body("0.SITE/DB_STATUS", 0, NULL);
        t = ask_as_admin(&h, &ask);
        assert_int_equal(value_count(&t), 1);
        h.config.server_admin_count = 0;
        harness_reconfigure(&h);
        ask.body = resolve_body("0.SITE/status", 0, NULL);
        assert_int_equal(ask_as_admin(&h, &ask).code, RC_NOT_AUTHORIZED);
        h.config.status_admins = h.admins;
        h.config.status_admin_count = 1;
        harness_reconfigure(&h);
        ask.body = resolve_body("0.SITE/status", 0, NULL);
        assert_int_equal(ask_as_admin(&h, &ask).code, RC_SUCCESS);
        h.config.enable_status = false;
        harness_reconfigure(&h);
        assert_int_equal(resolve(&h, "0.SITE/status", 0).code, RC_NOT_FOUND);
        harness_close(&h);
}

/* Empty records: @front, a number, @back. */
static void fill(struct harness *h, const char *front, const char *back, unsigned count)
{
        for (unsigned i = 0; i < count; i++) {
                char name[600];
                int size = snprintf(name, sizeof(name), "%s%03u%s", front, i, back);
                struct bulk_change change = {
                        .kind = BULK_PUT,
                        .name = { (const uint8_t *)name, (size_t)size },
                };
                size_t failed;
                assert_int_equal(identifier_bulk(h->writer, &change, 1, &failed), ANSA_OK);
        }
}

/* All pages of a list; counts names, checks that they ascend, fails on anything else. */
static unsigned list_all(struct harness *h, uint32_t op, const char *name, uint32_t flags,
                         unsigned *pages)
{
        struct ask ask = { .op = op, .flags = flags, .body = name_body(name) };
        struct told t = ask_as_admin(h, &ask);
        unsigned count = 0;
        uint8_t last[4096] = { 0 };
        size_t last_size = 0;
        for (*pages = 1;; (*pages)++) {
                struct text_list names;
                struct ansa_bytes text;
                assert_int_equal(t.code, RC_SUCCESS);
                assert_int_equal(list_body_decode(t.body, &names), ANSA_OK);
                assert_true(names.count <= LIMIT_LIST_PAGE);
                while (text_list_next(&names, &text) == ANSA_OK) {
                        size_t n = text.size < last_size ? text.size : last_size;
                        int order = memcmp(last, text.at, n);
                        assert_true(order < 0 || (order == 0 && last_size < text.size));
                        memcpy(last, text.at, text.size);
                        last_size = text.size;
                        count++;
                }
                bool continues = (t.m.header.flags & FLAG_CONTINUES) != 0;
                assert_int_equal(continues, h->more.more);
                if (!continues)
                        return count;
                assert_int_equal(names.count == 0, true);
                uint32_t request_id = t.m.envelope.request_id;
                buf_reset(&h->reply);
                enum identifier_outcome outcome =
                        identifier_continue(h->hasty, &h->peer, &h->reply, &h->more);
                if (outcome == IDENTIFIER_SLOW)
                        outcome = identifier_continue(h->slow, &h->peer, &h->reply, &h->more);
                assert_int_equal(outcome, IDENTIFIER_REPLY);
                struct envelope e;
                assert_int_equal(envelope_decode(buf_written(&h->reply), &e), ANSA_OK);
                assert_int_equal(e.request_id, request_id);
                t = (struct told){ 0 };
                assert_int_equal(
                        message_decode(&e,
                                       (struct ansa_bytes){ h->reply.at + ENVELOPE_SIZE,
                                                            h->reply.size - ENVELOPE_SIZE },
                                       &t.m),
                        ANSA_OK);
                t.code = t.m.header.response;
                t.body = t.m.body;
                assert_int_equal(t.m.credential.size > 0, (flags & FLAG_CERTIFY) != 0);
                if ((t.m.header.flags & FLAG_REQUEST_DIGEST) != 0)
                        assert_int_equal(request_digest_decode(&t.body, &t.digest), ANSA_OK);
        }
}

static void lists(void **state)
{
        (void)state;
        struct harness h;
        harness_open(&h);
        unsigned pages;
        assert_int_equal(list_all(&h, OP_LIST, "0.NA/35.test", 0, &pages), 5);
        assert_int_equal(pages, 1);
        fill(&h, "35.TEST/list-", "", 45);
        assert_int_equal(list_all(&h, OP_LIST, "0.NA/35.TEST", 0, &pages), 50);
        assert_int_equal(pages, 1); /* a full page and nothing behind it */
        fill(&h, "35.TEST/more-", "", 60);
        fill(&h, "35.TESTING/x-", "", 3); /* another prefix */
        assert_int_equal(list_all(&h, OP_LIST, "0.NA/35.TEST", 0, &pages), 110);
        assert_int_equal(pages, 3);
        const uint32_t flags = FLAG_CERTIFY | FLAG_REQUEST_DIGEST;
        assert_int_equal(list_all(&h, OP_LIST, "0.NA/35.TEST", flags, &pages), 110);
        assert_int_equal(list_all(&h, OP_LIST_HOMED, "/", 0, &pages), 2);
        fill(&h, "0.NA/35.TEST.", "", 70);
        assert_int_equal(list_all(&h, OP_LIST_PREFIXES, "0.NA/35.TEST", 0, &pages), 70);
        assert_int_equal(pages, 2);

        /* Where nothing can follow, a list that is too long is an error. */
        h.has_more = false;
        struct ask ask = { .op = OP_LIST, .body = name_body("0.NA/35.TEST") };
        assert_int_equal(ask_as_admin(&h, &ask).code, RC_OPERATION_DENIED);
        ask.op = OP_LIST_HOMED;
        ask.body = name_body("/");
        assert_int_equal(ask_as_admin(&h, &ask).code, RC_SUCCESS);
        h.config.allow_list = false;
        harness_reconfigure(&h);
        ask.op = OP_LIST;
        ask.body = name_body("0.NA/35.TEST");
        assert_int_equal(send(&h, &ask).code, RC_OPERATION_DENIED);
        harness_close(&h);
}

/* Names whose keys are shortened in the store come out whole. */
static void lists_long_names(void **state)
{
        (void)state;
        struct harness h;
        harness_open(&h);
        char back[481];
        memset(back, 'X', sizeof(back) - 1);
        back[sizeof(back) - 1] = '\0';
        fill(&h, "35.TEST/long-", back, 60);
        unsigned pages;
        assert_int_equal(list_all(&h, OP_LIST, "0.NA/35.TEST", 0, &pages), 65);
        assert_int_equal(pages, 2);
        harness_close(&h);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(bad_octets),
                cmocka_unit_test(bad_octets_certified),
                cmocka_unit_test(every_octet_changed),
                cmocka_unit_test(versions),
                cmocka_unit_test(certified),
                cmocka_unit_test(refusals),
                cmocka_unit_test(a_refused_job_tells_so),
                cmocka_unit_test(site),
                cmocka_unit_test(status),
                cmocka_unit_test(lists),
                cmocka_unit_test(lists_long_names),
        };
        return cmocka_run_group_tests_name("identifier/serve", tests, NULL, NULL);
}
