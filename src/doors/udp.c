/* SPDX-License-Identifier: Apache-2.0 */
#include "doors/worker.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>

/*
 * Datagrams, a batch at a time: receive up to 64, look them up together, send all the
 * answers with one call. Nothing is allocated on this path unless a request comes in
 * parts or has to leave the worker.
 */

#define DATAGRAM_MAX 8192u                 /* more than any request that fits no fragment needs */
#define SLOT_SIZE    (DATAGRAM_MAX + 192u) /* not a power of two: slots share no cache set */
#define SEND_MAX     128u
#define ROUNDS_MAX   16 /* full batches before TCP has its turn */
#define CONTROL_SIZE 64u
#define OVERHEAD_V4  28u /* bytes of IP and UDP around a datagram */
#define OVERHEAD_V6  48u

struct udp_io {
        struct mmsghdr in[BATCH_MAX];
        struct iovec in_at[BATCH_MAX];
        struct sockaddr_storage from[BATCH_MAX];
        _Alignas(struct cmsghdr) uint8_t control[BATCH_MAX][CONTROL_SIZE];
        struct mmsghdr out[SEND_MAX];
        struct iovec out_at[SEND_MAX][2];
        uint8_t envelope[SEND_MAX][ENVELOPE_SIZE];
        uint32_t out_count;
        struct ansa_bytes messages[BATCH_MAX]; /* whole ones of the batch */
        uint32_t message_from[BATCH_MAX];      /* and which datagram each is */
        size_t reply_size;                     /* of worker.reply, used by waiting packets */
        /* the local address that tasks' answers leave from */
        struct sockaddr_storage to;
        _Alignas(struct cmsghdr) uint8_t to_control[CONTROL_SIZE];
        uint8_t *slots; /* BATCH_MAX times SLOT_SIZE */
};

enum ansa_err udp_new(struct udp_io **io)
{
        *io = calloc(1, sizeof(**io));
        if (*io == NULL)
                return ANSA_E_NO_MEMORY;
        void *at = mmap(NULL, BATCH_MAX * SLOT_SIZE, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (at == MAP_FAILED) {
                free(*io);
                *io = NULL;
                return ANSA_E_NO_MEMORY;
        }
        (*io)->slots = at;
        for (size_t i = 0; i < BATCH_MAX; i++) {
                (*io)->in_at[i] = (struct iovec){ (*io)->slots + i * SLOT_SIZE, DATAGRAM_MAX };
                (*io)->in[i].msg_hdr = (struct msghdr){ .msg_name = &(*io)->from[i],
                                                        .msg_iov = &(*io)->in_at[i],
                                                        .msg_iovlen = 1 };
        }
        return ANSA_OK;
}

void udp_free(struct udp_io *io)
{
        if (io == NULL)
                return;
        (void)munmap(io->slots, BATCH_MAX * SLOT_SIZE);
        free(io);
}

void udp_flush(struct worker *w, uint32_t door)
{
        struct udp_io *io = w->udp;
        uint32_t at = 0;
        uint32_t failed = 0;
        while (at < io->out_count) {
                int n = sendmmsg(w->udp_door[door].fd, io->out + at, io->out_count - at,
                                 MSG_DONTWAIT);
                if (n > 0) {
                        at += (uint32_t)n;
                        continue;
                }
                if (errno == EINTR)
                        continue;
                if (errno == EAGAIN) { /* the network is slower than we: datagrams get lost */
                        failed += io->out_count - at;
                        break;
                }
                failed++; /* this one cannot be sent; the others may */
                at++;
        }
        count_add(&w->counts.udp_sent, io->out_count - failed);
        count_add(&w->counts.udp_send_failed, failed);
        io->out_count = 0;
        io->reply_size = 0;
}

struct target {
        void *name;
        socklen_t name_size;
        void *control;
        size_t control_size;
};

static void push_packet(struct udp_io *io, const struct target *to, struct ansa_bytes head,
                        struct ansa_bytes data)
{
        uint32_t i = io->out_count++;
        ansa_assert(i < SEND_MAX);
        /* sendmsg does not write through iov_base; its type serves both ways */
        io->out_at[i][0] = (struct iovec){ (void *)(uintptr_t)head.at, head.size };
        io->out_at[i][1] = (struct iovec){ (void *)(uintptr_t)data.at, data.size };
        io->out[i].msg_hdr = (struct msghdr){ .msg_name = to->name,
                                              .msg_namelen = to->name_size,
                                              .msg_iov = io->out_at[i],
                                              .msg_iovlen = data.size > 0 ? 2 : 1,
                                              .msg_control = to->control,
                                              .msg_controllen = to->control_size };
}

/* Gather one message, in as many packets as it needs; @message stays put until the flush. */
static void push_message(struct worker *w, uint32_t door, const struct target *to,
                         struct ansa_bytes message)
{
        struct udp_io *io = w->udp;
        if (message.size <= LIMIT_UDP_PACKET_SIZE) {
                if (io->out_count == SEND_MAX)
                        udp_flush(w, door);
                push_packet(io, to, message, (struct ansa_bytes){ 0 });
                return;
        }
        uint32_t count = fragment_count((uint32_t)(message.size - ENVELOPE_SIZE));
        for (uint32_t i = 0; i < count; i++) {
                if (io->out_count == SEND_MAX)
                        udp_flush(w, door);
                struct ansa_bytes data;
                uint8_t *head = io->envelope[io->out_count];
                fragment_cut(message, i, false, head, &data);
                push_packet(io, to, (struct ansa_bytes){ head, ENVELOPE_SIZE }, data);
        }
}

static bool is_exempt(const struct worker *w, const struct peer *peer)
{
        for (uint32_t i = 0; i < w->limits.exempt_count; i++) {
                if (address_in_range(peer->address, &w->limits.exempt[i]))
                        return true;
        }
        return false;
}

static bool may_answer(struct worker *w, const struct peer *peer, uint32_t in, size_t out)
{
        uint32_t overhead = address_is_ipv4(peer->address) ? OVERHEAD_V4 : OVERHEAD_V6;
        uint32_t packets = 1;
        if (out > LIMIT_UDP_PACKET_SIZE)
                packets = fragment_count((uint32_t)(out - ENVELOPE_SIZE));
        uint32_t all = (uint32_t)out + packets * overhead + (packets - 1) * ENVELOPE_SIZE;
        if (!is_exempt(w, peer) && !budget_spend(w->budget, address_network(peer->address),
                                                 in + overhead, all, w->now_ms)) {
                count_add(&w->counts.udp_over_budget, 1);
                worker_refused(w, REFUSAL_BUDGET, peer);
                return false;
        }
        count_add(&w->counts.udp_bytes_out, all - packets * overhead);
        return true;
}

/* Where datagram @i came from, kept for an answer that is made elsewhere. */
static void origin_of(const struct worker *w, uint32_t door, uint32_t i, struct udp_origin *o)
{
        struct udp_io *io = w->udp;
        *o = (struct udp_origin){ .from = io->from[i],
                                  .from_size = io->in[i].msg_hdr.msg_namelen,
                                  .door = door,
                                  .bytes_in = io->in[i].msg_len };
        if (io->in[i].msg_hdr.msg_controllen == 0)
                return;
        for (struct cmsghdr *c = CMSG_FIRSTHDR(&io->in[i].msg_hdr); c != NULL;
             c = CMSG_NXTHDR(&io->in[i].msg_hdr, c)) {
                if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
                        memcpy(&o->local4, CMSG_DATA(c), sizeof(o->local4));
                        o->has_local = true;
                } else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
                        memcpy(&o->local6, CMSG_DATA(c), sizeof(o->local6));
                        o->has_local = true;
                }
        }
}

/* The control data that makes an answer leave from the address that was asked. */
static size_t put_local(const struct udp_origin *o, uint8_t control[CONTROL_SIZE])
{
        if (!o->has_local)
                return 0;
        struct cmsghdr head = { 0 };
        if (o->from.ss_family == AF_INET) {
                struct in_pktinfo local = { .ipi_spec_dst = o->local4.ipi_addr };
                head.cmsg_level = IPPROTO_IP;
                head.cmsg_type = IP_PKTINFO;
                head.cmsg_len = CMSG_LEN(sizeof(local));
                memcpy(control + CMSG_LEN(0), &local, sizeof(local));
                memcpy(control, &head, sizeof(head));
                return CMSG_SPACE(sizeof(local));
        }
        struct in6_pktinfo local = o->local6;
        if (!IN6_IS_ADDR_LINKLOCAL(&local.ipi6_addr))
                local.ipi6_ifindex = 0; /* the way back may be another */
        head.cmsg_level = IPPROTO_IPV6;
        head.cmsg_type = IPV6_PKTINFO;
        head.cmsg_len = CMSG_LEN(sizeof(local));
        memcpy(control + CMSG_LEN(0), &local, sizeof(local));
        memcpy(control, &head, sizeof(head));
        return CMSG_SPACE(sizeof(local));
}

static struct peer peer_of(const struct worker *w, uint32_t door, uint32_t i)
{
        struct peer peer = { .transport = PEER_UDP,
                             .may_administer = w->udp_door[door].administers };
        address_from_socket(&w->udp->from[i], peer.address, &peer.port);
        return peer;
}

static void serve(struct worker *w, uint32_t door, uint32_t i, struct ansa_bytes message)
{
        struct udp_io *io = w->udp;
        struct peer peer = peer_of(w, door, i);
        if (REPLY_ROOM - io->reply_size < REPLY_ROOM_ONE)
                udp_flush(w, door);
        struct buf reply = buf_over(w->reply + io->reply_size, REPLY_ROOM - io->reply_size);
        struct write_job *job = NULL;
        enum identifier_outcome outcome =
                identifier_serve(w->service, &peer, message, &reply, NULL, &job);
        if (outcome == IDENTIFIER_SLOW || outcome == IDENTIFIER_WRITE) {
                struct udp_origin origin;
                origin_of(w, door, i, &origin);
                if (worker_hand_over(w, outcome, &peer, message, job, &origin, NULL, &reply))
                        return;
        }
        struct ansa_bytes answer = buf_written(&reply);
        if (answer.size < ENVELOPE_SIZE) {
                count_add(&w->counts.silent, 1);
                return;
        }
        if (!may_answer(w, &peer, io->in[i].msg_len, answer.size))
                return;
        count_add(&w->counts.answers, 1);
        struct target to = { &io->from[i], io->in[i].msg_hdr.msg_namelen, NULL, 0 };
        if (w->udp_door[door].wants_local) {
                struct udp_origin origin;
                origin_of(w, door, i, &origin);
                to.control_size = put_local(&origin, io->control[i]);
                to.control = to.control_size > 0 ? io->control[i] : NULL;
        }
        io->reply_size += answer.size;
        push_message(w, door, &to, answer);
}

/* A part of a request: put it to the others, and serve the whole when it was the last. */
static void take_fragment(struct worker *w, uint32_t door, uint32_t i, const struct envelope *e,
                          struct ansa_bytes data)
{
        struct peer peer = peer_of(w, door, i);
        struct reassembly_key key = { .port = peer.port, .request_id = e->request_id };
        memcpy(key.address, peer.address, sizeof(key.address));
        struct ansa_bytes whole;
        count_add(&w->counts.fragments_received, 1);
        switch (reassembly_add(w->reassembly, &key, e, data, w->now_ms, &whole)) {
        case REASSEMBLY_MORE:
                return;
        case REASSEMBLY_WHOLE:
                count_add(&w->counts.fragments_joined, 1);
                count_add(&w->counts.requests, 1);
                serve(w, door, i, whole);
                return;
        case REASSEMBLY_BAD:
        case REASSEMBLY_REFUSED:
                count_add(&w->counts.fragments_refused, 1);
                worker_refused(w, REFUSAL_FRAGMENTS, &peer);
                return;
        }
}

/* Sort the batch: whole messages to the list, parts to the table, the rest is nothing. */
static uint32_t sort_batch(struct worker *w, uint32_t door, uint32_t received)
{
        struct udp_io *io = w->udp;
        uint32_t count = 0;
        uint64_t size = 0;
        for (uint32_t i = 0; i < received; i++) {
                struct ansa_bytes data = { io->in_at[i].iov_base, io->in[i].msg_len };
                struct envelope e;
                size += data.size;
                if ((io->in[i].msg_hdr.msg_flags & MSG_TRUNC) != 0 || data.size < ENVELOPE_SIZE ||
                    envelope_decode(data, &e) != ANSA_OK) {
                        count_add(&w->counts.udp_malformed, 1);
                        continue;
                }
                struct ansa_bytes after = { data.at + ENVELOPE_SIZE, data.size - ENVELOPE_SIZE };
                enum fragment_style style = fragment_style_of(&e, after);
                if (style == FRAGMENT_OUTSIDE) {
                        count_add(&w->counts.udp_malformed, 1);
                        continue;
                }
                bool is_large = style == FRAGMENT_TOTAL && after.size < e.message_size;
                if (style == FRAGMENT_STRICT ||
                    (is_large && e.message_size <= LIMIT_MESSAGE_SIZE)) {
                        take_fragment(w, door, i, &e, after);
                        continue;
                }
                /* what is wrong with the others the service says */
                io->messages[count] = data;
                io->message_from[count] = i;
                count++;
        }
        count_add(&w->counts.udp_bytes_in, size);
        return count;
}

static uint32_t receive(struct worker *w, const struct udp_door *door)
{
        struct udp_io *io = w->udp;
        for (uint32_t i = 0; i < BATCH_MAX; i++) {
                struct msghdr *h = &io->in[i].msg_hdr;
                h->msg_namelen = sizeof(io->from[i]);
                h->msg_control = door->wants_local ? io->control[i] : NULL;
                h->msg_controllen = door->wants_local ? CONTROL_SIZE : 0;
        }
        int n = recvmmsg(door->fd, io->in, BATCH_MAX, MSG_DONTWAIT, NULL);
        return n > 0 ? (uint32_t)n : 0;
}

void udp_readable(struct worker *w, uint32_t door)
{
        struct udp_io *io = w->udp;
        uint64_t begun_us = latency_now_us();
        for (int round = 0; round < ROUNDS_MAX; round++) {
                uint32_t received = receive(w, &w->udp_door[door]);
                if (received == 0)
                        return;
                count_add(&w->counts.udp_received, received);
                identifier_batch_begin(w->service);
                uint32_t count = sort_batch(w, door, received);
                if (count > 1)
                        identifier_batch_hint(w->service, io->messages, count);
                for (uint32_t i = 0; i < count; i++)
                        serve(w, door, io->message_from[i], io->messages[i]);
                identifier_batch_end(w->service);
                count_add(&w->counts.requests, count);
                udp_flush(w, door);
                uint64_t now_us = latency_now_us();
                latency_add(&w->latency[DOORS_UDP][DOORS_DIRECT], now_us - begun_us, count);
                begun_us = now_us;
                if (received < BATCH_MAX)
                        return; /* the socket is empty, or nearly */
        }
}

void udp_deliver(struct worker *w, const struct udp_origin *origin, const struct peer *peer,
                 struct ansa_bytes reply)
{
        struct udp_io *io = w->udp;
        if (reply.size < ENVELOPE_SIZE || !may_answer(w, peer, origin->bytes_in, reply.size))
                return;
        ansa_assert(io->out_count == 0);
        io->to = origin->from;
        struct target to = { &io->to, origin->from_size, NULL, 0 };
        to.control_size = put_local(origin, io->to_control);
        to.control = to.control_size > 0 ? io->to_control : NULL;
        push_message(w, origin->door, &to, reply);
        udp_flush(w, origin->door);
}
