/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/codes.h"

const char *operation_text(uint32_t op)
{
        switch (op) {
/* clang-format off */
#define X(name, number, text) case number: return text;
                OPERATION_MAP(X)
#undef X
                /* clang-format on */
        default: /* numbers come from peers */
                return "unknown";
        }
}

const char *response_text(uint32_t rc)
{
        switch (rc) {
/* clang-format off */
#define X(name, number, text) case number: return text;
                RESPONSE_MAP(X)
#undef X
                /* clang-format on */
        default:
                return "unknown";
        }
}
