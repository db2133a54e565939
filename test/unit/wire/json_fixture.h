/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEST_JSON_FIXTURE_H
#define TEST_JSON_FIXTURE_H

/* What the tests of JSON share: an arena, and what was wrong. */

#include "../support.h"
#include "wire/json.h"

#define ARENA_SIZE (64u << 20)

struct fixture {
        struct arena arena;
        struct json_problem problem;
};

static inline int set_up(void **state)
{
        static struct fixture f;
        arena_init(&f.arena, ARENA_SIZE);
        *state = &f;
        return 0;
}

static inline int tear_down(void **state)
{
        struct fixture *f = *state;
        arena_fini(&f->arena);
        return 0;
}

#endif
