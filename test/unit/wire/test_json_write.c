/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON forms (rest-api 3). Each row of the first table is written from its octets and
 * read back to them; the second holds what no form can carry and goes out as base64.
 */
#include "octets.h"
#include "wire/json.h"

#include <stdio.h>

#define ADMIN_DATA "0ff30000000c302e4e412f33352e54455354000000c8"
#define TOY_RSA    "0000000b5253415f5055425f4b4559 0000 00000003010001 0000000900c511111111111111"
#define TOY_N      "xRERERERERE"
#define SITE_HEAD  "0001 020b 0001 80 02 00000000 "
#define ONE_SERVER "00000001 00000001 "
#define LOCALHOST  "000000000000000000000000 7f000001 "
#define SITE_EXAMPLE                                                                \
        SITE_HEAD "00000001 0000000464657363 0000000454657374" ONE_SERVER LOCALHOST \
                  "00000000 00000002 0301 00000a51 0200 00000a51"
#define SITE_JSON_HEAD                                                                         \
        "{\"version\":1,\"protocolVersion\":\"2.11\",\"serialNumber\":1,\"primarySite\":true," \
        "\"multiPrimary\":false,"

/* clang-format off */
static const struct both_ways {
        const char *name;
        const char *type;
        const char *data; /* hex */
        const char *json; /* of the data object */
} both_ways[] = {
        { "url", "URL", "687474703a2f2f6578616d706c652e6f72672f",
          "{\"format\":\"string\",\"value\":\"http://example.org/\"}" },
        { "empty", "URL", "", "{\"format\":\"string\",\"value\":\"\"}" },
        { "quotes and escapes", "DESC", "22 5c 2f 09 0a 0d",
          "{\"format\":\"string\",\"value\":\"\\\"\\\\/\\t\\n\\r\"}" },
        { "UTF-8 of 2, 3, 4 octets", "DESC", "c3a9 e282ac f09f9880",
          "{\"format\":\"string\",\"value\":\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"}" },
        { "NUL is no text", "DESC", "6100", "{\"format\":\"base64\",\"value\":\"YQA=\"}" },
        { "vertical tab is no text", "DESC", "0b", "{\"format\":\"base64\",\"value\":\"Cw==\"}" },
        { "delete is no text", "DESC", "7f", "{\"format\":\"base64\",\"value\":\"fw==\"}" },
        { "not UTF-8", "DESC", "ff", "{\"format\":\"base64\",\"value\":\"/w==\"}" },
        { "secret key", "HS_SECKEY", "736563726574", "{\"format\":\"string\",\"value\":\"secret\"}" },
        { "binary secret key", "HS_SECKEY", "0001", "{\"format\":\"base64\",\"value\":\"AAE=\"}" },
        { "admin", "HS_ADMIN", ADMIN_DATA,
          "{\"format\":\"admin\",\"value\":{\"handle\":\"0.NA/35.TEST\",\"index\":200,"
          "\"permissions\":\"111111110011\"}}" },
        { "admin, default of the field", "HS_ADMIN", "07f3 00000001 61 00000001",
          "{\"format\":\"admin\",\"value\":{\"handle\":\"a\",\"index\":1,"
          "\"permissions\":\"011111110011\"}}" },
        { "admin, 13 characters", "hs_admin", "1001 00000001 61 00000000",
          "{\"format\":\"admin\",\"value\":{\"handle\":\"a\",\"index\":0,"
          "\"permissions\":\"1000000000001\"}}" },
        { "admin, legacyByteLength", "HS_ADMIN", ADMIN_DATA "0000",
          "{\"format\":\"admin\",\"value\":{\"handle\":\"0.NA/35.TEST\",\"index\":200,"
          "\"permissions\":\"111111110011\",\"legacyByteLength\":true}}" },
        { "vlist", "HS_VLIST",
          "00000002 0000000c302e4e412f33352e54455354 0000012c 0000000b33352e544553542f41444d 0000012d",
          "{\"format\":\"vlist\",\"value\":[{\"handle\":\"0.NA/35.TEST\",\"index\":300},"
          "{\"handle\":\"35.TEST/ADM\",\"index\":301}]}" },
        { "empty vlist", "HS_VLIST", "00000000", "{\"format\":\"vlist\",\"value\":[]}" },
        { "site", "HS_SITE", SITE_EXAMPLE,
          "{\"format\":\"site\",\"value\":" SITE_JSON_HEAD
          "\"attributes\":[{\"name\":\"desc\",\"value\":\"Test\"}],"
          "\"servers\":[{\"serverId\":1,\"address\":\"127.0.0.1\",\"interfaces\":["
          "{\"query\":true,\"admin\":true,\"protocol\":\"TCP\",\"port\":2641},"
          "{\"query\":true,\"admin\":false,\"protocol\":\"UDP\",\"port\":2641}]}]}}" },
        { "site over IPv6, hash option and filter, key, unknown protocol", "HS_SITE.6",
          "0000 0300 ffff 40 00 000000026869 00000000" ONE_SERVER
          "20010db8000000000000000000000001 00000029" TOY_RSA "00000000"
          "00000003 0102 00001f40 0203 000020fb 0009 00000000",
          "{\"format\":\"site\",\"value\":{\"version\":0,\"protocolVersion\":\"3.0\","
          "\"serialNumber\":65535,\"primarySite\":false,\"multiPrimary\":true,\"hashOption\":0,"
          "\"hashFilter\":\"hi\",\"attributes\":[],"
          "\"servers\":[{\"serverId\":1,\"address\":\"2001:db8::1\",\"publicKey\":{\"format\":\"key\","
          "\"value\":{\"kty\":\"RSA\",\"e\":\"AQAB\",\"n\":\"" TOY_N "\"}},\"interfaces\":["
          "{\"query\":false,\"admin\":true,\"protocol\":\"HTTP\",\"port\":8000},"
          "{\"query\":true,\"admin\":false,\"protocol\":\"HTTPS\",\"port\":8443},"
          "{\"query\":false,\"admin\":false,\"protocol\":9,\"port\":0}]}]}}" },
        { "site with an unknown key, loopback of IPv6", "HS_NA_DELEGATE",
          SITE_HEAD "00000000" ONE_SERVER "00000000000000000000000000000001 00000002 0102 00000000",
          "{\"format\":\"site\",\"value\":" SITE_JSON_HEAD "\"attributes\":[],"
          "\"servers\":[{\"serverId\":1,\"address\":\"::1\",\"publicKey\":{\"format\":\"base64\","
          "\"value\":\"AQI=\"},\"interfaces\":[]}]}}" },
        { "site with a mapped address", "HS_SITE.PREFIX",
          SITE_HEAD "00000000" ONE_SERVER "00000000000000000000ffff0a000102 00000000 00000000",
          "{\"format\":\"site\",\"value\":" SITE_JSON_HEAD "\"attributes\":[],"
          "\"servers\":[{\"serverId\":1,\"address\":\"::ffff:10.0.1.2\",\"interfaces\":[]}]}}" },
        { "RSA key as deployed software writes it", "HS_PUBKEY", TOY_RSA "00000000",
          "{\"format\":\"key\",\"value\":{\"kty\":\"RSA\",\"e\":\"AQAB\",\"n\":\"" TOY_N "\"}}" },
        { "RSA key without surplus octets", "HS_PUBKEY", TOY_RSA,
          "{\"format\":\"key\",\"value\":{\"kty\":\"RSA\",\"e\":\"AQAB\",\"n\":\"" TOY_N "\","
          "\"legacyByteLength\":false}}" },
        { "DSA key", "HS_PUBKEY",
          "0000000b4453415f5055425f4b4559 0000 0000000101 0000000102 0000000103 0000000104",
          "{\"format\":\"key\",\"value\":{\"kty\":\"DSA\",\"q\":\"AQ\",\"p\":\"Ag\",\"g\":\"Aw\","
          "\"y\":\"BA\"}}" },
        { "Ed25519 key", "HS_PUBKEY",
          "0000000f454432353531395f5055425f4b4559 0000 00000020"
          "0000000000000000000000000000000000000000000000000000000000000001",
          "{\"format\":\"key\",\"value\":{\"kty\":\"OKP\",\"crv\":\"Ed25519\","
          "\"x\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE\"}}" },
};

/* Data of a type with a form, which that form would change. */
static const struct as_base64 {
        const char *name;
        const char *type;
        const char *data;
} as_base64[] = {
        { "admin that does not decode", "HS_ADMIN", "0ff3" },
        { "admin with unknown rights", "HS_ADMIN", "2000 00000001 61 00000000" },
        { "admin whose name is not UTF-8", "HS_ADMIN", "0001 00000001 ff 00000000" },
        { "vlist with trailing octets", "HS_VLIST", "00000000 00" },
        { "vlist whose name is not UTF-8", "HS_VLIST", "00000001 00000001 ff 00000000" },
        { "site of format 2", "HS_SITE", "0002 020b 0001 80 02 00000000 00000000 00000000" },
        { "site with unknown flags", "HS_SITE", "0001 020b 0001 81 02 00000000 00000000 00000000" },
        { "site whose filter is not UTF-8", "HS_SITE",
          "0001 020b 0001 80 02 00000001ff 00000000 00000000" },
        { "site whose attribute is not UTF-8", "HS_SITE",
          SITE_HEAD "00000001 00000001 61 00000001 ff 00000000" },
        { "site with an unknown kind of interface", "HS_SITE",
          SITE_HEAD "00000000" ONE_SERVER LOCALHOST "00000000 00000001 0401 00000a51" },
        { "site with a port over 65535", "HS_SITE",
          SITE_HEAD "00000000" ONE_SERVER LOCALHOST "00000000 00000001 0301 00010000" },
        { "key of an unknown type", "HS_PUBKEY", "00000003585858 0000" },
        { "key without JWK", "HS_PUBKEY",
          "0000000a44485f5055425f4b4559 0000 0000000101 0000000102 0000000103" },
        { "key with flags", "HS_PUBKEY",
          "0000000b5253415f5055425f4b4559 0001 00000003010001 0000000900c511111111111111" },
        { "key without sign octet", "HS_PUBKEY",
          "0000000b5253415f5055425f4b4559 0000 00000003010001 00000008c511111111111111" },
};
/* clang-format on */

static struct ansa_value value_of(const char *type, struct ansa_bytes data)
{
        return (struct ansa_value){
                .index = 1,
                .ttl_s = 86400,
                .permissions = ANSA_PERM_DEFAULT,
                .type = ansa_bytes_text(type),
                .data = data,
        };
}

static void assert_value_equal(const char *row, const struct ansa_value *got,
                               const struct ansa_value *want)
{
        if (got->index != want->index || got->timestamp_s != want->timestamp_s ||
            got->ttl_type != want->ttl_type || got->ttl_s != want->ttl_s ||
            got->permissions != want->permissions || !ansa_bytes_equal(got->type, want->type) ||
            got->refs.count != want->refs.count ||
            !ansa_bytes_equal(got->refs.wire, want->refs.wire))
                fail_msg("%s: value differs", row);
        if (!ansa_bytes_equal(got->data, want->data))
                fail_msg("%s: data differs", row);
}

static void assert_written(const char *row, struct buf *b, const char *want)
{
        assert_int_equal(b->err, ANSA_OK);
        if (!ansa_bytes_equal(buf_written(b), ansa_bytes_text(want)))
                fail_msg("%s:\n got %.*s\nwant %s", row, (int)b->size, (const char *)b->at, want);
}

static void assert_reads_back(const char *row, const struct ansa_value *v, struct buf *b)
{
        struct arena arena;
        arena_init(&arena, 1u << 20);
        struct ansa_value again;
        struct json_problem problem;
        struct ansa_bytes text = bytes_copy(buf_written(b));
        if (json_value(text, &arena, &again, &problem) != ANSA_OK)
                fail_msg("%s: %s", row, problem.text);
        bytes_free(text); /* what was read does not borrow from it */
        assert_value_equal(row, &again, v);
        arena_fini(&arena);
}

static void writes_and_reads_each_form(void **state)
{
        (void)state;
        for (size_t i = 0; i < COUNT_OF(both_ways); i++) {
                struct ansa_bytes data = octets_hex(both_ways[i].data);
                struct ansa_value v = value_of(both_ways[i].type, data);
                char want[2048];
                (void)snprintf(want, sizeof(want),
                               "{\"index\":1,\"type\":\"%s\",\"data\":%s,\"ttl\":86400}",
                               both_ways[i].type, both_ways[i].json);
                struct buf b = buf_growing(4096);
                json_put_value(&b, &v);
                assert_written(both_ways[i].name, &b, want);
                assert_reads_back(both_ways[i].name, &v, &b);
                buf_fini(&b);
                bytes_free(data);
        }
}

static void writes_base64_rather_than_a_change(void **state)
{
        (void)state;
        for (size_t i = 0; i < COUNT_OF(as_base64); i++) {
                struct ansa_bytes data = octets_hex(as_base64[i].data);
                struct ansa_value v = value_of(as_base64[i].type, data);
                struct buf b = buf_growing(4096);
                json_put_value(&b, &v);
                buf_u8(&b, 0);
                assert_int_equal(b.err, ANSA_OK);
                if (strstr((const char *)b.at, "\"format\":\"base64\"") == NULL)
                        fail_msg("%s: %s", as_base64[i].name, (const char *)b.at);
                b.size--;
                assert_reads_back(as_base64[i].name, &v, &b);
                buf_fini(&b);
                bytes_free(data);
        }
}

#define HI ",\"type\":\"T\",\"data\":{\"format\":\"string\",\"value\":\"hi\"}"

static void writes_the_other_members(void **state)
{
        (void)state;
        struct ansa_bytes refs = octets_hex("00000003 612f62 00000005 00000000 00000000");
        const struct {
                const char *name;
                struct ansa_value v;
                const char *json;
        } rows[] = {
                { "timestamp of the specification",
                  { .index = 1, .ttl_s = 86400, .permissions = 0x0e, .timestamp_s = 1432109087 },
                  "{\"index\":1" HI ",\"ttl\":86400,\"timestamp\":\"2015-05-20T08:04:47Z\"}" },
                { "absolute TTL",
                  { .index = 4294967295, .ttl_s = 1432109087, .ttl_type = 1, .permissions = 0x0e },
                  "{\"index\":4294967295" HI ",\"ttl\":\"2015-05-20T08:04:47Z\"}" },
                { "the last second",
                  { .index = 1, .ttl_s = UINT32_MAX, .ttl_type = 1, .permissions = 0x0e },
                  "{\"index\":1" HI ",\"ttl\":\"2106-02-07T06:28:15Z\"}" },
                { "permissions",
                  { .index = 1, .permissions = 0x06 },
                  "{\"index\":1" HI ",\"permissions\":\"0110\",\"ttl\":0}" },
                { "no permissions",
                  { .index = 1, .permissions = 0 },
                  "{\"index\":1" HI ",\"permissions\":\"0000\",\"ttl\":0}" },
                { "unknown permission bits",
                  { .index = 1, .permissions = 0x3e },
                  "{\"index\":1" HI ",\"permissions\":\"1110\",\"permissionBits\":62,\"ttl\":0}" },
                { "references",
                  { .index = 1, .permissions = 0x0e, .refs = { refs, 2 } },
                  "{\"index\":1" HI ",\"ttl\":0,\"references\":[{\"handle\":\"a/b\",\"index\":5},"
                  "{\"handle\":\"\",\"index\":0}]}" },
        };
        for (size_t i = 0; i < COUNT_OF(rows); i++) {
                struct ansa_value v = rows[i].v;
                v.type = ANSA_BYTES_LIT("T");
                v.data = ANSA_BYTES_LIT("hi");
                struct buf b = buf_growing(4096);
                json_put_value(&b, &v);
                assert_written(rows[i].name, &b, rows[i].json);
                assert_reads_back(rows[i].name, &v, &b);
                buf_fini(&b);
        }
        bytes_free(refs);
}

static void writes_strings(void **state)
{
        (void)state;
        static const struct {
                const char *name, *octets, *json;
        } rows[] = {
                { "empty", "", "\"\"" },
                { "control characters", "01 1f 7f 08", "\"\\u0001\\u001f\x7f\\u0008\"" },
                { "NUL", "00", "\"\\u0000\"" },
                { "not UTF-8 in between", "61 ff c3a9 c3 62",
                  "\"a\xef\xbf\xbd\xc3\xa9\xef\xbf\xbd"
                  "b\"" },
                { "cut sequence at the end", "61 f09f98",
                  "\"a\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"" },
                { "quote after damage", "ff 22", "\"\xef\xbf\xbd\\\"\"" },
        };
        for (size_t i = 0; i < COUNT_OF(rows); i++) {
                struct ansa_bytes octets = octets_hex(rows[i].octets);
                struct buf b = buf_growing(256);
                json_put_string(&b, octets);
                assert_written(rows[i].name, &b, rows[i].json);
                buf_fini(&b);
                bytes_free(octets);
        }
}

static void writes_records(void **state)
{
        (void)state;
        struct buf wire = buf_growing(256);
        for (uint32_t i = 1; i <= 2; i++) {
                struct ansa_value v = value_of("T", ANSA_BYTES_LIT("x"));
                v.index = i;
                uint8_t at[64];
                size_t size;
                assert_int_equal(ansa_value_encode(&v, at, sizeof(at), &size), ANSA_OK);
                buf_bytes(&wire, (struct ansa_bytes){ at, size });
        }
        struct ansa_values values = { buf_written(&wire), 2 };
        struct buf b = buf_growing(1024);
        json_put_record(&b, ANSA_BYTES_LIT("35.TEST/\"1\""), values);
        assert_written(
                "record", &b,
                "{\"handle\":\"35.TEST/\\\"1\\\"\",\"values\":["
                "{\"index\":1,\"type\":\"T\",\"data\":{\"format\":\"string\",\"value\":\"x\"},"
                "\"ttl\":86400},"
                "{\"index\":2,\"type\":\"T\",\"data\":{\"format\":\"string\",\"value\":\"x\"},"
                "\"ttl\":86400}]}");
        struct arena arena;
        arena_init(&arena, 1u << 20);
        struct ansa_bytes name;
        struct ansa_values again;
        struct json_problem problem;
        assert_int_equal(json_record(buf_written(&b), &arena, &name, &again, &problem), ANSA_OK);
        assert_true(ansa_bytes_equal(name, ANSA_BYTES_LIT("35.TEST/\"1\"")));
        assert_int_equal(again.count, 2);
        assert_true(ansa_bytes_equal(again.wire, values.wire));
        arena_fini(&arena);
        buf_fini(&b);
        buf_fini(&wire);
}

static void refuses_keys_without_a_form(void **state)
{
        (void)state;
        const struct ansa_key dh = { ANSA_KEY_DH,
                                     false,
                                     3,
                                     { ANSA_BYTES_LIT("\1"), ANSA_BYTES_LIT("\1"),
                                       ANSA_BYTES_LIT("\1") } };
        struct buf b = buf_growing(256);
        json_put_key(&b, &dh);
        assert_int_equal(b.err, ANSA_E_UNSUPPORTED);
        buf_fini(&b);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(writes_and_reads_each_form),
                cmocka_unit_test(writes_base64_rather_than_a_change),
                cmocka_unit_test(writes_the_other_members),
                cmocka_unit_test(writes_strings),
                cmocka_unit_test(writes_records),
                cmocka_unit_test(refuses_keys_without_a_form),
        };
        return cmocka_run_group_tests_name("wire/json_write", tests, NULL, NULL);
}
