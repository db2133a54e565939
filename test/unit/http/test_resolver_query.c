/* SPDX-License-Identifier: Apache-2.0 */
/* Paths and parameters of the web resolver (rest-api 6). */
#include "../support.h"

#include "http/resolver_query.h"

static const struct row {
        const char *rule;
        const char *path;
        const char *query; /* NULL: none */
        const char *form;
        const char *want;
} rows[] = {
        /* clang-format off */
        { "an identifier",             "/10.1000/182", NULL, "", "10.1000/182" },
        { "decoded once",              "/10.1000%2Fa%252Fb", NULL, "", "10.1000/a%2Fb" },
        { "a % that nobody encoded",   "/10.1000/100%", NULL, "", "10.1000/100%" },
        { "+ is no space",             "/10.1000/a+b", NULL, "", "10.1000/a+b" },
        { "hdl:",                      "/hdl:10.1000/1", NULL, "", "10.1000/1" },
        { "doi:",                      "/DOI:10.1000/1", NULL, "", "10.1000/1" },
        { "doi: encoded",              "/doi%3A10.1000/1", NULL, "", "10.1000/1" },
        { "one prefix is stripped",    "/hdl:hdl:10.1000/1", NULL, "", "hdl:10.1000/1" },
        { "info:doi/",                 "/info:doi/10.1000/1", NULL, "", "10.1000/1" },
        { "info:hdl/",                 "/Info:HDL/10.1000/1", NULL, "", "10.1000/1" },
        { "urn:hdl:",                  "/urn:hdl:10.1000/1", NULL, "", "10.1000/1" },
        { "urn:doi:",                  "/urn:doi:10.1000:1:2", NULL, "", "10.1000/1:2" },
        { "urn:eidr:",                 "/urn:eidr:10.5240:7791-8534-2C23-9030-8610-5", NULL, "", "10.5240/7791-8534-2C23-9030-8610-5" },
        { "another urn",               "/urn:isbn:1", NULL, "", "urn:isbn:1" },
        { "nothing",                   "/", NULL, "", "" },
        { "hdl= of the query",         "/", "hdl=10.1000%2F1", "", "10.1000/1" },
        { "hdl= of a form",            "/", NULL, "hdl=doi%3A10.1000%2Fa+b", "10.1000/a b" },
        { "hdl= with space around",    "/", NULL, "hdl=+10.1000%2F1%0A", "10.1000/1" },
        { "hdl= of another resolver",  "/", NULL, "hdl=https%3A%2F%2Fdoi.org%2F10.1000%2F1", "10.1000/1" },
        { "the path before hdl=",      "/10.1000/1", "hdl=10.1000/2", "", "10.1000/1" },

        { "noredirect",                "/a/b", "noredirect", "", "a/b values" },
        { "noredirect=true",           "/a/b", "noredirect=true", "", "a/b values" },
        { "noredirect=false",          "/a/b", "noredirect=false", "", "a/b" },
        { "action=showvalues",         "/a/b", "action=showvalues", "", "a/b values" },
        { "action=showlocations",      "/a/b", "action=showlocations", "", "a/b locations" },
        { "action=showurls",           "/a/b", "action=showurls", "", "a/b locations" },
        { "action=rest",               "/a/b", "action=rest", "", "a/b rest" },
        { "action=metadata",           "/a/b", "action=metadata&locatt=x", "", "a/b metadata locatt=x locatt=role:metadata" },
        { "action=redirect",           "/a/b", "action=showvalues&action=redirect", "", "a/b" },
        { "unknown action",            "/a/b", "action=dance", "", "a/b" },
        { "action in a form",          "/a/b", NULL, "action=showvalues", "a/b values" },
        { "auth, cert",                "/a/b", "auth;cert=true", "", "a/b auth cert" },
        { "auth=false",                "/a/b", "auth=False", "", "a/b" },
        { "ignore_aliases",            "/a/b", "ignore_aliases", "", "a/b noalias" },
        { "redirectionHeaders",        "/a/b", "redirectionHeaders", "", "a/b headers" },
        { "types and indexes",         "/a/b", "type=URL&index=3;type=a%20b+c&index=4294967295", "", "a/b type=URL type=a b+c index=3 index=4294967295" },
        { "malformed indexes",         "/a/b", "index=x&index=&index=-1&index=4294967296&index=0&index=7", "", "a/b index=7" },
        { "urlappend",                 "/a/b", "urlappend=%3Fc%3Dd%26e", "", "a/b append=?c=d&e" },
        { "a fragment in the query",   "/a/b", "urlappend=/x#y=z&noredirect", "", "a/b append=/x#y=z&noredirect" },
        { "a fragment in the path",    "/a/b#c", "noredirect", "", "a/b append=#c?noredirect" },
        { "an encoded # is none",      "/a/b%23c", NULL, "", "a/b#c" },
        { "locatt",                    "/a/b", "locatt=id:1&locatt=country&locatt=a:b:c&locatt=", "", "a/b locatt=id:1 locatt=country locatt=a:b:c" },
        { "locatt of the empty value", "/a/b", "locatt=id:", "", "a/b locatt=id:" },
        { "country, ip",               "/a/b", "country=GB&ip=192.0.2.1", "", "a/b country=GB ip=192.0.2.1" },
        { "shortcuts",                 "/a/b", "lang=de&langs=fr&id=7", "", "a/b locatt=lang:de locatt=id:7" },
        { "empty parameters",          "/a/b", "&&;=x&", "", "a/b" },
        { "names without case",        "/a/b", "URLAppend=x&TYPE=y", "", "a/b type=y append=x" },
        /* clang-format on */
};

static void put_list(struct buf *b, const struct resolver_query *q)
{
        for (size_t i = 0; i < q->type_count; i++) {
                buf_text(b, " type=");
                buf_bytes(b, q->types[i]);
        }
        for (size_t i = 0; i < q->index_count; i++)
                buf_printf(b, " index=%u", q->indexes[i]);
        if (q->append.size > 0)
                buf_text(b, " append=");
        buf_bytes(b, q->append);
        for (size_t i = 0; i < q->locatt_count; i++) {
                buf_text(b, " locatt=");
                buf_bytes(b, q->locatts[i].key);
                if (q->locatts[i].has_value)
                        buf_u8(b, ':');
                buf_bytes(b, q->locatts[i].value);
        }
        if (q->country.size > 0)
                buf_text(b, " country=");
        buf_bytes(b, q->country);
        if (q->ip.size > 0)
                buf_text(b, " ip=");
        buf_bytes(b, q->ip);
}

static void put_query(struct buf *b, const struct resolver_query *q)
{
        static const char *const actions[] = { "", " values", " locations", " rest", " metadata" };
        buf_bytes(b, q->name);
        buf_text(b, actions[q->action]);
        buf_text(b, q->is_authoritative ? " auth" : "");
        buf_text(b, q->is_certified ? " cert" : "");
        buf_text(b, q->ignore_aliases ? " noalias" : "");
        buf_text(b, q->redirection_headers ? " headers" : "");
        put_list(b, q);
}

static void queries(void **state)
{
        (void)state;
        for (size_t i = 0; i < COUNT_OF(rows); i++) {
                const struct row *r = &rows[i];
                struct resolver_input input = {
                        .path = ansa_bytes_text(r->path),
                        .query = ansa_bytes_text(r->query != NULL ? r->query : ""),
                        .has_query = r->query != NULL,
                        .form = ansa_bytes_text(r->form),
                        .shortcuts = ANSA_BYTES_LIT("lang id"),
                };
                struct arena arena;
                struct resolver_query q;
                uint8_t room[512];
                struct buf b = buf_over(room, sizeof(room));
                arena_init(&arena, 65536);
                assert_err(r->rule, resolver_query_read(&input, &arena, &q), ANSA_OK);
                put_query(&b, &q);
                assert_bytes(r->rule, buf_written(&b), ansa_bytes_text(r->want));
                arena_fini(&arena);
        }
}

static void maxima(void **state)
{
        (void)state;
        struct buf text = buf_growing(65536);
        for (unsigned i = 1; i <= 500; i++)
                buf_printf(&text, "type=t&index=%u&locatt=a:b;", i);
        struct resolver_input input = { .path = ANSA_BYTES_LIT("/a/b"),
                                        .query = buf_written(&text),
                                        .has_query = true };
        struct resolver_query q;
        struct arena arena;
        arena_init(&arena, 1u << 20);
        assert_int_equal(resolver_query_read(&input, &arena, &q), ANSA_OK);
        assert_int_equal(q.type_count, RESOLVER_FILTERS_MAX);
        assert_int_equal(q.index_count, RESOLVER_FILTERS_MAX);
        assert_int_equal(q.locatt_count, RESOLVER_LOCATTS_MAX);
        arena_fini(&arena);
        arena_init(&arena, 64);
        assert_int_equal(resolver_query_read(&input, &arena, &q), ANSA_E_NO_MEMORY);
        assert_int_equal(q.type_count, 0);
        arena_fini(&arena);
        buf_fini(&text);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(queries),
                cmocka_unit_test(maxima),
        };
        return cmocka_run_group_tests_name("http/resolver_query", tests, NULL, NULL);
}
