/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/cursor.h"

#include "base/assert.h"

struct cursor cursor_over(struct ansa_bytes bytes)
{
        ansa_assert(bytes.at != NULL || bytes.size == 0);
        return (struct cursor){ .at = bytes.at, .left = bytes.size };
}

void cursor_fail(struct cursor *c, enum ansa_err err)
{
        ansa_assert(err != ANSA_OK);
        if (c->err == ANSA_OK)
                c->err = err;
}

uint32_t cursor_count(struct cursor *c, uint32_t max, size_t item_size_min)
{
        ansa_assert(item_size_min > 0);
        uint32_t count = cursor_u32(c);
        if (count > max)
                cursor_fail(c, ANSA_E_LIMIT);
        else if (count > c->left / item_size_min)
                cursor_fail(c, ANSA_E_TRUNCATED);
        return c->err == ANSA_OK ? count : 0;
}

struct ansa_bytes cursor_rest(struct cursor *c)
{
        return cursor_bytes(c, c->left);
}

struct ansa_bytes cursor_since(const struct cursor *c, const uint8_t *start)
{
        if (c->err != ANSA_OK || c->at == start)
                return (struct ansa_bytes){ 0 };
        ansa_assert(start != NULL && c->at > start);
        return (struct ansa_bytes){ start, (size_t)(c->at - start) };
}

enum ansa_err cursor_end(struct cursor *c)
{
        if (c->left > 0)
                cursor_fail(c, ANSA_E_TRAILING);
        return c->err;
}
