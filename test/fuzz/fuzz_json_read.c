/* SPDX-License-Identifier: Apache-2.0 */
/* Hostile JSON: whatever is read is written and reads back as the same octets. */
#include "base/assert.h"
#include "wire/data.h"
#include "wire/json.h"

#include <string.h>

#define ARENA_SIZE_MAX (1u << 26)
#define TEXT_SIZE_MAX  (1u << 16) /* written again it stays below the reader's limit */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_problem(enum ansa_err err, const struct json_problem *problem)
{
        size_t length = strnlen(problem->text, sizeof(problem->text));
        ansa_assert(length < sizeof(problem->text));
        ansa_assert((err == ANSA_OK) == (length == 0));
}

static void check_record(struct ansa_bytes text, struct arena *arena, struct buf *b)
{
        struct ansa_bytes name, name_again;
        struct ansa_values values, again;
        struct json_problem problem;
        enum ansa_err err = json_record(text, arena, &name, &values, &problem);
        check_problem(err, &problem);
        if (err != ANSA_OK)
                return;
        json_put_record(b, name, values);
        ansa_assert(json_record(buf_written(b), arena, &name_again, &again, &problem) == ANSA_OK);
        ansa_assert(ansa_bytes_equal(name, name_again) && values.count == again.count);
        ansa_assert(ansa_bytes_equal(values.wire, again.wire));
}

static void check_site(struct ansa_bytes text, struct arena *arena, struct buf *b)
{
        struct ansa_bytes wire, again;
        struct json_problem problem;
        enum ansa_err err = json_site(text, arena, &wire, &problem);
        check_problem(err, &problem);
        if (err != ANSA_OK)
                return;
        struct ansa_site site;
        ansa_assert(ansa_site_decode(wire, &site) == ANSA_OK);
        json_put_site(b, &site);
        ansa_assert(json_site(buf_written(b), arena, &again, &problem) == ANSA_OK);
        ansa_assert(ansa_bytes_equal(wire, again));
}

static void check_key(struct ansa_bytes text, struct arena *arena, struct buf *b)
{
        struct ansa_key key, again;
        struct json_problem problem;
        enum ansa_err err = json_key(text, arena, &key, &problem);
        check_problem(err, &problem);
        if (err != ANSA_OK)
                return;
        json_put_key(b, &key);
        ansa_assert(json_key(buf_written(b), arena, &again, &problem) == ANSA_OK);
        ansa_assert(key_equal(&key, &again));
        buf_reset(b);
        if (key.is_private)
                private_key_encode(&key, b);
        else
                key_encode(&key, b);
        ansa_assert(b->err == ANSA_OK);
}

static enum ansa_err count_record(void *context, struct ansa_bytes name, struct ansa_values values)
{
        unsigned *count = context;
        (void)values;
        ansa_assert(name.size > 0);
        (*count)++;
        return ANSA_OK;
}

static void check_records(struct ansa_bytes text, struct arena *arena)
{
        struct json_problem problem;
        unsigned count = 0;
        enum ansa_err err = json_records(text, arena, count_record, &count, &problem);
        check_problem(err, &problem);
}

/* Any of the four forms is tried: the texts tell themselves apart by their members. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        if (size > TEXT_SIZE_MAX)
                return 0;
        struct ansa_bytes text = { data, size };
        struct arena arena;
        arena_init(&arena, ARENA_SIZE_MAX);
        struct buf b = buf_growing(JSON_TEXT_SIZE_MAX);
        check_record(text, &arena, &b);
        buf_reset(&b);
        check_site(text, &arena, &b);
        buf_reset(&b);
        check_key(text, &arena, &b);
        check_records(text, &arena);
        buf_fini(&b);
        arena_fini(&arena);
        return 0;
}
