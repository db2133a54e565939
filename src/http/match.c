/* SPDX-License-Identifier: Apache-2.0 */
#include "http/match.h"

#include "base/text.h"

static bool is_space(uint8_t c)
{
        return c == ' ' || c == '\t';
}

struct ansa_bytes match_trim(struct ansa_bytes text)
{
        while (text.size > 0 && is_space(text.at[0])) {
                text.at++;
                text.size--;
        }
        while (text.size > 0 && is_space(text.at[text.size - 1]))
                text.size--;
        return text;
}

bool match_next_item(struct ansa_bytes *list, struct ansa_bytes *item)
{
        while (list->size > 0) {
                size_t end = 0;
                bool in_quotes = false;
                while (end < list->size && (in_quotes || list->at[end] != ',')) {
                        in_quotes ^= list->at[end] == '"';
                        end++;
                }
                *item = match_trim((struct ansa_bytes){ list->at, end });
                size_t skip = end < list->size ? end + 1 : end;
                list->at += skip;
                list->size -= skip;
                if (item->size > 0)
                        return true;
        }
        *item = (struct ansa_bytes){ 0 };
        return false;
}

static struct ansa_bytes without_weak(struct ansa_bytes etag)
{
        if (etag.size > 2 && etag.at[0] == 'W' && etag.at[1] == '/')
                return (struct ansa_bytes){ etag.at + 2, etag.size - 2 };
        return etag;
}

bool match_etag(struct ansa_bytes header, struct ansa_bytes etag, bool weakly)
{
        struct ansa_bytes item;
        if (ansa_bytes_equal(match_trim(header), ANSA_BYTES_LIT("*")))
                return true;
        while (match_next_item(&header, &item)) {
                if (weakly ? ansa_bytes_equal(without_weak(item), without_weak(etag))
                           : ansa_bytes_equal(item, etag))
                        return true;
        }
        return false;
}

/* "name;q=0.5" to its name; false when its q is 0. */
static bool read_weighted(struct ansa_bytes item, struct ansa_bytes *name)
{
        const uint8_t *semicolon = memchr(item.at, ';', item.size);
        *name = item;
        if (semicolon == NULL)
                return true;
        name->size = (size_t)(semicolon - item.at);
        *name = match_trim(*name);
        struct ansa_bytes rest = { semicolon + 1, item.size - (size_t)(semicolon + 1 - item.at) };
        rest = match_trim(rest);
        if (rest.size < 3 || (rest.at[0] | 0x20) != 'q' || rest.at[1] != '=')
                return true;
        for (size_t i = 2; i < rest.size; i++) {
                if (rest.at[i] >= '1' && rest.at[i] <= '9')
                        return true;
        }
        return false;
}

bool match_accepts_coding(struct ansa_bytes header, const char *coding)
{
        struct ansa_bytes item;
        struct ansa_bytes name;
        while (match_next_item(&header, &item)) {
                if (read_weighted(item, &name) && text_equal_fold(name, ansa_bytes_text(coding)))
                        return true;
        }
        return false;
}

bool match_media_type(struct ansa_bytes header, const char *type)
{
        const uint8_t *semicolon = header.size > 0 ? memchr(header.at, ';', header.size) : NULL;
        if (semicolon != NULL)
                header.size = (size_t)(semicolon - header.at);
        return text_equal_fold(match_trim(header), ansa_bytes_text(type));
}
