/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEST_IDENTIFIER_WORLD_H
#define TEST_IDENTIFIER_WORLD_H

/*
 * A small world for the tests of administration: a store in memory, a clock and a generator
 * that are known, other services that answer from a list, and records written as text:
 *
 *   "1 URL http://a; 2 EMAIL/f a@b; 100 HS_ADMIN 7f@300:0.NA/35.TEST; 200 HS_VLIST 300:a/b,0:c/d"
 *
 * is index, type[/permissions in hex], data; of HS_ADMIN rights in hex and whom, of HS_VLIST
 * the members. world_text writes a record back in that form, with "@timestamp" at the end of
 * each value whose timestamp is not OLD_S.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/assert.h"
#include "base/text.h"
#include "identifier/apply.h"
#include "identifier/job.h"
#include "identifier/plan.h"
#include "identifier/service.h"
#include "identifier/value_list.h"
#include "store/engines.h"
#include "wire/body.h"
#include "wire/data.h"
#include "wire/name.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define OLD_S 1000u /* timestamp of what is there when a test begins */
#define NOW_S 5000u

struct foreign {
        const char *name;
        const char *values; /* NULL: the service does not answer */
};

struct world {
        struct env env;
        struct fetcher fetcher;
        const struct foreign *foreign;
        size_t foreign_count;
        size_t fetches;
        uint64_t random;   /* state of the generator */
        bool random_stuck; /* always the same octets */
        struct store *store;
        struct settings settings;
        struct identifier service;
        struct identifier_worker writer;
        struct arena arena;
};

static inline uint32_t world_wall_s(struct env *env)
{
        (void)env;
        return NOW_S;
}

static inline uint64_t world_steady_ms(struct env *env)
{
        (void)env;
        return 1;
}

static inline void world_random(struct env *env, uint8_t *at, size_t size)
{
        struct world *w = (struct world *)(void *)env;
        uint64_t x = w->random;
        for (size_t i = 0; i < size; i++) {
                x ^= x << 13;
                x ^= x >> 7;
                x ^= x << 17;
                at[i] = (uint8_t)(x >> 24);
        }
        if (!w->random_stuck)
                w->random = x;
}

static inline struct ansa_bytes world_copy(struct world *w, struct ansa_bytes bytes)
{
        struct ansa_bytes copy;
        assert_int_equal(arena_copy(&w->arena, bytes, &copy), ANSA_OK);
        return copy;
}

static inline struct ansa_ref world_ref(const char *text)
{
        struct ansa_ref ref;
        assert_int_equal(ref_from_text(ansa_bytes_text(text), &ref), ANSA_OK);
        return ref;
}

/* The data of a value of @type as the text gives it. */
static inline struct ansa_bytes world_data(struct world *w, const char *type, char *text)
{
        struct buf b = buf_growing(LIMIT_MESSAGE_SIZE);
        if (strcasecmp(type, "HS_ADMIN") == 0) {
                char *who = strchr(text, '@');
                assert_non_null(who);
                *who++ = 0;
                struct admin_data admin = { .rights = (uint16_t)strtoul(text, NULL, 16),
                                            .admin = world_ref(who) };
                admin_data_encode(&admin, &b);
        } else if (strcasecmp(type, "HS_VLIST") == 0) {
                struct ansa_ref refs[64];
                uint32_t count = 0;
                char *rest;
                for (char *r = strtok_r(text, ",", &rest); r != NULL;
                     r = strtok_r(NULL, ",", &rest)) {
                        assert_true(count < 64);
                        refs[count++] = world_ref(r);
                }
                vlist_encode(refs, count, &b);
        } else {
                buf_text(&b, text);
        }
        assert_int_equal(b.err, ANSA_OK);
        struct ansa_bytes data = world_copy(w, buf_written(&b));
        buf_fini(&b);
        return data;
}

static inline struct ansa_values world_values(struct world *w, const char *text,
                                              uint32_t timestamp_s)
{
        char *copy = strdup(text);
        assert_non_null(copy);
        struct ansa_value values[64];
        struct value_list list = { values, 0 };
        char *rest;
        for (char *v = strtok_r(copy, ";", &rest); v != NULL; v = strtok_r(NULL, ";", &rest)) {
                char *inner;
                char *index = strtok_r(v, " ", &inner);
                char *type = strtok_r(NULL, " ", &inner);
                char *data = strtok_r(NULL, "", &inner);
                char none[] = "";
                assert_true(index != NULL && type != NULL && list.count < 64);
                char *permissions = strchr(type, '/');
                if (permissions != NULL)
                        *permissions++ = 0;
                values[list.count++] = (struct ansa_value){
                        .index = (uint32_t)strtoul(index, NULL, 10),
                        .timestamp_s = timestamp_s,
                        .ttl_s = 86400,
                        .permissions = permissions == NULL
                                               ? ANSA_PERM_DEFAULT
                                               : (uint8_t)strtoul(permissions, NULL, 16),
                        .type = world_copy(w, ansa_bytes_text(type)),
                        .data = world_data(w, type, data != NULL ? data : none),
                };
        }
        struct ansa_values encoded;
        assert_int_equal(value_list_encode(&list, &w->arena, &encoded), ANSA_OK);
        free(copy);
        return encoded;
}

static inline const char *world_text(struct world *w, struct ansa_values values)
{
        struct buf b = buf_growing(LIMIT_MESSAGE_SIZE * 2);
        struct ansa_value value;
        while (ansa_values_next(&values, &value) == ANSA_OK) {
                struct admin_data admin;
                struct ansa_refs refs;
                struct ansa_ref ref;
                buf_printf(&b, "%s%u ", b.size > 0 ? "; " : "", value.index);
                buf_bytes(&b, value.type);
                if (value.permissions != ANSA_PERM_DEFAULT)
                        buf_printf(&b, "/%x", value.permissions);
                buf_u8(&b, ' ');
                if (value_type_of(value.type) == TYPE_HS_ADMIN &&
                    admin_data_decode(value.data, &admin) == ANSA_OK) {
                        buf_printf(&b, "%x@", admin.rights);
                        ref_put_text(&admin.admin, &b);
                } else if (value_type_of(value.type) == TYPE_HS_VLIST &&
                           vlist_decode(value.data, &refs) == ANSA_OK) {
                        for (bool first = true; ansa_refs_next(&refs, &ref) == ANSA_OK;
                             first = false) {
                                buf_text(&b, first ? "" : ",");
                                ref_put_text(&ref, &b);
                        }
                } else {
                        buf_bytes(&b, value.data);
                }
                if (value.timestamp_s != OLD_S)
                        buf_printf(&b, "@%u", value.timestamp_s);
        }
        assert_int_equal(b.err, ANSA_OK);
        const char *text = arena_text(&w->arena, buf_written(&b));
        assert_non_null(text);
        buf_fini(&b);
        return text;
}

static inline enum ansa_err world_fetch(struct fetcher *f, const struct fetch_query *query,
                                        struct arena *arena, uint32_t *response,
                                        struct ansa_values *values)
{
        struct world *w = (struct world *)(void *)((uint8_t *)f - offsetof(struct world, fetcher));
        (void)arena;
        *response = RC_NOT_FOUND;
        *values = (struct ansa_values){ 0 };
        w->fetches++;
        for (size_t i = 0; i < w->foreign_count; i++) {
                if (!name_equal(ansa_bytes_text(w->foreign[i].name), query->name, false))
                        continue;
                if (w->foreign[i].values == NULL)
                        return ANSA_E_NETWORK;
                *response = RC_SUCCESS;
                *values = world_values(w, w->foreign[i].values, OLD_S);
        }
        return ANSA_OK;
}

/** A world with @store, or a fresh one in memory when NULL. */
static inline void world_init(struct world *w, struct store *store)
{
        memset(w, 0, sizeof(*w));
        w->env = (struct env){ world_wall_s, world_steady_ms, world_random };
        w->fetcher.resolve = world_fetch;
        w->random = 88172645463325252u;
        w->store = store;
        if (store == NULL)
                assert_int_equal(store_memory_open(&w->store), ANSA_OK);
        w->settings = (struct settings){
                .config = { .allow_list = true },
                .is_primary = true,
                .server_count = 1,
                .site_serial = SITE_SERIAL_UNKNOWN,
                .site = { .hash_option = ANSA_HASH_ALL },
        };
        w->service.store = w->store;
        w->service.env = &w->env;
        w->service.fetcher = &w->fetcher;
        shared_init(&w->settings.shared, NULL); /* held here until the end */
        shared_hold(&w->settings.shared);
        shared_place_init(&w->service.settings);
        shared_replace(&w->service.settings, &w->settings.shared);
        lock_init(&w->service.lock);
        storing_init(&w->service.storing);
        w->writer.service = &w->service;
        w->writer.may_block = true;
        arena_init(&w->writer.arena, 64u << 20);
        arena_init(&w->arena, 64u << 20);
}

static inline void world_fini(struct world *w)
{
        arena_fini(&w->arena);
        arena_fini(&w->writer.arena);
        shared_give(w->writer.settings);
        shared_place_fini(&w->service.settings);
        storing_fini(&w->service.storing);
        lock_fini(&w->service.lock);
        store_close(w->store);
}

static inline void world_home(struct world *w, const char *prefix_record)
{
        struct bulk_change change = { .kind = BULK_HOME, .name = ansa_bytes_text(prefix_record) };
        size_t failed;
        assert_int_equal(identifier_bulk(&w->writer, &change, 1, &failed), ANSA_OK);
}

static inline void world_put(struct world *w, const char *name, const char *values)
{
        struct bulk_change change = { .kind = BULK_PUT,
                                      .name = ansa_bytes_text(name),
                                      .values = world_values(w, values, OLD_S) };
        size_t failed;
        assert_int_equal(identifier_bulk(&w->writer, &change, 1, &failed), ANSA_OK);
}

/** A view over a transaction of its own; end with world_end. */
static inline struct view world_view(struct world *w, bool may_fetch)
{
        struct view v = {
                .service = &w->service,
                .settings = &w->settings,
                .config = &w->settings.config,
                .arena = &w->arena,
                .may_fetch = may_fetch,
        };
        assert_int_equal(store_begin(w->store, STORE_READ, &v.txn), ANSA_OK);
        return v;
}

static inline void world_end(struct view *v)
{
        store_abort(v->txn);
        v->txn = NULL;
}

/** The record of @name as text, or NULL. */
static inline const char *world_record(struct world *w, const char *name)
{
        struct view v = world_view(w, false);
        struct record record;
        enum ansa_err err = view_own(&v, ansa_bytes_text(name), &record);
        const char *text = err == ANSA_OK ? world_text(w, record.all) : NULL;
        assert_true(err == ANSA_OK || err == ANSA_E_NOT_FOUND);
        world_end(&v);
        return text;
}

/** "1,2,3" in the form of a request. */
static inline struct index_list world_indexes(struct world *w, const char *text)
{
        struct buf b = buf_growing(4096);
        struct index_list list = { .count = 0 };
        char *end;
        for (const char *at = text; *at != 0; at = *end == ',' ? end + 1 : end) {
                buf_u32(&b, (uint32_t)strtoul(at, &end, 10));
                assert_true(end != at);
                list.count++;
        }
        list.wire = world_copy(w, buf_written(&b));
        buf_fini(&b);
        return list;
}

/** A request for @op; @what is values, or indexes for remove, or not looked at. */
static inline struct message world_request(struct world *w, uint32_t op, uint32_t flags,
                                           const char *name, const char *what)
{
        struct message m = { .header = { .op = op, .flags = flags } };
        struct buf b = buf_growing(LIMIT_MESSAGE_SIZE * 2);
        if (op == OP_CREATE || op == OP_ADD || op == OP_MODIFY) {
                struct record_body body = { .name = ansa_bytes_text(name),
                                            .values = world_values(w, what, 77) };
                record_body_encode(&body, &b);
        } else if (op == OP_REMOVE) {
                struct remove_request body = { .name = ansa_bytes_text(name),
                                               .indexes = world_indexes(w, what) };
                remove_request_encode(&body, &b);
        } else {
                name_body_encode(ansa_bytes_text(name), &b);
        }
        assert_int_equal(b.err, ANSA_OK);
        m.body = world_copy(w, buf_written(&b));
        buf_fini(&b);
        return m;
}

/** Plan on a reader's snapshot as @who ("index:name"; NULL: nobody). */
static inline struct plan world_plan(struct world *w, const struct message *request,
                                     const char *who, bool may_fetch)
{
        struct identity id = { 0 };
        if (who != NULL)
                id.who = world_ref(who);
        struct view v = world_view(w, may_fetch);
        struct plan plan;
        plan_make(&v, request, who != NULL ? &id : NULL, &plan);
        plan.values.wire = world_copy(w, plan.values.wire);
        world_end(&v);
        assert_true(plan.response == RC_SUCCESS || plan.text != NULL || v.needs_slow);
        if (plan.response != RC_SUCCESS) {
                assert_int_equal(plan.action, PLAN_NOTHING);
                assert_int_equal(plan.response_flags, 0);
        }
        return plan;
}

/** A job as identifier_serve makes it, in memory of its own. */
static inline struct write_job *world_job(const struct message *request, const char *who)
{
        struct write_job *job = calloc(1, sizeof(*job));
        assert_non_null(job);
        arena_init(&job->arena, 1u << 20);
        job->message = *request;
        assert_int_equal(arena_copy(&job->arena, request->body, &job->message.body), ANSA_OK);
        if (who != NULL) {
                job->has_identity = true;
                job->identity.who = world_ref(who);
        }
        return job;
}

static inline void world_job_free(struct write_job *job)
{
        arena_fini(&job->arena);
        free(job);
}

/** Through the writer, alone: the response. */
static inline uint32_t world_commit(struct world *w, const struct message *request, const char *who)
{
        struct write_job *job = world_job(request, who);
        identifier_commit(&w->writer, &job, 1);
        uint32_t response = job->result.response;
        world_job_free(job);
        return response;
}

#endif
