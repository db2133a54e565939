/* SPDX-License-Identifier: Apache-2.0 */
#include "base/arena.h"

#include "base/assert.h"

#include <stdalign.h>
#include <stdlib.h>

#define CHUNK_SIZE 4096u

struct arena_chunk {
        struct arena_chunk *older;
        size_t size; /* of room */
        size_t used;
        alignas(max_align_t) uint8_t room[];
};

void arena_init(struct arena *a, size_t size_max)
{
        *a = (struct arena){ .chunk_size = CHUNK_SIZE, .size_max = size_max };
}

void arena_fini(struct arena *a)
{
        while (a->chunks != NULL) {
                struct arena_chunk *older = a->chunks->older;
                free(a->chunks);
                a->chunks = older;
        }
        a->used = 0;
}

void arena_reset(struct arena *a)
{
        struct arena_chunk *kept = NULL;
        while (a->chunks != NULL) {
                struct arena_chunk *older = a->chunks->older;
                if (kept == NULL && a->chunks->size == a->chunk_size) {
                        kept = a->chunks;
                } else {
                        free(a->chunks);
                }
                a->chunks = older;
        }
        if (kept != NULL) {
                kept->older = NULL;
                kept->used = 0;
        }
        a->chunks = kept;
        a->used = 0;
}

static bool add_chunk(struct arena *a, size_t size)
{
        size_t room = size > a->chunk_size ? size : a->chunk_size;
        struct arena_chunk *c = malloc(sizeof(*c) + room);
        if (c == NULL)
                return false;
        c->size = room;
        c->used = 0;
        c->older = a->chunks;
        a->chunks = c;
        return true;
}

/* As arena_alloc, but not zeroed. */
static void *take(struct arena *a, size_t size)
{
        const size_t unit = alignof(max_align_t);
        if (size > a->size_max || size > SIZE_MAX - unit)
                return NULL;
        size_t rounded = (size + unit - 1) / unit * unit;
        size_t room = a->chunks != NULL ? a->chunks->size - a->chunks->used : 0;
        /* What is left of a chunk is skipped when a new one is begun, and counts too. */
        size_t skipped = rounded > room ? room : 0;
        if (a->used > a->size_max || skipped > a->size_max - a->used ||
            size > a->size_max - a->used - skipped)
                return NULL;
        if ((a->chunks == NULL || rounded > room) && !add_chunk(a, rounded))
                return NULL;
        struct arena_chunk *c = a->chunks;
        uint8_t *at = c->room + c->used;
        c->used += rounded;
        a->used += skipped + rounded;
        ansa_assert(c->used <= c->size);
        return at;
}

void *arena_alloc(struct arena *a, size_t size)
{
        void *at = take(a, size);
        if (at != NULL)
                memset(at, 0, size);
        return at;
}

void *arena_array(struct arena *a, size_t count, size_t size)
{
        size_t whole;
        if (__builtin_mul_overflow(count, size, &whole))
                return NULL;
        return arena_alloc(a, whole);
}

enum ansa_err arena_copy(struct arena *a, struct ansa_bytes bytes, struct ansa_bytes *copy)
{
        *copy = (struct ansa_bytes){ 0 };
        uint8_t *at = take(a, bytes.size);
        if (at == NULL)
                return ANSA_E_NO_MEMORY;
        if (bytes.size > 0)
                memcpy(at, bytes.at, bytes.size);
        *copy = (struct ansa_bytes){ at, bytes.size };
        return ANSA_OK;
}

char *arena_text(struct arena *a, struct ansa_bytes bytes)
{
        if (bytes.size == SIZE_MAX)
                return NULL;
        char *text = take(a, bytes.size + 1);
        if (text == NULL)
                return NULL;
        if (bytes.size > 0)
                memcpy(text, bytes.at, bytes.size);
        text[bytes.size] = '\0';
        return text;
}
