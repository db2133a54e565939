/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tunnel: the first octet says over what the request came and how its body is cut, the rest is
 * the body. Whatever it is: one whole message is answered with whole messages of its number, all
 * else with an error of HTTP.
 */
#include "small_service.h"

#include "base/limits.h"
#include "http/http.h"
#include "http/tunnel.h"
#include "identifier/service.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct {
        struct identifier_worker *writer;
        struct http *http;
        struct http_worker *hasty;
        struct http_worker *slow;
} world;

static void open_world(void)
{
        world.writer = small_open();
        struct http_options web = { .service = small.service,
                                    .env = &small_env,
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
        if (small.service == NULL)
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
        small.seed = 1;
        struct http_exchange *x = http_begin(world.hasty, &request);
        CHECK(x != NULL);
        serve(x, (data[0] & 4) != 0, give(x, body, 1 + (size_t)(data[0] >> 3) * 64));
        check_response(x, body);
        http_end(world.hasty, x);
        small.now_ms += 100000; /* every challenge and session is over */
        identifier_tick(small.service);
        return 0;
}
