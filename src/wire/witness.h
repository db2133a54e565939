/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_WIRE_WITNESS_H
#define ANSA_WIRE_WITNESS_H

#include "wire/checkpoint.h"
#include "wire/note.h"

/**
 * @file
 * What a log and a witness say to each other (c2sp.org/tlog-witness): the body of add-checkpoint and
 * its answers. Whether the checkpoint is to be cosigned is not decided here.
 */
#define WITNESS_PROOF_MAX    63u                     /* hashes; the specification's */
#define WITNESS_REQUEST_MAX  (NOTE_SIZE_MAX + 4096u) /* octets of a body */
#define WITNESS_RESPONSE_MAX NOTE_SIZE_MAX

struct witness_request {
        uint64_t old_size;
        size_t proof_count;
        struct hash256 proof[WITNESS_PROOF_MAX];
        struct note note; /* borrowed, like all below */
        struct checkpoint checkpoint;
};

/**
 * ANSA_E_MALFORMED, ANSA_E_LIMIT, and ANSA_E_ARGUMENT when the old size is above the checkpoint's: to
 * be answered with WITNESS_BAD_REQUEST all of them.
 */
ANSA_CHECKED enum ansa_err witness_request_decode(struct ansa_bytes body,
                                                  struct witness_request *r);

/** @note: the octets of the signed checkpoint, as they are. At most WITNESS_PROOF_MAX hashes. */
void witness_request_encode(uint64_t old_size, const struct hash256 *proof, size_t count,
                            struct ansa_bytes note, struct buf *b);

/** The status codes of HTTP that mean something here. */
enum witness_status {
        WITNESS_COSIGNED = 200,     /* body: signature lines (note_put_cosignature) */
        WITNESS_BAD_REQUEST = 400,  /* no such body, or the old size above the new one */
        WITNESS_UNSIGNED = 403,     /* no good signature of the log's key */
        WITNESS_UNKNOWN_LOG = 404,  /* an origin it knows nothing of */
        WITNESS_CONFLICT = 409,     /* another old size is on record: body witness_put_size */
        WITNESS_INCONSISTENT = 422, /* the proof does not hold, or must not be there */
};
#define WITNESS_SIZE_TYPE "text/x.tlog.size" /* content type of the body of WITNESS_CONFLICT */

void witness_put_size(uint64_t size, struct buf *b);

struct witness_response {
        unsigned status;
        struct note
                cosignatures; /* WITNESS_COSIGNED: lines, at least one; verify with the text put in */
        uint64_t size;        /* WITNESS_CONFLICT: what it has on record */
};

/**
 * Any other status than the two is taken as it is, its body ignored. ANSA_E_MALFORMED,
 * ANSA_E_LIMIT: a body, or for WITNESS_CONFLICT a content type, that is not as it should be.
 */
ANSA_CHECKED enum ansa_err witness_response_decode(unsigned status, struct ansa_bytes content_type,
                                                   struct ansa_bytes body,
                                                   struct witness_response *r);

#endif
