/* SPDX-License-Identifier: Apache-2.0 */
/* What may be sent over UDP to sources that have proven nothing. */
#include "rows.h"

#include "doors/budget.h"
#include "doors/crowd.h"

static const struct hash_key key = { 1, 2 };
static const struct budget_settings settings = { .burst = 65536,
                                                 .refill_s = 1024,
                                                 .all_refill_s = 1048576,
                                                 .proven_factor = 100,
                                                 .proven_life_s = 3600 };

struct world {
        struct budget budget;
        struct proven proven;
};

static struct world *new_world(void)
{
        struct world *w = malloc(sizeof(*w));
        assert_non_null(w);
        proven_init(&w->proven, &key);
        budget_init(&w->budget, &settings, 1, &key, &w->proven, 1000);
        return w;
}

#define NETWORK(n) ((uint64_t)(n) << 8 | 4)

static void test_ordinary_client_never_notices(void **state)
{
        (void)state;
        struct world *w = new_world();
        /* two look-ups a second for ten minutes, each answer five times the question */
        for (uint64_t ms = 1000; ms < 600000; ms += 500)
                assert_true(budget_spend(&w->budget, NETWORK(7), 100, 500, ms));
        free(w);
}

/* Bytes that come out for what goes in over @seconds; sources are networks 1..@networks. */
static double flood(struct world *w, uint32_t a_second, uint32_t seconds, uint32_t networks,
                    uint32_t answer)
{
        struct rng rng = { 42 };
        uint64_t in = 0;
        uint64_t out = 0;
        for (uint64_t i = 0; i < (uint64_t)a_second * seconds; i++) {
                uint64_t ms = 1000 + i * 1000 / a_second;
                uint64_t network = NETWORK(1 + rng_below(&rng, networks));
                in += 100;
                if (budget_spend(&w->budget, network, 100, answer, ms))
                        out += answer;
        }
        return (double)out / (double)in;
}

static void test_floods(void **state)
{
        static const struct {
                const char *rule;
                uint32_t a_second;
                uint32_t seconds;
                uint32_t networks;
                uint32_t answer;
        } rows[] = {
                { "one victim, large answers", 10000, 20, 1, 15000 },
                { "one victim, ordinary answers", 10000, 20, 1, 500 },
                { "a hundred victims", 20000, 240, 100, 15000 },
                { "sources from everywhere", 100000, 60, 1u << 24, 15000 },
        };
        (void)state;
        for (size_t i = 0; i < COUNT_OF(rows); i++) {
                struct world *w = new_world();
                double ratio = flood(w, rows[i].a_second, rows[i].seconds, rows[i].networks,
                                     rows[i].answer);
                if (ratio > 1.0)
                        fail_msg("%s: %.3f bytes out for one in", rows[i].rule, ratio);
                /* and the budget is used, not merely refused */
                if (ratio < 0.5)
                        fail_msg("%s: only %.3f bytes out for one in", rows[i].rule, ratio);
                free(w);
        }
}

static void test_flood_does_not_hurt_others(void **state)
{
        (void)state;
        struct world *w = new_world();
        uint32_t refused = 0;
        for (uint64_t ms = 1000; ms < 11000; ms++) {
                for (int i = 0; i < 10; i++)
                        (void)budget_spend(&w->budget, NETWORK(1), 100, 15000, ms);
                if (ms % 500 == 0 && !budget_spend(&w->budget, NETWORK(7), 100, 500, ms))
                        refused++;
        }
        assert_int_equal(refused, 0);
        free(w);
}

static void test_proven_source_has_more(void **state)
{
        (void)state;
        struct world *w = new_world();
        uint32_t until_spent = 0;
        while (budget_spend(&w->budget, NETWORK(9), 100, 500, 1000))
                until_spent++;
        assert_in_range(until_spent, 100, 400);
        proven_add(&w->proven, NETWORK(9), 100);
        assert_true(proven_has(&w->proven, NETWORK(9), 99));
        assert_false(proven_has(&w->proven, NETWORK(9), 100));
        assert_false(proven_has(&w->proven, NETWORK(10), 99));
        /* a hundred times the refill: 100 kB in a second */
        uint32_t sent = 0;
        while (budget_spend(&w->budget, NETWORK(9), 100, 500, 2000))
                sent++;
        assert_in_range(sent, 190, 300);
        /* and when the proof has run out it is as before */
        while (budget_spend(&w->budget, NETWORK(9), 100, 500, 101000))
                continue;
        assert_true(budget_spend(&w->budget, NETWORK(9), 100, 500, 102000));
        uint32_t more = 0;
        while (budget_spend(&w->budget, NETWORK(9), 100, 500, 102000))
                more++;
        assert_in_range(more, 0, 5);
        free(w);
}

static void test_shares_add_up(void **state)
{
        (void)state;
        struct world *w = new_world();
        budget_configure(&w->budget, &settings, 4);
        assert_int_equal(w->budget.settings.burst, settings.burst);
        assert_int_equal(w->budget.settings.refill_s, settings.refill_s / 4);
        assert_int_equal(w->budget.settings.all_refill_s, settings.all_refill_s / 4);
        free(w);
}

static void test_proven_keeps_many(void **state)
{
        (void)state;
        struct world *w = new_world();
        uint32_t kept = 0;
        for (uint64_t n = 0; n < PROVEN_SLOTS / 4; n++)
                proven_add(&w->proven, NETWORK(n), 1000);
        for (uint64_t n = 0; n < PROVEN_SLOTS / 4; n++)
                kept += proven_has(&w->proven, NETWORK(n), 999);
        assert_in_range(kept, PROVEN_SLOTS / 4 * 9 / 10, PROVEN_SLOTS / 4);
        free(w);
}

static void test_ebb(void **state)
{
        (void)state;
        static const struct {
                const char *rule;
                uint32_t all;
                uint32_t peak;
                bool want;
        } rows[] = {
                { "nobody", 0, 0, false },
                { "few", CROWD_EBB_MIN - 1, CROWD_EBB_MIN - 1, false },
                { "few have gone", 0, 0, false },
                { "many", 10000, 10000, false },
                { "some go", 6000, 6000, false },
                { "half have gone", 5000, 5000, false },
                { "and stay so", 5000, 5000, true },
                { "once", 5000, 5000, false },
                { "more go", 100, 100, false },
                { "still", 10, 10, false },
                { "and now one comes", 11, 11, true },
                { "too few to matter", 0, 0, false },
                { "nobody again", 0, 0, false },
                { "many came and went between two looks", 0, 4000, false },
                { "and stay away", 0, 0, true },
        };
        struct crowd_ebb e = { 0 };
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                if (crowd_has_ebbed(&e, rows[i].all, rows[i].peak) != rows[i].want)
                        fail_msg("%s", rows[i].rule);
        }
}

static void test_crowd(void **state)
{
        (void)state;
        struct crowd *c = malloc(sizeof(*c));
        assert_non_null(c);
        crowd_init(c, &key);
        for (uint32_t i = 1; i <= 10; i++)
                assert_int_equal(crowd_join(c, NETWORK(1)), i);
        assert_int_equal(crowd_join(c, NETWORK(2)), 1);
        assert_int_equal(crowd_count(c, NETWORK(1)), 10);
        assert_int_equal(crowd_count(c, NETWORK(3)), 0);
        for (uint32_t i = 0; i < 10; i++)
                crowd_leave(c, NETWORK(1));
        crowd_leave(c, NETWORK(2));
        assert_int_equal(crowd_count(c, NETWORK(1)), 0);
        assert_int_equal(crowd_peak(c), 11);
        assert_int_equal(crowd_peak(c), 0);
        /* never too low, seldom too high */
        for (uint64_t n = 0; n < 2000; n++)
                (void)crowd_join(c, NETWORK(n));
        uint32_t wrong = 0;
        for (uint64_t n = 0; n < 2000; n++) {
                uint32_t count = crowd_count(c, NETWORK(n));
                assert_true(count >= 1);
                wrong += count > 1;
        }
        assert_in_range(wrong, 0, 200);
        free(c);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_ordinary_client_never_notices),
                cmocka_unit_test(test_floods),
                cmocka_unit_test(test_flood_does_not_hurt_others),
                cmocka_unit_test(test_proven_source_has_more),
                cmocka_unit_test(test_shares_add_up),
                cmocka_unit_test(test_proven_keeps_many),
                cmocka_unit_test(test_crowd),
                cmocka_unit_test(test_ebb),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
