/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_HTTP_NEGOTIATE_H
#define ANSA_HTTP_NEGOTIATE_H

#include "http/locations.h"

/**
 * What a client's headers say about the location it wants (rest-api 7.3): attributes that come
 * after those it asked for by name.
 */
#define NEGOTIATE_ENTRIES_MAX 24u /* of one header; browsers send a handful. More are left out. */

struct negotiate_headers {
        bool has_accept;
        struct ansa_bytes accept;
        struct ansa_bytes accept_language;
        struct ansa_bytes user_agent;
        bool is_metadata; /* action=metadata: no http_role */
};

/** Most that negotiate_implied makes: two for each type, one for each language, the role. */
#define NEGOTIATE_LOCATTS_MAX (3u * NEGOTIATE_ENTRIES_MAX + 3u)

/**
 * Write the attributes to @locatts, which has room for NEGOTIATE_LOCATTS_MAX; lower case for
 * media types, so in @arena. ANSA_E_NO_MEMORY.
 */
ANSA_CHECKED enum ansa_err negotiate_implied(const struct negotiate_headers *headers,
                                             struct arena *arena, struct locatt *locatts,
                                             size_t *count);

#endif
