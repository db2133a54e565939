/* SPDX-License-Identifier: Apache-2.0 */
#include "identifier/apply.h"

#include "base/assert.h"
#include "crypto/digest.h"
#include "crypto/hasher.h"
#include "identifier/cache.h"
#include "identifier/plan.h"
#include "identifier/record.h"
#include "identifier/service.h"
#include "wire/cursor.h"
#include "wire/name.h"

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

enum ansa_err apply_begin(struct store *store, struct env *env, bool case_sensitive,
                          struct apply *apply)
{
        *apply = (struct apply){ .env = env, .case_sensitive = case_sensitive };
        apply->now_s = env->wall_s(env);
        enum ansa_err err = store_begin(store, STORE_WRITE, &apply->txn);
        if (err != ANSA_OK)
                return err;
        bool has_ledger;
        err = ledger_is_kept(apply->txn, &has_ledger);
        if (err == ANSA_OK && has_ledger)
                err = ledger_begin(apply->txn, &crypto_hasher, apply->now_s, &apply->ledger);
        if (err != ANSA_OK)
                apply_abort(apply);
        return err;
}

void apply_abort(struct apply *apply)
{
        ledger_end(apply->ledger);
        store_abort(apply->txn);
        wipe(apply->salts, sizeof(apply->salts));
        apply->ledger = NULL;
        apply->txn = NULL;
}

static enum ansa_err commit(struct apply *apply, enum ansa_err err)
{
        if (err == ANSA_OK) {
                err = store_commit(apply->txn);
                apply->txn = NULL;
        }
        apply_abort(apply);
        return err;
}

enum ansa_err apply_commit(struct apply *apply)
{
        return commit(apply, apply->ledger != NULL ? ledger_seal(apply->ledger) : ANSA_OK);
}

enum ansa_err apply_commit_open(struct apply *apply)
{
        return commit(apply, apply->ledger != NULL ? ledger_leave_open(apply->ledger) : ANSA_OK);
}

static struct salt draw_salt(struct apply *a)
{
        if (a->salt_count == 0) {
                a->env->random(a->env, a->salts[0].at, sizeof(a->salts));
                a->salt_count = APPLY_SALTS;
        }
        return a->salts[--a->salt_count];
}

/* The dictionary knows the whole folded identifier; keys of the store are shorter. */
static enum ansa_err dictionary_key(const struct apply *a, const struct bulk_change *change,
                                    struct hash256 *key)
{
        uint8_t folded[NAME_KEY_SIZE_MAX];
        struct ansa_bytes whole = { folded, 0 };
        bool is_record = change->kind == BULK_PUT || change->kind == BULK_DELETE;
        enum ansa_err err = name_fold(change->name, a->case_sensitive && is_record, folded,
                                      sizeof(folded), &whole.size);
        if (err != ANSA_OK)
                return err;
        if (is_record)
                dictionary_key_record(&crypto_hasher, whole, key);
        else
                dictionary_key_home(&crypto_hasher, whole, key);
        return ANSA_OK;
}

enum ansa_err apply_tell(struct apply *a, enum entry_action action, const struct hash256 *key,
                         const struct hash256 *commitment)
{
        const struct ledger_change change = { .action = action,
                                              .origin = a->origin,
                                              .key = *key,
                                              .commitment = *commitment,
                                              .payload = a->payload };
        return ledger_add(a->ledger, &change);
}

/* A record that is about to be replaced or deleted goes into the history. */
static enum ansa_err keep_old(struct apply *a, struct ansa_bytes key, const struct hash256 *in,
                              struct arena *arena)
{
        struct ansa_bytes stored;
        struct record old;
        enum ansa_err err = store_get(a->txn, STORE_RECORDS, key, &stored);
        if (err == ANSA_OK)
                err = record_decode(key, stored, &old);
        if (err == ANSA_E_NOT_FOUND || (err == ANSA_OK && !old.has_mark))
                return ANSA_OK; /* nothing that was ever told of */
        if (err != ANSA_OK)
                return err;
        struct ansa_bytes row;
        err = record_archive(key, stored, arena, &row);
        return err != ANSA_OK ? err : ledger_history_put(a->txn, in, old.mark.number, row);
}

static enum ansa_err put_told(struct apply *a, struct ansa_bytes key, const struct hash256 *in,
                              const struct bulk_change *change, struct arena *arena)
{
        struct hash256 commitment;
        struct ansa_bytes stored;
        struct record record;
        const struct record_mark mark = { draw_salt(a), ledger_next(a->ledger) };
        /* First of all: the values may be borrowed from the store, which then is written to. */
        enum ansa_err err = record_encode(change->name, key, change->values, &mark, arena, &stored);
        if (err == ANSA_OK)
                err = record_decode(key, stored, &record);
        if (err == ANSA_OK)
                err = keep_old(a, key, in, arena);
        if (err != ANSA_OK)
                return err;
        record_commitment(&crypto_hasher, &record, &mark.salt, &commitment);
        err = store_put(a->txn, STORE_RECORDS, key, stored);
        return err != ANSA_OK ? err : apply_tell(a, ENTRY_PUT, in, &commitment);
}

/* In stores that have no ledger @in is NULL, here and below. */
static enum ansa_err put_record(struct apply *a, struct ansa_bytes key, const struct hash256 *in,
                                const struct bulk_change *change, struct arena *arena)
{
        struct ansa_bytes stored;
        if (in != NULL)
                return put_told(a, key, in, change, arena);
        enum ansa_err err = record_encode(change->name, key, change->values, NULL, arena, &stored);
        return err != ANSA_OK ? err : store_put(a->txn, STORE_RECORDS, key, stored);
}

static enum ansa_err delete_record(struct apply *a, struct ansa_bytes key, const struct hash256 *in,
                                   struct arena *arena)
{
        static const struct hash256 none;
        enum ansa_err err = in != NULL ? keep_old(a, key, in, arena) : ANSA_OK;
        if (err == ANSA_OK)
                err = store_del(a->txn, STORE_RECORDS, key);
        return err != ANSA_OK || in == NULL ? err : apply_tell(a, ENTRY_DELETE, in, &none);
}

static enum ansa_err put_prefix(struct apply *a, struct ansa_bytes key, const struct hash256 *in)
{
        struct ansa_bytes since;
        struct hash256 commitment;
        enum ansa_err err = store_get(a->txn, STORE_PREFIXES, key, &since);
        if (err != ANSA_E_NOT_FOUND)
                return err;
        uint8_t now[8]; /* seconds since 1970, room for more than 32 bits can count */
        struct buf b = buf_over(now, sizeof(now));
        buf_u64(&b, a->now_s);
        err = store_put(a->txn, STORE_PREFIXES, key, buf_written(&b));
        if (err != ANSA_OK || in == NULL)
                return err;
        commitment_home(&crypto_hasher, a->now_s, &commitment);
        return apply_tell(a, ENTRY_HOME, in, &commitment);
}

static enum ansa_err delete_prefix(struct apply *a, struct ansa_bytes key, const struct hash256 *in)
{
        static const struct hash256 none;
        enum ansa_err err = store_del(a->txn, STORE_PREFIXES, key);
        return err != ANSA_OK || in == NULL ? err : apply_tell(a, ENTRY_UNHOME, in, &none);
}

enum ansa_err apply_change(struct apply *apply, const struct bulk_change *change,
                           struct arena *arena)
{
        uint8_t octets[STORE_KEY_SIZE_MAX];
        struct ansa_bytes key = { octets, 0 };
        struct hash256 hash = { 0 };
        const struct hash256 *in = apply->ledger != NULL ? &hash : NULL;
        /* Prefixes are compared without case everywhere. */
        bool is_record = change->kind == BULK_PUT || change->kind == BULK_DELETE;
        enum ansa_err err =
                record_key(change->name, apply->case_sensitive && is_record, octets, &key.size);
        if (err == ANSA_OK && in != NULL)
                err = dictionary_key(apply, change, &hash);
        if (err != ANSA_OK)
                return err;
        switch (change->kind) {
        case BULK_PUT:
                return put_record(apply, key, in, change, arena);
        case BULK_DELETE:
                return delete_record(apply, key, in, arena);
        case BULK_HOME:
                return put_prefix(apply, key, in);
        case BULK_UNHOME:
                return delete_prefix(apply, key, in);
        }
        return ANSA_E_ARGUMENT;
}

enum ansa_err apply_adopt(struct apply *apply, enum store_table table, struct ansa_bytes key,
                          struct ansa_bytes stored, struct arena *arena)
{
        struct record record;
        struct bulk_change change = { .kind = BULK_HOME, .name = key };
        struct hash256 in;
        struct hash256 commitment;
        enum ansa_err err;
        if (table == STORE_RECORDS) {
                err = record_decode(key, stored, &record);
                if (err != ANSA_OK || record.has_mark)
                        return err;
                change = (struct bulk_change){ BULK_PUT, record.name, record.all };
                return apply_change(apply, &change, arena);
        }
        struct cursor c = cursor_over(stored);
        uint64_t since_s = cursor_u64(&c);
        if (cursor_end(&c) != ANSA_OK)
                return ANSA_E_CORRUPT;
        err = dictionary_key(apply, &change, &in);
        if (err != ANSA_OK)
                return err;
        commitment_home(&crypto_hasher, since_s, &commitment);
        return apply_tell(apply, ENTRY_HOME, &in, &commitment);
}

enum ansa_err plan_apply(struct apply *apply, const struct plan *plan, struct arena *arena)
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
        return apply_change(apply, &change, arena);
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
