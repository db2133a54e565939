/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_IDENTIFIER_PLANNER_H
#define ANSA_IDENTIFIER_PLANNER_H

#include "identifier/apply.h"
#include "identifier/plan.h"
#include "identifier/value_list.h"
#include "wire/body.h"
#include "wire/name.h"

/* What the planners of the operations share; inside of plan_*.c only. */

struct planner {
        struct view *v;
        const struct settings *settings;
        const struct message *request;
        const struct identity *id; /* NULL: nobody yet */
        struct plan *plan;
        struct ansa_bytes full; /* the name with "0.NA/" in front when it had no "/" */
        bool exists;
        struct record old; /* when it exists */
        bool unsure;       /* a check of rights failed because something could not be read */
        bool full_access;  /* a server administrator with full access */
        bool knows_full_access;
};

/** The planners, one for each operation. */
void plan_create(struct planner *p);
void plan_delete(struct planner *p);
void plan_add(struct planner *p);
void plan_remove(struct planner *p);
void plan_modify(struct planner *p);
void plan_home(struct planner *p); /* and unhome */

/** End with an error; the text says what was wrong, and where. */
void plan_refuse(struct planner *p, uint32_t response, const char *format, ...)
        __attribute__((format(printf, 3, 4)));

/** End because the body of the request, which should be @what, could not be decoded. */
void plan_refuse_body(struct planner *p, enum ansa_err err, const char *what);

/** End because of @err of ours, which is logged: RC_ERROR. @what could not be done. */
void plan_refuse_local(struct planner *p, enum ansa_err err, const char *what);

/** End with a challenge when nobody has been authenticated. */
bool plan_needs_identity(struct planner *p);

/** @name for a message: printable, not too long, never NULL. */
const char *plan_name_text(struct planner *p, struct ansa_bytes name);

/** Take @name as the one asked for; sets full. False when it ended the plan. */
bool plan_name(struct planner *p, struct ansa_bytes name);

/** A primary site, a homed prefix, our share of the site, a name that can be: or an end. */
bool plan_is_ours(struct planner *p);
bool plan_is_primary(struct planner *p);
bool plan_is_homed(struct planner *p, struct ansa_bytes name);
bool plan_name_is_good(struct planner *p); /* of plan->name, by its grammar */

/** Does a name of our site hash to this server? */
bool plan_hash_is_ours(struct planner *p, struct ansa_bytes name);

/** Which part of a name decides on its server. */
enum ansa_hash_option plan_hash_option(const struct planner *p);

/** Sets exists and old for full. False when it ended the plan. */
bool plan_load_old(struct planner *p);

/** True when one HS_ADMIN of @values (or full access) gives @rights; 0 is given to everybody. */
bool plan_may(struct planner *p, struct ansa_values values, uint32_t rights);

/** plan_may on the record, for what a change of its values needs. */
bool plan_may_change(struct planner *p, const struct value_change *change);

/**
 * May the identity make records where full belongs: ADD_HANDLE in the record of its prefix, or
 * for prefix records ADD_NA in that of the parent? *record and *rights tell what was looked at.
 */
bool plan_may_create(struct planner *p, struct ansa_bytes *record, uint32_t *rights);

/** End because no plan_may was true: RC_NOT_AUTHORIZED, or RC_UNABLE_TO_VERIFY. */
void plan_deny(struct planner *p, struct ansa_bytes record, uint32_t rights);

/** Load the values of a request; check their indexes, at first against each other. */
bool plan_load_values(struct planner *p, struct ansa_values values, uint32_t if_duplicate,
                      struct value_list *list);
bool plan_load_old_values(struct planner *p, struct value_list *list);

/** End with PLAN_PUT of @list, whose timestamps are set, or with an error when it is too much. */
bool plan_fits(struct planner *p, const struct value_list *list);
void plan_put(struct planner *p, const struct value_list *list);

/** Now, for the timestamps of values. */
uint32_t plan_now_s(const struct planner *p);

#endif
