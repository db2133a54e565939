/* SPDX-License-Identifier: Apache-2.0 */
/* Sites and keys as JSON (rest-api 3): read, written, and what is told when they are wrong. */
#include "json_fixture.h"

/* clang-format off */
static const struct bad_site {
        const char *json;
        const char *problem;
} bad_sites[] = {
#define HEAD      "{\"protocolVersion\":\"2.11\",\"serialNumber\":1"
#define SERVER(s) HEAD ",\"servers\":[" s "]}"
#define ADDR      "{\"serverId\":1,\"address\":\"127.0.0.1\""
        { "[]", "an object expected" },
        { "{\"version\":2}", "version: an integer from 0 to 1 expected" },
        { "{}", "protocolVersion: a string expected" },
        { "{\"protocolVersion\":\"2\"}", "protocolVersion: a version such as \"2.11\" expected" },
        { "{\"protocolVersion\":\"2.256\"}", "protocolVersion: a version such as \"2.11\" expected" },
        { "{\"protocolVersion\":\".\"}", "protocolVersion: a version such as \"2.11\" expected" },
        { "{\"protocolVersion\":\"2.11\",\"serialNumber\":65536}",
          "serialNumber: an integer from 0 to 65535 expected" },
        { HEAD ",\"primarySite\":1}", "primarySite: true or false expected" },
        { HEAD ",\"hashOption\":256}", "hashOption: an integer from 0 to 255 expected" },
        { HEAD ",\"attributes\":1}", "attributes: an array expected" },
        { HEAD ",\"attributes\":[{\"name\":\"a\"}]}", "attributes[0].value: a string expected" },
        { HEAD "}", "servers: an array expected" },
        { SERVER("1"), "servers[0]: an object expected" },
        { SERVER("{}"), "servers[0].serverId: an integer from 0 to 4294967295 expected" },
        { SERVER("{\"serverId\":1,\"address\":\"localhost\"}"),
          "servers[0].address: an IPv4 or IPv6 address expected" },
        { SERVER("{\"serverId\":1,\"address\":\"127.0.0.1\\u0000\"}"),
          "servers[0].address: an IPv4 or IPv6 address expected" },
        { SERVER("{\"serverId\":1,\"address\":\"\"}"),
          "servers[0].address: an IPv4 or IPv6 address expected" },
        { SERVER(ADDR "}"), "servers[0].interfaces: an array expected" },
        { SERVER(ADDR ",\"publicKey\":1}"), "servers[0].publicKey: an object expected" },
        { SERVER(ADDR ",\"publicKey\":{\"format\":\"pem\"}}"),
          "servers[0].publicKey.format: \"key\" or \"base64\" expected" },
        { SERVER(ADDR ",\"publicKey\":{\"format\":\"base64\",\"value\":\"?\"}}"),
          "servers[0].publicKey.value: base64 expected" },
        { SERVER(ADDR ",\"publicKey\":{\"format\":\"key\"}}"),
          "servers[0].publicKey.value: an object expected" },
        { SERVER(ADDR ",\"publicKey\":{\"format\":\"key\",\"value\":{\"kty\":\"EC\"}}}"),
          "servers[0].publicKey.value.kty: \"RSA\", \"DSA\" or \"OKP\" expected" },
        { SERVER(ADDR ",\"interfaces\":[{}]}"),
          "servers[0].interfaces[0].protocol: \"UDP\", \"TCP\", \"HTTP\" or \"HTTPS\" expected" },
        { SERVER(ADDR ",\"interfaces\":[{\"protocol\":\"UDP\",\"port\":65536}]}"),
          "servers[0].interfaces[0].port: an integer from 0 to 65535 expected" },
#undef ADDR
#undef SERVER
#undef HEAD
};

static const struct jwk_case {
        const char *name;
        const char *json;
        const char *problem; /* NULL: reads, and writes as it is */
        enum ansa_key_kind kind;
        bool is_private;
} jwks[] = {
        { "RSA", "{\"kty\":\"RSA\",\"e\":\"AQAB\",\"n\":\"xRE\"}", NULL, ANSA_KEY_RSA, false },
        { "RSA private", "{\"kty\":\"RSA\",\"n\":\"xRE\",\"d\":\"Ag\"}", NULL, ANSA_KEY_RSA, true },
        { "RSA private with CRT",
          "{\"kty\":\"RSA\",\"n\":\"AQ\",\"e\":\"Ag\",\"d\":\"Aw\",\"p\":\"BA\",\"q\":\"BQ\","
          "\"dp\":\"Bg\",\"dq\":\"Bw\",\"qi\":\"CA\"}", NULL, ANSA_KEY_RSA_CRT, true },
        { "DSA", "{\"kty\":\"DSA\",\"q\":\"AQ\",\"p\":\"Ag\",\"g\":\"Aw\",\"y\":\"BA\"}", NULL,
          ANSA_KEY_DSA, false },
        { "DSA private", "{\"kty\":\"DSA\",\"x\":\"AQ\",\"p\":\"Ag\",\"q\":\"Aw\",\"g\":\"BA\"}", NULL,
          ANSA_KEY_DSA, true },
        { "Ed25519", "{\"kty\":\"OKP\",\"crv\":\"Ed25519\","
          "\"x\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE\"}", NULL, ANSA_KEY_ED25519, false },
        { "Ed25519 private", "{\"kty\":\"OKP\",\"crv\":\"Ed25519\","
          "\"d\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE\"}", NULL, ANSA_KEY_ED25519, true },
        { "no type", "{}", "kty: a string expected", ANSA_KEY_NONE, false },
        { "other type", "{\"kty\":\"oct\"}", "kty: \"RSA\", \"DSA\" or \"OKP\" expected",
          ANSA_KEY_NONE, false },
        { "other curve", "{\"kty\":\"OKP\",\"crv\":\"X25519\"}", "crv: \"Ed25519\" expected",
          ANSA_KEY_NONE, false },
        { "short Ed25519", "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"AAE\"}",
          "x: 32 bytes expected", ANSA_KEY_NONE, false },
        { "missing integer", "{\"kty\":\"RSA\",\"e\":\"AQAB\"}", "n: a string expected",
          ANSA_KEY_NONE, false },
        { "half of a CRT key", "{\"kty\":\"RSA\",\"n\":\"AQ\",\"e\":\"Ag\",\"d\":\"Aw\",\"p\":\"BA\"}",
          "q: a string expected", ANSA_KEY_NONE, false },
        { "zero", "{\"kty\":\"RSA\",\"e\":\"AAA\",\"n\":\"xRE\"}",
          "e: an integer of 1 to 2048 bytes, not 0, expected", ANSA_KEY_NONE, false },
        { "not base64", "{\"kty\":\"RSA\",\"e\":\"AQAB\",\"n\":\"*\"}", "n: base64 expected",
          ANSA_KEY_NONE, false },
};
/* clang-format on */

static void tells_what_is_wrong_with_a_site(void **state)
{
        struct fixture *f = *state;
        for (size_t i = 0; i < COUNT_OF(bad_sites); i++) {
                struct ansa_bytes site;
                enum ansa_err err = json_site(ansa_bytes_text(bad_sites[i].json), &f->arena, &site,
                                              &f->problem);
                if (err == ANSA_OK || strcmp(f->problem.text, bad_sites[i].problem) != 0)
                        fail_msg("%s: %s, \"%s\"", bad_sites[i].json, ansa_err_text(err),
                                 f->problem.text);
                assert_null(site.at);
        }
}

static void reads_the_least_site(void **state)
{
        struct fixture *f = *state;
        struct ansa_bytes wire;
        static const char text[] =
                "{\"protocolVersion\":\"2.11\",\"serialNumber\":\"7\",\"servers\":["
                "{\"serverId\":1,\"address\":\"10.0.1.2\",\"interfaces\":["
                "{\"protocol\":\"tcp\",\"port\":2641,\"query\":true}]}]}";
        assert_int_equal(json_site(ansa_bytes_text(text), &f->arena, &wire, &f->problem), ANSA_OK);
        struct ansa_site site;
        assert_int_equal(ansa_site_decode(wire, &site), ANSA_OK);
        assert_int_equal(site.format, 1);
        assert_int_equal(site.serial, 7);
        assert_int_equal(site.flags, 0);
        assert_int_equal(site.hash_option, ANSA_HASH_ALL);
        assert_int_equal(site.attribute_count, 0);
        struct ansa_server server;
        assert_int_equal(ansa_site_next_server(&site.servers, &server), ANSA_OK);
        assert_memory_equal(server.address, "\0\0\0\0\0\0\0\0\0\0\0\0\x0a\0\1\2", 16);
        struct ansa_interface interface = ansa_server_interface(&server, 0);
        assert_int_equal(interface.type, ANSA_INTERFACE_QUERY);
        assert_int_equal(interface.protocol, ANSA_PROTOCOL_TCP);
}

static void reads_and_writes_keys(void **state)
{
        struct fixture *f = *state;
        for (size_t i = 0; i < COUNT_OF(jwks); i++) {
                struct ansa_key key;
                enum ansa_err err =
                        json_key(ansa_bytes_text(jwks[i].json), &f->arena, &key, &f->problem);
                if (key.kind != jwks[i].kind || key.is_private != jwks[i].is_private ||
                    (err == ANSA_OK) != (jwks[i].problem == NULL))
                        fail_msg("%s: %s", jwks[i].name, f->problem.text);
                if (err != ANSA_OK) {
                        assert_string_equal(f->problem.text, jwks[i].problem);
                        continue;
                }
                struct buf b = buf_growing(1024);
                json_put_key(&b, &key);
                if (!ansa_bytes_equal(buf_written(&b), ansa_bytes_text(jwks[i].json)))
                        fail_msg("%s: writes differently", jwks[i].name);
                buf_fini(&b);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(tells_what_is_wrong_with_a_site),
                cmocka_unit_test(reads_the_least_site),
                cmocka_unit_test(reads_and_writes_keys),
        };
        return cmocka_run_group_tests_name("wire/json_objects", tests, set_up, tear_down);
}
