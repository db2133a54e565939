/* SPDX-License-Identifier: Apache-2.0 */
#include "identifier/namespace.h"

#include "base/limits.h"
#include "wire/data.h"
#include "wire/name.h"

/* A document in the arena; one that cannot be parsed is as good as none. */
static enum ansa_err add(struct arena *arena, struct ansa_bytes document,
                         const struct namespace *parent, const struct namespace **n)
{
        const struct xml_node *root = NULL;
        enum ansa_err err = xml_parse(document, arena, &root);
        if (err == ANSA_E_NO_MEMORY)
                return err;
        if (err != ANSA_OK || !xml_is(root, "namespace"))
                return ANSA_OK;
        struct namespace *own = arena_alloc(arena, sizeof(*own));
        if (own == NULL)
                return ANSA_E_NO_MEMORY;
        *own = (struct namespace){ parent, root };
        *n = own;
        return ANSA_OK;
}

static bool find_document(struct ansa_values values, struct ansa_bytes *document)
{
        struct ansa_value value;
        while (ansa_values_next(&values, &value) == ANSA_OK) {
                if (value_type_of(value.type) == TYPE_HS_NAMESPACE &&
                    (value.permissions & ANSA_PERM_PUBLIC_READ) != 0) {
                        *document = value.data;
                        return true;
                }
        }
        return false;
}

enum ansa_err namespace_of_values(struct arena *arena, struct ansa_values values,
                                  const struct namespace *parent, const struct namespace **n)
{
        struct ansa_bytes document;
        *n = parent;
        return find_document(values, &document) ? add(arena, document, parent, n) : ANSA_OK;
}

/*
 * A miss must stay cheap: beyond the prefix's own record, records of others are asked for only
 * when there is a namespace that may inherit from them.
 */
static enum ansa_err read_record(struct view *v, struct ansa_bytes record, bool may_ask,
                                 struct ansa_values *values)
{
        if (may_ask)
                return view_any(v, record, values);
        struct record r;
        enum ansa_err err = view_own(v, record, &r);
        *values = r.all;
        return err;
}

/* Of the prefix and its ancestors, outermost last; the root's own record belongs to nobody. */
static enum ansa_err collect(struct view *v, struct ansa_bytes name,
                             struct ansa_bytes documents[LIMIT_NESTING], size_t *count)
{
        uint8_t at[2][NAME_KEY_SIZE_MAX];
        struct buf b = buf_over(at[0], sizeof(at[0]));
        *count = 0;
        name_put_prefix_record(name, &b);
        for (unsigned i = 1; i <= LIMIT_NESTING && b.err == ANSA_OK; i++) {
                struct ansa_bytes record = buf_written(&b);
                if (name_equal(record, ANSA_BYTES_LIT("0.NA/0.NA"), false))
                        break;
                struct ansa_values values;
                enum ansa_err err = read_record(v, record, i == 1 || *count > 0, &values);
                if (err == ANSA_OK && find_document(values, &documents[*count]))
                        (*count)++;
                if (v->needs_slow || ansa_err_class(err) == ANSA_CLASS_LOCAL)
                        return err;
                b = buf_over(at[i % 2], sizeof(at[0]));
                if (!name_put_parent(record, &b))
                        break;
        }
        return ANSA_OK;
}

enum ansa_err namespace_of_prefix(struct view *v, struct ansa_bytes name,
                                  const struct namespace **n)
{
        struct ansa_bytes documents[LIMIT_NESTING];
        size_t count = 0;
        enum ansa_err err = ANSA_OK;
        *n = NULL;
        if (v->config->namespace_xml.size > 0)
                err = add(v->arena, v->config->namespace_xml, NULL, n);
        if (err == ANSA_OK && !v->config->template_override)
                err = collect(v, name, documents, &count);
        while (err == ANSA_OK && count > 0)
                err = add(v->arena, documents[--count], *n, n);
        return err;
}

bool namespace_delimiter(const struct namespace *n, struct ansa_bytes *delimiter)
{
        *delimiter = (struct ansa_bytes){ 0 };
        for (; n != NULL; n = n->parent) {
                const struct xml_node *template = xml_find(n->root->children, "template");
                if (template != NULL && xml_attribute(template, "delimiter", delimiter) &&
                    delimiter->size > 0)
                        return true;
        }
        return false;
}

const struct xml_node *namespace_templates(const struct namespace *n)
{
        const struct xml_node *template = NULL;
        for (; n != NULL && template == NULL; n = n->parent)
                template = xml_find(n->root->children, "template");
        return template;
}
