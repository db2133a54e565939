/* SPDX-License-Identifier: Apache-2.0 */
/* Values and records from JSON (rest-api 3). */
#include "wire/json_reader.h"

#include "base/assert.h"
#include "base/limits.h"
#include "base/text.h"
#include "wire/codes.h"
#include "wire/data.h"
#include "wire/name.h"

#include <stdio.h>

#define TTL_DEFAULT_S   86400u
#define RIGHTS_ALL      0x0fffu /* "*" and true: what twelve characters hold */
#define RIGHT_NAMES_MAX 64u     /* items of a list of names; each right once is 13 */

/* Binary digits, the last one bit 0, laid over @bits from the right. */
static bool read_bits(struct ansa_bytes digits, uint32_t *bits)
{
        for (size_t i = 0; i < digits.size; i++) {
                uint8_t c = digits.at[digits.size - 1 - i];
                if (c != '0' && c != '1')
                        return false;
                if (i >= 16)
                        continue;
                uint32_t bit = 1u << i;
                *bits = c == '1' ? *bits | bit : *bits & ~bit;
        }
        return true;
}

/* Names that rights are known by, in RFC 3652, in deployed software and here. */
static uint16_t right_by_name(struct ansa_bytes name)
{
        static const struct {
                const char *name;
                uint16_t right;
        } names[] = {
                { "ADD_HANDLE", RIGHT_CREATE },
                { "CREATE_HANDLE", RIGHT_CREATE },
                { "CREATE", RIGHT_CREATE },
                { "DELETE_HANDLE", RIGHT_DELETE },
                { "DELETE", RIGHT_DELETE },
                { "ADD_NA", RIGHT_ADD_PREFIX },
                { "ADD_PREFIX", RIGHT_ADD_PREFIX },
                { "ADD_DERIVED_PREFIX", RIGHT_ADD_PREFIX },
                { "DELETE_NA", RIGHT_DELETE_PREFIX },
                { "DELETE_PREFIX", RIGHT_DELETE_PREFIX },
                { "DELETE_DERIVED_PREFIX", RIGHT_DELETE_PREFIX },
                { "MODIFY_VALUE", RIGHT_MODIFY_VALUE },
                { "REMOVE_VALUE", RIGHT_REMOVE_VALUE },
                { "ADD_VALUE", RIGHT_ADD_VALUE },
                { "MODIFY_ADMIN", RIGHT_MODIFY_ADMIN },
                { "REMOVE_ADMIN", RIGHT_REMOVE_ADMIN },
                { "ADD_ADMIN", RIGHT_ADD_ADMIN },
                { "READ_VALUE", RIGHT_READ_VALUE },
                { "AUTHORIZED_READ", RIGHT_READ_VALUE },
                { "LIST", RIGHT_LIST },
                { "LIST_HANDLE", RIGHT_LIST },
                { "LIST_HANDLES", RIGHT_LIST },
                { "LIST_NA", RIGHT_LIST_PREFIXES },
                { "LIST_PREFIXES", RIGHT_LIST_PREFIXES },
                { "LIST_DERIVED_PREFIXES", RIGHT_LIST_PREFIXES },
        };
        for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
                if (text_equal_fold(name, ansa_bytes_text(names[i].name)))
                        return names[i].right;
        }
        return 0;
}

static uint16_t read_right_names(struct json_reader *r, const json_t *list)
{
        uint16_t rights = 0;
        size_t count = json_array_size(list);
        if (count > RIGHT_NAMES_MAX)
                json_reader_fail(r, ANSA_E_LIMIT, "permissions", "at most 64 names expected");
        for (size_t i = 0; i < count && r->err == ANSA_OK; i++) {
                const json_t *item = json_array_get(list, i);
                uint16_t right = json_is_string(item) ? right_by_name(json_reader_text(item)) : 0;
                if (right == 0)
                        json_reader_fail(r, ANSA_E_MALFORMED, "permissions",
                                         "names such as \"ADD_VALUE\" expected");
                rights |= right;
        }
        return rights;
}

static uint16_t read_rights(struct json_reader *r, const json_t *object)
{
        const json_t *node = json_object_get(object, "permissions");
        if (json_is_boolean(node))
                return json_is_true(node) ? RIGHTS_ALL : 0;
        if (json_is_integer(node))
                return (uint16_t)json_read_number(r, object, "permissions", UINT16_MAX);
        if (json_is_array(node))
                return read_right_names(r, node);
        if (json_is_string(node)) {
                struct ansa_bytes text = json_reader_text(node);
                uint32_t rights = 0;
                if (ansa_bytes_equal(text, ANSA_BYTES_LIT("*")))
                        return RIGHTS_ALL;
                if ((text.size == 12 || text.size == 13) && read_bits(text, &rights))
                        return (uint16_t)rights;
        }
        json_reader_fail(r, ANSA_E_MALFORMED, "permissions",
                         "12 or 13 characters of 0 and 1 expected");
        return 0;
}

static struct ansa_bytes read_admin(struct json_reader *r, const json_t *node)
{
        struct admin_data a = { 0 };
        a.admin = json_read_ref(r, node);
        a.rights = read_rights(r, node);
        a.legacy_padding = json_read_bool_or(r, node, "legacyByteLength", false);
        if (r->err != ANSA_OK)
                return (struct ansa_bytes){ 0 };
        struct buf b = buf_growing(LIMIT_BLOCK_SIZE);
        admin_data_encode(&a, &b);
        return json_reader_keep(r, &b);
}

/* An array of references where the reader is, borrowed by a list in the arena. */
static struct ansa_ref *read_refs(struct json_reader *r, const json_t *node, uint32_t *count)
{
        *count = 0;
        size_t size = json_array_size(node);
        struct ansa_ref *refs = NULL;
        if (!json_is_array(node))
                json_reader_fail(r, ANSA_E_MALFORMED, NULL, "an array expected");
        if (r->err == ANSA_OK) {
                refs = arena_array(r->arena, size + 1, sizeof(*refs));
                if (refs == NULL)
                        json_reader_fail(r, ANSA_E_NO_MEMORY, NULL, "out of memory");
        }
        for (size_t i = 0; i < size && r->err == ANSA_OK; i++) {
                size_t back = json_reader_enter_item(r, "", i);
                /* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): no refs, then err is set */
                refs[i] = json_read_ref(r, json_array_get(node, i));
                json_reader_leave(r, back);
        }
        if (r->err != ANSA_OK)
                return NULL;
        *count = (uint32_t)size;
        return refs;
}

static struct ansa_bytes read_vlist(struct json_reader *r, const json_t *node)
{
        uint32_t count;
        struct ansa_ref *refs = read_refs(r, node, &count);
        if (refs == NULL)
                return (struct ansa_bytes){ 0 };
        struct buf b = buf_growing(LIMIT_BLOCK_SIZE);
        vlist_encode(refs, count, &b);
        return json_reader_keep(r, &b);
}

static struct ansa_bytes want_text(struct json_reader *r, const json_t *node)
{
        if (!json_is_string(node)) {
                json_reader_fail(r, ANSA_E_MALFORMED, NULL, "a string expected");
                return (struct ansa_bytes){ 0 };
        }
        return json_reader_text(node);
}

static struct ansa_bytes read_string(struct json_reader *r, const json_t *node)
{
        return json_reader_copy(r, want_text(r, node));
}

static struct ansa_bytes read_base64(struct json_reader *r, const json_t *node)
{
        return json_reader_base64(r, want_text(r, node), NULL);
}

static struct ansa_bytes read_hex(struct json_reader *r, const json_t *node)
{
        struct ansa_bytes text = want_text(r, node);
        if (r->err != ANSA_OK)
                return (struct ansa_bytes){ 0 };
        struct buf b = buf_growing(LIMIT_BLOCK_SIZE);
        if (text_hex(text, &b) == ANSA_E_MALFORMED)
                json_reader_fail(r, ANSA_E_MALFORMED, NULL, "pairs of hex digits expected");
        return json_reader_keep(r, &b);
}

/* {"format":..,"value":..}, or a string alone. The reader is at "data". */
static struct ansa_bytes read_data(struct json_reader *r, const json_t *node)
{
        static const struct {
                const char *name;
                struct ansa_bytes (*read)(struct json_reader *r, const json_t *node);
        } formats[] = {
                { "string", read_string },     { "base64", read_base64 },
                { "hex", read_hex },           { "admin", read_admin },
                { "vlist", read_vlist },       { "site", json_read_site_data },
                { "key", json_read_key_data },
        };
        if (json_is_string(node))
                return read_string(r, node);
        if (!json_is_object(node)) {
                json_reader_fail(r, ANSA_E_MALFORMED, NULL,
                                 "a string, or an object with format and value, expected");
                return (struct ansa_bytes){ 0 };
        }
        struct ansa_bytes format = json_read_text(r, node, "format", LIMIT_BLOCK_SIZE);
        for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
                if (!ansa_bytes_equal(format, ansa_bytes_text(formats[i].name)))
                        continue;
                size_t back = json_reader_enter(r, "value");
                struct ansa_bytes data = formats[i].read(r, json_object_get(node, "value"));
                json_reader_leave(r, back);
                return data;
        }
        json_reader_fail(r, ANSA_E_MALFORMED, "format",
                         "string, base64, hex, admin, vlist, site or key expected");
        return (struct ansa_bytes){ 0 };
}

static uint8_t read_permissions(struct json_reader *r, const json_t *object)
{
        const json_t *node = json_object_get(object, "permissions");
        uint32_t bits = ANSA_PERM_DEFAULT;
        if (node != NULL) {
                struct ansa_bytes text = json_read_text(r, object, "permissions", LIMIT_BLOCK_SIZE);
                if (ansa_bytes_equal(text, ANSA_BYTES_LIT("*")))
                        bits = 0x0f;
                else if (!read_bits(text, &bits))
                        json_reader_fail(r, ANSA_E_MALFORMED, "permissions",
                                         "4 characters of 0 and 1, or \"*\", expected");
        }
        bits &= 0x0f;
        return (uint8_t)json_read_number_or(r, object, "permissionBits", UINT8_MAX, bits);
}

static uint32_t read_time(struct json_reader *r, const json_t *object, const char *member)
{
        struct ansa_bytes text = json_read_text(r, object, member, LIMIT_BLOCK_SIZE);
        uint32_t seconds = 0;
        if (r->err == ANSA_OK && text_time(text, &seconds) != ANSA_OK)
                json_reader_fail(r, ANSA_E_MALFORMED, member,
                                 "a time such as 2015-05-20T08:04:47Z expected");
        return seconds;
}

static void read_ttl(struct json_reader *r, const json_t *object, struct ansa_value *v)
{
        if (json_is_string(json_object_get(object, "ttl"))) {
                v->ttl_type = ANSA_TTL_ABSOLUTE;
                v->ttl_s = read_time(r, object, "ttl");
        } else {
                v->ttl_type = ANSA_TTL_RELATIVE;
                v->ttl_s = json_read_number_or(r, object, "ttl", UINT32_MAX, TTL_DEFAULT_S);
        }
}

static void read_references(struct json_reader *r, const json_t *object, struct ansa_value *v)
{
        const json_t *node = json_object_get(object, "references");
        if (node == NULL)
                return;
        size_t back = json_reader_enter(r, "references");
        struct ansa_bytes list = read_vlist(r, node);
        json_reader_leave(r, back);
        if (r->err != ANSA_OK)
                return;
        enum ansa_err err = vlist_decode(list, &v->refs);
        ansa_assert(err == ANSA_OK); /* we wrote it */
}

/* The reader is at the value. */
void json_read_value(struct json_reader *r, const json_t *object, struct ansa_value *v)
{
        /* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): of an array, as above */
        *v = (struct ansa_value){ 0 };
        if (!json_reader_want_object(r, object))
                return;
        v->index = json_read_number(r, object, "index", UINT32_MAX);
        v->type = json_reader_copy(r, json_read_text(r, object, "type", LIMIT_BLOCK_SIZE));
        size_t back = json_reader_enter(r, "data");
        v->data = read_data(r, json_object_get(object, "data"));
        if (v->data.size > LIMIT_BLOCK_SIZE)
                json_reader_fail(r, ANSA_E_LIMIT, NULL, "at most 1048576 bytes expected");
        json_reader_leave(r, back);
        v->permissions = read_permissions(r, object);
        read_ttl(r, object, v);
        if (json_object_get(object, "timestamp") != NULL)
                v->timestamp_s = read_time(r, object, "timestamp");
        read_references(r, object, v);
}

void json_keep_values(struct json_reader *r, const struct ansa_value *list, size_t count,
                      struct ansa_values *values)
{
        size_t room = 0;
        for (size_t i = 0; i < count; i++)
                room += ansa_value_size(&list[i]); /* each came out of one text: no overflow */
        uint8_t *at = arena_alloc(r->arena, room);
        if (at == NULL) {
                json_reader_fail(r, ANSA_E_NO_MEMORY, NULL, "out of memory");
                return;
        }
        size_t written = 0;
        for (size_t i = 0; i < count; i++) {
                size_t size;
                enum ansa_err err =
                        ansa_value_encode(&list[i], at + written, room - written, &size);
                ansa_assert(err == ANSA_OK);
                written += size;
        }
        *values = (struct ansa_values){ { at, written }, (uint32_t)count };
}

void json_read_values(struct json_reader *r, const json_t *array, struct ansa_values *values)
{
        size_t count = json_array_size(array);
        if (count > LIMIT_VALUE_COUNT)
                json_reader_fail(r, ANSA_E_LIMIT, "values", "at most 2048 values expected");
        if (r->err != ANSA_OK)
                return;
        struct ansa_value *list = arena_array(r->arena, count + 1, sizeof(*list));
        if (list == NULL)
                json_reader_fail(r, ANSA_E_NO_MEMORY, NULL, "out of memory");
        for (size_t i = 0; i < count && r->err == ANSA_OK; i++) {
                size_t back = json_reader_enter_item(r, "values", i);
                json_read_value(r, json_array_get(array, i), &list[i]);
                json_reader_leave(r, back);
        }
        if (r->err == ANSA_OK)
                json_keep_values(r, list, count, values);
}

/* The reader is at the record. Names and values are left empty on failure. */
static void read_record(struct json_reader *r, const json_t *object, struct ansa_bytes *name,
                        struct ansa_values *values)
{
        *name = (struct ansa_bytes){ 0 };
        *values = (struct ansa_values){ 0 };
        if (!json_reader_want_object(r, object))
                return;
        struct ansa_bytes text = json_read_text(r, object, "handle", LIMIT_NAME_SIZE);
        const char *problem = r->err == ANSA_OK ? name_problem(text) : NULL;
        if (problem != NULL) {
                char what[96];
                (void)snprintf(what, sizeof(what), "an identifier expected, but %s", problem);
                json_reader_fail(r, ANSA_E_MALFORMED, "handle", what);
        }
        struct ansa_bytes copy = json_reader_copy(r, text);
        json_read_values(r, json_read_array(r, object, "values"), values);
        if (r->err == ANSA_OK)
                *name = copy;
}

enum ansa_err json_record(struct ansa_bytes text, struct arena *arena, struct ansa_bytes *name,
                          struct ansa_values *values, struct json_problem *problem)
{
        *name = (struct ansa_bytes){ 0 };
        *values = (struct ansa_values){ 0 };
        struct json_reader r = json_reader_init(arena, problem);
        json_t *root = json_reader_parse(&r, text);
        if (root != NULL)
                read_record(&r, root, name, values);
        json_decref(root);
        return r.err;
}

enum ansa_err json_value(struct ansa_bytes text, struct arena *arena, struct ansa_value *value,
                         struct json_problem *problem)
{
        struct ansa_value v = { 0 };
        struct json_reader r = json_reader_init(arena, problem);
        json_t *root = json_reader_parse(&r, text);
        if (root != NULL)
                json_read_value(&r, root, &v);
        json_decref(root);
        *value = r.err == ANSA_OK ? v : (struct ansa_value){ 0 };
        return r.err;
}

enum ansa_err json_site(struct ansa_bytes text, struct arena *arena, struct ansa_bytes *site,
                        struct json_problem *problem)
{
        *site = (struct ansa_bytes){ 0 };
        struct json_reader r = json_reader_init(arena, problem);
        json_t *root = json_reader_parse(&r, text);
        if (root != NULL)
                *site = json_read_site_data(&r, root);
        json_decref(root);
        return r.err;
}

enum ansa_err json_key(struct ansa_bytes text, struct arena *arena, struct ansa_key *key,
                       struct json_problem *problem)
{
        *key = (struct ansa_key){ 0 };
        struct json_reader r = json_reader_init(arena, problem);
        json_t *root = json_reader_parse(&r, text);
        if (root != NULL)
                json_read_jwk(&r, root, key);
        json_decref(root);
        return r.err;
}

/* The reader is at "handles". */
static void see_record(struct json_reader *r, const json_t *object, json_record_cb each,
                       void *context)
{
        struct ansa_bytes name;
        struct ansa_values values;
        read_record(r, object, &name, &values);
        enum ansa_err err = r->err == ANSA_OK ? each(context, name, values) : r->err;
        if (err != ANSA_OK)
                json_reader_fail(r, err, NULL, ansa_err_text(err));
}

enum ansa_err json_records(struct ansa_bytes text, struct arena *arena, json_record_cb each,
                           void *context, struct json_problem *problem)
{
        struct json_reader r = json_reader_init(arena, problem);
        json_t *root = json_reader_parse(&r, text);
        json_t *records = NULL;
        const char *key;
        json_t *record;
        if (root != NULL && json_reader_want_object(&r, root))
                records = json_object_get(root, "handles");
        if (json_is_object(records)) {
                json_object_foreach(records, key, record)
                {
                        size_t back = json_reader_enter(&r, "handles");
                        size_t list = json_reader_enter(&r, key);
                        see_record(&r, record, each, context);
                        json_reader_leave(&r, list);
                        json_reader_leave(&r, back);
                        if (r.err != ANSA_OK)
                                break;
                }
        } else if (r.err == ANSA_OK) {
                records = json_read_array(&r, root, "handles");
                for (size_t i = 0; i < json_array_size(records) && r.err == ANSA_OK; i++) {
                        size_t back = json_reader_enter_item(&r, "handles", i);
                        see_record(&r, json_array_get(records, i), each, context);
                        json_reader_leave(&r, back);
                }
        }
        json_decref(root);
        return r.err;
}
