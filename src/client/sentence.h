/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_CLIENT_SENTENCE_H
#define ANSA_CLIENT_SENTENCE_H

#include "ansa/bytes.h"

/** Sentences for people, in the caller's room: cut when they are too long. */
void sentence_put(char *text, size_t room, const char *format, ...)
        __attribute__((format(printf, 3, 4)));

/**
 * Octets that somebody else chose, as text of at most @most octets: control characters, which could
 * do harm on a terminal, as "?". Returns @text.
 */
const char *sentence_quote(char *text, size_t room, struct ansa_bytes from, size_t most);

#endif
