/* SPDX-License-Identifier: Apache-2.0 */
/* Bodies of resolution, administration and lists (irp-wire 4.1 to 4.9). */
#include "wire/body.h"

#include "base/limits.h"
#include "wire/body_parts.h"

enum ansa_err resolve_request_decode(struct ansa_bytes body, struct resolve_request *r)
{
        struct cursor c = cursor_over(body);
        r->name = read_name(&c);
        r->indexes = read_indexes(&c);
        r->types = read_texts(&c, LIMIT_VALUE_COUNT);
        if (cursor_end(&c) != ANSA_OK)
                *r = (struct resolve_request){ 0 };
        return c.err;
}

void resolve_request_encode(const struct resolve_request *r, struct buf *b)
{
        buf_block(b, r->name);
        write_indexes(&r->indexes, b);
        write_texts(&r->types, b);
}

enum ansa_err record_body_decode(struct ansa_bytes body, struct record_body *r)
{
        struct cursor c = cursor_over(body);
        r->name = read_name(&c);
        r->values = read_values(&c);
        if (cursor_end(&c) != ANSA_OK)
                *r = (struct record_body){ 0 };
        return c.err;
}

void record_body_encode(const struct record_body *r, struct buf *b)
{
        buf_block(b, r->name);
        write_values(&r->values, b);
}

enum ansa_err name_body_decode(struct ansa_bytes body, struct ansa_bytes *name)
{
        struct cursor c = cursor_over(body);
        *name = read_name(&c);
        if (cursor_end(&c) != ANSA_OK)
                *name = (struct ansa_bytes){ 0 };
        return c.err;
}

void name_body_encode(struct ansa_bytes name, struct buf *b)
{
        buf_block(b, name);
}

enum ansa_err remove_request_decode(struct ansa_bytes body, struct remove_request *r)
{
        struct cursor c = cursor_over(body);
        r->name = read_name(&c);
        r->indexes = read_indexes(&c);
        if (cursor_end(&c) != ANSA_OK)
                *r = (struct remove_request){ 0 };
        return c.err;
}

void remove_request_encode(const struct remove_request *r, struct buf *b)
{
        buf_block(b, r->name);
        write_indexes(&r->indexes, b);
}

enum ansa_err create_response_decode(struct ansa_bytes body, struct ansa_bytes *name)
{
        *name = (struct ansa_bytes){ 0 };
        if (body.size == 0) /* servers before version 8 */
                return ANSA_OK;
        return name_body_decode(body, name);
}

enum ansa_err error_body_decode(struct ansa_bytes body, struct error_body *e)
{
        *e = (struct error_body){ 0 };
        if (body.size == 0) /* protocol 2.0 */
                return ANSA_OK;
        struct cursor c = cursor_over(body);
        struct ansa_bytes text = read_text(&c);
        if (c.err != ANSA_OK)
                return c.err;
        e->text = text;
        /* The indexes are a courtesy of some servers; whatever else follows is ignored. */
        struct index_list indexes = read_indexes(&c);
        if (c.err == ANSA_OK)
                e->indexes = indexes;
        return ANSA_OK;
}

void error_body_encode(struct ansa_bytes text, struct buf *b)
{
        buf_block(b, text);
}

enum ansa_err referral_body_decode(struct ansa_bytes body, struct referral_body *r)
{
        struct cursor c = cursor_over(body);
        *r = (struct referral_body){ .name = read_name(&c) };
        r->has_values = c.left > 0;
        if (r->has_values)
                r->values = read_values(&c);
        if (cursor_end(&c) != ANSA_OK)
                *r = (struct referral_body){ 0 };
        return c.err;
}

void referral_body_encode(const struct referral_body *r, struct buf *b)
{
        buf_block(b, r->name);
        if (r->has_values)
                write_values(&r->values, b);
}

enum ansa_err site_body_decode(struct ansa_bytes body, struct ansa_bytes *site)
{
        struct cursor c = cursor_over(body);
        uint32_t first = cursor_u32(&c);
        *site = (struct ansa_bytes){ 0 };
        if (c.err != ANSA_OK)
                return c.err;
        /* A raw record starts with a format of 0 or 1 and the version, far above its own size. */
        *site = first == c.left ? cursor_rest(&c) : body;
        return ANSA_OK;
}

enum ansa_err list_body_decode(struct ansa_bytes body, struct text_list *names)
{
        struct cursor c = cursor_over(body);
        *names = read_texts(&c, LIMIT_BLOCK_SIZE);
        if (cursor_end(&c) != ANSA_OK)
                *names = (struct text_list){ 0 };
        return c.err;
}
