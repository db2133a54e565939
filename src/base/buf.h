/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_BASE_BUF_H
#define ANSA_BASE_BUF_H

#include "ansa/bytes.h"
#include "ansa/err.h"

/**
 * A writer of octets with a maximum, over the caller's memory (never allocates)
 * or over its own, which grows. The first failure sticks in err, later writes do
 * nothing: an encoder writes all its fields and looks at err once.
 */
struct buf {
        uint8_t *at;
        size_t size; /* written so far */
        size_t room; /* allocated or lent */
        size_t size_max;
        bool (*grow)(struct buf *b, size_t size); /* NULL: lent */
        enum ansa_err err;
};

/** Big endian @v to at[0..4): for fixed layouts that were taken in one piece. */
static inline void store_u32(uint8_t *at, uint32_t v)
{
        at[0] = (uint8_t)(v >> 24);
        at[1] = (uint8_t)(v >> 16);
        at[2] = (uint8_t)(v >> 8);
        at[3] = (uint8_t)v;
}

/** Write into @at[0..room). Going over is ANSA_E_LIMIT. */
struct buf buf_over(uint8_t *at, size_t room);

/*
 * Growing is in buf_grow.c and formatting in buf_format.c, so that what writes into lent memory
 * only can be linked without an allocator and stdio (include/ansa/core.h).
 */

/** Write into memory of its own, at most @size_max bytes. End with buf_fini. */
struct buf buf_growing(size_t size_max);
/** The same for keys and passphrases: memory is wiped before it is given back. */
struct buf buf_secret(size_t size_max);
void buf_fini(struct buf *b);  /* releases what is owned; a lent one is left alone */
void buf_reset(struct buf *b); /* size 0, err cleared, memory kept */

void buf_fail(struct buf *b, enum ansa_err err);

/** As buf_take, where that does not suffice. */
uint8_t *buf_take_more(struct buf *b, size_t size);

/*
 * Inline, and so is what writes octets and literals: JSON and pages are made of nothing else.
 */

/** Room for @size more bytes, counted as written; NULL after a failure. Not zeroed. */
static inline uint8_t *buf_take(struct buf *b, size_t size)
{
        if (b->err != ANSA_OK || size == 0 || size > b->room - b->size)
                return buf_take_more(b, size);
        uint8_t *at = b->at + b->size;
        b->size += size;
        return at;
}

static inline void buf_u8(struct buf *b, uint8_t v)
{
        uint8_t *p = buf_take(b, 1);
        if (p != NULL)
                p[0] = v;
}

static inline void buf_bytes(struct buf *b, struct ansa_bytes bytes)
{
        uint8_t *p = buf_take(b, bytes.size);
        if (p != NULL && bytes.size > 0)
                memcpy(p, bytes.at, bytes.size);
}

static inline void buf_text(struct buf *b, const char *text)
{
        buf_bytes(b, ansa_bytes_text(text));
}

/** The same for "a literal", where it matters that its size is known. */
#define buf_literal(b, text) buf_bytes((b), ANSA_BYTES_LIT(text))

void buf_u16(struct buf *b, uint16_t v);
void buf_u32(struct buf *b, uint32_t v);
void buf_u64(struct buf *b, uint64_t v);
void buf_decimal(struct buf *b, uint64_t v); /* digits, as text */
/** For short text: over 511 octets at once is ANSA_E_LIMIT. */
void buf_printf(struct buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));

/** u32 size, then the bytes: "str" of the protocol. */
void buf_block(struct buf *b, struct ansa_bytes bytes);

/** Overwrite the u32 at @offset, which must have been written. */
void buf_patch_u32(struct buf *b, size_t offset, uint32_t v);

/** What was written; empty after a failure. Borrowed until the next write. */
struct ansa_bytes buf_written(const struct buf *b);

#endif
