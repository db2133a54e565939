/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_LEDGER_SIGN_H
#define ANSA_LEDGER_SIGN_H

#include "base/signer.h"
#include "wire/note.h"

/**
 * Append the signature line of @key, whose private half @signer has, over @text: what a log does
 * to its checkpoints (NOTE_ED25519), and what a witness does (NOTE_COSIGNATURE, at @time_s).
 * ANSA_E_ARGUMENT: the key is of the other type, the text none, or the time none. Nothing is appended
 * after a failure.
 */
ANSA_CHECKED enum ansa_err ledger_sign(struct signer *signer, const struct note_key *key,
                                       struct ansa_bytes text, struct buf *b);
ANSA_CHECKED enum ansa_err ledger_cosign(struct signer *signer, const struct note_key *key,
                                         uint64_t time_s, struct ansa_bytes text, struct buf *b);

#endif
