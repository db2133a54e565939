/* SPDX-License-Identifier: Apache-2.0 */
#include "identifier/exchange.h"

#include "base/limits.h"
#include "base/room.h"
#include "identifier/hot.h"
#include "identifier/referral.h"
#include "identifier/template.h"
#include "wire/body.h"
#include "wire/name.h"

/*
 * Resolution (irp-service 7.4): where the record is, which of its values are asked for, and who
 * may see them. Where deployed servers leak (they stop looking at the first value that needs an
 * administrator, and then show later ones that nobody may read) we drop what has neither read
 * permission before an answer is made.
 */

enum identifier_outcome resolve_answer(struct exchange *x, struct ansa_bytes name,
                                       struct ansa_values values, bool is_private,
                                       uint32_t not_flags)
{
        struct outgoing r = { .code = RC_SUCCESS,
                              .is_private = is_private,
                              .not_flags = not_flags };
        respond_begin(x->worker, &x->to, &r, x->reply);
        struct record_body body = { name, values };
        record_body_encode(&body, x->reply);
        respond_end(x->worker, &x->to, &r, x->reply);
        return IDENTIFIER_REPLY;
}

enum identifier_outcome exchange_refer(struct exchange *x, uint32_t code, struct ansa_values values)
{
        if (code == RC_PREFIX_REFERRAL && respond_version(&x->to.envelope) < VERSION(2, 5))
                return exchange_error(x, RC_NOT_RESPONSIBLE, NULL); /* 303 meant something else */
        struct outgoing r = { .code = code };
        respond_begin(x->worker, &x->to, &r, x->reply);
        struct referral_body body = { .has_values = true, .values = values };
        referral_body_encode(&body, x->reply);
        respond_end(x->worker, &x->to, &r, x->reply);
        return IDENTIFIER_REPLY;
}

static bool is_selected(const struct resolve_request *query, const struct ansa_value *value)
{
        if (query->indexes.count == 0 && query->types.count == 0)
                return true;
        for (uint32_t i = 0; i < query->indexes.count; i++) {
                if (index_list_at(&query->indexes, i) == value->index)
                        return true;
        }
        struct text_list types = query->types;
        struct ansa_bytes type;
        while (text_list_next(&types, &type) == ANSA_OK) {
                if (ansa_type_matches(value->type, type))
                        return true;
        }
        return false;
}

#define PUBLIC ANSA_PERM_PUBLIC_READ
#define ADMIN  ANSA_PERM_ADMIN_READ

/* What was asked for, and the permissions that were met. */
struct selection {
        struct ansa_values values; /* those with one of the wanted permissions */
        uint32_t selected_count;   /* whatever their permissions */
        uint8_t first_private;     /* permissions of the first selected non-public value */
        bool has_private;          /* one of selected_count is not public */
        bool keeps_private;        /* one of values is not public */
};

/* From @all, those that @query asks for and that have one of the permissions @readable. */
static enum ansa_err select_values(struct arena *arena, struct ansa_values all,
                                   const struct resolve_request *query, uint8_t readable,
                                   struct selection *s)
{
        *s = (struct selection){ 0 };
        uint8_t *at = arena_alloc(arena, all.wire.size);
        if (at == NULL)
                return ANSA_E_NO_MEMORY;
        s->values.wire.at = at;
        const uint8_t *from = all.wire.at;
        struct ansa_value value;
        while (ansa_values_next(&all, &value) == ANSA_OK) {
                size_t size = (size_t)(all.wire.at - from);
                bool is_public = (value.permissions & PUBLIC) != 0;
                if (is_selected(query, &value)) {
                        s->selected_count++;
                        if (!is_public && !s->has_private) {
                                s->has_private = true;
                                s->first_private = value.permissions;
                        }
                        if ((value.permissions & readable) != 0) {
                                memcpy(at + s->values.wire.size, from, size);
                                s->values.wire.size += size;
                                s->values.count++;
                                s->keeps_private = s->keeps_private || !is_public;
                        }
                }
                from = all.wire.at;
        }
        return ANSA_OK;
}

/* May the proven identity read what only administrators read in the record @all? */
static uint32_t check_reader(struct exchange *x, struct ansa_values all)
{
        const struct identity *id = exchange_identity(x);
        uint32_t as_server_admin = RC_NOT_AUTHORIZED;
        if (x->settings->config.server_admin_full_access)
                as_server_admin = rights_check_server_admin(&x->view, id);
        if (as_server_admin == RC_SUCCESS)
                return RC_SUCCESS;
        uint32_t code = rights_check(&x->view, all, RIGHT_READ_VALUE, id);
        return code == RC_NOT_AUTHORIZED ? as_server_admin : code;
}

static enum identifier_outcome
answer_record(struct exchange *x, const struct resolve_request *query, struct ansa_values all)
{
        bool public_only = (x->m.header.flags & FLAG_PUBLIC_ONLY) != 0;
        struct selection s;
        enum ansa_err err = select_values(&x->worker->arena, all, query,
                                          public_only ? PUBLIC : PUBLIC | ADMIN, &s);
        if (err != ANSA_OK)
                return exchange_fail(x, err);
        if (s.selected_count == 0)
                return exchange_error(x, RC_VALUE_NOT_FOUND, NULL);
        if (public_only) {
                if (s.values.count == 0)
                        return exchange_error(x, RC_VALUE_NOT_FOUND, NULL);
                return resolve_answer(x, query->name, s.values, false, 0);
        }
        if (!s.has_private && !x->in_session)
                return resolve_answer(x, query->name, s.values, false, 0);
        if (!x->has_identity) {
                if (!x->in_session && (s.first_private & ADMIN) == 0)
                        return exchange_error(x, RC_ACCESS_DENIED, NULL);
                return exchange_challenge(x);
        }
        uint32_t code = check_reader(x, all);
        if (x->view.needs_slow && exchange_is_hasty(x))
                return IDENTIFIER_SLOW;
        if (code != RC_SUCCESS)
                return exchange_error(x, code, NULL);
        if (s.values.count == 0)
                return exchange_error(x, RC_ACCESS_DENIED, NULL);
        return resolve_answer(x, query->name, s.values, s.keeps_private, 0);
}

/* What another server said, in words of ours: its referrals and challenges are not for our client. */
static uint32_t forwarded_code(uint32_t code)
{
        switch (code) {
        case RC_SUCCESS:
        case RC_NOT_FOUND:
        case RC_VALUE_NOT_FOUND:
        case RC_INVALID_NAME:
        case RC_BUSY:
        case RC_RECURSION:
        case RC_ACCESS_DENIED:
        case RC_NOT_RESPONSIBLE:
                return code;
        case RC_CHALLENGE:
                return RC_ACCESS_DENIED;
        default:
                return RC_ERROR;
        }
}

/* List items of the query as arrays, which is how the fetcher takes them. */
static enum ansa_err fill_query(struct exchange *x, const struct resolve_request *query,
                                struct fetch_query *fetch)
{
        struct arena *arena = &x->worker->arena;
        struct ansa_bytes *types = arena_array(arena, query->types.count, sizeof(*types));
        uint32_t *indexes = arena_array(arena, query->indexes.count, sizeof(*indexes));
        if (types == NULL || indexes == NULL)
                return ANSA_E_NO_MEMORY;
        struct text_list list = query->types;
        size_t type_count = 0;
        while (text_list_next(&list, &types[type_count]) == ANSA_OK)
                type_count++;
        for (uint32_t i = 0; i < query->indexes.count; i++)
                indexes[i] = index_list_at(&query->indexes, i);
        *fetch = (struct fetch_query){
                .name = query->name,
                .types = types,
                .type_count = type_count,
                .indexes = indexes,
                .index_count = query->indexes.count,
                .certified = (x->m.header.flags & FLAG_CERTIFY) != 0,
                .authoritative = (x->m.header.flags & FLAG_AUTHORITATIVE) != 0,
                .recursion = (uint8_t)(x->m.header.recursion + 1),
        };
        return ANSA_OK;
}

/* On the client's behalf, elsewhere. */
static enum identifier_outcome recurse(struct exchange *x, const struct resolve_request *query)
{
        struct fetcher *fetcher = x->worker->service->fetcher;
        if (x->m.header.recursion >= LIMIT_RECURSION)
                return exchange_error(x, RC_RECURSION, NULL);
        if (exchange_is_hasty(x))
                return IDENTIFIER_SLOW;
        struct fetch_query fetch;
        uint32_t code = RC_ERROR;
        struct ansa_values values = { 0 };
        enum ansa_err err = fill_query(x, query, &fetch);
        if (err == ANSA_OK)
                err = fetcher->resolve(fetcher, &fetch, &x->worker->arena, &code, &values);
        if (err == ANSA_E_NOT_FOUND)
                return exchange_error(x, RC_NOT_FOUND, IDENTIFIER_NO_SERVICE);
        if (err != ANSA_OK)
                return exchange_error(x, RC_NOT_RESPONSIBLE, IDENTIFIER_UNREACHABLE);
        code = forwarded_code(code);
        if (code != RC_SUCCESS)
                return exchange_error(x, code, NULL);
        /* Whatever that server chose to show: a stranger gets public values from us. */
        struct selection s;
        err = select_values(&x->worker->arena, values, query, PUBLIC, &s);
        if (err != ANSA_OK)
                return exchange_fail(x, err);
        if (s.values.count == 0)
                return exchange_error(x, RC_VALUE_NOT_FOUND, NULL);
        return resolve_answer(x, query->name, s.values, false, FLAG_AUTHORITATIVE);
}

/* Not ours: resolve it elsewhere for the client, or say where to go. */
static enum identifier_outcome not_ours(struct exchange *x, const struct resolve_request *query,
                                        const char *why)
{
        bool may_ask = x->settings->config.allow_recursion || x->peer->transport == PEER_LOCAL;
        if ((x->m.header.flags & FLAG_RECURSIVE) != 0 && may_ask &&
            x->worker->service->fetcher != NULL)
                return recurse(x, query);
        return exchange_error(x, RC_NOT_RESPONSIBLE, why);
}

/* Homed here, but there is no such record. */
static enum identifier_outcome not_stored(struct exchange *x, const struct resolve_request *query)
{
        struct ansa_values values = { 0 };
        uint32_t code = template_resolve(&x->view, query->name, &values);
        if (x->view.needs_slow && exchange_is_hasty(x))
                return IDENTIFIER_SLOW;
        if (code != RC_SUCCESS)
                return exchange_error(x, code, NULL);
        return answer_record(x, query, values);
}

/* So that the next request for a name of this prefix can be answered the short way. */
static void remember_homed(struct exchange *x, struct ansa_bytes name)
{
        uint8_t key[STORE_KEY_SIZE_MAX] ANSA_ROOM;
        size_t size = 0;
        if (record_key(name, x->settings->config.case_sensitive, key, &size) == ANSA_OK)
                hot_learn_homed(x->worker, (struct ansa_bytes){ key, size });
}

enum identifier_outcome resolve_serve(struct exchange *x)
{
        struct resolve_request query;
        if (resolve_request_decode(x->m.body, &query) != ANSA_OK)
                return exchange_error(x, RC_PROTOCOL, "the request cannot be decoded");
        const char *problem = name_problem(query.name);
        if (problem != NULL)
                return exchange_error(x, RC_INVALID_NAME, problem);
        if (status_is_name(query.name))
                return status_serve(x, query.name);
        if (!exchange_look(x))
                return IDENTIFIER_REPLY;
        bool is_homed = false;
        enum ansa_err err = view_is_homed(&x->view, query.name, &is_homed);
        if (err != ANSA_OK)
                return exchange_fail(x, err);
        if (is_homed && exchange_is_elsewhere(x, query.name))
                return not_ours(x, &query, "wrong server hash");
        struct record record = { 0 };
        err = is_homed ? view_own(&x->view, query.name, &record) : ANSA_E_NOT_FOUND;
        if (err == ANSA_OK) {
                remember_homed(x, query.name);
                if (x->peer->claims != NULL && x->peer->claims->version != NULL)
                        *x->peer->claims->version = record_version(&x->view, &record);
                return answer_record(x, &query, record.all);
        }
        if (err != ANSA_E_NOT_FOUND)
                return exchange_fail(x, err);
        struct ansa_values sites;
        err = referral_find(&x->view, &x->m, query.name, &sites);
        if (err == ANSA_OK)
                return exchange_refer(x, RC_PREFIX_REFERRAL, sites);
        if (err != ANSA_E_NOT_FOUND)
                return exchange_fail(x, err);
        if (!is_homed)
                return not_ours(x, &query, "that prefix is not homed here");
        return not_stored(x, &query);
}
