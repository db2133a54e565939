/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A whole request to the web resolver, on a small fixed store. Input: the method's letter, the
 * target, a newline, a header line after the other, an empty line, the body. Whatever it is: there
 * is a response, no header has an octet that ends a line, and a page has no markup but ours.
 */
#include "base/limits.h"
#include "http/http.h"
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
} world;

static uint32_t wall_s(struct env *env)
{
        (void)env;
        return 1700000000;
}

static uint64_t steady_ms(struct env *env)
{
        (void)env;
        return 5000;
}

static void not_random(struct env *env, uint8_t *at, size_t size)
{
        static uint64_t seed = 1;
        (void)env;
        for (size_t i = 0; i < size; i++) {
                seed = seed * 6364136223846793005u + 1442695040888963407u;
                at[i] = (uint8_t)(seed >> 56);
        }
}

static struct env fixed_env = { wall_s, steady_ms, not_random };

static void put(const char *name, const char *type, const char *data)
{
        uint8_t room[1024];
        size_t written = 0;
        struct ansa_value v = { .index = 1,
                                .permissions = ANSA_PERM_DEFAULT,
                                .type = ansa_bytes_text(type),
                                .data = ansa_bytes_text(data) };
        CHECK(ansa_value_encode(&v, room, sizeof(room), &written) == ANSA_OK);
        struct bulk_change change = { .kind = BULK_PUT,
                                      .name = ansa_bytes_text(name),
                                      .values = { { room, written }, 1 } };
        size_t failed;
        CHECK(identifier_bulk(world.writer, &change, 1, &failed) == ANSA_OK);
}

static void fill_store(void)
{
        struct bulk_change home = { .kind = BULK_HOME, .name = ANSA_BYTES_LIT("0.NA/1") };
        size_t failed;
        CHECK(identifier_bulk(world.writer, &home, 1, &failed) == ANSA_OK);
        put("1/u", "URL", "http://e/u");
        put("1/t", "DESC", "<script>\"'&\x01\xff");
        put("1/a", "HS_ALIAS", "1/u");
        put("1/j", "URL", "javascript:alert(1)");
        put("1/l", "10320/loc",
            "<l><location href='http://e/a' country='gb'/><location href_template='http://e/{hdl}' "
            "http_role='conneg' ctype='text/turtle' rel='item'/></l>");
        put("0.NA/1", "HS_NAMESPACE", "<namespace><locs>1/l</locs></namespace>");
}

static void open_world(void)
{
        struct store *store;
        struct identifier_options options = {
                .env = &fixed_env,
                .config = { .challenge_s = 1,
                            .challenges_max = 4,
                            .sessions_max = 4,
                            .dh_bits_min = 1024 },
        };
        CHECK(store_memory_open(&store) == ANSA_OK);
        options.store = store;
        CHECK(identifier_new(&options, &world.service) == ANSA_OK);
        CHECK(identifier_worker_new(world.service, true, &world.writer) == ANSA_OK);
        fill_store();
        struct http_options web = { .service = world.service,
                                    .env = &fixed_env,
                                    .config = { .resolve_others = true,
                                                .body_max = 65536,
                                                .batch_max = 65536,
                                                .country_header = ANSA_BYTES_LIT("X-Country"),
                                                .locatt_shortcuts = ANSA_BYTES_LIT("id e:lang") } };
        CHECK(http_new(&web, &world.http) == ANSA_OK);
        CHECK(http_worker_new(world.http, false, &world.hasty) == ANSA_OK);
        CHECK(http_worker_new(world.http, true, &world.slow) == ANSA_OK);
}

static bool take_line(struct ansa_bytes *rest, struct ansa_bytes *line)
{
        const uint8_t *end = rest->size > 0 ? memchr(rest->at, '\n', rest->size) : NULL;
        if (end == NULL)
                return false;
        size_t size = (size_t)(end - rest->at);
        *line = (struct ansa_bytes){ rest->at, size };
        *rest = (struct ansa_bytes){ end + 1, rest->size - size - 1 };
        return true;
}

static size_t take_headers(struct ansa_bytes *rest, struct http_field fields[HTTP_HEADERS_MAX])
{
        size_t count = 0;
        struct ansa_bytes line;
        while (take_line(rest, &line) && line.size > 0 && count < HTTP_HEADERS_MAX) {
                const uint8_t *colon = memchr(line.at, ':', line.size);
                if (colon == NULL)
                        continue;
                size_t size = (size_t)(colon - line.at);
                fields[count].name = (struct ansa_bytes){ line.at, size };
                fields[count].value = (struct ansa_bytes){ colon + 1, line.size - size - 1 };
                count++;
        }
        return count;
}

static bool has_text(struct ansa_bytes body, const char *text)
{
        size_t size = strlen(text);
        for (size_t i = 0; i + size <= body.size; i++) {
                if (memcmp(body.at + i, text, size) == 0)
                        return true;
        }
        return false;
}

static void check_response(struct http_exchange *x)
{
        struct http_response r;
        bool is_html = false;
        bool is_of_web = false; /* a file of web/, whose script is its own */
        http_response(x, &r);
        CHECK(r.status >= 200 && r.status < 600);
        for (size_t i = 0; i < r.header_count; i++) {
                struct ansa_bytes value = r.headers[i].value;
                for (size_t k = 0; k < value.size; k++)
                        CHECK(value.at[k] >= 0x20 && value.at[k] != 0x7f);
                is_html = is_html || has_text(value, "text/html");
                is_of_web = is_of_web || has_text(r.headers[i].name, "ETag");
        }
        CHECK(!is_html || is_of_web || !has_text(r.body, "<script"));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        if (world.service == NULL)
                open_world();
        struct ansa_bytes rest = { data, size };
        struct ansa_bytes target;
        struct http_field fields[HTTP_HEADERS_MAX];
        if (!take_line(&rest, &target) || target.size < 2 || target.size > HTTP_TARGET_SIZE_MAX)
                return 0;
        struct http_request request = {
                .peer = { .transport = PEER_HTTP,
                          .address = { [10] = 0xff, [11] = 0xff, [12] = 127 } },
                .method = target.at[0] == 'P'   ? HTTP_POST
                          : target.at[0] == 'H' ? HTTP_HEAD
                                                : HTTP_GET,
                .is_http10 = target.at[0] == '0',
                .path = { target.at + 1, target.size - 1 },
                .headers = fields,
        };
        const uint8_t *mark = memchr(request.path.at, '?', request.path.size);
        if (mark != NULL) {
                size_t path = (size_t)(mark - request.path.at);
                request.has_query = true;
                request.query = (struct ansa_bytes){ mark + 1, request.path.size - path - 1 };
                request.path.size = path;
        }
        request.header_count = take_headers(&rest, fields);
        request.body_size = rest.size;
        struct http_exchange *x = http_begin(world.hasty, &request);
        CHECK(x != NULL);
        enum http_outcome outcome = HTTP_MORE;
        if (rest.size > 0 && rest.size <= http_body_max(x))
                outcome = http_body(world.hasty, x, rest);
        if (outcome == HTTP_MORE)
                outcome = http_serve(world.hasty, x, true);
        if (outcome == HTTP_SLOW)
                outcome = http_serve(world.slow, x, true);
        if (outcome == HTTP_REPLY) /* elsewhere than in the resolver a change may begin */
                check_response(x);
        http_end(world.hasty, x);
        return 0;
}
