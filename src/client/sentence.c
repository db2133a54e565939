/* SPDX-License-Identifier: Apache-2.0 */
#include "client/sentence.h"

#include "base/assert.h"

#include <stdarg.h>
#include <stdio.h>

void sentence_put(char *text, size_t room, const char *format, ...)
{
        va_list args;
        va_start(args, format);
        (void)vsnprintf(text, room, format, args);
        va_end(args);
}

const char *sentence_quote(char *text, size_t room, struct ansa_bytes from, size_t most)
{
        size_t n = 0;
        ansa_assert(room >= 4);
        for (size_t i = 0; i < from.size && i < most && n + 4 < room; i++) {
                uint8_t c = from.at[i];
                text[n++] = (char)(c < 0x20 || c == 0x7f ? '?' : c);
        }
        if (n < from.size) {
                memcpy(text + n, "...", 3);
                n += 3;
        }
        text[n] = '\0';
        return text;
}
