/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log.h"
#include "doors/socket.h"
#include "doors/web.h"
#include "doors/worker.h"

#include <errno.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* The doors as a whole: sockets, threads, start and end. */

#define PORT_TRIES 32 /* for one that is free for UDP and TCP at once */

static enum ansa_err fail(struct doors_problem *p, enum ansa_err err, const char *what,
                          const uint8_t address[ADDRESS_SIZE], uint16_t port)
{
        char text[ADDRESS_TEXT_SIZE];
        (void)snprintf(p->text, sizeof(p->text), "%s %s: %s", what,
                       address_format(address, port, text), strerror(errno));
        return err;
}

static enum ansa_err add_udp(struct worker *w, const struct doors_listen *l, int fd)
{
        uint32_t i = w->udp_doors++;
        w->udp_door[i] = (struct udp_door){ .fd = fd,
                                            .wants_local = address_is_wildcard(l->address),
                                            .administers = l->udp_administers };
        return worker_watch(w, fd, EPOLLIN, watch_key(WATCH_UDP, i, 0));
}

static enum ansa_err add_stream(struct worker *w, const struct doors_listen *l, int fd, bool is_tls)
{
        uint32_t i = w->stream_doors++;
        w->stream_door[i] = (struct stream_door){ .fd = fd,
                                                  .is_tls = is_tls,
                                                  .administers = is_tls || l->tcp_administers };
        return worker_watch(w, fd, EPOLLIN, watch_key(WATCH_STREAM_DOOR, i, 0));
}

/* A port that is free for all that @l wants, when the kernel is to choose. */
static uint16_t choose_port(const struct doors_listen *l)
{
        for (int i = 0; i < PORT_TRIES; i++) {
                uint16_t port = 0;
                int fd = socket_bind(l->address, 0, l->has_udp ? SOCK_DGRAM : SOCK_STREAM, &port);
                if (fd < 0)
                        return 0;
                bool is_free =
                        !l->has_udp || !l->has_tcp || socket_is_free(l->address, port, SOCK_STREAM);
                (void)close(fd);
                if (is_free)
                        return port;
        }
        return 0;
}

static enum ansa_err bind_one(struct doors *d, const struct doors_listen *l, uint16_t port,
                              int type, bool is_tls, struct doors_problem *problem)
{
        const char *what = is_tls ? "TLS" : type == SOCK_DGRAM ? "UDP" : "TCP";
        if (!socket_is_free(l->address, port, type))
                return fail(problem, ANSA_E_BUSY, what, l->address, port);
        for (uint32_t i = 0; i < d->workers; i++) {
                uint16_t bound;
                int fd = socket_bind(l->address, port, type, &bound);
                if (fd < 0)
                        return fail(problem, ANSA_E_IO, what, l->address, port);
                enum ansa_err err = type == SOCK_DGRAM ? add_udp(&d->worker[i], l, fd)
                                                       : add_stream(&d->worker[i], l, fd, is_tls);
                if (err != ANSA_OK)
                        return fail(problem, err, what, l->address, port);
        }
        return ANSA_OK;
}

static enum ansa_err bind_listen(struct doors *d, const struct doors_listen *wanted,
                                 struct doors_problem *problem)
{
        struct doors_listen l = *wanted;
        if (l.port == 0 && (l.has_udp || l.has_tcp) && (l.port = choose_port(&l)) == 0)
                return fail(problem, ANSA_E_IO, "listen", l.address, 0);
        if (l.has_tls && l.tls_port == 0) {
                struct doors_listen tls = l;
                tls.has_udp = false;
                if ((l.tls_port = choose_port(&tls)) == 0)
                        return fail(problem, ANSA_E_IO, "TLS", l.address, 0);
        }
        enum ansa_err err = ANSA_OK;
        if (l.has_udp)
                err = bind_one(d, &l, l.port, SOCK_DGRAM, false, problem);
        if (err == ANSA_OK && l.has_tcp)
                err = bind_one(d, &l, l.port, SOCK_STREAM, false, problem);
        if (err == ANSA_OK && l.has_tls)
                err = bind_one(d, &l, l.tls_port, SOCK_STREAM, true, problem);
        if (err == ANSA_OK)
                d->listen[d->listen_count++] = l;
        return err;
}

static enum ansa_err bind_all(struct doors *d, const struct doors_options *o,
                              struct doors_problem *problem)
{
        uint16_t port = 0;
        uint16_t tls_port = 0;
        for (size_t i = 0; i < o->listen_count; i++) {
                struct doors_listen l = o->listen[i];
                if (l.port == 0)
                        l.port = port; /* chosen for the first: the same for all */
                if (l.tls_port == 0)
                        l.tls_port = tls_port;
                errno = 0;
                enum ansa_err err = bind_listen(d, &l, problem);
                if (err != ANSA_OK && o->skip_missing &&
                    (errno == EAFNOSUPPORT || errno == EADDRNOTAVAIL))
                        continue;
                if (err != ANSA_OK)
                        return err;
                port = d->listen[d->listen_count - 1].port;
                tls_port = d->listen[d->listen_count - 1].tls_port;
        }
        if (d->listen_count > 0 || o->web_count > 0)
                return ANSA_OK;
        (void)snprintf(problem->text, sizeof(problem->text), "no address to listen on");
        return ANSA_E_ARGUMENT;
}

static enum ansa_err make_shared(struct doors *d)
{
        d->crowd = malloc(sizeof(*d->crowd));
        d->proven = malloc(sizeof(*d->proven));
        d->worker = calloc(d->workers, sizeof(*d->worker));
        d->slow_thread = calloc(d->slow_threads, sizeof(*d->slow_thread));
        if (d->crowd == NULL || d->proven == NULL || d->worker == NULL || d->slow_thread == NULL)
                return ANSA_E_NO_MEMORY;
        struct hash_key key;
        d->env->random(d->env, (uint8_t *)&key, sizeof(key));
        crowd_init(d->crowd, &key);
        proven_init(d->proven, &key);
        d->keeper_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        return d->keeper_fd >= 0 ? ANSA_OK : ANSA_E_IO;
}

enum ansa_err doors_open(const struct doors_options *o, struct doors **doors,
                         struct doors_problem *problem)
{
        ansa_assert(o->workers >= 1 && o->workers <= DOORS_WORKERS_MAX);
        ansa_assert(o->slow_threads >= 1 && o->slow_threads <= DOORS_SLOW_MAX);
        ansa_assert(o->listen_count <= DOORS_LISTEN_MAX);
        *problem = (struct doors_problem){ 0 };
        *doors = NULL;
        struct doors *d = calloc(1, sizeof(*d));
        if (d == NULL)
                return ANSA_E_NO_MEMORY;
        d->env = o->env;
        d->limits = o->limits;
        d->workers = o->workers;
        d->slow_threads = o->slow_threads;
        d->keeper_fd = -1;
        lock_init(&d->lock);
        struct hash_key key;
        d->env->random(d->env, (uint8_t *)&key, sizeof(key));
        lanes_init(&d->slow, &key, d->slow_threads, o->limits.slow_count_max,
                   o->limits.slow_size_max);
        queue_init(&d->writes, o->limits.write_count_max, o->limits.write_size_max);
        atomic_init(&d->write_batch_max, o->limits.write_batch_max);

        enum ansa_err err = make_shared(d);
        for (uint32_t i = 0; err == ANSA_OK && i < d->workers; i++)
                err = worker_init(&d->worker[i], d, i);
        bool wants_tls = false;
        for (size_t i = 0; i < o->listen_count; i++)
                wants_tls |= o->listen[i].has_tls;
        if (err == ANSA_OK && wants_tls) {
                err = conn_tls_context(o->tls_chain, o->tls_key, &d->tls);
                if (err != ANSA_OK)
                        (void)snprintf(problem->text, sizeof(problem->text),
                                       "TLS certificate and key do not fit or cannot be read");
        }
        if (err == ANSA_OK)
                err = bind_all(d, o, problem);
        if (err == ANSA_OK && o->web_count > 0)
                err = web_open(d, o, &d->web, problem);
        if (err != ANSA_OK) {
                if (problem->text[0] == '\0')
                        (void)snprintf(problem->text, sizeof(problem->text), "%s",
                                       ansa_err_text(err));
                doors_free(d);
                return err;
        }
        *doors = d;
        return ANSA_OK;
}

/*
 * What a crowd has used lies scattered over the C library's arenas, which give back of themselves
 * only what is at their ends.
 */
static void give_back_memory(struct doors *d, struct crowd_ebb *ebb)
{
        uint32_t all = atomic_load(&d->crowd->all);
        uint32_t peak = crowd_peak(d->crowd);
        if (d->web != NULL) {
                all += atomic_load(&d->web->crowd->all);
                peak += crowd_peak(d->web->crowd);
        }
        if (!crowd_has_ebbed(ebb, all, peak))
                return;
#ifdef __GLIBC__
        (void)malloc_trim(0);
#endif
}

/* The housekeeper: about once a second, until told to end. */
static void *keeper_run(void *arg)
{
        struct doors *d = arg;
        struct crowd_ebb ebb = { 0 };
        struct pollfd end = { .fd = d->keeper_fd, .events = POLLIN };
        while (poll(&end, 1, 1000) <= 0) {
                identifier_tick(d->service);
                if (d->http != NULL)
                        http_tick(d->http);
                give_back_memory(d, &ebb);
        }
        return NULL;
}

static enum ansa_err make_services(struct doors *d)
{
        enum ansa_err err = identifier_worker_new(d->service, true, &d->writer_service);
        for (uint32_t i = 0; err == ANSA_OK && i < d->workers; i++)
                err = identifier_worker_new(d->service, false, &d->worker[i].service);
        for (uint32_t i = 0; err == ANSA_OK && i < d->slow_threads; i++) {
                struct slow_thread *s = &d->slow_thread[i];
                s->doors = d;
                s->reply = malloc(REPLY_ROOM_ONE);
                err = s->reply == NULL ? ANSA_E_NO_MEMORY
                                       : identifier_worker_new(d->service, true, &s->service);
                if (err == ANSA_OK && d->web != NULL)
                        err = http_worker_new(d->http, true, &s->http);
        }
        return err;
}

enum ansa_err doors_start(struct doors *d, struct identifier *service, struct http *http,
                          struct doors_problem *problem)
{
        ansa_assert(http != NULL || d->web == NULL);
        *problem = (struct doors_problem){ 0 };
        d->service = service;
        d->http = http;
        enum ansa_err err = make_services(d);
        if (err == ANSA_OK) {
                d->writer_runs = pthread_create(&d->writer, NULL, writer_run, d) == 0;
                d->keeper_runs = pthread_create(&d->keeper, NULL, keeper_run, d) == 0;
                bool all = d->writer_runs && d->keeper_runs;
                for (uint32_t i = 0; all && i < d->slow_threads; i++) {
                        struct slow_thread *s = &d->slow_thread[i];
                        all = s->is_running = pthread_create(&s->thread, NULL, slow_run, s) == 0;
                }
                for (uint32_t i = 0; all && i < d->workers; i++) {
                        struct worker *w = &d->worker[i];
                        all = w->is_running = pthread_create(&w->thread, NULL, worker_run, w) == 0;
                }
                if (!all)
                        err = ANSA_E_NO_MEMORY;
                else if (d->web != NULL)
                        err = web_start(d->web, http);
        }
        if (err != ANSA_OK) {
                (void)snprintf(problem->text, sizeof(problem->text), "threads: %s",
                               ansa_err_text(err));
                doors_stop(d);
        }
        return err;
}

static void join(pthread_t thread, bool *is_running)
{
        if (*is_running)
                ansa_assert(pthread_join(thread, NULL) == 0);
        *is_running = false;
}

void doors_stop(struct doors *d)
{
        atomic_store(&d->stopping, true);
        if (d->web != NULL)
                web_drain(d->web);
        for (uint32_t i = 0; i < d->workers; i++)
                mailbox_wake(&d->worker[i].mailbox);
        for (uint32_t i = 0; i < d->workers; i++)
                join(d->worker[i].thread, &d->worker[i].is_running);
        if (d->web != NULL)
                web_join(d->web);
        /* what the workers still waited for is done all the same, then all is empty */
        queue_close(&d->writes);
        join(d->writer, &d->writer_runs);
        lanes_close(&d->slow);
        for (uint32_t i = 0; i < d->slow_threads; i++)
                join(d->slow_thread[i].thread, &d->slow_thread[i].is_running);
        if (d->web != NULL) /* no exchange is away any more */
                web_stop(d->web);
        uint64_t one = 1;
        if (d->keeper_runs && write(d->keeper_fd, &one, sizeof(one)) < 0)
                log_error("stop", "error=%d", errno);
        join(d->keeper, &d->keeper_runs);
}

void doors_free(struct doors *d)
{
        if (d == NULL)
                return;
        for (uint32_t i = 0; d->worker != NULL && i < d->workers; i++)
                worker_fini(&d->worker[i]);
        free(d->worker);
        for (uint32_t i = 0; d->slow_thread != NULL && i < d->slow_threads; i++) {
                identifier_worker_free(d->slow_thread[i].service);
                http_worker_free(d->slow_thread[i].http);
                free(d->slow_thread[i].reply);
        }
        free(d->slow_thread);
        web_free(d->web);
        identifier_worker_free(d->writer_service);
        lanes_fini(&d->slow);
        queue_fini(&d->writes);
        SSL_CTX_free(d->tls);
        free(d->crowd);
        free(d->proven);
        if (d->keeper_fd >= 0)
                (void)close(d->keeper_fd);
        lock_fini(&d->lock);
        free(d);
}

void doors_reconfigure(struct doors *d, const struct doors_limits *limits)
{
        lock_take(&d->lock);
        d->limits = *limits;
        lock_give(&d->lock);
        lanes_limit(&d->slow, limits->slow_count_max, limits->slow_size_max);
        queue_limit(&d->writes, limits->write_count_max, limits->write_size_max);
        atomic_store(&d->write_batch_max, limits->write_batch_max);
        if (d->web != NULL)
                web_reconfigure(d->web, &limits->web);
        for (uint32_t i = 0; i < d->workers; i++) {
                atomic_store_explicit(&d->worker[i].reload, true, memory_order_release);
                mailbox_wake(&d->worker[i].mailbox);
        }
}

enum ansa_err doors_set_tls(struct doors *d, struct ansa_bytes chain, struct ansa_bytes key)
{
        SSL_CTX *context;
        enum ansa_err err = conn_tls_context(chain, key, &context);
        if (err != ANSA_OK)
                return err;
        lock_take(&d->lock);
        SSL_CTX *old = d->tls;
        d->tls = context;
        lock_give(&d->lock);
        SSL_CTX_free(old); /* connections that use it hold it */
        return ANSA_OK;
}

enum ansa_err doors_set_web_tls(struct doors *d, struct ansa_bytes chain, struct ansa_bytes key)
{
        return d->web != NULL ? web_tls_set(d->web, chain, key) : ANSA_OK;
}

size_t doors_web_listening(const struct doors *d, const struct doors_web **web)
{
        *web = d->web != NULL ? d->web->listen : NULL;
        return d->web != NULL ? d->web->listen_count : 0;
}

bool doors_is_stopping(struct doors *d)
{
        return atomic_load(&d->stopping);
}

size_t doors_listening(const struct doors *d, const struct doors_listen **listen)
{
        *listen = d->listen;
        return d->listen_count;
}

void doors_count(struct doors *d, struct doors_counts *counts)
{
        *counts = (struct doors_counts){ 0 };
        for (uint32_t i = 0; i < d->workers; i++) {
                struct worker_counts *c = &d->worker[i].counts;
#define X(name, text) counts->name += atomic_load_explicit(&c->name, memory_order_relaxed);
                DOORS_COUNT_MAP(X)
#undef X
                for (size_t door = 0; door <= DOORS_TLS; door++) {
                        for (size_t way = 0; way < DOORS_WAY_COUNT; way++)
                                latency_sum(&d->worker[i].latency[door][way],
                                            &counts->latency[door][way]);
                }
        }
        if (d->web != NULL)
                web_count(d->web, counts);
        counts->write_batches += atomic_load(&d->write_batches);
        counts->writes += atomic_load(&d->http_writes);
        counts->writes_refused += atomic_load(&d->writes_refused);
        counts->connections = atomic_load(&d->crowd->all);
        lanes_count(&d->slow, &counts->slow_waiting);
        queue_count(&d->writes, &counts->write_waiting);
}
