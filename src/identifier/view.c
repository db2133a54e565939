/* SPDX-License-Identifier: Apache-2.0 */
#include "identifier/view.h"

#include "base/assert.h"
#include "base/limits.h"
#include "base/room.h"
#include "identifier/cache.h"
#include "wire/name.h"

#define EVIDENCE_MAX 40u /* records fetched for one request; irp-service 4, step 6 */
/*
 * Who has a record here may let a group of it name many identifiers of servers that never answer;
 * the slow thread that looks for them, and its snapshot, are wanted by others. Two calls take so
 * long in the worst case (programs/fetch.c).
 */
#define FETCHING_MS_MAX  16000u
#define CACHE_ROOM_FIRST 2048u /* octets; holds nearly every record */

void view_of_worker(struct identifier_worker *worker, struct view *view)
{
        *view = (struct view){
                .service = worker->service,
                .settings = worker_settings(worker),
                .config = &worker_settings(worker)->config,
                .txn = worker->txn,
                .arena = &worker->arena,
                .snapshot = worker->snapshot,
                .use_cache = true,
                .may_fetch = worker->may_block,
        };
}

/* The key of @name in the arena, for records that borrow it. */
static enum ansa_err key_of(struct view *v, struct ansa_bytes name, struct ansa_bytes *key)
{
        uint8_t at[STORE_KEY_SIZE_MAX] ANSA_ROOM;
        size_t size = 0;
        *key = (struct ansa_bytes){ 0 };
        enum ansa_err err = record_key(name, v->config->case_sensitive, at, &size);
        if (err != ANSA_OK)
                return err;
        return arena_copy(v->arena, (struct ansa_bytes){ at, size }, key);
}

static enum ansa_err get_cached(struct view *v, uint64_t hash, struct ansa_bytes key,
                                struct ansa_bytes *stored)
{
        size_t room = CACHE_ROOM_FIRST;
        enum ansa_err err = ANSA_E_LIMIT;
        /* A second time when it was bigger; a third one would be another record: a miss. */
        for (int i = 0; i < 2 && err == ANSA_E_LIMIT; i++) {
                size_t size = 0;
                uint8_t *at = arena_alloc(v->arena, room);
                if (at == NULL)
                        return ANSA_E_NO_MEMORY;
                err = cache_get(v->service->cache, hash, key, at, room, &size);
                if (err == ANSA_OK)
                        *stored = (struct ansa_bytes){ at, size };
                room = size;
        }
        return err == ANSA_E_LIMIT ? ANSA_E_NOT_FOUND : err;
}

/* Borrowed from the snapshot, or in the arena. */
static enum ansa_err get_stored(struct view *v, struct ansa_bytes key, struct ansa_bytes *stored)
{
        struct cache *cache = v->use_cache ? v->service->cache : NULL;
        uint64_t hash = 0;
        enum ansa_err err;
        if (cache != NULL) {
                hash = cache_hash(cache, key);
                err = get_cached(v, hash, key, stored);
                if (err != ANSA_E_NOT_FOUND)
                        return err;
        }
        err = store_get(v->txn, STORE_RECORDS, key, stored);
        if (err == ANSA_OK && cache != NULL)
                cache_put(cache, hash, key, *stored, v->snapshot);
        return err;
}

enum ansa_err view_own(struct view *v, struct ansa_bytes name, struct record *r)
{
        ansa_assert(v->txn != NULL && v->arena != NULL);
        *r = (struct record){ 0 };
        struct ansa_bytes key;
        struct ansa_bytes stored = { 0 };
        enum ansa_err err = key_of(v, name, &key);
        if (err == ANSA_E_LIMIT)
                return ANSA_E_NOT_FOUND; /* no name is that long */
        if (err == ANSA_OK)
                err = get_stored(v, key, &stored);
        return err == ANSA_OK ? record_decode(key, stored, r) : err;
}

/* Prefixes are compared without case everywhere. */
static enum ansa_err is_listed(struct view *v, struct ansa_bytes prefix_record, bool *is_homed)
{
        uint8_t key[STORE_KEY_SIZE_MAX] ANSA_ROOM;
        size_t size = 0;
        struct ansa_bytes since;
        enum ansa_err err = record_key(prefix_record, false, key, &size);
        if (err == ANSA_OK)
                err = store_get(v->txn, STORE_PREFIXES, (struct ansa_bytes){ key, size }, &since);
        *is_homed = err == ANSA_OK;
        return err == ANSA_E_NOT_FOUND || err == ANSA_E_LIMIT ? ANSA_OK : err;
}

/*
 * A prefix record belongs to the root, to the service that holds the derived prefixes of its
 * parent, or, when nobody else has it, to the service of the prefix itself: that one keeps it
 * in its own store. If it does not, the record is elsewhere and to be asked for there.
 */
static enum ansa_err is_homed_prefix_record(struct view *v, struct ansa_bytes name, bool *is_homed)
{
        uint8_t at[NAME_KEY_SIZE_MAX] ANSA_ROOM;
        struct buf parent = buf_over(at, sizeof(at));
        enum ansa_err err = is_listed(v, ANSA_BYTES_LIT("0.NA/0.NA"), is_homed);
        if (err != ANSA_OK || *is_homed)
                return err;
        if (name_put_parent(name, &parent) && parent.err == ANSA_OK)
                err = is_listed(v, buf_written(&parent), is_homed);
        if (err != ANSA_OK || *is_homed)
                return err;
        err = is_listed(v, name, is_homed);
        if (err != ANSA_OK || !*is_homed)
                return err;
        struct record r;
        err = view_own(v, name, &r);
        *is_homed = err == ANSA_OK;
        return err == ANSA_E_NOT_FOUND ? ANSA_OK : err;
}

enum ansa_err view_is_homed(struct view *v, struct ansa_bytes name, bool *is_homed)
{
        *is_homed = false;
        if (name_is_prefix_record(name))
                return is_homed_prefix_record(v, name, is_homed);
        uint8_t at[NAME_KEY_SIZE_MAX] ANSA_ROOM;
        struct buf prefix = buf_over(at, sizeof(at));
        name_put_prefix_record(name, &prefix);
        if (prefix.err != ANSA_OK)
                return ANSA_OK; /* too long to be one */
        return is_listed(v, buf_written(&prefix), is_homed);
}

/* Records of others */

static const struct evidence *evidence_find(const struct view *v, struct ansa_bytes key,
                                            unsigned *count)
{
        *count = 0;
        for (const struct evidence *e = v->evidence; e != NULL; e = e->next) {
                if (ansa_bytes_equal(e->key, key))
                        return e;
                (*count)++;
        }
        return NULL;
}

static enum ansa_err evidence_values(const struct evidence *e, struct ansa_values *values)
{
        if (e->response == RC_SUCCESS) {
                *values = e->values;
                return ANSA_OK;
        }
        bool is_absent = e->response == RC_NOT_FOUND || e->response == RC_VALUE_NOT_FOUND;
        return is_absent ? ANSA_E_NOT_FOUND : ANSA_E_NETWORK;
}

/* A copy of what is publicly readable among @values, whatever a server chose to send. */
static enum ansa_err copy_public(struct arena *arena, struct ansa_values values,
                                 struct ansa_values *copy)
{
        *copy = (struct ansa_values){ 0 };
        uint8_t *at = arena_alloc(arena, values.wire.size);
        if (at == NULL)
                return ANSA_E_NO_MEMORY;
        struct buf b = buf_over(at, values.wire.size);
        uint32_t count = 0;
        while (values.count > 0) {
                struct ansa_value value;
                const uint8_t *start = values.wire.at;
                enum ansa_err err = ansa_values_next(&values, &value);
                if (err != ANSA_OK)
                        return err;
                if ((value.permissions & ANSA_PERM_PUBLIC_READ) == 0)
                        continue;
                buf_bytes(&b, (struct ansa_bytes){ start, (size_t)(values.wire.at - start) });
                count++;
        }
        ansa_assert(b.err == ANSA_OK);
        *copy = (struct ansa_values){ buf_written(&b), count };
        return ANSA_OK;
}

static enum ansa_err fetch(struct view *v, struct ansa_bytes name, struct ansa_bytes key,
                           const struct evidence **found)
{
        struct fetcher *fetcher = v->service->fetcher;
        const struct fetch_query query = {
                .name = name,
                .certified = true, /* rights and keys hang on it */
                .recursion = v->recursion,
        };
        struct evidence *e = arena_alloc(v->arena, sizeof(*e));
        if (e == NULL)
                return ANSA_E_NO_MEMORY;
        struct ansa_values values = { 0 };
        uint32_t response = RC_ERROR;
        enum ansa_err err = fetcher->resolve(fetcher, &query, v->arena, &response, &values);
        if (err == ANSA_OK && response == RC_SUCCESS)
                err = copy_public(v->arena, values, &e->values);
        /* That nobody could be asked is remembered too: one request waits for it once. */
        e->response = err == ANSA_OK            ? response
                      : err == ANSA_E_NOT_FOUND ? RC_NOT_FOUND /* nor is its prefix */
                                                : RC_UNABLE_TO_VERIFY;
        e->key = key;
        e->next = v->evidence;
        v->evidence = e;
        *found = e;
        return ANSA_OK;
}

static bool is_out_of_time(struct view *v)
{
        struct env *env = v->service->env;
        uint64_t now = env->steady_ms(env);
        if (v->fetch_until_ms == 0)
                v->fetch_until_ms = now + FETCHING_MS_MAX;
        return now >= v->fetch_until_ms;
}

enum ansa_err view_others(struct view *v, struct ansa_bytes name, struct ansa_values *values)
{
        *values = (struct ansa_values){ 0 };
        struct ansa_bytes key;
        enum ansa_err err = key_of(v, name, &key);
        if (err != ANSA_OK)
                return err;
        unsigned count = 0;
        const struct evidence *e = evidence_find(v, key, &count);
        if (e == NULL) {
                if (v->service->fetcher == NULL)
                        return ANSA_E_NETWORK;
                if (!v->may_fetch) {
                        v->needs_slow = true;
                        return ANSA_E_BUSY;
                }
                if (count >= EVIDENCE_MAX || v->recursion >= LIMIT_RECURSION || is_out_of_time(v))
                        return ANSA_E_LIMIT;
                err = fetch(v, name, key, &e);
                if (err != ANSA_OK)
                        return err;
        }
        return evidence_values(e, values);
}

enum ansa_err view_is_siblings(struct view *v, struct ansa_bytes name, bool *is_siblings)
{
        const struct settings *s = v->settings;
        *is_siblings = false;
        if (s->server_count <= 1 ||
            name_hash(name, s->site.hash_option) % s->server_count == s->config.server_number)
                return ANSA_OK;
        return view_is_homed(v, name, is_siblings);
}

enum ansa_err view_any(struct view *v, struct ansa_bytes name, struct ansa_values *values)
{
        *values = (struct ansa_values){ 0 };
        struct record r;
        bool is_siblings = false;
        enum ansa_err err = view_is_siblings(v, name, &is_siblings);
        if (err != ANSA_OK)
                return err;
        /* What lies here of a sibling's is no longer what it was; records of prefixes are on all. */
        err = is_siblings && !name_is_prefix_record(name) ? ANSA_E_NOT_FOUND
                                                          : view_own(v, name, &r);
        if (err == ANSA_OK)
                *values = r.all;
        if (err != ANSA_E_NOT_FOUND)
                return err;
        bool is_homed = false;
        err = view_is_homed(v, name, &is_homed);
        if (err != ANSA_OK)
                return err;
        if ((is_homed && !is_siblings) || name_problem(name) != NULL)
                return ANSA_E_NOT_FOUND;
        return view_others(v, name, values);
}

enum ansa_err view_any_value(struct view *v, const struct ansa_ref *ref, struct ansa_value *value)
{
        *value = (struct ansa_value){ 0 };
        struct ansa_values values;
        enum ansa_err err = view_any(v, ref->name, &values);
        while (err == ANSA_OK) {
                err = ansa_values_next(&values, value);
                if (err == ANSA_OK && value->index == ref->index)
                        return ANSA_OK;
        }
        *value = (struct ansa_value){ 0 };
        return err;
}

uint64_t record_version_of(const struct identifier *service, struct ansa_bytes values)
{
        uint64_t version = hash_bytes(&service->hash_key, values);
        return version != 0 ? version : 1;
}

uint64_t record_version(const struct view *v, const struct record *record)
{
        return record_version_of(v->service, record->all.wire);
}

bool view_condition_holds(const struct view *v, const struct record *r)
{
        const struct record_condition *c = v->condition;
        if (c == NULL)
                return true;
        uint64_t version = r != NULL ? record_version(v, r) : 0;
        bool is_listed = false;
        for (uint32_t i = 0; i < c->version_count; i++)
                is_listed = is_listed || (r != NULL && c->versions[i] == version);
        switch (c->kind) {
        case CONDITION_NONE:
                return true;
        case CONDITION_EXISTS:
                return r != NULL;
        case CONDITION_ABSENT:
                return r == NULL;
        case CONDITION_ONE_OF:
                return is_listed;
        case CONDITION_NONE_OF:
                return !is_listed;
        }
        return false;
}
