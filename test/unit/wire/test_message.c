/* SPDX-License-Identifier: Apache-2.0 */
/* Envelope, header, whole messages and request digests: irp-wire 1. */
#include "../support.h"

#include "base/limits.h"
#include "wire/body.h"
#include "wire/message.h"

/* irp-wire 4.1, the example request and its response */
#define REQUEST                                                 \
        "020b020b 00000000 01020304 00000000 00000031"          \
        "00000001 00000000 19000000 ffff0000 6789abcd 00000015" \
        "00000009 '35.TEST/1' 00000000 00000000 00000000"
#define RESPONSE                                                                                  \
        "020b020b 00000000 01020304 00000000 0000005d"                                            \
        "00000001 00000001 89000000 00010000 6789abcd 00000041"                                   \
        "00000009 '35.TEST/1' 00000001"                                                           \
        "00000001 5f5e1000 00 00015180 0e 00000003 'URL' 00000013 'http://example.org/' 00000000" \
        "00000000"

static struct message decoded(const struct sample *s)
{
        struct envelope e;
        struct message m;
        assert_err("envelope", envelope_decode(sample_bytes(s), &e), ANSA_OK);
        assert_int_equal(e.message_size, s->size - ENVELOPE_SIZE);
        struct ansa_bytes after = { s->at + ENVELOPE_SIZE, s->size - ENVELOPE_SIZE };
        assert_err("message", message_decode(&e, after, &m), ANSA_OK);
        return m;
}

static void decodes_the_example_request(void **state)
{
        (void)state;
        struct sample s = sample_hex(REQUEST);
        assert_int_equal(s.size, 69);
        struct message m = decoded(&s);
        assert_int_equal(m.envelope.major, 2);
        assert_int_equal(m.envelope.minor, 11);
        assert_int_equal(m.envelope.flags, 0);
        assert_int_equal(m.envelope.suggested_major, 2);
        assert_int_equal(m.envelope.suggested_minor, 11);
        assert_int_equal(m.envelope.session_id, 0);
        assert_int_equal(m.envelope.request_id, 0x01020304);
        assert_int_equal(m.envelope.sequence, 0);
        assert_int_equal(m.header.op, OP_RESOLVE);
        assert_int_equal(m.header.response, RC_REQUEST);
        assert_int_equal(m.header.flags, FLAG_RECURSIVE | FLAG_CACHE_CERTIFY | FLAG_PUBLIC_ONLY);
        assert_int_equal(m.header.site_serial, SITE_SERIAL_UNKNOWN);
        assert_int_equal(m.header.recursion, 0);
        assert_int_equal(m.header.expires_s, 0x6789abcd);
        assert_int_equal(m.header.body_size, 21);
        assert_int_equal(m.credential.size, 0);
        assert_bytes("covered", m.header_and_body, (struct ansa_bytes){ s.at + 20, 45 });
        assert_bytes("body", m.body, (struct ansa_bytes){ s.at + 44, 21 });
        struct resolve_request r;
        assert_err("body", resolve_request_decode(m.body, &r), ANSA_OK);
        assert_bytes("name", r.name, ANSA_BYTES_LIT("35.TEST/1"));
        assert_int_equal(r.indexes.count, 0);
        assert_int_equal(r.types.count, 0);
}

static void decodes_the_example_response(void **state)
{
        (void)state;
        struct sample s = sample_hex(RESPONSE);
        assert_int_equal(s.size, 113);
        struct message m = decoded(&s);
        assert_int_equal(m.header.response, RC_SUCCESS);
        assert_int_equal(m.header.flags,
                         FLAG_AUTHORITATIVE | FLAG_CACHE_CERTIFY | FLAG_PUBLIC_ONLY);
        assert_int_equal(m.header.site_serial, 1);
        struct record_body r;
        struct ansa_value v;
        assert_err("body", record_body_decode(m.body, &r), ANSA_OK);
        assert_bytes("name", r.name, ANSA_BYTES_LIT("35.TEST/1"));
        assert_int_equal(r.values.count, 1);
        assert_err("value", ansa_values_next(&r.values, &v), ANSA_OK);
        assert_int_equal(v.index, 1);
        assert_bytes("data", v.data, ANSA_BYTES_LIT("http://example.org/"));
        assert_err("end", ansa_values_next(&r.values, &v), ANSA_E_NOT_FOUND);
}

static void builds_the_examples(void **state)
{
        (void)state;
        static const char *const examples[] = { REQUEST, RESPONSE };
        for (size_t i = 0; i < COUNT_OF(examples); i++) {
                struct sample s = sample_hex(examples[i]);
                struct message m = decoded(&s);
                uint8_t room[8 + 113];
                struct buf b = buf_over(room, 8 + s.size); /* just enough */
                buf_text(&b, "earlier.");                  /* a message need not be the first */
                struct message_mark mark = message_begin(&b, &m.envelope, &m.header);
                buf_bytes(&b, m.body);
                message_end_body(&b, mark);
                assert_bytes("covered", message_signed_part(&b, mark), m.header_and_body);
                message_end(&b, mark, m.credential);
                assert_err("building", b.err, ANSA_OK);
                struct ansa_bytes got = buf_written(&b);
                assert_bytes("message", (struct ansa_bytes){ got.at + 8, got.size - 8 },
                             sample_bytes(&s));
        }
}

static void fails_without_room(void **state)
{
        (void)state;
        struct sample s = sample_hex(REQUEST);
        struct message m = decoded(&s);
        for (size_t room = 0; room < s.size; room++) {
                uint8_t *at = malloc(room > 0 ? room : 1);
                assert_non_null(at);
                struct buf b = buf_over(at, room);
                struct message_mark mark = message_begin(&b, &m.envelope, &m.header);
                buf_bytes(&b, m.body);
                message_end_body(&b, mark);
                if (room < s.size - 4)
                        assert_int_equal(message_signed_part(&b, mark).size, 0);
                message_end(&b, mark, m.credential);
                assert_err("building", b.err, ANSA_E_LIMIT);
                free(at);
        }
}

static void builds_no_message_over_the_limit(void **state)
{
        (void)state;
        static const uint8_t body[LIMIT_MESSAGE_SIZE];
        struct sample s = sample_hex(REQUEST);
        struct message m = decoded(&s);
        for (size_t over = 0; over <= 5; over++) { /* from 5 on, without the credential too */
                struct buf b = buf_growing(2 * LIMIT_MESSAGE_SIZE);
                struct message_mark mark = message_begin(&b, &m.envelope, &m.header);
                buf_bytes(&b, (struct ansa_bytes){ body, sizeof(body) - HEADER_SIZE - 4 + over });
                message_end_body(&b, mark);
                message_end(&b, mark, (struct ansa_bytes){ 0 });
                assert_err("limit", b.err, over == 0 ? ANSA_OK : ANSA_E_LIMIT);
                buf_fini(&b);
        }
}

static void refuses_every_prefix(void **state)
{
        (void)state;
        struct sample s = sample_hex(REQUEST);
        struct envelope e;
        for (size_t n = 0; n < ENVELOPE_SIZE; n++) {
                uint8_t *copy = heap_copy(sample_bytes(&s), n);
                struct ansa_bytes wire = { copy, n };
                assert_err("envelope", envelope_decode(wire, &e), ANSA_E_TRUNCATED);
                assert_int_equal(e.major, 0);
                free(copy);
        }
        assert_err("envelope", envelope_decode(sample_bytes(&s), &e), ANSA_OK);
        struct ansa_bytes after = { s.at + ENVELOPE_SIZE, s.size - ENVELOPE_SIZE };
        for (size_t n = 0; n < after.size; n++) {
                uint8_t *copy = heap_copy(after, n);
                struct message m;
                struct header h;
                enum ansa_err got = message_decode(&e, (struct ansa_bytes){ copy, n }, &m);
                enum ansa_err head = header_decode((struct ansa_bytes){ copy, n }, &h);
                assert_err("header", head, n < HEADER_SIZE ? ANSA_E_TRUNCATED : ANSA_OK);
                /* Without the whole length word of the credential the message is unsigned. */
                assert_err("message", got, n < after.size - 4 ? ANSA_E_TRUNCATED : ANSA_OK);
                assert_int_equal(m.envelope.request_id, 0x01020304);
                assert_int_equal(m.header.op, n < HEADER_SIZE ? 0 : OP_RESOLVE);
                assert_int_equal(m.body.size, n < after.size - 4 ? 0 : 21);
                free(copy);
        }
}

static const struct after_case {
        const char *name;
        const char *hex; /* after the envelope */
        enum ansa_err want;
        size_t want_credential;
} after_cases[] = {
#define HEAD "00000001 00000000 00000000 0000 00 00 00000000"
        { "empty body, no credential word", HEAD "00000000", ANSA_OK, 0 },
        { "empty body, unsigned", HEAD "00000000 00000000", ANSA_OK, 0 },
        { "credential", HEAD "00000001 aa 00000003 010203", ANSA_OK, 3 },
        { "credential ends early", HEAD "00000001 aa 00000003 0102", ANSA_E_TRUNCATED, 0 },
        { "credential with more behind it", HEAD "00000000 00000001 01 02", ANSA_E_TRAILING, 0 },
        { "three octets behind the body", HEAD "00000000 010203", ANSA_OK, 0 },
        { "negative credential length", HEAD "00000000 80000000", ANSA_E_LIMIT, 0 },
        { "negative body length", HEAD "80000000 00000000", ANSA_E_TRUNCATED, 0 },
        { "greatest body length", HEAD "ffffffff 00000000", ANSA_E_TRUNCATED, 0 },
        { "body one octet longer than the rest", HEAD "00000005 00000000", ANSA_E_TRUNCATED, 0 },
        { "nothing", "", ANSA_E_TRUNCATED, 0 },
#undef HEAD
};

static void finds_body_and_credential(void **state)
{
        (void)state;
        for (size_t i = 0; i < COUNT_OF(after_cases); i++) {
                const struct after_case *t = &after_cases[i];
                struct sample s = sample_hex(t->hex);
                struct envelope e = { .major = 2, .minor = 11 };
                struct message m;
                assert_err(t->name, message_decode(&e, sample_bytes(&s), &m), t->want);
                if (m.credential.size != t->want_credential)
                        fail_msg("%s: credential of %zu octets", t->name, m.credential.size);
                if (t->want != ANSA_OK && (m.body.size != 0 || m.header_and_body.size != 0))
                        fail_msg("%s: something is left after a failure", t->name);
        }
}

static const struct version_case {
        const char *name;
        const char *first; /* four octets of an envelope */
        uint16_t want_stated;
        uint16_t want_suggested;
} version_cases[] = {
        { "2.11", "020b020b", VERSION(2, 11), VERSION(2, 11) },
        { "compatible, speaks 2.11", "0203020b", VERSION(2, 3), VERSION(2, 11) },
        { "nothing suggested", "02010000", VERSION(2, 1), VERSION(2, 1) },
        { "5.0 is 2.0", "05000000", VERSION(2, 0), VERSION(2, 0) },
        { "5.0 that suggests 5.0 in two bits", "05000500", VERSION(2, 0), VERSION(2, 0) },
        { "3.0 is 2.11", "03000300", VERSION(2, 11), VERSION(2, 11) },
        { "3.1 is 2.11", "03010000", VERSION(2, 11), VERSION(2, 11) },
        { "2.3 that suggests 3.0", "02030300", VERSION(2, 3), VERSION(2, 11) },
        { "a later minor is kept", "020c020c", VERSION(2, 12), VERSION(2, 12) },
        { "flags are not the version", "020be20b", VERSION(2, 11), VERSION(2, 11) },
        { "only two bits are read", "020b1e0b", VERSION(2, 11), VERSION(2, 11) },
};

static void reads_versions(void **state)
{
        (void)state;
        for (size_t i = 0; i < COUNT_OF(version_cases); i++) {
                const struct version_case *t = &version_cases[i];
                struct sample s = sample_hex(t->first);
                struct envelope e;
                s.size = ENVELOPE_SIZE; /* the rest is zero */
                assert_err(t->name, envelope_decode(sample_bytes(&s), &e), ANSA_OK);
                if (envelope_version(&e) != t->want_stated ||
                    envelope_suggested(&e) != t->want_suggested)
                        fail_msg("%s: %04x, suggested %04x", t->name, envelope_version(&e),
                                 envelope_suggested(&e));
        }
        assert_true(VERSION(2, 0) < VERSION(2, 9) && VERSION(2, 9) < VERSION(2, 11));
}

static void envelope_and_header_round_trip(void **state)
{
        (void)state;
        struct rng r = { 1 };
        for (unsigned i = 0; i < 1000; i++) {
                uint8_t in[ENVELOPE_SIZE + HEADER_SIZE];
                uint8_t out[sizeof(in)];
                for (size_t k = 0; k < sizeof(in); k++)
                        in[k] = (uint8_t)rng_next(&r);
                in[2] &= 0xe3;              /* three bits that nobody reads */
                in[ENVELOPE_SIZE + 15] = 0; /* reserved */
                struct ansa_bytes wire = { in, sizeof(in) };
                struct envelope e;
                struct header h;
                assert_err("envelope", envelope_decode(wire, &e), ANSA_OK);
                wire = (struct ansa_bytes){ in + ENVELOPE_SIZE, HEADER_SIZE };
                assert_err("header", header_decode(wire, &h), ANSA_OK);
                struct buf b = buf_over(out, sizeof(out));
                envelope_encode(&e, &b);
                header_encode(&h, &b);
                assert_bytes("again", buf_written(&b), (struct ansa_bytes){ in, sizeof(in) });
        }
}

#define MD5_HEX    "da3a93a3099f8d022496b053935ea5f3"
#define SHA1_HEX   "2d128aff7df08e849142153f334e8be1a97c89ee"
#define SHA256_HEX "74c3bf262bd5de32782fdc23f06f43a94bbc158b9ac4a856bb88134f37c05b62"

static const struct digest_case {
        const char *name;
        const char *hex; /* followed by one octet of the body proper when it decodes */
        enum ansa_err want;
        uint8_t want_code;
        size_t want_size;
} digest_cases[] = {
        { "MD5", "01" MD5_HEX "aa", ANSA_OK, DIGEST_MD5, 16 },
        { "SHA-1", "02" SHA1_HEX "aa", ANSA_OK, DIGEST_SHA1, 20 },
        { "SHA-256", "03" SHA256_HEX "aa", ANSA_OK, DIGEST_SHA256, 32 },
        { "old form", "00000010" MD5_HEX "aa", ANSA_OK, DIGEST_OLD_MD5, 16 },
        { "old form of another size", "00000014" SHA1_HEX, ANSA_E_MALFORMED, 0, 0 },
        { "old form, huge length", "00ffff10" MD5_HEX, ANSA_E_MALFORMED, 0, 0 },
        { "unknown code", "04" SHA256_HEX, ANSA_E_UNSUPPORTED, 0, 0 },
        { "no body", "", ANSA_E_TRUNCATED, 0, 0 },
};

static void takes_digests_off(void **state)
{
        (void)state;
        for (size_t i = 0; i < COUNT_OF(digest_cases); i++) {
                const struct digest_case *t = &digest_cases[i];
                struct sample s = sample_hex(t->hex);
                struct ansa_bytes body = sample_bytes(&s);
                struct request_digest d;
                assert_err(t->name, request_digest_decode(&body, &d), t->want);
                assert_int_equal(d.code, t->want_code);
                assert_int_equal(d.digest.size, t->want_size);
                assert_int_equal(body.size, t->want == ANSA_OK ? 1 : s.size);
                if (t->want != ANSA_OK)
                        continue;
                uint8_t room[64];
                struct buf b = buf_over(room, sizeof(room));
                request_digest_encode(&d, &b);
                buf_u8(&b, 0xaa);
                assert_bytes(t->name, buf_written(&b), sample_bytes(&s));
                for (size_t n = 0; n + 1 < s.size; n++) {
                        uint8_t *copy = heap_copy(sample_bytes(&s), n);
                        body = (struct ansa_bytes){ copy, n };
                        assert_err(t->name, request_digest_decode(&body, &d), ANSA_E_TRUNCATED);
                        assert_int_equal(body.size, n);
                        free(copy);
                }
        }
}

static void chooses_digests_by_version(void **state)
{
        (void)state;
        assert_int_equal(request_digest_code(VERSION(2, 0)), DIGEST_OLD_MD5);
        assert_int_equal(request_digest_code(VERSION(2, 1)), DIGEST_SHA1);
        assert_int_equal(request_digest_code(VERSION(2, 6)), DIGEST_SHA1);
        assert_int_equal(request_digest_code(VERSION(2, 7)), DIGEST_SHA256);
        assert_int_equal(request_digest_code(VERSION_OWN), DIGEST_SHA256);
}

static void names_codes(void **state)
{
        (void)state;
#define X(name, number, text) assert_string_equal(operation_text(number), text);
        OPERATION_MAP(X)
#undef X
#define X(name, number, text) assert_string_equal(response_text(number), text);
        RESPONSE_MAP(X)
#undef X
        assert_string_equal(operation_text(OP_RESOLVE), "resolve");
        assert_string_equal(operation_text(1003), "backup");
        assert_string_equal(operation_text(3), "unknown");
        assert_string_equal(response_text(RC_NOT_FOUND), "identifier not found");
        assert_string_equal(response_text(505), "session message repeated");
        assert_string_equal(response_text(0xffffffff), "unknown");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(decodes_the_example_request),
                cmocka_unit_test(decodes_the_example_response),
                cmocka_unit_test(builds_the_examples),
                cmocka_unit_test(fails_without_room),
                cmocka_unit_test(builds_no_message_over_the_limit),
                cmocka_unit_test(refuses_every_prefix),
                cmocka_unit_test(finds_body_and_credential),
                cmocka_unit_test(reads_versions),
                cmocka_unit_test(envelope_and_header_round_trip),
                cmocka_unit_test(takes_digests_off),
                cmocka_unit_test(chooses_digests_by_version),
                cmocka_unit_test(names_codes),
        };
        return cmocka_run_group_tests_name("wire/message", tests, NULL, NULL);
}
