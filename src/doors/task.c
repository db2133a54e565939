/* SPDX-License-Identifier: Apache-2.0 */
#include "doors/task.h"

#include "doors/latency.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct task *task_new(enum task_kind kind, struct worker *owner, const struct peer *peer,
                      struct ansa_bytes message)
{
        struct task *t = malloc(sizeof(*t) + message.size);
        if (t == NULL)
                return NULL;
        *t = (struct task){ .kind = kind,
                            .owner = owner,
                            .peer = *peer,
                            .begun_us = latency_now_us(),
                            .size = sizeof(*t) + message.size,
                            .message_size = message.size };
        if (message.size > 0)
                memcpy(t->message, message.at, message.size);
        return t;
}

void task_free(struct task *t)
{
        if (t == NULL)
                return;
        if (t->job != NULL)
                identifier_job_free(t->job);
        free(t->more);
        /* only task_set_reply puts something there, from malloc */
        free((void *)(uintptr_t)t->reply.at);
        free(t);
}

void task_set_reply(struct task *t, struct ansa_bytes reply)
{
        ansa_assert(t->reply.at == NULL);
        if (reply.size == 0)
                return;
        uint8_t *at = malloc(reply.size);
        if (at == NULL)
                return;
        memcpy(at, reply.at, reply.size);
        t->reply = (struct ansa_bytes){ at, reply.size };
}

void queue_init(struct queue *q, uint32_t count_max, uint64_t size_max)
{
        *q = (struct queue){ .count_max = count_max, .size_max = size_max };
        q->last = &q->first;
        lock_init(&q->lock);
        ansa_assert(pthread_cond_init(&q->filled, NULL) == 0);
}

void queue_fini(struct queue *q)
{
        while (q->first != NULL) {
                struct task *t = q->first;
                q->first = t->next;
                task_free(t);
        }
        ansa_assert(pthread_cond_destroy(&q->filled) == 0);
        lock_fini(&q->lock);
}

void queue_limit(struct queue *q, uint32_t count_max, uint64_t size_max)
{
        lock_take(&q->lock);
        q->count_max = count_max;
        q->size_max = size_max;
        lock_give(&q->lock);
}

static void append(struct queue *q, struct task *t)
{
        t->next = NULL;
        *q->last = t;
        q->last = &t->next;
        q->count += task_weight(t);
        q->size += t->size;
        (void)pthread_cond_signal(&q->filled);
}

bool queue_put(struct queue *q, struct task *t)
{
        lock_take(&q->lock);
        bool fits = !q->closed && (q->count == 0 || (q->count < q->count_max &&
                                                     task_weight(t) <= q->count_max - q->count &&
                                                     q->size + t->size <= q->size_max));
        if (fits)
                append(q, t);
        lock_give(&q->lock);
        return fits;
}

struct task *queue_take(struct queue *q, uint32_t count_max)
{
        ansa_assert(count_max > 0);
        lock_take(&q->lock);
        while (q->first == NULL && !q->closed)
                ansa_assert(pthread_cond_wait(&q->filled, &q->lock.mutex) == 0);
        struct task *first = q->first;
        struct task **end = &q->first;
        uint64_t taken = 0;
        while (*end != NULL && (taken == 0 || taken + task_weight(*end) <= count_max)) {
                taken += task_weight(*end);
                q->count -= task_weight(*end);
                q->size -= (*end)->size;
                end = &(*end)->next;
        }
        q->first = *end;
        *end = NULL;
        if (q->first == NULL)
                q->last = &q->first;
        lock_give(&q->lock);
        return first;
}

void queue_close(struct queue *q)
{
        lock_take(&q->lock);
        q->closed = true;
        (void)pthread_cond_broadcast(&q->filled);
        lock_give(&q->lock);
}

void queue_count(struct queue *q, uint64_t *count)
{
        lock_take(&q->lock);
        *count = q->count;
        lock_give(&q->lock);
}

enum ansa_err mailbox_init(struct mailbox *m)
{
        atomic_init(&m->newest, NULL);
        m->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        return m->event_fd >= 0 ? ANSA_OK : ANSA_E_IO;
}

void mailbox_fini(struct mailbox *m)
{
        struct task *t = atomic_load(&m->newest);
        while (t != NULL) {
                struct task *next = t->next;
                task_free(t);
                t = next;
        }
        if (m->event_fd >= 0)
                (void)close(m->event_fd);
        m->event_fd = -1;
}

void mailbox_wake(struct mailbox *m)
{
        uint64_t one = 1;
        /* EAGAIN: the counter is full, so the worker will wake anyway */
        while (write(m->event_fd, &one, sizeof(one)) < 0 && errno == EINTR)
                continue;
}

void mailbox_send(struct mailbox *m, struct task *t)
{
        struct task *newest = atomic_load_explicit(&m->newest, memory_order_relaxed);
        do {
                t->next = newest;
        } while (!atomic_compare_exchange_weak_explicit(
                &m->newest, &newest, t, memory_order_release, memory_order_relaxed));
        if (newest == NULL) /* else whoever put the first one there has called or will */
                mailbox_wake(m);
}

struct task *mailbox_take(struct mailbox *m)
{
        uint64_t count;
        while (read(m->event_fd, &count, sizeof(count)) < 0 && errno == EINTR)
                continue;
        struct task *t = atomic_exchange_explicit(&m->newest, NULL, memory_order_acquire);
        struct task *oldest = NULL;
        while (t != NULL) {
                struct task *next = t->next;
                t->next = oldest;
                oldest = t;
                t = next;
        }
        return oldest;
}
