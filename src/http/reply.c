/* SPDX-License-Identifier: Apache-2.0 */
#include "http/reply.h"

#include "base/text.h"
#include "wire/codes.h"
#include "wire/json.h"

#include <stdarg.h>
#include <stdio.h>

void reply_header(struct http_exchange *x, const char *name, struct ansa_bytes value)
{
        uint8_t *at = arena_alloc(&x->arena, value.size);
        if (at == NULL || x->header_count == HTTP_REPLY_HEADERS_MAX)
                return;
        for (size_t i = 0; i < value.size; i++)
                at[i] = value.at[i] < 0x20 || value.at[i] == 0x7f ? ' ' : value.at[i];
        x->headers[x->header_count++] =
                (struct http_field){ ansa_bytes_text(name), { at, value.size } };
}

/* A literal needs no copy. */
void reply_header_text(struct http_exchange *x, const char *name, const char *value)
{
        if (x->header_count < HTTP_REPLY_HEADERS_MAX)
                x->headers[x->header_count++] =
                        (struct http_field){ ansa_bytes_text(name), ansa_bytes_text(value) };
}

static enum http_outcome finish(struct http_exchange *x, uint32_t status, const char *type,
                                struct ansa_bytes body)
{
        x->status = status;
        x->answer = body;
        if (type != NULL)
                reply_header_text(x, "Content-Type", type);
        return HTTP_REPLY;
}

enum http_outcome reply_with(struct http_exchange *x, uint32_t status, const char *type)
{
        if (x->out.err != ANSA_OK)
                return finish(x, 503, NULL, (struct ansa_bytes){ 0 });
        return finish(x, status, type, buf_written(&x->out));
}

enum http_outcome reply_empty(struct http_exchange *x, uint32_t status)
{
        return finish(x, status, NULL, (struct ansa_bytes){ 0 });
}

enum http_outcome reply_bytes(struct http_exchange *x, uint32_t status, const char *type,
                              struct ansa_bytes body)
{
        return finish(x, status, type, body);
}

enum http_outcome reply_long(struct http_exchange *x, uint32_t status, const char *type)
{
        x->is_long = true;
        return finish(x, status, type, (struct ansa_bytes){ 0 });
}

enum http_outcome reply_redirect(struct http_exchange *x, uint32_t status,
                                 struct ansa_bytes location)
{
        buf_reset(&x->out);
        reply_header(x, "Location", location);
        return reply_with(x, status, NULL);
}

/* ---- JSON ---------------------------------------------------------------------------------- */

void reply_json_begin(struct http_exchange *x, uint32_t code)
{
        buf_reset(&x->out);
        buf_text(&x->out, "{\"responseCode\":");
        buf_decimal(&x->out, code);
}

void reply_json_text(struct http_exchange *x, const char *member, struct ansa_bytes text)
{
        buf_text(&x->out, ",\"");
        buf_text(&x->out, member);
        buf_text(&x->out, "\":");
        json_put_string(&x->out, text);
}

/* In x->out stands compact JSON; what was asked for may be other. */
static enum http_outcome dress(struct http_exchange *x, uint32_t status, const char *type)
{
        bool is_pretty = false;
        const struct parameter *callback = query_find(&x->query, "callback");
        if (!exchange_is_reading(x) || (callback != NULL && callback->value.size == 0))
                callback = NULL;
        if (query_bool(&x->query, "pretty", &is_pretty) != ANSA_OK)
                is_pretty = false;
        if (is_pretty) {
                struct buf b = buf_growing(2 * REPLY_OUT_MAX);
                reply_indent(buf_written(&x->out), &b);
                buf_fini(&x->out);
                x->out = b;
        }
        if (callback == NULL)
                return reply_with(x, status, type);
        struct buf b = buf_growing(2 * REPLY_OUT_MAX + 8 * REPLY_CALLBACK_MAX);
        struct ansa_bytes name = callback->value;
        if (name.size > REPLY_CALLBACK_MAX)
                name.size = REPLY_CALLBACK_MAX;
        reply_put_callback(name, &b);
        buf_u8(&b, '(');
        reply_put_script(buf_written(&x->out), &b);
        buf_text(&b, ");");
        buf_fini(&x->out);
        x->out = b;
        reply_header_text(x, "X-Content-Type-Options", "nosniff");
        return reply_with(x, status, "application/javascript;charset=UTF-8");
}

enum http_outcome reply_json_end(struct http_exchange *x, uint32_t status)
{
        buf_u8(&x->out, '}');
        return dress(x, status, REPLY_JSON);
}

static bool wants_problem(struct http_exchange *x)
{
        struct ansa_bytes accept;
        const struct ansa_bytes type = ANSA_BYTES_LIT("application/problem+json");
        if (!exchange_list(x, "Accept", &accept))
                return false;
        for (size_t i = 0; accept.size >= type.size && i <= accept.size - type.size; i++) {
                struct ansa_bytes at = { accept.at + i, type.size };
                if (text_equal_fold(at, type))
                        return true;
        }
        return false;
}

enum http_outcome reply_error(struct http_exchange *x, uint32_t status, uint32_t code,
                              struct ansa_bytes message, const struct ansa_bytes *handle)
{
        if (code == RC_PRECONDITION) /* known to us only */
                code = RC_OPERATION_DENIED;
        const char *title = response_text(code);
        reply_json_begin(x, code);
        if (handle != NULL)
                reply_json_text(x, "handle", *handle);
        if (message.size == 0)
                message = ansa_bytes_text(title);
        reply_json_text(x, "message", message);
        if (!wants_problem(x))
                return reply_json_end(x, status);
        reply_json_text(x, "type", ANSA_BYTES_LIT("about:blank"));
        reply_json_text(x, "title", ansa_bytes_text(title));
        buf_text(&x->out, ",\"status\":");
        buf_decimal(&x->out, status);
        reply_json_text(x, "detail", message);
        buf_u8(&x->out, '}');
        return dress(x, status, "application/problem+json");
}

enum http_outcome reply_bad(struct http_exchange *x, const char *format, ...)
{
        char text[512];
        va_list arguments;
        va_start(arguments, format);
        int n = vsnprintf(text, sizeof(text), format, arguments);
        va_end(arguments);
        return reply_error(x, 400, RC_PROTOCOL, ansa_bytes_text(n >= 0 ? text : ""), NULL);
}

uint32_t reply_status(const struct http_exchange *x, uint32_t code)
{
        switch (code) {
        case RC_SUCCESS:
                return 200;
        case RC_VALUE_NOT_FOUND:
                return exchange_is_reading(x) ? 200 : 400;
        case RC_SERVICE_REFERRAL:
        case RC_PREFIX_REFERRAL:
                return 300;
        case RC_NOT_FOUND:
                return 404;
        case RC_EXISTS:
        case RC_VALUE_EXISTS:
                return 409;
        case RC_PROTOCOL:
        case RC_INVALID_NAME:
        case RC_VALUE_INVALID:
        case RC_NOT_RESPONSIBLE:
                return 400;
        case RC_PRECONDITION:
                return 412;
        case RC_OPERATION_DENIED:
                return 501;
        case RC_BUSY:
        case RC_READ_ONLY:
                return 503;
        case RC_CHALLENGE:
                return exchange_is_secure(x) ? 401 : 403;
        case RC_NOT_AUTHORIZED:
        case RC_ACCESS_DENIED:
        case RC_AUTHENTICATION:
        case RC_CREDENTIAL:
                return 403;
        default:
                return 500;
        }
}

/* ---- CORS ---------------------------------------------------------------------------------- */

#define CORS_EXPOSED "Content-Length, WWW-Authenticate, Location, ETag, Link, Allow, Retry-After"
#define CORS_METHODS "GET, POST, HEAD, PUT, PATCH, DELETE"
#define CORS_HEADERS                                                                \
        "X-Requested-With, Authorization, Origin, Accept, Content-Type, If-Match, " \
        "If-None-Match, Idempotency-Key"

/* Any origin, never with credentials that a browser keeps. */
void reply_cors(struct http_exchange *x)
{
        struct ansa_bytes origin;
        reply_header_text(x, "Access-Control-Allow-Origin", "*");
        if (exchange_header(x, "Origin", &origin))
                reply_header_text(x, "Access-Control-Expose-Headers", CORS_EXPOSED);
}

enum http_outcome reply_preflight(struct http_exchange *x)
{
        reply_header_text(x, "Access-Control-Allow-Methods", CORS_METHODS);
        reply_header_text(x, "Access-Control-Allow-Headers", CORS_HEADERS);
        reply_header_text(x, "Access-Control-Max-Age", "86400");
        buf_reset(&x->out);
        return reply_empty(x, 200);
}
