/* SPDX-License-Identifier: Apache-2.0 */
/* Batch files: whatever stands in them, an operation that comes out is within its bounds. */
#include "base/assert.h"
#include "programs/ansa/batch.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct batch_operation *o, uint64_t number)
{
        ansa_assert(o->kind != BATCH_NONE && o->line >= 1 && o->line <= number);
        ansa_assert(o->value_count <= BATCH_VALUES_MAX && o->index_count <= BATCH_VALUES_MAX &&
                    o->prefix_count <= BATCH_VALUES_MAX);
        bool is_named = o->kind <= BATCH_UNHOME;
        ansa_assert(!is_named || o->name.size > 0);
        ansa_assert(o->kind != BATCH_REMOVE || o->index_count > 0);
        for (uint32_t i = 0; i < o->value_count; i++) {
                const struct ansa_value *v = &o->values[i];
                ansa_assert(v->index > 0 && v->permissions <= 15);
                size_t used = 0;
                size_t room = ansa_value_size(v);
                uint8_t *at = malloc(room);
                ansa_assert(at != NULL && ansa_value_encode(v, at, room, &used) == ANSA_OK &&
                            used == room);
                free(at);
        }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        static struct batch batch; /* large */
        uint64_t number = 0;
        if (memmem(data, size, "/dev", 4) != NULL || memmem(data, size, "/proc", 5) != NULL)
                return 0; /* FILE reads files: none that never end, or wait */
        batch_init(&batch);
        while (size > 0) {
                const uint8_t *newline = memchr(data, '\n', size);
                size_t length = newline != NULL ? (size_t)(newline - data) : size;
                enum batch_result result =
                        batch_line(&batch, ++number, (struct ansa_bytes){ data, length });
                if (result == BATCH_WHOLE)
                        check(&batch.now, number);
                ansa_assert(result != BATCH_PROBLEM || batch.problem[0] != '\0');
                length += newline != NULL;
                data += length;
                size -= length;
        }
        if (batch_end(&batch) == BATCH_WHOLE)
                check(&batch.now, number);
        batch_fini(&batch);
        return 0;
}
