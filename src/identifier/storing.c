/* SPDX-License-Identifier: Apache-2.0 */
#include "identifier/storing.h"

#include "base/log.h"
#include "identifier/service.h"

#include <stdlib.h>

#define TELL_AGAIN_MS 60000u /* between lines, where large changes fail and small ones do not */
#define PROBE_SIZE    65536u /* octets that there must be room for */

void storing_init(struct storing *s)
{
        *s = (struct storing){ .why = ANSA_OK };
        lock_init(&s->lock);
}

void storing_fini(struct storing *s)
{
        lock_fini(&s->lock);
}

bool storing_is_at_fault(enum ansa_err err)
{
        return err == ANSA_E_FULL || err == ANSA_E_IO || err == ANSA_E_DENIED;
}

void storing_failed(struct storing *s, struct env *env, enum ansa_err err)
{
        uint64_t now_ms = env->steady_ms(env);
        lock_take(&s->lock);
        atomic_store_explicit(&s->why, (unsigned)err, memory_order_relaxed);
        (void)atomic_fetch_add_explicit(&s->failed, 1, memory_order_release);
        bool tells = !s->is_told && (!s->has_told || now_ms - s->told_ms >= TELL_AGAIN_MS);
        if (tells) {
                s->is_told = s->has_told = true;
                s->told_ms = now_ms;
        }
        lock_give(&s->lock);
        if (tells)
                log_error("commit", "error=\"%s\" result=\"changes are refused\"",
                          ansa_err_text(err));
}

void storing_done(struct storing *s, uint64_t failed)
{
        if (atomic_load_explicit(&s->failed_then, memory_order_relaxed) == failed)
                return;
        lock_take(&s->lock);
        atomic_store_explicit(&s->failed_then, failed, memory_order_release);
        bool tells = s->is_told && failed == atomic_load(&s->failed);
        if (tells)
                s->is_told = false;
        lock_give(&s->lock);
        if (tells)
                log_info("commit", "result=\"changes are stored again\" failed=%llu",
                         (unsigned long long)failed);
}

enum ansa_err identifier_storing(struct identifier *service)
{
        struct storing *s = &service->storing;
        uint64_t failed = atomic_load_explicit(&s->failed, memory_order_acquire);
        if (failed == atomic_load_explicit(&s->failed_then, memory_order_acquire))
                return ANSA_OK;
        return (enum ansa_err)atomic_load_explicit(&s->why, memory_order_relaxed);
}

/* Octets are put and taken away again, and what is left of that is made durable. */
static enum ansa_err probe(struct store *store)
{
        const struct ansa_bytes key = ANSA_BYTES_LIT("probe");
        uint8_t *octets = calloc(1, PROBE_SIZE);
        struct store_txn *txn = NULL;
        if (octets == NULL)
                return ANSA_E_NO_MEMORY;
        enum ansa_err err = store_begin(store, STORE_WRITE, &txn);
        if (err == ANSA_OK)
                err = store_put(txn, STORE_META, key, (struct ansa_bytes){ octets, PROBE_SIZE });
        if (err == ANSA_OK)
                err = store_del(txn, STORE_META, key);
        free(octets);
        if (err == ANSA_OK)
                return store_commit(txn);
        store_abort(txn);
        return err;
}

void identifier_probe(struct identifier *service)
{
        struct storing *s = &service->storing;
        uint64_t failed = atomic_load_explicit(&s->failed, memory_order_acquire);
        if (identifier_storing(service) != ANSA_OK && probe(service->store) == ANSA_OK)
                storing_done(s, failed);
}
