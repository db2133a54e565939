/* SPDX-License-Identifier: Apache-2.0 */
#include "http/auth.h"

#include "base/assert.h"
#include "base/text.h"
#include "crypto/answer.h"
#include "crypto/key.h"
#include "http/guesses.h"
#include "http/match.h"
#include "http/proven.h"
#include "wire/body.h"
#include "wire/name.h"

#define WRONG_SECRET "authentication failed"
#define TOO_OFTEN    "too many failed attempts"
#define NO_MEMORY    "no memory"

bool auth_may_guess(struct http_exchange *x, enum guess_of of, struct ansa_bytes name)
{
        x->auth.wait_s = guesses_wait_s(x->http->guesses, of, &x->request->peer, name);
        if (x->auth.wait_s > 0)
                x->auth.error = TOO_OFTEN;
        return x->auth.wait_s == 0;
}

/* The public key or the secret is that of the value: the identifier system says so. */
static void prove(struct http_exchange *x, const struct identifier_claim *claim)
{
        uint32_t index = 0;
        ansa_assert(x->worker->may_block);
        bool is_guess = claim->kind == CLAIM_SECRET_KEY; /* signatures are not guessed */
        if (is_guess && !auth_may_guess(x, GUESS_OF_PEER, claim->key.name))
                return;
        uint32_t code = identifier_prove(x->worker->identifier, claim, &index);
        x->auth.error = code == RC_SUCCESS            ? NULL
                        : code == RC_UNABLE_TO_VERIFY ? "unable to authenticate just now"
                                                      : WRONG_SECRET;
        if (is_guess && (code == RC_SUCCESS || code == RC_AUTHENTICATION))
                guesses_note(x->http->guesses, GUESS_OF_PEER, &x->request->peer, claim->key.name,
                             code == RC_SUCCESS);
        if (code != RC_SUCCESS)
                return;
        x->identity = (struct ansa_ref){ claim->key.name, index };
        x->has_identity = true;
}

/* Credentials that the client sends with every request: perhaps they are known already. */
static enum http_outcome recall(struct http_exchange *x, const char *kind, struct ansa_bytes who,
                                struct ansa_bytes secret, struct proven_mark *mark)
{
        struct proven *p = x->http->proven;
        x->auth.error = NO_MEMORY;
        if (proven_mark_of(p, kind, who, secret, mark) != ANSA_OK)
                return HTTP_REPLY;
        x->auth.error = NULL;
        x->has_identity = proven_find(p, mark, &x->arena, &x->identity) == ANSA_OK;
        return x->has_identity || x->worker->may_block ? HTTP_REPLY : HTTP_SLOW;
}

static enum http_outcome try_basic(struct http_exchange *x, struct ansa_bytes text)
{
        struct basic_claim basic;
        struct proven_mark mark;
        x->auth.evidence = EVIDENCE_PASSWORD;
        if (auth_read_basic(text, &x->arena, &basic) != ANSA_OK) {
                x->auth.error = "the Authorization header cannot be read";
                return HTTP_REPLY;
        }
        enum http_outcome outcome = recall(x, "Basic", basic.who, basic.secret, &mark);
        if (outcome != HTTP_REPLY || x->has_identity || x->auth.error != NULL)
                return outcome;
        /* As the client would answer a challenge, had it been asked. */
        uint8_t nonces[32];
        uint8_t mac[DIGEST_SIZE_MAX];
        uint8_t answer[64];
        size_t size = 0;
        x->http->env->random(x->http->env, nonces, sizeof(nonces));
        struct answer_input input = { { nonces, 16 }, { nonces + 16, 16 } };
        struct mac_parameters parameters = { .code = MAC_SHA256 };
        struct buf b = buf_over(answer, sizeof(answer));
        if (answer_mac(&parameters, basic.secret, &input, mac, &size) != ANSA_OK) {
                x->auth.error = WRONG_SECRET;
                return HTTP_REPLY;
        }
        struct secret_answer secret = { .code = MAC_SHA256, .mac = { mac, size } };
        secret_answer_encode(&secret, &b);
        struct identifier_claim claim = { .kind = CLAIM_SECRET_KEY,
                                          .key = basic.key,
                                          .nonce = input.nonce,
                                          .cnonce = input.digest,
                                          .answer = buf_written(&b) };
        prove(x, &claim);
        if (x->has_identity)
                proven_remember(x->http->proven, &mark, &x->identity);
        return HTTP_REPLY;
}

/* ---- Handle -------------------------------------------------------------------------------- */

/* The algorithm of a MAC (rest-api 4.2), and the octets it has. */
static size_t mac_of(struct ansa_bytes name, uint8_t *code)
{
        static const struct {
                const char *name;
                uint8_t code;
                uint8_t size;
        } names[] = {
                { "SHA1", MAC_SHA1, 20 },
                { "SHA-1", MAC_SHA1, 20 },
                { "SHA256", MAC_SHA256, 32 },
                { "SHA-256", MAC_SHA256, 32 },
                { "MD5", MAC_MD5, 16 },
                { "HMAC-SHA1", MAC_HMAC_SHA1, 20 },
                { "HMAC-SHA256", MAC_HMAC_SHA256, 32 },
                { "HMAC-MD5", MAC_HMAC_MD5, 16 },
                { "PBKDF2-HMAC-SHA1", MAC_PBKDF2, 20 },
                { "PBKDF2WithHmacSHA1", MAC_PBKDF2, 20 },
        };
        for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
                if (text_equal_fold(name, ansa_bytes_text(names[i].name))) {
                        *code = names[i].code;
                        return names[i].size;
                }
        }
        return 0;
}

const char *auth_put_answer(const struct handle_claim *h, struct buf *b,
                            enum identifier_claim_kind *kind)
{
        if (ansa_bytes_equal(h->type, ANSA_BYTES_LIT("HS_PUBKEY"))) {
                struct public_answer answer = { h->algorithm, h->signature };
                *kind = CLAIM_PUBLIC_KEY;
                public_answer_encode(&answer, b);
                return b->err == ANSA_OK ? NULL : "signature: too long";
        }
        struct secret_answer answer = { .mac = h->signature,
                                        .salt = h->salt,
                                        .iterations = h->iterations,
                                        .key_bits = h->key_bits };
        *kind = CLAIM_SECRET_KEY;
        if (!ansa_bytes_equal(h->type, ANSA_BYTES_LIT("HS_SECKEY")))
                return "type: HS_PUBKEY or HS_SECKEY expected";
        size_t size = mac_of(h->algorithm, &answer.code);
        if (size == 0)
                return "alg: not known";
        if (h->signature.size != size)
                return "signature: alg makes others";
        secret_answer_encode(&answer, b);
        return b->err == ANSA_OK ? NULL : "salt: too long";
}

enum http_outcome auth_prove_handle(struct http_exchange *x, const struct handle_claim *h)
{
        uint8_t nonce[WEB_SESSION_NONCE_SIZE];
        struct identifier_claim claim = { .nonce = { nonce, sizeof(nonce) }, .cnonce = h->cnonce };
        struct buf answer = buf_growing(HTTP_TARGET_SIZE_MAX);
        enum http_outcome outcome = HTTP_REPLY;
        x->auth.session_id = h->session_id;
        x->has_identity = false;
        if (ref_from_text(h->id, &claim.key) != ANSA_OK)
                x->auth.error = "id: index:identifier expected";
        else
                x->auth.error = auth_put_answer(h, &answer, &claim.kind);
        if (x->auth.error != NULL)
                ; /* it proves nothing */
        else if (!x->worker->may_block)
                outcome = HTTP_SLOW;
        else if (web_sessions_take_nonce(x->http->sessions, h->session_id, nonce) != ANSA_OK)
                x->auth.error = "no such session";
        else {
                claim.answer = buf_written(&answer);
                prove(x, &claim);
                if (x->has_identity &&
                    web_sessions_prove(x->http->sessions, h->session_id, &x->identity) != ANSA_OK)
                        x->auth.error = "the session has ended";
        }
        buf_fini(&answer);
        return outcome;
}

static enum http_outcome try_certificate(struct http_exchange *x);

static enum http_outcome try_handle(struct http_exchange *x, struct ansa_bytes text)
{
        struct handle_claim claim;
        if (auth_read_handle(text, &x->arena, &claim, &x->auth.error) != ANSA_OK)
                return HTTP_REPLY;
        x->auth.cnonce = claim.cnonce;
        x->auth.evidence = claim.signature.size > 0 ? EVIDENCE_HTTP_KEY : EVIDENCE_SESSION;
        if (claim.signature.size > 0)
                return auth_prove_handle(x, &claim);
        struct web_session session;
        x->auth.session_id = claim.session_id;
        if (web_sessions_find(x->http->sessions, claim.session_id, &x->arena, &session) ==
                    ANSA_OK &&
            session.is_proven) {
                x->identity = session.identity;
                x->has_identity = true;
                return HTTP_REPLY;
        }
        return try_certificate(x);
}

/* ---- Certificates, and what browsers send of themselves ------------------------------------ */

bool auth_is_cross_site(const struct http_exchange *x)
{
        struct ansa_bytes origin;
        struct ansa_bytes host;
        struct ansa_bytes site;
        if (exchange_header(x, "Sec-Fetch-Site", &site))
                return !ansa_bytes_equal(site, ANSA_BYTES_LIT("same-origin")) &&
                       !ansa_bytes_equal(site, ANSA_BYTES_LIT("none"));
        if (!exchange_header(x, "Origin", &origin))
                return false;
        const struct ansa_bytes scheme =
                ansa_bytes_text(exchange_is_secure(x) ? "https://" : "http://");
        if (!exchange_header(x, "Host", &host) || origin.size != scheme.size + host.size ||
            memcmp(origin.at, scheme.at, scheme.size) != 0)
                return true;
        origin.at += scheme.size;
        origin.size -= scheme.size;
        return !text_equal_fold(origin, host);
}

/*
 * A browser adds certificates and remembered passwords to requests that a page of somebody else
 * makes. Such a page can read nothing of the answer (no Allow-Credentials), unless it is a script,
 * and old browsers do not say whose page wants one; and it could change something with a POST of
 * the kind that is sent without asking us first.
 */
static bool is_forged(const struct http_exchange *x, bool is_certificate)
{
        struct ansa_bytes type;
        if (query_find(&x->query, "callback") != NULL)
                return true;
        if (exchange_is_reading(x) || !auth_is_cross_site(x))
                return false;
        if (is_certificate || x->request->method != HTTP_POST)
                return is_certificate;
        return !exchange_header(x, "Content-Type", &type) ||
               match_media_type(type, "application/x-www-form-urlencoded") ||
               match_media_type(type, "multipart/form-data") ||
               match_media_type(type, "text/plain");
}

/* The key of a certificate, DER SubjectPublicKeyInfo, as keys in records are. */
static enum ansa_err key_of(struct http_exchange *x, struct ansa_key *parts)
{
        struct buf pem = buf_growing(HTTP_TARGET_SIZE_MAX);
        struct crypto_key *key = NULL;
        buf_text(&pem, "-----BEGIN PUBLIC KEY-----\n");
        const struct ansa_bytes der = x->request->client_key;
        for (size_t at = 0; at < der.size; at += 48) {
                size_t size = der.size - at < 48 ? der.size - at : 48;
                text_put_base64(&pem, (struct ansa_bytes){ der.at + at, size }, TEXT_BASE64);
                buf_u8(&pem, '\n');
        }
        buf_text(&pem, "-----END PUBLIC KEY-----\n");
        enum ansa_err err = pem.err;
        if (err == ANSA_OK)
                err = crypto_key_from_pem(buf_written(&pem), (struct ansa_bytes){ 0 }, &key);
        if (err == ANSA_OK)
                err = crypto_key_parts(key, false, &x->arena, parts);
        crypto_key_free(key);
        buf_fini(&pem);
        return err;
}

/* Of certificates for other purposes the name is mostly a person's or a host's. */
static bool names_identifier(struct ansa_bytes text, struct ansa_ref *key)
{
        return ref_from_text(text, key) == ANSA_OK && key->name.size > 0 &&
               memchr(key->name.at, '/', key->name.size) != NULL;
}

static enum http_outcome try_certificate(struct http_exchange *x)
{
        const struct http_request *r = x->request;
        struct proven_mark mark;
        if (r->client_key.size == 0 || is_forged(x, true))
                return HTTP_REPLY;
        x->auth.evidence = EVIDENCE_CERTIFICATE;
        enum http_outcome outcome = recall(x, "certificate", r->client_name, r->client_key, &mark);
        if (outcome != HTTP_REPLY || x->has_identity || x->auth.error != NULL)
                return outcome;
        struct ansa_key key;
        struct identifier_claim claim = { .kind = CLAIM_OWN_KEY, .public_key = &key };
        if (!names_identifier(r->client_name, &claim.key))
                return HTTP_REPLY; /* of another world: browsers show what they have */
        if (key_of(x, &key) != ANSA_OK) {
                x->auth.error = "the certificate's key is of no kind that a record can have";
                return HTTP_REPLY;
        }
        prove(x, &claim);
        if (x->has_identity)
                proven_remember(x->http->proven, &mark, &x->identity);
        return HTTP_REPLY;
}

/* The text behind an authentication scheme. */
static bool has_scheme(struct ansa_bytes header, const char *scheme, struct ansa_bytes *rest)
{
        size_t size = strlen(scheme);
        header = match_trim(header);
        struct ansa_bytes front = { header.at, size };
        if (header.size <= size || header.at[size] != ' ' ||
            !text_equal_fold(front, ansa_bytes_text(scheme)))
                return false;
        *rest = (struct ansa_bytes){ header.at + size + 1, header.size - size - 1 };
        return true;
}

enum http_outcome auth_identify(struct http_exchange *x)
{
        struct ansa_bytes header;
        struct ansa_bytes rest;
        enum http_outcome outcome = HTTP_REPLY;
        if (x->auth.is_done || !exchange_is_secure(x))
                return HTTP_REPLY;
        x->auth.has_header = exchange_header(x, "Authorization", &header);
        if (has_scheme(header, "Basic", &rest)) {
                x->auth.is_basic = true;
                if (!is_forged(x, false))
                        outcome = try_basic(x, rest);
        } else if (has_scheme(header, "Handle", &rest)) {
                outcome = try_handle(x, rest);
        } else {
                outcome = try_certificate(x);
        }
        x->auth.is_done = outcome == HTTP_REPLY;
        return outcome;
}
