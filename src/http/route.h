/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_HTTP_ROUTE_H
#define ANSA_HTTP_ROUTE_H

#include "http/exchange.h"

typedef enum http_outcome (*route_serve)(struct http_exchange *x);

/** What kind of body a request may have. */
enum route_body {
        ROUTE_BODY_NONE,    /* read and thrown away */
        ROUTE_BODY_SMALL,   /* parameters */
        ROUTE_BODY_RECORD,  /* config.body_max */
        ROUTE_BODY_MESSAGE, /* one native message */
        ROUTE_BODY_BATCH,   /* config.batch_max; not collected, x->take gets it */
};
#define ROUTE_BODY_SMALL_MAX 65536u

struct route_method {
        route_serve serve; /* NULL: 405 */
        enum route_body body;
};

/** The path that is served, and by whom. */
struct route {
        const char *path;
        bool is_front;   /* all paths that begin like this; x->place is the rest */
        bool post_reads; /* POST is GET with its parameters in the body */
        bool is_open;    /* sees to authentication itself */
        struct route_method method[HTTP_OPTIONS + 1];
        /** Called once by http_begin: sets x->take and what it needs. NULL: nothing to do. */
        void (*begin)(struct http_exchange *x);
};

/** The route of x->path, and x->place. Never NULL. */
const struct route *route_find(struct http_exchange *x);

/** The web resolver's, which reads path and query itself; the tunnel's, which does not care. */
bool route_is_lenient(const struct http_exchange *x);

/** Below /api: JSON, CORS. */
bool route_is_api(const struct http_exchange *x);

#endif
