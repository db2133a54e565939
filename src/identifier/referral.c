/* SPDX-License-Identifier: Apache-2.0 */
#include "identifier/referral.h"

#include "base/limits.h"
#include "wire/data.h"
#include "wire/name.h"

/* The values of @all that tell where records of derived prefixes are. */
static enum ansa_err select_sites(struct arena *arena, struct ansa_values all,
                                  struct ansa_values *sites)
{
        *sites = (struct ansa_values){ 0 };
        uint8_t *at = arena_alloc(arena, all.wire.size);
        if (at == NULL)
                return ANSA_E_NO_MEMORY;
        struct buf b = buf_over(at, all.wire.size);
        const uint8_t *from = all.wire.at;
        struct ansa_value value;
        uint32_t count = 0;
        while (ansa_values_next(&all, &value) == ANSA_OK) {
                enum value_type type = value_type_of(value.type);
                if (type == TYPE_HS_SITE_PREFIX || type == TYPE_HS_SERV_PREFIX) {
                        buf_bytes(&b, (struct ansa_bytes){ from, (size_t)(all.wire.at - from) });
                        count++;
                }
                from = all.wire.at;
        }
        *sites = (struct ansa_values){ buf_written(&b), count };
        return ANSA_OK;
}

/* Old clients understand referrals of resolution only. */
static bool may_refer(const struct message *request)
{
        if ((request->header.flags & FLAG_DO_NOT_REFER) != 0)
                return false;
        return request->header.op == OP_RESOLVE || request->header.op == OP_VERIFY ||
               envelope_suggested(&request->envelope) >= VERSION(2, 10);
}

enum ansa_err referral_find(struct view *v, const struct message *request, struct ansa_bytes name,
                            struct ansa_values *values)
{
        *values = (struct ansa_values){ 0 };
        struct record r;
        if (!may_refer(request) || !name_is_prefix_record(name))
                return ANSA_E_NOT_FOUND;
        enum ansa_err err = view_own(v, name, &r);
        if (err != ANSA_E_NOT_FOUND)
                return err == ANSA_OK ? ANSA_E_NOT_FOUND : err;
        uint8_t at[2][NAME_KEY_SIZE_MAX];
        struct ansa_bytes child = name;
        for (unsigned i = 0; i < LIMIT_NESTING; i++) {
                struct buf b = buf_over(at[i % 2], sizeof(at[0]));
                if (!name_put_parent(child, &b) || b.err != ANSA_OK)
                        return ANSA_E_NOT_FOUND;
                child = buf_written(&b);
                err = view_own(v, child, &r);
                if (err == ANSA_E_NOT_FOUND)
                        continue;
                if (err == ANSA_OK)
                        err = select_sites(v->arena, r.public_only, values);
                if (err != ANSA_OK || values->count > 0)
                        return err;
        }
        return ANSA_E_NOT_FOUND;
}
