/* SPDX-License-Identifier: Apache-2.0 */
#include "http/auth.h"

#include "base/text.h"
#include "crypto/digest.h"
#include "crypto/key.h"
#include "http/reply.h"
#include "wire/codes.h"

bool auth_needs_slow(const struct http_exchange *x, struct ansa_bytes cnonce)
{
        return cnonce.size > 0 && x->http->signer != NULL && !x->worker->may_block;
}

enum http_outcome auth_server_proof(struct http_exchange *x, const uint8_t *nonce,
                                    struct ansa_bytes cnonce, struct server_proof *proof)
{
        *proof = (struct server_proof){ "", { 0 } };
        struct signer *signer = x->http->signer;
        if (cnonce.size == 0 || signer == NULL)
                return HTTP_REPLY;
        if (auth_needs_slow(x, cnonce))
                return HTTP_SLOW;
        uint8_t both[WEB_SESSION_NONCE_SIZE + AUTH_CNONCE_SIZE_MAX];
        uint8_t signature[CRYPTO_SIGNATURE_MAX];
        size_t size = 0;
        struct buf b = buf_over(both, sizeof(both));
        buf_bytes(&b, (struct ansa_bytes){ nonce, WEB_SESSION_NONCE_SIZE });
        buf_bytes(&b, cnonce);
        if (b.err != ANSA_OK || signer->sign(signer, ALGORITHM_SHA256, buf_written(&b), signature,
                                             sizeof(signature), &size) != ANSA_OK)
                return HTTP_REPLY; /* it is told without, and the client decides */
        size_t room = 4 * (size / 3 + 1);
        uint8_t *at = arena_alloc(&x->arena, room);
        if (at == NULL)
                return HTTP_REPLY;
        struct buf text = buf_over(at, room);
        text_put_base64(&text, (struct ansa_bytes){ signature, size }, TEXT_BASE64);
        *proof = (struct server_proof){ "SHA256", buf_written(&text) };
        return HTTP_REPLY;
}

/* The session that the client has, or a new one. */
static enum ansa_err session_of(struct http_exchange *x, struct web_session *session)
{
        struct web_sessions *s = x->http->sessions;
        if (x->auth.session_id.size > 0 &&
            web_sessions_find(s, x->auth.session_id, &x->arena, session) == ANSA_OK)
                return ANSA_OK;
        return web_sessions_add(s, &x->request->peer, NULL, session);
}

static void put_quoted(struct buf *b, const char *key, struct ansa_bytes value)
{
        buf_text(b, ", ");
        buf_text(b, key);
        buf_text(b, "=\"");
        buf_bytes(b, value);
        buf_u8(b, '"');
}

static void put_challenge(struct http_exchange *x, const struct web_session *session,
                          const struct server_proof *proof)
{
        struct buf b = buf_growing(HTTP_TARGET_SIZE_MAX);
        buf_text(&b, "Handle sessionId=\"");
        buf_text(&b, session->id);
        buf_text(&b, "\", nonce=\"");
        text_put_base64(&b, (struct ansa_bytes){ session->nonce, sizeof(session->nonce) },
                        TEXT_BASE64);
        buf_u8(&b, '"');
        if (proof->signature.size > 0) {
                put_quoted(&b, "serverAlg", ansa_bytes_text(proof->algorithm));
                put_quoted(&b, "serverSignature", proof->signature);
        }
        if (x->auth.error != NULL) /* words of ours */
                put_quoted(&b, "error", ansa_bytes_text(x->auth.error));
        reply_header(x, "WWW-Authenticate", buf_written(&b));
        buf_fini(&b);
}

/* Browsers would show their own window: not to scripts that know better. */
static bool wants_basic(const struct http_exchange *x)
{
        struct ansa_bytes with;
        if (x->auth.has_header)
                return x->auth.is_basic;
        return !exchange_header(x, "X-Requested-With", &with) ||
               !text_equal_fold(with, ANSA_BYTES_LIT("XMLHttpRequest"));
}

enum http_outcome auth_tell_to_wait(struct http_exchange *x, const struct ansa_bytes *about)
{
        char text[16];
        struct buf b = buf_over((uint8_t *)text, sizeof(text));
        buf_decimal(&b, x->auth.wait_s);
        reply_header(x, "Retry-After", buf_written(&b));
        reply_header_text(x, "Cache-Control", "no-store");
        return reply_error(x, 429, RC_BUSY, ansa_bytes_text(x->auth.error), about);
}

void auth_put_challenge(struct http_exchange *x, const struct web_session *session)
{
        put_challenge(x, session, &(struct server_proof){ "", { 0 } });
}

enum http_outcome auth_challenge(struct http_exchange *x, struct ansa_bytes handle)
{
        const struct ansa_bytes *about = handle.size > 0 ? &handle : NULL;
        const char *text = x->auth.error != NULL ? x->auth.error : response_text(RC_CHALLENGE);
        if (!exchange_is_secure(x))
                return reply_error(x, 403, RC_CHALLENGE,
                                   ANSA_BYTES_LIT("authentication is possible over HTTPS only"),
                                   about);
        if (x->auth.wait_s > 0)
                return auth_tell_to_wait(x, about);
        if (auth_needs_slow(x, x->auth.cnonce))
                return HTTP_SLOW;
        struct web_session session;
        struct server_proof proof;
        if (session_of(x, &session) != ANSA_OK)
                return reply_error(x, 503, RC_BUSY, ANSA_BYTES_LIT("no memory"), about);
        (void)auth_server_proof(x, session.nonce, x->auth.cnonce, &proof);
        put_challenge(x, &session, &proof);
        if (wants_basic(x))
                reply_header_text(x, "WWW-Authenticate", "Basic realm=\"handle\"");
        reply_header_text(x, "Cache-Control", "no-store");
        return reply_error(x, 401, RC_CHALLENGE, ansa_bytes_text(text), about);
}
