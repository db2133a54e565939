/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_IDENTIFIER_CHALLENGE_H
#define ANSA_IDENTIFIER_CHALLENGE_H

#include "base/env.h"
#include "wire/message.h"

/**
 * Requests that wait for their answer (irp-service 5): each is kept whole with its nonce for a
 * limited time, in limited number and limited octets; one answer each. Ids are unpredictable
 * and never those of an open session. When full, the newest request is refused (ANSA_E_BUSY).
 */
struct challenges;

#define NONCE_SIZE 20u /* octets; RFC 3652 wants at least 20, clients take any */

ANSA_CHECKED enum ansa_err challenges_new(struct env *env, uint32_t count_max, uint64_t size_max,
                                          struct challenges **c);
void challenges_free(struct challenges *c);

/** Keep a copy of @message (plaintext, envelope and all). @id is chosen, or given (a session's). */
struct challenge {
        uint32_t id;
        uint32_t session_id; /* of the session it came in, 0 for none */
        uint8_t nonce[NONCE_SIZE];
        uint8_t digest_code;
        uint8_t digest[32];
        uint8_t digest_size;
        struct ansa_bytes message; /* owned by the table until taken, then by the taker: free() */
};
ANSA_CHECKED enum ansa_err challenges_add(struct challenges *c, struct ansa_bytes message,
                                          uint64_t expires_ms, struct challenge *challenge);

/** Take it out: nobody else can answer it. ANSA_E_NOT_FOUND (unknown or expired). */
ANSA_CHECKED enum ansa_err challenges_take(struct challenges *c, uint32_t id, uint64_t now_ms,
                                           struct challenge *challenge);
void challenges_expire(struct challenges *c, uint64_t now_ms);
uint64_t challenges_count(struct challenges *c);

#endif
