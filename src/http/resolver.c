/* SPDX-License-Identifier: Apache-2.0 */
#include "http/resolver.h"

#include "base/text.h"
#include "http/auth.h"
#include "http/html.h"
#include "http/match.h"
#include "http/pages.h"
#include "http/reply.h"
#include "http/resolution.h"
#include "http/resolver_page.h"
#include "http/rest.h"

static enum http_outcome serve_file(struct http_exchange *x, const char *type,
                                    struct ansa_bytes text)
{
        reply_header_text(x, "Cache-Control", "public, max-age=86400");
        reply_header_text(x, "X-Content-Type-Options", "nosniff");
        reply_header_text(x, "Content-Security-Policy", "default-src 'none'");
        return reply_bytes(x, 200, type, text);
}

/* Browsers ask for it without being told to; what it is goes by its type. */
static enum http_outcome serve_icon(struct http_exchange *x)
{
        const struct page *icon = pages_find(ANSA_BYTES_LIT("/web/favicon.svg"));
        if (icon == NULL)
                return reply_empty(x, 404);
        return serve_file(x, icon->type, icon->bytes);
}

static enum http_outcome serve_page(struct http_exchange *x, void (*put)(struct buf *b))
{
        buf_reset(&x->out);
        put(&x->out);
        reply_header_text(x, "Content-Security-Policy", HTML_POLICY);
        reply_header_text(x, "X-Content-Type-Options", "nosniff");
        return reply_with(x, 200, REPLY_HTML);
}

/* The words of the setting that are for the host that was asked: "name", "host:name". */
static enum ansa_err find_shortcuts(struct http_exchange *x, struct ansa_bytes *shortcuts)
{
        struct ansa_bytes all = x->config->locatt_shortcuts;
        struct ansa_bytes host;
        *shortcuts = (struct ansa_bytes){ 0 };
        if (all.size == 0)
                return ANSA_OK;
        (void)exchange_header(x, "Host", &host);
        const uint8_t *port = host.size > 0 ? memchr(host.at, ':', host.size) : NULL;
        if (port != NULL)
                host.size = (size_t)(port - host.at);
        uint8_t *room = arena_alloc(&x->arena, all.size + 1);
        if (room == NULL)
                return ANSA_E_NO_MEMORY;
        struct buf b = buf_over(room, all.size + 1);
        for (size_t begin = 0; begin < all.size;) {
                size_t end = begin;
                while (end < all.size && all.at[end] != ' ')
                        end++;
                struct ansa_bytes word = { all.at + begin, end - begin };
                const uint8_t *colon = word.size > 0 ? memchr(word.at, ':', word.size) : NULL;
                struct ansa_bytes name = word;
                begin = end + 1;
                if (colon != NULL) {
                        word.size = (size_t)(colon - word.at);
                        name = (struct ansa_bytes){ colon + 1, name.size - word.size - 1 };
                        if (!text_equal_fold(word, host))
                                continue;
                }
                buf_bytes(&b, name);
                buf_u8(&b, ' ');
        }
        *shortcuts = buf_written(&b);
        return ANSA_OK;
}

static enum ansa_err read_query(struct http_exchange *x, struct resolver_query *q)
{
        const struct http_request *request = x->request;
        struct resolver_input input = { .path = request->path,
                                        .query = request->query,
                                        .has_query = request->has_query };
        struct ansa_bytes type;
        (void)exchange_header(x, "Content-Type", &type);
        if (request->method == HTTP_POST &&
            match_media_type(type, "application/x-www-form-urlencoded"))
                input.form = buf_written(&x->body);
        enum ansa_err err = find_shortcuts(x, &input.shortcuts);
        return err == ANSA_OK ? resolver_query_read(&input, &x->arena, q) : err;
}

static enum http_outcome answer(struct resolution *r)
{
        switch (r->query.action) {
        case RESOLVER_VALUES:
                return resolution_page(r, NULL);
        case RESOLVER_REDIRECT:
        case RESOLVER_METADATA:
        case RESOLVER_LOCATIONS:
        case RESOLVER_REST:
                break;
        }
        return resolution_redirect(r);
}

/* As below /api, with the parameters that it has there. */
static enum http_outcome serve_rest(struct http_exchange *x, struct ansa_bytes name)
{
        x->place = name;
        reply_cors(x);
        if (query_parse(x->request->query, QUERY_RESOLVER, &x->arena, &x->query) != ANSA_OK)
                return reply_bad(x, "the query string is not properly percent-encoded");
        enum http_outcome outcome = auth_identify(x);
        if (outcome != HTTP_REPLY)
                return outcome;
        if (x->auth.error != NULL)
                return auth_challenge(x, name);
        return rest_resolve(x);
}

enum http_outcome resolver_serve(struct http_exchange *x)
{
        struct resolution r = { .x = x,
                                .now_s = x->http->env->wall_s(x->http->env),
                                .expires_s = UINT32_MAX };
        if (ansa_bytes_equal(x->path, ANSA_BYTES_LIT("/favicon.ico")))
                return serve_icon(x);
        if (ansa_bytes_equal(x->path, ANSA_BYTES_LIT("/robots.txt")))
                return serve_file(x, "text/plain; charset=utf-8",
                                  ANSA_BYTES_LIT("User-agent: *\nDisallow: /api/\n"
                                                 "Disallow: /metrics\n"));
        if (ansa_bytes_equal(x->path, ANSA_BYTES_LIT("/help.html")))
                return serve_page(x, resolver_page_help);
        if (read_query(x, &r.query) != ANSA_OK)
                return reply_empty(x, 503);
        if (r.query.name.size == 0)
                return serve_page(x, resolver_page_form);
        if (r.query.action == RESOLVER_REST)
                return serve_rest(x, r.query.name);
        r.name = r.query.name;
        resolution_measure(&r);
        enum resolution_result result;
        struct told told;
        enum http_outcome outcome = auth_identify(x);
        if (outcome == HTTP_REPLY && x->auth.error != NULL)
                return auth_challenge(x, r.name);
        if (outcome == HTTP_REPLY)
                outcome = resolution_find(&r, &result, &told);
        if (outcome != HTTP_REPLY)
                return outcome;
        return result == RESOLUTION_FOUND ? answer(&r) : resolution_problem(&r, result, &told);
}
