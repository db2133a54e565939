/* SPDX-License-Identifier: Apache-2.0 */
/* Which of the candidates, rest-api 7.2. */
#include "http/locations.h"

#include "base/assert.h"
#include "base/text.h"
#include "http/decimal.h"
#include "http/escape.h"

#include <arpa/inet.h>

#define ADDRESS_TEXT_MAX 46u /* octets of the longest address as text */

struct choice {
        const struct locations *l;
        const struct locations_query *query;
        const struct location **left; /* candidates that are still possible, in their order */
        size_t count;
};

/* What comes before the next comma. */
static bool next_item(struct ansa_bytes *rest, struct ansa_bytes *item)
{
        if (rest->at == NULL)
                return false;
        const uint8_t *comma = rest->size > 0 ? memchr(rest->at, ',', rest->size) : NULL;
        size_t size = comma != NULL ? (size_t)(comma - rest->at) : rest->size;
        *item = text_trim((struct ansa_bytes){ rest->at, size });
        if (comma == NULL)
                *rest = (struct ansa_bytes){ 0 };
        else
                *rest = (struct ansa_bytes){ comma + 1, rest->size - size - 1 };
        return true;
}

static bool node_attribute(const struct xml_node *node, struct ansa_bytes name,
                           struct ansa_bytes *value)
{
        for (const struct xml_attribute *a = node->attributes; a != NULL; a = a->next) {
                if (ansa_bytes_equal(a->name, name)) {
                        *value = a->value;
                        return true;
                }
        }
        return false;
}

static int64_t weight_of(const struct location *location)
{
        struct ansa_bytes text;
        if (location->node == NULL)
                return location->weight;
        return xml_attribute(location->node, "weight", &text) ? decimal_parse(text, DECIMAL_ONE)
                                                              : DECIMAL_ONE;
}

/* URL values have the attributes that showlocations shows: href and weight. */
static bool has_attribute(const struct location *location, const struct locatt *locatt)
{
        struct ansa_bytes value;
        if (location->node != NULL)
                return node_attribute(location->node, locatt->key, &value) &&
                       (!locatt->has_value || ansa_bytes_equal(value, locatt->value));
        if (ansa_bytes_equal(locatt->key, ANSA_BYTES_LIT("href")))
                return !locatt->has_value || ansa_bytes_equal(location->url, locatt->value);
        if (ansa_bytes_equal(locatt->key, ANSA_BYTES_LIT("weight")))
                return !locatt->has_value || decimal_parse(locatt->value, -1) == location->weight;
        return false;
}

/* Keep those that @test likes, unless that is none of them. */
static void keep(struct choice *c,
                 bool (*test)(const struct location *location, const void *context),
                 const void *context)
{
        size_t kept = 0;
        for (size_t i = 0; i < c->count && kept == 0; i++)
                kept += test(c->left[i], context);
        if (kept == 0)
                return;
        kept = 0;
        for (size_t i = 0; i < c->count; i++) {
                if (test(c->left[i], context))
                        c->left[kept++] = c->left[i];
        }
        c->count = kept;
}

static bool test_locatt(const struct location *location, const void *context)
{
        return has_attribute(location, context);
}

static void by_locatt(struct choice *c)
{
        for (size_t i = 0; i < c->query->locatt_count && c->count > 1; i++)
                keep(c, test_locatt, &c->query->locatts[i]);
}

bool location_address(struct ansa_bytes text, uint8_t address[16])
{
        char plain[ADDRESS_TEXT_MAX + 1];
        memset(address, 0, 16);
        if (text.size == 0 || text.size > ADDRESS_TEXT_MAX ||
            memchr(text.at, '\0', text.size) != NULL)
                return false;
        memcpy(plain, text.at, text.size);
        plain[text.size] = '\0';
        if (inet_pton(AF_INET6, plain, address) == 1)
                return true;
        memset(address, 0, 16);
        address[10] = address[11] = 0xff;
        if (inet_pton(AF_INET, plain, address + 12) == 1)
                return true;
        memset(address, 0, 16);
        return false;
}

static bool is_in_network(const uint8_t address[16], struct ansa_bytes text)
{
        uint8_t network[16];
        uint64_t bits = 128;
        const uint8_t *slash = text.size > 0 ? memchr(text.at, '/', text.size) : NULL;
        struct ansa_bytes alone = text;
        if (slash != NULL)
                alone.size = (size_t)(slash - text.at);
        if (!location_address(alone, network))
                return false;
        if (slash != NULL) {
                bool is_v4 = memchr(alone.at, ':', alone.size) == NULL;
                struct ansa_bytes length = { slash + 1, text.size - alone.size - 1 };
                if (text_u64(length, is_v4 ? 32 : 128, &bits) != ANSA_OK)
                        return false;
                bits += is_v4 ? 96 : 0;
        }
        size_t octets = (size_t)bits / 8;
        if (memcmp(address, network, octets) != 0)
                return false;
        return bits % 8 == 0 || (address[octets] ^ network[octets]) >> (8 - bits % 8) == 0;
}

static bool test_address(const struct location *location, const void *context)
{
        struct ansa_bytes rest;
        struct ansa_bytes item;
        if (location->node == NULL || !xml_attribute(location->node, "addresses", &rest))
                return false;
        while (next_item(&rest, &item)) {
                if (is_in_network(context, item))
                        return true;
        }
        return false;
}

static void by_address(struct choice *c)
{
        if (c->query->has_address)
                keep(c, test_address, c->query->address);
}

static bool test_country(const struct location *location, const void *context)
{
        struct ansa_bytes country;
        return location->node != NULL && xml_attribute(location->node, "country", &country) &&
               text_equal_fold(text_trim(country), *(const struct ansa_bytes *)context);
}

static void by_country(struct choice *c)
{
        if (c->query->country.size > 0)
                keep(c, test_country, &c->query->country);
}

static int64_t score_of(const struct location *location)
{
        struct ansa_bytes text;
        bool has_one = location->node != NULL && xml_attribute(location->node, "score", &text);
        return has_one ? decimal_parse(text, 0) : 0;
}

static bool test_score(const struct location *location, const void *context)
{
        return score_of(location) == *(const int64_t *)context;
}

static void by_score(struct choice *c)
{
        int64_t best = score_of(c->left[0]);
        for (size_t i = 1; i < c->count; i++) {
                if (score_of(c->left[i]) > best)
                        best = score_of(c->left[i]);
        }
        keep(c, test_score, &best);
}

/* Uniform below @end; numbers past the last whole multiple of it are drawn again. */
static uint64_t random_below(struct env *env, uint64_t end)
{
        ansa_assert(end > 0);
        uint64_t past = UINT64_MAX - UINT64_MAX % end;
        uint64_t number;
        do {
                uint8_t octets[sizeof(number)];
                env->random(env, octets, sizeof(octets));
                memcpy(&number, octets, sizeof(number));
        } while (number >= past);
        return number % end;
}

/* In proportion to the weights; when all are 0, each with the same chance. */
static void by_weight(struct choice *c)
{
        uint64_t total = 0; /* LOCATIONS_MAX times DECIMAL_MAX fits */
        for (size_t i = 0; i < c->count; i++) {
                int64_t weight = weight_of(c->left[i]);
                total += weight > 0 ? (uint64_t)weight : 0;
        }
        uint64_t at = random_below(c->query->env, total > 0 ? total : c->count);
        size_t i = 0;
        for (; i + 1 < c->count; i++) {
                int64_t weight = weight_of(c->left[i]);
                uint64_t share = weight > 0 ? (uint64_t)weight : 0;
                if (total == 0)
                        share = 1;
                if (at < share)
                        break;
                at -= share;
        }
        c->left[0] = c->left[i];
        c->count = 1;
}

static const struct {
        const char *name;
        void (*apply)(struct choice *c);
} methods[] = {
        { "locatt", by_locatt }, { "address", by_address }, { "country", by_country },
        { "score", by_score },   { "weighted", by_weight },
};

/* On the own roots, or those included, before the namespace's: each in either spelling. */
static struct ansa_bytes method_list(const struct locations *l)
{
        for (int of_namespace = 0; of_namespace < 2; of_namespace++) {
                static const char *const spellings[] = { "choose_by", "chooseby" };
                for (size_t i = 0; i < 2; i++) {
                        for (const struct location_root *r = l->roots; r != NULL; r = r->next) {
                                struct ansa_bytes list;
                                if ((r->source == LOCATION_NAMESPACE) == (of_namespace == 1) &&
                                    xml_attribute(r->node, spellings[i], &list))
                                        return list;
                        }
                }
        }
        return ANSA_BYTES_LIT("locatt,address,country,score,weighted");
}

enum ansa_err locations_choose(const struct locations *l, const struct locations_query *query,
                               const struct location **chosen)
{
        *chosen = NULL;
        if (l->count == 0)
                return ANSA_OK;
        struct choice c = { .l = l, .query = query, .count = l->count };
        c.left = arena_array(l->arena, l->count, sizeof(*c.left));
        if (c.left == NULL)
                return ANSA_E_NO_MEMORY;
        for (size_t i = 0; i < l->count; i++)
                c.left[i] = &l->candidates[i];
        struct ansa_bytes rest = method_list(l);
        struct ansa_bytes name;
        while (c.count > 1 && next_item(&rest, &name)) {
                for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]) && c.count > 1; i++) {
                        if (text_equal_fold(name, ansa_bytes_text(methods[i].name)))
                                methods[i].apply(&c);
                }
        }
        if (c.count > 1)
                by_weight(&c);
        *chosen = c.left[0];
        return ANSA_OK;
}

static bool has_text(struct ansa_bytes text, const char *part)
{
        size_t size = strlen(part);
        for (size_t i = 0; i + size <= text.size; i++) {
                if (memcmp(text.at + i, part, size) == 0)
                        return true;
        }
        return false;
}

bool locations_negotiate(const struct locations *l)
{
        for (size_t i = 0; i < l->count; i++) {
                struct ansa_bytes role;
                const struct xml_node *node = l->candidates[i].node;
                if (node != NULL && xml_attribute(node, "http_role", &role) &&
                    has_text(role, "conneg"))
                        return true;
        }
        return false;
}

/* URLs */

void locations_put_template(const struct locations *l, struct ansa_bytes text, struct buf *b)
{
        static const struct {
                struct ansa_bytes variable;
                const char *kept;
        } variables[] = {
                { { (const uint8_t *)"{hdl}", 5 }, "" },
                { { (const uint8_t *)"{hdl:path}", 10 }, "/" },
        };
        for (size_t i = 0; i < text.size;) {
                size_t size = 0;
                for (size_t v = 0; v < 2 && size == 0; v++) {
                        struct ansa_bytes name = variables[v].variable;
                        if (text.size - i >= name.size &&
                            memcmp(text.at + i, name.at, name.size) == 0) {
                                escape_put_percent(l->name, variables[v].kept, b);
                                size = name.size;
                        }
                }
                if (size == 0)
                        buf_u8(b, text.at[i]);
                i += size > 0 ? size : 1;
        }
}

void locations_put_href(const struct locations *l, const struct xml_node *node, struct buf *b)
{
        struct ansa_bytes text;
        if (xml_attribute(node, "href", &text))
                buf_bytes(b, text);
        else if (xml_attribute(node, "href_template", &text))
                locations_put_template(l, text, b);
}

void locations_put_url(const struct locations *l, const struct location *location, struct buf *b)
{
        if (location->node == NULL)
                buf_bytes(b, location->url);
        else
                locations_put_href(l, location->node, b);
}

uint32_t locations_status(const struct locations *l, const struct location *location)
{
        struct ansa_bytes text;
        uint64_t status = 0;
        bool has_one = location->node != NULL && xml_attribute(location->node, "http_sc", &text);
        if (!has_one && !locations_setting(l, "http_sc", &text))
                return 302;
        if (text_u64(text_trim(text), 999, &status) != ANSA_OK)
                return 302;
        switch (status) {
        case 301:
        case 303:
        case 307:
        case 308:
                return (uint32_t)status;
        default:
                return 302;
        }
}

static void put_attribute(struct ansa_bytes name, struct ansa_bytes value, struct buf *b)
{
        buf_u8(b, ' ');
        buf_bytes(b, name);
        buf_text(b, "=\"");
        xml_put_value(value, b);
        buf_u8(b, '"');
}

static void put_url_value(const struct location *location, struct buf *b)
{
        put_attribute(ANSA_BYTES_LIT("href"), location->url, b);
        buf_text(b, " weight=\"");
        decimal_put(location->weight, b);
        buf_u8(b, '"');
}

void locations_put_xml(const struct locations *l, struct buf *b)
{
        buf_text(b, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<locations>\n");
        for (size_t i = 0; i < l->count; i++) {
                const struct xml_node *node = l->candidates[i].node;
                buf_text(b, "  <location");
                if (node == NULL)
                        put_url_value(&l->candidates[i], b);
                for (const struct xml_attribute *a = node != NULL ? node->attributes : NULL;
                     a != NULL; a = a->next)
                        put_attribute(a->name, a->value, b);
                buf_text(b, "/>\n");
        }
        buf_text(b, "</locations>\n");
}
