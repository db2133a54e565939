/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests over HTTP, against a small fixed store: the first octet says how one came, then lines
 * of the target and the headers, an empty line, and the body, given in pieces. "@" in a header
 * becomes good credentials. Whatever it is, there is a response with a status, no header holds
 * a line end, and what claims to be JSON is JSON.
 */
#include "base/limits.h"
#include "base/text.h"
#include "http/http.h"
#include "store/engines.h"
#include "wire/data.h"
#include "wire/codes.h"

#include <jansson.h>
#include <stdlib.h>

#define CHECK(condition)          \
        do {                      \
                if (!(condition)) \
                        abort();  \
        } while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define GOOD     "Basic MSUzQTM1LlRFU1QvYWRtaW46eA==" /* 1%3A35.TEST/admin:x */
#define BODY_MAX 100000u

static struct {
        struct identifier *service;
        struct identifier_worker *writer;
        struct http *http;
        struct http_worker *hasty;
        struct http_worker *slow;
        struct buf body;
        uint64_t now_ms;
        uint64_t seed;
        bool is_full; /* the queue of the writer */
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

static void add(struct buf *b, uint32_t index, const char *type, struct ansa_bytes data,
                uint8_t permissions)
{
        uint8_t room[256];
        size_t written = 0;
        struct ansa_value v = { .index = index,
                                .permissions = permissions,
                                .ttl_s = 86400,
                                .type = ansa_bytes_text(type),
                                .data = data };
        CHECK(ansa_value_encode(&v, room, sizeof(room), &written) == ANSA_OK);
        buf_bytes(b, (struct ansa_bytes){ room, written });
}

static void put(enum bulk_kind kind, const char *name, struct buf *values, uint32_t count)
{
        struct bulk_change change = { .kind = kind,
                                      .name = ansa_bytes_text(name),
                                      .values = { buf_written(values), count } };
        size_t failed;
        CHECK(identifier_bulk(world.writer, &change, 1, &failed) == ANSA_OK);
        buf_reset(values);
}

static void fill(void)
{
        struct buf b = buf_growing(10000);
        uint8_t room[128];
        struct buf admin = buf_over(room, sizeof(room));
        struct admin_data data = { .rights = 0x1fff,
                                   .admin = { ANSA_BYTES_LIT("35.TEST/admin"), 1 } };
        admin_data_encode(&data, &admin);
        put(BULK_HOME, "0.NA/35.TEST", &b, 0);
        add(&b, 1, "HS_SECKEY", ANSA_BYTES_LIT("x"), 0x0c);
        put(BULK_PUT, "35.TEST/admin", &b, 1);
        add(&b, 100, "HS_ADMIN", buf_written(&admin), 0x0e);
        put(BULK_PUT, "0.NA/35.TEST", &b, 1);
        add(&b, 1, "URL", ANSA_BYTES_LIT("http://example.org/"), 0x0e);
        add(&b, 2, "SECRET", ANSA_BYTES_LIT("x"), 0x0c);
        add(&b, 100, "HS_ADMIN", buf_written(&admin), 0x0e);
        put(BULK_PUT, "35.TEST/1", &b, 3);
        buf_fini(&b);
}

static void open_world(void)
{
        static const struct ansa_ref admins[] = { { { (const uint8_t *)"35.TEST/admin", 13 }, 1 } };
        struct store *store;
        struct identifier_options options = {
                .env = &fixed_env,
                .config = { .allow_list = true,
                            .challenge_s = 1,
                            .challenges_max = 16,
                            .session_s_max = 60,
                            .sessions_max = 4,
                            .dh_bits_min = 1024,
                            .cache_size_max = 1u << 20,
                            .server_admins = admins,
                            .server_admin_count = 1 },
        };
        CHECK(store_memory_open(&store) == ANSA_OK);
        options.store = store;
        CHECK(identifier_new(&options, &world.service) == ANSA_OK);
        CHECK(identifier_worker_new(world.service, true, &world.writer) == ANSA_OK);
        struct http_options http = { .service = world.service,
                                     .env = &fixed_env,
                                     .config = { .body_max = BODY_MAX, .batch_max = BODY_MAX } };
        CHECK(http_new(&http, &world.http) == ANSA_OK);
        CHECK(http_worker_new(world.http, false, &world.hasty) == ANSA_OK);
        CHECK(http_worker_new(world.http, true, &world.slow) == ANSA_OK);
        world.body = buf_growing(4u << 20);
        fill();
}

/* The next line of @rest, without its end. */
static struct ansa_bytes take_line(struct ansa_bytes *rest)
{
        const uint8_t *end = rest->size > 0 ? memchr(rest->at, '\n', rest->size) : NULL;
        struct ansa_bytes line = { rest->at, end != NULL ? (size_t)(end - rest->at) : rest->size };
        size_t skip = end != NULL ? line.size + 1 : line.size;
        rest->at += skip;
        rest->size -= skip;
        return line;
}

static size_t take_headers(struct ansa_bytes *rest, struct http_field *fields)
{
        size_t count = 0;
        while (rest->size > 0 && count < HTTP_HEADERS_MAX) {
                struct ansa_bytes line = take_line(rest);
                if (line.size == 0)
                        break;
                if (line.at[0] == '@') {
                        fields[count++] = (struct http_field){ ANSA_BYTES_LIT("Authorization"),
                                                               ANSA_BYTES_LIT(GOOD) };
                        continue;
                }
                const uint8_t *colon = memchr(line.at, ':', line.size);
                if (colon == NULL)
                        continue;
                size_t size = (size_t)(colon - line.at);
                fields[count++] = (struct http_field){ { line.at, size },
                                                       { colon + 1, line.size - size - 1 } };
        }
        return count;
}

static enum http_outcome go_on(struct http_exchange *x, enum http_outcome outcome, bool is_whole)
{
        unsigned turns = 0;
        while (outcome == HTTP_SLOW || outcome == HTTP_WRITE) {
                struct http_worker *worker = world.hasty;
                size_t count;
                CHECK(++turns < 100000);
                if (outcome == HTTP_SLOW)
                        worker = world.slow;
                else if (world.is_full)
                        http_refused(x);
                else {
                        struct write_job *const *jobs = http_jobs(x, &count);
                        CHECK(count > 0);
                        identifier_commit(world.writer, jobs, count);
                }
                outcome = http_serve(worker, x, is_whole);
        }
        return outcome;
}

static enum http_outcome give_body(struct http_exchange *x, struct ansa_bytes body, size_t piece)
{
        enum http_outcome outcome = HTTP_MORE;
        uint64_t max = http_body_max(x);
        if (body.size > max && max > 0)
                body.size = (size_t)max + 1; /* the door would stop there */
        while (body.size > 0 && outcome == HTTP_MORE) {
                size_t size = body.size < piece ? body.size : piece;
                outcome = http_body(world.hasty, x, (struct ansa_bytes){ body.at, size });
                outcome = go_on(x, outcome, false);
                body.at += size;
                body.size -= size;
        }
        return outcome == HTTP_MORE ? go_on(x, http_serve(world.hasty, x, true), true) : outcome;
}

static void check_response(struct http_exchange *x)
{
        struct http_response r;
        bool is_json = false;
        http_response(x, &r);
        CHECK(r.status >= 200 && r.status <= 599);
        for (size_t i = 0; i < r.header_count; i++) {
                for (size_t k = 0; k < r.headers[i].value.size; k++)
                        CHECK(r.headers[i].value.at[k] >= 0x20);
                is_json = is_json ||
                          (text_equal_fold(r.headers[i].name, ANSA_BYTES_LIT("Content-Type")) &&
                           ansa_bytes_equal(r.headers[i].value,
                                            ANSA_BYTES_LIT("application/json;charset=UTF-8")));
        }
        buf_reset(&world.body);
        if (!r.is_long)
                buf_bytes(&world.body, r.body);
        while (r.is_long && http_more(world.hasty, x, &world.body))
                CHECK(world.body.err == ANSA_OK);
        if (!is_json)
                return;
        json_error_t error;
        json_t *root = json_loadb((const char *)world.body.at, world.body.size,
                                  JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &error);
        CHECK(root != NULL);
        json_decref(root);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        if (world.service == NULL)
                open_world();
        if (size == 0)
                return 0;
        world.is_full = (data[0] & 128) != 0;
        struct ansa_bytes rest = { data + 1, size - 1 };
        struct ansa_bytes target = take_line(&rest);
        struct http_field fields[HTTP_HEADERS_MAX];
        size_t count = take_headers(&rest, fields);
        const uint8_t *mark = target.size > 0 ? memchr(target.at, '?', target.size) : NULL;
        struct http_request request = {
                .peer = { .transport = (data[0] & 8) != 0 ? PEER_HTTP : PEER_HTTPS,
                          .may_administer = true },
                .method = (enum http_method)(data[0] & 7),
                .is_http10 = (data[0] & 16) != 0,
                .path = target,
                .has_query = mark != NULL,
                .headers = fields,
                .header_count = count,
                .body_size = rest.size,
                .may_watch = (data[0] & 32) != 0,
        };
        if (target.size > HTTP_TARGET_SIZE_MAX)
                return 0;
        if (mark != NULL) {
                request.path.size = (size_t)(mark - target.at);
                request.query =
                        (struct ansa_bytes){ mark + 1, target.size - request.path.size - 1 };
        }
        struct http_exchange *x = http_begin(world.hasty, &request);
        CHECK(x != NULL);
        CHECK(give_body(x, rest, (data[0] & 64) != 0 ? 5 : 100000) == HTTP_REPLY);
        check_response(x);
        http_end(world.hasty, x);
        world.now_ms += 100;
        if (world.now_ms % 100000 == 0)
                http_tick(world.http);
        return 0;
}
