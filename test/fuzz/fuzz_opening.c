/* SPDX-License-Identifier: Apache-2.0 */
/* An opening: whatever is read is written the same, and its parts fill the tree of values. */
#include "base/assert.h"
#include "wire/opening.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        struct cursor c = cursor_over((struct ansa_bytes){ data, size });
        struct opening o;
        opening_decode(&c, &o);
        if (c.err != ANSA_OK)
                return 0;
        struct buf b = buf_growing(size + 1);
        struct ansa_bytes shown = o.shown;
        struct opening_value v;
        uint32_t from = 0;
        size_t hashes = 0;
        opening_put_head(o.count, o.public_count, o.shown_count, &b);
        while (opening_next(&shown, &v)) {
                for (; from < v.position; hashes++)
                        from += opening_part(from, v.position, o.count);
                ansa_assert(from++ == v.position);
                opening_put_value(v.position, v.salt, v.wire, &b);
        }
        for (; from < o.count; hashes++)
                from += opening_part(from, o.count, o.count);
        ansa_assert(from == o.count && hashes * HASH_SIZE == o.hashes.size);
        buf_bytes(&b, o.hashes);
        ansa_assert(ansa_bytes_equal(buf_written(&b), (struct ansa_bytes){ data, size - c.left }));
        buf_fini(&b);
        return 0;
}
