/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_DOORS_DOORS_H
#define ANSA_DOORS_DOORS_H

#include "doors/address.h"
#include "doors/budget.h"
#include "http/http.h"
#include "identifier/identifier.h"

/**
 * The network side of the server: UDP, TCP, TLS, HTTP and HTTPS sockets, worker threads,
 * the slow lane, the one writer and the housekeeper.
 *
 *   doors_open      binds every socket (may need privilege); nothing is read yet
 *   doors_start     makes the threads; requests are served from here on
 *   doors_stop      stops accepting, finishes what is begun within a bounded time
 *   doors_free
 *
 * Every worker has its own UDP, TCP and TLS socket for each address (SO_REUSEPORT): the
 * kernel deals peers out by their address and port, so a peer stays with one worker and
 * workers share nothing on the way of a datagram.
 */
struct doors;

#define DOORS_LISTEN_MAX  16u
#define DOORS_WORKERS_MAX 64u
#define DOORS_SLOW_MAX    64u
#define DOORS_EXEMPT_MAX  16u
#define DOORS_WEB_MAX     (2 * DOORS_LISTEN_MAX) /* sockets for HTTP and HTTPS */

struct doors_listen {
        uint8_t address[ADDRESS_SIZE];
        bool has_udp;
        bool has_tcp;
        bool has_tls;
        bool udp_administers; /* administration is served on this interface */
        bool tcp_administers; /* TLS always may */
        uint16_t port;        /* UDP and TCP; 0: one that the kernel chooses, the same for all */
        uint16_t tls_port;    /* same */
};

/** A socket for HTTP or HTTPS. */
struct doors_web {
        uint8_t address[ADDRESS_SIZE];
        bool is_tls;
        uint16_t port; /* 0: one that the kernel chooses, the same for all of the kind */
};

struct doors_ranges {
        struct address_range range[DOORS_EXEMPT_MAX];
        uint32_t count;
};

/** Of HTTP and HTTPS; what can be changed while serving. */
struct doors_web_limits {
        uint32_t connections_max;
        uint32_t connections_network_max; /* from one source network */
        uint32_t idle_ms;                 /* a kept connection without a request */
        uint32_t request_ms;          /* for a request's head, and its body when that is small */
        uint32_t send_ms;             /* a client that takes nothing of its response */
        bool asks_certificates;       /* of clients, over HTTPS */
        struct doors_ranges proxies;  /* whose X-Forwarded-For is believed */
        struct doors_ranges watchers; /* who is told figures */
};

/** What can be changed while serving. */
struct doors_limits {
        uint32_t connections_max;         /* all workers together */
        uint32_t connections_network_max; /* from one source network */
        uint32_t idle_ms;                 /* a kept connection without a request */
        uint32_t request_ms;              /* from the first octet of a request to its last */
        uint32_t send_ms;                 /* a peer that takes nothing of its answer */
        uint32_t writes_ahead_max;        /* changes of one connection that wait for the writer */
        uint64_t buffers_max;             /* bytes held for all connections together */
        uint32_t slow_count_max;          /* requests that wait for the slow lane */
        uint64_t slow_size_max;           /* bytes of them */
        uint32_t write_count_max;         /* changes that wait for the writer */
        uint64_t write_size_max;
        uint32_t write_batch_max; /* changes in one transaction */
        uint32_t drain_ms;        /* for what is begun when the server is told to stop */
        struct budget_settings budget;
        struct address_range exempt[DOORS_EXEMPT_MAX]; /* sources without a UDP budget */
        uint32_t exempt_count;
        struct doors_web_limits web;
};

struct doors_options {
        const struct doors_listen *listen;
        size_t listen_count;
        uint32_t workers;
        uint32_t slow_threads;
        bool skip_missing;           /* a family that this machine has not is no error */
        struct ansa_bytes tls_chain; /* PEM, certificate first; needed for has_tls */
        struct ansa_bytes tls_key;   /* PEM */
        const struct doors_web *web;
        size_t web_count;
        uint32_t web_threads;
        struct ansa_bytes web_chain; /* PEM, as above; needed for is_tls */
        struct ansa_bytes web_key;
        struct env *env;
        struct doors_limits limits;
};

/** Why doors_open or doors_start failed, for the operator. */
struct doors_problem {
        char text[160];
};

ANSA_CHECKED enum ansa_err doors_open(const struct doors_options *options, struct doors **doors,
                                      struct doors_problem *problem);

/** @service and @http must outlive the doors; @http may be NULL when nothing listens for HTTP. */
ANSA_CHECKED enum ansa_err doors_start(struct doors *doors, struct identifier *service,
                                       struct http *http, struct doors_problem *problem);

/** Returns when all threads have ended, after limits.drain_ms at the latest. */
void doors_stop(struct doors *doors);
void doors_free(struct doors *doors); /* stopped, or never started; NULL is fine */

/** New limits (SIGHUP); the workers take them up within a second. */
void doors_reconfigure(struct doors *doors, const struct doors_limits *limits);

/** Another certificate and key for connections that come from now on. */
ANSA_CHECKED enum ansa_err doors_set_tls(struct doors *doors, struct ansa_bytes chain,
                                         struct ansa_bytes key);

/** The same for HTTPS. */
ANSA_CHECKED enum ansa_err doors_set_web_tls(struct doors *doors, struct ansa_bytes chain,
                                             struct ansa_bytes key);

/** What is listened on, with the ports that the kernel chose. */
size_t doors_listening(const struct doors *doors, const struct doors_listen **listen);
size_t doors_web_listening(const struct doors *doors, const struct doors_web **web);

/** True from the beginning of the end. */
bool doors_is_stopping(struct doors *doors);

/*
 * Counters since the start. X(name, text): one list for the struct, the sums and
 * whatever prints them.
 */
/* clang-format off */
#define DOORS_COUNT_MAP(X)                                                      \
        X(udp_received,          "datagrams received")                          \
        X(udp_sent,              "datagrams sent")                              \
        X(udp_bytes_in,          "bytes received in datagrams")                 \
        X(udp_bytes_out,         "bytes sent in datagrams")                     \
        X(udp_malformed,         "datagrams that are no message")               \
        X(udp_over_budget,       "answers not sent: budget of their network")   \
        X(udp_send_failed,       "datagrams that the kernel did not take")      \
        X(fragments_received,    "datagrams that are part of a request")        \
        X(fragments_joined,      "requests joined from datagrams")              \
        X(fragments_refused,     "parts of requests over a limit or misfitting")\
        X(fragments_expired,     "requests of which a part never came")         \
        X(tcp_accepted,          "connections accepted")                        \
        X(tcp_refused,           "connections refused over a limit")            \
        X(tcp_evicted,           "connections closed to let others in")         \
        X(tcp_timed_out,         "connections closed for doing nothing")        \
        X(tcp_slow_peers,        "connections closed for being too slow")       \
        X(tcp_malformed,         "connections closed for sending no message")   \
        X(tcp_out_of_memory,     "connections closed for want of buffers")      \
        X(tls_handshakes,        "TLS handshakes completed")                    \
        X(tls_failed,            "TLS handshakes failed")                       \
        X(requests,              "messages handed to the service")              \
        X(answers,               "answers it gave")                             \
        X(silent,                "messages it did not answer")                  \
        X(slow,                  "requests taken to the slow lane")             \
        X(slow_refused,          "requests refused: slow lane full")            \
        X(writes,                "changes given to the writer")                 \
        X(writes_refused,        "changes refused: writer's queue full")        \
        X(write_batches,         "transactions of the writer")                  \
        X(http_accepted,         "HTTP and HTTPS connections accepted")         \
        X(http_refused,          "HTTP connections refused over a limit")       \
        X(http_evicted,          "HTTP connections closed to let others in")    \
        X(http_timed_out,        "HTTP connections closed for doing nothing")   \
        X(http_slow_peers,       "HTTP connections closed for being too slow")  \
        X(http_malformed,        "HTTP requests that are none")                 \
        X(http_too_large,        "HTTP requests with too large a head or body") \
        X(http_requests,         "HTTP requests")                               \
        X(http_bytes_in,         "bytes of HTTP bodies received")               \
        X(http_bytes_out,        "bytes of HTTP bodies sent")                   \
        X(http_2xx,              "HTTP responses: success")                     \
        X(http_3xx,              "HTTP responses: elsewhere, or not changed")   \
        X(http_4xx,              "HTTP responses: the request's fault")         \
        X(http_5xx,              "HTTP responses: our fault, or too busy")

/* Doors and ways of requests, for latencies. */
enum doors_door { DOORS_UDP, DOORS_TCP, DOORS_TLS, DOORS_HTTP, DOORS_HTTPS, DOORS_DOOR_COUNT };
enum doors_way {
        DOORS_DIRECT, /* answered at once */
        DOORS_SLOW,   /* through the slow lane */
        DOORS_WRITE,  /* through the writer */
        DOORS_WAY_COUNT
};

#define DOORS_LATENCY_BUCKETS 24u /* i: at most 2^i microseconds; the last: all that took longer */
struct doors_latency {
        uint64_t bucket[DOORS_LATENCY_BUCKETS];
        uint64_t sum_us;
};

struct doors_counts {
#define X(name, text) uint64_t name;
        DOORS_COUNT_MAP(X)
#undef X
        uint64_t connections;   /* open now, TCP and TLS */
        uint64_t http_connections;
        uint64_t slow_waiting;  /* now */
        uint64_t write_waiting; /* now */
        struct doors_latency latency[DOORS_DOOR_COUNT][DOORS_WAY_COUNT];
};
/* clang-format on */

void doors_count(struct doors *doors, struct doors_counts *counts);

#endif
