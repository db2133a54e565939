/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_IDENTIFIER_BINDING_H
#define ANSA_IDENTIFIER_BINDING_H

#include "base/buf.h"

/** Names that a template gives to octets, innermost first. */
struct binding {
        const struct binding *next;
        struct ansa_bytes name;
        struct ansa_bytes value;
        const struct ansa_bytes *groups; /* of a match; group 0 is the whole */
        size_t group_count;
};

/** NULL when @name is bound to nothing. */
const struct binding *binding_find(const struct binding *list, struct ansa_bytes name);

/**
 * Append @text with ${name}, ${name[group]}, and ${group} and $group of "extension" replaced,
 * and \\x by x (irp-service 8). What is not bound is empty.
 */
void binding_substitute(const struct binding *list, struct ansa_bytes text, struct buf *b);

#endif
