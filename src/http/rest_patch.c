/* SPDX-License-Identifier: Apache-2.0 */
#include "base/limits.h"
#include "http/rest.h"

/*
 * PATCH of /api/handles/{identifier}, ours: each value of the body names an index that exists and
 * the members that are to be other than they are (RFC 7396, one level deep; null is the default).
 * The rest of the value and the record stay. It is the protocol's modify, on the condition that
 * the record is still as it was read; when it is not, once more from the beginning.
 */

#define TRIES_MAX 4u
#define FAST_MAX  4096u /* octets of a body that is soon merged; others wait for the slow lane */

/* Indexes of the body's values, encoded. */
static bool read_indexes(struct json_reader *r, const json_t *list, struct index_list *indexes)
{
        size_t count = json_array_size(list);
        if (count == 0 || count > LIMIT_VALUE_COUNT) {
                json_reader_fail(r, ANSA_E_MALFORMED, "values", "1 to 2048 values expected");
                return false;
        }
        uint8_t *room = arena_array(r->arena, count, sizeof(uint32_t));
        if (room == NULL) {
                json_reader_fail(r, ANSA_E_NO_MEMORY, NULL, "out of memory");
                return false;
        }
        struct buf b = buf_over(room, count * sizeof(uint32_t));
        for (size_t i = 0; i < count && r->err == ANSA_OK; i++) {
                size_t back = json_reader_enter_item(r, "values", i);
                const json_t *item = json_array_get(list, i);
                if (json_reader_want_object(r, item))
                        buf_u32(&b, json_read_number(r, item, "index", UINT32_MAX));
                json_reader_leave(r, back);
        }
        *indexes = (struct index_list){ buf_written(&b), (uint32_t)count };
        return r->err == ANSA_OK;
}

/* The value @index of @values as JSON; NULL when there is none. The caller owns the reference. */
static json_t *old_value(struct json_reader *r, struct ansa_values values, uint32_t index)
{
        struct ansa_value value;
        json_t *node = NULL;
        while (ansa_values_next(&values, &value) == ANSA_OK) {
                if (value.index != index)
                        continue;
                struct buf b = buf_growing(JSON_TEXT_SIZE_MAX);
                json_put_value(&b, &value);
                if (b.err == ANSA_OK)
                        node = json_reader_parse(r, buf_written(&b));
                else
                        json_reader_fail(r, b.err, NULL, "the value is too large");
                buf_fini(&b);
                break;
        }
        return node;
}

static void merge(json_t *old, const json_t *patch)
{
        const char *member;
        json_t *node;
        void *iterator = json_object_iter((json_t *)(uintptr_t)patch);
        while (iterator != NULL) {
                member = json_object_iter_key(iterator);
                node = json_object_iter_value(iterator);
                if (json_is_null(node))
                        (void)json_object_del(old, member);
                else
                        (void)json_object_set(old, member, node);
                iterator = json_object_iter_next((json_t *)(uintptr_t)patch, iterator);
        }
}

/* The body's values laid over those of the record. */
static void merge_all(struct json_reader *r, const json_t *list, struct ansa_values old,
                      struct ansa_values *merged)
{
        size_t count = json_array_size(list);
        struct ansa_value *values = arena_array(r->arena, count + 1, sizeof(*values));
        if (values == NULL)
                json_reader_fail(r, ANSA_E_NO_MEMORY, NULL, "out of memory");
        for (size_t i = 0; i < count && r->err == ANSA_OK; i++) {
                size_t back = json_reader_enter_item(r, "values", i);
                const json_t *patch = json_array_get(list, i);
                json_t *node = old_value(r, old, json_read_number(r, patch, "index", UINT32_MAX));
                if (node == NULL)
                        node = json_object(); /* perhaps it is whole */
                merge(node, patch);
                json_read_value(r, node, &values[i]);
                json_decref(node);
                json_reader_leave(r, back);
        }
        if (r->err == ANSA_OK)
                json_keep_values(r, values, count, merged);
}

static const json_t *values_of(const json_t *root)
{
        const json_t *values = json_is_object(root) ? json_object_get(root, "values") : NULL;
        return values != NULL ? values : root;
}

/* Read what is there, change it. */
static enum http_outcome try(struct http_exchange *x, struct json_reader *r, const json_t *list,
                             struct record_condition *condition, struct told *told)
{
        struct resolve_request query = { .name = x->place };
        struct ansa_values merged = { 0 };
        if (!read_indexes(r, list, &query.indexes))
                return HTTP_REPLY;
        struct question q = { .op = OP_RESOLVE,
                              .flags = FLAG_AUTHORITATIVE | FLAG_DO_NOT_REFER |
                                       (x->has_identity ? 0 : FLAG_PUBLIC_ONLY),
                              .resolve = &query,
                              .wants_version = true };
        enum http_outcome outcome = ask(x, &q, told);
        if (outcome != HTTP_REPLY || (told->code != RC_SUCCESS && told->code != RC_VALUE_NOT_FOUND))
                return outcome;
        if (condition->kind == CONDITION_NONE && told->version != 0)
                *condition = (struct record_condition){ CONDITION_ONE_OF, 1, { told->version } };
        merge_all(r, list, told->values, &merged);
        if (r->err != ANSA_OK)
                return HTTP_REPLY;
        struct buf change = buf_growing(LIMIT_MESSAGE_SIZE);
        struct record_body modified = { x->place, merged };
        record_body_encode(&modified, &change);
        return rest_ask(x, OP_MODIFY, 0, &change, condition, told);
}

enum http_outcome rest_patch(struct http_exchange *x)
{
        struct record_condition asked;
        struct json_problem problem;
        struct told told = { .code = RC_PROTOCOL };
        if (!rest_has_json(x) || !rest_condition(x, &asked))
                return HTTP_REPLY;
        if (x->body.size > FAST_MAX && !x->worker->may_block)
                return HTTP_SLOW;
        struct json_reader r = json_reader_init(&x->arena, &problem);
        json_t *root = json_reader_parse(&r, buf_written(&x->body));
        enum http_outcome outcome = HTTP_REPLY;
        for (unsigned i = 0; i < TRIES_MAX && r.err == ANSA_OK; i++) {
                struct record_condition condition = asked;
                outcome = try(x, &r, values_of(root), &condition, &told);
                if (outcome != HTTP_REPLY || told.code != RC_PRECONDITION ||
                    asked.kind != CONDITION_NONE)
                        break;
        }
        json_decref(root);
        if (outcome != HTTP_REPLY)
                return outcome;
        if (r.err != ANSA_OK)
                return reply_error(x, r.err == ANSA_E_NO_MEMORY ? 503 : 400, RC_PROTOCOL,
                                   ansa_bytes_text(problem.text), NULL);
        if (told.code == RC_PRECONDITION && asked.kind == CONDITION_NONE)
                told.code = RC_BUSY; /* others change it all the time */
        if (told.code != RC_SUCCESS)
                return rest_refuse(x, &told, x->place);
        return rest_changed(x, 200, &told, x->place);
}
