/* SPDX-License-Identifier: Apache-2.0 */
#include "http/listing.h"

#include "base/assert.h"
#include "base/limits.h"
#include "base/text.h"
#include "http/rest.h"

#define RECORDS_AT_ONCE 65536u /* octets; then the door may send */

struct listing *listing_new(struct http_exchange *x, uint32_t op, struct ansa_bytes prefix)
{
        if (x->state == NULL)
                x->state = arena_alloc(&x->arena, sizeof(struct listing));
        struct listing *l = x->state;
        if (l == NULL)
                return NULL;
        struct identifier_more more = l->more; /* what was asked before is not asked again */
        ansa_assert(l->kept.at == NULL);
        *l = (struct listing){ .op = op,
                               .prefix = prefix,
                               .member = op == OP_LIST ? "handles" : "prefixes",
                               .more = more };
        if (query_bool(&x->query, "pretty", &l->is_pretty) != ANSA_OK)
                l->is_pretty = false;
        return l;
}

static bool take_names(struct listing *l)
{
        l->names = (struct text_list){ 0 };
        if (l->told.code != RC_SUCCESS)
                return false;
        if (list_body_decode(l->told.body, &l->names) == ANSA_OK)
                return true;
        l->told = (struct told){ .code = RC_ERROR, .text = ANSA_BYTES_LIT("no list was given") };
        return false;
}

enum http_outcome listing_begin(struct http_exchange *x, struct listing *l)
{
        const struct ansa_bytes zero_na = ANSA_BYTES_LIT("0.NA/");
        struct ansa_bytes front = { l->prefix.at, zero_na.size };
        bool is_full = l->prefix.size >= zero_na.size && text_equal_fold(front, zero_na);
        struct buf name = buf_growing(2 * ANSA_NAME_SIZE_MAX);
        struct buf body = buf_growing(3 * ANSA_NAME_SIZE_MAX);
        if (l->op == OP_LIST && !is_full)
                buf_bytes(&name, zero_na);
        buf_bytes(&name, l->prefix);
        name_body_encode(buf_written(&name), &body);
        buf_fini(&name);
        struct question q = { .op = l->op, .body = buf_written(&body), .more = &l->more };
        enum http_outcome outcome = ask(x, &q, &l->told);
        buf_fini(&body);
        if (outcome == HTTP_REPLY)
                (void)take_names(l);
        return outcome;
}

bool listing_next(struct http_exchange *x, struct listing *l)
{
        if (ask_continue(x, &l->more, &l->told) != HTTP_REPLY)
                l->told = (struct told){ .code = RC_BUSY };
        return take_names(l);
}

/* ---- Names --------------------------------------------------------------------------------- */

static void put_callback(const struct http_exchange *x, struct buf *b)
{
        const struct parameter *callback = query_find(&x->query, "callback");
        if (callback == NULL || callback->value.size == 0)
                return;
        struct ansa_bytes name = callback->value;
        if (name.size > REPLY_CALLBACK_MAX)
                name.size = REPLY_CALLBACK_MAX;
        reply_put_callback(name, b);
        buf_u8(b, '(');
}

static void put_head(const struct http_exchange *x, const struct listing *l, struct buf *b)
{
        put_callback(x, b);
        buf_text(b, l->is_pretty ? "{\n  \"responseCode\": 1,\n  " : "{\"responseCode\":1,");
        if (l->prefix.size > 0) {
                buf_text(b, l->is_pretty ? "\"prefix\": " : "\"prefix\":");
                json_put_string(b, l->prefix);
                buf_text(b, l->is_pretty ? ",\n  " : ",");
        }
        buf_u8(b, '"');
        buf_text(b, l->member);
        buf_text(b, l->is_pretty ? "\": [" : "\":[");
}

static void put_tail(const struct http_exchange *x, const struct listing *l, struct buf *b)
{
        const struct parameter *callback = query_find(&x->query, "callback");
        buf_text(b, l->is_pretty ? "\n  ],\n  \"totalCount\": \"" : "],\"totalCount\":\"");
        buf_decimal(b, l->count);
        buf_text(b, l->is_pretty ? "\"\n}\n" : "\"}");
        if (callback != NULL && callback->value.size > 0)
                buf_text(b, ");");
}

static void put_names(struct listing *l, struct buf *b)
{
        struct ansa_bytes name;
        while (text_list_next(&l->names, &name) == ANSA_OK) {
                buf_text(b, l->count > 0 ? "," : "");
                buf_text(b, l->is_pretty ? "\n    " : "");
                json_put_string(b, name);
                l->count++;
        }
}

static bool more_names(struct http_exchange *x, struct buf *b)
{
        struct listing *l = x->state;
        if (l->stage == LISTING_ENDED)
                return false;
        if (l->stage == LISTING_BEGIN)
                put_head(x, l, b);
        else if (!listing_next(x, l))
                return false; /* what is not closed is not whole */
        l->stage = LISTING_GOES_ON;
        put_names(l, b);
        if (!l->more.more) {
                put_tail(x, l, b);
                l->stage = LISTING_ENDED;
        }
        return true;
}

enum http_outcome listing_stream_names(struct http_exchange *x, struct listing *l)
{
        (void)l;
        x->more = more_names;
        return reply_long(x, 200,
                          query_find(&x->query, "callback") != NULL
                                  ? "application/javascript;charset=UTF-8"
                                  : REPLY_JSON);
}

/* ---- Records ------------------------------------------------------------------------------- */

static void resolve(struct http_exchange *x, const struct listing *l, struct ansa_bytes name,
                    struct told *told)
{
        struct resolve_request query = { .name = name };
        uint8_t room[ANSA_NAME_SIZE_MAX + 64];
        struct buf body = buf_over(room, sizeof(room));
        resolve_request_encode(&query, &body);
        struct question q = { .op = OP_RESOLVE,
                              .flags = FLAG_DO_NOT_REFER |
                                       (l->is_public_only ? FLAG_PUBLIC_ONLY : 0),
                              .body = buf_written(&body) };
        ask_now(x, &q, told);
        bool is_hidden =
                !l->is_public_only && told->code != RC_SUCCESS && told->code != RC_NOT_FOUND;
        if (is_hidden) { /* as everybody sees it, then */
                q.flags |= FLAG_PUBLIC_ONLY;
                ask_now(x, &q, told);
        }
}

static void put_record(struct http_exchange *x, const struct listing *l, struct ansa_bytes name,
                       struct buf *b)
{
        struct told told;
        struct record_body record;
        resolve(x, l, name, &told);
        if (told.code == RC_NOT_FOUND) /* deleted since the page was read */
                return;
        if (told.code == RC_VALUE_NOT_FOUND) /* nothing in it is public */
                record = (struct record_body){ .name = name };
        else if (told.code != RC_SUCCESS || record_body_decode(told.body, &record) != ANSA_OK) {
                buf_text(b, "{\"handle\":");
                json_put_string(b, name);
                buf_text(b, ",\"responseCode\":");
                buf_decimal(b, told.code);
                buf_text(b, "}\n");
                return;
        }
        json_put_record(b, name, record.values);
        buf_u8(b, '\n');
}

/* Names of the page live in the worker's reply, which the records are about to be read into. */
static bool keep_names(struct listing *l)
{
        buf_reset(&l->kept);
        buf_bytes(&l->kept, l->names.wire);
        l->names.wire = buf_written(&l->kept);
        return l->kept.err == ANSA_OK;
}

static bool end_with(struct listing *l, struct buf *b, uint32_t code)
{
        l->stage = LISTING_ENDED;
        buf_text(b, "{\"responseCode\":");
        buf_decimal(b, code);
        buf_text(b, ",\"message\":\"the list breaks off here\"}\n");
        return true;
}

static bool more_records(struct http_exchange *x, struct buf *b)
{
        struct listing *l = x->state;
        struct ansa_bytes name;
        if (l->stage == LISTING_ENDED)
                return false;
        if (l->names.count == 0 && l->stage == LISTING_GOES_ON) {
                if (!l->more.more)
                        return false;
                if (!listing_next(x, l))
                        return end_with(l, b, l->told.code);
                if (!keep_names(l))
                        return end_with(l, b, RC_BUSY);
        }
        l->stage = LISTING_GOES_ON;
        const size_t from = b->size;
        while (b->size - from < RECORDS_AT_ONCE && b->err == ANSA_OK &&
               text_list_next(&l->names, &name) == ANSA_OK) {
                put_record(x, l, name, b);
                l->count++;
        }
        return true;
}

static void free_names(void *state)
{
        struct listing *l = state; /* in the exchange's arena */
        buf_fini(&l->kept);
}

enum http_outcome listing_stream_records(struct http_exchange *x, struct listing *l)
{
        if (!rest_bool(x, "publicOnly", !x->has_identity, &l->is_public_only))
                return HTTP_REPLY;
        l->kept = buf_growing(LIMIT_MESSAGE_SIZE);
        x->state_free = free_names;
        if (!keep_names(l))
                return rest_no_memory(x);
        x->more = more_records;
        return reply_long(x, 200, "application/jsonl;charset=UTF-8");
}
