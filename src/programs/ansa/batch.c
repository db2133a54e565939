/* SPDX-License-Identifier: Apache-2.0 */
#include "programs/ansa/batch.h"

#include "base/text.h"
#include "programs/home.h"
#include "wire/codes.h"
#include "wire/data.h"
#include "wire/name.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define OPERATION_MEMORY_MAX (16u << 20) /* octets */
#define FILE_SIZE_MAX        (1u << 20)
#define REFS_MAX             256u

void batch_init(struct batch *b)
{
        *b = (struct batch){ 0 };
        arena_init(&b->arena, OPERATION_MEMORY_MAX);
}

void batch_fini(struct batch *b)
{
        arena_fini(&b->arena);
}

static bool problem(struct batch *b, const char *format, ...) __attribute__((format(printf, 2, 3)));

static bool problem(struct batch *b, const char *format, ...)
{
        va_list args;
        va_start(args, format);
        (void)vsnprintf(b->problem, sizeof(b->problem), format, args);
        va_end(args);
        return false;
}

/* The next word of @line, and the line without it and the spaces after it. */
static struct ansa_bytes take_word(struct ansa_bytes *line)
{
        size_t n = 0;
        while (n < line->size && line->at[n] != ' ' && line->at[n] != '\t')
                n++;
        struct ansa_bytes word = { line->at, n };
        while (n < line->size && (line->at[n] == ' ' || line->at[n] == '\t'))
                n++;
        line->at += n;
        line->size -= n;
        return word;
}

static bool is_word(struct ansa_bytes word, const char *text)
{
        return text_equal_fold(word, ansa_bytes_text(text));
}

static bool keep(struct batch *b, struct ansa_bytes octets, struct ansa_bytes *kept)
{
        return arena_copy(&b->arena, octets, kept) == ANSA_OK || problem(b, "out of memory");
}

/* Twelve flags in the order of the batch format, which is not that of REST. */
static bool batch_rights(struct ansa_bytes flags, uint16_t *rights)
{
        static const uint16_t order[12] = {
                RIGHT_CREATE,       RIGHT_DELETE,       RIGHT_ADD_PREFIX, RIGHT_DELETE_PREFIX,
                RIGHT_MODIFY_VALUE, RIGHT_REMOVE_VALUE, RIGHT_ADD_VALUE,  RIGHT_READ_VALUE,
                RIGHT_MODIFY_ADMIN, RIGHT_REMOVE_ADMIN, RIGHT_ADD_ADMIN,  RIGHT_LIST,
        };
        *rights = 0;
        for (size_t i = 0; i < 12 && flags.size == 12; i++) {
                if (flags.at[i] == '1')
                        *rights |= order[i];
                else if (flags.at[i] != '0')
                        return false;
        }
        return flags.size == 12;
}

static struct ansa_bytes take_until(struct ansa_bytes *text, uint8_t end)
{
        const uint8_t *at = text->size > 0 ? memchr(text->at, end, text->size) : NULL;
        struct ansa_bytes part = { text->at, at != NULL ? (size_t)(at - text->at) : text->size };
        size_t taken = part.size + (at != NULL);
        text->at += taken;
        text->size -= taken;
        return part;
}

static bool admin_data(struct batch *b, struct ansa_bytes text, struct ansa_bytes *data)
{
        struct admin_data admin = { 0 };
        uint64_t index;
        struct ansa_bytes number = take_until(&text, ':');
        struct ansa_bytes flags = take_until(&text, ':');
        if (text_u64(number, UINT32_MAX, &index) != ANSA_OK ||
            !batch_rights(flags, &admin.rights) || text.size == 0)
                return problem(b, "ADMIN wants INDEX:TWELVE-FLAGS:IDENTIFIER");
        admin.admin = (struct ansa_ref){ text, (uint32_t)index };
        uint8_t *at = arena_alloc(&b->arena, text.size + 16);
        if (at == NULL)
                return problem(b, "out of memory");
        struct buf out = buf_over(at, text.size + 16);
        admin_data_encode(&admin, &out);
        *data = buf_written(&out);
        return true;
}

static bool list_data(struct batch *b, struct ansa_bytes text, struct ansa_bytes *data)
{
        struct ansa_ref refs[REFS_MAX];
        uint32_t count = 0;
        size_t room = 4 + text.size + 8 * (size_t)REFS_MAX;
        while (text.size > 0) {
                struct ansa_bytes item = take_until(&text, ';');
                if (item.size == 0)
                        continue;
                if (count == REFS_MAX || ref_from_text(item, &refs[count++]) != ANSA_OK)
                        return problem(b, "LIST wants INDEX:IDENTIFIER;..., at most %u", REFS_MAX);
        }
        uint8_t *at = arena_alloc(&b->arena, room);
        if (at == NULL)
                return problem(b, "out of memory");
        struct buf out = buf_over(at, room);
        vlist_encode(refs, count, &out);
        *data = buf_written(&out);
        return true;
}

static bool file_data(struct batch *b, struct ansa_bytes text, struct ansa_bytes *data)
{
        uint8_t *at;
        size_t size;
        const char *path = arena_text(&b->arena, text);
        if (path == NULL)
                return problem(b, "out of memory");
        enum ansa_err err = file_read(path, FILE_SIZE_MAX, &at, &size);
        if (err != ANSA_OK)
                return problem(b, "FILE %.100s: %s", path, ansa_err_text(err));
        bool done = keep(b, (struct ansa_bytes){ at, size }, data);
        free(at);
        return done;
}

/* "1110": administrators read and write, the public reads and writes. */
static bool batch_permissions(struct ansa_bytes bits, uint8_t *permissions)
{
        *permissions = 0;
        for (size_t i = 0; i < bits.size && bits.size == 4; i++) {
                if (bits.at[i] != '0' && bits.at[i] != '1')
                        return false;
                *permissions = (uint8_t)(*permissions << 1 | (bits.at[i] - '0'));
        }
        return bits.size == 4;
}

/* "index type ttl permissions data" */
static bool value_line(struct batch *b, struct ansa_bytes line)
{
        struct batch_operation *o = &b->now;
        uint64_t index;
        uint64_t ttl;
        if (o->value_count == BATCH_VALUES_MAX)
                return problem(b, "more than %u values", BATCH_VALUES_MAX);
        struct ansa_value *v = &o->values[o->value_count];
        struct ansa_bytes copy;
        if (!keep(b, line, &copy))
                return false;
        struct ansa_bytes index_text = take_word(&copy);
        v->type = take_word(&copy);
        struct ansa_bytes ttl_text = take_word(&copy);
        struct ansa_bytes bits = take_word(&copy);
        struct ansa_bytes form = take_word(&copy);
        if (text_u64(index_text, UINT32_MAX, &index) != ANSA_OK || index == 0 ||
            text_u64(ttl_text, UINT32_MAX, &ttl) != ANSA_OK ||
            !batch_permissions(bits, &v->permissions))
                return problem(b, "a value is INDEX TYPE TTL PERMISSIONS FORM DATA");
        v->index = (uint32_t)index;
        v->ttl_s = (uint32_t)ttl;
        v->data = copy;
        bool done = is_word(form, "UTF8") ||
                    (is_word(form, "ADMIN") && admin_data(b, copy, &v->data)) ||
                    (is_word(form, "LIST") && list_data(b, copy, &v->data)) ||
                    (is_word(form, "FILE") && file_data(b, copy, &v->data));
        if (!done && b->problem[0] == '\0')
                return problem(b, "data is UTF8, ADMIN, LIST or FILE");
        if (!done)
                return false;
        o->value_count++;
        return true;
}

static bool remove_line(struct batch *b, struct ansa_bytes rest)
{
        struct batch_operation *o = &b->now;
        struct ansa_bytes list = take_until(&rest, ':');
        while (list.size > 0) {
                uint64_t index;
                if (o->index_count == BATCH_VALUES_MAX ||
                    text_u64(take_until(&list, ','), UINT32_MAX, &index) != ANSA_OK)
                        return problem(b, "REMOVE wants INDEX,...:IDENTIFIER");
                o->indexes[o->index_count++] = (uint32_t)index;
        }
        if (o->index_count == 0 || rest.size == 0)
                return problem(b, "REMOVE wants INDEX,...:IDENTIFIER");
        return keep(b, rest, &o->name);
}

static bool authenticate_line(struct batch *b, struct ansa_bytes rest)
{
        struct batch_operation *o = &b->now;
        struct ansa_bytes kind = take_until(&rest, ':');
        struct ansa_bytes copy;
        o->kind = is_word(kind, "SECKEY") ? BATCH_SECRET : BATCH_KEY;
        if (!keep(b, rest, &copy))
                return false;
        if ((o->kind == BATCH_KEY && !is_word(kind, "PUBKEY")) ||
            ref_from_text(copy, &o->key) != ANSA_OK)
                return problem(b, "AUTHENTICATE wants SECKEY:INDEX:ID or PUBKEY:INDEX:ID");
        return true;
}

/* The first line of an operation. */
static bool begin(struct batch *b, uint64_t number, struct ansa_bytes line)
{
        static const struct {
                const char *word;
                enum batch_kind kind;
        } named[] = {
                { "CREATE", BATCH_CREATE }, { "ADD", BATCH_ADD },   { "MODIFY", BATCH_MODIFY },
                { "DELETE", BATCH_DELETE }, { "HOME", BATCH_HOME }, { "UNHOME", BATCH_UNHOME },
        };
        struct ansa_bytes rest = line;
        struct ansa_bytes word = take_word(&rest);
        arena_reset(&b->arena);
        b->now.kind = BATCH_NONE;
        b->now.line = number;
        b->now.value_count = b->now.index_count = b->now.prefix_count = 0;
        b->now.use_session = false;
        b->problem[0] = '\0';
        for (size_t i = 0; i < sizeof(named) / sizeof(named[0]); i++) {
                if (is_word(word, named[i].word)) {
                        b->now.kind = named[i].kind;
                        return rest.size > 0 ? keep(b, rest, &b->now.name)
                                             : problem(b, "%s wants a name", named[i].word);
                }
        }
        if (is_word(word, "REMOVE")) {
                b->now.kind = BATCH_REMOVE;
                return remove_line(b, rest);
        }
        if (is_word(word, "AUTHENTICATE"))
                return authenticate_line(b, rest);
        if (is_word(word, "SESSIONSETUP")) {
                b->now.kind = BATCH_SESSION;
                return true;
        }
        return problem(b, "an operation is wanted: CREATE, ADD, MODIFY, DELETE, REMOVE, HOME, "
                          "UNHOME, AUTHENTICATE or SESSIONSETUP");
}

/* A further line of an operation. */
static bool add_line(struct batch *b, struct ansa_bytes line)
{
        struct batch_operation *o = &b->now;
        struct ansa_bytes copy;
        switch (o->kind) {
        case BATCH_CREATE:
        case BATCH_ADD:
        case BATCH_MODIFY:
                return value_line(b, line);
        case BATCH_HOME:
        case BATCH_UNHOME:
                if (o->prefix_count == BATCH_VALUES_MAX)
                        return problem(b, "more than %u prefixes", BATCH_VALUES_MAX);
                return keep(b, line, &o->prefixes[o->prefix_count++]);
        case BATCH_SECRET:
                return keep(b, line, &o->secret);
        case BATCH_KEY:
                if (!keep(b, line, &copy))
                        return false;
                o->path = take_until(&copy, '|');
                o->secret = copy;
                return true;
        case BATCH_SESSION:
                if (text_equal_fold(line, ANSA_BYTES_LIT("USESESSION:1")))
                        o->use_session = true;
                return true; /* the other wishes have no meaning here */
        case BATCH_NONE:
        case BATCH_DELETE:
        case BATCH_REMOVE:
                break;
        }
        return problem(b, "a blank line must end the operation before");
}

static bool is_one_line(enum batch_kind kind)
{
        return kind == BATCH_DELETE || kind == BATCH_REMOVE;
}

enum batch_result batch_line(struct batch *b, uint64_t number, struct ansa_bytes line)
{
        bool is_open = b->is_open;
        if (line.size == 0) {
                b->is_bad = false;
                return batch_end(b);
        }
        if (b->is_bad)
                return BATCH_MORE;
        bool done = is_open ? add_line(b, line) : begin(b, number, line);
        b->is_open = done;
        if (!done) {
                b->is_bad = true;
                return BATCH_PROBLEM;
        }
        return is_one_line(b->now.kind) ? batch_end(b) : BATCH_MORE;
}

enum batch_result batch_end(struct batch *b)
{
        bool is_whole = b->is_open;
        b->is_open = false;
        return is_whole ? BATCH_WHOLE : BATCH_MORE;
}
