/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_HTTP_AUTH_H
#define ANSA_HTTP_AUTH_H

#include "http/exchange.h"
#include "http/guesses.h"
#include "http/web_sessions.h"

/**
 * Who asks (rest-api 4): Basic, Handle, a session, a client certificate. Over plain HTTP nothing
 * of that is looked at.
 */

/** What "Authorization: Handle" holds, or the JSON of a session; all empty when not given. */
struct handle_claim {
        struct ansa_bytes session_id;
        struct ansa_bytes id; /* "index:identifier", decoded */
        struct ansa_bytes type;
        struct ansa_bytes cnonce; /* octets, as those below */
        struct ansa_bytes algorithm;
        struct ansa_bytes signature;
        struct ansa_bytes salt;
        uint32_t iterations;
        uint32_t key_bits;
        bool wants_certificate;
};
#define AUTH_CNONCE_SIZE_MAX 64u

/**
 * Read the value of an Authorization header behind "Handle". ANSA_E_MALFORMED: *problem says why
 * (static text). Unknown keys are let be.
 */
ANSA_CHECKED enum ansa_err auth_read_handle(struct ansa_bytes text, struct arena *arena,
                                            struct handle_claim *claim, const char **problem);
/** The same from parameters, as JSON has them. */
ANSA_CHECKED enum ansa_err auth_read_parameters(const struct query *q, struct arena *arena,
                                                struct handle_claim *claim, const char **problem);

struct basic_claim {
        struct ansa_bytes who; /* as sent, for proven.h */
        struct ansa_ref key;
        struct ansa_bytes secret;
};
/** Read base64 of "user:password" (rest-api 4.1). */
ANSA_CHECKED enum ansa_err auth_read_basic(struct ansa_bytes text, struct arena *arena,
                                           struct basic_claim *claim);

/** What proves @h, as the protocol has it. NULL, or why it can prove nothing. */
const char *auth_put_answer(const struct handle_claim *h, struct buf *b,
                            enum identifier_claim_kind *kind);

/**
 * Find out who asks, once for an exchange; x->identity. HTTP_REPLY: go on, x->auth.error says
 * when credentials were given that are wrong. HTTP_SLOW.
 */
enum http_outcome auth_identify(struct http_exchange *x);

/**
 * Secrets may be guessed so often and no more. False: x->auth.error and x->auth.wait_s are set,
 * and auth_challenge says so.
 */
bool auth_may_guess(struct http_exchange *x, enum guess_of of, struct ansa_bytes name);

/** Prove @claim over a nonce of its session: HTTP_REPLY with x->identity or x->auth.error. */
enum http_outcome auth_prove_handle(struct http_exchange *x, const struct handle_claim *claim);

/**
 * The answer to who must say who he is, or said it wrongly: 401 with a challenge, over plain HTTP
 * 403, after too many attempts 429. @handle may be empty.
 */
enum http_outcome auth_challenge(struct http_exchange *x, struct ansa_bytes handle);

/** 429, after auth_may_guess; @about may be NULL. */
enum http_outcome auth_tell_to_wait(struct http_exchange *x, const struct ansa_bytes *about);

/** The header WWW-Authenticate of a session whose holder has not shown who he is. */
void auth_put_challenge(struct http_exchange *x, const struct web_session *session);

/** A browser says that a page of somebody else made the request. */
bool auth_is_cross_site(const struct http_exchange *x);

/** The session's own signature over nonce and cnonce; "" when none is wanted or can be made. */
struct server_proof {
        const char *algorithm;
        struct ansa_bytes signature; /* base64 */
};
/** HTTP_SLOW when it has to be made there. */
enum http_outcome auth_server_proof(struct http_exchange *x, const uint8_t *nonce,
                                    struct ansa_bytes cnonce, struct server_proof *proof);
bool auth_needs_slow(const struct http_exchange *x, struct ansa_bytes cnonce);

#endif
