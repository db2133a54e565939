/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_HTTP_LISTING_H
#define ANSA_HTTP_LISTING_H

#include "http/ask.h"

/** A list of the identifier system, a page at a time; and those of any length as long bodies. */
struct listing {
        uint32_t op;              /* OP_LIST, OP_LIST_HOMED */
        struct ansa_bytes prefix; /* as asked for; empty for OP_LIST_HOMED */
        const char *member;       /* of the JSON form: "handles", "prefixes" */
        struct identifier_more more;
        struct told told;       /* of the page at hand */
        struct text_list names; /* of that page */
        struct buf kept;        /* names of the page, while their records are read */
        uint64_t count;         /* of what was sent */
        bool is_pretty;
        bool is_public_only;
        enum { LISTING_BEGIN, LISTING_GOES_ON, LISTING_ENDED } stage;
};

/** In the exchange's arena, where it is found again when the exchange is served again. NULL: no memory. */
struct listing *listing_new(struct http_exchange *x, uint32_t op, struct ansa_bytes prefix);

/** The first page: HTTP_REPLY (l->told tells), HTTP_SLOW. */
enum http_outcome listing_begin(struct http_exchange *x, struct listing *l);

/** The next page, when l->more.more. False: l->told is an error. */
bool listing_next(struct http_exchange *x, struct listing *l);

/** Answer with all names in JSON (rest-api 2.4), or all records as JSON lines. */
enum http_outcome listing_stream_names(struct http_exchange *x, struct listing *l);
enum http_outcome listing_stream_records(struct http_exchange *x, struct listing *l);

#endif
