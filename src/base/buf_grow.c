/* SPDX-License-Identifier: Apache-2.0 */
/* Buffers over memory of their own. */
#include "base/buf.h"

#include <stdlib.h>

#define ROOM_FIRST 256u

static bool grow_heap(struct buf *b, size_t size)
{
        if (size > b->size_max - b->size) {
                buf_fail(b, ANSA_E_LIMIT);
                return false;
        }
        size_t want = b->room < ROOM_FIRST ? ROOM_FIRST : b->room;
        while (want < b->size + size && want <= b->size_max / 2)
                want += want;
        if (want < b->size + size || want > b->size_max)
                want = b->size_max;
        uint8_t *at = realloc(b->at, want);
        if (at == NULL) {
                buf_fail(b, ANSA_E_NO_MEMORY);
                return false;
        }
        b->at = at;
        b->room = want;
        return true;
}

struct buf buf_growing(size_t size_max)
{
        return (struct buf){ .size_max = size_max, .grow = grow_heap };
}

void buf_fini(struct buf *b)
{
        if (b->grow != NULL)
                free(b->at);
        *b = (struct buf){ .size_max = b->size_max, .grow = b->grow };
}
