/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_BASE_LOG_H
#define ANSA_BASE_LOG_H

#include "ansa/bytes.h"

#include <stdio.h>

/**
 * One line an event, in logfmt on a stream: ts=... level=... event=... key=value ...
 * Values that came from a peer go through log_quote. No secrets, ever. A line of
 * an event that repeats is limited to a few a second; what was left out is told
 * by the next line that gets through (suppressed=N). Thread safe.
 */
enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARN, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

/** Before the first line. @stream is stderr or a file; lines above @level are dropped. */
void log_open(FILE *stream, enum log_level level);

/**
 * @event  a static string naming the kind of event, e.g. "refused"; the rate
 *         limit counts by it.
 * @format the rest of the line, already in key=value form; may be "".
 */
void log_event(enum log_level level, const char *event, const char *format, ...)
        __attribute__((format(printf, 3, 4)));

#define log_error(...) log_event(LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warn(...)  log_event(LOG_LEVEL_WARN, __VA_ARGS__)
#define log_info(...)  log_event(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_debug(...) log_event(LOG_LEVEL_DEBUG, __VA_ARGS__)

/**
 * @bytes as a quoted logfmt value in @text (at most @room bytes with its NUL):
 * control and non-ASCII octets and quotes as \xNN, cut with "..." when long.
 * Returns @text.
 */
const char *log_quote(struct ansa_bytes bytes, char *text, size_t room);

#endif
