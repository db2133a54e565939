/* SPDX-License-Identifier: Apache-2.0 */
#include "model.h"

#include "base/assert.h"
#include "wire/data.h"
#include "wire/name.h"

/*
 * Answers that are made by template (irp-service 8). Nothing is interpreted here: there are a
 * few documents, and for each is written down what it makes.
 */

#define TTL_S 86400u

struct making {
        struct sight *s;
        struct ansa_bytes name;
        struct ansa_bytes base;
        struct ansa_bytes extension;
        const struct ansa_value *old; /* of the base; those that everybody may read count */
        size_t old_count;
        struct ansa_value *made;
        size_t count;
};

static struct ansa_bytes glued(struct making *m, const struct ansa_bytes *parts, size_t count)
{
        size_t size = 0;
        for (size_t i = 0; i < count; i++)
                size += parts[i].size;
        uint8_t *at = arena_alloc(m->s->arena, size + 1);
        ansa_assert(at != NULL);
        size = 0;
        for (size_t i = 0; i < count; i++) {
                if (parts[i].size > 0)
                        memcpy(at + size, parts[i].at, parts[i].size);
                size += parts[i].size;
        }
        return (struct ansa_bytes){ at, size };
}

static void make(struct making *m, uint32_t index, const char *type, struct ansa_bytes data)
{
        ansa_assert(m->count < MODEL_VALUES_MAX);
        m->made[m->count++] = (struct ansa_value){ .index = index,
                                                   .ttl_s = TTL_S,
                                                   .permissions = ANSA_PERM_DEFAULT,
                                                   .type = ansa_bytes_text(type),
                                                   .data = data };
}

static bool starts(const struct making *m, struct ansa_bytes text, const char *front)
{
        struct ansa_bytes f = ansa_bytes_text(front);
        struct ansa_bytes t = { text.at, f.size };
        if (text.size < f.size)
                return false;
        return m->s->config->case_sensitive ? ansa_bytes_equal(t, f) : model_same_text(t, f);
}

/* box(a,b,c,d) */
static bool is_box(const struct making *m, struct ansa_bytes parts[4])
{
        struct ansa_bytes e = m->extension;
        if (!starts(m, e, "box(") || e.at[e.size - 1] != ')')
                return false;
        size_t n = 0;
        size_t from = 4;
        for (size_t i = 4; i < e.size; i++) {
                if (e.at[i] != ',' && i + 1 < e.size)
                        continue;
                if (n < 4)
                        parts[n] = (struct ansa_bytes){ e.at + from, i - from };
                from = i + 1;
                n++;
        }
        return n == 4;
}

/* The example of irp-service 8. */
static bool make_boxes(struct making *m)
{
        struct ansa_bytes part[4];
        bool is_in_box = is_box(m, part);
        for (size_t i = 0; i < m->old_count; i++) {
                struct ansa_value v = m->old[i];
                const struct ansa_bytes plain[] = { v.data, ANSA_BYTES_LIT("?"), m->extension };
                const struct ansa_bytes box[] = { v.data,
                                                  ANSA_BYTES_LIT("?wh="),
                                                  is_in_box ? part[3] : m->extension,
                                                  ANSA_BYTES_LIT("&ww="),
                                                  is_in_box ? part[2] : m->extension,
                                                  ANSA_BYTES_LIT("&wy="),
                                                  is_in_box ? part[1] : m->extension,
                                                  ANSA_BYTES_LIT("&wx="),
                                                  is_in_box ? part[0] : m->extension };
                if ((v.permissions & ANSA_PERM_PUBLIC_READ) == 0)
                        continue;
                if (ansa_bytes_equal(v.type, ANSA_BYTES_LIT("URL")))
                        v.data = is_in_box ? glued(m, box, 9) : glued(m, plain, 3);
                m->made[m->count++] = v;
        }
        return true;
}

static bool make_from_nothing(struct making *m)
{
        const struct ansa_bytes url[] = { ANSA_BYTES_LIT("http://t.example.org/"), m->extension,
                                          ANSA_BYTES_LIT("/"), m->base };
        make(m, 1, "URL", glued(m, url, 4));
        make(m, 2, "DESC", m->name);
        return !starts(m, m->extension, "no");
}

static bool make_of_suffix(struct making *m)
{
        const struct ansa_bytes url[] = { ANSA_BYTES_LIT("http://t.example.org/?"), m->extension };
        make(m, 1, "URL", glued(m, url, 2));
        return true;
}

static bool make_by_reference(struct making *m)
{
        const struct ansa_value *values;
        size_t count;
        bool is_there = false;
        const struct ansa_bytes url[] = { ANSA_BYTES_LIT("http://ref.example.org/"), m->extension };
        (void)model_look(m->s, ANSA_BYTES_LIT("35.T/DOC"), &values, &count);
        for (size_t i = 0; i < count; i++)
                is_there = is_there || (values[i].index == 400 &&
                                        (values[i].permissions & ANSA_PERM_PUBLIC_READ) != 0 &&
                                        ansa_bytes_equal(values[i].data, model_referred()));
        make(m, 7, "URL", glued(m, url, 2));
        return is_there;
}

static bool make_nothing(struct making *m)
{
        (void)m;
        return false;
}

static const struct {
        const char *text;
        const char *delimiter;
        bool (*make)(struct making *m); /* false: there is no such identifier */
} documents[MODEL_DOCUMENTS] = {
        { "<namespace><template delimiter='@'><foreach>"
          "<if value='type' test='equals' expression='URL'>"
          "<if value='extension' test='matches' parameter='x'"
          " expression='box\\(([^,]*),([^,]*),([^,]*),([^,]*)\\)'>"
          "<value data='${data}?wh=${x[4]}&amp;ww=${x[3]}&amp;wy=${x[2]}&amp;wx=${x[1]}'/></if>"
          "<else><value data='${data}?${x}'/></else></if>"
          "<else><value/></else></foreach></template></namespace>",
          "@", make_boxes },
        { "<namespace><template delimiter='@'>"
          "<value type='URL' data='http://t.example.org/${extension}/${base}'/>"
          "<value index='1' type='DESC'>${handle}</value>"
          "<if test='matches' expression='no.*'><notfound/></if></template></namespace>",
          "@", make_from_nothing },
        { "<namespace><template delimiter='/'>"
          "<value type='URL' data='http://t.example.org/?${extension}'/></template></namespace>",
          "/", make_of_suffix },
        { "<namespace><template delimiter='@' ref='400:35.T/DOC'/></namespace>", "@",
          make_by_reference },
        { "<namespace><status>active</status></namespace>", "", make_nothing },
        { "<namespace><template delimiter='@'>", "", make_nothing },
};

struct ansa_bytes model_document(size_t number)
{
        return ansa_bytes_text(documents[number].text);
}

struct ansa_bytes model_referred(void)
{
        return ANSA_BYTES_LIT("<x><template><value index='7' type='URL'"
                              " data='http://ref.example.org/${extension}'/></template></x>");
}

/* Number of the document in the first HS_NAMESPACE that everybody may read. */
static bool find_document(const struct ansa_value *values, size_t count, size_t *number)
{
        for (size_t i = 0; i < count; i++) {
                if ((values[i].permissions & ANSA_PERM_PUBLIC_READ) == 0 ||
                    !model_same_text(values[i].type, ANSA_BYTES_LIT("HS_NAMESPACE")))
                        continue;
                for (*number = 0; *number < MODEL_DOCUMENTS; (*number)++) {
                        if (ansa_bytes_equal(values[i].data, model_document(*number)))
                                return true;
                }
        }
        return false;
}

static size_t find(struct ansa_bytes name, size_t from, struct ansa_bytes delimiter)
{
        for (size_t i = from; delimiter.size > 0 && i + delimiter.size <= name.size; i++) {
                if (memcmp(name.at + i, delimiter.at, delimiter.size) == 0)
                        return i;
        }
        return name.size;
}

bool model_template(struct sight *s, struct ansa_bytes name, struct model_made *made)
{
        *made = (struct model_made){ .values = NULL };
        const uint8_t *slash = name.size > 0 ? memchr(name.at, '/', name.size) : NULL;
        if (slash == NULL || name_is_prefix_record(name))
                return false;
        size_t prefix_size = (size_t)(slash - name.at);
        struct buf record = buf_growing(NAME_KEY_SIZE_MAX);
        name_put_prefix_record(name, &record);
        const struct ansa_value *values;
        size_t count;
        size_t number;
        (void)model_look(s, buf_written(&record), &values, &count);
        buf_fini(&record);
        if (!find_document(values, count, &number))
                return false;
        struct ansa_bytes delimiter = ansa_bytes_text(documents[number].delimiter);
        size_t at = find(name, prefix_size, delimiter);
        if (at == name.size)
                return false;
        struct making m = { .s = s,
                            .name = name,
                            .base = { name.at, at },
                            .extension = { name.at + at + delimiter.size,
                                           name.size - at - delimiter.size },
                            .made = arena_array(s->arena, MODEL_VALUES_MAX, sizeof(*m.made)) };
        ansa_assert(m.made != NULL);
        if (at > prefix_size) {
                struct ansa_bytes key = model_key(s->arena, m.base, s->config->case_sensitive);
                const struct model_record *r = model_find_const(s->own, s->server, key);
                m.old = r != NULL ? r->values : NULL;
                m.old_count = r != NULL ? r->count : 0;
        }
        size_t own;
        made->by_base =
                find_document(m.old, m.old_count, &own) && documents[own].make != make_nothing;
        if (made->by_base)
                number = own;
        for (size_t i = 0; i < m.old_count; i++)
                made->hides = made->hides || (m.old[i].permissions & ANSA_PERM_PUBLIC_READ) == 0;
        bool is_made = documents[number].make(&m);
        made->values = m.made;
        made->count = is_made ? m.count : 0;
        return is_made;
}
