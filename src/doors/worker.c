/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log.h"
#include "doors/web.h"
#include "doors/worker.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <unistd.h>

/* The event loop of one worker. */

#define EVENTS_ROUND         128
#define WAIT_MS_MAX          1000 /* the once-a-second work */

#define FRAGMENT_SETS        256u
#define FRAGMENT_SETS_SOURCE 32u
#define FRAGMENT_SIZE_MAX    8388608u /* bytes of all */
#define FRAGMENT_LIFE_MS     5000u    /* irp-wire 3 */

static const char *const refusal_text[REFUSAL_COUNT] = {
        [REFUSAL_BUDGET] = "udp-budget",       [REFUSAL_FRAGMENTS] = "fragments",
        [REFUSAL_CONNECTIONS] = "connections", [REFUSAL_NETWORK] = "connections-of-network",
        [REFUSAL_SLOW_PEER] = "slow-peer",     [REFUSAL_MALFORMED] = "malformed",
        [REFUSAL_BUFFERS] = "buffers",         [REFUSAL_SLOW_LANE] = "slow-lane-full",
        [REFUSAL_WRITER] = "writer-full",
};

void worker_refused(struct worker *w, enum refusal kind, const struct peer *peer)
{
        w->refusal_untold[kind]++;
        uint64_t now_s = w->now_ms / 1000;
        if (w->refusal_told_s[kind] == now_s)
                return;
        w->refusal_told_s[kind] = now_s;
        char from[ADDRESS_TEXT_SIZE];
        log_warn("refused", "reason=%s from=%s count=%llu", refusal_text[kind],
                 address_format(peer->address, peer->port, from),
                 (unsigned long long)w->refusal_untold[kind]);
        w->refusal_untold[kind] = 0;
}

bool worker_to_slow(struct worker *w, struct task *t)
{
        if (!lanes_put(&w->doors->slow, t)) {
                count_add(&w->counts.slow_refused, 1);
                return false;
        }
        count_add(&w->counts.slow, 1);
        w->tasks_out++;
        return true;
}

bool worker_to_writer(struct worker *w, struct task *t)
{
        if (!queue_put(&w->doors->writes, t)) {
                count_add(&w->counts.writes_refused, 1);
                return false;
        }
        count_add(&w->counts.writes, 1);
        w->tasks_out++;
        return true;
}

/* A change that the writer cannot take: its answer may have to be signed, in the slow lane. */
static bool refuse_write(struct worker *w, struct task *t, struct buf *reply)
{
        worker_refused(w, REFUSAL_WRITER, &t->peer);
        if (!identifier_job_is_slow(t->job))
                identifier_job_reply(w->service, t->job, RC_BUSY, reply);
        task_free(t); /* a signed "too busy" is not worth the slow lane's time */
        return false;
}

bool worker_hand_over(struct worker *w, enum identifier_outcome outcome, const struct peer *peer,
                      struct ansa_bytes message, struct write_job *job,
                      const struct udp_origin *udp, const struct conn *conn, struct buf *reply)
{
        bool is_write = outcome == IDENTIFIER_WRITE;
        struct ansa_bytes kept = message;
        if (is_write)
                kept.size = 0; /* the job has its own copy */
        struct task *t = task_new(is_write ? TASK_WRITE : TASK_SERVE, w, peer, kept);
        if (t == NULL) {
                if (is_write)
                        identifier_job_free(job);
                identifier_refuse(w->doors->service, message, RC_BUSY, "out of memory", reply);
                return false;
        }
        t->is_udp = udp != NULL;
        if (udp != NULL)
                t->udp = *udp;
        if (conn != NULL) {
                t->slot = conn->slot;
                t->generation = conn->generation;
                t->order = conn->task_next;
        }
        if (is_write) {
                t->job = job;
                t->size += identifier_job_size(job);
                return worker_to_writer(w, t) || refuse_write(w, t, reply);
        }
        if (worker_to_slow(w, t))
                return true;
        worker_refused(w, REFUSAL_SLOW_LANE, peer);
        task_free(t);
        identifier_refuse(w->doors->service, message, RC_BUSY, "too busy", reply);
        return false;
}

void task_give_back(struct task *t)
{
        if (t->call != NULL)
                web_call_done(t);
        else
                mailbox_send(&t->owner->mailbox, t);
}

/* One that comes back: its answer is made here when nobody has made it. */
static void deliver(struct worker *w, struct task *t)
{
        enum doors_way way = t->job != NULL ? DOORS_WRITE : t->was_slow ? DOORS_SLOW : DOORS_DIRECT;
        latency_add(&w->latency[door_of(&t->peer)][way], latency_now_us() - t->begun_us, 1);
        struct ansa_bytes bytes = t->reply;
        if (t->kind == TASK_WRITE && t->reply.size == 0) {
                struct buf reply = buf_over(w->reply, REPLY_ROOM_ONE);
                identifier_job_reply(w->service, t->job, 0, &reply);
                bytes = buf_written(&reply);
        }
        if (bytes.size > 0)
                count_add(&w->counts.answers, 1);
        else
                count_add(&w->counts.silent, 1);
        ansa_assert(w->tasks_out > 0);
        w->tasks_out--;
        if (t->is_udp) {
                udp_deliver(w, &t->udp, &t->peer, bytes);
                task_free(t);
        } else {
                conn_deliver(w, t, bytes);
        }
}

static void drive_dirty(struct worker *w)
{
        while (w->dirty != NULL) {
                struct conn *c = w->dirty;
                w->dirty = c->next;
                c->is_dirty = false;
                if (c->fd >= 0) {
                        conn_drive(w, c);
                } else {
                        c->next = w->free;
                        w->free = c;
                }
        }
}

static void take_mail(struct worker *w)
{
        struct task *t = mailbox_take(&w->mailbox);
        while (t != NULL) {
                struct task *next = t->next;
                deliver(w, t);
                t = next;
        }
        for (uint32_t i = 0; i < w->udp_doors; i++)
                udp_flush(w, i);
        drive_dirty(w);
}

static void reload(struct worker *w)
{
        lock_take(&w->doors->lock);
        w->limits = w->doors->limits;
        lock_give(&w->doors->lock);
        budget_configure(w->budget, &w->limits.budget, w->doors->workers);
        if (w->limits.connections_max <= w->conn_room)
                return;
        struct conn **conns = realloc(w->conns, w->limits.connections_max * sizeof(*conns));
        if (conns == NULL)
                return; /* the old number stays the most */
        w->conns = conns;
        w->conn_room = w->limits.connections_max;
}

/* No more is accepted; idle connections end, others when their answers are out. */
static void begin_stopping(struct worker *w)
{
        w->is_stopping = true;
        w->stop_ms = w->now_ms + w->limits.drain_ms;
        accept_stop(w);
        for (uint32_t i = 0; i < w->udp_doors; i++) {
                udp_readable(w, i); /* what had arrived */
                (void)epoll_ctl(w->epoll_fd, EPOLL_CTL_DEL, w->udp_door[i].fd, NULL);
        }
        for (uint32_t i = 0; i < w->conn_top; i++) {
                if (w->conns[i]->fd >= 0 && w->conns[i]->phase != CONN_LINGERING)
                        conn_drive(w, w->conns[i]);
        }
}

static void each_second(struct worker *w)
{
        w->second_ms = w->now_ms + 1000;
        uint32_t expired = reassembly_expire(w->reassembly, w->now_ms);
        count_add(&w->counts.fragments_expired, expired);
}

static void handle(struct worker *w, const struct epoll_event *ev)
{
        uint32_t slot = (uint32_t)(ev->data.u64 >> 32) & 0xffffffu;
        uint32_t generation = (uint32_t)ev->data.u64;
        switch ((enum watch_kind)(ev->data.u64 >> 56)) {
        case WATCH_MAILBOX:
                take_mail(w);
                return;
        case WATCH_UDP:
                udp_readable(w, slot);
                return;
        case WATCH_STREAM_DOOR:
                accept_ready(w, slot);
                return;
        case WATCH_CONN: {
                struct conn *c = conn_find(w, slot, generation);
                if (c != NULL)
                        conn_event(w, c, ev->events);
                return;
        }
        }
}

static int wait_ms(const struct worker *w)
{
        int wait = wheel_wait_ms(&w->wheel, w->now_ms);
        if (wait < 0 || wait > WAIT_MS_MAX)
                wait = WAIT_MS_MAX;
        if (w->accept_ms != 0 && wait > 100)
                wait = 100;
        return w->is_stopping && wait > 20 ? 20 : wait;
}

static bool is_finished(const struct worker *w)
{
        if (!w->is_stopping)
                return false;
        return (w->tasks_out == 0 && w->conn_count == 0) || w->now_ms >= w->stop_ms;
}

void *worker_run(void *worker)
{
        struct worker *w = worker;
        struct env *env = w->doors->env;
        struct epoll_event events[EVENTS_ROUND];
        w->now_ms = env->steady_ms(env);
        while (!is_finished(w)) {
                int n = epoll_wait(w->epoll_fd, events, EVENTS_ROUND, wait_ms(w));
                w->now_ms = env->steady_ms(env);
                for (int i = 0; i < n; i++)
                        handle(w, &events[i]);
                for (;;) {
                        struct timeout *t = wheel_next_due(&w->wheel, w->now_ms);
                        if (t == NULL)
                                break;
                        conn_timed_out(w, (struct conn *)t);
                }
                if (w->accept_ms != 0 && w->now_ms >= w->accept_ms)
                        accept_resume(w);
                if (atomic_exchange_explicit(&w->reload, false, memory_order_acquire))
                        reload(w);
                if (w->now_ms >= w->second_ms)
                        each_second(w);
                if (!w->is_stopping && atomic_load(&w->doors->stopping))
                        begin_stopping(w);
        }
        return NULL;
}

enum ansa_err worker_watch(struct worker *w, int fd, uint32_t events, uint64_t key)
{
        struct epoll_event ev = { .events = events, .data.u64 = key };
        return epoll_ctl(w->epoll_fd, EPOLL_CTL_ADD, fd, &ev) == 0 ? ANSA_OK : ANSA_E_IO;
}

/* Pages of their own: only those that are written to become memory. */
static uint8_t *pages(size_t size)
{
        void *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        return at == MAP_FAILED ? NULL : at;
}

enum ansa_err worker_init(struct worker *w, struct doors *doors, uint32_t number)
{
        *w = (struct worker){ .doors = doors, .number = number, .limits = doors->limits };
        w->now_ms = doors->env->steady_ms(doors->env);
        w->mailbox.event_fd = -1;
        w->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
        if (w->epoll_fd < 0)
                return ANSA_E_IO;
        enum ansa_err err = mailbox_init(&w->mailbox);
        if (err == ANSA_OK)
                err = worker_watch(w, w->mailbox.event_fd, EPOLLIN, watch_key(WATCH_MAILBOX, 0, 0));
        if (err == ANSA_OK)
                err = udp_new(&w->udp);
        struct reassembly_settings settings = { FRAGMENT_SETS, FRAGMENT_SETS_SOURCE,
                                                FRAGMENT_SIZE_MAX, FRAGMENT_LIFE_MS };
        if (err == ANSA_OK)
                err = reassembly_new(&settings, &w->reassembly);
        if (err != ANSA_OK)
                return err;
        w->conn_room = w->limits.connections_max;
        w->conns = calloc(w->conn_room, sizeof(struct conn *));
        w->budget = malloc(sizeof(*w->budget));
        w->scratch = pages(STREAM_READ_SIZE);
        w->reply = pages(REPLY_ROOM);
        if (w->conns == NULL || w->budget == NULL || w->scratch == NULL || w->reply == NULL)
                return ANSA_E_NO_MEMORY;
        struct hash_key key;
        doors->env->random(doors->env, (uint8_t *)&key, sizeof(key));
        budget_init(w->budget, &w->limits.budget, doors->workers, &key, doors->proven, w->now_ms);
        wheel_init(&w->wheel, w->now_ms);
        return ANSA_OK;
}

void worker_fini(struct worker *w)
{
        if (w->doors == NULL)
                return;
        w->dirty = NULL;
        for (uint32_t i = 0; i < w->conn_top; i++) {
                w->conns[i]->is_dirty = false;
                if (w->conns[i]->fd >= 0)
                        conn_close(w, w->conns[i]);
        }
        for (uint32_t i = 0; i < w->conn_top; i++)
                free(w->conns[i]);
        free(w->conns);
        accept_stop(w);
        for (uint32_t i = 0; i < w->udp_doors; i++)
                (void)close(w->udp_door[i].fd);
        mailbox_fini(&w->mailbox);
        udp_free(w->udp);
        reassembly_free(w->reassembly);
        free(w->budget);
        if (w->scratch != NULL)
                (void)munmap(w->scratch, STREAM_READ_SIZE);
        if (w->reply != NULL)
                (void)munmap(w->reply, REPLY_ROOM);
        identifier_worker_free(w->service);
        if (w->epoll_fd >= 0)
                (void)close(w->epoll_fd);
        *w = (struct worker){ 0 };
}
