/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_IDENTIFIER_SERVICE_H
#define ANSA_IDENTIFIER_SERVICE_H

#include "base/lock.h"
#include "identifier/identifier.h"
#include "store/store.h"

#include <stdatomic.h>

/* Inside of the identifier system; not for other layers. */

struct cache;
struct challenges;
struct sessions;

struct identifier {
        struct store *store;
        struct env *env;
        struct signer *signer;
        struct fetcher *fetcher;
        _Atomic(const struct identifier_config *)
                config;                /* replaced whole; old ones freed at the end */
        struct cache *cache;           /* NULL when cache_size_max is 0 */
        struct challenges *challenges; /* challenge.c */
        struct sessions *sessions;     /* sessions.c */
        _Atomic uint64_t commits;      /* advanced after every durable commit, see cache.h */
        _Atomic uint64_t by_operation[16];
        _Atomic uint64_t by_response[40];
        _Atomic uint64_t sessions_weak;
};

struct identifier_worker {
        struct identifier *service;
        bool may_block;
        bool in_batch;
        uint64_t snapshot;     /* service->commits as it was before txn was renewed */
        struct store_txn *txn; /* a paused or running reader; NULL in the writer */
        struct arena arena;    /* of the current request */
};

#endif
