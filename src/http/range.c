/* SPDX-License-Identifier: Apache-2.0 */
#include "http/range.h"

#include "base/text.h"
#include "http/reply.h"

/* "bytes=a-b", "bytes=a-", "bytes=-n": one range only, as RFC 9110 allows. False: not such. */
static bool read_range(struct ansa_bytes header, uint64_t size, uint64_t *from, uint64_t *to)
{
        const struct ansa_bytes unit = ANSA_BYTES_LIT("bytes=");
        if (header.size <= unit.size || memcmp(header.at, unit.at, unit.size) != 0)
                return false;
        struct ansa_bytes first = { header.at + unit.size, header.size - unit.size };
        const uint8_t *dash = memchr(first.at, '-', first.size);
        if (dash == NULL)
                return false;
        struct ansa_bytes last = { dash + 1, first.size - (size_t)(dash + 1 - first.at) };
        first.size = (size_t)(dash - first.at);
        uint64_t number = 0;
        *to = size;
        if (last.size > 0) {
                if (text_u64(last, INT64_MAX, &number) != ANSA_OK)
                        return false;
                if (first.size == 0) {
                        *from = number < size ? size - number : 0;
                        if (number == 0)
                                *from = size; /* nothing */
                        return true;
                }
                *to = number < size ? number + 1 : size;
        }
        return text_u64(first, INT64_MAX, from) == ANSA_OK && (last.size == 0 || *from <= number);
}

static enum http_outcome serve_part(struct http_exchange *x, const char *type,
                                    struct ansa_bytes bytes, uint64_t from, uint64_t to)
{
        char text[96];
        struct buf b = buf_over((uint8_t *)text, sizeof(text));
        uint64_t size = bytes.size;
        if (from >= size) {
                buf_text(&b, "bytes */");
                buf_decimal(&b, size);
                reply_header(x, "Content-Range", buf_written(&b));
                return reply_empty(x, 416);
        }
        buf_text(&b, "bytes ");
        buf_decimal(&b, from);
        buf_u8(&b, '-');
        buf_decimal(&b, to - 1);
        buf_u8(&b, '/');
        buf_decimal(&b, size);
        reply_header(x, "Content-Range", buf_written(&b));
        struct ansa_bytes part = { bytes.at + from, (size_t)(to - from) };
        return reply_bytes(x, 206, type, part);
}

enum http_outcome range_reply(struct http_exchange *x, const char *type, struct ansa_bytes bytes,
                              struct ansa_bytes etag)
{
        uint64_t from = 0;
        uint64_t to = 0;
        struct ansa_bytes header;
        struct ansa_bytes condition;
        reply_header_text(x, "Accept-Ranges", "bytes");
        bool is_same =
                !exchange_header(x, "If-Range", &condition) || ansa_bytes_equal(condition, etag);
        if (x->request->method == HTTP_GET && is_same && exchange_header(x, "Range", &header) &&
            read_range(header, bytes.size, &from, &to))
                return serve_part(x, type, bytes, from, to);
        return reply_bytes(x, 200, type, bytes);
}
