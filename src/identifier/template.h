/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_IDENTIFIER_TEMPLATE_H
#define ANSA_IDENTIFIER_TEMPLATE_H

#include "identifier/view.h"

/**
 * Identifiers that are computed, not stored (irp-service 8): HS_NAMESPACE templates of the
 * prefix or of the server, applied to a base identifier and an extension. XML by expat,
 * expressions by PCRE2 with match limits; depth, size and count are bounded.
 */

/**
 * The values of @name, which is not stored. RC_SUCCESS; RC_NOT_FOUND when no template makes
 * it. v->needs_slow may get set. Values live in v->arena.
 */
uint32_t template_resolve(struct view *v, struct ansa_bytes name, struct ansa_values *values);

#endif
