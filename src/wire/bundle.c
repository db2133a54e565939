/* SPDX-License-Identifier: Apache-2.0 */
/* Part of libansa-core.a: nothing but string.h. */
#include "wire/bundle.h"

#include "base/assert.h"
#include "base/text.h"
#include "wire/checkpoint.h"

#define MAGIC         ANSA_BYTES_LIT("ANSA")
#define VERSION       1u
#define KEY_ID_SIZE   4u
#define SIGNATURE_MIN (1u + 2u + KEY_ID_SIZE + 1u) /* octets of one here */

/* Paths of the dictionary (docs/ledger.md, section 2). */
#define PATH_STEP_SIZE  33u
#define PATH_END_OTHER  2u
#define PATH_OTHER_SIZE 64u

/* The octets of a path; what they mean is not looked at. */
static struct ansa_bytes take_path(struct cursor *c)
{
        const uint8_t *start = c->at;
        (void)cursor_bytes(c, (size_t)cursor_u8(c) * PATH_STEP_SIZE);
        uint8_t end = cursor_u8(c);
        if (end > PATH_END_OTHER)
                cursor_fail(c, ANSA_E_MALFORMED);
        if (end == PATH_END_OTHER)
                (void)cursor_bytes(c, PATH_OTHER_SIZE);
        return cursor_since(c, start);
}

static void take_front(struct cursor *c, struct bundle *b)
{
        const uint8_t *start = c->at;
        if (!ansa_bytes_equal(cursor_bytes(c, MAGIC.size), MAGIC))
                cursor_fail(c, ANSA_E_MALFORMED);
        if (cursor_u8(c) != VERSION)
                cursor_fail(c, ANSA_E_UNSUPPORTED);
        uint8_t subject = cursor_u8(c);
        if (subject > 1)
                cursor_fail(c, ANSA_E_MALFORMED);
        b->is_record = subject == 1;
        uint16_t size = cursor_u16(c);
        if (size == 0)
                cursor_fail(c, ANSA_E_MALFORMED);
        else if (size > BUNDLE_NAME_MAX)
                cursor_fail(c, ANSA_E_LIMIT);
        b->name = cursor_bytes(c, size);
        if (b->is_record)
                opening_decode(c, &b->opening);
        b->path = take_path(c);
        b->time_s = cursor_u64(c);
        b->front = cursor_since(c, start);
}

static void take_signature(struct cursor *c, struct ansa_bytes origin, struct bundle_signature *s)
{
        s->name = cursor_bytes(c, cursor_u8(c));
        uint16_t size = cursor_u16(c);
        if (size > KEY_ID_SIZE + NOTE_SIGNATURE_SIZE_MAX)
                cursor_fail(c, ANSA_E_LIMIT);
        else if (size <= KEY_ID_SIZE)
                cursor_fail(c, ANSA_E_MALFORMED);
        s->key_id = cursor_u32(c);
        s->octets = cursor_bytes(c, (size_t)size - KEY_ID_SIZE);
        if (c->err != ANSA_OK)
                return;
        if (s->name.size == 0)
                s->name = origin;
        else if (ansa_bytes_equal(s->name, origin) || !note_is_name(s->name))
                cursor_fail(c, ANSA_E_MALFORMED);
}

static void take_signatures(struct cursor *c, struct bundle *b)
{
        b->origin = cursor_bytes(c, cursor_u8(c));
        if (!note_is_name(b->origin))
                cursor_fail(c, ANSA_E_MALFORMED);
        b->signature_count = cursor_u8(c);
        if (b->signature_count > NOTE_SIGNATURES_MAX)
                cursor_fail(c, ANSA_E_LIMIT);
        else if (b->signature_count == 0)
                cursor_fail(c, ANSA_E_MALFORMED);
        const uint8_t *start = c->at;
        for (uint32_t i = 0; i < b->signature_count && c->err == ANSA_OK; i++) {
                struct bundle_signature s;
                take_signature(c, b->origin, &s);
        }
        b->signatures = cursor_since(c, start);
}

enum ansa_err bundle_decode(struct ansa_bytes octets, struct bundle *bundle)
{
        struct bundle got = { 0 };
        struct cursor c = cursor_over(octets);
        memset(bundle, 0, sizeof(*bundle));
        if (octets.size > BUNDLE_SIZE_MAX)
                return ANSA_E_LIMIT;
        take_front(&c, &got);
        got.number = cursor_u64(&c);
        if (got.number > BUNDLE_NUMBER_MAX)
                cursor_fail(&c, ANSA_E_LIMIT);
        got.inclusion_count = bundle_inclusion_count(got.number);
        got.inclusion = (const void *)cursor_take(&c, got.inclusion_count * HASH_SIZE);
        take_signatures(&c, &got);
        enum ansa_err err = cursor_end(&c);
        if (err == ANSA_OK)
                *bundle = got;
        return err;
}

bool bundle_next_signature(const struct bundle *bundle, struct ansa_bytes *signatures,
                           struct bundle_signature *s)
{
        struct cursor c = cursor_over(*signatures);
        memset(s, 0, sizeof(*s));
        if (c.left == 0)
                return false;
        take_signature(&c, bundle->origin, s);
        ansa_assert(c.err == ANSA_OK); /* all of them were decoded before */
        *signatures = cursor_rest(&c);
        return true;
}

void bundle_put_checkpoint(const struct bundle *bundle, const struct hash256 *root, struct buf *b)
{
        const struct checkpoint c = { .origin = bundle->origin,
                                      .size = bundle->number + 1,
                                      .root = *root };
        checkpoint_encode(&c, b);
}

void bundle_put_front(bool is_record, struct ansa_bytes name, struct buf *b)
{
        if (name.size == 0 || name.size > BUNDLE_NAME_MAX) {
                buf_fail(b, ANSA_E_ARGUMENT);
                return;
        }
        buf_bytes(b, MAGIC);
        buf_u8(b, VERSION);
        buf_u8(b, is_record ? 1 : 0);
        buf_u16(b, (uint16_t)name.size);
        buf_bytes(b, name);
}

static void put_signature(const struct note_signature *s, struct ansa_bytes origin, struct buf *b)
{
        bool is_log = ansa_bytes_equal(s->name, origin);
        if (s->name.size > UINT8_MAX) {
                buf_fail(b, ANSA_E_LIMIT);
                return;
        }
        buf_u8(b, is_log ? 0 : (uint8_t)s->name.size);
        if (!is_log)
                buf_bytes(b, s->name);
        buf_u16(b, (uint16_t)(KEY_ID_SIZE + s->size)); /* notes are decoded with a limit */
        enum ansa_err err = b->err == ANSA_OK ? text_base64_exact(s->base64, b) : ANSA_OK;
        if (err != ANSA_OK)
                buf_fail(b, err);
}

void bundle_put_note(uint64_t number, const struct note *note, struct hash256 *root, struct buf *b)
{
        struct checkpoint c;
        struct note_signature s;
        enum ansa_err err = checkpoint_decode(note->text, &c);
        if (err == ANSA_OK && (number > BUNDLE_NUMBER_MAX || c.size != number + 1))
                err = ANSA_E_MALFORMED;
        if (err == ANSA_OK &&
            (c.extensions.size > 0 || c.origin.size > BUNDLE_ORIGIN_MAX || !note_is_name(c.origin)))
                err = ANSA_E_UNSUPPORTED;
        *root = c.root;
        if (err != ANSA_OK) {
                buf_fail(b, err);
                return;
        }
        buf_u8(b, (uint8_t)c.origin.size);
        buf_bytes(b, c.origin);
        buf_u8(b, (uint8_t)note->count);
        struct ansa_bytes lines = note->lines;
        while (note_next(&lines, &s))
                put_signature(&s, c.origin, b);
}

size_t bundle_inclusion_count(uint64_t number)
{
        size_t count = 0;
        for (; number != 0; number >>= 1)
                count += number & 1;
        return count;
}

void bundle_put_back(uint64_t time_s, uint64_t number, const struct hash256 *inclusion,
                     const struct note *note, struct buf *b)
{
        struct hash256 root;
        const size_t count = bundle_inclusion_count(number);
        buf_u64(b, time_s);
        buf_u64(b, number);
        buf_bytes(b, (struct ansa_bytes){ (const uint8_t *)inclusion, count * HASH_SIZE });
        bundle_put_note(number, note, &root, b);
}
