/* SPDX-License-Identifier: Apache-2.0 */
/* How slow work is shared out: room, turns and threads. */
#include "rows.h"

#include "doors/lanes.h"

void identifier_job_free(struct write_job *job)
{
        (void)job;
}

static const struct hash_key key = { 1, 2 };

/* Of network 192.0.@network.0, or a datagram that says it is. */
static struct task *task_of(uint8_t network, bool is_udp, size_t size)
{
        static const uint8_t zero[65536];
        const struct peer peer = { .address = { [10] = 0xff, 0xff, 192, 0, network, 1 } };
        struct task *t = task_new(TASK_SERVE, NULL, &peer, (struct ansa_bytes){ zero, size });
        assert_non_null(t);
        t->is_udp = is_udp;
        t->slot = network;
        return t;
}

static uint32_t fill(struct lanes *l, uint8_t network, bool is_udp, size_t size)
{
        uint32_t count = 0;
        for (;;) {
                struct task *t = task_of(network, is_udp, size);
                if (!lanes_put(l, t)) {
                        task_free(t);
                        return count;
                }
                count++;
        }
}

static void test_room_is_left_for_others(void **state)
{
        (void)state;
        static struct lanes l;
        lanes_init(&l, &key, 4, 64, 1u << 30);
        uint32_t datagrams = 0;
        for (uint8_t i = 0; i < 200; i++) { /* one lane, whatever addresses say */
                struct task *t = task_of(i, true, 0);
                if (lanes_put(&l, t))
                        datagrams++;
                else
                        task_free(t);
        }
        row_int("datagrams", datagrams, 32);
        row_int("a network beside them", fill(&l, 1, false, 0), 16);
        row_int("another", fill(&l, 2, false, 0), 8);
        row_int("and another", fill(&l, 3, false, 0), 4);
        uint64_t count;
        lanes_count(&l, &count);
        assert_int_equal(count, 60);
        lanes_limit(&l, 128, 1u << 30);
        row_int("with more room", fill(&l, 3, false, 0), 32);
        lanes_put_anyway(&l, task_of(1, false, 0));
        lanes_fini(&l);
}

static void test_bytes_are_shared_too(void **state)
{
        (void)state;
        static struct lanes l;
        const size_t size = 65536;
        lanes_init(&l, &key, 4, 1000, 64 * (sizeof(struct task) + size));
        row_int("one alone", fill(&l, 1, false, size), 32);
        row_int("another", fill(&l, 2, false, size), 16);
        lanes_fini(&l);
        lanes_init(&l, &key, 4, 1000, 64);
        row_int("larger than the bound, alone", fill(&l, 1, false, size), 1);
        lanes_fini(&l);
}

static void test_turns(void **state)
{
        (void)state;
        static struct lanes l;
        lanes_init(&l, &key, 100, 64, 1u << 30);
        for (int i = 0; i < 4; i++)
                assert_true(lanes_put(&l, task_of(1, false, 0)));
        for (int i = 0; i < 2; i++)
                assert_true(lanes_put(&l, task_of(2, false, 0)));
        assert_true(lanes_put(&l, task_of(3, false, 0)));
        static const uint32_t want[] = { 1, 2, 3, 1, 2, 1, 1 };
        for (size_t i = 0; i < COUNT_OF(want); i++) {
                uint32_t lane;
                struct task *t = lanes_take(&l, &lane);
                row_int("turn", t->slot, want[i]);
                task_free(t);
                lanes_done(&l, lane);
        }
        lanes_close(&l);
        struct task *late = task_of(1, false, 0);
        row_int("closed", lanes_put(&l, late), false);
        task_free(late);
        uint32_t lane;
        assert_null(lanes_take(&l, &lane));
        lanes_fini(&l);
}

static void test_no_lane_has_all_threads(void **state)
{
        (void)state;
        static struct lanes l;
        lanes_init(&l, &key, 3, 64, 1u << 30);
        for (int i = 0; i < 3; i++)
                assert_true(lanes_put(&l, task_of(1, false, 0)));
        assert_true(lanes_put(&l, task_of(2, false, 0)));
        static const uint32_t want[] = { 1, 2, 1 };
        uint32_t lane[3];
        for (size_t i = 0; i < 3; i++) {
                struct task *t = lanes_take(&l, &lane[i]);
                row_int("first three", t->slot, want[i]);
                task_free(t);
        }
        /* the third of 1 waits, although a thread is free: the next newcomer gets it */
        lanes_done(&l, lane[1]);
        assert_true(lanes_put(&l, task_of(4, false, 0)));
        struct task *t = lanes_take(&l, &lane[1]);
        row_int("newcomer", t->slot, 4);
        task_free(t);
        lanes_close(&l);
        lanes_done(&l, lane[0]);
        t = lanes_take(&l, &lane[0]);
        row_int("after one has ended", t->slot, 1);
        task_free(t);
        assert_null(lanes_take(&l, &lane[0]));
        lanes_fini(&l);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_room_is_left_for_others),
                cmocka_unit_test(test_bytes_are_shared_too),
                cmocka_unit_test(test_turns),
                cmocka_unit_test(test_no_lane_has_all_threads),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
