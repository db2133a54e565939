/* SPDX-License-Identifier: Apache-2.0 */
#include "model.h"

#include "base/assert.h"
#include "wire/cursor.h"
#include "crypto/digest.h"
#include "wire/data.h"
#include "wire/name.h"

/* The array, names, who knows what, who may do what. */

void codes_add(struct codes *codes, uint32_t code)
{
        if (codes_have(codes, code))
                return;
        ansa_assert(codes->count < sizeof(codes->at) / sizeof(codes->at[0]));
        codes->at[codes->count++] = code;
}

bool codes_have(const struct codes *codes, uint32_t code)
{
        for (unsigned i = 0; i < codes->count; i++) {
                if (codes->at[i] == code)
                        return true;
        }
        return false;
}

static uint8_t upper(uint8_t c)
{
        return c >= 'a' && c <= 'z' ? (uint8_t)(c - 'a' + 'A') : c;
}

bool model_same_text(struct ansa_bytes a, struct ansa_bytes b)
{
        if (a.size != b.size)
                return false;
        for (size_t i = 0; i < a.size; i++) {
                if (upper(a.at[i]) != upper(b.at[i]))
                        return false;
        }
        return true;
}

static bool has_slash(struct ansa_bytes name)
{
        return name.size > 0 && memchr(name.at, '/', name.size) != NULL;
}

static bool starts(struct ansa_bytes text, const char *front)
{
        struct ansa_bytes f = ansa_bytes_text(front);
        return text.size >= f.size && model_same_text((struct ansa_bytes){ text.at, f.size }, f);
}

static struct ansa_bytes joined(struct arena *arena, const char *front, struct ansa_bytes rest,
                                const char *end)
{
        size_t front_size = strlen(front);
        size_t end_size = strlen(end);
        uint8_t *at = arena_alloc(arena, front_size + rest.size + end_size + 1);
        ansa_assert(at != NULL);
        memcpy(at, front, front_size);
        if (rest.size > 0)
                memcpy(at + front_size, rest.at, rest.size);
        memcpy(at + front_size + rest.size, end, end_size);
        return (struct ansa_bytes){ at, front_size + rest.size + end_size };
}

struct ansa_bytes model_full(struct arena *arena, struct ansa_bytes name)
{
        return has_slash(name) ? name : joined(arena, "0.NA/", name, "");
}

struct ansa_bytes model_key(struct arena *arena, struct ansa_bytes name, bool case_sensitive)
{
        struct ansa_bytes full = joined(arena, has_slash(name) ? "" : "0.NA/", name, "");
        uint8_t *at = arena_alloc(arena, full.size + 1);
        ansa_assert(at != NULL);
        bool fold_all = !case_sensitive || starts(full, "0.NA/");
        bool in_prefix = true;
        for (size_t i = 0; i < full.size; i++) {
                in_prefix = in_prefix && full.at[i] != '/';
                at[i] = fold_all || in_prefix ? upper(full.at[i]) : full.at[i];
        }
        return (struct ansa_bytes){ at, full.size };
}

bool model_same_name(struct ansa_bytes a, struct ansa_bytes b, bool case_sensitive)
{
        struct arena arena;
        arena_init(&arena, 1u << 20);
        bool same = ansa_bytes_equal(model_key(&arena, a, case_sensitive),
                                     model_key(&arena, b, case_sensitive));
        arena_fini(&arena);
        return same;
}

const struct model_record *model_find_const(const struct model *m, uint32_t server,
                                            struct ansa_bytes key)
{
        for (size_t i = 0; i < m->record_count; i++) {
                if (m->records[i].server == server && ansa_bytes_equal(m->records[i].key, key))
                        return &m->records[i];
        }
        return NULL;
}

struct model_record *model_find(struct model *m, uint32_t server, struct ansa_bytes key)
{
        for (size_t i = 0; i < m->record_count; i++) {
                if (m->records[i].server == server && ansa_bytes_equal(m->records[i].key, key))
                        return &m->records[i];
        }
        return NULL;
}

static const struct model *model_of(const struct sight *s, uint32_t server)
{
        return server == s->server ? s->own : s->others;
}

static bool is_listed(const struct sight *s, uint32_t server, struct ansa_bytes key)
{
        const struct model *m = model_of(s, server);
        for (size_t i = 0; i < m->homed_count; i++) {
                if (m->homed[i].server == server && ansa_bytes_equal(m->homed[i].key, key))
                        return true;
        }
        return false;
}

/* "0.NA/" and what is before the first "/" of @key. */
static struct ansa_bytes prefix_record(struct arena *arena, struct ansa_bytes key)
{
        const uint8_t *slash = memchr(key.at, '/', key.size);
        ansa_assert(slash != NULL);
        return joined(arena, "0.NA/", (struct ansa_bytes){ key.at, (size_t)(slash - key.at) }, "");
}

/* "0.NA/A.B" to "0.NA/A", "0.NA/A" to "0.NA/0.NA". */
static bool parent_of(struct arena *arena, struct ansa_bytes key, struct ansa_bytes *parent)
{
        if (!starts(key, "0.NA/") || model_same_text(key, ANSA_BYTES_LIT("0.NA/0.NA")) ||
            memchr(key.at + 5, '/', key.size - 5) != NULL)
                return false;
        for (size_t i = key.size; i > 5; i--) {
                if (key.at[i - 1] == '.') {
                        *parent = joined(arena, "", (struct ansa_bytes){ key.at, i - 1 }, "");
                        return true;
                }
        }
        *parent = ANSA_BYTES_LIT("0.NA/0.NA");
        return true;
}

bool model_is_homed(const struct sight *s, uint32_t server, struct ansa_bytes name)
{
        struct ansa_bytes key = model_key(s->arena, name, s->config->case_sensitive);
        if (!starts(key, "0.NA/"))
                return is_listed(s, server, prefix_record(s->arena, key));
        struct ansa_bytes parent;
        if (is_listed(s, server, ANSA_BYTES_LIT("0.NA/0.NA")))
                return true;
        if (parent_of(s->arena, key, &parent) && is_listed(s, server, parent))
                return true;
        return is_listed(s, server, key) &&
               model_find_const(model_of(s, server), server, key) != NULL;
}

bool model_is_share(const struct sight *s, uint32_t server, struct ansa_bytes name)
{
        uint8_t digest[DIGEST_SIZE_MAX];
        if (!s->shares)
                return true;
        struct ansa_bytes key = model_key(s->arena, name, false);
        if (s->by_suffix) {
                const uint8_t *slash = memchr(key.at, '/', key.size);
                size_t at = (size_t)(slash - key.at) + 1;
                key = (struct ansa_bytes){ key.at + at, key.size - at };
        }
        ansa_assert(digest_parts(ALGORITHM_MD5, &key, 1, digest) == ANSA_OK);
        int32_t last = (int32_t)load_u32(digest + 12);
        int64_t h = last < 0 ? -(int64_t)last : last;
        return h % 2 == (int64_t)server;
}

/* The server that a client would ask: the first that is responsible. */
static bool home_of(const struct sight *s, struct ansa_bytes name, uint32_t *server)
{
        for (*server = 0; *server < 2; (*server)++) {
                if (*server != s->server && model_is_homed(s, *server, name))
                        return true;
        }
        return false;
}

enum look model_look_elsewhere(struct sight *s, struct ansa_bytes name,
                               const struct ansa_value **values, size_t *count)
{
        uint32_t server;
        *values = NULL;
        *count = 0;
        s->asked_others = true;
        if (!s->has_fetcher || !home_of(s, name, &server) || !model_is_share(s, server, name)) {
                s->could_not = true;
                return LOOK_UNKNOWN;
        }
        struct ansa_bytes key = model_key(s->arena, name, s->config->case_sensitive);
        const struct model_record *r = model_find_const(model_of(s, server), server, key);
        if (r == NULL) { /* it may make one */
                struct sight there = *s;
                struct model_made made;
                there.own = model_of(s, server);
                there.others = s->others;
                there.server = server;
                there.has_fetcher = s->others_fetch;
                if (!model_template(&there, name, &made) || made.count == 0)
                        return LOOK_ABSENT;
                *values = made.values;
                *count = made.count;
                return LOOK_FOUND;
        }
        struct ansa_value *shown = arena_array(s->arena, r->count + 1, sizeof(*shown));
        ansa_assert(shown != NULL);
        *count = 0;
        for (size_t i = 0; i < r->count; i++) {
                if ((r->values[i].permissions & ANSA_PERM_PUBLIC_READ) != 0)
                        shown[(*count)++] = r->values[i];
        }
        *values = shown;
        return *count > 0 ? LOOK_FOUND : LOOK_ABSENT;
}

/* Would the other server refer to a third? Here nobody follows it there. */
static bool is_referred(const struct sight *s, struct ansa_bytes key)
{
        struct sight there = *s;
        struct verdict *v = arena_alloc(s->arena, sizeof(*v));
        ansa_assert(v != NULL);
        *v = (struct verdict){ .value_count = 0 };
        there.server = 1 - s->server;
        there.own = model_of(s, there.server);
        return model_is_delegated(&there, key, v);
}

enum look model_look(struct sight *s, struct ansa_bytes name, const struct ansa_value **values,
                     size_t *count)
{
        *values = NULL;
        *count = 0;
        struct ansa_bytes key = model_key(s->arena, name, s->config->case_sensitive);
        const struct model_record *r = model_find_const(s->own, s->server, key);
        bool is_homed = model_is_homed(s, s->server, name);
        bool is_siblings = is_homed && !model_is_share(s, s->server, name);
        if (r != NULL && (!is_siblings || name_is_prefix_record(name))) {
                *values = r->values;
                *count = r->count;
                return LOOK_FOUND;
        }
        if (name_problem(name) != NULL || (is_homed && !is_siblings))
                return LOOK_ABSENT;
        enum look look = model_look_elsewhere(s, name, values, count);
        if (look == LOOK_ABSENT && name_is_prefix_record(name) && is_referred(s, key)) {
                s->could_not = true;
                look = LOOK_UNKNOWN;
        }
        return look;
}

static bool is_named(const struct sight *s, const struct ansa_ref *granted,
                     const struct ansa_ref *who)
{
        return (granted->index == 0 || granted->index == who->index) &&
               model_same_name(granted->name, who->name, s->config->case_sensitive);
}

/* Groups are few and small here: no loop is longer than this. */
#define DEPTH_MAX 8u

static enum answer in_group(struct sight *s, const struct ansa_ref *group,
                            const struct ansa_ref *who, unsigned depth)
{
        const struct ansa_value *values;
        size_t count;
        enum answer answer = ANSWER_NO;
        if (depth == 0 || group->index == 0)
                return ANSWER_NO;
        if (model_look(s, group->name, &values, &count) == LOOK_UNKNOWN)
                return ANSWER_UNKNOWN;
        for (size_t i = 0; i < count; i++) {
                struct ansa_refs members;
                struct ansa_ref member;
                if (values[i].index != group->index ||
                    value_type_of(values[i].type) != TYPE_HS_VLIST ||
                    vlist_decode(values[i].data, &members) != ANSA_OK)
                        continue;
                while (ansa_refs_next(&members, &member) == ANSA_OK) {
                        enum answer in = is_named(s, &member, who)
                                                 ? ANSWER_YES
                                                 : in_group(s, &member, who, depth - 1);
                        if (in == ANSWER_YES)
                                return ANSWER_YES;
                        answer = in == ANSWER_UNKNOWN ? in : answer;
                }
        }
        return answer;
}

enum answer model_may(struct sight *s, const struct ansa_value *values, size_t count,
                      uint32_t rights, const struct ansa_ref *who)
{
        enum answer answer = ANSWER_NO;
        if (rights == 0)
                return ANSWER_YES;
        if (s->config->server_admin_full_access)
                answer = model_is_server_admin(s, who);
        if (answer == ANSWER_YES)
                return ANSWER_YES;
        for (size_t i = 0; i < count; i++) {
                struct admin_data admin;
                if (value_type_of(values[i].type) != TYPE_HS_ADMIN ||
                    admin_data_decode(values[i].data, &admin) != ANSA_OK ||
                    (admin.rights & rights) != rights)
                        continue;
                enum answer named = is_named(s, &admin.admin, who)
                                            ? ANSWER_YES
                                            : in_group(s, &admin.admin, who, DEPTH_MAX);
                if (named == ANSWER_YES)
                        return ANSWER_YES;
                answer = named == ANSWER_UNKNOWN ? named : answer;
        }
        return answer;
}

enum answer model_is_server_admin(struct sight *s, const struct ansa_ref *who)
{
        enum answer answer = ANSWER_NO;
        for (size_t i = 0; i < s->config->server_admin_count; i++) {
                const struct ansa_ref *admin = &s->config->server_admins[i];
                enum answer is =
                        is_named(s, admin, who) ? ANSWER_YES : in_group(s, admin, who, DEPTH_MAX);
                if (is == ANSWER_YES)
                        return is;
                answer = is == ANSWER_UNKNOWN ? is : answer;
        }
        return answer;
}

bool model_same_value(const struct ansa_value *a, const struct ansa_value *b)
{
        return a->index == b->index && a->ttl_type == b->ttl_type && a->ttl_s == b->ttl_s &&
               a->permissions == b->permissions && ansa_bytes_equal(a->type, b->type) &&
               ansa_bytes_equal(a->data, b->data) && a->refs.count == b->refs.count &&
               ansa_bytes_equal(a->refs.wire, b->refs.wire);
}

bool model_same_content(const struct ansa_value *a, size_t a_count, const struct ansa_value *b,
                        size_t b_count)
{
        size_t found = 0;
        for (size_t i = 0; i < a_count; i++) {
                for (size_t k = 0; k < b_count; k++)
                        found += model_same_value(&a[i], &b[k]) &&
                                 a[i].timestamp_s == b[k].timestamp_s;
        }
        return a_count == b_count && found == a_count;
}

/* A copy of @values in @arena, octets and all. */
static const struct ansa_value *keep_values(const struct ansa_value *values, size_t count,
                                            struct arena *arena)
{
        struct ansa_value *kept = arena_array(arena, count + 1, sizeof(*kept));
        ansa_assert(kept != NULL);
        for (size_t i = 0; i < count; i++) {
                kept[i] = values[i];
                kept[i].type = joined(arena, "", values[i].type, "");
                kept[i].data = joined(arena, "", values[i].data, "");
                kept[i].refs.wire = joined(arena, "", values[i].refs.wire, "");
        }
        return kept;
}

static void set_homed(struct model *m, uint32_t server, struct ansa_bytes key, bool homes)
{
        size_t at = 0;
        while (at < m->homed_count &&
               (m->homed[at].server != server || !ansa_bytes_equal(m->homed[at].key, key)))
                at++;
        if (!homes && at < m->homed_count)
                m->homed[at] = m->homed[--m->homed_count];
        if (homes && at == m->homed_count) {
                ansa_assert(m->homed_count < MODEL_HOMED_MAX);
                m->homed[m->homed_count++] = (struct model_homed){ server, key };
        }
}

void model_apply(struct model *m, uint32_t server, const struct effect *effect, bool case_sensitive,
                 struct arena *arena)
{
        bool is_record = effect->kind == EFFECT_PUT || effect->kind == EFFECT_DELETE;
        struct ansa_bytes key = model_key(arena, effect->name, case_sensitive && is_record);
        struct model_record *r = model_find(m, server, key);
        switch (effect->kind) {
        case EFFECT_NONE:
                break;
        case EFFECT_PUT:
                if (r == NULL) {
                        ansa_assert(m->record_count < MODEL_RECORDS_MAX);
                        r = &m->records[m->record_count++];
                }
                *r = (struct model_record){ server, key,
                                            keep_values(effect->values, effect->count, arena),
                                            effect->count };
                break;
        case EFFECT_DELETE:
                ansa_assert(r != NULL);
                *r = m->records[--m->record_count];
                break;
        case EFFECT_HOME:
        case EFFECT_UNHOME:
                set_homed(m, server, key, effect->kind == EFFECT_HOME);
                break;
        }
}
