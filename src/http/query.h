/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_HTTP_QUERY_H
#define ANSA_HTTP_QUERY_H

#include "base/arena.h"

/**
 * The parameters of a request, decoded, in their order: "key", "key=", "key=value", repeated.
 * Their number is bounded by HTTP_TARGET_SIZE_MAX, or by QUERY_MAX where they come in JSON.
 */
struct parameter {
        struct ansa_bytes key;
        struct ansa_bytes value;
        bool has_value; /* there was a "=" */
};

struct query {
        struct parameter *at;
        size_t count;
};

#define QUERY_MAX 4096u

enum query_style {
        QUERY_API,      /* "&" separates, "+" is a space */
        QUERY_RESOLVER, /* "&" or ";" separates, "+" is a plus (rest-api 6) */
};

/** ANSA_E_MALFORMED, ANSA_E_LIMIT (more than QUERY_MAX). Lives in @arena and of @text. */
ANSA_CHECKED enum ansa_err query_parse(struct ansa_bytes text, enum query_style style,
                                       struct arena *arena, struct query *query);

struct json_problem;
/**
 * The same from a JSON object (rest-api 1, "GET via POST"): texts, numbers, booleans, and arrays
 * of those for what is repeated. null is left out.
 */
ANSA_CHECKED enum ansa_err query_from_json(struct ansa_bytes text, struct arena *arena,
                                           struct query *query, struct json_problem *problem);

/** The first parameter @key, or NULL. Keys are compared as they are. */
const struct parameter *query_find(const struct query *q, const char *key);

/** The next one from number *@at on; *@at moves behind it. NULL: no more. */
const struct parameter *query_next(const struct query *q, const char *key, size_t *at);

/**
 * A boolean: present without value is true; "true" and "false" without case. *value stays as it
 * is when the parameter is not there. ANSA_E_MALFORMED for other values.
 */
ANSA_CHECKED enum ansa_err query_bool(const struct query *q, const char *key, bool *value);

#endif
