/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_HTTP_ASK_H
#define ANSA_HTTP_ASK_H

#include "http/exchange.h"
#include "wire/body.h"

/**
 * Asking the identifier system, in the protocol's own terms, for whatever an exchange needs.
 */
struct question {
        uint32_t op;
        uint32_t flags;
        struct ansa_bytes body;                   /* encoded, see wire/body.h; or */
        const struct resolve_request *resolve;    /* of OP_RESOLVE */
        struct identifier_more *more;             /* of a list that goes on; may be NULL */
        const struct record_condition *condition; /* of a change; may be NULL */
        struct index_list drops;                  /* of an OP_ADD: identifier.h */
        bool wants_version;
        bool for_us; /* from PEER_LOCAL: with FLAG_RECURSIVE others are asked, strangers may or not */
};

/** The answer; what it borrows lives as long as the exchange. */
struct told {
        uint32_t code; /* enum response */
        uint32_t flags;
        struct ansa_bytes body;
        struct ansa_bytes text;    /* of an error; may be empty */
        struct ansa_values values; /* of a question with resolve that succeeded */
        uint64_t version; /* when wanted: of the record, resolved or changed; 0: not stored here */
};

/**
 * HTTP_REPLY: *told is filled. HTTP_SLOW, HTTP_WRITE: return that; the exchange is served again
 * from its top, and then this says what came of it. Never fails: what goes wrong on our side is
 * told as RC_ERROR.
 */
enum http_outcome ask(struct http_exchange *x, const struct question *q, struct told *told);

/** Resolution of @name with what @filter wants (may be NULL): the body of an OP_RESOLVE. */
enum http_outcome ask_resolve(struct http_exchange *x, const struct resolve_request *query,
                              uint32_t flags, struct told *told);

/** The same with other servers asked, too, for the web resolver. */
enum http_outcome ask_resolve_anywhere(struct http_exchange *x, const struct resolve_request *query,
                                       uint32_t flags, struct told *told);

/**
 * The next page of a list, for http_more and for those who go through a whole list in the slow
 * lane. Not remembered: *told is good until the next question. HTTP_REPLY or HTTP_SLOW.
 */
enum http_outcome ask_continue(struct http_exchange *x, struct identifier_more *more,
                               struct told *told);

/**
 * A question of reading in http_more: not remembered, *told is good until the next one, what only
 * the slow lane could tell is RC_BUSY.
 */
void ask_now(struct http_exchange *x, const struct question *q, struct told *told);

/**
 * A change, for those who collect jobs: HTTP_WRITE, and *job is the caller's; HTTP_SLOW;
 * HTTP_REPLY, *told is good until the next question. Not remembered.
 */
enum http_outcome ask_change(struct http_exchange *x, const struct question *q, struct told *told,
                             struct write_job **job);

/** An answer of the protocol, borrowed. */
void ask_read_reply(struct ansa_bytes reply, struct told *told);

/** Begin again at the first answer; by http_serve. */
void ask_rewind(struct http_exchange *x);
void ask_fini(struct http_exchange *x);

#endif
