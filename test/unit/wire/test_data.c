/* SPDX-License-Identifier: Apache-2.0 */
/* HS_ADMIN, HS_VLIST, bare root_info files, the types with a meaning (irp-wire 6). */
#include "octets.h"
#include "wire/codes.h"
#include "wire/data.h"

static const char admin_example[] =
        "0f f3 00 00 00 0c 30 2e 4e 41 2f 33 35 2e 54 45 53 54 00 00 00 c8";
static const char vlist_example[] =
        "00 00 00 02 00 00 00 0c 30 2e 4e 41 2f 33 35 2e 54 45 53 54 00 00 01 2c"
        "00 00 00 0b 33 35 2e 54 45 53 54 2f 41 44 4d 00 00 01 2d";

static void decodes_the_admin_example(void **state)
{
        (void)state;
        struct ansa_bytes wire = octets_hex(admin_example);
        struct admin_data a;
        assert_int_equal(admin_data_decode(wire, &a), ANSA_OK);
        assert_int_equal(a.rights, 0x0ff3);
        assert_int_equal(a.rights & (RIGHT_ADD_PREFIX | RIGHT_DELETE_PREFIX), 0);
        assert_true(ansa_bytes_equal(a.admin.name, ANSA_BYTES_LIT("0.NA/35.TEST")));
        assert_int_equal(a.admin.index, 200);
        assert_false(a.legacy_padding);
        bytes_free(wire);
}

static void decodes_each_admin(void **state)
{
        static const struct {
                const char *name, *hex;
                enum ansa_err want;
        } rows[] = {
                { "example", admin_example, ANSA_OK },
                { "legacy padding", "0ff3 00000001 61 000000c8 0000", ANSA_OK },
                { "empty identifier", "0000 00000000 00000000", ANSA_OK },
                { "padding not zero", "0ff3 00000001 61 000000c8 0001", ANSA_E_TRAILING },
                { "one octet more", "0ff3 00000001 61 000000c8 00", ANSA_E_TRAILING },
                { "three octets more", "0ff3 00000001 61 000000c8 000000", ANSA_E_TRAILING },
                { "name of 2049 octets", "0ff3 00000801 61", ANSA_E_LIMIT },
                { "name of 2048 octets", "0ff3 00000800 61", ANSA_E_TRUNCATED },
                { "huge name", "0ff3 ffffffff 61", ANSA_E_LIMIT },
        };
        (void)state;
        for (size_t i = 0; i < COUNT_OF(rows); i++) {
                struct ansa_bytes wire = octets_hex(rows[i].hex);
                struct admin_data a;
                enum ansa_err err = admin_data_decode(wire, &a);
                if (err != rows[i].want)
                        fail_msg("%s: %s", rows[i].name, ansa_err_text(err));
                if (err == ANSA_OK) {
                        uint8_t at[64];
                        struct buf b = buf_over(at, sizeof(at));
                        admin_data_encode(&a, &b);
                        if (!ansa_bytes_equal(buf_written(&b), wire))
                                fail_msg("%s: encodes differently", rows[i].name);
                } else {
                        assert_null(a.admin.name.at);
                        assert_int_equal(a.rights, 0);
                }
                bytes_free(wire);
        }
}

static void decodes_the_vlist_example(void **state)
{
        (void)state;
        struct ansa_bytes wire = octets_hex(vlist_example);
        struct ansa_refs refs;
        assert_int_equal(vlist_decode(wire, &refs), ANSA_OK);
        assert_int_equal(refs.count, 2);
        struct ansa_ref list[2];
        assert_int_equal(ansa_refs_next(&refs, &list[0]), ANSA_OK);
        assert_int_equal(ansa_refs_next(&refs, &list[1]), ANSA_OK);
        struct ansa_ref none;
        assert_int_equal(ansa_refs_next(&refs, &none), ANSA_E_NOT_FOUND);
        assert_int_equal(list[0].index, 300);
        assert_true(ansa_bytes_equal(list[0].name, ANSA_BYTES_LIT("0.NA/35.TEST")));
        assert_int_equal(list[1].index, 301);
        assert_true(ansa_bytes_equal(list[1].name, ANSA_BYTES_LIT("35.TEST/ADM")));

        uint8_t at[64];
        struct buf b = buf_over(at, sizeof(at));
        vlist_encode(list, 2, &b);
        assert_true(ansa_bytes_equal(buf_written(&b), wire));
        bytes_free(wire);
}

static void decodes_each_vlist(void **state)
{
        static const struct {
                const char *name, *hex;
                enum ansa_err want;
        } rows[] = {
                { "empty", "00000000", ANSA_OK },
                { "trailing", "00000000 00", ANSA_E_TRAILING },
                { "one missing", "00000002 00000000 00000000", ANSA_E_TRUNCATED },
                { "count of 2^32-1", "ffffffff 00000000 00000000", ANSA_E_TRUNCATED },
                { "huge name", "00000001 ffffffff 00000000", ANSA_E_LIMIT },
        };
        (void)state;
        for (size_t i = 0; i < COUNT_OF(rows); i++) {
                struct ansa_bytes wire = octets_hex(rows[i].hex);
                struct ansa_refs refs;
                enum ansa_err err = vlist_decode(wire, &refs);
                if (err != rows[i].want)
                        fail_msg("%s: %s", rows[i].name, ansa_err_text(err));
                assert_int_equal(refs.count, 0);
                bytes_free(wire);
        }
}

static enum ansa_err decode_admin(struct ansa_bytes wire)
{
        struct admin_data a;
        return admin_data_decode(wire, &a);
}

static enum ansa_err decode_vlist(struct ansa_bytes wire)
{
        struct ansa_refs refs;
        return vlist_decode(wire, &refs);
}

static enum ansa_err decode_root_info(struct ansa_bytes wire)
{
        struct ansa_values values;
        enum ansa_err err = root_info_decode(wire, &values);
        assert_true(err == ANSA_OK || (values.count == 0 && values.wire.at == NULL));
        return err;
}

/* One value, URL; total, count, value. */
#define URL_VALUE "00000001 5f5e1000 00 00015180 0e 00000003 55524c 00000002 6869 00000000"
static const char root_info[] = "00000023 00000001" URL_VALUE;

static void refuses_every_prefix(void **state)
{
        static const struct {
                enum ansa_err (*decode)(struct ansa_bytes wire);
                const char *hex;
        } rows[] = {
                { decode_admin, admin_example },
                { decode_vlist, vlist_example },
                { decode_root_info, root_info },
        };
        (void)state;
        for (size_t i = 0; i < COUNT_OF(rows); i++) {
                struct ansa_bytes wire = octets_hex(rows[i].hex);
                assert_int_equal(rows[i].decode(wire), ANSA_OK);
                for (size_t n = 0; n < wire.size; n++) {
                        struct ansa_bytes copy = bytes_copy((struct ansa_bytes){ wire.at, n });
                        assert_int_equal(rows[i].decode(copy), ANSA_E_TRUNCATED);
                        bytes_free(copy);
                }
                bytes_free(wire);
        }
}

static void reads_root_info(void **state)
{
        static const struct {
                const char *name, *hex;
                enum ansa_err want;
                uint32_t count;
        } rows[] = {
                { "one value", root_info, ANSA_OK, 1 },
                { "two values", "00000000 00000002" URL_VALUE URL_VALUE, ANSA_OK, 2 },
                { "no value", "00000004 00000000", ANSA_OK, 0 },
                { "value not counted", "00000004 00000000" URL_VALUE, ANSA_E_TRAILING, 0 },
                { "trailing octet", "00000023 00000001" URL_VALUE "00", ANSA_E_TRAILING, 0 },
                { "2049 values", "00000004 00000801", ANSA_E_LIMIT, 0 },
        };
        (void)state;
        for (size_t i = 0; i < COUNT_OF(rows); i++) {
                struct ansa_bytes wire = octets_hex(rows[i].hex);
                struct ansa_values values;
                enum ansa_err err = root_info_decode(wire, &values);
                if (err != rows[i].want || values.count != rows[i].count)
                        fail_msg("%s: %s, %u", rows[i].name, ansa_err_text(err), values.count);
                struct ansa_value value;
                while (values.count > 0) {
                        assert_int_equal(ansa_values_next(&values, &value), ANSA_OK);
                        assert_true(ansa_bytes_equal(value.data, ANSA_BYTES_LIT("hi")));
                }
                bytes_free(wire);
        }
}

static void knows_the_types(void **state)
{
        static const struct {
                const char *name;
                enum value_type type;
        } rows[] = {
                { "HS_ADMIN", TYPE_HS_ADMIN },
                { "hs_admin", TYPE_HS_ADMIN },
                { "HS_VLIST", TYPE_HS_VLIST },
                { "HS_PUBKEY", TYPE_HS_PUBKEY },
                { "HS_SECKEY", TYPE_HS_SECKEY },
                { "HS_SITE", TYPE_HS_SITE },
                { "HS_SITE.6", TYPE_HS_SITE },
                { "HS_SITE.PREFIX", TYPE_HS_SITE_PREFIX },
                { "Hs_Na_Delegate", TYPE_HS_SITE_PREFIX },
                { "HS_SERV", TYPE_HS_SERV },
                { "HS_SERV.PREFIX", TYPE_HS_SERV_PREFIX },
                { "HS_ALIAS", TYPE_HS_ALIAS },
                { "HS_NAMESPACE", TYPE_HS_NAMESPACE },
                { "HS_CERT", TYPE_HS_CERT },
                { "HS_SIGNATURE", TYPE_HS_SIGNATURE },
                { "HS_SITE.7", TYPE_OTHER },
                { "HS_ADMI", TYPE_OTHER },
                { "HS_ADMINS", TYPE_OTHER },
                { "URL", TYPE_OTHER },
                { "H", TYPE_OTHER },
                { "", TYPE_OTHER },
        };
        (void)state;
        for (size_t i = 0; i < COUNT_OF(rows); i++) {
                if (value_type_of(ansa_bytes_text(rows[i].name)) != rows[i].type)
                        fail_msg("%s", rows[i].name);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(decodes_the_admin_example), cmocka_unit_test(decodes_each_admin),
                cmocka_unit_test(decodes_the_vlist_example), cmocka_unit_test(decodes_each_vlist),
                cmocka_unit_test(refuses_every_prefix),      cmocka_unit_test(reads_root_info),
                cmocka_unit_test(knows_the_types),
        };
        return cmocka_run_group_tests_name("wire/data", tests, NULL, NULL);
}
