/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_VALUE_H
#define ANSA_VALUE_H

/**
 * @file
 * One value of an identifier record (a "handle value" in RFC 3651, an "element"
 * in DO-IRP 3.0) and its wire form. Everything borrows; nothing allocates,
 * blocks or keeps state; all calls are thread safe.
 *
 *   offset  size  field                             (RFC 3651 s.3.1 as deployed)
 *   0       4     index        big endian, unique in its record, not 0
 *   4       4     timestamp    seconds since 1970-01-01 UTC
 *   8       1     TTL type     0 relative, 1 absolute
 *   9       4     TTL          seconds, or absolute expiry in seconds since 1970
 *   13      1     permissions  enum ansa_perm; other bits are kept as they are
 *   14      4+n   type         length, then UTF-8
 *   ..      4+n   data         length, then octets
 *   ..      4     references   count, then count times (4+n identifier, 4 index)
 */

#include "ansa/bytes.h"
#include "ansa/err.h"

#define ANSA_VALUE_SIZE_MIN   26u      /* bytes on the wire */
#define ANSA_BLOCK_SIZE_MAX   1048576u /* bytes of one length-prefixed field */
#define ANSA_VALUE_COUNT_MAX  2048u    /* values in one record or message */
#define ANSA_NAME_SIZE_MAX    2048u    /* bytes of an identifier */
#define ANSA_MESSAGE_SIZE_MAX 262144u  /* bytes of a message after its envelope */

enum ansa_perm {
        ANSA_PERM_PUBLIC_WRITE = 0x01,
        ANSA_PERM_PUBLIC_READ = 0x02,
        ANSA_PERM_ADMIN_WRITE = 0x04,
        ANSA_PERM_ADMIN_READ = 0x08,
        ANSA_PERM_DEFAULT = 0x0e, /* 1110: read by all, written by administrators */
};

enum ansa_ttl_type { ANSA_TTL_RELATIVE = 0, ANSA_TTL_ABSOLUTE = 1 };

/** A reference to a value: "index:identifier"; index 0 means any value. */
struct ansa_ref {
        struct ansa_bytes name;
        uint32_t index;
};

/** References in wire form: count times (u32 size, identifier, u32 index); count not included. */
struct ansa_refs {
        struct ansa_bytes wire;
        uint32_t count;
};

struct ansa_value {
        uint32_t index;
        uint32_t timestamp_s;
        uint32_t ttl_s; /* by ttl_type: a duration or a point in time */
        uint8_t ttl_type;
        uint8_t permissions;
        struct ansa_bytes type;
        struct ansa_bytes data;
        struct ansa_refs refs;
};

/** Values in wire form, back to back; the count is not part of the bytes. */
struct ansa_values {
        struct ansa_bytes wire;
        uint32_t count;
};

/**
 * Decode one value from the front of @wire.
 *
 * @wire   on success moved past the value, on failure unchanged.
 * @value  on success filled, borrowing from the buffer behind @wire; else zeroed.
 *
 * @return ANSA_OK; ANSA_E_TRUNCATED when @wire ends inside the value;
 *         ANSA_E_LIMIT when a length is over ANSA_BLOCK_SIZE_MAX, or that of
 *         an identifier over ANSA_NAME_SIZE_MAX. References are checked, so
 *         that walking them cannot fail. Index 0 and
 *         unknown permission bits decode: refusing them is the service's job.
 */
ANSA_API ANSA_CHECKED enum ansa_err ansa_value_decode(struct ansa_bytes *wire,
                                                      struct ansa_value *value);

/** Bytes that ansa_value_encode writes for @value. */
ANSA_API size_t ansa_value_size(const struct ansa_value *value);

/** Write @value to @at, which has room for @room bytes. ANSA_E_LIMIT when too small. */
ANSA_API ANSA_CHECKED enum ansa_err ansa_value_encode(const struct ansa_value *value, uint8_t *at,
                                                      size_t room, size_t *size);

/** Take the next value off @values; ANSA_E_NOT_FOUND when none is left. */
ANSA_API ANSA_CHECKED enum ansa_err ansa_values_next(struct ansa_values *values,
                                                     struct ansa_value *value);

/** Take the next reference off @refs; ANSA_E_NOT_FOUND when none is left. */
ANSA_API ANSA_CHECKED enum ansa_err ansa_refs_next(struct ansa_refs *refs, struct ansa_ref *ref);

/** ASCII case-insensitive: @type equals @asked, or @asked ends in "." and @type is it or below it. */
ANSA_API bool ansa_type_matches(struct ansa_bytes type, struct ansa_bytes asked);

#endif /* ANSA_VALUE_H */
