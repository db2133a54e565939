/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/json_reader.h"

#include "base/assert.h"
#include "base/limits.h"
#include "base/text.h"

#include <stdio.h>

struct json_reader json_reader_init(struct arena *arena, struct json_problem *problem)
{
        problem->text[0] = '\0';
        return (struct json_reader){ .arena = arena, .problem = problem };
}

void json_reader_fail(struct json_reader *r, enum ansa_err err, const char *member,
                      const char *what)
{
        ansa_assert(err != ANSA_OK);
        if (r->err != ANSA_OK)
                return;
        r->err = err;
        const char *dot = member != NULL && r->path_size > 0 ? "." : "";
        const char *colon = member != NULL || r->path_size > 0 ? ": " : "";
        int n = snprintf(r->problem->text, sizeof(r->problem->text), "%s%s%s%s%s", r->path, dot,
                         member != NULL ? member : "", colon, what);
        ansa_assert(n >= 0);
}

static void no_memory(struct json_reader *r)
{
        json_reader_fail(r, ANSA_E_NO_MEMORY, NULL, "out of memory");
}

/* Jansson's words hold pieces of the text: nothing of them may reach a terminal or a log raw. */
static void fail_syntax(struct json_reader *r, const json_error_t *error)
{
        char what[160];
        (void)snprintf(what, sizeof(what), "line %d, column %d: %.100s", error->line, error->column,
                       error->text);
        for (char *p = what; *p != '\0'; p++) {
                if (*p < 0x20 || *p > 0x7e)
                        *p = '?';
        }
        json_reader_fail(r, ANSA_E_MALFORMED, NULL, what);
}

json_t *json_reader_parse(struct json_reader *r, struct ansa_bytes text)
{
        if (text.size > JSON_TEXT_SIZE_MAX) {
                json_reader_fail(r, ANSA_E_LIMIT, NULL, "at most 4 MiB of JSON expected");
                return NULL;
        }
        json_error_t error;
        const char *at = text.size > 0 ? (const char *)text.at : "";
        json_t *root = json_loadb(at, text.size, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &error);
        if (root == NULL && json_error_code(&error) == json_error_out_of_memory)
                no_memory(r);
        else if (root == NULL)
                fail_syntax(r, &error);
        return root;
}

static size_t go(struct json_reader *r, int written)
{
        size_t before = r->path_size;
        size_t room = sizeof(r->path) - before;
        ansa_assert(written >= 0);
        r->path_size += (size_t)written < room ? (size_t)written : room - 1;
        return before;
}

size_t json_reader_enter(struct json_reader *r, const char *member)
{
        return go(r, snprintf(r->path + r->path_size, sizeof(r->path) - r->path_size, "%s%s",
                              r->path_size > 0 ? "." : "", member));
}

size_t json_reader_enter_item(struct json_reader *r, const char *member, size_t i)
{
        return go(r, snprintf(r->path + r->path_size, sizeof(r->path) - r->path_size, "%s%s[%zu]",
                              r->path_size > 0 && member[0] != '\0' ? "." : "", member, i));
}

void json_reader_leave(struct json_reader *r, size_t path_size)
{
        ansa_assert(path_size <= r->path_size);
        r->path_size = path_size;
        r->path[path_size] = '\0';
}

struct ansa_bytes json_reader_text(const json_t *string)
{
        return (struct ansa_bytes){ (const uint8_t *)json_string_value(string),
                                    json_string_length(string) };
}

uint32_t json_read_number(struct json_reader *r, const json_t *object, const char *member,
                          uint32_t max)
{
        if (r->err != ANSA_OK)
                return 0;
        const json_t *node = json_object_get(object, member);
        uint64_t n = 0;
        bool good = false;
        if (json_is_integer(node)) {
                json_int_t value = json_integer_value(node);
                good = value >= 0 && (uint64_t)value <= max;
                n = good ? (uint64_t)value : 0;
        } else if (json_is_string(node)) {
                good = text_u64(json_reader_text(node), max, &n) == ANSA_OK;
        }
        if (!good) {
                char what[48];
                (void)snprintf(what, sizeof(what), "an integer from 0 to %lu expected",
                               (unsigned long)max);
                json_reader_fail(r, ANSA_E_MALFORMED, member, what);
        }
        return (uint32_t)n;
}

uint32_t json_read_number_or(struct json_reader *r, const json_t *object, const char *member,
                             uint32_t max, uint32_t otherwise)
{
        return json_object_get(object, member) != NULL ? json_read_number(r, object, member, max)
                                                       : otherwise;
}

bool json_read_bool_or(struct json_reader *r, const json_t *object, const char *member,
                       bool otherwise)
{
        const json_t *node = json_object_get(object, member);
        if (node == NULL)
                return otherwise;
        if (!json_is_boolean(node))
                json_reader_fail(r, ANSA_E_MALFORMED, member, "true or false expected");
        return json_is_true(node);
}

struct ansa_bytes json_read_text(struct json_reader *r, const json_t *object, const char *member,
                                 size_t size_max)
{
        if (r->err != ANSA_OK)
                return (struct ansa_bytes){ 0 };
        const json_t *node = json_object_get(object, member);
        if (!json_is_string(node)) {
                json_reader_fail(r, ANSA_E_MALFORMED, member, "a string expected");
                return (struct ansa_bytes){ 0 };
        }
        struct ansa_bytes text = json_reader_text(node);
        if (text.size > size_max) {
                char what[48];
                (void)snprintf(what, sizeof(what), "at most %zu bytes expected", size_max);
                json_reader_fail(r, ANSA_E_LIMIT, member, what);
                return (struct ansa_bytes){ 0 };
        }
        return text;
}

struct ansa_bytes json_read_text_or_empty(struct json_reader *r, const json_t *object,
                                          const char *member, size_t size_max)
{
        return json_object_get(object, member) != NULL ? json_read_text(r, object, member, size_max)
                                                       : (struct ansa_bytes){ 0 };
}

json_t *json_read_object(struct json_reader *r, const json_t *object, const char *member)
{
        json_t *node = json_object_get(object, member);
        if (r->err == ANSA_OK && !json_is_object(node))
                json_reader_fail(r, ANSA_E_MALFORMED, member, "an object expected");
        return r->err == ANSA_OK ? node : NULL;
}

json_t *json_read_array(struct json_reader *r, const json_t *object, const char *member)
{
        json_t *node = json_object_get(object, member);
        if (r->err == ANSA_OK && !json_is_array(node))
                json_reader_fail(r, ANSA_E_MALFORMED, member, "an array expected");
        return r->err == ANSA_OK ? node : NULL;
}

bool json_reader_want_object(struct json_reader *r, const json_t *node)
{
        if (!json_is_object(node))
                json_reader_fail(r, ANSA_E_MALFORMED, NULL, "an object expected");
        return r->err == ANSA_OK;
}

struct ansa_ref json_read_ref(struct json_reader *r, const json_t *object)
{
        struct ansa_ref ref = { 0 };
        if (json_reader_want_object(r, object)) {
                ref.name = json_read_text(r, object, "handle", LIMIT_NAME_SIZE);
                ref.index = json_read_number(r, object, "index", UINT32_MAX);
        }
        return ref;
}

struct ansa_bytes json_reader_copy(struct json_reader *r, struct ansa_bytes bytes)
{
        struct ansa_bytes copy = { 0 };
        if (r->err == ANSA_OK && arena_copy(r->arena, bytes, &copy) != ANSA_OK)
                no_memory(r);
        return copy;
}

struct ansa_bytes json_reader_keep(struct json_reader *r, struct buf *b)
{
        if (b->err == ANSA_E_NO_MEMORY)
                no_memory(r);
        else if (b->err != ANSA_OK)
                json_reader_fail(r, b->err, NULL, "its encoded form is over a limit");
        struct ansa_bytes kept = json_reader_copy(r, buf_written(b));
        buf_fini(b);
        return kept;
}

struct ansa_bytes json_reader_base64(struct json_reader *r, struct ansa_bytes text,
                                     const char *member)
{
        if (r->err != ANSA_OK)
                return (struct ansa_bytes){ 0 };
        size_t room = text.size / 4 * 3 + 3;
        uint8_t *at = arena_alloc(r->arena, room);
        if (at == NULL) {
                no_memory(r);
                return (struct ansa_bytes){ 0 };
        }
        struct buf b = buf_over(at, room);
        if (text_base64(text, &b) != ANSA_OK) {
                json_reader_fail(r, ANSA_E_MALFORMED, member, "base64 expected");
                return (struct ansa_bytes){ 0 };
        }
        return buf_written(&b);
}
