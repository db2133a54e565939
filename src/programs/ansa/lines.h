/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_PROGRAMS_ANSA_LINES_H
#define ANSA_PROGRAMS_ANSA_LINES_H

#include "ansa/bytes.h"
#include "ansa/err.h"

#include <stdbool.h>

/** The lines of a file or of standard input, gzipped or plain. Nothing on a line ends it early. */
struct lines;

enum line_result {
        LINE_TAKEN,
        LINE_LONG, /* over the maximum; it was skipped */
        LINE_NUL,  /* holds a zero octet; it was skipped */
        LINE_END,
        LINE_FAILED, /* lines_problem says why */
};

/** @path "-" is standard input. ANSA_E_NOT_FOUND when it cannot be opened. */
ANSA_CHECKED enum ansa_err lines_open(const char *path, size_t line_max, struct lines **lines);
void lines_close(struct lines *l); /* NULL is fine */

/** The next line without its end, NUL terminated beyond its size; borrowed until the next call. */
enum line_result lines_next(struct lines *l, struct ansa_bytes *line);

const char *lines_problem(struct lines *l);

#endif
