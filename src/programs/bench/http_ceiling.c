/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ceiling of HTTP: libmicrohttpd in the settings that the server uses, with one thread,
 * answering everything with the same response. What it can do the server cannot exceed.
 */
#include "programs/bench/bench.h"

#include <microhttpd.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#define POOL_SIZE 14336u /* as in doors/web.h */

struct ceiling {
        struct MHD_Response *response;
        unsigned status;
};

static enum MHD_Result answer(void *context, struct MHD_Connection *connection, const char *url,
                              const char *method, const char *version, const char *data,
                              size_t *data_size, void **state)
{
        static int begun;
        const struct ceiling *c = context;
        (void)url;
        (void)method;
        (void)version;
        (void)data;
        (void)data_size;
        if (*state == NULL) { /* an answer to the head alone would end the connection */
                *state = &begun;
                return MHD_YES;
        }
        return MHD_queue_response(connection, c->status, c->response);
}

bool bench_http_ceiling(const struct bench_options *o)
{
        static char body[65536];
        sigset_t ends;
        int signal;
        memset(body, 'x', sizeof(body));
        int size = snprintf(body, sizeof(body), "{\"responseCode\":1,\"is\":\"");
        body[size] = 'x';
        struct ceiling c = { .status = o->redirect ? MHD_HTTP_FOUND : MHD_HTTP_OK };
        c.response = MHD_create_response_from_buffer(o->reply_size, body, MHD_RESPMEM_PERSISTENT);
        if (c.response == NULL ||
            MHD_add_response_header(c.response, "Content-Type", "application/json") != MHD_YES ||
            (o->redirect &&
             MHD_add_response_header(c.response, "Location", "https://example.org/") != MHD_YES))
                return false;
        (void)sigemptyset(&ends);
        (void)sigaddset(&ends, SIGTERM);
        (void)sigaddset(&ends, SIGINT);
        (void)sigprocmask(SIG_BLOCK, &ends, NULL);
        struct MHD_Daemon *daemon = MHD_start_daemon(
                MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL, answer, &c,
                MHD_OPTION_SOCK_ADDR, &o->server, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
                (size_t)POOL_SIZE, MHD_OPTION_CONNECTION_TIMEOUT, 0u, MHD_OPTION_END);
        if (daemon == NULL) {
                perror("http-ceiling");
                return false;
        }
        (void)sigwait(&ends, &signal);
        MHD_stop_daemon(daemon);
        MHD_destroy_response(c.response);
        return true;
}
