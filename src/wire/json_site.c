/* SPDX-License-Identifier: Apache-2.0 */
/* HS_SITE as JSON (rest-api 3.1), also the layout of siteinfo.json. */
#include "wire/json_reader.h"

#include "base/assert.h"
#include "base/limits.h"
#include "base/text.h"
#include "wire/data.h"

#include <arpa/inet.h>

#define FLAGS_KNOWN (ANSA_SITE_PRIMARY | ANSA_SITE_MULTI_PRIMARY)
#define TYPES_KNOWN ((unsigned)ANSA_INTERFACE_ADMIN | (unsigned)ANSA_INTERFACE_QUERY)
#define PORT_MAX    65535u

static const char *const protocols[] = {
        [ANSA_PROTOCOL_UDP] = "UDP",
        [ANSA_PROTOCOL_TCP] = "TCP",
        [ANSA_PROTOCOL_HTTP] = "HTTP",
        [ANSA_PROTOCOL_HTTPS] = "HTTPS",
};
#define PROTOCOL_COUNT (sizeof(protocols) / sizeof(protocols[0]))

static bool server_is_exact(const struct ansa_server *server)
{
        for (uint32_t i = 0; i < server->interface_count; i++) {
                struct ansa_interface interface = ansa_server_interface(server, i);
                if ((interface.type & ~TYPES_KNOWN) != 0 || interface.port > PORT_MAX)
                        return false;
        }
        return true;
}

bool json_site_is_exact(const struct ansa_site *site)
{
        if ((site->flags & ~FLAGS_KNOWN) != 0 || !text_is_utf8(site->hash_filter))
                return false;
        struct ansa_bytes rest = site->attributes;
        struct ansa_attribute attribute;
        while (ansa_site_next_attribute(&rest, &attribute) == ANSA_OK) {
                if (!text_is_utf8(attribute.name) || !text_is_utf8(attribute.value))
                        return false;
        }
        rest = site->servers;
        struct ansa_server server;
        while (ansa_site_next_server(&rest, &server) == ANSA_OK) {
                if (!server_is_exact(&server))
                        return false;
        }
        return true;
}

static const char *bool_text(bool b)
{
        return b ? "true" : "false";
}

static void put_interface(struct buf *b, struct ansa_interface interface)
{
        buf_printf(b, "{\"query\":%s,\"admin\":%s,\"protocol\":",
                   bool_text((interface.type & ANSA_INTERFACE_QUERY) != 0),
                   bool_text((interface.type & ANSA_INTERFACE_ADMIN) != 0));
        if (interface.protocol < PROTOCOL_COUNT)
                buf_printf(b, "\"%s\"", protocols[interface.protocol]);
        else
                buf_printf(b, "%u", interface.protocol);
        buf_printf(b, ",\"port\":%lu}", (unsigned long)interface.port);
}

static void put_address(struct buf *b, const uint8_t address[16])
{
        /* Mapped addresses keep their long form, so that they read back as what they were. */
        static const uint8_t zero[12];
        bool is_short = ansa_address_is_ipv4(address) && memcmp(address, zero, sizeof(zero)) == 0;
        char text[INET6_ADDRSTRLEN];
        const char *got = is_short ? inet_ntop(AF_INET, address + 12, text, sizeof(text))
                                   : inet_ntop(AF_INET6, address, text, sizeof(text));
        ansa_assert(got != NULL);
        buf_printf(b, "\"%s\"", text);
}

static void put_server(struct buf *b, const struct ansa_server *server)
{
        buf_printf(b, "{\"serverId\":%lu,\"address\":", (unsigned long)server->id);
        put_address(b, server->address);
        if (server->key.size > 0) {
                buf_text(b, ",\"publicKey\":{");
                json_put_key_data(b, server->key);
                buf_u8(b, '}');
        }
        buf_text(b, ",\"interfaces\":[");
        for (uint32_t i = 0; i < server->interface_count; i++) {
                if (i > 0)
                        buf_u8(b, ',');
                put_interface(b, ansa_server_interface(server, i));
        }
        buf_text(b, "]}");
}

static void put_attributes(struct buf *b, const struct ansa_site *site)
{
        struct ansa_bytes rest = site->attributes;
        struct ansa_attribute attribute;
        for (uint32_t i = 0; ansa_site_next_attribute(&rest, &attribute) == ANSA_OK; i++) {
                buf_text(b, i > 0 ? ",{\"name\":" : "{\"name\":");
                json_put_string(b, attribute.name);
                buf_text(b, ",\"value\":");
                json_put_string(b, attribute.value);
                buf_u8(b, '}');
        }
}

void json_put_site(struct buf *b, const struct ansa_site *site)
{
        buf_printf(b, "{\"version\":%u,\"protocolVersion\":\"%u.%u\",\"serialNumber\":%u,",
                   site->format, site->protocol_major, site->protocol_minor, site->serial);
        buf_printf(b, "\"primarySite\":%s,\"multiPrimary\":%s,",
                   bool_text((site->flags & ANSA_SITE_PRIMARY) != 0),
                   bool_text((site->flags & ANSA_SITE_MULTI_PRIMARY) != 0));
        if (site->hash_option != ANSA_HASH_ALL)
                buf_printf(b, "\"hashOption\":%u,", site->hash_option);
        if (site->hash_filter.size > 0) {
                buf_text(b, "\"hashFilter\":");
                json_put_string(b, site->hash_filter);
                buf_u8(b, ',');
        }
        buf_text(b, "\"attributes\":[");
        put_attributes(b, site);
        buf_text(b, "],\"servers\":[");
        struct ansa_bytes rest = site->servers;
        struct ansa_server server;
        for (uint32_t i = 0; ansa_site_next_server(&rest, &server) == ANSA_OK; i++) {
                if (i > 0)
                        buf_u8(b, ',');
                put_server(b, &server);
        }
        buf_text(b, "]}");
}

static void read_version(struct json_reader *r, const json_t *object, struct ansa_site *site)
{
        struct ansa_bytes text = json_read_text(r, object, "protocolVersion", LIMIT_BLOCK_SIZE);
        const uint8_t *dot = text.size > 0 ? memchr(text.at, '.', text.size) : NULL;
        uint64_t major = 0;
        uint64_t minor = 0;
        bool good = dot != NULL;
        if (good) {
                size_t front = (size_t)(dot - text.at);
                struct ansa_bytes before = { text.at, front };
                struct ansa_bytes after = { dot + 1, text.size - front - 1 };
                good = text_u64(before, UINT8_MAX, &major) == ANSA_OK &&
                       text_u64(after, UINT8_MAX, &minor) == ANSA_OK;
        }
        if (!good)
                json_reader_fail(r, ANSA_E_MALFORMED, "protocolVersion",
                                 "a version such as \"2.11\" expected");
        site->protocol_major = (uint8_t)major;
        site->protocol_minor = (uint8_t)minor;
}

static void read_address(struct json_reader *r, const json_t *object, uint8_t address[16])
{
        struct ansa_bytes text = json_read_text(r, object, "address", INET6_ADDRSTRLEN - 1);
        char copy[INET6_ADDRSTRLEN] = { 0 };
        if (text.size > 0)
                memcpy(copy, text.at, text.size);
        bool good = strlen(copy) == text.size && (inet_pton(AF_INET, copy, address + 12) == 1 ||
                                                  inet_pton(AF_INET6, copy, address) == 1);
        if (!good)
                json_reader_fail(r, ANSA_E_MALFORMED, "address",
                                 "an IPv4 or IPv6 address expected");
}

static struct ansa_bytes read_public_key(struct json_reader *r, const json_t *server)
{
        const json_t *object = json_read_object(r, server, "publicKey");
        if (object == NULL)
                return (struct ansa_bytes){ 0 };
        size_t back = json_reader_enter(r, "publicKey");
        struct ansa_bytes key = { 0 };
        struct ansa_bytes format = json_read_text(r, object, "format", LIMIT_BLOCK_SIZE);
        if (ansa_bytes_equal(format, ANSA_BYTES_LIT("key"))) {
                size_t inner = json_reader_enter(r, "value");
                key = json_read_key_data(r, json_object_get(object, "value"));
                json_reader_leave(r, inner);
        } else if (ansa_bytes_equal(format, ANSA_BYTES_LIT("base64"))) {
                struct ansa_bytes text = json_read_text(r, object, "value", JSON_TEXT_SIZE_MAX);
                key = json_reader_base64(r, text, "value");
        } else {
                json_reader_fail(r, ANSA_E_MALFORMED, "format", "\"key\" or \"base64\" expected");
        }
        json_reader_leave(r, back);
        return key;
}

static uint8_t read_protocol(struct json_reader *r, const json_t *object)
{
        const json_t *node = json_object_get(object, "protocol");
        if (json_is_integer(node))
                return (uint8_t)json_read_number(r, object, "protocol", UINT8_MAX);
        for (uint8_t i = 0; json_is_string(node) && i < PROTOCOL_COUNT; i++) {
                if (text_equal_fold(json_reader_text(node), ansa_bytes_text(protocols[i])))
                        return i;
        }
        json_reader_fail(r, ANSA_E_MALFORMED, "protocol",
                         "\"UDP\", \"TCP\", \"HTTP\" or \"HTTPS\" expected");
        return 0;
}

static struct ansa_interface read_interface(struct json_reader *r, const json_t *object)
{
        struct ansa_interface interface = { 0 };
        if (!json_reader_want_object(r, object))
                return interface;
        if (json_read_bool_or(r, object, "query", false))
                interface.type |= ANSA_INTERFACE_QUERY;
        if (json_read_bool_or(r, object, "admin", false))
                interface.type |= ANSA_INTERFACE_ADMIN;
        interface.protocol = read_protocol(r, object);
        interface.port = json_read_number(r, object, "port", PORT_MAX);
        return interface;
}

static void read_server(struct json_reader *r, const json_t *object, struct buf *servers)
{
        if (!json_reader_want_object(r, object))
                return;
        struct ansa_server server = { 0 };
        server.id = json_read_number(r, object, "serverId", UINT32_MAX);
        read_address(r, object, server.address);
        if (json_object_get(object, "publicKey") != NULL)
                server.key = read_public_key(r, object);
        json_t *list = json_read_array(r, object, "interfaces");
        size_t count = json_array_size(list);
        struct ansa_interface *interfaces =
                arena_array(r->arena, count + 1, sizeof(*interfaces)); /* never nothing */
        if (interfaces == NULL)
                json_reader_fail(r, ANSA_E_NO_MEMORY, NULL, "out of memory");
        for (size_t i = 0; i < count && r->err == ANSA_OK; i++) {
                size_t back = json_reader_enter_item(r, "interfaces", i);
                /* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): none, then err is set */
                interfaces[i] = read_interface(r, json_array_get(list, i));
                json_reader_leave(r, back);
        }
        if (r->err != ANSA_OK)
                return;
        server.interface_count = (uint32_t)count;
        site_put_server(&server, interfaces, servers);
}

static void read_servers(struct json_reader *r, const json_t *object, struct ansa_site *site)
{
        json_t *list = json_read_array(r, object, "servers");
        struct buf servers = buf_growing(LIMIT_BLOCK_SIZE);
        for (size_t i = 0; i < json_array_size(list) && r->err == ANSA_OK; i++) {
                size_t back = json_reader_enter_item(r, "servers", i);
                read_server(r, json_array_get(list, i), &servers);
                json_reader_leave(r, back);
        }
        site->servers = json_reader_keep(r, &servers);
        site->server_count = (uint32_t)json_array_size(list);
}

static void read_attributes(struct json_reader *r, const json_t *object, struct ansa_site *site)
{
        if (json_object_get(object, "attributes") == NULL)
                return;
        json_t *list = json_read_array(r, object, "attributes");
        struct buf attributes = buf_growing(LIMIT_BLOCK_SIZE);
        for (size_t i = 0; i < json_array_size(list) && r->err == ANSA_OK; i++) {
                size_t back = json_reader_enter_item(r, "attributes", i);
                const json_t *item = json_array_get(list, i);
                struct ansa_attribute attribute = { 0 };
                if (json_reader_want_object(r, item)) {
                        attribute.name = json_read_text(r, item, "name", LIMIT_BLOCK_SIZE);
                        attribute.value = json_read_text(r, item, "value", LIMIT_BLOCK_SIZE);
                }
                site_put_attribute(&attribute, &attributes);
                json_reader_leave(r, back);
        }
        site->attributes = json_reader_keep(r, &attributes);
        site->attribute_count = (uint32_t)json_array_size(list);
}

struct ansa_bytes json_read_site_data(struct json_reader *r, const json_t *object)
{
        if (!json_reader_want_object(r, object))
                return (struct ansa_bytes){ 0 };
        struct ansa_site site = { 0 };
        site.format = (uint16_t)json_read_number_or(r, object, "version", 1, 1);
        read_version(r, object, &site);
        site.serial = (uint16_t)json_read_number(r, object, "serialNumber", UINT16_MAX);
        if (json_read_bool_or(r, object, "primarySite", false))
                site.flags |= ANSA_SITE_PRIMARY;
        if (json_read_bool_or(r, object, "multiPrimary", false))
                site.flags |= ANSA_SITE_MULTI_PRIMARY;
        site.hash_option = (uint8_t)json_read_number_or(r, object, "hashOption", UINT8_MAX,
                                                        (uint32_t)ANSA_HASH_ALL);
        site.hash_filter = json_read_text_or_empty(r, object, "hashFilter", LIMIT_BLOCK_SIZE);
        read_attributes(r, object, &site);
        read_servers(r, object, &site);
        if (r->err != ANSA_OK)
                return (struct ansa_bytes){ 0 };
        struct buf b = buf_growing(LIMIT_BLOCK_SIZE);
        site_encode(&site, &b);
        return json_reader_keep(r, &b);
}
