/* SPDX-License-Identifier: Apache-2.0 */
/* A document that is read can be written, and what was written reads back as the same. */
#include "base/assert.h"
#include "wire/xml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define WRITTEN_MAX (8u * XML_SIZE_MAX)

static void write_again(const struct xml_node *root, struct buf *b)
{
        buf_text(b, "<a>");
        xml_put_children(root, b);
        buf_text(b, "</a>");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        struct arena arena;
        arena_init(&arena, 16u << 20);
        const struct xml_node *root;
        enum ansa_err err = xml_parse((struct ansa_bytes){ data, size }, &arena, &root);
        ansa_assert((err == ANSA_OK) == (root != NULL));
        struct buf first = buf_growing(WRITTEN_MAX);
        struct buf second = buf_growing(WRITTEN_MAX);
        if (root != NULL)
                write_again(root, &first);
        /* A carriage return that was written as &#13; comes back as a line feed: only once. */
        for (int i = 0; i < 2 && first.err == ANSA_OK && first.size > 0; i++) {
                err = xml_parse(buf_written(&first), &arena, &root);
                if (err == ANSA_E_LIMIT || err == ANSA_E_NO_MEMORY)
                        break; /* escapes made it longer */
                ansa_assert(err == ANSA_OK);
                buf_reset(&second);
                write_again(root, &second);
                ansa_assert(i == 0 || ansa_bytes_equal(buf_written(&first), buf_written(&second)));
                struct buf swap = first;
                first = second;
                second = swap;
        }
        buf_fini(&first);
        buf_fini(&second);
        arena_fini(&arena);
        return 0;
}
