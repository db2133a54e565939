/* SPDX-License-Identifier: Apache-2.0 */
/* Where there is neither a standard error stream nor abort: only in libansa-core.a. */
#include "base/assert.h"

void ansa_panic(const char *expr, const char *file, int line)
{
        (void)expr;
        (void)file;
        (void)line;
        for (;;)
                __builtin_trap();
}
