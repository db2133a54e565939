/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_HTTP_REPLY_H
#define ANSA_HTTP_REPLY_H

#include "http/exchange.h"

/**
 * Making responses. All of these end with HTTP_REPLY, so that they can be returned. When there
 * is no memory for one, it becomes a 503 without body.
 */

/**
 * A header. @name is a literal. The value is copied; a control character in it becomes a space,
 * so whatever it is made of, it is one header. Those that do not fit any more are left out.
 */
void reply_header(struct http_exchange *x, const char *name, struct ansa_bytes value);
void reply_header_text(struct http_exchange *x, const char *name, const char *value);

/** What was written to x->out is the body. @type NULL: none. */
enum http_outcome reply_with(struct http_exchange *x, uint32_t status, const char *type);

/** No body. */
enum http_outcome reply_empty(struct http_exchange *x, uint32_t status);

/** Octets that live as long as the exchange. */
enum http_outcome reply_bytes(struct http_exchange *x, uint32_t status, const char *type,
                              struct ansa_bytes body);

/** A body that comes from x->more. */
enum http_outcome reply_long(struct http_exchange *x, uint32_t status, const char *type);

/** A redirect with a short page that says so; @location is a whole header value. */
enum http_outcome reply_redirect(struct http_exchange *x, uint32_t status,
                                 struct ansa_bytes location);

/* ---- JSON (rest-api 1) --------------------------------------------------------------------- */

/** Empty x->out and begin {"responseCode":@code. Members follow, each with its comma in front. */
void reply_json_begin(struct http_exchange *x, uint32_t code);
void reply_json_text(struct http_exchange *x, const char *member, struct ansa_bytes text);
/** End it; pretty and callback are seen to. */
enum http_outcome reply_json_end(struct http_exchange *x, uint32_t status);

/** {"responseCode":..,"message":".."}; @handle NULL: without. Problem details when asked for. */
enum http_outcome reply_error(struct http_exchange *x, uint32_t status, uint32_t code,
                              struct ansa_bytes message, const struct ansa_bytes *handle);
/** 400 and responseCode 4. */
enum http_outcome reply_bad(struct http_exchange *x, const char *format, ...)
        __attribute__((format(printf, 2, 3)));

/** The status that goes with a response code (rest-api 2.5). */
uint32_t reply_status(const struct http_exchange *x, uint32_t code);

/** CORS: headers for every answer below /api, and the answer to OPTIONS there. */
void reply_cors(struct http_exchange *x);
enum http_outcome reply_preflight(struct http_exchange *x);

/* The parts, for tests: reply_body.c */

/** Compact JSON indented by two spaces a level. */
void reply_indent(struct ansa_bytes json, struct buf *b);
/** The name of a function that is safe to be one (rest-api 1, "callback"). */
void reply_put_callback(struct ansa_bytes name, struct buf *b);
/** JSON as a script can hold it: line separators that older ones end a line at are escaped. */
void reply_put_script(struct ansa_bytes json, struct buf *b);

#define REPLY_JSON         "application/json;charset=UTF-8"
#define REPLY_HTML         "text/html; charset=utf-8"
#define REPLY_OUT_MAX      (32u << 20) /* octets of a body that is not long; the largest record's JSON */
#define REPLY_CALLBACK_MAX 256u        /* octets of a callback's name */

#endif
