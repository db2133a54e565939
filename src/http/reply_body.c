/* SPDX-License-Identifier: Apache-2.0 */
#include "http/reply.h"

/* Bodies in other dress: JSON for people, JSON for scripts. */

static void put_line(struct buf *b, unsigned depth)
{
        buf_u8(b, '\n');
        for (unsigned i = 0; i < depth; i++)
                buf_text(b, "  ");
}

/* The end of a text that begins at @at. */
static size_t text_end(struct ansa_bytes json, size_t at)
{
        size_t i = at + 1;
        while (i < json.size && json.at[i] != '"')
                i += json.at[i] == '\\' ? 2 : 1;
        return i < json.size ? i + 1 : json.size;
}

void reply_indent(struct ansa_bytes json, struct buf *b)
{
        unsigned depth = 0;
        for (size_t i = 0; i < json.size;) {
                uint8_t c = json.at[i];
                size_t end = i + 1;
                if (c == '"')
                        end = text_end(json, i);
                bool closes = c == '}' || c == ']';
                bool opens = c == '{' || c == '[';
                bool is_empty =
                        opens && end < json.size && (json.at[end] == '}' || json.at[end] == ']');
                if (is_empty)
                        end++;
                if (closes && depth > 0)
                        put_line(b, --depth);
                buf_bytes(b, (struct ansa_bytes){ json.at + i, end - i });
                if (opens && !is_empty)
                        put_line(b, ++depth);
                else if (c == ',')
                        put_line(b, depth);
                else if (c == ':')
                        buf_u8(b, ' ');
                i = end;
        }
        buf_u8(b, '\n');
}

/* Octets of the character that begins at @at, 0 for what is no UTF-8; its code point. */
static size_t character(struct ansa_bytes text, size_t at, uint32_t *point)
{
        uint8_t c = text.at[at];
        size_t size = c < 0x80 ? 1 : c >= 0xc2 && c < 0xe0 ? 2 : c >= 0xe0 && c < 0xf0 ? 3 : 4;
        if (c >= 0xf5 || (c >= 0x80 && c < 0xc2) || size > text.size - at)
                return 0;
        *point = size == 1 ? c : c & (0x7fu >> size);
        for (size_t i = 1; i < size; i++) {
                if ((text.at[at + i] & 0xc0) != 0x80)
                        return 0;
                *point = *point << 6 | (text.at[at + i] & 0x3fu);
        }
        return size;
}

static bool is_of_a_name(uint32_t c, bool is_first)
{
        return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_' || c == '$' ||
               (c >= '0' && c <= '9' && !is_first) ||
               /* separators end a line in older scripts */
               (c >= 0xa0 && c != 0x2028 && c != 0x2029);
}

void reply_put_callback(struct ansa_bytes name, struct buf *b)
{
        for (size_t i = 0; i < name.size;) {
                uint32_t point = 0;
                size_t size = character(name, i, &point);
                if (size > 0 && is_of_a_name(point, i == 0))
                        buf_bytes(b, (struct ansa_bytes){ name.at + i, size });
                else
                        buf_u8(b, '_');
                i += size > 0 ? size : 1;
        }
}

void reply_put_script(struct ansa_bytes json, struct buf *b)
{
        size_t run = 0;
        for (size_t i = 0; i + 2 < json.size; i++) {
                const uint8_t *at = json.at + i;
                if (at[0] != 0xe2 || at[1] != 0x80 || (at[2] & 0xfe) != 0xa8)
                        continue;
                buf_bytes(b, (struct ansa_bytes){ json.at + run, i - run });
                buf_text(b, at[2] == 0xa8 ? "\\u2028" : "\\u2029");
                run = i + 3;
                i += 2;
        }
        buf_bytes(b, (struct ansa_bytes){ json.at + run, json.size - run });
}
