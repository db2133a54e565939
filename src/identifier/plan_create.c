/* SPDX-License-Identifier: Apache-2.0 */
#include "base/assert.h"
#include "base/buf.h"
#include "base/text.h"
#include "identifier/planner.h"

#define UUID_TEXT_SIZE 36u
/*
 * Tries for a minted name, for each server of the site: that none of them hashes to this
 * server has the chance (1 - 1/n)^(64 n), less than 2^-92.
 */
#define MINT_TRIES_PER_SERVER 64u

/* A random UUID (RFC 4122 version 4) in its usual form, lower case. */
static void put_uuid(struct env *env, struct buf *b)
{
        uint8_t octets[16];
        env->random(env, octets, sizeof(octets));
        octets[6] = (uint8_t)((octets[6] & 0x0fu) | 0x40u);
        octets[8] = (uint8_t)((octets[8] & 0x3fu) | 0x80u);
        static const uint8_t group_ends[] = { 4, 6, 8, 10, 16 };
        size_t at = 0;
        for (size_t i = 0; i < sizeof(group_ends); i++) {
                if (i > 0)
                        buf_u8(b, '-');
                text_put_hex(b, (struct ansa_bytes){ octets + at, group_ends[i] - at });
                at = group_ends[i];
        }
}

/* Set the name to @stem and a fresh suffix that is unused and ours. */
static bool mint(struct planner *p, struct ansa_bytes stem)
{
        if (stem.size > LIMIT_NAME_SIZE - UUID_TEXT_SIZE) {
                plan_refuse(p, RC_INVALID_NAME, "no room for a minted suffix behind %zu octets",
                            stem.size);
                return false;
        }
        size_t room = stem.size + UUID_TEXT_SIZE;
        uint8_t *at = arena_alloc(p->v->arena, room);
        if (at == NULL) {
                plan_refuse_local(p, ANSA_E_NO_MEMORY, "the minted name");
                return false;
        }
        uint64_t tries = (uint64_t)p->settings->server_count * MINT_TRIES_PER_SERVER;
        for (; tries > 0; tries--) {
                struct buf b = buf_over(at, room);
                buf_bytes(&b, stem);
                put_uuid(p->v->service->env, &b);
                ansa_assert(b.err == ANSA_OK && b.size == room);
                p->plan->name = p->plan->stored_name = p->full = buf_written(&b);
                if (!plan_is_homed(p, p->full) || !plan_name_is_good(p))
                        return false;
                bool is_ours = plan_hash_is_ours(p, p->full);
                if (!is_ours && plan_hash_option(p) == ANSA_HASH_PREFIX) {
                        plan_refuse(p, RC_NOT_RESPONSIBLE, "the prefix of %s is on another server",
                                    plan_name_text(p, stem));
                        return false;
                }
                if (!is_ours)
                        continue;
                if (!plan_load_old(p))
                        return false;
                if (!p->exists)
                        return true;
        }
        plan_refuse(p, RC_ERROR, "no unused suffix was found");
        return false;
}

/* The name to create, in p->full; a minted one gets its share of the site by its suffix. */
static bool take_name(struct planner *p, struct ansa_bytes asked)
{
        if (!plan_name(p, asked))
                return false;
        if ((p->request->header.flags & FLAG_MINT_SUFFIX) == 0)
                return plan_is_ours(p) && plan_load_old(p);
        if (!plan_is_primary(p))
                return false;
        p->plan->response_flags |= FLAG_MINT_SUFFIX;
        if (memchr(asked.at, '/', asked.size) != NULL)
                return mint(p, asked);
        plan_refuse(p, RC_INVALID_NAME,
                    "a name is minted behind a prefix and its \"/\", not behind %s",
                    plan_name_text(p, asked));
        return false;
}

static void create_new(struct planner *p, struct value_list *values)
{
        struct ansa_bytes record;
        uint32_t rights;
        if (!plan_may_create(p, &record, &rights)) {
                plan_deny(p, record, rights);
                return;
        }
        uint32_t now = plan_now_s(p);
        for (size_t i = 0; i < values->count; i++)
                values->at[i].timestamp_s = now;
        plan_put(p, values);
}

/*
 * The four ways to be allowed to replace a record (irp-service 7.1): what changes needs no
 * right; the rights for what changes; adding administrators, for who may do that could grant
 * itself the rest; deleting the record and creating it again. New administrators are among
 * what changes only for those who may pass the third way anyhow.
 */
static bool may_overwrite(struct planner *p, const struct value_change *change)
{
        struct ansa_bytes record;
        uint32_t rights;
        return plan_may_change(p, change) || plan_may(p, p->old.all, RIGHT_ADD_ADMIN) ||
               (plan_may(p, p->old.all, RIGHT_DELETE) && plan_may_create(p, &record, &rights));
}

static void overwrite(struct planner *p, const struct value_list *values)
{
        struct value_list old;
        struct value_list old_sorted;
        struct value_list new;
        if (!plan_load_old_values(p, &old))
                return;
        if (value_list_sorted(&old, p->v->arena, &old_sorted) != ANSA_OK ||
            value_list_sorted(values, p->v->arena, &new) != ANSA_OK) {
                plan_refuse_local(p, ANSA_E_NO_MEMORY, "the values");
                return;
        }
        struct value_change change = { 0 };
        uint32_t now = plan_now_s(p);
        for (size_t i = 0; i < new.count; i++) {
                const struct ansa_value *was = value_list_find(&old_sorted, new.at[i].index);
                value_change_note(&change, was, &new.at[i]);
                bool same = was != NULL && value_same(was, &new.at[i]);
                new.at[i].timestamp_s = same ? was->timestamp_s : now;
        }
        for (size_t i = 0; i < old.count; i++) {
                if (value_list_find(&new, old.at[i].index) == NULL)
                        value_change_note(&change, &old.at[i], NULL);
        }
        if (!may_overwrite(p, &change)) {
                plan_deny(p, p->full, change.rights | change.if_hidden_differed);
                return;
        }
        p->plan->response_flags |= FLAG_OVERWRITE;
        if (change.rights == 0)
                p->plan->response = RC_SUCCESS; /* what is stored says it all already */
        else
                plan_put(p, &new);
}

void plan_create(struct planner *p)
{
        struct record_body body;
        enum ansa_err err = record_body_decode(p->request->body, &body);
        if (err != ANSA_OK) {
                plan_refuse_body(p, err, "a name and values");
                return;
        }
        struct value_list values;
        if (!take_name(p, body.name) ||
            !plan_load_values(p, body.values, RC_VALUE_EXISTS, &values) || !plan_fits(p, &values))
                return;
        if (p->exists && (p->request->header.flags & FLAG_OVERWRITE) == 0) {
                plan_refuse(p, RC_EXISTS, "%s exists already", plan_name_text(p, p->full));
                return;
        }
        p->plan->has_body = true;
        if (plan_needs_identity(p))
                return;
        if (p->exists)
                overwrite(p, &values);
        else
                create_new(p, &values);
}

void plan_delete(struct planner *p)
{
        struct ansa_bytes name;
        enum ansa_err err = name_body_decode(p->request->body, &name);
        if (err != ANSA_OK) {
                plan_refuse_body(p, err, "a name");
                return;
        }
        if (!plan_name(p, name) || !plan_is_ours(p) || plan_needs_identity(p) || !plan_load_old(p))
                return;
        if (!p->exists) {
                plan_refuse(p, RC_NOT_FOUND, "%s does not exist", plan_name_text(p, p->full));
                return;
        }
        /* Also for prefix records: DELETE_NA in the parent exists, but no server asks for it. */
        if (!plan_may(p, p->old.all, RIGHT_DELETE)) {
                plan_deny(p, p->full, RIGHT_DELETE);
                return;
        }
        p->plan->action = PLAN_DELETE;
        p->plan->response = RC_SUCCESS;
}
