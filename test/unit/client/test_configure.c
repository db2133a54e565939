/* SPDX-License-Identifier: Apache-2.0 */
/* Where a client begins: roots, local sites, a resolver; and files that say so badly. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "world.h"

#include <stdio.h>
#include <stdlib.h>

#define EXPECT(...) assert_true(world_resolves(__VA_ARGS__))

static void knows_local_sites(void **state)
{
        (void)state;
        struct world w;
        world_begin(&w, 2);
        world_url_rule(&w, 1, "35.LOCAL/1", "http://local/");
        assert_int_equal(ansa_client_add_local(w.client, ANSA_BYTES_LIT("0.NA/35.local"),
                                               buf_written(&w.sites[1])),
                         ANSA_OK);
        EXPECT(&w, "35.LOCAL/1", ANSA_OK, "http://local/");
        assert_int_equal(w.asked[ROOT], 0);
        static const char *const bad[] = { "", "{}", "[1]", "[{\"nas\":[1],\"site\":{}}]",
                                           "[{\"nas\":\"x\"}]" };
        for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
                assert_int_not_equal(ansa_client_add_local_info(w.client, ansa_bytes_text(bad[i])),
                                     ANSA_OK);
                assert_string_not_equal(ansa_client_problem(w.client), "");
        }
        world_end(&w);
}

static void reads_local_info(void **state)
{
        (void)state;
        struct world w;
        char json[1024];
        world_begin(&w, 2);
        world_url_rule(&w, 1, "35.INFO/1", "http://info/");
        (void)snprintf(json, sizeof(json),
                       "[{\"nas\":[\"0.NA/35.INFO\"],\"site\":{\"version\":1,\"protocolVersion\":"
                       "\"2.11\",\"serialNumber\":1,\"primarySite\":true,\"multiPrimary\":false,"
                       "\"attributes\":[],\"servers\":[{\"serverId\":1,\"address\":\"127.0.0.1\","
                       "\"interfaces\":[{\"query\":true,\"admin\":true,\"protocol\":\"TCP\","
                       "\"port\":%u}]}]}}]",
                       w.fakes[1].port);
        enum ansa_err err = ansa_client_add_local_info(w.client, ansa_bytes_text(json));
        if (err != ANSA_OK)
                fail_msg("%s", ansa_client_problem(w.client));
        EXPECT(&w, "35.INFO/1", ANSA_OK, "http://info/");
        world_end(&w);
}

static void sends_everything_to_a_resolver(void **state)
{
        (void)state;
        struct world w;
        world_begin(&w, 2);
        world_url_rule(&w, 1, "35.ANY/1", "http://cached/");
        assert_int_equal(ansa_client_set_resolver(w.client, buf_written(&w.sites[1])), ANSA_OK);
        EXPECT(&w, "35.ANY/1", ANSA_OK, "http://cached/");
        assert_int_equal(w.asked[ROOT], 0);
        world_end(&w);
}

/* Root servers known by address tell their site; one that does not is asked all the same. */
static void learns_the_roots(void **state)
{
        (void)state;
        struct world w;
        char address[32];
        world_begin(&w, 2);
        world_url_rule(&w, ROOT, "0.TEST/1", "http://root/");
        ansa_client_free(w.client);
        assert_int_equal(client_new_env(NULL, fake_env(&w.env), &w.client), ANSA_OK);
        (void)snprintf(address, sizeof(address), "127.0.0.1:%u", w.fakes[ROOT].port);
        assert_int_equal(ansa_client_add_root(w.client, address), ANSA_OK);
        EXPECT(&w, "0.TEST/1", ANSA_OK, "http://root/");
        EXPECT(&w, "0.TEST/2", ANSA_E_NOT_FOUND, "answered 100");
        assert_int_equal(w.site_asked, 1);
        buf_reset(&w.sites[ROOT]);
        ansa_client_forget(w.client);
        EXPECT(&w, "0.TEST/1", ANSA_OK, "http://root/");
        assert_int_equal(w.site_asked, 2);
        world_end(&w);
}

static void refuses_bad_bootstrap_files(void **state)
{
        (void)state;
        static const struct {
                const char *text;
                size_t size;
        } rows[] = { { "", 0 },
                     { "{", 1 },
                     { "{\"handles\":[]}", 14 },
                     { "{\"handles\":[{\"handle\":\"0.NA/0.NA\",\"values\":[]}]}", 48 },
                     { "\0\0\0\4\0\0\0\0", 8 },
                     { "nonsense", 8 } };
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                struct ansa_client *client;
                assert_int_equal(ansa_client_new(NULL, &client), ANSA_OK);
                struct ansa_bytes file = { (const uint8_t *)rows[i].text, rows[i].size };
                assert_int_not_equal(ansa_client_add_bootstrap(client, file), ANSA_OK);
                assert_string_not_equal(ansa_client_problem(client), "");
                ansa_client_free(client);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(knows_local_sites),
                cmocka_unit_test(reads_local_info),
                cmocka_unit_test(sends_everything_to_a_resolver),
                cmocka_unit_test(learns_the_roots),
                cmocka_unit_test(refuses_bad_bootstrap_files),
        };
        return cmocka_run_group_tests_name("client/configure", tests, NULL, NULL);
}
