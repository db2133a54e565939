/* SPDX-License-Identifier: Apache-2.0 */
/* The name of a tile; the same octets as a bundle of entries. */
#include "base/assert.h"
#include "wire/tile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        struct ansa_bytes input = { data, size };
        struct tile t;
        if (tile_decode_name(input, &t) == ANSA_OK) {
                uint8_t room[TILE_NAME_MAX];
                struct buf b = buf_over(room, sizeof(room));
                tile_put_name(&t, &b);
                ansa_assert(ansa_bytes_equal(buf_written(&b), input)); /* one name for a tile */
        }
        unsigned entries = 0;
        size_t used = 0;
        struct cursor c = cursor_over(input);
        while (c.left > 0) {
                struct ansa_bytes entry = tile_next_entry(&c);
                if (c.err != ANSA_OK)
                        break;
                entries++;
                used += 2 + entry.size;
        }
        ansa_assert((tile_check_bundle(input, entries) == ANSA_OK) == (used == size));
        return 0;
}
