/* SPDX-License-Identifier: Apache-2.0 */
#include "ansa/site.h"

#include "base/assert.h"
#include "base/buf.h"
#include "base/limits.h"
#include "wire/cursor.h"
#include "wire/data.h"

#define FORMAT_MAX         1u
#define INTERFACE_SIZE     6u
#define ATTRIBUTE_SIZE_MIN 8u  /* two lengths */
#define SERVER_SIZE_MIN    28u /* id, address, length, count */

static void take_attribute(struct cursor *c, struct ansa_attribute *a)
{
        a->name = cursor_block(c, LIMIT_BLOCK_SIZE);
        a->value = cursor_block(c, LIMIT_BLOCK_SIZE);
}

static void take_server(struct cursor *c, struct ansa_server *s)
{
        s->id = cursor_u32(c);
        struct ansa_bytes address = cursor_bytes(c, sizeof(s->address));
        if (address.size == sizeof(s->address))
                memcpy(s->address, address.at, sizeof(s->address));
        s->key = cursor_block(c, LIMIT_BLOCK_SIZE);
        s->interface_count = cursor_count(c, UINT32_MAX, INTERFACE_SIZE);
        s->interfaces = cursor_bytes(c, (size_t)s->interface_count * INTERFACE_SIZE);
}

/* Every attribute, so that nobody who walks them again can fail; the octets walked over. */
static struct ansa_bytes take_attributes(struct cursor *c, uint32_t *count)
{
        *count = cursor_count(c, UINT32_MAX, ATTRIBUTE_SIZE_MIN);
        const uint8_t *start = c->at;
        for (uint32_t i = 0; i < *count && c->err == ANSA_OK; i++) {
                struct ansa_attribute attribute = { 0 };
                take_attribute(c, &attribute);
        }
        return cursor_since(c, start);
}

static struct ansa_bytes take_servers(struct cursor *c, uint32_t *count)
{
        *count = cursor_count(c, UINT32_MAX, SERVER_SIZE_MIN);
        const uint8_t *start = c->at;
        for (uint32_t i = 0; i < *count && c->err == ANSA_OK; i++) {
                struct ansa_server server = { 0 };
                take_server(c, &server);
        }
        return cursor_since(c, start);
}

enum ansa_err ansa_site_decode(struct ansa_bytes wire, struct ansa_site *site)
{
        struct cursor c = cursor_over(wire);
        struct ansa_site s = { 0 };
        s.format = cursor_u16(&c);
        if (s.format > FORMAT_MAX)
                cursor_fail(&c, ANSA_E_UNSUPPORTED);
        s.protocol_major = cursor_u8(&c);
        s.protocol_minor = cursor_u8(&c);
        s.serial = cursor_u16(&c);
        s.flags = cursor_u8(&c);
        s.hash_option = cursor_u8(&c);
        s.hash_filter = cursor_block(&c, LIMIT_BLOCK_SIZE);
        s.attributes = take_attributes(&c, &s.attribute_count);
        s.servers = take_servers(&c, &s.server_count);
        enum ansa_err err = cursor_end(&c);
        *site = err == ANSA_OK ? s : (struct ansa_site){ 0 };
        return err;
}

enum ansa_err ansa_site_next_attribute(struct ansa_bytes *rest, struct ansa_attribute *attribute)
{
        *attribute = (struct ansa_attribute){ 0 };
        if (rest->size == 0)
                return ANSA_E_NOT_FOUND;
        struct cursor c = cursor_over(*rest);
        struct ansa_attribute a = { 0 };
        take_attribute(&c, &a);
        if (c.err != ANSA_OK)
                return c.err;
        *attribute = a;
        *rest = cursor_rest(&c);
        return ANSA_OK;
}

enum ansa_err ansa_site_next_server(struct ansa_bytes *rest, struct ansa_server *server)
{
        *server = (struct ansa_server){ 0 };
        if (rest->size == 0)
                return ANSA_E_NOT_FOUND;
        struct cursor c = cursor_over(*rest);
        struct ansa_server s = { 0 };
        take_server(&c, &s);
        if (c.err != ANSA_OK)
                return c.err;
        *server = s;
        *rest = cursor_rest(&c);
        return ANSA_OK;
}

struct ansa_interface ansa_server_interface(const struct ansa_server *server, uint32_t i)
{
        ansa_assert(i < server->interface_count);
        ansa_assert(server->interfaces.size / INTERFACE_SIZE > i);
        struct cursor c = cursor_over((struct ansa_bytes){
                server->interfaces.at + (size_t)i * INTERFACE_SIZE, INTERFACE_SIZE });
        struct ansa_interface interface = { 0 };
        interface.type = cursor_u8(&c);
        interface.protocol = cursor_u8(&c);
        interface.port = cursor_u32(&c);
        return interface;
}

bool ansa_address_is_ipv4(const uint8_t address[16])
{
        static const uint8_t zero[12];
        static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
        static const uint8_t loopback[16] = { [15] = 1 };
        if (memcmp(address, loopback, sizeof(loopback)) == 0)
                return false;
        return memcmp(address, zero, sizeof(zero)) == 0 ||
               memcmp(address, mapped, sizeof(mapped)) == 0;
}

void site_encode(const struct ansa_site *site, struct buf *b)
{
        buf_u16(b, site->format);
        buf_u8(b, site->protocol_major);
        buf_u8(b, site->protocol_minor);
        buf_u16(b, site->serial);
        buf_u8(b, site->flags);
        buf_u8(b, site->hash_option);
        buf_block(b, site->hash_filter);
        buf_u32(b, site->attribute_count);
        buf_bytes(b, site->attributes);
        buf_u32(b, site->server_count);
        buf_bytes(b, site->servers);
}

void site_put_attribute(const struct ansa_attribute *attribute, struct buf *b)
{
        buf_block(b, attribute->name);
        buf_block(b, attribute->value);
}

void site_put_server(const struct ansa_server *server, const struct ansa_interface *interfaces,
                     struct buf *b)
{
        ansa_assert(interfaces != NULL || server->interface_count == 0);
        buf_u32(b, server->id);
        buf_bytes(b, (struct ansa_bytes){ server->address, sizeof(server->address) });
        buf_block(b, server->key);
        buf_u32(b, server->interface_count);
        for (uint32_t i = 0; i < server->interface_count; i++) {
                buf_u8(b, interfaces[i].type);
                buf_u8(b, interfaces[i].protocol);
                buf_u32(b, interfaces[i].port);
        }
}
