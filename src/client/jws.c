/* SPDX-License-Identifier: Apache-2.0 */
#include "client/jws.h"

#include "base/text.h"
#include "wire/json.h"
#include "wire/name.h"

#include <stdlib.h>

#define HEADER_SIZE_MAX 4096u

/* The three parts of either serialisation, in base64url. */
struct parts {
        struct ansa_bytes header;
        struct ansa_bytes payload;
        struct ansa_bytes signature;
};

static struct ansa_bytes text_of(const json_t *object, const char *key)
{
        const json_t *t = json_object_get(object, key);
        if (!json_is_string(t))
                return (struct ansa_bytes){ 0 };
        return (struct ansa_bytes){ (const uint8_t *)json_string_value(t), json_string_length(t) };
}

static bool split_compact(struct ansa_bytes text, struct parts *p)
{
        const uint8_t *dot = text.size > 0 ? memchr(text.at, '.', text.size) : NULL;
        if (dot == NULL)
                return false;
        size_t header = (size_t)(dot - text.at);
        const uint8_t *rest = dot + 1;
        size_t left = text.size - header - 1;
        dot = left > 0 ? memchr(rest, '.', left) : NULL;
        if (dot == NULL)
                return false;
        size_t payload = (size_t)(dot - rest);
        p->header = (struct ansa_bytes){ text.at, header };
        p->payload = (struct ansa_bytes){ rest, payload };
        p->signature = (struct ansa_bytes){ dot + 1, left - payload - 1 };
        return memchr(p->signature.at, '.', p->signature.size) == NULL;
}

/* Flattened, or general, of which the first signature counts. */
static bool split_json(const json_t *root, struct parts *p)
{
        const json_t *list = json_object_get(root, "signatures");
        const json_t *one = list != NULL ? json_array_get(list, 0) : root;
        p->header = text_of(one, "protected");
        p->payload = text_of(root, "payload");
        p->signature = text_of(one, "signature");
        return p->header.size > 0 && p->payload.size > 0;
}

/* Strict: no padding, no other alphabet, or one signature would have many texts. */
static enum ansa_err put_decoded(struct ansa_bytes text, struct buf *b)
{
        for (size_t i = 0; i < text.size; i++) {
                if (text.at[i] == '=' || text.at[i] == '+' || text.at[i] == '/')
                        return ANSA_E_MALFORMED;
        }
        return text_base64(text, b);
}

static json_t *decode_object(struct ansa_bytes text, size_t size_max)
{
        json_t *object = NULL;
        struct buf b = buf_growing(size_max);
        if (put_decoded(text, &b) == ANSA_OK)
                object = json_loadb((const char *)b.at, b.size,
                                    JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);
        buf_fini(&b);
        if (object != NULL && !json_is_object(object)) {
                json_decref(object);
                object = NULL;
        }
        return object;
}

static enum ansa_err read_header(struct ansa_bytes text, struct jws *j)
{
        static const struct {
                const char *name;
                enum ansa_key_kind kind;
        } algorithms[] = { { "RS256", ANSA_KEY_RSA },
                           { "DS256", ANSA_KEY_DSA },
                           { "EdDSA", ANSA_KEY_ED25519 } };
        json_t *header = decode_object(text, HEADER_SIZE_MAX);
        if (header == NULL)
                return ANSA_E_MALFORMED;
        const char *name = json_string_value(json_object_get(header, "alg"));
        bool critical = json_object_get(header, "crit") != NULL;
        for (size_t i = 0; name != NULL && i < sizeof(algorithms) / sizeof(algorithms[0]); i++) {
                if (strcmp(name, algorithms[i].name) == 0)
                        j->kind = algorithms[i].kind;
        }
        json_decref(header);
        return j->kind == ANSA_KEY_NONE || critical ? ANSA_E_UNSUPPORTED : ANSA_OK;
}

static enum ansa_err read_parts(const struct parts *p, struct jws *j)
{
        enum ansa_err err = read_header(p->header, j);
        if (err != ANSA_OK)
                return err;
        buf_bytes(&j->signed_part, p->header);
        buf_u8(&j->signed_part, '.');
        buf_bytes(&j->signed_part, p->payload);
        err = j->signed_part.err;
        if (err == ANSA_OK)
                err = put_decoded(p->signature, &j->signature);
        if (err != ANSA_OK)
                return err;
        j->claims = decode_object(p->payload, JWS_SIZE_MAX);
        return j->claims != NULL ? ANSA_OK : ANSA_E_MALFORMED;
}

enum ansa_err jws_read(struct ansa_bytes text, struct jws *j)
{
        struct parts p = { 0 };
        *j = (struct jws){ .signed_part = buf_growing(JWS_SIZE_MAX),
                           .signature = buf_growing(CRYPTO_SIGNATURE_MAX) };
        if (text.size > JWS_SIZE_MAX)
                return ANSA_E_LIMIT;
        while (text.size > 0 && strchr(" \t\r\n", text.at[text.size - 1]) != NULL)
                text.size--;
        enum ansa_err err = ANSA_E_MALFORMED;
        if (text.size > 0 && text.at[0] == '{') {
                json_t *root =
                        json_loadb((const char *)text.at, text.size, JSON_REJECT_DUPLICATES, NULL);
                if (root != NULL && split_json(root, &p))
                        err = read_parts(&p, j);
                json_decref(root);
        } else if (split_compact(text, &p)) {
                err = read_parts(&p, j);
        }
        if (err != ANSA_OK)
                jws_fini(j);
        return err;
}

void jws_fini(struct jws *j)
{
        buf_fini(&j->signed_part);
        buf_fini(&j->signature);
        json_decref(j->claims);
        *j = (struct jws){ .signed_part = buf_growing(JWS_SIZE_MAX),
                           .signature = buf_growing(CRYPTO_SIGNATURE_MAX) };
}

enum ansa_err jws_verify(const struct jws *j, const struct ansa_key *key)
{
        struct crypto_key *usable;
        struct ansa_bytes part = buf_written(&j->signed_part);
        if (key->kind != j->kind)
                return ANSA_E_UNAUTHENTIC;
        enum ansa_err err = crypto_key_new(key, &usable);
        if (err != ANSA_OK)
                return err == ANSA_E_NO_MEMORY ? err : ANSA_E_UNAUTHENTIC;
        err = crypto_verify(usable, ALGORITHM_SHA256, &part, 1, buf_written(&j->signature));
        crypto_key_free(usable);
        return err;
}

enum ansa_err jws_write(struct ansa_bytes claims, const struct ansa_key *key, struct buf *b)
{
        uint8_t signature[CRYPTO_SIGNATURE_MAX];
        size_t size;
        struct crypto_key *usable = NULL;
        struct buf part = buf_growing(JWS_SIZE_MAX);
        enum ansa_err err = crypto_key_new(key, &usable);
        if (err != ANSA_OK)
                goto out;
        if (!crypto_key_is_private(usable)) {
                err = ANSA_E_ARGUMENT;
                goto out;
        }
        enum ansa_key_kind kind = crypto_key_kind(usable);
        const char *header = kind == ANSA_KEY_RSA   ? "{\"alg\":\"RS256\"}"
                             : kind == ANSA_KEY_DSA ? "{\"alg\":\"DS256\"}"
                                                    : "{\"alg\":\"EdDSA\"}";
        text_put_base64(&part, ansa_bytes_text(header), TEXT_BASE64URL);
        buf_u8(&part, '.');
        text_put_base64(&part, claims, TEXT_BASE64URL);
        struct ansa_bytes all = buf_written(&part);
        err = part.err;
        if (err == ANSA_OK)
                err = crypto_sign(usable, ALGORITHM_SHA256, &all, 1, signature, sizeof(signature),
                                  &size);
        if (err != ANSA_OK)
                goto out;
        buf_bytes(b, all);
        buf_u8(b, '.');
        text_put_base64(b, (struct ansa_bytes){ signature, size }, TEXT_BASE64URL);
        err = b->err;
out:
        crypto_key_free(usable);
        buf_fini(&part);
        return err;
}

struct ansa_bytes jws_text(const struct jws *j, const char *claim)
{
        return text_of(j->claims, claim);
}

uint64_t jws_number(const struct jws *j, const char *claim)
{
        const json_t *n = json_object_get(j->claims, claim);
        json_int_t value = json_is_integer(n) ? json_integer_value(n) : 0;
        return value > 0 ? (uint64_t)value : 0;
}

bool jws_ref(const struct jws *j, const char *claim, struct ansa_ref *ref)
{
        struct ansa_bytes text = jws_text(j, claim);
        *ref = (struct ansa_ref){ 0 };
        return text.size > 0 && ref_from_text(text, ref) == ANSA_OK;
}

enum ansa_err jws_public_key(const struct jws *j, struct arena *arena, struct ansa_key *key)
{
        struct json_problem problem;
        *key = (struct ansa_key){ 0 };
        char *text = json_dumps(json_object_get(j->claims, "publicKey"), JSON_COMPACT);
        if (text == NULL)
                return ANSA_E_MALFORMED;
        enum ansa_err err = json_key(ansa_bytes_text(text), arena, key, &problem);
        free(text);
        if (err == ANSA_OK && key->is_private) {
                *key = (struct ansa_key){ 0 };
                err = ANSA_E_MALFORMED; /* nobody publishes that and is to be trusted */
        }
        return err;
}
