/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_PROGRAMS_BENCH_BENCH_H
#define ANSA_PROGRAMS_BENCH_BENCH_H

#include "ansa/bytes.h"
#include "ansa/err.h"

#include <netinet/in.h>

/**
 * ansa-bench: a load generator that is fast enough to find the limit of the server and
 * honest enough to be believed: every answer is checked for its request id and response
 * code, names are drawn at random from those that exist, and the same generator drives an
 * echo server with the same packet sizes, which is the ceiling of the machine.
 */

/** Latencies in log-linear buckets: 64 per power of two, error below 1.6 %. */
#define HISTOGRAM_BUCKETS 2048u
struct histogram {
        uint64_t bucket[HISTOGRAM_BUCKETS];
        uint64_t count;
        uint64_t max_ns;
};
void histogram_add(struct histogram *h, uint64_t ns);
/** The latency that @share (0..1) of all stayed at or below, in ns. */
uint64_t histogram_at(const struct histogram *h, double share);

/** Requests made beforehand, one a name; request ids are set when one is sent. */
struct request_set {
        uint8_t *octets;
        uint32_t *offsets; /* count + 1 */
        uint32_t count;
        uint32_t size_max; /* of one request */
};
enum request_form { REQUEST_IRP, REQUEST_DNS, REQUEST_HTTP };
/** Names from a file, one a line (the first column of a table). DNS: under @zone; HTTP:
 * below the path @zone. */
bool requests_load(const char *path, enum request_form form, const char *zone, uint32_t count_max,
                   struct request_set *set);
void requests_free(struct request_set *set);
/** Request @i to @at with @id in its place; returns its size. */
size_t requests_copy(const struct request_set *set, uint32_t i, enum request_form form, uint32_t id,
                     uint8_t *at);
/** What came back: was it the answer of request @id, and a success? */
enum reply_check { REPLY_GOOD, REPLY_WRONG_CODE, REPLY_FOREIGN };
enum reply_check reply_look(enum request_form form, const uint8_t *at, size_t size, uint32_t *id);

/** Datagrams that the answer fills of which @at is one (irp-wire 3). */
uint32_t reply_pieces(const uint8_t *at);

struct bench_options {
        const char *verb;
        struct sockaddr_in server;
        const char *names;
        const char *zone;
        const char *path; /* what stands before a name in a URL */
        const char *key_file;
        const char *as;
        const char *prefix;
        const char *home; /* whose records are proven */
        double seconds;
        double rate;     /* requests a second, 0 = as fast as answers come */
        unsigned window; /* requests in flight */
        unsigned connections;
        unsigned reply_size; /* octets of the echo server's replies */
        int cpu;             /* -1 = any */
        bool json;
        bool session;
        bool redirect; /* http-ceiling answers 302 */
};

struct bench_result {
        uint64_t sent;
        uint64_t good;
        uint64_t wrong_code;
        uint64_t foreign;
        uint64_t lost;
        double seconds;
        struct histogram latency;
        uint64_t reply_octets;
        uint64_t request_octets;
};

uint64_t bench_now_ns(void);
/** xorshift64*: fast, good enough to pick names. */
uint64_t bench_random(uint64_t *state);
bool bench_pin(int cpu);

/* Each runs its load and fills the result; false when it could not (message on stderr). */
bool bench_udp(const struct bench_options *o, enum request_form form, struct bench_result *r);
bool bench_tcp(const struct bench_options *o, struct bench_result *r); /* kept open, pipelined */
bool bench_tcp_each(const struct bench_options *o, struct bench_result *r); /* a connection each */
bool bench_http(const struct bench_options *o, struct bench_result *r); /* one after the other */
bool bench_http_ceiling(const struct bench_options *o); /* the server; until SIGTERM */
bool bench_echo(const struct bench_options *o);         /* the server; until SIGTERM */
bool bench_create(const struct bench_options *o, struct bench_result *r); /* signed creations */
bool bench_proofs(const struct bench_options *o); /* no server: from a home; prints its own */

void bench_print(const struct bench_options *o, const struct bench_result *r);

#endif
