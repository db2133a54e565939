/* SPDX-License-Identifier: Apache-2.0 */
/* A payload of the ledger: whatever is read is written the same. */
#include "base/assert.h"
#include "wire/payload.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        const struct ansa_bytes input = { data, size };
        struct payload p;
        struct buf b = buf_growing(size + 1);
        if (payload_decode(input, &p) != ANSA_OK)
                return 0;
        ansa_assert(p.kind != PAYLOAD_REQUEST || payload_evidence_text(p.evidence) != NULL);
        payload_encode(&p, &b);
        ansa_assert(ansa_bytes_equal(buf_written(&b), input));
        buf_fini(&b);
        return 0;
}
