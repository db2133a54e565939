/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_HTTP_NAMESPACES_H
#define ANSA_HTTP_NAMESPACES_H

#include "ansa/value.h"
#include "base/arena.h"
#include "base/env.h"

/**
 * What the HS_NAMESPACE of prefix records said; that there is none, and that nobody could tell, too.
 * The web resolver needs those of a prefix and the prefixes above it for each redirect.
 *
 * There are two kinds of such tables. One is shared by all threads, for records that other servers
 * keep: they are asked for once in a while and not each time. Each worker has another, for our own
 * records: good only until anything is committed (the stamp), so no change is ever hidden.
 */
struct namespaces;

/* Prefixes; the newest of those that want one place wins. */
#define NAMESPACES_SHARED      512u
#define NAMESPACES_OWN         1024u
#define NAMESPACES_SIZE_MAX    16384u /* octets of values of one; more are not remembered */
#define NAMESPACES_TTL_MAX_S   3600u
#define NAMESPACES_TTL_NONE_S  600u       /* there is no namespace */
#define NAMESPACES_TTL_ERROR_S 60u        /* nobody could tell */
#define NAMESPACES_TTL_STAMP   UINT32_MAX /* for as long as the stamp is the same */

ANSA_CHECKED enum ansa_err namespaces_new(struct env *env, size_t places,
                                          struct namespaces **namespaces);
void namespaces_free(struct namespaces *n); /* NULL is fine */

/**
 * True: *values (in @arena) is what the record @name said when it was put with the same @stamp;
 * perhaps nothing.
 */
bool namespaces_get(struct namespaces *n, struct ansa_bytes name, uint64_t stamp,
                    struct arena *arena, struct ansa_values *values);

/** Remember it for @ttl_s; nothing happens when it is 0, or there is no memory. */
void namespaces_put(struct namespaces *n, struct ansa_bytes name, uint64_t stamp,
                    struct ansa_values values, uint32_t ttl_s);

#endif
