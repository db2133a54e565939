/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ceiling of HTTP: libmicrohttpd in the settings that the server uses, with one thread,
 * answering everything with the same response, which has the size and the headers that the
 * server's have. What it can do the server cannot exceed.
 */
#include "programs/bench/bench.h"

#include <microhttpd.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#define POOL_SIZE 14336u /* as in doors/web.h */

#define BODY_MAX  65536u
#define HEAD \
        "HTTP/1.1 200 OK\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\nContent-Length: 1000\r\n\r\n"

struct header {
        const char *name;
        const char *value;
};

/* As the server has them for a record, and for a redirect. */
static const struct header of_record[] = {
        { "Access-Control-Allow-Origin", "*" },
        { "ETag", "\"f64cba63a7d16964\"" },
        { "Vary", "Authorization" },
        { "Content-Type", "application/json;charset=UTF-8" },
        { NULL, NULL },
};
static const struct header of_redirect[] = {
        { "Location", "https://doi.org/10.1000/journal.pone.0077634" },
        { "Expires", "Sun, 06 Nov 1994 08:49:37 GMT" },
        { "Link", "</api/handles/10.1000/journal.pone.0077634>; rel=\"describedby\"; "
                  "type=\"application/json\"" },
        { "Content-Security-Policy", "default-src 'none'" },
        { "X-Content-Type-Options", "nosniff" },
        { "Content-Type", "text/html; charset=utf-8" },
        { NULL, NULL },
};

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

/* A response that is @size octets long with its head, or as short as it can be. */
static struct MHD_Response *make_response(const struct header *headers, size_t size)
{
        static const char front[] = "{\"responseCode\":1,\"is\":\"";
        static char body[BODY_MAX];
        size_t head = sizeof(HEAD) - 1;
        for (const struct header *h = headers; h->name != NULL; h++)
                head += strlen(h->name) + strlen(h->value) + 4;
        size_t body_size = size > head + sizeof(front) ? size - head : sizeof(front);
        if (body_size > sizeof(body))
                body_size = sizeof(body);
        memset(body, 'x', sizeof(body));
        memcpy(body, front, sizeof(front) - 1);
        struct MHD_Response *response =
                MHD_create_response_from_buffer(body_size, body, MHD_RESPMEM_PERSISTENT);
        for (const struct header *h = headers; response != NULL && h->name != NULL; h++) {
                if (MHD_add_response_header(response, h->name, h->value) != MHD_YES)
                        return NULL;
        }
        return response;
}

bool bench_http_ceiling(const struct bench_options *o)
{
        sigset_t ends;
        int signal;
        struct ceiling c = { .status = o->redirect ? MHD_HTTP_FOUND : MHD_HTTP_OK };
        c.response = make_response(o->redirect ? of_redirect : of_record, o->reply_size);
        if (c.response == NULL)
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
