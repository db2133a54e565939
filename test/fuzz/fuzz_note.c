/* SPDX-License-Identifier: Apache-2.0 */
/* A note, lines of signatures, a checkpoint, a verifier key: whatever is read is written the same. */
#include "base/assert.h"
#include "crypto/hasher.h"
#include "wire/checkpoint.h"
#include "wire/note.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void put_lines(const struct note *n, struct buf *b)
{
        struct ansa_bytes lines = n->lines;
        struct note_signature s;
        unsigned count = 0;
        while (note_next(&lines, &s)) {
                uint8_t octets[NOTE_COSIGNATURE_SIZE];
                ansa_assert(note_is_name(s.name) && s.size > 0);
                count++;
                if (note_signature_octets(&s, octets, s.size <= sizeof(octets) ? s.size : 0) ==
                    ANSA_OK) {
                        note_put_signature(s.name, s.key_id, (struct ansa_bytes){ octets, s.size },
                                           b);
                        continue;
                }
                ansa_assert(s.size > sizeof(octets)); /* longer than ours: its line as it is */
                const uint8_t *end = s.base64.at + s.base64.size + 1;
                const uint8_t *start = s.name.at - 4;
                buf_bytes(b, (struct ansa_bytes){ start, (size_t)(end - start) });
        }
        ansa_assert(count == n->count && count > 0 && count <= NOTE_SIGNATURES_MAX);
        ansa_assert(lines.size == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        struct ansa_bytes input = { data, size };
        struct note n;
        struct checkpoint c;
        struct note_key k;
        struct buf b = buf_growing(2 * size + 64);
        if (note_decode(input, &n) == ANSA_OK) {
                note_put_text(n.text, &b);
                put_lines(&n, &b);
                ansa_assert(ansa_bytes_equal(buf_written(&b), input));
        }
        buf_reset(&b);
        if (note_decode_lines(input, &n) == ANSA_OK) {
                put_lines(&n, &b);
                ansa_assert(ansa_bytes_equal(buf_written(&b), input));
        }
        buf_reset(&b);
        if (checkpoint_decode(input, &c) == ANSA_OK) {
                checkpoint_encode(&c, &b);
                ansa_assert(ansa_bytes_equal(buf_written(&b), input));
        }
        buf_reset(&b);
        if (note_key_decode(&crypto_hasher, input, &k) == ANSA_OK) {
                note_key_encode(&k, &b);
                ansa_assert(ansa_bytes_equal(buf_written(&b), input));
        }
        buf_fini(&b);
        return 0;
}
