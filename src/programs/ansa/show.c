/* SPDX-License-Identifier: Apache-2.0 */
#include "programs/ansa/show.h"

#include "base/text.h"
#include "wire/codes.h"
#include "wire/data.h"
#include "wire/name.h"

#include <arpa/inet.h>

#define HEX_SHOWN 48u /* octets of unknown binary data */

/* clang-format off */
static const struct {
        uint16_t right;
        const char *text;
} rights[] = {
        { RIGHT_CREATE, "create" },
        { RIGHT_DELETE, "delete" },
        { RIGHT_ADD_PREFIX, "add-prefix" },
        { RIGHT_DELETE_PREFIX, "delete-prefix" },
        { RIGHT_MODIFY_VALUE, "modify" },
        { RIGHT_REMOVE_VALUE, "remove" },
        { RIGHT_ADD_VALUE, "add" },
        { RIGHT_READ_VALUE, "read" },
        { RIGHT_MODIFY_ADMIN, "modify-admin" },
        { RIGHT_REMOVE_ADMIN, "remove-admin" },
        { RIGHT_ADD_ADMIN, "add-admin" },
        { RIGHT_LIST, "list" },
        { RIGHT_LIST_PREFIXES, "list-prefixes" },
};
/* clang-format on */

void show_text(struct buf *b, struct ansa_bytes text)
{
        static const char hex[] = "0123456789abcdef";
        bool is_utf8 = text_is_utf8(text);
        for (size_t i = 0; i < text.size; i++) {
                uint8_t c = text.at[i];
                /* 0x80 to 0x9f after 0xc2 are control characters too. */
                bool is_control = c < 0x20 || c == 0x7f || (c >= 0x80 && !is_utf8) ||
                                  (c == 0xc2 && i + 1 < text.size && text.at[i + 1] < 0xa0) ||
                                  (i > 0 && text.at[i - 1] == 0xc2 && c < 0xa0 && c >= 0x80);
                if (!is_control) {
                        buf_u8(b, c);
                        continue;
                }
                buf_text(b, "\\x");
                buf_u8(b, (uint8_t)hex[c >> 4]);
                buf_u8(b, (uint8_t)hex[c & 15]);
        }
}

static void show_ref(struct buf *b, const struct ansa_ref *ref)
{
        buf_printf(b, "%u:", ref->index);
        show_text(b, ref->name);
}

static void show_binary(struct buf *b, struct ansa_bytes data)
{
        bool is_long = data.size > HEX_SHOWN;
        buf_printf(b, "(%zu octets) ", data.size);
        text_put_hex(b, (struct ansa_bytes){ data.at, is_long ? HEX_SHOWN : data.size });
        buf_text(b, is_long ? "..." : "");
}

static bool show_admin(struct buf *b, struct ansa_bytes data)
{
        struct admin_data admin;
        if (admin_data_decode(data, &admin) != ANSA_OK)
                return false;
        show_ref(b, &admin.admin);
        buf_text(b, " may");
        for (size_t i = 0; i < sizeof(rights) / sizeof(rights[0]); i++) {
                if (admin.rights & rights[i].right)
                        buf_printf(b, " %s", rights[i].text);
        }
        return true;
}

static bool show_group(struct buf *b, struct ansa_bytes data)
{
        struct ansa_refs refs;
        struct ansa_ref ref;
        if (vlist_decode(data, &refs) != ANSA_OK)
                return false;
        for (const char *before = ""; ansa_refs_next(&refs, &ref) == ANSA_OK; before = ", ") {
                buf_text(b, before);
                show_ref(b, &ref);
        }
        return true;
}

static const char *kind_text(enum ansa_key_kind kind)
{
        switch (kind) {
        case ANSA_KEY_DSA:
                return "DSA";
        case ANSA_KEY_RSA:
        case ANSA_KEY_RSA_CRT:
                return "RSA";
        case ANSA_KEY_DH:
                return "Diffie-Hellman";
        case ANSA_KEY_ED25519:
                return "Ed25519";
        case ANSA_KEY_NONE:
                break;
        }
        return "unknown";
}

static bool show_key(struct buf *b, struct ansa_bytes data)
{
        struct ansa_key key;
        if (key_decode(data, &key) != ANSA_OK)
                return false;
        /* The modulus: n of e, n; p of q, p, g, y; the point of Ed25519. */
        uint32_t i = key.kind == ANSA_KEY_ED25519 ? 0 : 1;
        size_t bits = i < key.part_count ? key.part[i].size * 8 : 0;
        buf_printf(b, "%s public key, %zu bits", kind_text(key.kind), bits);
        return true;
}

static void show_address(struct buf *b, const uint8_t address[16])
{
        char text[INET6_ADDRSTRLEN] = "";
        bool is_ipv4 = ansa_address_is_ipv4(address);
        (void)inet_ntop(is_ipv4 ? AF_INET : AF_INET6, is_ipv4 ? address + 12 : address, text,
                        sizeof(text));
        buf_text(b, text);
}

static const char *protocol_text(uint8_t protocol)
{
        static const char *const texts[] = { "UDP", "TCP", "HTTP", "HTTPS" };
        return protocol < 4 ? texts[protocol] : "unknown protocol";
}

static void show_server(struct buf *b, const struct ansa_server *server)
{
        buf_printf(b, "\n      server %u at ", server->id);
        show_address(b, server->address);
        for (uint32_t i = 0; i < server->interface_count; i++) {
                struct ansa_interface f = ansa_server_interface(server, i);
                buf_printf(b, ", %s %u (%s%s%s)", protocol_text(f.protocol), f.port,
                           f.type & ANSA_INTERFACE_QUERY ? "resolution" : "",
                           f.type == 3 ? ", " : "",
                           f.type & ANSA_INTERFACE_ADMIN ? "administration" : "");
        }
        if (server->key.size > 0) {
                buf_text(b, ", ");
                if (!show_key(b, server->key))
                        buf_text(b, "key not understood");
        }
}

void show_site(struct buf *b, const struct ansa_site *site)
{
        static const char *const hashes[] = { "prefix", "suffix", "whole identifier" };
        struct ansa_bytes rest = site->attributes;
        struct ansa_attribute attribute;
        struct ansa_server server;
        buf_printf(b, "%s site, serial %u, protocol %u.%u, hashed by %s",
                   site->flags & ANSA_SITE_PRIMARY ? "primary" : "mirror", site->serial,
                   site->protocol_major, site->protocol_minor,
                   site->hash_option < 3 ? hashes[site->hash_option] : "?");
        while (ansa_site_next_attribute(&rest, &attribute) == ANSA_OK) {
                buf_text(b, "\n      ");
                show_text(b, attribute.name);
                buf_text(b, " = ");
                show_text(b, attribute.value);
        }
        rest = site->servers;
        while (ansa_site_next_server(&rest, &server) == ANSA_OK)
                show_server(b, &server);
}

static bool show_site_data(struct buf *b, struct ansa_bytes data)
{
        struct ansa_site site;
        if (ansa_site_decode(data, &site) != ANSA_OK)
                return false;
        show_site(b, &site);
        return true;
}

static void show_data(struct buf *b, const struct ansa_value *v)
{
        bool shown = false;
        switch (value_type_of(v->type)) {
        case TYPE_HS_ADMIN:
                shown = show_admin(b, v->data);
                break;
        case TYPE_HS_VLIST:
                shown = show_group(b, v->data);
                break;
        case TYPE_HS_PUBKEY:
                shown = show_key(b, v->data);
                break;
        case TYPE_HS_SITE:
        case TYPE_HS_SITE_PREFIX:
                shown = show_site_data(b, v->data);
                break;
        case TYPE_OTHER:
        case TYPE_HS_SECKEY:
        case TYPE_HS_SERV:
        case TYPE_HS_SERV_PREFIX:
        case TYPE_HS_ALIAS:
        case TYPE_HS_NAMESPACE:
        case TYPE_HS_CERT:
        case TYPE_HS_SIGNATURE:
                break;
        }
        if (!shown && text_is_utf8(v->data))
                show_text(b, v->data);
        else if (!shown)
                show_binary(b, v->data);
}

void show_values(struct buf *b, struct ansa_values values)
{
        struct ansa_value v;
        while (ansa_values_next(&values, &v) == ANSA_OK) {
                buf_printf(b, "%5u ", v.index);
                show_text(b, v.type);
                for (size_t i = v.type.size; i < 12; i++)
                        buf_u8(b, ' ');
                buf_u8(b, ' ');
                show_data(b, &v);
                if (v.permissions != ANSA_PERM_DEFAULT)
                        buf_printf(b, "  [%c%c%c%c]",
                                   v.permissions & ANSA_PERM_ADMIN_READ ? 'r' : '-',
                                   v.permissions & ANSA_PERM_ADMIN_WRITE ? 'w' : '-',
                                   v.permissions & ANSA_PERM_PUBLIC_READ ? 'r' : '-',
                                   v.permissions & ANSA_PERM_PUBLIC_WRITE ? 'w' : '-');
                buf_u8(b, '\n');
        }
}
