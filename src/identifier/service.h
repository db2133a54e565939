/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_IDENTIFIER_SERVICE_H
#define ANSA_IDENTIFIER_SERVICE_H

#include "base/hash.h"
#include "base/lock.h"
#include "base/shared.h"
#include "ansa/key.h"
#include "ansa/site.h"
#include "identifier/identifier.h"
#include "identifier/storing.h"
#include "store/store.h"
#include "wire/note.h"

#include <stdatomic.h>

/* Inside of the identifier system; not for other layers. */

#define CHECKPOINT_SIZE_MAX 4096u /* with the log's signature */

struct cache;
struct challenges;
struct sessions;

/**
 * The configuration with what follows from it. Replaced whole by identifier_reconfigure; a
 * worker holds the one that its request, or its batch of them, began with.
 */
struct settings {
        struct shared shared;
        struct identifier_config config;
        bool has_site; /* config.site could be decoded */
        struct ansa_site site;
        bool is_primary;              /* also without site: a server on its own */
        uint16_t site_serial;         /* SITE_SERIAL_UNKNOWN without site */
        uint32_t server_count;        /* of the site, at least 1 */
        struct ansa_bytes server_key; /* our public key, encoded; "" when the site has none */
        enum ansa_key_kind server_key_kind;
};

#define COUNT_OPERATIONS 24u /* as in struct identifier_counts */
#define COUNT_RESPONSES  40u

/** Written by one thread without contention, read by identifier_count. */
struct worker_counts {
        _Atomic uint64_t requests;
        _Atomic uint64_t by_operation[COUNT_OPERATIONS];
        _Atomic uint64_t by_response[COUNT_RESPONSES];
        _Atomic uint64_t cache_hits;
        _Atomic uint64_t cache_misses;
};

/** Only the owner of @count calls this: a load and a store, no locked instruction. */
static inline void count_up(_Atomic uint64_t *count)
{
        uint64_t n = atomic_load_explicit(count, memory_order_relaxed);
        atomic_store_explicit(count, n + 1, memory_order_relaxed);
}

/** The newest signed checkpoint. */
struct published {
        struct lock lock;
        uint64_t size; /* of the log; 0: none was signed yet */
        size_t note_size;
        uint8_t note[CHECKPOINT_SIZE_MAX];
};

struct identifier {
        struct store *store;
        struct env *env;
        struct signer *signer;
        struct fetcher *fetcher;
        struct signer *log_signer; /* NULL: checkpoints are not signed */
        struct note_key log_key;
        struct published published;
        struct shared_place settings; /* struct settings */
        struct hash_key hash_key;
        struct cache *cache;           /* NULL when cache_size_max is 0 */
        struct challenges *challenges; /* challenge.c */
        struct sessions *sessions;     /* sessions.c */
        _Atomic uint64_t commits;      /* advanced after every durable commit, see cache.h */
        _Atomic uint64_t homes; /* advanced after commits that home or unhome, before commits is */
        _Atomic uint64_t sessions_weak;
        uint64_t started_ms;
        struct lock lock;                  /* of the two below */
        struct identifier_worker *workers; /* all there are */
        struct worker_counts retired;      /* sums of workers that are gone */
        struct storing storing;            /* of the store: does it take changes */
};

struct hot;    /* hot.h */
struct proofs; /* proofs.c */
void proofs_free(struct proofs *proofs);

struct identifier_worker {
        struct identifier *service;
        struct identifier_worker *next;
        struct shared *settings; /* those of the current request: worker_settings */
        bool may_block;
        bool in_batch;
        bool is_running;       /* txn is resumed */
        uint64_t snapshot;     /* service->commits as it was before txn was renewed */
        struct store_txn *txn; /* a paused or running reader */
        struct arena arena;    /* of the current request */
        struct hot *hot;       /* NULL without cache */
        struct proofs *proofs; /* by the newest checkpoint; NULL until one was asked for */
        struct worker_counts counts;
};

/** Renew the worker's snapshot unless that was done in this batch (or request) already. */
ANSA_CHECKED enum ansa_err worker_renew(struct identifier_worker *worker);

/** The settings of the current request or batch. */
static inline const struct settings *worker_settings(const struct identifier_worker *worker)
{
        return (const struct settings *)worker->settings;
}

/** Take up the newest settings, unless a batch goes on. Those of before are not to be used any more. */
void worker_take_settings(struct identifier_worker *worker);

/**
 * Around one request: the arena is empty at its begin, and the settings are the newest; the
 * snapshot is let go at its end.
 */
void worker_begin(struct identifier_worker *worker);
void worker_end(struct identifier_worker *worker);

#endif
