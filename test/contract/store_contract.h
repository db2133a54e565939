/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_TEST_CONTRACT_STORE_CONTRACT_H
#define ANSA_TEST_CONTRACT_STORE_CONTRACT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "store/engines.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What every test of the contract uses: an open store in a directory of its own. */
struct fixture {
        char directory[64];
        struct store *store;
};

#define LIT(text) ANSA_BYTES_LIT(text)

static inline void ok(enum ansa_err err)
{
        if (err != ANSA_OK)
                fail_msg("%s", ansa_err_text(err));
}

static inline struct store_txn *begin(struct store *s, enum store_mode mode)
{
        struct store_txn *txn;
        ok(store_begin(s, mode, &txn));
        return txn;
}

static inline void must_be(struct store_txn *txn, struct ansa_bytes key, struct ansa_bytes want)
{
        struct ansa_bytes value;
        ok(store_get(txn, STORE_RECORDS, key, &value));
        assert_int_equal(value.size, want.size);
        if (want.size > 0)
                assert_memory_equal(value.at, want.at, want.size);
}

static inline void must_miss(struct store_txn *txn, struct ansa_bytes key)
{
        struct ansa_bytes value;
        assert_int_equal(store_get(txn, STORE_RECORDS, key, &value), ANSA_E_NOT_FOUND);
        assert_int_equal(value.size, 0);
}

static inline void put(struct store_txn *txn, const char *key, const char *value)
{
        ok(store_put(txn, STORE_RECORDS, ansa_bytes_text(key), ansa_bytes_text(value)));
}

static inline void put_now(struct store *s, const char *key, const char *value)
{
        struct store_txn *txn = begin(s, STORE_WRITE);
        put(txn, key, value);
        ok(store_commit(txn));
}

void directory_new(char directory[64]);
void directory_remove(const char *directory);

/* What only an engine with a disk promises; in store_durable.c. */
int run_durable_tests(void);

#endif
