/* SPDX-License-Identifier: Apache-2.0 */
/* What is read from the cache by the short way is what the long way says. */
#include "resolver_world.h"

static uint64_t count_hits(struct web *w)
{
        struct identifier_counts counts;
        identifier_count(w->h.service, &counts);
        return counts.cache_hits;
}

static struct web_told copy_told(const struct web_told *told, struct buf *b)
{
        struct web_told copy = *told;
        buf_reset(b);
        buf_bytes(b, (struct ansa_bytes){ (const uint8_t *)told->headers,
                                          (size_t)(told->body - told->headers) + told->size + 1 });
        assert_int_equal(b->err, ANSA_OK);
        copy.headers = (const char *)b->at;
        copy.body = copy.headers + (told->body - told->headers);
        return copy;
}

/* From the store, then from the cache, then the short way: octets of the long way each time. */
static void same_by_every_way(struct web *w, const struct web_ask *ask)
{
        struct buf room = buf_growing(16u << 20);
        struct web_ask slow = *ask;
        slow.by_slow_lane = true;
        struct web_told told = web_send(w, &slow);
        struct web_told want = copy_told(&told, &room);
        for (int again = 0; again < 3; again++) {
                told = web_send(w, ask);
                bool is_fresh = told.status == 401; /* each challenge has a nonce of its own */
                if (told.status != want.status ||
                    (!is_fresh && strcmp(told.headers, want.headers) != 0) ||
                    told.size != want.size || memcmp(told.body, want.body, told.size) != 0)
                        fail_msg("%s: %u\n%s%s\nand by the long way %u\n%s%s", ask->target,
                                 told.status, told.headers, told.body, want.status, want.headers,
                                 want.body);
        }
        buf_fini(&room);
}

static void short_way_says_the_same(void **state)
{
        struct web *w = *state;
        for (size_t i = 0; i < resolver_row_count; i++) {
                if (resolver_rows[i].method == NULL)
                        same_by_every_way(w,
                                          &(struct web_ask){ .target = resolver_rows[i].target,
                                                             .headers = resolver_rows[i].headers });
        }
        static const char *const more[] = { "35.TEST/public",    "35.TEST/mixed",
                                            "35.TEST",           "35.TEST/never-first",
                                            "35.test/PUBLIC",    "36.TEST/x",
                                            "35.TEST/no-reader", "35.TEST/writable",
                                            "0.NA/35.TEST" };
        static const char *const asks[] = { "",           "?index=1",          "?type=URL",
                                            "?cert=true", "?publicOnly=false", "?auth=true",
                                            "?pretty",    "?callback=f",       "?doNotRefer=true" };
        char target[256];
        for (size_t i = 0; i < resolver_own_count + COUNT_OF(more); i++) {
                const char *name = i < resolver_own_count ? resolver_own[i].name
                                                          : more[i - resolver_own_count];
                if (strchr(name, '%') != NULL)
                        continue; /* one of the rows has it */
                for (size_t k = 0; k < COUNT_OF(asks); k++) {
                        for (int is_plain = 0; is_plain < 2; is_plain++) {
                                (void)snprintf(target, sizeof(target), "/api/handles/%s%s", name,
                                               asks[k]);
                                same_by_every_way(w, &(struct web_ask){ .target = target,
                                                                        .is_plain = is_plain });
                        }
                }
        }
        uint64_t hits = count_hits(w);
        assert_int_equal(web_get(w, "/35.TEST/url").status, 302);
        assert_int_equal(web_get(w, "/api/handles/35.TEST/public").status, 200);
        assert_int_equal(count_hits(w), hits + 2);          /* it was taken */
        resolver_put(w, "35.TEST/url", "URL=http://e/new"); /* and hides no change */
        for (int again = 0; again < 3; again++) {
                struct web_told told = web_get(w, "/35.TEST/url");
                assert_string_equal(web_header(&told, "Location"), "http://e/new");
        }
}
int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(short_way_says_the_same, resolver_setup,
                                                resolver_teardown),
        };
        return cmocka_run_group_tests_name("http/short_way", tests, NULL, NULL);
}
