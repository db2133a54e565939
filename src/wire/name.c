/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/name.h"

#include "base/assert.h"
#include "base/limits.h"
#include "base/text.h"
#include "wire/cursor.h"
#include "wire/md5.h"

static const struct ansa_bytes zero_na = { (const uint8_t *)"0.NA", 4 };

static struct ansa_bytes first_of(struct ansa_bytes b, size_t size)
{
        ansa_assert(size <= b.size);
        return (struct ansa_bytes){ b.at, size };
}

static struct ansa_bytes after(struct ansa_bytes b, size_t size)
{
        ansa_assert(size <= b.size);
        return size == 0 ? b : (struct ansa_bytes){ b.at + size, b.size - size };
}

/* Where @c first is in @b; b.size when nowhere. */
static size_t position(struct ansa_bytes b, char c)
{
        const uint8_t *at = b.size > 0 ? memchr(b.at, c, b.size) : NULL;
        return at != NULL ? (size_t)(at - b.at) : b.size;
}

static bool starts_with_fold(struct ansa_bytes b, struct ansa_bytes front)
{
        return b.size >= front.size && text_equal_fold(first_of(b, front.size), front);
}

struct name_parts name_split(struct ansa_bytes name)
{
        size_t slash = position(name, '/');
        if (slash == name.size)
                return (struct name_parts){ zero_na, name };
        return (struct name_parts){ first_of(name, slash), after(name, slash + 1) };
}

static bool is_prefix_record(const struct name_parts *parts)
{
        return text_equal_fold(parts->prefix, zero_na);
}

bool name_is_prefix_record(struct ansa_bytes name)
{
        struct name_parts parts = name_split(name);
        return is_prefix_record(&parts);
}

/* A prefix: one or more segments between dots, none of them empty. */
static const char *prefix_problem(struct ansa_bytes prefix)
{
        if (prefix.size == 0)
                return "the prefix is empty";
        bool empty = true;
        for (size_t i = 0; i < prefix.size; i++) {
                if (prefix.at[i] == '.' && empty)
                        return "a segment of the prefix is empty";
                empty = prefix.at[i] == '.';
        }
        return empty ? "a segment of the prefix is empty" : NULL;
}

const char *name_problem(struct ansa_bytes name)
{
        if (name.size == 0)
                return "it is empty";
        if (name.size > LIMIT_NAME_SIZE)
                return "it is longer than 2048 bytes";
        if (!text_is_utf8(name))
                return "it is not UTF-8";
        bool has_control = false;
        for (size_t i = 0; i < name.size; i++)
                has_control |= name.at[i] < 0x20 || name.at[i] == 0x7f;
        if (has_control)
                return "it contains a control character"; /* RFC 3651 s.2: printable */
        struct name_parts parts = name_split(name);
        const char *problem = prefix_problem(parts.prefix);
        if (problem == NULL && is_prefix_record(&parts)) /* its suffix is a prefix too */
                problem = prefix_problem(first_of(parts.suffix, position(parts.suffix, '/')));
        return problem;
}

static void put_folded(uint8_t *at, struct ansa_bytes text)
{
        for (size_t i = 0; i < text.size; i++)
                at[i] = text_upper(text.at[i]);
}

enum ansa_err name_fold(struct ansa_bytes name, bool case_sensitive, uint8_t *at, size_t room,
                        size_t *size)
{
        *size = 0;
        struct name_parts parts = name_split(name);
        if (room < 1 || parts.prefix.size > room - 1 ||
            parts.suffix.size > room - 1 - parts.prefix.size)
                return ANSA_E_LIMIT;
        uint8_t *suffix = at + parts.prefix.size + 1;
        put_folded(at, parts.prefix);
        suffix[-1] = '/';
        if (!case_sensitive || is_prefix_record(&parts))
                put_folded(suffix, parts.suffix);
        else if (parts.suffix.size > 0)
                memcpy(suffix, parts.suffix.at, parts.suffix.size);
        *size = parts.prefix.size + 1 + parts.suffix.size;
        return ANSA_OK;
}

bool name_equal(struct ansa_bytes a, struct ansa_bytes b, bool case_sensitive)
{
        if (ansa_bytes_equal(a, b)) /* as nearly always */
                return true;
        struct name_parts pa = name_split(a);
        struct name_parts pb = name_split(b);
        if (!text_equal_fold(pa.prefix, pb.prefix))
                return false;
        if (!case_sensitive || is_prefix_record(&pa))
                return text_equal_fold(pa.suffix, pb.suffix);
        return ansa_bytes_equal(pa.suffix, pb.suffix);
}

static void put_record_of(struct ansa_bytes prefix, struct buf *b)
{
        buf_bytes(b, zero_na);
        buf_u8(b, '/');
        buf_bytes(b, prefix);
}

void name_put_prefix_record(struct ansa_bytes name, struct buf *b)
{
        put_record_of(name_split(name).prefix, b);
}

bool name_put_parent(struct ansa_bytes prefix_record, struct buf *b)
{
        struct name_parts parts = name_split(prefix_record);
        struct ansa_bytes prefix = parts.suffix;
        if (!is_prefix_record(&parts) || text_equal_fold(prefix, zero_na) ||
            prefix_problem(prefix) != NULL || position(prefix, '/') < prefix.size)
                return false;
        size_t dot = prefix.size - 1;
        while (dot > 0 && prefix.at[dot] != '.')
                dot--;
        put_record_of(dot > 0 ? first_of(prefix, dot) : zero_na, b);
        return true;
}

bool name_is_global(struct ansa_bytes name)
{
        struct ansa_bytes prefix = name_split(name).prefix;
        return prefix.size > 0 && prefix.at[0] == '0' && (prefix.size == 1 || prefix.at[1] == '.');
}

static void add_folded(struct md5 *m, struct ansa_bytes text)
{
        uint8_t piece[256];
        while (text.size > 0) {
                size_t n = text.size < sizeof(piece) ? text.size : sizeof(piece);
                put_folded(piece, first_of(text, n));
                md5_add(m, (struct ansa_bytes){ piece, n });
                text = after(text, n);
        }
}

uint32_t name_hash(struct ansa_bytes name, enum ansa_hash_option option)
{
        struct name_parts parts = name_split(name);
        struct md5 m;
        md5_init(&m);
        if (option != ANSA_HASH_SUFFIX)
                add_folded(&m, parts.prefix);
        if (option != ANSA_HASH_SUFFIX && option != ANSA_HASH_PREFIX)
                md5_add(&m, ANSA_BYTES_LIT("/"));
        if (option != ANSA_HASH_PREFIX)
                add_folded(&m, parts.suffix);
        uint8_t d[MD5_SIZE];
        md5_end(&m, d);
        uint32_t last = load_u32(d + MD5_SIZE - 4);
        return last > INT32_MAX ? 0u - last : last; /* |x| of a signed number; 2^31 stays */
}

struct ansa_bytes name_from_user(struct ansa_bytes typed)
{
        static const char *const fronts[] = {
                "hdl:",
                "doi:",
                "info:hdl/",
                "info:doi/",
                "urn:hdl:",
                "urn:doi:",
                "https://hdl.handle.net/",
                "http://hdl.handle.net/",
                "https://doi.org/",
                "http://doi.org/",
                "https://dx.doi.org/",
                "http://dx.doi.org/",
                "https://www.doi.org/",
                "http://www.doi.org/",
        };
        for (size_t i = 0; i < sizeof(fronts) / sizeof(fronts[0]); i++) {
                struct ansa_bytes front = ansa_bytes_text(fronts[i]);
                if (starts_with_fold(typed, front))
                        return after(typed, front.size);
        }
        return typed;
}

enum ansa_err ref_from_text(struct ansa_bytes text, struct ansa_ref *ref)
{
        *ref = (struct ansa_ref){ 0 };
        size_t colon = position(text, ':');
        size_t digits = 0;
        while (digits < colon && text.at[digits] >= '0' && text.at[digits] <= '9')
                digits++;
        uint64_t index = 0;
        struct ansa_bytes name = text;
        if (colon < text.size && colon > 0 && digits == colon) {
                enum ansa_err err = text_u64(first_of(text, colon), UINT32_MAX, &index);
                if (err != ANSA_OK)
                        return err;
                name = after(text, colon + 1);
        }
        if (name.size == 0)
                return ANSA_E_MALFORMED;
        *ref = (struct ansa_ref){ name, (uint32_t)index };
        return ANSA_OK;
}

void ref_put_text(const struct ansa_ref *ref, struct buf *b)
{
        buf_decimal(b, ref->index);
        buf_u8(b, ':');
        buf_bytes(b, ref->name);
}
