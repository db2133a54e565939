/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEST_UNIT_DOORS_ROWS_H
#define TEST_UNIT_DOORS_ROWS_H

#include "../support.h"

/* Comparisons that name the row they belong to. */
static inline void row_int(const char *rule, long long got, long long want)
{
        if (got != want)
                fail_msg("%s: %lld, not %lld", rule, got, want);
}

static inline void row_text(const char *rule, const char *got, const char *want)
{
        if (strcmp(got, want) != 0)
                fail_msg("%s: \"%s\", not \"%s\"", rule, got, want);
}

#endif
