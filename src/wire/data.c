/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/data.h"

#include "base/assert.h"
#include "base/limits.h"
#include "base/text.h"
#include "wire/cursor.h"

#define REF_SIZE_MIN 8u /* length, index */

static struct ansa_ref take_ref(struct cursor *c)
{
        struct ansa_ref ref = { 0 };
        ref.name = cursor_block(c, LIMIT_NAME_SIZE);
        ref.index = cursor_u32(c);
        return ref;
}

enum ansa_err admin_data_decode(struct ansa_bytes wire, struct admin_data *a)
{
        struct cursor c = cursor_over(wire);
        struct admin_data data = { 0 };
        data.rights = cursor_u16(&c);
        data.admin = take_ref(&c);
        if (c.err == ANSA_OK && c.left == 2) {
                data.legacy_padding = true;
                if (cursor_u16(&c) != 0)
                        cursor_fail(&c, ANSA_E_TRAILING);
        }
        enum ansa_err err = cursor_end(&c);
        *a = err == ANSA_OK ? data : (struct admin_data){ 0 };
        return err;
}

void admin_data_encode(const struct admin_data *a, struct buf *b)
{
        buf_u16(b, a->rights);
        buf_block(b, a->admin.name);
        buf_u32(b, a->admin.index);
        if (a->legacy_padding)
                buf_u16(b, 0);
}

enum ansa_err vlist_decode(struct ansa_bytes wire, struct ansa_refs *refs)
{
        struct cursor c = cursor_over(wire);
        uint32_t count = cursor_count(&c, UINT32_MAX, REF_SIZE_MIN);
        const uint8_t *start = c.at;
        for (uint32_t i = 0; i < count && c.err == ANSA_OK; i++)
                (void)take_ref(&c);
        struct ansa_bytes list = cursor_since(&c, start);
        enum ansa_err err = cursor_end(&c);
        *refs = err == ANSA_OK ? (struct ansa_refs){ list, count } : (struct ansa_refs){ 0 };
        return err;
}

void vlist_encode(const struct ansa_ref *refs, uint32_t count, struct buf *b)
{
        ansa_assert(refs != NULL || count == 0);
        buf_u32(b, count);
        for (uint32_t i = 0; i < count; i++) {
                buf_block(b, refs[i].name);
                buf_u32(b, refs[i].index);
        }
}

enum ansa_err root_info_decode(struct ansa_bytes wire, struct ansa_values *values)
{
        *values = (struct ansa_values){ 0 };
        struct cursor c = cursor_over(wire);
        /* The total is redundant, and what it counts is told nowhere: the values fill the file. */
        (void)cursor_u32(&c);
        uint32_t count = cursor_count(&c, LIMIT_VALUE_COUNT, ANSA_VALUE_SIZE_MIN);
        if (c.err != ANSA_OK)
                return c.err;
        struct ansa_bytes all = cursor_rest(&c);
        struct ansa_bytes rest = all;
        for (uint32_t i = 0; i < count; i++) {
                struct ansa_value value;
                enum ansa_err err = ansa_value_decode(&rest, &value);
                if (err != ANSA_OK)
                        return err;
        }
        if (rest.size > 0)
                return ANSA_E_TRAILING;
        *values = (struct ansa_values){ all, count };
        return ANSA_OK;
}

enum value_type value_type_of(struct ansa_bytes type)
{
        static const struct {
                const char *name;
                enum value_type type;
        } known[] = {
                { "HS_ADMIN", TYPE_HS_ADMIN },
                { "HS_VLIST", TYPE_HS_VLIST },
                { "HS_PUBKEY", TYPE_HS_PUBKEY },
                { "HS_SECKEY", TYPE_HS_SECKEY },
                { "HS_SITE", TYPE_HS_SITE },
                { "HS_SITE.6", TYPE_HS_SITE },
                { "HS_SITE.PREFIX", TYPE_HS_SITE_PREFIX },
                { "HS_NA_DELEGATE", TYPE_HS_SITE_PREFIX },
                { "HS_SERV", TYPE_HS_SERV },
                { "HS_SERV.PREFIX", TYPE_HS_SERV_PREFIX },
                { "HS_ALIAS", TYPE_HS_ALIAS },
                { "HS_NAMESPACE", TYPE_HS_NAMESPACE },
                { "HS_CERT", TYPE_HS_CERT },
                { "HS_SIGNATURE", TYPE_HS_SIGNATURE },
        };
        if (type.size < 3 || text_upper(type.at[0]) != 'H') /* nearly every type: no comparing */
                return TYPE_OTHER;
        for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
                if (text_equal_fold(type, ansa_bytes_text(known[i].name)))
                        return known[i].type;
        }
        return TYPE_OTHER;
}
