/* SPDX-License-Identifier: Apache-2.0 */
#include "client/endpoint.h"

#include "base/assert.h"
#include "base/text.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <unistd.h>

#define HOST_SIZE_MAX 255u

static struct endpoint make(int family, const void *ip, uint16_t port,
                            enum ansa_transport transport)
{
        struct endpoint e = { .transport = transport };
        if (family == AF_INET6) {
                e.address.v6.sin6_family = AF_INET6;
                e.address.v6.sin6_port = htons(port);
                memcpy(&e.address.v6.sin6_addr, ip, 16);
                e.address_size = sizeof(e.address.v6);
        } else {
                e.address.v4.sin_family = AF_INET;
                e.address.v4.sin_port = htons(port);
                memcpy(&e.address.v4.sin_addr, ip, 4);
                e.address_size = sizeof(e.address.v4);
        }
        return e;
}

struct endpoint endpoint_of(const uint8_t address[16], uint16_t port, enum ansa_transport transport)
{
        static const uint8_t loopback[16] = { [15] = 1 };
        if (!ansa_address_is_ipv4(address) || memcmp(address, loopback, 16) == 0)
                return make(AF_INET6, address, port, transport);
        return make(AF_INET, address + 12, port, transport);
}

/* Split @text into host (to @host) and port. A bare IPv6 address has several colons and no port. */
static enum ansa_err split(const char *text, char host[HOST_SIZE_MAX + 1], uint16_t *port,
                           bool *has_port)
{
        const char *end = text + strlen(text);
        const char *colon = strrchr(text, ':');
        if (*text == '[') {
                const char *close = strchr(text, ']');
                if (close == NULL || (close[1] != '\0' && close[1] != ':'))
                        return ANSA_E_MALFORMED;
                colon = close[1] == ':' ? close + 1 : NULL;
                text++;
                end = close;
        } else if (colon != NULL && strchr(text, ':') != colon) {
                colon = NULL;
        } else if (colon != NULL) {
                end = colon;
        }
        size_t size = (size_t)(end - text);
        if (size == 0 || size > HOST_SIZE_MAX)
                return ANSA_E_MALFORMED;
        memcpy(host, text, size);
        host[size] = '\0';
        *has_port = colon != NULL;
        uint64_t number = *port;
        if (colon != NULL &&
            (text_u64(ansa_bytes_text(colon + 1), UINT16_MAX, &number) != ANSA_OK || number == 0))
                return ANSA_E_MALFORMED;
        *port = (uint16_t)number;
        return ANSA_OK;
}

enum ansa_err endpoint_parse(const char *text, uint16_t port, struct endpoint *list, size_t max,
                             size_t *count, bool *has_port)
{
        char host[HOST_SIZE_MAX + 1];
        *count = 0;
        *has_port = false;
        enum ansa_err err = split(text, host, &port, has_port);
        if (err != ANSA_OK)
                return err;
        struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
        struct addrinfo *found = NULL;
        int rc = getaddrinfo(host, NULL, &hints, &found);
        if (rc != 0)
                return rc == EAI_AGAIN || rc == EAI_SYSTEM ? ANSA_E_NETWORK : ANSA_E_NOT_FOUND;
        for (const struct addrinfo *a = found; a != NULL && *count < max; a = a->ai_next) {
                struct endpoint e = { .address_size = a->ai_addrlen };
                if ((a->ai_family != AF_INET && a->ai_family != AF_INET6) ||
                    a->ai_addrlen > sizeof(e.address))
                        continue;
                memcpy(&e.address, a->ai_addr, a->ai_addrlen);
                list[(*count)++] = endpoint_with(&e, port, ANSA_TRANSPORT_TCP);
        }
        freeaddrinfo(found);
        return *count > 0 ? ANSA_OK : ANSA_E_NOT_FOUND;
}

struct endpoint endpoint_with(const struct endpoint *e, uint16_t port,
                              enum ansa_transport transport)
{
        struct endpoint copy = *e;
        copy.transport = transport;
        if (endpoint_is_ipv6(e))
                copy.address.v6.sin6_port = htons(port);
        else
                copy.address.v4.sin_port = htons(port);
        return copy;
}

bool endpoint_is_ipv6(const struct endpoint *e)
{
        return e->address.any.sa_family == AF_INET6;
}

uint16_t endpoint_port(const struct endpoint *e)
{
        return ntohs(endpoint_is_ipv6(e) ? e->address.v6.sin6_port : e->address.v4.sin_port);
}

bool endpoint_equal(const struct endpoint *a, const struct endpoint *b)
{
        return a->transport == b->transport && a->address_size == b->address_size &&
               memcmp(&a->address, &b->address, a->address_size) == 0;
}

const char *endpoint_text(const struct endpoint *e, char text[ENDPOINT_TEXT_SIZE])
{
        static const char *const names[] = { "any", "udp", "tcp", "tls" };
        char ip[INET6_ADDRSTRLEN] = "?";
        bool v6 = endpoint_is_ipv6(e);
        const void *octets = v6 ? (const void *)&e->address.v6.sin6_addr : &e->address.v4.sin_addr;
        (void)inet_ntop(v6 ? AF_INET6 : AF_INET, octets, ip, sizeof(ip));
        (void)snprintf(text, ENDPOINT_TEXT_SIZE, v6 ? "%s [%s]:%u" : "%s %s:%u",
                       names[e->transport], ip, endpoint_port(e));
        return text;
}

enum ansa_err endpoint_connect(const struct endpoint *e, int *fd)
{
        bool stream = e->transport != ANSA_TRANSPORT_UDP;
        int type = (stream ? SOCK_STREAM : SOCK_DGRAM) | SOCK_NONBLOCK | SOCK_CLOEXEC;
        *fd = -1;
        int s = socket(e->address.any.sa_family, type, 0);
        if (s < 0)
                return ANSA_E_NETWORK;
        int on = 1;
        if (stream)
                (void)setsockopt(s, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
        if (connect(s, &e->address.any, e->address_size) != 0 && errno != EINPROGRESS &&
            errno != EINTR) {
                (void)close(s);
                return ANSA_E_NETWORK;
        }
        *fd = s;
        return ANSA_OK;
}
