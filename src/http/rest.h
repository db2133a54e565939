/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_HTTP_REST_H
#define ANSA_HTTP_REST_H

#include "http/ask.h"
#include "http/reply.h"
#include "http/route.h"
#include "wire/codes.h"

/* What the endpoints below /api share. */

/** The answer to @told, which was no success, about @handle (empty: about nothing in particular). */
enum http_outcome rest_refuse(struct http_exchange *x, const struct told *told,
                              struct ansa_bytes handle);

/**
 * The flag @flag when the boolean parameter @key is @wanted (absent: @otherwise). False: the
 * parameter is wrong, and the response says so.
 */
bool rest_flag(struct http_exchange *x, const char *key, bool otherwise, bool wanted, uint32_t flag,
               uint32_t *flags);

/** The values of parameter @key as indexes, encoded. False as above; @what else may stand there. */
bool rest_indexes(struct http_exchange *x, const char *key, struct index_list *list);

#endif
