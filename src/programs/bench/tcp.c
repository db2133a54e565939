/* SPDX-License-Identifier: Apache-2.0 */
/* Streams: connections kept open with pipelined requests, or a connection for each request. */
#include "programs/bench/bench.h"

#include "wire/cursor.h"
#include "wire/message.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define CONNECTIONS_MAX 1024u
#define DEPTH_MAX       256u    /* requests in flight on one connection */
#define BUFFER_SIZE     262144u /* octets of a connection's input or output */
#define SOURCES         64u     /* loopback addresses that short connections come from */
#define SIZE_AT         16u     /* of the message size in an envelope */

struct link {
        int fd;
        uint32_t next_id;   /* of the next request */
        uint32_t oldest_id; /* of the next answer: they come in order */
        size_t in_size;
        size_t out_size;
        size_t out_done;
        uint64_t sent_ns[DEPTH_MAX];
        uint8_t *in;
        uint8_t *out;
};

struct tcp_load {
        const struct bench_options *o;
        struct bench_result *r;
        struct request_set set;
        int epoll;
        uint64_t random;
        unsigned depth;
        struct link links[CONNECTIONS_MAX];
};

static void add_request(struct tcp_load *l, struct link *k, bool keep_open, uint64_t now)
{
        uint32_t i = (uint32_t)(bench_random(&l->random) % l->set.count);
        uint8_t *at = k->out + k->out_size;
        size_t size = requests_copy(&l->set, i, REQUEST_IRP, k->next_id, at);
        if (keep_open)
                at[ENVELOPE_SIZE + 8] |= FLAG_KEEP_OPEN >> 24;
        k->sent_ns[k->next_id % DEPTH_MAX] = now;
        k->next_id++;
        k->out_size += size;
        l->r->sent++;
        l->r->request_octets += size;
}

static void flush(struct link *k)
{
        while (k->out_done < k->out_size) {
                ssize_t n = send(k->fd, k->out + k->out_done, k->out_size - k->out_done,
                                 MSG_NOSIGNAL | MSG_DONTWAIT);
                if (n <= 0)
                        return;
                k->out_done += (size_t)n;
        }
        k->out_size = 0;
        k->out_done = 0;
}

/* Take whole answers out of the input; false when the connection makes no sense any more. */
static bool take_answers(struct tcp_load *l, struct link *k)
{
        uint64_t now = bench_now_ns();
        size_t at = 0;
        while (k->in_size - at >= ENVELOPE_SIZE) {
                uint32_t size = load_u32(k->in + at + SIZE_AT);
                if (size > BUFFER_SIZE - ENVELOPE_SIZE)
                        return false;
                if (k->in_size - at < ENVELOPE_SIZE + size)
                        break;
                uint32_t id;
                enum reply_check check =
                        reply_look(REQUEST_IRP, k->in + at, ENVELOPE_SIZE + size, &id);
                if (check == REPLY_FOREIGN || id != k->oldest_id) {
                        l->r->foreign++;
                        return false;
                }
                if (check == REPLY_GOOD) {
                        l->r->good++;
                        l->r->reply_octets += ENVELOPE_SIZE + size;
                        histogram_add(&l->r->latency, now - k->sent_ns[id % DEPTH_MAX]);
                } else {
                        l->r->wrong_code++;
                }
                k->oldest_id++;
                at += ENVELOPE_SIZE + size;
        }
        memmove(k->in, k->in + at, k->in_size - at);
        k->in_size -= at;
        return true;
}

static int connect_from(const struct bench_options *o, unsigned source, bool wait)
{
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | (wait ? 0 : SOCK_NONBLOCK), 0);
        if (fd < 0)
                return -1;
        int one = 1;
        (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
        struct sockaddr_in from = { .sin_family = AF_INET,
                                    .sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1 + source) };
        if (source != 0) {
                (void)setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof(one));
                (void)bind(fd, (const struct sockaddr *)&from, sizeof(from));
        }
        int rc = connect(fd, (const struct sockaddr *)&o->server, sizeof(o->server));
        if (rc != 0 && errno != EINPROGRESS) {
                (void)close(fd);
                return -1;
        }
        return fd;
}

static bool open_links(struct tcp_load *l, bool wait)
{
        for (unsigned i = 0; i < l->o->connections; i++) {
                struct link *k = &l->links[i];
                k->in = malloc(BUFFER_SIZE);
                k->out = malloc(BUFFER_SIZE);
                k->fd = connect_from(l->o, i % SOURCES, wait);
                if (k->in == NULL || k->out == NULL || k->fd < 0) {
                        perror("connect");
                        return false;
                }
                struct epoll_event e = { .events = EPOLLIN, .data.u32 = i };
                if (epoll_ctl(l->epoll, EPOLL_CTL_ADD, k->fd, &e) != 0)
                        return false;
        }
        return true;
}

static void close_links(struct tcp_load *l)
{
        for (unsigned i = 0; i < CONNECTIONS_MAX; i++) {
                if (l->links[i].fd >= 0)
                        (void)close(l->links[i].fd);
                free(l->links[i].in);
                free(l->links[i].out);
        }
}

static void fill(struct tcp_load *l, struct link *k, uint64_t now)
{
        unsigned in_flight = k->next_id - k->oldest_id;
        /* Refill when half is answered, so that requests travel in batches both ways. */
        if (in_flight > l->depth / 2)
                return;
        for (; in_flight < l->depth && BUFFER_SIZE - k->out_size > l->set.size_max; in_flight++)
                add_request(l, k, true, now);
        flush(k);
}

static bool read_some(struct tcp_load *l, struct link *k)
{
        ssize_t n = recv(k->fd, k->in + k->in_size, BUFFER_SIZE - k->in_size, MSG_DONTWAIT);
        if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
                return false;
        if (n > 0)
                k->in_size += (size_t)n;
        return take_answers(l, k);
}

static bool run_open(struct tcp_load *l)
{
        struct epoll_event events[64];
        uint64_t begun = bench_now_ns();
        uint64_t end = begun + (uint64_t)(l->o->seconds * 1e9);
        for (unsigned i = 0; i < l->o->connections; i++)
                fill(l, &l->links[i], begun);
        for (uint64_t now = begun; now < end; now = bench_now_ns()) {
                int n = epoll_wait(l->epoll, events, 64, 10);
                for (int i = 0; i < n; i++) {
                        struct link *k = &l->links[events[i].data.u32];
                        if (!read_some(l, k)) {
                                (void)fprintf(stderr, "the server closed a connection\n");
                                return false;
                        }
                        fill(l, k, now);
                }
                for (unsigned i = 0; i < l->o->connections; i++)
                        flush(&l->links[i]);
        }
        l->r->seconds = (double)(bench_now_ns() - begun) * 1e-9;
        return true;
}

static bool begin(struct tcp_load *l)
{
        if (l->o->connections > CONNECTIONS_MAX || l->o->connections == 0) {
                (void)fprintf(stderr, "1 to %u connections\n", CONNECTIONS_MAX);
                return false;
        }
        unsigned depth = l->o->window / l->o->connections;
        l->depth = depth == 0 ? 1 : depth > DEPTH_MAX ? DEPTH_MAX : depth;
        l->epoll = epoll_create1(EPOLL_CLOEXEC);
        for (unsigned i = 0; i < CONNECTIONS_MAX; i++)
                l->links[i].fd = -1;
        return l->epoll >= 0 && requests_load(l->o->names, REQUEST_IRP, "", 20000000, &l->set);
}

static void finish(struct tcp_load *l)
{
        close_links(l);
        if (l->epoll >= 0)
                (void)close(l->epoll);
        requests_free(&l->set);
        free(l);
}

bool bench_tcp(const struct bench_options *o, struct bench_result *r)
{
        struct tcp_load *l = calloc(1, sizeof(*l));
        if (l == NULL)
                return false;
        *l = (struct tcp_load){ .o = o, .r = r, .epoll = -1, .random = bench_now_ns() | 1 };
        bool done = begin(l) && open_links(l, true) && run_open(l);
        finish(l);
        return done;
}

/* One short connection: its request goes with the first write, the answer ends it. */
static bool start_short(struct tcp_load *l, uint32_t i, uint64_t now)
{
        struct link *k = &l->links[i];
        k->in_size = 0;
        k->out_size = 0;
        k->out_done = 0;
        k->oldest_id = k->next_id;
        k->fd = connect_from(l->o, (unsigned)(l->r->sent % SOURCES), true);
        if (k->fd < 0)
                return false;
        add_request(l, k, false, now);
        flush(k);
        struct epoll_event e = { .events = EPOLLIN, .data.u32 = i };
        return epoll_ctl(l->epoll, EPOLL_CTL_ADD, k->fd, &e) == 0;
}

static void run_each(struct tcp_load *l)
{
        struct epoll_event events[64];
        uint64_t begun = bench_now_ns();
        uint64_t end = begun + (uint64_t)(l->o->seconds * 1e9);
        for (uint32_t i = 0; i < l->o->connections; i++) {
                if (!start_short(l, i, begun))
                        l->r->lost++;
        }
        for (uint64_t now = begun; now < end; now = bench_now_ns()) {
                int n = epoll_wait(l->epoll, events, 64, 10);
                for (int i = 0; i < n; i++) {
                        uint32_t number = events[i].data.u32;
                        struct link *k = &l->links[number];
                        uint32_t before = k->oldest_id;
                        bool open = read_some(l, k);
                        if (open && k->oldest_id == before)
                                continue; /* the rest of the answer is still to come */
                        if (k->oldest_id == before)
                                l->r->lost++;
                        (void)close(k->fd);
                        if (!start_short(l, number, bench_now_ns()))
                                l->r->lost++;
                }
        }
        l->r->seconds = (double)(bench_now_ns() - begun) * 1e-9;
}

bool bench_tcp_each(const struct bench_options *o, struct bench_result *r)
{
        struct tcp_load *l = calloc(1, sizeof(*l));
        if (l == NULL)
                return false;
        *l = (struct tcp_load){ .o = o, .r = r, .epoll = -1, .random = bench_now_ns() | 1 };
        bool done = begin(l);
        for (unsigned i = 0; done && i < o->connections; i++) {
                l->links[i].in = malloc(BUFFER_SIZE);
                l->links[i].out = malloc(BUFFER_SIZE);
                done = l->links[i].in != NULL && l->links[i].out != NULL;
        }
        if (done)
                run_each(l);
        finish(l);
        return done;
}
