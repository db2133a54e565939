/* SPDX-License-Identifier: Apache-2.0 */
/* A bundle in either form: whatever is read is written the same, also by way of the other form. */
#include "base/assert.h"
#include "wire/bundle.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void text(struct ansa_bytes input)
{
        struct bundle bundle;
        struct hash256 root;
        struct buf binary = buf_growing(input.size + 1);
        struct buf again = buf_growing(input.size + 1);
        if (bundle_decode_text(input, &binary, &bundle, &root) == ANSA_OK) {
                bundle_put_text(&bundle, &root, &again);
                ansa_assert(ansa_bytes_equal(buf_written(&again), input));
        }
        buf_fini(&again);
        buf_fini(&binary);
}

static void binary(struct ansa_bytes input)
{
        static const struct hash256 root = { { 1 } };
        struct bundle bundle;
        struct bundle other;
        struct hash256 got;
        if (bundle_decode(input, &bundle) != ANSA_OK)
                return;
        struct buf written = buf_growing(BUNDLE_TEXT_SIZE_MAX);
        struct buf again = buf_growing(input.size + 1);
        bundle_put_text(&bundle, &root, &written);
        ansa_assert(written.err == ANSA_OK);
        ansa_assert(bundle_decode_text(buf_written(&written), &again, &other, &got) == ANSA_OK);
        ansa_assert(hash256_equal(&got, &root));
        ansa_assert(ansa_bytes_equal(buf_written(&again), input));
        buf_fini(&again);
        buf_fini(&written);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        text((struct ansa_bytes){ data, size });
        binary((struct ansa_bytes){ data, size });
        return 0;
}
