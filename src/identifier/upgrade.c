/* SPDX-License-Identifier: Apache-2.0 */
#include "identifier/upgrade.h"

#include "identifier/apply.h"
#include "identifier/record.h"
#include "wire/cursor.h"

/*
 * Under "ledger/upgrade" in STORE_META: u8 table, the last key of it that was told, or that all
 * is done. It is written with the changes it speaks of.
 */
#define UPGRADE_KEY  ANSA_BYTES_LIT("ledger/upgrade")
#define CHUNK        10000u     /* records in a transaction */
#define SETTLE_CHUNK 1000000u   /* entries; their keys are in memory at once */
#define ARENA_MAX    (8u << 20) /* of one record */

struct position {
        enum store_table table; /* STORE_META: all is done */
        size_t key_size;
        uint8_t key[STORE_KEY_SIZE_MAX];
};

static enum ansa_err read_position(struct store_txn *txn, struct position *p)
{
        struct ansa_bytes octets;
        *p = (struct position){ .table = STORE_PREFIXES };
        enum ansa_err err = store_get(txn, STORE_META, UPGRADE_KEY, &octets);
        if (err != ANSA_OK)
                return err == ANSA_E_NOT_FOUND ? ANSA_OK : err;
        struct cursor c = cursor_over(octets);
        uint8_t table = cursor_u8(&c);
        struct ansa_bytes key = cursor_rest(&c);
        if (c.err != ANSA_OK || key.size > sizeof(p->key) ||
            (table != STORE_META && table != STORE_PREFIXES && table != STORE_RECORDS))
                return ANSA_E_CORRUPT;
        p->table = (enum store_table)table;
        p->key_size = key.size;
        if (key.size > 0)
                memcpy(p->key, key.at, key.size);
        return ANSA_OK;
}

static enum ansa_err write_position(struct store_txn *txn, const struct position *p)
{
        uint8_t at[1 + STORE_KEY_SIZE_MAX];
        struct buf b = buf_over(at, sizeof(at));
        buf_u8(&b, (uint8_t)p->table);
        buf_bytes(&b, (struct ansa_bytes){ p->key, p->key_size });
        return store_put(txn, STORE_META, UPGRADE_KEY, buf_written(&b));
}

/* Tell of what comes after @p. *is_end: there was nothing more in its table. */
static enum ansa_err tell_some(struct apply *apply, struct position *p, struct arena *arena,
                               uint64_t *told, bool *is_end)
{
        *is_end = false;
        for (unsigned i = 0; i < CHUNK; i++) {
                const struct ansa_bytes from = { p->key, p->key_size };
                struct ansa_bytes key;
                struct ansa_bytes stored;
                enum ansa_err err =
                        store_seek(apply->txn, p->table, from, from.size > 0, &key, &stored);
                *is_end = err == ANSA_E_NOT_FOUND;
                if (err != ANSA_OK)
                        return *is_end ? ANSA_OK : err;
                memcpy(p->key, key.at, key.size); /* before the store is written to */
                p->key_size = key.size;
                arena_reset(arena);
                err = apply_adopt(apply, p->table, (struct ansa_bytes){ p->key, p->key_size },
                                  stored, arena);
                if (err != ANSA_OK)
                        return err;
                (*told)++;
        }
        return ANSA_OK;
}

static enum ansa_err run_chunk(struct store *store, struct env *env, bool case_sensitive,
                               struct arena *arena, uint64_t *told, bool *is_done)
{
        struct apply apply;
        struct position p;
        bool is_end = false;
        enum ansa_err err = apply_begin(store, env, case_sensitive, &apply);
        if (err != ANSA_OK)
                return err;
        apply.origin = ORIGIN_UPGRADE;
        err = read_position(apply.txn, &p);
        if (err == ANSA_OK)
                err = tell_some(&apply, &p, arena, told, &is_end);
        if (is_end) {
                p.key_size = 0;
                p.table = p.table == STORE_PREFIXES ? STORE_RECORDS : STORE_META;
        }
        *is_done = p.table == STORE_META;
        if (err == ANSA_OK)
                err = write_position(apply.txn, &p);
        if (err == ANSA_OK)
                return apply_commit_open(&apply);
        apply_abort(&apply);
        return err;
}

/* How many there are; where the last call ended. */
static enum ansa_err look(struct store *store, uint64_t *count, bool *is_done)
{
        struct store_txn *txn;
        struct store_stat stat;
        struct position p;
        bool is_kept;
        enum ansa_err err = store_begin(store, STORE_READ, &txn);
        if (err != ANSA_OK)
                return err;
        err = store_stat(txn, &stat);
        if (err == ANSA_OK)
                err = ledger_is_kept(txn, &is_kept);
        if (err == ANSA_OK)
                err = read_position(txn, &p);
        store_abort(txn);
        if (err != ANSA_OK)
                return err;
        *count = stat.entries[STORE_RECORDS] + stat.entries[STORE_PREFIXES];
        *is_done = !is_kept || p.table == STORE_META;
        return ANSA_OK;
}

enum ansa_err identifier_upgrade(struct store *store, struct env *env, bool case_sensitive,
                                 struct upgrade_progress *progress)
{
        struct arena arena;
        uint64_t told = 0;
        uint64_t total = 0;
        bool is_done = false;
        enum ansa_err err = look(store, &total, &is_done);
        arena_init(&arena, ARENA_MAX);
        while (err == ANSA_OK && !is_done) {
                err = run_chunk(store, env, case_sensitive, &arena, &told, &is_done);
                if (err == ANSA_OK && progress != NULL)
                        progress->at(progress, told, total);
        }
        arena_fini(&arena);
        return err == ANSA_OK ? identifier_settle(store, env, progress) : err;
}

static enum ansa_err is_open(struct store *store, bool *is_so)
{
        struct store_txn *txn;
        enum ansa_err err = store_begin(store, STORE_READ, &txn);
        if (err != ANSA_OK)
                return err;
        err = ledger_is_open(txn, is_so);
        store_abort(txn);
        return err;
}

enum ansa_err identifier_settle(struct store *store, struct env *env,
                                struct upgrade_progress *progress)
{
        bool goes_on = false;
        enum ansa_err err = is_open(store, &goes_on);
        for (uint64_t done = 0; err == ANSA_OK && goes_on;) {
                struct apply apply;
                bool is_done = false;
                err = apply_begin(store, env, false, &apply);
                if (err != ANSA_OK)
                        break;
                err = ledger_settle(apply.ledger, SETTLE_CHUNK, &is_done);
                if (err != ANSA_OK)
                        apply_abort(&apply);
                else
                        err = is_done ? apply_commit(&apply) : apply_commit_open(&apply);
                goes_on = !is_done;
                done += SETTLE_CHUNK;
                if (err == ANSA_OK && progress != NULL && goes_on)
                        progress->at(progress, done, 0);
        }
        return err;
}
