/* SPDX-License-Identifier: Apache-2.0 */
/* The body of add-checkpoint, and the bodies of its answers. */
#include "base/assert.h"
#include "wire/witness.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        struct ansa_bytes input = { data, size };
        struct witness_request r;
        struct witness_response a;
        struct buf b = buf_growing(2 * size + 64);
        if (witness_request_decode(input, &r) == ANSA_OK) {
                ansa_assert(r.old_size <= r.checkpoint.size);
                struct ansa_bytes note = { r.note.text.at, (size_t)(data + size - r.note.text.at) };
                witness_request_encode(r.old_size, r.proof, r.proof_count, note, &b);
                ansa_assert(ansa_bytes_equal(buf_written(&b), input));
        }
        if (witness_response_decode(WITNESS_COSIGNED, (struct ansa_bytes){ 0 }, input, &a) ==
            ANSA_OK)
                ansa_assert(a.cosignatures.count > 0);
        buf_reset(&b);
        if (witness_response_decode(WITNESS_CONFLICT, ANSA_BYTES_LIT(WITNESS_SIZE_TYPE), input,
                                    &a) == ANSA_OK) {
                witness_put_size(a.size, &b);
                ansa_assert(ansa_bytes_equal(buf_written(&b), input));
        }
        buf_fini(&b);
        return 0;
}
