/* SPDX-License-Identifier: Apache-2.0 */
#include "doors/worker.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

/* What a connection does next. */

#define EVENTS_NONE      UINT32_MAX
#define ROUNDS_MAX       16       /* then the others have their turn */
#define LINGER_MS        2000u    /* for the peer to see our end before a reset could */
#define SWALLOW_MAX      1048576u /* bytes that come after the end */
#define TASK_PATIENCE_MS 1000u    /* when to look again at one that waits for us */

struct conn *conn_find(const struct worker *w, uint32_t slot, uint32_t generation)
{
        if (slot >= w->conn_top)
                return NULL;
        struct conn *c = w->conns[slot];
        return c != NULL && c->fd >= 0 && c->generation == generation ? c : NULL;
}

static struct conn *take_slot(struct worker *w)
{
        struct conn *c = w->free;
        if (c != NULL) {
                w->free = c->next;
                return c;
        }
        if (w->conn_top == w->conn_room)
                return NULL;
        c = calloc(1, sizeof(*c));
        if (c == NULL)
                return NULL;
        c->slot = w->conn_top;
        w->conns[w->conn_top++] = c;
        return c;
}

struct conn *conn_new(struct worker *w, int fd, const struct peer *peer, bool is_tls)
{
        struct conn *c = take_slot(w);
        if (c == NULL)
                return NULL;
        uint32_t slot = c->slot;
        *c = (struct conn){ .fd = fd,
                            .slot = slot,
                            .generation = ++w->generation,
                            .peer = *peer,
                            .phase = is_tls ? CONN_HANDSHAKE : CONN_SERVING,
                            .network = address_network(peer->address),
                            .events = EVENTS_NONE,
                            .since_ms = is_tls ? w->now_ms : 0 };
        if (is_tls) {
                lock_take(&w->doors->lock);
                c->tls = SSL_new(w->doors->tls);
                lock_give(&w->doors->lock);
                if (c->tls == NULL || SSL_set_fd(c->tls, fd) != 1) {
                        SSL_free(c->tls);
                        c->fd = -1;
                        c->next = w->free;
                        w->free = c;
                        return NULL;
                }
        }
        w->conn_count++;
        (void)crowd_join(w->doors->crowd, c->network);
        return c;
}

void conn_close(struct worker *w, struct conn *c)
{
        ansa_assert(c->fd >= 0 && w->conn_count > 0);
        wheel_unhang(&w->wheel, &c->timeout);
        stream_release(w, c);
        while (c->held != NULL) {
                struct task *t = c->held;
                c->held = t->next;
                task_free(t);
        }
        SSL_free(c->tls);
        c->tls = NULL;
        crowd_leave(w->doors->crowd, c->network);
        (void)close(c->fd); /* epoll forgets it too */
        c->fd = -1;
        w->conn_count--;
        if (!c->is_dirty) { /* else when the dirty list has been gone through */
                c->next = w->free;
                w->free = c;
        }
}

bool conn_is_idle(const struct conn *c)
{
        return c->fd >= 0 && c->tasks == 0 && c->more == NULL && c->out_at == c->out_size;
}

static bool watch(struct worker *w, struct conn *c, uint32_t events)
{
        if (c->events == events)
                return true;
        struct epoll_event ev = { .events = events,
                                  .data.u64 = watch_key(WATCH_CONN, c->slot, c->generation) };
        int op = c->events == EVENTS_NONE ? EPOLL_CTL_ADD : EPOLL_CTL_MOD;
        if (epoll_ctl(w->epoll_fd, op, c->fd, &ev) != 0)
                return false;
        c->events = events;
        return true;
}

/* Watch for @events until the time-out that fits its state; closes when that fails. */
static void rest(struct worker *w, struct conn *c, uint32_t events)
{
        if (!watch(w, c, events)) {
                conn_close(w, c);
                return;
        }
        const struct doors_limits *l = &w->limits;
        uint64_t due;
        if (c->phase == CONN_LINGERING)
                due = c->since_ms + LINGER_MS;
        else if (c->out_at < c->out_size)
                due = c->sent_ms + l->send_ms;
        else if (c->tasks > 0)
                due = w->now_ms + TASK_PATIENCE_MS;
        else if (c->since_ms != 0)
                due = c->since_ms + l->request_ms;
        else
                due = w->now_ms + l->idle_ms;
        if (c->timeout.link == NULL || due < c->timeout.due_ms)
                wheel_hang(&w->wheel, &c->timeout, due);
        else
                c->timeout.due_ms = due;
}

void conn_timed_out(struct worker *w, struct conn *c)
{
        if (c->out_at == c->out_size && c->tasks > 0) {
                wheel_hang(&w->wheel, &c->timeout, w->now_ms + TASK_PATIENCE_MS);
                return;
        }
        if (c->phase != CONN_LINGERING) {
                bool is_slow = c->out_at < c->out_size || c->since_ms != 0;
                count_add(is_slow ? &w->counts.tcp_slow_peers : &w->counts.tcp_timed_out, 1);
                if (is_slow)
                        worker_refused(w, REFUSAL_SLOW_PEER, &c->peer);
        }
        conn_close(w, c);
}

static enum stream_io receive(struct conn *c, uint8_t *at, size_t room, size_t *size)
{
        if (c->tls != NULL)
                return conn_tls_receive(c, at, room, size);
        *size = 0;
        for (;;) {
                ssize_t n = recv(c->fd, at, room, MSG_DONTWAIT);
                if (n > 0) {
                        *size = (size_t)n;
                        return STREAM_DONE;
                }
                if (n == 0)
                        return STREAM_END;
                if (errno != EINTR)
                        return errno == EAGAIN ? STREAM_AGAIN : STREAM_FAILED;
        }
}

/* Serve what is there: first what was kept, else straight from where it was read. */
static bool serve(struct worker *w, struct conn *c, struct ansa_bytes fresh)
{
        size_t served;
        if (c->in_size > 0) {
                if (!stream_keep(w, c, fresh))
                        return false;
                fresh = (struct ansa_bytes){ c->in, c->in_size };
                served = stream_serve(w, c, fresh);
                stream_forget(w, c, served);
        } else {
                served = stream_serve(w, c, fresh);
                fresh.at += served;
                fresh.size -= served;
                if (!stream_keep(w, c, fresh))
                        return false;
        }
        if (c->in_size == 0)
                c->since_ms = 0;
        else if (c->since_ms == 0 || served > 0)
                c->since_ms = w->now_ms;
        return true;
}

/* The source has shown that it can hear us. */
static void note_proof(struct worker *w, struct conn *c)
{
        if (c->has_served)
                return;
        c->has_served = true;
        proven_add(w->doors->proven, c->network,
                   (uint32_t)(w->now_ms / 1000) + w->limits.budget.proven_life_s);
}

/* All is said. Closing with octets unread would reset the connection and lose the answer. */
static void finish(struct worker *w, struct conn *c)
{
        bool may_come = !c->peer_done && c->phase == CONN_ENDING;
        if (c->tls != NULL && c->phase != CONN_HANDSHAKE)
                (void)SSL_shutdown(c->tls);
        if (!may_come) {
                conn_close(w, c);
                return;
        }
        (void)shutdown(c->fd, SHUT_WR);
        c->phase = CONN_LINGERING;
        c->since_ms = w->now_ms;
        c->swallowed = 0;
        stream_release(w, c);
        rest(w, c, EPOLLIN);
}

static void swallow(struct worker *w, struct conn *c)
{
        for (;;) {
                ssize_t n = recv(c->fd, w->scratch, STREAM_READ_SIZE, MSG_DONTWAIT);
                if (n > 0) {
                        c->swallowed += (size_t)n;
                        if (c->swallowed <= SWALLOW_MAX)
                                continue;
                } else if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
                        return;
                }
                conn_close(w, c);
                return;
        }
}

enum step { STEP_GO_ON, STEP_REST, STEP_GONE };

static enum step handshake(struct worker *w, struct conn *c)
{
        enum stream_io io = conn_tls_handshake(c);
        if (io == STREAM_DONE) {
                count_add(&w->counts.tls_handshakes, 1);
                c->phase = CONN_SERVING;
                c->since_ms = 0;
                return STEP_GO_ON;
        }
        if (io == STREAM_AGAIN) {
                rest(w, c, SSL_want_write(c->tls) ? EPOLLOUT : EPOLLIN);
                return STEP_REST;
        }
        count_add(&w->counts.tls_failed, 1);
        conn_close(w, c);
        return STEP_GONE;
}

/* Read once, when there is something to be read and the state allows it. */
static enum step read_some(struct worker *w, struct conn *c)
{
        size_t size = 0;
        size_t room = STREAM_READ_SIZE;
        enum stream_io io = receive(c, w->scratch, room, &size);
        if (io == STREAM_AGAIN) {
                rest(w, c, EPOLLIN);
                return STEP_REST;
        }
        if (io == STREAM_FAILED) {
                conn_close(w, c);
                return STEP_GONE;
        }
        if (io == STREAM_END) {
                c->peer_done = true;
                return STEP_GO_ON;
        }
        note_proof(w, c);
        if (!serve(w, c, (struct ansa_bytes){ w->scratch, size })) {
                count_add(&w->counts.tcp_out_of_memory, 1);
                worker_refused(w, REFUSAL_BUFFERS, &c->peer);
                conn_close(w, c);
                return STEP_GONE;
        }
        /* a short read of a plain socket took all: wait rather than ask again */
        if (size < room && c->tls == NULL && c->keeps && stream_may_serve(w, c) && c->tasks == 0 &&
            !w->is_stopping) {
                rest(w, c, EPOLLIN);
                return STEP_REST;
        }
        return STEP_GO_ON;
}

/* Nothing is under way and nothing more is expected of it. */
static bool is_over(const struct worker *w, const struct conn *c)
{
        if (!conn_is_idle(c))
                return false;
        if (c->phase == CONN_ENDING)
                return true;
        if (c->peer_done) /* what is left can never become whole */
                return true;
        return c->in_size == 0 && ((c->has_served && !c->keeps) || w->is_stopping);
}

static enum step step(struct worker *w, struct conn *c)
{
        if (c->phase == CONN_HANDSHAKE)
                return handshake(w, c);
        if (!stream_flush(w, c)) {
                conn_close(w, c);
                return STEP_GONE;
        }
        if (c->out_at < c->out_size) {
                rest(w, c, EPOLLOUT);
                return STEP_REST;
        }
        if (c->more != NULL && c->phase == CONN_SERVING) {
                stream_continue(w, c);
                return STEP_GO_ON;
        }
        if (c->in_size > 0 && stream_may_serve(w, c)) {
                size_t before = c->in_size;
                (void)serve(w, c, (struct ansa_bytes){ 0 });
                if (c->in_size != before)
                        return STEP_GO_ON;
        }
        if (is_over(w, c)) {
                finish(w, c);
                return STEP_GONE;
        }
        if (c->peer_done || !stream_may_serve(w, c)) { /* a task will be back */
                rest(w, c, 0);
                return STEP_REST;
        }
        return read_some(w, c);
}

void conn_drive(struct worker *w, struct conn *c)
{
        for (int round = 0; round < ROUNDS_MAX; round++) {
                if (step(w, c) != STEP_GO_ON)
                        return;
        }
        rest(w, c, EPOLLIN | EPOLLOUT); /* it has more to do: come back after the others */
}

void conn_event(struct worker *w, struct conn *c, uint32_t events)
{
        if (c->phase == CONN_LINGERING) {
                swallow(w, c);
                return;
        }
        if ((events & EPOLLERR) != 0 || ((events & EPOLLHUP) != 0 && (events & EPOLLIN) == 0)) {
                conn_close(w, c);
                return;
        }
        conn_drive(w, c);
}

/* Queue the answer of @t, which is freed. False: the connection is lost. */
static bool answer(struct worker *w, struct conn *c, struct task *t, struct ansa_bytes reply)
{
        bool ok = stream_queue(w, c, reply);
        if (t->more != NULL && t->more->more && c->more == NULL) {
                c->more = t->more;
                t->more = NULL;
        }
        ansa_assert(c->tasks > 0);
        c->tasks--;
        c->task_due++;
        task_free(t);
        return ok;
}

/* One that was done before an earlier one waits: answers go out in the order of the requests. */
static struct task *take_held(struct conn *c)
{
        for (struct task **at = &c->held; *at != NULL; at = &(*at)->next) {
                if ((*at)->order == c->task_due) {
                        struct task *t = *at;
                        *at = t->next;
                        return t;
                }
        }
        return NULL;
}

void conn_deliver(struct worker *w, struct task *t, struct ansa_bytes reply)
{
        struct conn *c = conn_find(w, t->slot, t->generation);
        if (c == NULL) { /* gone; what was done is done */
                task_free(t);
                return;
        }
        if (t->order != c->task_due) {
                if (t->reply.at == NULL)
                        task_set_reply(t, reply);
                t->next = c->held;
                c->held = t;
                return;
        }
        bool ok = answer(w, c, t, reply);
        while (ok && (t = take_held(c)) != NULL)
                ok = answer(w, c, t, t->reply);
        if (!ok) {
                conn_close(w, c);
                return;
        }
        if (c->tasks == 0)
                c->waits = false;
        if (!c->is_dirty) {
                c->is_dirty = true;
                c->next = w->dirty;
                w->dirty = c;
        }
}
