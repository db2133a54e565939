/* SPDX-License-Identifier: Apache-2.0 */
#include "http/html.h"

#include "base/text.h"
#include "http/escape.h"

/* One character of @octets; returns the octets it took. */
static size_t put_character(struct buf *b, struct ansa_bytes octets)
{
        size_t size = text_utf8_size(octets);
        uint8_t c = octets.at[0];
        bool is_control = size == 1 && (c == 0x7f || (c < 0x20 && c != '\t' && c != '\n'));
        bool is_c1 = size == 2 && c == 0xc2 && octets.at[1] < 0xa0; /* U+0080 to U+009F */
        if (size == 0 || is_control || is_c1) {
                buf_text(b, "\xef\xbf\xbd");
                return size > 0 ? size : 1;
        }
        switch (c) {
        case '<':
                buf_text(b, "&lt;");
                break;
        case '>':
                buf_text(b, "&gt;");
                break;
        case '&':
                buf_text(b, "&amp;");
                break;
        case '"':
                buf_text(b, "&quot;");
                break;
        case '\'':
                buf_text(b, "&#39;");
                break;
        default:
                buf_bytes(b, (struct ansa_bytes){ octets.at, size });
        }
        return size;
}

/* Octets at the front that stand for themselves. */
static size_t plain_size(struct ansa_bytes octets)
{
        /* bits of 0x20 to 0x3f: all but "&'<> */
        const uint32_t low = ~(UINT32_C(1) << ('"' - 0x20) | UINT32_C(1) << ('&' - 0x20) |
                               UINT32_C(1) << ('\'' - 0x20) | UINT32_C(1) << ('<' - 0x20) |
                               UINT32_C(1) << ('>' - 0x20));
        size_t i = 0;
        while (i < octets.size && octets.at[i] >= 0x20 && octets.at[i] < 0x7f &&
               (octets.at[i] >= 0x40 || (low >> (octets.at[i] & 31) & 1) != 0))
                i++;
        return i;
}

bool html_put_cut(struct buf *b, struct ansa_bytes octets, size_t max)
{
        for (size_t count = 0; octets.size > 0; count++) {
                if (count == max) {
                        buf_text(b, "\xe2\x80\xa6");
                        return true;
                }
                size_t size = put_character(b, octets);
                octets = (struct ansa_bytes){ octets.at + size, octets.size - size };
        }
        return false;
}

void html_put_text(struct buf *b, struct ansa_bytes octets)
{
        while (octets.size > 0) {
                size_t size = plain_size(octets);
                buf_bytes(b, (struct ansa_bytes){ octets.at, size });
                if (size == 0)
                        size = put_character(b, octets);
                octets = (struct ansa_bytes){ octets.at + size, octets.size - size };
        }
}

void html_put_name(struct buf *b, struct ansa_bytes octets)
{
        buf_text(b, "<bdi>");
        html_put_text(b, octets);
        buf_text(b, "</bdi>");
}

void html_put_link(struct buf *b, struct ansa_bytes url)
{
        if (!escape_is_safe_url(url)) {
                html_put_name(b, url);
                return;
        }
        struct buf target = buf_growing(SIZE_MAX / 2);
        escape_put_location(url, (struct ansa_bytes){ 0 }, &target);
        if (target.err != ANSA_OK)
                buf_fail(b, target.err);
        buf_text(b, "<a rel=\"noreferrer\" href=\"");
        html_put_text(b, buf_written(&target));
        buf_text(b, "\">");
        html_put_name(b, url);
        buf_text(b, "</a>");
        buf_fini(&target);
}

void html_begin(struct buf *b, const char *title, struct ansa_bytes name)
{
        buf_text(b, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                    "<meta name=\"color-scheme\" content=\"light dark\">\n<title>");
        buf_text(b, title);
        if (name.size > 0)
                buf_text(b, ": ");
        (void)html_put_cut(b, name, 100);
        buf_text(b, "</title>\n<link rel=\"stylesheet\" href=\"/web/resolver.css\">\n</head>\n"
                    "<body>\n<main>\n");
}

void html_end(struct buf *b)
{
        buf_text(b, "</main>\n</body>\n</html>\n");
}
