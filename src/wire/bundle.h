/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_WIRE_BUNDLE_H
#define ANSA_WIRE_BUNDLE_H

#include "wire/note.h"
#include "wire/opening.h"

/**
 * @file
 * Proofs that a record, or its absence, is what a log says (docs/ledger.md, section 5): binary and as
 * the text of c2sp.org/tlog-proof, each of which can be made from the other. The form only: nothing is
 * hashed or verified here. Without memory of its own.
 */
#define BUNDLE_SIZE_MAX      524288u /* octets, binary */
#define BUNDLE_TEXT_SIZE_MAX 1048576u
#define BUNDLE_NAME_MAX      ANSA_NAME_SIZE_MAX
#define BUNDLE_ORIGIN_MAX    NOTE_NAME_MAX
#define BUNDLE_NUMBER_MAX    (UINT64_MAX - 1) /* so that the size of the log has room */

/** Borrowed from the octets it was decoded from. */
struct bundle {
        bool is_record;         /* false: the identifier is absent */
        struct ansa_bytes name; /* folded */
        struct opening opening; /* of a record */
        struct ansa_bytes
                path;    /* in the dictionary; of the right size, and no more is known of it */
        uint64_t time_s; /* of the state entry */
        uint64_t number; /* of the state entry; the log has one more */
        const struct hash256 *inclusion;
        size_t inclusion_count; /* as many as bits are set in the number */
        struct ansa_bytes origin;
        struct ansa_bytes signatures; /* for bundle_next_signature */
        uint32_t signature_count;
        struct ansa_bytes
                front; /* all before the number: what the text form has as its extra data */
};

struct bundle_signature {
        struct ansa_bytes name; /* of the key */
        uint32_t key_id;
        struct ansa_bytes octets; /* the signature; of a cosignature with its time in front */
};

/** ANSA_E_TRUNCATED, ANSA_E_TRAILING, ANSA_E_MALFORMED, ANSA_E_LIMIT, ANSA_E_UNSUPPORTED (version). */
ANSA_CHECKED enum ansa_err bundle_decode(struct ansa_bytes octets, struct bundle *bundle);

/** Takes the next signature off *signatures, which began as bundle->signatures; false at the end. */
bool bundle_next_signature(const struct bundle *bundle, struct ansa_bytes *signatures,
                           struct bundle_signature *s);

/** The text that is signed, if @root is that of the log. */
#define BUNDLE_CHECKPOINT_MAX (BUNDLE_ORIGIN_MAX + 80u)
void bundle_put_checkpoint(const struct bundle *bundle, const struct hash256 *root, struct buf *b);

/* Writing, one after the other: front, opening (of a record), path, back. */
void bundle_put_front(bool is_record, struct ansa_bytes name, struct buf *b);

/** Hashes that prove entry @number to be the last of a log: as many as it has bits that are set. */
size_t bundle_inclusion_count(uint64_t number);

/**
 * All that follows the path, and is the same for all bundles of a checkpoint. Errors of the buffer as
 * of bundle_put_note.
 */
void bundle_put_back(uint64_t time_s, uint64_t number, const struct hash256 *inclusion,
                     const struct note *note, struct buf *b);

/**
 * What comes last: origin and signatures of the checkpoint in @note, whose root goes to *root. The
 * buffer fails with ANSA_E_MALFORMED when it is none of size @number + 1, and ANSA_E_UNSUPPORTED when it
 * has what bundles have no room for: extensions, an origin that cannot be the name of a key.
 */
void bundle_put_note(uint64_t number, const struct note *note, struct hash256 *root, struct buf *b);

/* The text form. */

bool bundle_is_text(struct ansa_bytes octets);

/** @root: of the log; it is in the text. */
void bundle_put_text(const struct bundle *bundle, const struct hash256 *root, struct buf *b);

/**
 * Append the binary form of @text, which is shorter, to @b, and decode it. What it says is the
 * log's root goes to *root: whoever checks a bundle compares. Errors as above.
 */
ANSA_CHECKED enum ansa_err bundle_decode_text(struct ansa_bytes text, struct buf *b,
                                              struct bundle *bundle, struct hash256 *root);

#endif
