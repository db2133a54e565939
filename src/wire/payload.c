/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/payload.h"

#include "base/limits.h"
#include "wire/cursor.h"
#include "wire/name.h"

#define PART_SIZE_MAX LIMIT_MESSAGE_SIZE

#define REQUEST_FIXED \
        33u /* octets that are no part's: kind, evidence, index, sizes, version, code */

size_t payload_size(const struct payload *p)
{
        if (p->kind != PAYLOAD_REQUEST)
                return 5 + p->octets.size;
        return REQUEST_FIXED + p->key.name.size + p->request.size + p->nonce.size + p->digest.size +
               p->answer.size + p->drops.size;
}

void payload_encode(const struct payload *p, struct buf *b)
{
        buf_u8(b, (uint8_t)p->kind);
        if (p->kind != PAYLOAD_REQUEST) {
                buf_block(b, p->octets);
                return;
        }
        buf_u8(b, (uint8_t)p->evidence);
        buf_u32(b, p->key.index);
        buf_block(b, p->key.name);
        buf_u16(b, p->version);
        buf_block(b, p->request);
        buf_block(b, p->nonce);
        buf_u8(b, p->digest_code);
        buf_block(b, p->digest);
        buf_block(b, p->answer);
        buf_block(b, p->drops);
}

static enum ansa_err decode(struct cursor *c, struct payload *p)
{
        uint8_t kind = cursor_u8(c);
        if (kind < PAYLOAD_REQUEST || kind > PAYLOAD_OCTETS)
                return ANSA_E_MALFORMED;
        p->kind = (enum payload_kind)kind;
        if (p->kind != PAYLOAD_REQUEST) {
                p->octets = cursor_block(c, PART_SIZE_MAX);
                return cursor_end(c);
        }
        uint8_t evidence = cursor_u8(c);
        if (evidence >= PAYLOAD_EVIDENCE_COUNT)
                return ANSA_E_MALFORMED;
        p->evidence = (enum payload_evidence)evidence;
        p->key.index = cursor_u32(c);
        p->key.name = cursor_block(c, LIMIT_NAME_SIZE);
        p->version = cursor_u16(c);
        p->request = cursor_block(c, PART_SIZE_MAX);
        p->nonce = cursor_block(c, PART_SIZE_MAX);
        p->digest_code = cursor_u8(c);
        p->digest = cursor_block(c, PART_SIZE_MAX);
        p->answer = cursor_block(c, PART_SIZE_MAX);
        p->drops = cursor_block(c, PART_SIZE_MAX);
        enum ansa_err err = cursor_end(c);
        return err == ANSA_OK && p->drops.size % 4 != 0 ? ANSA_E_MALFORMED : err;
}

enum ansa_err payload_decode(struct ansa_bytes octets, struct payload *p)
{
        struct cursor c = cursor_over(octets);
        *p = (struct payload){ 0 };
        enum ansa_err err = decode(&c, p);
        if (err != ANSA_OK)
                *p = (struct payload){ 0 };
        return err;
}

const char *payload_evidence_text(enum payload_evidence evidence)
{
        static const char *const texts[PAYLOAD_EVIDENCE_COUNT] = {
                [EVIDENCE_NONE] = "none was needed",
                [EVIDENCE_SIGNATURE] = "signature",
                [EVIDENCE_SECRET_KEY] = "secret key",
                [EVIDENCE_SESSION] = "session",
                [EVIDENCE_PASSWORD] = "password over HTTP",
                [EVIDENCE_HTTP_KEY] = "signed challenge over HTTP",
                [EVIDENCE_CERTIFICATE] = "client certificate",
        };
        return texts[evidence];
}
