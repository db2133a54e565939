/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/witness.h"

#include "base/text.h"
#include "wire/lines.h"

static enum ansa_err take_old_size(struct ansa_bytes *rest, uint64_t *size)
{
        static const char word[] = "old ";
        struct ansa_bytes line;
        if (!lines_next(rest, &line) || line.size < sizeof(word) - 1 ||
            memcmp(line.at, word, sizeof(word) - 1) != 0)
                return ANSA_E_MALFORMED;
        return text_decimal(lines_after(line, sizeof(word) - 1), UINT64_MAX, size);
}

/* Hashes up to the empty line, which is taken as well. */
static enum ansa_err take_proof(struct ansa_bytes *rest, struct witness_request *r)
{
        struct ansa_bytes line;
        while (lines_next(rest, &line)) {
                if (line.size == 0)
                        return ANSA_OK;
                if (r->proof_count == WITNESS_PROOF_MAX)
                        return ANSA_E_LIMIT;
                if (!lines_hash(line, &r->proof[r->proof_count++]))
                        return ANSA_E_MALFORMED;
        }
        return ANSA_E_MALFORMED;
}

enum ansa_err witness_request_decode(struct ansa_bytes body, struct witness_request *r)
{
        memset(r, 0, sizeof(*r));
        if (body.size > WITNESS_REQUEST_MAX)
                return ANSA_E_LIMIT;
        enum ansa_err err = take_old_size(&body, &r->old_size);
        if (err == ANSA_OK)
                err = take_proof(&body, r);
        if (err == ANSA_OK)
                err = note_decode(body, &r->note);
        if (err == ANSA_OK)
                err = checkpoint_decode(r->note.text, &r->checkpoint);
        if (err == ANSA_OK && r->old_size > r->checkpoint.size)
                err = ANSA_E_ARGUMENT;
        if (err != ANSA_OK)
                memset(r, 0, sizeof(*r));
        return err;
}

void witness_request_encode(uint64_t old_size, const struct hash256 *proof, size_t count,
                            struct ansa_bytes note, struct buf *b)
{
        if (count > WITNESS_PROOF_MAX) {
                buf_fail(b, ANSA_E_LIMIT);
                return;
        }
        buf_text(b, "old ");
        buf_decimal(b, old_size);
        buf_u8(b, '\n');
        for (size_t i = 0; i < count; i++)
                lines_put_hash(&proof[i], b);
        buf_u8(b, '\n');
        buf_bytes(b, note);
}

void witness_put_size(uint64_t size, struct buf *b)
{
        buf_decimal(b, size);
        buf_u8(b, '\n');
}

/* Parameters of the content type do not matter. */
static bool is_size_type(struct ansa_bytes type)
{
        const uint8_t *end = type.size > 0 ? memchr(type.at, ';', type.size) : NULL;
        if (end != NULL)
                type.size = (size_t)(end - type.at);
        return text_equal_fold(text_trim(type), ANSA_BYTES_LIT(WITNESS_SIZE_TYPE));
}

enum ansa_err witness_response_decode(unsigned status, struct ansa_bytes content_type,
                                      struct ansa_bytes body, struct witness_response *r)
{
        *r = (struct witness_response){ .status = status };
        struct ansa_bytes line;
        enum ansa_err err = ANSA_OK;
        if (status == WITNESS_COSIGNED) {
                err = note_decode_lines(body, &r->cosignatures);
        } else if (status == WITNESS_CONFLICT) {
                if (!is_size_type(content_type) || !lines_next(&body, &line) || body.size > 0)
                        err = ANSA_E_MALFORMED;
                else
                        err = text_decimal(line, UINT64_MAX, &r->size);
        }
        if (err != ANSA_OK)
                *r = (struct witness_response){ 0 };
        return err;
}
