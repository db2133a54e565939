/* SPDX-License-Identifier: Apache-2.0 */
/* LMDB with its file: reopening, being killed, one writer among threads, and no room left. */
#include "store_contract.h"

#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct store_lmdb_options ordinary = { .map_size = 64u << 20, .readers = 16 };

static int setup(void **state)
{
        static struct fixture f;
        directory_new(f.directory);
        ok(store_lmdb_open(f.directory, &ordinary, &f.store));
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

static void reopen(struct fixture *f, const struct store_lmdb_options *options)
{
        store_close(f->store);
        f->store = NULL;
        ok(store_lmdb_open(f->directory, options, &f->store));
}

static void what_was_committed_is_there_again(void **state)
{
        struct fixture *f = *state;
        put_now(f->store, "a", "1");
        struct store_txn *txn = begin(f->store, STORE_WRITE);
        put(txn, "b", "2");
        store_abort(txn);
        reopen(f, &ordinary);
        txn = begin(f->store, STORE_READ);
        must_be(txn, LIT("a"), LIT("1"));
        must_miss(txn, LIT("b"));
        store_abort(txn);
}

static void read_only_reads(void **state)
{
        struct fixture *f = *state;
        struct store_lmdb_options options = ordinary;
        put_now(f->store, "a", "1");
        options.read_only = true;
        reopen(f, &options);
        struct store_txn *txn = begin(f->store, STORE_READ);
        must_be(txn, LIT("a"), LIT("1"));
        store_abort(txn);
        assert_int_equal(store_begin(f->store, STORE_WRITE, &txn), ANSA_E_DENIED);

        struct store *none;
        char empty[64];
        directory_new(empty);
        assert_int_equal(store_lmdb_open(empty, &options, &none), ANSA_E_NOT_FOUND);
        assert_null(none);
        directory_remove(empty);
}

static void bad_options_are_refused(void **state)
{
        struct fixture *f = *state;
        struct store *s;
        struct store_lmdb_options options = ordinary;
        options.map_size = 0;
        assert_int_equal(store_lmdb_open(f->directory, &options, &s), ANSA_E_ARGUMENT);
        options = ordinary;
        options.readers = 0;
        assert_int_equal(store_lmdb_open(f->directory, &options, &s), ANSA_E_ARGUMENT);
        assert_int_equal(store_lmdb_open("/tmp/ansa-store-no-such-directory", &ordinary, &s),
                         ANSA_E_NOT_FOUND);

        char damaged[64];
        char path[128];
        directory_new(damaged);
        (void)snprintf(path, sizeof(path), "%s/data.mdb", damaged);
        FILE *file = fopen(path, "wb");
        assert_non_null(file);
        for (int i = 0; i < 16384; i++)
                (void)fputc('x', file);
        assert_int_equal(fclose(file), 0);
        assert_int_equal(store_lmdb_open(damaged, &ordinary, &s), ANSA_E_CORRUPT);
        directory_remove(damaged);
}

static void readers_have_a_maximum(void **state)
{
        struct fixture *f = *state;
        struct store_lmdb_options options = ordinary;
        options.readers = 2;
        reopen(f, &options);
        static struct store_txn *open[1000];
        size_t count = 0;
        enum ansa_err err = ANSA_OK;
        while (count < 1000 && (err = store_begin(f->store, STORE_READ, &open[count])) == ANSA_OK)
                count++;
        assert_true(count >= options.readers); /* LMDB rounds up to whole pages */
        assert_int_equal(err, ANSA_E_BUSY);
        assert_null(open[count]);
        store_abort(open[--count]);
        open[count++] = begin(f->store, STORE_READ);
        while (count > 0)
                store_abort(open[--count]);
}

/* A child writes and is killed without warning; each commit it told of is there. */
static void acknowledged_commits_survive_kill(void **state)
{
        struct fixture *f = *state;
        store_close(f->store);
        f->store = NULL;
        int pipe_fds[2];
        assert_int_equal(pipe(pipe_fds), 0);
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) {
                struct store *s;
                if (store_lmdb_open(f->directory, &ordinary, &s) != ANSA_OK)
                        _exit(1);
                for (uint32_t i = 0;; i++) {
                        char key[16];
                        struct store_txn *txn;
                        (void)snprintf(key, sizeof(key), "%u", i);
                        if (store_begin(s, STORE_WRITE, &txn) != ANSA_OK ||
                            store_put(txn, STORE_RECORDS, ansa_bytes_text(key),
                                      ansa_bytes_text(key)) != ANSA_OK ||
                            store_commit(txn) != ANSA_OK ||
                            write(pipe_fds[1], &i, sizeof(i)) != (ssize_t)sizeof(i))
                                _exit(1);
                }
        }
        (void)close(pipe_fds[1]);
        uint32_t told = 0;
        while (told < 50)
                assert_int_equal(read(pipe_fds[0], &told, sizeof(told)), sizeof(told));
        assert_int_equal(kill(child, SIGKILL), 0);
        assert_int_equal(waitpid(child, NULL, 0), child);
        uint32_t more;
        while (read(pipe_fds[0], &more, sizeof(more)) == (ssize_t)sizeof(more))
                told = more;
        (void)close(pipe_fds[0]);

        ok(store_lmdb_open(f->directory, &ordinary, &f->store));
        struct store_txn *txn = begin(f->store, STORE_READ);
        for (uint32_t i = 0; i <= told; i++) {
                char key[16];
                (void)snprintf(key, sizeof(key), "%u", i);
                must_be(txn, ansa_bytes_text(key), ansa_bytes_text(key));
        }
        store_abort(txn);
        put_now(f->store, "later", "1"); /* the dead writer's lock was taken over */
}

/* Writers wait for each other: no increment is lost. */
#define THREADS    4
#define INCREMENTS 25

static void *increment(void *context)
{
        struct store *s = context;
        for (int i = 0; i < INCREMENTS; i++) {
                struct store_txn *txn;
                struct ansa_bytes value;
                uint32_t n = 0;
                if (store_begin(s, STORE_WRITE, &txn) != ANSA_OK)
                        return s;
                if (store_get(txn, STORE_META, LIT("n"), &value) == ANSA_OK)
                        memcpy(&n, value.at, sizeof(n));
                n++;
                if (store_put(txn, STORE_META, LIT("n"),
                              (struct ansa_bytes){ (const uint8_t *)&n, sizeof(n) }) != ANSA_OK) {
                        store_abort(txn);
                        return s;
                }
                if (store_commit(txn) != ANSA_OK)
                        return s;
        }
        return NULL;
}

static void writers_wait_for_each_other(void **state)
{
        struct fixture *f = *state;
        pthread_t threads[THREADS];
        for (int i = 0; i < THREADS; i++)
                assert_int_equal(pthread_create(&threads[i], NULL, increment, f->store), 0);
        for (int i = 0; i < THREADS; i++) {
                void *failed;
                assert_int_equal(pthread_join(threads[i], &failed), 0);
                assert_null(failed);
        }
        struct store_txn *txn = begin(f->store, STORE_READ);
        struct ansa_bytes value;
        uint32_t n;
        ok(store_get(txn, STORE_META, LIT("n"), &value));
        memcpy(&n, value.at, sizeof(n));
        assert_int_equal(n, THREADS * INCREMENTS);
        store_abort(txn);
}

static uint8_t block[20000];

/* One record a transaction until there is no room; how many went in. */
static unsigned fill(struct store *s, unsigned from, enum ansa_err *why)
{
        for (unsigned i = from;; i++) {
                char key[16];
                (void)snprintf(key, sizeof(key), "fill %06u", i);
                struct store_txn *txn = begin(s, STORE_WRITE);
                enum ansa_err err = store_put(txn, STORE_RECORDS, ansa_bytes_text(key),
                                              (struct ansa_bytes){ block, sizeof(block) });
                *why = store_commit(txn);
                if (err != ANSA_OK) /* no room was met before the commit: it says so too */
                        assert_int_equal(*why, err);
                if (*why != ANSA_OK)
                        return i - from;
                if (i - from > 10000)
                        fail_msg("it is never full");
        }
}

static void check_filled(struct store *s, unsigned from, unsigned count)
{
        struct store_txn *txn = begin(s, STORE_READ);
        for (unsigned i = from; i < from + count; i++) {
                char key[16];
                (void)snprintf(key, sizeof(key), "fill %06u", i);
                must_be(txn, ansa_bytes_text(key), (struct ansa_bytes){ block, sizeof(block) });
        }
        store_abort(txn);
}

static void a_full_map_refuses_and_recovers(void **state)
{
        struct fixture *f = *state;
        const struct store_lmdb_options small = { .map_size = 1u << 20, .readers = 4 };
        reopen(f, &small);
        enum ansa_err why;
        unsigned count = fill(f->store, 0, &why);
        assert_int_equal(why, ANSA_E_FULL);
        assert_true(count > 10);
        check_filled(f->store, 0, count); /* reads go on */
        assert_int_equal(fill(f->store, count, &why), 0);
        assert_int_equal(why, ANSA_E_FULL);

        /* Deleting makes room, without a restart. */
        for (unsigned i = 0; i < 8; i++) {
                char key[16];
                (void)snprintf(key, sizeof(key), "fill %06u", i);
                struct store_txn *txn = begin(f->store, STORE_WRITE);
                ok(store_del(txn, STORE_RECORDS, ansa_bytes_text(key)));
                ok(store_commit(txn));
        }
        unsigned more = fill(f->store, count, &why);
        assert_true(more >= 4);
        check_filled(f->store, 8, count + more - 8);

        reopen(f, &ordinary); /* a bigger map makes room too */
        put_now(f->store, "again", "1");
}

static void a_full_disk_refuses_and_recovers(void **state)
{
        struct fixture *f = *state;
        put_now(f->store, "before", "1");
        struct rlimit old;
        assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
        void (*old_handler)(int) = signal(SIGXFSZ, SIG_IGN);
        /* Not a whole number of pages: a write that is cut short must be told from damage. */
        struct rlimit tight = { .rlim_cur = (1u << 20) + 1234, .rlim_max = old.rlim_max };
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &tight), 0);
        enum ansa_err why;
        unsigned count = fill(f->store, 0, &why);
        enum ansa_err again = ANSA_OK;
        (void)fill(f->store, count, &again);
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
        (void)signal(SIGXFSZ, old_handler);

        assert_int_equal(why, ANSA_E_FULL);
        assert_int_equal(again, ANSA_E_FULL);
        assert_true(count > 10);
        check_filled(f->store, 0, count);
        put_now(f->store, "after", "1"); /* the same open store works again */
        reopen(f, &ordinary);
        check_filled(f->store, 0, count);
        struct store_txn *txn = begin(f->store, STORE_READ);
        must_be(txn, LIT("after"), LIT("1"));
        store_abort(txn);
}

static uint64_t used_after_load(struct store *s, bool ascending)
{
        struct store_txn *txn = begin(s, STORE_WRITE);
        for (uint32_t i = 0; i < 20000; i++) {
                char key[32];
                uint32_t n = ascending ? i : i * 2654435761u % 20011;
                (void)snprintf(key, sizeof(key), "10.1000/%08u", n);
                ok(store_put(txn, STORE_RECORDS, ansa_bytes_text(key),
                             (struct ansa_bytes){ block, 200 }));
        }
        ok(store_commit(txn));
        txn = begin(s, STORE_READ);
        struct store_stat stat;
        ok(store_stat(txn, &stat));
        store_abort(txn);
        return stat.used_size * 20000 / stat.entries[STORE_RECORDS];
}

static void sorted_loads_are_packed(void **state)
{
        struct fixture *f = *state;
        uint64_t octets = 20000u * (200 + 16);
        uint64_t ascending = used_after_load(f->store, true);
        assert_true(ascending < octets * 12 / 10);

        /* So that the figure above is no accident: without order pages are split. */
        char other[64];
        struct store *s;
        directory_new(other);
        ok(store_lmdb_open(other, &ordinary, &s));
        assert_true(used_after_load(s, false) > ascending * 11 / 10);
        store_close(s);
        directory_remove(other);
}

int run_durable_tests(void)
{
        const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
                TEST(what_was_committed_is_there_again), TEST(read_only_reads),
                TEST(bad_options_are_refused),           TEST(readers_have_a_maximum),
                TEST(acknowledged_commits_survive_kill), TEST(writers_wait_for_each_other),
                TEST(a_full_map_refuses_and_recovers),   TEST(a_full_disk_refuses_and_recovers),
                TEST(sorted_loads_are_packed),
#undef TEST
        };
        return cmocka_run_group_tests_name("store/lmdb, durable", tests, NULL, NULL);
}
