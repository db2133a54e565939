/* SPDX-License-Identifier: Apache-2.0 */
/* Data of values by the meaning of their types, for people. */
#include "http/resolver_value.h"

#include "base/text.h"
#include "http/escape.h"
#include "http/html.h"
#include "http/resolver_page.h"
#include "wire/codes.h"
#include "wire/data.h"

#include <arpa/inet.h>

#define OCTETS_SHOWN_MAX 64u
#define LISTED_MAX       200u /* of references, servers, interfaces */

static void put_octets(struct buf *b, struct ansa_bytes data)
{
        struct ansa_bytes shown = data;
        if (shown.size > OCTETS_SHOWN_MAX)
                shown.size = OCTETS_SHOWN_MAX;
        buf_decimal(b, data.size);
        buf_text(b, data.size == 1 ? " octet" : " octets");
        if (data.size > 0)
                buf_text(b, ": <code>");
        text_put_hex(b, shown);
        if (data.size > 0)
                buf_text(b, data.size > shown.size ? "\xe2\x80\xa6</code>" : "</code>");
}

static bool is_readable(struct ansa_bytes data)
{
        for (size_t i = 0; i < data.size; i++) {
                uint8_t c = data.at[i];
                if ((c < 0x20 && c != '\t' && c != '\n' && c != '\r') || c == 0x7f)
                        return false;
        }
        return text_is_utf8(data);
}

static void put_text(struct buf *b, struct ansa_bytes data)
{
        if (!is_readable(data)) {
                put_octets(b, data);
                return;
        }
        if (escape_is_safe_url(data) && data.size <= RESOLVER_VALUE_SHOWN_MAX) {
                html_put_link(b, data);
                return;
        }
        buf_text(b, "<bdi>");
        (void)html_put_cut(b, data, RESOLVER_VALUE_SHOWN_MAX);
        buf_text(b, "</bdi>");
}

/* Another identifier, to look at. */
static void put_identifier(struct buf *b, struct ansa_bytes name)
{
        struct buf path = buf_growing(16384);
        resolver_put_self(&path, name);
        if (!is_readable(name) || name.size == 0 || path.err != ANSA_OK) {
                html_put_name(b, name);
        } else {
                buf_text(b, "<a href=\"");
                html_put_text(b, buf_written(&path));
                buf_text(b, "?noredirect\">");
                html_put_name(b, name);
                buf_text(b, "</a>");
        }
        buf_fini(&path);
}

static void put_ref(struct buf *b, const struct ansa_ref *ref)
{
        if (ref->index == 0)
                buf_text(b, "any value of ");
        else
                buf_printf(b, "value %lu of ", (unsigned long)ref->index);
        put_identifier(b, ref->name);
}

static bool put_admin(struct buf *b, struct ansa_bytes data)
{
        static const struct {
                uint16_t right;
                const char *text;
        } rights[] = {
                { RIGHT_CREATE, "create identifiers" },
                { RIGHT_DELETE, "delete identifiers" },
                { RIGHT_ADD_PREFIX, "create derived prefixes" },
                { RIGHT_DELETE_PREFIX, "delete derived prefixes" },
                { RIGHT_READ_VALUE, "read values" },
                { RIGHT_ADD_VALUE, "add values" },
                { RIGHT_MODIFY_VALUE, "change values" },
                { RIGHT_REMOVE_VALUE, "remove values" },
                { RIGHT_ADD_ADMIN, "add administrators" },
                { RIGHT_MODIFY_ADMIN, "change administrators" },
                { RIGHT_REMOVE_ADMIN, "remove administrators" },
                { RIGHT_LIST, "list identifiers" },
                { RIGHT_LIST_PREFIXES, "list derived prefixes" },
        };
        struct admin_data a;
        if (admin_data_decode(data, &a) != ANSA_OK)
                return false;
        put_ref(b, &a.admin);
        buf_text(b, " may ");
        const char *separator = "";
        for (size_t i = 0; i < sizeof(rights) / sizeof(rights[0]); i++) {
                if ((a.rights & rights[i].right) == 0)
                        continue;
                buf_text(b, separator);
                buf_text(b, rights[i].text);
                separator = ", ";
        }
        if (separator[0] == '\0')
                buf_text(b, "nothing");
        return true;
}

static bool put_list(struct buf *b, struct ansa_bytes data)
{
        struct ansa_refs refs;
        struct ansa_ref ref;
        if (vlist_decode(data, &refs) != ANSA_OK)
                return false;
        buf_text(b, "<ul>");
        for (unsigned i = 0; i < LISTED_MAX && ansa_refs_next(&refs, &ref) == ANSA_OK; i++) {
                buf_text(b, "<li>");
                put_ref(b, &ref);
                buf_text(b, "</li>");
        }
        buf_text(b, refs.count > 0 ? "<li>\xe2\x80\xa6</li></ul>" : "</ul>");
        return true;
}

static void put_server(struct buf *b, const struct ansa_server *server)
{
        static const char *const protocols[] = { "UDP", "TCP", "HTTP", "HTTPS" };
        char text[INET6_ADDRSTRLEN];
        bool is_v4 = ansa_address_is_ipv4(server->address);
        buf_text(b, "<li>");
        if (inet_ntop(is_v4 ? AF_INET : AF_INET6, server->address + (is_v4 ? 12 : 0), text,
                      sizeof(text)) != NULL)
                buf_text(b, text);
        for (uint32_t i = 0; i < server->interface_count && i < LISTED_MAX; i++) {
                struct ansa_interface f = ansa_server_interface(server, i);
                buf_printf(b, ", %s port %lu", f.protocol < 4 ? protocols[f.protocol] : "other",
                           (unsigned long)f.port);
        }
        buf_text(b, "</li>");
}

static bool put_site(struct buf *b, struct ansa_bytes data)
{
        struct ansa_site site;
        struct ansa_server server;
        if (ansa_site_decode(data, &site) != ANSA_OK)
                return false;
        buf_text(b, (site.flags & ANSA_SITE_PRIMARY) != 0 ? "Primary site" : "Mirror site");
        buf_printf(b, ", serial number %u<ul>", site.serial);
        for (unsigned i = 0;
             i < LISTED_MAX && ansa_site_next_server(&site.servers, &server) == ANSA_OK; i++)
                put_server(b, &server);
        buf_text(b, "</ul>");
        return true;
}

static bool put_key(struct buf *b, struct ansa_bytes data)
{
        struct ansa_key key;
        if (key_decode(data, &key) != ANSA_OK)
                return false;
        switch (key.kind) {
        case ANSA_KEY_RSA:
        case ANSA_KEY_RSA_CRT:
                buf_printf(b, "RSA public key, %zu bits", key.part[1].size * 8);
                break;
        case ANSA_KEY_DSA:
                buf_printf(b, "DSA public key, %zu bits", key.part[1].size * 8);
                break;
        case ANSA_KEY_DH:
                buf_text(b, "Diffie-Hellman public key");
                break;
        case ANSA_KEY_ED25519:
                buf_text(b, "Ed25519 public key");
                break;
        case ANSA_KEY_NONE:
                return false;
        }
        return true;
}

static bool put_email(struct buf *b, const struct ansa_value *v)
{
        const uint8_t *at = v->data.size > 0 ? memchr(v->data.at, '@', v->data.size) : NULL;
        if (!text_equal_fold(v->type, ANSA_BYTES_LIT("EMAIL")) || at == NULL ||
            v->data.size > RESOLVER_VALUE_SHOWN_MAX || !is_readable(v->data))
                return false;
        struct buf url = buf_growing(16384);
        buf_text(&url, "mailto:");
        escape_put_percent(v->data, "@+", &url);
        buf_text(b, "<a href=\"");
        html_put_text(b, buf_written(&url));
        buf_text(b, "\">");
        html_put_name(b, v->data);
        buf_text(b, "</a>");
        buf_fini(&url);
        return true;
}

void resolver_value_put(struct buf *b, const struct ansa_value *v)
{
        bool done = false;
        switch (value_type_of(v->type)) {
        case TYPE_HS_ADMIN:
                done = put_admin(b, v->data);
                break;
        case TYPE_HS_VLIST:
                done = put_list(b, v->data);
                break;
        case TYPE_HS_SITE:
        case TYPE_HS_SITE_PREFIX:
                done = put_site(b, v->data);
                break;
        case TYPE_HS_PUBKEY:
                done = put_key(b, v->data);
                break;
        case TYPE_HS_ALIAS:
        case TYPE_HS_SERV:
        case TYPE_HS_SERV_PREFIX:
                put_identifier(b, v->data);
                return;
        case TYPE_OTHER:
                done = put_email(b, v);
                break;
        case TYPE_HS_SECKEY:
        case TYPE_HS_NAMESPACE:
        case TYPE_HS_CERT:
        case TYPE_HS_SIGNATURE:
                break;
        }
        if (!done)
                put_text(b, v->data);
}
