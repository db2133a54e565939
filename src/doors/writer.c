/* SPDX-License-Identifier: Apache-2.0 */
#include "doors/worker.h"

/*
 * The one writer: takes all changes that wait, does them in one transaction, and when
 * that is durable sends each back to whoever asked. While it waits for the disk the next
 * batch gathers: the slower the disk, the larger the batches.
 */

#define BATCH_LIMIT 4096u /* the configuration may set less */

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

/* The jobs of all tasks, in the order of their coming, in transactions of at most @most. */
static void commit(struct doors *doors, const struct task *first, size_t most)
{
        static _Thread_local struct write_job *jobs[BATCH_LIMIT];
        size_t count = 0;
        for (const struct task *t = first; t != NULL; t = t->next) {
                struct write_job *const *of = t->jobs != NULL ? t->jobs : &t->job;
                size_t of_count = t->jobs != NULL ? t->job_count : 1;
                for (size_t i = 0; i < of_count; i++) {
                        jobs[count++] = of[i];
                        bool is_last = t->next == NULL && i + 1 == of_count;
                        if (count < most && !is_last)
                                continue;
                        identifier_commit(doors->writer_service, jobs, count);
                        (void)atomic_fetch_add_explicit(&doors->write_batches, 1,
                                                        memory_order_relaxed);
                        count = 0;
                }
        }
        ansa_assert(count == 0);
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
