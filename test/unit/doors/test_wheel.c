/* SPDX-License-Identifier: Apache-2.0 */
#include "rows.h"

#include "doors/wheel.h"

#define COUNT 2000u

struct item {
        struct timeout timeout; /* first */
        uint64_t due_ms;        /* what the test thinks */
        bool hangs;
};

static void test_never_early_at_most_a_tick_late(void **state)
{
        static struct item item[COUNT];
        struct wheel w;
        struct rng rng = { 7 };
        uint64_t now = 123456;
        (void)state;
        wheel_init(&w, now);
        for (uint64_t step = 0; step < 20000; step++) {
                struct item *i = &item[rng_below(&rng, COUNT)];
                uint64_t due = now + rng_below(&rng, 200000); /* thrice round the wheel */
                uint32_t what = rng_below(&rng, 4);
                if (what == 0 && i->hangs) {
                        wheel_unhang(&w, &i->timeout);
                        i->hangs = false;
                } else if (what == 1 && i->hangs && due > i->due_ms) {
                        i->timeout.due_ms = i->due_ms = due; /* later: a store will do */
                } else {
                        wheel_hang(&w, &i->timeout, due);
                        i->due_ms = due;
                        i->hangs = true;
                }
                now += rng_below(&rng, 300);
                for (;;) {
                        struct timeout *t = wheel_next_due(&w, now);
                        if (t == NULL)
                                break;
                        struct item *due_item = (struct item *)t;
                        assert_true(due_item->hangs);
                        assert_true(due_item->due_ms <= now);
                        due_item->hangs = false;
                }
                for (size_t k = 0; step % 97 == 0 && k < COUNT; k++) {
                        if (item[k].hangs && item[k].due_ms + 2 * WHEEL_TICK_MS <= now)
                                fail_msg("step %zu: %zu ms late", (size_t)step,
                                         (size_t)(now - item[k].due_ms));
                }
        }
        size_t hanging = 0;
        for (size_t k = 0; k < COUNT; k++)
                hanging += item[k].hangs;
        assert_int_equal(w.count, hanging);
}

static void test_wait(void **state)
{
        (void)state;
        struct wheel w;
        struct timeout t = { 0 };
        wheel_init(&w, 1000);
        assert_int_equal(wheel_wait_ms(&w, 1000), -1);
        wheel_hang(&w, &t, 5000);
        int waited = 0;
        uint64_t now = 1000;
        while (wheel_next_due(&w, now) == NULL) {
                int wait = wheel_wait_ms(&w, now);
                assert_in_range(wait, 0, 2 * WHEEL_TICK_MS);
                now += wait > 0 ? (uint64_t)wait : 1;
                waited++;
                assert_true(waited < 100);
        }
        assert_in_range(now, 5000, 5000 + 2 * WHEEL_TICK_MS);
        wheel_unhang(&w, &t); /* fine when not hung */
        assert_int_equal(w.count, 0);
}

static void test_long_sleep(void **state)
{
        (void)state;
        struct wheel w;
        struct timeout a = { 0 };
        struct timeout b = { 0 };
        wheel_init(&w, 0);
        wheel_hang(&w, &a, 100);
        wheel_hang(&w, &b, 10u * 3600 * 1000);
        assert_ptr_equal(wheel_next_due(&w, 3600 * 1000), &a);
        assert_null(wheel_next_due(&w, 3600 * 1000));
        assert_ptr_equal(wheel_next_due(&w, 11u * 3600 * 1000), &b);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_never_early_at_most_a_tick_late),
                cmocka_unit_test(test_wait),
                cmocka_unit_test(test_long_sleep),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
