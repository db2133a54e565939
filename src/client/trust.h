/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_CLIENT_TRUST_H
#define ANSA_CLIENT_TRUST_H

#include "ansa/trust.h"
#include "client/jws.h"

/**
 * Checking the signatures of a record (irp-service 10.2). No I/O: the check names the record that
 * it wants next and is fed it, until it has a result. Each HS_SIGNATURE of the record is followed
 * up its chain by itself; the record is trusted when good ones cover all of its public values.
 */
#define TRUST_CHAIN_MAX      50u
#define TRUST_SIGNATURES_MAX 16u /* of one record */

enum trust_state { TRUST_IDLE, TRUST_WANTS, TRUST_OVER };

struct trust_check {
        enum trust_state state;
        struct arena arena;
        struct ansa_trust_input input; /* name and values copied, the rest borrowed */
        bool *is_covered;              /* by a good signature; one for each value */
        struct ansa_values signatures; /* values not looked at yet; others between are skipped */
        uint32_t signature_count;
        struct jws signature; /* the HS_SIGNATURE that is followed */
        struct jws lower;     /* what the wanted certificate's key has signed */
        bool is_first;        /* lower is the signature itself */
        struct ansa_ref issuer;
        struct ansa_ref wanted; /* where the certificate should be; index 0: by its subject */
        size_t depth;
        bool needs_required;
        struct ansa_trust trust; /* of the first signature that failed, then of all */
        enum ansa_err err;
};

void trust_init(struct trust_check *t);
void trust_fini(struct trust_check *t);

/** @input's keys and certificates stay with the caller until the end; fetch is not used. */
void trust_begin(struct trust_check *t, const struct ansa_trust_input *input);

/** The record that has to be fed next; false when there is a result. */
bool trust_wants(const struct trust_check *t, struct ansa_bytes *name);

/** That record's values, or why they cannot be had. */
void trust_feed(struct trust_check *t, enum ansa_err err, struct ansa_values values);

/** ANSA_OK with the result; else what failed here. */
ANSA_CHECKED enum ansa_err trust_result(const struct trust_check *t, struct ansa_trust *trust);

/* trust_claims.c: one signature or certificate by itself */

/** Whether @j's dates allow @now_s: TRUSTED, NOT_YET_VALID or EXPIRED. */
enum ansa_trust_result claims_dates(const struct jws *j, uint32_t now_s);

/** Whether the certificate's grants cover the identifier @name. */
bool claims_permit(const struct jws *certificate, struct ansa_bytes name);

/**
 * Compare the digests that @j claims with @values. Marks what it covers in @is_covered.
 * TRUSTED, MALFORMED, BAD_DIGEST, MISSING_VALUE; *index tells of which value.
 */
enum ansa_trust_result claims_digests(const struct jws *j, struct ansa_values values,
                                      bool *is_covered, uint32_t *index);

/** Digest of a value: its wire form without index and timestamp. */
ANSA_CHECKED enum ansa_err value_digest(const struct ansa_value *v, enum digest_algorithm algorithm,
                                        uint8_t digest[DIGEST_SIZE_MAX]);

/** Same reference: index, and identifier with its prefix in any case. */
bool ref_equal(const struct ansa_ref *a, const struct ansa_ref *b);

#endif
