/* SPDX-License-Identifier: Apache-2.0 */
#include "doors/web.h"

#include "base/text.h"

#include <stdlib.h>

/*
 * The head of a request. MHD has split it into lines; here it is checked for what two
 * parsers could read differently, and put into the form that src/http takes.
 */

#define FORWARDED_MAX 512u /* octets of a proxy's list that are looked at */

struct reading {
        struct web_call *call;
        size_t room;
        uint32_t lengths;
        uint32_t encodings;
        uint32_t hosts;
        uint32_t authorizations;
        uint32_t types;
        bool is_chunked;
        bool is_bad;
        bool is_behind_proxy;
        uint64_t length;
};

struct web_call *web_call_new(struct web *web, struct MHD_Connection *mhd, const char *target)
{
        size_t size = strlen(target);
        struct web_call *call = malloc(sizeof(*call) + size + 1);
        struct web_conn *c =
                MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
        if (call == NULL)
                return NULL;
        *call = (struct web_call){
                .web = web, .conn = c, .mhd = mhd, .begun_us = latency_now_us(), .target_size = size
        };
        memcpy(call->target, target, size + 1);
        atomic_store_explicit(&c->received, 0, memory_order_relaxed);
        atomic_store_explicit(&c->begun_us, call->begun_us, memory_order_relaxed);
        atomic_store_explicit(&c->has_asked, true, memory_order_relaxed);
        web_phase(c, WEB_HEAD, call->begun_us);
        return call;
}

static bool is_named(struct ansa_bytes name, const char *wanted)
{
        return text_equal_fold(name, ansa_bytes_text(wanted));
}

static bool is_token(struct ansa_bytes name)
{
        /* Letters, digits and !#$%&'*+-.^_`|~, as bits. */
        static const uint64_t tokens[2] = { UINT64_C(0x03ff6cfa00000000),
                                            UINT64_C(0x57ffffffc7fffffe) };
        for (size_t i = 0; i < name.size; i++) {
                uint8_t c = name.at[i];
                if (c > 127 || (tokens[c >> 6] >> (c & 63) & 1) == 0)
                        return false;
        }
        return name.size > 0;
}

static bool is_field_value(struct ansa_bytes value)
{
        for (size_t i = 0; i < value.size; i++) {
                if ((value.at[i] < 0x20 && value.at[i] != '\t') || value.at[i] == 0x7f)
                        return false;
        }
        return true;
}

static enum MHD_Result take_field(void *context, enum MHD_ValueKind kind, const char *key,
                                  size_t key_size, const char *value, size_t value_size)
{
        struct reading *r = context;
        struct web_call *call = r->call;
        struct ansa_bytes name = { (const uint8_t *)key, key_size };
        struct ansa_bytes text = { (const uint8_t *)value, value != NULL ? value_size : 0 };
        (void)kind;
        if (!is_token(name) || !is_field_value(text))
                r->is_bad = true;
        if (is_named(name, "content-length")) {
                r->lengths++;
                r->is_bad |= text_u64(text, UINT64_MAX - 1, &r->length) != ANSA_OK;
        } else if (is_named(name, "transfer-encoding")) {
                r->encodings++;
                r->is_chunked = is_named(text, "chunked");
        } else if (is_named(name, "host")) {
                r->hosts++;
        } else if (is_named(name, "authorization")) {
                r->authorizations++;
        } else if (is_named(name, "content-type")) {
                r->types++;
        } else if (is_named(name, "x-forwarded-for") || is_named(name, "forwarded") ||
                   is_named(name, "via")) {
                r->is_behind_proxy = true;
        }
        if (call->request.header_count < r->room)
                call->fields[call->request.header_count++] = (struct http_field){ name, text };
        return MHD_YES;
}

static enum http_method method_of(const char *text)
{
        static const struct {
                const char *text;
                enum http_method method;
        } methods[] = {
                { "GET", HTTP_GET },         { "HEAD", HTTP_HEAD },   { "POST", HTTP_POST },
                { "PUT", HTTP_PUT },         { "PATCH", HTTP_PATCH }, { "DELETE", HTTP_DELETE },
                { "OPTIONS", HTTP_OPTIONS },
        };
        for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
                if (strcmp(methods[i].text, text) == 0)
                        return methods[i].method;
        }
        return HTTP_METHOD_OTHER;
}

/* Path and query, without scheme and host if a client sent those as to a proxy. */
static bool read_target(struct web_call *call)
{
        struct ansa_bytes t = { (const uint8_t *)call->target, call->target_size };
        for (size_t i = 0; i < t.size; i++) {
                if (t.at[i] <= 0x20 || t.at[i] == 0x7f)
                        return false;
        }
        if (t.size == 1 && t.at[0] == '*' && call->request.method == HTTP_OPTIONS) {
                call->request.path = ANSA_BYTES_LIT("/");
                return true;
        }
        if (t.size > 0 && t.at[0] != '/') {
                const char *scheme = strstr(call->target, "://");
                const char *path = scheme != NULL ? scheme + 3 + strcspn(scheme + 3, "/?") : NULL;
                if (path == NULL || (strncasecmp(call->target, "http://", 7) != 0 &&
                                     strncasecmp(call->target, "https://", 8) != 0))
                        return false;
                size_t cut = (size_t)(path - call->target);
                t.at += cut;
                t.size -= cut;
        }
        const uint8_t *mark = t.size > 0 ? memchr(t.at, '?', t.size) : NULL;
        size_t path_size = mark != NULL ? (size_t)(mark - t.at) : t.size;
        call->request.path = (struct ansa_bytes){ t.at, path_size };
        if (path_size == 0)
                call->request.path = ANSA_BYTES_LIT("/");
        call->request.has_query = mark != NULL;
        if (mark != NULL)
                call->request.query = (struct ansa_bytes){ mark + 1, t.size - path_size - 1 };
        return true;
}

static bool in_ranges(const uint8_t address[ADDRESS_SIZE], const struct doors_ranges *ranges)
{
        for (uint32_t i = 0; i < ranges->count; i++) {
                if (address_in_range(address, &ranges->range[i]))
                        return true;
        }
        return false;
}

/* One entry of a list that a proxy wrote: an address, perhaps with a port. */
static bool parse_hop(struct ansa_bytes hop, uint8_t address[ADDRESS_SIZE])
{
        char text[ADDRESS_TEXT_SIZE];
        while (hop.size > 0 && (hop.at[0] == ' ' || hop.at[0] == '\t')) {
                hop.at++;
                hop.size--;
        }
        while (hop.size > 0 && (hop.at[hop.size - 1] == ' ' || hop.at[hop.size - 1] == '\t'))
                hop.size--;
        if (hop.size == 0 || hop.size >= sizeof(text))
                return false;
        memcpy(text, hop.at, hop.size);
        text[hop.size] = '\0';
        char *begin = text;
        if (text[0] == '[') {
                begin++;
                begin[strcspn(begin, "]")] = '\0';
        } else if (strchr(text, '.') != NULL) {
                text[strcspn(text, ":")] = '\0';
        }
        return address_parse(begin, address) == ANSA_OK;
}

/*
 * The client's address as proxies that we trust tell it: from the right, the first that is
 * not such a proxy itself. What stands further left anybody can have written.
 */
static void follow_proxies(struct web_call *call, const struct doors_ranges *proxies)
{
        struct http_request *q = &call->request;
        bool goes_on = true;
        for (size_t i = q->header_count; goes_on && i-- > 0;) {
                struct ansa_bytes list = q->headers[i].value;
                if (!is_named(q->headers[i].name, "x-forwarded-for") || list.size > FORWARDED_MAX)
                        continue;
                while (goes_on && list.size > 0) {
                        size_t begin = list.size;
                        while (begin > 0 && list.at[begin - 1] != ',')
                                begin--;
                        uint8_t address[ADDRESS_SIZE];
                        struct ansa_bytes hop = { list.at + begin, list.size - begin };
                        goes_on = parse_hop(hop, address);
                        if (goes_on) {
                                memcpy(q->peer.address, address, ADDRESS_SIZE);
                                goes_on = in_ranges(address, proxies);
                        }
                        list.size = begin > 0 ? begin - 1 : 0;
                }
        }
        for (size_t i = 0; i < q->header_count; i++) {
                if (is_named(q->headers[i].name, "x-forwarded-proto"))
                        q->peer.transport =
                                is_named(q->headers[i].value, "https") ? PEER_HTTPS : PEER_HTTP;
        }
}

static void read_peer(struct web_call *call, bool is_behind_proxy)
{
        const struct doors_web_limits *l = web_limits(call->web);
        struct http_request *q = &call->request;
        q->peer = call->conn->peer;
        bool is_trusted = in_ranges(q->peer.address, &l->proxies);
        if (is_trusted)
                follow_proxies(call, &l->proxies);
        /* a proxy that is not named may stand beside us and speak for the whole world */
        q->may_watch = (is_trusted || !is_behind_proxy) && in_ranges(q->peer.address, &l->watchers);
        struct web_conn *c = call->conn;
        if (!c->is_tls)
                return;
        if (!c->asked_client)
                c->client = web_tls_client(call->mhd);
        c->asked_client = true;
        if (c->client != NULL) {
                q->client_name = c->client->name;
                q->client_key = c->client->key;
        }
}

/*
 * Two lengths, or a length and chunks: the next one in the line might have believed the other. So
 * with who asks and what the body is.
 */
static uint32_t judge(const struct reading *r, const char **why)
{
        if (r->is_bad) {
                *why = "a header is malformed";
                return MHD_HTTP_BAD_REQUEST;
        }
        if (r->hosts > 1 || r->lengths > 1 || r->encodings > 1 || r->authorizations > 1 ||
            r->types > 1) {
                *why = "a header that may stand once stands several times";
                return MHD_HTTP_BAD_REQUEST;
        }
        if (r->hosts == 0 && !r->call->request.is_http10) {
                *why = "the header Host is missing";
                return MHD_HTTP_BAD_REQUEST;
        }
        if (r->encodings > 0 && (r->lengths > 0 || r->call->request.is_http10)) {
                *why = "Transfer-Encoding does not go with Content-Length or HTTP/1.0";
                return MHD_HTTP_BAD_REQUEST;
        }
        if (r->encodings > 0 && !r->is_chunked) {
                *why = "only the transfer encoding chunked is known";
                return MHD_HTTP_NOT_IMPLEMENTED;
        }
        return 0;
}

uint32_t web_request_read(struct web_call *call, const char *method, const char *version,
                          const char **why)
{
        struct http_request *q = &call->request;
        int count = MHD_get_connection_values(call->mhd, MHD_HEADER_KIND, NULL, NULL);
        size_t room = count > 0 ? (size_t)count : 0;
        if (room > HTTP_HEADERS_MAX) {
                *why = "too many headers";
                return MHD_HTTP_REQUEST_HEADER_FIELDS_TOO_LARGE;
        }
        call->fields = room > 0 ? malloc(room * sizeof(*call->fields)) : NULL;
        if (room > 0 && call->fields == NULL) {
                *why = "out of memory";
                return MHD_HTTP_SERVICE_UNAVAILABLE;
        }
        q->headers = call->fields;
        q->method = method_of(method);
        q->is_http10 = strcmp(version, MHD_HTTP_VERSION_1_0) == 0;
        struct reading r = { .call = call, .room = room };
        (void)MHD_get_connection_values_n(call->mhd, MHD_HEADER_KIND, take_field, &r);
        uint32_t status = judge(&r, why);
        if (status != 0)
                return status;
        if (call->target_size > HTTP_TARGET_SIZE_MAX) {
                *why = "the request's target is too long";
                return MHD_HTTP_URI_TOO_LONG;
        }
        if (!read_target(call)) {
                *why = "the request's target is malformed";
                return q->method == HTTP_METHOD_OTHER ? MHD_HTTP_NOT_IMPLEMENTED
                                                      : MHD_HTTP_BAD_REQUEST;
        }
        q->body_size = r.is_chunked ? HTTP_SIZE_UNKNOWN : r.length;
        read_peer(call, r.is_behind_proxy);
        return 0;
}
