/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_HTTP_URI_H
#define ANSA_HTTP_URI_H

#include "base/arena.h"

/**
 * @text with %XX decoded, once, in @arena; borrowed when there is none. ANSA_E_MALFORMED when a
 * "%" is not followed by two hex digits.
 */
ANSA_CHECKED enum ansa_err uri_decode(struct ansa_bytes text, bool plus_is_space,
                                      struct arena *arena, struct ansa_bytes *decoded);

#endif
