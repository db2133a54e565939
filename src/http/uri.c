/* SPDX-License-Identifier: Apache-2.0 */
#include "http/uri.h"

static int digit(uint8_t c)
{
        if (c >= '0' && c <= '9')
                return c - '0';
        c |= 0x20;
        return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool is_plain(struct ansa_bytes text, bool plus_is_space)
{
        return text.size == 0 || (memchr(text.at, '%', text.size) == NULL &&
                                  (!plus_is_space || memchr(text.at, '+', text.size) == NULL));
}

enum ansa_err uri_decode(struct ansa_bytes text, bool plus_is_space, struct arena *arena,
                         struct ansa_bytes *decoded)
{
        *decoded = text;
        if (is_plain(text, plus_is_space))
                return ANSA_OK;
        *decoded = (struct ansa_bytes){ 0 };
        uint8_t *at = arena_alloc(arena, text.size);
        if (at == NULL)
                return ANSA_E_NO_MEMORY;
        size_t size = 0;
        for (size_t i = 0; i < text.size; i++) {
                uint8_t c = text.at[i];
                if (c == '%') {
                        int high = text.size - i > 2 ? digit(text.at[i + 1]) : -1;
                        int low = text.size - i > 2 ? digit(text.at[i + 2]) : -1;
                        if (high < 0 || low < 0)
                                return ANSA_E_MALFORMED;
                        c = (uint8_t)(high << 4 | low);
                        i += 2;
                } else if (c == '+' && plus_is_space) {
                        c = ' ';
                }
                at[size++] = c;
        }
        *decoded = (struct ansa_bytes){ at, size };
        return ANSA_OK;
}
