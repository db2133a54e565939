/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A record with 10320 values and a client's headers. Input: documents, each ended by a line of
 * its own that is "--"; the first is a 10320/loc, then 10320/links, 10320/headers, a URL,
 * HS_NAMESPACE, Accept, Accept-Language. The same 10320 values are what every include finds.
 * Whatever they are: the work ends, what is chosen is a candidate, a Location that is safe has
 * no octet that ends a line, and headers are headers.
 */
#include "base/assert.h"
#include "http/escape.h"
#include "http/links.h"
#include "http/negotiate.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { LOC, LINKS, HEADERS, URL, NAMESPACE, ACCEPT, LANGUAGE, PARTS };

static void not_random(struct env *env, uint8_t *at, size_t size)
{
        static uint64_t seed = 1;
        (void)env;
        for (size_t i = 0; i < size; i++) {
                seed = seed * 6364136223846793005u + 1442695040888963407u;
                at[i] = (uint8_t)(seed >> 56);
        }
}

static struct env env = { NULL, NULL, not_random };

static void split(struct ansa_bytes input, struct ansa_bytes parts[PARTS])
{
        for (size_t p = 0; p < PARTS; p++) {
                size_t end = 0;
                while (end + 4 <= input.size && memcmp(input.at + end, "\n--\n", 4) != 0)
                        end++;
                bool is_last = end + 4 > input.size;
                parts[p] = (struct ansa_bytes){ input.at, is_last ? input.size : end };
                input = is_last ? (struct ansa_bytes){ 0 }
                                : (struct ansa_bytes){ input.at + end + 4, input.size - end - 4 };
        }
}

static void put(struct ansa_values *values, uint8_t *room, size_t size, const char *type,
                struct ansa_bytes data)
{
        struct ansa_value v = {
                .index = values->count + 1, .ttl_s = 60, .type = ansa_bytes_text(type), .data = data
        };
        size_t written;
        ansa_assert(ansa_value_encode(&v, room + values->wire.size, size - values->wire.size,
                                      &written) == ANSA_OK);
        values->wire.at = room;
        values->wire.size += written;
        values->count++;
}

static void check_line(struct ansa_bytes line)
{
        for (size_t i = 0; i < line.size; i++)
                ansa_assert(line.at[i] >= 0x20 && line.at[i] < 0x7f);
}

static enum ansa_err check_header(void *context, const struct links_header *header)
{
        (*(unsigned *)context)++;
        ansa_assert(links_may_set(header->name) && header->value.size > 0);
        check_line(header->value);
        return ANSA_OK;
}

static void check_chosen(const struct locations *l, const struct location *chosen)
{
        struct buf url = buf_growing(1u << 20);
        struct buf location = buf_growing(4u << 20);
        ansa_assert(chosen >= l->candidates && chosen < l->candidates + l->count);
        locations_put_url(l, chosen, &url);
        escape_put_location(buf_written(&url), ANSA_BYTES_LIT("\r\nX: y"), &location);
        check_line(buf_written(&location));
        uint32_t status = locations_status(l, chosen);
        ansa_assert(status >= 301 && status <= 308);
        buf_fini(&url);
        buf_fini(&location);
}

static void check_list(struct locations *l, const struct ansa_bytes parts[PARTS])
{
        struct locatt locatts[NEGOTIATE_LOCATTS_MAX];
        struct negotiate_headers client = { .has_accept = true,
                                            .accept = parts[ACCEPT],
                                            .accept_language = parts[LANGUAGE],
                                            .user_agent = parts[LANGUAGE] };
        struct locations_query query = {
                .locatts = locatts, .has_address = true, .country = parts[LANGUAGE], .env = &env
        };
        const struct location *chosen;
        if (negotiate_implied(&client, l->arena, locatts, &query.locatt_count) != ANSA_OK)
                return;
        ansa_assert(query.locatt_count <= NEGOTIATE_LOCATTS_MAX);
        if (locations_choose(l, &query, &chosen) != ANSA_OK)
                return;
        ansa_assert((chosen != NULL) == (l->count > 0));
        if (chosen != NULL)
                check_chosen(l, chosen);

        struct buf b = buf_growing(64u << 20);
        const struct xml_node *root;
        locations_put_xml(l, &b);
        enum ansa_err err = xml_parse(buf_written(&b), l->arena, &root);
        ansa_assert(err == ANSA_OK || err == ANSA_E_LIMIT || err == ANSA_E_NO_MEMORY);
        buf_reset(&b);
        unsigned count = 0;
        err = links_put(l, check_header, &count);
        ansa_assert((err == ANSA_OK || err == ANSA_E_NO_MEMORY) && count <= LINKS_MAX);
        count = 0;
        err = links_put_headers(l, check_header, &count, &b);
        ansa_assert(err == ANSA_OK || err == ANSA_E_NO_MEMORY);
        ansa_assert(count <= LINKS_HEADERS_MAX && b.size <= LINKS_HEAD_SIZE_MAX);
        (void)locations_negotiate(l);
        buf_fini(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        static uint8_t rooms[2][300000];
        struct ansa_bytes parts[PARTS];
        if (size > 200000)
                return 0;
        split((struct ansa_bytes){ data, size }, parts);
        struct ansa_values values = { 0 };
        struct ansa_values namespace = { 0 };
        put(&values, rooms[0], sizeof(rooms[0]), "10320/loc", parts[LOC]);
        put(&values, rooms[0], sizeof(rooms[0]), "10320/links", parts[LINKS]);
        put(&values, rooms[0], sizeof(rooms[0]), "10320/headers", parts[HEADERS]);
        put(&values, rooms[0], sizeof(rooms[0]), "URL", parts[URL]);
        put(&namespace, rooms[1], sizeof(rooms[1]), "HS_NAMESPACE", parts[NAMESPACE]);

        struct arena arena;
        struct locations l;
        struct locations_want want;
        arena_init(&arena, 256u << 20);
        locations_init(&l, &arena, ANSA_BYTES_LIT("35.TEST/\xff <"), 1000);
        enum ansa_err err = locations_add_own(&l, values);
        for (unsigned asked = 0; err == ANSA_OK && locations_next(&l, &want); asked++) {
                ansa_assert(asked < LOCATIONS_WANTS_MAX);
                err = locations_add(&l, &want, want.is_namespace ? namespace : values);
        }
        if (err == ANSA_OK)
                err = locations_finish(&l);
        ansa_assert(err == ANSA_OK || err == ANSA_E_NO_MEMORY);
        ansa_assert(l.count <= LOCATIONS_MAX);
        if (err == ANSA_OK)
                check_list(&l, parts);
        arena_fini(&arena);
        return 0;
}
