/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/tile.h"

#include "base/assert.h"
#include "base/text.h"

/* Takes @text from the front of @rest when it is there. */
static bool take(struct ansa_bytes *rest, struct ansa_bytes text)
{
        if (rest->size < text.size || memcmp(rest->at, text.at, text.size) != 0)
                return false;
        *rest = (struct ansa_bytes){ rest->at + text.size, rest->size - text.size };
        return true;
}

/* What is before the first @end, which is taken as well; or all. */
static struct ansa_bytes take_until(struct ansa_bytes *rest, uint8_t end, bool *found)
{
        size_t n = 0;
        while (n < rest->size && rest->at[n] != end)
                n++;
        struct ansa_bytes before = { rest->at, n };
        *found = n < rest->size;
        size_t used = n + (*found ? 1u : 0u);
        if (used > 0)
                *rest = (struct ansa_bytes){ rest->at + used, rest->size - used };
        return before;
}

static bool is_digits(const uint8_t *at, size_t count)
{
        for (size_t i = 0; i < count; i++) {
                if (at[i] < '0' || at[i] > '9')
                        return false;
        }
        return true;
}

/*
 * x001/x234/067. No group more than needed: the first of several is not x000, or there would be
 * many names for a tile.
 */
static enum ansa_err take_index(struct ansa_bytes *rest, uint64_t *index)
{
        bool is_last = false;
        uint64_t n = 0;
        for (unsigned groups = 0; !is_last; groups++) {
                is_last = !take(rest, ANSA_BYTES_LIT("x"));
                if (rest->size < 3 || !is_digits(rest->at, 3))
                        return ANSA_E_MALFORMED;
                const uint8_t *d = rest->at;
                uint64_t group = (uint64_t)(d[0] - '0') * 100 + (uint64_t)(d[1] - '0') * 10 +
                                 (uint64_t)(d[2] - '0');
                *rest = (struct ansa_bytes){ d + 3, rest->size - 3 };
                if (groups == 0 && !is_last && group == 0)
                        return ANSA_E_MALFORMED;
                if (__builtin_mul_overflow(n, (uint64_t)1000, &n) ||
                    __builtin_add_overflow(n, group, &n))
                        return ANSA_E_LIMIT;
                if (!is_last && !take(rest, ANSA_BYTES_LIT("/")))
                        return ANSA_E_MALFORMED;
        }
        *index = n;
        return ANSA_OK;
}

enum ansa_err tile_decode_name(struct ansa_bytes name, struct tile *t)
{
        *t = (struct tile){ 0 };
        struct tile got = { .width = TILE_WIDTH };
        uint64_t level = 0;
        uint64_t width = 0;
        bool found = false;
        if (!take(&name, ANSA_BYTES_LIT("tile/")))
                return ANSA_E_MALFORMED;
        struct ansa_bytes kind = take_until(&name, '/', &found);
        got.is_entries = ansa_bytes_equal(kind, ANSA_BYTES_LIT("entries"));
        if (!found || (!got.is_entries && text_decimal(kind, TILE_LEVEL_MAX, &level) != ANSA_OK))
                return ANSA_E_MALFORMED;
        got.level = (uint8_t)level;
        enum ansa_err err = take_index(&name, &got.index);
        if (err != ANSA_OK)
                return err;
        if (take(&name, ANSA_BYTES_LIT(".p/"))) {
                if (text_decimal(name, TILE_WIDTH - 1, &width) != ANSA_OK || width == 0)
                        return ANSA_E_MALFORMED;
                got.width = (uint16_t)width;
        } else if (name.size > 0) {
                return ANSA_E_MALFORMED;
        }
        *t = got;
        return ANSA_OK;
}

void tile_put_name(const struct tile *t, struct buf *b)
{
        ansa_assert(t->level <= TILE_LEVEL_MAX && t->width > 0 && t->width <= TILE_WIDTH);
        buf_text(b, "tile/");
        if (t->is_entries)
                buf_text(b, "entries");
        else
                buf_decimal(b, t->level);
        unsigned group[7]; /* 2^64-1 has 20 digits */
        unsigned groups = 0;
        uint64_t n = t->index;
        do {
                group[groups++] = (unsigned)(n % 1000);
                n /= 1000;
        } while (n > 0);
        while (groups-- > 0) {
                const char digits[] = { (char)('0' + group[groups] / 100),
                                        (char)('0' + group[groups] / 10 % 10),
                                        (char)('0' + group[groups] % 10), '\0' };
                buf_text(b, groups > 0 ? "/x" : "/");
                buf_text(b, digits);
        }
        if (t->width < TILE_WIDTH) {
                buf_text(b, ".p/");
                buf_decimal(b, t->width);
        }
}

/* Complete nodes of height 8 * level. */
static uint64_t nodes(unsigned level, uint64_t size)
{
        return level < 8 ? size >> (TILE_HEIGHT * level) : 0;
}

unsigned tile_width(unsigned level, uint64_t index, uint64_t size)
{
        uint64_t count = nodes(level, size);
        if (index > count / TILE_WIDTH)
                return 0;
        return index < count / TILE_WIDTH ? TILE_WIDTH : (unsigned)(count % TILE_WIDTH);
}

uint64_t tile_count(unsigned level, uint64_t size)
{
        uint64_t count = nodes(level, size);
        return count / TILE_WIDTH + (count % TILE_WIDTH != 0 ? 1 : 0);
}

bool tile_is_within(const struct tile *t, uint64_t size)
{
        return t->width > 0 && t->width <= tile_width(t->level, t->index, size);
}

struct tile tile_of_node(unsigned level, uint64_t index, unsigned *offset, unsigned *count)
{
        ansa_assert(level < 64);
        unsigned above = level % TILE_HEIGHT; /* so far above the hashes of its tile */
        unsigned places = TILE_HEIGHT - above;
        *count = 1u << above;
        *offset = (unsigned)(index & ((1u << places) - 1)) << above;
        return (struct tile){ .level = (uint8_t)(level / TILE_HEIGHT), .index = index >> places };
}

void tile_put_entry(struct ansa_bytes entry, struct buf *b)
{
        if (entry.size > TILE_ENTRY_MAX) {
                buf_fail(b, ANSA_E_LIMIT);
                return;
        }
        buf_u16(b, (uint16_t)entry.size);
        buf_bytes(b, entry);
}

struct ansa_bytes tile_next_entry(struct cursor *bundle)
{
        return cursor_bytes(bundle, cursor_u16(bundle));
}

enum ansa_err tile_check_bundle(struct ansa_bytes bundle, unsigned width)
{
        struct cursor c = cursor_over(bundle);
        for (unsigned i = 0; i < width; i++)
                (void)tile_next_entry(&c);
        return cursor_end(&c);
}
