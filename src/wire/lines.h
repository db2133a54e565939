/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_WIRE_LINES_H
#define ANSA_WIRE_LINES_H

#include "base/hasher.h"
#include "base/text.h"

/* For formats of lines: each ends with one newline, the last one too. */

/** @bytes without its first @size octets, of which it has as many. */
static inline struct ansa_bytes lines_after(struct ansa_bytes bytes, size_t size)
{
        if (size >= bytes.size)
                return (struct ansa_bytes){ 0 };
        return (struct ansa_bytes){ bytes.at + size, bytes.size - size };
}

/** Takes a line from the front of *rest, without its newline; false when no newline is left. */
static inline bool lines_next(struct ansa_bytes *rest, struct ansa_bytes *line)
{
        const uint8_t *end = rest->size > 0 ? memchr(rest->at, '\n', rest->size) : NULL;
        *line = (struct ansa_bytes){ 0 };
        if (end == NULL)
                return false;
        *line = (struct ansa_bytes){ rest->at, (size_t)(end - rest->at) };
        *rest = lines_after(*rest, line->size + 1);
        return true;
}

/** A line that is the base64 of one hash. */
static inline bool lines_hash(struct ansa_bytes line, struct hash256 *hash)
{
        struct buf b = buf_over(hash->at, HASH_SIZE);
        if (text_base64_exact(line, &b) == ANSA_OK && b.size == HASH_SIZE)
                return true;
        memset(hash, 0, sizeof(*hash));
        return false;
}

static inline void lines_put_hash(const struct hash256 *hash, struct buf *b)
{
        text_put_base64(b, (struct ansa_bytes){ hash->at, HASH_SIZE }, TEXT_BASE64);
        buf_u8(b, '\n');
}

#endif
