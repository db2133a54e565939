/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_IDENTIFIER_PROOF_H
#define ANSA_IDENTIFIER_PROOF_H

#include "identifier/view.h"
#include "wire/body.h"

/**
 * Is an answer to a challenge right (irp-service 5.2)? Slow lane only: public-key work,
 * PBKDF2, and keys that are kept elsewhere.
 */
struct proof {
        struct ansa_bytes nonce;
        struct ansa_bytes digest;   /* of the challenged request */
        struct ansa_bytes answer;   /* as sent, irp-wire 4.11 */
        const struct ansa_ref *key; /* index 0: any value of the right type */
        uint16_t version;           /* of the message with the answer */
        bool allow_old_crypto;      /* MD5, SHA-1 with DSA */
};

/** RC_SUCCESS and the real @index of the key; RC_AUTHENTICATION; RC_UNABLE_TO_VERIFY. */
uint32_t proof_check_public(struct view *v, const struct proof *p, uint32_t *index);
uint32_t proof_check_secret(struct view *v, const struct proof *p, uint32_t *index);

/** Is @own one of the HS_PUBKEY values of p->key? Nonce, digest and answer are not looked at. */
uint32_t proof_check_own_key(struct view *v, const struct proof *p, const struct ansa_key *own,
                             uint32_t *index);

/** The same against secret keys that are kept here, for servers that ask us (op 201). */
uint32_t proof_check_own_secret(struct ansa_values record, const struct proof *p, uint32_t *index);

#endif
