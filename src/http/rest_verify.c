/* SPDX-License-Identifier: Apache-2.0 */
#include "http/rest.h"

#include "base/limits.h"
#include "base/text.h"
#include "wire/name.h"

/*
 * GET /api/verifications/{[index:]identifier}: is a MAC over nonce and cnonce right (rest-api 2)?
 * It is the protocol's op 201, with the cnonce in the place of the request digest.
 */

static bool read_key(struct http_exchange *x, struct ansa_ref *key)
{
        struct index_list list;
        if (!rest_indexes(x, "index", &list))
                return false;
        if (ref_from_text(x->place, key) != ANSA_OK) {
                (void)reply_bad(x, "an identifier is expected in the path");
                return false;
        }
        if (list.count + (key->index != 0) != 1) {
                (void)reply_bad(x, "one index is expected, in the path or as a parameter");
                return false;
        }
        if (list.count == 1)
                key->index = index_list_at(&list, 0);
        return true;
}

static bool read_nonce(struct http_exchange *x, struct ansa_bytes *nonce)
{
        const struct parameter *p = query_find(&x->query, "nonce");
        *nonce = (struct ansa_bytes){ 0 };
        if (p != NULL) {
                size_t room = p->value.size / 4 * 3 + 3;
                uint8_t *at = arena_alloc(&x->arena, room);
                struct buf b = buf_over(at, at != NULL ? room : 0);
                if (text_base64(p->value, &b) == ANSA_OK)
                        *nonce = buf_written(&b);
        }
        if (nonce->size == 0)
                (void)reply_bad(x, "parameter nonce: base64 expected");
        return nonce->size > 0;
}

enum http_outcome rest_verify(struct http_exchange *x)
{
        struct handle_claim claim;
        struct verify_request request = { 0 };
        const char *problem;
        if (!read_key(x, &request.key) || !read_nonce(x, &request.nonce))
                return HTTP_REPLY;
        if (auth_read_parameters(&x->query, &x->arena, &claim, &problem) != ANSA_OK)
                return reply_bad(x, "parameter %s", problem);
        if (claim.cnonce.size == 0 || claim.signature.size == 0 || claim.algorithm.size == 0)
                return reply_bad(x, "parameters cnonce, alg and signature are expected");
        enum identifier_claim_kind kind;
        struct buf answer = buf_growing(LIMIT_MESSAGE_SIZE);
        struct buf body = buf_growing(LIMIT_MESSAGE_SIZE);
        claim.type = ANSA_BYTES_LIT("HS_SECKEY");
        problem = auth_put_answer(&claim, &answer, &kind);
        if (problem != NULL) {
                buf_fini(&answer);
                return reply_bad(x, "parameter %s", problem);
        }
        if (!auth_may_guess(x, GUESS_OF_OTHERS, request.key.name)) {
                buf_fini(&answer);
                return auth_tell_to_wait(x, NULL);
        }
        request.digest = claim.cnonce;
        request.answer = buf_written(&answer);
        verify_request_encode(&request, &body);
        buf_fini(&answer);
        struct told told;
        enum http_outcome outcome = rest_ask(x, OP_VERIFY, 0, &body, NULL, &told);
        if (outcome != HTTP_REPLY)
                return outcome;
        bool is_valid = false;
        if (told.code != RC_SUCCESS)
                return rest_refuse(x, &told, request.key.name);
        if (verify_response_decode(told.body, &is_valid) != ANSA_OK)
                return reply_error(x, 500, RC_ERROR, ANSA_BYTES_LIT("no answer was given"), NULL);
        if (!is_valid) /* and that one was right may be a repetition of what was right before */
                guesses_note(x->http->guesses, GUESS_OF_OTHERS, &x->request->peer, request.key.name,
                             false);
        reply_json_begin(x, RC_SUCCESS);
        buf_text(&x->out, is_valid ? ",\"isValid\":true" : ",\"isValid\":false");
        return reply_json_end(x, 200);
}
