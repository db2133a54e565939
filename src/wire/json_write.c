/* SPDX-License-Identifier: Apache-2.0 */
/* Values and records as JSON (rest-api 3). */
#include "wire/json_reader.h"

#include "base/text.h"
#include "wire/codes.h"
#include "wire/data.h"

#define PERM_BITS      4u
#define PERM_MASK      0x0fu
#define RIGHTS_OLD     0x0fffu /* what twelve characters hold */
#define RIGHTS_MASK    0x1fffu /* what thirteen do */
#define TTL_IS_A_POINT ((uint8_t)ANSA_TTL_ABSOLUTE)

/* Octets that stand in a JSON string as they are. */
static bool is_plain(uint8_t c)
{
        return c >= 0x20 && c != '"' && c != '\\';
}

/* One of the octets of @word is 0: exact in that, though not in which one it is. */
static bool has_zero(uint64_t word)
{
        return ((word - UINT64_C(0x0101010101010101)) & ~word & UINT64_C(0x8080808080808080)) != 0;
}

/* Where the first control character at or behind @at is; the size when there is none. */
static size_t find_unusual(struct ansa_bytes text, size_t at)
{
        const uint64_t each = UINT64_C(0x0101010101010101);
        for (uint64_t word; at < text.size && text.size - at >= sizeof(word); at += sizeof(word)) {
                memcpy(&word, text.at + at, sizeof(word));
                if (has_zero(word & (each * 0xe0)) || has_zero(word ^ (each * 0x7f)))
                        break;
        }
        while (at < text.size && text.at[at] >= 0x20 && text.at[at] != 0x7f)
                at++;
        return at;
}

/* Where the first octet at or behind @at is that is not plain; the size when there is none. */
static size_t find_special(struct ansa_bytes text, size_t at)
{
        const uint64_t each = UINT64_C(0x0101010101010101);
        for (uint64_t word; text.size - at >= sizeof(word); at += sizeof(word)) {
                memcpy(&word, text.at + at, sizeof(word));
                if (has_zero(word & (each * 0xe0)) || has_zero(word ^ (each * '"')) ||
                    has_zero(word ^ (each * '\\')))
                        break;
        }
        while (at < text.size && is_plain(text.at[at]))
                at++;
        return at;
}

static void put_escaped(struct buf *b, uint8_t c)
{
        switch (c) {
        case '"':
                buf_literal(b, "\\\"");
                break;
        case '\\':
                buf_text(b, "\\\\");
                break;
        case '\t':
                buf_literal(b, "\\t");
                break;
        case '\n':
                buf_literal(b, "\\n");
                break;
        case '\r':
                buf_literal(b, "\\r");
                break;
        default:
                buf_printf(b, "\\u%04x", c);
        }
}

static void put_utf8(struct buf *b, struct ansa_bytes text)
{
        for (size_t at = 0; at < text.size;) {
                size_t end = find_special(text, at);
                buf_bytes(b, (struct ansa_bytes){ text.at + at, end - at });
                if (end < text.size)
                        put_escaped(b, text.at[end++]);
                at = end;
        }
}

/* Octets of a name or type that a peer made up: what is no UTF-8 becomes U+FFFD. */
static void put_repaired(struct buf *b, struct ansa_bytes octets)
{
        for (size_t i = 0; i < octets.size;) {
                size_t n = 1;
                while (n <= 4 && n <= octets.size - i &&
                       !text_is_utf8((struct ansa_bytes){ octets.at + i, n }))
                        n++;
                if (n <= 4 && n <= octets.size - i) {
                        put_utf8(b, (struct ansa_bytes){ octets.at + i, n });
                        i += n;
                } else {
                        buf_literal(b, "\xef\xbf\xbd");
                        i++;
                }
        }
}

void json_put_string(struct buf *b, struct ansa_bytes utf8)
{
        buf_u8(b, '"');
        if (text_is_utf8(utf8))
                put_utf8(b, utf8);
        else
                put_repaired(b, utf8);
        buf_u8(b, '"');
}

static void put_quoted_utf8(struct buf *b, struct ansa_bytes utf8)
{
        buf_u8(b, '"');
        put_utf8(b, utf8);
        buf_u8(b, '"');
}

/* @count binary digits of @bits, the highest first. */
static void put_bits(struct buf *b, uint32_t bits, unsigned count)
{
        buf_u8(b, '"');
        while (count-- > 0)
                buf_u8(b, bits >> count & 1 ? '1' : '0');
        buf_u8(b, '"');
}

static void put_ref(struct buf *b, const struct ansa_ref *ref)
{
        buf_literal(b, "{\"handle\":");
        json_put_string(b, ref->name);
        buf_literal(b, ",\"index\":");
        buf_decimal(b, ref->index);
}

static void put_refs(struct buf *b, struct ansa_refs refs)
{
        struct ansa_ref ref;
        buf_u8(b, '[');
        for (uint32_t i = 0; ansa_refs_next(&refs, &ref) == ANSA_OK; i++) {
                if (i > 0)
                        buf_u8(b, ',');
                put_ref(b, &ref);
                buf_u8(b, '}');
        }
        buf_u8(b, ']');
}

void json_put_base64_data(struct buf *b, struct ansa_bytes wire)
{
        buf_literal(b, "\"format\":\"base64\",\"value\":\"");
        text_put_base64(b, wire, TEXT_BASE64);
        buf_u8(b, '"');
}

static bool is_text(struct ansa_bytes data)
{
        for (size_t i = find_unusual(data, 0); i < data.size; i = find_unusual(data, i + 1)) {
                uint8_t c = data.at[i];
                if ((c < 0x20 && c != '\t' && c != '\n' && c != '\r') || c == 0x7f)
                        return false;
        }
        return text_is_utf8(data);
}

/* Each of the next writes the members of a data object, and only what reads back as @data. */

static void put_plain(struct buf *b, struct ansa_bytes data)
{
        if (!is_text(data)) {
                json_put_base64_data(b, data);
                return;
        }
        buf_literal(b, "\"format\":\"string\",\"value\":");
        put_quoted_utf8(b, data);
}

static void put_admin(struct buf *b, struct ansa_bytes data)
{
        struct admin_data a;
        if (admin_data_decode(data, &a) != ANSA_OK || (a.rights & ~RIGHTS_MASK) != 0 ||
            !text_is_utf8(a.admin.name)) {
                json_put_base64_data(b, data);
                return;
        }
        buf_literal(b, "\"format\":\"admin\",\"value\":");
        put_ref(b, &a.admin);
        buf_literal(b, ",\"permissions\":");
        put_bits(b, a.rights, a.rights > RIGHTS_OLD ? 13 : 12);
        buf_text(b, a.legacy_padding ? ",\"legacyByteLength\":true}" : "}");
}

static void put_vlist(struct buf *b, struct ansa_bytes data)
{
        struct ansa_refs refs;
        bool good = vlist_decode(data, &refs) == ANSA_OK;
        struct ansa_refs rest = refs;
        struct ansa_ref ref;
        while (good && ansa_refs_next(&rest, &ref) == ANSA_OK)
                good = text_is_utf8(ref.name);
        if (!good) {
                json_put_base64_data(b, data);
                return;
        }
        buf_literal(b, "\"format\":\"vlist\",\"value\":");
        put_refs(b, refs);
}

static void put_site(struct buf *b, struct ansa_bytes data)
{
        struct ansa_site site;
        if (ansa_site_decode(data, &site) != ANSA_OK || !json_site_is_exact(&site)) {
                json_put_base64_data(b, data);
                return;
        }
        buf_literal(b, "\"format\":\"site\",\"value\":");
        json_put_site(b, &site);
}

static void put_data(struct buf *b, const struct ansa_value *v)
{
        switch (value_type_of(v->type)) {
        case TYPE_HS_ADMIN:
                put_admin(b, v->data);
                break;
        case TYPE_HS_VLIST:
                put_vlist(b, v->data);
                break;
        case TYPE_HS_SITE:
        case TYPE_HS_SITE_PREFIX:
                put_site(b, v->data);
                break;
        case TYPE_HS_PUBKEY:
                json_put_key_data(b, v->data);
                break;
        case TYPE_OTHER:
        case TYPE_HS_SECKEY:
        case TYPE_HS_SERV:
        case TYPE_HS_SERV_PREFIX:
        case TYPE_HS_ALIAS:
        case TYPE_HS_NAMESPACE:
        case TYPE_HS_CERT:
        case TYPE_HS_SIGNATURE:
                put_plain(b, v->data);
                break;
        }
}

static void put_time(struct buf *b, uint32_t seconds)
{
        buf_u8(b, '"');
        text_put_time(b, seconds);
        buf_u8(b, '"');
}

void json_put_value(struct buf *b, const struct ansa_value *v)
{
        buf_literal(b, "{\"index\":");
        buf_decimal(b, v->index);
        buf_literal(b, ",\"type\":");
        json_put_string(b, v->type);
        buf_literal(b, ",\"data\":{");
        put_data(b, v);
        buf_u8(b, '}');
        if (v->permissions != ANSA_PERM_DEFAULT) {
                buf_literal(b, ",\"permissions\":");
                put_bits(b, v->permissions, PERM_BITS);
        }
        if (v->permissions > PERM_MASK)
                buf_printf(b, ",\"permissionBits\":%u", v->permissions);
        buf_literal(b, ",\"ttl\":");
        if (v->ttl_type == TTL_IS_A_POINT)
                put_time(b, v->ttl_s);
        else
                buf_decimal(b, v->ttl_s);
        if (v->timestamp_s != 0) {
                buf_literal(b, ",\"timestamp\":");
                put_time(b, v->timestamp_s);
        }
        if (v->refs.count > 0) {
                buf_literal(b, ",\"references\":");
                put_refs(b, v->refs);
        }
        buf_u8(b, '}');
}

void json_put_record(struct buf *b, struct ansa_bytes name, struct ansa_values values)
{
        buf_literal(b, "{\"handle\":");
        json_put_string(b, name);
        buf_literal(b, ",\"values\":[");
        struct ansa_value value;
        for (uint32_t i = 0; ansa_values_next(&values, &value) == ANSA_OK; i++) {
                if (i > 0)
                        buf_u8(b, ',');
                json_put_value(b, &value);
        }
        buf_literal(b, "]}");
}
