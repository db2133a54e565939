/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_IDENTIFIER_PLAN_H
#define ANSA_IDENTIFIER_PLAN_H

#include "identifier/rights.h"

/**
 * Administration: what a request would change, and whether it may (irp-service 7). The same
 * plan is made on a reader's snapshot without identity (is a challenge needed, or is it an
 * error already?), with the identity once it is proven, and in the writer's transaction,
 * where the plan that succeeds is applied.
 */
enum plan_action { PLAN_NOTHING, PLAN_PUT, PLAN_DELETE, PLAN_HOME, PLAN_UNHOME };

struct plan {
        enum plan_action action;
        uint32_t response; /* RC_SUCCESS: may be done; RC_CHALLENGE: @id is needed; else an error */
        const char *text;  /* message for an error response, static or in the arena */
        struct ansa_bytes name;        /* as asked, or as minted */
        struct ansa_bytes stored_name; /* as the store is to spell it, always with a "/" */
        struct ansa_values values;     /* PLAN_PUT: the whole new record, timestamps set */
        uint32_t response_flags;       /* FLAG_OVERWRITE, FLAG_MINT_SUFFIX to set in the response */
        bool has_body;                 /* create: the response names the identifier */
};

/**
 * For ops 100-104, 300, 301. @id NULL: nobody has been authenticated.
 * When v->needs_slow gets set the result means nothing: repeat it in the slow lane.
 * Never fails: local errors become RC_ERROR (or RC_READ_ONLY when the store is full).
 */
void plan_make(struct view *v, const struct message *request, const struct identity *id,
               struct plan *plan);

struct apply; /* apply.h */

/** Carry out a plan with response RC_SUCCESS inside a write transaction. ANSA_E_FULL, ANSA_E_IO. */
ANSA_CHECKED enum ansa_err plan_apply(struct apply *apply, const struct plan *plan,
                                      struct arena *arena);

/** True for the operations that plan_make takes. */
bool plan_is_for(uint32_t op);

/** Ops 105, 106, 302: may @id (NULL: nobody) list? RC_SUCCESS, RC_CHALLENGE or an error. */
uint32_t plan_list(struct view *v, const struct message *request, const struct identity *id,
                   const char **text);

#endif
