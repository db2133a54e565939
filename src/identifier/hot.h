/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_IDENTIFIER_HOT_H
#define ANSA_IDENTIFIER_HOT_H

#include "identifier/service.h"

/**
 * The short way of the commonest request: resolve all public values of an identifier whose
 * record is in the cache. No allocation, no lock, no store, no look at the values: header,
 * name, count, and the public front part of the stored record. Whatever is different about a
 * request (a filter, a flag, a session, a site of several servers) sends it the long way,
 * which gives the same answer to the same question.
 */
struct hot;

ANSA_CHECKED enum ansa_err hot_new(struct hot **hot);
void hot_free(struct hot *hot);

/** What was hinted is forgotten; the clock is read once for all that follows. */
void hot_begin(struct identifier_worker *worker);

/** Decode, fold and hash @messages, and start loading what they will need. */
void hot_hint(struct identifier_worker *worker, const struct ansa_bytes *messages, size_t count);

/** True: the answer was appended to @reply. False: nothing happened, go the long way. */
bool hot_serve(struct identifier_worker *worker, const struct peer *peer, struct ansa_bytes message,
               struct buf *reply);

/** The long way found that names with the prefix of folded @key are homed here. */
void hot_learn_homed(struct identifier_worker *worker, struct ansa_bytes key);

#endif
