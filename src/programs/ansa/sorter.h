/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_PROGRAMS_ANSA_SORTER_H
#define ANSA_PROGRAMS_ANSA_SORTER_H

#include "ansa/bytes.h"
#include "ansa/err.h"

/**
 * Puts any number of (key, data) pairs in the order of their keys: in memory while they fit,
 * else in runs that are spilled to unnamed files and merged. A store that is filled in order
 * is filled fast and packed tightly. Of pairs with one key the last that was added is kept.
 */
struct sorter;

/** @directory: where runs are spilled; @memory_max: bytes of pairs held in memory. */
ANSA_CHECKED enum ansa_err sorter_new(const char *directory, size_t memory_max, struct sorter **s);
void sorter_free(struct sorter *s); /* NULL is fine */
ANSA_CHECKED enum ansa_err sorter_add(struct sorter *s, struct ansa_bytes key,
                                      struct ansa_bytes data);
/** After the last pair; then sorter_next until ANSA_E_NOT_FOUND. Borrowed until the next call. */
ANSA_CHECKED enum ansa_err sorter_finish(struct sorter *s);
ANSA_CHECKED enum ansa_err sorter_next(struct sorter *s, struct ansa_bytes *key,
                                       struct ansa_bytes *data);
/** Pairs that were left out because a later one had the same key. */
uint64_t sorter_repeated(const struct sorter *s);

#endif
