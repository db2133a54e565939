/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log.h"
#include "doors/worker.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

/* Taking connections, and whom to turn away when there are too many. */

#define ACCEPT_ROUND    64u  /* connections taken before the others have their turn */
#define SAMPLES         8u   /* connections looked at for one to close */
#define OUT_OF_FILES_MS 100u /* a rest when the system gives no more descriptors */

static void watch_doors(struct worker *w, uint32_t events)
{
        for (uint32_t i = 0; i < w->stream_doors; i++) {
                struct epoll_event ev = { .events = events,
                                          .data.u64 = watch_key(WATCH_STREAM_DOOR, i, 0) };
                (void)epoll_ctl(w->epoll_fd, EPOLL_CTL_MOD, w->stream_door[i].fd, &ev);
        }
}

static void pause_until(struct worker *w, uint64_t until_ms)
{
        w->accept_ms = until_ms;
        watch_doors(w, 0);
}

void accept_resume(struct worker *w)
{
        w->accept_ms = 0;
        watch_doors(w, EPOLLIN);
}

void accept_stop(struct worker *w)
{
        for (uint32_t i = 0; i < w->stream_doors; i++)
                (void)close(w->stream_door[i].fd);
        w->stream_doors = 0;
        w->accept_ms = 0;
}

/*
 * Room for a newcomer: of some idle connections, the one whose network has the most goes,
 * if that network has more than the newcomer's. So a network that takes all it can get
 * loses them again one by one, and others come in.
 */
static bool evict_for(struct worker *w, uint64_t network)
{
        struct conn *victim = NULL;
        uint32_t most = crowd_count(w->doors->crowd, network);
        for (uint32_t i = 0; i < SAMPLES && w->conn_top > 0; i++) {
                w->sample = (w->sample + 1) % w->conn_top;
                struct conn *c = w->conns[w->sample];
                if (!conn_is_idle(c) || c->is_dirty)
                        continue;
                uint32_t count = crowd_count(w->doors->crowd, c->network);
                if (count > most + 1) {
                        most = count;
                        victim = c;
                }
        }
        if (victim == NULL)
                return false;
        count_add(&w->counts.tcp_evicted, 1);
        conn_close(w, victim);
        return true;
}

/* Say "too busy" to whoever has sent a request already, and close. */
static void turn_away(struct worker *w, int fd, const struct peer *peer, bool is_tls,
                      enum refusal why)
{
        count_add(&w->counts.tcp_refused, 1);
        worker_refused(w, why, peer);
        ssize_t n = is_tls ? 0 : recv(fd, w->scratch, STREAM_READ_SIZE, MSG_DONTWAIT);
        if (n >= (ssize_t)(ENVELOPE_SIZE + HEADER_SIZE)) {
                struct buf reply = buf_over(w->reply, REPLY_ROOM);
                identifier_refuse(w->doors->service, (struct ansa_bytes){ w->scratch, (size_t)n },
                                  RC_BUSY, "too many connections", &reply);
                struct ansa_bytes bytes = buf_written(&reply);
                (void)send(fd, bytes.at, bytes.size, MSG_NOSIGNAL | MSG_DONTWAIT);
        }
        (void)close(fd);
}

static bool is_admitted(struct worker *w, uint64_t network, enum refusal *why)
{
        struct crowd *crowd = w->doors->crowd;
        *why = REFUSAL_NETWORK;
        if (crowd_count(crowd, network) >= w->limits.connections_network_max)
                return false;
        *why = REFUSAL_CONNECTIONS;
        bool is_full = w->conn_count >= w->conn_room ||
                       atomic_load_explicit(&crowd->all, memory_order_relaxed) >=
                               w->limits.connections_max;
        return !is_full || evict_for(w, network);
}

static void welcome(struct worker *w, const struct stream_door *door, int fd,
                    const struct sockaddr_storage *from)
{
        struct peer peer = { .transport = door->is_tls ? PEER_TLS : PEER_TCP,
                             .may_administer = door->administers };
        address_from_socket(from, peer.address, &peer.port);
        enum refusal why;
        if (!is_admitted(w, address_network(peer.address), &why)) {
                turn_away(w, fd, &peer, door->is_tls, why);
                return;
        }
        struct conn *c = conn_new(w, fd, &peer, door->is_tls);
        if (c == NULL) {
                turn_away(w, fd, &peer, door->is_tls, REFUSAL_BUFFERS);
                return;
        }
        count_add(&w->counts.tcp_accepted, 1);
        conn_drive(w, c);
}

void accept_ready(struct worker *w, uint32_t door)
{
        for (uint32_t i = 0; i < ACCEPT_ROUND && door < w->stream_doors; i++) {
                struct sockaddr_storage from;
                socklen_t size = sizeof(from);
                int fd = accept4(w->stream_door[door].fd, (struct sockaddr *)&from, &size,
                                 SOCK_NONBLOCK | SOCK_CLOEXEC);
                if (fd >= 0) {
                        welcome(w, &w->stream_door[door], fd, &from);
                        continue;
                }
                if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
                        /* the listening socket stays readable: do not spin on it */
                        log_warn("accept", "error=%d detail=\"no descriptors or memory\"", errno);
                        pause_until(w, w->now_ms + OUT_OF_FILES_MS);
                        return;
                }
                if (errno == EAGAIN)
                        return;
                /* others are errors of the connection that went away */
        }
}
