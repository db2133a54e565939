/* SPDX-License-Identifier: Apache-2.0 */
/* Authentication other than Basic, sessions, verifications (rest-api 4). */
#include "web.h"

#include "base/text.h"
#include "crypto/answer.h"
#include "http/auth.h"
#include "http/web_sessions.h"

#include <stdio.h>

#define MIXED "/api/handles/35.TEST/mixed?publicOnly=false"
#define RIGHT       \
        "s\xc3\xa9" \
        "cret"

static int setup(void **state)
{
        static struct web w;
        web_open(&w);
        *state = &w;
        return 0;
}

static int teardown(void **state)
{
        web_close(*state);
        return 0;
}

/* What is between @before and the next quote, in static memory. */
static const char *between(const char *text, const char *before)
{
        static char found[4][600];
        static unsigned next;
        char *at = found[next++ % 4];
        const char *from = text != NULL ? strstr(text, before) : NULL;
        assert_non_null(from);
        from += strlen(before);
        const char *end = strchr(from, '"');
        assert_non_null(end);
        (void)snprintf(at, sizeof(found[0]), "%.*s", (int)(end - from), from);
        return at;
}

static const char *base64(struct ansa_bytes octets)
{
        static uint8_t room[4][1000];
        static unsigned next;
        struct buf b = buf_over(room[next++ % 4], sizeof(room[0]));
        text_put_base64(&b, octets, TEXT_BASE64);
        buf_u8(&b, 0);
        assert_int_equal(b.err, ANSA_OK);
        return (const char *)b.at;
}

static struct ansa_bytes octets_of(const char *text, struct buf *b)
{
        buf_reset(b);
        assert_int_equal(text_base64(ansa_bytes_text(text), b), ANSA_OK);
        return buf_written(b);
}

static const struct ansa_bytes cnonce = { (const uint8_t *)"fedcba9876543210", 16 };

enum proof { BY_RSA, BY_WRONG_KEY, BY_SHA1, BY_SECRET, BY_HMAC, BY_PBKDF2, BY_WRONG_SECRET };

static void put_member(struct buf *b, bool is_json, const char *key, const char *value)
{
        buf_text(b, b->size > 0 ? "," : "");
        buf_text(b, is_json ? "\"" : " ");
        buf_text(b, key);
        buf_text(b, is_json ? "\":\"" : "=\"");
        buf_text(b, value);
        buf_u8(b, '"');
}

static size_t sign(struct web *w, enum proof how, const struct ansa_bytes *parts,
                   uint8_t out[CRYPTO_SIGNATURE_MAX], const char **alg)
{
        size_t size = 0;
        struct answer_input input = { parts[0], parts[1] };
        struct mac_parameters p = { .code = MAC_SHA256 };
        *alg = how == BY_SHA1 ? "SHA1" : "SHA256";
        if (how <= BY_SHA1) {
                assert_int_equal(crypto_sign(how == BY_WRONG_KEY ? w->h.other : w->h.rsa,
                                             how == BY_SHA1 ? ALGORITHM_SHA1 : ALGORITHM_SHA256,
                                             parts, 2, out, CRYPTO_SIGNATURE_MAX, &size),
                                 ANSA_OK);
                return size;
        }
        if (how == BY_HMAC) {
                p.code = MAC_HMAC_SHA1;
                *alg = "HMAC-SHA1";
        } else if (how == BY_PBKDF2) {
                p = (struct mac_parameters){ MAC_PBKDF2, ANSA_BYTES_LIT("salt"), 1000, 160 };
                *alg = "PBKDF2-HMAC-SHA1";
        }
        const char *secret = how == BY_WRONG_SECRET ? "wrong" : RIGHT;
        assert_int_equal(answer_mac(&p, ansa_bytes_text(secret), &input, out, &size), ANSA_OK);
        return size;
}

/* The members that answer @nonce (base64), as k="v" or "k":"v". */
static const char *prove(struct web *w, enum proof how, const char *nonce, bool is_json)
{
        static uint8_t text[3000];
        uint8_t out[CRYPTO_SIGNATURE_MAX];
        const char *alg;
        struct buf room = buf_growing(1000);
        struct ansa_bytes parts[] = { octets_of(nonce, &room), cnonce };
        size_t size = sign(w, how, parts, out, &alg);
        bool is_public = how <= BY_SHA1;
        struct buf b = buf_over(text, sizeof(text));
        const char *colon = is_json ? ":" : "%3A";
        char id[64];
        (void)snprintf(id, sizeof(id), "%u%s0.NA/35.TEST", is_public ? 300u : 302u, colon);
        put_member(&b, is_json, "id", id);
        put_member(&b, is_json, "type", is_public ? "HS_PUBKEY" : "HS_SECKEY");
        put_member(&b, is_json, "cnonce", base64(cnonce));
        put_member(&b, is_json, "alg", alg);
        put_member(&b, is_json, "signature", base64((struct ansa_bytes){ out, size }));
        if (how == BY_PBKDF2) {
                put_member(&b, is_json, "salt", "c2FsdA==");
                put_member(&b, is_json, "iterations", "1000");
                put_member(&b, is_json, "length", "160");
        }
        buf_u8(&b, 0);
        assert_int_equal(b.err, ANSA_OK);
        buf_fini(&room);
        return (const char *)text;
}

static struct web_told with(struct web *w, const char *method, const char *target,
                            const char *authorization)
{
        char headers[5000];
        (void)snprintf(headers, sizeof(headers), "Authorization: %s", authorization);
        struct web_ask ask = { .method = method, .target = target, .headers = headers };
        return web_send(w, &ask);
}

/* A challenge, its answer in the header, then the session alone. */
static void test_header(void **state)
{
        static const struct {
                const char *rule;
                enum proof how;
                uint32_t status;
        } rows[] = {
                { "RSA, SHA-256", BY_RSA, 200 },
                { "another's key", BY_WRONG_KEY, 401 },
                { "SHA-1 is not good enough", BY_SHA1, 401 },
                { "secret", BY_SECRET, 200 },
                { "HMAC", BY_HMAC, 200 },
                { "PBKDF2", BY_PBKDF2, 200 },
                { "wrong secret", BY_WRONG_SECRET, 401 },
        };
        struct web *w = *state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                char header[4000];
                char id[64];
                struct web_told told = web_get(w, MIXED);
                print_message("%s\n", rows[i].rule);
                assert_int_equal(told.status, 401);
                assert_non_null(strstr(told.headers, "Basic realm=\"handle\""));
                (void)snprintf(id, sizeof(id), "%s", between(told.headers, "sessionId=\""));
                const char *nonce = between(told.headers, "nonce=\"");
                (void)snprintf(header, sizeof(header), "Handle version=\"0\", sessionId=\"%s\", %s",
                               id, prove(w, rows[i].how, nonce, false));
                told = with(w, "GET", MIXED, header);
                assert_int_equal(told.status, rows[i].status);
                bool is_good = rows[i].status == 200;
                if (!is_good) {
                        assert_string_equal(between(told.headers, "sessionId=\""), id);
                        assert_string_not_equal(between(told.headers, "nonce=\""), nonce);
                        assert_non_null(strstr(told.headers, "error=\"authentication failed\""));
                        assert_non_null(strstr(told.headers, "serverAlg=\"SHA256\""));
                        assert_null(strstr(told.headers, "Basic"));
                }
                told = with(w, "GET", MIXED, header); /* a nonce is good once */
                assert_int_equal(told.status, 401);
                (void)snprintf(header, sizeof(header), "handle sessionId=\"%s\"", id);
                told = with(w, "GET", MIXED, header);
                assert_int_equal(told.status, is_good ? 200 : 401);
        }
}

static void test_server_signature(void **state)
{
        struct web *w = *state;
        char header[200];
        struct buf nonce = buf_growing(1000);
        struct buf signature = buf_growing(1000);
        (void)snprintf(header, sizeof(header), "Handle cnonce=\"%s\"", base64(cnonce));
        struct web_told told = with(w, "GET", MIXED, header);
        assert_int_equal(told.status, 401);
        struct ansa_bytes parts[] = { octets_of(between(told.headers, "nonce=\""), &nonce),
                                      cnonce };
        assert_int_equal(
                crypto_verify(w->h.signer.key, ALGORITHM_SHA256, parts, 2,
                              octets_of(between(told.headers, "serverSignature=\""), &signature)),
                ANSA_OK);
        buf_fini(&nonce);
        buf_fini(&signature);
}

static void test_bad_headers(void **state)
{
        static const struct {
                const char *header;
                uint32_t status;
        } rows[] = {
                { "Handle sessionId", 401 },
                { "Handle sessionId=\"", 401 },
                { "Handle sessionId=\"x\", signature=\"!\"", 401 },
                { "Handle sessionId=\"x\", iterations=\"-1\"", 401 },
                { "Handle sessionId=\"x\", signature=\"eA==\"", 401 },
                { "Handle sessionId=\"x\", id=\"300:a\", type=\"HS_PUBKEY\", alg=\"SHA256\", "
                  "signature=\"eA==\"",
                  401 },
                { "Handle sessionId=\"x\", id=\"300:a\", type=\"HS_ADMIN\", alg=\"SHA256\", "
                  "signature=\"eA==\"",
                  401 },
                { "Handle sessionId=00000000000000000000000000000000", 401 },
                { "Handle sessionId=\"x\", id=\"300:a\", type=\"HS_SECKEY\", alg=\"SHA256\", "
                  "signature=\"eA==\"",
                  401 },
                { "Basic !", 401 },
                { "Basic eA==", 401 },
                { "Handle", 401 },
                { "Bearer x", 401 },
        };
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                print_message("%s\n", rows[i].header);
                struct web_told told = with(*state, "GET", MIXED, rows[i].header);
                assert_int_equal(told.status, rows[i].status);
                assert_non_null(strstr(told.body, "\"responseCode\":402,"));
                assert_non_null(strstr(told.headers, "WWW-Authenticate: Handle sessionId=\""));
        }
}

static void test_who_gets_basic(void **state)
{
        struct web_ask ask = { .target = MIXED, .headers = "X-Requested-With: XMLHttpRequest" };
        struct web_told told = web_send(*state, &ask);
        assert_null(strstr(told.headers, "Basic"));
        told = with(*state, "GET", MIXED, "Basic eDp5");
        assert_non_null(strstr(told.headers, "Basic realm"));
}

static struct web_told session(struct web *w, const char *method, const char *id, const char *text)
{
        char headers[200];
        (void)snprintf(headers, sizeof(headers), "Authorization: Handle sessionId=\"%s\"", id);
        struct web_ask ask = { .method = method,
                               .target = "/api/sessions/this",
                               .headers = id[0] != 0 ? headers : NULL,
                               .text = text };
        return web_send(w, &ask);
}

static void test_sessions(void **state)
{
        struct web *w = *state;
        char text[4000];
        char id[64];
        char nonce[64];
        struct web_ask ask = { .method = "POST", .target = "/api/sessions" };
        struct web_told told = web_send(w, &ask);
        assert_int_equal(told.status, 201);
        assert_string_equal(web_header(&told, "Location"), "/api/sessions/this");
        assert_null(strstr(told.body, "authenticated"));
        (void)snprintf(id, sizeof(id), "%s", between(told.body, "\"sessionId\":\""));
        (void)snprintf(nonce, sizeof(nonce), "%s", between(told.body, "\"nonce\":\""));
        assert_int_equal(strlen(id), 32);
        assert_int_equal(strlen(nonce), 24);
        told = session(w, "GET", id, NULL);
        assert_int_equal(told.status, 200);
        assert_string_equal(between(told.body, "\"nonce\":\""), nonce);

        /* wrong, then right with the new nonce; by header and body, then all in the body */
        (void)snprintf(text, sizeof(text), "{%s}", prove(w, BY_WRONG_KEY, nonce, true));
        told = session(w, "PUT", id, text);
        assert_int_equal(told.status, 401);
        assert_non_null(strstr(told.body, "\"error\":\"authentication failed\""));
        assert_string_not_equal(between(told.body, "\"nonce\":\""), nonce);
        (void)snprintf(nonce, sizeof(nonce), "%s", between(told.body, "\"nonce\":\""));
        (void)snprintf(text, sizeof(text), "{\"sessionId\":\"%s\",%s}", id,
                       prove(w, BY_SECRET, nonce, true));
        told = session(w, "POST", "", text);
        assert_int_equal(told.status, 200);
        assert_non_null(strstr(told.body, ",\"authenticated\":true,\"id\":\"302:0.NA/35.TEST\"}"));
        told = session(w, "GET", id, NULL);
        assert_non_null(strstr(told.body, "\"authenticated\":true"));

        /* idle: half an hour */
        w->h.env.steady_ms += 1799999;
        assert_int_equal(session(w, "GET", id, NULL).status, 200);
        w->h.env.steady_ms += 1800000;
        http_tick(w->http);
        assert_int_equal(session(w, "GET", id, NULL).status, 404);
        assert_int_equal(session(w, "DELETE", id, NULL).status, 404);

        /* one that is authenticated from the beginning, until its end */
        ask.headers = "Authorization: Basic MzAyJTNBMC5OQS8zNS5URVNUOnPDqWNyZXQ=";
        told = web_send(w, &ask);
        assert_int_equal(told.status, 201);
        assert_non_null(strstr(told.body, ",\"authenticated\":true,\"id\":\"302:0.NA/35.TEST\"}"));
        (void)snprintf(id, sizeof(id), "%s", between(told.body, "\"sessionId\":\""));
        assert_int_equal(session(w, "DELETE", id, NULL).status, 204);
        assert_int_equal(session(w, "GET", id, NULL).status, 404);

        ask = (struct web_ask){ .method = "POST", .target = "/api/sessions", .is_plain = true };
        assert_int_equal(web_send(w, &ask).status, 403);
        ask = (struct web_ask){ .method = "POST", .target = "/api/sessions", .text = "{" };
        assert_int_equal(web_send(w, &ask).status, 400);
        ask.text = "{\"cnonce\":\"ZmVkY2JhOTg3NjU0MzIxMA==\"}";
        told = web_send(w, &ask);
        assert_non_null(strstr(told.body, "\"serverAlg\":\"SHA256\",\"serverSignature\":\""));
}

static uint64_t count_of(struct web_sessions *s)
{
        uint64_t proven;
        uint64_t waiting;
        web_sessions_count(s, &proven, &waiting);
        return proven + waiting;
}

/* The table is bounded; who fills it loses his own. */
static void test_table(void **state)
{
        struct web *w = *state;
        struct web_sessions *s;
        struct arena arena;
        struct web_session mine;
        struct web_session other;
        struct peer peer = { .address = { [10] = 0xff, [11] = 0xff, [12] = 10 } };
        struct peer stranger = { .address = { [10] = 0xff, [11] = 0xff, [12] = 11, [13] = 77 } };
        arena_init(&arena, 1u << 20);
        assert_int_equal(web_sessions_new(&w->h.env.env, &s), ANSA_OK);
        assert_int_equal(web_sessions_add(s, &peer, NULL, &mine), ANSA_OK);
        for (uint32_t i = 0; i < WEB_SESSIONS_MAX + 10; i++)
                assert_int_equal(web_sessions_add(s, &stranger, NULL, &other), ANSA_OK);
        assert_int_equal(count_of(s), WEB_SESSIONS_MAX);
        struct ansa_bytes id = ansa_bytes_text(mine.id);
        assert_int_equal(web_sessions_find(s, id, &arena, &other), ANSA_OK);
        struct ansa_ref who = { ANSA_BYTES_LIT("35.TEST/ADM"), 300 };
        assert_int_equal(web_sessions_prove(s, id, &who), ANSA_OK);
        assert_int_equal(web_sessions_find(s, id, &arena, &other), ANSA_OK);
        assert_true(other.is_proven);
        assert_int_equal(other.identity.index, 300);
        w->h.env.steady_ms += WEB_SESSION_WAIT_MS;
        web_sessions_expire(s);
        assert_int_equal(count_of(s), 1);
        id.size--;
        assert_int_equal(web_sessions_find(s, id, &arena, &other), ANSA_E_NOT_FOUND);
        web_sessions_free(s);
        arena_fini(&arena);
}

/* The public key of a certificate, as the door hands it over. */
static struct ansa_bytes der_of(const struct crypto_key *key, struct buf *der)
{
        struct buf pem = buf_growing(10000);
        assert_int_equal(crypto_key_to_pem(key, false, (struct ansa_bytes){ 0 }, &pem), ANSA_OK);
        buf_u8(&pem, 0);
        const char *from = strchr((const char *)pem.at, '\n');
        const char *end = strstr(from, "-----END");
        char text[4000];
        size_t size = 0;
        for (; from < end; from++) {
                if (*from != '\n')
                        text[size++] = *from;
        }
        assert_int_equal(text_base64((struct ansa_bytes){ (uint8_t *)text, size }, der), ANSA_OK);
        buf_fini(&pem);
        return buf_written(der);
}

static void test_certificate(void **state)
{
        struct web *w = *state;
        struct buf right = buf_growing(10000);
        struct buf wrong = buf_growing(10000);
        (void)der_of(w->h.rsa, &right);
        (void)der_of(w->h.other, &wrong);
        static const struct {
                const char *rule;
                const char *name;
                bool is_wrong;
                const char *headers;
                const char *method;
                uint32_t status;
        } rows[] = {
                { "its key", "300:0.NA/35.TEST", false, NULL, "GET", 200 },
                { "asked for", "300:0.NA/35.TEST", false,
                  "Authorization: Handle clientCert=\"true\"", "GET", 200 },
                { "another key", "300:0.NA/35.TEST", true, NULL, "GET", 401 },
                { "another index", "301:0.NA/35.TEST", false, NULL, "GET", 401 },
                { "no identity", "", false, NULL, "GET", 401 },
                { "other credentials come first", "300:0.NA/35.TEST", false,
                  "Authorization: Basic eDp5", "GET", 401 },
                { "a change", "300:0.NA/35.TEST", false, NULL, "DELETE", 200 },
                { "made by another's page", "300:0.NA/35.TEST", false,
                  "Origin: https://example.org\nHost: here", "DELETE", 401 },
                { "made by another's page, as newer browsers tell", "300:0.NA/35.TEST", false,
                  "Sec-Fetch-Site: cross-site", "DELETE", 401 },
                { "made by our page", "300:0.NA/35.TEST", false, "Origin: https://here\nHost: here",
                  "DELETE", 404 },
        };
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                bool is_change = strcmp(rows[i].method, "DELETE") == 0;
                struct web_ask ask = {
                        .method = rows[i].method,
                        .target = is_change ? "/api/handles/35.TEST/public" : MIXED,
                        .headers = rows[i].headers,
                        .client_name = rows[i].name,
                        .client_key = buf_written(rows[i].is_wrong ? &wrong : &right),
                };
                print_message("%s\n", rows[i].rule);
                assert_int_equal(web_send(w, &ask).status, rows[i].status);
                ask.is_plain = true;
                assert_int_equal(web_send(w, &ask).status, 403);
        }
        struct web_ask foreign = { .target = "/api/site",
                                   .client_name = "Jane Doe",
                                   .client_key = buf_written(&right) };
        assert_int_equal(web_send(w, &foreign).status, 200);
        struct web_ask script = { .target = MIXED "&callback=f",
                                  .client_name = "300:0.NA/35.TEST",
                                  .client_key = buf_written(&right) };
        assert_int_equal(web_send(w, &script).status, 401);
        struct web_ask ask = { .target = MIXED,
                               .client_name = "300:0.NA/35.TEST",
                               .client_key = ANSA_BYTES_LIT("no key") };
        assert_int_equal(web_send(w, &ask).status, 401);
        buf_fini(&right);
        buf_fini(&wrong);
}

static void test_verifications(void **state)
{
        struct web *w = *state;
        const struct ansa_bytes nonce = ANSA_BYTES_LIT("0123456789abcdef");
        uint8_t mac[DIGEST_SIZE_MAX];
        size_t size;
        struct answer_input input = { nonce, cnonce };
        struct mac_parameters p = { .code = MAC_HMAC_SHA256 };
        assert_int_equal(answer_mac(&p, ansa_bytes_text(RIGHT), &input, mac, &size), ANSA_OK);
        char right[200];
        struct buf b = buf_over((uint8_t *)right, sizeof(right));
        for (const char *at = base64((struct ansa_bytes){ mac, size }); *at != 0; at++) {
                if (*at == '+')
                        buf_text(&b, "%2B");
                else
                        buf_u8(&b, (uint8_t)*at);
        }
        buf_u8(&b, 0);
#define NONCES "nonce=MDEyMzQ1Njc4OWFiY2RlZg==&cnonce=ZmVkY2JhOTg3NjU0MzIxMA=="
        const struct {
                const char *rule;
                const char *place;
                const char *query;
                const char *signature;
                uint32_t status;
                const char *holds;
        } rows[] = {
                { "index in the path", "302:0.NA/35.TEST", NONCES "&alg=HMAC-SHA256", right, 200,
                  "{\"responseCode\":1,\"isValid\":true}" },
                { "index as a parameter", "0.NA/35.TEST", NONCES "&alg=HMAC-SHA256&index=302",
                  right, 200, "\"isValid\":true" },
                { "wrong", "302:0.NA/35.TEST", NONCES "&alg=HMAC-SHA256",
                  "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", 200, "\"isValid\":false" },
                { "wrong algorithm", "302:0.NA/35.TEST", NONCES "&alg=SHA256", right, 200,
                  "\"isValid\":false" },
                { "a MAC of another size", "302:0.NA/35.TEST", NONCES "&alg=HMAC-SHA1", right, 400,
                  "\"responseCode\":4," },
                { "no index", "0.NA/35.TEST", NONCES "&alg=HMAC-SHA256", right, 400,
                  "\"responseCode\":4," },
                { "two indexes", "302:0.NA/35.TEST", NONCES "&alg=HMAC-SHA256&index=302", right,
                  400, "\"responseCode\":4," },
                { "unknown algorithm", "302:0.NA/35.TEST", NONCES "&alg=ROT13", right, 400,
                  "\"responseCode\":4," },
                { "no nonce", "302:0.NA/35.TEST", "cnonce=eA==&alg=HMAC-SHA256", right, 400,
                  "\"responseCode\":4," },
                { "no algorithm", "302:0.NA/35.TEST", NONCES, right, 400, "\"responseCode\":4," },
                { "a cnonce that is no digest", "302:0.NA/35.TEST",
                  "nonce=eA==&cnonce=eA==&alg=HMAC-SHA256", right, 400, "\"responseCode\":4," },
                { "not homed", "302:77.ELSE/1", NONCES "&alg=HMAC-SHA256", right, 400,
                  "\"responseCode\":301," },
        };
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                char target[1000];
                (void)snprintf(target, sizeof(target), "/api/verifications/%s?%s&signature=%s",
                               rows[i].place, rows[i].query, rows[i].signature);
                struct web_told told = web_get(w, target);
                print_message("%s: %s\n", rows[i].rule, told.body);
                assert_int_equal(told.status, rows[i].status);
                assert_non_null(strstr(told.body, rows[i].holds));
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(test_header, setup, teardown),
                cmocka_unit_test_setup_teardown(test_server_signature, setup, teardown),
                cmocka_unit_test_setup_teardown(test_bad_headers, setup, teardown),
                cmocka_unit_test_setup_teardown(test_who_gets_basic, setup, teardown),
                cmocka_unit_test_setup_teardown(test_sessions, setup, teardown),
                cmocka_unit_test_setup_teardown(test_table, setup, teardown),
                cmocka_unit_test_setup_teardown(test_certificate, setup, teardown),
                cmocka_unit_test_setup_teardown(test_verifications, setup, teardown),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
