/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/sign.h"

#include "crypto/key.h"

/* The signature of @message; a signer whose key is of another kind gives other sizes. */
static enum ansa_err sign(struct signer *signer, struct ansa_bytes message,
                          uint8_t signature[ED25519_SIGNATURE_SIZE])
{
        uint8_t room[CRYPTO_SIGNATURE_MAX];
        size_t size = 0;
        enum ansa_err err =
                signer->sign(signer, ALGORITHM_SHA256, message, room, sizeof(room), &size);
        if (err == ANSA_OK && size != ED25519_SIGNATURE_SIZE)
                err = ANSA_E_UNSUPPORTED;
        if (err == ANSA_OK)
                memcpy(signature, room, ED25519_SIGNATURE_SIZE);
        return err;
}

/* A buffer that could not take all of a line takes nothing of it. */
static enum ansa_err close_line(struct buf *b, size_t size_before)
{
        enum ansa_err err = b->err;
        if (err != ANSA_OK)
                b->size = size_before;
        return err;
}

enum ansa_err ledger_sign(struct signer *signer, const struct note_key *key, struct ansa_bytes text,
                          struct buf *b)
{
        uint8_t signature[ED25519_SIGNATURE_SIZE];
        size_t before = b->size;
        if (key->type != NOTE_ED25519 || !note_is_text(text))
                return ANSA_E_ARGUMENT;
        enum ansa_err err = sign(signer, text, signature);
        if (err != ANSA_OK)
                return err;
        note_put_signature(key->name, key->id, (struct ansa_bytes){ signature, sizeof(signature) },
                           b);
        return close_line(b, before);
}

enum ansa_err ledger_cosign(struct signer *signer, const struct note_key *key, uint64_t time_s,
                            struct ansa_bytes text, struct buf *b)
{
        uint8_t signature[ED25519_SIGNATURE_SIZE];
        uint8_t head[NOTE_COSIGNED_HEAD_MAX];
        size_t before = b->size;
        if (key->type != NOTE_COSIGNATURE || !note_is_text(text) || time_s == 0 ||
            time_s > INT64_MAX)
                return ANSA_E_ARGUMENT;
        struct buf message = buf_growing(sizeof(head) + NOTE_SIZE_MAX);
        buf_bytes(&message, note_cosigned_head(time_s, head));
        buf_bytes(&message, text);
        enum ansa_err err = message.err;
        if (err == ANSA_OK)
                err = sign(signer, buf_written(&message), signature);
        buf_fini(&message);
        if (err != ANSA_OK)
                return err;
        note_put_cosignature(key, time_s, signature, b);
        return close_line(b, before);
}
