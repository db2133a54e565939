/* SPDX-License-Identifier: Apache-2.0 */
#include "doors/web.h"

#include <stdio.h>
#include <sys/socket.h>

/* Responses, from src/http's form to MHD's. */

#define PIECE_MAX   1048576u /* octets that http_more may add at once */
#define BLOCK_SIZE  16384u
#define NAME_ROOM   128u
#define VALUE_ROOM  (HTTP_TARGET_SIZE_MAX + 1024u)
#define AT_ONCE_MAX 65536u

/* for static tables */
#define LIT(text)                                         \
        {                                                 \
                (const uint8_t *)(text), sizeof(text) - 1 \
        }
#define JSON_TYPE "application/json;charset=UTF-8"

/* In the protocol's terms, as clients of the REST interface look for it. */
static uint32_t response_code(uint32_t status)
{
        if (status == MHD_HTTP_SERVICE_UNAVAILABLE)
                return RC_BUSY;
        return status >= 500 && status != MHD_HTTP_NOT_IMPLEMENTED ? RC_ERROR : RC_PROTOCOL;
}

size_t web_refusal(uint32_t status, const char *text, char *at, size_t room)
{
        char body[256];
        int size = snprintf(body, sizeof(body), "{\"responseCode\":%u,\"message\":\"%s\"}\n",
                            response_code(status), text);
        int n = snprintf(at, room,
                         "HTTP/1.1 %u %s\r\nContent-Type: " JSON_TYPE
                         "\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s",
                         status, MHD_get_reason_phrase_for(status), size, body);
        ansa_assert(size > 0 && (size_t)size < sizeof(body) && n > 0 && (size_t)n < room);
        return (size_t)n;
}

/* The door's own refusal in the form of any response; its body lives in call->piece. */
static void own_response(struct web_call *call, struct http_response *r)
{
        static const struct http_field fields[] = {
                { LIT("Content-Type"), LIT(JSON_TYPE) },
                { LIT("Access-Control-Allow-Origin"), LIT("*") },
                { LIT("Cache-Control"), LIT("no-store") },
        };
        call->piece = buf_growing(1024);
        buf_printf(&call->piece, "{\"responseCode\":%u,\"message\":\"%s\"}\n",
                   response_code(call->own_status), call->own_text);
        *r = (struct http_response){ .status = call->own_status,
                                     .headers = fields,
                                     .header_count = sizeof(fields) / sizeof(fields[0]),
                                     .body = buf_written(&call->piece) };
}

static void count_status(struct web_thread *thread, uint32_t status)
{
        if (status < 300)
                count_add(&thread->counts.http_2xx, 1);
        else if (status < 400)
                count_add(&thread->counts.http_3xx, 1);
        else if (status < 500)
                count_add(&thread->counts.http_4xx, 1);
        else
                count_add(&thread->counts.http_5xx, 1);
}

static void take_response(struct web_call *call, struct web_thread *thread, struct http_response *r)
{
        if (call->own_status != 0)
                own_response(call, r);
        else
                http_response(call->x, r);
        count_status(thread, r->status);
        if (!r->is_long)
                count_add(&thread->counts.http_bytes_out, r->body.size);
        if (!call->body_is_whole ||
            atomic_load_explicit(&call->web->draining, memory_order_relaxed))
                r->close = true;
}

static ssize_t read_on(void *context, uint64_t at, char *to, size_t room)
{
        struct web_call *call = context;
        struct web_thread *thread = web_thread(call->web);
        (void)at;
        if (thread == NULL)
                return MHD_CONTENT_READER_END_WITH_ERROR;
        while (call->piece_at == call->piece.size && !call->is_last_piece) {
                buf_reset(&call->piece);
                call->piece_at = 0;
                call->is_last_piece = !http_more(thread->http, call->x, &call->piece);
                if (call->piece.err != ANSA_OK)
                        return MHD_CONTENT_READER_END_WITH_ERROR;
        }
        size_t size = call->piece.size - call->piece_at;
        if (size == 0)
                return MHD_CONTENT_READER_END_OF_STREAM;
        if (size > room)
                size = room;
        memcpy(to, call->piece.at + call->piece_at, size);
        call->piece_at += size;
        count_add(&thread->counts.http_bytes_out, size);
        web_phase(call->conn, WEB_SENDING, latency_now_us()); /* it takes what we send */
        return (ssize_t)size;
}

/* MHD wants texts that end with NUL, and refuses what would break a line. */
static void add_header(struct MHD_Response *response, const struct http_field *field)
{
        static _Thread_local char name[NAME_ROOM];
        static _Thread_local char value[VALUE_ROOM];
        if (field->name.size >= sizeof(name) || field->value.size >= sizeof(value))
                return;
        memcpy(name, field->name.at, field->name.size);
        name[field->name.size] = '\0';
        if (field->value.size > 0)
                memcpy(value, field->value.at, field->value.size);
        value[field->value.size] = '\0';
        (void)MHD_add_response_header(response, name, value);
}

static struct MHD_Response *make(struct web_call *call, const struct http_response *r)
{
        if (r->is_long) {
                call->piece = buf_growing(PIECE_MAX);
                return MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, BLOCK_SIZE, read_on,
                                                         call, NULL);
        }
        /* it does not write there; its type serves other modes too */
        return MHD_create_response_from_buffer(r->body.size, (void *)(uintptr_t)r->body.at,
                                               MHD_RESPMEM_PERSISTENT);
}

enum MHD_Result web_reply(struct web_call *call, struct web_thread *thread)
{
        struct http_response r;
        take_response(call, thread, &r);
        struct MHD_Response *response = make(call, &r);
        if (response == NULL)
                return MHD_NO;
        for (size_t i = 0; i < r.header_count; i++)
                add_header(response, &r.headers[i]);
        if (r.close)
                (void)MHD_add_response_header(response, MHD_HTTP_HEADER_CONNECTION, "close");
        call->is_queued = true;
        call->conn->lingers = !call->body_is_whole && call->request.body_size > 0;
        web_phase(call->conn, WEB_SENDING, latency_now_us());
        enum MHD_Result result = MHD_queue_response(call->mhd, r.status, response);
        MHD_destroy_response(response);
        return result;
}

static void put_response(const struct http_response *r, struct buf *b)
{
        buf_printf(b, "HTTP/1.1 %u %s\r\nConnection: close\r\nContent-Length: %zu\r\n", r->status,
                   MHD_get_reason_phrase_for(r->status), r->body.size);
        for (size_t i = 0; i < r->header_count; i++) {
                buf_bytes(b, r->headers[i].name);
                buf_text(b, ": ");
                buf_bytes(b, r->headers[i].value);
                buf_text(b, "\r\n");
        }
        buf_text(b, "\r\n");
        buf_bytes(b, r->body);
}

void web_reply_at_once(struct web_call *call, struct web_thread *thread)
{
        struct http_response r;
        take_response(call, thread, &r);
        struct buf b = buf_growing(AT_ONCE_MAX);
        if (!r.is_long)
                put_response(&r, &b);
        struct ansa_bytes text = buf_written(&b);
        call->conn->lingers = text.size > 0;
        if (text.size > 0 && call->conn->is_tls) {
                const union MHD_ConnectionInfo *info =
                        MHD_get_connection_info(call->mhd, MHD_CONNECTION_INFO_GNUTLS_SESSION);
                (void)gnutls_record_send((gnutls_session_t)info->tls_session, text.at, text.size);
        } else if (text.size > 0) {
                (void)send(call->conn->fd, text.at, text.size, MSG_NOSIGNAL | MSG_DONTWAIT);
        }
        buf_fini(&b);
}
