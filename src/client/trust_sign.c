/* SPDX-License-Identifier: Apache-2.0 */
/* Making HS_SIGNATURE and HS_CERT values. */
#include "base/text.h"
#include "client/trust.h"
#include "wire/data.h"
#include "wire/json.h"
#include "wire/name.h"

#include <inttypes.h>

static void put_ref(struct buf *b, const struct ansa_ref *ref)
{
        uint8_t room[ANSA_NAME_SIZE_MAX + 16];
        struct buf text = buf_over(room, sizeof(room));
        ref_put_text(ref, &text);
        if (text.err != ANSA_OK)
                buf_fail(b, text.err);
        else
                json_put_string(b, buf_written(&text));
}

static void put_date(struct buf *b, const char *claim, uint32_t s)
{
        if (s != 0)
                buf_printf(b, ",\"%s\":%" PRIu32, claim, s);
}

/* {"iss":..,"iat":..,..,"chain":[..] without the closing brace. */
static void put_issuer(struct buf *b, const struct ansa_signing *by)
{
        buf_text(b, "{\"iss\":");
        put_ref(b, &by->issuer);
        put_date(b, "iat", by->issued_s);
        put_date(b, "nbf", by->not_before_s);
        put_date(b, "exp", by->expires_s);
        if (by->chain_count == 0)
                return;
        buf_text(b, ",\"chain\":[");
        for (size_t i = 0; i < by->chain_count; i++) {
                buf_text(b, i > 0 ? "," : "");
                put_ref(b, &by->chain[i]);
        }
        buf_text(b, "]");
}

static void put_digests(struct buf *b, struct ansa_values values)
{
        struct ansa_value v;
        const char *comma = "";
        buf_text(b, ",\"digests\":{\"alg\":\"SHA-256\",\"digests\":[");
        while (ansa_values_next(&values, &v) == ANSA_OK) {
                uint8_t digest[DIGEST_SIZE_MAX];
                if (value_type_of(v.type) == TYPE_HS_SIGNATURE)
                        continue;
                enum ansa_err err = value_digest(&v, ALGORITHM_SHA256, digest);
                if (err != ANSA_OK)
                        buf_fail(b, err);
                buf_printf(b, "%s{\"index\":%" PRIu32 ",\"digest\":\"", comma, v.index);
                text_put_base64(b, (struct ansa_bytes){ digest, digest_size(ALGORITHM_SHA256) },
                                TEXT_BASE64);
                buf_text(b, "\"}");
                comma = ",";
        }
        buf_text(b, "]}");
}

/* Sign the claims into the caller's room, and release them. */
static enum ansa_err finish(struct buf *claims, const struct ansa_key *key, uint8_t *at,
                            size_t room, size_t *size)
{
        struct buf out = buf_over(at, room);
        *size = 0;
        enum ansa_err err = claims->err;
        if (err == ANSA_OK)
                err = jws_write(buf_written(claims), key, &out);
        if (err == ANSA_OK)
                *size = out.size;
        buf_fini(claims);
        return err;
}

enum ansa_err ansa_signature_make(const struct ansa_signing *by, struct ansa_bytes name,
                                  struct ansa_values values, uint8_t *at, size_t room, size_t *size)
{
        struct buf b = buf_growing(JWS_SIZE_MAX);
        put_issuer(&b, by);
        buf_text(&b, ",\"sub\":");
        json_put_string(&b, name);
        put_digests(&b, values);
        buf_text(&b, "}");
        return finish(&b, by->key, at, room, size);
}

enum ansa_err ansa_certificate_make(const struct ansa_signing *by, const struct ansa_ref *subject,
                                    const struct ansa_key *public_key,
                                    const struct ansa_grant *grants, size_t grant_count,
                                    uint8_t *at, size_t room, size_t *size)
{
        static const char *const permissions[] = { "everything", "thisHandle", "derivedPrefixes",
                                                   "handlesUnderThisPrefix" };
        struct buf b = buf_growing(JWS_SIZE_MAX);
        *size = 0;
        if (public_key->is_private)
                return ANSA_E_ARGUMENT;
        put_issuer(&b, by);
        buf_text(&b, ",\"sub\":");
        put_ref(&b, subject);
        buf_text(&b, ",\"publicKey\":");
        json_put_key(&b, public_key);
        buf_text(&b, ",\"perms\":[");
        for (size_t i = 0; i < grant_count; i++) {
                buf_text(&b, i > 0 ? ",{" : "{");
                if (grants[i].name.size > 0) {
                        buf_text(&b, "\"handle\":");
                        json_put_string(&b, grants[i].name);
                        buf_text(&b, ",");
                }
                if ((size_t)grants[i].permission >= sizeof(permissions) / sizeof(permissions[0]))
                        buf_fail(&b, ANSA_E_ARGUMENT);
                else
                        buf_printf(&b, "\"perm\":\"%s\"}", permissions[grants[i].permission]);
        }
        buf_text(&b, "]}");
        return finish(&b, by->key, at, room, size);
}
