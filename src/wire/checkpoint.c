/* SPDX-License-Identifier: Apache-2.0 */
/* Part of libansa-core.a: nothing but string.h. */
#include "wire/checkpoint.h"

#include "base/text.h"
#include "wire/lines.h"
#include "wire/note.h"

static bool are_extensions(struct ansa_bytes lines)
{
        struct ansa_bytes line;
        while (lines_next(&lines, &line)) {
                if (line.size == 0)
                        return false;
        }
        return lines.size == 0;
}

enum ansa_err checkpoint_decode(struct ansa_bytes text, struct checkpoint *c)
{
        struct checkpoint got;
        struct ansa_bytes size;
        struct ansa_bytes root;
        memset(c, 0, sizeof(*c));
        if (!note_is_text(text) || !lines_next(&text, &got.origin) || got.origin.size == 0 ||
            !lines_next(&text, &size) || !lines_next(&text, &root))
                return ANSA_E_MALFORMED;
        enum ansa_err err = text_decimal(size, UINT64_MAX, &got.size);
        if (err != ANSA_OK)
                return err;
        if (!lines_hash(root, &got.root) || !are_extensions(text))
                return ANSA_E_MALFORMED;
        got.extensions = text;
        *c = got;
        return ANSA_OK;
}

void checkpoint_encode(const struct checkpoint *c, struct buf *b)
{
        size_t start = b->size;
        buf_bytes(b, c->origin);
        buf_u8(b, '\n');
        buf_decimal(b, c->size);
        buf_u8(b, '\n');
        lines_put_hash(&c->root, b);
        buf_bytes(b, c->extensions);
        if (b->err != ANSA_OK)
                return;
        struct ansa_bytes text = { b->at + start, b->size - start };
        bool is_line = c->origin.size > 0 && memchr(c->origin.at, '\n', c->origin.size) == NULL;
        if (!is_line || !are_extensions(c->extensions) || !note_is_text(text))
                buf_fail(b, ANSA_E_ARGUMENT);
}
