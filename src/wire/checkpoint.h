/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_WIRE_CHECKPOINT_H
#define ANSA_WIRE_CHECKPOINT_H

#include "base/buf.h"
#include "base/hasher.h"

/** The text of a note that is the head of a log (c2sp.org/tlog-checkpoint); borrowed. */
struct checkpoint {
        struct ansa_bytes origin;
        uint64_t size;
        struct hash256 root;
        struct ansa_bytes extensions; /* lines with their newlines, none empty; or nothing */
};

/** ANSA_E_MALFORMED; ANSA_E_LIMIT when the size is over 2^64-1. */
ANSA_CHECKED enum ansa_err checkpoint_decode(struct ansa_bytes text, struct checkpoint *c);

/** The buffer fails with ANSA_E_ARGUMENT when origin or extensions cannot stand in a checkpoint. */
void checkpoint_encode(const struct checkpoint *c, struct buf *b);

#endif
