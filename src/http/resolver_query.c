/* SPDX-License-Identifier: Apache-2.0 */
#include "http/resolver_query.h"

#include "base/text.h"
#include "http/escape.h"
#include "wire/name.h"

#include <stddef.h>

struct reader {
        struct resolver_query *q;
        struct arena *arena;
        const struct resolver_input *input;
        bool is_form; /* "+" is a space in it */
        struct ansa_bytes hdl;
        struct ansa_bytes append;
        enum ansa_err err;
};

static enum ansa_err decode(struct arena *arena, struct ansa_bytes text, bool plus_is_space,
                            struct ansa_bytes *decoded)
{
        *decoded = (struct ansa_bytes){ 0 };
        uint8_t *at = arena_alloc(arena, text.size);
        if (at == NULL)
                return ANSA_E_NO_MEMORY;
        struct buf b = buf_over(at, text.size);
        escape_put_decoded(text, plus_is_space, &b);
        *decoded = buf_written(&b);
        return ANSA_OK;
}

/* Names without case: people type them. */
static bool is(struct ansa_bytes name, const char *wanted)
{
        return text_equal_fold(name, ansa_bytes_text(wanted));
}

/* There without a value: true. */
static bool is_true(struct ansa_bytes value)
{
        return !is(value, "false");
}

static void set_action(struct resolver_query *q, struct ansa_bytes value)
{
        static const struct {
                const char *name;
                enum resolver_action action;
        } actions[] = {
                { "redirect", RESOLVER_REDIRECT },
                { "showvalues", RESOLVER_VALUES },
                { "showlocations", RESOLVER_LOCATIONS },
                { "showurls", RESOLVER_LOCATIONS },
                { "rest", RESOLVER_REST },
                { "metadata", RESOLVER_METADATA },
        };
        for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++) {
                if (is(value, actions[i].name))
                        q->action = actions[i].action;
        }
}

static void add_locatt(struct resolver_query *q, struct ansa_bytes key, struct ansa_bytes value,
                       bool has_value)
{
        if (key.size > 0 && q->locatt_count < RESOLVER_LOCATTS_MAX)
                q->locatts[q->locatt_count++] = (struct locatt){ key, value, has_value };
}

/* "key:value", "key" */
static void read_locatt(struct resolver_query *q, struct ansa_bytes text)
{
        const uint8_t *colon = text.size > 0 ? memchr(text.at, ':', text.size) : NULL;
        if (colon == NULL) {
                add_locatt(q, text, (struct ansa_bytes){ 0 }, false);
                return;
        }
        size_t size = (size_t)(colon - text.at);
        add_locatt(q, (struct ansa_bytes){ text.at, size },
                   (struct ansa_bytes){ colon + 1, text.size - size - 1 }, true);
}

static bool is_shortcut(struct ansa_bytes list, struct ansa_bytes name)
{
        for (size_t begin = 0; begin < list.size && name.size > 0;) {
                size_t end = begin;
                while (end < list.size && list.at[end] != ' ')
                        end++;
                if (ansa_bytes_equal((struct ansa_bytes){ list.at + begin, end - begin }, name))
                        return true;
                begin = end + 1;
        }
        return false;
}

static void add_filter(struct resolver_query *q, struct ansa_bytes name, struct ansa_bytes value)
{
        uint64_t index = 0;
        if (is(name, "type")) {
                if (value.size > 0 && q->type_count < RESOLVER_FILTERS_MAX)
                        q->types[q->type_count++] = value;
        } else if (text_u64(value, UINT32_MAX, &index) == ANSA_OK && index > 0 &&
                   q->index_count < RESOLVER_FILTERS_MAX) {
                q->indexes[q->index_count++] = (uint32_t)index;
        }
}

static void set_parameter(struct reader *r, struct ansa_bytes name, struct ansa_bytes value)
{
        struct resolver_query *q = r->q;
        if (is(name, "hdl"))
                r->hdl = value;
        else if (is(name, "noredirect") && is_true(value))
                q->action = RESOLVER_VALUES;
        else if (is(name, "action"))
                set_action(q, value);
        else if (is(name, "auth"))
                q->is_authoritative = is_true(value);
        else if (is(name, "cert"))
                q->is_certified = is_true(value);
        else if (is(name, "ignore_aliases"))
                q->ignore_aliases = is_true(value);
        else if (is(name, "redirectionHeaders"))
                q->redirection_headers = is_true(value);
        else if (is(name, "urlappend"))
                r->append = value;
        else if (is(name, "country"))
                q->country = value;
        else if (is(name, "ip"))
                q->ip = value;
        else if (is(name, "locatt"))
                read_locatt(q, value);
        else if (is(name, "type") || is(name, "index"))
                add_filter(q, name, value);
        else if (is_shortcut(r->input->shortcuts, name))
                add_locatt(q, name, value, true);
}

static void read_parameter(struct reader *r, struct ansa_bytes text)
{
        const uint8_t *equals = text.size > 0 ? memchr(text.at, '=', text.size) : NULL;
        size_t size = equals != NULL ? (size_t)(equals - text.at) : text.size;
        struct ansa_bytes raw = { 0 };
        if (equals != NULL)
                raw = (struct ansa_bytes){ equals + 1, text.size - size - 1 };
        struct ansa_bytes name;
        struct ansa_bytes value;
        r->err = decode(r->arena, (struct ansa_bytes){ text.at, size }, r->is_form, &name);
        if (r->err == ANSA_OK)
                r->err = decode(r->arena, raw, r->is_form, &value);
        if (r->err == ANSA_OK && name.size > 0)
                set_parameter(r, name, value);
}

static void read_parameters(struct reader *r, struct ansa_bytes text)
{
        for (size_t begin = 0; begin < text.size && r->err == ANSA_OK;) {
                size_t end = begin;
                while (end < text.size && text.at[end] != '&' && text.at[end] != ';')
                        end++;
                read_parameter(r, (struct ansa_bytes){ text.at + begin, end - begin });
                begin = end + 1;
        }
}

/* A "#" that a client sent belongs to no path and no query (rest-api 6, urlappend). */
static bool split_fragment(struct ansa_bytes *text, struct ansa_bytes *fragment)
{
        const uint8_t *mark = text->size > 0 ? memchr(text->at, '#', text->size) : NULL;
        if (mark == NULL)
                return false;
        size_t size = (size_t)(mark - text->at);
        *fragment = (struct ansa_bytes){ mark, text->size - size };
        text->size = size;
        return true;
}

static bool strip_front(struct ansa_bytes *name, const char *front)
{
        size_t size = strlen(front);
        if (name->size < size ||
            !text_equal_fold((struct ansa_bytes){ name->at, size }, ansa_bytes_text(front)))
                return false;
        *name = (struct ansa_bytes){ name->at + size, name->size - size };
        return true;
}

/* In a URN ":" stands where an identifier has its first "/": urn:eidr:10.5240:7791-8534. */
static enum ansa_err strip_urn(struct ansa_bytes rest, struct arena *arena, struct ansa_bytes *name)
{
        const uint8_t *colon = rest.size > 0 ? memchr(rest.at, ':', rest.size) : NULL;
        *name = rest;
        if (colon == NULL || memchr(rest.at, '/', rest.size) != NULL)
                return ANSA_OK;
        uint8_t *at = arena_alloc(arena, rest.size);
        if (at == NULL)
                return ANSA_E_NO_MEMORY;
        memcpy(at, rest.at, rest.size);
        at[colon - rest.at] = '/';
        *name = (struct ansa_bytes){ at, rest.size };
        return ANSA_OK;
}

enum ansa_err resolver_strip(struct ansa_bytes typed, struct arena *arena, struct ansa_bytes *name)
{
        *name = typed;
        if (strip_front(name, "urn:hdl:") || strip_front(name, "urn:doi:") ||
            strip_front(name, "urn:eidr:"))
                return strip_urn(*name, arena, name);
        (void)(strip_front(name, "info:doi/") || strip_front(name, "info:hdl/") ||
               strip_front(name, "hdl:") || strip_front(name, "doi:"));
        return ANSA_OK;
}

/* What somebody typed into a form: with spaces around it, or the address of another resolver. */
static enum ansa_err strip_typed(struct ansa_bytes typed, struct arena *arena,
                                 struct ansa_bytes *name)
{
        typed = text_trim(typed);
        enum ansa_err err = resolver_strip(typed, arena, name);
        if (err == ANSA_OK && ansa_bytes_equal(*name, typed))
                *name = name_from_user(typed);
        return err;
}

static enum ansa_err join(struct arena *arena, const struct ansa_bytes *parts, size_t count,
                          struct ansa_bytes *whole)
{
        size_t size = 0;
        for (size_t i = 0; i < count; i++)
                size += parts[i].size; /* each is part of one request */
        uint8_t *at = arena_alloc(arena, size);
        *whole = (struct ansa_bytes){ 0 };
        if (at == NULL)
                return ANSA_E_NO_MEMORY;
        struct buf b = buf_over(at, size);
        for (size_t i = 0; i < count; i++)
                buf_bytes(&b, parts[i]);
        *whole = buf_written(&b);
        return ANSA_OK;
}

enum ansa_err resolver_query_read(const struct resolver_input *input, struct arena *arena,
                                  struct resolver_query *q)
{
        memset(q, 0, offsetof(struct resolver_query, types));
        struct reader r = { .q = q, .arena = arena, .input = input };
        struct ansa_bytes path = input->path;
        struct ansa_bytes query = input->query;
        struct ansa_bytes append[4] = { { 0 } }; /* urlappend, then the fragment's pieces */
        if (path.size > 0 && path.at[0] == '/')
                path = (struct ansa_bytes){ path.at + 1, path.size - 1 };
        if (split_fragment(&path, &append[1])) {
                append[2] = input->has_query ? ANSA_BYTES_LIT("?") : append[2];
                append[3] = query;
                query = (struct ansa_bytes){ 0 };
        } else {
                (void)split_fragment(&query, &append[1]);
        }
        read_parameters(&r, query);
        r.is_form = true;
        read_parameters(&r, input->form);
        struct ansa_bytes name = { 0 };
        if (r.err == ANSA_OK)
                r.err = decode(arena, path, false, &name);
        if (r.err == ANSA_OK)
                r.err = name.size > 0 ? resolver_strip(name, arena, &q->name)
                                      : strip_typed(r.hdl, arena, &q->name);
        append[0] = r.append;
        if (r.err == ANSA_OK)
                r.err = join(arena, append, 4, &q->append);
        if (r.err == ANSA_OK && q->action == RESOLVER_METADATA)
                add_locatt(q, ANSA_BYTES_LIT("role"), ANSA_BYTES_LIT("metadata"), true);
        if (r.err != ANSA_OK)
                memset(q, 0, sizeof(*q));
        return r.err;
}
