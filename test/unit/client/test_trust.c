/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Record signatures (irp-service 10): a chain root -> registrar -> prefix -> record, good, and
 * broken in every link; what certificates permit; required signers; and through a client.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "world.h"

#include "client/trust.h"
#include "crypto/key.h"
#include "wire/data.h"

#include <stdio.h>
#include <stdlib.h>

#define NOW     1700000000u
#define JWS_MAX 8192u

/* Everybody's keys: made once, for all tests. */
enum who { ROOT_KEY, REGISTRAR, PREFIX, STRANGER, WHO_COUNT };
static struct ansa_key private_keys[WHO_COUNT];
static struct ansa_key public_keys[WHO_COUNT];
static struct arena key_arena;

static const struct ansa_ref refs[WHO_COUNT] = {
        { { (const uint8_t *)"0.0/0.0", 7 }, 300 },
        { { (const uint8_t *)"0.NA/35", 7 }, 300 },
        { { (const uint8_t *)"0.NA/35.TEST", 12 }, 300 },
        { { (const uint8_t *)"0.NA/66.EVIL", 12 }, 300 },
};

static int make_keys(void **state)
{
        (void)state;
        static const struct {
                enum ansa_key_kind kind;
                uint32_t bits;
        } kinds[WHO_COUNT] = { { ANSA_KEY_RSA, 2048 },
                               { ANSA_KEY_DSA, 1024 },
                               { ANSA_KEY_ED25519, 0 },
                               { ANSA_KEY_ED25519, 0 } };
        arena_init(&key_arena, 262144);
        for (size_t i = 0; i < WHO_COUNT; i++) {
                struct crypto_key *key;
                if (crypto_key_generate(kinds[i].kind, kinds[i].bits, &key) != ANSA_OK ||
                    crypto_key_parts(key, true, &key_arena, &private_keys[i]) != ANSA_OK ||
                    crypto_key_parts(key, false, &key_arena, &public_keys[i]) != ANSA_OK)
                        return 1;
                crypto_key_free(key);
        }
        return 0;
}

static int drop_keys(void **state)
{
        (void)state;
        arena_fini(&key_arena);
        return 0;
}

/* A record, as values in wire form. */
struct shelf {
        const char *name;
        struct buf values;
        uint32_t count;
};

static void put(struct shelf *s, uint32_t index, const char *type, struct ansa_bytes data)
{
        struct ansa_value v = fake_value(index, type, data);
        fake_put_value(&s->values, &v);
        s->count++;
}

static struct ansa_values values_of(const struct shelf *s)
{
        return (struct ansa_values){ buf_written(&s->values), s->count };
}

/* The scene: the record, and those of its signers. What a row changes is in here. */
struct scene {
        struct shelf record, prefix, registrar;
        enum who signs_record, signs_prefix, signs_registrar; /* with whose key */
        uint32_t record_from, record_until, cert_from, cert_until;
        const char *subject;
        const char *registrar_perm_name;
        enum ansa_permission registrar_perm;
        enum ansa_permission prefix_perm;
        bool with_chain;
        bool no_signature;
        const struct ansa_key *roots;
        size_t root_count;
        const struct ansa_bytes *required;
        size_t required_count;
        uint32_t fetched;
};

static const struct scene good = {
        .signs_record = PREFIX,
        .signs_prefix = REGISTRAR,
        .signs_registrar = ROOT_KEY,
        .record_until = NOW + 10,
        .cert_until = NOW + 10,
        .subject = "35.TEST/1",
        .registrar_perm_name = "0.NA/35",
        .registrar_perm = ANSA_PERMIT_DERIVED,
        .prefix_perm = ANSA_PERMIT_UNDER,
        .roots = &public_keys[ROOT_KEY],
        .root_count = 1,
};

static void certify(struct shelf *s, enum who subject, enum who issuer, enum who signs,
                    const char *grant_name, enum ansa_permission permission,
                    const struct scene *scene)
{
        uint8_t text[JWS_MAX];
        size_t size;
        struct ansa_signing by = { .issuer = refs[issuer],
                                   .key = &private_keys[signs],
                                   .issued_s = NOW - 5,
                                   .not_before_s = scene->cert_from,
                                   .expires_s = scene->cert_until };
        struct ansa_grant grant = { ansa_bytes_text(grant_name), permission };
        assert_int_equal(ansa_certificate_make(&by, &refs[subject], &public_keys[subject], &grant,
                                               1, text, sizeof(text), &size),
                         ANSA_OK);
        put(s, 400, "HS_CERT", (struct ansa_bytes){ text, size });
}

static void build(struct scene *s)
{
        uint8_t text[JWS_MAX];
        size_t size;
        static const struct ansa_ref chain[] = { { { (const uint8_t *)"0.NA/35.TEST", 12 }, 400 },
                                                 { { (const uint8_t *)"0.NA/35", 7 }, 400 } };
        s->record = (struct shelf){ "35.TEST/1", buf_growing(65536), 0 };
        s->prefix = (struct shelf){ "0.NA/35.TEST", buf_growing(65536), 0 };
        s->registrar = (struct shelf){ "0.NA/35", buf_growing(65536), 0 };
        put(&s->record, 1, "URL", ANSA_BYTES_LIT("http://example.org/"));
        put(&s->record, 2, "EMAIL", ANSA_BYTES_LIT("a@example.org"));
        if (!s->no_signature) {
                struct ansa_signing by = { .issuer = refs[PREFIX],
                                           .key = &private_keys[s->signs_record],
                                           .not_before_s = s->record_from,
                                           .expires_s = s->record_until };
                if (s->with_chain) {
                        by.chain = chain;
                        by.chain_count = 2;
                }
                assert_int_equal(ansa_signature_make(&by, ansa_bytes_text(s->subject),
                                                     values_of(&s->record), text, sizeof(text),
                                                     &size),
                                 ANSA_OK);
                put(&s->record, 401, "HS_SIGNATURE", (struct ansa_bytes){ text, size });
        }
        certify(&s->prefix, PREFIX, REGISTRAR, s->signs_prefix, "0.NA/35.TEST", s->prefix_perm, s);
        certify(&s->registrar, REGISTRAR, ROOT_KEY, s->signs_registrar, s->registrar_perm_name,
                s->registrar_perm, s);
}

static void drop(struct scene *s)
{
        buf_fini(&s->record.values);
        buf_fini(&s->prefix.values);
        buf_fini(&s->registrar.values);
}

static enum ansa_err fetch(void *context, struct ansa_bytes name, struct ansa_values *values)
{
        struct scene *s = context;
        struct shelf *shelves[] = { &s->prefix, &s->registrar };
        s->fetched++;
        for (size_t i = 0; i < 2; i++) {
                if (ansa_bytes_equal(name, ansa_bytes_text(shelves[i]->name)) &&
                    shelves[i]->count > 0) {
                        *values = values_of(shelves[i]);
                        return ANSA_OK;
                }
        }
        return ANSA_E_NOT_FOUND;
}

static struct ansa_trust check(struct scene *s)
{
        struct ansa_trust trust;
        struct ansa_trust_input input = { .name = ansa_bytes_text(s->record.name),
                                          .values = values_of(&s->record),
                                          .roots = s->roots,
                                          .root_count = s->root_count,
                                          .required = s->required,
                                          .required_count = s->required_count,
                                          .now_s = NOW,
                                          .fetch = fetch,
                                          .context = s };
        assert_int_equal(ansa_trust_check(&input, &trust), ANSA_OK);
        return trust;
}

static void expect(struct scene *s, enum ansa_trust_result want, const char *row)
{
        struct ansa_trust t = check(s);
        if (t.result != want)
                fail_msg("%s: \"%s\", not \"%s\"", row, t.reason, ansa_trust_text(want));
        if ((want == ANSA_TRUST_TRUSTED) != (t.reason[0] == '\0'))
                fail_msg("%s: reason \"%s\"", row, t.reason);
}

#define ROW(text, want, change)                      \
        do {                                         \
                struct scene s = good;               \
                change;                              \
                build(&s);                           \
                expect(&s, ANSA_TRUST_##want, text); \
                drop(&s);                            \
        } while (0)

/* One thing is wrong in each row, and it is told. */
static void finds_what_is_wrong(void **state)
{
        (void)state;
        ROW("good", TRUSTED, s.with_chain = false);
        ROW("good, with chain", TRUSTED, s.with_chain = true);
        ROW("registrar may everything", TRUSTED, s.registrar_perm = ANSA_PERMIT_EVERYTHING);
        ROW("prefix in another case", TRUSTED, s.subject = "35.test/1");
        ROW("unsigned", UNSIGNED, s.no_signature = true);
        ROW("of another record", WRONG_SUBJECT, s.subject = "35.TEST/2");
        ROW("signature expired", EXPIRED, s.record_until = NOW - 1);
        ROW("signature not valid yet", NOT_YET_VALID, s.record_from = NOW + 1);
        ROW("certificate expired", EXPIRED, s.cert_until = NOW - 1);
        ROW("certificate not valid yet", NOT_YET_VALID, s.cert_from = NOW + 1);
        ROW("record signed by a stranger", BAD_SIGNATURE, s.signs_record = STRANGER);
        ROW("prefix signed by a stranger", BAD_SIGNATURE, s.signs_prefix = STRANGER);
        ROW("registrar signed by a stranger", UNTRUSTED_ROOT, s.signs_registrar = STRANGER);
        ROW("another root", UNTRUSTED_ROOT, s.roots = &public_keys[STRANGER]);
        ROW("no root", UNTRUSTED_ROOT, s.root_count = 0);
        ROW("prefix may sign what is its own", TRUSTED, s.prefix_perm = ANSA_PERMIT_THIS);
        ROW("prefix may sign derived only", NOT_PERMITTED, s.prefix_perm = ANSA_PERMIT_DERIVED);
        ROW("registrar of another prefix", NOT_PERMITTED, s.registrar_perm_name = "0.NA/36");
        ROW("registrar may sign its own only", NOT_PERMITTED, s.registrar_perm = ANSA_PERMIT_UNDER);
}

/* The record was changed after it was signed. */
static void notices_changed_records(void **state)
{
        (void)state;
        struct scene s = good;
        build(&s);
        put(&s.record, 3, "URL", ANSA_BYTES_LIT("http://added/"));
        expect(&s, ANSA_TRUST_UNSIGNED_VALUE, "a value was added");
        drop(&s);
        s = good;
        build(&s);
        s.record.values.at[40] ^= 1; /* in the data of the first value */
        expect(&s, ANSA_TRUST_BAD_DIGEST, "a value was changed");
        drop(&s);
        s = good;
        build(&s);
        s.record.values.at[5] ^= 1; /* timestamp: the server's business */
        expect(&s, ANSA_TRUST_TRUSTED, "a timestamp was changed");
        drop(&s);
        s = good;
        build(&s);
        struct ansa_values v = values_of(&s.record);
        struct ansa_value first;
        assert_int_equal(ansa_values_next(&v, &first), ANSA_OK);
        struct shelf cut = { "35.TEST/1", buf_growing(65536), s.record.count - 1 };
        buf_bytes(&cut.values, v.wire);
        buf_fini(&s.record.values);
        s.record = cut;
        expect(&s, ANSA_TRUST_MISSING_VALUE, "a value was taken away");
        drop(&s);
}

static void notices_missing_certificates(void **state)
{
        (void)state;
        struct scene s = good;
        build(&s);
        s.prefix.count = 0;
        expect(&s, ANSA_TRUST_NO_CERTIFICATE, "no record of the prefix");
        drop(&s);
        s = good;
        build(&s);
        s.registrar.count = 0;
        expect(&s, ANSA_TRUST_NO_CERTIFICATE, "no record of the registrar");
        drop(&s);
        s = good;
        s.with_chain = true;
        build(&s);
        s.prefix.values.at[3] = 1; /* index 401: not where the chain says */
        expect(&s, ANSA_TRUST_NO_CERTIFICATE, "certificate at another index");
        drop(&s);
}

/* Two signatures cover the record between them; a bad one beside a good one does no harm. */
static void adds_signatures_up(void **state)
{
        (void)state;
        uint8_t text[JWS_MAX];
        size_t size;
        struct scene s = good;
        build(&s);
        struct shelf more = { "35.TEST/1", buf_growing(65536), 0 };
        put(&more, 3, "DESC", ANSA_BYTES_LIT("later"));
        struct ansa_signing by = { .issuer = refs[PREFIX], .key = &private_keys[PREFIX] };
        assert_int_equal(ansa_signature_make(&by, ANSA_BYTES_LIT("35.TEST/1"), values_of(&more),
                                             text, sizeof(text), &size),
                         ANSA_OK);
        put(&s.record, 3, "DESC", ANSA_BYTES_LIT("later"));
        put(&s.record, 402, "HS_SIGNATURE", (struct ansa_bytes){ text, size });
        put(&s.record, 403, "HS_SIGNATURE", ANSA_BYTES_LIT("nonsense"));
        expect(&s, ANSA_TRUST_TRUSTED, "two signatures");
        assert_int_equal(s.fetched, 4);
        buf_fini(&more.values);
        drop(&s);
}

/* Identifiers under the prefix must be signed through the key that we know. */
static void demands_required_signers(void **state)
{
        (void)state;
        uint8_t text[JWS_MAX];
        size_t size;
        static const struct {
                enum who who;      /* whose key is required */
                const char *under; /* for which identifiers */
                bool untrusted_root;
                bool no_signature;
                enum ansa_trust_result want;
        } rows[] = {
                { PREFIX, "0.NA/35.TEST", false, false, ANSA_TRUST_TRUSTED },
                { REGISTRAR, "0.NA/35.TEST", true, false, ANSA_TRUST_TRUSTED },
                { STRANGER, "0.NA/35.TEST", false, false, ANSA_TRUST_REQUIRED_SIGNER },
                { STRANGER, "0.NA/35.OTHER", false, false, ANSA_TRUST_TRUSTED },
                { PREFIX, "0.NA/35.TEST", false, true, ANSA_TRUST_REQUIRED_SIGNER },
        };
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                struct scene s = good;
                struct ansa_signing by = { .issuer = refs[STRANGER],
                                           .key = &private_keys[STRANGER] };
                struct ansa_grant grant = { ansa_bytes_text(rows[i].under), ANSA_PERMIT_UNDER };
                assert_int_equal(ansa_certificate_make(&by, &refs[rows[i].who],
                                                       &public_keys[rows[i].who], &grant, 1, text,
                                                       JWS_MAX, &size),
                                 ANSA_OK);
                struct ansa_bytes required = { text, size };
                s.required = &required;
                s.required_count = 1;
                s.no_signature = rows[i].no_signature;
                if (rows[i].untrusted_root)
                        s.root_count = 0;
                build(&s);
                expect(&s, rows[i].want, rows[i].under);
                drop(&s);
        }
}

/* Certificates that go round in a circle, and one that issues itself. */
static void breaks_circles(void **state)
{
        (void)state;
        struct scene s = good;
        build(&s);
        buf_reset(&s.registrar.values);
        s.registrar.count = 0;
        certify(&s.registrar, REGISTRAR, PREFIX, PREFIX, "0.NA/35", ANSA_PERMIT_EVERYTHING, &s);
        expect(&s, ANSA_TRUST_CHAIN_TOO_LONG, "circle");
        assert_in_range(s.fetched, 1, TRUST_CHAIN_MAX + 1);
        drop(&s);
        s = good;
        build(&s);
        buf_reset(&s.registrar.values);
        s.registrar.count = 0;
        certify(&s.registrar, REGISTRAR, REGISTRAR, REGISTRAR, "0.NA/35", ANSA_PERMIT_EVERYTHING,
                &s);
        expect(&s, ANSA_TRUST_UNTRUSTED_ROOT, "issues itself");
        drop(&s);
}

/* Which identifiers a permission covers (irp-service 10.1). */
static void knows_what_is_permitted(void **state)
{
        (void)state;
        static const struct {
                enum ansa_permission permission;
                const char *grant;
                const char *name;
                bool covers;
        } rows[] = {
                { ANSA_PERMIT_EVERYTHING, "", "1.2/3", true },
                { ANSA_PERMIT_THIS, "35.T/1", "35.t/1", true },
                { ANSA_PERMIT_THIS, "35.T/1", "35.T/2", false },
                { ANSA_PERMIT_THIS, "35.T/1", "35.T/1/2", false },
                { ANSA_PERMIT_THIS, "0.NA/35.T", "0.NA/35.T", true },
                { ANSA_PERMIT_THIS, "0.NA/35.T", "35.T/1", true },
                { ANSA_PERMIT_THIS, "0.NA/35.T", "35.T.X/1", false },
                { ANSA_PERMIT_THIS, "0.NA/35.T", "0.NA/35.T.X", false },
                { ANSA_PERMIT_DERIVED, "0.NA/35", "0.NA/35.T", true },
                { ANSA_PERMIT_DERIVED, "0.NA/35", "0.NA/35.T.X", true },
                { ANSA_PERMIT_DERIVED, "0.NA/35", "35.T/1", true },
                { ANSA_PERMIT_DERIVED, "0.NA/35", "0.NA/35", false },
                { ANSA_PERMIT_DERIVED, "0.NA/35", "35/1", false },
                { ANSA_PERMIT_DERIVED, "0.NA/35", "356.T/1", false },
                { ANSA_PERMIT_DERIVED, "35/1", "35.T/1", false },
                { ANSA_PERMIT_UNDER, "0.NA/35.T", "35.t/1", true },
                { ANSA_PERMIT_UNDER, "0.NA/35.T", "0.NA/35.T", false },
                { ANSA_PERMIT_UNDER, "0.NA/35.T", "35.TT/1", false },
        };
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                uint8_t text[JWS_MAX];
                size_t size;
                struct jws j;
                struct ansa_signing by = { .issuer = refs[PREFIX], .key = &private_keys[PREFIX] };
                struct ansa_grant grant = { ansa_bytes_text(rows[i].grant), rows[i].permission };
                assert_int_equal(ansa_certificate_make(&by, &refs[PREFIX], &public_keys[PREFIX],
                                                       &grant, 1, text, sizeof(text), &size),
                                 ANSA_OK);
                assert_int_equal(jws_read((struct ansa_bytes){ text, size }, &j), ANSA_OK);
                if (claims_permit(&j, ansa_bytes_text(rows[i].name)) != rows[i].covers)
                        fail_msg("%s over %s", rows[i].grant, rows[i].name);
                jws_fini(&j);
        }
}

static void makes_nothing_too_long(void **state)
{
        (void)state;
        uint8_t text[JWS_MAX];
        size_t size;
        size_t none;
        struct ansa_values nothing = { 0 };
        struct ansa_signing by = { .issuer = refs[PREFIX], .key = &private_keys[PREFIX] };
        assert_int_equal(ansa_signature_make(&by, ANSA_BYTES_LIT("35.T/1"), nothing, text,
                                             sizeof(text), &size),
                         ANSA_OK);
        assert_int_equal(
                ansa_signature_make(&by, ANSA_BYTES_LIT("35.T/1"), nothing, text, size - 1, &none),
                ANSA_E_LIMIT);
        assert_int_equal(none, 0);
        /* Neither signs a public key, nor is a private one certified. */
        by.key = &public_keys[PREFIX];
        assert_int_equal(ansa_signature_make(&by, ANSA_BYTES_LIT("35.T/1"), nothing, text,
                                             sizeof(text), &size),
                         ANSA_E_ARGUMENT);
        by.key = &private_keys[PREFIX];
        assert_int_equal(ansa_certificate_make(&by, &refs[PREFIX], &private_keys[PREFIX], NULL, 0,
                                               text, sizeof(text), &size),
                         ANSA_E_ARGUMENT);
}

/* ---- Through a client ---- */

static struct scene *served;

static void says_scene(struct fake_exchange *x)
{
        struct resolve_request q;
        struct buf body = buf_growing(65536);
        struct shelf *shelves[] = { &served->record, &served->prefix, &served->registrar };
        if (resolve_request_decode(x->request.body, &q) != ANSA_OK)
                abort();
        for (size_t i = 0; i < 3; i++) {
                if (ansa_bytes_equal(q.name, ansa_bytes_text(shelves[i]->name)))
                        record_body_encode(&(struct record_body){ q.name, values_of(shelves[i]) },
                                           &body);
        }
        if (body.size > 0)
                fake_respond(x, RC_SUCCESS, 0, buf_written(&body));
        else
                fake_respond(x, RC_NOT_FOUND, 0, ANSA_BYTES_LIT("\0\0\0\0"));
        buf_fini(&body);
}

static void checks_what_it_resolves(void **state)
{
        (void)state;
        static const struct {
                enum ansa_trust_policy policy;
                bool no_signature;
                bool stranger;
                const char *type;
                enum ansa_err err;
                uint32_t count;
        } rows[] = {
                { ANSA_TRUST_OFF, false, true, NULL, ANSA_OK, 3 },
                { ANSA_TRUST_IF_SIGNED, false, false, NULL, ANSA_OK, 3 },
                { ANSA_TRUST_IF_SIGNED, true, false, NULL, ANSA_OK, 2 },
                { ANSA_TRUST_IF_SIGNED, false, true, NULL, ANSA_E_UNAUTHENTIC, 0 },
                { ANSA_TRUST_REQUIRED, false, false, "URL", ANSA_OK, 1 },
                { ANSA_TRUST_REQUIRED, false, false, "PHONE", ANSA_E_NOT_FOUND, 0 },
                { ANSA_TRUST_REQUIRED, true, false, NULL, ANSA_E_UNAUTHENTIC, 0 },
        };
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                struct scene s = good;
                struct fake f = { .handler = says_scene };
                struct ansa_client *client;
                char server[32];
                s.no_signature = rows[i].no_signature;
                s.signs_record = rows[i].stranger ? STRANGER : PREFIX;
                s.record_until = 0;
                s.cert_until = 0;
                build(&s);
                served = &s;
                fake_start(&f);
                struct ansa_client_options o = { .trust = rows[i].policy };
                assert_int_equal(ansa_client_new(&o, &client), ANSA_OK);
                (void)snprintf(server, sizeof(server), "127.0.0.1:%u", f.port);
                assert_int_equal(ansa_client_set_server(client, server, ANSA_TRANSPORT_ANY),
                                 ANSA_OK);
                assert_int_equal(ansa_client_add_trust_root(client, &public_keys[ROOT_KEY]),
                                 ANSA_OK);
                struct ansa_bytes type = ansa_bytes_text(rows[i].type != NULL ? rows[i].type : "");
                struct ansa_request r = { .operation = ANSA_RESOLVE,
                                          .name = ANSA_BYTES_LIT("35.TEST/1"),
                                          .types = &type,
                                          .type_count = rows[i].type != NULL ? 1 : 0 };
                struct ansa_call *call;
                enum ansa_err err = ansa_run(client, &r, &call);
                const struct ansa_answer *a = ansa_call_answer(call);
                if (err != rows[i].err || a->values.count != rows[i].count)
                        fail_msg("row %zu: %s, %u values: %s", i, ansa_err_text(err),
                                 a->values.count, a->problem);
                assert_int_equal(a->problem[0] != '\0', err != ANSA_OK);
                ansa_call_free(call);
                ansa_client_free(client);
                fake_stop(&f);
                drop(&s);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(finds_what_is_wrong),
                cmocka_unit_test(notices_changed_records),
                cmocka_unit_test(notices_missing_certificates),
                cmocka_unit_test(adds_signatures_up),
                cmocka_unit_test(demands_required_signers),
                cmocka_unit_test(breaks_circles),
                cmocka_unit_test(knows_what_is_permitted),
                cmocka_unit_test(makes_nothing_too_long),
                cmocka_unit_test(checks_what_it_resolves),
        };
        return cmocka_run_group_tests_name("client/trust", tests, make_keys, drop_keys);
}
