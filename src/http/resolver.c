/* SPDX-License-Identifier: Apache-2.0 */
#include "http/resolver.h"

#include "http/reply.h"

/* A bare server (rest-api 1): its records are below /api/handles. */
enum http_outcome resolver_serve(struct http_exchange *x)
{
        const struct http_request *r = x->request;
        struct buf location = buf_growing(2 * HTTP_TARGET_SIZE_MAX);
        buf_text(&location, "/api/handles");
        buf_bytes(&location, r->path);
        if (r->has_query) {
                buf_u8(&location, '?');
                buf_bytes(&location, r->query);
        }
        enum http_outcome outcome = reply_redirect(x, 302, buf_written(&location));
        buf_fini(&location);
        return outcome;
}
