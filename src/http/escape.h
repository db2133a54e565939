/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_HTTP_ESCAPE_H
#define ANSA_HTTP_ESCAPE_H

#include "base/buf.h"

/**
 * Percent-encoding, and URLs that were made by strangers (RFC 3986).
 */

/** Append @octets; all but letters, digits, "-._~" and the characters in @kept as %XX. */
void escape_put_percent(struct ansa_bytes octets, const char *kept, struct buf *b);

/** Append an identifier as a path below "/": what servers and browsers keep as it is. */
void escape_put_path(struct ansa_bytes name, struct buf *b);

/** Append @text with %XX decoded, once; a "%" that begins no such thing stays. */
void escape_put_decoded(struct ansa_bytes text, bool plus_is_space, struct buf *b);

/**
 * May a browser be sent to @url? True for schemes that lead somewhere else, to a server or a
 * program for mail and the like. Never for what a browser would run or show as if it came from
 * us: javascript:, data:, vbscript:, blob:, file:, about:, nor for what has no scheme at all.
 * Those that go to a host must name one, so that what is appended cannot become it.
 */
bool escape_is_safe_url(struct ansa_bytes url);

/**
 * Append @url and what the client wants after it as the value of a Location header: without
 * space around it, octets that URLs do not have as %XX (so no line can end here). When @url ends
 * in its host, a "/" comes before anything that does not begin with "/", "?" or "#": what a
 * client appends never changes where the URL leads.
 */
void escape_put_location(struct ansa_bytes url, struct ansa_bytes append, struct buf *b);

#endif
