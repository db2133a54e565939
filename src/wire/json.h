/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_WIRE_JSON_H
#define ANSA_WIRE_JSON_H

#include "ansa/key.h"
#include "ansa/site.h"
#include "ansa/value.h"
#include "base/arena.h"
#include "base/buf.h"

/**
 * JSON forms of records, values, sites and keys (rest-api 3). Reading is strict
 * and bounded (jansson); problems are told as "path: what" in json_problem.
 * Writing goes straight to a buffer.
 *
 * Data is written in the form of its type when that form reads back as the same
 * octets, else as base64. Two members keep octets that the forms have no place for:
 * "permissionBits", the whole octet, beside "permissions" when unknown bits are set;
 * and "legacyByteLength" in a key: an RSA key object means the encoding of deployed
 * software, four zero octets at its end and all, unless it says false. (Signatures
 * over a record cover those octets.)
 */
#define JSON_TEXT_SIZE_MAX 4194304u /* octets of one text; many times the largest message */

struct json_problem {
        char text[192]; /* e.g. "values[2].data.permissions: 12 characters of 0 and 1 expected" */
};

void json_put_string(struct buf *b,
                     struct ansa_bytes utf8); /* quotes, escapes; U+FFFD for what is not UTF-8 */
void json_put_value(struct buf *b, const struct ansa_value *v);
/** {"handle":"..","values":[..]} on one line. */
void json_put_record(struct buf *b, struct ansa_bytes name, struct ansa_values values);
void json_put_site(struct buf *b, const struct ansa_site *site);
/**
 * A JWK; private parts when is_private. A kind without one (DH) fails the buffer with
 * ANSA_E_UNSUPPORTED. Parts that struct ansa_key does not hold are not written: "e" of an
 * RSA key without CRT parts, "y" of a private DSA key, "x" of a private Ed25519 key.
 */
void json_put_key(struct buf *b, const struct ansa_key *key);

/**
 * A record {"handle":..,"values":[..]} in @text; name and values live in @arena. The name
 * is an identifier by name_problem. Other members are ignored, here and below; outputs
 * are zeroed on failure; ANSA_E_LIMIT over JSON_TEXT_SIZE_MAX and the limits of values.
 */
ANSA_CHECKED enum ansa_err json_record(struct ansa_bytes text, struct arena *arena,
                                       struct ansa_bytes *name, struct ansa_values *values,
                                       struct json_problem *problem);
/** One value object. */
ANSA_CHECKED enum ansa_err json_value(struct ansa_bytes text, struct arena *arena,
                                      struct ansa_value *value, struct json_problem *problem);
/** A site object (siteinfo.json); yields the encoded HS_SITE in @arena. */
ANSA_CHECKED enum ansa_err json_site(struct ansa_bytes text, struct arena *arena,
                                     struct ansa_bytes *site, struct json_problem *problem);
/** A JWK, public or private; integers in @arena. */
ANSA_CHECKED enum ansa_err json_key(struct ansa_bytes text, struct arena *arena,
                                    struct ansa_key *key, struct json_problem *problem);
/**
 * {"handles":{"name":record, ...}} of bootstrap files, or {"handles":[record, ...]}: calls @each for
 * every record until it fails.
 */
typedef enum ansa_err (*json_record_cb)(void *context, struct ansa_bytes name,
                                        struct ansa_values values);
ANSA_CHECKED enum ansa_err json_records(struct ansa_bytes text, struct arena *arena,
                                        json_record_cb each, void *context,
                                        struct json_problem *problem);

#endif
