/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_HTTP_NAMESPACES_H
#define ANSA_HTTP_NAMESPACES_H

#include "ansa/value.h"
#include "base/arena.h"
#include "base/env.h"

/**
 * What the HS_NAMESPACE of prefix records said that are kept by other servers. The web resolver
 * needs one for each redirect, so it is asked for once in a while and not each time: those that
 * have none, and those that nobody could tell us, too. Shared by all threads; our own records do
 * not go in here.
 */
struct namespaces;

#define NAMESPACES_MAX         512u   /* prefixes; the newest of those that want one place wins */
#define NAMESPACES_SIZE_MAX    16384u /* octets of values of one; more are not remembered */
#define NAMESPACES_TTL_MAX_S   3600u
#define NAMESPACES_TTL_NONE_S  600u /* there is no namespace */
#define NAMESPACES_TTL_ERROR_S 60u  /* nobody could tell */

ANSA_CHECKED enum ansa_err namespaces_new(struct env *env, struct namespaces **namespaces);
void namespaces_free(struct namespaces *n); /* NULL is fine */

/** True: *values (in @arena) is what the record @name said; perhaps nothing. */
bool namespaces_get(struct namespaces *n, struct ansa_bytes name, struct arena *arena,
                    struct ansa_values *values);

/** Remember it for @ttl_s; nothing happens when it is 0, or there is no memory. */
void namespaces_put(struct namespaces *n, struct ansa_bytes name, struct ansa_values values,
                    uint32_t ttl_s);

#endif
