/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_IDENTIFIER_NAMESPACE_H
#define ANSA_IDENTIFIER_NAMESPACE_H

#include "identifier/view.h"
#include "wire/xml.h"

/**
 * HS_NAMESPACE documents (irp-service 8): that of a prefix, with those of the prefixes it
 * derives from behind it, and the server's own last. What one does not say is inherited.
 */
struct namespace
{
        const struct namespace *parent;
        const struct xml_node *root;
};

/** Of @name's prefix; NULL when nobody has one. v->needs_slow may get set. */
ANSA_CHECKED enum ansa_err namespace_of_prefix(struct view *v, struct ansa_bytes name,
                                               const struct namespace **n);

/** The one among publicly readable @values with @parent behind it; @parent when there is none. */
ANSA_CHECKED enum ansa_err namespace_of_values(struct arena *arena, struct ansa_values values,
                                               const struct namespace *parent,
                                               const struct namespace **n);

/** The delimiter of the first template that has one; false, and "", when none has. */
bool namespace_delimiter(const struct namespace *n, struct ansa_bytes *delimiter);

/** The nearest namespace that has templates: its first; NULL when none has. */
const struct xml_node *namespace_templates(const struct namespace *n);

#endif
