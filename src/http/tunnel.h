/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_HTTP_TUNNEL_H
#define ANSA_HTTP_TUNNEL_H

#include "http/exchange.h"

/**
 * The native protocol in HTTP (irp-wire 2.1): the body of a POST is one whole message, envelope
 * and all, that of the response the answer, or several when it goes on. It is served as if it
 * had come over TCP: who asks shows it in the protocol's own way, and what is wrong with a
 * message is told by an answer of the protocol, with status 200.
 */
#define TUNNEL_TYPE "application/x-hdl-message"

/**
 * A POST of that type, or a GET with a body of it, whatever the path, which is for logs and
 * proxies only.
 */
bool tunnel_is_for(const struct http_request *request);

enum http_outcome tunnel_serve(struct http_exchange *x);

/**
 * Octets of a list that are gathered, so that it has a Content-Length: clients are about that do
 * not know chunks. What is longer comes page by page.
 */
#define TUNNEL_TOGETHER_MAX (256u << 10)

#endif
