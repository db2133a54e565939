/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEST_CLIENT_FAKE_H
#define TEST_CLIENT_FAKE_H

/**
 * A server on loopback that says what a test wants: UDP and TCP on one port that the kernel chose
 * (or TLS), in a thread of its own. The test's handler sees each decoded request and writes
 * responses; the fake can lose, double and reorder the datagrams of them.
 */
#include "ansa/client.h"
#include "base/arena.h"
#include "base/env.h"
#include "crypto/session.h"
#include "wire/body.h"
#include "wire/credential.h"

#include <pthread.h>

#define FAKE_MESSAGES_MAX 8u

struct fake;

/** One request, and what becomes of it. */
struct fake_exchange {
        struct fake *fake;
        struct message request;
        struct ansa_bytes raw; /* envelope and message */
        bool is_udp;
        uint32_t number; /* of requests (datagrams, for retries) from 1 */
        struct buf out[FAKE_MESSAGES_MAX];
        size_t out_count;
        bool close_after; /* TCP: whatever the flags say */
};

typedef void (*fake_handler)(struct fake_exchange *x);

struct fake {
        fake_handler handler;
        void *context;
        const char *ip; /* NULL: 127.0.0.1 */
        bool no_udp;
        bool no_tcp;
        const struct crypto_key *tls_key; /* TCP is TLS */
        bool tls_delegates;               /* with a key that tls_key has certified */
        bool reverse;                     /* datagrams of a response in reverse order */
        bool twice;                       /* each datagram twice */
        bool strict;                      /* RFC 3652: each tells its own size, TC on all */
        uint32_t lose_first;              /* datagrams of the first response to lose: a bit each */
        uint16_t port;
        /* counted by the fake, read after fake_stop or under no race that matters */
        _Atomic uint32_t requests;
        _Atomic uint32_t connections;
        _Atomic uint32_t datagrams;
        /* own */
        int udp_fd, tcp_fd, stop_fd;
        pthread_t thread;
        void *tls;
};

void fake_start(struct fake *f);
void fake_stop(struct fake *f);

/** A response to @x: body as given; KC is echoed when @flags has FLAG_KEEP_OPEN. */
void fake_respond(struct fake_exchange *x, uint32_t rc, uint32_t flags, struct ansa_bytes body);

/** The same with all in the hands of the test. */
struct fake_response {
        uint32_t rc;
        uint32_t op; /* 0: the request's */
        uint32_t flags;
        uint16_t serial;
        uint32_t request_id; /* 0: the request's */
        uint32_t session_id;
        uint32_t expires_s; /* 0: in an hour */
        struct ansa_bytes body;
        const struct crypto_key *sign_with; /* HS_SIGNED */
        const struct session_key *mac_with; /* HS_MAC */
        bool encrypt;
        bool with_digest; /* of the request, SHA-256 */
        bool corrupt_digest;
};
void fake_respond_as(struct fake_exchange *x, const struct fake_response *r);

/** A 402 with @nonce in session @session_id. */
void fake_challenge(struct fake_exchange *x, uint32_t session_id, struct ansa_bytes nonce);

/** Resolution response with values "index:type:data", NULL at the end; TTL 86400, public. */
void fake_record(struct fake_exchange *x, const char *name, const char *const *values);

/* ---- what tests need beside servers ---- */

/** One value, from parts; the octets are the caller's. */
struct ansa_value fake_value(uint32_t index, const char *type, struct ansa_bytes data);
void fake_put_value(struct buf *b, const struct ansa_value *v);

/** HS_SITE with one server for each of @count fakes. */
struct fake_site {
        uint16_t serial;
        uint8_t flags;
        uint8_t hash_option;
        uint8_t interface_type; /* 0: both */
        struct ansa_bytes key;  /* encoded, of all servers */
        const char *tls;        /* attribute ansa.tls */
};
void fake_put_site(struct buf *b, const struct fake_site *s, struct fake *const *servers,
                   size_t count);

/** Bootstrap JSON with this root site, and perhaps a trust root. */
void fake_bootstrap(struct ansa_client *client, struct ansa_bytes site);

/** A clock that tests turn, and randomness that repeats. */
struct fake_env {
        struct env env;
        _Atomic uint64_t ahead_ms; /* of the real clock */
};
struct env *fake_env(struct fake_env *e);

/** Run a resolution of @name; the call is to be freed. */
struct ansa_call *fake_resolve(struct ansa_client *client, const char *name, uint32_t flags);

/** The data of the first value as text, or "". */
const char *fake_first(const struct ansa_call *call, char text[256]);

#endif
