/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_PROGRAMS_PROGRESS_H
#define ANSA_PROGRAMS_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

/**
 * How far a long piece of work is, on stderr: one line that is rewritten on a terminal,
 * a plain line every ten seconds elsewhere.
 */
struct progress {
        const char *what; /* e.g. "importing" */
        const char *unit; /* e.g. "records" */
        uint64_t total;   /* 0 = unknown */
        uint64_t begun_ms;
        uint64_t shown_ms;
        bool is_terminal;
        bool is_silent;
};

void progress_begin(struct progress *p, const char *what, const char *unit, uint64_t total,
                    bool is_silent);
/** Cheap enough to call for every record. */
void progress_at(struct progress *p, uint64_t done);
/** The last line: how many, how long, how fast. */
void progress_end(struct progress *p, uint64_t done);

#endif
