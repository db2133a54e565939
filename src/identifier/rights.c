/* SPDX-License-Identifier: Apache-2.0 */
#include "identifier/rights.h"

#include "base/assert.h"
#include "base/hash.h"
#include "base/limits.h"
#include "wire/codes.h"
#include "wire/data.h"
#include "wire/name.h"

/*
 * Every member of a group may itself name a group, so each has to be looked up. What one
 * decision may cost is bounded: members met after this many are not looked into.
 */
#define WALK_REFS_MAX LIMIT_VALUE_COUNT

struct walk_ref {
        struct ansa_ref ref;
        uint64_t hash;  /* of the folded name */
        uint32_t depth; /* 1: named by what the walk began with */
};

/* References that may be groups, in the order they were met; a queue that also knows the past. */
struct walk {
        struct view *v;
        const struct identity *id;
        struct walk_ref *refs;
        size_t count;
        size_t room;
        bool unsure; /* something could not be read */
};

bool identity_matches(const struct view *v, const struct identity *id,
                      const struct ansa_ref *granted)
{
        ansa_assert(id->who.index != 0);
        return (granted->index == 0 || granted->index == id->who.index) &&
               name_equal(granted->name, id->who.name, v->config->case_sensitive);
}

static bool walk_knows(const struct walk *w, const struct ansa_ref *ref, uint64_t hash)
{
        for (size_t i = 0; i < w->count; i++) {
                const struct walk_ref *known = &w->refs[i];
                if (known->hash == hash && known->ref.index == ref->index &&
                    name_equal(known->ref.name, ref->name, w->v->config->case_sensitive))
                        return true;
        }
        return false;
}

static bool walk_grow(struct walk *w)
{
        size_t room = w->room == 0 ? 8 : w->room * 2;
        struct walk_ref *refs = arena_array(w->v->arena, room, sizeof(*refs));
        if (refs == NULL)
                return false;
        if (w->count > 0)
                memcpy(refs, w->refs, w->count * sizeof(*refs));
        w->refs = refs;
        w->room = room;
        return true;
}

/* Remember @ref to be looked into. Index 0 names no one value, so it is no group. */
static void walk_add(struct walk *w, const struct ansa_ref *ref, uint32_t depth)
{
        uint8_t folded[NAME_KEY_SIZE_MAX];
        size_t size;
        if (ref->index == 0 || depth > LIMIT_NESTING || w->count == WALK_REFS_MAX ||
            name_fold(ref->name, w->v->config->case_sensitive, folded, sizeof(folded), &size) !=
                    ANSA_OK)
                return;
        /* A fixed key will do: colliding names only cost comparisons, and those are few. */
        const struct hash_key key = { 0 };
        uint64_t hash = hash_bytes(&key, (struct ansa_bytes){ folded, size });
        if (walk_knows(w, ref, hash))
                return;
        if (w->count == w->room && !walk_grow(w)) {
                w->unsure = true;
                return;
        }
        w->refs[w->count++] = (struct walk_ref){ *ref, hash, depth };
}

/* True when one of a group's @members is the identity; otherwise they are remembered. */
static bool walk_into(struct walk *w, struct ansa_refs members, uint32_t depth)
{
        struct ansa_ref member;
        struct ansa_refs rest = members;
        while (ansa_refs_next(&rest, &member) == ANSA_OK) {
                if (identity_matches(w->v, w->id, &member))
                        return true;
        }
        rest = members;
        while (ansa_refs_next(&rest, &member) == ANSA_OK)
                walk_add(w, &member, depth + 1);
        return false;
}

static uint32_t walk_groups(struct walk *w)
{
        for (size_t next = 0; next < w->count; next++) {
                const struct walk_ref at = w->refs[next];
                struct ansa_value value;
                enum ansa_err err = view_any_value(w->v, &at.ref, &value);
                if (err == ANSA_E_NOT_FOUND)
                        continue;
                if (err != ANSA_OK) {
                        w->unsure = true;
                        continue;
                }
                struct ansa_refs members;
                if (value_type_of(value.type) == TYPE_HS_VLIST &&
                    vlist_decode(value.data, &members) == ANSA_OK &&
                    walk_into(w, members, at.depth))
                        return RC_SUCCESS;
        }
        return w->unsure ? RC_UNABLE_TO_VERIFY : RC_NOT_AUTHORIZED;
}

uint32_t rights_check(struct view *v, struct ansa_values values, uint32_t rights,
                      const struct identity *id)
{
        ansa_assert(rights != 0);
        struct walk w = { .v = v, .id = id };
        struct ansa_value value;
        while (ansa_values_next(&values, &value) == ANSA_OK) {
                struct admin_data admin;
                if (value_type_of(value.type) != TYPE_HS_ADMIN ||
                    admin_data_decode(value.data, &admin) != ANSA_OK ||
                    (admin.rights & rights) != rights)
                        continue;
                if (identity_matches(v, id, &admin.admin))
                        return RC_SUCCESS;
                walk_add(&w, &admin.admin, 1);
        }
        return walk_groups(&w);
}

uint32_t rights_check_server_admin(struct view *v, const struct identity *id)
{
        struct walk w = { .v = v, .id = id };
        for (size_t i = 0; i < v->config->server_admin_count; i++) {
                const struct ansa_ref *admin = &v->config->server_admins[i];
                if (identity_matches(v, id, admin))
                        return RC_SUCCESS;
                walk_add(&w, admin, 1);
        }
        return walk_groups(&w);
}
