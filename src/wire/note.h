/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_WIRE_NOTE_H
#define ANSA_WIRE_NOTE_H

#include "base/buf.h"
#include "base/hasher.h"
#include "base/verifier.h"

/**
 * @file
 * Signed notes (c2sp.org/signed-note): a text, an empty line, signature lines; and the two types of
 * signatures that logs and witnesses of ours make, both with Ed25519: of the text itself, and the
 * cosignature/v1 of c2sp.org/tlog-cosignature, of a time and the text. All without memory of its own.
 */
#define NOTE_SIZE_MAX           262144u /* octets; 64 of the largest signatures in use have room */
#define NOTE_SIGNATURES_MAX     64u     /* lines; the specification wants 16 at least */
#define NOTE_SIGNATURE_SIZE_MAX 8192u   /* octets of one; post-quantum ones have up to 5,000 */
#define NOTE_NAME_MAX           255u    /* octets of the name of a key of ours */

enum note_type {
        NOTE_ED25519 = 0x01,
        NOTE_COSIGNATURE = 0x04, /* cosignature/v1 */
};

/** A key that notes are verified with. The name is borrowed. */
struct note_key {
        struct ansa_bytes name;
        uint32_t id;
        enum note_type type;
        uint8_t key[ED25519_KEY_SIZE];
};

/** What may be a key's name: UTF-8 without spaces, control characters and "+"; not empty. */
bool note_is_name(struct ansa_bytes name);

/** What may be signed: UTF-8 without control characters but newlines, of which one is at its end. */
bool note_is_text(struct ansa_bytes text);

/** Fill @k: the id follows from the rest. ANSA_E_ARGUMENT: no such name. */
ANSA_CHECKED enum ansa_err note_key_make(const struct hasher *h, struct ansa_bytes name,
                                         enum note_type type, const uint8_t key[ED25519_KEY_SIZE],
                                         struct note_key *k);

/**
 * A verifier key, "name+id+base64", which is borrowed. The id must be the one that follows from
 * the rest. ANSA_E_UNSUPPORTED: a signature type that is none of the two.
 */
ANSA_CHECKED enum ansa_err note_key_decode(const struct hasher *h, struct ansa_bytes text,
                                           struct note_key *k);
void note_key_encode(const struct note_key *k, struct buf *b);

/** A note, borrowed. */
struct note {
        struct ansa_bytes text;  /* with its last newline */
        struct ansa_bytes lines; /* the signatures, well-formed all of them */
        unsigned count;
};

/** A signature line, borrowed. */
struct note_signature {
        struct ansa_bytes name;
        uint32_t key_id;
        struct ansa_bytes base64; /* of the key id and the signature */
        size_t size;              /* octets of the signature, without the key id */
};

/** ANSA_E_LIMIT, ANSA_E_MALFORMED. Nothing is verified. */
ANSA_CHECKED enum ansa_err note_decode(struct ansa_bytes octets, struct note *n);

/** Signature lines alone, at least one, as witnesses answer; text is empty. */
ANSA_CHECKED enum ansa_err note_decode_lines(struct ansa_bytes octets, struct note *n);

/** Takes the next signature from the front of *lines; false at their end. */
bool note_next(struct ansa_bytes *lines, struct note_signature *s);

/** The octets of a signature without the key id; ANSA_E_LIMIT when they are not @size. */
ANSA_CHECKED enum ansa_err note_signature_octets(const struct note_signature *s, uint8_t *at,
                                                 size_t size);

/**
 * The text and the empty line; signature lines are to follow. The buffer fails with
 * ANSA_E_ARGUMENT when that cannot become a note.
 */
void note_put_text(struct ansa_bytes text, struct buf *b);
void note_put_signature(struct ansa_bytes name, uint32_t key_id, struct ansa_bytes signature,
                        struct buf *b);

/** What stands before the text in what a cosignature signs. */
#define NOTE_COSIGNED_HEAD_MAX 48u
struct ansa_bytes note_cosigned_head(uint64_t time_s, uint8_t at[NOTE_COSIGNED_HEAD_MAX]);

/** The octets of a cosignature: u64 time, signature. The time is at least 1, at most 2^63-1. */
#define NOTE_COSIGNATURE_SIZE (8u + ED25519_SIGNATURE_SIZE)
ANSA_CHECKED enum ansa_err note_cosignature_time(const uint8_t octets[NOTE_COSIGNATURE_SIZE],
                                                 uint64_t *time_s);
void note_put_cosignature(const struct note_key *k, uint64_t time_s,
                          const uint8_t signature[ED25519_SIGNATURE_SIZE], struct buf *b);

/**
 * Verify one signature of the key, @octets without the key id. *time_s as below.
 * ANSA_E_UNAUTHENTIC.
 */
ANSA_CHECKED enum ansa_err note_verify_one(struct ansa_bytes text, struct ansa_bytes octets,
                                           const struct note_key *k, const struct verifier *v,
                                           uint64_t *time_s);

/**
 * Verify all signatures of the key, others are passed over. *time_s: when it was cosigned, the
 * latest time when it was several times; 0 for NOTE_ED25519. ANSA_E_NOT_FOUND: there is none of this
 * key; ANSA_E_UNAUTHENTIC: one is wrong, the whole note is to be refused.
 */
ANSA_CHECKED enum ansa_err note_verify(const struct note *n, const struct note_key *k,
                                       const struct verifier *v, uint64_t *time_s);

#endif
