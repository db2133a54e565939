/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_HTTP_PAGES_H
#define ANSA_HTTP_PAGES_H

#include "http/exchange.h"

/** A file of web/, as it was compiled into the server. */
struct page {
        const char *path; /* "/", "/web/...": as requested */
        const char *type; /* Content-Type */
        struct ansa_bytes bytes;
        struct ansa_bytes gzip; /* the same compressed; empty when that does not pay */
        const char *etag;       /* with its quotes */
        const char *gzip_etag;  /* the same of the compressed form: its octets are others */
};

/** All of them, in the order of their paths (octet by octet); generated at build time. */
extern const struct page pages[];
extern const size_t page_count;

/** The page of x->path, or NULL. */
const struct page *pages_find(struct ansa_bytes path);

/** Answer with the page of x->path: 200, 304, 206, 416. GET and HEAD. */
enum http_outcome pages_serve(struct http_exchange *x);

enum http_outcome pages_health(struct http_exchange *x);  /* /healthz: the process answers */
enum http_outcome pages_ready(struct http_exchange *x);   /* /readyz: it can serve */
enum http_outcome pages_metrics(struct http_exchange *x); /* /metrics */

#endif
