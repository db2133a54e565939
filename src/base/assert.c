/* SPDX-License-Identifier: Apache-2.0 */
#include "base/assert.h"

#include <stdio.h>
#include <stdlib.h>

void ansa_panic(const char *expr, const char *file, int line)
{
        (void)fprintf(stderr, "panic: %s (%s:%d)\n", expr, file, line);
        abort();
}
