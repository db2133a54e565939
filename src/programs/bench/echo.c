/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ceiling: a server that does nothing but move datagrams of the same sizes. It answers
 * each request with its own envelope and header, marked as a success, padded to the size
 * that the real answers have on average.
 */
#include "programs/bench/bench.h"

#include "wire/message.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define BATCH       64u
#define PACKET_SIZE 2048u

static volatile sig_atomic_t stopped;

static void on_signal(int number)
{
        (void)number;
        stopped = 1;
}

struct echo {
        uint8_t packet[BATCH][PACKET_SIZE];
        struct sockaddr_in from[BATCH];
        struct iovec part[BATCH];
        struct mmsghdr head[BATCH];
};

static void prepare(struct echo *e, unsigned i)
{
        e->part[i] = (struct iovec){ e->packet[i], PACKET_SIZE };
        e->head[i].msg_hdr = (struct msghdr){ .msg_name = &e->from[i],
                                              .msg_namelen = sizeof(e->from[i]),
                                              .msg_iov = &e->part[i],
                                              .msg_iovlen = 1 };
}

static void serve(struct echo *e, int fd, unsigned reply_size)
{
        unsigned dirty = BATCH;
        while (!stopped) {
                for (unsigned i = 0; i < dirty; i++)
                        prepare(e, i);
                int n = recvmmsg(fd, e->head, BATCH, MSG_WAITFORONE, NULL);
                if (n <= 0)
                        continue; /* a signal */
                for (int i = 0; i < n; i++) {
                        e->packet[i][ENVELOPE_SIZE + 7] = RC_SUCCESS;
                        e->part[i].iov_len = reply_size;
                }
                for (int done = 0; done < n;) {
                        int sent = sendmmsg(fd, e->head + done, (unsigned)(n - done), 0);
                        if (sent <= 0)
                                break;
                        done += sent;
                }
                dirty = (unsigned)n;
        }
}

bool bench_echo(const struct bench_options *o)
{
        bool done = false;
        struct sigaction action = { .sa_handler = on_signal };
        (void)sigaction(SIGTERM, &action, NULL);
        (void)sigaction(SIGINT, &action, NULL);
        struct echo *e = calloc(1, sizeof(*e));
        int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        int size = 8 << 20;
        if (e == NULL || fd < 0 || o->reply_size > PACKET_SIZE ||
            o->reply_size < ENVELOPE_SIZE + HEADER_SIZE) {
                (void)fprintf(stderr, "echo: reply size must be 44 to %u octets\n", PACKET_SIZE);
                goto out;
        }
        (void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
        (void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
        if (bind(fd, (const struct sockaddr *)&o->server, sizeof(o->server)) != 0) {
                perror("bind");
                goto out;
        }
        serve(e, fd, o->reply_size);
        done = true;
out:
        if (fd >= 0)
                (void)close(fd);
        free(e);
        return done;
}
