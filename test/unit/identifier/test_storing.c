/* SPDX-License-Identifier: Apache-2.0 */
/* Whether the store takes changes, and versions. Apart from the other tests of the writer: lines of the log are counted. */
#include "world.h"

#include "base/log.h"

#define ALICE "300:35.TEST/alice"
#define ADMIN "100 HS_ADMIN 1fff@" ALICE

/* A store that is full when it is said to be. */
struct meter {
        size_t puts; /* of them, that many find no room */
        size_t changes;
};

static enum ansa_err decide(void *context, const char *call)
{
        struct meter *m = context;
        bool is_put = strcmp(call, "put") == 0;
        m->changes += is_put || strcmp(call, "del") == 0;
        if (!is_put || m->puts == 0)
                return ANSA_OK;
        m->puts--;
        return ANSA_E_FULL;
}

static void setup(struct world *w, struct meter *m)
{
        struct store *inner;
        struct store *store = NULL;
        *m = (struct meter){ 0 };
        assert_int_equal(store_memory_open(&inner), ANSA_OK);
        assert_int_equal(store_faulty_open(inner, decide, m, &store), ANSA_OK);
        world_init(w, store);
        world_home(w, "0.NA/35.TEST");
        world_put(w, "0.NA/35.TEST", ADMIN);
        world_put(w, "35.TEST/old", "1 URL a;" ADMIN);
}

static uint32_t change_one(struct world *w, const char *value)
{
        struct message request = world_request(w, OP_MODIFY, FLAG_OVERWRITE, "35.TEST/old", value);
        return world_commit(w, &request, ALICE);
}

static size_t count_lines(FILE *log)
{
        size_t lines = 0;
        int c;
        rewind(log);
        while ((c = fgetc(log)) != EOF)
                lines += c == '\n';
        return lines;
}

/* A full store is known until it takes a change, or would: and the log has a line for each turn. */
static void knows_whether_the_store_takes_changes(void **state)
{
        (void)state;
        struct world w;
        struct meter m;
        FILE *log = tmpfile();
        assert_non_null(log);
        setup(&w, &m);
        log_open(log, LOG_LEVEL_INFO);
        assert_int_equal(identifier_storing(&w.service), ANSA_OK);
        m.puts = 1000;
        for (int i = 0; i < 500; i++)
                assert_int_equal(change_one(&w, "1 URL b"), RC_READ_ONLY);
        assert_int_equal(identifier_storing(&w.service), ANSA_E_FULL);
        assert_int_equal(atomic_load(&w.service.storing.failed), 500);
        assert_int_equal(count_lines(log), 1);
        identifier_probe(&w.service); /* it is full as before */
        assert_int_equal(identifier_storing(&w.service), ANSA_E_FULL);
        m.puts = 0;
        size_t changes = m.changes;
        uint64_t commits = atomic_load(&w.service.commits);
        identifier_probe(&w.service);
        assert_int_equal(identifier_storing(&w.service), ANSA_OK);
        assert_int_equal(count_lines(log), 2);
        assert_int_equal(m.changes, changes + 2);
        assert_int_equal(atomic_load(&w.service.commits), commits);
        identifier_probe(&w.service); /* where all is well there is nothing to find out */
        assert_int_equal(m.changes, changes + 2);
        /* a change that is stored says the same */
        for (int i = 0; i < 200; i++) {
                m.puts = 1;
                assert_int_equal(change_one(&w, "1 URL c"), RC_READ_ONLY);
                assert_int_equal(identifier_storing(&w.service), ANSA_E_FULL);
                assert_int_equal(change_one(&w, "1 URL c"), RC_SUCCESS);
                assert_int_equal(identifier_storing(&w.service), ANSA_OK);
        }
        assert_true(count_lines(log) <= 4); /* to and fro is not told each time */
        log_open(stderr, LOG_LEVEL_INFO);
        world_fini(&w);
        (void)fclose(log);
}

/* Each job's version is that of its own change, though they share a transaction. */
static void tells_the_version_that_it_made(void **state)
{
        (void)state;
        static const struct {
                uint32_t op;
                const char *what;
                const char *who;
        } four[] = {
                { OP_MODIFY, "1 URL b", ALICE },
                { OP_MODIFY, "1 URL c", ALICE },
                { OP_MODIFY, "1 URL d", "300:35.TEST/bob" },
                { OP_DELETE, NULL, ALICE },
        };
        struct world w;
        struct meter m;
        struct write_job *jobs[4];
        setup(&w, &m);
        for (size_t i = 0; i < 4; i++) {
                struct message request =
                        world_request(&w, four[i].op, 0, "35.TEST/old", four[i].what);
                jobs[i] = world_job(&request, four[i].who);
                jobs[i]->wants_version = true;
        }
        identifier_commit(&w.writer, jobs, 3);
        uint64_t first = identifier_job_version(jobs[0]);
        uint64_t second = identifier_job_version(jobs[1]);
        assert_int_not_equal(first, 0);
        assert_int_not_equal(second, 0);
        assert_int_not_equal(first, second);
        assert_int_equal(identifier_job_version(jobs[2]), 0);
        struct view v = world_view(&w, true);
        struct record record;
        assert_int_equal(view_own(&v, ANSA_BYTES_LIT("35.TEST/old"), &record), ANSA_OK);
        assert_int_equal(record_version(&v, &record), second);
        world_end(&v);
        identifier_commit(&w.writer, jobs + 3, 1);
        assert_int_equal(jobs[3]->result.response, RC_SUCCESS);
        assert_int_equal(identifier_job_version(jobs[3]), 0);
        for (size_t i = 0; i < 4; i++)
                world_job_free(jobs[i]);
        world_fini(&w);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(knows_whether_the_store_takes_changes),
                cmocka_unit_test(tells_the_version_that_it_made),
        };
        return cmocka_run_group_tests_name("identifier/storing", tests, NULL, NULL);
}
