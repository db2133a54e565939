/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEST_TEMPLATE_WORLD_H
#define TEST_TEMPLATE_WORLD_H

/* A record whose prefix may say how identifiers are computed from it. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "view_world.h"

#include "identifier/template.h"

#include <string.h>

#define LIT(text)   ANSA_BYTES_LIT(text)
#define NS(body)    "<namespace><template delimiter='@'>" body "</template></namespace>"
#define PREFIX      "0.NA/1234"
#define RESULT_SIZE 400000u

/* 1234/abc: a URL at 1 and an e-mail address at 2; the prefix is ours with its record. */
static inline int setup(void **state)
{
        struct world *w = world_new();
        struct ansa_values values = { 0 };
        world_value(w, &values, 1, "URL", "http://example.org/data/abc");
        world_value(w, &values, 2, "EMAIL", "abc@example.org");
        world_put(w, "1234/abc", values);
        world_home(w, PREFIX);
        *state = w;
        return 0;
}

static inline int teardown(void **state)
{
        world_free(*state);
        return 0;
}

static char result[RESULT_SIZE];

/* "index:type=data" of each value, one a line; "none" for RC_NOT_FOUND. */
static inline const char *resolve(struct world *w, const char *name)
{
        struct ansa_values values;
        world_look(w);
        uint32_t code = template_resolve(&w->view, ansa_bytes_text(name), &values);
        if (code == RC_NOT_FOUND) {
                assert_int_equal(values.count, 0);
                return "none";
        }
        assert_int_equal(code, RC_SUCCESS);
        struct buf b = buf_over((uint8_t *)result, sizeof(result));
        struct ansa_value value;
        while (ansa_values_next(&values, &value) == ANSA_OK) {
                buf_printf(&b, "%s%u:", b.size > 0 ? "\n" : "", (unsigned)value.index);
                buf_bytes(&b, value.type);
                buf_text(&b, "=");
                buf_bytes(&b, value.data);
        }
        assert_int_equal(values.wire.size, 0);
        buf_u8(&b, 0);
        assert_int_equal(b.err, ANSA_OK);
        return result;
}

static inline void put_namespace(struct world *w, const char *record, const char *document)
{
        world_put_one(w, record, 10, "HS_NAMESPACE", document);
}

#endif
