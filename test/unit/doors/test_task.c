/* SPDX-License-Identifier: Apache-2.0 */
/* Queues and mailboxes between the threads. */
#include "rows.h"

#include "doors/latency.h"
#include "doors/task.h"

#include <poll.h>

static uint32_t jobs_freed;

void identifier_job_free(struct write_job *job)
{
        (void)job;
        jobs_freed++;
}

static const struct peer peer = { .port = 1 };

static struct task *new_task(size_t size)
{
        static const uint8_t zero[4096];
        struct task *t = task_new(TASK_SERVE, NULL, &peer, (struct ansa_bytes){ zero, size });
        assert_non_null(t);
        return t;
}

static void test_bounds(void **state)
{
        (void)state;
        struct queue q;
        queue_init(&q, 3, 3 * (sizeof(struct task) + 100));
        struct task *extra = new_task(100);
        for (int i = 0; i < 3; i++)
                assert_true(queue_put(&q, new_task(100)));
        row_int("count", queue_put(&q, extra), false);
        queue_limit(&q, 4, 3 * (sizeof(struct task) + 100));
        row_int("size", queue_put(&q, extra), false);
        queue_limit(&q, 4, 4 * (sizeof(struct task) + 100));
        row_int("fits", queue_put(&q, extra), true);
        uint64_t count;
        queue_count(&q, &count);
        assert_int_equal(count, 4);

        struct task *some = queue_take(&q, 2);
        assert_non_null(some->next);
        assert_null(some->next->next);
        task_free(some->next);
        task_free(some);
        queue_close(&q);
        struct task *closed = new_task(0);
        row_int("closed", queue_put(&q, closed), false);
        task_free(closed);
        uint32_t left = 0;
        for (struct task *t = queue_take(&q, 100); t != NULL;) {
                struct task *next = t->next;
                left++;
                row_int("order", t == extra, next == NULL);
                task_free(t);
                t = next;
        }
        assert_int_equal(left, 2);
        assert_null(queue_take(&q, 1));
        queue_fini(&q);
}

static void test_one_that_is_larger_than_the_bound_alone(void **state)
{
        (void)state;
        struct queue q;
        queue_init(&q, 10, 64);
        row_int("alone", queue_put(&q, new_task(1000)), true);
        struct task *t = new_task(1);
        row_int("not beside another", queue_put(&q, t), false);
        t->job = (struct write_job *)t; /* only counted */
        jobs_freed = 0;
        task_free(t);
        assert_int_equal(jobs_freed, 1);
        queue_fini(&q); /* frees what is left */
}

/* A task with several jobs counts for each of them. */
static void test_weight(void **state)
{
        (void)state;
        struct queue q;
        queue_init(&q, 10, 1u << 20);
        struct task *six = new_task(0);
        struct task *five = new_task(0);
        struct task *four = new_task(0);
        struct task *twenty = new_task(0);
        six->job_count = 6;
        five->job_count = 5;
        four->job_count = 4;
        twenty->job_count = 20;
        row_int("six of ten", queue_put(&q, six), true);
        row_int("five more", queue_put(&q, five), false);
        row_int("four more", queue_put(&q, four), true);
        uint64_t count;
        queue_count(&q, &count);
        row_int("all", (long long)count, 10);
        struct task *taken = queue_take(&q, 9);
        row_int("not the second", taken == six && taken->next == NULL, true);
        taken = queue_take(&q, 1);
        row_int("one that is heavier than asked for, alone", taken == four, true);
        row_int("heavier than the bound, alone", queue_put(&q, twenty), true);
        row_int("nothing beside it", queue_put(&q, five), false);
        task_free(six);
        task_free(four);
        task_free(five);
        queue_fini(&q);
}

static void test_latency_buckets(void **state)
{
        static const struct {
                uint64_t us;
                uint32_t bucket;
        } rows[] = {
                { 0, 0 },        { 1, 0 },        { 2, 1 },         { 3, 2 },
                { 4, 2 },        { 5, 3 },        { 1024, 10 },     { 1025, 11 },
                { 4194304, 22 }, { 4194305, 23 }, { 1u << 30, 23 }, { UINT64_MAX, 23 },
        };
        (void)state;
        for (size_t i = 0; i < COUNT_OF(rows); i++)
                row_int("bucket", latency_bucket(rows[i].us), rows[i].bucket);
        static struct latency l;
        struct doors_latency sum = { 0 };
        latency_add(&l, 3, 64);
        latency_add(&l, 100, 1);
        latency_sum(&l, &sum);
        latency_sum(&l, &sum);
        row_int("of a batch", (long long)sum.bucket[2], 128);
        row_int("sum", (long long)sum.sum_us, 2 * (3 * 64 + 100));
}

#define SENDERS 4
#define EACH    5000u

struct sender {
        struct mailbox *box;
        uint32_t number;
};

static void *send_all(void *arg)
{
        struct sender *s = arg;
        for (uint32_t i = 0; i < EACH; i++) {
                struct task *t = new_task(0);
                t->slot = s->number;
                t->generation = i;
                mailbox_send(s->box, t);
        }
        return NULL;
}

static void test_mailbox_loses_nothing_and_keeps_order(void **state)
{
        (void)state;
        struct mailbox box;
        struct sender sender[SENDERS];
        pthread_t thread[SENDERS];
        uint32_t next_of[SENDERS] = { 0 };
        assert_err("mailbox", mailbox_init(&box), ANSA_OK);
        for (uint32_t i = 0; i < SENDERS; i++) {
                sender[i] = (struct sender){ &box, i };
                assert_int_equal(pthread_create(&thread[i], NULL, send_all, &sender[i]), 0);
        }
        uint32_t got = 0;
        while (got < SENDERS * EACH) {
                struct pollfd ready = { .fd = box.event_fd, .events = POLLIN };
                assert_int_equal(poll(&ready, 1, 10000), 1); /* never left without a wake */
                for (struct task *t = mailbox_take(&box); t != NULL;) {
                        struct task *next = t->next;
                        assert_int_equal(t->generation, next_of[t->slot]);
                        next_of[t->slot]++;
                        got++;
                        task_free(t);
                        t = next;
                }
        }
        for (size_t i = 0; i < SENDERS; i++)
                assert_int_equal(pthread_join(thread[i], NULL), 0);
        assert_null(mailbox_take(&box));
        mailbox_send(&box, new_task(10)); /* left inside: freed with it */
        mailbox_fini(&box);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_bounds),
                cmocka_unit_test(test_one_that_is_larger_than_the_bound_alone),
                cmocka_unit_test(test_weight),
                cmocka_unit_test(test_latency_buckets),
                cmocka_unit_test(test_mailbox_loses_nothing_and_keeps_order),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
