/* SPDX-License-Identifier: Apache-2.0 */
#include "programs/ansad.h"

#include "base/log.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

/* Serving: the threads do the work, this one waits for signals. */

#define READY_MAX                                 \
        ((3 * DOORS_LISTEN_MAX + DOORS_WEB_MAX) * \
         (ADDRESS_TEXT_SIZE + 8)) /* all that is listened on */
#define LOOK_S 10                 /* between looks at the clock, the disk and the key process */

void ansad_notify(const char *state)
{
        const char *path = getenv("NOTIFY_SOCKET");
        struct sockaddr_un un = { .sun_family = AF_UNIX };
        if (path == NULL || (path[0] != '/' && path[0] != '@') ||
            strlen(path) >= sizeof(un.sun_path))
                return;
        memcpy(un.sun_path, path, strlen(path));
        if (path[0] == '@')
                un.sun_path[0] = '\0'; /* an abstract name */
        socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(path));
        int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        if (fd < 0)
                return;
        (void)sendto(fd, state, strlen(state), MSG_NOSIGNAL, (struct sockaddr *)&un, size);
        (void)close(fd);
}

static void log_counts(struct ansad *a)
{
        struct doors_counts counts;
        doors_count(a->doors, &counts);
        uint8_t at[2048];
        struct buf line = buf_over(at, sizeof(at) - 1);
#define X(name, text)        \
        if (counts.name > 0) \
                buf_printf(&line, #name "=%llu ", (unsigned long long)counts.name);
        DOORS_COUNT_MAP(X)
#undef X
        at[line.err == ANSA_OK ? line.size : 0] = '\0';
        log_info("counts", "%sconnections=%llu", (const char *)at,
                 (unsigned long long)counts.connections);
}

static void renew_tls(struct ansad *a)
{
        struct ansad_tls native;
        struct ansad_tls web;
        const struct config *c = &a->settings->config;
        enum ansa_err err = ansad_tls(a, &native, &web);
        if (err == ANSA_OK && c->tls)
                err = doors_set_tls(a->doors, buf_written(&native.chain), buf_written(&native.key));
        if (err == ANSA_OK && c->https)
                err = doors_set_web_tls(a->doors, buf_written(&web.chain), buf_written(&web.key));
        if (err != ANSA_OK)
                log_error("tls", "detail=\"the certificate in use is kept: %s\"",
                          ansa_err_text(err));
        ansad_tls_fini(&native);
        ansad_tls_fini(&web);
}

/* Settings that only a restart takes up, when they differ. */
static void tell_unread(const struct config *old, const struct config *new)
{
        for (size_t i = 0; i < config_row_count; i++) {
                const struct config_row *row = &config_rows[i];
                uint8_t a[2048];
                uint8_t b[2048];
                struct buf before = buf_over(a, sizeof(a));
                struct buf after = buf_over(b, sizeof(b));
                config_put_value(row, old, &before);
                config_put_value(row, new, &after);
                if (!row->rereads && !ansa_bytes_equal(buf_written(&before), buf_written(&after)))
                        log_warn("reload", "setting=%s detail=\"needs a restart\"", row->key);
        }
}

static void reload(struct ansad *a)
{
        struct ansad_settings *s;
        struct config_problem problem = { 0 };
        ansad_notify("RELOADING=1");
        enum ansa_err err = ansad_read_settings(a, &s, &problem);
        if (err == ANSA_OK) {
                struct identifier_config config;
                ansad_identifier_config(s, &config);
                err = identifier_reconfigure(a->service, &config);
                if (err != ANSA_OK) {
                        (void)snprintf(problem.text, sizeof(problem.text), "%s",
                                       ansa_err_text(err));
                        ansad_settings_give(s);
                }
        }
        if (err == ANSA_OK && identifier_announce(a->service) != ANSA_OK)
                log_error("reload", "detail=\"the ledger could not be told of the settings\"");
        if (err == ANSA_OK && a->http != NULL) {
                struct http_config http;
                ansad_http_config(a, s, &http);
                if (http_reconfigure(a->http, &http) != ANSA_OK)
                        log_error("reload", "detail=\"out of memory: [http] stays as it was\"");
        }
        if (err != ANSA_OK) {
                log_error("reload", "detail=\"%s\" result=\"the settings in force are kept\"",
                          problem.text);
        } else {
                struct doors_limits limits;
                tell_unread(&a->settings->config, &s->config);
                ansad_settings_give(a->settings);
                a->settings = s;
                config_limits(&s->config, &limits);
                doors_reconfigure(a->doors, &limits);
                log_open(stderr, (enum log_level)s->config.log_level);
                renew_tls(a);
                log_info("reload", "result=done");
        }
        ansad_notify("READY=1");
}

static uint64_t count_records(struct ansad *a)
{
        struct store_txn *txn;
        struct store_stat stat = { 0 };
        if (store_begin(a->store, STORE_READ, &txn) != ANSA_OK)
                return 0;
        if (store_stat(txn, &stat) != ANSA_OK)
                stat = (struct store_stat){ 0 };
        store_abort(txn);
        return stat.entries[STORE_RECORDS];
}

static void tell_ready(struct ansad *a)
{
        const struct doors_listen *listen;
        size_t count = doors_listening(a->doors, &listen);
        uint8_t at[READY_MAX];
        struct buf line = buf_over(at, sizeof(at) - 1);
        for (size_t i = 0; i < count; i++) {
                char text[ADDRESS_TEXT_SIZE];
                const char *plain = address_format(listen[i].address, listen[i].port, text);
                if (listen[i].has_udp)
                        buf_printf(&line, "udp=%s ", plain);
                if (listen[i].has_tcp)
                        buf_printf(&line, "tcp=%s ", plain);
                if (listen[i].has_tls)
                        buf_printf(&line, "tls=%s ",
                                   address_format(listen[i].address, listen[i].tls_port, text));
        }
        const struct doors_web *web;
        count = doors_web_listening(a->doors, &web);
        for (size_t i = 0; i < count; i++) {
                char text[ADDRESS_TEXT_SIZE];
                buf_printf(&line, "%s=%s ", web[i].is_tls ? "https" : "http",
                           address_format(web[i].address, web[i].port, text));
        }
        at[line.err == ANSA_OK ? line.size : 0] = '\0';
        struct env *env = env_system();
        log_info("ready", "home=%s %srecords=%llu start_ms=%llu", a->home, (const char *)at,
                 (unsigned long long)count_records(a),
                 (unsigned long long)(env->steady_ms(env) - a->begun_ms));
        ansad_notify("READY=1");
}

enum ansa_err ansad_run(struct ansad *a)
{
        sigset_t signals;
        (void)sigemptyset(&signals);
        (void)sigaddset(&signals, SIGTERM);
        (void)sigaddset(&signals, SIGINT);
        (void)sigaddset(&signals, SIGHUP);
        (void)sigaddset(&signals, SIGUSR1);
        ansad_tls_watch(a);
        tell_ready(a);
        struct env *env = env_system();
        for (;;) {
                struct timespec look = { .tv_sec = LOOK_S };
                int signal = sigtimedwait(&signals, NULL, &look);
                ansad_facts_look(a->facts);
                ansad_tls_watch(a);
                if (a->tls_renew_ms != 0 && env->steady_ms(env) >= a->tls_renew_ms)
                        renew_tls(a);
                if (signal == SIGHUP)
                        reload(a);
                else if (signal == SIGUSR1)
                        log_counts(a);
                else if (signal == SIGTERM || signal == SIGINT)
                        break;
        }
        ansad_notify("STOPPING=1");
        log_info("stopping", "home=%s", a->home);
        doors_stop(a->doors);
        log_counts(a);
        log_info("stopped", "home=%s", a->home);
        return ANSA_OK;
}
