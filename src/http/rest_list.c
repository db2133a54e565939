/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text.h"
#include "http/listing.h"
#include "http/rest.h"

/*
 * GET /api/handles?prefix=P and /api/prefixes (rest-api 2.4). The identifier system hands out
 * short pages; what is asked for of them is counted and cut here.
 */

struct paging {
        bool is_paged; /* both parameters were given, and are no nonsense */
        uint64_t page;
        uint64_t size;
};

static bool read_number(const struct http_exchange *x, const char *key, uint64_t *number)
{
        const struct parameter *p = query_find(&x->query, key);
        return p != NULL && text_u64(p->value, UINT32_MAX, number) == ANSA_OK;
}

/* A negative number means everything; what is no number at all is a mistake. */
static bool is_negative(const struct parameter *p)
{
        uint64_t number;
        if (p == NULL || p->value.size < 2 || p->value.at[0] != '-')
                return false;
        struct ansa_bytes digits = { p->value.at + 1, p->value.size - 1 };
        return text_u64(digits, UINT32_MAX, &number) == ANSA_OK;
}

static bool read_paging(struct http_exchange *x, struct paging *paging)
{
        static const char *const keys[] = { "page", "pageSize" };
        uint64_t *const numbers[] = { &paging->page, &paging->size };
        *paging = (struct paging){ .is_paged = true };
        for (size_t i = 0; i < 2; i++) {
                const struct parameter *p = query_find(&x->query, keys[i]);
                if (p == NULL || is_negative(p)) {
                        paging->is_paged = false;
                } else if (!read_number(x, keys[i], numbers[i])) {
                        (void)reply_bad(x, "parameter %s: an integer expected", keys[i]);
                        return false;
                }
        }
        return true;
}

/* Names @from..@to of the whole list into the buffer as JSON; all are counted. */
static enum http_outcome walk(struct http_exchange *x, struct listing *l, uint64_t from,
                              uint64_t to, struct buf *names, uint64_t *count)
{
        *count = 0;
        for (;;) {
                struct text_list list = l->names;
                struct ansa_bytes name;
                while (text_list_next(&list, &name) == ANSA_OK) {
                        if (*count >= from && *count < to) {
                                buf_text(names, names->size > 0 ? "," : "");
                                json_put_string(names, name);
                        }
                        (*count)++;
                }
                if (!l->more.more)
                        return HTTP_REPLY;
                if (!x->worker->may_block)
                        return HTTP_SLOW;
                if (!listing_next(x, l))
                        return HTTP_REPLY; /* the error is in l->told */
        }
}

static enum http_outcome put_page(struct http_exchange *x, const struct listing *l,
                                  const struct paging *paging, const struct buf *names,
                                  uint64_t count)
{
        if (names->err != ANSA_OK)
                return reply_bad(x, "that page is too large: ask for a smaller pageSize");
        reply_json_begin(x, RC_SUCCESS);
        if (l->prefix.size > 0)
                reply_json_text(x, "prefix", l->prefix);
        buf_text(&x->out, ",\"totalCount\":\"");
        buf_decimal(&x->out, count);
        buf_text(&x->out, "\",\"page\":");
        buf_decimal(&x->out, paging->page);
        buf_text(&x->out, ",\"pageSize\":");
        buf_decimal(&x->out, paging->size);
        buf_text(&x->out, ",\"");
        buf_text(&x->out, l->member);
        buf_text(&x->out, "\":[");
        buf_bytes(&x->out, buf_written(names));
        buf_u8(&x->out, ']');
        return reply_json_end(x, 200);
}

static enum http_outcome serve_page(struct http_exchange *x, struct listing *l,
                                    const struct paging *paging)
{
        uint64_t count;
        uint64_t from = paging->page * paging->size; /* of 32 bits each */
        struct buf names = buf_growing(REPLY_OUT_MAX / 2);
        enum http_outcome outcome = walk(x, l, from, from + paging->size, &names, &count);
        if (outcome == HTTP_REPLY && l->told.code != RC_SUCCESS)
                outcome = rest_refuse(x, &l->told, (struct ansa_bytes){ 0 });
        else if (outcome == HTTP_REPLY)
                outcome = put_page(x, l, paging, &names, count);
        buf_fini(&names);
        return outcome;
}

static enum http_outcome serve_list(struct http_exchange *x, struct listing *l)
{
        struct paging paging;
        if (!read_paging(x, &paging))
                return HTTP_REPLY;
        enum http_outcome outcome = listing_begin(x, l);
        if (outcome != HTTP_REPLY)
                return outcome;
        if (l->told.code != RC_SUCCESS)
                return rest_refuse(x, &l->told, l->prefix);
        const struct parameter *stream = query_find(&x->query, "stream");
        if (stream != NULL && l->op == OP_LIST) {
                if (!ansa_bytes_equal(stream->value, ANSA_BYTES_LIT("jsonl")))
                        return reply_bad(x, "parameter stream: jsonl expected");
                return listing_stream_records(x, l);
        }
        return paging.is_paged ? serve_page(x, l, &paging) : listing_stream_names(x, l);
}

enum http_outcome rest_list(struct http_exchange *x)
{
        const struct parameter *p = query_find(&x->query, "prefix");
        if (p == NULL || p->value.size == 0 || p->value.size > ANSA_NAME_SIZE_MAX)
                return reply_bad(x, "parameter prefix is expected");
        struct listing *l = listing_new(x, OP_LIST, p->value);
        return l != NULL ? serve_list(x, l) : rest_no_memory(x);
}

enum http_outcome rest_prefixes(struct http_exchange *x)
{
        if (query_find(&x->query, "prefix") != NULL)
                return reply_error(x, 405, RC_OPERATION_DENIED,
                                   ANSA_BYTES_LIT("prefixes are listed, homed and unhomed"), NULL);
        struct listing *l = listing_new(x, OP_LIST_HOMED, (struct ansa_bytes){ 0 });
        return l != NULL ? serve_list(x, l) : rest_no_memory(x);
}
