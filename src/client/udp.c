/* SPDX-License-Identifier: Apache-2.0 */
#include "client/udp.h"

#include <errno.h>
#include <sys/uio.h>
#include <unistd.h>

#define DATAGRAMS_PER_STEP 1024u /* then others get their turn */

static const uint32_t patience_ms[] = { 500, 1000, 1500 };
#define TRIES_MAX (sizeof(patience_ms) / sizeof(patience_ms[0]))

void udp_init(struct udp *u)
{
        *u = (struct udp){ .fd = -1, .joined = buf_growing(ENVELOPE_SIZE + LIMIT_MESSAGE_SIZE) };
}

void udp_fini(struct udp *u)
{
        if (u->fd >= 0)
                (void)close(u->fd);
        buf_fini(&u->joined);
        udp_init(u);
}

/* A full send queue is a lost datagram: the next try mends it. */
static enum ansa_err send_all(struct udp *u)
{
        uint32_t count = fragment_count((uint32_t)(u->request.size - ENVELOPE_SIZE));
        for (uint32_t i = 0; i < count; i++) {
                uint8_t envelope[ENVELOPE_SIZE];
                struct ansa_bytes data;
                fragment_cut(u->request, i, true, envelope, &data);
                uint8_t packet[LIMIT_UDP_PACKET_SIZE];
                ansa_assert(data.size <= LIMIT_FRAGMENT_SIZE);
                memcpy(packet, envelope, ENVELOPE_SIZE);
                memcpy(packet + ENVELOPE_SIZE, data.at, data.size);
                if (send(u->fd, packet, ENVELOPE_SIZE + data.size, MSG_NOSIGNAL) < 0 &&
                    errno != EAGAIN && errno != EINTR && errno != ENOBUFS)
                        return ANSA_E_NETWORK;
        }
        return ANSA_OK;
}

enum ansa_err udp_begin(struct udp *u, const struct endpoint *e, struct ansa_bytes request,
                        uint64_t now_ms)
{
        struct envelope envelope;
        ansa_assert(u->fd < 0 && request.size >= ENVELOPE_SIZE + HEADER_SIZE);
        enum ansa_err err = envelope_decode(request, &envelope);
        ansa_assert(err == ANSA_OK);
        err = endpoint_connect(e, &u->fd);
        if (err != ANSA_OK)
                return err;
        u->request = request;
        u->request_id = envelope.request_id;
        u->tries = 1;
        u->next_ms = now_ms + patience_ms[0];
        return send_all(u);
}

/* Room for the envelope and the whole message; joining begins anew. */
static enum ansa_err begin_set(struct udp *u, struct ansa_bytes packet, const struct envelope *e,
                               struct ansa_bytes data)
{
        enum fragment_style style = fragment_style_of(e, data);
        u->has_set = false;
        if (style == FRAGMENT_OUTSIDE || e->message_size == 0)
                return ANSA_E_MALFORMED;
        if (e->message_size > LIMIT_MESSAGE_SIZE)
                return ANSA_E_LIMIT;
        bool strict = style == FRAGMENT_STRICT;
        buf_reset(&u->joined);
        buf_bytes(&u->joined, (struct ansa_bytes){ packet.at, ENVELOPE_SIZE });
        uint8_t *at = buf_take(&u->joined, strict ? FRAGMENT_STRICT_ROOM : e->message_size);
        if (at == NULL)
                return u->joined.err;
        enum ansa_err err = ANSA_OK;
        if (strict)
                fragment_begin_strict(&u->set, e, at);
        else
                err = fragment_begin(&u->set, e, at);
        u->has_set = err == ANSA_OK;
        return err;
}

/* A strict sender's message has its size only when its end has come (irp-wire 3). */
static void trim(struct udp *u)
{
        uint8_t envelope[ENVELOPE_SIZE];
        struct buf b = buf_over(envelope, sizeof(envelope));
        envelope_encode(&u->set.envelope, &b);
        memcpy(u->joined.at, envelope, ENVELOPE_SIZE);
        u->joined.size = ENVELOPE_SIZE + (size_t)u->set.envelope.message_size;
        ansa_assert(u->joined.size <= u->joined.room);
}

/* ANSA_OK when @packet completed an answer. What does not fit the set begins a new one. */
static enum ansa_err take_packet(struct udp *u, struct ansa_bytes packet)
{
        struct envelope e;
        bool done = false;
        if (envelope_decode(packet, &e) != ANSA_OK || e.request_id != u->request_id)
                return ANSA_E_BUSY;
        struct ansa_bytes data = { packet.at + ENVELOPE_SIZE, packet.size - ENVELOPE_SIZE };
        enum ansa_err err = ANSA_E_MALFORMED;
        if (u->has_set)
                err = fragment_add(&u->set, &e, data, &done);
        if (err != ANSA_OK) {
                err = begin_set(u, packet, &e, data);
                if (err == ANSA_OK)
                        err = fragment_add(&u->set, &e, data, &done);
                if (err != ANSA_OK)
                        u->has_set = false;
        }
        if (err == ANSA_E_NO_MEMORY)
                return err;
        if (err != ANSA_OK || !done)
                return ANSA_E_BUSY;
        trim(u);
        return ANSA_OK;
}

enum ansa_err udp_step(struct udp *u, uint64_t now_ms, struct ansa_bytes *message)
{
        *message = (struct ansa_bytes){ 0 };
        for (unsigned n = 0; n < DATAGRAMS_PER_STEP; n++) {
                uint8_t packet[LIMIT_UDP_PACKET_SIZE];
                ssize_t size = recv(u->fd, packet, sizeof(packet), MSG_TRUNC);
                if (size < 0 && errno == EINTR)
                        continue;
                if (size < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
                        break;
                if (size < 0)
                        return ANSA_E_NETWORK; /* nobody listens there */
                if ((size_t)size > sizeof(packet))
                        continue; /* longer than the protocol allows */
                enum ansa_err err = take_packet(u, (struct ansa_bytes){ packet, (size_t)size });
                if (err == ANSA_E_NO_MEMORY)
                        return err;
                if (err == ANSA_OK) {
                        u->has_set = false;
                        *message = buf_written(&u->joined);
                        return ANSA_OK;
                }
        }
        if (now_ms < u->next_ms)
                return ANSA_E_BUSY;
        if (u->tries == TRIES_MAX)
                return ANSA_E_TIMEOUT;
        u->next_ms = now_ms + patience_ms[u->tries];
        u->tries++;
        enum ansa_err err = send_all(u);
        return err == ANSA_OK ? ANSA_E_BUSY : err;
}

void udp_waits(const struct udp *u, struct waits *w)
{
        waits_fd(w, u->fd, true, false);
        waits_until(w, u->next_ms);
}
