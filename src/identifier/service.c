/* SPDX-License-Identifier: Apache-2.0 */
#include "identifier/service.h"

#include "crypto/hasher.h"
#include "identifier/cache.h"
#include "identifier/challenge.h"
#include "identifier/exchange.h"
#include "identifier/hot.h"
#include "wire/data.h"

#include <assert.h>
#include <stdlib.h>

#define ARENA_SIZE_MAX      (8u * 1024 * 1024)  /* of one request: its message a few times over */
#define CHALLENGES_SIZE_MAX (64u * 1024 * 1024) /* octets of all requests that wait for answers */

/* What follows from our own HS_SITE. */
static enum ansa_err read_site(struct settings *s)
{
        s->is_primary = true;
        s->site_serial = SITE_SERIAL_UNKNOWN;
        s->server_count = 1;
        if (s->config.site.size == 0)
                return ANSA_OK;
        enum ansa_err err = ansa_site_decode(s->config.site, &s->site);
        if (err != ANSA_OK)
                return err;
        s->has_site = true;
        s->is_primary = (s->site.flags & ANSA_SITE_PRIMARY) != 0;
        s->site_serial = s->site.serial;
        if (s->site.hash_option > ANSA_HASH_ALL)
                return ANSA_E_UNSUPPORTED;
        if (s->site.server_count == 0)
                return ANSA_OK;
        s->server_count = s->site.server_count;
        if (s->config.server_number >= s->server_count)
                return ANSA_E_ARGUMENT;
        struct ansa_bytes rest = s->site.servers;
        struct ansa_server server;
        for (uint32_t i = 0; i <= s->config.server_number; i++) {
                err = ansa_site_next_server(&rest, &server);
                if (err != ANSA_OK)
                        return err;
        }
        struct ansa_key key;
        if (server.key.size > 0 && key_decode(server.key, &key) == ANSA_OK) {
                s->server_key = server.key;
                s->server_key_kind = key.kind;
        }
        return ANSA_OK;
}

static void settings_free(struct shared *shared)
{
        struct settings *s = (struct settings *)shared;
        shared_give(s->config.owner);
        free(s);
}

enum ansa_err identifier_reconfigure(struct identifier *service,
                                     const struct identifier_config *config)
{
        struct settings *s = calloc(1, sizeof(*s));
        if (s == NULL)
                return ANSA_E_NO_MEMORY;
        s->config = *config;
        enum ansa_err err = read_site(s);
        if (err != ANSA_OK) {
                free(s);
                return err;
        }
        shared_init(&s->shared, settings_free);
        shared_hold(s->config.owner);
        shared_replace(&service->settings, &s->shared);
        if (service->challenges != NULL)
                challenges_set_max(service->challenges, config->challenges_max);
        if (service->sessions != NULL)
                sessions_set_max(service->sessions, config->sessions_max);
        return ANSA_OK;
}

static enum ansa_err set_log(struct identifier *s, const struct identifier_options *options)
{
        if (options->log_key.size != ED25519_KEY_SIZE)
                return ANSA_E_ARGUMENT;
        s->log_signer = options->log_signer;
        return note_key_make(&crypto_hasher, options->log_name, NOTE_ED25519, options->log_key.at,
                             &s->log_key);
}

enum ansa_err identifier_new(const struct identifier_options *options, struct identifier **service)
{
        *service = NULL;
        struct identifier *s = calloc(1, sizeof(*s));
        if (s == NULL)
                return ANSA_E_NO_MEMORY;
        s->store = options->store;
        s->env = options->env;
        s->signer = options->signer;
        s->fetcher = options->fetcher;
        s->started_ms = s->env->steady_ms(s->env);
        s->env->random(s->env, (uint8_t *)&s->hash_key, sizeof(s->hash_key));
        lock_init(&s->lock);
        lock_init(&s->published.lock);
        shared_place_init(&s->settings);
        storing_init(&s->storing);
        const struct identifier_config *config = &options->config;
        enum ansa_err err = identifier_reconfigure(s, config);
        if (err == ANSA_OK && options->log_signer != NULL)
                err = set_log(s, options);
        if (err == ANSA_OK && config->cache_size_max > 0)
                err = cache_new(config->cache_size_max, &s->hash_key, &s->cache);
        if (err == ANSA_OK)
                err = challenges_new(s->env, config->challenges_max, CHALLENGES_SIZE_MAX,
                                     &s->challenges);
        if (err == ANSA_OK)
                err = sessions_new(s->env, config->sessions_max, &s->sessions);
        if (err != ANSA_OK) {
                identifier_free(s);
                return err;
        }
        *service = s;
        return ANSA_OK;
}

void identifier_free(struct identifier *service)
{
        if (service == NULL)
                return;
        ansa_assert(service->workers == NULL);
        sessions_free(service->sessions);
        challenges_free(service->challenges);
        cache_free(service->cache);
        shared_place_fini(&service->settings);
        lock_fini(&service->lock);
        storing_fini(&service->storing);
        free(service);
}

enum ansa_err identifier_worker_new(struct identifier *service, bool may_block,
                                    struct identifier_worker **worker)
{
        *worker = NULL;
        struct identifier_worker *w = calloc(1, sizeof(*w));
        if (w == NULL)
                return ANSA_E_NO_MEMORY;
        w->service = service;
        w->may_block = may_block;
        worker_take_settings(w);
        arena_init(&w->arena, ARENA_SIZE_MAX);
        enum ansa_err err = store_begin(service->store, STORE_READ, &w->txn);
        if (err == ANSA_OK)
                store_pause(w->txn);
        if (err == ANSA_OK && service->cache != NULL && !may_block)
                err = hot_new(&w->hot);
        if (err != ANSA_OK) {
                store_abort(w->txn);
                shared_give(w->settings);
                free(w);
                return err;
        }
        lock_take(&service->lock);
        w->next = service->workers;
        service->workers = w;
        lock_give(&service->lock);
        *worker = w;
        return ANSA_OK;
}

static void add_up(_Atomic uint64_t *sum, const _Atomic uint64_t *n)
{
        uint64_t was = atomic_load_explicit(sum, memory_order_relaxed);
        uint64_t more = atomic_load_explicit(n, memory_order_relaxed);
        atomic_store_explicit(sum, was + more, memory_order_relaxed);
}

static void add_counts(struct worker_counts *sum, const struct worker_counts *counts)
{
        add_up(&sum->requests, &counts->requests);
        for (size_t i = 0; i < COUNT_OPERATIONS; i++)
                add_up(&sum->by_operation[i], &counts->by_operation[i]);
        for (size_t i = 0; i < COUNT_RESPONSES; i++)
                add_up(&sum->by_response[i], &counts->by_response[i]);
        add_up(&sum->cache_hits, &counts->cache_hits);
        add_up(&sum->cache_misses, &counts->cache_misses);
}

void identifier_worker_free(struct identifier_worker *worker)
{
        if (worker == NULL)
                return;
        struct identifier *service = worker->service;
        lock_take(&service->lock);
        struct identifier_worker **at = &service->workers;
        while (*at != worker)
                at = &(*at)->next;
        *at = worker->next;
        add_counts(&service->retired, &worker->counts);
        lock_give(&service->lock);
        store_abort(worker->txn);
        hot_free(worker->hot);
        shared_give(worker->settings);
        proofs_free(worker->proofs);
        arena_fini(&worker->arena);
        free(worker);
}

enum ansa_err worker_renew(struct identifier_worker *worker)
{
        if (worker->is_running)
                return ANSA_OK;
        enum ansa_err err = store_resume(worker->txn);
        worker->is_running = err == ANSA_OK;
        return err;
}

/* The number is read before the snapshot is taken: see cache.h. */
static void note_commits(struct identifier_worker *worker)
{
        worker->snapshot = atomic_load_explicit(&worker->service->commits, memory_order_acquire);
}

uint64_t identifier_commits(const struct identifier *service)
{
        return atomic_load_explicit(&service->commits, memory_order_acquire);
}

static void let_go(struct identifier_worker *worker)
{
        if (worker->is_running)
                store_pause(worker->txn);
        worker->is_running = false;
}

void worker_take_settings(struct identifier_worker *worker)
{
        if (!worker->in_batch)
                shared_renew(&worker->service->settings, &worker->settings);
}

void worker_begin(struct identifier_worker *worker)
{
        worker_take_settings(worker);
        arena_reset(&worker->arena);
        if (!worker->in_batch)
                note_commits(worker);
}

void worker_end(struct identifier_worker *worker)
{
        if (!worker->in_batch)
                let_go(worker);
}

void identifier_batch_begin(struct identifier_worker *worker)
{
        ansa_assert(!worker->in_batch);
        worker_take_settings(worker);
        worker->in_batch = true;
        if (worker->hot != NULL)
                hot_begin(worker);
        note_commits(worker);
}

void identifier_batch_hint(struct identifier_worker *worker, const struct ansa_bytes *messages,
                           size_t count)
{
        ansa_assert(worker->in_batch);
        if (worker->hot != NULL)
                hot_hint(worker, messages, count);
}

void identifier_batch_end(struct identifier_worker *worker)
{
        ansa_assert(worker->in_batch);
        worker->in_batch = false;
        let_go(worker);
}

void identifier_tick(struct identifier *service)
{
        uint64_t now = service->env->steady_ms(service->env);
        challenges_expire(service->challenges, now);
        sessions_expire(service->sessions, now);
}

static uint64_t read_count(const _Atomic uint64_t *n)
{
        return atomic_load_explicit(n, memory_order_relaxed);
}

void identifier_count(struct identifier *service, struct identifier_counts *counts)
{
        struct worker_counts sum = { 0 };
        lock_take(&service->lock);
        add_counts(&sum, &service->retired);
        for (const struct identifier_worker *w = service->workers; w != NULL; w = w->next)
                add_counts(&sum, &w->counts);
        lock_give(&service->lock);
        static_assert(sizeof(counts->by_operation) / sizeof(counts->by_operation[0]) ==
                              COUNT_OPERATIONS,
                      "one place each");
        static_assert(sizeof(counts->by_response) / sizeof(counts->by_response[0]) ==
                              COUNT_RESPONSES,
                      "one place each");
        *counts = (struct identifier_counts){
                .requests = read_count(&sum.requests),
                .cache_hits = read_count(&sum.cache_hits),
                .cache_misses = read_count(&sum.cache_misses),
                .sessions_open = sessions_count(service->sessions),
                .sessions_weak = read_count(&service->sessions_weak),
                .challenges_open = challenges_count(service->challenges),
                .changes_failed = read_count(&service->storing.failed),
        };
        for (size_t i = 0; i < COUNT_OPERATIONS; i++)
                counts->by_operation[i] = read_count(&sum.by_operation[i]);
        for (size_t i = 0; i < COUNT_RESPONSES; i++)
                counts->by_response[i] = read_count(&sum.by_response[i]);
}
