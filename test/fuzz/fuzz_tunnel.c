/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tunnel: the first octet says over what the request came and how its body is cut, the rest is
 * the body. Whatever it is: one whole message is answered with whole messages of its number, all
 * else with an error of HTTP.
 */
#include "base/limits.h"
#include "http/http.h"
#include "http/tunnel.h"
#include "identifier/service.h"
#include "store/engines.h"

#include <stdlib.h>

#define CHECK(condition)          \
        do {                      \
                if (!(condition)) \
                        abort();  \
        } while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct {
        struct identifier *service;
        struct identifier_worker *writer;
        struct http *http;
        struct http_worker *hasty;
        struct http_worker *slow;
        uint64_t now_ms;
        uint64_t seed;
} world;

static uint32_t wall_s(struct env *env)
{
        (void)env;
        return 1700000000;
}

static uint64_t steady_ms(struct env *env)
{
        (void)env;
        return world.now_ms;
}

static void not_random(struct env *env, uint8_t *at, size_t size)
{
        (void)env;
        for (size_t i = 0; i < size; i++) {
                world.seed = world.seed * 6364136223846793005u + 1442695040888963407u;
                at[i] = (uint8_t)(world.seed >> 56);
        }
}

static struct env fixed_env = { wall_s, steady_ms, not_random };

static void put(enum bulk_kind kind, const char *name, uint8_t permissions)
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
        CHECK(identifier_bulk(world.writer, &change, 1, &failed) == ANSA_OK);
}

static void open_world(void)
{
        struct store *store;
        struct identifier_options options = {
                .env = &fixed_env,
                .config = { .allow_list = true,
                            .challenge_s = 1,
                            .challenges_max = 16,
                            .session_s_max = 60,
                            .sessions_max = 4,
                            .dh_bits_min = 1024,
                            .cache_size_max = 1u << 20 },
        };
        CHECK(store_memory_open(&store) == ANSA_OK);
        options.store = store;
        CHECK(identifier_new(&options, &world.service) == ANSA_OK);
        CHECK(identifier_worker_new(world.service, true, &world.writer) == ANSA_OK);
        put(BULK_HOME, "0.NA/35.TEST", 0);
        put(BULK_PUT, "35.TEST/public", 0x0e);
        put(BULK_PUT, "35.TEST/private", 0x0c);
        put(BULK_PUT, "35.TEST/writable", 0x0f);
        struct http_options web = { .service = world.service,
                                    .env = &fixed_env,
                                    .config = { .body_max = 65536, .batch_max = 65536 } };
        CHECK(http_new(&web, &world.http) == ANSA_OK);
        CHECK(http_worker_new(world.http, false, &world.hasty) == ANSA_OK);
        CHECK(http_worker_new(world.http, true, &world.slow) == ANSA_OK);
}

/* Whole messages, one after the other, that answer @request. */
static void check_answer(struct ansa_bytes rest, struct ansa_bytes request)
{
        struct envelope asked;
        CHECK(envelope_decode(request, &asked) == ANSA_OK);
        CHECK(rest.size > 0);
        while (rest.size > 0) {
                struct envelope e;
                CHECK(envelope_decode(rest, &e) == ANSA_OK);
                CHECK(e.request_id == asked.request_id);
                CHECK(e.message_size <= rest.size - ENVELOPE_SIZE);
                rest.at += ENVELOPE_SIZE + e.message_size;
                rest.size -= ENVELOPE_SIZE + e.message_size;
        }
}

static void check_response(struct http_exchange *x, struct ansa_bytes body)
{
        struct http_response r;
        struct envelope e;
        http_response(x, &r);
        bool is_whole = envelope_decode(body, &e) == ANSA_OK &&
                        e.message_size == body.size - ENVELOPE_SIZE &&
                        e.message_size <= LIMIT_MESSAGE_SIZE;
        CHECK(r.status == 200 || (!is_whole && (r.status == 400 || r.status == 413)));
        CHECK((r.status == 200) == is_whole);
        if (r.status == 200)
                check_answer(r.body, body);
}

static enum http_outcome give(struct http_exchange *x, struct ansa_bytes body, size_t part)
{
        enum http_outcome outcome = HTTP_MORE;
        while (outcome == HTTP_MORE && body.size > 0) {
                size_t size = body.size < part ? body.size : part;
                outcome = http_body(world.hasty, x, (struct ansa_bytes){ body.at, size });
                body.at += size;
                body.size -= size;
        }
        return outcome;
}

static void serve(struct http_exchange *x, bool is_full, enum http_outcome outcome)
{
        if (outcome == HTTP_MORE)
                outcome = http_serve(world.hasty, x, true);
        while (outcome != HTTP_REPLY) {
                size_t count;
                struct http_worker *worker = world.hasty;
                CHECK(outcome == HTTP_SLOW || outcome == HTTP_WRITE);
                if (outcome == HTTP_SLOW) {
                        worker = world.slow;
                } else if (is_full) {
                        http_refused(x);
                } else {
                        struct write_job *const *jobs = http_jobs(x, &count);
                        identifier_commit(world.writer, jobs, count);
                }
                outcome = http_serve(worker, x, true);
        }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        if (world.service == NULL)
                open_world();
        if (size == 0 || size > LIMIT_MESSAGE_SIZE + 1000)
                return 0;
        struct ansa_bytes body = { data + 1, size - 1 };
        struct http_field type = { ANSA_BYTES_LIT("content-type"), ANSA_BYTES_LIT(TUNNEL_TYPE) };
        struct http_request request = {
                .peer = { .transport = data[0] & 1 ? PEER_HTTP : PEER_HTTPS,
                          .may_administer = (data[0] & 2) == 0 },
                .method = HTTP_POST,
                .path = ANSA_BYTES_LIT("/"),
                .headers = &type,
                .header_count = 1,
                .body_size = body.size,
        };
        world.seed = 1;
        struct http_exchange *x = http_begin(world.hasty, &request);
        CHECK(x != NULL);
        serve(x, (data[0] & 4) != 0, give(x, body, 1 + (size_t)(data[0] >> 3) * 64));
        check_response(x, body);
        http_end(world.hasty, x);
        world.now_ms += 100000; /* every challenge and session is over */
        identifier_tick(world.service);
        return 0;
}
