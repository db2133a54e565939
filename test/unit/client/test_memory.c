/* SPDX-License-Identifier: Apache-2.0 */
/* What a client remembers: answers (irp-service 4.1), response times, the primary of a prefix. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "world.h"

#include "client/cache.h"
#include "client/measures.h"

#include <pthread.h>
#include <stdio.h>

#define NOW_S 1700000000u

static const struct hash_key key = { 1, 2 };

static struct ansa_bytes text(const char *t)
{
        return ansa_bytes_text(t);
}

/* Values with indexes from 1, of the types, NULL at the end. */
static struct ansa_values make_values(struct buf *b, const char *const *types, uint32_t ttl_s)
{
        uint32_t n = 0;
        for (; types[n] != NULL; n++) {
                struct ansa_value v = fake_value(n + 1, types[n], text("data"));
                v.ttl_s = ttl_s;
                fake_put_value(b, &v);
        }
        return (struct ansa_values){ buf_written(b), n };
}

/* How many values the cache gives, -1 for none known. */
static int get(struct answer_cache *c, const struct answer_cache_query *q, uint64_t now_ms)
{
        struct arena arena;
        struct ansa_values values;
        uint32_t ttl_s;
        arena_init(&arena, 1u << 20);
        enum ansa_err err = answer_cache_get(c, q, now_ms, &arena, &values, &ttl_s);
        int count = err == ANSA_OK ? (int)values.count : -1;
        arena_fini(&arena);
        return count;
}

static void answers_what_it_knows(void **state)
{
        (void)state;
        static const char *const types[] = { "URL", "EMAIL", "URL.ALT", NULL };
        struct ansa_bytes url = text("url");
        struct ansa_bytes url_below = text("URL.");
        struct ansa_bytes phone = text("PHONE");
        uint32_t two = 2;
        struct answer_cache c;
        struct buf b = buf_growing(65536);
        answer_cache_init(&c, 1u << 20, 3600, &key);
        struct ansa_values values = make_values(&b, types, 100);
        struct answer_cache_query all = { .name = text("35.TEST/a") };
        answer_cache_put(&c, &all, values, 0, NOW_S);
        const struct {
                struct answer_cache_query q;
                int count;
        } rows[] = {
                { { .name = text("35.TEST/a") }, 3 },
                { { .name = text("35.test/a") }, 3 },
                { { .name = text("35.TEST/A") }, -1 }, /* the service may tell them apart */
                { { .name = text("35.TEST/a"), .types = &url, .type_count = 1 }, 1 },
                { { .name = text("35.TEST/a"), .types = &url_below, .type_count = 1 }, 2 },
                { { .name = text("35.TEST/a"),
                    .types = &url,
                    .type_count = 1,
                    .indexes = &two,
                    .index_count = 1 },
                  2 },
                { { .name = text("35.TEST/a"), .types = &phone, .type_count = 1 }, -1 },
                { { .name = text("35.TEST/a"), .is_certified = true }, -1 },
                { { .name = text("35.TEST/b") }, -1 },
        };
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                int count = get(&c, &rows[i].q, 1000);
                if (count != rows[i].count)
                        fail_msg("row %zu: %d", i, count);
        }
        /* A part answers for itself only. */
        struct answer_cache_query part = { .name = text("35.TEST/p"),
                                           .types = &url,
                                           .type_count = 1 };
        answer_cache_put(&c, &part, values, 0, NOW_S);
        assert_int_equal(get(&c, &part, 0), 1);
        part.types = &phone;
        assert_int_equal(get(&c, &part, 0), -1);
        part.type_count = 0;
        assert_int_equal(get(&c, &part, 0), -1);
        /* A change of any spelling drops it. */
        answer_cache_drop(&c, text("35.test/A"));
        assert_int_equal(get(&c, &all, 0), -1);
        answer_cache_clear(&c);
        buf_fini(&b);
}

static void goes_by_the_shortest_ttl(void **state)
{
        (void)state;
        static const struct {
                const char *name;
                uint32_t ttl, second_ttl;
                uint8_t second_type; /* relative or absolute */
                uint8_t permissions;
                uint32_t want;
        } rows[] = {
                { "relative", 100, 200, 0, 0x0e, 100 },
                { "the second", 200, 100, 0, 0x0e, 100 },
                { "none", 100, 0, 0, 0x0e, 0 },
                { "at most the maximum", 86400, 86400, 0, 0x0e, 3600 },
                { "absolute", 200, NOW_S + 50, 1, 0x0e, 50 },
                { "absolute, over", 200, NOW_S - 1, 1, 0x0e, 0 },
                { "absolute, now", 200, NOW_S, 1, 0x0e, 0 },
                { "private", 100, 100, 0, 0x0c, 0 },
        };
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                struct buf b = buf_growing(65536);
                struct ansa_value v = fake_value(1, "URL", text("x"));
                v.ttl_s = rows[i].ttl;
                fake_put_value(&b, &v);
                v.ttl_s = rows[i].second_ttl;
                v.ttl_type = rows[i].second_type;
                v.permissions = rows[i].permissions;
                fake_put_value(&b, &v);
                struct ansa_values values = { buf_written(&b), 2 };
                struct answer_cache c;
                struct answer_cache_query q = { .name = text("35.TEST/a") };
                answer_cache_init(&c, 1u << 20, 3600, &key);
                answer_cache_put(&c, &q, values, 5000, NOW_S);
                int last = get(&c, &q, 5000 + (uint64_t)rows[i].want * 1000 - 1);
                int after = get(&c, &q, 5000 + (uint64_t)rows[i].want * 1000);
                if ((rows[i].want > 0) != (last == 2) || after != -1)
                        fail_msg("%s: %d, %d", rows[i].name, last, after);
                answer_cache_clear(&c);
                buf_fini(&b);
        }
        /* Not even an operator may have it longer. */
        struct answer_cache c;
        answer_cache_init(&c, 1, UINT32_MAX, &key);
        assert_int_equal(c.ttl_max_s, 172800);
}

/* Never over its size; the least recently used go first. */
static void stays_within_its_size(void **state)
{
        (void)state;
        static const char *const types[] = { "URL", NULL };
        struct answer_cache c;
        struct buf b = buf_growing(65536);
        const size_t size_max = 8192;
        answer_cache_init(&c, size_max, 3600, &key);
        struct ansa_values values = make_values(&b, types, 100);
        struct answer_cache_query kept = { .name = text("35.TEST/kept") };
        answer_cache_put(&c, &kept, values, 0, NOW_S);
        for (int i = 0; i < 500; i++) {
                char name[32];
                (void)snprintf(name, sizeof(name), "35.TEST/%d", i);
                struct answer_cache_query q = { .name = text(name) };
                answer_cache_put(&c, &q, values, 0, NOW_S);
                assert_in_range(c.size, 1, size_max);
                assert_int_equal(get(&c, &q, 0), 1);
                assert_int_equal(get(&c, &kept, 0), 1);
        }
        struct answer_cache_query first = { .name = text("35.TEST/0") };
        assert_int_equal(get(&c, &first, 0), -1);
        /* One answer does not drive out all others. */
        struct buf big = buf_growing(65536);
        struct ansa_value v = fake_value(1, "URL", (struct ansa_bytes){ b.at, b.size });
        uint8_t data[2000] = { 0 };
        v.data = (struct ansa_bytes){ data, sizeof(data) };
        fake_put_value(&big, &v);
        struct answer_cache_query large = { .name = text("35.TEST/big") };
        answer_cache_put(&c, &large, (struct ansa_values){ buf_written(&big), 1 }, 0, NOW_S);
        assert_int_equal(get(&c, &large, 0), -1);
        assert_int_equal(get(&c, &kept, 0), 1);
        answer_cache_clear(&c);
        assert_int_equal(c.size, 0);
        /* No cache at all. */
        answer_cache_init(&c, 0, 3600, &key);
        answer_cache_put(&c, &kept, values, 0, NOW_S);
        assert_int_equal(get(&c, &kept, 0), -1);
        answer_cache_clear(&c);
        buf_fini(&b);
        buf_fini(&big);
}

static struct endpoint server(uint8_t last, uint16_t port)
{
        return endpoint_of((const uint8_t[16]){ [12] = 192, [13] = 0, [14] = 2, [15] = last }, port,
                           ANSA_TRANSPORT_TCP);
}

static void averages_response_times(void **state)
{
        (void)state;
        static struct measures m;
        struct endpoint a = server(1, 2641);
        memset(&m, 0, sizeof(m));
        assert_int_equal(measures_get(&m, &a, 0), 0);
        measures_put(&m, &a, 100, 1000);
        assert_int_equal(measures_get(&m, &a, 1000), 100);
        measures_put(&m, &a, 200, 1000);
        assert_int_equal(measures_get(&m, &a, 1000), 125);
        assert_int_equal(measures_get(&m, &a, 1000 + MEASURE_LIFETIME_MS - 1), 125);
        assert_int_equal(measures_get(&m, &a, 1000 + MEASURE_LIFETIME_MS), 0);
        struct endpoint other_port = server(1, 2642);
        assert_int_equal(measures_get(&m, &other_port, 1000), 0);
        /* At once is still known. */
        measures_put(&m, &other_port, 0, 1000);
        assert_int_equal(measures_get(&m, &other_port, 1000), 1);
        /* The oldest make room. */
        for (uint16_t i = 0; i < MEASURES_MAX; i++) {
                struct endpoint e = server(2, (uint16_t)(1000 + i));
                measures_put(&m, &e, 50, 2000u + i);
        }
        assert_int_equal(measures_get(&m, &a, 3000), 0);
        struct endpoint last = server(2, 1000 + MEASURES_MAX - 1);
        assert_int_equal(measures_get(&m, &last, 3000), 50);
}

static void sticks_for_an_hour(void **state)
{
        (void)state;
        static struct measures m;
        struct endpoint a = server(1, 2641);
        struct endpoint b = server(2, 2641);
        memset(&m, 0, sizeof(m));
        measures_stick(&m, text("35.TEST"), &a, 1000);
        assert_true(measures_is_sticky(&m, text("35.test"), &a, 1000));
        assert_false(measures_is_sticky(&m, text("35.TEST"), &b, 1000));
        assert_false(measures_is_sticky(&m, text("35.OTHER"), &a, 1000));
        assert_false(measures_is_sticky(&m, text("35.TEST"), &a, 1000 + STICKY_LIFETIME_MS));
        measures_stick(&m, text("35.TEST"), &b, 2000);
        assert_true(measures_is_sticky(&m, text("35.TEST"), &b, 2000));
        assert_false(measures_is_sticky(&m, text("35.TEST"), &a, 2000));
        for (uint32_t i = 0; i < STICKY_MAX; i++) {
                char prefix[32];
                (void)snprintf(prefix, sizeof(prefix), "36.%u", i);
                measures_stick(&m, text(prefix), &a, 3000 + i);
        }
        assert_false(measures_is_sticky(&m, text("35.TEST"), &b, 4000));
        measures_clear(&m);
        assert_false(measures_is_sticky(&m, text("36.1"), &a, 4000));
}

/* ---- One client, many threads ---- */

#define THREADS 4
#define ROUNDS  40

static void *resolve_many(void *context)
{
        struct world *w = context;
        uintptr_t failures = 0;
        for (int i = 0; i < ROUNDS; i++) {
                struct ansa_call *call =
                        fake_resolve(w->client, i % 2 == 0 ? "35.TEST/1" : "35.TEST/2",
                                     i % 3 == 0 ? ANSA_NO_CACHE : 0);
                failures += ansa_call_answer(call)->err != ANSA_OK;
                ansa_call_free(call);
                if (i % 10 == 9)
                        ansa_client_forget(w->client);
        }
        return (void *)failures;
}

static void serves_many_threads(void **state)
{
        (void)state;
        struct world w;
        pthread_t threads[THREADS];
        world_begin(&w, 2);
        world_site_rule(&w, ROOT, "0.NA/35.TEST", 1);
        world_url_rule(&w, 1, "35.TEST/1", "http://1/");
        world_url_rule(&w, 1, "35.TEST/2", "http://2/");
        for (int i = 0; i < THREADS; i++)
                assert_int_equal(pthread_create(&threads[i], NULL, resolve_many, &w), 0);
        for (int i = 0; i < THREADS; i++) {
                void *failures;
                assert_int_equal(pthread_join(threads[i], &failures), 0);
                assert_null(failures);
        }
        world_end(&w);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(answers_what_it_knows), cmocka_unit_test(goes_by_the_shortest_ttl),
                cmocka_unit_test(stays_within_its_size), cmocka_unit_test(averages_response_times),
                cmocka_unit_test(sticks_for_an_hour),    cmocka_unit_test(serves_many_threads),
        };
        return cmocka_run_group_tests_name("client/memory", tests, NULL, NULL);
}
