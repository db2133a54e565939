/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_IDENTIFIER_VIEW_H
#define ANSA_IDENTIFIER_VIEW_H

#include "identifier/record.h"
#include "identifier/service.h"

/**
 * What a request sees of the world: one snapshot of our own store, and the records of other
 * services that were fetched for it. The same code plans a change on a reader's snapshot and
 * again inside the writer's transaction; the writer never fetches, it uses what the slow lane
 * found (the evidence travels with the job).
 */
struct evidence {
        struct evidence *next;
        struct ansa_bytes key;     /* folded name */
        uint32_t response;         /* RC_SUCCESS, RC_NOT_FOUND, ... */
        struct ansa_values values; /* publicly readable values of that record */
};

struct view {
        struct identifier *service;
        const struct settings *settings;
        const struct identifier_config *config; /* of them */
        struct store_txn *txn;
        struct arena *arena;
        struct evidence *evidence;
        uint64_t snapshot;       /* for cache_put; readers only */
        bool use_cache;          /* readers only */
        bool may_fetch;          /* slow lane only */
        uint64_t fetch_until_ms; /* no more is begun after this; 0 = nothing fetched yet */
        bool needs_slow; /* set when something would have had to be fetched and may_fetch is off */
        uint8_t recursion;                        /* of the request that is served */
        const struct record_condition *condition; /* of a change; NULL: none */
        struct index_list drops;                  /* as in peer_claims */
};

/** A view for one request over the worker's snapshot. */
void view_of_worker(struct identifier_worker *worker, struct view *view);

/** Our own record of @name, whether or not its prefix is homed. ANSA_E_NOT_FOUND. */
ANSA_CHECKED enum ansa_err view_own(struct view *v, struct ansa_bytes name, struct record *r);

/**
 * The version of a record of ours, never 0: another one after every change. A keyed hash, so it
 * tells nothing of values that only some may read; the key is the process's own.
 */
uint64_t record_version(const struct view *v, const struct record *record);
/** The same of all @values of a record, in wire form as they are stored. */
uint64_t record_version_of(const struct identifier *service, struct ansa_bytes values);

/** Is the record (@r NULL: there is none) as v->condition wants it? */
bool view_condition_holds(const struct view *v, const struct record *r);

/** Is the prefix of @name homed here? ("0.NA/x" and derived "0.NA/x.y" records: irp-service 2.) */
ANSA_CHECKED enum ansa_err view_is_homed(struct view *v, struct ansa_bytes name, bool *is_homed);

/** Its prefix is homed here, but in our site of several servers it belongs to another one. */
ANSA_CHECKED enum ansa_err view_is_siblings(struct view *v, struct ansa_bytes name,
                                            bool *is_siblings);

/**
 * Values of @name, from our store when homed here or stored here (all of them), else, and when
 * it is another server's of our site, through the fetcher (public ones). ANSA_E_NOT_FOUND: it does not exist. ANSA_E_BUSY with needs_slow set:
 * only the slow lane can know. ANSA_E_NETWORK and the like: nobody could tell.
 */
ANSA_CHECKED enum ansa_err view_any(struct view *v, struct ansa_bytes name,
                                    struct ansa_values *values);

/** As view_any for a name that is known not to be in our store. */
ANSA_CHECKED enum ansa_err view_others(struct view *v, struct ansa_bytes name,
                                       struct ansa_values *values);

/** The value @index of such a record; ANSA_E_NOT_FOUND. */
ANSA_CHECKED enum ansa_err view_any_value(struct view *v, const struct ansa_ref *ref,
                                          struct ansa_value *value);

#endif
