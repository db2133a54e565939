/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_FUZZ_SMALL_SERVICE_H
#define ANSA_FUZZ_SMALL_SERVICE_H

/*
 * A service over a small fixed store, for targets that send it requests. Its clock stands still
 * and nothing is random, so that an input does the same each time.
 */
#include "identifier/identifier.h"
#include "store/engines.h"

#include <stdlib.h>

#define CHECK(condition)          \
        do {                      \
                if (!(condition)) \
                        abort();  \
        } while (0)

static struct {
        struct identifier *service;
        uint64_t now_ms;
        uint64_t seed;
} small;

static uint32_t small_wall_s(struct env *env)
{
        (void)env;
        return 1700000000;
}

static uint64_t small_steady_ms(struct env *env)
{
        (void)env;
        return small.now_ms;
}

static void small_random(struct env *env, uint8_t *at, size_t size)
{
        (void)env;
        for (size_t i = 0; i < size; i++) {
                small.seed = small.seed * 6364136223846793005u + 1442695040888963407u;
                at[i] = (uint8_t)(small.seed >> 56);
        }
}

static struct env small_env = { small_wall_s, small_steady_ms, small_random };

static void small_put(struct identifier_worker *writer, enum bulk_kind kind, const char *name,
                      uint8_t permissions)
{
        uint8_t room[256];
        size_t written = 0;
        struct ansa_value v = { .index = 1,
                                .permissions = permissions,
                                .type = ANSA_BYTES_LIT("URL"),
                                .data = ANSA_BYTES_LIT("http://example.org/") };
        CHECK(ansa_value_encode(&v, room, sizeof(room), &written) == ANSA_OK);
        struct bulk_change change = { .kind = kind, .name = ansa_bytes_text(name) };
        if (kind == BULK_PUT)
                change.values = (struct ansa_values){ { room, written }, 1 };
        size_t failed;
        CHECK(identifier_bulk(writer, &change, 1, &failed) == ANSA_OK);
}

/** The service, and a worker of it that may block, which has written the store. */
static struct identifier_worker *small_open(void)
{
        struct identifier_worker *writer;
        struct identifier_options options = {
                .env = &small_env,
                .config = { .allow_list = true,
                            .enable_status = true,
                            .allow_old_crypto = true,
                            .challenge_s = 1,
                            .challenges_max = 16,
                            .session_s_max = 60,
                            .sessions_max = 4,
                            .dh_bits_min = 1024,
                            .cache_size_max = 1u << 20 },
        };
        CHECK(store_memory_open(&options.store) == ANSA_OK);
        CHECK(identifier_new(&options, &small.service) == ANSA_OK);
        CHECK(identifier_worker_new(small.service, true, &writer) == ANSA_OK);
        small_put(writer, BULK_HOME, "0.NA/35.TEST", 0);
        small_put(writer, BULK_PUT, "35.TEST/public", 0x0e);
        small_put(writer, BULK_PUT, "35.TEST/private", 0x0c);
        small_put(writer, BULK_PUT, "35.TEST/writable", 0x0f);
        return writer;
}

#endif
