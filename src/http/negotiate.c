/* SPDX-License-Identifier: Apache-2.0 */
#include "http/negotiate.h"

#include "base/text.h"
#include "http/decimal.h"

struct entry {
        struct ansa_bytes name; /* without parameters; of types in lower case */
        int64_t quality;        /* millionths */
};

struct entries {
        struct entry at[NEGOTIATE_ENTRIES_MAX]; /* best first; equal ones as they were sent */
        size_t count;
};

/* What comes before the next @mark that is not in a quoted string; false at the end. */
static bool next_part(struct ansa_bytes *rest, char mark, struct ansa_bytes *part)
{
        if (rest->at == NULL)
                return false;
        bool is_quoted = false;
        size_t i = 0;
        for (; i < rest->size && (is_quoted || rest->at[i] != (uint8_t)mark); i++) {
                if (rest->at[i] == '"')
                        is_quoted = !is_quoted;
                else if (rest->at[i] == '\\' && is_quoted && i + 1 < rest->size)
                        i++;
        }
        *part = text_trim((struct ansa_bytes){ rest->at, i });
        if (i == rest->size)
                *rest = (struct ansa_bytes){ 0 };
        else
                *rest = (struct ansa_bytes){ rest->at + i + 1, rest->size - i - 1 };
        return true;
}

/* "text/html;level=1;q=0.5"; a quality that is none is 1, as if it had not been sent. */
static struct entry read_entry(struct ansa_bytes text)
{
        struct entry e = { { 0 }, DECIMAL_ONE };
        struct ansa_bytes parameter;
        if (!next_part(&text, ';', &e.name))
                return e;
        while (next_part(&text, ';', &parameter)) {
                bool is_quality = parameter.size > 2 && text_upper(parameter.at[0]) == 'Q' &&
                                  parameter.at[1] == '=';
                if (is_quality)
                        e.quality = decimal_parse(
                                (struct ansa_bytes){ parameter.at + 2, parameter.size - 2 },
                                DECIMAL_ONE);
        }
        if (e.quality > DECIMAL_ONE)
                e.quality = DECIMAL_ONE;
        return e;
}

static void add_sorted(struct entries *list, struct entry e)
{
        size_t i = list->count++;
        for (; i > 0 && list->at[i - 1].quality < e.quality; i--)
                list->at[i] = list->at[i - 1];
        list->at[i] = e;
}

/* Those that the client takes at all: quality above 0. */
static void read_entries(struct ansa_bytes header, struct entries *list)
{
        struct ansa_bytes item;
        list->count = 0;
        for (size_t i = 0; i < NEGOTIATE_ENTRIES_MAX && next_part(&header, ',', &item); i++) {
                struct entry e = read_entry(item);
                if (e.name.size > 0 && e.quality > 0)
                        add_sorted(list, e);
        }
}

static bool is_type(const struct entry *e, const char *type)
{
        return text_equal_fold(e->name, ansa_bytes_text(type));
}

static bool is_wild(const struct entry *e)
{
        return memchr(e->name.at, '*', e->name.size) != NULL;
}

/* What a program that shows pages asks for. */
static bool is_for_browsers(const struct entry *e)
{
        struct ansa_bytes front = e->name;
        if (front.size > 6)
                front.size = 6;
        return is_wild(e) || text_equal_fold(front, ANSA_BYTES_LIT("image/")) ||
               is_type(e, "text/html") || is_type(e, "application/xhtml+xml") ||
               is_type(e, "application/xml") || is_type(e, "text/xml");
}

static bool takes_html(const struct entries *list)
{
        for (size_t i = 0; i < list->count; i++) {
                if (is_type(&list->at[i], "text/html") || is_type(&list->at[i], "text/*") ||
                    is_type(&list->at[i], "*/*"))
                        return true;
        }
        return false;
}

struct output {
        struct locatt *at;
        size_t count;
};

static void put(struct output *o, const char *key, struct ansa_bytes value)
{
        o->at[o->count++] = (struct locatt){ ansa_bytes_text(key), value, true };
}

static void put_role(const struct negotiate_headers *headers, struct output *o, const char *role)
{
        if (!headers->is_metadata)
                put(o, "http_role", ansa_bytes_text(role));
}

static void put_html(struct output *o)
{
        put(o, "ctype", ANSA_BYTES_LIT("text/html"));
        put(o, "media-type", ANSA_BYTES_LIT("text/html"));
}

static bool is_front(struct ansa_bytes text, const char *front)
{
        size_t size = strlen(front);
        return text.size >= size &&
               text_equal_fold((struct ansa_bytes){ text.at, size }, ansa_bytes_text(front));
}

/* It takes anything: whether it is a browser is told by its name only. */
static void for_anything(const struct negotiate_headers *headers, struct output *o)
{
        if (is_front(headers->user_agent, "mozilla/") || is_front(headers->user_agent, "opera/")) {
                put_role(headers, o, "browser");
                put_html(o);
        } else {
                put_role(headers, o, "no_conneg");
        }
}

static enum ansa_err copy_lower(struct arena *arena, struct ansa_bytes text,
                                struct ansa_bytes *lower)
{
        uint8_t *at = arena_alloc(arena, text.size);
        *lower = (struct ansa_bytes){ 0 };
        if (at == NULL)
                return ANSA_E_NO_MEMORY;
        for (size_t i = 0; i < text.size; i++)
                at[i] = text.at[i] >= 'A' && text.at[i] <= 'Z' ? (uint8_t)(text.at[i] + 32)
                                                               : text.at[i];
        *lower = (struct ansa_bytes){ at, text.size };
        return ANSA_OK;
}

static enum ansa_err for_types(const struct negotiate_headers *headers, const struct entries *list,
                               struct arena *arena, struct output *o)
{
        int64_t best_for_browsers = 0;
        for (size_t i = 0; i < list->count; i++) {
                if (is_for_browsers(&list->at[i]) && list->at[i].quality > best_for_browsers)
                        best_for_browsers = list->at[i].quality;
        }
        if (list->count == 0 || best_for_browsers == list->at[0].quality) {
                put_role(headers, o, "browser");
                if (takes_html(list))
                        put_html(o);
                return ANSA_OK;
        }
        for (size_t i = 0; i < list->count && !is_wild(&list->at[i]); i++) {
                struct ansa_bytes type;
                enum ansa_err err = copy_lower(arena, list->at[i].name, &type);
                if (err != ANSA_OK)
                        return err;
                put(o, "ctype", type);
                put(o, "media-type", type);
        }
        put_role(headers, o, "conneg");
        return ANSA_OK;
}

enum ansa_err negotiate_implied(const struct negotiate_headers *headers, struct arena *arena,
                                struct locatt *locatts, size_t *count)
{
        struct output o = { locatts, 0 };
        struct entries list;
        enum ansa_err err = ANSA_OK;
        read_entries(headers->accept, &list);
        if (!headers->has_accept || text_trim(headers->accept).size == 0 ||
            (list.count == 1 && is_type(&list.at[0], "*/*")))
                for_anything(headers, &o);
        else
                err = for_types(headers, &list, arena, &o);
        read_entries(headers->accept_language, &list);
        for (size_t i = 0; i < list.count; i++) {
                if (!is_type(&list.at[i], "*"))
                        put(&o, "language", list.at[i].name);
        }
        *count = err == ANSA_OK ? o.count : 0;
        return err;
}
