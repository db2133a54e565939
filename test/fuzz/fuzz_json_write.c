/* SPDX-License-Identifier: Apache-2.0 */
/* A value from the wire, written as JSON, reads back as the same octets, whatever its data. */
#include "base/assert.h"
#include "base/text.h"
#include "wire/json.h"

#include <stdlib.h>

#define SIZE_MAX_HERE (1u << 16)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* JSON is Unicode: other names and types do not survive, nor does a TTL of an unknown type. */
static bool survives(const struct ansa_value *v)
{
        struct ansa_refs refs = v->refs;
        struct ansa_ref ref;
        while (ansa_refs_next(&refs, &ref) == ANSA_OK) {
                if (!text_is_utf8(ref.name))
                        return false;
        }
        return text_is_utf8(v->type) && v->ttl_type <= ANSA_TTL_ABSOLUTE;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        struct ansa_bytes wire = { data, size };
        struct ansa_value value, again;
        if (size > SIZE_MAX_HERE || ansa_value_decode(&wire, &value) != ANSA_OK)
                return 0;
        struct ansa_bytes taken = { data, size - wire.size };
        struct buf b = buf_growing(JSON_TEXT_SIZE_MAX);
        struct arena arena;
        struct json_problem problem;
        arena_init(&arena, 1u << 26);
        json_put_value(&b, &value);
        ansa_assert(b.err == ANSA_OK);
        ansa_assert(json_value(buf_written(&b), &arena, &again, &problem) == ANSA_OK);
        if (survives(&value)) {
                uint8_t *at = malloc(taken.size);
                size_t written;
                ansa_assert(at != NULL);
                ansa_assert(ansa_value_encode(&again, at, taken.size, &written) == ANSA_OK);
                ansa_assert(ansa_bytes_equal((struct ansa_bytes){ at, written }, taken));
                free(at);
        }
        arena_fini(&arena);
        buf_fini(&b);
        return 0;
}
