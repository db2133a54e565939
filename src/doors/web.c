/* SPDX-License-Identifier: Apache-2.0 */
#include "doors/web.h"

#include "base/log.h"
#include "doors/socket.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <unistd.h>

/* HTTP and HTTPS as a whole: sockets, libmicrohttpd, start and end. */

#define FD_ROOM_MAX     2097152
#define PRIORITIES      "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:%SERVER_PRECEDENCE"
#define CONNECTIONS_MAX 2000000u /* MHD's own limit; ours are in web_accept.c */

static _Thread_local struct web_thread *own_thread;

struct web_thread *web_thread(struct web *web)
{
        struct web_thread *t = own_thread;
        if (t == NULL || t->web != web) {
                uint32_t i = atomic_fetch_add(&web->thread_count, 1);
                ansa_assert(i < 2 * web->threads);
                t = own_thread = &web->thread[i];
                t->web = web;
        }
        if (t->http == NULL && http_worker_new(web->http, false, &t->http) != ANSA_OK)
                return NULL;
        return t;
}

static enum ansa_err bind_one(struct web *web, const struct doors_web *wanted, uint16_t port,
                              struct doors_problem *problem)
{
        char text[ADDRESS_TEXT_SIZE];
        struct doors_web l = *wanted;
        if (l.port == 0)
                l.port = port;
        enum ansa_err err = ANSA_E_BUSY;
        int fd = -1;
        if (l.port == 0 || socket_is_free(l.address, l.port, SOCK_STREAM)) {
                fd = socket_bind(l.address, l.port, SOCK_STREAM, &l.port);
                err = ANSA_E_IO;
        }
        if (fd < 0) {
                (void)snprintf(problem->text, sizeof(problem->text), "%s %s: %s",
                               l.is_tls ? "HTTPS" : "HTTP", address_format(l.address, l.port, text),
                               strerror(errno));
                return err;
        }
        web->listen[web->listen_count] = l;
        web->listener[web->listen_count++] = (struct web_listener){ fd, l.is_tls };
        return ANSA_OK;
}

static enum ansa_err bind_all(struct web *web, const struct doors_options *o,
                              struct doors_problem *problem)
{
        uint16_t port[2] = { 0, 0 }; /* chosen for the first: the same for all */
        for (size_t i = 0; i < o->web_count; i++) {
                errno = 0;
                enum ansa_err err = bind_one(web, &o->web[i], port[o->web[i].is_tls], problem);
                if (err != ANSA_OK && o->skip_missing &&
                    (errno == EAFNOSUPPORT || errno == EADDRNOTAVAIL))
                        continue;
                if (err != ANSA_OK)
                        return err;
                port[o->web[i].is_tls] = web->listen[web->listen_count - 1].port;
        }
        return ANSA_OK;
}

static enum ansa_err make(struct web *web, const struct doors_options *o)
{
        struct rlimit files;
        struct hash_key key;
        web->crowd = malloc(sizeof(*web->crowd));
        web->thread = calloc(2 * (size_t)web->threads, sizeof(*web->thread));
        web->fd_room = FD_ROOM_MAX;
        if (getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur < FD_ROOM_MAX)
                web->fd_room = (int)files.rlim_cur;
        web->by_fd = calloc((size_t)web->fd_room, sizeof(struct web_conn *));
        web->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        if (web->crowd == NULL || web->thread == NULL || web->by_fd == NULL)
                return ANSA_E_NO_MEMORY;
        web_reconfigure(web, &o->limits.web);
        web->env->random(web->env, (uint8_t *)&key, sizeof(key));
        crowd_init(web->crowd, &key);
        return web->wake_fd >= 0 ? ANSA_OK : ANSA_E_IO;
}

enum ansa_err web_open(struct doors *doors, const struct doors_options *o, struct web **out,
                       struct doors_problem *problem)
{
        *out = NULL;
        ansa_assert(o->web_threads >= 1 && o->web_threads <= WEB_THREADS_MAX);
        ansa_assert(o->web_count <= DOORS_WEB_MAX);
        struct web *web = calloc(1, sizeof(*web));
        if (web == NULL)
                return ANSA_E_NO_MEMORY;
        web->doors = doors;
        web->env = o->env;
        web->threads = o->web_threads;
        web->wake_fd = web->epoll_fd = -1;
        lock_init(&web->lock);
        lock_init(&web->limits_lock);
        enum ansa_err err = make(web, o);
        bool wants_tls = false;
        for (size_t i = 0; i < o->web_count; i++)
                wants_tls |= o->web[i].is_tls;
        /* it reads its configuration now, while files can still be read */
        if (err == ANSA_OK && wants_tls && gnutls_global_init() != GNUTLS_E_SUCCESS)
                err = ANSA_E_CRYPTO;
        if (err == ANSA_OK && wants_tls) {
                err = web_tls_set(web, o->web_chain, o->web_key);
                if (err != ANSA_OK)
                        (void)snprintf(problem->text, sizeof(problem->text),
                                       "HTTPS certificate and key do not fit or cannot be read");
        }
        if (err == ANSA_OK)
                err = bind_all(web, o, problem);
        if (err != ANSA_OK)
                web_free(web);
        else
                *out = web;
        return err;
}

/* What MHD has to say: mostly that a client does not speak HTTP. */
static void log_mhd(void *arg, const char *format, va_list arguments)
        __attribute__((format(printf, 2, 0)));
static void log_mhd(void *arg, const char *format, va_list arguments)
{
        char text[256];
        char quoted[300];
        struct web *web = arg;
        int n = vsnprintf(text, sizeof(text), format, arguments);
        if (n < 0)
                return;
        size_t size = strcspn(text, "\n");
        bool is_malformed = strncmp(text, "Error processing request", 24) == 0;
        struct web_thread *t = is_malformed ? web_thread(web) : NULL;
        if (t != NULL) {
                count_add(&t->counts.http_malformed, 1);
                count_add(&t->counts.http_4xx, 1);
        }
        (void)log_quote((struct ansa_bytes){ (const uint8_t *)text, size }, quoted, sizeof(quoted));
        if (atomic_load_explicit(&web->has_started, memory_order_relaxed))
                log_debug("http", "detail=%s", quoted);
        else /* why it cannot start */
                log_error("http", "detail=%s", quoted);
}

/* Names are compared as they were sent: src/http decodes them. */
static size_t leave_escaped(void *web, struct MHD_Connection *mhd, char *text)
{
        (void)web;
        (void)mhd;
        return strlen(text);
}

/*
 * The target is copied, and its query then taken out of MHD's buffer, where @target lies: MHD
 * would split it into parameters that nobody reads, each costing more of the connection's memory
 * than it has octets. With some hundreds that is used up, and then MHD neither answers nor tells
 * of the request's end.
 */
static void *note_target(void *web, const char *target, struct MHD_Connection *mhd)
{
        char *query = target != NULL ? strchr((char *)(uintptr_t)target, '?') : NULL;
        void *call = web_call_new(web, mhd, target != NULL ? target : "");
        if (query != NULL)
                query[1] = '\0';
        return call;
}

/* What both daemons are told; the rest is HTTPS's. */
#define OPTIONS(web)                                                                              \
        MHD_OPTION_EXTERNAL_LOGGER, log_mhd, web, MHD_OPTION_THREAD_POOL_SIZE,                    \
                (unsigned)(web)->threads, MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS_MAX, \
                MHD_OPTION_CONNECTION_TIMEOUT, 0u, MHD_OPTION_CONNECTION_MEMORY_LIMIT,            \
                (size_t)WEB_POOL_SIZE, MHD_OPTION_STRICT_FOR_CLIENT, 0,                           \
                MHD_OPTION_UNESCAPE_CALLBACK, leave_escaped, web, MHD_OPTION_URI_LOG_CALLBACK,    \
                note_target, web, MHD_OPTION_NOTIFY_COMPLETED, web_call_completed, web,           \
                MHD_OPTION_NOTIFY_CONNECTION, web_conn_notify, web

static struct MHD_Daemon *start_daemon(struct web *web, bool is_tls)
{
        unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ITC |
                         MHD_USE_NO_LISTEN_SOCKET | MHD_USE_ERROR_LOG;
        if (!is_tls)
                return MHD_start_daemon(flags, 0, NULL, NULL, web_call_handle, web, OPTIONS(web),
                                        MHD_OPTION_END);
        return MHD_start_daemon(flags | MHD_USE_TLS, 0, NULL, NULL, web_call_handle, web,
                                OPTIONS(web), MHD_OPTION_HTTPS_PRIORITIES, PRIORITIES,
                                MHD_OPTION_HTTPS_CERT_CALLBACK, web_tls_retrieve, MHD_OPTION_END);
}

enum ansa_err web_start(struct web *web, struct http *http)
{
        web->http = http;
        for (size_t i = 0; i < web->listen_count; i++) {
                bool is_tls = web->listen[i].is_tls;
                if (web->daemon[is_tls] != NULL)
                        continue;
                web->daemon[is_tls] = start_daemon(web, is_tls);
                if (web->daemon[is_tls] == NULL)
                        return ANSA_E_NO_MEMORY;
        }
        atomic_store(&web->has_started, true);
        web->acceptor_runs = pthread_create(&web->acceptor, NULL, web_accept_run, web) == 0;
        return web->acceptor_runs ? ANSA_OK : ANSA_E_NO_MEMORY;
}

void web_drain(struct web *web)
{
        uint64_t one = 1;
        atomic_store(&web->draining, true);
        while (write(web->wake_fd, &one, sizeof(one)) < 0 && errno == EINTR)
                continue;
}

void web_join(struct web *web)
{
        if (web->acceptor_runs)
                ansa_assert(pthread_join(web->acceptor, NULL) == 0);
        web->acceptor_runs = false;
}

void web_stop(struct web *web)
{
        for (size_t i = 0; i < 2; i++) {
                if (web->daemon[i] != NULL)
                        MHD_stop_daemon(web->daemon[i]);
                web->daemon[i] = NULL;
        }
}

void web_free(struct web *web)
{
        if (web == NULL)
                return;
        web_stop(web);
        for (size_t i = 0; i < web->listen_count; i++) {
                if (web->listener[i].fd >= 0)
                        (void)close(web->listener[i].fd);
        }
        for (int fd = 0; web->by_fd != NULL && fd < web->fd_top; fd++) {
                if (web->by_fd[fd] != NULL) /* one that never came to MHD */
                        web_conn_free(web->by_fd[fd]);
        }
        for (size_t i = 0; i < web->linger_count; i++)
                (void)close(web->linger[i].fd);
        for (uint32_t i = 0; web->thread != NULL && i < 2 * web->threads; i++)
                http_worker_free(web->thread[i].http);
        web_tls_free(web);
        free(web->thread);
        free(web->by_fd);
        free(web->crowd);
        if (web->wake_fd >= 0)
                (void)close(web->wake_fd);
        if (web->epoll_fd >= 0)
                (void)close(web->epoll_fd);
        lock_fini(&web->lock);
        lock_fini(&web->limits_lock);
        free(web);
}

void web_reconfigure(struct web *web, const struct doors_web_limits *limits)
{
        static _Atomic uint64_t numbers; /* of all there are: one thread may serve several */
        lock_take(&web->limits_lock);
        web->limits = *limits;
        atomic_store_explicit(&web->limits_number, atomic_fetch_add(&numbers, 1) + 1,
                              memory_order_release);
        lock_give(&web->limits_lock);
}

const struct doors_web_limits *web_limits(struct web *web)
{
        static _Thread_local struct {
                uint64_t number;
                struct doors_web_limits limits;
        } own;
        if (own.number != atomic_load_explicit(&web->limits_number, memory_order_acquire)) {
                lock_take(&web->limits_lock);
                own.limits = web->limits;
                own.number = atomic_load_explicit(&web->limits_number, memory_order_relaxed);
                lock_give(&web->limits_lock);
        }
        return &own.limits;
}

static void sum(struct worker_counts *c, struct doors_counts *counts)
{
#define X(name, text) counts->name += atomic_load_explicit(&c->name, memory_order_relaxed);
        DOORS_COUNT_MAP(X)
#undef X
}

void web_count(struct web *web, struct doors_counts *counts)
{
        sum(&web->counts, counts);
        for (uint32_t i = 0; i < 2 * web->threads; i++) {
                struct web_thread *t = &web->thread[i];
                sum(&t->counts, counts);
                for (size_t way = 0; way < DOORS_WAY_COUNT; way++) {
                        latency_sum(&t->latency[0][way], &counts->latency[DOORS_HTTP][way]);
                        latency_sum(&t->latency[1][way], &counts->latency[DOORS_HTTPS][way]);
                }
        }
        counts->http_connections = atomic_load(&web->crowd->all);
}
