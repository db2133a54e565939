/* SPDX-License-Identifier: Apache-2.0 */
/* JSON in (rest-api 3): every way to say a thing, and what is told when it is wrong. */
#include "json_fixture.h"
#include "octets.h"
#include "wire/data.h"

#include <stdio.h>

/* The text is read from an exact heap copy that is gone before the result is looked at. */
static enum ansa_err read_value(struct fixture *f, const char *json, struct ansa_value *v)
{
        struct ansa_bytes text = bytes_copy(ansa_bytes_text(json));
        enum ansa_err err = json_value(text, &f->arena, v, &f->problem);
        bytes_free(text);
        return err;
}

static void reads_the_example(void **state)
{
        struct ansa_value v;
        assert_int_equal(read_value(*state,
                                    "{\"index\":1,\"type\":\"URL\",\"data\":{\"format\":\"string\","
                                    "\"value\":\"http://example.org/\"},\"ttl\":86400,"
                                    "\"timestamp\":\"2015-05-20T08:04:47Z\"}",
                                    &v),
                         ANSA_OK);
        assert_int_equal(v.index, 1);
        assert_int_equal(v.ttl_type, ANSA_TTL_RELATIVE);
        assert_int_equal(v.ttl_s, 86400);
        assert_int_equal(v.timestamp_s, 1432109087);
        assert_int_equal(v.permissions, ANSA_PERM_DEFAULT);
        assert_true(ansa_bytes_equal(v.type, ANSA_BYTES_LIT("URL")));
        assert_true(ansa_bytes_equal(v.data, ANSA_BYTES_LIT("http://example.org/")));
        assert_int_equal(v.refs.count, 0);
}

/* As pyhandle sends it: string data, HS_ADMIN with its index as a string. */
static void reads_what_pyhandle_sends(void **state)
{
        struct fixture *f = *state;
        struct ansa_bytes name;
        struct ansa_values values;
        static const char text[] =
                "{\"handle\":\"35.TEST/1\",\"responseCode\":1,\"values\":["
                "{\"index\":100,\"type\":\"HS_ADMIN\",\"data\":{\"value\":{\"index\":\"200\","
                "\"handle\":\"0.NA/35.TEST\",\"permissions\":\"011111110011\"},\"format\":\"admin\"}},"
                "{\"index\":\"1\",\"type\":\"URL\",\"data\":\"http://example.org/\"}]}";
        assert_int_equal(json_record(ansa_bytes_text(text), &f->arena, &name, &values, &f->problem),
                         ANSA_OK);
        assert_true(ansa_bytes_equal(name, ANSA_BYTES_LIT("35.TEST/1")));
        assert_int_equal(values.count, 2);
        struct ansa_value v;
        assert_int_equal(ansa_values_next(&values, &v), ANSA_OK);
        assert_int_equal(v.index, 100);
        struct admin_data a;
        assert_int_equal(admin_data_decode(v.data, &a), ANSA_OK);
        assert_int_equal(a.rights, 0x07f3);
        assert_int_equal(a.admin.index, 200);
        assert_int_equal(ansa_values_next(&values, &v), ANSA_OK);
        assert_int_equal(v.index, 1);
        assert_int_equal(v.ttl_s, 86400);
        assert_int_equal(v.timestamp_s, 0);
        assert_true(ansa_bytes_equal(v.data, ANSA_BYTES_LIT("http://example.org/")));
}

static void reads_permissions_from_the_right(void **state)
{
        static const struct {
                const char *text;
                uint8_t permissions;
        } rows[] = {
                { "1110", 0x0e },
                { "0110", 0x06 },
                { "1100", 0x0c },
                { "0000", 0 },
                { "1111", 0x0f },
                { "*", 0x0f },
                { "", 0x0e },
                { "1", 0x0f },
                { "01", 0x0d },
                { "000", 0x08 },
                { "11110110", 0x06 },
                { "00001001", 0x09 },
                { "100000000000000000", 0 },
        };
        for (size_t i = 0; i < COUNT_OF(rows); i++) {
                char json[160];
                (void)snprintf(json, sizeof(json),
                               "{\"index\":1,\"type\":\"T\",\"data\":\"\",\"permissions\":\"%s\"}",
                               rows[i].text);
                struct ansa_value v;
                assert_int_equal(read_value(*state, json, &v), ANSA_OK);
                if (v.permissions != rows[i].permissions)
                        fail_msg("\"%s\": %02x", rows[i].text, v.permissions);
        }
}

static void reads_rights_in_every_way(void **state)
{
        static const struct {
                const char *json;
                uint16_t rights;
        } rows[] = {
                { "\"011111110011\"", 0x07f3 },
                { "\"100000000000\"", 0x0800 },
                { "\"000000000001\"", 0x0001 },
                { "\"1000000000000\"", 0x1000 },
                { "\"0000000000001\"", 0x0001 },
                { "\"*\"", 0x0fff },
                { "true", 0x0fff },
                { "false", 0 },
                { "2035", 0x07f3 },
                { "65535", 0xffff },
                { "[]", 0 },
                { "[\"ADD_HANDLE\",\"list_handles\",\"LIST_NA\"]", 0x1801 },
        };
        for (size_t i = 0; i < COUNT_OF(rows); i++) {
                char json[256];
                (void)snprintf(
                        json, sizeof(json),
                        "{\"index\":1,\"type\":\"T\",\"data\":{\"format\":\"admin\",\"value\":{"
                        "\"handle\":\"a\",\"index\":0,\"permissions\":%s}}}",
                        rows[i].json);
                struct ansa_value v;
                struct admin_data a;
                if (read_value(*state, json, &v) != ANSA_OK)
                        fail_msg("%s: refused", rows[i].json);
                assert_int_equal(admin_data_decode(v.data, &a), ANSA_OK);
                if (a.rights != rows[i].rights)
                        fail_msg("%s: %04x", rows[i].json, a.rights);
        }
}

/* Type and format are independent; base64 in either alphabet, with and without padding. */
static void reads_each_format(void **state)
{
        static const struct {
                const char *json, *hex;
        } rows[] = {
                { "\"hi\"", "6869" },
                { "{\"format\":\"string\",\"value\":\"\\u0000\\u00e9\"}", "00 c3a9" },
                { "{\"format\":\"base64\",\"value\":\"/+8=\"}", "ffef" },
                { "{\"format\":\"base64\",\"value\":\"_-8\"}", "ffef" },
                { "{\"format\":\"base64\",\"value\":\"\"}", "" },
                { "{\"format\":\"hex\",\"value\":\"00fFAb\"}", "00ffab" },
                { "{\"format\":\"vlist\",\"value\":[{\"handle\":\"a/b\",\"index\":\"7\"}]}",
                  "00000001 00000003612f62 00000007" },
                { "{\"format\":\"key\",\"value\":{\"kty\":\"RSA\",\"n\":\"xRERERERERE=\",\"e\":\"AQAB\"}}",
                  "0000000b5253415f5055425f4b4559 0000 00000003010001 0000000900c511111111111111"
                  "00000000" },
                { "{\"format\":\"key\",\"value\":{\"kty\":\"RSA\",\"n\":\"AMUREREREREREQ\","
                  "\"e\":\"AQAB\",\"legacyByteLength\":false}}",
                  "0000000b5253415f5055425f4b4559 0000 00000003010001"
                  "0000000a00c51111111111111111" },
        };
        for (size_t i = 0; i < COUNT_OF(rows); i++) {
                char json[512];
                (void)snprintf(json, sizeof(json),
                               "{\"index\":1,\"type\":\"HS_ADMIN\",\"data\":%s}", rows[i].json);
                struct ansa_value v;
                struct fixture *f = *state;
                if (read_value(f, json, &v) != ANSA_OK)
                        fail_msg("%s: %s", rows[i].json, f->problem.text);
                struct ansa_bytes want = octets_hex(rows[i].hex);
                if (!ansa_bytes_equal(v.data, want))
                        fail_msg("%s: data differs", rows[i].json);
                bytes_free(want);
        }
}

/* clang-format off */
static const struct bad_value {
        const char *json;
        const char *problem;
        enum ansa_err err;
} bad_values[] = {
#define ROW(json, problem) { json, problem, ANSA_E_MALFORMED }
#define VALUE(rest) "{\"index\":1,\"type\":\"T\"" rest "}"
#define DATA(json)  VALUE(",\"data\":" json)
#define WITH(rest)  VALUE(",\"data\":\"\"," rest)
        ROW("[]", "an object expected"),
        ROW("{}", "index: an integer from 0 to 4294967295 expected"),
        ROW("{\"index\":-1}", "index: an integer from 0 to 4294967295 expected"),
        ROW("{\"index\":4294967296}", "index: an integer from 0 to 4294967295 expected"),
        ROW("{\"index\":1.0}", "index: an integer from 0 to 4294967295 expected"),
        ROW("{\"index\":\"x\"}", "index: an integer from 0 to 4294967295 expected"),
        ROW("{\"index\":\"\"}", "index: an integer from 0 to 4294967295 expected"),
        ROW("{\"index\":1}", "type: a string expected"),
        ROW("{\"index\":1,\"type\":2}", "type: a string expected"),
        ROW(VALUE(""), "data: a string, or an object with format and value, expected"),
        ROW(DATA("1"), "data: a string, or an object with format and value, expected"),
        ROW(DATA("{}"), "data.format: a string expected"),
        ROW(DATA("{\"format\":\"xml\"}"),
            "data.format: string, base64, hex, admin, vlist, site or key expected"),
        ROW(DATA("{\"format\":\"string\"}"), "data.value: a string expected"),
        ROW(DATA("{\"format\":\"base64\",\"value\":\"?\"}"), "data.value: base64 expected"),
        ROW(DATA("{\"format\":\"hex\",\"value\":\"abc\"}"), "data.value: pairs of hex digits expected"),
        ROW(DATA("{\"format\":\"admin\",\"value\":{\"handle\":\"a\",\"index\":1,\"permissions\":\"1\"}}"),
            "data.value.permissions: 12 or 13 characters of 0 and 1 expected"),
        ROW(DATA("{\"format\":\"admin\",\"value\":{\"handle\":\"a\",\"index\":1,"
                 "\"permissions\":\"01111111001x\"}}"),
            "data.value.permissions: 12 or 13 characters of 0 and 1 expected"),
        ROW(DATA("{\"format\":\"admin\",\"value\":{\"handle\":\"a\",\"index\":1,"
                 "\"permissions\":[\"FLY\"]}}"),
            "data.value.permissions: names such as \"ADD_VALUE\" expected"),
        ROW(DATA("{\"format\":\"admin\",\"value\":{\"handle\":\"a\",\"permissions\":\"*\"}}"),
            "data.value.index: an integer from 0 to 4294967295 expected"),
        ROW(DATA("{\"format\":\"vlist\",\"value\":{}}"), "data.value: an array expected"),
        ROW(DATA("{\"format\":\"vlist\",\"value\":[{\"handle\":\"a\",\"index\":1},2]}"),
            "data.value[1]: an object expected"),
        ROW(DATA("{\"format\":\"key\",\"value\":{\"kty\":\"RSA\",\"n\":\"AQ\",\"d\":\"AQ\"}}"),
            "data.value: a public key expected; this one is private and must stay so"),
        ROW(WITH("\"permissions\":\"2\""), "permissions: 4 characters of 0 and 1, or \"*\", expected"),
        ROW(WITH("\"permissions\":14"), "permissions: a string expected"),
        ROW(WITH("\"permissionBits\":256"), "permissionBits: an integer from 0 to 255 expected"),
        ROW(WITH("\"ttl\":\"tomorrow\""), "ttl: a time such as 2015-05-20T08:04:47Z expected"),
        ROW(WITH("\"ttl\":\"86400\""), "ttl: a time such as 2015-05-20T08:04:47Z expected"),
        ROW(WITH("\"ttl\":-1"), "ttl: an integer from 0 to 4294967295 expected"),
        ROW(WITH("\"timestamp\":0"), "timestamp: a string expected"),
        ROW(WITH("\"references\":{}"), "references: an array expected"),
        ROW(WITH("\"references\":[{\"handle\":1}]"), "references[0].handle: a string expected"),
        ROW("{\"index\":1,\"index\":2}", "line 1, column 18: duplicate object key near '\"index\"'"),
        ROW("", "line 1, column 0: '[' or '{' expected near end of file"),
        ROW("{} {}", "line 1, column 4: end of file expected near '{'"),
        ROW("{\"\x1b[2J\":1}", "line 1, column 2: control character 0x1b near '\"'"),
#undef WITH
#undef DATA
#undef VALUE
#undef ROW
};

/* clang-format on */

static void tells_what_is_wrong_with_a_value(void **state)
{
        struct fixture *f = *state;
        for (size_t i = 0; i < COUNT_OF(bad_values); i++) {
                struct ansa_value v;
                enum ansa_err err = read_value(f, bad_values[i].json, &v);
                if (err != bad_values[i].err || strcmp(f->problem.text, bad_values[i].problem) != 0)
                        fail_msg("%s: %s, \"%s\"", bad_values[i].json, ansa_err_text(err),
                                 f->problem.text);
                assert_int_equal(v.index, 0);
                assert_null(v.type.at);
                assert_null(v.data.at);
        }
}

static void tells_what_is_wrong_with_a_record(void **state)
{
        static const struct {
                const char *json, *problem;
        } rows[] = {
                { "{\"values\":[]}", "handle: a string expected" },
                { "{\"handle\":\"\",\"values\":[]}",
                  "handle: an identifier expected, but it is empty" },
                { "{\"handle\":\"a\\u0000/b\",\"values\":[]}",
                  "handle: an identifier expected, but it contains a control character" },
                { "{\"handle\":\"a/b\"}", "values: an array expected" },
                { "{\"handle\":\"a/b\",\"values\":[{\"index\":1,\"type\":\"T\",\"data\":\"\"},"
                  "{\"index\":2,\"type\":\"T\",\"data\":{\"format\":\"hex\",\"value\":1}}]}",
                  "values[1].data.value: a string expected" },
        };
        struct fixture *f = *state;
        for (size_t i = 0; i < COUNT_OF(rows); i++) {
                struct ansa_bytes name;
                struct ansa_values values;
                enum ansa_err err = json_record(ansa_bytes_text(rows[i].json), &f->arena, &name,
                                                &values, &f->problem);
                if (err != ANSA_E_MALFORMED || strcmp(f->problem.text, rows[i].problem) != 0)
                        fail_msg("%s: %s", rows[i].json, f->problem.text);
                assert_null(name.at);
                assert_int_equal(values.count, 0);
        }
}

static enum ansa_err read_count_of_values(struct fixture *f, size_t count, uint32_t *got)
{
        struct buf b = buf_growing(1u << 20);
        buf_text(&b, "{\"handle\":\"a/b\",\"values\":[");
        for (size_t i = 0; i < count; i++)
                buf_text(&b, i > 0 ? ",{\"index\":1,\"type\":\"\",\"data\":\"\"}"
                                   : "{\"index\":1,\"type\":\"\",\"data\":\"\"}");
        buf_text(&b, "]}");
        struct ansa_bytes name;
        struct ansa_values values;
        enum ansa_err err = json_record(buf_written(&b), &f->arena, &name, &values, &f->problem);
        *got = values.count;
        buf_fini(&b);
        return err;
}

static void keeps_the_limits(void **state)
{
        struct fixture *f = *state;
        uint32_t count;
        assert_int_equal(read_count_of_values(f, ANSA_VALUE_COUNT_MAX, &count), ANSA_OK);
        assert_int_equal(count, ANSA_VALUE_COUNT_MAX);
        assert_int_equal(read_count_of_values(f, ANSA_VALUE_COUNT_MAX + 1, &count), ANSA_E_LIMIT);
        assert_int_equal(count, 0);

        /* One value of spaces up to the size, and one more. */
        static const char value[] = "{\"index\":1,\"type\":\"\",\"data\":\"\"}";
        char *text = malloc(JSON_TEXT_SIZE_MAX + 1);
        assert_non_null(text);
        memset(text, ' ', JSON_TEXT_SIZE_MAX + 1);
        memcpy(text, value, sizeof(value) - 1);
        struct ansa_bytes bytes = { (const uint8_t *)text, JSON_TEXT_SIZE_MAX };
        struct ansa_value v;
        assert_int_equal(json_value(bytes, &f->arena, &v, &f->problem), ANSA_OK);
        bytes.size++;
        assert_int_equal(json_value(bytes, &f->arena, &v, &f->problem), ANSA_E_LIMIT);
        assert_string_equal(f->problem.text, "at most 4 MiB of JSON expected");
        assert_int_equal(v.index, 0);

        /* Deep nesting ends in a refusal, not on the stack. */
        memset(text, '[', 100000);
        bytes.size = 100000;
        assert_int_equal(json_value(bytes, &f->arena, &v, &f->problem), ANSA_E_MALFORMED);
        free(text);
}

static void limits_data(void **state)
{
        struct fixture *f = *state;
        for (size_t over = 0; over < 2; over++) {
                struct buf b = buf_growing(JSON_TEXT_SIZE_MAX);
                buf_text(&b, "{\"index\":1,\"type\":\"T\",\"data\":\"");
                memset(buf_take(&b, ANSA_BLOCK_SIZE_MAX + over), 'x', ANSA_BLOCK_SIZE_MAX + over);
                buf_text(&b, "\"}");
                struct ansa_value v;
                assert_int_equal(json_value(buf_written(&b), &f->arena, &v, &f->problem),
                                 over > 0 ? ANSA_E_LIMIT : ANSA_OK);
                buf_fini(&b);
        }
        assert_string_equal(f->problem.text, "data: at most 1048576 bytes expected");
}

/* An arena of every size below what is needed: refused, nothing leaks. */
static void survives_lack_of_memory(void **state)
{
        (void)state;
        static const char text[] =
                "{\"handle\":\"35.TEST/1\",\"values\":["
                "{\"index\":1,\"type\":\"HS_ADMIN\",\"data\":{\"format\":\"admin\",\"value\":{"
                "\"handle\":\"0.NA/35.TEST\",\"index\":200,\"permissions\":\"*\"}}},"
                "{\"index\":2,\"type\":\"HS_VLIST\",\"data\":{\"format\":\"vlist\",\"value\":["
                "{\"handle\":\"a/b\",\"index\":5}]},\"references\":[{\"handle\":\"a/b\",\"index\":5}]},"
                "{\"index\":3,\"type\":\"HS_PUBKEY\",\"data\":{\"format\":\"key\",\"value\":{"
                "\"kty\":\"RSA\",\"n\":\"xRERERERERE\",\"e\":\"AQAB\"}}},"
                "{\"index\":4,\"type\":\"HS_SITE\",\"data\":{\"format\":\"site\",\"value\":{"
                "\"protocolVersion\":\"2.11\",\"serialNumber\":1,"
                "\"attributes\":[{\"name\":\"desc\",\"value\":\"Test\"}],\"servers\":[{\"serverId\":1,"
                "\"address\":\"127.0.0.1\",\"interfaces\":[{\"protocol\":\"TCP\",\"port\":2641}]}]}}}]}";
        enum ansa_err err = ANSA_E_NO_MEMORY;
        size_t size = 0;
        for (; size < 16384 && err != ANSA_OK; size += 8) {
                struct arena arena;
                arena_init(&arena, size);
                struct ansa_bytes name;
                struct ansa_values values;
                struct json_problem problem;
                err = json_record(ansa_bytes_text(text), &arena, &name, &values, &problem);
                if (err != ANSA_OK) {
                        assert_int_equal(err, ANSA_E_NO_MEMORY);
                        assert_null(name.at);
                        assert_int_equal(values.count, 0);
                }
                arena_fini(&arena);
        }
        assert_int_equal(err, ANSA_OK);
        assert_true(size > 512);
}

struct seen {
        unsigned count;
        unsigned stop_at;
};

static enum ansa_err see(void *context, struct ansa_bytes name, struct ansa_values values)
{
        struct seen *seen = context;
        assert_int_equal(name.size, 3);
        assert_int_equal(values.count, 0);
        return ++seen->count == seen->stop_at ? ANSA_E_EXISTS : ANSA_OK;
}

static void reads_bootstrap_files(void **state)
{
        struct fixture *f = *state;
        static const char text[] = "{\"handles\":[{\"handle\":\"a/1\",\"values\":[]},"
                                   "{\"handle\":\"a/2\",\"values\":[]},"
                                   "{\"handle\":\"a/3\",\"values\":[]}]}";
        struct seen seen = { 0, 0 };
        assert_int_equal(json_records(ansa_bytes_text(text), &f->arena, see, &seen, &f->problem),
                         ANSA_OK);
        assert_int_equal(seen.count, 3);
        seen = (struct seen){ 0, 2 };
        assert_int_equal(json_records(ansa_bytes_text(text), &f->arena, see, &seen, &f->problem),
                         ANSA_E_EXISTS);
        assert_int_equal(seen.count, 2);
        assert_string_equal(f->problem.text, "handles[1]: exists already");
        seen = (struct seen){ 0, 0 };
        assert_int_equal(json_records(ANSA_BYTES_LIT("{\"handles\":[1]}"), &f->arena, see, &seen,
                                      &f->problem),
                         ANSA_E_MALFORMED);
        assert_string_equal(f->problem.text, "handles[0]: an object expected");
        assert_int_equal(json_records(ANSA_BYTES_LIT("{}"), &f->arena, see, &seen, &f->problem),
                         ANSA_E_MALFORMED);
        assert_int_equal(seen.count, 0);
}

/* As the Java library writes and reads them: records under their names. */
static void reads_java_bootstrap_files(void **state)
{
        struct fixture *f = *state;
        static const char text[] = "{\"lastUpdate\":1564164940225,\"handles\":{"
                                   "\"a/1\":{\"handle\":\"a/1\",\"values\":[]},"
                                   "\"a/2\":{\"handle\":\"a/2\",\"values\":[],\"other\":{}}}}";
        struct seen seen = { 0, 0 };
        assert_int_equal(json_records(ansa_bytes_text(text), &f->arena, see, &seen, &f->problem),
                         ANSA_OK);
        assert_int_equal(seen.count, 2);
        seen = (struct seen){ 0, 1 };
        assert_int_equal(json_records(ansa_bytes_text(text), &f->arena, see, &seen, &f->problem),
                         ANSA_E_EXISTS);
        assert_int_equal(seen.count, 1);
        assert_string_equal(f->problem.text, "handles.a/1: exists already");
        assert_int_equal(json_records(ANSA_BYTES_LIT("{\"handles\":{\"a/1\":1}}"), &f->arena, see,
                                      &seen, &f->problem),
                         ANSA_E_MALFORMED);
        assert_string_equal(f->problem.text, "handles.a/1: an object expected");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(reads_the_example),
                cmocka_unit_test(reads_what_pyhandle_sends),
                cmocka_unit_test(reads_permissions_from_the_right),
                cmocka_unit_test(reads_rights_in_every_way),
                cmocka_unit_test(reads_each_format),
                cmocka_unit_test(tells_what_is_wrong_with_a_value),
                cmocka_unit_test(tells_what_is_wrong_with_a_record),
                cmocka_unit_test(keeps_the_limits),
                cmocka_unit_test(limits_data),
                cmocka_unit_test(survives_lack_of_memory),
                cmocka_unit_test(reads_bootstrap_files),
                cmocka_unit_test(reads_java_bootstrap_files),
        };
        return cmocka_run_group_tests_name("wire/json_read", tests, set_up, tear_down);
}
