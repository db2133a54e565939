/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_WIRE_CURSOR_H
#define ANSA_WIRE_CURSOR_H

#include "ansa/bytes.h"
#include "ansa/err.h"

/**
 * A reader over borrowed octets. The first failure sticks: later reads do
 * nothing and yield zeros, so a decoder reads all its fields and looks at
 * err once. Remaining size is compared before any pointer is moved, and
 * lengths from the wire are never added to, padded or multiplied first.
 *
 * The reads are inline because the decoding of a query is made of nothing else.
 */
struct cursor {
        const uint8_t *at;
        size_t left;
        enum ansa_err err;
};

struct cursor cursor_over(struct ansa_bytes bytes);
void cursor_fail(struct cursor *c, enum ansa_err err);

/** The one place where the pointer moves; NULL after a failure. */
static inline const uint8_t *cursor_take(struct cursor *c, size_t size)
{
        if (c->err != ANSA_OK)
                return NULL;
        if (size > c->left) {
                c->err = ANSA_E_TRUNCATED;
                return NULL;
        }
        const uint8_t *at = c->at;
        if (size > 0) /* at may be NULL when nothing is left */
                c->at += size;
        c->left -= size;
        return at;
}

/* For fixed layouts that were taken in one piece. */
static inline uint16_t load_u16(const uint8_t *p)
{
        return (uint16_t)(p[0] << 8 | p[1]);
}

static inline uint32_t load_u32(const uint8_t *p)
{
        return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | (uint32_t)p[3];
}

static inline uint8_t cursor_u8(struct cursor *c)
{
        const uint8_t *p = cursor_take(c, 1);
        return p != NULL ? p[0] : 0;
}

static inline uint16_t cursor_u16(struct cursor *c)
{
        const uint8_t *p = cursor_take(c, 2);
        return p != NULL ? load_u16(p) : 0;
}

static inline uint32_t cursor_u32(struct cursor *c)
{
        const uint8_t *p = cursor_take(c, 4);
        return p != NULL ? load_u32(p) : 0;
}

static inline uint64_t cursor_u64(struct cursor *c)
{
        const uint8_t *p = cursor_take(c, 8);
        return p != NULL ? (uint64_t)load_u32(p) << 32 | load_u32(p + 4) : 0;
}

/** The next @size octets, borrowed. */
static inline struct ansa_bytes cursor_bytes(struct cursor *c, size_t size)
{
        const uint8_t *p = cursor_take(c, size);
        return p != NULL ? (struct ansa_bytes){ p, size } : (struct ansa_bytes){ 0 };
}

/** A u32 length and that many octets ("str"), borrowed; ANSA_E_LIMIT above @max. */
static inline struct ansa_bytes cursor_block(struct cursor *c, uint32_t max)
{
        uint32_t size = cursor_u32(c);
        if (size > max)
                cursor_fail(c, ANSA_E_LIMIT);
        return cursor_bytes(c, size);
}

/**
 * The u32 count of a list whose items take at least @item_size_min octets each,
 * compared with @max (ANSA_E_LIMIT) and with what is left (ANSA_E_TRUNCATED).
 */
uint32_t cursor_count(struct cursor *c, uint32_t max, size_t item_size_min);

/** All octets that are left. */
struct ansa_bytes cursor_rest(struct cursor *c);

/** What was read since the cursor was at @start, borrowed; empty after a failure. */
struct ansa_bytes cursor_since(const struct cursor *c, const uint8_t *start);

/** Fails with ANSA_E_TRAILING when octets are left; returns err. */
ANSA_CHECKED enum ansa_err cursor_end(struct cursor *c);

#endif
