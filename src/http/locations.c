/* SPDX-License-Identifier: Apache-2.0 */
/* The list of candidates, rest-api 7.1. */
#include "http/locations.h"

#include "base/limits.h"
#include "base/room.h"
#include "base/text.h"
#include "http/decimal.h"
#include "wire/data.h"
#include "wire/name.h"

/* Each stage begins when all that the one before wanted was handed in. */
enum stage { STAGE_OWN, STAGE_NAMESPACE, STAGE_REFERENCES, STAGE_DONE };

void locations_init(struct locations *l, struct arena *arena, struct ansa_bytes name,
                    uint32_t now_s)
{
        *l = (struct locations){
                .arena = arena, .name = name, .now_s = now_s, .expires_s = UINT32_MAX
        };
}

bool location_type_is(struct ansa_bytes type, const char *wanted)
{
        struct ansa_bytes front = ansa_bytes_text(wanted);
        if (type.size > front.size && type.at[front.size] == '.')
                type.size = front.size;
        return text_equal_fold(type, front);
}

bool location_type_is_url(struct ansa_bytes type)
{
        return text_equal_fold(type, ANSA_BYTES_LIT("URL")) ||
               text_equal_fold(type, ANSA_BYTES_LIT("0.TYPE/URL"));
}

uint32_t location_expiry(const struct ansa_value *value, uint32_t now_s)
{
        if (value->ttl_type == ANSA_TTL_ABSOLUTE)
                return value->ttl_s;
        return value->ttl_s > UINT32_MAX - now_s ? UINT32_MAX : now_s + value->ttl_s;
}

static void use(struct locations *l, const struct ansa_value *value)
{
        uint32_t expiry = location_expiry(value, l->now_s);
        if (expiry < l->expires_s)
                l->expires_s = expiry;
}

/* Further records */

static bool is_space(uint8_t c)
{
        return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool is_wanted_already(const struct locations *l, const struct locations_want *want)
{
        for (size_t i = 0; i < l->want_count; i++) {
                const struct locations_want *w = &l->wants[i];
                if (w->is_namespace == want->is_namespace && w->index == want->index &&
                    name_equal(w->name, want->name, false))
                        return true;
        }
        return !want->is_namespace && want->index == 0 && name_equal(want->name, l->name, false);
}

static void add_want(struct locations *l, const struct locations_want *want)
{
        if (want->depth > LIMIT_NESTING || l->want_count == LOCATIONS_WANTS_MAX ||
            name_problem(want->name) != NULL || is_wanted_already(l, want))
                return;
        l->wants[l->want_count++] = *want;
}

/* An identifier, perhaps with the index of a value: "10.1000/1", "3:10.1000/1". */
static void want_record(struct locations *l, struct ansa_bytes text, enum location_source source,
                        unsigned depth)
{
        struct ansa_ref ref;
        if (ref_from_text(text_trim(text), &ref) != ANSA_OK)
                return;
        add_want(l, &(struct locations_want){ false, ref.name, ref.index, source, (uint8_t)depth });
}

/* A prefix, or the name of its record. */
static enum ansa_err want_namespace(struct locations *l, struct ansa_bytes text,
                                    enum location_source source, unsigned depth)
{
        text = text_trim(text);
        if (text.size == 0 || text.size > LIMIT_NAME_SIZE)
                return ANSA_OK;
        uint8_t room[NAME_KEY_SIZE_MAX] ANSA_ROOM;
        struct buf b = buf_over(room, sizeof(room));
        if (!name_is_prefix_record(text) || memchr(text.at, '/', text.size) == NULL)
                buf_text(&b, "0.NA/");
        buf_bytes(&b, text);
        if (name_equal(buf_written(&b), ANSA_BYTES_LIT("0.NA/0.NA"), false))
                return ANSA_OK; /* the root's own record belongs to nobody */
        struct ansa_bytes name;
        enum ansa_err err = arena_copy(l->arena, buf_written(&b), &name);
        if (err == ANSA_OK)
                add_want(l, &(struct locations_want){ true, name, 0, source, (uint8_t)depth });
        return err;
}

/*
 * Attributes name several by spaces. Commas are no separators here: identifiers have them, and
 * child elements name one each.
 */
static bool next_word(struct ansa_bytes *rest, struct ansa_bytes *word)
{
        *rest = text_trim(*rest);
        size_t size = 0;
        while (size < rest->size && !is_space(rest->at[size]))
                size++;
        *word = (struct ansa_bytes){ rest->at, size };
        if (size > 0) {
                rest->at += size;
                rest->size -= size;
        }
        return size > 0;
}

static enum ansa_err want_words(struct locations *l, struct ansa_bytes words, bool is_namespace,
                                enum location_source source, unsigned depth)
{
        struct ansa_bytes word;
        enum ansa_err err = ANSA_OK;
        while (err == ANSA_OK && next_word(&words, &word)) {
                if (is_namespace)
                        err = want_namespace(l, word, source, depth);
                else
                        want_record(l, word, source, depth);
        }
        return err;
}

/* The text directly in @node, in the arena. */
static enum ansa_err text_in(struct locations *l, const struct xml_node *node,
                             struct ansa_bytes *text)
{
        *text = (struct ansa_bytes){ 0 };
        if (node->children == NULL)
                return ANSA_OK;
        if (node->children->next == NULL) { /* as nearly always */
                *text = node->children->text;
                return ANSA_OK;
        }
        struct buf b = buf_growing(XML_SIZE_MAX * 4u);
        xml_put_text(node, &b);
        enum ansa_err err = arena_copy(l->arena, buf_written(&b), text);
        buf_fini(&b);
        return err;
}

static enum ansa_err want_includes(struct locations *l, const struct location_root *root,
                                   unsigned depth)
{
        enum location_source source =
                root->source == LOCATION_OWN ? LOCATION_INCLUDED : root->source;
        struct ansa_bytes words;
        enum ansa_err err = ANSA_OK;
        if (xml_attribute(root->node, "include", &words))
                err = want_words(l, words, false, source, depth);
        if (err == ANSA_OK && xml_attribute(root->node, "includeNamespace", &words))
                err = want_words(l, words, true, source, depth);
        for (const struct xml_node *n = root->node->children; n != NULL && err == ANSA_OK;
             n = n->next) {
                bool is_namespace = xml_is(n, "includeNamespace");
                if (!is_namespace && !xml_is(n, "include"))
                        continue;
                err = text_in(l, n, &words);
                if (err == ANSA_OK && is_namespace)
                        err = want_namespace(l, words, source, depth);
                else if (err == ANSA_OK)
                        want_record(l, words, source, depth);
        }
        return err;
}

/* What records have */

static enum ansa_err add_root(struct locations *l, struct location_root **list,
                              struct ansa_bytes document, enum location_source source,
                              const struct location_root **added)
{
        const struct xml_node *node;
        *added = NULL;
        enum ansa_err err = xml_parse(document, l->arena, &node);
        if (err != ANSA_OK)
                return err == ANSA_E_NO_MEMORY ? err : ANSA_OK;
        struct location_root *root = arena_alloc(l->arena, sizeof(*root));
        if (root == NULL)
                return ANSA_E_NO_MEMORY;
        *root = (struct location_root){ NULL, node, source };
        while (*list != NULL && (*list)->source <= source)
                list = &(*list)->next;
        root->next = *list;
        *list = root;
        *added = root;
        return ANSA_OK;
}

static enum ansa_err add_headers(struct locations *l, struct ansa_bytes text,
                                 enum location_source source)
{
        struct location_headers *h = arena_alloc(l->arena, sizeof(*h));
        if (h == NULL)
                return ANSA_E_NO_MEMORY;
        *h = (struct location_headers){ NULL, text, source };
        struct location_headers **list = &l->headers;
        while (*list != NULL && (*list)->source <= source)
                list = &(*list)->next;
        h->next = *list;
        *list = h;
        return ANSA_OK;
}

static enum ansa_err add_value(struct locations *l, const struct ansa_value *value,
                               enum location_source source, unsigned depth)
{
        const struct location_root *root;
        enum ansa_err err = ANSA_OK;
        if (location_type_is(value->type, "10320/loc")) {
                err = add_root(l, &l->roots, value->data, source, &root);
                if (err == ANSA_OK && root != NULL)
                        err = want_includes(l, root, depth + 1);
        } else if (location_type_is(value->type, "10320/links")) {
                err = add_root(l, &l->links, value->data, source, &root);
        } else if (location_type_is(value->type, "10320/headers")) {
                err = add_headers(l, value->data, source);
        } else {
                return ANSA_OK;
        }
        use(l, value);
        if (source == LOCATION_NAMESPACE)
                l->has_namespace = true;
        return err;
}

static enum ansa_err add_record(struct locations *l, const struct locations_want *want,
                                struct ansa_values values)
{
        struct ansa_value value;
        enum ansa_err err = ANSA_OK;
        while (err == ANSA_OK && ansa_values_next(&values, &value) == ANSA_OK) {
                if (want->index == 0 || want->index == value.index)
                        err = add_value(l, &value, want->source, want->depth);
        }
        return err;
}

enum ansa_err locations_add_own(struct locations *l, struct ansa_values values)
{
        const struct locations_want self = { .source = LOCATION_OWN };
        l->own = values;
        return add_record(l, &self, values);
}

/* <locs no_nslocs="true">10.1000/locations</locs> of a namespace, and of the prefixes above it. */
static enum ansa_err add_namespace(struct locations *l, const struct locations_want *want,
                                   const struct xml_node *namespace)
{
        bool is_last = false;
        enum ansa_err err = ANSA_OK;
        const struct xml_node *n = xml_find(namespace->children, "locs");
        for (; n != NULL && err == ANSA_OK; n = xml_find(n->next, "locs")) {
                struct ansa_bytes text;
                if (xml_attribute(n, "no_nslocs", &text))
                        is_last =
                                is_last || text_equal_fold(text_trim(text), ANSA_BYTES_LIT("true"));
                err = text_in(l, n, &text);
                if (err != ANSA_OK || text_trim(text).size == 0)
                        continue;
                l->has_namespace_locs = true;
                want_record(l, text, want->source, want->depth + 1u);
        }
        uint8_t room[NAME_KEY_SIZE_MAX] ANSA_ROOM;
        struct buf parent = buf_over(room, sizeof(room));
        if (err == ANSA_OK && !is_last && name_put_parent(want->name, &parent))
                err = want_namespace(l, buf_written(&parent), want->source, want->depth + 1u);
        return err;
}

enum ansa_err locations_add(struct locations *l, const struct locations_want *want,
                            struct ansa_values values)
{
        if (!want->is_namespace)
                return add_record(l, want, values);
        const struct xml_node *node = NULL;
        struct ansa_value value;
        while (node == NULL && ansa_values_next(&values, &value) == ANSA_OK) {
                if (value_type_of(value.type) != TYPE_HS_NAMESPACE)
                        continue;
                enum ansa_err err = xml_parse(value.data, l->arena, &node);
                if (err == ANSA_E_NO_MEMORY)
                        return err;
                use(l, &value);
        }
        static const struct xml_node nothing;
        bool is_good = node != NULL && xml_is(node, "namespace");
        return add_namespace(l, want, is_good ? node : &nothing);
}

/* Attributes of roots that name more: only those of the identifier and what it includes. */
static bool want_attributes(struct locations *l, const char *attribute, bool is_namespace)
{
        bool found = false;
        for (const struct location_root *r = l->roots; r != NULL; r = r->next) {
                struct ansa_bytes words;
                if (r->source == LOCATION_NAMESPACE || !xml_attribute(r->node, attribute, &words))
                        continue;
                found = true;
                if (want_words(l, words, is_namespace, LOCATION_NAMESPACE, 1) != ANSA_OK)
                        l->stage = STAGE_DONE; /* no memory: locations_finish will say so */
        }
        return found;
}

static void begin_namespace(struct locations *l)
{
        l->stage = locations_flag(l, "no_nslocs") ? STAGE_DONE : STAGE_NAMESPACE;
        if (l->stage == STAGE_DONE || want_attributes(l, "overridePrefix", true))
                return;
        if (want_namespace(l, name_split(l->name).prefix, LOCATION_NAMESPACE, 1) != ANSA_OK)
                l->stage = STAGE_DONE;
}

static void begin_references(struct locations *l)
{
        struct ansa_bytes unused;
        l->stage = STAGE_REFERENCES;
        if (!l->has_namespace_locs && !locations_setting(l, "overridePrefix", &unused))
                (void)want_attributes(l, "nshdl", false);
}

bool locations_next(struct locations *l, struct locations_want *want)
{
        while (l->want_next == l->want_count && l->stage != STAGE_DONE) {
                if (l->stage == STAGE_OWN)
                        begin_namespace(l);
                else if (l->stage == STAGE_NAMESPACE)
                        begin_references(l);
                else
                        l->stage = STAGE_DONE;
        }
        if (l->want_next == l->want_count)
                return false;
        *want = l->wants[l->want_next++];
        return true;
}

/* Settings and candidates */

bool locations_setting(const struct locations *l, const char *attribute, struct ansa_bytes *value)
{
        for (const struct location_root *r = l->roots; r != NULL; r = r->next) {
                if (xml_attribute(r->node, attribute, value))
                        return true;
        }
        *value = (struct ansa_bytes){ 0 };
        return false;
}

bool locations_flag(const struct locations *l, const char *attribute)
{
        struct ansa_bytes value;
        if (!locations_setting(l, attribute, &value))
                return false;
        value = text_trim(value);
        return text_equal_fold(value, ANSA_BYTES_LIT("true")) ||
               text_equal_fold(value, ANSA_BYTES_LIT("yes")) ||
               ansa_bytes_equal(value, ANSA_BYTES_LIT("1"));
}

bool locations_apply(const struct locations *l)
{
        return l->roots != NULL || l->links != NULL || l->headers != NULL || l->has_namespace;
}

/* At most so many candidates will there be. */
static size_t count_most(const struct locations *l)
{
        size_t count = l->own.count;
        for (const struct location_root *r = l->roots; r != NULL; r = r->next) {
                for (const struct xml_node *n = r->node->children; n != NULL; n = n->next)
                        count++;
        }
        return count < LOCATIONS_MAX ? count : LOCATIONS_MAX;
}

static void add_candidate(struct locations *l, const struct location *candidate)
{
        if (l->count < LOCATIONS_MAX)
                l->candidates[l->count++] = *candidate;
}

/* One that says nowhere to go is no candidate: to choose it would help nobody. */
static void add_nodes(struct locations *l, bool of_namespace)
{
        for (const struct location_root *r = l->roots; r != NULL; r = r->next) {
                if ((r->source == LOCATION_NAMESPACE) != of_namespace)
                        continue;
                for (const struct xml_node *n = r->node->children; n != NULL; n = n->next) {
                        struct ansa_bytes href;
                        if ((xml_is(n, "location") || xml_is(n, "loc_template")) &&
                            (xml_attribute(n, "href", &href) ||
                             xml_attribute(n, "href_template", &href)))
                                add_candidate(l, &(struct location){ .node = n });
                }
        }
}

static bool is_any_url(struct ansa_bytes type)
{
        return location_type_is_url(type) || location_type_is(type, "URL");
}

static int64_t weight_setting(const struct locations *l, const char *attribute, int64_t otherwise)
{
        struct ansa_bytes text;
        return locations_setting(l, attribute, &text) ? decimal_parse(text, otherwise) : otherwise;
}

static void add_urls(struct locations *l)
{
        if (locations_flag(l, "no_legacy"))
                return;
        bool has_own = l->roots != NULL && l->roots->source == LOCATION_OWN;
        int64_t weight = weight_setting(l, "urlWeight", has_own ? 0 : DECIMAL_ONE);
        int64_t sub_weight = weight;
        struct ansa_values values = l->own;
        struct ansa_value value;
        while (ansa_values_next(&values, &value) == ANSA_OK) {
                if (location_type_is_url(value.type))
                        sub_weight = weight_setting(l, "urlSubtypeWeight", 0);
        }
        values = l->own;
        while (ansa_values_next(&values, &value) == ANSA_OK) {
                if (!is_any_url(value.type))
                        continue;
                bool is_plain = location_type_is_url(value.type);
                use(l, &value);
                add_candidate(l, &(struct location){ .url = value.data,
                                                     .weight = is_plain ? weight : sub_weight });
        }
}

enum ansa_err locations_finish(struct locations *l)
{
        l->count = 0;
        l->candidates = arena_array(l->arena, count_most(l), sizeof(*l->candidates));
        if (l->candidates == NULL)
                return ANSA_E_NO_MEMORY;
        add_nodes(l, false);
        add_urls(l);
        add_nodes(l, true);
        return ANSA_OK;
}
