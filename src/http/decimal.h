/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_HTTP_DECIMAL_H
#define ANSA_HTTP_DECIMAL_H

#include "base/buf.h"

/**
 * Numbers like those of weights, scores and quality values, as millionths: exact, without
 * floating point, whose text depends on a locale. "1", "0.5", "-.25", "+3."; further digits of a
 * fraction are cut, numbers above a thousand millions are as good as that.
 */
#define DECIMAL_ONE 1000000
#define DECIMAL_MAX (INT64_C(1000000000) * DECIMAL_ONE)

/** The number, or @otherwise when @text is none. Spaces around it do not matter. */
int64_t decimal_parse(struct ansa_bytes text, int64_t otherwise);

/** The shortest text that decimal_parse reads as @number. */
void decimal_put(int64_t number, struct buf *b);

#endif
