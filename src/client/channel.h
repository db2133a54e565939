/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_CLIENT_CHANNEL_H
#define ANSA_CLIENT_CHANNEL_H

#include "client/message.h"
#include "client/stream.h"

/**
 * A connection to one server that carries requests and brings responses to their tickets, several
 * at once when the server keeps connections open; with a session's keys if one was asked for.
 * Opens itself when it is wanted, and again when the server has closed it.
 */

/** One server, by one transport. */
struct target {
        struct endpoint endpoint;
        struct endpoint server_endpoint; /* the same for all its transports: measures count by it */
        struct peer peer;
        uint32_t site;   /* place in its service; see service.h */
        uint32_t server; /* place in the site */
        bool is_primary;
};

/** One request on its way. */
struct ticket {
        struct ticket *next; /* in its channel's list */
        struct sent sent;
        bool is_sent;   /* in the list: a response is due */
        bool has_reply; /* or err tells why there will be none */
        bool has_more;  /* the reply is not the last one */
        enum ansa_err err;
        const char *problem; /* static, reads on from "the answer " or is "" */
        struct buf wire;     /* what reply borrows from */
        struct buf plain;
        struct reply reply;
};
void ticket_init(struct ticket *t);
void ticket_fini(struct ticket *t); /* after channel_forget */

enum channel_state { CHANNEL_CLOSED, CHANNEL_OPENING, CHANNEL_SETUP, CHANNEL_READY };

/** What a channel needs of its client and session. */
struct channel_options {
        struct env *env;
        struct tls_context *tls;
        enum ansa_session_mode mode;
        const struct ansa_ref *identity;  /* whom the session is for; NULL: nobody */
        const struct crypto_key *rsa_key; /* ANSA_SESSION_CLIENT_KEY, ANSA_SESSION_HANDLE_KEY */
        const struct ansa_ref *rsa_ref;   /* ANSA_SESSION_HANDLE_KEY */
        bool encrypt_all;
        uint32_t session_timeout_s;
        uint32_t requests_max;
        uint32_t connect_timeout_ms;
        uint32_t answer_timeout_ms;
};

#define ABANDONED_MAX 64u

struct dh_exchange;
struct channel {
        struct channel *next; /* for its owner */
        struct channel_options options;
        struct target target;
        uint8_t *key; /* target.peer.key, owned */
        enum channel_state state;
        struct stream stream;
        struct secrets secrets; /* id 0: no session yet */
        bool has_exchange_due;  /* ANSA_SESSION_SERVER_KEY: op 402 is to follow */
        struct buf server_key;  /* the RSA key to use for that, encoded */
        struct dh_exchange *dh;
        struct ticket setup;
        bool is_authenticated;
        bool keeps_open;        /* the server has said so */
        struct ticket *tickets; /* responses due */
        uint32_t due_count;
        const struct ticket *holder; /* has the channel for itself until channel_release */
        uint64_t deadline_ms;        /* of opening and set-up */
        uint32_t failures;           /* openings that failed; see err and problem */
        enum ansa_err err;
        char problem[192];                 /* of the last failure */
        uint32_t abandoned[ABANDONED_MAX]; /* request ids whose answers nobody waits for */
        size_t abandoned_count;
        struct buf out;
};

ANSA_CHECKED enum ansa_err channel_new(const struct channel_options *options,
                                       const struct target *target, struct channel **channel);
void channel_free(struct channel *c);

/** Open it and set up its session, unless that is done or under way. */
void channel_want(struct channel *c);

/** channel_want would begin something. */
bool channel_is_idle(const struct channel *c);

/** Do what can be done. A failed opening is counted in failures; tickets learn of lost replies. */
void channel_step(struct channel *c);
void channel_waits(const struct channel *c, struct waits *w);

/** Whether channel_send would be in order now. */
bool channel_may_send(struct channel *c, const struct ticket *t);

/** @challenge_id: outside sessions, the challenge that is answered; else 0. */
ANSA_CHECKED enum ansa_err channel_send(struct channel *c, const struct ask *ask,
                                        uint32_t challenge_id, struct ticket *t);

/** The owner has looked at a reply that has_more: the next one may come. */
void channel_next(struct channel *c, struct ticket *t);

/** Done with: others may send. */
void channel_release(struct channel *c, struct ticket *t);

/** Give up waiting, and release. */
void channel_forget(struct channel *c, struct ticket *t);

/** The server does not know session @id any more: set up another before the next request. */
void channel_renew(struct channel *c, uint32_t id);

/* session.c: the messages of a session's set-up */
ANSA_CHECKED enum ansa_err session_ask(struct channel *c, struct buf *body, uint32_t *op);
ANSA_CHECKED enum ansa_err session_take(struct channel *c, const struct reply *reply,
                                        const char **problem);
void session_forget(struct channel *c);

#endif
