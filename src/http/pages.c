/* SPDX-License-Identifier: Apache-2.0 */
#include "http/pages.h"

#include "http/match.h"
#include "http/range.h"
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
        reply_header_text(x, "X-Content-Type-Options", "nosniff");
        reply_header_text(x, "Referrer-Policy", "same-origin");
        if (strncmp(page->type, "text/html", 9) == 0)
                reply_header_text(x, "Content-Security-Policy", PAGE_POLICY);
        if (exchange_list(x, "If-None-Match", &header) &&
            (match_etag(header, ansa_bytes_text(page->etag), true) ||
             match_etag(header, ansa_bytes_text(page->gzip_etag), true)))
                return reply_empty(x, 304);
        if (is_packed) {
                reply_header_text(x, "Content-Encoding", "gzip");
                return reply_bytes(x, 200, page->type, page->gzip);
        }
        return range_reply(x, page->type, page->bytes, etag);
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
