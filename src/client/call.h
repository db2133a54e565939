/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_CLIENT_CALL_H
#define ANSA_CLIENT_CALL_H

#include "client/asking.h"
#include "client/client.h"
#include "client/trust.h"

/**
 * A call is a stack of frames, the topmost of which is at work: the caller's operation at the
 * bottom, above it what has to be resolved first (prefix records, service references, the
 * signers of a record). See irp-service 4.
 */
#define FRAMES_MAX      20u /* nesting of references */
#define RESOLUTIONS_MAX 40u /* frames and referrals of one call */
#define DETAIL_MAX      640u

enum phase {
        PHASE_START,  /* the cache, then: who might know? */
        PHASE_CHOOSE, /* the service is known: its servers in order */
        PHASE_ASK,
        PHASE_DONE,
};

/** What a frame waits for from the one above it. */
enum awaited { AWAIT_SERVICE, AWAIT_ROOT_SITE, AWAIT_REFRESH, AWAIT_TRUST };

/** Going through the servers of a service, for operations that concern all of them. */
struct sweep {
        bool is_on;
        bool is_begun;
        bool all_sites; /* every primary site, else the first that does */
        uint32_t site;
        uint32_t server;
        uint32_t asked; /* servers so far */
};

struct frame {
        struct frame *below;
        enum phase phase;
        enum awaited awaited;
        bool is_internal; /* not the caller's operation */
        struct ask ask;
        struct ansa_bytes name;             /* what is asked about */
        struct ansa_bytes route;            /* what decides who is asked */
        struct answer_cache_query question; /* of a resolution */
        bool may_cache;
        bool is_admin;
        bool by_address; /* asks root servers for their site */
        struct service service;
        bool from_roots;
        bool from_prefix; /* by the prefix's record, which may be out of date */
        bool tried_authoritative;
        bool has_server_key; /* of the server that answered: it could sign */
        bool is_stale;       /* the server has a newer site record than we used */
        bool is_refreshed;
        uint32_t referrals;
        struct sweep sweep;
        /* the outcome */
        enum ansa_err err;
        uint32_t response;
        struct ansa_values values;
        struct ansa_bytes site;
        bool is_certified;
        bool is_cached;
        uint32_t ttl_s;
};

struct ansa_call {
        struct ansa_client *client;
        struct arena arena;
        struct ansa_request request; /* copied to the arena */
        struct ansa_answer answer;
        struct asking asking;
        struct frame *top;
        uint32_t frame_count;
        uint32_t resolutions;
        uint64_t deadline_ms;
        bool is_done;
        bool was_stopped; /* on_name wanted no more */
        struct trust_check trust;
        bool is_trusting;
        char server[ENDPOINT_TEXT_SIZE];
        char detail[DETAIL_MAX]; /* what went wrong last */
};

/* operation.c: what the caller's operation is on the wire */
ANSA_CHECKED enum ansa_err operation_copy(struct ansa_call *call,
                                          const struct ansa_request *request);
/** Push the frame; values are taken from @borrowed, all else from the copy. */
ANSA_CHECKED enum ansa_err operation_frame(struct ansa_call *call,
                                           const struct ansa_request *borrowed);
bool operation_is_repeatable(const struct ansa_call *call, const struct frame *f);
const char *operation_name(enum ansa_operation operation);

/* frame.c: the stack */
ANSA_CHECKED enum ansa_err frame_push(struct ansa_call *call, struct frame **frame);

/** A resolution that the frame now on top awaits. Fails that one when it cannot be made. */
void frame_resolve(struct ansa_call *call, enum awaited awaited, struct ansa_bytes name,
                   const struct ansa_bytes *types, size_t type_count, uint32_t flags);

/** End @f with @err; the sentence is "<operation> <name>: <what>". */
void frame_fail(struct ansa_call *call, struct frame *f, enum ansa_err err, const char *what);

/** Work on the topmost frame until it waits for something. */
void frames_run(struct ansa_call *call);

/* find.c: who is to be asked */
void find_start(struct ansa_call *call, struct frame *f);
void find_take(struct ansa_call *call, struct frame *f, const struct frame *above);
void find_choose(struct ansa_call *call, struct frame *f);
void find_refresh(struct ansa_call *call, struct frame *f); /* the service is out of date */
void find_values(struct ansa_call *call, struct frame *f, struct ansa_values values, bool prefix);
void find_reference(struct ansa_call *call, struct frame *f, struct ansa_bytes name);
bool sweep_next(struct frame *f); /* to the next server, if there is one */

/* outcome.c, answer.c: what came back */
void outcome_take(struct ansa_call *call, struct frame *f);
void outcome_answer(struct ansa_call *call, const struct frame *f);

/** With a trust policy, check the record of the bottom frame. True: a frame was pushed for that. */
bool outcome_check_trust(struct ansa_call *call, struct frame *f);

#endif
