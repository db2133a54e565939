/* SPDX-License-Identifier: Apache-2.0 */
/* Values back to back: what decodes encodes to the same octets, and its references can be walked. */
#include "ansa/value.h"
#include "base/assert.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct ansa_value *value, struct ansa_bytes wire)
{
        struct ansa_refs refs = value->refs;
        struct ansa_ref ref;
        while (ansa_refs_next(&refs, &ref) == ANSA_OK)
                ansa_assert(ref.name.size <= ANSA_NAME_SIZE_MAX);
        ansa_assert(refs.count == 0 && refs.wire.size == 0);

        ansa_assert(ansa_value_size(value) == wire.size);
        uint8_t *copy = malloc(wire.size);
        ansa_assert(copy != NULL);
        size_t written;
        ansa_assert(ansa_value_encode(value, copy, wire.size, &written) == ANSA_OK);
        ansa_assert(ansa_bytes_equal((struct ansa_bytes){ copy, written }, wire));
        free(copy);
        (void)ansa_type_matches(value->type, value->data);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        struct ansa_bytes rest = { data, size };
        struct ansa_value value;
        const uint8_t *start = data;
        while (ansa_value_decode(&rest, &value) == ANSA_OK) {
                check(&value, (struct ansa_bytes){ start, (size_t)(rest.at - start) });
                start = rest.at;
        }
        return 0;
}
