/* SPDX-License-Identifier: Apache-2.0 */
#include "base/assert.h"
#include "store/engines.h"

#include <stdlib.h>

struct faulty {
        struct store base;
        struct store *inner;
        store_fault_cb decide;
        void *context;
};

struct faulty_txn {
        struct store_txn base;
        struct store_txn *inner;
};

static struct faulty *faulty_of(struct store *s)
{
        return (struct faulty *)(void *)s;
}

static struct faulty_txn *txn_of(struct store_txn *txn)
{
        return (struct faulty_txn *)(void *)txn;
}

static enum ansa_err ask(struct store *s, const char *call)
{
        struct faulty *f = faulty_of(s);
        return f->decide(f->context, call);
}

static enum ansa_err faulty_begin(struct store *s, enum store_mode mode, struct store_txn **txn)
{
        enum ansa_err err = ask(s, "begin");
        if (err != ANSA_OK)
                return err;
        struct faulty_txn *t = calloc(1, sizeof(*t));
        if (t == NULL)
                return ANSA_E_NO_MEMORY;
        err = store_begin(faulty_of(s)->inner, mode, &t->inner);
        if (err != ANSA_OK) {
                free(t);
                return err;
        }
        t->base = (struct store_txn){ .store = s, .mode = mode };
        *txn = &t->base;
        return ANSA_OK;
}

static void faulty_abort(struct store_txn *txn)
{
        store_abort(txn_of(txn)->inner);
        free(txn_of(txn));
}

static enum ansa_err faulty_commit(struct store_txn *txn)
{
        enum ansa_err err = ask(txn->store, "commit");
        if (err != ANSA_OK) {
                faulty_abort(txn);
                return err;
        }
        err = store_commit(txn_of(txn)->inner);
        free(txn_of(txn));
        return err;
}

static void faulty_pause(struct store_txn *txn)
{
        store_pause(txn_of(txn)->inner);
}

static enum ansa_err faulty_resume(struct store_txn *txn)
{
        enum ansa_err err = ask(txn->store, "resume");
        return err != ANSA_OK ? err : store_resume(txn_of(txn)->inner);
}

static enum ansa_err faulty_get(struct store_txn *txn, enum store_table table,
                                struct ansa_bytes key, struct ansa_bytes *value)
{
        enum ansa_err err = ask(txn->store, "get");
        return err != ANSA_OK ? err : store_get(txn_of(txn)->inner, table, key, value);
}

static enum ansa_err faulty_put(struct store_txn *txn, enum store_table table,
                                struct ansa_bytes key, struct ansa_bytes value)
{
        enum ansa_err err = ask(txn->store, "put");
        return err != ANSA_OK ? err : store_put(txn_of(txn)->inner, table, key, value);
}

static enum ansa_err faulty_del(struct store_txn *txn, enum store_table table,
                                struct ansa_bytes key)
{
        enum ansa_err err = ask(txn->store, "del");
        return err != ANSA_OK ? err : store_del(txn_of(txn)->inner, table, key);
}

static enum ansa_err faulty_seek(struct store_txn *txn, enum store_table table,
                                 struct ansa_bytes from, bool after, struct ansa_bytes *key,
                                 struct ansa_bytes *value)
{
        enum ansa_err err = ask(txn->store, "seek");
        return err != ANSA_OK ? err
                              : store_seek(txn_of(txn)->inner, table, from, after, key, value);
}

static enum ansa_err faulty_stat(struct store_txn *txn, struct store_stat *stat)
{
        enum ansa_err err = ask(txn->store, "stat");
        return err != ANSA_OK ? err : store_stat(txn_of(txn)->inner, stat);
}

static enum ansa_err faulty_backup(struct store *s, const char *directory)
{
        enum ansa_err err = ask(s, "backup");
        return err != ANSA_OK ? err : store_backup(faulty_of(s)->inner, directory);
}

static void faulty_close(struct store *s)
{
        store_close(faulty_of(s)->inner);
        free(faulty_of(s));
}

static const struct store_ops faulty_ops = {
        .name = "faulty",
        .begin = faulty_begin,
        .commit = faulty_commit,
        .abort = faulty_abort,
        .pause = faulty_pause,
        .resume = faulty_resume,
        .get = faulty_get,
        .put = faulty_put,
        .del = faulty_del,
        .seek = faulty_seek,
        .stat = faulty_stat,
        .backup = faulty_backup,
        .close = faulty_close,
};

enum ansa_err store_faulty_open(struct store *inner, store_fault_cb decide, void *context,
                                struct store **s)
{
        ansa_assert(inner != NULL && decide != NULL);
        *s = NULL;
        struct faulty *f = calloc(1, sizeof(*f));
        if (f == NULL)
                return ANSA_E_NO_MEMORY;
        *f = (struct faulty){ { &faulty_ops }, inner, decide, context };
        *s = &f->base;
        return ANSA_OK;
}
