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
        if (identifier_job_is_slow(t->job)) {
                t->kind = TASK_REPLY;
                /* done already, so it must be told: not bounded but by what was let in */
                lanes_put_anyway(&doors->slow, t);
                return;
        }
        mailbox_send(&t->owner->mailbox, t); /* the worker makes the answer */
}

void *writer_run(void *arg)
{
        struct doors *doors = arg;
        static _Thread_local struct write_job *jobs[BATCH_LIMIT];
        for (;;) {
                uint32_t most = atomic_load_explicit(&doors->write_batch_max, memory_order_relaxed);
                if (most > BATCH_LIMIT)
                        most = BATCH_LIMIT;
                struct task *first = queue_take(&doors->writes, most);
                if (first == NULL)
                        return NULL;
                size_t count = 0;
                for (struct task *t = first; t != NULL; t = t->next)
                        jobs[count++] = t->job;
                identifier_commit(doors->writer_service, jobs, count);
                (void)atomic_fetch_add_explicit(&doors->write_batches, 1, memory_order_relaxed);
                while (first != NULL) {
                        struct task *next = first->next;
                        give_back(doors, first);
                        first = next;
                }
        }
}
