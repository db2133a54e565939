/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_WIRE_JSON_READER_H
#define ANSA_WIRE_JSON_READER_H

#include "base/arena.h"
#include "wire/json.h"

#include <jansson.h>

/**
 * What the readers of JSON forms share: a walk through a parsed text that knows
 * where it is. The first failure sticks and is told in the caller's problem;
 * later reads do nothing and yield zeros, as with a cursor. A NULL node is a member
 * that is not there: reading it is a failure too, so optional ones are asked for first.
 */
struct json_reader {
        struct arena *arena; /* what is read lives here */
        struct json_problem *problem;
        enum ansa_err err;
        size_t path_size;
        char path[128]; /* "values[2].data"; cut when longer */
};

struct json_reader json_reader_init(struct arena *arena, struct json_problem *problem);

/** Parse @text; NULL after a failure. The caller owns the reference (json_decref). */
json_t *json_reader_parse(struct json_reader *r, struct ansa_bytes text);

/** Fail at @member of where the reader is (NULL: right there): "path.member: what". */
void json_reader_fail(struct json_reader *r, enum ansa_err err, const char *member,
                      const char *what);

/** Go to a member or an item; hand the result to json_reader_leave to go back. */
size_t json_reader_enter(struct json_reader *r, const char *member);
size_t json_reader_enter_item(struct json_reader *r, const char *member, size_t i);
void json_reader_leave(struct json_reader *r, size_t path_size);

/*
 * Members of @object, which may be anything: only an object has some. The _or forms
 * yield @otherwise when the member is not there. Text is borrowed from the parsed tree.
 */
uint32_t json_read_number(struct json_reader *r, const json_t *object, const char *member,
                          uint32_t max); /* an integer, or a text of digits */
uint32_t json_read_number_or(struct json_reader *r, const json_t *object, const char *member,
                             uint32_t max, uint32_t otherwise);
bool json_read_bool_or(struct json_reader *r, const json_t *object, const char *member,
                       bool otherwise);
struct ansa_bytes json_read_text(struct json_reader *r, const json_t *object, const char *member,
                                 size_t size_max);
struct ansa_bytes json_read_text_or_empty(struct json_reader *r, const json_t *object,
                                          const char *member, size_t size_max);
json_t *json_read_object(struct json_reader *r, const json_t *object, const char *member);
json_t *json_read_array(struct json_reader *r, const json_t *object, const char *member);

/** False, and a failure, when @node (where the reader is) is not an object. */
bool json_reader_want_object(struct json_reader *r, const json_t *node);

/** The text of a string node, borrowed. */
struct ansa_bytes json_reader_text(const json_t *string);

/** A value object where the reader is; zeroed after a failure has been met before it. */
void json_read_value(struct json_reader *r, const json_t *object, struct ansa_value *v);

/** An array of them, which is the member "values" or stands alone; their wire form in the arena. */
void json_read_values(struct json_reader *r, const json_t *array, struct ansa_values *values);

/** The wire form of @count values, in the arena. */
void json_keep_values(struct json_reader *r, const struct ansa_value *list, size_t count,
                      struct ansa_values *values);

/** {"handle":..,"index":..} where the reader is; the name is borrowed. */
struct ansa_ref json_read_ref(struct json_reader *r, const json_t *object);

/** Copies into the arena. */
struct ansa_bytes json_reader_copy(struct json_reader *r, struct ansa_bytes bytes);

/** What was written to @b, copied into the arena; @b is finished. */
struct ansa_bytes json_reader_keep(struct json_reader *r, struct buf *b);

/** The octets of base64 in the arena. */
struct ansa_bytes json_reader_base64(struct json_reader *r, struct ansa_bytes text,
                                     const char *member);

/* The forms, each in a file of its own. The reader is at @object. */
void json_read_jwk(struct json_reader *r, const json_t *object, struct ansa_key *key);
struct ansa_bytes json_read_key_data(struct json_reader *r, const json_t *object);
struct ansa_bytes json_read_site_data(struct json_reader *r, const json_t *object);

/** "format":"key","value":{..}, or base64 when that would not read back as the same octets. */
void json_put_key_data(struct buf *b, struct ansa_bytes wire);
/** "format":"base64","value":".." */
void json_put_base64_data(struct buf *b, struct ansa_bytes wire);

/** json_put_site would not read back as the same octets when false. */
bool json_site_is_exact(const struct ansa_site *site);

#endif
