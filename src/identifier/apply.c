/* SPDX-License-Identifier: Apache-2.0 */
#include "identifier/apply.h"

#include "base/assert.h"
#include "identifier/cache.h"
#include "identifier/plan.h"
#include "identifier/record.h"
#include "identifier/service.h"

enum ansa_err apply_full_name(struct ansa_bytes name, struct arena *arena, struct ansa_bytes *full)
{
        *full = name;
        if (name.size > 0 && memchr(name.at, '/', name.size) != NULL)
                return ANSA_OK;
        const struct ansa_bytes front = ANSA_BYTES_LIT("0.NA/");
        uint8_t *at = arena_alloc(arena, front.size + name.size);
        if (at == NULL)
                return ANSA_E_NO_MEMORY;
        struct buf b = buf_over(at, front.size + name.size);
        buf_bytes(&b, front);
        buf_bytes(&b, name);
        *full = buf_written(&b);
        return ANSA_OK;
}

static enum ansa_err put_record(struct store_txn *txn, struct ansa_bytes key,
                                const struct bulk_change *change, struct arena *arena)
{
        struct ansa_bytes stored;
        enum ansa_err err = record_encode(change->name, key, change->values, arena, &stored);
        if (err != ANSA_OK)
                return err;
        return store_put(txn, STORE_RECORDS, key, stored);
}

static enum ansa_err put_prefix(struct store_txn *txn, struct ansa_bytes key, uint32_t now_s)
{
        struct ansa_bytes since;
        enum ansa_err err = store_get(txn, STORE_PREFIXES, key, &since);
        if (err != ANSA_E_NOT_FOUND)
                return err;
        uint8_t now[8]; /* seconds since 1970, room for more than 32 bits can count */
        struct buf b = buf_over(now, sizeof(now));
        buf_u64(&b, now_s);
        return store_put(txn, STORE_PREFIXES, key, buf_written(&b));
}

enum ansa_err apply_change(struct store_txn *txn, const struct bulk_change *change,
                           bool case_sensitive, uint32_t now_s, struct arena *arena)
{
        ansa_assert(txn->mode == STORE_WRITE);
        uint8_t octets[STORE_KEY_SIZE_MAX];
        struct ansa_bytes key = { octets, 0 };
        /* Prefixes are compared without case everywhere. */
        bool is_record = change->kind == BULK_PUT || change->kind == BULK_DELETE;
        enum ansa_err err =
                record_key(change->name, case_sensitive && is_record, octets, &key.size);
        if (err != ANSA_OK)
                return err;
        switch (change->kind) {
        case BULK_PUT:
                return put_record(txn, key, change, arena);
        case BULK_DELETE:
                return store_del(txn, STORE_RECORDS, key);
        case BULK_HOME:
                return put_prefix(txn, key, now_s);
        case BULK_UNHOME:
                return store_del(txn, STORE_PREFIXES, key);
        }
        return ANSA_E_ARGUMENT;
}

enum ansa_err plan_apply(struct store_txn *txn, const struct plan *plan, bool case_sensitive,
                         uint32_t now_s, struct arena *arena)
{
        ansa_assert(plan->response == RC_SUCCESS);
        struct bulk_change change = { .name = plan->stored_name, .values = plan->values };
        switch (plan->action) {
        case PLAN_NOTHING:
                return ANSA_OK;
        case PLAN_PUT:
                change.kind = BULK_PUT;
                break;
        case PLAN_DELETE:
                change.kind = BULK_DELETE;
                break;
        case PLAN_HOME:
                change.kind = BULK_HOME;
                break;
        case PLAN_UNHOME:
                change.kind = BULK_UNHOME;
                break;
        }
        return apply_change(txn, &change, case_sensitive, now_s, arena);
}

uint64_t apply_committed(struct identifier *service, bool homes)
{
        if (homes)
                atomic_fetch_add(&service->homes, 1);
        return atomic_fetch_add(&service->commits, 1) + 1;
}

void apply_forget(struct identifier *service, struct ansa_bytes key, uint64_t commit)
{
        if (service->cache != NULL)
                cache_forget(service->cache, cache_hash(service->cache, key), key, commit);
}
