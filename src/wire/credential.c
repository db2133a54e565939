/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/credential.h"

#include "base/assert.h"
#include "base/limits.h"
#include "wire/cursor.h"

enum ansa_err credential_decode(struct ansa_bytes wire, struct credential *c)
{
        struct credential got = { 0 };
        struct cursor cur = cursor_over(wire);
        got.version = cursor_u8(&cur);
        (void)cursor_u8(&cur); /* reserved */
        got.options = cursor_u16(&cur);
        got.signer = cursor_block(&cur, LIMIT_NAME_SIZE);
        got.counter = cursor_u32(&cur);
        got.type = cursor_block(&cur, LIMIT_BLOCK_SIZE);
        uint32_t signed_size = cursor_u32(&cur);
        size_t left = cur.left;
        got.algorithm = cursor_block(&cur, LIMIT_BLOCK_SIZE);
        got.signature = cursor_block(&cur, LIMIT_BLOCK_SIZE);
        /* What is behind the signature is no part of the credential, whatever the length says. */
        if (cursor_end(&cur) == ANSA_OK && signed_size != left)
                cursor_fail(&cur, ANSA_E_MALFORMED);
        *c = cur.err == ANSA_OK ? got : (struct credential){ 0 };
        return cur.err;
}

void credential_encode(const struct credential *c, struct buf *b)
{
        if (c->algorithm.size > LIMIT_BLOCK_SIZE || c->signature.size > LIMIT_BLOCK_SIZE) {
                buf_fail(b, ANSA_E_LIMIT);
                return;
        }
        buf_u8(b, c->version);
        buf_u8(b, 0); /* reserved */
        buf_u16(b, c->options);
        buf_block(b, c->signer);
        buf_u32(b, c->counter);
        buf_block(b, c->type);
        buf_u32(b, (uint32_t)(4 + c->algorithm.size + 4 + c->signature.size));
        buf_block(b, c->algorithm);
        buf_block(b, c->signature);
}

/* P7 of irp-wire 7.1, and P8 when the suggested version is part of it. */
static void put_prefix(const struct envelope *e, uint32_t counter, bool has_suggested,
                       struct buf *b)
{
        buf_u8(b, e->major);
        buf_u8(b, e->minor);
        if (has_suggested) { /* not given means the same as stated */
                buf_u8(b, e->suggested_major != 0 ? e->suggested_major : e->major);
                buf_u8(b, e->suggested_major != 0 ? e->suggested_minor : e->minor);
        }
        buf_u32(b, e->session_id);
        buf_u32(b, e->request_id);
        buf_u32(b, counter);
}

/* What version 2.6 signs, an accident that its peers repeat (irp-wire 7.3). */
static void put_prefix_2_6(const struct envelope *e, uint32_t counter, struct buf *b)
{
        buf_u8(b, e->major);
        buf_u8(b, e->minor);
        buf_u16(b, (uint16_t)(e->session_id >> 16));
        buf_u32(b, counter);
        buf_u32(b, 0);
        buf_u16(b, 0);
}

size_t credential_prefix(const struct envelope *e, uint32_t counter, enum credential_form form,
                         uint8_t prefix[CREDENTIAL_PREFIX_MAX])
{
        uint16_t version = envelope_version(e);
        struct buf b = buf_over(prefix, CREDENTIAL_PREFIX_MAX);
        if (version >= VERSION(2, 7))
                put_prefix(e, counter, version >= VERSION(2, 8), &b);
        else if (version == VERSION(2, 6) && form == CREDENTIAL_SIGNED)
                put_prefix_2_6(e, counter, &b);
        ansa_assert(b.err == ANSA_OK);
        return b.size;
}

static void copy_over(uint8_t *at, struct ansa_bytes bytes)
{
        if (bytes.size > 0)
                memcpy(at, bytes.at, bytes.size);
}

void credential_mac_input_old(const struct envelope *e, uint32_t counter, struct ansa_bytes key,
                              struct ansa_bytes header_and_body, struct buf *b)
{
        if (key.size > LIMIT_BLOCK_SIZE || header_and_body.size > LIMIT_BLOCK_SIZE) {
                buf_fail(b, ANSA_E_LIMIT);
                return;
        }
        size_t size = 2 * key.size + header_and_body.size + 14;
        uint8_t *p = buf_take(b, size);
        if (p == NULL)
                return;
        /* The order matters: later fields overwrite earlier ones. */
        memset(p, 0, size);
        copy_over(p, key);
        p[key.size] = e->major;
        p[key.size + 1] = e->minor;
        store_u32(p + key.size + 2, e->session_id);
        store_u32(p + 4, e->request_id);
        store_u32(p + 4, counter);
        copy_over(p + 4, header_and_body);
        copy_over(p + 4 + header_and_body.size, key);
}
