/* SPDX-License-Identifier: Apache-2.0 */
/*
 * New settings while requests are served: each is served with whole ones, and old ones go when
 * the last request that began with them has.
 */
#include "web.h"

#include "base/assert.h"
#include "base/env.h"
#include "base/shared.h"
#include "wire/data.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#define CHANGES   10000u
#define THREADS   2u
#define AT_ONCE   3u /* exchanges of a thread */
#define LIVE_MAX  (THREADS * (1 + AT_ONCE) + 1)
#define ORIGIN_AT (sizeof("\"origin\":\"https://") - 1)

static atomic_uint live; /* settings that were not freed yet */

/* What the settings borrow. */
struct own {
        struct shared shared;
        char origin[32];
        char delimiter[2];
        uint8_t site[256];
        size_t site_size;
};

static void make_site(struct own *own)
{
        uint8_t room[128];
        struct buf servers = buf_over(room, sizeof(room));
        struct buf b = buf_over(own->site, sizeof(own->site));
        const struct ansa_interface interface = { 3, 1, 2641 };
        const struct ansa_server server = { .id = 1,
                                            .address = { [12] = 127, [15] = 1 },
                                            .interface_count = 1 };
        site_put_server(&server, &interface, &servers);
        const struct ansa_site site = { .format = 1,
                                        .protocol_major = 2,
                                        .protocol_minor = 11,
                                        .serial = 7,
                                        .flags = ANSA_SITE_PRIMARY,
                                        .hash_option = ANSA_HASH_ALL,
                                        .server_count = 1,
                                        .servers = buf_written(&servers) };
        site_encode(&site, &b);
        assert_int_equal(b.err, ANSA_OK);
        own->site_size = b.size;
}

static struct own *own_of(struct shared *s)
{
        return (struct own *)s;
}

static void own_free(struct shared *s)
{
        memset(own_of(s)->origin, '#', sizeof(own_of(s)->origin));
        memset(own_of(s)->delimiter, '#', sizeof(own_of(s)->delimiter));
        memset(own_of(s)->site, '#', sizeof(own_of(s)->site));
        free(s);
        (void)atomic_fetch_sub(&live, 1);
}

struct world {
        struct store *store;
        struct identifier *service;
        struct http *http;
        atomic_uint said;   /* the number of the settings in force, or about to be */
        atomic_uint begun;  /* threads */
        atomic_uint served; /* requests */
        atomic_bool ends;
        struct http_worker *worker[THREADS];
};

static struct identifier_config identifier_settings(struct own *own)
{
        return (struct identifier_config){ .challenge_s = 1,
                                           .challenges_max = 4,
                                           .sessions_max = 4,
                                           .dh_bits_min = 1024,
                                           .cache_size_max = 1u << 20,
                                           .owner = &own->shared,
                                           .site = { own->site, own->site_size },
                                           .template_delimiter = { (uint8_t *)own->delimiter, 1 } };
}

static struct http_config http_settings(struct own *own)
{
        return (struct http_config){ .body_max = 65536,
                                     .batch_max = 65536,
                                     .owner = &own->shared,
                                     .origin = ansa_bytes_text(own->origin) };
}

static struct own *own_new(unsigned number)
{
        struct own *own = calloc(1, sizeof(*own));
        assert_non_null(own);
        shared_init(&own->shared, own_free);
        (void)snprintf(own->origin, sizeof(own->origin), "https://%08u.example", number);
        own->delimiter[0] = '@';
        make_site(own);
        (void)atomic_fetch_add(&live, 1);
        return own;
}

static void reconfigure(struct world *w, unsigned number)
{
        struct own *own = own_new(number);
        struct identifier_config identifier = identifier_settings(own);
        struct http_config http = http_settings(own);
        atomic_store(&w->said, number);
        assert_int_equal(identifier_reconfigure(w->service, &identifier), ANSA_OK);
        assert_int_equal(http_reconfigure(w->http, &http), ANSA_OK);
        shared_give(&own->shared);
}

/* In threads ansa_assert is used: cmocka knows one only. */

static struct http_exchange *begin(struct http_worker *worker, struct http_request *request,
                                   const char *path)
{
        *request = (struct http_request){
                .peer = { .transport = PEER_HTTPS },
                .method = HTTP_GET,
                .path = ansa_bytes_text(path),
        };
        struct http_exchange *x = http_begin(worker, request);
        ansa_assert(x != NULL);
        return x;
}

static struct http_response served(struct http_worker *worker, struct http_exchange *x)
{
        struct http_response response;
        ansa_assert(http_serve(worker, x, true) == HTTP_REPLY);
        http_response(x, &response);
        return response;
}

/* The number of the settings that /api/site was served with. */
static unsigned number_of(struct http_worker *worker, struct http_exchange *x)
{
        char text[1024] = "";
        struct http_response r = served(worker, x);
        ansa_assert(r.body.size < sizeof(text));
        memcpy(text, r.body.at, r.body.size);
        const char *at = strstr(text, "\"origin\":\"https://");
        ansa_assert(at != NULL);
        ansa_assert(memcmp(at + ORIGIN_AT + 8, ".example\"", 9) == 0);
        return (unsigned)strtoul(at + ORIGIN_AT, NULL, 10);
}

static void *serve(void *argument)
{
        struct world *w = argument;
        struct http_worker *worker = w->worker[atomic_fetch_add(&w->begun, 1)];
        struct http_request request[AT_ONCE];
        struct http_exchange *x[AT_ONCE];
        while (!atomic_load(&w->ends)) {
                unsigned before[AT_ONCE];
                unsigned after[AT_ONCE];
                for (unsigned i = 0; i + 1 < AT_ONCE; i++) {
                        before[i] = atomic_load(&w->said);
                        x[i] = begin(worker, &request[i], "/api/site");
                        after[i] = atomic_load(&w->said);
                }
                for (unsigned i = 0; i < 8; i++) { /* they have to wait for others */
                        x[AT_ONCE - 1] = begin(worker, &request[AT_ONCE - 1],
                                               "/api/handles/35.TEST/absent@template");
                        ansa_assert(served(worker, x[AT_ONCE - 1]).status == 404);
                        http_end(worker, x[AT_ONCE - 1]);
                }
                for (unsigned i = 0; i + 1 < AT_ONCE; i++) {
                        unsigned number = number_of(worker, x[i]);
                        ansa_assert(number + 1 >= before[i] && number <= after[i]);
                        http_end(worker, x[i]);
                }
                (void)atomic_fetch_add(&w->served, 1);
        }
        return NULL;
}

static void open_world(struct world *w)
{
        struct own *own = own_new(0);
        struct identifier_worker *writer;
        struct identifier_options identifier = { .env = env_system(),
                                                 .config = identifier_settings(own) };
        assert_int_equal(store_memory_open(&w->store), ANSA_OK);
        identifier.store = w->store;
        assert_int_equal(identifier_new(&identifier, &w->service), ANSA_OK);
        struct http_options http = { .service = w->service,
                                     .env = env_system(),
                                     .config = http_settings(own) };
        assert_int_equal(http_new(&http, &w->http), ANSA_OK);
        shared_give(&own->shared);
        const struct bulk_change home = { .kind = BULK_HOME,
                                          .name = ANSA_BYTES_LIT("0.NA/35.TEST") };
        size_t failed;
        assert_int_equal(identifier_worker_new(w->service, true, &writer), ANSA_OK);
        assert_int_equal(identifier_bulk(writer, &home, 1, &failed), ANSA_OK);
        identifier_worker_free(writer);
        for (unsigned i = 0; i < THREADS; i++)
                assert_int_equal(http_worker_new(w->http, true, &w->worker[i]), ANSA_OK);
}

static void wait_for_a_round(struct world *w)
{
        unsigned served = atomic_load(&w->served);
        while (atomic_load(&w->served) == served)
                (void)sched_yield();
}

static void old_settings_go(void **state)
{
        (void)state;
        struct world w = { .said = 0 };
        pthread_t thread[THREADS];
        unsigned most = 0;
        open_world(&w);
        assert_int_equal(atomic_load(&live), 1);
        for (unsigned i = 0; i < THREADS; i++)
                assert_int_equal(pthread_create(&thread[i], NULL, serve, &w), 0);
        wait_for_a_round(&w);
        for (unsigned number = 1; number <= CHANGES; number++) {
                reconfigure(&w, number);
                unsigned now = atomic_load(&live);
                most = now > most ? now : most;
                if (number % 64 == 0) /* so that there are many rounds between them */
                        wait_for_a_round(&w);
        }
        atomic_store(&w.ends, true);
        for (unsigned i = 0; i < THREADS; i++)
                assert_int_equal(pthread_join(thread[i], NULL), 0);
        assert_in_range(most, 2, LIVE_MAX + 1);
        assert_true(atomic_load(&w.served) > CHANGES / 64);
        for (unsigned i = 0; i < THREADS; i++)
                http_worker_free(w.worker[i]);
        assert_int_equal(atomic_load(&live), 1); /* those in force */
        http_free(w.http);
        identifier_free(w.service);
        assert_int_equal(atomic_load(&live), 0);
        store_close(w.store);
}

/* Who asks for nothing keeps no more than what he had. */
static void idle_workers_keep_one(void **state)
{
        (void)state;
        struct world w = { .said = 0 };
        open_world(&w);
        for (unsigned number = 1; number <= 100; number++) {
                reconfigure(&w, number);
                assert_in_range(atomic_load(&live), 1, 3);
        }
        for (unsigned i = 0; i < THREADS; i++)
                http_worker_free(w.worker[i]);
        http_free(w.http);
        identifier_free(w.service);
        assert_int_equal(atomic_load(&live), 0);
        store_close(w.store);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(old_settings_go),
                cmocka_unit_test(idle_workers_keep_one),
        };
        return cmocka_run_group_tests_name("http/settings", tests, NULL, NULL);
}
