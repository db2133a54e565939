/* SPDX-License-Identifier: Apache-2.0 */
/* The text form of bundles. Part of libansa-core.a: nothing but string.h. */
#include "wire/bundle.h"

#include "base/text.h"
#include "wire/lines.h"

#define FIRST_LINE ANSA_BYTES_LIT("c2sp.org/tlog-proof@v1\n")
#define EXTRA      ANSA_BYTES_LIT("extra ")
#define INDEX      ANSA_BYTES_LIT("index ")

static bool begins_with(struct ansa_bytes text, struct ansa_bytes front)
{
        return text.size >= front.size && memcmp(text.at, front.at, front.size) == 0;
}

bool bundle_is_text(struct ansa_bytes octets)
{
        return begins_with(octets, FIRST_LINE);
}

void bundle_put_text(const struct bundle *bundle, const struct hash256 *root, struct buf *b)
{
        struct bundle_signature s;
        struct ansa_bytes signatures = bundle->signatures;
        buf_bytes(b, FIRST_LINE);
        buf_bytes(b, EXTRA);
        text_put_base64(b, bundle->front, TEXT_BASE64);
        buf_u8(b, '\n');
        buf_bytes(b, INDEX);
        buf_decimal(b, bundle->number);
        buf_u8(b, '\n');
        for (size_t i = 0; i < bundle->inclusion_count; i++)
                lines_put_hash(&bundle->inclusion[i], b);
        buf_u8(b, '\n');
        bundle_put_checkpoint(bundle, root, b);
        buf_u8(b, '\n');
        while (bundle_next_signature(bundle, &signatures, &s))
                note_put_signature(s.name, s.key_id, s.octets, b);
}

/* The rest of a line that begins with @front; empty, and the line is left, when it does not. */
static struct ansa_bytes take_line(struct ansa_bytes *rest, struct ansa_bytes front)
{
        struct ansa_bytes line;
        if (!begins_with(*rest, front) || !lines_next(rest, &line))
                return (struct ansa_bytes){ 0 };
        return lines_after(line, front.size);
}

/* As many lines as there have to be, and an empty one: octets of hashes to @b. */
static enum ansa_err take_inclusion(struct ansa_bytes *rest, uint64_t number, struct buf *b)
{
        struct ansa_bytes line;
        struct hash256 hash;
        for (size_t i = bundle_inclusion_count(number); i > 0; i--) {
                if (!lines_next(rest, &line) || !lines_hash(line, &hash))
                        return ANSA_E_MALFORMED;
                buf_bytes(b, (struct ansa_bytes){ hash.at, HASH_SIZE });
        }
        return lines_next(rest, &line) && line.size == 0 ? b->err : ANSA_E_MALFORMED;
}

/* *extra: octets of the part that the text calls so. */
static enum ansa_err to_binary(struct ansa_bytes text, struct buf *b, struct hash256 *root,
                               size_t *extra)
{
        uint64_t number;
        struct note note;
        size_t before = b->size;
        if (!bundle_is_text(text))
                return ANSA_E_MALFORMED;
        struct ansa_bytes rest = lines_after(text, FIRST_LINE.size);
        enum ansa_err err = text_base64_exact(take_line(&rest, EXTRA), b);
        *extra = b->size - before;
        if (err != ANSA_OK)
                return err;
        err = text_decimal(take_line(&rest, INDEX), BUNDLE_NUMBER_MAX, &number);
        if (err != ANSA_OK)
                return err;
        buf_u64(b, number);
        err = take_inclusion(&rest, number, b);
        if (err == ANSA_OK)
                err = note_decode(rest, &note);
        if (err == ANSA_OK)
                bundle_put_note(number, &note, root, b);
        return err == ANSA_OK ? b->err : err;
}

enum ansa_err bundle_decode_text(struct ansa_bytes text, struct buf *b, struct bundle *bundle,
                                 struct hash256 *root)
{
        size_t before = b->size;
        size_t extra = 0;
        memset(bundle, 0, sizeof(*bundle));
        memset(root, 0, sizeof(*root));
        if (text.size > BUNDLE_TEXT_SIZE_MAX)
                return ANSA_E_LIMIT;
        enum ansa_err err = to_binary(text, b, root, &extra);
        if (err == ANSA_OK) {
                struct ansa_bytes all = lines_after(buf_written(b), before);
                err = bundle_decode(all, bundle);
        }
        /* The same octets could be divided otherwise than the lines say. */
        if (err == ANSA_OK && bundle->front.size != extra) {
                memset(bundle, 0, sizeof(*bundle));
                err = ANSA_E_MALFORMED;
        }
        if (err != ANSA_OK)
                memset(root, 0, sizeof(*root));
        return err;
}
