/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEST_SIM_JUDGE_H
#define TEST_SIM_JUDGE_H

#include "sim.h"
#include "wire/cursor.h"

/** One message while it is served: what is known of it, and what should come. */
struct context {
        struct server *s;
        const struct sent *sent;
        bool is_exact;
        struct ansa_bytes bytes;
        struct peer peer;
        uint64_t struck;          /* faults before */
        uint64_t fetch_failed;    /* before */
        bool is_wild;             /* nothing certain can be said of what comes of it */
        struct envelope envelope; /* of what was received */
        struct message m;         /* the request that is carried out, after challenges */
        bool in_session;
        bool has_who;
        struct ansa_ref who;
        struct link *link;     /* alive */
        struct link *exchange; /* that gets its key */
        struct dare *dare;     /* that it answers */
        bool proves;           /* the answer is right */
        bool claims;           /* its counter may not come again */
        bool is_replay;
        uint64_t challenges_open; /* before */
        bool crowds_out;          /* a new session for which others have to go */
        struct verdict verdict;
        struct codes also; /* codes that would be right too */
};

/** Fill in what should come of c->bytes at c->s now. */
void judge_expect(struct context *c);

/**
 * Is it the key of @p that the record of @claimed has, as @s sees it? The index of its value in
 * @who. Messages in @version.
 */
enum answer judge_find_key(struct server *s, uint16_t version, const struct person *p,
                           const struct ansa_ref *claimed, struct ansa_ref *who);

/** The verdict on c->m over @own; c->also grows. */
void judge_operation(struct context *c, const struct model *own, const struct ansa_ref *who,
                     bool in_session);

/** It was served; @is_final unless it went on to the slow lane. */
void judge_after(struct context *c, bool is_final);

uint64_t judge_challenges_open(const struct server *s);
bool judge_link_is_gone(const struct server *s, const struct link *l);

/* verdict.c: is what came right? */

struct reply { /* decoded, decrypted */
        struct message m;
        struct ansa_bytes body; /* without the request digest */
        struct request_digest digest;
        bool has_digest;
};
/** False, and perhaps a failure of the world, when it is not a good answer of @s. */
bool verdict_decode(struct world *w, const struct server *s, const struct link *link,
                    struct ansa_bytes octets, struct reply *r);
void verdict_reply(struct context *c, struct ansa_bytes octets);
void verdict_page(struct context *c, struct ansa_bytes octets, bool has_more,
                  struct ansa_bytes *after);
void verdict_job(struct context *c, const struct write_job *job, struct pending *p);
/** One job of a commit, whose reply is @octets; applied to the model when it was done. */
void verdict_result(struct server *s, struct pending *p, struct ansa_bytes octets, bool is_certain);

#endif
