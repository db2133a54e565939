/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_WIRE_TILE_H
#define ANSA_WIRE_TILE_H

#include "base/buf.h"
#include "wire/cursor.h"

/**
 * @file
 * Tiles of a log (c2sp.org/tlog-tiles): their names, which of them a tree of a given size has, and
 * the framing of entries. A tile of level L is up to 256 consecutive nodes of height 8 L; a bundle
 * of entries lies beside the tile of level 0 of the same index.
 */
#define TILE_WIDTH     256u
#define TILE_HEIGHT    8u
#define TILE_LEVEL_MAX 63u    /* what a name may say; 7 is the last that can exist */
#define TILE_ENTRY_MAX 65535u /* octets of an entry: its length is a u16 */
#define TILE_NAME_MAX  48u    /* octets of a name: tile/entries/, 7 groups, .p/255 */

struct tile {
        bool is_entries; /* a bundle; level is 0 */
        uint8_t level;
        uint64_t index;
        uint16_t width; /* 1..256 */
};

/** "tile/L/N", "tile/L/N.p/W", "tile/entries/N...", exactly as tile_put_name writes them. */
ANSA_CHECKED enum ansa_err tile_decode_name(struct ansa_bytes name, struct tile *t);
void tile_put_name(const struct tile *t, struct buf *b);

/** Nodes that a tree of @size has for the tile: 0 (there is none), 256 (it is full), or between. */
unsigned tile_width(unsigned level, uint64_t index, uint64_t size);

/** Tiles of a level that a tree of @size has, the partial one included; 0 above the highest. */
uint64_t tile_count(unsigned level, uint64_t size);

/** @t is one that can be cut from a tree of @size: as wide or wider there. */
bool tile_is_within(const struct tile *t, uint64_t size);

/**
 * Where the node of @level (a height) and @index is: *offset and *count say which hashes of the
 * tile it is the root of, 1 to 128 of them. The width is left for the caller to fill in.
 */
struct tile tile_of_node(unsigned level, uint64_t index, unsigned *offset, unsigned *count);

/** An entry of a bundle: u16 length, octets. Over TILE_ENTRY_MAX the buffer fails with ANSA_E_LIMIT. */
void tile_put_entry(struct ansa_bytes entry, struct buf *b);

/** The next entry of a bundle; the cursor fails when it ends early. */
struct ansa_bytes tile_next_entry(struct cursor *bundle);

/** A bundle of exactly @width entries and nothing after them? ANSA_E_TRUNCATED, ANSA_E_TRAILING. */
ANSA_CHECKED enum ansa_err tile_check_bundle(struct ansa_bytes bundle, unsigned width);

#endif
