/* SPDX-License-Identifier: Apache-2.0 */
#include "http/rest.h"

#include "base/text.h"
#include "wire/name.h"

/* /api/sessions and /api/sessions/this (rest-api 4.4) */

static bool wants_https(struct http_exchange *x)
{
        if (exchange_is_secure(x))
                return true;
        (void)reply_error(x, 403, RC_CHALLENGE, ANSA_BYTES_LIT("sessions are for HTTPS only"),
                          NULL);
        return false;
}

static enum http_outcome put_session(struct http_exchange *x, uint32_t status,
                                     const struct web_session *s, const struct server_proof *proof)
{
        buf_reset(&x->out);
        buf_text(&x->out, "{\"sessionId\":\"");
        buf_text(&x->out, s->id);
        buf_text(&x->out, "\",\"nonce\":\"");
        text_put_base64(&x->out, (struct ansa_bytes){ s->nonce, sizeof(s->nonce) }, TEXT_BASE64);
        buf_u8(&x->out, '"');
        if (proof->signature.size > 0) {
                reply_json_text(x, "serverAlg", ansa_bytes_text(proof->algorithm));
                reply_json_text(x, "serverSignature", proof->signature);
        }
        if (x->auth.error != NULL)
                reply_json_text(x, "error", ansa_bytes_text(x->auth.error));
        if (s->is_proven) {
                struct buf id = buf_growing(2 * ANSA_NAME_SIZE_MAX);
                ref_put_text(&s->identity, &id);
                buf_text(&x->out, ",\"authenticated\":true");
                reply_json_text(x, "id", buf_written(&id));
                buf_fini(&id);
        }
        reply_header_text(x, "Cache-Control", "no-store");
        return reply_json_end(x, status);
}

enum http_outcome rest_session_new(struct http_exchange *x)
{
        struct handle_claim claim;
        struct web_session session;
        struct server_proof proof;
        const char *problem;
        if (!wants_https(x) || !rest_take_body(x))
                return HTTP_REPLY;
        if (auth_read_parameters(&x->query, &x->arena, &claim, &problem) != ANSA_OK)
                return reply_bad(x, "%s", problem);
        enum http_outcome outcome = auth_identify(x); /* Basic, a certificate */
        if (outcome != HTTP_REPLY)
                return outcome;
        if (x->auth.error != NULL)
                return auth_challenge(x, (struct ansa_bytes){ 0 });
        struct ansa_bytes cnonce = claim.cnonce.size > 0 ? claim.cnonce : x->auth.cnonce;
        if (auth_needs_slow(x, cnonce))
                return HTTP_SLOW;
        if (web_sessions_add(x->http->sessions, &x->request->peer,
                             x->has_identity ? &x->identity : NULL, &session) != ANSA_OK)
                return rest_no_memory(x);
        (void)auth_server_proof(x, session.nonce, cnonce, &proof);
        reply_header_text(x, "Location", "/api/sessions/this");
        return put_session(x, 201, &session, &proof);
}

/* What the header or the body says about the session. False: the response is made. */
static bool read_claim(struct http_exchange *x, struct handle_claim *claim)
{
        struct ansa_bytes header;
        const char *problem = NULL;
        const struct ansa_bytes scheme = ANSA_BYTES_LIT("Handle ");
        if (!wants_https(x) || !rest_take_body(x))
                return false;
        enum ansa_err err = auth_read_parameters(&x->query, &x->arena, claim, &problem);
        if (err == ANSA_OK && claim->session_id.size == 0 &&
            exchange_header(x, "Authorization", &header) && header.size > scheme.size &&
            text_equal_fold((struct ansa_bytes){ header.at, scheme.size }, scheme)) {
                struct ansa_bytes rest = { header.at + scheme.size, header.size - scheme.size };
                struct handle_claim in_body = *claim;
                err = auth_read_handle(rest, &x->arena, claim, &problem);
                if (err == ANSA_OK && in_body.signature.size > 0) { /* the header has the id only */
                        in_body.session_id = claim->session_id;
                        *claim = in_body;
                }
        }
        if (err == ANSA_OK)
                return true;
        (void)reply_bad(x, "%s", problem);
        return false;
}

static enum http_outcome unknown_session(struct http_exchange *x)
{
        return reply_error(x, 404, RC_SESSION_UNKNOWN,
                           ANSA_BYTES_LIT("there is no such session: it may have ended"), NULL);
}

static enum http_outcome show(struct http_exchange *x, const struct handle_claim *claim,
                              uint32_t status)
{
        struct web_session session;
        struct server_proof proof;
        if (auth_needs_slow(x, claim->cnonce))
                return HTTP_SLOW;
        if (web_sessions_find(x->http->sessions, claim->session_id, &x->arena, &session) != ANSA_OK)
                return unknown_session(x);
        (void)auth_server_proof(x, session.nonce, claim->cnonce, &proof);
        return put_session(x, status, &session, &proof);
}

enum http_outcome rest_session_show(struct http_exchange *x)
{
        struct handle_claim claim;
        return read_claim(x, &claim) ? show(x, &claim, 200) : HTTP_REPLY;
}

enum http_outcome rest_session_prove(struct http_exchange *x)
{
        struct handle_claim claim;
        struct web_session session;
        if (!read_claim(x, &claim))
                return HTTP_REPLY;
        if (claim.signature.size == 0)
                return show(x, &claim, 200);
        if (!x->auth.is_done) {
                enum http_outcome outcome = auth_prove_handle(x, &claim);
                if (outcome != HTTP_REPLY)
                        return outcome;
                x->auth.is_done = true;
        }
        if (x->auth.error == NULL)
                return show(x, &(struct handle_claim){ .session_id = claim.session_id }, 200);
        if (x->auth.wait_s > 0 ||
            web_sessions_find(x->http->sessions, claim.session_id, &x->arena, &session) != ANSA_OK)
                return auth_challenge(x, (struct ansa_bytes){ 0 });
        session.is_proven = false; /* whoever was, this one is not */
        auth_put_challenge(x, &session);
        return put_session(x, 401, &session, &(struct server_proof){ "", { 0 } });
}

enum http_outcome rest_session_end(struct http_exchange *x)
{
        struct handle_claim claim;
        if (!read_claim(x, &claim))
                return HTTP_REPLY;
        if (!web_sessions_end(x->http->sessions, claim.session_id))
                return unknown_session(x);
        return reply_empty(x, 204);
}
