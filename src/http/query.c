/* SPDX-License-Identifier: Apache-2.0 */
#include "http/query.h"

#include "base/text.h"
#include "http/uri.h"
#include "wire/json_reader.h"

#include <stdio.h>

static bool separates(uint8_t c, enum query_style style)
{
        return c == '&' || (c == ';' && style == QUERY_RESOLVER);
}

static size_t count_parts(struct ansa_bytes text, enum query_style style)
{
        size_t count = 1;
        for (size_t i = 0; i < text.size; i++)
                count += separates(text.at[i], style);
        return count;
}

static enum ansa_err parse_part(struct ansa_bytes part, enum query_style style, struct arena *arena,
                                struct parameter *p)
{
        bool plus_is_space = style == QUERY_API;
        const uint8_t *equals = memchr(part.at, '=', part.size);
        struct ansa_bytes key = part;
        struct ansa_bytes value = { 0 };
        *p = (struct parameter){ .has_value = equals != NULL };
        if (equals != NULL) {
                key.size = (size_t)(equals - part.at);
                value = (struct ansa_bytes){ equals + 1, part.size - key.size - 1 };
        }
        enum ansa_err err = uri_decode(key, plus_is_space, arena, &p->key);
        if (err == ANSA_OK)
                err = uri_decode(value, plus_is_space, arena, &p->value);
        return err;
}

enum ansa_err query_parse(struct ansa_bytes text, enum query_style style, struct arena *arena,
                          struct query *query)
{
        *query = (struct query){ 0 };
        if (text.size == 0)
                return ANSA_OK;
        size_t parts = count_parts(text, style);
        if (parts > QUERY_MAX)
                return ANSA_E_LIMIT;
        query->at = arena_array(arena, parts, sizeof(*query->at));
        if (query->at == NULL)
                return ANSA_E_NO_MEMORY;
        for (size_t at = 0; at <= text.size;) {
                size_t end = at;
                while (end < text.size && !separates(text.at[end], style))
                        end++;
                struct ansa_bytes part = { text.at + at, end - at };
                enum ansa_err err = ANSA_OK;
                if (part.size > 0)
                        err = parse_part(part, style, arena, &query->at[query->count++]);
                if (err != ANSA_OK) {
                        *query = (struct query){ 0 };
                        return err;
                }
                at = end + 1;
        }
        return ANSA_OK;
}

/* A JSON value as the text that a query string would have. False: not such a value. */
static bool json_as_text(struct json_reader *r, const json_t *node, struct ansa_bytes *text)
{
        char digits[32];
        if (json_is_string(node)) {
                *text = json_reader_copy(r, json_reader_text(node));
        } else if (json_is_boolean(node)) {
                *text = json_is_true(node) ? ANSA_BYTES_LIT("true") : ANSA_BYTES_LIT("false");
        } else if (json_is_integer(node)) {
                (void)snprintf(digits, sizeof(digits), "%lld", (long long)json_integer_value(node));
                *text = json_reader_copy(r, ansa_bytes_text(digits));
        } else {
                return false;
        }
        return true;
}

static void add_json(struct json_reader *r, struct query *query, struct ansa_bytes key,
                     const char *member, const json_t *node)
{
        struct ansa_bytes text = { 0 };
        if (query->count == QUERY_MAX)
                json_reader_fail(r, ANSA_E_LIMIT, member, "too many parameters");
        else if (!json_as_text(r, node, &text))
                json_reader_fail(r, ANSA_E_MALFORMED, member,
                                 "a text, an integer, a boolean, or a list of them expected");
        else if (r->err == ANSA_OK)
                query->at[query->count++] = (struct parameter){ key, text, true };
}

enum ansa_err query_from_json(struct ansa_bytes text, struct arena *arena, struct query *query,
                              struct json_problem *problem)
{
        *query = (struct query){ 0 };
        struct json_reader r = json_reader_init(arena, problem);
        json_t *root = json_reader_parse(&r, text);
        const char *member;
        json_t *node;
        if (root != NULL && json_reader_want_object(&r, root)) {
                query->at = arena_array(arena, QUERY_MAX, sizeof(*query->at));
                if (query->at == NULL) {
                        json_reader_fail(&r, ANSA_E_NO_MEMORY, NULL, "out of memory");
                        json_decref(root);
                        return r.err;
                }
                json_object_foreach(root, member, node)
                {
                        struct ansa_bytes key = json_reader_copy(&r, ansa_bytes_text(member));
                        if (!json_is_array(node) && !json_is_null(node))
                                add_json(&r, query, key, member, node);
                        for (size_t i = 0; i < json_array_size(node) && r.err == ANSA_OK; i++)
                                add_json(&r, query, key, member, json_array_get(node, i));
                }
        }
        json_decref(root);
        if (r.err != ANSA_OK)
                *query = (struct query){ 0 };
        return r.err;
}

const struct parameter *query_next(const struct query *q, const char *key, size_t *at)
{
        while (*at < q->count) {
                const struct parameter *p = &q->at[(*at)++];
                if (ansa_bytes_equal(p->key, ansa_bytes_text(key)))
                        return p;
        }
        return NULL;
}

const struct parameter *query_find(const struct query *q, const char *key)
{
        size_t at = 0;
        return query_next(q, key, &at);
}

enum ansa_err query_bool(const struct query *q, const char *key, bool *value)
{
        const struct parameter *p = query_find(q, key);
        if (p == NULL)
                return ANSA_OK;
        if (p->value.size == 0 || text_equal_fold(p->value, ANSA_BYTES_LIT("true")))
                *value = true;
        else if (text_equal_fold(p->value, ANSA_BYTES_LIT("false")))
                *value = false;
        else
                return ANSA_E_MALFORMED;
        return ANSA_OK;
}
