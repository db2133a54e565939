/* SPDX-License-Identifier: Apache-2.0 */
/* An entry of the ledger: whatever is read is written the same. */
#include "base/assert.h"
#include "wire/entry.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        struct entry e;
        uint8_t again[ENTRY_SIZE];
        if (entry_decode((struct ansa_bytes){ data, size }, &e) != ANSA_OK)
                return 0;
        ansa_assert(entry_action_text(e.action) != NULL && entry_origin_text(e.origin) != NULL);
        entry_encode(&e, again);
        ansa_assert(size == sizeof(again) && memcmp(again, data, size) == 0);
        return 0;
}
