/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_TEST_DOORS_HOUSE_H
#define ANSA_TEST_DOORS_HOUSE_H

/* Doors on loopback, on ports that the kernel chose, and connections to them. */
#include "rows.h"

#include "doors/doors.h"
#include "fake_http.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#define PATIENCE_MS 5000

struct house {
        struct doors *doors;
        struct doors_limits limits;
        uint16_t port;
};

static inline struct doors_limits house_limits(void)
{
        struct doors_limits l = { .connections_max = 100,
                                  .connections_network_max = 50,
                                  .idle_ms = 30000,
                                  .request_ms = 10000,
                                  .send_ms = 10000,
                                  .writes_ahead_max = 16,
                                  .buffers_max = 64u << 20,
                                  .slow_count_max = 64,
                                  .slow_size_max = 16u << 20,
                                  .write_count_max = 64,
                                  .write_size_max = 16u << 20,
                                  .write_batch_max = 32,
                                  .drain_ms = 3000,
                                  .budget = { 65536, 1024, 1048576, 100, 3600 },
                                  .exempt_count = 1,
                                  .web = { .connections_max = 50,
                                           .connections_network_max = 40,
                                           .idle_ms = 30000,
                                           .request_ms = 10000,
                                           .send_ms = 10000,
                                           .watchers.count = 1 } };
        assert_err("range", address_range_parse("127.0.0.0/8", &l.exempt[0]), ANSA_OK);
        l.web.watchers.range[0] = l.exempt[0];
        return l;
}

/** What listens is in @options, and who serves; the rest is as usual. The port is still to be asked for. */
static inline struct house house_open(struct doors_options *options,
                                      const struct doors_limits *limits, struct http *http)
{
        struct house h = { .limits = *limits };
        struct doors_problem problem;
        memset(&fake, 0, sizeof(fake));
        options->slow_threads = 2;
        options->env = env_system();
        options->limits = *limits;
        if (doors_open(options, &h.doors, &problem) != ANSA_OK)
                fail_msg("open: %s", problem.text);
        if (doors_start(h.doors, &fake, http, &problem) != ANSA_OK)
                fail_msg("start: %s", problem.text);
        return h;
}

static inline int house_dial(const struct house *h, int type)
{
        struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons(h->port) };
        in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);
        assert_true(fd >= 0);
        int room = 4194304; /* an answer of 262,144 octets is 533 datagrams at once */
        if (type == SOCK_DGRAM &&
            setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room)) != 0)
                (void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
        assert_int_equal(connect(fd, (struct sockaddr *)&in, sizeof(in)), 0);
        return fd;
}

static inline bool readable(int fd, int ms)
{
        struct pollfd p = { .fd = fd, .events = POLLIN };
        return poll(&p, 1, ms) == 1;
}

#endif
