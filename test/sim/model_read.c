/* SPDX-License-Identifier: Apache-2.0 */
#include "model.h"

#include "base/assert.h"
#include "wire/data.h"
#include "wire/name.h"

#include <stdlib.h>

/* Resolution (irp-service 7.4, 2) and lists, as they should be answered. */

static bool is_asked(const struct resolve_request *query, const struct ansa_value *value)
{
        bool is_any = query->indexes.count == 0 && query->types.count == 0;
        for (uint32_t i = 0; i < query->indexes.count; i++)
                is_any = is_any || index_list_at(&query->indexes, i) == value->index;
        struct text_list types = query->types;
        struct ansa_bytes type;
        while (text_list_next(&types, &type) == ANSA_OK) {
                is_any = is_any || model_same_text(type, value->type);
                if (type.size == 0 || type.at[type.size - 1] != '.')
                        continue;
                struct ansa_bytes bare = { type.at, type.size - 1 };
                struct ansa_bytes front = { value->type.at, type.size };
                is_any = is_any || model_same_text(bare, value->type) ||
                         (value->type.size > type.size && model_same_text(type, front));
        }
        return is_any;
}

static void show(const struct resolve_request *query, const struct ansa_value *values, size_t count,
                 uint8_t readable, struct verdict *v)
{
        for (size_t i = 0; i < count; i++) {
                if (!is_asked(query, &values[i]) || (values[i].permissions & readable) == 0)
                        continue;
                v->is_private =
                        v->is_private || (values[i].permissions & ANSA_PERM_PUBLIC_READ) == 0;
                v->values[v->value_count++] = values[i];
        }
        codes_add(&v->codes, v->value_count > 0 ? RC_SUCCESS : RC_VALUE_NOT_FOUND);
}

static void resolve_record(struct sight *s, const struct resolve_request *query, uint32_t flags,
                           bool in_session, const struct ansa_ref *who,
                           const struct ansa_value *values, size_t count, struct verdict *v)
{
        size_t asked = 0;
        bool has_admin_only = false;
        bool has_hidden = false;
        for (size_t i = 0; i < count; i++) {
                if (!is_asked(query, &values[i]))
                        continue;
                asked++;
                bool is_public = (values[i].permissions & ANSA_PERM_PUBLIC_READ) != 0;
                bool is_admin = (values[i].permissions & ANSA_PERM_ADMIN_READ) != 0;
                has_admin_only = has_admin_only || (!is_public && is_admin);
                has_hidden = has_hidden || (!is_public && !is_admin);
        }
        if (asked == 0) {
                codes_add(&v->codes, RC_VALUE_NOT_FOUND);
        } else if ((flags & FLAG_PUBLIC_ONLY) != 0 ||
                   (!has_admin_only && !has_hidden && !in_session)) {
                show(query, values, count, ANSA_PERM_PUBLIC_READ, v);
        } else if (who == NULL) {
                if (has_admin_only || in_session)
                        codes_add(&v->codes, RC_CHALLENGE);
                if (has_hidden && !in_session)
                        codes_add(&v->codes, RC_ACCESS_DENIED);
        } else {
                enum answer may = model_may(s, values, count, RIGHT_READ_VALUE, who);
                if (may == ANSWER_YES)
                        show(query, values, count, ANSA_PERM_PUBLIC_READ | ANSA_PERM_ADMIN_READ, v);
                if (may == ANSWER_YES && v->value_count == 0)
                        codes_add(&v->codes, RC_ACCESS_DENIED);
                if (may == ANSWER_NO)
                        codes_add(&v->codes, RC_NOT_AUTHORIZED);
                if (may == ANSWER_UNKNOWN)
                        codes_add(&v->codes, RC_UNABLE_TO_VERIFY);
        }
}

static bool is_delegation(const struct ansa_value *value)
{
        enum value_type type = value_type_of(value->type);
        return (type == TYPE_HS_SITE_PREFIX || type == TYPE_HS_SERV_PREFIX) &&
               (value->permissions & ANSA_PERM_PUBLIC_READ) != 0;
}

bool model_is_delegated(const struct sight *s, struct ansa_bytes key, struct verdict *v)
{
        if (key.size <= 5 || memcmp(key.at, "0.NA/", 5) != 0)
                return false;
        struct buf b = buf_growing(NAME_KEY_SIZE_MAX);
        buf_bytes(&b, key);
        bool found = false;
        while (!found && b.size > 0) {
                struct buf parent = buf_growing(NAME_KEY_SIZE_MAX);
                bool has = name_put_parent(buf_written(&b), &parent);
                buf_fini(&b);
                b = parent;
                if (!has)
                        break;
                const struct model_record *r = model_find_const(s->own, s->server, buf_written(&b));
                for (size_t i = 0; r != NULL && i < r->count; i++) {
                        if (is_delegation(&r->values[i]))
                                v->values[v->value_count++] = r->values[i];
                }
                found = v->value_count > 0;
        }
        buf_fini(&b);
        return found;
}

static void resolve_elsewhere(struct sight *s, const struct resolve_request *query, uint32_t flags,
                              struct verdict *v)
{
        if ((flags & FLAG_RECURSIVE) == 0 || !s->config->allow_recursion || !s->has_fetcher) {
                codes_add(&v->codes, RC_NOT_RESPONSIBLE);
                return;
        }
        const struct ansa_value *values;
        size_t count;
        enum look look = model_look_elsewhere(s, query->name, &values, &count);
        if (look == LOOK_FOUND)
                show(query, values, count, ANSA_PERM_PUBLIC_READ, v);
        if (look == LOOK_ABSENT && name_is_prefix_record(query->name))
                codes_add(&v->codes, RC_ERROR); /* of a referral, which is not followed here */
        if (look == LOOK_ABSENT) {              /* also: it has nothing for strangers */
                codes_add(&v->codes, RC_NOT_FOUND);
                codes_add(&v->codes, RC_VALUE_NOT_FOUND);
                codes_add(&v->codes, RC_ACCESS_DENIED);
        }
        if (look == LOOK_UNKNOWN)
                codes_add(&v->codes, RC_NOT_RESPONSIBLE);
}

/* Not stored. What a template makes is answered as if it were. */
static void resolve_made(struct sight *s, const struct resolve_request *query, uint32_t flags,
                         bool in_session, const struct ansa_ref *who, struct verdict *v)
{
        struct model_made made;
        if (!model_template(s, query->name, &made)) {
                codes_add(&v->codes, RC_NOT_FOUND);
                return;
        }
        v->is_made = true;
        v->is_made_by_base = made.by_base;
        v->is_hiding = made.hides;
        resolve_record(s, query, flags, in_session, who, made.values, made.count, v);
}

static bool is_status(struct ansa_bytes name)
{
        return model_same_text(name, ANSA_BYTES_LIT("0.SITE/status")) ||
               model_same_text(name, ANSA_BYTES_LIT("0.SITE/DB_STATUS"));
}

static uint32_t for_server_admin(struct sight *s, const struct ansa_ref *who)
{
        enum answer is = model_is_server_admin(s, who);
        return is == ANSWER_YES  ? RC_SUCCESS
               : is == ANSWER_NO ? RC_NOT_AUTHORIZED
                                 : RC_UNABLE_TO_VERIFY;
}

void model_resolve(struct sight *s, const struct resolve_request *query, uint32_t flags,
                   bool in_session, const struct ansa_ref *who, struct verdict *v)
{
        if (name_problem(query->name) != NULL) {
                codes_add(&v->codes, RC_INVALID_NAME);
                return;
        }
        if (is_status(query->name)) {
                bool is_open = s->config->enable_status;
                bool is_public = (flags & FLAG_PUBLIC_ONLY) != 0;
                codes_add(&v->codes, !is_open      ? RC_NOT_FOUND
                                     : is_public   ? RC_VALUE_NOT_FOUND
                                     : who == NULL ? RC_CHALLENGE
                                                   : for_server_admin(s, who));
                v->is_private = true;
                return;
        }
        struct ansa_bytes key = model_key(s->arena, query->name, s->config->case_sensitive);
        bool is_homed = model_is_homed(s, s->server, query->name);
        const struct model_record *r = model_find_const(s->own, s->server, key);
        if (is_homed && !model_is_share(s, s->server, query->name))
                resolve_elsewhere(s, query, flags, v);
        else if (is_homed && r != NULL)
                resolve_record(s, query, flags, in_session, who, r->values, r->count, v);
        else if (r == NULL && (flags & FLAG_DO_NOT_REFER) == 0 && model_is_delegated(s, key, v))
                codes_add(&v->codes, RC_PREFIX_REFERRAL);
        else if (is_homed)
                resolve_made(s, query, flags, in_session, who, v);
        else
                resolve_elsewhere(s, query, flags, v);
}

/* Lists */

static bool has_marker(struct ansa_bytes key)
{
        return key.size > 10 && memcmp(key.at, "0.NA/0.NA/", 10) == 0;
}

void model_list(struct sight *s, const struct message *request, const struct ansa_ref *who,
                struct verdict *v)
{
        struct ansa_bytes name;
        if (name_body_decode(request->body, &name) != ANSA_OK) {
                codes_add(&v->codes, RC_PROTOCOL);
                return;
        }
        uint32_t op = request->header.op;
        if (op == OP_LIST_HOMED) {
                codes_add(&v->codes, who == NULL ? RC_CHALLENGE : for_server_admin(s, who));
                return;
        }
        struct ansa_bytes key = model_key(s->arena, name, s->config->case_sensitive);
        bool is_derived = op == OP_LIST_PREFIXES || has_marker(key);
        if (!s->config->allow_list)
                codes_add(&v->codes, RC_OPERATION_DENIED);
        if (name_problem(name) != NULL || !name_is_prefix_record(name))
                codes_add(&v->codes, RC_INVALID_NAME);
        if (v->codes.count > 0)
                return;
        struct ansa_bytes of =
                has_marker(key) ? (struct ansa_bytes){ key.at + 5, key.size - 5 } : key;
        struct buf child = buf_growing(2 * NAME_KEY_SIZE_MAX);
        if (is_derived)
                buf_bytes(&child, of);
        else
                buf_bytes(&child, (struct ansa_bytes){ of.at + 5, of.size - 5 });
        buf_text(&child, is_derived ? ".X" : "/X");
        bool is_homed = model_is_homed(s, s->server, buf_written(&child));
        buf_fini(&child);
        if (!is_homed) {
                codes_add(&v->codes, RC_NOT_RESPONSIBLE);
                return;
        }
        if (who == NULL) {
                codes_add(&v->codes, RC_CHALLENGE);
                return;
        }
        const struct ansa_value *values;
        size_t count;
        (void)model_look(s, of, &values, &count); /* missing: nobody's right then */
        bool is_unknown = false;
        enum answer may = model_may(s, values, count, RIGHT_LIST, who);
        if (may != ANSWER_YES && is_derived) {
                is_unknown = is_unknown || may == ANSWER_UNKNOWN;
                may = model_may(s, values, count, RIGHT_LIST_PREFIXES, who);
        }
        is_unknown = is_unknown || may == ANSWER_UNKNOWN;
        codes_add(&v->codes, may == ANSWER_YES ? RC_SUCCESS
                             : is_unknown      ? RC_UNABLE_TO_VERIFY
                                               : RC_NOT_AUTHORIZED);
}

static int by_octets(const void *a, const void *b)
{
        const struct ansa_bytes *x = a;
        const struct ansa_bytes *y = b;
        size_t common = x->size < y->size ? x->size : y->size;
        int c = memcmp(x->at, y->at, common);
        return c != 0 ? c : (x->size > y->size) - (x->size < y->size);
}

static bool is_under(uint32_t op, struct ansa_bytes list, struct ansa_bytes key)
{
        if (op == OP_LIST_HOMED)
                return true;
        bool is_derived = op == OP_LIST_PREFIXES;
        if (op == OP_LIST && has_marker(list)) {
                is_derived = true;
                list = (struct ansa_bytes){ list.at + 5, list.size - 5 };
        }
        if (is_derived && model_same_text(list, ANSA_BYTES_LIT("0.NA/0.NA")))
                return key.size >= 5 && memcmp(key.at, "0.NA/", 5) == 0;
        if (!is_derived)
                list = (struct ansa_bytes){ list.at + 5, list.size - 5 };
        return key.size > list.size && memcmp(key.at, list.at, list.size) == 0 &&
               key.at[list.size] == (is_derived ? '.' : '/');
}

void model_keys(const struct sight *s, uint32_t op, struct ansa_bytes name, struct ansa_bytes after,
                struct key_list *keys)
{
        keys->count = 0;
        struct ansa_bytes list = model_key(s->arena, name, s->config->case_sensitive);
        bool homed = op == OP_LIST_HOMED;
        size_t count = homed ? s->own->homed_count : s->own->record_count;
        for (size_t i = 0; i < count; i++) {
                uint32_t server = homed ? s->own->homed[i].server : s->own->records[i].server;
                struct ansa_bytes key = homed ? s->own->homed[i].key : s->own->records[i].key;
                if (server == s->server && is_under(op, list, key) &&
                    (after.size == 0 || by_octets(&key, &after) > 0))
                        keys->at[keys->count++] = key;
        }
        if (keys->count > 0)
                qsort(keys->at, keys->count, sizeof(keys->at[0]), by_octets);
}
