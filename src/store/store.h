/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_STORE_STORE_H
#define ANSA_STORE_STORE_H

#include "ansa/bytes.h"
#include "ansa/err.h"

/**
 * Ordered octet keys to octet values, in tables, in transactions. Implemented by
 * store/lmdb.c and store/memory.c, and wrapped by store/faulty.c, which fails the
 * n-th call for tests. All must pass test/contract.
 *
 * Any number of readers, one writer. Octets handed out are borrowed until the
 * transaction ends or, in a writer, until its next change.
 */
struct store;
struct store_txn;

enum store_table {
        STORE_META,     /* format number, settings of the service */
        STORE_RECORDS,  /* folded identifier -> stored record */
        STORE_PREFIXES, /* folded 0.NA/<prefix> -> homed since */
        /* of the ledger (src/ledger); a read-only store of an earlier version has them empty */
        STORE_ENTRIES, /* u64 number -> entry */
        STORE_TREE,    /* u8 level of tiles, u64 number -> hash of a full tile of the level below */
        STORE_DICTIONARY, /* u8 depth, bits of keys -> part of the dictionary */
        STORE_PAYLOADS,   /* hash -> payload */
        STORE_HISTORY,    /* dictionary key, u64 number of an entry -> the record it had put */
        STORE_TABLE_COUNT
};

enum store_mode { STORE_READ, STORE_WRITE };

struct store_stat {
        uint64_t entries[STORE_TABLE_COUNT];
        uint64_t used_size; /* bytes of live data with its overhead */
        uint64_t file_size; /* bytes on disk, 0 in memory */
};

#define STORE_KEY_SIZE_MAX   511u
#define STORE_VALUE_SIZE_MAX (16u << 20) /* bytes; far above any record, below what engines take */

struct store_ops {
        const char *name;
        enum ansa_err (*begin)(struct store *s, enum store_mode mode, struct store_txn **txn);
        enum ansa_err (*commit)(struct store_txn *txn);
        void (*abort)(struct store_txn *txn);
        void (*pause)(struct store_txn *txn);
        enum ansa_err (*resume)(struct store_txn *txn);
        enum ansa_err (*get)(struct store_txn *txn, enum store_table table, struct ansa_bytes key,
                             struct ansa_bytes *value);
        enum ansa_err (*put)(struct store_txn *txn, enum store_table table, struct ansa_bytes key,
                             struct ansa_bytes value);
        enum ansa_err (*del)(struct store_txn *txn, enum store_table table, struct ansa_bytes key);
        enum ansa_err (*seek)(struct store_txn *txn, enum store_table table, struct ansa_bytes from,
                              bool after, struct ansa_bytes *key, struct ansa_bytes *value);
        enum ansa_err (*stat)(struct store_txn *txn, struct store_stat *stat);
        enum ansa_err (*backup)(struct store *s, const char *directory);
        void (*close)(struct store *s);
};

/* First member of every implementation's own struct. */
struct store {
        const struct store_ops *ops;
};

struct store_txn {
        struct store *store;
        enum store_mode mode;
        bool paused;
        enum ansa_err failed; /* why this writer can only be ended */
};

/*
 * Callers use these and never ops: the contract is asserted here once for
 * every implementation. commit and abort both end @txn, whatever they return.
 * A writer belongs to the thread that began it. Once a change of it has failed
 * with anything but NOT_FOUND or LIMIT, its later calls and its commit fail the
 * same way: nothing is ever half written.
 */

/** One writer at a time: a second STORE_WRITE waits (lmdb) or is ANSA_E_BUSY (memory). */
ANSA_CHECKED enum ansa_err store_begin(struct store *s, enum store_mode mode,
                                       struct store_txn **txn);

/** Durable when it returns ANSA_OK; otherwise nothing of the transaction happened. ANSA_E_FULL, ANSA_E_IO. */
ANSA_CHECKED enum ansa_err store_commit(struct store_txn *txn);
void store_abort(struct store_txn *txn); /* NULL is allowed */

/** Let go of a reader's snapshot but keep its resources; resume sees the newest commit. */
void store_pause(struct store_txn *txn);
ANSA_CHECKED enum ansa_err store_resume(struct store_txn *txn);

/** ANSA_E_NOT_FOUND also for keys that are empty or over STORE_KEY_SIZE_MAX. */
ANSA_CHECKED enum ansa_err store_get(struct store_txn *txn, enum store_table table,
                                     struct ansa_bytes key, struct ansa_bytes *value);
/**
 * Insert or replace. Keys that come in order after the last one are packed tightly. ANSA_E_FULL;
 * ANSA_E_LIMIT for a key that is empty or over STORE_KEY_SIZE_MAX, a value over STORE_VALUE_SIZE_MAX.
 */
ANSA_CHECKED enum ansa_err store_put(struct store_txn *txn, enum store_table table,
                                     struct ansa_bytes key, struct ansa_bytes value);
ANSA_CHECKED enum ansa_err store_del(struct store_txn *txn, enum store_table table,
                                     struct ansa_bytes key);
/** The least key >= @from (or > @from when @after); empty @from is the first. ANSA_E_NOT_FOUND at the end. */
ANSA_CHECKED enum ansa_err store_seek(struct store_txn *txn, enum store_table table,
                                      struct ansa_bytes from, bool after, struct ansa_bytes *key,
                                      struct ansa_bytes *value);
ANSA_CHECKED enum ansa_err store_stat(struct store_txn *txn, struct store_stat *stat);

/**
 * A consistent, compacted copy into an existing empty directory while the store is in use; it
 * opens with store_lmdb_open. ANSA_E_EXISTS when the directory has one, ANSA_E_FULL.
 */
ANSA_CHECKED enum ansa_err store_backup(struct store *s, const char *directory);
void store_close(struct store *s); /* NULL is allowed; no transaction may be open */

#endif
