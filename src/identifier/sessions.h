/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_IDENTIFIER_SESSIONS_H
#define ANSA_IDENTIFIER_SESSIONS_H

#include "ansa/value.h"
#include "base/arena.h"
#include "base/env.h"
#include "crypto/session.h"

/**
 * Open sessions (irp-service 6), in limited number. Ids are random, 31 bits, not 0; they are
 * even, and those of challenges odd, so that one never names the other. A session ends when it
 * was idle for its time-out. When the table is full an unproven session makes room: one that was
 * set up in datagrams, else of whoever has most of them (shares.h) the one that was idle longest.
 * Where there is none, a session with a proven identity does, if its origin has more of those
 * than the newcomer would have; otherwise, and for newcomers in datagrams, ANSA_E_BUSY.
 * All calls are thread safe; what they hand out is copied.
 */
struct sessions;

#define SESSION_ID_MASK       0x7ffffffeu
#define CHALLENGE_ID_BIT      0x00000001u
#define SESSION_COUNTER_COUNT 199u /* counters remembered for each session */

struct session {
        uint32_t id;
        bool has_key; /* mode 2 before its key exchange has none */
        struct session_key key;
        struct ansa_ref identity; /* claimed at set-up; name empty: anonymous */
        bool is_authentic;        /* identity is proven */
        uint64_t idle_ms_max;
        uint64_t origin; /* of whom it was set up for, see shares.h */
};

ANSA_CHECKED enum ansa_err sessions_new(struct env *env, uint32_t count_max, struct sessions **s);
void sessions_free(struct sessions *s); /* keys are wiped */
void sessions_set_max(struct sessions *s, uint32_t count_max);

/** Open one; session->id is chosen. ANSA_E_BUSY, ANSA_E_NO_MEMORY. */
ANSA_CHECKED enum ansa_err sessions_add(struct sessions *s, struct session *session,
                                        uint64_t now_ms);

/** A copy of session @id, its identity in @arena. ANSA_E_NOT_FOUND also when it has expired. */
ANSA_CHECKED enum ansa_err sessions_find(struct sessions *s, uint32_t id, uint64_t now_ms,
                                         struct arena *arena, struct session *copy);

/** An authentic message came: the session is not idle. */
void sessions_touch(struct sessions *s, uint32_t id, uint64_t now_ms);

/**
 * Remember @counter. ANSA_E_EXISTS when it is remembered, or not above the highest that was
 * forgotten; ANSA_E_NOT_FOUND when the session is gone.
 */
ANSA_CHECKED enum ansa_err sessions_claim(struct sessions *s, uint32_t id, uint32_t counter);

/** The identity that was claimed at set-up is proven, by the key that is value @index. */
void sessions_prove(struct sessions *s, uint32_t id, uint32_t index);

/** The key of a mode 2 session, once. ANSA_E_EXISTS, ANSA_E_NOT_FOUND. */
ANSA_CHECKED enum ansa_err sessions_set_key(struct sessions *s, uint32_t id,
                                            const struct session_key *key);

void sessions_remove(struct sessions *s, uint32_t id);
void sessions_expire(struct sessions *s, uint64_t now_ms);
uint64_t sessions_count(struct sessions *s);

#endif
