/* SPDX-License-Identifier: Apache-2.0 */
#include "store/store.h"

#include "base/assert.h"

static bool is_key(struct ansa_bytes key)
{
        return key.size > 0 && key.size <= STORE_KEY_SIZE_MAX;
}

/* A transaction that may be used now, and for writers one that has not failed. */
static void assert_usable(const struct store_txn *txn, enum store_table table)
{
        ansa_assert(txn != NULL);
        ansa_assert(!txn->paused);
        ansa_assert((unsigned)table < STORE_TABLE_COUNT);
}

enum ansa_err store_begin(struct store *s, enum store_mode mode, struct store_txn **txn)
{
        ansa_assert(s != NULL);
        *txn = NULL;
        enum ansa_err err = s->ops->begin(s, mode, txn);
        ansa_assert((err == ANSA_OK) == (*txn != NULL));
        if (err == ANSA_OK) {
                ansa_assert((*txn)->store == s && (*txn)->mode == mode);
                ansa_assert(!(*txn)->paused && (*txn)->failed == ANSA_OK);
        }
        return err;
}

enum ansa_err store_commit(struct store_txn *txn)
{
        ansa_assert(txn != NULL && txn->mode == STORE_WRITE);
        enum ansa_err err = txn->failed;
        if (err != ANSA_OK) {
                txn->store->ops->abort(txn);
                return err;
        }
        return txn->store->ops->commit(txn);
}

void store_abort(struct store_txn *txn)
{
        if (txn != NULL)
                txn->store->ops->abort(txn);
}

void store_pause(struct store_txn *txn)
{
        ansa_assert(txn != NULL && txn->mode == STORE_READ && !txn->paused);
        txn->store->ops->pause(txn);
        txn->paused = true;
}

enum ansa_err store_resume(struct store_txn *txn)
{
        ansa_assert(txn != NULL && txn->mode == STORE_READ && txn->paused);
        enum ansa_err err = txn->store->ops->resume(txn);
        txn->paused = err != ANSA_OK;
        return err;
}

enum ansa_err store_get(struct store_txn *txn, enum store_table table, struct ansa_bytes key,
                        struct ansa_bytes *value)
{
        assert_usable(txn, table);
        *value = (struct ansa_bytes){ 0 };
        if (txn->failed != ANSA_OK)
                return txn->failed;
        if (!is_key(key))
                return ANSA_E_NOT_FOUND;
        return txn->store->ops->get(txn, table, key, value);
}

enum ansa_err store_put(struct store_txn *txn, enum store_table table, struct ansa_bytes key,
                        struct ansa_bytes value)
{
        assert_usable(txn, table);
        ansa_assert(txn->mode == STORE_WRITE);
        if (txn->failed != ANSA_OK)
                return txn->failed;
        if (!is_key(key) || value.size > STORE_VALUE_SIZE_MAX)
                return ANSA_E_LIMIT;
        txn->failed = txn->store->ops->put(txn, table, key, value);
        return txn->failed;
}

enum ansa_err store_del(struct store_txn *txn, enum store_table table, struct ansa_bytes key)
{
        assert_usable(txn, table);
        ansa_assert(txn->mode == STORE_WRITE);
        if (txn->failed != ANSA_OK)
                return txn->failed;
        if (!is_key(key))
                return ANSA_E_NOT_FOUND;
        enum ansa_err err = txn->store->ops->del(txn, table, key);
        if (err != ANSA_E_NOT_FOUND)
                txn->failed = err;
        return err;
}

enum ansa_err store_seek(struct store_txn *txn, enum store_table table, struct ansa_bytes from,
                         bool after, struct ansa_bytes *key, struct ansa_bytes *value)
{
        assert_usable(txn, table);
        *key = (struct ansa_bytes){ 0 };
        *value = (struct ansa_bytes){ 0 };
        if (txn->failed != ANSA_OK)
                return txn->failed;
        /* No key is that long, so the one that @from begins with is less than @from. */
        if (from.size > STORE_KEY_SIZE_MAX) {
                from.size = STORE_KEY_SIZE_MAX;
                after = true;
        }
        enum ansa_err err = txn->store->ops->seek(txn, table, from, after, key, value);
        ansa_assert(err != ANSA_OK || is_key(*key));
        return err;
}

enum ansa_err store_stat(struct store_txn *txn, struct store_stat *stat)
{
        assert_usable(txn, STORE_META);
        *stat = (struct store_stat){ 0 };
        if (txn->failed != ANSA_OK)
                return txn->failed;
        return txn->store->ops->stat(txn, stat);
}

enum ansa_err store_backup(struct store *s, const char *directory)
{
        ansa_assert(s != NULL && directory != NULL);
        return s->ops->backup(s, directory);
}

void store_close(struct store *s)
{
        if (s != NULL)
                s->ops->close(s);
}
