/* SPDX-License-Identifier: Apache-2.0 */
#include "judge.h"

#include "base/assert.h"
#include "wire/name.h"

/*
 * Clients of doors that authenticate them: who they are is proven to the door, which then says
 * so. They read a record with its version, and later change it on condition that it still is in
 * that version, as others do who read it at the same time.
 */

#define CALLS_SPARE 64u

static const struct person *any_editor(struct world *w)
{
        return chance_in(&w->chance, 2) ? &w->person[0] : people_any(w);
}

/* What @as says to the door, sometimes with a wrong key or in answer to an older nonce. */
static uint32_t claim(struct server *s, const struct person *key, const struct ansa_ref *who,
                      bool is_late, uint32_t *index)
{
        struct world *w = s->world;
        uint8_t nonce[2][16];
        uint8_t cnonce[16];
        uint8_t room[1024];
        struct ansa_key parts;
        struct buf answer = buf_over(room, sizeof(room));
        chance_fill(&w->chance, nonce[0], sizeof(nonce[0]));
        chance_fill(&w->chance, nonce[1], sizeof(nonce[1]));
        chance_fill(&w->chance, cnonce, sizeof(cnonce));
        struct identifier_claim c = {
                .kind = key->kind == PERSON_SECRET ? CLAIM_SECRET_KEY : CLAIM_PUBLIC_KEY,
                .key = *who,
                .nonce = { nonce[0], sizeof(nonce[0]) },
                .cnonce = { cnonce, sizeof(cnonce) },
        };
        if (key->kind != PERSON_SECRET && !is_late && chance_in(&w->chance, 3)) {
                ansa_assert(crypto_key_parts(key->key, false, &w->scratch, &parts) == ANSA_OK);
                c.kind = CLAIM_OWN_KEY;
                c.public_key = &parts;
        } else {
                struct ansa_bytes answered = { nonce[is_late ? 1 : 0], sizeof(nonce[0]) };
                people_put_answer(w, key, VERSION_OWN, answered, c.cnonce, &answer);
                c.answer = buf_written(&answer);
        }
        return identifier_prove(s->slow, &c, index);
}

/* Prove to a door of @s that one is @as. */
static bool prove(struct server *s, const struct person *as, struct ansa_ref *who)
{
        struct world *w = s->world;
        bool lies = chance_in(&w->chance, 8);
        bool is_late = chance_in(&w->chance, 20);
        const struct person *key = lies ? people_impostor(w, as) : as;
        uint64_t failed = s->fault.struck + s->fetch_failed;
        uint32_t index = 0;
        *who = as->who;
        if (chance_in(&w->chance, 8))
                who->index = 0; /* any key of mine */
        struct ansa_ref found;
        bool is_true = judge_find_key(s, VERSION_OWN, key, who, &found) == ANSWER_YES && !is_late;
        uint32_t code = claim(s, key, who, is_late, &index);
        bool is_certain = s->fault.struck + s->fetch_failed == failed;
        if (s->fault.is_dead)
                return false;
        world_note(w, "%s proves to a door of server %u who it is: %u", as->nick, s->number, code);
        bool is_right =
                is_true ? code == RC_SUCCESS && index == found.index : code == RC_AUTHENTICATION;
        if (!is_right && (is_certain || (!is_true && code == RC_SUCCESS)))
                world_fail(w, "server %u: %u:%.*s is claimed %s by %s: came %u, index %u",
                           s->number, who->index, (int)who->name.size, (const char *)who->name.at,
                           is_true ? "rightly" : "wrongly", key->nick, code, index);
        *(code == RC_SUCCESS ? &w->tally.claims_proven : &w->tally.claims_refused) += 1;
        who->index = index;
        return code == RC_SUCCESS;
}

static struct sent *make(struct world *w, struct call *c, struct wish *wish, bool is_proven)
{
        struct buf b = buf_growing(1u << 18);
        request_body(w, c, &b);
        c->body = world_keep(w, buf_written(&b));
        buf_fini(&b);
        wish->claims = (struct peer_claims){
                .identity = is_proven ? &wish->who : NULL,
                .condition = wish->condition.kind != CONDITION_NONE ? &wish->condition : NULL,
                .version = c->header.op == OP_RESOLVE ? &wish->version : NULL,
        };
        struct sent *sent = calls_pack(w, c);
        sent->wish = wish;
        if (is_proven && c->header.op != OP_RESOLVE)
                w->tokens[w->token_count++] = (struct token){ .call = c, .who = wish->who };
        return sent;
}

static struct wish *new_wish(struct world *w)
{
        struct wish *wish = world_alloc(w, sizeof(*wish));
        *wish = (struct wish){ .version = 0 };
        return wish;
}

static struct call *new_call(struct world *w)
{
        struct call *c = calls_add(w);
        c->state = CALL_DONE; /* its answer does not come by the network */
        c->transport = PEER_HTTPS;
        c->version = c->suggested = VERSION_OWN;
        return c;
}

/* Resolutions, with the version; and sometimes what has none. */
static void look(struct world *w)
{
        struct call *c = new_call(w);
        struct wish *wish = new_wish(w);
        c->person = any_editor(w);
        c->header.op = chance_in(&w->chance, 8) ? OP_LIST : OP_RESOLVE;
        calls_choose_flags(w, c);
        c->name = request_name(w, &c->server);
        struct server *s = &w->server[c->server];
        bool is_proven = chance_in(&w->chance, 2) && prove(s, c->person, &wish->who);
        if (s->fault.is_dead || world_failed(w))
                return;
        struct sent *sent = make(w, c, wish, is_proven);
        world_note(w, "%s at a door of server %u: %s", c->person->nick, c->server,
                   operation_text(c->header.op));
        if (chance_in(&w->chance, 6))
                wish->claims.version = NULL; /* who does not want it gets the short way */
        sent->server = c->server;
        door_serve(&w->server[c->server], sent);
}

static void add_version(struct wish *wish, struct edition *e)
{
        struct model_condition *m = &wish->meaning;
        wish->editions[m->version_count] = e;
        wish->condition.versions[wish->condition.version_count++] = e->version;
        m->versions[m->version_count++] = e->content;
}

static void choose_condition(struct world *w, struct edition *e, struct wish *wish)
{
        struct chance *c = &w->chance;
        static const enum record_condition_kind kinds[] = {
                CONDITION_ONE_OF, CONDITION_ONE_OF, CONDITION_ONE_OF,
                CONDITION_ONE_OF, CONDITION_ONE_OF, CONDITION_NONE_OF,
                CONDITION_ABSENT, CONDITION_EXISTS, CONDITION_NONE,
        };
        wish->condition.kind = kinds[chance_below(c, 9)];
        wish->meaning.kind = wish->condition.kind;
        if (wish->condition.kind != CONDITION_ONE_OF && wish->condition.kind != CONDITION_NONE_OF)
                return;
        add_version(wish, e);
        if (chance_in(c, 5)) /* of another record, or an older one */
                add_version(wish, w->editions[chance_below(c, (uint32_t)w->edition_count)]);
}

/* One of several who began with the same version. */
static void edit(struct world *w, struct edition *e)
{
        static const uint32_t ops[] = { OP_CREATE, OP_CREATE, OP_MODIFY, OP_MODIFY, OP_MODIFY,
                                        OP_ADD,    OP_REMOVE, OP_DELETE, OP_HOME };
        struct chance *r = &w->chance;
        struct call *c = new_call(w);
        struct wish *wish = new_wish(w);
        c->person = any_editor(w);
        c->server = e->content.server;
        c->header.op = ops[chance_below(r, chance_in(r, 10) ? 9 : 8)];
        if (c->header.op == OP_CREATE && w->model.record_count > MODEL_RECORDS_MAX - 20)
                c->header.op = OP_DELETE;
        calls_choose_flags(w, c);
        if ((c->header.op == OP_CREATE || c->header.op == OP_ADD) && !chance_in(r, 6))
                c->header.flags |= FLAG_OVERWRITE;
        c->name = chance_in(r, 12) ? request_name(w, &c->server) : e->name;
        choose_condition(w, e, wish);
        struct server *s = &w->server[c->server];
        bool is_proven = !chance_in(r, 10) && prove(s, c->person, &wish->who);
        if (s->fault.is_dead || world_failed(w))
                return;
        struct sent *sent = make(w, c, wish, is_proven);
        sent->server = c->server;
        world_note(w, "%s at a door of server %u: %s on condition %u", c->person->nick, c->server,
                   operation_text(c->header.op), wish->condition.kind);
        door_serve(&w->server[c->server], sent);
}

void editors_act(struct world *w)
{
        struct chance *c = &w->chance;
        if (w->call_count + CALLS_SPARE > CALLS_MAX || w->token_count + CALLS_SPARE > DARES_MAX)
                return;
        if (w->edition_count == 0 || chance_in(c, 3)) {
                look(w);
                return;
        }
        /* Mostly of the youngest ones: of the others few are still in that version. */
        size_t back = chance_below(c, chance_in(c, 3) ? (uint32_t)w->edition_count : 4);
        struct edition *e = w->editions[w->edition_count - 1 - back % w->edition_count];
        for (uint32_t n = 1 + chance_below(c, 3); n > 0; n--) {
                if (!w->server[e->content.server].fault.is_dead && !world_failed(w))
                        edit(w, e);
        }
}

static void keep(struct world *w, struct edition *e)
{
        if (w->edition_count == EDITIONS_MAX) {
                w->edition_count--;
                memmove(w->editions, w->editions + 1, w->edition_count * sizeof(w->editions[0]));
        }
        w->editions[w->edition_count++] = e;
}

/* The same version: the same content; another one: another, as long as the server lives. */
static void compare(struct server *s, const struct edition *new, bool *is_known)
{
        struct world *w = s->world;
        const struct model_version *b = &new->content;
        for (size_t i = 0; i < w->edition_count; i++) {
                const struct edition *old = w->editions[i];
                const struct model_version *a = &old->content;
                if (a->server != b->server || a->life != b->life)
                        continue;
                bool is_same = a->values == b->values;
                *is_known = *is_known || is_same;
                if ((is_same && old->version != new->version) ||
                    (old->version == new->version &&
                     !model_same_content(a->values, a->count, b->values, b->count)))
                        world_fail(w, "server %u: versions %llx of \"%.*s\" and %llx: %s",
                                   s->number, (unsigned long long)new->version, (int)new->name.size,
                                   (const char *)new->name.at, (unsigned long long)old->version,
                                   is_same ? "nothing was changed" : "it was changed");
        }
}

static struct ansa_bytes name_of(const struct sent *sent)
{
        struct cursor body = cursor_over(sent->call->body);
        return cursor_block(&body, ANSA_NAME_SIZE_MAX);
}

void editors_read(struct server *s, const struct sent *sent, bool is_certain)
{
        struct world *w = s->world;
        struct ansa_bytes name = name_of(sent);
        struct wish *wish = sent->wish;
        if (wish->claims.version == NULL || !is_certain || world_failed(w))
                return;
        struct sight sight = server_sight(s, &w->model, &w->model);
        struct ansa_bytes key = model_key(&w->scratch, name, s->config.case_sensitive);
        const struct model_record *r = NULL;
        if (name_problem(name) == NULL && model_is_homed(&sight, s->number, name) &&
            model_is_share(&sight, s->number, name))
                r = model_find_const(&w->model, s->number, key);
        if ((wish->version != 0) != (r != NULL))
                world_fail(w, "server %u: \"%.*s\" is %sstored, and has version %llx", s->number,
                           (int)name.size, (const char *)name.at, r != NULL ? "" : "not ",
                           (unsigned long long)wish->version);
        if (wish->version == 0 || r == NULL)
                return;
        struct edition *e = world_alloc(w, sizeof(*e));
        *e = (struct edition){
                .content = { s->number, s->life, r->values, r->count },
                .name = name,
                .version = wish->version,
        };
        bool is_known = false;
        compare(s, e, &is_known);
        w->tally.versions++;
        if (!is_known)
                keep(w, e);
}

void editors_result(struct server *s, const struct sent *sent, const struct model_version *was,
                    uint32_t code)
{
        struct world *w = s->world;
        const struct wish *wish = sent->wish;
        struct model_version now = *was;
        struct ansa_bytes key = model_key(&w->scratch, name_of(sent), s->config.case_sensitive);
        const struct model_record *r = model_find_const(&w->model, s->number, key);
        now.values = r != NULL ? r->values : NULL;
        now.count = r != NULL ? r->count : 0;
        if (code == RC_PRECONDITION)
                w->tally.races_lost++;
        for (size_t i = 0; i < wish->meaning.version_count; i++)
                w->tally.versions_outlived += code == RC_PRECONDITION &&
                                              wish->meaning.kind == CONDITION_ONE_OF &&
                                              wish->meaning.versions[i].life != s->life;
        if (code != RC_SUCCESS || wish->meaning.kind == CONDITION_NONE)
                return;
        w->tally.conditions_met++;
        if (wish->meaning.kind != CONDITION_ONE_OF || wish->meaning.version_count != 1 ||
            model_same_content(was->values, was->count, now.values, now.count))
                return;
        /* Unless somebody put it back as it was, within a second, there is one winner. */
        struct edition *e = wish->editions[0];
        if (++e->winners > 1 && e->content.values == was->values)
                world_fail(w, "server %u: %u editors of \"%.*s\" have won", s->number, e->winners,
                           (int)e->name.size, (const char *)e->name.at);
}
