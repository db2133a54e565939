/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_WIRE_XML_H
#define ANSA_WIRE_XML_H

#include "base/arena.h"
#include "base/buf.h"

/**
 * Small XML documents as trees in an arena. No document types, so no entities but the five
 * that XML has by itself; nesting, nodes and size are bounded. Names are compared as they are
 * written: the documents that we read use no XML namespaces.
 */
#define XML_SIZE_MAX  65536u /* octets of a document; deployed ones have a few hundred */
#define XML_DEPTH_MAX 20u    /* elements within elements; recursion over a tree is bounded by it */
#define XML_NODES_MAX 4096u  /* elements, pieces of text and attributes */

struct xml_attribute {
        struct xml_attribute *next;
        struct ansa_bytes name;
        struct ansa_bytes value;
};

struct xml_node {
        struct xml_node *next;            /* sibling */
        struct ansa_bytes name;           /* of an element; empty for text */
        struct ansa_bytes text;           /* of text */
        struct xml_attribute *attributes; /* in their order */
        struct xml_node *children;
};

/** ANSA_E_MALFORMED; ANSA_E_LIMIT; ANSA_E_UNSUPPORTED for a document type; ANSA_E_NO_MEMORY. */
ANSA_CHECKED enum ansa_err xml_parse(struct ansa_bytes document, struct arena *arena,
                                     const struct xml_node **root);

bool xml_is(const struct xml_node *node, const char *name);

/** False, and *value empty, when there is none. */
bool xml_attribute(const struct xml_node *node, const char *name, struct ansa_bytes *value);

/** The first of @node and its siblings that is an element @name; NULL. */
const struct xml_node *xml_find(const struct xml_node *node, const char *name);

/** Append text that is directly in @node. */
void xml_put_text(const struct xml_node *node, struct buf *b);

/** Append the elements and texts in @node as XML. */
void xml_put_children(const struct xml_node *node, struct buf *b);

/**
 * Append any octets as the value of an attribute, without its quotes: escaped, U+FFFD for what
 * XML has no place for.
 */
void xml_put_value(struct ansa_bytes octets, struct buf *b);

#endif
