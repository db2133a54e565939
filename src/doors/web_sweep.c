/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log.h"
#include "doors/web.h"

#include <errno.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

/*
 * Whoever takes too long must go. The sweeper only shuts sockets down; MHD then finds the
 * end of the connection and closes it. A descriptor in the table is open as long as the
 * lock is held.
 */

#define BODY_RATE_MIN 4u      /* octets a millisecond at which a body must come, */
#define SEND_RATE_MIN 1u      /* and a response be taken, where there is more of it */
#define SWALLOW_MAX   262144u /* octets after the end */
#define HEAD_LATE_MS  1000u   /* after the last response, when octets belong to another head */

static bool tcp_state(int fd, struct tcp_info *info)
{
        socklen_t size = sizeof(*info);
        *info = (struct tcp_info){ 0 };
        return getsockopt(fd, IPPROTO_TCP, TCP_INFO, info, &size) == 0;
}

/* Tell it why, if nothing else can be on its way, and end it. */
static void end(struct web *web, struct web_conn *c, bool is_slow)
{
        if (is_slow)
                count_add(&web->counts.http_slow_peers, 1);
        else
                count_add(&web->counts.http_timed_out, 1);
        enum web_phase phase =
                (enum web_phase)atomic_load_explicit(&c->phase, memory_order_acquire);
        if (is_slow && !c->is_tls && phase != WEB_SENDING) {
                char text[512];
                size_t size =
                        web_refusal(MHD_HTTP_REQUEST_TIMEOUT, "the request took too long to arrive",
                                    text, sizeof(text));
                (void)send(c->fd, text, size, MSG_NOSIGNAL | MSG_DONTWAIT);
        }
        (void)shutdown(c->fd, SHUT_RDWR);
}

/* Idle for long: octets that came since the last response are the beginning of a head. */
static void look_for_head(struct web *web, struct web_conn *c, uint64_t age_ms, uint64_t now_ms)
{
        struct tcp_info info;
        if (!tcp_state(c->fd, &info))
                return;
        bool is_first = !atomic_load_explicit(&c->has_asked, memory_order_relaxed);
        bool has_some = is_first ? info.tcpi_bytes_received > 0
                                 : info.tcpi_last_data_recv + HEAD_LATE_MS < age_ms;
        if (!has_some)
                return;
        if (c->head_ms == 0)
                c->head_ms = now_ms - (is_first ? age_ms : info.tcpi_last_data_recv);
        if (now_ms - c->head_ms >= web_limits(web)->request_ms)
                end(web, c, true);
}

/* Begin to count anew when this is another request than before. */
static bool is_same_request(struct web_conn *c, uint64_t mark, uint64_t mark_ms)
{
        uint64_t begun_us = atomic_load_explicit(&c->begun_us, memory_order_relaxed);
        if (c->mark_of == begun_us)
                return true;
        c->mark_of = begun_us;
        c->mark = mark;
        c->mark_ms = mark_ms;
        return false;
}

/*
 * A response that is going out for long: in each span of time the client must take some of it,
 * and more than a drop, or it would hold for ever what the response is made from. When it has
 * taken all that there was it waits for us.
 */
static void look_for_taking(struct web *web, struct web_conn *c, uint64_t now_ms)
{
        struct tcp_info info;
        uint64_t span_ms = web_limits(web)->send_ms;
        if (!tcp_state(c->fd, &info))
                return;
        bool waits_for_us = info.tcpi_unacked == 0 && info.tcpi_notsent_bytes == 0;
        if (!is_same_request(c, info.tcpi_bytes_acked, now_ms))
                return;
        if (!waits_for_us && now_ms - c->mark_ms < span_ms)
                return;
        if (!waits_for_us && info.tcpi_bytes_acked - c->mark < SEND_RATE_MIN * span_ms)
                end(web, c, true);
        c->mark = info.tcpi_bytes_acked;
        c->mark_ms = now_ms;
}

/* The same for a body. Only the time counts in which we were waiting for it. */
static void look_for_sending(struct web *web, struct web_conn *c, uint64_t passed_ms)
{
        uint64_t span_ms = web_limits(web)->request_ms;
        uint64_t received = atomic_load_explicit(&c->received, memory_order_relaxed);
        (void)is_same_request(c, 0, 0);
        c->mark_ms += passed_ms;
        if (c->mark_ms < span_ms)
                return;
        if (received - c->mark < BODY_RATE_MIN * c->mark_ms)
                end(web, c, true);
        c->mark = received;
        c->mark_ms = 0;
}

static void look_at(struct web *web, struct web_conn *c, uint64_t now_ms, uint64_t passed_ms)
{
        const struct doors_web_limits *l = web_limits(web);
        uint64_t since_us = atomic_load_explicit(&c->since_us, memory_order_relaxed);
        uint64_t since_ms = since_us / 1000;
        uint64_t age_ms = now_ms > since_ms ? now_ms - since_ms : 0;
        switch ((enum web_phase)atomic_load_explicit(&c->phase, memory_order_acquire)) {
        case WEB_IDLE:
                if (age_ms < l->request_ms)
                        c->head_ms = 0;
                else if (age_ms >= l->idle_ms)
                        end(web, c, false);
                else
                        look_for_head(web, c, age_ms, now_ms);
                return;
        case WEB_HEAD:
                if (age_ms >= l->request_ms)
                        end(web, c, true);
                return;
        case WEB_BODY:
                look_for_sending(web, c, passed_ms);
                return;
        case WEB_AWAY: /* it waits for us */
                return;
        case WEB_SENDING:
                since_ms = atomic_load_explicit(&c->begun_us, memory_order_relaxed) / 1000;
                if (now_ms >= since_ms + l->send_ms / 2) /* most are out long before */
                        look_for_taking(web, c, now_ms);
                return;
        }
}

void web_sweep(struct web *web, uint64_t now_ms)
{
        uint64_t passed_ms = web->swept_ms != 0 ? now_ms - web->swept_ms : 0;
        web->swept_ms = now_ms;
        lock_take(&web->lock);
        for (int fd = 0; fd < web->fd_top; fd++) {
                struct web_conn *c = web->by_fd[fd];
                if (c != NULL && c->is_known)
                        look_at(web, c, now_ms, passed_ms);
        }
        lock_give(&web->lock);
}

size_t web_end_idle(struct web *web)
{
        size_t busy = 0;
        lock_take(&web->lock);
        for (int fd = 0; fd < web->fd_top; fd++) {
                struct web_conn *c = web->by_fd[fd];
                if (c == NULL)
                        continue;
                busy++;
                if (c->is_known &&
                    atomic_load_explicit(&c->phase, memory_order_acquire) == WEB_IDLE)
                        (void)shutdown(fd, SHUT_RD);
        }
        lock_give(&web->lock);
        return busy;
}

/* True when it has ended, or has had its time. */
static bool swallow(struct web_linger *l, uint64_t now_ms)
{
        uint8_t octets[4096];
        for (;;) {
                ssize_t n = recv(l->fd, octets, sizeof(octets), MSG_DONTWAIT);
                if (n > 0) {
                        l->swallowed += (uint32_t)n;
                        if (l->swallowed <= SWALLOW_MAX)
                                continue;
                        return true;
                }
                bool waits = n < 0 && (errno == EAGAIN || errno == EINTR);
                return !waits || now_ms >= l->until_ms;
        }
}

void web_sweep_lingering(struct web *web, uint64_t now_ms)
{
        lock_take(&web->lock);
        for (size_t i = 0; i < web->linger_count;) {
                if (!swallow(&web->linger[i], now_ms)) {
                        i++;
                        continue;
                }
                (void)close(web->linger[i].fd);
                web->linger[i] = web->linger[--web->linger_count];
        }
        lock_give(&web->lock);
}
