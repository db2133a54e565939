/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The contract of store/store.h, the same for every engine: LMDB, memory, and each of
 * them behind the wrapper that injects faults (here it injects none, except where a test
 * says so).
 */
#include "store_contract.h"

#include <dirent.h>
#include <unistd.h>

void directory_new(char directory[64])
{
        (void)snprintf(directory, 64, "/tmp/ansa-store-XXXXXX");
        assert_non_null(mkdtemp(directory));
}

void directory_remove(const char *directory)
{
        DIR *d = opendir(directory);
        assert_non_null(d);
        for (struct dirent *e = readdir(d); e != NULL; e = readdir(d)) {
                char path[512];
                (void)snprintf(path, sizeof(path), "%s/%s", directory, e->d_name);
                if (e->d_name[0] != '.')
                        (void)unlink(path);
        }
        (void)closedir(d);
        (void)rmdir(directory);
}

/* Engines */

static enum ansa_err open_lmdb(const char *directory, struct store **s)
{
        const struct store_lmdb_options options = { .map_size = 64u << 20, .readers = 16 };
        return store_lmdb_open(directory, &options, s);
}

static enum ansa_err open_memory(const char *directory, struct store **s)
{
        (void)directory;
        return store_memory_open(s);
}

/* Fails call number @fail_at of those since it was set; 0 fails none. */
struct faults {
        unsigned calls;
        unsigned fail_at;
        enum ansa_err with;
};
static struct faults faults;

static enum ansa_err decide(void *context, const char *call)
{
        struct faults *f = context;
        assert_non_null(call);
        return ++f->calls == f->fail_at ? f->with : ANSA_OK;
}

static enum ansa_err open_faulty_lmdb(const char *directory, struct store **s)
{
        struct store *inner;
        enum ansa_err err = open_lmdb(directory, &inner);
        return err != ANSA_OK ? err : store_faulty_open(inner, decide, &faults, s);
}

static enum ansa_err open_faulty_memory(const char *directory, struct store **s)
{
        struct store *inner;
        enum ansa_err err = open_memory(directory, &inner);
        return err != ANSA_OK ? err : store_faulty_open(inner, decide, &faults, s);
}

static const struct engine {
        const char *name;
        enum ansa_err (*open)(const char *directory, struct store **s);
        bool writers_wait; /* a second writer blocks; else it is told ANSA_E_BUSY */
} engines[] = {
        { "store/lmdb", open_lmdb, true },
        { "store/memory", open_memory, false },
        { "store/faulty over lmdb", open_faulty_lmdb, true },
        { "store/faulty over memory", open_faulty_memory, false },
};
static const struct engine *engine;

static int setup(void **state)
{
        static struct fixture f;
        faults = (struct faults){ 0 };
        directory_new(f.directory);
        ok(engine->open(f.directory, &f.store));
        *state = &f;
        return 0;
}

static int teardown(void **state)
{
        struct fixture *f = *state;
        store_close(f->store);
        directory_remove(f->directory);
        return 0;
}

/* Tests */

static void keys_are_ordered_as_octets(void **state)
{
        struct fixture *f = *state;
        static const char *const given[] = { "b", "a\xff", "a", "a\x01", "aa", "\xff", "B", "ab" };
        static const char *const want[] = { "B", "a", "a\x01", "aa", "ab", "a\xff", "b", "\xff" };
        struct store_txn *txn = begin(f->store, STORE_WRITE);
        for (size_t i = 0; i < 8; i++)
                put(txn, given[i], given[i]);
        ok(store_commit(txn));

        txn = begin(f->store, STORE_READ);
        struct ansa_bytes key = { 0 };
        struct ansa_bytes value;
        for (size_t i = 0; i < 8; i++) {
                ok(store_seek(txn, STORE_RECORDS, key, true, &key, &value));
                assert_true(ansa_bytes_equal(key, ansa_bytes_text(want[i])));
                assert_true(ansa_bytes_equal(value, key));
        }
        assert_int_equal(store_seek(txn, STORE_RECORDS, key, true, &key, &value), ANSA_E_NOT_FOUND);
        assert_null(key.at);
        store_abort(txn);
}

static void seek_finds_the_least_key_from_there(void **state)
{
        struct fixture *f = *state;
        static const struct {
                const char *from;
                bool after;
                const char *want; /* NULL: the end */
        } rows[] = {
                { "", false, "b" },  { "", true, "b" },    { "a", false, "b" },
                { "b", false, "b" }, { "b", true, "d" },   { "c", false, "d" },
                { "d", false, "d" }, { "d", true, NULL },  { "dd", false, NULL },
                { "bb", true, "d" }, { "e", false, NULL },
        };
        struct store_txn *txn = begin(f->store, STORE_WRITE);
        put(txn, "b", "1");
        put(txn, "d", "2");
        for (int committed = 0; committed < 2; committed++) {
                for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                        struct ansa_bytes key;
                        struct ansa_bytes value;
                        enum ansa_err err =
                                store_seek(txn, STORE_RECORDS, ansa_bytes_text(rows[i].from),
                                           rows[i].after, &key, &value);
                        assert_int_equal(err, rows[i].want ? ANSA_OK : ANSA_E_NOT_FOUND);
                        if (rows[i].want != NULL)
                                assert_true(ansa_bytes_equal(key, ansa_bytes_text(rows[i].want)));
                }
                if (committed == 0) {
                        ok(store_commit(txn));
                        txn = begin(f->store, STORE_READ);
                }
        }
        store_abort(txn);
}

static void tables_are_apart(void **state)
{
        struct fixture *f = *state;
        struct store_txn *txn = begin(f->store, STORE_WRITE);
        for (unsigned i = 0; i < STORE_TABLE_COUNT; i++) {
                uint8_t v = (uint8_t)i;
                ok(store_put(txn, i, LIT("k"), (struct ansa_bytes){ &v, 1 }));
        }
        ok(store_del(txn, STORE_META, LIT("k")));
        ok(store_commit(txn));
        txn = begin(f->store, STORE_READ);
        struct ansa_bytes value;
        assert_int_equal(store_get(txn, STORE_META, LIT("k"), &value), ANSA_E_NOT_FOUND);
        for (unsigned i = STORE_META + 1; i < STORE_TABLE_COUNT; i++) {
                ok(store_get(txn, i, LIT("k"), &value));
                assert_int_equal(value.at[0], i);
        }
        store_abort(txn);
}

static void readers_keep_their_snapshot(void **state)
{
        struct fixture *f = *state;
        put_now(f->store, "a", "1");
        struct store_txn *old = begin(f->store, STORE_READ);
        struct ansa_bytes borrowed;
        ok(store_get(old, STORE_RECORDS, LIT("a"), &borrowed));

        struct store_txn *txn = begin(f->store, STORE_WRITE);
        put(txn, "a", "2");
        put(txn, "b", "3");
        struct store_txn *during = begin(f->store, STORE_READ);
        must_be(txn, LIT("a"), LIT("2")); /* a writer sees what it wrote */
        must_be(during, LIT("a"), LIT("1"));
        ok(store_commit(txn));
        for (int i = 0; i < 20; i++) /* pages that were freed are used again */
                put_now(f->store, "c", i % 2 == 0 ? "even" : "odd");

        must_be(old, LIT("a"), LIT("1"));
        must_miss(old, LIT("b"));
        must_be(during, LIT("a"), LIT("1"));
        assert_true(ansa_bytes_equal(borrowed, LIT("1")));
        struct store_txn *fresh = begin(f->store, STORE_READ);
        must_be(fresh, LIT("a"), LIT("2"));
        must_be(fresh, LIT("b"), LIT("3"));
        store_abort(old);
        store_abort(during);
        store_abort(fresh);
}

static void a_resumed_reader_sees_the_newest_commit(void **state)
{
        struct fixture *f = *state;
        put_now(f->store, "a", "1");
        struct store_txn *reader = begin(f->store, STORE_READ);
        for (int i = 0; i < 5; i++) {
                store_pause(reader);
                put_now(f->store, "a", i % 2 == 0 ? "even" : "odd");
                ok(store_resume(reader));
                must_be(reader, LIT("a"), i % 2 == 0 ? LIT("even") : LIT("odd"));
        }
        store_pause(reader);
        store_abort(reader); /* also when paused */
}

static void an_abort_leaves_nothing(void **state)
{
        struct fixture *f = *state;
        put_now(f->store, "kept", "1");
        struct store_txn *txn = begin(f->store, STORE_WRITE);
        put(txn, "kept", "2");
        put(txn, "new", "2");
        ok(store_del(txn, STORE_RECORDS, LIT("kept")));
        must_miss(txn, LIT("kept"));
        store_abort(txn);
        store_abort(NULL);
        txn = begin(f->store, STORE_READ);
        must_be(txn, LIT("kept"), LIT("1"));
        must_miss(txn, LIT("new"));
        store_abort(txn);
}

static void there_is_one_writer(void **state)
{
        struct fixture *f = *state;
        if (engine->writers_wait)
                return; /* waiting is LMDB's mutex; see the threads in store_durable.c */
        struct store_txn *first = begin(f->store, STORE_WRITE);
        struct store_txn *second;
        assert_int_equal(store_begin(f->store, STORE_WRITE, &second), ANSA_E_BUSY);
        assert_null(second);
        store_abort(first);
        second = begin(f->store, STORE_WRITE);
        ok(store_commit(second));
        store_abort(begin(f->store, STORE_WRITE));
}

static void keys_and_values_have_limits(void **state)
{
        struct fixture *f = *state;
        uint8_t long_key[STORE_KEY_SIZE_MAX + 1];
        memset(long_key, 'k', sizeof(long_key));
        struct ansa_bytes most = { long_key, STORE_KEY_SIZE_MAX };
        struct ansa_bytes over = { long_key, STORE_KEY_SIZE_MAX + 1 };
        struct ansa_bytes none = { 0 };
        struct ansa_bytes got_key;
        struct ansa_bytes value;

        struct store_txn *txn = begin(f->store, STORE_WRITE);
        assert_int_equal(store_put(txn, STORE_RECORDS, over, LIT("v")), ANSA_E_LIMIT);
        assert_int_equal(store_put(txn, STORE_RECORDS, none, LIT("v")), ANSA_E_LIMIT);
        assert_int_equal(store_del(txn, STORE_RECORDS, over), ANSA_E_NOT_FOUND);
        assert_int_equal(store_del(txn, STORE_RECORDS, none), ANSA_E_NOT_FOUND);
        ok(store_put(txn, STORE_RECORDS, most, none)); /* an empty value is a value */
        ok(store_commit(txn));

        txn = begin(f->store, STORE_READ);
        must_be(txn, most, none);
        must_miss(txn, over);
        must_miss(txn, none);
        ok(store_seek(txn, STORE_RECORDS, most, false, &got_key, &value));
        assert_true(ansa_bytes_equal(got_key, most));
        assert_int_equal(store_seek(txn, STORE_RECORDS, over, false, &got_key, &value),
                         ANSA_E_NOT_FOUND); /* "kk..k" of 511 is less than that of 512 */
        store_abort(txn);
}

static void big_values_are_whole(void **state)
{
        struct fixture *f = *state;
        const size_t size = 300u << 10;
        uint8_t *big = malloc(size);
        assert_non_null(big);
        for (size_t i = 0; i < size; i++)
                big[i] = (uint8_t)(i * 7 + i / 251);
        struct ansa_bytes value = { big, size };
        struct store_txn *txn = begin(f->store, STORE_WRITE);
        ok(store_put(txn, STORE_RECORDS, LIT("big"), value));
        put(txn, "after", "small");
        must_be(txn, LIT("big"), value);
        ok(store_commit(txn));
        txn = begin(f->store, STORE_READ);
        must_be(txn, LIT("big"), value);
        store_abort(txn);
        put_now(f->store, "big", "no more");
        txn = begin(f->store, STORE_READ);
        must_be(txn, LIT("big"), LIT("no more"));
        store_abort(txn);
        free(big);
}

static void deletes_are_told_from_misses(void **state)
{
        struct fixture *f = *state;
        struct store_txn *txn = begin(f->store, STORE_WRITE);
        assert_int_equal(store_del(txn, STORE_RECORDS, LIT("a")), ANSA_E_NOT_FOUND);
        put(txn, "a", "1");
        ok(store_del(txn, STORE_RECORDS, LIT("a")));
        assert_int_equal(store_del(txn, STORE_RECORDS, LIT("a")), ANSA_E_NOT_FOUND);
        put(txn, "b", "1"); /* a miss does not spoil the writer */
        ok(store_commit(txn));
        txn = begin(f->store, STORE_READ);
        must_miss(txn, LIT("a"));
        must_be(txn, LIT("b"), LIT("1"));
        store_abort(txn);
}

static void stat_counts(void **state)
{
        struct fixture *f = *state;
        struct store_txn *txn = begin(f->store, STORE_WRITE);
        for (unsigned i = 0; i < 100; i++) {
                char key[16];
                (void)snprintf(key, sizeof(key), "%u", i);
                put(txn, key, "value");
        }
        put(txn, "7", "other value");
        ok(store_del(txn, STORE_RECORDS, LIT("8")));
        ok(store_put(txn, STORE_META, LIT("m"), LIT("v")));
        struct store_stat stat;
        ok(store_stat(txn, &stat));
        assert_int_equal(stat.entries[STORE_RECORDS], 99);
        ok(store_commit(txn));
        txn = begin(f->store, STORE_READ);
        ok(store_stat(txn, &stat));
        assert_int_equal(stat.entries[STORE_META], 1);
        assert_int_equal(stat.entries[STORE_RECORDS], 99);
        assert_int_equal(stat.entries[STORE_PREFIXES], 0);
        assert_true(stat.used_size >= 99 * (sizeof("value") - 1));
        store_abort(txn);
}

/* Against a sorted array of numbers, with every kind of change. */
#define MODEL_KEYS 400u

static void check_model(struct store_txn *txn, const uint32_t model[MODEL_KEYS])
{
        struct ansa_bytes key = { 0 };
        struct ansa_bytes value;
        for (unsigned k = 0; k < MODEL_KEYS; k++) {
                if (model[k] == 0)
                        continue;
                char want[16];
                (void)snprintf(want, sizeof(want), "%06u", k);
                ok(store_seek(txn, STORE_RECORDS, key, true, &key, &value));
                assert_true(ansa_bytes_equal(key, ansa_bytes_text(want)));
                assert_int_equal(value.size, sizeof(model[k]));
                assert_memory_equal(value.at, &model[k], sizeof(model[k]));
        }
        assert_int_equal(store_seek(txn, STORE_RECORDS, key, true, &key, &value), ANSA_E_NOT_FOUND);
}

static void random_changes_agree_with_a_model(void **state)
{
        struct fixture *f = *state;
        static uint32_t model[MODEL_KEYS];
        static uint32_t planned[MODEL_KEYS];
        memset(model, 0, sizeof(model));
        uint32_t seed = 1;
        for (uint32_t round = 1; round <= 150; round++) {
                memcpy(planned, model, sizeof(model));
                struct store_txn *txn = begin(f->store, STORE_WRITE);
                for (uint32_t i = 0; i < 40; i++) {
                        seed = seed * 1664525u + 1013904223u;
                        /* every third round in ascending order: appends and splits mix */
                        uint32_t k = round % 3 == 0 ? (round * 3 + i) % MODEL_KEYS
                                                    : (seed >> 12) % MODEL_KEYS;
                        char key[16];
                        (void)snprintf(key, sizeof(key), "%06u", k);
                        if (seed >> 30 == 0) {
                                assert_int_equal(
                                        store_del(txn, STORE_RECORDS, ansa_bytes_text(key)),
                                        planned[k] ? ANSA_OK : ANSA_E_NOT_FOUND);
                                planned[k] = 0;
                        } else {
                                planned[k] = round * 100 + i;
                                struct ansa_bytes value = { (const uint8_t *)&planned[k],
                                                            sizeof(planned[k]) };
                                ok(store_put(txn, STORE_RECORDS, ansa_bytes_text(key), value));
                        }
                }
                check_model(txn, planned);
                if (round % 4 == 0) {
                        store_abort(txn);
                } else {
                        ok(store_commit(txn));
                        memcpy(model, planned, sizeof(model));
                }
                txn = begin(f->store, STORE_READ);
                check_model(txn, model);
                store_abort(txn);
        }
}

static void a_backup_is_consistent_and_opens(void **state)
{
        struct fixture *f = *state;
        char copy[64];
        directory_new(copy);
        put_now(f->store, "a", "1");
        struct store_txn *txn = begin(f->store, STORE_WRITE);
        ok(store_put(txn, STORE_PREFIXES, LIT("p"), LIT("2")));
        ok(store_commit(txn));
        /* What is not committed when it is taken is not in it. */
        struct store_txn *writer = begin(f->store, STORE_WRITE);
        put(writer, "b", "3");
        ok(store_backup(f->store, copy));
        ok(store_commit(writer));
        assert_int_equal(store_backup(f->store, copy), ANSA_E_EXISTS);
        assert_int_equal(store_backup(f->store, "/tmp/ansa-store-no-such-directory"),
                         ANSA_E_NOT_FOUND);

        struct store *restored;
        ok(open_lmdb(copy, &restored));
        txn = begin(restored, STORE_READ);
        must_be(txn, LIT("a"), LIT("1"));
        must_miss(txn, LIT("b"));
        struct ansa_bytes value;
        ok(store_get(txn, STORE_PREFIXES, LIT("p"), &value));
        store_abort(txn);
        put_now(restored, "c", "4");
        store_close(restored);
        directory_remove(copy);
}

/* One change of several steps; true when it was committed. */
static bool change(struct store *s, const char *value, enum ansa_err *why)
{
        struct store_txn *txn;
        *why = store_begin(s, STORE_WRITE, &txn);
        if (*why != ANSA_OK)
                return false;
        struct ansa_bytes got;
        struct ansa_bytes key;
        struct ansa_bytes v = ansa_bytes_text(value);
        struct store_stat stat;
        /* Errors are looked at only at the end: a spoilt writer must stay spoilt by itself. */
        enum ansa_err err = store_put(txn, STORE_RECORDS, LIT("a"), v);
        *why = err;
        if ((err = store_del(txn, STORE_RECORDS, LIT("c"))) != ANSA_OK && *why == ANSA_OK)
                *why = err;
        if ((err = store_put(txn, STORE_RECORDS, LIT("b"), v)) != ANSA_OK && *why == ANSA_OK)
                *why = err;
        if ((err = store_put(txn, STORE_RECORDS, LIT("c"), v)) != ANSA_OK && *why == ANSA_OK)
                *why = err;
        bool spoilt = *why != ANSA_OK;
        err = store_get(txn, STORE_RECORDS, LIT("a"), &got);
        if (err == ANSA_OK)
                err = store_seek(txn, STORE_RECORDS, LIT("a"), true, &key, &got);
        if (err == ANSA_OK)
                err = store_stat(txn, &stat);
        assert_true(!spoilt || err == *why);
        if (!spoilt && err != ANSA_OK) { /* a look that failed: the caller gives up */
                *why = err;
                store_abort(txn);
                return false;
        }
        err = store_commit(txn);
        assert_true(!spoilt || err == *why);
        *why = err;
        return err == ANSA_OK;
}

static void each_fault_leaves_nothing_half_written(void **state)
{
        struct fixture *f = *state;
        if (f->store->ops->name != NULL && strcmp(f->store->ops->name, "faulty") != 0)
                return; /* only this engine can be made to fail */
        put_now(f->store, "a", "start");
        put_now(f->store, "b", "start");
        put_now(f->store, "c", "start");
        char now[16] = "start";
        unsigned failed = 0;
        for (unsigned n = 1; n < 100; n++) {
                char next[16];
                (void)snprintf(next, sizeof(next), "try %u", n);
                faults = (struct faults){ .fail_at = n, .with = ANSA_E_FULL };
                enum ansa_err why;
                bool done = change(f->store, next, &why);
                bool injected = faults.calls >= n;
                faults = (struct faults){ 0 };
                assert_int_equal(done, !injected);
                assert_int_equal(why, injected ? ANSA_E_FULL : ANSA_OK);
                if (done)
                        memcpy(now, next, sizeof(now));
                struct store_txn *txn = begin(f->store, STORE_READ);
                must_be(txn, LIT("a"), ansa_bytes_text(now));
                must_be(txn, LIT("b"), ansa_bytes_text(now));
                must_be(txn, LIT("c"), ansa_bytes_text(now));
                store_abort(txn);
                if (done)
                        break;
                failed++;
        }
        assert_int_equal(failed, 9); /* begin, 4 changes, get, seek, stat, commit */

        struct store_txn *reader = begin(f->store, STORE_READ);
        store_pause(reader);
        faults = (struct faults){ .fail_at = 1, .with = ANSA_E_BUSY };
        assert_int_equal(store_resume(reader), ANSA_E_BUSY);
        ok(store_resume(reader)); /* it can be tried again */
        must_be(reader, LIT("a"), ansa_bytes_text(now));
        store_abort(reader);
        faults = (struct faults){ .fail_at = 1, .with = ANSA_E_IO };
        assert_int_equal(store_backup(f->store, f->directory), ANSA_E_IO);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
                TEST(keys_are_ordered_as_octets),
                TEST(seek_finds_the_least_key_from_there),
                TEST(tables_are_apart),
                TEST(readers_keep_their_snapshot),
                TEST(a_resumed_reader_sees_the_newest_commit),
                TEST(an_abort_leaves_nothing),
                TEST(there_is_one_writer),
                TEST(keys_and_values_have_limits),
                TEST(big_values_are_whole),
                TEST(deletes_are_told_from_misses),
                TEST(stat_counts),
                TEST(random_changes_agree_with_a_model),
                TEST(a_backup_is_consistent_and_opens),
                TEST(each_fault_leaves_nothing_half_written),
#undef TEST
        };
        int failed = 0;
        for (size_t i = 0; i < sizeof(engines) / sizeof(engines[0]); i++) {
                engine = &engines[i];
                failed += cmocka_run_group_tests_name(engine->name, tests, NULL, NULL);
        }
        failed += run_durable_tests();
        return failed;
}
