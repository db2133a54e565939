/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_STORE_ENGINES_H
#define ANSA_STORE_ENGINES_H

#include "store/store.h"

/** LMDB in @directory (data.mdb, lock.mdb), created when missing. */
struct store_lmdb_options {
        uint64_t map_size; /* bytes of address space = the most the store may hold */
        uint32_t readers;  /* readers open at once, all threads, at least; more are ANSA_E_BUSY */
        bool read_only;
        bool no_sync; /* tests and bulk loads that sync at their end only */
};
ANSA_CHECKED enum ansa_err
store_lmdb_open(const char *directory, const struct store_lmdb_options *options, struct store **s);

/** In memory, for tests and the simulator. Snapshots are real: readers see what was committed. */
ANSA_CHECKED enum ansa_err store_memory_open(struct store **s);

/**
 * A wrapper that asks @decide before each call and returns its error when it is not ANSA_OK.
 * A failed commit ends the transaction without effect, as the contract says. Owns @inner.
 */
typedef enum ansa_err (*store_fault_cb)(void *context, const char *call);
ANSA_CHECKED enum ansa_err store_faulty_open(struct store *inner, store_fault_cb decide,
                                             void *context, struct store **s);

#endif
