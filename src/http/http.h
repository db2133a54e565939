/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_HTTP_HTTP_H
#define ANSA_HTTP_HTTP_H

#include "base/buf.h"
#include "identifier/identifier.h"

/**
 * What the server says over HTTP: REST, the web resolver, the tunnel of the native protocol and
 * the pages. Takes requests that somebody else has parsed, asks the identifier system through
 * its entry point in the protocol's own terms, and writes the answers. No socket, no thread, no
 * clock: the door, the tests and the fuzzers all call this.
 *
 *   door thread                        slow lane               the one writer
 *   -----------                        ---------               --------------
 *   http_begin   head is complete
 *   http_body    what comes of the body, until its end
 *   http_serve -> HTTP_SLOW         -> http_serve (may block)
 *              -> HTTP_WRITE, jobs ----------------------------> identifier_commit
 *   http_serve <- when they are done (again HTTP_WRITE, or ...)
 *              -> HTTP_REPLY           status, headers, body
 *   http_more    the next piece of a long body, when response.is_long
 *   http_end
 *
 * struct http is shared by all threads; struct http_worker belongs to one thread;
 * struct http_exchange is one request, used by one thread at a time.
 */
struct http;
struct http_worker;
struct http_exchange;

#define HTTP_TARGET_SIZE_MAX 16384u /* octets of path and query */
#define HTTP_HEADERS_MAX     96u
/*
 * Octets of the heads of a request and of its response together for which the door has room, 64 for
 * each header of the request besides its own. What a record puts into headers keeps within it.
 */
#define HTTP_HEADS_SIZE_MAX 12288u

enum http_method {
        HTTP_GET,
        HTTP_HEAD,
        HTTP_POST,
        HTTP_PUT,
        HTTP_PATCH,
        HTTP_DELETE,
        HTTP_OPTIONS,
        HTTP_METHOD_OTHER /* 501 */
};

struct http_field {
        struct ansa_bytes name; /* of headers: compared without case */
        struct ansa_bytes value;
};

/** A request's head; everything lives until http_end. */
struct http_request {
        struct peer peer; /* transport PEER_HTTP or PEER_HTTPS */
        enum http_method method;
        bool is_http10;
        struct ansa_bytes path;  /* as sent: percent-encoded, begins with "/" */
        struct ansa_bytes query; /* as sent, without "?"; empty when there is none */
        bool has_query;
        const struct http_field *headers;
        size_t header_count;
        uint64_t body_size; /* as announced; HTTP_SIZE_UNKNOWN when chunked */
        /* of a TLS client certificate, whose private key the client has: */
        struct ansa_bytes client_name; /* its UID, else CN; empty without certificate */
        struct ansa_bytes client_key;  /* its public key, DER SubjectPublicKeyInfo */
        bool may_watch;                /* figures (/metrics, /api/status) are for this source */
};
#define HTTP_SIZE_UNKNOWN UINT64_MAX

struct http_response {
        uint32_t status;
        const struct http_field *headers; /* Content-Length is the door's */
        size_t header_count;
        struct ansa_bytes body; /* the whole of it, unless is_long; until http_end */
        bool is_long;           /* it comes from http_more, its size is not known */
        bool close;             /* the connection is not to be used again */
};

enum http_outcome {
        HTTP_REPLY, /* the response is ready */
        HTTP_SLOW,  /* only from workers that may not block: call http_serve in the slow lane */
        HTTP_WRITE, /* give http_jobs to the writer, for one transaction, then call http_serve */
        HTTP_MORE,  /* from http_body: go on */
};

struct http_config {
        struct shared *owner;     /* of what is borrowed here; NULL: it outlives the door */
        bool resolve_others;      /* the web resolver asks other servers, too, */
        bool insists;             /* and what one of them does not know, its primary server */
        uint64_t body_max;        /* of one record, octets */
        uint64_t batch_max;       /* of a batch, octets */
        struct ansa_bytes site;   /* our HS_SITE record, encoded; borrowed */
        struct ansa_bytes origin; /* "https://host:port" to name ourselves by; "" = from Host */
        uint16_t https_port;      /* where HTTPS is served; 0 = nowhere */
        /* the web resolver: */
        struct ansa_bytes
                country_header; /* in which a proxy tells the client's country; "" = none */
        struct ansa_bytes locatt_shortcuts; /* "name" or "host:name", by spaces (rest-api 7.3) */
};

/** What the door knows and pages and monitors are told. Called from any thread. */
struct http_facts {
        /** In the Prometheus text format, appended. */
        void (*metrics)(struct http_facts *f, struct buf *b);
        /** The same figures as one JSON object. */
        void (*status)(struct http_facts *f, struct buf *b);
        /** NULL when everything is well, else what is not, for people. */
        const char *(*trouble)(struct http_facts *f);
};

struct http_options {
        struct identifier *service;
        struct env *env;
        struct http_facts *facts; /* NULL: /metrics is empty, health always good */
        struct signer *signer;    /* for serverSignature; NULL: none */
        struct http_config config;
};

ANSA_CHECKED enum ansa_err http_new(const struct http_options *options, struct http **http);
void http_free(struct http *http);
ANSA_CHECKED enum ansa_err http_reconfigure(struct http *http, const struct http_config *config);

ANSA_CHECKED enum ansa_err http_worker_new(struct http *http, bool may_block,
                                           struct http_worker **worker);
void http_worker_free(struct http_worker *worker);

/**
 * The head of a request is here. NULL: no memory (503). @request is borrowed until http_end. The
 * worker has memory of exchanges that ended; the exchange may be served by others.
 */
struct http_exchange *http_begin(struct http_worker *worker, const struct http_request *request);

/**
 * What the client is allowed to send as a body: more is refused with 413 by the door before
 * or while it comes, 0 = a body is read and thrown away, at most HTTP_BODY_IGNORED_MAX of it.
 */
uint64_t http_body_max(const struct http_exchange *x);
#define HTTP_BODY_IGNORED_MAX 65536u

/**
 * Part of the body. HTTP_MORE, or for streamed bodies HTTP_SLOW and HTTP_WRITE: serve those
 * before anything else is given (the part is taken in any case). HTTP_REPLY: the response is
 * ready, what is left of the body is not wanted.
 */
enum http_outcome http_body(struct http_worker *worker, struct http_exchange *x,
                            struct ansa_bytes part);

/**
 * Serve the request, or go on with it, when the body is complete (@body_is_whole) or http_body
 * said so. Never fails: every problem becomes a response.
 */
enum http_outcome http_serve(struct http_worker *worker, struct http_exchange *x,
                             bool body_is_whole);

#define HTTP_JOBS_MAX 1024u

/** After HTTP_WRITE; HTTP_JOBS_MAX at most. The jobs stay the exchange's; identifier_commit fills in their results. */
struct write_job *const *http_jobs(struct http_exchange *x, size_t *count);

/** The writer's queue was full: the next http_serve answers for @jobs with 503. */
void http_refused(struct http_exchange *x);

void http_response(const struct http_exchange *x, struct http_response *response);

/** The next piece of a long body, appended to @b; false = that was all. May read the store. */
bool http_more(struct http_worker *worker, struct http_exchange *x, struct buf *b);

/** @worker takes over the memory, unless NULL. An exchange of NULL is fine. */
void http_end(struct http_worker *worker, struct http_exchange *x);

/** For figures. */
struct http_counts {
        uint64_t sessions;       /* open now, of somebody who is known */
        uint64_t challenges;     /* that wait for their answer: sessions of nobody yet */
        uint64_t logins_failed;  /* credentials that were wrong, since the start */
        uint64_t logins_refused; /* not looked at, after too many of those */
};
void http_count(struct http *http, struct http_counts *counts);

/** Housekeeping, about once a second: web sessions expire. */
void http_tick(struct http *http);

#endif
