/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_BASE_TEXT_H
#define ANSA_BASE_TEXT_H

#include "base/buf.h"

/** Decimal digits only, no sign, no spaces, at most @max. ANSA_E_MALFORMED, ANSA_E_LIMIT. */
ANSA_CHECKED enum ansa_err text_u64(struct ansa_bytes text, uint64_t max, uint64_t *number);

/** The same, but only as buf_decimal writes it: without leading zeroes. */
ANSA_CHECKED enum ansa_err text_decimal(struct ansa_bytes text, uint64_t max, uint64_t *number);

/** ASCII lower case letters to upper case, all other octets as they are. */
static inline uint8_t text_upper(uint8_t c)
{
        return c >= 'a' && c <= 'z' ? (uint8_t)(c - 'a' + 'A') : c;
}

/** @text without spaces and control characters around it. */
struct ansa_bytes text_trim(struct ansa_bytes text);

/** Equal after text_upper on every octet. */
bool text_equal_fold(struct ansa_bytes a, struct ansa_bytes b);

/** Well-formed UTF-8 (no surrogates, no overlong forms). */
bool text_is_utf8(struct ansa_bytes bytes);

/** Octets of the well-formed UTF-8 character at the front of @bytes; 0 when there is none. */
size_t text_utf8_size(struct ansa_bytes bytes);

/** Append hex digits, lower case, without separators. */
void text_put_hex(struct buf *b, struct ansa_bytes bytes);

/** Append the octets of hex digits in either case. ANSA_E_MALFORMED appends nothing. */
ANSA_CHECKED enum ansa_err text_hex(struct ansa_bytes text, struct buf *b);

enum text_base64 { TEXT_BASE64, TEXT_BASE64URL /* no padding written */ };

void text_put_base64(struct buf *b, struct ansa_bytes bytes, enum text_base64 alphabet);

/**
 * Append the octets of base64; either alphabet; padding whole or left out; surplus bits of
 * the last digit are ignored, as everybody does. ANSA_E_MALFORMED appends nothing.
 */
ANSA_CHECKED enum ansa_err text_base64(struct ansa_bytes text, struct buf *b);

/** The same, but only as text_put_base64 writes it with TEXT_BASE64: one text for given octets. */
ANSA_CHECKED enum ansa_err text_base64_exact(struct ansa_bytes text, struct buf *b);

/** Append 2015-05-20T08:04:47Z for seconds since 1970 (UTC). */
void text_put_time(struct buf *b, uint32_t seconds);

/** Append Sun, 06 Nov 1994 08:49:37 GMT, as HTTP wants it (RFC 9110 s.5.6.7). */
void text_put_http_time(struct buf *b, uint32_t seconds);

/** Seconds since 1970 of a text as text_put_time writes it; a fraction of a second is ignored. ANSA_E_MALFORMED. */
ANSA_CHECKED enum ansa_err text_time(struct ansa_bytes text, uint32_t *seconds);

#endif
