/* SPDX-License-Identifier: Apache-2.0 */
#include "http/rest.h"

#include "base/text.h"
#include "http/match.h"

enum http_outcome rest_refuse(struct http_exchange *x, const struct told *told,
                              struct ansa_bytes handle)
{
        if (told->code == RC_CHALLENGE)
                return auth_challenge(x, handle);
        if (told->code == RC_BUSY || told->code == RC_READ_ONLY)
                reply_header_text(x, "Retry-After", "5");
        return reply_error(x, reply_status(x, told->code), told->code, told->text,
                           handle.size > 0 ? &handle : NULL);
}

enum http_outcome rest_done(struct http_exchange *x, uint32_t status, struct ansa_bytes handle)
{
        reply_json_begin(x, RC_SUCCESS);
        reply_json_text(x, "handle", handle);
        return reply_json_end(x, status);
}

enum http_outcome rest_changed(struct http_exchange *x, uint32_t status, const struct told *told,
                               struct ansa_bytes handle)
{
        rest_put_version(x, told->version);
        return rest_done(x, status, handle);
}

enum http_outcome rest_no_memory(struct http_exchange *x)
{
        return reply_error(x, 503, RC_BUSY, ANSA_BYTES_LIT("no memory"), NULL);
}

bool rest_bool(struct http_exchange *x, const char *key, bool otherwise, bool *value)
{
        *value = otherwise;
        if (query_bool(&x->query, key, value) == ANSA_OK)
                return true;
        (void)reply_bad(x, "parameter %s: true or false expected", key);
        return false;
}

bool rest_flag(struct http_exchange *x, const char *key, bool otherwise, uint32_t flag,
               uint32_t *flags)
{
        bool value;
        if (!rest_bool(x, key, otherwise, &value))
                return false;
        if (value)
                *flags |= flag;
        return true;
}

bool rest_indexes(struct http_exchange *x, const char *key, struct index_list *list)
{
        size_t count = 0;
        size_t at = 0;
        const struct parameter *p;
        *list = (struct index_list){ 0 };
        while (query_next(&x->query, key, &at) != NULL)
                count++;
        uint8_t *room = arena_array(&x->arena, count, sizeof(uint32_t));
        if (room == NULL) {
                (void)rest_no_memory(x);
                return false;
        }
        struct buf b = buf_over(room, count * sizeof(uint32_t));
        for (at = 0; (p = query_next(&x->query, key, &at)) != NULL;) {
                uint64_t index;
                if (text_u64(p->value, UINT32_MAX, &index) != ANSA_OK) {
                        (void)reply_bad(x, "parameter %s: an integer from 0 to 4294967295 expected",
                                        key);
                        return false;
                }
                buf_u32(&b, (uint32_t)index);
        }
        *list = (struct index_list){ buf_written(&b), (uint32_t)count };
        return true;
}

void rest_put_etag(uint64_t version, char etag[REST_ETAG_SIZE])
{
        uint8_t octets[8];
        struct buf b = buf_over((uint8_t *)etag, REST_ETAG_SIZE);
        store_u32(octets, (uint32_t)(version >> 32));
        store_u32(octets + 4, (uint32_t)version);
        buf_u8(&b, '"');
        text_put_hex(&b, (struct ansa_bytes){ octets, sizeof(octets) });
        buf_u8(&b, '"');
        buf_u8(&b, 0);
}

void rest_put_version(struct http_exchange *x, uint64_t version)
{
        char etag[REST_ETAG_SIZE];
        if (version == 0)
                return;
        rest_put_etag(version, etag);
        reply_header(x, "ETag", ansa_bytes_text(etag));
}

/* One of ours: others match nothing. */
static uint64_t version_of(struct ansa_bytes etag)
{
        uint8_t octets[8];
        struct buf b = buf_over(octets, sizeof(octets));
        uint64_t version = 0;
        if (etag.size != REST_ETAG_SIZE - 1 || etag.at[0] != '"' || etag.at[etag.size - 1] != '"' ||
            text_hex((struct ansa_bytes){ etag.at + 1, etag.size - 2 }, &b) != ANSA_OK)
                return 0;
        for (size_t i = 0; i < b.size; i++)
                version = version << 8 | octets[i];
        return version;
}

bool rest_condition(struct http_exchange *x, struct record_condition *condition)
{
        struct ansa_bytes list;
        struct ansa_bytes tag;
        bool is_match = exchange_list(x, "If-Match", &list);
        *condition = (struct record_condition){ .kind = CONDITION_NONE };
        if (!is_match && !exchange_list(x, "If-None-Match", &list))
                return true;
        if (ansa_bytes_equal(match_trim(list), ANSA_BYTES_LIT("*"))) {
                condition->kind = is_match ? CONDITION_EXISTS : CONDITION_ABSENT;
                return true;
        }
        condition->kind = is_match ? CONDITION_ONE_OF : CONDITION_NONE_OF;
        const size_t room = sizeof(condition->versions) / sizeof(condition->versions[0]);
        while (match_next_item(&list, &tag)) {
                if (condition->version_count == room) {
                        (void)reply_bad(x, "too many entity tags: at most %zu expected", room);
                        return false;
                }
                condition->versions[condition->version_count++] = version_of(tag);
        }
        return true;
}

bool rest_take_body(struct http_exchange *x)
{
        struct json_problem problem;
        if (x->body.size == 0 ||
            query_from_json(buf_written(&x->body), &x->arena, &x->query, &problem) == ANSA_OK)
                return true;
        (void)reply_bad(x, "the body cannot be read: %s", problem.text);
        return false;
}

bool rest_has_json(struct http_exchange *x)
{
        struct ansa_bytes type;
        if (exchange_header(x, "Content-Type", &type) &&
            (match_media_type(type, "application/json") ||
             match_media_type(type, "application/merge-patch+json")))
                return true;
        (void)reply_bad(x, "Content-Type: application/json expected");
        return false;
}

enum http_outcome rest_ask(struct http_exchange *x, uint32_t op, uint32_t flags, struct buf *body,
                           const struct record_condition *condition, struct told *told)
{
        struct question q = { .op = op, .flags = flags, .condition = condition };
        return rest_ask_change(x, &q, body, told);
}

enum http_outcome rest_ask_change(struct http_exchange *x, struct question *q, struct buf *body,
                                  struct told *told)
{
        enum http_outcome outcome = HTTP_REPLY;
        q->body = buf_written(body);
        q->wants_version = q->condition != NULL;
        if (body->err == ANSA_OK)
                outcome = ask(x, q, told);
        else
                *told = (struct told){
                        .code = RC_PROTOCOL,
                        .text = ANSA_BYTES_LIT("the request is too large for one message"),
                };
        buf_fini(body);
        return outcome;
}
