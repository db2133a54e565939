/* SPDX-License-Identifier: Apache-2.0 */
#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>

void buf_printf(struct buf *b, const char *format, ...)
{
        char text[512];
        va_list args;
        va_start(args, format);
        int n = vsnprintf(text, sizeof(text), format, args);
        va_end(args);
        if (n < 0 || (size_t)n >= sizeof(text))
                buf_fail(b, ANSA_E_LIMIT);
        else
                buf_bytes(b, (struct ansa_bytes){ (const uint8_t *)text, (size_t)n });
}
