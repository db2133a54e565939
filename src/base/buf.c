/* SPDX-License-Identifier: Apache-2.0 */
#include "base/buf.h"

#include "base/assert.h"

struct buf buf_over(uint8_t *at, size_t room)
{
        return (struct buf){ .at = at, .room = room, .size_max = room };
}

void buf_reset(struct buf *b)
{
        b->size = 0;
        b->err = ANSA_OK;
}

void buf_fail(struct buf *b, enum ansa_err err)
{
        ansa_assert(err != ANSA_OK);
        if (b->err == ANSA_OK)
                b->err = err;
}

static bool grow(struct buf *b, size_t size)
{
        if (b->grow != NULL)
                return b->grow(b, size);
        buf_fail(b, ANSA_E_LIMIT);
        return false;
}

uint8_t *buf_take_more(struct buf *b, size_t size)
{
        if (b->err != ANSA_OK)
                return NULL;
        if (size > b->room - b->size && !grow(b, size))
                return NULL;
        if (size == 0) /* at may be NULL */
                return b->at;
        uint8_t *at = b->at + b->size;
        b->size += size;
        ansa_assert(b->size <= b->room);
        return at;
}

void buf_u16(struct buf *b, uint16_t v)
{
        uint8_t *p = buf_take(b, 2);
        if (p != NULL) {
                p[0] = (uint8_t)(v >> 8);
                p[1] = (uint8_t)v;
        }
}

void buf_u32(struct buf *b, uint32_t v)
{
        uint8_t *p = buf_take(b, 4);
        if (p != NULL)
                store_u32(p, v);
}

void buf_u64(struct buf *b, uint64_t v)
{
        buf_u32(b, (uint32_t)(v >> 32));
        buf_u32(b, (uint32_t)v);
}

void buf_decimal(struct buf *b, uint64_t v)
{
        size_t count = 1;
        for (uint64_t rest = v / 10; rest > 0; rest /= 10)
                count++;
        uint8_t *digits = buf_take(b, count);
        for (; digits != NULL && count > 0; v /= 10)
                digits[--count] = (uint8_t)('0' + v % 10);
}

void buf_block(struct buf *b, struct ansa_bytes bytes)
{
        if (bytes.size > UINT32_MAX) {
                buf_fail(b, ANSA_E_LIMIT);
                return;
        }
        buf_u32(b, (uint32_t)bytes.size);
        buf_bytes(b, bytes);
}

void buf_patch_u32(struct buf *b, size_t offset, uint32_t v)
{
        if (b->err != ANSA_OK)
                return;
        ansa_assert(offset <= b->size && b->size - offset >= 4);
        store_u32(b->at + offset, v);
}

struct ansa_bytes buf_written(const struct buf *b)
{
        if (b->err != ANSA_OK)
                return (struct ansa_bytes){ 0 };
        return (struct ansa_bytes){ b->at, b->size };
}
