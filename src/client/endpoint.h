/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_CLIENT_ENDPOINT_H
#define ANSA_CLIENT_ENDPOINT_H

#include "ansa/client.h"

#include <netinet/in.h>
#include <sys/socket.h>

/** Where a server listens. */
struct endpoint {
        union {
                struct sockaddr any;
                struct sockaddr_in v4;
                struct sockaddr_in6 v6;
        } address;
        socklen_t address_size;        /* 0: none */
        enum ansa_transport transport; /* never ANY */
};

#define ENDPOINT_TEXT_SIZE 64u /* "tls [v6]:port" with its NUL */

/** From an address as in HS_SITE. The octets of ::1 mean that, not 0.0.0.1, which nobody can be. */
struct endpoint endpoint_of(const uint8_t address[16], uint16_t port,
                            enum ansa_transport transport);

/**
 * The addresses of "HOST", "HOST:PORT", "[V6]:PORT" or a bare V6, at most @max, as TCP endpoints;
 * *has_port tells whether the text named one (@port is used if not). May block on a name.
 * ANSA_E_MALFORMED, ANSA_E_NOT_FOUND, ANSA_E_NETWORK.
 */
ANSA_CHECKED enum ansa_err endpoint_parse(const char *text, uint16_t port, struct endpoint *list,
                                          size_t max, size_t *count, bool *has_port);

struct endpoint endpoint_with(const struct endpoint *e, uint16_t port,
                              enum ansa_transport transport);

bool endpoint_is_ipv6(const struct endpoint *e);
uint16_t endpoint_port(const struct endpoint *e);
bool endpoint_equal(const struct endpoint *a, const struct endpoint *b);

/** "udp 192.0.2.1:2641". Returns @text. */
const char *endpoint_text(const struct endpoint *e, char text[ENDPOINT_TEXT_SIZE]);

/** A nonblocking socket whose connect was begun. ANSA_E_NETWORK; *fd is -1 then. */
ANSA_CHECKED enum ansa_err endpoint_connect(const struct endpoint *e, int *fd);

#endif
