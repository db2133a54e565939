/* SPDX-License-Identifier: Apache-2.0 */
/* HTTP over connections that are kept open: one request after the other on each. */
#include "programs/bench/bench.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define CONNECTIONS_MAX 1024u
#define IN_SIZE         131072u /* octets of a response; larger ones do not occur here */

struct line {
        int fd;
        uint64_t sent_ns;
        size_t in_size;
        uint8_t *in;
};

struct http_load {
        const struct bench_options *o;
        struct bench_result *r;
        struct request_set set;
        int epoll;
        uint64_t random;
        struct line lines[CONNECTIONS_MAX];
};

static bool ask(struct http_load *l, struct line *k)
{
        uint32_t i = (uint32_t)(bench_random(&l->random) % l->set.count);
        const uint8_t *at = l->set.octets + l->set.offsets[i];
        size_t size = l->set.offsets[i + 1] - l->set.offsets[i];
        k->sent_ns = bench_now_ns();
        k->in_size = 0;
        l->r->sent++;
        l->r->request_octets += size;
        return send(k->fd, at, size, MSG_NOSIGNAL) == (ssize_t)size;
}

/* The size of the whole response in @k, 0 while that is not known. */
static size_t response_size(const struct line *k)
{
        static const char field[] = "\r\nContent-Length: ";
        const uint8_t *end = memmem(k->in, k->in_size, "\r\n\r\n", 4);
        if (end == NULL)
                return 0;
        size_t head = (size_t)(end - k->in) + 4;
        const char *length = memmem(k->in, head, field, sizeof(field) - 1);
        return length == NULL ? 0 : head + strtoul(length + sizeof(field) - 1, NULL, 10);
}

/* 2xx with a record of the protocol, or 3xx with the way to it. */
static bool is_good(const struct line *k)
{
        if (k->in_size < 12 || memcmp(k->in, "HTTP/1.1 ", 9) != 0)
                return false;
        if (k->in[9] == '3')
                return memmem(k->in, k->in_size, "\r\nLocation: ", 12) != NULL;
        return k->in[9] == '2' && memmem(k->in, k->in_size, "\"responseCode\":1", 16) != NULL;
}

static bool hear(struct http_load *l, struct line *k)
{
        ssize_t n = recv(k->fd, k->in + k->in_size, IN_SIZE - k->in_size, MSG_DONTWAIT);
        if (n <= 0)
                return n < 0 && (errno == EAGAIN || errno == EINTR);
        k->in_size += (size_t)n;
        size_t size = response_size(k);
        if (size == 0 || k->in_size < size)
                return k->in_size < IN_SIZE;
        if (k->in_size > size) {
                l->r->foreign++;
                return false;
        }
        if (is_good(k)) {
                l->r->good++;
                l->r->reply_octets += size;
                histogram_add(&l->r->latency, bench_now_ns() - k->sent_ns);
        } else {
                l->r->wrong_code++;
        }
        return ask(l, k);
}

static bool open_lines(struct http_load *l)
{
        for (unsigned i = 0; i < l->o->connections; i++) {
                struct line *k = &l->lines[i];
                int one = 1;
                k->in = malloc(IN_SIZE);
                k->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
                if (k->in == NULL || k->fd < 0 ||
                    connect(k->fd, (const struct sockaddr *)&l->o->server, sizeof(l->o->server)) !=
                            0) {
                        perror("connect");
                        return false;
                }
                (void)setsockopt(k->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
                struct epoll_event e = { .events = EPOLLIN, .data.u32 = i };
                if (epoll_ctl(l->epoll, EPOLL_CTL_ADD, k->fd, &e) != 0)
                        return false;
        }
        return true;
}

static bool run(struct http_load *l)
{
        struct epoll_event events[64];
        uint64_t begun = bench_now_ns();
        uint64_t end = begun + (uint64_t)(l->o->seconds * 1e9);
        for (unsigned i = 0; i < l->o->connections; i++) {
                if (!ask(l, &l->lines[i]))
                        return false;
        }
        while (bench_now_ns() < end) {
                /* never asleep: to wake us would be on the server's bill, when it is slow only */
                int n = epoll_wait(l->epoll, events, 64, 0);
                for (int i = 0; i < n; i++) {
                        if (!hear(l, &l->lines[events[i].data.u32])) {
                                (void)fprintf(stderr, "the server closed a connection\n");
                                return false;
                        }
                }
        }
        l->r->seconds = (double)(bench_now_ns() - begun) * 1e-9;
        return true;
}

static void close_lines(struct http_load *l)
{
        for (unsigned i = 0; i < CONNECTIONS_MAX; i++) {
                if (l->lines[i].fd >= 0)
                        (void)close(l->lines[i].fd);
                free(l->lines[i].in);
        }
}

bool bench_http(const struct bench_options *o, struct bench_result *r)
{
        struct http_load *l = calloc(1, sizeof(*l));
        if (l == NULL)
                return false;
        *l = (struct http_load){ .o = o, .r = r, .random = bench_now_ns() | 1 };
        for (unsigned i = 0; i < CONNECTIONS_MAX; i++)
                l->lines[i].fd = -1;
        l->epoll = epoll_create1(EPOLL_CLOEXEC);
        bool done = l->epoll >= 0 && o->connections <= CONNECTIONS_MAX &&
                    requests_load(o->names, REQUEST_HTTP, o->path, 20000000, &l->set) &&
                    open_lines(l) && run(l);
        close_lines(l);
        if (l->epoll >= 0)
                (void)close(l->epoll);
        requests_free(&l->set);
        free(l);
        return done;
}
