/* SPDX-License-Identifier: Apache-2.0 */
/* Buffers over memory of their own. */
#include "base/buf.h"

#include <stdlib.h>
#include <string.h>

#define ROOM_FIRST 256u

/* The room that a buffer shall have for @size more octets; 0 after a failure. */
static size_t room_for(struct buf *b, size_t size)
{
        if (size > b->size_max - b->size) {
                buf_fail(b, ANSA_E_LIMIT);
                return 0;
        }
        size_t want = b->room < ROOM_FIRST ? ROOM_FIRST : b->room;
        while (want < b->size + size && want <= b->size_max / 2)
                want += want;
        return want < b->size + size || want > b->size_max ? b->size_max : want;
}

static bool take(struct buf *b, uint8_t *at, size_t room)
{
        if (at == NULL) {
                buf_fail(b, ANSA_E_NO_MEMORY);
                return false;
        }
        b->at = at;
        b->room = room;
        return true;
}

static bool grow_heap(struct buf *b, size_t size)
{
        size_t room = room_for(b, size);
        return room > 0 && take(b, realloc(b->at, room), room);
}

/* realloc would leave a copy behind. */
static bool grow_secret(struct buf *b, size_t size)
{
        size_t room = room_for(b, size);
        if (room == 0)
                return false;
        struct buf old = *b;
        if (!take(b, malloc(room), room))
                return false;
        if (old.size > 0)
                memcpy(b->at, old.at, old.size);
        buf_fini(&old);
        return true;
}

struct buf buf_growing(size_t size_max)
{
        return (struct buf){ .size_max = size_max, .grow = grow_heap };
}

struct buf buf_secret(size_t size_max)
{
        return (struct buf){ .size_max = size_max, .grow = grow_secret };
}

void buf_fini(struct buf *b)
{
        if (b->grow == grow_secret && b->at != NULL)
                explicit_bzero(b->at, b->room);
        if (b->grow != NULL)
                free(b->at);
        *b = (struct buf){ .size_max = b->size_max, .grow = b->grow };
}
