/* SPDX-License-Identifier: Apache-2.0 */
#include "ansa/err.h"

/* clang-format off */
static const struct {
        const char *text;
        enum ansa_err_class class;
} err_table[ANSA_ERR_COUNT] = {
        [ANSA_OK] = { "ok", ANSA_CLASS_NONE },
#define X(name, text, class) [ANSA_E_##name] = { text, ANSA_CLASS_##class },
        ANSA_ERR_MAP(X)
#undef X
};
/* clang-format on */

const char *ansa_err_text(enum ansa_err err)
{
        return (unsigned)err < ANSA_ERR_COUNT ? err_table[err].text : "unknown error";
}

enum ansa_err_class ansa_err_class(enum ansa_err err)
{
        return (unsigned)err < ANSA_ERR_COUNT ? err_table[err].class : ANSA_CLASS_LOCAL;
}
