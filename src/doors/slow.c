/* SPDX-License-Identifier: Apache-2.0 */
#include "doors/web.h"
#include "doors/worker.h"

#include <stdlib.h>

/*
 * The slow lane: threads that may wait (for the key process, for other servers) or
 * compute for long. What they take is bounded by the queue.
 */

static void to_writer(struct slow_thread *s, struct task *t, struct write_job *job)
{
        t->kind = TASK_WRITE;
        t->job = job;
        t->size = sizeof(*t) + t->message_size + identifier_job_size(job);
        if (queue_put(&s->doors->writes, t))
                return;
        (void)atomic_fetch_add(&s->doors->writes_refused, 1);
        struct buf reply = buf_over(s->reply, REPLY_ROOM_ONE);
        identifier_job_reply(s->service, job, RC_BUSY, &reply);
        t->kind = TASK_REPLY;
        task_set_reply(t, buf_written(&reply));
        task_give_back(t);
}

static void serve(struct slow_thread *s, struct task *t)
{
        struct buf reply = buf_over(s->reply, REPLY_ROOM_ONE);
        struct write_job *job = NULL;
        s->more.more = false;
        enum identifier_outcome outcome = identifier_serve(
                s->service, &t->peer, task_message(t), &reply, t->is_udp ? NULL : &s->more, &job);
        if (outcome == IDENTIFIER_WRITE) {
                to_writer(s, t, job);
                return;
        }
        ansa_assert(outcome != IDENTIFIER_SLOW); /* this worker may block */
        if (outcome == IDENTIFIER_REPLY) {
                task_set_reply(t, buf_written(&reply));
                if (s->more.more)
                        t->more = malloc(sizeof(*t->more));
                if (t->more != NULL)
                        *t->more = s->more;
        }
        task_give_back(t);
}

static void go_on(struct slow_thread *s, struct task *t)
{
        struct buf reply = buf_over(s->reply, REPLY_ROOM_ONE);
        if (identifier_continue(s->service, &t->peer, &reply, t->more) == IDENTIFIER_REPLY)
                task_set_reply(t, buf_written(&reply));
        else
                t->more->more = false;
        task_give_back(t);
}

static void reply_to_job(struct slow_thread *s, struct task *t)
{
        struct buf reply = buf_over(s->reply, REPLY_ROOM_ONE);
        identifier_job_reply(s->service, t->job, 0, &reply);
        task_set_reply(t, buf_written(&reply));
        task_give_back(t);
}

void *slow_run(void *slow_thread)
{
        struct slow_thread *s = slow_thread;
        for (;;) {
                uint32_t lane = 0;
                struct task *t = lanes_take(&s->doors->slow, &lane);
                if (t == NULL)
                        return NULL;
                t->was_slow = true;
                switch (t->kind) {
                case TASK_SERVE:
                        serve(s, t);
                        break;
                case TASK_CONTINUE:
                        go_on(s, t);
                        break;
                case TASK_REPLY:
                        reply_to_job(s, t);
                        break;
                case TASK_HTTP:
                        web_call_serve_slow(t->call, s->http, t);
                        break;
                case TASK_WRITE:
                        ansa_assert(t->kind != TASK_WRITE); /* never put here */
                        break;
                }
                lanes_done(&s->doors->slow, lane);
        }
}
