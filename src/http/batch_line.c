/* SPDX-License-Identifier: Apache-2.0 */
#include "base/limits.h"
#include "http/batch.h"
#include "wire/body.h"
#include "wire/name.h"

static const struct {
        const char *name;
        uint32_t op;
        bool overwrites; /* unless "overwrite" says otherwise */
} ops[] = {
        { "create", OP_CREATE, false }, { "put", OP_CREATE, true },     { "add", OP_ADD, false },
        { "remove", OP_REMOVE, false }, { "delete", OP_DELETE, false },
};

static bool read_op(struct json_reader *r, const json_t *root, struct batch_line *line)
{
        struct ansa_bytes text = json_read_text(r, root, "op", 16);
        if (r->err != ANSA_OK)
                return false;
        for (size_t i = 0; i < sizeof(ops) / sizeof(ops[0]); i++) {
                if (!ansa_bytes_equal(text, ansa_bytes_text(ops[i].name)))
                        continue;
                line->op = ops[i].op;
                if (json_read_bool_or(r, root, "overwrite", ops[i].overwrites))
                        line->flags |= FLAG_OVERWRITE;
                line->mints = json_read_bool_or(r, root, "mintNewSuffix", false);
                if (line->mints && line->op == OP_CREATE)
                        line->flags |= FLAG_MINT_SUFFIX;
                else if (line->mints)
                        json_reader_fail(r, ANSA_E_MALFORMED, "mintNewSuffix",
                                         "only with create and put");
                return r->err == ANSA_OK;
        }
        json_reader_fail(r, ANSA_E_MALFORMED, "op", "create, put, add, remove or delete expected");
        return false;
}

static void put_values(struct json_reader *r, const json_t *root, const struct batch_line *line,
                       struct buf *body)
{
        struct record_body record = { .name = line->name };
        json_read_values(r, json_read_array(r, root, "values"), &record.values);
        if (r->err == ANSA_OK)
                record_body_encode(&record, body);
}

static void put_indexes(struct json_reader *r, const json_t *root, const struct batch_line *line,
                        struct buf *body)
{
        const json_t *list = json_read_array(r, root, "indexes");
        size_t count = json_array_size(list);
        if (count > LIMIT_VALUE_COUNT)
                json_reader_fail(r, ANSA_E_LIMIT, "indexes", "at most 2048 expected");
        uint8_t *room = r->err == ANSA_OK ? arena_array(r->arena, count, sizeof(uint32_t)) : NULL;
        if (room == NULL) {
                json_reader_fail(r, ANSA_E_NO_MEMORY, NULL, "out of memory");
                return;
        }
        struct buf b = buf_over(room, count * sizeof(uint32_t));
        for (size_t i = 0; i < count; i++) {
                const json_t *item = json_array_get(list, i);
                json_int_t n = json_integer_value(item);
                if (!json_is_integer(item) || n < 0 || n > UINT32_MAX) {
                        json_reader_fail(r, ANSA_E_MALFORMED, "indexes", "integers expected");
                        return;
                }
                buf_u32(&b, (uint32_t)n);
        }
        struct remove_request remove = { line->name, { buf_written(&b), (uint32_t)count } };
        remove_request_encode(&remove, body);
}

static void read_root(struct json_reader *r, const json_t *root, struct batch_line *line)
{
        if (!json_reader_want_object(r, root) || !read_op(r, root, line))
                return;
        line->name = json_reader_copy(r, json_read_text(r, root, "handle", LIMIT_NAME_SIZE));
        if (r->err != ANSA_OK)
                return;
        struct buf body = buf_growing(LIMIT_MESSAGE_SIZE);
        if (line->op == OP_DELETE)
                name_body_encode(line->name, &body);
        else if (line->op == OP_REMOVE)
                put_indexes(r, root, line, &body);
        else
                put_values(r, root, line, &body);
        line->body = json_reader_keep(r, &body);
}

enum ansa_err batch_read_line(struct ansa_bytes text, struct arena *arena, struct batch_line *line,
                              struct json_problem *problem)
{
        struct json_reader r = json_reader_init(arena, problem);
        json_t *root = json_reader_parse(&r, text);
        *line = (struct batch_line){ 0 };
        if (root != NULL)
                read_root(&r, root, line);
        json_decref(root);
        if (r.err != ANSA_OK)
                *line = (struct batch_line){ 0 };
        return r.err;
}
