/* SPDX-License-Identifier: Apache-2.0 */
#include "rows.h"

#include "doors/address.h"

static void test_parse_and_format(void **state)
{
        static const struct {
                const char *rule;
                const char *text;
                const char *formatted; /* NULL: not an address */
        } rows[] = {
                { "IPv4", "192.0.2.1", "192.0.2.1:2641" },
                { "IPv4 wildcard", "0.0.0.0", "0.0.0.0:2641" },
                { "IPv6", "2001:db8::1", "[2001:db8::1]:2641" },
                { "IPv6 wildcard", "::", "[::]:2641" },
                { "mapped IPv4 is IPv4", "::ffff:192.0.2.1", "192.0.2.1:2641" },
                { "name", "localhost", NULL },
                { "empty", "", NULL },
                { "three octets", "192.0.2", NULL },
                { "octet over 255", "192.0.2.256", NULL },
                { "with port", "192.0.2.1:80", NULL },
        };
        (void)state;
        for (size_t i = 0; i < COUNT_OF(rows); i++) {
                uint8_t address[ADDRESS_SIZE];
                char text[ADDRESS_TEXT_SIZE];
                enum ansa_err err = address_parse(rows[i].text, address);
                if (rows[i].formatted == NULL) {
                        row_int(rows[i].rule, err, ANSA_E_MALFORMED);
                        continue;
                }
                row_int(rows[i].rule, err, ANSA_OK);
                row_text(rows[i].rule, address_format(address, 2641, text), rows[i].formatted);

                struct sockaddr_storage sa;
                uint8_t back[ADDRESS_SIZE];
                uint16_t port;
                (void)address_to_socket(address, 2641, 0, &sa);
                address_from_socket(&sa, back, &port);
                assert_memory_equal(address, back, ADDRESS_SIZE);
                row_int(rows[i].rule, port, 2641);
        }
}

static void test_ranges(void **state)
{
        static const struct {
                const char *rule;
                const char *range;
                const char *address;
                bool is_in;
        } rows[] = {
                { "loopback net", "127.0.0.0/8", "127.9.9.9", true },
                { "just below", "127.0.0.0/8", "126.255.255.255", false },
                { "just above", "127.0.0.0/8", "128.0.0.0", false },
                { "host", "192.0.2.7", "192.0.2.7", true },
                { "other host", "192.0.2.7", "192.0.2.6", false },
                { "odd bits, in", "192.0.2.8/29", "192.0.2.15", true },
                { "odd bits, out", "192.0.2.8/29", "192.0.2.16", false },
                { "all of IPv4", "0.0.0.0/0", "203.0.113.9", true },
                { "all of IPv4 has no IPv6", "0.0.0.0/0", "2001:db8::1", false },
                { "all", "::/0", "2001:db8::1", true },
                { "IPv6 loopback", "::1", "::1", true },
                { "IPv6 /56", "2001:db8:0:100::/56", "2001:db8:0:1ff::9", true },
                { "IPv6 /56, out", "2001:db8:0:100::/56", "2001:db8:0:200::9", false },
        };
        (void)state;
        for (size_t i = 0; i < COUNT_OF(rows); i++) {
                struct address_range range;
                uint8_t address[ADDRESS_SIZE];
                row_int(rows[i].rule, address_range_parse(rows[i].range, &range), ANSA_OK);
                assert_int_equal(address_parse(rows[i].address, address), ANSA_OK);
                row_int(rows[i].rule, address_in_range(address, &range), rows[i].is_in);
        }
        struct address_range range;
        static const char *const bad[] = { "",       "/8",           "10.0.0.0/",   "10.0.0.0/33",
                                           "::/129", "10.0.0.0/8/8", "10.0.0.0/-1", "localhost/8" };
        for (size_t i = 0; i < COUNT_OF(bad); i++)
                row_int(bad[i], address_range_parse(bad[i], &range), ANSA_E_MALFORMED);
}

static void test_networks(void **state)
{
        static const struct {
                const char *rule;
                const char *a;
                const char *b;
                bool same;
        } rows[] = {
                { "same /24", "192.0.2.1", "192.0.2.254", true },
                { "other /24", "192.0.2.1", "192.0.3.1", false },
                { "same /56", "2001:db8:0:100::1", "2001:db8:0:1ff::2", true },
                { "other /56", "2001:db8:0:100::1", "2001:db8:0:200::1", false },
                { "IPv4 is not IPv6", "0.0.0.0", "::", false },
        };
        (void)state;
        for (size_t i = 0; i < COUNT_OF(rows); i++) {
                uint8_t a[ADDRESS_SIZE];
                uint8_t b[ADDRESS_SIZE];
                assert_int_equal(address_parse(rows[i].a, a), ANSA_OK);
                assert_int_equal(address_parse(rows[i].b, b), ANSA_OK);
                row_int(rows[i].rule, address_network(a) == address_network(b), rows[i].same);
                assert_true(address_network(a) != 0);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_parse_and_format),
                cmocka_unit_test(test_ranges),
                cmocka_unit_test(test_networks),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
