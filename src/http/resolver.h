/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_HTTP_RESOLVER_H
#define ANSA_HTTP_RESOLVER_H

#include "http/exchange.h"

/** The web resolver (rest-api 6): everything that is neither below /api nor a page of ours. */
enum http_outcome resolver_serve(struct http_exchange *x);

#endif
