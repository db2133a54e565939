/* SPDX-License-Identifier: Apache-2.0 */
#include "judge.h"

#include "base/limits.h"
#include "identifier/job.h"

/* Are changes what somebody entitled asked for? Are lists whole? */

static struct token *find_token(struct world *w, const struct write_job *job)
{
        for (size_t i = 0; i < w->token_count; i++) {
                struct token *t = &w->tokens[i];
                struct ansa_bytes covered =
                        t->dare != NULL ? t->dare->message.header_and_body : t->call->covered;
                if (!t->is_spent && t->who.index == job->identity.who.index &&
                    model_same_text(t->who.name, job->identity.who.name) &&
                    ansa_bytes_equal(covered, job->message.header_and_body))
                        return t;
        }
        return NULL;
}

/*
 * A change was let through to the writer. Whose is it? With an identity there is a token that
 * its holder made for just this message and that was not spent; without, anybody may do it.
 */
void verdict_job(struct context *c, const struct write_job *job, struct pending *p)
{
        struct world *w = c->s->world;
        p->has_who = job->has_identity;
        p->who = job->identity.who;
        p->m = job->message;
        p->seen = world_model_copy(w);
        p->changes_seen = c->s->changes;
        p->was_struck = c->s->fault.struck != c->struck || c->s->fetch_failed != c->fetch_failed ||
                        c->s->before != NULL;
        world_note(w, "server %u lets %s through", c->s->number,
                   operation_text(job->message.header.op));
        if (job->has_identity) {
                struct token *t = find_token(w, job);
                if (t == NULL) {
                        world_fail(w,
                                   "server %u would carry out %s for %u:%.*s, who did not ask for "
                                   "it, or not again",
                                   c->s->number, operation_text(job->message.header.op),
                                   p->who.index, (int)p->who.name.size,
                                   (const char *)p->who.name.at);
                        return;
                }
                t->is_spent = true;
        }
        if (c->is_wild && job->has_identity)
                return;
        struct context as_is = *c;
        as_is.m = job->message;
        judge_operation(&as_is, &w->model, job->has_identity ? &p->who : NULL, c->in_session);
        bool is_right = codes_have(&as_is.verdict.codes, RC_SUCCESS);
        if (!is_right && c->s->before != NULL) {
                judge_operation(&as_is, c->s->before, job->has_identity ? &p->who : NULL,
                                c->in_session);
                is_right = codes_have(&as_is.verdict.codes, RC_SUCCESS);
        }
        if (!is_right)
                world_fail(w, "server %u would carry out %s for %u:%.*s: expected code %u",
                           c->s->number, operation_text(job->message.header.op), p->who.index,
                           (int)p->who.name.size, (const char *)p->who.name.at,
                           as_is.verdict.codes.at[0]);
        else if (!c->is_wild && !codes_have(&c->verdict.codes, RC_SUCCESS) && c->s->before == NULL)
                world_fail(w, "server %u would carry out %s: expected code %u", c->s->number,
                           operation_text(job->message.header.op), c->verdict.codes.at[0]);
}

/* The name that a server made from what it was asked for. */
static bool take_minted(struct server *s, struct effect *e, struct ansa_bytes name)
{
        struct world *w = s->world;
        struct ansa_bytes key = model_key(&w->scratch, name, s->config.case_sensitive);
        struct sight sight = server_sight(s, &w->model, &w->model);
        bool is_good = name.size == e->name.size + MINT_SIZE &&
                       memcmp(name.at, e->name.at, e->name.size) == 0 &&
                       model_is_share(&sight, s->number, name) &&
                       model_find_const(&w->model, s->number, key) == NULL;
        e->name = world_keep(w, name);
        return is_good;
}

static void done(struct server *s, struct verdict *v, const struct reply *r, uint32_t op)
{
        struct world *w = s->world;
        struct ansa_bytes name = { 0 };
        if (op == OP_CREATE && (create_response_decode(r->body, &name) != ANSA_OK ||
                                (!v->effect.is_minted && name.size > 0 &&
                                 !model_same_text(model_full(&w->scratch, name), v->effect.name))))
                world_fail(w, "server %u: creation says that it made something else", s->number);
        if (v->effect.is_minted && !take_minted(s, &v->effect, name))
                world_fail(w, "server %u minted a bad name", s->number);
        model_apply(&w->model, s->number, &v->effect, s->config.case_sensitive, &w->arena);
        s->changes++;
        w->tally.changes++;
        w->tally.shares_changed += w->habits.site;
}

/* In which version the record is that @p is about. */
static void find_version(struct server *s, const struct pending *p, struct model_version *version)
{
        struct world *w = s->world;
        struct cursor body = cursor_over(p->m.body);
        struct ansa_bytes name = cursor_block(&body, LIMIT_NAME_SIZE);
        struct ansa_bytes key = model_key(&w->scratch, name, s->config.case_sensitive);
        const struct model_record *r = model_find_const(&w->model, s->number, key);
        version->values = r != NULL ? r->values : NULL;
        version->count = r != NULL ? r->count : 0;
}

void verdict_result(struct server *s, struct pending *p, struct ansa_bytes octets, bool is_certain)
{
        struct world *w = s->world;
        struct reply r;
        w->tally.replies++;
        if (!verdict_decode(w, s, p->sent->link, octets, &r))
                return;
        struct verdict *v = arena_alloc(&w->scratch, sizeof(*v));
        struct sight sight = server_sight(s, &w->model, p->seen);
        const struct wish *wish = p->sent->wish;
        struct model_version was = { .server = s->number, .life = s->life };
        sight.condition = wish != NULL ? &wish->meaning : NULL;
        model_change(&sight, &p->m, p->has_who ? &p->who : NULL, v);
        uint32_t code = r.m.header.response;
        uint32_t op = p->m.header.op;
        bool is_old = envelope_suggested(&r.m.envelope) > 0 &&
                      envelope_version(&r.m.envelope) < VERSION(2, 5);
        bool is_full = code == RC_READ_ONLY || (is_old && code == RC_PREFIX_REFERRAL);
        bool is_invalid =
                is_old && code == RC_VALUE_EXISTS && codes_have(&v->codes, RC_VALUE_INVALID);
        bool has_changed = s->changes != p->changes_seen || p->was_struck;
        world_note(w, "server %u has done %s: %u", s->number, operation_text(op), code);
        if (codes_have(&v->codes, code) || is_invalid) {
                if (wish != NULL)
                        find_version(s, p, &was);
                if (code == RC_SUCCESS)
                        done(s, v, &r, op);
                else
                        w->tally.refusals++;
                if (wish != NULL)
                        editors_result(s, p->sent, &was, code);
                return;
        }
        if (!is_certain &&
            (code == RC_ERROR || code == RC_BUSY || code == RC_UNABLE_TO_VERIFY || is_full))
                return;
        if (has_changed && (code == RC_BUSY || codes_have(&v->codes, RC_CHALLENGE)))
                return; /* what decides on it was changed: it is to be asked for again */
        if ((sight.could_not || p->was_struck) && code == RC_UNABLE_TO_VERIFY)
                return; /* what could not be read then is needed now */
        struct cursor body = cursor_over(p->m.body);
        struct ansa_bytes name = cursor_block(&body, LIMIT_NAME_SIZE);
        world_fail(w, "server %u committed %s of \"%.*s\": expected %u, came %u", s->number,
                   operation_text(op), (int)name.size, (const char *)name.at, v->codes.at[0], code);
}

/* Lists */

static bool is_page_of(const struct sight *sight, const struct context *c, struct text_list names,
                       struct ansa_bytes after, bool has_more)
{
        struct key_list *keys = arena_alloc(sight->arena, sizeof(*keys));
        struct ansa_bytes asked;
        struct ansa_bytes name;
        if (name_body_decode(c->m.body, &asked) != ANSA_OK)
                return false;
        model_keys(sight, c->m.header.op, asked, after, keys);
        size_t count = keys->count < LIMIT_LIST_PAGE ? keys->count : LIMIT_LIST_PAGE;
        if (names.count != count || has_more != (keys->count > LIMIT_LIST_PAGE))
                return false;
        for (size_t i = 0; i < count; i++) {
                if (text_list_next(&names, &name) != ANSA_OK ||
                    !ansa_bytes_equal(name, keys->at[i]))
                        return false;
        }
        return true;
}

/* A page of a list: what comes after *@after, which then moves on to its last name. */
void verdict_page(struct context *c, struct ansa_bytes octets, bool has_more,
                  struct ansa_bytes *after)
{
        struct world *w = c->s->world;
        struct reply r;
        struct text_list names;
        struct ansa_bytes name;
        const struct link *link = c->link != NULL ? c->link : c->sent->link;
        if (!verdict_decode(w, c->s, link, octets, &r) || r.m.header.response != RC_SUCCESS ||
            c->is_wild)
                return;
        if (list_body_decode(r.body, &names) != ANSA_OK) {
                world_fail(w, "server %u: a list cannot be decoded", c->s->number);
                return;
        }
        w->tally.pages++;
        struct sight now = server_sight(c->s, &w->model, &w->model);
        struct sight then = server_sight(c->s, c->s->before, &w->model);
        bool says_more = (r.m.header.flags & FLAG_CONTINUES) != 0;
        if (says_more != has_more ||
            (!is_page_of(&now, c, names, *after, has_more) &&
             (c->s->before == NULL || !is_page_of(&then, c, names, *after, has_more))))
                world_fail(w, "server %u: a list of %u names after \"%.*s\" is wrong", c->s->number,
                           names.count, (int)after->size, (const char *)after->at);
        while (text_list_next(&names, &name) == ANSA_OK)
                *after = name;
        *after = world_keep(w, *after);
}
