/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_IDENTIFIER_EXCHANGE_H
#define ANSA_IDENTIFIER_EXCHANGE_H

#include "identifier/respond.h"
#include "identifier/sessions.h"

/**
 * One request while it is served, on the stack of identifier_serve. Whoever carries it out
 * reads @m, and answers through the functions below; what they return is the outcome.
 */
struct exchange {
        struct identifier_worker *worker;
        const struct settings *settings;
        const struct peer *peer;
        struct buf *reply;
        size_t start;                 /* of our reply in it */
        struct identifier_more *more; /* may be NULL */
        struct write_job **job;
        struct ansa_bytes plain; /* the request in plaintext, envelope and all */
        struct message m;        /* decoded from it */
        struct reply_to to;
        struct view view; /* valid after exchange_look */
        bool in_session;
        bool is_sealed;         /* it came in ciphertext */
        struct session session; /* copy of its state */
        bool has_mac;           /* the request carries a valid HS_MAC */
        bool claim_due;         /* its counter is still to be claimed */
        bool has_identity;
        struct identity identity;        /* proven */
        enum identifier_outcome refusal; /* when refused before its operation began */
};

/** A view of a fresh snapshot, once for an exchange. False: it was answered with an error. */
bool exchange_look(struct exchange *x);

/** identifier of the request's body, which all operations on one identifier have in front. */
ANSA_CHECKED enum ansa_err exchange_name(const struct exchange *x, struct ansa_bytes *name);

/** identity to plan with: NULL while nobody is proven. */
static inline const struct identity *exchange_identity(const struct exchange *x)
{
        return x->has_identity ? &x->identity : NULL;
}

enum identifier_outcome exchange_error(struct exchange *x, uint32_t code, const char *text);
enum identifier_outcome exchange_fail(struct exchange *x, enum ansa_err err); /* of ours */

/** What was asked needs an identity: a challenge, or the reason why there can be none. */
enum identifier_outcome exchange_challenge(struct exchange *x);

/** 302 and 303 with @values. */
enum identifier_outcome exchange_refer(struct exchange *x, uint32_t code,
                                       struct ansa_values values);

/** Can only be done in the slow lane, and this is not it. */
static inline bool exchange_is_hasty(const struct exchange *x)
{
        return !x->worker->may_block;
}

/**
 * True unless the session has had a message with this counter. Called before the first effect
 * of a request, at the latest before it is answered.
 */
bool exchange_claim(struct exchange *x);

/** The name belongs to another server of our site. */
bool exchange_is_elsewhere(const struct exchange *x, struct ansa_bytes name);

/** Carry out x->m, whose sender is proven when has_identity is set. */
enum identifier_outcome exchange_dispatch(struct exchange *x);

/* The operations, by file. */
enum identifier_outcome resolve_serve(struct exchange *x);                        /* resolve.c */
enum identifier_outcome change_serve(struct exchange *x);                         /* change.c */
enum identifier_outcome list_serve(struct exchange *x);                           /* list.c */
enum identifier_outcome site_serve(struct exchange *x);                           /* site.c */
enum identifier_outcome status_serve(struct exchange *x, struct ansa_bytes name); /* site.c */
enum identifier_outcome answer_serve(struct exchange *x);            /* authenticate.c */
enum identifier_outcome verify_serve(struct exchange *x);            /* authenticate.c */
enum identifier_outcome session_setup_serve(struct exchange *x);     /* session_setup.c */
enum identifier_outcome session_exchange_serve(struct exchange *x);  /* session_setup.c */
enum identifier_outcome session_terminate_serve(struct exchange *x); /* session_setup.c */

/** "0.SITE/status" and "0.SITE/DB_STATUS": answered by the server, never stored. */
bool status_is_name(struct ansa_bytes name);

/** Resolution of @values under @name; @is_private: not everybody may read all of them. */
enum identifier_outcome resolve_answer(struct exchange *x, struct ansa_bytes name,
                                       struct ansa_values values, bool is_private,
                                       uint32_t not_flags);

/** A job for the writer from the exchange. NULL: no memory. */
struct write_job *job_new(const struct exchange *x);

#endif
