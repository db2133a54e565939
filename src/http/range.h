/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_HTTP_RANGE_H
#define ANSA_HTTP_RANGE_H

#include "http/exchange.h"

/**
 * Answer with @bytes, which live as long as the exchange, or with the one range of them that is
 * asked for: 200, 206, 416 (RFC 9110, 14). @etag is what If-Range is compared with.
 */
enum http_outcome range_reply(struct http_exchange *x, const char *type, struct ansa_bytes bytes,
                              struct ansa_bytes etag);

#endif
