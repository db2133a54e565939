/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Datagrams: a window of requests in flight on one socket, sent and received in batches.
 * A request's id is the number of its slot with a generation, so that a late answer to a
 * request that was given up is not taken for another's.
 */
#include "programs/bench/bench.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define BATCH       64u
#define PACKET_SIZE 2048u
#define WINDOW_MAX  4096u
#define GIVE_UP_NS  200000000u /* an answer that takes longer on loopback was dropped */

struct slot {
        uint64_t sent_ns; /* 0 = free */
        uint32_t generation;
        uint32_t octets;
        uint32_t pieces; /* that came of an answer which fills several datagrams */
};

struct udp_load {
        const struct bench_options *o;
        struct bench_result *r;
        enum request_form form;
        struct request_set set;
        int fd;
        uint64_t random;
        uint32_t in_flight;
        struct slot slots[WINDOW_MAX];
        uint32_t free_slots[WINDOW_MAX];
        uint32_t free_count;
        uint8_t out[BATCH][PACKET_SIZE];
        uint8_t in[BATCH][PACKET_SIZE];
        struct mmsghdr out_head[BATCH];
        struct mmsghdr in_head[BATCH];
        struct iovec out_part[BATCH];
        struct iovec in_part[BATCH];
};

/* DNS has 16 bits of id: slots take 12, generations the rest. */
static uint32_t id_of(const struct udp_load *l, uint32_t slot)
{
        uint32_t id = l->slots[slot].generation << 12 | slot;
        return l->form == REQUEST_DNS ? id & 0xffffu : id & 0x7fffffffu;
}

static unsigned send_some(struct udp_load *l, unsigned want)
{
        uint32_t picks[BATCH];
        unsigned n = want < l->free_count ? want : l->free_count;
        n = n < BATCH ? n : BATCH;
        for (unsigned i = 0; i < n; i++) {
                picks[i] = (uint32_t)(bench_random(&l->random) % l->set.count);
                __builtin_prefetch(l->set.octets + l->set.offsets[picks[i]]);
        }
        uint64_t now = bench_now_ns();
        for (unsigned i = 0; i < n; i++) {
                uint32_t slot = l->free_slots[l->free_count - 1 - i];
                l->slots[slot].generation++;
                l->slots[slot].sent_ns = now;
                l->slots[slot].pieces = 0;
                l->slots[slot].octets = 0;
                l->out_part[i].iov_len =
                        requests_copy(&l->set, picks[i], l->form, id_of(l, slot), l->out[i]);
        }
        int sent = n > 0 ? sendmmsg(l->fd, l->out_head, n, 0) : 0;
        unsigned done = sent > 0 ? (unsigned)sent : 0;
        for (unsigned i = 0; i < done; i++)
                l->r->request_octets += l->out_part[i].iov_len;
        for (unsigned i = done; i < n; i++)
                l->slots[l->free_slots[l->free_count - 1 - i]].sent_ns = 0;
        /* The ones sent are the last of the free list. */
        l->free_count -= done;
        l->in_flight += done;
        l->r->sent += done;
        return done;
}

static void take_reply(struct udp_load *l, const uint8_t *at, size_t size, uint64_t now)
{
        uint32_t id;
        enum reply_check check = reply_look(l->form, at, size, &id);
        uint32_t slot = id & 0xfffu;
        bool ours = check != REPLY_FOREIGN && slot < WINDOW_MAX && l->slots[slot].sent_ns != 0 &&
                    id_of(l, slot) == id;
        if (!ours) {
                l->r->foreign++;
                return;
        }
        l->slots[slot].octets += (uint32_t)size;
        if (l->form == REQUEST_IRP && ++l->slots[slot].pieces < reply_pieces(at))
                return; /* the rest is still to come */
        if (check == REPLY_GOOD) {
                l->r->good++;
                l->r->reply_octets += l->slots[slot].octets;
                histogram_add(&l->r->latency, now - l->slots[slot].sent_ns);
        } else {
                l->r->wrong_code++;
        }
        l->slots[slot].sent_ns = 0;
        l->free_slots[l->free_count++] = slot;
        l->in_flight--;
}

static unsigned receive_some(struct udp_load *l)
{
        int n = recvmmsg(l->fd, l->in_head, BATCH, MSG_DONTWAIT, NULL);
        if (n <= 0)
                return 0;
        uint64_t now = bench_now_ns();
        for (int i = 0; i < n; i++)
                take_reply(l, l->in[i], l->in_head[i].msg_len, now);
        return (unsigned)n;
}

static void give_up_late(struct udp_load *l, uint64_t now, uint64_t after)
{
        for (uint32_t s = 0; s < l->o->window; s++) {
                if (l->slots[s].sent_ns == 0 || now < l->slots[s].sent_ns + after)
                        continue;
                l->slots[s].sent_ns = 0;
                l->free_slots[l->free_count++] = s;
                l->in_flight--;
                l->r->lost++;
        }
}

/* How many more requests the wanted rate allows by now. */
static unsigned allowed(const struct udp_load *l, uint64_t begun, uint64_t now)
{
        if (l->o->rate <= 0)
                return BATCH / 2; /* half a batch: both directions stay busy */
        double due = (double)(now - begun) * 1e-9 * l->o->rate - (double)l->r->sent;
        return due >= BATCH ? BATCH : due > 0 ? (unsigned)due : 0;
}

static void run(struct udp_load *l)
{
        uint64_t begun = bench_now_ns();
        uint64_t end = begun + (uint64_t)(l->o->seconds * 1e9);
        uint64_t checked = begun;
        for (uint64_t now = begun; now < end; now = bench_now_ns()) {
                unsigned did = send_some(l, allowed(l, begun, now));
                did += receive_some(l);
                if (did == 0 && l->o->rate <= 0) {
                        struct pollfd p = { .fd = l->fd, .events = POLLIN };
                        (void)poll(&p, 1, 10);
                }
                if (now - checked > GIVE_UP_NS / 4) {
                        give_up_late(l, now, GIVE_UP_NS);
                        checked = now;
                }
        }
        l->r->seconds = (double)(bench_now_ns() - begun) * 1e-9;
        uint64_t good = l->r->good;
        for (uint64_t stop = bench_now_ns() + GIVE_UP_NS;
             l->in_flight > 0 && bench_now_ns() < stop;)
                (void)receive_some(l);
        l->r->good = good; /* what came after the clock stopped does not count into the rate */
        give_up_late(l, bench_now_ns(), 0);
}

static void prepare(struct udp_load *l)
{
        for (uint32_t s = 0; s < l->o->window; s++)
                l->free_slots[l->free_count++] = s;
        for (unsigned i = 0; i < BATCH; i++) {
                l->out_part[i] = (struct iovec){ l->out[i], 0 };
                l->in_part[i] = (struct iovec){ l->in[i], PACKET_SIZE };
                l->out_head[i].msg_hdr =
                        (struct msghdr){ .msg_iov = &l->out_part[i], .msg_iovlen = 1 };
                l->in_head[i].msg_hdr =
                        (struct msghdr){ .msg_iov = &l->in_part[i], .msg_iovlen = 1 };
        }
}

bool bench_udp(const struct bench_options *o, enum request_form form, struct bench_result *r)
{
        bool done = false;
        struct udp_load *l = calloc(1, sizeof(*l));
        if (l == NULL)
                return false;
        *l = (struct udp_load){
                .o = o, .r = r, .form = form, .fd = -1, .random = bench_now_ns() | 1
        };
        if (o->window > WINDOW_MAX) {
                (void)fprintf(stderr, "at most %u requests in flight\n", WINDOW_MAX);
                goto out;
        }
        if (!requests_load(o->names, form, o->zone, 20000000, &l->set))
                goto out;
        if (l->set.size_max > PACKET_SIZE) {
                (void)fprintf(stderr, "%s: a name is too long for one datagram\n", o->names);
                goto out;
        }
        l->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        int size = 8 << 20;
        (void)setsockopt(l->fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
        (void)setsockopt(l->fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
        if (l->fd < 0 ||
            connect(l->fd, (const struct sockaddr *)&o->server, sizeof(o->server)) != 0) {
                perror("connect");
                goto out;
        }
        prepare(l);
        run(l);
        done = true;
out:
        if (l->fd >= 0)
                (void)close(l->fd);
        requests_free(&l->set);
        free(l);
        return done;
}
