/* SPDX-License-Identifier: Apache-2.0 */
#include "fake.h"

#include "base/assert.h"
#include "base/text.h"
#include "crypto/key.h"
#include "crypto/tls_cert.h"
#include "wire/data.h"
#include "wire/fragment.h"

#include <arpa/inet.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#define CONNECTIONS_MAX 16u
#define WAIT_MS         5000

struct connection {
        int fd;
        SSL *ssl;
};

/* ---- Sockets ---- */

static int open_socket(const struct fake *f, int type, uint16_t port)
{
        struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(port) };
        struct sockaddr_in6 b = { .sin6_family = AF_INET6, .sin6_port = htons(port) };
        const char *ip = f->ip != NULL ? f->ip : "127.0.0.1";
        bool v6 = strchr(ip, ':') != NULL;
        if (v6)
                ansa_assert(inet_pton(AF_INET6, ip, &b.sin6_addr) == 1);
        else
                ansa_assert(inet_pton(AF_INET, ip, &a.sin_addr) == 1);
        int fd = socket(v6 ? AF_INET6 : AF_INET, type, 0);
        int on = 1;
        ansa_assert(fd >= 0);
        ansa_assert(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == 0);
        int rc = v6 ? bind(fd, (const struct sockaddr *)&b, sizeof(b))
                    : bind(fd, (const struct sockaddr *)&a, sizeof(a));
        if (rc != 0) {
                (void)close(fd);
                return -1;
        }
        return fd;
}

static uint16_t port_of(int fd)
{
        struct sockaddr_in6 a = { 0 };
        socklen_t size = sizeof(a);
        ansa_assert(getsockname(fd, (struct sockaddr *)&a, &size) == 0);
        return ntohs(a.sin6_port); /* at the same place in both families */
}

/* The same port for UDP and TCP: the kernel chooses one, the other has to be free too. */
static void open_both(struct fake *f)
{
        for (int tries = 0; tries < 100; tries++) {
                f->tcp_fd = open_socket(f, SOCK_STREAM, f->port);
                ansa_assert(f->tcp_fd >= 0);
                uint16_t port = port_of(f->tcp_fd);
                f->udp_fd = open_socket(f, SOCK_DGRAM, port);
                if (f->udp_fd >= 0) {
                        f->port = port;
                        return;
                }
                (void)close(f->tcp_fd);
        }
        abort(); /* no port is free for both */
}

static SSL_CTX *tls_server(const struct crypto_key *key, bool delegates)
{
        struct buf certificate = buf_growing(65536);
        struct buf pem = buf_growing(65536);
        uint32_t now_s = (uint32_t)time(NULL);
        enum ansa_err err =
                delegates ? tls_cert_delegate(key, ANSA_BYTES_LIT("fake"), now_s, 30, &certificate,
                                              &pem)
                          : tls_cert_new(key, ANSA_BYTES_LIT("fake"), now_s, &certificate);
        ansa_assert(err == ANSA_OK);
        if (!delegates)
                err = crypto_key_to_pem(key, true, (struct ansa_bytes){ 0 }, &pem);
        ansa_assert(err == ANSA_OK);
        SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
        BIO *c = BIO_new_mem_buf(certificate.at, (int)certificate.size);
        BIO *k = BIO_new_mem_buf(pem.at, (int)pem.size);
        X509 *x = PEM_read_bio_X509(c, NULL, NULL, NULL);
        EVP_PKEY *p = PEM_read_bio_PrivateKey(k, NULL, NULL, NULL);
        ansa_assert(ctx != NULL && SSL_CTX_use_certificate(ctx, x) == 1);
        ansa_assert(SSL_CTX_use_PrivateKey(ctx, p) == 1);
        EVP_PKEY_free(p);
        X509_free(x);
        BIO_free(k);
        BIO_free(c);
        buf_fini(&pem);
        buf_fini(&certificate);
        return ctx;
}

/* ---- Requests ---- */

static void handle(struct fake *f, struct ansa_bytes raw, bool is_udp, struct fake_exchange *x)
{
        struct envelope e;
        *x = (struct fake_exchange){ .fake = f, .raw = raw, .is_udp = is_udp };
        enum ansa_err err = envelope_decode(raw, &e);
        ansa_assert(err == ANSA_OK);
        x->number = ++f->requests;
        x->request.envelope = e;
        struct ansa_bytes after = { raw.at + ENVELOPE_SIZE, raw.size - ENVELOPE_SIZE };
        if ((e.flags & ENVELOPE_ENCRYPTED) == 0) {
                err = message_decode(&e, after, &x->request);
                ansa_assert(err == ANSA_OK);
        }
        f->handler(x);
}

static void finish(struct fake_exchange *x)
{
        for (size_t i = 0; i < x->out_count; i++)
                buf_fini(&x->out[i]);
}

/* ---- UDP ---- */

static void send_datagrams(struct fake *f, struct ansa_bytes message, bool is_first,
                           const struct sockaddr_storage *to, socklen_t to_size)
{
        uint32_t n = fragment_count((uint32_t)(message.size - ENVELOPE_SIZE));
        for (uint32_t i = 0; i < n; i++) {
                uint32_t place = f->reverse ? n - 1 - i : i;
                uint8_t packet[LIMIT_UDP_PACKET_SIZE];
                struct ansa_bytes data;
                fragment_cut(message, place, false, packet, &data);
                memcpy(packet + ENVELOPE_SIZE, data.at, data.size);
                if (f->strict && n > 1) {
                        packet[2] |= ENVELOPE_TRUNCATED;
                        packet[17] = 0;
                        packet[18] = (uint8_t)(data.size >> 8);
                        packet[19] = (uint8_t)data.size;
                }
                if (is_first && (f->lose_first >> place & 1) != 0)
                        continue;
                for (int k = 0; k < (f->twice ? 2 : 1); k++)
                        (void)sendto(f->udp_fd, packet, ENVELOPE_SIZE + data.size, 0,
                                     (const struct sockaddr *)to, to_size);
        }
}

struct joining {
        struct fragment_set set;
        struct buf whole;
        uint32_t request_id;
        bool is_on;
};

/* A whole request, from one datagram or several. */
static bool join(struct joining *j, struct ansa_bytes packet)
{
        struct envelope e;
        bool done = false;
        if (envelope_decode(packet, &e) != ANSA_OK)
                return false;
        if (!j->is_on || j->request_id != e.request_id) {
                buf_reset(&j->whole);
                buf_bytes(&j->whole, (struct ansa_bytes){ packet.at, ENVELOPE_SIZE });
                uint8_t *at = buf_take(&j->whole, e.message_size);
                if (at == NULL || fragment_begin(&j->set, &e, at) != ANSA_OK)
                        return false;
                j->is_on = true;
                j->request_id = e.request_id;
        }
        struct ansa_bytes data = { packet.at + ENVELOPE_SIZE, packet.size - ENVELOPE_SIZE };
        if (fragment_add(&j->set, &e, data, &done) != ANSA_OK || !done)
                return false;
        j->is_on = false;
        return true;
}

static void serve_datagram(struct fake *f, struct joining *j)
{
        uint8_t packet[LIMIT_UDP_PACKET_SIZE];
        struct sockaddr_storage from;
        socklen_t from_size = sizeof(from);
        struct fake_exchange x;
        ssize_t n = recvfrom(f->udp_fd, packet, sizeof(packet), 0, (struct sockaddr *)&from,
                             &from_size);
        if (n <= 0)
                return;
        f->datagrams++;
        if (f->no_udp || !join(j, (struct ansa_bytes){ packet, (size_t)n }))
                return;
        handle(f, buf_written(&j->whole), true, &x);
        for (size_t i = 0; i < x.out_count; i++)
                send_datagrams(f, buf_written(&x.out[i]), x.number == 1, &from, from_size);
        finish(&x);
}

/* ---- TCP and TLS ---- */

static bool read_all(struct connection *c, uint8_t *at, size_t size)
{
        while (size > 0) {
                struct pollfd p = { .fd = c->fd, .events = POLLIN };
                if ((c->ssl == NULL || SSL_pending(c->ssl) == 0) && poll(&p, 1, WAIT_MS) <= 0)
                        return false;
                ssize_t n =
                        c->ssl != NULL ? SSL_read(c->ssl, at, (int)size) : recv(c->fd, at, size, 0);
                if (n <= 0)
                        return false;
                at += n;
                size -= (size_t)n;
        }
        return true;
}

static void write_all(struct connection *c, struct ansa_bytes bytes)
{
        while (bytes.size > 0) {
                ssize_t n = c->ssl != NULL ? SSL_write(c->ssl, bytes.at, (int)bytes.size)
                                           : send(c->fd, bytes.at, bytes.size, MSG_NOSIGNAL);
                if (n <= 0)
                        return;
                bytes.at += n;
                bytes.size -= (size_t)n;
        }
}

static void close_connection(struct connection *c)
{
        if (c->ssl != NULL) {
                (void)SSL_shutdown(c->ssl);
                SSL_free(c->ssl);
        }
        if (c->fd >= 0)
                (void)close(c->fd);
        *c = (struct connection){ .fd = -1 };
}

/* Whether the last message of @x has KC in its (plain) header. */
static bool keeps_open(const struct fake_exchange *x)
{
        struct header h;
        if (x->out_count == 0 || x->close_after)
                return false;
        const struct buf *last = &x->out[x->out_count - 1];
        if ((last->at[2] & ENVELOPE_ENCRYPTED) != 0)
                return true;
        struct ansa_bytes after = { last->at + ENVELOPE_SIZE, HEADER_SIZE };
        return header_decode(after, &h) == ANSA_OK && (h.flags & FLAG_KEEP_OPEN) != 0;
}

static void serve_connection(struct fake *f, struct connection *c)
{
        uint8_t head[ENVELOPE_SIZE];
        struct envelope e;
        struct fake_exchange x;
        if (!read_all(c, head, sizeof(head)) ||
            envelope_decode((struct ansa_bytes){ head, sizeof(head) }, &e) != ANSA_OK) {
                close_connection(c);
                return;
        }
        uint8_t *raw = malloc(ENVELOPE_SIZE + e.message_size);
        ansa_assert(raw != NULL);
        memcpy(raw, head, ENVELOPE_SIZE);
        if (!read_all(c, raw + ENVELOPE_SIZE, e.message_size)) {
                free(raw);
                close_connection(c);
                return;
        }
        handle(f, (struct ansa_bytes){ raw, ENVELOPE_SIZE + e.message_size }, false, &x);
        for (size_t i = 0; i < x.out_count; i++)
                write_all(c, buf_written(&x.out[i]));
        if (!keeps_open(&x))
                close_connection(c);
        finish(&x);
        free(raw);
}

static void take_connection(struct fake *f, struct connection *list)
{
        int fd = accept(f->tcp_fd, NULL, NULL);
        size_t i = 0;
        while (i < CONNECTIONS_MAX && list[i].fd >= 0)
                i++;
        if (fd < 0 || f->no_tcp || i == CONNECTIONS_MAX) {
                if (fd >= 0)
                        (void)close(fd);
                return;
        }
        f->connections++;
        list[i].fd = fd;
        if (f->tls != NULL) {
                list[i].ssl = SSL_new(f->tls);
                (void)SSL_set_fd(list[i].ssl, fd);
                if (SSL_accept(list[i].ssl) != 1)
                        close_connection(&list[i]);
        }
}

static void *serve(void *context)
{
        struct fake *f = context;
        sigset_t pipes;
        /* In this thread only: a library that raised it in the caller's would be caught. */
        ansa_assert(sigemptyset(&pipes) == 0 && sigaddset(&pipes, SIGPIPE) == 0);
        ansa_assert(pthread_sigmask(SIG_BLOCK, &pipes, NULL) == 0);
        struct connection list[CONNECTIONS_MAX];
        struct joining j = { .whole = buf_growing(LIMIT_MESSAGE_SIZE + ENVELOPE_SIZE) };
        for (size_t i = 0; i < CONNECTIONS_MAX; i++)
                list[i] = (struct connection){ .fd = -1 };
        for (;;) {
                struct pollfd p[3 + CONNECTIONS_MAX] = { { .fd = f->stop_fd, .events = POLLIN },
                                                         { .fd = f->udp_fd, .events = POLLIN },
                                                         { .fd = f->tcp_fd, .events = POLLIN } };
                for (size_t i = 0; i < CONNECTIONS_MAX; i++)
                        p[3 + i] = (struct pollfd){ .fd = list[i].fd, .events = POLLIN };
                if (poll(p, 3 + CONNECTIONS_MAX, -1) < 0 || p[0].revents != 0)
                        break;
                if (p[1].revents != 0)
                        serve_datagram(f, &j);
                for (size_t i = 0; i < CONNECTIONS_MAX; i++) {
                        if (p[3 + i].fd >= 0 && p[3 + i].revents != 0)
                                serve_connection(f, &list[i]);
                }
                if (p[2].revents != 0)
                        take_connection(f, list);
        }
        for (size_t i = 0; i < CONNECTIONS_MAX; i++)
                close_connection(&list[i]);
        buf_fini(&j.whole);
        return NULL;
}

void fake_start(struct fake *f)
{
        open_both(f);
        f->stop_fd = eventfd(0, 0);
        ansa_assert(f->stop_fd >= 0);
        if (f->tls_key != NULL)
                f->tls = tls_server(f->tls_key, f->tls_delegates);
        ansa_assert(listen(f->tcp_fd, 64) == 0);
        ansa_assert(pthread_create(&f->thread, NULL, serve, f) == 0);
}

void fake_stop(struct fake *f)
{
        ansa_assert(eventfd_write(f->stop_fd, 1) == 0);
        ansa_assert(pthread_join(f->thread, NULL) == 0);
        (void)close(f->stop_fd);
        (void)close(f->udp_fd);
        (void)close(f->tcp_fd);
        SSL_CTX_free(f->tls);
}
