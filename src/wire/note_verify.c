/* SPDX-License-Identifier: Apache-2.0 */
/* Part of libansa-core.a: nothing but string.h and what is handed in. */
#include "wire/note.h"

#include "base/assert.h"
#include "wire/cursor.h"

struct ansa_bytes note_cosigned_head(uint64_t time_s, uint8_t at[NOTE_COSIGNED_HEAD_MAX])
{
        struct buf b = buf_over(at, NOTE_COSIGNED_HEAD_MAX);
        buf_text(&b, "cosignature/v1\ntime ");
        buf_decimal(&b, time_s);
        buf_u8(&b, '\n');
        ansa_assert(b.err == ANSA_OK);
        return buf_written(&b);
}

enum ansa_err note_cosignature_time(const uint8_t octets[NOTE_COSIGNATURE_SIZE], uint64_t *time_s)
{
        uint64_t time = (uint64_t)load_u32(octets) << 32 | load_u32(octets + 4);
        bool is_time = time > 0 && time <= INT64_MAX;
        *time_s = is_time ? time : 0;
        return is_time ? ANSA_OK : ANSA_E_MALFORMED;
}

void note_put_cosignature(const struct note_key *k, uint64_t time_s,
                          const uint8_t signature[ED25519_SIGNATURE_SIZE], struct buf *b)
{
        uint8_t octets[NOTE_COSIGNATURE_SIZE];
        if (time_s == 0 || time_s > INT64_MAX) {
                buf_fail(b, ANSA_E_ARGUMENT);
                return;
        }
        store_u32(octets, (uint32_t)(time_s >> 32));
        store_u32(octets + 4, (uint32_t)time_s);
        memcpy(octets + 8, signature, ED25519_SIGNATURE_SIZE);
        note_put_signature(k->name, k->id, (struct ansa_bytes){ octets, sizeof(octets) }, b);
}

static size_t signature_size(const struct note_key *k)
{
        return k->type == NOTE_COSIGNATURE ? NOTE_COSIGNATURE_SIZE : ED25519_SIGNATURE_SIZE;
}

enum ansa_err note_verify_one(struct ansa_bytes text, struct ansa_bytes octets,
                              const struct note_key *k, const struct verifier *v, uint64_t *time_s)
{
        uint8_t head[NOTE_COSIGNED_HEAD_MAX];
        *time_s = 0;
        if (octets.size != signature_size(k))
                return ANSA_E_UNAUTHENTIC;
        if (k->type == NOTE_ED25519)
                return v->ed25519(v, k->key, &text, 1, octets.at);
        uint64_t time;
        if (note_cosignature_time(octets.at, &time) != ANSA_OK)
                return ANSA_E_UNAUTHENTIC;
        const struct ansa_bytes parts[] = { note_cosigned_head(time, head), text };
        enum ansa_err err = v->ed25519(v, k->key, parts, 2, octets.at + 8);
        if (err == ANSA_OK)
                *time_s = time;
        return err;
}

static enum ansa_err verify_line(struct ansa_bytes text, const struct note_signature *s,
                                 const struct note_key *k, const struct verifier *v,
                                 uint64_t *time_s)
{
        uint8_t octets[NOTE_COSIGNATURE_SIZE];
        size_t size = signature_size(k);
        if (note_signature_octets(s, octets, size) != ANSA_OK)
                return ANSA_E_UNAUTHENTIC;
        return note_verify_one(text, (struct ansa_bytes){ octets, size }, k, v, time_s);
}

enum ansa_err note_verify(const struct note *n, const struct note_key *k, const struct verifier *v,
                          uint64_t *time_s)
{
        struct ansa_bytes lines = n->lines;
        struct note_signature s;
        uint64_t latest = 0;
        bool found = false;
        *time_s = 0;
        while (note_next(&lines, &s)) {
                uint64_t time = 0;
                if (s.key_id != k->id || !ansa_bytes_equal(s.name, k->name))
                        continue;
                enum ansa_err err = verify_line(n->text, &s, k, v, &time);
                if (err != ANSA_OK)
                        return err;
                found = true;
                latest = time > latest ? time : latest;
        }
        *time_s = latest;
        return found ? ANSA_OK : ANSA_E_NOT_FOUND;
}
