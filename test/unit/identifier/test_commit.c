/* SPDX-License-Identifier: Apache-2.0 */
/* The writer: batches of jobs, bulk changes, and what happens when the store fails. */
#include "world.h"

#include "identifier/cache.h"
#include "ledger/ledger.h"

#define ALICE "300:35.TEST/alice"
#define BOB   "300:35.TEST/bob"
#define ADMIN "100 HS_ADMIN 1fff@" ALICE

/* A store that counts its calls and fails where it is told to. */
struct meter {
        size_t calls;
        size_t changes; /* put and del */
        size_t puts;
        bool armed;
        size_t fail_at;          /* this call, counted from 1; 0: none */
        const size_t *fail_puts; /* numbers of puts that find no room, 0 at the end */
        enum ansa_err err;
};

static enum ansa_err decide(void *context, const char *call)
{
        struct meter *m = context;
        if (!m->armed)
                return ANSA_OK;
        m->calls++;
        bool is_put = strcmp(call, "put") == 0;
        m->changes += is_put || strcmp(call, "del") == 0;
        m->puts += is_put;
        if (m->fail_at != 0 && m->calls == m->fail_at)
                return m->err;
        for (const size_t *put = m->fail_puts; is_put && put != NULL && *put != 0; put++) {
                if (m->puts == *put)
                        return ANSA_E_FULL;
        }
        return ANSA_OK;
}

static void setup(struct world *w, struct meter *m)
{
        struct store *inner;
        struct store *store = NULL;
        *m = (struct meter){ .err = ANSA_E_IO };
        assert_int_equal(store_memory_open(&inner), ANSA_OK);
        assert_int_equal(store_faulty_open(inner, decide, m, &store), ANSA_OK);
        world_init(w, store);
        world_home(w, "0.NA/35.TEST");
        world_put(w, "0.NA/35.TEST", ADMIN);
        world_put(w, "35.TEST/old", "1 URL a;2 URL/f b;" ADMIN);
}

static uint64_t entry_count(struct world *w)
{
        struct store_txn *txn;
        struct ledger_head head;
        assert_int_equal(store_begin(w->store, STORE_READ, &txn), ANSA_OK);
        enum ansa_err err = ledger_head_read(txn, &head);
        store_abort(txn);
        assert_true(err == ANSA_OK || err == ANSA_E_NOT_FOUND);
        return err == ANSA_OK ? ledger_head_size(&head) : 0;
}

struct step {
        uint32_t op;
        uint32_t flags;
        const char *target;
        const char *what;
        const char *who;
        uint32_t want;
};

static void make_jobs(struct world *w, const struct step *steps, size_t count,
                      struct write_job **jobs)
{
        for (size_t i = 0; i < count; i++) {
                struct message request = world_request(w, steps[i].op, steps[i].flags,
                                                       steps[i].target, steps[i].what);
                jobs[i] = world_job(&request, steps[i].who);
        }
}

static void free_jobs(struct write_job **jobs, size_t count)
{
        for (size_t i = 0; i < count; i++)
                world_job_free(jobs[i]);
}

/* Jobs see what the ones before them did; those in error leave the others alone. */
static const struct step steps[] = {
        { OP_CREATE, 0, "35.TEST/1", "1 URL a;" ADMIN, ALICE, RC_SUCCESS },
        { OP_CREATE, 0, "35.TEST/1", "1 URL b", ALICE, RC_EXISTS },
        { OP_CREATE, 0, "35.TEST/2", "1 URL b", BOB, RC_NOT_AUTHORIZED },
        { OP_ADD, 0, "35.TEST/1", "2 URL c", ALICE, RC_SUCCESS },
        { OP_ADD, 0, "35.TEST/1", "3 URL c", BOB, RC_NOT_AUTHORIZED },
        { OP_MODIFY, 0, "35.TEST/1", "2 URL d", ALICE, RC_SUCCESS },
        { OP_MODIFY, 0, "35.TEST/old", "2 URL/f anyone", NULL, RC_SUCCESS },
        { OP_CREATE, 0, "35.TEST/3", "1 URL x;" ADMIN, ALICE, RC_SUCCESS },
        { OP_DELETE, 0, "35.TEST/3", NULL, ALICE, RC_SUCCESS },
        { OP_DELETE, 0, "35.TEST/3", NULL, ALICE, RC_NOT_FOUND },
        { OP_REMOVE, 0, "35.TEST/1", "1", ALICE, RC_SUCCESS },
        { OP_CREATE, FLAG_OVERWRITE, "35.TEST/old", "1 URL a;2 URL/f anyone;" ADMIN, ALICE,
          RC_SUCCESS },
};
#define STEPS (sizeof(steps) / sizeof(steps[0]))

static void check_after_steps(struct world *w)
{
        assert_string_equal(world_record(w, "35.TEST/1"), "2 URL d@5000; " ADMIN "@5000");
        assert_null(world_record(w, "35.TEST/2"));
        assert_null(world_record(w, "35.TEST/3"));
        assert_string_equal(world_record(w, "35.TEST/old"), "1 URL a; 2 URL/f anyone@5000; " ADMIN);
}

static void does_a_batch_in_order(void **state)
{
        (void)state;
        struct world w;
        struct meter m;
        struct write_job *jobs[STEPS];
        setup(&w, &m);
        make_jobs(&w, steps, STEPS, jobs);
        uint64_t commits = atomic_load(&w.service.commits);
        uint64_t entries = entry_count(&w);
        identifier_commit(&w.writer, jobs, STEPS);
        for (size_t i = 0; i < STEPS; i++) {
                const struct job_result *r = &jobs[i]->result;
                if (r->response != steps[i].want)
                        fail_msg("step %zu: %u %s", i, r->response, r->text);
                if (r->response == RC_SUCCESS)
                        assert_null(r->text);
                else
                        assert_non_null(r->text);
        }
        assert_int_equal(atomic_load(&w.service.commits), commits + 1);
        /* One entry for each that changes something, and none for the rest; one state entry. */
        assert_int_equal(entry_count(&w), entries + 7 + 1);
        check_after_steps(&w);
        free_jobs(jobs, STEPS);
        world_fini(&w);
}

/* The same one by one: every change is one entry, whatever the operation, and a refusal none. */
static void changes_only_what_it_must(void **state)
{
        (void)state;
        struct world w;
        struct meter m;
        setup(&w, &m);
        w.settings.config.server_admin_full_access = true;
        static const struct step more[] = {
                { OP_HOME, 0, "0.NA/36.NEW", NULL, BOB, RC_SUCCESS },
                { OP_HOME, 0, "0.NA/36.NEW", NULL, BOB, RC_SUCCESS },
                { OP_UNHOME, 0, "0.NA/36.NEW", NULL, BOB, RC_SUCCESS },
                { OP_UNHOME, 0, "0.NA/36.NEW", NULL, BOB, RC_SUCCESS },
                { OP_CREATE, FLAG_MINT_SUFFIX, "35.TEST/", "1 URL a", ALICE, RC_SUCCESS },
        };
        static const size_t want[] = { 1, 0, 1, 0, 1 };
        const struct ansa_ref bob = world_ref(BOB);
        w.settings.config.server_admins = &bob;
        w.settings.config.server_admin_count = 1;
        for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
                struct message request =
                        world_request(&w, more[i].op, more[i].flags, more[i].target, more[i].what);
                m.armed = true;
                m.changes = 0;
                (void)world_plan(&w, &request, NULL, true);
                (void)world_plan(&w, &request, more[i].who, true);
                assert_int_equal(m.changes, 0); /* plans change nothing */
                uint64_t entries = entry_count(&w);
                uint64_t commits = atomic_load(&w.service.commits);
                assert_int_equal(world_commit(&w, &request, more[i].who), more[i].want);
                assert_int_equal(m.changes > 0, want[i]);
                assert_int_equal(entry_count(&w), entries + 2 * want[i]); /* with its state */
                assert_int_equal(atomic_load(&w.service.commits), commits + want[i]);
                m.armed = false;
        }
        world_fini(&w);
}

static void tells_the_minted_name(void **state)
{
        (void)state;
        struct world w;
        struct meter m;
        setup(&w, &m);
        static const struct step mint[] = {
                { OP_CREATE, FLAG_MINT_SUFFIX, "35.TEST/", "1 URL a", ALICE, RC_SUCCESS },
                { OP_CREATE, FLAG_MINT_SUFFIX, "35.TEST/", "1 URL b", ALICE, RC_SUCCESS },
                { OP_CREATE, FLAG_OVERWRITE, "35.TEST/old", "1 URL z;" ADMIN, ALICE, RC_SUCCESS },
                { OP_ADD, 0, "35.TEST/old", "9 URL z", ALICE, RC_SUCCESS },
        };
        struct write_job *jobs[4];
        make_jobs(&w, mint, 4, jobs);
        identifier_commit(&w.writer, jobs, 4);
        for (size_t i = 0; i < 2; i++) {
                const struct job_result *r = &jobs[i]->result;
                assert_int_equal(r->response, RC_SUCCESS);
                assert_int_equal(r->flags, FLAG_MINT_SUFFIX);
                assert_true(r->has_body);
                assert_int_equal(r->name.size, strlen("35.TEST/") + 36);
                const char *name = arena_text(&w.arena, r->name);
                assert_string_equal(world_record(&w, name),
                                    i == 0 ? "1 URL a@5000" : "1 URL b@5000");
        }
        assert_int_equal(jobs[2]->result.flags, FLAG_OVERWRITE);
        assert_true(ansa_bytes_equal(jobs[2]->result.name, ANSA_BYTES_LIT("35.TEST/old")));
        assert_false(jobs[3]->result.has_body);
        free_jobs(jobs, 4);
        world_fini(&w);
}

/*
 * The store fails at its n-th call, for every n. Afterwards each job's result says whether it
 * was done, and the store agrees.
 */
static void fails_whole_at_every_call(void **state)
{
        (void)state;
        static const struct step one[] = {
                { OP_CREATE, 0, "35.TEST/1", "1 URL a", ALICE, RC_SUCCESS },
        };
        static const struct step three[] = {
                { OP_CREATE, 0, "35.TEST/1", "1 URL a", ALICE, RC_SUCCESS },
                { OP_ADD, 0, "35.TEST/old", "3 URL new", ALICE, RC_SUCCESS },
                { OP_CREATE, 0, "35.TEST/2", "1 URL b", ALICE, RC_SUCCESS },
        };
        static const enum ansa_err errors[] = { ANSA_E_IO, ANSA_E_FULL, ANSA_E_NO_MEMORY };
        size_t failures = 0;
        for (size_t round = 0; round < 6; round++) {
                const struct step *of = round < 3 ? one : three;
                size_t count = round < 3 ? 1 : 3;
                bool reached = true;
                for (size_t n = 1; reached; n++) {
                        struct world w;
                        struct meter m;
                        struct write_job *jobs[3];
                        setup(&w, &m);
                        make_jobs(&w, of, count, jobs);
                        const char *old = world_record(&w, "35.TEST/old");
                        m.armed = true;
                        m.fail_at = n;
                        m.err = errors[round % 3];
                        identifier_commit(&w.writer, jobs, count);
                        m.armed = false;
                        reached = m.calls >= n;
                        for (size_t i = 0; i < count; i++) {
                                uint32_t got = jobs[i]->result.response;
                                bool done = got == RC_SUCCESS;
                                failures += !done;
                                if (!done && got != RC_ERROR && got != RC_READ_ONLY &&
                                    got != RC_UNABLE_TO_VERIFY)
                                        fail_msg("call %zu, job %zu: %u", n, i, got);
                                const char *now = world_record(&w, of[i].target);
                                if (of[i].op == OP_CREATE)
                                        assert_int_equal(now != NULL, done);
                                else
                                        assert_int_equal(strcmp(now, old) != 0, done);
                        }
                        if (!reached) {
                                for (size_t i = 0; i < count; i++)
                                        assert_int_equal(jobs[i]->result.response, RC_SUCCESS);
                        }
                        free_jobs(jobs, count);
                        world_fini(&w);
                }
        }
        assert_true(failures > 12);
}

static void one_that_does_not_fit_harms_no_other(void **state)
{
        (void)state;
        static const struct step three[] = {
                { OP_CREATE, 0, "35.TEST/1", "1 URL a", ALICE, RC_SUCCESS },
                { OP_CREATE, 0, "35.TEST/2", "1 URL giant", ALICE, RC_READ_ONLY },
                { OP_CREATE, 0, "35.TEST/3", "1 URL c", ALICE, RC_SUCCESS },
        };
        /*
         * Together: the first fits (payload, record, entry), the second does not; then alone: 1
         * (payload, record, entry, dictionary, state, head), 2 (not), 3.
         */
        static const size_t fail_puts[] = { 4, 11, 0 };
        struct world w;
        struct meter m;
        struct write_job *jobs[3];
        setup(&w, &m);
        make_jobs(&w, three, 3, jobs);
        m.armed = true;
        m.fail_puts = fail_puts;
        identifier_commit(&w.writer, jobs, 3);
        m.armed = false;
        for (size_t i = 0; i < 3; i++) {
                assert_int_equal(jobs[i]->result.response, three[i].want);
                assert_int_equal(world_record(&w, three[i].target) != NULL,
                                 three[i].want == RC_SUCCESS);
        }
        assert_string_equal(jobs[1]->result.text,
                            "no room left on the server: nothing was changed");
        free_jobs(jobs, 3);
        world_fini(&w);
}

/* What was true on the reader's snapshot may not be so for the writer. */
static void plans_again_on_what_it_finds(void **state)
{
        (void)state;
        static const struct {
                const char *name;
                struct step job;
                const char *becomes; /* of 35.TEST/old before the writer's turn; NULL: deleted */
                uint32_t want;
        } rows[] = {
                { "deleted",
                  { OP_ADD, 0, "35.TEST/old", "9 URL z", ALICE, 0 },
                  NULL,
                  RC_NOT_FOUND },
                { "rights taken",
                  { OP_ADD, 0, "35.TEST/old", "9 URL z", ALICE, 0 },
                  "1 URL a",
                  RC_NOT_AUTHORIZED },
                { "index taken",
                  { OP_ADD, 0, "35.TEST/old", "9 URL z", ALICE, 0 },
                  "9 URL a;" ADMIN,
                  RC_VALUE_EXISTS },
                { "no longer public",
                  { OP_MODIFY, 0, "35.TEST/old", "2 URL z", NULL, 0 },
                  "2 URL a;" ADMIN,
                  RC_BUSY },
                { "group elsewhere",
                  { OP_ADD, 0, "35.TEST/old", "9 URL z", ALICE, 0 },
                  "2 HS_ADMIN fff@200:99.ELSE/g",
                  RC_BUSY },
                { "still the same",
                  { OP_ADD, 0, "35.TEST/old", "9 URL z", ALICE, 0 },
                  "7 URL x;" ADMIN,
                  RC_SUCCESS },
        };
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                struct world w;
                struct meter m;
                setup(&w, &m);
                const struct step *s = &rows[i].job;
                struct message request = world_request(&w, s->op, s->flags, s->target, s->what);
                assert_int_equal(world_plan(&w, &request, s->who, false).response, RC_SUCCESS);
                if (rows[i].becomes != NULL) {
                        world_put(&w, s->target, rows[i].becomes);
                } else {
                        struct bulk_change gone = { .kind = BULK_DELETE,
                                                    .name = ansa_bytes_text(s->target) };
                        size_t failed;
                        assert_int_equal(identifier_bulk(&w.writer, &gone, 1, &failed), ANSA_OK);
                }
                uint32_t got = world_commit(&w, &request, s->who);
                if (got != rows[i].want)
                        fail_msg("%s: %u", rows[i].name, got);
                assert_int_equal(w.fetches, 0); /* the writer never waits for others */
                world_fini(&w);
        }
}

static void takes_the_evidence_of_the_job(void **state)
{
        (void)state;
        static const struct foreign foreign = { "0.NA/36.ELSE", "100 HS_ADMIN 1@" ALICE };
        struct world w;
        struct meter m;
        setup(&w, &m);
        world_home(&w, "0.NA/36.ELSE");
        w.foreign = &foreign;
        w.foreign_count = 1;
        struct message request = world_request(&w, OP_CREATE, 0, "36.ELSE/1", "1 URL a");
        assert_int_equal(world_commit(&w, &request, ALICE), RC_BUSY); /* without */

        struct identity alice = { .who = world_ref(ALICE) };
        struct plan plan;
        struct view v = world_view(&w, true);
        plan_make(&v, &request, &alice, &plan);
        world_end(&v);
        assert_int_equal(plan.response, RC_SUCCESS);
        assert_int_equal(w.fetches, 1);
        struct write_job *job = world_job(&request, ALICE);
        job->evidence = v.evidence;
        identifier_commit(&w.writer, &job, 1);
        assert_int_equal(job->result.response, RC_SUCCESS);
        assert_int_equal(w.fetches, 1);
        assert_string_equal(world_record(&w, "36.ELSE/1"), "1 URL a@5000");
        world_job_free(job);
        world_fini(&w);
}

/* A reader with a cache sees every committed change, and none that failed. */
static const char *cached_record(struct world *w, const char *name)
{
        struct view v = world_view(w, false);
        struct record r;
        v.use_cache = true;
        v.snapshot = atomic_load(&w->service.commits);
        enum ansa_err err = view_own(&v, ansa_bytes_text(name), &r);
        const char *text = err == ANSA_OK ? world_text(w, r.all) : "absent";
        world_end(&v);
        return text;
}

static void the_cache_forgets_what_changed(void **state)
{
        (void)state;
        const struct hash_key key = { 1, 2 };
        struct world w;
        struct meter m;
        setup(&w, &m);
        assert_int_equal(cache_new(1u << 20, &key, &w.service.cache), ANSA_OK);
        const char *old = cached_record(&w, "35.TEST/old");
        assert_string_equal(cached_record(&w, "35.TEST/old"), old);
        struct message add = world_request(&w, OP_ADD, 0, "35.test/OLD", "9 URL z");
        m.armed = true;
        m.fail_at = 1;
        assert_int_equal(world_commit(&w, &add, ALICE), RC_ERROR);
        m.armed = false;
        assert_string_equal(cached_record(&w, "35.TEST/old"), old);
        assert_int_equal(world_commit(&w, &add, ALICE), RC_SUCCESS);
        assert_string_equal(cached_record(&w, "35.TEST/old"),
                            "1 URL a; 2 URL/f b; 9 URL z@5000; " ADMIN);
        struct message gone = world_request(&w, OP_DELETE, 0, "35.TEST/old", NULL);
        assert_int_equal(world_commit(&w, &gone, ALICE), RC_SUCCESS);
        assert_string_equal(cached_record(&w, "35.TEST/old"), "absent");
        world_put(&w, "35.TEST/old", "1 URL again");
        assert_string_equal(cached_record(&w, "35.TEST/old"), "1 URL again");
        world_put(&w, "35.TEST/old", "1 URL once more");
        assert_string_equal(cached_record(&w, "35.TEST/old"), "1 URL once more");
        cache_free(w.service.cache);
        w.service.cache = NULL;
        world_fini(&w);
}

static void bulk_changes_are_done(void **state)
{
        (void)state;
        struct world w;
        struct meter m;
        setup(&w, &m);
        const struct bulk_change changes[] = {
                { BULK_HOME, ANSA_BYTES_LIT("36.New"), { { NULL, 0 }, 0 } },
                { BULK_HOME, ANSA_BYTES_LIT("0.NA/36.NEW"), { { NULL, 0 }, 0 } },
                { BULK_PUT, ANSA_BYTES_LIT("36.New"), world_values(&w, "1 URL a", 0) },
                { BULK_PUT, ANSA_BYTES_LIT("36.new/X"), world_values(&w, "3 URL a;1 URL b", 0) },
                { BULK_PUT, ANSA_BYTES_LIT("36.new/y"), world_values(&w, "1 URL c", OLD_S) },
                { BULK_PUT, ANSA_BYTES_LIT("36.new/z"), world_values(&w, "", OLD_S) },
                { BULK_DELETE, ANSA_BYTES_LIT("35.TEST/OLD"), { { NULL, 0 }, 0 } },
                { BULK_UNHOME, ANSA_BYTES_LIT("0.NA/35.TEST"), { { NULL, 0 }, 0 } },
        };
        const size_t count = sizeof(changes) / sizeof(changes[0]);
        size_t failed;
        uint64_t commits = atomic_load(&w.service.commits);
        assert_int_equal(identifier_bulk(&w.writer, changes, count, &failed), ANSA_OK);
        assert_int_equal(failed, count);
        assert_int_equal(atomic_load(&w.service.commits), commits + 1);
        assert_string_equal(world_record(&w, "0.NA/36.NEW"), "1 URL a@5000");
        assert_string_equal(world_record(&w, "36.NEW/x"), "3 URL a@5000; 1 URL b@5000");
        assert_string_equal(world_record(&w, "36.NEW/y"), "1 URL c");
        assert_string_equal(world_record(&w, "36.NEW/z"), "");
        assert_null(world_record(&w, "35.TEST/old"));
        struct view v = world_view(&w, false);
        bool homed;
        assert_int_equal(view_is_homed(&v, ANSA_BYTES_LIT("36.NEW/q"), &homed), ANSA_OK);
        assert_true(homed);
        assert_int_equal(view_is_homed(&v, ANSA_BYTES_LIT("35.TEST/q"), &homed), ANSA_OK);
        assert_false(homed);
        world_end(&v);
        world_fini(&w);
}

static void bulk_changes_are_all_or_nothing(void **state)
{
        (void)state;
        static const struct {
                const char *name;
                enum bulk_kind kind;
                const char *target;
                const char *values;
                enum ansa_err want;
        } rows[] = {
                { "bad name", BULK_PUT, "35.TEST/\xff", "1 URL a", ANSA_E_ARGUMENT },
                { "empty name", BULK_PUT, "", "1 URL a", ANSA_E_ARGUMENT },
                { "index 0", BULK_PUT, "35.TEST/1", "0 URL a", ANSA_E_ARGUMENT },
                { "one index twice", BULK_PUT, "35.TEST/1", "1 URL a;2 URL b;1 URL c",
                  ANSA_E_ARGUMENT },
                { "nothing to delete", BULK_DELETE, "35.TEST/absent", NULL, ANSA_E_NOT_FOUND },
                { "nothing to unhome", BULK_UNHOME, "0.NA/36.NEW", NULL, ANSA_E_NOT_FOUND },
                { "home of an identifier", BULK_HOME, "35.TEST/1", NULL, ANSA_E_ARGUMENT },
        };
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                struct world w;
                struct meter m;
                setup(&w, &m);
                struct bulk_change changes[] = {
                        { BULK_PUT, ANSA_BYTES_LIT("35.TEST/new"), world_values(&w, "1 URL a", 0) },
                        { BULK_DELETE, ANSA_BYTES_LIT("35.TEST/old"), { { NULL, 0 }, 0 } },
                        { .kind = rows[i].kind, .name = ansa_bytes_text(rows[i].target) },
                        { BULK_PUT, ANSA_BYTES_LIT("35.TEST/last"),
                          world_values(&w, "1 URL a", 0) },
                };
                if (rows[i].values != NULL)
                        changes[2].values = world_values(&w, rows[i].values, 0);
                size_t failed;
                uint64_t commits = atomic_load(&w.service.commits);
                enum ansa_err err = identifier_bulk(&w.writer, changes, 4, &failed);
                if (err != rows[i].want || failed != 2)
                        fail_msg("%s: %s at %zu", rows[i].name, ansa_err_text(err), failed);
                assert_int_equal(atomic_load(&w.service.commits), commits);
                assert_null(world_record(&w, "35.TEST/new"));
                assert_null(world_record(&w, "35.TEST/last"));
                assert_non_null(world_record(&w, "35.TEST/old"));

                /* Values that end early */
                changes[2] = changes[0];
                changes[2].values.wire.size--;
                assert_int_equal(identifier_bulk(&w.writer, changes, 4, &failed), ANSA_E_MALFORMED);
                assert_int_equal(failed, 2);
                world_fini(&w);
        }
}

static void bulk_fails_whole_at_every_call(void **state)
{
        (void)state;
        size_t failures = 0;
        for (size_t n = 1;; n++) {
                struct world w;
                struct meter m;
                setup(&w, &m);
                const struct bulk_change changes[] = {
                        { BULK_HOME, ANSA_BYTES_LIT("0.NA/36.NEW"), { { NULL, 0 }, 0 } },
                        { BULK_PUT, ANSA_BYTES_LIT("36.NEW/1"), world_values(&w, "1 URL a", 0) },
                        { BULK_DELETE, ANSA_BYTES_LIT("35.TEST/old"), { { NULL, 0 }, 0 } },
                };
                m.armed = true;
                m.fail_at = n;
                size_t failed;
                enum ansa_err err = identifier_bulk(&w.writer, changes, 3, &failed);
                m.armed = false;
                bool done = err == ANSA_OK;
                assert_true(done || err == ANSA_E_IO);
                failures += !done;
                assert_int_equal(world_record(&w, "36.NEW/1") != NULL, done);
                assert_int_equal(world_record(&w, "35.TEST/old") == NULL, done);
                world_fini(&w);
                if (done) {
                        assert_true(m.calls > 12); /* of three changes, and of their ledger */
                        assert_int_equal(failures, m.calls);
                        break;
                }
        }
}

static void nothing_is_no_commit(void **state)
{
        (void)state;
        struct world w;
        struct meter m;
        setup(&w, &m);
        m.armed = true;
        identifier_commit(&w.writer, NULL, 0);
        assert_int_equal(m.calls, 0);
        world_fini(&w);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(does_a_batch_in_order),
                cmocka_unit_test(changes_only_what_it_must),
                cmocka_unit_test(tells_the_minted_name),
                cmocka_unit_test(fails_whole_at_every_call),
                cmocka_unit_test(one_that_does_not_fit_harms_no_other),
                cmocka_unit_test(plans_again_on_what_it_finds),
                cmocka_unit_test(takes_the_evidence_of_the_job),
                cmocka_unit_test(the_cache_forgets_what_changed),
                cmocka_unit_test(bulk_changes_are_done),
                cmocka_unit_test(bulk_changes_are_all_or_nothing),
                cmocka_unit_test(bulk_fails_whole_at_every_call),
                cmocka_unit_test(nothing_is_no_commit),
        };
        return cmocka_run_group_tests_name("identifier/commit", tests, NULL, NULL);
}
