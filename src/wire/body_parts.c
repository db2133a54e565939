/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/body_parts.h"

#include "base/assert.h"
#include "base/limits.h"

#define INDEX_SIZE     4u
#define BLOCK_SIZE_MIN 4u

struct ansa_bytes read_name(struct cursor *c)
{
        return cursor_block(c, LIMIT_NAME_SIZE);
}

struct ansa_bytes read_text(struct cursor *c)
{
        return cursor_block(c, LIMIT_BLOCK_SIZE);
}

struct ansa_ref read_key_ref(struct cursor *c)
{
        struct ansa_ref ref = { 0 };
        ref.name = read_name(c);
        ref.index = cursor_u32(c);
        return ref;
}

/* A record has no more values than the limit, so nobody needs to name more indexes or types. */
struct index_list read_indexes(struct cursor *c)
{
        uint32_t count = cursor_count(c, LIMIT_VALUE_COUNT, INDEX_SIZE);
        struct ansa_bytes wire = cursor_bytes(c, (size_t)count * INDEX_SIZE);
        return (struct index_list){ wire, count };
}

struct text_list read_texts(struct cursor *c, uint32_t max)
{
        uint32_t count = cursor_count(c, max, BLOCK_SIZE_MIN);
        const uint8_t *start = c->at;
        for (uint32_t i = 0; i < count && c->err == ANSA_OK; i++)
                (void)read_text(c);
        return (struct text_list){ cursor_since(c, start), count };
}

struct ansa_values read_values(struct cursor *c)
{
        uint32_t count = cursor_count(c, LIMIT_VALUE_COUNT, ANSA_VALUE_SIZE_MIN);
        const uint8_t *start = c->at;
        for (uint32_t i = 0; i < count && c->err == ANSA_OK; i++) {
                struct ansa_bytes rest = { c->at, c->left };
                struct ansa_value value;
                enum ansa_err err = ansa_value_decode(&rest, &value);
                if (err != ANSA_OK)
                        cursor_fail(c, err);
                else
                        (void)cursor_bytes(c, c->left - rest.size);
        }
        return (struct ansa_values){ cursor_since(c, start), count };
}

void write_key_ref(const struct ansa_ref *ref, struct buf *b)
{
        buf_block(b, ref->name);
        buf_u32(b, ref->index);
}

void write_indexes(const struct index_list *list, struct buf *b)
{
        ansa_assert(list->wire.size == (size_t)list->count * INDEX_SIZE);
        buf_u32(b, list->count);
        buf_bytes(b, list->wire);
}

void write_texts(const struct text_list *list, struct buf *b)
{
        buf_u32(b, list->count);
        buf_bytes(b, list->wire);
}

void write_values(const struct ansa_values *values, struct buf *b)
{
        buf_u32(b, values->count);
        buf_bytes(b, values->wire);
}

uint32_t index_list_at(const struct index_list *list, uint32_t i)
{
        ansa_assert(i < list->count);
        struct cursor c = cursor_over(list->wire);
        (void)cursor_bytes(&c, (size_t)i * INDEX_SIZE);
        uint32_t index = cursor_u32(&c);
        ansa_assert(c.err == ANSA_OK);
        return index;
}

enum ansa_err text_list_next(struct text_list *list, struct ansa_bytes *text)
{
        *text = (struct ansa_bytes){ 0 };
        if (list->count == 0)
                return ANSA_E_NOT_FOUND;
        struct cursor c = cursor_over(list->wire);
        struct ansa_bytes got = read_text(&c);
        if (c.err != ANSA_OK)
                return c.err;
        *text = got;
        list->count--;
        list->wire = cursor_rest(&c);
        return ANSA_OK;
}
