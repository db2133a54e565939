/* SPDX-License-Identifier: Apache-2.0 */
#include "identifier/value_list.h"

#include "base/assert.h"
#include "wire/codes.h"
#include "wire/data.h"

#include <stdlib.h>

enum ansa_err value_list_load(struct ansa_values values, struct arena *arena,
                              struct value_list *list)
{
        *list = (struct value_list){ 0 };
        /* Counts come with their octets: what could not be there is not allocated for. */
        if (values.count > values.wire.size / ANSA_VALUE_SIZE_MIN)
                return ANSA_E_CORRUPT;
        struct ansa_value *at = arena_array(arena, values.count, sizeof(*at));
        if (at == NULL)
                return ANSA_E_NO_MEMORY;
        for (size_t i = 0; i < values.count; i++) {
                if (ansa_value_decode(&values.wire, &at[i]) != ANSA_OK)
                        return ANSA_E_CORRUPT;
        }
        if (values.wire.size > 0)
                return ANSA_E_CORRUPT;
        *list = (struct value_list){ at, values.count };
        return ANSA_OK;
}

static int by_index(const void *a, const void *b)
{
        const struct ansa_value *x = a;
        const struct ansa_value *y = b;
        return (x->index > y->index) - (x->index < y->index);
}

enum ansa_err value_list_sorted(const struct value_list *list, struct arena *arena,
                                struct value_list *sorted)
{
        const struct value_list from = *list; /* @sorted may be @list */
        *sorted = (struct value_list){ 0 };
        struct ansa_value *at = arena_array(arena, from.count, sizeof(*at));
        if (at == NULL)
                return ANSA_E_NO_MEMORY;
        if (from.count > 0) {
                memcpy(at, from.at, from.count * sizeof(*at));
                qsort(at, from.count, sizeof(*at), by_index);
        }
        *sorted = (struct value_list){ at, from.count };
        return ANSA_OK;
}

const struct ansa_value *value_list_find(const struct value_list *sorted, uint32_t index)
{
        const struct ansa_value key = { .index = index };
        if (sorted->count == 0)
                return NULL;
        return bsearch(&key, sorted->at, sorted->count, sizeof(key), by_index);
}

struct place {
        uint32_t index;
        size_t position;
};

static int by_index_then_position(const void *a, const void *b)
{
        const struct place *x = a;
        const struct place *y = b;
        if (x->index != y->index)
                return x->index > y->index ? 1 : -1;
        return (x->position > y->position) - (x->position < y->position);
}

enum ansa_err value_list_duplicate(const struct value_list *list, struct arena *arena, bool *found,
                                   size_t *first, size_t *again)
{
        *found = false;
        *first = *again = 0;
        struct place *places = arena_array(arena, list->count, sizeof(*places));
        if (places == NULL)
                return ANSA_E_NO_MEMORY;
        for (size_t i = 0; i < list->count; i++)
                places[i] = (struct place){ list->at[i].index, i };
        if (list->count > 0)
                qsort(places, list->count, sizeof(*places), by_index_then_position);
        for (size_t i = 1; i < list->count; i++) {
                if (places[i].index != places[i - 1].index ||
                    (*found && places[i].position > *again))
                        continue;
                *found = true;
                *first = places[i - 1].position;
                *again = places[i].position;
        }
        return ANSA_OK;
}

size_t value_list_size(const struct value_list *list)
{
        size_t size = 0;
        for (size_t i = 0; i < list->count; i++)
                size += ansa_value_size(&list->at[i]);
        return size;
}

enum ansa_err value_list_encode(const struct value_list *list, struct arena *arena,
                                struct ansa_values *values)
{
        *values = (struct ansa_values){ 0 };
        size_t room = value_list_size(list);
        uint8_t *at = arena_alloc(arena, room);
        if (at == NULL)
                return ANSA_E_NO_MEMORY;
        size_t used = 0;
        for (size_t i = 0; i < list->count; i++) {
                size_t size;
                enum ansa_err err = ansa_value_encode(&list->at[i], at + used, room - used, &size);
                if (err != ANSA_OK)
                        return err;
                used += size;
        }
        ansa_assert(used == room);
        *values = (struct ansa_values){ { at, used }, (uint32_t)list->count };
        return ANSA_OK;
}

bool value_same(const struct ansa_value *a, const struct ansa_value *b)
{
        return a->index == b->index && a->ttl_type == b->ttl_type && a->ttl_s == b->ttl_s &&
               a->permissions == b->permissions && ansa_bytes_equal(a->type, b->type) &&
               ansa_bytes_equal(a->data, b->data) && a->refs.count == b->refs.count &&
               ansa_bytes_equal(a->refs.wire, b->refs.wire);
}

static bool is_admin(const struct ansa_value *value)
{
        return value_type_of(value->type) == TYPE_HS_ADMIN;
}

uint32_t value_change_rights(const struct ansa_value *old, const struct ansa_value *new)
{
        ansa_assert(old != NULL || new != NULL);
        if (old == NULL)
                return is_admin(new) ? RIGHT_ADD_ADMIN : RIGHT_ADD_VALUE;
        if (new == NULL)
                return is_admin(old) ? RIGHT_REMOVE_ADMIN : RIGHT_REMOVE_VALUE;
        if (is_admin(old))
                return is_admin(new) ? RIGHT_MODIFY_ADMIN
                                     : (RIGHT_REMOVE_ADMIN | RIGHT_MODIFY_VALUE);
        return is_admin(new) ? (RIGHT_MODIFY_VALUE | RIGHT_ADD_ADMIN) : RIGHT_MODIFY_VALUE;
}

void value_change_note(struct value_change *change, const struct ansa_value *old,
                       const struct ansa_value *new)
{
        if (old == NULL || new == NULL || !value_same(old, new)) {
                change->rights |= value_change_rights(old, new);
                return;
        }
        if ((old->permissions & ANSA_PERM_PUBLIC_READ) != 0)
                return;
        change->if_hidden_differed |= value_change_rights(old, new);
        if ((old->permissions & ANSA_PERM_ADMIN_READ) == 0)
                change->hidden_from_all = true;
}
