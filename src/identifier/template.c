/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Evaluation of templates. Documents are written by administrators of prefixes, who may be
 * strangers to the operator: time, documents read, octets and values made are all bounded, and
 * whatever goes wrong means that the identifier does not exist.
 */
#include "identifier/template.h"

#include "base/assert.h"
#include "base/limits.h"
#include "base/text.h"
#include "identifier/binding.h"
#include "identifier/namespace.h"
#include "identifier/pattern.h"
#include "wire/name.h"

#define STEPS_MAX     20000u /* elements carried out, and so many times STEP_OCTETS made */
#define STEP_OCTETS   256u
#define REF_DEPTH_MAX 10u /* irp-service 8, step 6 */
#define REFS_MAX      32u /* documents read for one identifier */
#define DEFAULT_TTL_S 86400u

struct evaluation {
        struct view *v;
        struct ansa_values base;
        struct buf out; /* values made */
        uint32_t *indexes;
        uint32_t count;
        uint32_t steps_left;
        uint32_t refs_left;
        uint32_t budget;                   /* of patterns */
        const struct ansa_value *original; /* within foreach */
        bool in_def;                       /* values go to def_data */
        bool def_done;
        struct ansa_bytes def_data;
};

static enum ansa_err pay(struct evaluation *e, size_t octets)
{
        size_t steps = 1 + octets / STEP_OCTETS;
        if (steps > e->steps_left)
                return ANSA_E_LIMIT;
        e->steps_left -= (uint32_t)steps;
        return ANSA_OK;
}

static struct binding bound(const struct binding *next, struct ansa_bytes name,
                            struct ansa_bytes value)
{
        return (struct binding){ .next = next, .name = name, .value = value };
}

/* value */

static bool is_blank(struct ansa_bytes text)
{
        for (size_t i = 0; i < text.size; i++) {
                uint8_t c = text.at[i];
                if (c != ' ' && c != '\t' && c != '\r' && c != '\n')
                        return false;
        }
        return true;
}

/* The substituted @text in the arena. */
static enum ansa_err substitute(struct evaluation *e, const struct binding *bindings,
                                struct ansa_bytes text, struct ansa_bytes *result)
{
        struct buf b = buf_growing(LIMIT_MESSAGE_SIZE);
        binding_substitute(bindings, text, &b);
        enum ansa_err err = b.err;
        if (err == ANSA_OK)
                err = pay(e, b.size);
        if (err == ANSA_OK)
                err = arena_copy(e->v->arena, buf_written(&b), result);
        buf_fini(&b);
        return err;
}

/* Data from the attribute, the text in the element, or the elements in it; else none. */
static enum ansa_err find_data(struct evaluation *e, const struct xml_node *node,
                               const struct binding *bindings, struct ansa_bytes *data,
                               bool *has_data)
{
        struct ansa_bytes raw;
        struct buf b = buf_growing(LIMIT_MESSAGE_SIZE);
        *has_data = xml_attribute(node, "data", &raw);
        if (!*has_data && node->children != NULL) {
                *has_data = true;
                xml_put_text(node, &b);
                if (is_blank(buf_written(&b))) {
                        buf_reset(&b);
                        xml_put_children(node, &b);
                        *has_data = !is_blank(buf_written(&b));
                }
                raw = buf_written(&b);
        }
        enum ansa_err err = b.err;
        if (err == ANSA_OK && *has_data)
                err = substitute(e, bindings, raw, data);
        buf_fini(&b);
        return err;
}

static bool is_taken(const struct evaluation *e, uint32_t index)
{
        for (uint32_t i = 0; i < e->count; i++) {
                if (e->indexes[i] == index)
                        return true;
        }
        return false;
}

static enum ansa_err emit(struct evaluation *e, struct ansa_value *value)
{
        if (e->in_def) {
                if (!e->def_done)
                        e->def_data = value->data;
                e->def_done = true;
                return ANSA_OK;
        }
        if (e->count == ANSA_VALUE_COUNT_MAX)
                return ANSA_E_LIMIT;
        while (value->index == 0 || is_taken(e, value->index))
                value->index++;
        size_t size = ansa_value_size(value);
        uint8_t *at = buf_take(&e->out, size);
        if (at == NULL)
                return e->out.err;
        size_t written = 0;
        enum ansa_err err = ansa_value_encode(value, at, size, &written);
        if (err != ANSA_OK)
                return err;
        ansa_assert(written == size);
        e->indexes[e->count++] = value->index;
        return ANSA_OK;
}

static enum ansa_err make_value(struct evaluation *e, const struct xml_node *node,
                                const struct binding *bindings)
{
        struct ansa_value value = { .index = 1,
                                    .ttl_s = DEFAULT_TTL_S,
                                    .permissions = ANSA_PERM_DEFAULT };
        if (e->original != NULL)
                value = *e->original;
        struct ansa_bytes raw;
        struct ansa_bytes text = { 0 };
        bool has_type = xml_attribute(node, "type", &raw);
        bool has_data = false;
        enum ansa_err err = ANSA_OK;
        if (has_type)
                err = substitute(e, bindings, raw, &value.type);
        if (err == ANSA_OK)
                err = find_data(e, node, bindings, &text, &has_data);
        if (err != ANSA_OK)
                return err;
        if (has_data)
                value.data = text;
        if (e->original == NULL && (!has_data || (!has_type && !e->in_def)))
                return ANSA_OK;
        uint64_t index = 0;
        if (xml_attribute(node, "index", &raw)) {
                err = substitute(e, bindings, raw, &text);
                if (err != ANSA_OK)
                        return err;
                if (text_u64(text, UINT32_MAX, &index) == ANSA_OK && index > 0)
                        value.index = (uint32_t)index;
        }
        return emit(e, &value);
}

/* The other elements. They nest as the document does: at most XML_DEPTH_MAX deep. */

static enum ansa_err run_children(struct evaluation *e, const struct xml_node *node,
                                  const struct binding *bindings);

/* What the if before an else was about. */
struct condition {
        bool known;
        bool result;
        struct binding parameter;
};

static enum ansa_err bind_groups(struct evaluation *e, const struct pattern_match *match,
                                 struct binding *parameter)
{
        struct ansa_bytes *groups = arena_array(e->v->arena, match->group_count, sizeof(*groups));
        if (groups == NULL)
                return ANSA_E_NO_MEMORY;
        memcpy(groups, match->groups, match->group_count * sizeof(*groups));
        parameter->groups = groups;
        parameter->group_count = match->group_count;
        return ANSA_OK;
}

static enum ansa_err run_if(struct evaluation *e, const struct xml_node *node,
                            const struct binding *bindings, struct condition *c)
{
        struct ansa_bytes name;
        struct ansa_bytes parameter;
        struct ansa_bytes test;
        struct ansa_bytes expression;
        struct ansa_bytes negate;
        if (!xml_attribute(node, "value", &name))
                name = ANSA_BYTES_LIT("extension");
        if (!xml_attribute(node, "parameter", &parameter))
                parameter = name;
        const struct binding *of = binding_find(bindings, name);
        struct ansa_bytes value = of != NULL ? of->value : (struct ansa_bytes){ 0 };
        (void)xml_attribute(node, "test", &test);
        (void)xml_attribute(node, "expression", &expression);
        (void)xml_attribute(node, "negate", &negate);

        *c = (struct condition){ .known = true, .parameter = bound(bindings, parameter, value) };
        struct condition met = *c;
        if (ansa_bytes_equal(test, ANSA_BYTES_LIT("matches"))) {
                struct pattern_match match;
                enum ansa_err err = pattern_match(expression, value, !e->v->config->case_sensitive,
                                                  &e->budget, &match);
                if (err != ANSA_OK && err != ANSA_E_NOT_FOUND)
                        return err;
                c->result = err == ANSA_OK;
                if (c->result && (err = bind_groups(e, &match, &met.parameter)) != ANSA_OK)
                        return err;
        } else {
                c->result = ansa_bytes_equal(value, expression);
        }
        if (ansa_bytes_equal(negate, ANSA_BYTES_LIT("true")))
                c->result = !c->result;
        return c->result ? run_children(e, node, &met.parameter) : ANSA_OK;
}

static enum ansa_err run_foreach(struct evaluation *e, const struct xml_node *node,
                                 const struct binding *bindings)
{
        if (e->original != NULL)
                return ANSA_OK; /* not nestable */
        struct ansa_values rest = e->base;
        struct ansa_value value;
        enum ansa_err err = ANSA_OK;
        while (err == ANSA_OK && ansa_values_next(&rest, &value) == ANSA_OK) {
                char digits[16];
                struct buf b = buf_over((uint8_t *)digits, sizeof(digits));
                buf_printf(&b, "%u", (unsigned)value.index);
                struct ansa_bytes text;
                err = arena_copy(e->v->arena, buf_written(&b), &text);
                if (err != ANSA_OK)
                        break;
                struct binding index = bound(bindings, ANSA_BYTES_LIT("index"), text);
                struct binding type = bound(&index, ANSA_BYTES_LIT("type"), value.type);
                struct binding data = bound(&type, ANSA_BYTES_LIT("data"), value.data);
                e->original = &value;
                err = pay(e, 0);
                if (err == ANSA_OK)
                        err = run_children(e, node, &data);
        }
        e->original = NULL;
        return err;
}

/* Afterwards *bindings has the parameter in front, for what follows in the same element. */
static enum ansa_err run_def(struct evaluation *e, const struct xml_node *node,
                             const struct binding **bindings)
{
        struct ansa_bytes name;
        if (!xml_attribute(node, "parameter", &name))
                return ANSA_OK;
        struct binding *b = arena_alloc(e->v->arena, sizeof(*b));
        if (b == NULL)
                return ANSA_E_NO_MEMORY;
        struct evaluation outer = *e;
        e->in_def = true;
        e->def_done = false;
        e->def_data = (struct ansa_bytes){ 0 };
        enum ansa_err err = run_children(e, node, *bindings);
        *b = bound(*bindings, name, e->def_data);
        e->in_def = outer.in_def;
        e->def_done = outer.def_done;
        e->def_data = outer.def_data;
        if (err == ANSA_OK)
                *bindings = b;
        return err;
}

static enum ansa_err run_children(struct evaluation *e, const struct xml_node *node,
                                  const struct binding *bindings)
{
        struct condition last = { 0 };
        enum ansa_err err = ANSA_OK;
        for (const struct xml_node *n = node->children; n != NULL && err == ANSA_OK; n = n->next) {
                if (n->name.size == 0)
                        continue; /* text between elements */
                err = pay(e, 0);
                if (err != ANSA_OK)
                        break;
                if (xml_is(n, "value")) {
                        err = make_value(e, n, bindings);
                } else if (xml_is(n, "if")) {
                        err = run_if(e, n, bindings, &last);
                } else if (xml_is(n, "else") && last.known) {
                        last.known = false;
                        last.parameter.next = bindings; /* with what was defined since */
                        if (!last.result)
                                err = run_children(e, n, &last.parameter);
                } else if (xml_is(n, "notfound")) {
                        err = ANSA_E_NOT_FOUND;
                } else if (xml_is(n, "foreach")) {
                        err = run_foreach(e, n, bindings);
                } else if (xml_is(n, "def")) {
                        err = run_def(e, n, &bindings);
                }
        }
        return err;
}

/* Templates */

static enum ansa_err run_templates(struct evaluation *e, const struct xml_node *first,
                                   const struct binding *bindings, unsigned depth);

/* The template, or the templates, in the value that a ref attribute names. */
static enum ansa_err run_ref(struct evaluation *e, struct ansa_bytes text,
                             const struct binding *bindings, unsigned depth)
{
        if (depth == REF_DEPTH_MAX || e->refs_left == 0)
                return ANSA_E_LIMIT;
        e->refs_left--;
        struct ansa_ref ref;
        struct ansa_value value;
        const struct xml_node *root;
        enum ansa_err err = ref_from_text(text, &ref);
        if (err == ANSA_OK)
                err = view_any_value(e->v, &ref, &value);
        if (err == ANSA_OK && (value.permissions & ANSA_PERM_PUBLIC_READ) == 0)
                err = ANSA_E_NOT_FOUND;
        if (err == ANSA_OK)
                err = xml_parse(value.data, e->v->arena, &root);
        if (err != ANSA_OK)
                return err;
        return run_templates(e, xml_is(root, "template") ? root : root->children, bindings,
                             depth + 1);
}

/* @first and its siblings, as far as they are templates. */
static enum ansa_err run_templates(struct evaluation *e, const struct xml_node *first,
                                   const struct binding *bindings, unsigned depth)
{
        const struct xml_node *t = xml_find(first, "template");
        if (t == NULL)
                return ANSA_E_NOT_FOUND;
        enum ansa_err err = ANSA_OK;
        for (; t != NULL && err == ANSA_OK; t = xml_find(t->next, "template")) {
                struct ansa_bytes ref;
                err = xml_attribute(t, "ref", &ref) ? run_ref(e, ref, bindings, depth)
                                                    : run_children(e, t, bindings);
        }
        return err;
}

static enum ansa_err run(struct view *v, const struct xml_node *templates, struct ansa_values base,
                         const struct binding *bindings, struct ansa_values *values)
{
        struct evaluation e = {
                .v = v,
                .base = base,
                .out = buf_growing(LIMIT_MESSAGE_SIZE),
                .indexes = arena_array(v->arena, ANSA_VALUE_COUNT_MAX, sizeof(uint32_t)),
                .steps_left = STEPS_MAX,
                .refs_left = REFS_MAX,
                .budget = PATTERN_BUDGET,
        };
        enum ansa_err err = ANSA_E_NO_MEMORY;
        if (e.indexes != NULL)
                err = run_templates(&e, templates, bindings, 0);
        if (err == ANSA_OK)
                err = arena_copy(v->arena, buf_written(&e.out), &values->wire);
        if (err == ANSA_OK)
                values->count = e.count;
        buf_fini(&e.out);
        return err;
}

/* Where @delimiter first is at or after the end of the prefix; name.size when nowhere. */
static size_t find_delimiter(struct ansa_bytes name, size_t prefix_size,
                             struct ansa_bytes delimiter)
{
        if (delimiter.size == 0 || delimiter.size > name.size - prefix_size)
                return name.size;
        for (size_t i = prefix_size; i <= name.size - delimiter.size; i++) {
                if (memcmp(name.at + i, delimiter.at, delimiter.size) == 0)
                        return i;
        }
        return name.size;
}

/*
 * Public values of @base: ours, or of the server of our site that it belongs to. Others stay out
 * of it: who writes the document may be no administrator of the record, and could put what they
 * hold into values that everybody may read.
 */
static enum ansa_err read_base(struct view *v, struct ansa_bytes base, struct ansa_values *values)
{
        const struct settings *s = v->settings;
        if (s->has_site && s->server_count > 1 &&
            name_hash(base, s->site.hash_option) % s->server_count != v->config->server_number)
                return view_others(v, base, values);
        struct record r;
        enum ansa_err err = view_own(v, base, &r);
        *values = r.public_only;
        return err;
}

static enum ansa_err resolve(struct view *v, struct ansa_bytes name, struct ansa_values *values)
{
        const struct namespace *n = NULL;
        enum ansa_err err = namespace_of_prefix(v, name, &n);
        if (err != ANSA_OK)
                return err;
        struct ansa_bytes delimiter;
        if (!namespace_delimiter(n, &delimiter))
                delimiter = v->config->template_delimiter;
        size_t prefix_size = name_split(name).prefix.size;
        if (n == NULL && delimiter.size == 0)
                return ANSA_E_NOT_FOUND;
        size_t at = find_delimiter(name, prefix_size, delimiter);
        if (at == name.size)
                return ANSA_E_NOT_FOUND;

        struct ansa_bytes base = { name.at, at };
        struct ansa_bytes extension = { name.at + at + delimiter.size,
                                        name.size - at - delimiter.size };
        struct ansa_values base_values = { 0 };
        if (base.size > prefix_size) { /* a bare prefix is no identifier */
                err = read_base(v, base, &base_values);
                if (err != ANSA_OK && err != ANSA_E_NOT_FOUND)
                        return err;
        }
        if (!v->config->template_override) {
                err = namespace_of_values(v->arena, base_values, n, &n);
                if (err != ANSA_OK)
                        return err;
        }
        struct binding whole = bound(NULL, ANSA_BYTES_LIT("handle"), name);
        struct binding before = bound(&whole, ANSA_BYTES_LIT("base"), base);
        struct binding after = bound(&before, ANSA_BYTES_LIT("extension"), extension);
        return run(v, namespace_templates(n), base_values, &after, values);
}

uint32_t template_resolve(struct view *v, struct ansa_bytes name, struct ansa_values *values)
{
        *values = (struct ansa_values){ 0 };
        if (name.size == 0 || memchr(name.at, '/', name.size) == NULL)
                return RC_NOT_FOUND; /* the record of a prefix is never computed */
        enum ansa_err err = resolve(v, name, values);
        if (err == ANSA_OK)
                return RC_SUCCESS;
        *values = (struct ansa_values){ 0 };
        return ansa_err_class(err) == ANSA_CLASS_LOCAL ? RC_ERROR : RC_NOT_FOUND;
}
