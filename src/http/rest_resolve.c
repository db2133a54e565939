/* SPDX-License-Identifier: Apache-2.0 */
#include "http/match.h"
#include "http/rest.h"

#include <stdlib.h>

/* GET /api/handles/{identifier} (rest-api 2.1) */

static bool put_types(struct http_exchange *x, struct text_list *list)
{
        size_t size = 0;
        size_t at = 0;
        const struct parameter *p;
        *list = (struct text_list){ 0 };
        while ((p = query_next(&x->query, "type", &at)) != NULL) {
                size += 4 + p->value.size;
                list->count++;
        }
        uint8_t *room = arena_alloc(&x->arena, size);
        if (room == NULL) {
                (void)rest_no_memory(x);
                return false;
        }
        struct buf b = buf_over(room, size);
        for (at = 0; (p = query_next(&x->query, "type", &at)) != NULL;)
                buf_block(&b, p->value);
        list->wire = buf_written(&b);
        return true;
}

/* The client has it already. */
static bool is_known(struct http_exchange *x, const char *etag)
{
        struct ansa_bytes header;
        return exchange_list(x, "If-None-Match", &header) &&
               match_etag(header, ansa_bytes_text(etag), true);
}

static void put_validators(struct http_exchange *x, const char *etag)
{
        reply_header(x, "ETag", ansa_bytes_text(etag));
        reply_header_text(x, "Vary", "Authorization");
        if (x->has_identity)
                reply_header_text(x, "Cache-Control", "private, no-cache");
}

static int by_index(const void *a, const void *b)
{
        const struct ansa_value *x = a;
        const struct ansa_value *y = b;
        return (x->index > y->index) - (x->index < y->index);
}

/* By their indexes: a stored record has its public values first. */
static struct ansa_value *sort_values(struct http_exchange *x, struct ansa_values values)
{
        struct ansa_value *at = arena_array(&x->arena, values.count + (size_t)1, sizeof(*at));
        bool is_sorted = true;
        uint32_t count = 0;
        while (at != NULL && ansa_values_next(&values, &at[count]) == ANSA_OK) {
                is_sorted = is_sorted && (count == 0 || at[count - 1].index < at[count].index);
                count++;
        }
        if (!is_sorted)
                qsort(at, count, sizeof(*at), by_index);
        return at;
}

static enum http_outcome put_record(struct http_exchange *x, const struct told *told,
                                    struct ansa_bytes name, struct ansa_bytes proof)
{
        const struct ansa_value *values = sort_values(x, told->values);
        if (values == NULL)
                return rest_no_memory(x);
        if (told->version != 0 && proof.size == 0) { /* a proof gets old, whatever it proves */
                char etag[REST_ETAG_SIZE];
                rest_put_etag(told->version, etag);
                put_validators(x, etag);
                if (is_known(x, etag))
                        return reply_empty(x, 304);
        }
        reply_json_begin(x, RC_SUCCESS);
        reply_json_text(x, "handle", name);
        buf_text(&x->out, ",\"values\":[");
        for (uint32_t i = 0; i < told->values.count; i++) {
                buf_text(&x->out, i > 0 ? "," : "");
                json_put_value(&x->out, &values[i]);
        }
        buf_u8(&x->out, ']');
        if (proof.size > 0)
                reply_json_text(x, "proof", proof);
        return reply_json_end(x, 200);
}

/* That there is no such identifier can be proven, too. */
static enum http_outcome put_absence(struct http_exchange *x, const struct told *told,
                                     struct ansa_bytes proof)
{
        reply_json_begin(x, RC_NOT_FOUND);
        reply_json_text(x, "handle", x->place);
        reply_json_text(x, "message", told->text);
        reply_json_text(x, "proof", proof);
        return reply_json_end(x, reply_status(x, RC_NOT_FOUND));
}

enum http_outcome rest_resolve(struct http_exchange *x)
{
        struct resolve_request query = { .name = x->place };
        uint32_t flags = 0;
        struct told told;
        struct ansa_bytes form;
        struct ansa_bytes proof = { 0 };
        if (!rest_indexes(x, "index", &query.indexes) || !put_types(x, &query.types) ||
            !rest_flag(x, "auth", false, FLAG_AUTHORITATIVE, &flags) ||
            !rest_flag(x, "cert", false, FLAG_CACHE_CERTIFY, &flags) ||
            !rest_flag(x, "doNotRefer", false, FLAG_DO_NOT_REFER, &flags) ||
            !rest_flag(x, "publicOnly", !x->has_identity, FLAG_PUBLIC_ONLY, &flags))
                return HTTP_REPLY;
        if (rest_wants_proof(x, &form)) {
                enum http_outcome outcome = rest_prove(x, &query, form, &proof);
                if (proof.size == 0)
                        return outcome;
                flags |=
                        FLAG_PUBLIC_ONLY; /* what is proven and what is told beside it are the same */
        }
        struct question q = {
                .op = OP_RESOLVE, .flags = flags, .resolve = &query, .wants_version = true
        };
        enum http_outcome outcome = ask(x, &q, &told);
        /* A server that resolves for browsers does so for programs (rest-api 6). */
        if (outcome == HTTP_REPLY && x->config->resolve_others && told.code == RC_NOT_RESPONSIBLE)
                outcome = ask_resolve_anywhere(x, &query, flags | FLAG_PUBLIC_ONLY, &told);
        if (outcome != HTTP_REPLY)
                return outcome;
        if (told.code == RC_NOT_FOUND && proof.size > 0)
                return put_absence(x, &told, proof);
        if (told.code != RC_SUCCESS)
                return rest_refuse(x, &told, x->place);
        return put_record(x, &told, x->place, proof);
}
