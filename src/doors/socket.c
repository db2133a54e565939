/* SPDX-License-Identifier: Apache-2.0 */
#include "doors/socket.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <unistd.h>

#define BACKLOG         4096    /* the kernel cuts it to net.core.somaxconn */
#define DEFER_ACCEPT_S  1       /* connections are handed over with their first octets */
#define UDP_BUFFER_SIZE 4194304 /* bytes; some 10 ms of datagrams at full rate */

static bool set(int fd, int level, int option, int value)
{
        return setsockopt(fd, level, option, &value, sizeof(value)) == 0;
}

/* Root may go past the system's maximum; what others get is the system's affair. */
static void set_buffers(int fd)
{
        if (!set(fd, SOL_SOCKET, SO_RCVBUFFORCE, UDP_BUFFER_SIZE))
                (void)set(fd, SOL_SOCKET, SO_RCVBUF, UDP_BUFFER_SIZE);
        if (!set(fd, SOL_SOCKET, SO_SNDBUFFORCE, UDP_BUFFER_SIZE))
                (void)set(fd, SOL_SOCKET, SO_SNDBUF, UDP_BUFFER_SIZE);
}

static bool prepare(int fd, const uint8_t address[ADDRESS_SIZE], int type)
{
        bool is_ipv4 = address_is_ipv4(address);
        if (!is_ipv4 && !set(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1))
                return false;
        if (type == SOCK_STREAM) {
                /* accepted sockets inherit TCP_NODELAY */
                return set(fd, IPPROTO_TCP, TCP_NODELAY, 1) &&
                       set(fd, IPPROTO_TCP, TCP_DEFER_ACCEPT, DEFER_ACCEPT_S);
        }
        set_buffers(fd);
        if (!address_is_wildcard(address))
                return true;
        return is_ipv4 ? set(fd, IPPROTO_IP, IP_PKTINFO, 1)
                       : set(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
}

int socket_bind(const uint8_t address[ADDRESS_SIZE], uint16_t port, int type, uint16_t *bound)
{
        struct sockaddr_storage sa;
        socklen_t size = address_to_socket(address, port, 0, &sa);
        int fd = socket(sa.ss_family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        if (fd < 0)
                return -1;
        if (!set(fd, SOL_SOCKET, SO_REUSEADDR, 1) || !set(fd, SOL_SOCKET, SO_REUSEPORT, 1) ||
            !prepare(fd, address, type) || bind(fd, (const struct sockaddr *)&sa, size) != 0 ||
            (type == SOCK_STREAM && listen(fd, BACKLOG) != 0)) {
                int why = errno;
                (void)close(fd);
                errno = why;
                return -1;
        }
        size = sizeof(sa);
        uint8_t ignored[ADDRESS_SIZE];
        *bound = port;
        if (getsockname(fd, (struct sockaddr *)&sa, &size) == 0)
                address_from_socket(&sa, ignored, bound);
        return fd;
}

bool socket_is_free(const uint8_t address[ADDRESS_SIZE], uint16_t port, int type)
{
        struct sockaddr_storage sa;
        socklen_t size = address_to_socket(address, port, 0, &sa);
        int fd = socket(sa.ss_family, type | SOCK_CLOEXEC, 0);
        if (fd < 0)
                return true;     /* no such family: binding will say so */
        if (type == SOCK_STREAM) /* past connections of ours may still be closing */
                (void)set(fd, SOL_SOCKET, SO_REUSEADDR, 1);
        if (sa.ss_family == AF_INET6)
                (void)set(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
        bool is_free = bind(fd, (const struct sockaddr *)&sa, size) == 0 || errno != EADDRINUSE;
        int why = errno;
        (void)close(fd);
        errno = why;
        return is_free;
}
