/* SPDX-License-Identifier: Apache-2.0 */
/* Part of libansa-core.a: nothing but string.h and what is handed in. */
#include "wire/note.h"

#include "base/assert.h"
#include "base/text.h"
#include "wire/lines.h"

#define KEY_ID_SIZE 4u

static const uint8_t dash[] = { 0xe2, 0x80, 0x94, ' ' }; /* U+2014 and a space */

/* The character of a well-formed sequence of @size octets. */
static uint32_t character(const uint8_t *at, size_t size)
{
        static const uint8_t mask[] = { 0, 0x7f, 0x1f, 0x0f, 0x07 };
        uint32_t c = at[0] & mask[size];
        for (size_t i = 1; i < size; i++)
                c = c << 6 | (at[i] & 0x3f);
        return c;
}

/* Unicode's White_Space. */
static bool is_space(uint32_t c)
{
        return (c >= 0x09 && c <= 0x0d) || c == 0x20 || c == 0x85 || c == 0xa0 || c == 0x1680 ||
               (c >= 0x2000 && c <= 0x200a) || c == 0x2028 || c == 0x2029 || c == 0x202f ||
               c == 0x205f || c == 0x3000;
}

bool note_is_name(struct ansa_bytes name)
{
        if (name.size == 0)
                return false;
        while (name.size > 0) {
                size_t size = text_utf8_size(name);
                if (size == 0)
                        return false;
                uint32_t c = character(name.at, size);
                if (c < 0x20 || c == '+' || is_space(c))
                        return false;
                name = lines_after(name, size);
        }
        return true;
}

static bool is_clean(struct ansa_bytes octets)
{
        for (size_t i = 0; i < octets.size; i++) {
                if (octets.at[i] < 0x20 && octets.at[i] != '\n')
                        return false;
        }
        return text_is_utf8(octets);
}

bool note_is_text(struct ansa_bytes text)
{
        return text.size > 0 && text.at[text.size - 1] == '\n' && is_clean(text);
}

/*
 * The first @room octets of base64, and how many octets there are at all; in steps, because a
 * signature of an unknown kind may be long.
 */
static enum ansa_err base64_front(struct ansa_bytes text, uint8_t *at, size_t room, size_t *size)
{
        *size = 0;
        if (text.size % 4 != 0)
                return ANSA_E_MALFORMED;
        for (size_t i = 0; i < text.size; i += 4) {
                uint8_t group[3];
                struct buf b = buf_over(group, sizeof(group));
                enum ansa_err err = text_base64_exact((struct ansa_bytes){ text.at + i, 4 }, &b);
                if (err != ANSA_OK || (b.size < 3 && i + 4 < text.size))
                        return ANSA_E_MALFORMED;
                for (size_t k = 0; k < b.size; k++, (*size)++) {
                        if (*size < room)
                                at[*size] = group[k];
                }
        }
        return ANSA_OK;
}

static uint32_t load_id(const uint8_t at[KEY_ID_SIZE])
{
        return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static enum ansa_err signature_decode(struct ansa_bytes line, struct note_signature *s)
{
        uint8_t id[KEY_ID_SIZE];
        size_t size = 0;
        if (line.size < sizeof(dash) || memcmp(line.at, dash, sizeof(dash)) != 0)
                return ANSA_E_MALFORMED;
        line = lines_after(line, sizeof(dash));
        const uint8_t *space = line.size > 0 ? memchr(line.at, ' ', line.size) : NULL;
        if (space == NULL)
                return ANSA_E_MALFORMED;
        struct ansa_bytes name = { line.at, (size_t)(space - line.at) };
        struct ansa_bytes base64 = lines_after(line, name.size + 1);
        if (!note_is_name(name) || base64_front(base64, id, sizeof(id), &size) != ANSA_OK ||
            size <= KEY_ID_SIZE)
                return ANSA_E_MALFORMED;
        if (size - KEY_ID_SIZE > NOTE_SIGNATURE_SIZE_MAX)
                return ANSA_E_LIMIT;
        *s = (struct note_signature){
                .name = name, .key_id = load_id(id), .base64 = base64, .size = size - KEY_ID_SIZE
        };
        return ANSA_OK;
}

static enum ansa_err check_lines(struct ansa_bytes lines, unsigned *count)
{
        *count = 0;
        while (lines.size > 0) {
                struct ansa_bytes line;
                struct note_signature s;
                if (!lines_next(&lines, &line))
                        return ANSA_E_MALFORMED;
                if (*count == NOTE_SIGNATURES_MAX)
                        return ANSA_E_LIMIT;
                enum ansa_err err = signature_decode(line, &s);
                if (err != ANSA_OK)
                        return err;
                (*count)++;
        }
        return *count > 0 ? ANSA_OK : ANSA_E_MALFORMED;
}

enum ansa_err note_decode_lines(struct ansa_bytes octets, struct note *n)
{
        unsigned count = 0;
        *n = (struct note){ 0 };
        if (octets.size > NOTE_SIZE_MAX)
                return ANSA_E_LIMIT;
        enum ansa_err err = is_clean(octets) ? check_lines(octets, &count) : ANSA_E_MALFORMED;
        if (err == ANSA_OK)
                *n = (struct note){ .lines = octets, .count = count };
        return err;
}

enum ansa_err note_decode(struct ansa_bytes octets, struct note *n)
{
        unsigned count = 0;
        *n = (struct note){ 0 };
        if (octets.size > NOTE_SIZE_MAX)
                return ANSA_E_LIMIT;
        if (!is_clean(octets))
                return ANSA_E_MALFORMED;
        size_t end = octets.size; /* of the text: the last empty line follows */
        while (end > 0 &&
               !(end < octets.size && octets.at[end - 1] == '\n' && octets.at[end] == '\n'))
                end--;
        if (end == 0)
                return ANSA_E_MALFORMED;
        struct ansa_bytes lines = lines_after(octets, end + 1);
        enum ansa_err err = check_lines(lines, &count);
        if (err == ANSA_OK)
                *n = (struct note){ { octets.at, end }, lines, count };
        return err;
}

bool note_next(struct ansa_bytes *lines, struct note_signature *s)
{
        struct ansa_bytes line;
        *s = (struct note_signature){ 0 };
        return lines_next(lines, &line) && signature_decode(line, s) == ANSA_OK;
}

enum ansa_err note_signature_octets(const struct note_signature *s, uint8_t *at, size_t size)
{
        uint8_t all[KEY_ID_SIZE + NOTE_COSIGNATURE_SIZE];
        size_t got = 0;
        memset(at, 0, size);
        if (s->size != size || size > NOTE_COSIGNATURE_SIZE)
                return ANSA_E_LIMIT;
        enum ansa_err err = base64_front(s->base64, all, sizeof(all), &got);
        if (err != ANSA_OK || got != KEY_ID_SIZE + size)
                return ANSA_E_MALFORMED;
        memcpy(at, all + KEY_ID_SIZE, size);
        return ANSA_OK;
}

void note_put_text(struct ansa_bytes text, struct buf *b)
{
        if (!note_is_text(text)) {
                buf_fail(b, ANSA_E_ARGUMENT);
                return;
        }
        buf_bytes(b, text);
        buf_u8(b, '\n');
}

/* Base64 of two runs of octets in one, of which the first is short. */
static void put_base64(const uint8_t *head, size_t head_size, struct ansa_bytes tail, struct buf *b)
{
        uint8_t first[16];
        ansa_assert(head_size <= sizeof(first) - 2);
        memcpy(first, head, head_size);
        size_t filled = head_size;
        size_t used = 0;
        for (; filled % 3 != 0 && used < tail.size; used++)
                first[filled++] = tail.at[used];
        text_put_base64(b, (struct ansa_bytes){ first, filled }, TEXT_BASE64);
        text_put_base64(b, lines_after(tail, used), TEXT_BASE64);
}

void note_put_signature(struct ansa_bytes name, uint32_t key_id, struct ansa_bytes signature,
                        struct buf *b)
{
        uint8_t id[KEY_ID_SIZE];
        if (!note_is_name(name) || signature.size == 0 ||
            signature.size > NOTE_SIGNATURE_SIZE_MAX) {
                buf_fail(b, ANSA_E_ARGUMENT);
                return;
        }
        store_u32(id, key_id);
        buf_bytes(b, (struct ansa_bytes){ dash, sizeof(dash) });
        buf_bytes(b, name);
        buf_u8(b, ' ');
        put_base64(id, sizeof(id), signature, b);
        buf_u8(b, '\n');
}
