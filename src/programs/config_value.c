/* SPDX-License-Identifier: Apache-2.0 */
#include "programs/config.h"

#include "base/assert.h"
#include "base/text.h"
#include "wire/name.h"

#include <ctype.h>

/* Values of settings: from text and to text. */

struct unit {
        const char *name;
        uint64_t factor;
};

static const struct unit size_units[] = {
        { "t", 1ull << 40 }, { "tb", 1ull << 40 }, { "g", 1u << 30 }, { "gb", 1u << 30 },
        { "m", 1u << 20 },   { "mb", 1u << 20 },   { "k", 1u << 10 }, { "kb", 1u << 10 },
        { "", 1 },           { "b", 1 },
};
static const struct unit time_units[] = {
        { "d", 86400000 }, { "h", 3600000 }, { "m", 60000 }, { "s", 1000 }, { "ms", 1 },
};
static const char *const level_names[] = { "error", "warn", "info", "debug" };

static void *field(const struct config_row *row, struct config *config)
{
        return (uint8_t *)config + row->offset;
}

static const void *const_field(const struct config_row *row, const struct config *config)
{
        return (const uint8_t *)config + row->offset;
}

static bool scaled(const char *text, const struct unit *units, size_t count, uint64_t *number)
{
        size_t digits = strspn(text, "0123456789");
        struct ansa_bytes head = { (const uint8_t *)text, digits };
        if (digits == 0 || text_u64(head, UINT64_MAX, number) != ANSA_OK)
                return false;
        const char *rest = text + digits;
        while (*rest == ' ')
                rest++;
        for (size_t i = 0; i < count; i++) {
                if (text_equal_fold(ansa_bytes_text(rest), ansa_bytes_text(units[i].name)))
                        return !__builtin_mul_overflow(*number, units[i].factor, number);
        }
        return false;
}

/* The largest unit that leaves a whole number. */
static void put_scaled(uint64_t number, const struct unit *units, size_t count, struct buf *b)
{
        for (size_t i = 0; i < count; i++) {
                if (number % units[i].factor == 0 && (number > 0 || i + 1 == count)) {
                        buf_printf(b, "%llu%s", (unsigned long long)(number / units[i].factor),
                                   units[i].name);
                        return;
                }
        }
        buf_printf(b, "%llu", (unsigned long long)number);
}

#define PUT_SIZE(number, b) put_scaled(number, size_units, 9, b) /* up to "" */
#define PUT_TIME(number, b) put_scaled(number, time_units, 5, b)

static void put_number(enum config_type type, uint64_t number, struct buf *b)
{
        if (type == CONFIG_SIZE)
                PUT_SIZE(number, b);
        else if (type == CONFIG_TIME)
                PUT_TIME(number, b);
        else
                buf_printf(b, "%llu", (unsigned long long)number);
}

/* What would be right, in two halves; always false. */
static bool say(char *right, size_t room, const char *what, const char *more)
{
        (void)snprintf(right, room, "%s%s", what, more);
        return false;
}

static bool parse_number(const struct config_row *row, const char *text, uint64_t *number,
                         char *right, size_t room)
{
        bool ok;
        uint64_t n = 0;
        if (row->type == CONFIG_SIZE)
                ok = scaled(text, size_units, sizeof(size_units) / sizeof(size_units[0]), &n);
        else if (row->type == CONFIG_TIME)
                ok = scaled(text, time_units, sizeof(time_units) / sizeof(time_units[0]), &n);
        else
                ok = text_u64(ansa_bytes_text(text), UINT64_MAX, &n) == ANSA_OK;
        if (ok && n >= row->min && n <= row->max) {
                *number = n;
                return true;
        }
        uint8_t at[96];
        struct buf b = buf_over(at, sizeof(at) - 1);
        put_number(row->type, row->min, &b);
        buf_text(&b, " to ");
        put_number(row->type, row->max, &b);
        at[b.size] = '\0';
        static const char *const forms[] = {
                [CONFIG_NUMBER] = "a number from ",
                [CONFIG_SIZE] = "a size such as 64k or 16m, from ",
                [CONFIG_TIME] = "a time such as 500ms, 10s or 5m, from ",
        };
        return say(right, room, forms[row->type], (const char *)at);
}

static bool parse_bool(const char *text, bool *value)
{
        static const char *const words[2][3] = { { "no", "false", "off" },
                                                 { "yes", "true", "on" } };
        for (size_t v = 0; v < 2; v++) {
                for (size_t i = 0; i < 3; i++) {
                        if (text_equal_fold(ansa_bytes_text(text), ansa_bytes_text(words[v][i]))) {
                                *value = v == 1;
                                return true;
                        }
                }
        }
        return false;
}

static bool parse_level(const char *text, uint64_t *level)
{
        for (uint64_t i = 0; i < sizeof(level_names) / sizeof(level_names[0]); i++) {
                if (strcmp(text, level_names[i]) == 0) {
                        *level = i;
                        return true;
                }
        }
        return false;
}

static struct doors_ranges *ranges_of(const struct config_row *row, struct config *config)
{
        if (row->offset == offsetof(struct config, udp_exempt))
                return &config->exempt_ranges;
        return row->offset == offsetof(struct config, http_proxies) ? &config->proxy_ranges
                                                                    : &config->watcher_ranges;
}

/* What the items of a list mean, beside the words themselves. */
static bool take_item(const struct config_row *row, struct config *config, uint32_t i,
                      const char *word)
{
        struct ansa_bytes bytes = ansa_bytes_text(word);
        if (row->type == CONFIG_ADDRESSES)
                return address_parse(word, row->offset == offsetof(struct config, listen)
                                                   ? config->listen_address[i]
                                                   : config->http_listen_address[i]) == ANSA_OK;
        if (row->type == CONFIG_RANGES) {
                struct doors_ranges *ranges = ranges_of(row, config);
                ranges->count = i + 1;
                return address_range_parse(word, &ranges->range[i]) == ANSA_OK;
        }
        if (row->type != CONFIG_REFS)
                return true;
        struct config_refs *refs = row->offset == offsetof(struct config, server_admins)
                                           ? &config->server_admin_refs
                                           : &config->status_admin_refs;
        struct ansa_ref ref;
        if (!isdigit((unsigned char)word[0]) || strchr(word, ':') == NULL ||
            ref_from_text(bytes, &ref) != ANSA_OK || name_problem(ref.name) != NULL)
                return false;
        refs->ref[i] = ref;
        refs->count = i + 1;
        return true;
}

static bool parse_list(const struct config_row *row, char *text, struct config *config, char *right,
                       size_t room)
{
        static const char *const forms[] = {
                [CONFIG_ADDRESSES] = "addresses such as 192.0.2.1 or 2001:db8::1, not ",
                [CONFIG_RANGES] = "ranges such as 192.0.2.0/24 or 2001:db8::/32, not ",
                [CONFIG_REFS] = "INDEX:IDENTIFIER such as 300:0.NA/20.500.99999, not ",
        };
        struct config_list *list = field(row, config);
        char *state = NULL;
        for (char *word = strtok_r(text, " ,\t", &state); word != NULL;
             word = strtok_r(NULL, " ,\t", &state)) {
                if (list->count == row->max) {
                        char most[32];
                        (void)snprintf(most, sizeof(most), "%llu", (unsigned long long)row->max);
                        return say(right, room, "at most so many items: ", most);
                }
                if (!take_item(row, config, list->count, word))
                        return say(right, room, forms[row->type], word);
                list->item[list->count++] = word;
        }
        if (list->count < row->min)
                return say(right, room, "at least one item", "");
        return true;
}

bool config_parse_value(const struct config_row *row, const char *text, struct config *config,
                        char *right, size_t room)
{
        right[0] = '\0';
        char *copy = arena_text(&config->arena, ansa_bytes_text(text));
        if (copy == NULL)
                return say(right, room, "less text in all", "");
        switch (row->type) {
        case CONFIG_BOOL:
                return parse_bool(text, field(row, config)) || say(right, room, "yes or no", "");
        case CONFIG_NUMBER:
        case CONFIG_SIZE:
        case CONFIG_TIME:
                return parse_number(row, text, field(row, config), right, room);
        case CONFIG_LEVEL:
                return parse_level(text, field(row, config)) ||
                       say(right, room, "error, warn, info or debug", "");
        case CONFIG_TEXT: {
                size_t size = strlen(copy);
                if (size < row->min)
                        return say(right, room, "a text that is not empty", "");
                if (size > row->max)
                        return say(right, room, "a shorter text", "");
                *(const char **)field(row, config) = copy;
                return true;
        }
        case CONFIG_ADDRESSES:
        case CONFIG_RANGES:
        case CONFIG_REFS:
        case CONFIG_WORDS:
                return parse_list(row, copy, config, right, room);
        }
        return say(right, room, "a type of setting that there is", ""); /* rows have no other */
}

void config_put_value(const struct config_row *row, const struct config *config, struct buf *b)
{
        const void *at = const_field(row, config);
        switch (row->type) {
        case CONFIG_BOOL:
                buf_text(b, *(const bool *)at ? "yes" : "no");
                return;
        case CONFIG_NUMBER:
        case CONFIG_SIZE:
        case CONFIG_TIME:
                put_number(row->type, *(const uint64_t *)at, b);
                return;
        case CONFIG_LEVEL:
                buf_text(b, level_names[*(const uint64_t *)at]);
                return;
        case CONFIG_TEXT:
                buf_text(b, *(const char *const *)at);
                return;
        case CONFIG_ADDRESSES:
        case CONFIG_RANGES:
        case CONFIG_REFS:
        case CONFIG_WORDS: {
                const struct config_list *list = at;
                for (uint32_t i = 0; i < list->count; i++)
                        buf_printf(b, "%s%s", i > 0 ? " " : "", list->item[i]);
                return;
        }
        }
}
