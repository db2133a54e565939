/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_HTTP_REST_H
#define ANSA_HTTP_REST_H

#include "http/ask.h"
#include "http/auth.h"
#include "http/reply.h"
#include "http/route.h"
#include "wire/codes.h"
#include "wire/json_reader.h"

/* What the endpoints below /api share. */

/**
 * The answer to @told, which was no success, about @handle (empty: about nothing in particular).
 * HTTP_SLOW when it has to be made there.
 */
enum http_outcome rest_refuse(struct http_exchange *x, const struct told *told,
                              struct ansa_bytes handle);

/** {"responseCode":1,"handle":@handle} */
enum http_outcome rest_done(struct http_exchange *x, uint32_t status, struct ansa_bytes handle);

/** The same with the ETag of the record as @told has made it. */
enum http_outcome rest_changed(struct http_exchange *x, uint32_t status, const struct told *told,
                               struct ansa_bytes handle);

enum http_outcome rest_no_memory(struct http_exchange *x);

/**
 * The boolean parameter @key, else @otherwise. False: it is something else, and the response
 * says so.
 */
bool rest_bool(struct http_exchange *x, const char *key, bool otherwise, bool *value);

/** The same, setting @flag when it is true. */
bool rest_flag(struct http_exchange *x, const char *key, bool otherwise, uint32_t flag,
               uint32_t *flags);

/** Is a proof asked for (parameter proof), and in which form? */
bool rest_wants_proof(const struct http_exchange *x, struct ansa_bytes *form);

/**
 * HTTP_REPLY and *text not empty: the proof, for a member of the answer. Otherwise x is answered,
 * or HTTP_SLOW.
 */
#define PROOF_TEXT_MAX (2u << 20)
enum http_outcome rest_prove(struct http_exchange *x, const struct resolve_request *query,
                             struct ansa_bytes form, struct ansa_bytes *text);

/** The values of parameter @key as indexes, encoded. False as above. */
bool rest_indexes(struct http_exchange *x, const char *key, struct index_list *list);

/** If-Match and If-None-Match as a condition; CONDITION_NONE without them. False as above. */
bool rest_condition(struct http_exchange *x, struct record_condition *condition);

/** The ETag of a version, with quotes. */
#define REST_ETAG_SIZE 19u
void rest_put_etag(uint64_t version, char etag[REST_ETAG_SIZE]);
/** As a header, unless it is 0. */
void rest_put_version(struct http_exchange *x, uint64_t version);

/** Parameters from a JSON body, if there is one, in the place of the query's. False as above. */
bool rest_take_body(struct http_exchange *x);

/** The request has a body of JSON, or the response says that it must. */
bool rest_has_json(struct http_exchange *x);

/** Ask @q, of a change with a condition, about what @body holds, which is finished here. */
enum http_outcome rest_ask_change(struct http_exchange *x, struct question *q, struct buf *body,
                                  struct told *told);

/** Ask @op about what @body holds, which is finished here. */
enum http_outcome rest_ask(struct http_exchange *x, uint32_t op, uint32_t flags, struct buf *body,
                           const struct record_condition *condition, struct told *told);

/* The endpoints, by file. */
enum http_outcome rest_resolve(struct http_exchange *x);       /* rest_resolve.c */
enum http_outcome rest_put(struct http_exchange *x);           /* rest_change.c */
enum http_outcome rest_delete(struct http_exchange *x);        /* rest_change.c */
enum http_outcome rest_patch(struct http_exchange *x);         /* rest_patch.c */
enum http_outcome rest_list(struct http_exchange *x);          /* rest_list.c */
enum http_outcome rest_prefixes(struct http_exchange *x);      /* rest_list.c */
enum http_outcome rest_home(struct http_exchange *x);          /* rest_prefixes.c */
enum http_outcome rest_unhome(struct http_exchange *x);        /* rest_prefixes.c */
enum http_outcome rest_site(struct http_exchange *x);          /* rest_site.c */
enum http_outcome rest_status(struct http_exchange *x);        /* rest_site.c */
enum http_outcome rest_verify(struct http_exchange *x);        /* rest_verify.c */
enum http_outcome rest_session_new(struct http_exchange *x);   /* rest_sessions.c */
enum http_outcome rest_session_show(struct http_exchange *x);  /* rest_sessions.c */
enum http_outcome rest_session_prove(struct http_exchange *x); /* rest_sessions.c */
enum http_outcome rest_session_end(struct http_exchange *x);   /* rest_sessions.c */

#endif
