/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_IDENTIFIER_VALUE_LIST_H
#define ANSA_IDENTIFIER_VALUE_LIST_H

#include "ansa/value.h"
#include "base/arena.h"

/** The values of a record as an array, to be compared, merged and written again. */
struct value_list {
        struct ansa_value *at;
        size_t count;
};

/** Decode all of @values. ANSA_E_CORRUPT when they are not values, ANSA_E_NO_MEMORY. */
ANSA_CHECKED enum ansa_err value_list_load(struct ansa_values values, struct arena *arena,
                                           struct value_list *list);

/** A copy in the order of the indexes; @sorted may be @list. */
ANSA_CHECKED enum ansa_err value_list_sorted(const struct value_list *list, struct arena *arena,
                                             struct value_list *sorted);

/** The value of @index in a @sorted list, or NULL. */
const struct ansa_value *value_list_find(const struct value_list *sorted, uint32_t index);

/**
 * The first value whose index an earlier one has, *again and *first counted from 0.
 */
ANSA_CHECKED enum ansa_err value_list_duplicate(const struct value_list *list, struct arena *arena,
                                                bool *found, size_t *first, size_t *again);

/** Octets of the wire form. */
size_t value_list_size(const struct value_list *list);

/** The wire form, in @arena. */
ANSA_CHECKED enum ansa_err value_list_encode(const struct value_list *list, struct arena *arena,
                                             struct ansa_values *values);

/** Equal but for the timestamp. */
bool value_same(const struct ansa_value *a, const struct ansa_value *b);

/** Rights that a change needs: @old NULL is an addition, @new NULL a removal (irp-service 7.1). */
uint32_t value_change_rights(const struct ansa_value *old, const struct ansa_value *new);

/**
 * What putting values over others comes to. Leaving an equal value alone needs no right, but if
 * that value is not public, being told so would answer a guess at a secret: whoever asks must
 * be able to read it, or to change it.
 */
struct value_change {
        uint32_t rights; /* for all that differs */
        uint32_t
                if_hidden_differed; /* for the equal values that are not public, had they not been */
        bool hidden_from_all;       /* one of those cannot be read by administrators either */
};
void value_change_note(struct value_change *change, const struct ansa_value *old,
                       const struct ansa_value *new);

#endif
