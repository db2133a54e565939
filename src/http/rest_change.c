/* SPDX-License-Identifier: Apache-2.0 */
#include "base/limits.h"
#include "http/rest.h"
#include "wire/name.h"

#include <stdlib.h>

/* PUT and DELETE of /api/handles/{identifier} (rest-api 2.2, 2.3) */

/* What a PUT says. */
struct put {
        struct ansa_values values;
        bool is_create; /* else its values are added */
        bool mints;
        uint32_t flags;
        struct index_list drops; /* go when the others are added */
};

static bool lacks_index(const json_t *value)
{
        return json_is_object(value) && json_object_get(value, "index") == NULL;
}

/* The values in a body: an array of them, an object with them, or one of them. */
static const json_t *find_values(const json_t *root)
{
        if (json_is_object(root) && json_object_get(root, "values") != NULL)
                return json_object_get(root, "values");
        return root;
}

static bool is_one_value(const json_t *node)
{
        return json_is_object(node) && json_object_get(node, "type") != NULL &&
               json_object_get(node, "data") != NULL;
}

static void read_handle(struct json_reader *r, const json_t *root, struct ansa_bytes name)
{
        if (!json_is_object(root) || json_object_get(root, "handle") == NULL)
                return;
        struct ansa_bytes text = json_read_text(r, root, "handle", LIMIT_NAME_SIZE);
        if (r->err == ANSA_OK && !name_equal(text, name, true))
                json_reader_fail(r, ANSA_E_MALFORMED, "handle",
                                 "it differs from the identifier in the path");
}

static bool any_lacks_index(const json_t *values)
{
        for (size_t i = 0; i < json_array_size(values); i++) {
                if (lacks_index(json_array_get(values, i)))
                        return true;
        }
        return lacks_index(values);
}

/* False: the response says what is wrong. */
static bool read_body(struct http_exchange *x, bool mints, struct ansa_values *values)
{
        struct json_problem problem;
        struct json_reader r = json_reader_init(&x->arena, &problem);
        json_t *root = json_reader_parse(&r, buf_written(&x->body));
        const json_t *list = root != NULL ? find_values(root) : NULL;
        uint32_t code = RC_PROTOCOL;
        *values = (struct ansa_values){ 0 };
        if (r.err == ANSA_OK && !mints)
                read_handle(&r, root, x->place);
        if (r.err == ANSA_OK && any_lacks_index(list) &&
            (json_is_array(list) || is_one_value(list))) {
                code = RC_VALUE_INVALID;
                json_reader_fail(&r, ANSA_E_MALFORMED, NULL, "a value without index");
        } else if (r.err == ANSA_OK && json_is_array(list)) {
                json_read_values(&r, list, values);
        } else if (r.err == ANSA_OK && is_one_value(list)) {
                struct ansa_value value;
                json_read_value(&r, list, &value);
                if (r.err == ANSA_OK)
                        json_keep_values(&r, &value, 1, values);
        } else if (r.err == ANSA_OK) {
                json_reader_fail(&r, ANSA_E_MALFORMED, NULL,
                                 "an array of values, an object with \"values\", or one value "
                                 "expected");
        }
        json_decref(root);
        if (r.err == ANSA_OK)
                return true;
        uint32_t status = r.err == ANSA_E_NO_MEMORY ? 503 : 400;
        (void)reply_error(x, status, code, ansa_bytes_text(problem.text), NULL);
        return false;
}

static int by_number(const void *a, const void *b)
{
        const uint32_t *x = a;
        const uint32_t *y = b;
        return (*x > *y) - (*x < *y);
}

/* In order, each once. */
static size_t sort_indexes(uint32_t *at, size_t count)
{
        size_t kept = 0;
        if (count > 0)
                qsort(at, count, sizeof(*at), by_number);
        for (size_t i = 0; i < count; i++) {
                if (kept == 0 || at[kept - 1] != at[i])
                        at[kept++] = at[i];
        }
        return kept;
}

/* The indexes of the parameter must be those of the body. */
static bool check_indexes(struct http_exchange *x, struct ansa_values values)
{
        struct index_list list;
        struct ansa_value value;
        if (!rest_indexes(x, "index", &list))
                return false;
        uint32_t *asked = arena_array(&x->arena, list.count, sizeof(*asked));
        uint32_t *given = arena_array(&x->arena, values.count, sizeof(*given));
        if (asked == NULL || given == NULL) {
                (void)rest_no_memory(x);
                return false;
        }
        size_t given_count = 0;
        for (uint32_t i = 0; i < list.count; i++)
                asked[i] = index_list_at(&list, i);
        while (ansa_values_next(&values, &value) == ANSA_OK)
                given[given_count++] = value.index;
        size_t asked_count = sort_indexes(asked, list.count);
        given_count = sort_indexes(given, given_count);
        size_t i = 0;
        while (i < asked_count && i < given_count && asked[i] == given[i])
                i++;
        if (i == asked_count && i == given_count)
                return true;
        bool is_asked = i < asked_count && (i == given_count || asked[i] < given[i]);
        if (is_asked)
                (void)reply_bad(x, "index %lu is in the parameters and not in the body",
                                (unsigned long)asked[i]);
        else
                (void)reply_bad(x, "index %lu is in the body and not in the parameters",
                                (unsigned long)given[i]);
        return false;
}

/* What the parameter "remove" names goes in the same step. */
static bool read_drops(struct http_exchange *x, struct put *put)
{
        struct index_list list;
        if (!rest_indexes(x, "remove", &list))
                return false;
        if (list.count > 0 && put->is_create) {
                (void)reply_bad(x, "remove goes with index: a whole record has what it has");
                return false;
        }
        uint32_t *at = arena_array(&x->arena, list.count, sizeof(*at));
        uint8_t *room = arena_array(&x->arena, list.count, sizeof(*at));
        if (at == NULL || room == NULL) {
                (void)rest_no_memory(x);
                return false;
        }
        for (uint32_t i = 0; i < list.count; i++)
                at[i] = index_list_at(&list, i);
        struct buf b = buf_over(room, list.count * sizeof(*at));
        uint32_t count = (uint32_t)sort_indexes(at, list.count);
        for (uint32_t i = 0; i < count; i++)
                buf_u32(&b, at[i]);
        put->drops = (struct index_list){ buf_written(&b), count };
        return true;
}

/* Everything about the request, once for an exchange. NULL: the response is made. */
static const struct put *read_put(struct http_exchange *x)
{
        if (x->state != NULL)
                return x->state;
        struct put *put = arena_alloc(&x->arena, sizeof(*put));
        if (put == NULL) {
                (void)rest_no_memory(x);
                return NULL;
        }
        const struct parameter *index = query_find(&x->query, "index");
        put->is_create = index == NULL;
        if (!rest_has_json(x) || !rest_flag(x, "overwrite", true, FLAG_OVERWRITE, &put->flags) ||
            !rest_bool(x, "mintNewSuffix", false, &put->mints) ||
            !read_body(x, put->mints, &put->values))
                return NULL;
        if (put->mints && !put->is_create) {
                (void)reply_bad(x, "mintNewSuffix makes a record: it does not go with index");
                return NULL;
        }
        if (put->mints)
                put->flags |= FLAG_MINT_SUFFIX;
        bool is_various =
                index != NULL && ansa_bytes_equal(index->value, ANSA_BYTES_LIT("various"));
        if (!put->is_create && !is_various && !check_indexes(x, put->values))
                return NULL;
        if (!read_drops(x, put))
                return NULL;
        x->state = put; /* in the arena */
        return put;
}

enum http_outcome rest_put(struct http_exchange *x)
{
        struct record_condition condition;
        const struct put *put = read_put(x);
        if (put == NULL || !rest_condition(x, &condition))
                return HTTP_REPLY;
        struct told told;
        struct buf body = buf_growing(LIMIT_MESSAGE_SIZE);
        struct record_body record = { x->place, put->values };
        record_body_encode(&record, &body);
        struct question q = { .op = put->is_create ? OP_CREATE : OP_ADD,
                              .flags = put->flags,
                              .condition = &condition,
                              .drops = put->drops };
        enum http_outcome outcome = rest_ask_change(x, &q, &body, &told);
        if (outcome != HTTP_REPLY)
                return outcome;
        if (told.code != RC_SUCCESS)
                return rest_refuse(x, &told, x->place);
        struct ansa_bytes name = x->place;
        struct ansa_bytes made;
        if (put->mints && create_response_decode(told.body, &made) == ANSA_OK && made.size > 0)
                name = made;
        return rest_changed(x, (told.flags & FLAG_OVERWRITE) != 0 ? 200 : 201, &told, name);
}

enum http_outcome rest_delete(struct http_exchange *x)
{
        struct remove_request remove = { .name = x->place };
        struct record_condition condition;
        if (!rest_indexes(x, "index", &remove.indexes) || !rest_condition(x, &condition))
                return HTTP_REPLY;
        struct told told;
        struct buf body = buf_growing(LIMIT_MESSAGE_SIZE);
        uint32_t op = remove.indexes.count > 0 ? OP_REMOVE : OP_DELETE;
        if (op == OP_REMOVE)
                remove_request_encode(&remove, &body);
        else
                name_body_encode(x->place, &body);
        enum http_outcome outcome = rest_ask(x, op, 0, &body, &condition, &told);
        if (outcome != HTTP_REPLY)
                return outcome;
        if (told.code != RC_SUCCESS)
                return rest_refuse(x, &told, x->place);
        return rest_changed(x, 200, &told, x->place);
}
