/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/xml.h"

#include "base/assert.h"
#include "base/text.h"

#include <expat.h>

struct builder {
        XML_Parser parser;
        struct arena *arena;
        enum ansa_err err;
        unsigned nodes;
        unsigned depth;                       /* elements that are open */
        struct xml_node *open[XML_DEPTH_MAX]; /* outermost first */
        struct xml_node *last[XML_DEPTH_MAX]; /* newest child of each */
        struct buf text;                      /* collected since the last tag */
        struct xml_node *root;
};

static void stop(struct builder *b, enum ansa_err err)
{
        if (b->err != ANSA_OK)
                return;
        b->err = err;
        (void)XML_StopParser(b->parser, XML_FALSE);
}

static void *add(struct builder *b, size_t size)
{
        if (++b->nodes > XML_NODES_MAX) {
                stop(b, ANSA_E_LIMIT);
                return NULL;
        }
        void *at = arena_alloc(b->arena, size);
        if (at == NULL)
                stop(b, ANSA_E_NO_MEMORY);
        return at;
}

static bool copy(struct builder *b, struct ansa_bytes bytes, struct ansa_bytes *to)
{
        enum ansa_err err = arena_copy(b->arena, bytes, to);
        if (err != ANSA_OK)
                stop(b, err);
        return err == ANSA_OK;
}

/* In ISO-8859-1 expat lets these into names, which XML does not, and in UTF-8 it refuses them. */
static bool copy_name(struct builder *b, const XML_Char *name, struct ansa_bytes *to)
{
        if (strstr(name, "\u00aa") != NULL || strstr(name, "\u00b5") != NULL ||
            strstr(name, "\u00ba") != NULL) {
                stop(b, ANSA_E_MALFORMED);
                return false;
        }
        return copy(b, ansa_bytes_text(name), to);
}

static struct xml_node *add_node(struct builder *b)
{
        struct xml_node *n = add(b, sizeof(*n));
        if (n == NULL)
                return NULL;
        if (b->depth == 0) {
                ansa_assert(b->root == NULL); /* expat allows one root */
                b->root = n;
                return n;
        }
        struct xml_node **last = &b->last[b->depth - 1];
        struct xml_node **end = *last == NULL ? &b->open[b->depth - 1]->children : &(*last)->next;
        *end = n;
        *last = n;
        return n;
}

/* Pieces come as expat's buffer has them; a node is what lies between two tags. */
static void end_text(struct builder *b)
{
        struct ansa_bytes text = buf_written(&b->text);
        if (b->text.err != ANSA_OK)
                stop(b, b->text.err);
        if (b->err != ANSA_OK || text.size == 0)
                return;
        struct xml_node *n = add_node(b);
        if (n != NULL)
                (void)copy(b, text, &n->text);
        buf_reset(&b->text);
}

static void on_text(void *context, const XML_Char *at, int size)
{
        struct builder *b = context;
        ansa_assert(size >= 0);
        buf_bytes(&b->text, (struct ansa_bytes){ (const uint8_t *)at, (size_t)size });
}

static void on_start(void *context, const XML_Char *name, const XML_Char **attributes)
{
        struct builder *b = context;
        end_text(b);
        if (b->err != ANSA_OK)
                return;
        if (b->depth == XML_DEPTH_MAX) {
                stop(b, ANSA_E_LIMIT);
                return;
        }
        struct xml_node *n = add_node(b);
        if (n == NULL || !copy_name(b, name, &n->name))
                return;
        struct xml_attribute **end = &n->attributes;
        for (; attributes[0] != NULL; attributes += 2) {
                struct xml_attribute *a = add(b, sizeof(*a));
                if (a == NULL || !copy_name(b, attributes[0], &a->name) ||
                    !copy(b, ansa_bytes_text(attributes[1]), &a->value))
                        return;
                *end = a;
                end = &a->next;
        }
        b->open[b->depth] = n;
        b->last[b->depth] = NULL;
        b->depth++;
}

static void on_end(void *context, const XML_Char *name)
{
        struct builder *b = context;
        (void)name; /* expat has compared it */
        end_text(b);
        if (b->err != ANSA_OK)
                return;
        ansa_assert(b->depth > 0);
        b->depth--;
}

static void on_document_type(void *context, const XML_Char *name, const XML_Char *system,
                             const XML_Char *public, int has_internal_subset)
{
        (void)name;
        (void)system;
        (void)public;
        (void)has_internal_subset;
        stop(context, ANSA_E_UNSUPPORTED);
}

enum ansa_err xml_parse(struct ansa_bytes document, struct arena *arena,
                        const struct xml_node **root)
{
        *root = NULL;
        if (document.size > XML_SIZE_MAX)
                return ANSA_E_LIMIT;
        struct builder b = { .arena = arena, .text = buf_growing((size_t)4 * XML_SIZE_MAX) };
        b.parser = XML_ParserCreate(NULL);
        if (b.parser == NULL)
                return ANSA_E_NO_MEMORY;
        XML_SetUserData(b.parser, &b);
        XML_SetElementHandler(b.parser, on_start, on_end);
        XML_SetCharacterDataHandler(b.parser, on_text);
        XML_SetStartDoctypeDeclHandler(b.parser, on_document_type);
        enum XML_Status status =
                XML_Parse(b.parser, (const char *)document.at, (int)document.size, XML_TRUE);
        enum ansa_err err = b.err;
        if (err == ANSA_OK && status != XML_STATUS_OK) {
                bool no_memory = XML_GetErrorCode(b.parser) == XML_ERROR_NO_MEMORY;
                err = no_memory ? ANSA_E_NO_MEMORY : ANSA_E_MALFORMED;
        }
        XML_ParserFree(b.parser);
        buf_fini(&b.text);
        if (err == ANSA_OK) {
                ansa_assert(b.root != NULL && b.depth == 0);
                *root = b.root;
        }
        return err;
}

bool xml_is(const struct xml_node *node, const char *name)
{
        return node->name.size > 0 && ansa_bytes_equal(node->name, ansa_bytes_text(name));
}

bool xml_attribute(const struct xml_node *node, const char *name, struct ansa_bytes *value)
{
        *value = (struct ansa_bytes){ 0 };
        for (const struct xml_attribute *a = node->attributes; a != NULL; a = a->next) {
                if (ansa_bytes_equal(a->name, ansa_bytes_text(name))) {
                        *value = a->value;
                        return true;
                }
        }
        return false;
}

const struct xml_node *xml_find(const struct xml_node *node, const char *name)
{
        while (node != NULL && !xml_is(node, name))
                node = node->next;
        return node;
}

void xml_put_text(const struct xml_node *node, struct buf *b)
{
        for (const struct xml_node *n = node->children; n != NULL; n = n->next)
                buf_bytes(b, n->text);
}

static void put_escaped(struct ansa_bytes text, struct buf *b)
{
        for (size_t i = 0; i < text.size; i++) {
                switch (text.at[i]) {
                case '<':
                        buf_text(b, "&lt;");
                        break;
                case '>':
                        buf_text(b, "&gt;");
                        break;
                case '&':
                        buf_text(b, "&amp;");
                        break;
                case '"':
                        buf_text(b, "&quot;");
                        break;
                default:
                        buf_u8(b, text.at[i]);
                }
        }
}

/* U+FFFE and U+FFFF are well-formed, but no characters of XML. */
static bool is_no_character(const uint8_t *at, size_t size)
{
        return size == 3 && at[0] == 0xef && at[1] == 0xbf && at[2] >= 0xbe;
}

void xml_put_value(struct ansa_bytes octets, struct buf *b)
{
        while (octets.size > 0) {
                size_t size = text_utf8_size(octets);
                uint8_t c = octets.at[0];
                if (c == '\t' || c == '\n' || c == '\r')
                        buf_printf(b, "&#%u;", c); /* else a reader makes spaces of them */
                else if (size == 0 || c < 0x20 || is_no_character(octets.at, size))
                        buf_text(b, "\xef\xbf\xbd");
                else
                        put_escaped((struct ansa_bytes){ octets.at, size }, b);
                size += size == 0;
                octets.at += size;
                octets.size -= size;
        }
}

/* Recursion is bounded by XML_DEPTH_MAX. */
static void put_element(const struct xml_node *node, struct buf *b)
{
        buf_u8(b, '<');
        buf_bytes(b, node->name);
        for (const struct xml_attribute *a = node->attributes; a != NULL; a = a->next) {
                buf_u8(b, ' ');
                buf_bytes(b, a->name);
                buf_text(b, "=\"");
                put_escaped(a->value, b);
                buf_u8(b, '"');
        }
        if (node->children == NULL) {
                buf_text(b, "/>");
                return;
        }
        buf_u8(b, '>');
        xml_put_children(node, b);
        buf_text(b, "</");
        buf_bytes(b, node->name);
        buf_u8(b, '>');
}

void xml_put_children(const struct xml_node *node, struct buf *b)
{
        for (const struct xml_node *n = node->children; n != NULL; n = n->next) {
                put_escaped(n->text, b); /* elements have none */
                if (n->name.size > 0)
                        put_element(n, b);
        }
}
