/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_BASE_ARENA_H
#define ANSA_BASE_ARENA_H

#include "ansa/bytes.h"
#include "ansa/err.h"

/**
 * Memory of one request: many small allocations, all released at once. An arena
 * has a maximum from its creation; over it, or when the system has no memory,
 * arena_alloc returns NULL and the request ends with ANSA_E_NO_MEMORY.
 */
struct arena_chunk;

struct arena {
        struct arena_chunk *chunks; /* newest first */
        size_t chunk_size;          /* bytes of an ordinary chunk */
        size_t used;                /* bytes handed out and skipped, all chunks */
        size_t size_max;
};

void arena_init(struct arena *a, size_t size_max);
void arena_fini(struct arena *a);

/** Release everything, keep one chunk for the next request. */
void arena_reset(struct arena *a);

/** @size zeroed bytes, aligned for any type; NULL when over the maximum or out of memory. */
void *arena_alloc(struct arena *a, size_t size);

/** As arena_alloc for @count items of @size; the product is checked. */
void *arena_array(struct arena *a, size_t count, size_t size);

/** A copy of @bytes. ANSA_E_NO_MEMORY leaves *copy empty. */
ANSA_CHECKED enum ansa_err arena_copy(struct arena *a, struct ansa_bytes bytes,
                                      struct ansa_bytes *copy);

/** A NUL terminated copy of @bytes, NULL when out of memory. */
char *arena_text(struct arena *a, struct ansa_bytes bytes);

#endif
