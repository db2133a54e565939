/* SPDX-License-Identifier: Apache-2.0 */
#include "http/pages.h"

#include "base/text.h"
#include "http/match.h"
#include "http/reply.h"

/* Nothing from elsewhere, no inline script; WebCrypto and fetch need no more than this. */
#define PAGE_POLICY                                                                             \
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; " \
        "font-src 'self'; connect-src 'self'; manifest-src 'self'; form-action 'self'; "        \
        "base-uri 'none'; frame-ancestors 'none'"

static int compare(struct ansa_bytes a, struct ansa_bytes b)
{
        size_t size = a.size < b.size ? a.size : b.size;
        int order = size > 0 ? memcmp(a.at, b.at, size) : 0;
        return order != 0 ? order : (a.size > b.size) - (a.size < b.size);
}

const struct page *pages_find(struct ansa_bytes path)
{
        size_t from = 0;
        size_t to = page_count;
        while (from < to) {
                size_t middle = from + (to - from) / 2;
                int order = compare(path, ansa_bytes_text(pages[middle].path));
                if (order == 0)
                        return &pages[middle];
                if (order < 0)
                        to = middle;
                else
                        from = middle + 1;
        }
        return NULL;
}

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

static enum http_outcome serve_part(struct http_exchange *x, const struct page *page, uint64_t from,
                                    uint64_t to)
{
        char text[96];
        struct buf b = buf_over((uint8_t *)text, sizeof(text));
        uint64_t size = page->bytes.size;
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
        struct ansa_bytes part = { page->bytes.at + from, (size_t)(to - from) };
        return reply_bytes(x, 206, page->type, part);
}

enum http_outcome pages_serve(struct http_exchange *x)
{
        const struct page *page = pages_find(x->path);
        if (page == NULL) {
                buf_reset(&x->out);
                buf_text(&x->out, "There is no such page.\n");
                return reply_with(x, 404, "text/plain; charset=utf-8");
        }
        struct ansa_bytes header;
        bool is_packed = page->gzip.size > 0 && !exchange_header(x, "Range", &header) &&
                         exchange_list(x, "Accept-Encoding", &header) &&
                         match_accepts_coding(header, "gzip");
        const struct ansa_bytes etag = ansa_bytes_text(is_packed ? page->gzip_etag : page->etag);
        reply_header(x, "ETag", etag);
        reply_header_text(x, "Cache-Control", "no-cache");
        reply_header_text(x, "Vary", "Accept-Encoding");
        reply_header_text(x, "Accept-Ranges", "bytes");
        reply_header_text(x, "X-Content-Type-Options", "nosniff");
        reply_header_text(x, "Referrer-Policy", "same-origin");
        if (strncmp(page->type, "text/html", 9) == 0)
                reply_header_text(x, "Content-Security-Policy", PAGE_POLICY);
        if (exchange_list(x, "If-None-Match", &header) &&
            (match_etag(header, ansa_bytes_text(page->etag), true) ||
             match_etag(header, ansa_bytes_text(page->gzip_etag), true)))
                return reply_empty(x, 304);
        uint64_t from = 0;
        uint64_t to = 0;
        struct ansa_bytes condition;
        bool is_same =
                !exchange_header(x, "If-Range", &condition) || ansa_bytes_equal(condition, etag);
        if (x->request->method == HTTP_GET && is_same && exchange_header(x, "Range", &header) &&
            read_range(header, page->bytes.size, &from, &to))
                return serve_part(x, page, from, to);
        if (is_packed) {
                reply_header_text(x, "Content-Encoding", "gzip");
                return reply_bytes(x, 200, page->type, page->gzip);
        }
        return reply_bytes(x, 200, page->type, page->bytes);
}

/* ---- For monitors -------------------------------------------------------------------------- */

static enum http_outcome say(struct http_exchange *x, uint32_t status, const char *text)
{
        buf_reset(&x->out);
        buf_text(&x->out, text);
        buf_u8(&x->out, '\n');
        reply_header_text(x, "Cache-Control", "no-store");
        return reply_with(x, status, "text/plain; charset=utf-8");
}

enum http_outcome pages_health(struct http_exchange *x)
{
        return say(x, 200, "ok");
}

enum http_outcome pages_ready(struct http_exchange *x)
{
        struct http_facts *facts = x->http->facts;
        const char *trouble = facts != NULL ? facts->trouble(facts) : NULL;
        return trouble == NULL ? say(x, 200, "ok") : say(x, 503, trouble);
}

enum http_outcome pages_metrics(struct http_exchange *x)
{
        struct http_facts *facts = x->http->facts;
        if (!x->request->may_watch)
                return say(x, 403, "Figures are not shown to this address.");
        buf_reset(&x->out);
        if (facts != NULL)
                facts->metrics(facts, &x->out);
        reply_header_text(x, "Cache-Control", "no-store");
        return reply_with(x, 200, "text/plain; version=0.0.4; charset=utf-8");
}
