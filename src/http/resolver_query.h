/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_HTTP_RESOLVER_QUERY_H
#define ANSA_HTTP_RESOLVER_QUERY_H

#include "http/locations.h"

/**
 * What a request to the web resolver asks for (rest-api 6): the identifier in the path, and the
 * parameters. They come from the query, and of a form that was sent by POST from its body.
 */
#define RESOLVER_FILTERS_MAX 64u /* types, and as many indexes; more are ignored */
#define RESOLVER_LOCATTS_MAX 32u /* explicit ones; more are ignored */

enum resolver_action {
        RESOLVER_REDIRECT,
        RESOLVER_VALUES,    /* a page with the record */
        RESOLVER_LOCATIONS, /* XML */
        RESOLVER_REST,      /* JSON as /api/handles */
        RESOLVER_METADATA,  /* a redirect to what describes the object */
};

struct resolver_query {
        struct ansa_bytes name; /* decoded, without hdl: and the like; empty: the form */
        enum resolver_action action;
        bool is_authoritative;
        bool is_certified;
        bool ignore_aliases;
        bool redirection_headers;
        struct ansa_bytes append;  /* to the URL of a redirect, fragment and all */
        struct ansa_bytes country; /* "" = not given */
        struct ansa_bytes ip;      /* text; "" = not given */
        size_t type_count;
        size_t index_count;
        size_t locatt_count;
        struct ansa_bytes types[RESOLVER_FILTERS_MAX]; /* as many as are counted, here and below */
        uint32_t indexes[RESOLVER_FILTERS_MAX];
        struct locatt locatts[RESOLVER_LOCATTS_MAX];
};

/** The parts of a request as they were sent, still percent-encoded. */
struct resolver_input {
        struct ansa_bytes path; /* with its first "/" */
        struct ansa_bytes query;
        bool has_query;
        struct ansa_bytes form;      /* of a form that was sent by POST */
        struct ansa_bytes shortcuts; /* parameters that mean locatt=name:value, by spaces */
};

/** Everything lives in @arena. ANSA_E_NO_MEMORY; nothing else is a failure. */
ANSA_CHECKED enum ansa_err resolver_query_read(const struct resolver_input *input,
                                               struct arena *arena, struct resolver_query *q);

/** An identifier without hdl:, doi:, info:hdl/, urn:doi: and so on in front. */
ANSA_CHECKED enum ansa_err resolver_strip(struct ansa_bytes typed, struct arena *arena,
                                          struct ansa_bytes *name);

#endif
