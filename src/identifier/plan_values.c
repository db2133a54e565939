/* SPDX-License-Identifier: Apache-2.0 */
#include "base/assert.h"
#include "identifier/planner.h"
#include "wire/data.h"

#include <stdlib.h>

/* Add and modify begin alike: a name of ours and values with good indexes. */
static bool take_values(struct planner *p, uint32_t if_duplicate, struct value_list *list)
{
        struct record_body body;
        enum ansa_err err = record_body_decode(p->request->body, &body);
        if (err != ANSA_OK) {
                plan_refuse_body(p, err, "a name and values");
                return false;
        }
        if (!plan_name(p, body.name) || !plan_is_ours(p) ||
            !plan_load_values(p, body.values, if_duplicate, list))
                return false;
        if (list->count == 0)
                plan_refuse(p, RC_VALUE_INVALID, "no value to %s",
                            operation_text(p->request->header.op));
        return list->count > 0;
}

static bool load_existing(struct planner *p)
{
        if (!plan_load_old(p))
                return false;
        if (!p->exists)
                plan_refuse(p, RC_NOT_FOUND, "%s does not exist", plan_name_text(p, p->full));
        return p->exists;
}

static bool sort_values(struct planner *p, const struct value_list *list, struct value_list *sorted)
{
        enum ansa_err err = value_list_sorted(list, p->v->arena, sorted);
        if (err != ANSA_OK)
                plan_refuse_local(p, err, "the values");
        return err == ANSA_OK;
}

/* Rights for the addition; false when an index is taken and may not be overwritten. */
static bool compare_added(struct planner *p, const struct value_list *old,
                          const struct value_list *added, struct value_change *change)
{
        bool overwrite = (p->request->header.flags & FLAG_OVERWRITE) != 0;
        for (size_t i = 0; i < added->count; i++) {
                const struct ansa_value *was = value_list_find(old, added->at[i].index);
                if (was != NULL && !overwrite) {
                        plan_refuse(p, RC_VALUE_EXISTS, "value %zu: index %u exists in %s already",
                                    i + 1, added->at[i].index, plan_name_text(p, p->full));
                        return false;
                }
                value_change_note(change, was, &added->at[i]);
        }
        return true;
}

/* @old and @added as one record in the order of its indexes. */
static void put_merged(struct planner *p, const struct value_list *old,
                       const struct value_list *added)
{
        struct value_list merged = { 0 };
        merged.at = arena_array(p->v->arena, old->count + added->count, sizeof(*merged.at));
        if (merged.at == NULL) {
                plan_refuse_local(p, ANSA_E_NO_MEMORY, "the new record");
                return;
        }
        uint32_t now = plan_now_s(p);
        size_t next = 0;
        for (size_t i = 0; i < added->count; i++) {
                const struct ansa_value *value = &added->at[i];
                while (next < old->count && old->at[next].index < value->index)
                        merged.at[merged.count++] = old->at[next++];
                const struct ansa_value *was = NULL;
                if (next < old->count && old->at[next].index == value->index)
                        was = &old->at[next++];
                bool same = was != NULL && value_same(was, value);
                if (was != NULL && !same)
                        p->plan->response_flags |= FLAG_OVERWRITE;
                struct ansa_value *put = &merged.at[merged.count++];
                *put = *value;
                put->timestamp_s = same ? was->timestamp_s : now;
        }
        while (next < old->count)
                merged.at[merged.count++] = old->at[next++];
        ansa_assert(merged.count <= old->count + added->count);
        plan_put(p, &merged);
}

/* Take what is to be dropped out of @old, which is in the order of its indexes, as the list is. */
static bool drop_values(struct planner *p, struct value_list *old, const struct value_list *added,
                        struct value_change *change)
{
        const struct index_list *drops = &p->v->drops;
        struct value_list kept = { .at = old->at };
        uint32_t next = 0;
        for (size_t i = 0; i < old->count; i++) {
                bool is_dropped =
                        next < drops->count && index_list_at(drops, next) == old->at[i].index;
                if (is_dropped) {
                        value_change_note(change, &old->at[i], NULL);
                        next++;
                } else {
                        kept.at[kept.count++] = old->at[i];
                }
        }
        if (next < drops->count) {
                plan_refuse(p, RC_VALUE_NOT_FOUND, "%s has no value with the index %u to remove",
                            plan_name_text(p, p->full), index_list_at(drops, next));
                return false;
        }
        for (next = 0; next < drops->count; next++) {
                uint32_t index = index_list_at(drops, next);
                for (size_t i = 0; i < added->count; i++) {
                        if (added->at[i].index != index)
                                continue;
                        plan_refuse(p, RC_PROTOCOL, "index %u is to be put and removed", index);
                        return false;
                }
        }
        if (drops->count > 0)
                p->plan->response_flags |= FLAG_OVERWRITE;
        *old = kept;
        return true;
}

void plan_add(struct planner *p)
{
        struct value_list added;
        struct value_list old;
        if (!take_values(p, RC_VALUE_EXISTS, &added) || plan_needs_identity(p) ||
            !load_existing(p) || !plan_load_old_values(p, &old) || !sort_values(p, &old, &old))
                return;
        struct value_change change = { 0 };
        if (!drop_values(p, &old, &added, &change) || !compare_added(p, &old, &added, &change))
                return;
        if (!plan_may_change(p, &change)) {
                plan_deny(p, p->full, change.rights | change.if_hidden_differed);
                return;
        }
        if (change.rights == 0)
                p->plan->response = RC_SUCCESS; /* all of it is there already */
        else if (sort_values(p, &added, &added))
                put_merged(p, &old, &added);
}

/*
 * Values that everybody may write: RFC 3651 s.3.1. Nobody becomes an administrator that way:
 * such a value can neither be HS_ADMIN nor turn into a type that servers act on.
 */
static bool is_public_write(const struct ansa_value *old, const struct ansa_value *new)
{
        enum value_type was = value_type_of(old->type);
        enum value_type becomes = value_type_of(new->type);
        return (old->permissions & ANSA_PERM_PUBLIC_WRITE) != 0 && was != TYPE_HS_ADMIN &&
               (becomes == TYPE_OTHER || becomes == was);
}

/* Every value to modify must be there and be writable; sets the rights that are needed. */
static bool compare_modified(struct planner *p, const struct value_list *old,
                             const struct value_list *modified, uint32_t *rights)
{
        *rights = 0;
        for (size_t i = 0; i < modified->count; i++) {
                if (value_list_find(old, modified->at[i].index) != NULL)
                        continue;
                plan_refuse(p, RC_VALUE_NOT_FOUND, "value %zu: %s has no index %u", i + 1,
                            plan_name_text(p, p->full), modified->at[i].index);
                return false;
        }
        for (size_t i = 0; i < modified->count; i++) {
                const struct ansa_value *was = value_list_find(old, modified->at[i].index);
                ansa_assert(was != NULL);
                if (is_public_write(was, &modified->at[i]))
                        continue;
                if ((was->permissions & ANSA_PERM_ADMIN_WRITE) == 0) {
                        plan_refuse(p, RC_ACCESS_DENIED,
                                    "value %zu: the permissions of index %u let nobody write it",
                                    i + 1, was->index);
                        return false;
                }
                *rights |= value_change_rights(was, &modified->at[i]);
        }
        return true;
}

void plan_modify(struct planner *p)
{
        struct value_list modified;
        struct value_list old;
        struct value_list old_sorted;
        if (!take_values(p, RC_VALUE_INVALID, &modified) || !load_existing(p) ||
            !plan_load_old_values(p, &old) || !sort_values(p, &old, &old_sorted))
                return;
        uint32_t rights;
        if (!compare_modified(p, &old_sorted, &modified, &rights))
                return;
        if (rights != 0) {
                if (plan_needs_identity(p))
                        return;
                if (!plan_may(p, p->old.all, rights)) {
                        plan_deny(p, p->full, rights);
                        return;
                }
        }
        if (!sort_values(p, &modified, &modified))
                return;
        uint32_t now = plan_now_s(p);
        for (size_t i = 0; i < old.count; i++) {
                const struct ansa_value *value = value_list_find(&modified, old.at[i].index);
                if (value == NULL)
                        continue;
                old.at[i] = *value;
                old.at[i].timestamp_s = now;
        }
        plan_put(p, &old);
}

static int by_number(const void *a, const void *b)
{
        const uint32_t *x = a;
        const uint32_t *y = b;
        return (*x > *y) - (*x < *y);
}

/* The indexes in order, each once. */
static bool load_indexes(struct planner *p, const struct index_list *list, uint32_t **indexes,
                         size_t *count)
{
        *count = 0;
        *indexes = arena_array(p->v->arena, list->count, sizeof(**indexes));
        if (*indexes == NULL) {
                plan_refuse_local(p, ANSA_E_NO_MEMORY, "the indexes");
                return false;
        }
        for (uint32_t i = 0; i < list->count; i++)
                (*indexes)[i] = index_list_at(list, i);
        if (list->count > 0)
                qsort(*indexes, list->count, sizeof(**indexes), by_number);
        for (uint32_t i = 0; i < list->count; i++) {
                if (*count == 0 || (*indexes)[*count - 1] != (*indexes)[i])
                        (*indexes)[(*count)++] = (*indexes)[i];
        }
        return true;
}

static bool all_are_there(struct planner *p, const struct value_list *old_sorted,
                          const uint32_t *indexes, size_t count)
{
        for (size_t i = 0; i < count; i++) {
                if (value_list_find(old_sorted, indexes[i]) != NULL)
                        continue;
                plan_refuse(p, RC_VALUE_NOT_FOUND, "%s has no index %u", plan_name_text(p, p->full),
                            indexes[i]);
                return false;
        }
        return true;
}

void plan_remove(struct planner *p)
{
        struct remove_request request;
        enum ansa_err err = remove_request_decode(p->request->body, &request);
        if (err != ANSA_OK) {
                plan_refuse_body(p, err, "a name and indexes");
                return;
        }
        if (!plan_name(p, request.name) || !plan_is_ours(p))
                return;
        if (request.indexes.count == 0) {
                plan_refuse(p, RC_VALUE_INVALID, "no index to remove");
                return;
        }
        uint32_t *indexes;
        size_t count;
        struct value_list old;
        struct value_list old_sorted;
        if (plan_needs_identity(p) || !load_existing(p) ||
            !load_indexes(p, &request.indexes, &indexes, &count) ||
            !plan_load_old_values(p, &old) || !sort_values(p, &old, &old_sorted) ||
            !all_are_there(p, &old_sorted, indexes, count))
                return;
        uint32_t rights = 0;
        struct value_list kept = { .at = old.at }; /* never ahead of what is read */
        for (size_t i = 0; i < old.count; i++) {
                const uint32_t index = old.at[i].index;
                if (bsearch(&index, indexes, count, sizeof(index), by_number) != NULL)
                        rights |= value_change_rights(&old.at[i], NULL);
                else
                        kept.at[kept.count++] = old.at[i];
        }
        if (!plan_may(p, p->old.all, rights)) {
                plan_deny(p, p->full, rights);
                return;
        }
        plan_put(p, &kept);
}
