/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/message.h"

#include "base/assert.h"
#include "base/limits.h"
#include "wire/cursor.h"

#define ENVELOPE_FLAGS    (ENVELOPE_COMPRESSED | ENVELOPE_ENCRYPTED | ENVELOPE_TRUNCATED)
#define SUGGESTED_MASK    0x03u /* the bits that deployed software reads */
#define MESSAGE_SIZE_AT   16u   /* offset in the envelope */
#define BODY_SIZE_AT      20u   /* offset in the header */
#define OLD_DIGEST_SIZE   16u
#define CREDENTIAL_LENGTH 4u

static uint16_t version_of(uint8_t major, uint8_t minor)
{
        if (major == 5) /* an ancient client's way to say 2.0 */
                return VERSION(2, 0);
        if (major == 3) /* DO-IRP 3.0 is 2.11 by another name */
                return VERSION(2, 11);
        return VERSION(major, minor);
}

uint16_t envelope_version(const struct envelope *e)
{
        return version_of(e->major, e->minor);
}

uint16_t envelope_suggested(const struct envelope *e)
{
        /* 0 is "not given"; 1 is what two bits leave of 5, whose sender means no more than it states. */
        if (e->suggested_major < 2)
                return envelope_version(e);
        return version_of(e->suggested_major, e->suggested_minor);
}

enum ansa_err envelope_decode(struct ansa_bytes wire, struct envelope *e)
{
        struct cursor c = cursor_over(wire);
        const uint8_t *p = cursor_take(&c, ENVELOPE_SIZE);
        if (p == NULL) {
                *e = (struct envelope){ 0 };
                return c.err;
        }
        *e = (struct envelope){
                .major = p[0],
                .minor = p[1],
                .suggested_major = p[2] & SUGGESTED_MASK,
                .suggested_minor = p[3],
                .flags = p[2] & ENVELOPE_FLAGS,
                .session_id = load_u32(p + 4),
                .request_id = load_u32(p + 8),
                .sequence = load_u32(p + 12),
                .message_size = load_u32(p + MESSAGE_SIZE_AT),
        };
        return ANSA_OK;
}

/* Fixed layouts are read and written with one test for room, not one a field. */
void envelope_encode(const struct envelope *e, struct buf *b)
{
        uint8_t *p = buf_take(b, ENVELOPE_SIZE);
        if (p == NULL)
                return;
        p[0] = e->major;
        p[1] = e->minor;
        p[2] = (uint8_t)((e->flags & ENVELOPE_FLAGS) | (e->suggested_major & SUGGESTED_MASK));
        p[3] = e->suggested_minor;
        store_u32(p + 4, e->session_id);
        store_u32(p + 8, e->request_id);
        store_u32(p + 12, e->sequence);
        store_u32(p + MESSAGE_SIZE_AT, e->message_size);
}

static void read_header(struct cursor *c, struct header *h)
{
        const uint8_t *p = cursor_take(c, HEADER_SIZE);
        if (p == NULL) {
                *h = (struct header){ 0 };
                return;
        }
        *h = (struct header){
                .op = load_u32(p),
                .response = load_u32(p + 4),
                .flags = load_u32(p + 8),
                .site_serial = load_u16(p + 12),
                .recursion = p[14], /* 15 is reserved */
                .expires_s = load_u32(p + 16),
                .body_size = load_u32(p + BODY_SIZE_AT),
        };
}

enum ansa_err header_decode(struct ansa_bytes wire, struct header *h)
{
        struct cursor c = cursor_over(wire);
        read_header(&c, h);
        return c.err;
}

void header_encode(const struct header *h, struct buf *b)
{
        uint8_t *p = buf_take(b, HEADER_SIZE);
        if (p == NULL)
                return;
        store_u32(p, h->op);
        store_u32(p + 4, h->response);
        store_u32(p + 8, h->flags);
        p[12] = (uint8_t)(h->site_serial >> 8);
        p[13] = (uint8_t)h->site_serial;
        p[14] = h->recursion;
        p[15] = 0;
        store_u32(p + 16, h->expires_s);
        store_u32(p + BODY_SIZE_AT, h->body_size);
}

enum ansa_err message_decode(const struct envelope *e, struct ansa_bytes after, struct message *m)
{
        *m = (struct message){ .envelope = *e };
        struct cursor c = cursor_over(after);
        read_header(&c, &m->header);
        struct ansa_bytes body = cursor_bytes(&c, m->header.body_size);
        struct ansa_bytes covered = cursor_since(&c, after.at);
        struct ansa_bytes credential = { 0 };
        /* Fewer octets than a length word are not looked at: deployed servers do the same. */
        if (c.err == ANSA_OK && c.left >= CREDENTIAL_LENGTH) {
                credential = cursor_block(&c, LIMIT_MESSAGE_SIZE);
                if (c.left > 0)
                        cursor_fail(&c, ANSA_E_TRAILING);
        }
        if (c.err != ANSA_OK)
                return c.err;
        m->body = body;
        m->header_and_body = covered;
        m->credential = credential;
        return ANSA_OK;
}

struct message_mark message_begin(struct buf *b, const struct envelope *e, const struct header *h)
{
        struct envelope envelope = *e;
        struct header header = *h;
        envelope.message_size = 0;
        header.body_size = 0;
        struct message_mark mark = { .envelope_at = b->size };
        envelope_encode(&envelope, b);
        mark.header_at = b->size;
        header_encode(&header, b);
        return mark;
}

void message_end_body(struct buf *b, struct message_mark mark)
{
        if (b->err != ANSA_OK)
                return;
        size_t size = b->size - mark.header_at;
        ansa_assert(mark.header_at <= b->size && size >= HEADER_SIZE);
        if (size > LIMIT_MESSAGE_SIZE)
                buf_fail(b, ANSA_E_LIMIT);
        else
                buf_patch_u32(b, mark.header_at + BODY_SIZE_AT, (uint32_t)(size - HEADER_SIZE));
}

struct ansa_bytes message_signed_part(const struct buf *b, struct message_mark mark)
{
        struct ansa_bytes all = buf_written(b);
        if (b->err != ANSA_OK)
                return all;
        ansa_assert(mark.header_at <= all.size && all.size - mark.header_at >= HEADER_SIZE);
        return (struct ansa_bytes){ all.at + mark.header_at, all.size - mark.header_at };
}

void message_end(struct buf *b, struct message_mark mark, struct ansa_bytes credential)
{
        buf_block(b, credential);
        if (b->err != ANSA_OK)
                return;
        size_t size = b->size - mark.header_at;
        if (size > LIMIT_MESSAGE_SIZE)
                buf_fail(b, ANSA_E_LIMIT);
        else
                buf_patch_u32(b, mark.envelope_at + MESSAGE_SIZE_AT, (uint32_t)size);
}

static size_t digest_size(uint8_t code)
{
        switch (code) {
        case DIGEST_OLD_MD5:
        case DIGEST_MD5:
                return OLD_DIGEST_SIZE;
        case DIGEST_SHA1:
                return 20;
        case DIGEST_SHA256:
                return 32;
        default: /* from the wire */
                return 0;
        }
}

enum ansa_err request_digest_decode(struct ansa_bytes *body, struct request_digest *d)
{
        *d = (struct request_digest){ 0 };
        struct cursor c = cursor_over(*body);
        struct request_digest got = { .code = cursor_u8(&c) };
        size_t size = digest_size(got.code);
        if (c.err == ANSA_OK && size == 0)
                cursor_fail(&c, ANSA_E_UNSUPPORTED);
        /* The code of the old form is the first octet of a length. */
        if (got.code == DIGEST_OLD_MD5 && (cursor_u16(&c) != 0 || cursor_u8(&c) != size))
                cursor_fail(&c, ANSA_E_MALFORMED);
        got.digest = cursor_bytes(&c, size);
        if (c.err != ANSA_OK)
                return c.err;
        *d = got;
        *body = cursor_rest(&c);
        return ANSA_OK;
}

void request_digest_encode(const struct request_digest *d, struct buf *b)
{
        ansa_assert(d->digest.size > 0 && d->digest.size == digest_size(d->code));
        if (d->code == DIGEST_OLD_MD5)
                buf_u32(b, OLD_DIGEST_SIZE);
        else
                buf_u8(b, d->code);
        buf_bytes(b, d->digest);
}

uint8_t request_digest_code(uint16_t version)
{
        if (version >= VERSION(2, 7))
                return DIGEST_SHA256;
        return version >= VERSION(2, 1) ? DIGEST_SHA1 : DIGEST_OLD_MD5;
}
