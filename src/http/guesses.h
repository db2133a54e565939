/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_HTTP_GUESSES_H
#define ANSA_HTTP_GUESSES_H

#include "base/env.h"
#include "identifier/identifier.h"

/**
 * How often somebody may be wrong about a secret. Three things are counted, and forgotten with
 * time: wrong guesses of a network, of a network about one identity, and of all about one
 * identity. The last holds only for networks that have been wrong about it themselves a short
 * time ago: whoever guesses, from however many places, keeps no administrator out who comes from
 * elsewhere and knows the secret.
 *
 * In fixed room. What does not fit is forgotten, the least first: then more may be guessed, and
 * nobody is refused for what others did.
 */
struct guesses;

#define GUESSES_NETWORK_MAX  30u    /* at once; */
#define GUESSES_NETWORK_MS   10000u /* and one more in this time */
#define GUESSES_PAIR_MAX     10u
#define GUESSES_PAIR_MS      60000u
#define GUESSES_IDENTITY_MAX 100u
#define GUESSES_IDENTITY_MS  10000u

ANSA_CHECKED enum ansa_err guesses_new(struct env *env, struct guesses **guesses);
void guesses_free(struct guesses *g); /* NULL is fine */

/**
 * Whose guess it is. Of those who ask on behalf of many others (rest-api 2, verifications) the
 * network is not counted: one of the many would keep all others out.
 */
enum guess_of { GUESS_OF_PEER, GUESS_OF_OTHERS };

/** Seconds until @peer may try a secret of @identity (its name) again; 0: now. Counts refusals. */
uint32_t guesses_wait_s(struct guesses *g, enum guess_of of, const struct peer *peer,
                        struct ansa_bytes identity);

/** It was wrong, or right. */
void guesses_note(struct guesses *g, enum guess_of of, const struct peer *peer,
                  struct ansa_bytes identity, bool is_right);

/** Since the start. */
void guesses_count(const struct guesses *g, uint64_t *wrong, uint64_t *refused);

#endif
