/* SPDX-License-Identifier: Apache-2.0 */
/* A site that decodes can be walked to its ends and encodes to the same octets. */
#include "base/assert.h"
#include "wire/data.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void walk(const struct ansa_site *site, struct buf *attributes, struct buf *servers)
{
        struct ansa_bytes rest = site->attributes;
        struct ansa_attribute attribute;
        for (uint32_t i = 0; i < site->attribute_count; i++) {
                ansa_assert(ansa_site_next_attribute(&rest, &attribute) == ANSA_OK);
                site_put_attribute(&attribute, attributes);
        }
        ansa_assert(ansa_site_next_attribute(&rest, &attribute) == ANSA_E_NOT_FOUND);
        rest = site->servers;
        struct ansa_server server;
        for (uint32_t i = 0; i < site->server_count; i++) {
                struct ansa_interface interfaces[8];
                ansa_assert(ansa_site_next_server(&rest, &server) == ANSA_OK);
                for (uint32_t n = 0; n < server.interface_count; n++)
                        interfaces[n % 8] = ansa_server_interface(&server, n);
                if (server.interface_count > 8)
                        buf_fail(servers, ANSA_E_LIMIT); /* too many to compare here */
                else
                        site_put_server(&server, interfaces, servers);
        }
        ansa_assert(ansa_site_next_server(&rest, &server) == ANSA_E_NOT_FOUND);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        struct ansa_bytes wire = { data, size };
        struct ansa_site site;
        if (ansa_site_decode(wire, &site) != ANSA_OK)
                return 0;
        struct buf attributes = buf_growing(size + 1);
        struct buf servers = buf_growing(size + 1);
        struct buf whole = buf_growing(size);
        walk(&site, &attributes, &servers);
        if (servers.err == ANSA_OK) {
                ansa_assert(ansa_bytes_equal(buf_written(&attributes), site.attributes));
                ansa_assert(ansa_bytes_equal(buf_written(&servers), site.servers));
        }
        site_encode(&site, &whole);
        ansa_assert(ansa_bytes_equal(buf_written(&whole), wire));
        buf_fini(&attributes);
        buf_fini(&servers);
        buf_fini(&whole);
        return 0;
}
