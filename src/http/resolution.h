/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_HTTP_RESOLUTION_H
#define ANSA_HTTP_RESOLUTION_H

#include "http/ask.h"
#include "http/resolver_query.h"

/**
 * One request to the web resolver while it is served (rest-api 6), in the exchange's memory. It is
 * begun anew whenever the exchange is served again; what was asked is told again.
 */
struct known_namespace {
        struct known_namespace *next;
        struct ansa_bytes name; /* of the prefix record */
        struct ansa_values values;
};

struct resolution {
        struct http_exchange *x;
        struct resolver_query query;
        struct ansa_bytes name;    /* what is resolved: the last of the aliases */
        struct ansa_values values; /* of its record, those that were asked for */
        bool is_alias;             /* name is another than was asked for */
        bool asked_others;
        bool is_out_of_memory;
        bool is_private; /* told to one who proved who he is */
        uint32_t now_s;
        uint32_t expires_s;                 /* the earliest of the aliases; UINT32_MAX: no alias */
        size_t head_room;                   /* octets of headers that the response may still get */
        struct known_namespace *namespaces; /* those that were looked at */
};

#define RESOLVER_ALIASES_MAX 20u

enum resolution_result {
        RESOLUTION_FOUND,    /* name and values are there */
        RESOLUTION_INACTIVE, /* the namespace of the prefix is; the text tells why */
        RESOLUTION_CHAIN,    /* too many aliases */
        RESOLUTION_REFUSED,  /* told has the code */
};

/** Find out how much room there is for headers. */
void resolution_measure(struct resolution *r);

/** HTTP_REPLY with *result, or HTTP_SLOW. @told: what the last answer was. */
enum http_outcome resolution_find(struct resolution *r, enum resolution_result *result,
                                  struct told *told);

/** Values for @want, for locations_add; HTTP_REPLY or HTTP_SLOW. None when nobody has them. */
enum http_outcome resolution_fetch(struct resolution *r, const struct locations_want *want,
                                   struct ansa_values *values);

/** The redirect, showlocations (rest-api 6, step 6, and 7). */
enum http_outcome resolution_redirect(struct resolution *r);

/** The page for what was not found. */
enum http_outcome resolution_problem(struct resolution *r, enum resolution_result result,
                                     const struct told *told);

/** The page with the record; @why (may be NULL) tells why it comes instead of a redirect. */
enum http_outcome resolution_page(struct resolution *r, const char *why);

/** Headers that every HTML page of ours has, and those about the identifier. */
void resolution_put_headers(struct resolution *r, bool is_page);
/** Expires, from the earliest expiry of what was used (rest-api 6). */
void resolution_put_expires(struct resolution *r, uint32_t expires_s);

#define RESOLUTION_EXPIRES_MAX_S 172800u

#endif
