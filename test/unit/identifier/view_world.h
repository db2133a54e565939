/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_TEST_UNIT_IDENTIFIER_VIEW_WORLD_H
#define ANSA_TEST_UNIT_IDENTIFIER_VIEW_WORLD_H

/*
 * A service with a store in memory, a view of it, and other services behind a fetcher, for
 * tests of what looks at the world through struct view. Include after cmocka.
 */
#include "identifier/cache.h"
#include "identifier/view.h"
#include "store/engines.h"
#include "wire/name.h"

#include <stdio.h>
#include <stdlib.h>

#define WORLD_ELSEWHERE_MAX 8u

struct world_record {
        const char *name;
        uint32_t response;
        struct ansa_values values;
        enum ansa_err err; /* of the fetcher itself */
};

struct world {
        struct fetcher fetcher; /* first: the callback gets its address */
        struct env env;
        uint64_t now_ms;
        uint64_t fetch_ms; /* how long each takes */
        struct identifier service;
        struct settings settings;
        struct view view;
        struct arena arena; /* of the request */
        struct arena kept;  /* of the world */
        struct world_record elsewhere[WORLD_ELSEWHERE_MAX];
        size_t elsewhere_count;
        unsigned fetches;
};

static inline enum ansa_err world_resolve(struct fetcher *f, const struct fetch_query *query,
                                          struct arena *arena, uint32_t *response,
                                          struct ansa_values *values)
{
        struct world *w = (struct world *)(void *)f;
        (void)arena;
        w->fetches++;
        w->now_ms += w->fetch_ms;
        assert_true(query->certified);
        for (size_t i = 0; i < w->elsewhere_count; i++) {
                const struct world_record *r = &w->elsewhere[i];
                if (name_equal(ansa_bytes_text(r->name), query->name, false)) {
                        *response = r->response;
                        *values = r->values;
                        return r->err;
                }
        }
        *response = RC_NOT_FOUND;
        return ANSA_OK;
}

static inline uint64_t world_steady_ms(struct env *env)
{
        return ((struct world *)(void *)((uint8_t *)env - offsetof(struct world, env)))->now_ms;
}

static inline struct world *world_new(void)
{
        struct world *w = calloc(1, sizeof(*w));
        assert_non_null(w);
        arena_init(&w->arena, 8u << 20);
        arena_init(&w->kept, 8u << 20);
        assert_int_equal(store_memory_open(&w->service.store), ANSA_OK);
        w->settings.server_count = 1;
        w->fetcher.resolve = world_resolve;
        w->service.fetcher = &w->fetcher;
        w->env.steady_ms = world_steady_ms;
        w->service.env = &w->env;
        w->now_ms = 1000;
        return w;
}

/* What was committed so far, in a fresh view without evidence. */
static inline struct view *world_look(struct world *w)
{
        store_abort(w->view.txn);
        arena_reset(&w->arena);
        w->fetches = 0;
        w->view = (struct view){ .service = &w->service,
                                 .settings = &w->settings,
                                 .config = &w->settings.config,
                                 .arena = &w->arena,
                                 .snapshot = atomic_load(&w->service.commits),
                                 .use_cache = w->service.cache != NULL,
                                 .may_fetch = true };
        assert_int_equal(store_begin(w->service.store, STORE_READ, &w->view.txn), ANSA_OK);
        return &w->view;
}

static inline void world_free(struct world *w)
{
        store_abort(w->view.txn);
        cache_free(w->service.cache);
        store_close(w->service.store);
        arena_fini(&w->arena);
        arena_fini(&w->kept);
        free(w);
}

/* One more value of a list that begins empty; public unless told. */
static inline void world_value_as(struct world *w, struct ansa_values *values, uint32_t index,
                                  const char *type, struct ansa_bytes data, uint8_t permissions)
{
        const struct ansa_value value = { .index = index,
                                          .timestamp_s = 1000,
                                          .ttl_s = 600,
                                          .permissions = permissions,
                                          .type = ansa_bytes_text(type),
                                          .data = data };
        size_t size = values->wire.size + ansa_value_size(&value);
        size_t written;
        uint8_t *at = arena_alloc(&w->kept, size);
        assert_non_null(at);
        if (values->wire.size > 0)
                memcpy(at, values->wire.at, values->wire.size);
        assert_int_equal(ansa_value_encode(&value, at + values->wire.size, size - values->wire.size,
                                           &written),
                         ANSA_OK);
        *values = (struct ansa_values){ { at, size }, values->count + 1 };
}

static inline void world_value(struct world *w, struct ansa_values *values, uint32_t index,
                               const char *type, const char *data)
{
        world_value_as(w, values, index, type, ansa_bytes_text(data), ANSA_PERM_DEFAULT);
}

static inline void world_store(struct world *w, enum store_table table, struct ansa_bytes key,
                               struct ansa_bytes value)
{
        struct store_txn *txn;
        assert_int_equal(store_begin(w->service.store, STORE_WRITE, &txn), ANSA_OK);
        assert_int_equal(store_put(txn, table, key, value), ANSA_OK);
        assert_int_equal(store_commit(txn), ANSA_OK);
        atomic_fetch_add(&w->service.commits, 1);
}

static inline void world_put(struct world *w, const char *name, struct ansa_values values)
{
        uint8_t key[STORE_KEY_SIZE_MAX];
        size_t size;
        struct ansa_bytes stored;
        assert_int_equal(
                record_key(ansa_bytes_text(name), w->settings.config.case_sensitive, key, &size),
                ANSA_OK);
        assert_int_equal(record_encode(ansa_bytes_text(name), (struct ansa_bytes){ key, size },
                                       values, NULL, &w->kept, &stored),
                         ANSA_OK);
        world_store(w, STORE_RECORDS, (struct ansa_bytes){ key, size }, stored);
}

/* A record of one public value. */
static inline void world_put_one(struct world *w, const char *name, uint32_t index,
                                 const char *type, const char *data)
{
        struct ansa_values values = { 0 };
        world_value(w, &values, index, type, data);
        world_put(w, name, values);
}

/* @prefix_record in upper case, "0.NA/10.1" */
static inline void world_home(struct world *w, const char *prefix_record)
{
        world_store(w, STORE_PREFIXES, ansa_bytes_text(prefix_record), ANSA_BYTES_LIT("1"));
}

static inline void world_put_elsewhere(struct world *w, const char *name, uint32_t response,
                                       struct ansa_values values, enum ansa_err err)
{
        assert_true(w->elsewhere_count < WORLD_ELSEWHERE_MAX);
        w->elsewhere[w->elsewhere_count++] = (struct world_record){ name, response, values, err };
}

#endif
