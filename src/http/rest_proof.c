/* SPDX-License-Identifier: Apache-2.0 */
#include "http/rest.h"

/*
 * GET /api/handles/{identifier}?proof=true|text|binary: with it, what the log says (docs/ledger.md).
 * true: a member of the answer; text, binary: the proof alone, as a file.
 */

bool rest_wants_proof(const struct http_exchange *x, struct ansa_bytes *form)
{
        const struct parameter *p = query_find(&x->query, "proof");
        *form = p != NULL ? p->value : (struct ansa_bytes){ 0 };
        return p != NULL && !ansa_bytes_equal(*form, ANSA_BYTES_LIT("false"));
}

static enum http_outcome refuse(struct http_exchange *x, enum ansa_err err)
{
        const struct ansa_bytes *name = &x->place;
        if (err == ANSA_E_BUSY && !x->worker->may_block)
                return HTTP_SLOW;
        if (err == ANSA_E_NOT_FOUND)
                return reply_error(
                        x, 400, RC_NOT_RESPONSIBLE,
                        ANSA_BYTES_LIT("there is no proof: this server keeps no ledger, or not "
                                       "of that prefix"),
                        name);
        if (err == ANSA_E_UNSUPPORTED)
                return reply_error(x, 400, RC_ERROR,
                                   ANSA_BYTES_LIT("the record is not in the ledger"), name);
        if (err == ANSA_E_ARGUMENT)
                return reply_error(x, 400, RC_INVALID_NAME,
                                   ANSA_BYTES_LIT("that can be no identifier"), name);
        return reply_error(x, err == ANSA_E_NO_MEMORY ? 503 : 500, RC_ERROR,
                           ANSA_BYTES_LIT("the proof cannot be made"), name);
}

/* The proof alone. */
static enum http_outcome serve_file(struct http_exchange *x, const struct resolve_request *query,
                                    enum proof_form form)
{
        buf_reset(&x->out);
        enum ansa_err err = identifier_proof(x->worker->identifier, query, form, &x->out);
        if (err != ANSA_OK)
                return refuse(x, err);
        reply_header_text(x, "Cache-Control", "no-cache");
        return reply_with(x, 200,
                          form == PROOF_TEXT ? "text/plain; charset=utf-8"
                                             : "application/octet-stream");
}

enum http_outcome rest_prove(struct http_exchange *x, const struct resolve_request *query,
                             struct ansa_bytes form, struct ansa_bytes *text)
{
        struct buf b = buf_growing(PROOF_TEXT_MAX);
        *text = (struct ansa_bytes){ 0 };
        if (ansa_bytes_equal(form, ANSA_BYTES_LIT("text")))
                return serve_file(x, query, PROOF_TEXT);
        if (ansa_bytes_equal(form, ANSA_BYTES_LIT("binary")))
                return serve_file(x, query, PROOF_BINARY);
        if (form.size > 0 && !ansa_bytes_equal(form, ANSA_BYTES_LIT("true")))
                return reply_bad(x, "proof: true, text or binary expected");
        enum ansa_err err = identifier_proof(x->worker->identifier, query, PROOF_TEXT, &b);
        if (err == ANSA_OK)
                err = arena_copy(&x->arena, buf_written(&b), text);
        buf_fini(&b);
        return err == ANSA_OK ? HTTP_REPLY : refuse(x, err);
}
