/* SPDX-License-Identifier: Apache-2.0 */
#include "model.h"

#include "base/assert.h"
#include "base/limits.h"
#include "wire/data.h"
#include "wire/name.h"

/*
 * Administration (irp-service 7.1 and 7.3). Every rule that is broken adds its code, whatever
 * the order in which a server looks; where none is broken there must be success.
 */

struct change {
        struct sight *s;
        const struct message *request;
        const struct ansa_ref *who; /* NULL: nobody yet */
        struct verdict *v;
        struct ansa_bytes full;
        const struct model_record *old; /* NULL: there is none */
        struct ansa_value given[MODEL_VALUES_MAX];
        size_t given_count;
};

static void wrong(struct change *c, uint32_t code)
{
        codes_add(&c->v->codes, code);
}

/* What is over a limit has codes of its own. */
static void undecodable(struct change *c)
{
        wrong(c, RC_PROTOCOL);
        wrong(c, RC_INVALID_NAME);
        wrong(c, RC_VALUE_INVALID);
}

static bool is_wrong(const struct change *c)
{
        return c->v->codes.count > 0;
}

static void denied(struct change *c, enum answer answer)
{
        if (answer != ANSWER_YES)
                wrong(c, answer == ANSWER_NO ? RC_NOT_AUTHORIZED : RC_UNABLE_TO_VERIFY);
}

static enum answer may(struct change *c, uint32_t rights)
{
        return model_may(c->s, c->old->values, c->old->count, rights, c->who);
}

/* A minted name is judged with a suffix of one letter: it tells as much as the one to come. */
static struct ansa_bytes with_suffix(struct change *c, struct ansa_bytes stem)
{
        uint8_t *at = arena_alloc(c->s->arena, stem.size + 1);
        ansa_assert(at != NULL);
        memcpy(at, stem.at, stem.size);
        at[stem.size] = 'x';
        return (struct ansa_bytes){ at, stem.size + 1 };
}

static void take_name(struct change *c, struct ansa_bytes name)
{
        bool is_minted = c->v->effect.is_minted;
        c->full = model_full(c->s->arena, name);
        c->v->effect.name = c->full;
        if (name.size == 0 || c->full.size > LIMIT_NAME_SIZE ||
            (is_minted && memchr(name.at, '/', name.size) == NULL)) {
                wrong(c, RC_INVALID_NAME);
                return;
        }
        struct ansa_bytes whole = is_minted ? with_suffix(c, name) : name;
        if (name_problem(whole) != NULL)
                wrong(c, RC_INVALID_NAME);
        if (!model_is_homed(c->s, c->s->server, whole) ||
            (!is_minted && !model_is_share(c->s, c->s->server, whole)))
                wrong(c, RC_NOT_RESPONSIBLE); /* one is minted until it belongs here */
        struct ansa_bytes key = model_key(c->s->arena, c->full, c->s->config->case_sensitive);
        if (!is_minted)
                c->old = model_find_const(c->s->own, c->s->server, key);
}

static void take_values(struct change *c, struct ansa_values values, uint32_t if_twice)
{
        struct ansa_value value;
        while (ansa_values_next(&values, &value) == ANSA_OK) {
                for (size_t i = 0; i < c->given_count; i++) {
                        if (c->given[i].index == value.index)
                                wrong(c, if_twice);
                }
                if (value.index == 0)
                        wrong(c, RC_VALUE_INVALID);
                ansa_assert(c->given_count < MODEL_VALUES_MAX);
                value.timestamp_s = c->s->now_s;
                c->given[c->given_count++] = value;
        }
}

static const struct ansa_value *old_value(const struct change *c, uint32_t index)
{
        for (size_t i = 0; c->old != NULL && i < c->old->count; i++) {
                if (c->old->values[i].index == index)
                        return &c->old->values[i];
        }
        return NULL;
}

static const struct ansa_value *given_value(const struct change *c, uint32_t index)
{
        for (size_t i = 0; i < c->given_count; i++) {
                if (c->given[i].index == index)
                        return &c->given[i];
        }
        return NULL;
}

static void keep(struct change *c, const struct ansa_value *value)
{
        struct effect *e = &c->v->effect;
        ansa_assert(e->count < MODEL_VALUES_MAX);
        e->values[e->count++] = *value;
}

static bool is_admin(const struct ansa_value *value)
{
        return value != NULL && model_same_text(value->type, ANSA_BYTES_LIT("HS_ADMIN"));
}

/* From @old to @new, either NULL: the table of 7.1. */
static uint32_t rights_for(const struct ansa_value *old, const struct ansa_value *new)
{
        if (old == NULL)
                return is_admin(new) ? RIGHT_ADD_ADMIN : RIGHT_ADD_VALUE;
        if (new == NULL)
                return is_admin(old) ? RIGHT_REMOVE_ADMIN : RIGHT_REMOVE_VALUE;
        if (is_admin(old) && is_admin(new))
                return RIGHT_MODIFY_ADMIN;
        if (is_admin(old))
                return RIGHT_REMOVE_ADMIN | RIGHT_MODIFY_VALUE;
        return is_admin(new) ? RIGHT_MODIFY_VALUE | RIGHT_ADD_ADMIN : RIGHT_MODIFY_VALUE;
}

/*
 * Putting values over others. Equal ones stay as they are and need no right; but to be told
 * that they are equal is to be told what they are, so for what is not public one has to be
 * able to read it, or to change it.
 */
struct difference {
        uint32_t rights;
        uint32_t secret_rights; /* of equal, not public values, if they did differ */
        bool is_hidden;         /* one of those is for nobody to read */
};

static void compare(struct difference *d, const struct ansa_value *old,
                    const struct ansa_value *new)
{
        if (old == NULL || new == NULL || !model_same_value(old, new)) {
                d->rights |= rights_for(old, new);
        } else if ((old->permissions & ANSA_PERM_PUBLIC_READ) == 0) {
                d->secret_rights |= rights_for(old, new);
                d->is_hidden = d->is_hidden || (old->permissions & ANSA_PERM_ADMIN_READ) == 0;
        }
}

static enum answer may_put(struct change *c, const struct difference *d)
{
        enum answer as_reader = ANSWER_NO;
        if (d->secret_rights != 0 && !d->is_hidden)
                as_reader = may(c, d->rights | RIGHT_READ_VALUE);
        if (as_reader == ANSWER_YES)
                return ANSWER_YES;
        enum answer as_writer = may(c, d->rights | d->secret_rights);
        return as_writer == ANSWER_NO ? as_reader : as_writer;
}

/* The given value, with the time of the one that it equals. */
static void keep_given(struct change *c, const struct ansa_value *given)
{
        const struct ansa_value *old = old_value(c, given->index);
        keep(c, old != NULL && model_same_value(old, given) ? old : given);
}

/* CREATE in the record of the prefix, or ADD_PREFIX in that of the parent. */
static enum answer may_create(struct change *c)
{
        bool is_prefix = name_is_prefix_record(c->full);
        struct buf record = buf_growing(NAME_KEY_SIZE_MAX);
        const struct ansa_value *values = NULL;
        size_t count = 0;
        enum look look = LOOK_ABSENT;
        bool has_record = true;
        if (is_prefix)
                has_record = name_put_parent(c->full, &record);
        else
                name_put_prefix_record(c->full, &record);
        if (has_record)
                look = model_look(c->s, buf_written(&record), &values, &count);
        enum answer answer =
                model_may(c->s, values, count, is_prefix ? RIGHT_ADD_PREFIX : RIGHT_CREATE, c->who);
        buf_fini(&record);
        return answer == ANSWER_NO && look == LOOK_UNKNOWN ? ANSWER_UNKNOWN : answer;
}

static enum answer may_overwrite(struct change *c)
{
        struct difference d = { 0 };
        bool is_unknown = false;
        for (size_t i = 0; i < c->given_count; i++)
                compare(&d, old_value(c, c->given[i].index), &c->given[i]);
        for (size_t i = 0; i < c->old->count; i++) {
                if (given_value(c, c->old->values[i].index) == NULL)
                        compare(&d, &c->old->values[i], NULL);
        }
        enum answer ways[3] = {
                (d.rights & RIGHT_ADD_ADMIN) == 0 ? may_put(c, &d) : ANSWER_NO,
                may(c, RIGHT_ADD_ADMIN),
                may(c, RIGHT_DELETE),
        };
        if (ways[2] == ANSWER_YES)
                ways[2] = may_create(c);
        for (int i = 0; i < 3; i++) {
                if (ways[i] == ANSWER_YES)
                        return ANSWER_YES;
                is_unknown = is_unknown || ways[i] == ANSWER_UNKNOWN;
        }
        return is_unknown ? ANSWER_UNKNOWN : ANSWER_NO;
}

static void create(struct change *c)
{
        struct record_body body;
        if (record_body_decode(c->request->body, &body) != ANSA_OK) {
                undecodable(c);
                return;
        }
        c->v->effect.is_minted = (c->request->header.flags & FLAG_MINT_SUFFIX) != 0;
        take_name(c, body.name);
        take_values(c, body.values, RC_VALUE_EXISTS);
        if (c->old != NULL && (c->request->header.flags & FLAG_OVERWRITE) == 0)
                wrong(c, RC_EXISTS);
        if (c->who == NULL)
                wrong(c, RC_CHALLENGE);
        if (is_wrong(c))
                return;
        denied(c, c->old != NULL ? may_overwrite(c) : may_create(c));
        for (size_t i = 0; i < c->given_count; i++)
                keep_given(c, &c->given[i]);
        c->v->effect.kind = EFFECT_PUT;
}

static void erase(struct change *c)
{
        struct ansa_bytes name;
        if (name_body_decode(c->request->body, &name) != ANSA_OK) {
                undecodable(c);
                return;
        }
        take_name(c, name);
        if (c->who == NULL)
                wrong(c, RC_CHALLENGE);
        if (c->old == NULL)
                wrong(c, RC_NOT_FOUND);
        else if (c->who != NULL)
                denied(c, may(c, RIGHT_DELETE));
        c->v->effect.kind = EFFECT_DELETE;
}

static void add(struct change *c)
{
        bool overwrite = (c->request->header.flags & FLAG_OVERWRITE) != 0;
        struct difference d = { 0 };
        if (c->who == NULL)
                wrong(c, RC_CHALLENGE);
        if (c->old == NULL) {
                wrong(c, RC_NOT_FOUND);
                return;
        }
        for (size_t i = 0; i < c->given_count; i++) {
                const struct ansa_value *old = old_value(c, c->given[i].index);
                if (old != NULL && !overwrite)
                        wrong(c, RC_VALUE_EXISTS);
                compare(&d, old, &c->given[i]);
        }
        if (c->who != NULL)
                denied(c, may_put(c, &d));
        if (is_wrong(c))
                return;
        for (size_t i = 0; i < c->old->count; i++) {
                if (given_value(c, c->old->values[i].index) == NULL)
                        keep(c, &c->old->values[i]);
        }
        for (size_t i = 0; i < c->given_count; i++)
                keep_given(c, &c->given[i]);
        c->v->effect.kind = EFFECT_PUT;
}

/* Anybody may write it: never to become, or stop being, what servers act on. */
static bool is_open(const struct ansa_value *old, const struct ansa_value *new)
{
        enum value_type was = value_type_of(old->type);
        enum value_type becomes = value_type_of(new->type);
        return (old->permissions & ANSA_PERM_PUBLIC_WRITE) != 0 && !is_admin(old) &&
               (becomes == TYPE_OTHER || becomes == was);
}

static void modify(struct change *c)
{
        uint32_t rights = 0;
        if (c->old == NULL) {
                wrong(c, RC_NOT_FOUND);
                return;
        }
        for (size_t i = 0; i < c->given_count; i++) {
                const struct ansa_value *old = old_value(c, c->given[i].index);
                if (old == NULL) {
                        wrong(c, RC_VALUE_NOT_FOUND);
                        continue;
                }
                if (is_open(old, &c->given[i]))
                        continue;
                if ((old->permissions & ANSA_PERM_ADMIN_WRITE) == 0)
                        wrong(c, RC_ACCESS_DENIED);
                rights |= rights_for(old, &c->given[i]);
        }
        if (rights != 0 && c->who == NULL)
                wrong(c, RC_CHALLENGE);
        if (rights != 0 && c->who != NULL)
                denied(c, may(c, rights));
        if (is_wrong(c))
                return;
        for (size_t i = 0; i < c->old->count; i++) {
                const struct ansa_value *new = given_value(c, c->old->values[i].index);
                keep(c, new != NULL ? new : &c->old->values[i]);
        }
        c->v->effect.kind = EFFECT_PUT;
}

static void add_or_modify(struct change *c)
{
        bool adds = c->request->header.op == OP_ADD;
        struct record_body body;
        if (record_body_decode(c->request->body, &body) != ANSA_OK) {
                undecodable(c);
                return;
        }
        take_name(c, body.name);
        take_values(c, body.values, adds ? RC_VALUE_EXISTS : RC_VALUE_INVALID);
        if (c->given_count == 0)
                wrong(c, RC_VALUE_INVALID);
        if (adds)
                add(c);
        else
                modify(c);
}

static bool has_index(const struct index_list *list, uint32_t index)
{
        for (uint32_t i = 0; i < list->count; i++) {
                if (index_list_at(list, i) == index)
                        return true;
        }
        return false;
}

static void take_away(struct change *c)
{
        struct remove_request body;
        if (remove_request_decode(c->request->body, &body) != ANSA_OK) {
                undecodable(c);
                return;
        }
        take_name(c, body.name);
        uint32_t rights = 0;
        if (body.indexes.count == 0)
                wrong(c, RC_VALUE_INVALID);
        if (c->who == NULL)
                wrong(c, RC_CHALLENGE);
        if (c->old == NULL) {
                wrong(c, RC_NOT_FOUND);
                return;
        }
        for (uint32_t i = 0; i < body.indexes.count; i++) {
                const struct ansa_value *old = old_value(c, index_list_at(&body.indexes, i));
                if (old == NULL)
                        wrong(c, RC_VALUE_NOT_FOUND);
                else
                        rights |= rights_for(old, NULL);
        }
        if (c->who != NULL)
                denied(c, may(c, rights));
        if (is_wrong(c))
                return;
        for (size_t i = 0; i < c->old->count; i++) {
                if (!has_index(&body.indexes, c->old->values[i].index))
                        keep(c, &c->old->values[i]);
        }
        c->v->effect.kind = EFFECT_PUT;
}

static void home(struct change *c)
{
        struct ansa_bytes name;
        if (name_body_decode(c->request->body, &name) != ANSA_OK) {
                undecodable(c);
                return;
        }
        c->full = model_full(c->s->arena, name);
        if (name_problem(name) != NULL || !name_is_prefix_record(name))
                wrong(c, RC_INVALID_NAME);
        if (c->who == NULL)
                wrong(c, RC_CHALLENGE);
        else
                denied(c, model_is_server_admin(c->s, c->who));
        c->v->effect.name = c->full;
        c->v->effect.kind = c->request->header.op == OP_HOME ? EFFECT_HOME : EFFECT_UNHOME;
}

/*
 * Is the record in one of the versions? What was put back as it was within a second may be in
 * another order: then nobody can tell.
 */
static enum answer is_in_version(const struct change *c, const struct model_condition *condition)
{
        enum answer answer = ANSWER_NO;
        for (size_t i = 0; c->old != NULL && i < condition->version_count; i++) {
                const struct model_version *v = &condition->versions[i];
                if (v->server != c->s->server || v->life != c->s->life)
                        continue;
                if (v->values == c->old->values)
                        return ANSWER_YES;
                if (model_same_content(v->values, v->count, c->old->values, c->old->count))
                        answer = ANSWER_UNKNOWN;
        }
        return answer;
}

static enum answer is_as_it_must_be(const struct change *c)
{
        const struct model_condition *condition = c->s->condition;
        if (condition == NULL || c->full.size == 0 || c->request->header.op >= OP_HOME)
                return ANSWER_YES;
        enum answer is_in = is_in_version(c, condition);
        switch (condition->kind) {
        case CONDITION_NONE:
                break;
        case CONDITION_EXISTS:
                return c->old != NULL ? ANSWER_YES : ANSWER_NO;
        case CONDITION_ABSENT:
                return c->old == NULL ? ANSWER_YES : ANSWER_NO;
        case CONDITION_ONE_OF:
                return is_in;
        case CONDITION_NONE_OF:
                return is_in == ANSWER_UNKNOWN ? is_in
                       : is_in == ANSWER_NO    ? ANSWER_YES
                                               : ANSWER_NO;
        }
        return ANSWER_YES;
}

void model_change(struct sight *s, const struct message *request, const struct ansa_ref *who,
                  struct verdict *v)
{
        struct change *c = arena_alloc(s->arena, sizeof(*c));
        ansa_assert(c != NULL);
        *c = (struct change){ .s = s, .request = request, .who = who, .v = v };
        switch (request->header.op) {
        case OP_CREATE:
                create(c);
                break;
        case OP_DELETE:
                erase(c);
                break;
        case OP_ADD:
        case OP_MODIFY:
                add_or_modify(c);
                break;
        case OP_REMOVE:
                take_away(c);
                break;
        default:
                home(c);
                break;
        }
        bool is_good = !is_wrong(c);
        enum answer fits = is_as_it_must_be(c);
        if (fits != ANSWER_YES)
                wrong(c, RC_PRECONDITION);
        if (is_good && fits != ANSWER_NO)
                wrong(c, RC_SUCCESS);
}
