/* SPDX-License-Identifier: Apache-2.0 */
#include "identifier/binding.h"

#include "base/text.h"

const struct binding *binding_find(const struct binding *list, struct ansa_bytes name)
{
        while (list != NULL && !ansa_bytes_equal(list->name, name))
                list = list->next;
        return list;
}

static void put_value(const struct binding *binding, struct buf *b)
{
        if (binding != NULL)
                buf_bytes(b, binding->value);
}

static void put_group(const struct binding *binding, struct ansa_bytes digits, struct buf *b)
{
        uint64_t group = 0;
        if (binding != NULL && text_u64(digits, UINT32_MAX, &group) == ANSA_OK &&
            group < binding->group_count)
                buf_bytes(b, binding->groups[group]);
}

static size_t digits_at(struct ansa_bytes text, size_t from)
{
        size_t n = 0;
        while (from + n < text.size && text.at[from + n] >= '0' && text.at[from + n] <= '9')
                n++;
        return n;
}

static struct ansa_bytes part(struct ansa_bytes text, size_t from, size_t to)
{
        return (struct ansa_bytes){ text.at + from, to - from };
}

/* What stands between ${ and }. */
static void put_reference(const struct binding *list, struct ansa_bytes inner, struct buf *b)
{
        if (inner.size > 0 && digits_at(inner, 0) == inner.size) {
                put_group(binding_find(list, ANSA_BYTES_LIT("extension")), inner, b);
                return;
        }
        const uint8_t *bracket = inner.size > 0 ? memchr(inner.at, '[', inner.size) : NULL;
        if (bracket == NULL || inner.at[inner.size - 1] != ']') {
                put_value(binding_find(list, inner), b);
                return;
        }
        size_t open = (size_t)(bracket - inner.at);
        put_group(binding_find(list, part(inner, 0, open)), part(inner, open + 1, inner.size - 1),
                  b);
}

/* The octets of @text from @i that a reference takes; 0 when it is no reference. */
static size_t put_dollar(const struct binding *list, struct ansa_bytes text, size_t i,
                         struct buf *b)
{
        size_t digits = digits_at(text, i + 1);
        if (digits > 0) {
                put_group(binding_find(list, ANSA_BYTES_LIT("extension")),
                          part(text, i + 1, i + 1 + digits), b);
                return 1 + digits;
        }
        if (i + 1 >= text.size || text.at[i + 1] != '{')
                return 0;
        const uint8_t *end = memchr(text.at + i, '}', text.size - i);
        if (end == NULL)
                return 0;
        size_t close = (size_t)(end - text.at);
        put_reference(list, part(text, i + 2, close), b);
        return close + 1 - i;
}

void binding_substitute(const struct binding *list, struct ansa_bytes text, struct buf *b)
{
        size_t i = 0;
        while (i < text.size && b->err == ANSA_OK) {
                size_t taken = 0;
                if (text.at[i] == '\\' && i + 1 < text.size) {
                        buf_u8(b, text.at[i + 1]);
                        taken = 2;
                } else if (text.at[i] == '$') {
                        taken = put_dollar(list, text, i, b);
                }
                if (taken == 0) {
                        buf_u8(b, text.at[i]);
                        taken = 1;
                }
                i += taken;
        }
}
