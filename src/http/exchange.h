/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_HTTP_EXCHANGE_H
#define ANSA_HTTP_EXCHANGE_H

#include "base/arena.h"
#include "base/shared.h"
#include "http/http.h"
#include "http/query.h"

#include <stdatomic.h>

/*
 * Inside of this layer: one request while it is served.
 *
 * Whoever serves a request is a function that may be called several times: by a worker that may
 * not block, then in the slow lane, then again when the writer is done. It begins at its top each
 * time, and what it asked of the identifier system before is told to it again (ask.h), so it
 * reads as if it had never been interrupted. What must not be done twice goes through ask.
 */

/** The configuration. An exchange holds the one that it began with. */
struct http_settings {
        struct shared shared;
        struct http_config config;
};

struct namespaces;

struct guesses;
struct proven;
struct web_sessions;

struct http {
        struct identifier *service;
        struct env *env;
        struct http_facts *facts;
        struct signer *signer;
        struct web_sessions *sessions;
        struct proven *proven;
        struct guesses *guesses;
        struct shared_place settings;  /* struct http_settings */
        struct namespaces *namespaces; /* of prefixes that others keep */
};

struct http_worker {
        struct http *http;
        bool may_block;
        struct identifier_worker *identifier;
        struct buf message;            /* the native request */
        struct buf reply;              /* and its answer */
        struct http_exchange *spare;   /* one that ended, with its memory, for the next */
        struct namespaces *namespaces; /* of prefixes that are kept here */
};

#define HTTP_REPLY_HEADERS_MAX 48u
#define EXCHANGE_ARENA_MAX     (64u << 20) /* octets: a few times JSON_TEXT_SIZE_MAX */

struct asked;

struct http_exchange {
        struct http *http;
        struct shared *settings;
        const struct http_config *config; /* of them */
        const struct http_request *request;
        struct http_worker *worker; /* whose turn it is; NULL between the calls */
        struct arena arena;         /* lives as long as the exchange */
        const struct route *route;
        struct ansa_bytes path;  /* percent-decoded, once */
        struct ansa_bytes place; /* of it, what is behind the route's own: an identifier */
        struct query query;
        struct buf body; /* of the request, as far as it has come */
        struct {
                bool is_done;
                bool has_header;
                bool is_basic;
                enum payload_evidence evidence; /* of has_identity, for the ledger */
                const char *error;              /* credentials were given, and are wrong: why */
                uint32_t wait_s;                /* they were not looked at: how long to wait */
                struct ansa_bytes session_id;   /* as the client has it, perhaps of no session */
                struct ansa_bytes cnonce;
        } auth;
        bool has_identity;
        struct ansa_ref identity; /* proven; index never 0 */

        /* what was asked of the identifier system, in order (ask.h) */
        struct asked *asked;
        struct asked **asked_at; /* the next to be told again, or where the next goes */
        struct write_job *job;
        struct write_job *const *jobs;
        size_t job_count;
        bool was_refused; /* the writer's queue was full */

        /* the response */
        uint32_t status; /* 0: not answered yet */
        size_t header_count;
        size_t header_base; /* of them, those that every answer has */
        struct buf out;
        struct ansa_bytes answer; /* the body; of out, or of something that lives longer */
        bool is_long;
        bool close;

        /** Part of the body, for routes that do not want it collected. */
        enum http_outcome (*take)(struct http_exchange *x, struct ansa_bytes part);
        /** The next piece of a long body. */
        bool (*more)(struct http_exchange *x, struct buf *b);
        void *state; /* of whoever serves the request */
        void (*state_free)(void *state);

        /* the last, for only header_count of them are ever looked at: */
        struct http_field headers[HTTP_REPLY_HEADERS_MAX];
};

/** The value of the first header @name (compared without case); false when there is none. */
bool exchange_header(const struct http_exchange *x, const char *name, struct ansa_bytes *value);

/**
 * The same of a header whose value is a list: several lines of it are one list (RFC 9110 5.3),
 * joined in memory of the exchange. Without memory for that the first line stands for all.
 */
bool exchange_list(struct http_exchange *x, const char *name, struct ansa_bytes *value);

/** Over HTTPS: credentials may be looked at. */
static inline bool exchange_is_secure(const struct http_exchange *x)
{
        return x->request->peer.transport == PEER_HTTPS;
}

/** GET or HEAD, or a POST that is one (rest-api 1, "GET via POST"). */
bool exchange_is_reading(const struct http_exchange *x);

void exchange_free(struct http_exchange *x); /* NULL is fine */

#endif
