/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_IDENTIFIER_PATTERN_H
#define ANSA_IDENTIFIER_PATTERN_H

#include "ansa/bytes.h"
#include "ansa/err.h"

/**
 * Regular expressions of templates: Perl's dialect, which is near enough to Java's. Whoever
 * administers a prefix writes them, so their work is metered: every step that the matcher
 * takes is paid for from a budget, and when it is gone the match fails.
 */
#define PATTERN_SIZE_MAX    4096u
#define PATTERN_GROUPS_MAX  32u     /* with group 0, the whole; later ones are empty */
#define PATTERN_BUDGET      100000u /* steps for one request: some ten milliseconds */
#define PATTERN_SUBJECT_MAX 16384u  /* octets */

struct pattern_match {
        struct ansa_bytes groups[PATTERN_GROUPS_MAX]; /* borrowed from the subject */
        size_t group_count;
};

/**
 * Does the whole of @subject match? ANSA_E_NOT_FOUND when not, or when it is not UTF-8.
 * ANSA_E_MALFORMED: the pattern is wrong. ANSA_E_LIMIT: too long, too deep, or *budget is gone.
 */
ANSA_CHECKED enum ansa_err pattern_match(struct ansa_bytes pattern, struct ansa_bytes subject,
                                         bool ignore_case, uint32_t *budget,
                                         struct pattern_match *match);

#endif
