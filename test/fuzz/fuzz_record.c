/* SPDX-License-Identifier: Apache-2.0 */
/* A stored record that may be damaged. What decodes can be walked, and encodes to itself. */
#include "base/assert.h"
#include "identifier/record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void walk(struct ansa_values values, bool all_public)
{
        struct ansa_value value;
        while (values.count > 0) {
                ansa_assert(ansa_values_next(&values, &value) == ANSA_OK);
                ansa_assert(!all_public || (value.permissions & ANSA_PERM_PUBLIC_READ) != 0);
        }
        ansa_assert(values.wire.size == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        const struct ansa_bytes key = ANSA_BYTES_LIT("10.1000/ABC");
        const struct ansa_bytes stored = { data, size };
        struct record r;
        if (record_decode(key, stored, &r) != ANSA_OK)
                return 0;
        walk(r.all, false);
        walk(r.public_only, true);

        struct arena arena;
        struct ansa_bytes again;
        arena_init(&arena, size + 4096);
        ansa_assert(record_encode(r.name, key, r.all, r.has_mark ? &r.mark : NULL, &arena,
                                  &again) == ANSA_OK);
        /* A name equal to the key is stored by others, not by us. */
        bool has_own_name = size > 0 && (data[0] & RECORD_NAME_STORED) != 0;
        ansa_assert((has_own_name && ansa_bytes_equal(r.name, key)) ||
                    ansa_bytes_equal(stored, again));
        arena_fini(&arena);
        return 0;
}
