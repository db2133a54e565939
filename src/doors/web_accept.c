/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log.h"
#include "doors/web.h"

#include <errno.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

/*
 * The thread that takes connections and gives them to MHD, turns away who is too much, and
 * looks after those that take too long.
 */

#define ACCEPT_ROUND    64u
#define SAMPLES         8u
#define OUT_OF_FILES_MS 100u
#define SWEEP_MS        500
#define LINGER_LOOK_MS  100
#define DRAIN_LOOK_MS   10
#define WAKE            UINT32_MAX

static void tell_refused(struct web *web, const char *reason, const struct peer *peer,
                         uint64_t now_ms)
{
        char from[ADDRESS_TEXT_SIZE];
        count_add(&web->counts.http_refused, 1);
        web->refusal_untold++;
        if (web->refusal_told_s == now_ms / 1000)
                return;
        web->refusal_told_s = now_ms / 1000;
        log_warn("refused", "reason=%s from=%s count=%llu", reason,
                 address_format(peer->address, peer->port, from),
                 (unsigned long long)web->refusal_untold);
        web->refusal_untold = 0;
}

/* Plain HTTP is told to come again; for TLS that would cost more than it is worth. */
static void turn_away(struct web *web, int fd, bool is_tls)
{
        if (!is_tls) {
                char text[512];
                size_t size = web_refusal(MHD_HTTP_SERVICE_UNAVAILABLE, "too many connections",
                                          text, sizeof(text));
                (void)send(fd, text, size, MSG_NOSIGNAL | MSG_DONTWAIT);
                web_linger(web, fd);
        }
        (void)close(fd);
}

/* As in accept.c: of some idle ones, one of the network that has the most makes room. */
static bool evict_for(struct web *web, uint64_t network)
{
        struct web_conn *victim = NULL;
        uint32_t most = crowd_count(web->crowd, network);
        lock_take(&web->lock);
        for (uint32_t i = 0; i < SAMPLES && web->fd_top > 0; i++) {
                struct web_conn *c = NULL;
                for (int tries = 0; c == NULL && tries < 64; tries++) {
                        web->victim_fd = (web->victim_fd + 1) % web->fd_top;
                        c = web->by_fd[web->victim_fd];
                }
                if (c == NULL || !c->is_known || c->is_evicted ||
                    atomic_load_explicit(&c->phase, memory_order_acquire) != WEB_IDLE)
                        continue;
                uint32_t count = crowd_count(web->crowd, c->network);
                if (count > most + 1) {
                        most = count;
                        victim = c;
                }
        }
        if (victim != NULL) {
                victim->is_evicted = true;
                (void)shutdown(victim->fd, SHUT_RDWR);
                count_add(&web->counts.http_evicted, 1);
        }
        lock_give(&web->lock);
        return victim != NULL;
}

static const char *why_not(struct web *web, uint64_t network)
{
        const struct doors_web_limits *l = web_limits(web);
        if (crowd_count(web->crowd, network) >= l->connections_network_max)
                return "http-connections-of-network";
        bool is_full =
                atomic_load_explicit(&web->crowd->all, memory_order_relaxed) >= l->connections_max;
        return !is_full || evict_for(web, network) ? NULL : "http-connections";
}

static void welcome(struct web *web, bool is_tls, int fd, const struct sockaddr_storage *from,
                    socklen_t from_size, uint64_t now_ms)
{
        struct peer peer = { .transport = is_tls ? PEER_HTTPS : PEER_HTTP, .may_administer = true };
        address_from_socket(from, peer.address, &peer.port);
        const char *why = why_not(web, address_network(peer.address));
        struct web_conn *c = why == NULL ? web_conn_new(web, fd, is_tls, &peer) : NULL;
        if (c == NULL) {
                tell_refused(web, why != NULL ? why : "http-connections", &peer, now_ms);
                turn_away(web, fd, is_tls);
                return;
        }
        count_add(&web->counts.http_accepted, 1);
        if (MHD_add_connection(web->daemon[is_tls], fd, (const struct sockaddr *)from, from_size) !=
            MHD_YES) {
                web_conn_free(c); /* MHD has closed the descriptor */
                tell_refused(web, "http-connections", &peer, now_ms);
        }
}

static void accept_some(struct web *web, const struct web_listener *l, uint64_t now_ms)
{
        for (uint32_t i = 0; i < ACCEPT_ROUND; i++) {
                struct sockaddr_storage from;
                socklen_t size = sizeof(from);
                int fd = accept4(l->fd, (struct sockaddr *)&from, &size,
                                 SOCK_NONBLOCK | SOCK_CLOEXEC);
                if (fd >= 0) {
                        welcome(web, l->is_tls, fd, &from, size, now_ms);
                        continue;
                }
                if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
                        log_warn("accept", "error=%d detail=\"no descriptors or memory\"", errno);
                        web->accept_ms = now_ms;
                        return;
                }
                if (errno == EAGAIN)
                        return;
        }
}

static bool watch(struct web *web, int fd, uint32_t number)
{
        struct epoll_event ev = { .events = EPOLLIN, .data.u32 = number };
        return epoll_ctl(web->epoll_fd, EPOLL_CTL_ADD, fd, &ev) == 0;
}

static bool watch_all(struct web *web)
{
        web->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
        bool ok = web->epoll_fd >= 0 && watch(web, web->wake_fd, WAKE);
        for (size_t i = 0; ok && i < web->listen_count; i++)
                ok = watch(web, web->listener[i].fd, (uint32_t)i);
        return ok;
}

/* Nobody new; whoever is idle goes, the others when their response is out. */
static void drain(struct web *web)
{
        for (size_t i = 0; i < web->listen_count; i++) {
                (void)close(web->listener[i].fd);
                web->listener[i].fd = -1;
        }
        lock_take(&web->doors->lock);
        uint32_t patience_ms = web->doors->limits.drain_ms;
        lock_give(&web->doors->lock);
        uint64_t end_ms = web->env->steady_ms(web->env) + patience_ms;
        while (web_end_idle(web) > 0) {
                uint64_t now_ms = web->env->steady_ms(web->env);
                if (now_ms >= end_ms)
                        return;
                web_sweep_lingering(web, now_ms);
                struct timespec wait = { .tv_nsec = DRAIN_LOOK_MS * 1000000L };
                (void)nanosleep(&wait, NULL);
        }
}

static bool has_lingering(struct web *web)
{
        lock_take(&web->lock);
        bool has = web->linger_count > 0;
        lock_give(&web->lock);
        return has;
}

void *web_accept_run(void *arg)
{
        struct web *web = arg;
        struct epoll_event events[DOORS_WEB_MAX + 1];
        uint64_t sweep_ms = 0;
        if (!watch_all(web)) {
                log_error("accept", "error=%d detail=\"HTTP is not served\"", errno);
                return NULL;
        }
        while (!atomic_load(&web->draining)) {
                int n = 0;
                if (web->accept_ms != 0) { /* the sockets stay readable: do not spin on them */
                        struct timespec wait = { .tv_nsec = OUT_OF_FILES_MS * 1000000L };
                        (void)nanosleep(&wait, NULL);
                        web->accept_ms = 0;
                } else {
                        n = epoll_wait(web->epoll_fd, events, DOORS_WEB_MAX + 1,
                                       has_lingering(web) ? LINGER_LOOK_MS : SWEEP_MS);
                }
                uint64_t now_ms = web->env->steady_ms(web->env);
                for (int i = 0; i < n; i++) {
                        if (events[i].data.u32 < web->listen_count)
                                accept_some(web, &web->listener[events[i].data.u32], now_ms);
                }
                web_sweep_lingering(web, now_ms);
                if (now_ms >= sweep_ms) {
                        web_sweep(web, now_ms);
                        web_tls_retire(web, now_ms);
                        sweep_ms = now_ms + SWEEP_MS;
                }
        }
        drain(web);
        return NULL;
}
