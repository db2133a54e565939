/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "view_world.h"

#include "identifier/referral.h"

#include <string.h>

static int setup(void **state)
{
        struct world *w = world_new();
        struct ansa_values values = { 0 };
        world_value(w, &values, 1, "HS_SITE", "sites of the prefix itself");
        world_value(w, &values, 2, "hs_site.prefix", "s");
        world_value_as(w, &values, 3, "HS_SITE.PREFIX", ANSA_BYTES_LIT("secret"),
                       ANSA_PERM_ADMIN_READ);
        world_value(w, &values, 4, "HS_SERV.PREFIX", "v");
        world_value(w, &values, 5, "HS_NA_DELEGATE", "d");
        world_put(w, "0.NA/10", values);
        world_put_one(w, "0.NA/10.1", 1, "URL", "nothing of use");
        world_put_one(w, "0.NA/10.1.stored", 1, "URL", "x");
        world_put_one(w, "0.NA/11", 1, "HS_SITE", "only for itself");
        *state = w;
        return 0;
}

static int teardown(void **state)
{
        world_free(*state);
        return 0;
}

static uint32_t find(struct world *w, const char *name, uint32_t op, uint16_t version,
                     uint32_t flags)
{
        struct message m = { .envelope = { .major = (uint8_t)(version >> 8),
                                           .minor = (uint8_t)version,
                                           .suggested_major = (uint8_t)(version >> 8),
                                           .suggested_minor = (uint8_t)version },
                             .header = { .op = op, .flags = flags } };
        struct ansa_values values;
        enum ansa_err err = referral_find(world_look(w), &m, ansa_bytes_text(name), &values);
        assert_int_equal(err, values.count > 0 ? ANSA_OK : ANSA_E_NOT_FOUND);
        uint32_t indexes = 0; /* as digits */
        struct ansa_value value;
        while (ansa_values_next(&values, &value) == ANSA_OK)
                indexes = indexes * 10 + value.index;
        return indexes;
}

static void the_nearest_ancestor_refers(void **state)
{
        struct world *w = *state;
        const uint16_t v = VERSION(2, 11);
        assert_int_equal(find(w, "0.NA/10.2", OP_RESOLVE, v, 0), 245);
        assert_int_equal(find(w, "0.na/10.1.x.y", OP_RESOLVE, v, 0), 245);
        assert_int_equal(find(w, "10.1.x", OP_RESOLVE, v, 0), 245); /* no slash: a prefix record */
        assert_int_equal(find(w, "0.NA/10.1.stored", OP_RESOLVE, v, 0), 0);
        assert_int_equal(find(w, "0.NA/10", OP_RESOLVE, v, 0), 0);
        assert_int_equal(find(w, "0.NA/11.1", OP_RESOLVE, v, 0), 0);
        assert_int_equal(find(w, "0.NA/12.1", OP_RESOLVE, v, 0), 0);
        assert_int_equal(find(w, "10.1.x/a", OP_RESOLVE, v, 0), 0);
        world_put_one(w, "0.NA/10.1", 9, "HS_SERV.PREFIX", "nearer");
        assert_int_equal(find(w, "0.NA/10.1.x", OP_RESOLVE, v, 0), 9);
        world_put_one(w, "0.NA/0.NA", 8, "HS_SITE.PREFIX", "of the root");
        assert_int_equal(find(w, "0.NA/12", OP_RESOLVE, v, 0), 8);
}

static void who_is_referred(void **state)
{
        static const struct {
                const char *rule;
                uint32_t op;
                uint16_t version;
                uint32_t flags;
                bool is_referred;
        } rows[] = {
                { "old client resolves", OP_RESOLVE, VERSION(2, 1), 0, true },
                { "old client verifies", OP_VERIFY, VERSION(2, 9), 0, true },
                { "old client creates", OP_CREATE, VERSION(2, 9), 0, false },
                { "client creates", OP_CREATE, VERSION(2, 10), 0, true },
                { "do not refer", OP_RESOLVE, VERSION(2, 11), FLAG_DO_NOT_REFER, false },
        };
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                if ((find(*state, "0.NA/10.2", rows[i].op, rows[i].version, rows[i].flags) != 0) !=
                    rows[i].is_referred)
                        fail_msg("%s", rows[i].rule);
        }
}

static void very_deep_prefixes_end(void **state)
{
        char name[1024] = "0.NA/10";
        while (strlen(name) < 1000)
                strcat(name, ".a");
        assert_int_equal(find(*state, name, OP_RESOLVE, VERSION(2, 11), 0), 0);
}

/* "No referral" would go out as "not found", which is not known to be true. */
static void what_cannot_be_read_is_an_error(void **state)
{
        struct world *w = *state;
        struct message m = { .envelope = { .major = 2, .minor = 11 },
                             .header = { .op = OP_RESOLVE } };
        struct ansa_values values;
        const struct ansa_bytes damaged = ANSA_BYTES_LIT("\0\0");
        world_store(w, STORE_RECORDS, ANSA_BYTES_LIT("0.NA/10"), damaged);
        assert_int_equal(referral_find(world_look(w), &m, ANSA_BYTES_LIT("0.NA/10.2"), &values),
                         ANSA_E_CORRUPT);
        world_store(w, STORE_RECORDS, ANSA_BYTES_LIT("0.NA/10.2"), damaged);
        assert_int_equal(referral_find(world_look(w), &m, ANSA_BYTES_LIT("0.NA/10.2"), &values),
                         ANSA_E_CORRUPT);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
                TEST(the_nearest_ancestor_refers),
                TEST(who_is_referred),
                TEST(very_deep_prefixes_end),
                TEST(what_cannot_be_read_is_an_error),
#undef TEST
        };
        return cmocka_run_group_tests_name("identifier/referral", tests, NULL, NULL);
}
