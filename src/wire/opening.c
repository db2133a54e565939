/* SPDX-License-Identifier: Apache-2.0 */
/* Part of libansa-core.a: nothing but string.h. */
#include "wire/opening.h"

#include "base/assert.h"

#define VALUE_SIZE_MIN (2u + OPENING_SALT_SIZE + ANSA_VALUE_SIZE_MIN)

/*
 * Subtrees of a tree of RFC 6962 that begin at @from: the perfect ones, of as many leaves as a power
 * of two that divides @from; and, at its right edge, what is left when all perfect ones of the tree
 * before it are taken off from the left.
 */
uint32_t opening_part(uint32_t from, uint32_t next, uint32_t count)
{
        ansa_assert(from < next && next <= count);
        uint32_t aligned = from & (0u - from); /* the largest that may begin here; 0: any */
        if (next == count && (from == 0 || count - from <= aligned))
                return count - from;
        uint32_t part = 1;
        while (part * 2 <= next - from && (from == 0 || part * 2 <= aligned))
                part *= 2;
        return part;
}

static uint32_t parts_between(uint32_t from, uint32_t next, uint32_t count)
{
        uint32_t parts = 0;
        for (; from < next; parts++)
                from += opening_part(from, next, count);
        return parts;
}

static void take_value(struct cursor *c, struct opening_value *v)
{
        v->position = cursor_u16(c);
        v->salt = cursor_take(c, OPENING_SALT_SIZE);
        struct ansa_bytes rest = { c->at, c->left };
        enum ansa_err err = c->err != ANSA_OK ? c->err : ansa_value_decode(&rest, &v->value);
        if (err != ANSA_OK)
                cursor_fail(c, err);
        else
                v->wire = cursor_bytes(c, c->left - rest.size);
}

bool opening_next(struct ansa_bytes *shown, struct opening_value *value)
{
        struct cursor c = cursor_over(*shown);
        memset(value, 0, sizeof(*value));
        if (c.left == 0)
                return false;
        take_value(&c, value);
        ansa_assert(c.err == ANSA_OK); /* all of them were decoded before */
        *shown = cursor_rest(&c);
        return true;
}

static bool is_public(const struct ansa_value *value)
{
        return (value->permissions & ANSA_PERM_PUBLIC_READ) != 0;
}

/* The values; how many hashes have to follow them. */
static uint32_t take_values(struct cursor *c, const struct opening *o)
{
        uint32_t from = 0; /* the least position that the next value may have */
        uint32_t parts = 0;
        for (uint32_t i = 0; i < o->shown_count && c->err == ANSA_OK; i++) {
                struct opening_value v = { 0 };
                take_value(c, &v);
                if (c->err != ANSA_OK)
                        break;
                if (v.position < from || v.position >= o->count ||
                    is_public(&v.value) != (v.position < o->public_count)) {
                        cursor_fail(c, ANSA_E_MALFORMED);
                        break;
                }
                parts += parts_between(from, v.position, o->count);
                from = v.position + 1;
        }
        return c->err == ANSA_OK ? parts + parts_between(from, o->count, o->count) : 0;
}

void opening_decode(struct cursor *c, struct opening *o)
{
        struct opening got = { 0 };
        memset(o, 0, sizeof(*o));
        got.count = cursor_u16(c);
        got.public_count = cursor_u16(c);
        got.shown_count = cursor_u16(c);
        if (got.count > OPENING_VALUES_MAX)
                cursor_fail(c, ANSA_E_LIMIT);
        else if (got.public_count > got.count || got.shown_count > got.count)
                cursor_fail(c, ANSA_E_MALFORMED);
        else if (got.shown_count * VALUE_SIZE_MIN > c->left)
                cursor_fail(c, ANSA_E_TRUNCATED);
        const uint8_t *start = c->at;
        uint32_t parts = take_values(c, &got);
        got.shown = cursor_since(c, start);
        got.hashes = cursor_bytes(c, (size_t)parts * HASH_SIZE);
        if (c->err == ANSA_OK)
                *o = got;
}

void opening_put_head(uint32_t count, uint32_t public_count, uint32_t shown_count, struct buf *b)
{
        if (count > OPENING_VALUES_MAX || public_count > count || shown_count > count) {
                buf_fail(b, ANSA_E_ARGUMENT);
                return;
        }
        buf_u16(b, (uint16_t)count);
        buf_u16(b, (uint16_t)public_count);
        buf_u16(b, (uint16_t)shown_count);
}

void opening_put_value(uint32_t position, const uint8_t salt[OPENING_SALT_SIZE],
                       struct ansa_bytes wire, struct buf *b)
{
        ansa_assert(position < OPENING_VALUES_MAX);
        buf_u16(b, (uint16_t)position);
        buf_bytes(b, (struct ansa_bytes){ salt, OPENING_SALT_SIZE });
        buf_bytes(b, wire);
}
