/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The store on LMDB: a memory-mapped B+ tree, copied on write. A commit writes new pages,
 * syncs them, then writes and syncs one of two head pages, so that a crash at any point
 * leaves the last committed tree. Readers never wait and are never waited for.
 */
#include "base/assert.h"
#include "store/engines.h"

#include <errno.h>
#include <fcntl.h>
#include <lmdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_MODE          0640 /* of data.mdb and lock.mdb; the directory is the operator's */
#define TABLES_OF_FORMAT_1 3u   /* the first of enum store_table */
#define TABLES_SPARE       5u /* for tables of later versions, so that an old binary can open them */
#define PAGE_SIZE_PROBE    4096u

static const char *const table_names[STORE_TABLE_COUNT] = {
        [STORE_META] = "meta",         [STORE_RECORDS] = "records",
        [STORE_PREFIXES] = "prefixes", [STORE_ENTRIES] = "entries",
        [STORE_TREE] = "tree",         [STORE_DICTIONARY] = "dictionary",
        [STORE_PAYLOADS] = "payloads", [STORE_HISTORY] = "history",
};

struct lmdb {
        struct store base;
        MDB_env *env;
        MDB_dbi tables[STORE_TABLE_COUNT];
        bool is_missing[STORE_TABLE_COUNT]; /* read-only, and not made yet by a later version */
        bool sync_at_close;
};

/*
 * The greatest key of a table, or a greater one that was deleted: a key above it can be
 * appended, which fills pages instead of splitting them in halves.
 */
struct last_key {
        bool known;
        size_t size; /* 0: the table was empty */
        uint8_t at[STORE_KEY_SIZE_MAX];
};

struct lmdb_txn {
        struct store_txn base;
        MDB_txn *txn;
        struct last_key *last; /* one a table; writers only */
};

static struct lmdb *lmdb_of(struct store *s)
{
        return (struct lmdb *)(void *)s;
}

static struct lmdb_txn *txn_of(struct store_txn *txn)
{
        return (struct lmdb_txn *)(void *)txn;
}

static enum ansa_err err_of(int rc)
{
        switch (rc) {
        case MDB_SUCCESS:
                return ANSA_OK;
        case MDB_NOTFOUND:
        case ENOENT:
                return ANSA_E_NOT_FOUND;
        case MDB_MAP_FULL:
        case MDB_TXN_FULL:
        case ENOSPC:
        case EDQUOT:
        case EFBIG:
                return ANSA_E_FULL;
        case MDB_READERS_FULL:
        case EAGAIN:
        case EBUSY:
                return ANSA_E_BUSY;
        case ENOMEM:
                return ANSA_E_NO_MEMORY;
        case EEXIST:
                return ANSA_E_EXISTS;
        case EACCES:
        case EPERM:
        case EROFS:
                return ANSA_E_DENIED;
        case MDB_CORRUPTED:
        case MDB_PAGE_NOTFOUND:
        case MDB_VERSION_MISMATCH:
        case MDB_INVALID:
        case MDB_INCOMPATIBLE:
                return ANSA_E_CORRUPT;
        default:
                return ANSA_E_IO;
        }
}

static MDB_val val_of(struct ansa_bytes bytes)
{
        static uint8_t nothing;
        union {
                const void *in;
                void *out;
        } at = { .in = bytes.size > 0 ? bytes.at : &nothing };
        return (MDB_val){ .mv_size = bytes.size, .mv_data = at.out };
}

static struct ansa_bytes bytes_of(MDB_val val)
{
        return (struct ansa_bytes){ val.mv_data, val.mv_size };
}

static enum ansa_err lmdb_begin(struct store *s, enum store_mode mode, struct store_txn **txn)
{
        struct lmdb_txn *t = calloc(1, sizeof(*t));
        if (t == NULL)
                return ANSA_E_NO_MEMORY;
        t->base = (struct store_txn){ .store = s, .mode = mode };
        enum ansa_err err = ANSA_E_NO_MEMORY;
        if (mode == STORE_WRITE) {
                t->last = calloc(STORE_TABLE_COUNT, sizeof(*t->last));
                if (t->last == NULL)
                        goto failed;
        }
        err = err_of(
                mdb_txn_begin(lmdb_of(s)->env, NULL, mode == STORE_READ ? MDB_RDONLY : 0, &t->txn));
        if (err != ANSA_OK)
                goto failed;
        *txn = &t->base;
        return ANSA_OK;

failed:
        free(t->last);
        free(t);
        return err;
}

static void lmdb_abort(struct store_txn *txn)
{
        struct lmdb_txn *t = txn_of(txn);
        mdb_txn_abort(t->txn);
        free(t->last);
        free(t);
}

/* LMDB reports a short write as EIO; whether the file can grow tells what it meant. */
static bool can_grow(const struct lmdb *l)
{
        static const uint8_t page[PAGE_SIZE_PROBE];
        int fd = -1;
        struct stat st;
        if (mdb_env_get_fd(l->env, &fd) != MDB_SUCCESS || fstat(fd, &st) != 0)
                return true;
        /* Octets past the last page of the tree mean nothing to LMDB. */
        if (pwrite(fd, page, sizeof(page), st.st_size) == (ssize_t)sizeof(page))
                return true;
        return err_of(errno) != ANSA_E_FULL;
}

static enum ansa_err lmdb_commit(struct store_txn *txn)
{
        struct lmdb_txn *t = txn_of(txn);
        const struct lmdb *l = lmdb_of(txn->store);
        int rc = mdb_txn_commit(t->txn); /* ends it, whatever it returns */
        free(t->last);
        free(t);
        if (rc == EIO && !can_grow(l))
                rc = ENOSPC;
        return err_of(rc);
}

static void lmdb_pause(struct store_txn *txn)
{
        mdb_txn_reset(txn_of(txn)->txn);
}

static enum ansa_err lmdb_resume(struct store_txn *txn)
{
        return err_of(mdb_txn_renew(txn_of(txn)->txn));
}

static enum ansa_err lmdb_get(struct store_txn *txn, enum store_table table, struct ansa_bytes key,
                              struct ansa_bytes *value)
{
        MDB_val k = val_of(key);
        MDB_val v = { 0 };
        if (lmdb_of(txn->store)->is_missing[table])
                return ANSA_E_NOT_FOUND;
        int rc = mdb_get(txn_of(txn)->txn, lmdb_of(txn->store)->tables[table], &k, &v);
        if (rc != MDB_SUCCESS)
                return err_of(rc);
        *value = bytes_of(v);
        return ANSA_OK;
}

static void last_set(struct last_key *last, struct ansa_bytes key)
{
        ansa_assert(key.size <= sizeof(last->at));
        last->known = true;
        last->size = key.size;
        if (key.size > 0)
                memcpy(last->at, key.at, key.size);
}

static enum ansa_err last_find(struct lmdb_txn *t, MDB_dbi dbi, struct last_key *last)
{
        MDB_cursor *cursor = NULL;
        MDB_val k = { 0 };
        MDB_val v = { 0 };
        int rc = mdb_cursor_open(t->txn, dbi, &cursor);
        if (rc == MDB_SUCCESS) {
                rc = mdb_cursor_get(cursor, &k, &v, MDB_LAST);
                mdb_cursor_close(cursor);
        }
        if (rc != MDB_SUCCESS && rc != MDB_NOTFOUND)
                return err_of(rc);
        last_set(last, rc == MDB_SUCCESS ? bytes_of(k) : (struct ansa_bytes){ 0 });
        return ANSA_OK;
}

static bool is_greater(struct ansa_bytes key, const struct last_key *last)
{
        size_t common = key.size < last->size ? key.size : last->size;
        int order = common > 0 ? memcmp(key.at, last->at, common) : 0;
        return order > 0 || (order == 0 && key.size > last->size);
}

static enum ansa_err lmdb_put(struct store_txn *txn, enum store_table table, struct ansa_bytes key,
                              struct ansa_bytes value)
{
        struct lmdb_txn *t = txn_of(txn);
        MDB_dbi dbi = lmdb_of(txn->store)->tables[table];
        struct last_key *last = &t->last[table];
        if (!last->known) {
                enum ansa_err err = last_find(t, dbi, last);
                if (err != ANSA_OK)
                        return err;
        }
        bool append = is_greater(key, last);
        MDB_val k = val_of(key);
        MDB_val v = val_of(value);
        int rc = mdb_put(t->txn, dbi, &k, &v, append ? MDB_APPEND : 0);
        ansa_assert(rc != MDB_KEYEXIST); /* it would say that append was not in order */
        if (rc != MDB_SUCCESS)
                return err_of(rc);
        if (append)
                last_set(last, key);
        return ANSA_OK;
}

static enum ansa_err lmdb_del(struct store_txn *txn, enum store_table table, struct ansa_bytes key)
{
        MDB_val k = val_of(key);
        return err_of(mdb_del(txn_of(txn)->txn, lmdb_of(txn->store)->tables[table], &k, NULL));
}

static enum ansa_err lmdb_seek(struct store_txn *txn, enum store_table table,
                               struct ansa_bytes from, bool after, struct ansa_bytes *key,
                               struct ansa_bytes *value)
{
        MDB_cursor *cursor = NULL;
        MDB_val k = val_of(from);
        MDB_val v = { 0 };
        if (lmdb_of(txn->store)->is_missing[table])
                return ANSA_E_NOT_FOUND;
        int rc = mdb_cursor_open(txn_of(txn)->txn, lmdb_of(txn->store)->tables[table], &cursor);
        if (rc != MDB_SUCCESS)
                return err_of(rc);
        rc = mdb_cursor_get(cursor, &k, &v, from.size > 0 ? MDB_SET_RANGE : MDB_FIRST);
        if (rc == MDB_SUCCESS && after && ansa_bytes_equal(bytes_of(k), from))
                rc = mdb_cursor_get(cursor, &k, &v, MDB_NEXT);
        mdb_cursor_close(cursor); /* what it found stays mapped */
        if (rc != MDB_SUCCESS)
                return err_of(rc);
        *key = bytes_of(k);
        *value = bytes_of(v);
        return ANSA_OK;
}

static enum ansa_err lmdb_stat(struct store_txn *txn, struct store_stat *stat)
{
        const struct lmdb *l = lmdb_of(txn->store);
        struct store_stat sum = { 0 };
        for (unsigned i = 0; i < STORE_TABLE_COUNT; i++) {
                MDB_stat of = { 0 };
                if (l->is_missing[i])
                        continue;
                int rc = mdb_stat(txn_of(txn)->txn, l->tables[i], &of);
                if (rc != MDB_SUCCESS)
                        return err_of(rc);
                sum.entries[i] = of.ms_entries;
                sum.used_size += (of.ms_branch_pages + of.ms_leaf_pages + of.ms_overflow_pages) *
                                 (uint64_t)of.ms_psize;
        }
        int fd = -1;
        struct stat st;
        if (mdb_env_get_fd(l->env, &fd) != MDB_SUCCESS || fstat(fd, &st) != 0)
                return ANSA_E_IO;
        sum.file_size = (uint64_t)st.st_size;
        *stat = sum;
        return ANSA_OK;
}

static enum ansa_err sync_path(const char *path, int flags)
{
        int fd = open(path, O_RDONLY | O_CLOEXEC | flags);
        if (fd < 0)
                return err_of(errno);
        int rc = fsync(fd) == 0 ? 0 : errno;
        (void)close(fd);
        return err_of(rc);
}

static enum ansa_err lmdb_backup(struct store *s, const char *directory)
{
        char path[4096];
        int n = snprintf(path, sizeof(path), "%s/data.mdb", directory);
        if (n < 0 || (size_t)n >= sizeof(path))
                return ANSA_E_ARGUMENT;
        if (access(path, F_OK) == 0)
                return ANSA_E_EXISTS;
        enum ansa_err err = err_of(mdb_env_copy2(lmdb_of(s)->env, directory, MDB_CP_COMPACT));
        if (err == ANSA_OK)
                err = sync_path(path, 0);
        if (err == ANSA_OK)
                return sync_path(directory, O_DIRECTORY);
        if (err != ANSA_E_EXISTS)
                (void)unlink(path); /* half a copy is no backup */
        return err;
}

static void lmdb_close(struct store *s)
{
        struct lmdb *l = lmdb_of(s);
        if (l->env != NULL && l->sync_at_close)
                (void)mdb_env_sync(l->env, 1);
        mdb_env_close(l->env);
        free(l);
}

static const struct store_ops lmdb_ops = {
        .name = "lmdb",
        .begin = lmdb_begin,
        .commit = lmdb_commit,
        .abort = lmdb_abort,
        .pause = lmdb_pause,
        .resume = lmdb_resume,
        .get = lmdb_get,
        .put = lmdb_put,
        .del = lmdb_del,
        .seek = lmdb_seek,
        .stat = lmdb_stat,
        .backup = lmdb_backup,
        .close = lmdb_close,
};

/* Handles of the tables; they stay open with the environment once their transaction commits. */
static int open_tables(struct lmdb *l, bool read_only)
{
        MDB_txn *txn = NULL;
        int rc = mdb_txn_begin(l->env, NULL, read_only ? MDB_RDONLY : 0, &txn);
        if (rc != MDB_SUCCESS)
                return rc;
        for (unsigned i = 0; i < STORE_TABLE_COUNT && rc == MDB_SUCCESS; i++) {
                rc = mdb_dbi_open(txn, table_names[i], read_only ? 0 : MDB_CREATE, &l->tables[i]);
                l->is_missing[i] = rc == MDB_NOTFOUND && i >= TABLES_OF_FORMAT_1;
                if (l->is_missing[i])
                        rc = MDB_SUCCESS;
        }
        if (rc == MDB_SUCCESS)
                return mdb_txn_commit(txn);
        mdb_txn_abort(txn);
        return rc;
}

static int open_env(struct lmdb *l, const char *directory, const struct store_lmdb_options *options)
{
        /* Readers are passed between threads; look-ups are random, so reading ahead only evicts. */
        unsigned flags = MDB_NOTLS | MDB_NORDAHEAD | (options->read_only ? MDB_RDONLY : 0) |
                         (options->no_sync ? MDB_NOSYNC : 0);
        int rc = mdb_env_create(&l->env);
        if (rc != MDB_SUCCESS)
                return rc;
        if ((rc = mdb_env_set_maxdbs(l->env, STORE_TABLE_COUNT + TABLES_SPARE)) != MDB_SUCCESS ||
            (rc = mdb_env_set_maxreaders(l->env, options->readers)) != MDB_SUCCESS ||
            (rc = mdb_env_set_mapsize(l->env, options->map_size)) != MDB_SUCCESS ||
            (rc = mdb_env_open(l->env, directory, flags, FILE_MODE)) != MDB_SUCCESS)
                return rc;
        ansa_assert(mdb_env_get_maxkeysize(l->env) >= (int)STORE_KEY_SIZE_MAX);
        int dead = 0; /* slots of readers whose process died would keep old pages alive */
        rc = mdb_reader_check(l->env, &dead);
        return rc != MDB_SUCCESS ? rc : open_tables(l, options->read_only);
}

enum ansa_err store_lmdb_open(const char *directory, const struct store_lmdb_options *options,
                              struct store **s)
{
        ansa_assert(directory != NULL && options != NULL);
        *s = NULL;
        if (options->map_size == 0 || options->map_size > SIZE_MAX / 2 || options->readers == 0)
                return ANSA_E_ARGUMENT;
        struct lmdb *l = calloc(1, sizeof(*l));
        if (l == NULL)
                return ANSA_E_NO_MEMORY;
        l->base.ops = &lmdb_ops;
        l->sync_at_close = options->no_sync && !options->read_only;
        enum ansa_err err = err_of(open_env(l, directory, options));
        if (err == ANSA_OK && !options->read_only)
                err = sync_path(directory, O_DIRECTORY); /* the files' names are durable too */
        if (err != ANSA_OK) {
                l->sync_at_close = false;
                lmdb_close(&l->base);
                return err;
        }
        *s = &l->base;
        return ANSA_OK;
}
