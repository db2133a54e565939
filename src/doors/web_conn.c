/* SPDX-License-Identifier: Apache-2.0 */
#include "doors/web.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

/* Connections over HTTP: the table of them, and their end. */

#define LINGER_MS 2000u

struct web_conn *web_conn_new(struct web *web, int fd, bool is_tls, const struct peer *peer)
{
        if (fd >= web->fd_room)
                return NULL;
        struct web_conn *c = calloc(1, sizeof(*c));
        if (c == NULL)
                return NULL;
        c->web = web;
        c->fd = fd;
        c->is_tls = is_tls;
        c->peer = *peer;
        c->network = address_network(peer->address);
        web_phase(c, WEB_IDLE, latency_now_us());
        (void)crowd_join(web->crowd, c->network);
        lock_take(&web->lock);
        struct web_conn *lost =
                web->by_fd[fd]; /* MHD closed it without a word, for want of memory */
        web->by_fd[fd] = c;
        if (fd >= web->fd_top)
                web->fd_top = fd + 1;
        lock_give(&web->lock);
        if (lost != NULL) {
                lost->fd = -1;
                web_conn_free(lost);
        }
        return c;
}

void web_conn_free(struct web_conn *c)
{
        struct web *web = c->web;
        if (c->fd >= 0) {
                lock_take(&web->lock);
                ansa_assert(web->by_fd[c->fd] == c);
                web->by_fd[c->fd] = NULL;
                while (web->fd_top > 0 && web->by_fd[web->fd_top - 1] == NULL)
                        web->fd_top--;
                lock_give(&web->lock);
        }
        crowd_leave(web->crowd, c->network);
        free(c->client);
        free(c);
}

void web_linger(struct web *web, int fd)
{
        int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);
        if (copy < 0)
                return;
        (void)shutdown(copy, SHUT_WR);
        lock_take(&web->lock);
        bool has_room = web->linger_count < WEB_LINGER_MAX;
        if (has_room)
                web->linger[web->linger_count++] = (struct web_linger){
                        .fd = copy, .until_ms = web->env->steady_ms(web->env) + LINGER_MS
                };
        lock_give(&web->lock);
        if (!has_room)
                (void)close(copy);
}

void web_conn_notify(void *arg, struct MHD_Connection *mhd, void **context,
                     enum MHD_ConnectionNotificationCode code)
{
        struct web *web = arg;
        if (code == MHD_CONNECTION_NOTIFY_STARTED) {
                int fd =
                        MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
                lock_take(&web->lock);
                struct web_conn *c = web->by_fd[fd];
                ansa_assert(c != NULL);
                c->is_known = true;
                lock_give(&web->lock);
                *context = c;
                return;
        }
        struct web_conn *c = *context;
        if (c->lingers) /* its descriptor is still open, and closed after this */
                web_linger(web, c->fd);
        *context = NULL;
        web_conn_free(c);
}
