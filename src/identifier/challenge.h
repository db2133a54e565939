/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_IDENTIFIER_CHALLENGE_H
#define ANSA_IDENTIFIER_CHALLENGE_H

#include "base/env.h"
#include "crypto/digest.h"
#include "wire/message.h"

/**
 * Requests that wait for their answer (irp-service 5): each is kept whole with its nonce for a
 * limited time, in limited number and limited octets; one answer each. Ids are unpredictable
 * and odd, which those of sessions never are. A request in a session has the session's id, and
 * clients send several at once: a few wait beside each other, and the answer tells by its
 * signature which one it is for. When full, the oldest of whoever has most there makes room
 * (shares.h); for requests in datagrams only others of those, else ANSA_E_BUSY.
 */
struct challenges;

#define NONCE_SIZE            20u /* octets; RFC 3652 wants at least 20, clients take any */
#define CHALLENGES_IN_SESSION 4u  /* that wait in one session; one more pushes out the oldest */

ANSA_CHECKED enum ansa_err challenges_new(struct env *env, uint32_t count_max, uint64_t size_max,
                                          struct challenges **c);
void challenges_free(struct challenges *c); /* NULL is fine */
void challenges_set_max(struct challenges *c, uint32_t count_max);

struct challenge {
        uint32_t id;         /* chosen when 0, else a session's */
        uint32_t session_id; /* of the session it came in, 0 for none */
        uint8_t nonce[NONCE_SIZE];
        uint8_t digest_code;
        uint8_t digest_size;
        uint8_t digest[DIGEST_SIZE_MAX];
        uint64_t expires_ms;
        uint64_t origin;           /* of whom it waits for, see shares.h */
        struct ansa_bytes message; /* owned by the table until taken, then by the taker: free() */
};

/**
 * Keep a copy of @message (plaintext, envelope and all); the nonce is chosen. ANSA_E_BUSY when
 * there is no room for it.
 */
ANSA_CHECKED enum ansa_err challenges_add(struct challenges *c, struct ansa_bytes message,
                                          struct challenge *challenge);

/** Take the newest out: nobody else can answer it. ANSA_E_NOT_FOUND (unknown or expired). */
ANSA_CHECKED enum ansa_err challenges_take(struct challenges *c, uint32_t id, uint64_t now_ms,
                                           struct challenge *challenge);

/** Taken, but the answer was another's: wait on. Owns challenge->message again. */
void challenges_give_back(struct challenges *c, const struct challenge *challenge);

/** Would challenges_take find one? */
bool challenges_have(struct challenges *c, uint32_t id, uint64_t now_ms);

void challenges_expire(struct challenges *c, uint64_t now_ms);
uint64_t challenges_count(struct challenges *c);

#endif
