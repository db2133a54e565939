/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_WIRE_NAME_H
#define ANSA_WIRE_NAME_H

#include "ansa/site.h"
#include "ansa/value.h"
#include "base/buf.h"

/**
 * The grammar of identifiers (RFC 3651 s.2, irp-service 1) and what follows from
 * the name alone: prefix, case folding, the record that is responsible, the
 * server of a site. All functions borrow or write into the caller's buffer.
 */

/** A name without "/" is the record of a prefix: "35.TEST" is "0.NA/35.TEST". */
struct name_parts {
        struct ansa_bytes prefix; /* before the first "/" ("0.NA" when there is none) */
        struct ansa_bytes suffix; /* after it (the whole name when there is none) */
};
struct name_parts name_split(struct ansa_bytes name);

/**
 * Why a name cannot be an identifier: NULL when it can, else static text. Limits:
 * 1..LIMIT_NAME_SIZE octets, UTF-8, no ASCII control characters, non-empty prefix of
 * non-empty segments; what follows "0.NA/" is such a prefix too.
 */
const char *name_problem(struct ansa_bytes name);

/**
 * The key under which a name is stored: "0.NA/" put in front when there is no "/",
 * ASCII letters upper-cased (only those of the prefix when @case_sensitive; what follows
 * "0.NA/" is a prefix too). ANSA_E_LIMIT when @room is too small (LIMIT_NAME_SIZE + 5 always does).
 */
#define NAME_KEY_SIZE_MAX (ANSA_NAME_SIZE_MAX + 5u)
ANSA_CHECKED enum ansa_err name_fold(struct ansa_bytes name, bool case_sensitive, uint8_t *at,
                                     size_t room, size_t *size);

/** Same identifier under name_fold. */
bool name_equal(struct ansa_bytes a, struct ansa_bytes b, bool case_sensitive);

/** True for "0.NA/..." in any case, also a name without "/". */
bool name_is_prefix_record(struct ansa_bytes name);

/** Append "0.NA/<prefix of name>". For "0.NA/a.b" that is "0.NA/0.NA". */
void name_put_prefix_record(struct ansa_bytes name, struct buf *b);

/**
 * The record of the parent of a prefix record: "0.NA/a.b" -> "0.NA/a",
 * "0.NA/a" -> "0.NA/0.NA". False for "0.NA/0.NA" itself and for other names.
 */
bool name_put_parent(struct ansa_bytes prefix_record, struct buf *b);

/** "0.", "0/" and slashless names belong to the global registry (irp-service 4). */
bool name_is_global(struct ansa_bytes name);

/** The hash of irp-service 3.1: |last 4 octets of MD5 of the upper-cased part|. */
uint32_t name_hash(struct ansa_bytes name, enum ansa_hash_option option);

/** What a user typed: strips hdl:, doi:, info:, urn: and resolver URLs; borrowed (irp-service 1.3). Not percent-decoded. */
struct ansa_bytes name_from_user(struct ansa_bytes typed);

/**
 * "index:identifier"; without "digits:" the index is 0. ANSA_E_MALFORMED when empty,
 * ANSA_E_LIMIT when the index has more than 32 bits. The index is written even when it is 0,
 * so that a name which itself begins like "5:" reads back.
 */
ANSA_CHECKED enum ansa_err ref_from_text(struct ansa_bytes text, struct ansa_ref *ref);
void ref_put_text(const struct ansa_ref *ref, struct buf *b);

#endif
