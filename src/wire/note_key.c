/* SPDX-License-Identifier: Apache-2.0 */
/* Part of libansa-core.a: nothing but string.h and what is handed in. */
#include "wire/note.h"

#include "base/text.h"
#include "wire/cursor.h"

/* SHA-256(name || newline || type || key), the first four octets. */
static uint32_t key_id(const struct hasher *h, struct ansa_bytes name, uint8_t type,
                       const uint8_t key[ED25519_KEY_SIZE])
{
        const struct ansa_bytes parts[] = {
                name, ANSA_BYTES_LIT("\n"), { &type, 1 }, { key, ED25519_KEY_SIZE }
        };
        struct hash256 hash;
        h->sha256(h, parts, 4, &hash);
        return load_u32(hash.at);
}

enum ansa_err note_key_make(const struct hasher *h, struct ansa_bytes name, enum note_type type,
                            const uint8_t key[ED25519_KEY_SIZE], struct note_key *k)
{
        memset(k, 0, sizeof(*k));
        if (name.size > NOTE_NAME_MAX || !note_is_name(name))
                return ANSA_E_ARGUMENT;
        k->name = name;
        k->type = type;
        k->id = key_id(h, name, (uint8_t)type, key);
        memcpy(k->key, key, ED25519_KEY_SIZE);
        return ANSA_OK;
}

/* What is before the next "+", which is taken as well. Empty when there is none. */
static struct ansa_bytes take_part(struct ansa_bytes *rest)
{
        const uint8_t *plus = rest->size > 0 ? memchr(rest->at, '+', rest->size) : NULL;
        if (plus == NULL)
                return (struct ansa_bytes){ 0 };
        struct ansa_bytes part = { rest->at, (size_t)(plus - rest->at) };
        *rest = (struct ansa_bytes){ plus + 1, rest->size - part.size - 1 };
        return part;
}

enum ansa_err note_key_decode(const struct hasher *h, struct ansa_bytes text, struct note_key *k)
{
        uint8_t octets[1 + ED25519_KEY_SIZE];
        uint8_t id[4];
        struct buf id_buf = buf_over(id, sizeof(id));
        struct buf key_buf = buf_over(octets, sizeof(octets));
        memset(k, 0, sizeof(*k));
        struct ansa_bytes name = take_part(&text);
        struct ansa_bytes hex = take_part(&text);
        for (size_t i = 0; i < hex.size; i++) {
                if (hex.at[i] >= 'A' && hex.at[i] <= 'F')
                        return ANSA_E_MALFORMED;
        }
        if (!note_is_name(name) || hex.size != 8 || text_hex(hex, &id_buf) != ANSA_OK)
                return ANSA_E_MALFORMED;
        enum ansa_err err = text_base64_exact(text, &key_buf);
        if (err == ANSA_E_MALFORMED || key_buf.size == 0)
                return ANSA_E_MALFORMED;
        if (octets[0] != NOTE_ED25519 && octets[0] != NOTE_COSIGNATURE)
                return ANSA_E_UNSUPPORTED;
        if (err != ANSA_OK || key_buf.size != sizeof(octets))
                return ANSA_E_MALFORMED;
        struct note_key got;
        err = note_key_make(h, name, (enum note_type)octets[0], octets + 1, &got);
        if (err != ANSA_OK)
                return err == ANSA_E_ARGUMENT ? ANSA_E_LIMIT : err; /* the name is one, but long */
        if (got.id != load_u32(id))
                return ANSA_E_MALFORMED;
        *k = got;
        return ANSA_OK;
}

void note_key_encode(const struct note_key *k, struct buf *b)
{
        uint8_t id[4];
        uint8_t octets[1 + ED25519_KEY_SIZE];
        store_u32(id, k->id);
        octets[0] = (uint8_t)k->type;
        memcpy(octets + 1, k->key, ED25519_KEY_SIZE);
        buf_bytes(b, k->name);
        buf_u8(b, '+');
        text_put_hex(b, (struct ansa_bytes){ id, sizeof(id) });
        buf_u8(b, '+');
        text_put_base64(b, (struct ansa_bytes){ octets, sizeof(octets) }, TEXT_BASE64);
}
