/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_CLIENT_PROOF_H
#define ANSA_CLIENT_PROOF_H

#include "ansa/proof.h"
#include "base/hasher.h"
#include "base/verifier.h"
#include "wire/bundle.h"

/* What the public functions of proofs are made of, all of it in libansa-core.a. */

/** The caller's cryptography in the form in which crypto and wire want it. */
struct proof_hasher {
        struct hasher base;
        const struct ansa_proof_crypto *crypto;
};
struct proof_hasher proof_hasher_of(const struct ansa_proof_crypto *crypto);

struct proof_verifier {
        struct verifier base;
        const struct ansa_proof_crypto *crypto;
};
struct proof_verifier proof_verifier_of(const struct ansa_proof_crypto *crypto);

/** The commitment that an opening leads to. */
void proof_commitment(const struct hasher *h, const struct opening *opening,
                      struct hash256 *commitment);

/** Steps 6 and 7: *proof gets its log, witnesses and their times, or the step that failed. */
ANSA_CHECKED enum ansa_err proof_check_signatures(const struct ansa_proof_input *input,
                                                  const struct bundle *bundle,
                                                  const struct hash256 *root,
                                                  struct ansa_proof *proof);

/** Step 8 and the quorum. */
ANSA_CHECKED enum ansa_err proof_check_age(const struct ansa_proof_input *input,
                                           struct ansa_proof *proof);

#endif
