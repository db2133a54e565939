/* SPDX-License-Identifier: Apache-2.0 */
/* HS_SITE (irp-wire 6.2): the example, every field, truncation, hostile counts. */
#include "octets.h"
#include "wire/data.h"

static const char example[] = "00 01 02 0b 00 01 80 02 00 00 00 00 00 00 00 01"
                              "00 00 00 04 64 65 73 63 00 00 00 04 54 65 73 74"
                              "00 00 00 01 00 00 00 01 00 00 00 00 00 00 00 00"
                              "00 00 00 00 7f 00 00 01 00 00 00 00 00 00 00 02"
                              "03 01 00 00 0a 51 02 00 00 00 0a 51";

static void decodes_the_example(void **state)
{
        (void)state;
        struct ansa_bytes wire = octets_hex(example);
        assert_int_equal(wire.size, 76);
        struct ansa_site s;
        assert_int_equal(ansa_site_decode(wire, &s), ANSA_OK);
        assert_int_equal(s.format, 1);
        assert_int_equal(s.protocol_major, 2);
        assert_int_equal(s.protocol_minor, 11);
        assert_int_equal(s.serial, 1);
        assert_int_equal(s.flags, ANSA_SITE_PRIMARY);
        assert_int_equal(s.hash_option, ANSA_HASH_ALL);
        assert_int_equal(s.hash_filter.size, 0);
        assert_int_equal(s.attribute_count, 1);
        assert_int_equal(s.server_count, 1);

        struct ansa_attribute a;
        assert_int_equal(ansa_site_next_attribute(&s.attributes, &a), ANSA_OK);
        assert_true(ansa_bytes_equal(a.name, ANSA_BYTES_LIT("desc")));
        assert_true(ansa_bytes_equal(a.value, ANSA_BYTES_LIT("Test")));
        assert_int_equal(ansa_site_next_attribute(&s.attributes, &a), ANSA_E_NOT_FOUND);
        assert_null(a.name.at);

        struct ansa_server server;
        assert_int_equal(ansa_site_next_server(&s.servers, &server), ANSA_OK);
        assert_int_equal(server.id, 1);
        assert_memory_equal(server.address, "\0\0\0\0\0\0\0\0\0\0\0\0\x7f\0\0\1", 16);
        assert_true(ansa_address_is_ipv4(server.address));
        assert_int_equal(server.key.size, 0);
        assert_int_equal(server.interface_count, 2);
        struct ansa_interface tcp = ansa_server_interface(&server, 0);
        assert_int_equal(tcp.type, ANSA_INTERFACE_ADMIN | ANSA_INTERFACE_QUERY);
        assert_int_equal(tcp.protocol, ANSA_PROTOCOL_TCP);
        assert_int_equal(tcp.port, 2641);
        struct ansa_interface udp = ansa_server_interface(&server, 1);
        assert_int_equal(udp.type, ANSA_INTERFACE_QUERY);
        assert_int_equal(udp.protocol, ANSA_PROTOCOL_UDP);
        assert_int_equal(udp.port, 2641);
        assert_int_equal(ansa_site_next_server(&s.servers, &server), ANSA_E_NOT_FOUND);
        assert_int_equal(server.interface_count, 0);
        bytes_free(wire);
}

static void encodes_the_example_from_parts(void **state)
{
        (void)state;
        uint8_t attributes_at[64], servers_at[128], at[256];
        struct buf attributes = buf_over(attributes_at, sizeof(attributes_at));
        struct ansa_attribute desc = { ANSA_BYTES_LIT("desc"), ANSA_BYTES_LIT("Test") };
        site_put_attribute(&desc, &attributes);
        struct buf servers = buf_over(servers_at, sizeof(servers_at));
        static const struct ansa_interface interfaces[] = {
                { ANSA_INTERFACE_ADMIN | ANSA_INTERFACE_QUERY, ANSA_PROTOCOL_TCP, 2641 },
                { ANSA_INTERFACE_QUERY, ANSA_PROTOCOL_UDP, 2641 },
        };
        struct ansa_server server = { .id = 1, .interface_count = 2 };
        memcpy(server.address + 12, "\x7f\0\0\1", 4);
        site_put_server(&server, interfaces, &servers);
        struct ansa_site site = {
                .format = 1,
                .protocol_major = 2,
                .protocol_minor = 11,
                .serial = 1,
                .flags = ANSA_SITE_PRIMARY,
                .hash_option = ANSA_HASH_ALL,
                .attribute_count = 1,
                .attributes = buf_written(&attributes),
                .server_count = 1,
                .servers = buf_written(&servers),
        };
        struct buf b = buf_over(at, sizeof(at));
        site_encode(&site, &b);
        struct ansa_bytes want = octets_hex(example);
        assert_true(ansa_bytes_equal(buf_written(&b), want));
        bytes_free(want);
}

#define HEAD  "0001 020b 0001 80 02 00000000"
#define NOATT "00000000"

static const struct decode_case {
        const char *name;
        const char *hex;
        enum ansa_err want;
} cases[] = {
        { "example", example, ANSA_OK },
        { "no attributes, no servers", HEAD NOATT "00000000", ANSA_OK },
        { "format 0", "0000 020b 0001 80 02 00000000" NOATT "00000000", ANSA_OK },
        { "format 2", "0002 020b 0001 80 02 00000000" NOATT "00000000", ANSA_E_UNSUPPORTED },
        { "unknown flags and hash option", "0001 020b 0001 3f 09 00000000" NOATT "00000000",
          ANSA_OK },
        { "hash filter", "0001 020b 0001 80 02 00000002 6162" NOATT "00000000", ANSA_OK },
        { "unknown interface numbers",
          HEAD NOATT "00000001 00000001 00000000000000000000000000000001 00000000"
                     "00000001 ff 63 ffffffff",
          ANSA_OK },
        { "two servers",
          HEAD NOATT "00000002 00000001 00000000000000000000000000000001 00000001 aa 00000000"
                     "00000002 20010db8000000000000000000000001 00000000 00000000",
          ANSA_OK },
        { "trailing octet", HEAD NOATT "00000000 00", ANSA_E_TRAILING },
        { "one attribute too few", HEAD "00000001 00000000 00000000 00000000 00", ANSA_E_TRAILING },
        { "attributes missing", HEAD "00000003 00000000", ANSA_E_TRUNCATED },
        { "attribute count of 2^32-1", HEAD "ffffffff 00000000 00000000", ANSA_E_TRUNCATED },
        { "server count of 2^32-1", HEAD NOATT "ffffffff", ANSA_E_TRUNCATED },
        { "interface count of 2^32-1",
          HEAD NOATT "00000001 00000001 00000000000000000000000000000001 00000000"
                     "ffffffff 03 01 00000a51",
          ANSA_E_TRUNCATED },
        { "interface count whose size is 2^32+4",
          HEAD NOATT "00000001 00000001 00000000000000000000000000000001 00000000"
                     "2aaaaaab 03 01 00000a51",
          ANSA_E_TRUNCATED },
        { "key of 2^31 octets",
          HEAD NOATT "00000001 00000001 00000000000000000000000000000001 80000000 00000000",
          ANSA_E_LIMIT },
};

static void decodes_each_case(void **state)
{
        (void)state;
        static const struct ansa_site zero;
        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                struct ansa_bytes wire = octets_hex(cases[i].hex);
                struct ansa_site s;
                enum ansa_err err = ansa_site_decode(wire, &s);
                if (err != cases[i].want)
                        fail_msg("%s: %s", cases[i].name, ansa_err_text(err));
                if (err == ANSA_OK) {
                        struct buf b = buf_growing(4096);
                        site_encode(&s, &b);
                        if (!ansa_bytes_equal(buf_written(&b), wire))
                                fail_msg("%s: encodes differently", cases[i].name);
                        buf_fini(&b);
                } else {
                        assert_memory_equal(&s, &zero, sizeof(s));
                }
                bytes_free(wire);
        }
}

static void refuses_every_prefix(void **state)
{
        (void)state;
        struct ansa_bytes wire = octets_hex(example);
        for (size_t n = 0; n < wire.size; n++) {
                struct ansa_bytes copy = bytes_copy((struct ansa_bytes){ wire.at, n });
                struct ansa_site s;
                assert_int_equal(ansa_site_decode(copy, &s), ANSA_E_TRUNCATED);
                bytes_free(copy);
        }
        bytes_free(wire);
}

/* A walk over octets that nobody checked fails without moving. */
static void walks_fail_on_damage(void **state)
{
        (void)state;
        struct ansa_bytes rest = ANSA_BYTES_LIT("\0\0\0\1");
        struct ansa_attribute a;
        assert_int_equal(ansa_site_next_attribute(&rest, &a), ANSA_E_TRUNCATED);
        assert_int_equal(rest.size, 4);
        struct ansa_server server;
        assert_int_equal(ansa_site_next_server(&rest, &server), ANSA_E_TRUNCATED);
        assert_int_equal(rest.size, 4);
        assert_int_equal(server.id, 0);
}

static void knows_ipv4(void **state)
{
        static const struct {
                const char *name, *hex;
                bool is_ipv4;
        } rows[] = {
                { "twelve zeros", "000000000000000000000000 0a000102", true },
                { "mapped", "00000000000000000000ffff 0a000102", true },
                { "unspecified", "000000000000000000000000 00000000", true },
                { "loopback of IPv4", "000000000000000000000000 7f000001", true },
                { "loopback of IPv6", "000000000000000000000000 00000001", false },
                { "global IPv6", "20010db80000000000000000 00000001", false },
                { "one bit from mapped", "00000000000000000000fffe 0a000102", false },
        };
        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                struct ansa_bytes address = octets_hex(rows[i].hex);
                assert_int_equal(address.size, 16);
                if (ansa_address_is_ipv4(address.at) != rows[i].is_ipv4)
                        fail_msg("%s", rows[i].name);
                bytes_free(address);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(decodes_the_example),
                cmocka_unit_test(encodes_the_example_from_parts),
                cmocka_unit_test(decodes_each_case),
                cmocka_unit_test(refuses_every_prefix),
                cmocka_unit_test(walks_fail_on_damage),
                cmocka_unit_test(knows_ipv4),
        };
        return cmocka_run_group_tests_name("wire/site", tests, NULL, NULL);
}
