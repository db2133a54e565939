/* SPDX-License-Identifier: Apache-2.0 */
#include "http/route.h"

#include "http/batch.h"
#include "http/log.h"
#include "http/pages.h"
#include "http/reply.h"
#include "http/resolver.h"
#include "http/rest.h"
#include "http/tunnel.h"
#include "wire/codes.h"

static bool starts_with(struct ansa_bytes text, const char *front)
{
        size_t size = strlen(front);
        return text.size >= size && memcmp(text.at, front, size) == 0;
}

/* clang-format off */
static const struct route tunnel = { .path = "/", .is_front = true, .is_open = true,
        .method = { [HTTP_GET] = { tunnel_serve, ROUTE_BODY_MESSAGE },
                    [HTTP_POST] = { tunnel_serve, ROUTE_BODY_MESSAGE } } };
/* clang-format on */

bool route_is_api(const struct http_exchange *x)
{
        return x->route != &tunnel &&
               (starts_with(x->path, "/api/") || ansa_bytes_equal(x->path, ANSA_BYTES_LIT("/api")));
}

static enum http_outcome not_here(struct http_exchange *x)
{
        return reply_error(x, 404, RC_PROTOCOL, ANSA_BYTES_LIT("there is nothing at this path"),
                           NULL);
}

#define GET_ONLY(function)                                 \
        {                                                  \
                [HTTP_GET] = { function, ROUTE_BODY_NONE } \
        }

/* clang-format off */
#define READ(function) [HTTP_GET] = { function, ROUTE_BODY_NONE }, \
                       [HTTP_POST] = { function, ROUTE_BODY_SMALL }

/* Below /api the first that fits. */
static const struct route api[] = {
        { .path = "/api/handles/", .is_front = true, .post_reads = true,
          .method = { READ(rest_resolve),
                      [HTTP_PUT] = { rest_put, ROUTE_BODY_RECORD },
                      [HTTP_PATCH] = { rest_patch, ROUTE_BODY_RECORD },
                      [HTTP_DELETE] = { rest_delete, ROUTE_BODY_NONE } } },
        { .path = "/api/handles", .post_reads = true, .method = { READ(rest_list) } },
        { .path = "/api/prefixes/", .is_front = true,
          .method = { [HTTP_POST] = { rest_home, ROUTE_BODY_SMALL },
                      [HTTP_DELETE] = { rest_unhome, ROUTE_BODY_SMALL } } },
        { .path = "/api/prefixes",
          .method = { [HTTP_GET] = { rest_prefixes, ROUTE_BODY_NONE },
                      [HTTP_POST] = { rest_home, ROUTE_BODY_SMALL },
                      [HTTP_DELETE] = { rest_unhome, ROUTE_BODY_SMALL } } },
        { .path = "/api/sessions/this", .is_open = true,
          .method = { [HTTP_GET] = { rest_session_show, ROUTE_BODY_NONE },
                      [HTTP_PUT] = { rest_session_prove, ROUTE_BODY_SMALL },
                      [HTTP_POST] = { rest_session_prove, ROUTE_BODY_SMALL },
                      [HTTP_DELETE] = { rest_session_end, ROUTE_BODY_SMALL } } },
        { .path = "/api/sessions", .is_open = true,
          .method = { [HTTP_POST] = { rest_session_new, ROUTE_BODY_SMALL } } },
        { .path = "/api/verifications/", .is_front = true, .is_open = true, .post_reads = true,
          .method = { READ(rest_verify) } },
        { .path = "/api/batch", .is_open = true, .begin = batch_begin,
          .method = { [HTTP_POST] = { batch_serve, ROUTE_BODY_BATCH } } },
        { .path = "/api/site", .post_reads = true, .method = { READ(rest_site) } },
        { .path = "/api/status", .method = GET_ONLY(rest_status) },
        { .path = "/api/openapi.json", .is_open = true, .method = GET_ONLY(pages_serve) },
        { .path = "/api", .is_front = true, .is_open = true,
          .method = { [HTTP_GET] = { not_here, ROUTE_BODY_NONE },
                      [HTTP_POST] = { not_here, ROUTE_BODY_NONE },
                      [HTTP_PUT] = { not_here, ROUTE_BODY_NONE },
                      [HTTP_PATCH] = { not_here, ROUTE_BODY_NONE },
                      [HTTP_DELETE] = { not_here, ROUTE_BODY_NONE } } },
};

static const struct route own[] = {
        { .path = "/healthz", .method = GET_ONLY(pages_health) },
        { .path = "/readyz", .method = GET_ONLY(pages_ready) },
        { .path = "/metrics", .method = GET_ONLY(pages_metrics) },
        { .path = "/log/", .is_front = true, .method = GET_ONLY(log_serve) },
        { .path = "/web/", .is_front = true, .method = GET_ONLY(pages_serve) },
};
static const struct route page = { .path = "/", .is_front = true, .method = GET_ONLY(pages_serve) };

static const struct route resolver = { .path = "/", .is_front = true,
        .method = { [HTTP_GET] = { resolver_serve, ROUTE_BODY_NONE },
                    [HTTP_POST] = { resolver_serve, ROUTE_BODY_SMALL } } };
/* clang-format on */

bool route_is_lenient(const struct http_exchange *x)
{
        return x->route == &resolver || x->route == &tunnel;
}

/* A form asks for an identifier at "/", where without it there is a page. */
static bool has_identifier(struct ansa_bytes query)
{
        for (size_t i = 0; i + 4 <= query.size; i++) {
                bool is_begin = i == 0 || query.at[i - 1] == '&' || query.at[i - 1] == ';';
                if (is_begin && memcmp(query.at + i, "hdl=", 4) == 0)
                        return true;
        }
        return false;
}

static bool fits(const struct route *route, struct ansa_bytes path)
{
        size_t size = strlen(route->path);
        return starts_with(path, route->path) && (route->is_front || path.size == size);
}

static const struct route *choose(struct http_exchange *x)
{
        if (tunnel_is_for(x->request))
                return &tunnel;
        if (route_is_api(x)) {
                const struct route *r = api;
                while (!fits(r, x->path))
                        r++;
                return r; /* the last one fits everything */
        }
        for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++) {
                if (fits(&own[i], x->path))
                        return &own[i];
        }
        bool is_reading = x->request->method == HTTP_GET || x->request->method == HTTP_HEAD;
        if (x->path.size == 1 && has_identifier(x->request->query))
                return &resolver;
        return is_reading && pages_find(x->path) != NULL ? &page : &resolver;
}

const struct route *route_find(struct http_exchange *x)
{
        const struct route *route = choose(x);
        size_t size = strlen(route->path);
        x->place = (struct ansa_bytes){ 0 };
        if (route->is_front && x->path.size >= size)
                x->place = (struct ansa_bytes){ x->path.at + size, x->path.size - size };
        return route;
}
