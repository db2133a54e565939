/* SPDX-License-Identifier: Apache-2.0 */
#include "ansa/value.h"

#include "base/assert.h"
#include "base/buf.h"
#include "base/limits.h"
#include "base/text.h"
#include "wire/cursor.h"

#include <assert.h>

#define FIXED_SIZE   14u /* octets before the type */
#define REF_SIZE_MIN 8u

static_assert(FIXED_SIZE + 3 * 4 == ANSA_VALUE_SIZE_MIN, "three length words follow");
static_assert(LIMIT_BLOCK_SIZE == ANSA_BLOCK_SIZE_MAX, "one limit, two names");
static_assert(LIMIT_VALUE_COUNT == ANSA_VALUE_COUNT_MAX, "one limit, two names");
static_assert(LIMIT_NAME_SIZE == ANSA_NAME_SIZE_MAX, "one limit, two names");
static_assert(LIMIT_MESSAGE_SIZE == ANSA_MESSAGE_SIZE_MAX, "one limit, two names");

static struct ansa_ref read_ref(struct cursor *c)
{
        struct ansa_ref ref = { 0 };
        ref.name = cursor_block(c, ANSA_NAME_SIZE_MAX);
        ref.index = cursor_u32(c);
        return ref;
}

/* Every reference is read, so that walking them later cannot fail. */
static struct ansa_refs read_refs(struct cursor *c)
{
        if (c->err == ANSA_OK && c->at != NULL && c->left >= 4 &&
            load_u32(c->at) == 0) { /* as nearly always */
                (void)cursor_take(c, 4);
                return (struct ansa_refs){ 0 };
        }
        uint32_t count = cursor_count(c, ANSA_BLOCK_SIZE_MAX, REF_SIZE_MIN);
        const uint8_t *start = c->at;
        for (uint32_t i = 0; i < count && c->err == ANSA_OK; i++)
                (void)read_ref(c);
        return (struct ansa_refs){ cursor_since(c, start), count };
}

enum ansa_err ansa_value_decode(struct ansa_bytes *wire, struct ansa_value *value)
{
        ansa_assert(wire != NULL && value != NULL);
        struct cursor c = cursor_over(*wire);
        struct ansa_value v = { 0 };
        const uint8_t *fixed = cursor_take(&c, FIXED_SIZE);
        if (fixed != NULL) {
                v.index = load_u32(fixed);
                v.timestamp_s = load_u32(fixed + 4);
                v.ttl_type = fixed[8];
                v.ttl_s = load_u32(fixed + 9);
                v.permissions = fixed[13];
        }
        v.type = cursor_block(&c, ANSA_BLOCK_SIZE_MAX);
        v.data = cursor_block(&c, ANSA_BLOCK_SIZE_MAX);
        v.refs = read_refs(&c);
        if (c.err != ANSA_OK) {
                *value = (struct ansa_value){ 0 };
                return c.err;
        }
        *value = v;
        *wire = (struct ansa_bytes){ c.at, c.left };
        return ANSA_OK;
}

size_t ansa_value_size(const struct ansa_value *value)
{
        return ANSA_VALUE_SIZE_MIN + value->type.size + value->data.size + value->refs.wire.size;
}

enum ansa_err ansa_value_encode(const struct ansa_value *value, uint8_t *at, size_t room,
                                size_t *size)
{
        *size = 0;
        if (value->type.size > ANSA_BLOCK_SIZE_MAX || value->data.size > ANSA_BLOCK_SIZE_MAX ||
            value->refs.wire.size > room)
                return ANSA_E_LIMIT; /* what no decoder would take back */
        if (ansa_value_size(value) > room)
                return ANSA_E_LIMIT;
        struct buf b = buf_over(at, room);
        buf_u32(&b, value->index);
        buf_u32(&b, value->timestamp_s);
        buf_u8(&b, value->ttl_type);
        buf_u32(&b, value->ttl_s);
        buf_u8(&b, value->permissions);
        buf_block(&b, value->type);
        buf_block(&b, value->data);
        buf_u32(&b, value->refs.count);
        buf_bytes(&b, value->refs.wire);
        ansa_assert(b.err == ANSA_OK && b.size == ansa_value_size(value));
        *size = b.size;
        return ANSA_OK;
}

enum ansa_err ansa_values_next(struct ansa_values *values, struct ansa_value *value)
{
        *value = (struct ansa_value){ 0 };
        if (values->count == 0)
                return ANSA_E_NOT_FOUND;
        enum ansa_err err = ansa_value_decode(&values->wire, value);
        if (err == ANSA_OK)
                values->count--;
        return err;
}

enum ansa_err ansa_refs_next(struct ansa_refs *refs, struct ansa_ref *ref)
{
        *ref = (struct ansa_ref){ 0 };
        if (refs->count == 0)
                return ANSA_E_NOT_FOUND;
        struct cursor c = cursor_over(refs->wire);
        struct ansa_ref r = read_ref(&c);
        if (c.err != ANSA_OK)
                return c.err;
        *ref = r;
        refs->count--;
        refs->wire = cursor_rest(&c);
        return ANSA_OK;
}

bool ansa_type_matches(struct ansa_bytes type, struct ansa_bytes asked)
{
        if (text_equal_fold(type, asked))
                return true;
        if (asked.size == 0 || asked.at[asked.size - 1] != '.')
                return false;
        struct ansa_bytes stem = { asked.at, asked.size - 1 };
        struct ansa_bytes front = { type.at, asked.size };
        return text_equal_fold(type, stem) ||
               (type.size > asked.size && text_equal_fold(front, asked));
}
