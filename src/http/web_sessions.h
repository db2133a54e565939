/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_HTTP_WEB_SESSIONS_H
#define ANSA_HTTP_WEB_SESSIONS_H

#include "base/arena.h"
#include "base/env.h"
#include "identifier/identifier.h"

/**
 * Sessions over HTTPS (rest-api 4.4): an unpredictable id that says who asks, once that was
 * proven over the session's nonce. In limited number, those that are proven apart from those that
 * are not; when either are full, the oldest of whichever network has most makes room.
 */
struct web_sessions;

#define WEB_SESSION_ID_SIZE    32u /* characters, hex */
#define WEB_SESSION_NONCE_SIZE 16u /* octets */
#define WEB_SESSIONS_MAX       8192u
#define WEB_SESSION_LIFE_MS    1800000u /* without use; 30 min, what clients know */
#define WEB_SESSION_WAIT_MS    300000u  /* the same while nobody is proven */

struct web_session {
        char id[WEB_SESSION_ID_SIZE + 1];
        uint8_t nonce[WEB_SESSION_NONCE_SIZE];
        bool is_proven;
        struct ansa_ref identity; /* when proven */
};

ANSA_CHECKED enum ansa_err web_sessions_new(struct env *env, struct web_sessions **sessions);
void web_sessions_free(struct web_sessions *s);

/** A new one. @identity NULL: nobody yet. It is borrowed by *session. ANSA_E_NO_MEMORY. */
ANSA_CHECKED enum ansa_err web_sessions_add(struct web_sessions *s, const struct peer *peer,
                                            const struct ansa_ref *identity,
                                            struct web_session *session);

/** A copy (identity in @arena); its time begins anew. ANSA_E_NOT_FOUND, ANSA_E_NO_MEMORY. */
ANSA_CHECKED enum ansa_err web_sessions_find(struct web_sessions *s, struct ansa_bytes id,
                                             struct arena *arena, struct web_session *session);

/** The nonce, once: it is replaced. ANSA_E_NOT_FOUND. */
ANSA_CHECKED enum ansa_err web_sessions_take_nonce(struct web_sessions *s, struct ansa_bytes id,
                                                   uint8_t nonce[WEB_SESSION_NONCE_SIZE]);

/** Somebody has proven to be @identity. ANSA_E_NOT_FOUND, ANSA_E_NO_MEMORY. */
ANSA_CHECKED enum ansa_err web_sessions_prove(struct web_sessions *s, struct ansa_bytes id,
                                              const struct ansa_ref *identity);

/** False: there was none. */
bool web_sessions_end(struct web_sessions *s, struct ansa_bytes id);

void web_sessions_expire(struct web_sessions *s);
/** Those that are proven, and those that wait to be. */
void web_sessions_count(struct web_sessions *s, uint64_t *proven, uint64_t *waiting);

#endif
