/* SPDX-License-Identifier: Apache-2.0 */
#include "http/auth.h"

#include "base/text.h"
#include "http/match.h"
#include "http/uri.h"
#include "wire/name.h"

/* What clients say about themselves, from octets to claims; nothing is believed here. */

static bool is_space(uint8_t c)
{
        return c == ' ' || c == '\t';
}

/* Take one k="v" or k=v off @rest. False: there is none. */
static bool next_pair(struct ansa_bytes *rest, struct ansa_bytes *key, struct ansa_bytes *value,
                      struct arena *arena, enum ansa_err *err)
{
        while (rest->size > 0 && (is_space(rest->at[0]) || rest->at[0] == ',')) {
                rest->at++;
                rest->size--;
        }
        if (rest->size == 0)
                return false;
        const uint8_t *equals = memchr(rest->at, '=', rest->size);
        *err = equals != NULL ? ANSA_OK : ANSA_E_MALFORMED;
        if (equals == NULL)
                return false;
        *key = match_trim((struct ansa_bytes){ rest->at, (size_t)(equals - rest->at) });
        rest->size -= (size_t)(equals + 1 - rest->at);
        rest->at = equals + 1;
        bool is_quoted = rest->size > 0 && rest->at[0] == '"';
        size_t from = is_quoted;
        size_t end = from;
        while (end < rest->size && (is_quoted ? rest->at[end] != '"' : rest->at[end] != ',')) {
                bool is_escaped = is_quoted && rest->at[end] == '\\' && end + 1 < rest->size;
                end += is_escaped ? 2 : 1;
        }
        *err = is_quoted && end >= rest->size ? ANSA_E_MALFORMED : ANSA_OK;
        uint8_t *at = arena_alloc(arena, end - from);
        if (at == NULL)
                *err = ANSA_E_NO_MEMORY;
        if (*err != ANSA_OK)
                return false;
        size_t size = 0;
        for (size_t i = from; i < end; i++) {
                i += is_quoted && rest->at[i] == '\\' && i + 1 < end;
                at[size++] = rest->at[i];
        }
        *value = (struct ansa_bytes){ at, size };
        if (!is_quoted)
                *value = match_trim(*value);
        end += is_quoted;
        rest->at += end;
        rest->size -= end;
        return true;
}

static enum ansa_err octets_of(struct ansa_bytes text, struct arena *arena,
                               struct ansa_bytes *octets)
{
        *octets = (struct ansa_bytes){ 0 };
        size_t room = text.size / 4 * 3 + 3;
        uint8_t *at = arena_alloc(arena, room);
        if (at == NULL)
                return ANSA_E_NO_MEMORY;
        struct buf b = buf_over(at, room);
        if (text_base64(text, &b) != ANSA_OK)
                return ANSA_E_MALFORMED;
        *octets = buf_written(&b);
        return ANSA_OK;
}

/* Take one member of a claim, whatever form it came in. NULL: fine. */
static const char *take(struct handle_claim *c, struct ansa_bytes key, struct ansa_bytes value,
                        struct arena *arena)
{
        const struct {
                const char *key;
                struct ansa_bytes *text;
                struct ansa_bytes *octets;
                uint32_t *number;
                const char *problem;
        } members[] = {
                { "sessionId", &c->session_id, NULL, NULL, NULL },
                { "id", &c->id, NULL, NULL, NULL },
                { "type", &c->type, NULL, NULL, NULL },
                { "alg", &c->algorithm, NULL, NULL, NULL },
                { "cnonce", NULL, &c->cnonce, NULL, "cnonce: base64 expected" },
                { "signature", NULL, &c->signature, NULL, "signature: base64 expected" },
                { "salt", NULL, &c->salt, NULL, "salt: base64 expected" },
                { "iterations", NULL, NULL, &c->iterations, "iterations: an integer expected" },
                { "length", NULL, NULL, &c->key_bits, "length: an integer expected" },
        };
        uint64_t number = 0;
        if (ansa_bytes_equal(key, ANSA_BYTES_LIT("clientCert")))
                c->wants_certificate = text_equal_fold(value, ANSA_BYTES_LIT("true"));
        for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
                if (!ansa_bytes_equal(key, ansa_bytes_text(members[i].key)))
                        continue;
                if (members[i].text != NULL)
                        *members[i].text = value;
                else if ((members[i].octets != NULL &&
                          octets_of(value, arena, members[i].octets) != ANSA_OK) ||
                         (members[i].number != NULL &&
                          text_u64(value, UINT32_MAX, &number) != ANSA_OK))
                        return members[i].problem;
                else if (members[i].number != NULL)
                        *members[i].number = (uint32_t)number;
        }
        return c->cnonce.size <= AUTH_CNONCE_SIZE_MAX ? NULL : "cnonce: too long";
}

enum ansa_err auth_read_handle(struct ansa_bytes text, struct arena *arena,
                               struct handle_claim *claim, const char **problem)
{
        struct ansa_bytes key;
        struct ansa_bytes value;
        enum ansa_err err = ANSA_OK;
        *claim = (struct handle_claim){ 0 };
        *problem = NULL;
        while (*problem == NULL && next_pair(&text, &key, &value, arena, &err))
                *problem = take(claim, key, value, arena);
        if (err != ANSA_OK)
                *problem = "the Authorization header cannot be read";
        /* In a header the id may be percent-encoded. */
        struct ansa_bytes id;
        if (*problem == NULL && uri_decode(claim->id, false, arena, &id) == ANSA_OK)
                claim->id = id;
        return *problem == NULL ? ANSA_OK : ANSA_E_MALFORMED;
}

enum ansa_err auth_read_parameters(const struct query *q, struct arena *arena,
                                   struct handle_claim *claim, const char **problem)
{
        *claim = (struct handle_claim){ 0 };
        *problem = NULL;
        for (size_t i = 0; i < q->count && *problem == NULL; i++)
                *problem = take(claim, q->at[i].key, q->at[i].value, arena);
        return *problem == NULL ? ANSA_OK : ANSA_E_MALFORMED;
}

static bool is_digits(struct ansa_bytes text)
{
        for (size_t i = 0; i < text.size; i++) {
                if (text.at[i] < '0' || text.at[i] > '9')
                        return false;
        }
        return text.size > 0;
}

static bool split(struct ansa_bytes text, struct ansa_bytes *front, struct ansa_bytes *rest)
{
        const uint8_t *colon = text.size > 0 ? memchr(text.at, ':', text.size) : NULL;
        if (colon == NULL)
                return false;
        size_t size = (size_t)(colon - text.at);
        *front = (struct ansa_bytes){ text.at, size };
        *rest = (struct ansa_bytes){ colon + 1, text.size - size - 1 };
        return true;
}

enum ansa_err auth_read_basic(struct ansa_bytes text, struct arena *arena,
                              struct basic_claim *claim)
{
        struct ansa_bytes plain;
        struct ansa_bytes user;
        struct ansa_bytes rest;
        *claim = (struct basic_claim){ 0 };
        enum ansa_err err = octets_of(match_trim(text), arena, &plain);
        if (err != ANSA_OK)
                return err;
        if (!split(plain, &user, &rest))
                return ANSA_E_MALFORMED;
        /* "300:0.NA/x:secret", where the first colon should have been encoded */
        struct ansa_bytes name;
        struct ansa_bytes secret;
        if (is_digits(user) && split(rest, &name, &secret)) {
                user.size += 1 + name.size;
                rest = secret;
        }
        claim->who = user;
        claim->secret = rest;
        struct ansa_bytes decoded;
        if (uri_decode(user, false, arena, &decoded) != ANSA_OK)
                decoded = user;
        return ref_from_text(decoded, &claim->key);
}
