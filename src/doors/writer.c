/* SPDX-License-Identifier: Apache-2.0 */
#include "doors/worker.h"

#include "base/assert.h"
#include "http/http.h"

#include <assert.h>
#include <string.h>

/*
 * The one writer: takes all changes that wait, does them in one transaction, and when
 * that is durable sends each back to whoever asked. While it waits for the disk the next
 * batch gathers: the slower the disk, the larger the batches.
 */

#define BATCH_LIMIT 4096u /* the configuration may set less */
static_assert(BATCH_LIMIT >= HTTP_JOBS_MAX, "the jobs of one exchange share a transaction");

static void give_back(struct doors *doors, struct task *t)
{
        if (t->job != NULL && identifier_job_is_slow(t->job)) {
                t->kind = TASK_REPLY;
                /* done already, so it must be told: not bounded but by what was let in */
                lanes_put_anyway(&doors->slow, t);
                return;
        }
        task_give_back(t); /* its owner makes the answer */
}

static void commit_jobs(struct doors *doors, struct write_job *const *jobs, size_t count)
{
        if (count == 0)
                return;
        identifier_commit(doors->writer_service, jobs, count);
        (void)atomic_fetch_add_explicit(&doors->write_batches, 1, memory_order_relaxed);
}

/*
 * The jobs of all tasks, in the order of their coming, in transactions of at most @most. Those of
 * one task are never parted: one of them may tell how far the others have come.
 */
static void commit(struct doors *doors, const struct task *first, size_t most)
{
        static _Thread_local struct write_job *jobs[BATCH_LIMIT];
        size_t count = 0;
        for (const struct task *t = first; t != NULL; t = t->next) {
                struct write_job *const *of = t->jobs != NULL ? t->jobs : &t->job;
                size_t of_count = t->jobs != NULL ? t->job_count : 1;
                ansa_assert(of_count <= BATCH_LIMIT);
                if (count > 0 && of_count > most - count) {
                        commit_jobs(doors, jobs, count);
                        count = 0;
                }
                memcpy(jobs + count, of, of_count * sizeof(*jobs));
                count += of_count;
                if (count >= most) {
                        commit_jobs(doors, jobs, count);
                        count = 0;
                }
        }
        commit_jobs(doors, jobs, count);
}

void *writer_run(void *arg)
{
        struct doors *doors = arg;
        for (;;) {
                uint32_t most = atomic_load_explicit(&doors->write_batch_max, memory_order_relaxed);
                if (most > BATCH_LIMIT)
                        most = BATCH_LIMIT;
                struct task *first = queue_take(&doors->writes, most);
                if (first == NULL)
                        return NULL;
                commit(doors, first, most);
                while (first != NULL) {
                        struct task *next = first->next;
                        give_back(doors, first);
                        first = next;
                }
        }
}
