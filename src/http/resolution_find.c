/* SPDX-License-Identifier: Apache-2.0 */
/* Steps 1 to 4 of rest-api 6: the record, the namespace of its prefix, aliases. */
#include "base/text.h"
#include "http/namespaces.h"
#include "http/resolution.h"
#include "wire/data.h"
#include "wire/name.h"

/* Not here, but perhaps at another server. */
static bool is_elsewhere(uint32_t code)
{
        return code == RC_NOT_RESPONSIBLE || code == RC_SERVICE_REFERRAL ||
               code == RC_PREFIX_REFERRAL;
}

/* Whoever asks is not an administrator of the record, and sees what everybody sees. */
static bool is_denied(uint32_t code)
{
        return code == RC_NOT_AUTHORIZED || code == RC_ACCESS_DENIED || code == RC_CHALLENGE;
}

static uint32_t flags_of(const struct resolution *r)
{
        return FLAG_PUBLIC_ONLY | (r->query.is_authoritative ? FLAG_AUTHORITATIVE : 0) |
               (r->query.is_certified ? FLAG_CERTIFY : 0);
}

static enum http_outcome ask_record(struct resolution *r, const struct resolve_request *query,
                                    struct told *told)
{
        enum http_outcome outcome = HTTP_REPLY;
        told->code = RC_NOT_AUTHORIZED;
        if (r->x->has_identity) /* it may read more than everybody */
                outcome = ask_resolve(r->x, query, flags_of(r) & ~FLAG_PUBLIC_ONLY, told);
        r->is_private = r->is_private || (r->x->has_identity && !is_denied(told->code));
        if (outcome == HTTP_REPLY && is_denied(told->code))
                outcome = ask_resolve(r->x, query, flags_of(r), told);
        if (outcome != HTTP_REPLY || !is_elsewhere(told->code) || !r->x->config->resolve_others)
                return outcome;
        r->asked_others = true;
        outcome = ask_resolve_anywhere(r->x, query, flags_of(r), told);
        bool is_final = r->query.is_authoritative || !r->x->config->insists ||
                        ansa_bytes_equal(told->text, ansa_bytes_text(IDENTIFIER_NO_SERVICE));
        if (outcome != HTTP_REPLY || told->code != RC_NOT_FOUND || is_final)
                return outcome;
        /* a mirror, or somebody's cache, may not have heard of it yet (rest-api 6, step 1) */
        return ask_resolve_anywhere(r->x, query, flags_of(r) | FLAG_AUTHORITATIVE, told);
}

/* The filters of the request, in the protocol's form. False: no memory. */
static bool put_filters(struct resolution *r, struct resolve_request *query)
{
        const struct resolver_query *q = &r->query;
        size_t size = q->index_count * 4;
        for (size_t i = 0; i < q->type_count; i++)
                size += 4 + q->types[i].size; /* all of them are part of one request */
        uint8_t *room = arena_alloc(&r->x->arena, size);
        if (room == NULL)
                return false;
        struct buf b = buf_over(room, size);
        for (size_t i = 0; i < q->index_count; i++)
                buf_u32(&b, q->indexes[i]);
        query->indexes = (struct index_list){ buf_written(&b), (uint32_t)q->index_count };
        size_t indexes = b.size;
        for (size_t i = 0; i < q->type_count; i++)
                buf_block(&b, q->types[i]);
        query->types =
                (struct text_list){ { room + indexes, b.size - indexes }, (uint32_t)q->type_count };
        return true;
}

/* Namespaces */

static const struct known_namespace *known(const struct resolution *r, struct ansa_bytes name)
{
        const struct known_namespace *k = r->namespaces;
        while (k != NULL && !name_equal(k->name, name, false))
                k = k->next;
        return k;
}

static void know(struct resolution *r, struct ansa_bytes name, struct ansa_values values)
{
        struct known_namespace *k = arena_alloc(&r->x->arena, sizeof(*k));
        if (k == NULL)
                return; /* it will be asked for again */
        *k = (struct known_namespace){ r->namespaces, name, values };
        r->namespaces = k;
}

static uint32_t ttl_told(const struct resolution *r, const struct told *told)
{
        struct ansa_values values = told->values;
        struct ansa_value value;
        uint32_t ttl_s = NAMESPACES_TTL_MAX_S;
        if (told->code == RC_NOT_FOUND || told->code == RC_VALUE_NOT_FOUND)
                return NAMESPACES_TTL_NONE_S;
        if (told->code != RC_SUCCESS)
                return NAMESPACES_TTL_ERROR_S;
        while (ansa_values_next(&values, &value) == ANSA_OK) {
                uint32_t expiry = location_expiry(&value, r->now_s);
                uint32_t left = expiry > r->now_s ? expiry - r->now_s : 0;
                if (left < ttl_s)
                        ttl_s = left;
        }
        /* One with TTL 0 would make every redirect wait for another server. */
        return ttl_s < NAMESPACES_TTL_ERROR_S ? NAMESPACES_TTL_ERROR_S : ttl_s;
}

/*
 * What was found in a table when the exchange was served first must be found when it is served
 * again, and what was not must not be, or the questions would not come in the same order: so each
 * look is kept with the exchange.
 */
struct kept_look {
        struct kept_look *next;
        struct ansa_bytes name;
        bool is_own;
        bool was_found;
        struct ansa_values values;
};

/* Our own records: as they are until the next commit, and for as long as others are asked or not. */
static uint64_t own_stamp(const struct resolution *r)
{
        return identifier_commits(r->x->http->service) << 1 | r->x->config->resolve_others;
}

/* False: not found, or there is no memory and r->is_out_of_memory. */
static bool look(struct resolution *r, struct ansa_bytes name, bool is_own,
                 struct ansa_values *values)
{
        struct http_exchange *x = r->x;
        struct kept_look *k = x->state;
        while (k != NULL && (k->is_own != is_own || !name_equal(k->name, name, false)))
                k = k->next;
        if (k == NULL) {
                k = arena_alloc(&x->arena, sizeof(*k));
                if (k == NULL || arena_copy(&x->arena, name, &k->name) != ANSA_OK) {
                        r->is_out_of_memory = true;
                        return false;
                }
                k->is_own = is_own;
                k->was_found = is_own ? namespaces_get(x->worker->namespaces, name, own_stamp(r),
                                                       &x->arena, &k->values)
                                      : namespaces_get(x->http->namespaces, name, 0, &x->arena,
                                                       &k->values);
                k->next = x->state;
                x->state = k;
        }
        *values = k->values;
        return k->was_found;
}

static enum http_outcome ask_other_namespace(struct resolution *r,
                                             const struct resolve_request *query,
                                             struct ansa_values *values)
{
        struct told told;
        if (look(r, query->name, false, values) || r->is_out_of_memory)
                return HTTP_REPLY;
        enum http_outcome outcome = ask_resolve_anywhere(r->x, query, FLAG_PUBLIC_ONLY, &told);
        if (outcome != HTTP_REPLY)
                return outcome;
        *values = told.values;
        namespaces_put(r->x->http->namespaces, query->name, 0, *values, ttl_told(r, &told));
        return HTTP_REPLY;
}

/* HS_NAMESPACE values of the prefix record @name; none when it has none, or nobody can tell. */
static enum http_outcome ask_namespace(struct resolution *r, struct ansa_bytes name,
                                       struct ansa_values *values)
{
        static const uint8_t type[] = "\0\0\0\x0cHS_NAMESPACE";
        const struct resolve_request query = { .name = name,
                                               .types = { { type, sizeof(type) - 1 }, 1 } };
        struct told told;
        const struct known_namespace *k = known(r, name);
        if (k != NULL) {
                *values = k->values;
                return HTTP_REPLY;
        }
        if (!look(r, name, true, values) && !r->is_out_of_memory) {
                uint64_t stamp = own_stamp(r);
                enum http_outcome outcome = ask_resolve(r->x, &query, FLAG_PUBLIC_ONLY, &told);
                bool is_other = is_elsewhere(told.code) && r->x->config->resolve_others;
                if (outcome == HTTP_REPLY && is_other)
                        outcome = ask_other_namespace(r, &query, values);
                if (outcome != HTTP_REPLY)
                        return outcome;
                if (!is_other) {
                        *values = told.values;
                        namespaces_put(r->x->worker->namespaces, name, stamp, *values,
                                       NAMESPACES_TTL_STAMP);
                }
        }
        know(r, name, *values);
        return HTTP_REPLY;
}

/* Is there a <status> that says inactive? *why: its message. */
static bool is_inactive(struct resolution *r, struct ansa_values values, struct ansa_bytes *why)
{
        struct ansa_value value;
        while (ansa_values_next(&values, &value) == ANSA_OK) {
                const struct xml_node *root;
                if (value_type_of(value.type) != TYPE_HS_NAMESPACE ||
                    xml_parse(value.data, &r->x->arena, &root) != ANSA_OK)
                        continue;
                const struct xml_node *status = xml_find(root->children, "status");
                const struct xml_node *message = xml_find(root->children, "statusmsg");
                if (!xml_is(root, "namespace") || status == NULL)
                        return false;
                uint8_t room[64];
                struct buf b = buf_over(room, sizeof(room));
                xml_put_text(status, &b);
                struct ansa_bytes text = buf_written(&b);
                if (!text_equal_fold(text_trim(text), ANSA_BYTES_LIT("inactive")))
                        return false;
                if (message != NULL && message->children != NULL)
                        *why = message->children->text;
                return true;
        }
        return false;
}

/* Of the prefix of r->name. */
static enum http_outcome check_prefix(struct resolution *r, bool *inactive, struct ansa_bytes *why)
{
        *inactive = false;
        *why = (struct ansa_bytes){ 0 };
        if (name_problem(r->name) != NULL)
                return HTTP_REPLY; /* the answer to the name itself will say it */
        size_t size = sizeof("0.NA/") + r->name.size;
        uint8_t *room = arena_alloc(&r->x->arena, size);
        if (room == NULL)
                return HTTP_REPLY;
        struct buf b = buf_over(room, size);
        name_put_prefix_record(r->name, &b);
        struct ansa_bytes record = buf_written(&b);
        if (record.size == 0 || name_equal(record, ANSA_BYTES_LIT("0.NA/0.NA"), false))
                return HTTP_REPLY;
        struct ansa_values values;
        enum http_outcome outcome = ask_namespace(r, record, &values);
        if (outcome == HTTP_REPLY)
                *inactive = is_inactive(r, values, why);
        return outcome;
}

/* Aliases */

static bool find_alias(struct resolution *r, struct ansa_bytes *target)
{
        struct ansa_values values = r->values;
        struct ansa_value value;
        while (!r->query.ignore_aliases && ansa_values_next(&values, &value) == ANSA_OK) {
                *target = text_trim(value.data);
                if (value_type_of(value.type) != TYPE_HS_ALIAS || target->size == 0)
                        continue;
                uint32_t expiry = location_expiry(&value, r->now_s);
                if (expiry < r->expires_s)
                        r->expires_s = expiry;
                return true;
        }
        return false;
}

enum http_outcome resolution_find(struct resolution *r, enum resolution_result *result,
                                  struct told *told)
{
        struct resolve_request query = { 0 };
        *told = (struct told){ .code = RC_ERROR, .text = ANSA_BYTES_LIT("no memory") };
        *result = RESOLUTION_REFUSED;
        if (!put_filters(r, &query))
                return HTTP_REPLY;
        for (unsigned depth = 0;; depth++) {
                bool inactive;
                struct ansa_bytes why;
                query.name = r->name;
                enum http_outcome outcome = ask_record(r, &query, told);
                if (outcome == HTTP_REPLY)
                        outcome = check_prefix(r, &inactive, &why);
                if (outcome != HTTP_REPLY)
                        return outcome;
                if (r->is_out_of_memory)
                        *told = (struct told){ .code = RC_BUSY };
                if (inactive) {
                        told->text = why;
                        *result = RESOLUTION_INACTIVE;
                        return HTTP_REPLY;
                }
                if (told->code != RC_SUCCESS)
                        return HTTP_REPLY;
                r->values = told->values;
                struct ansa_bytes target;
                if (!find_alias(r, &target)) {
                        *result = RESOLUTION_FOUND;
                        return HTTP_REPLY;
                }
                if (depth == RESOLVER_ALIASES_MAX) {
                        *result = RESOLUTION_CHAIN;
                        return HTTP_REPLY;
                }
                r->name = target;
                r->is_alias = true;
        }
}

enum http_outcome resolution_fetch(struct resolution *r, const struct locations_want *want,
                                   struct ansa_values *values)
{
        if (want->is_namespace)
                return ask_namespace(r, want->name, values);
        uint8_t filters[128];
        struct buf b = buf_over(filters, sizeof(filters));
        struct resolve_request query = { .name = want->name };
        if (want->index != 0) {
                buf_u32(&b, want->index);
                query.indexes = (struct index_list){ buf_written(&b), 1 };
        } else {
                buf_block(&b, ANSA_BYTES_LIT("10320/loc."));
                buf_block(&b, ANSA_BYTES_LIT("10320/links."));
                buf_block(&b, ANSA_BYTES_LIT("10320/headers."));
                query.types = (struct text_list){ buf_written(&b), 3 };
        }
        struct told told;
        enum http_outcome outcome = ask_record(r, &query, &told);
        *values = outcome == HTTP_REPLY ? told.values : (struct ansa_values){ 0 };
        return outcome;
}
