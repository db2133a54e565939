/* SPDX-License-Identifier: Apache-2.0 */
#include "judge.h"

#include "base/assert.h"
#include "wire/name.h"

/*
 * What should come of a message? For messages as their senders made them, and for changed ones
 * that ask something in the open, that is exactly known. Others are wild: of them we only know
 * what must never happen.
 */

static void expect(struct context *c, uint32_t code)
{
        codes_add(&c->verdict.codes, code);
}

static bool is_administration(uint32_t op)
{
        return (op >= OP_CREATE && op <= OP_LIST_PREFIXES) ||
               (op >= OP_HOME && op <= OP_LIST_HOMED) || (op >= OP_NEXT_TXN_ID && op <= OP_BACKUP);
}

static void by_operation(struct context *c, struct sight *s, const struct ansa_ref *who,
                         bool in_session)
{
        struct resolve_request query;
        struct ansa_bytes name;
        switch (c->m.header.op) {
        case OP_RESOLVE:
                if (resolve_request_decode(c->m.body, &query) != ANSA_OK)
                        expect(c, RC_PROTOCOL);
                else
                        model_resolve(s, &query, c->m.header.flags, in_session, who, &c->verdict);
                break;
        case OP_CREATE:
        case OP_DELETE:
        case OP_ADD:
        case OP_REMOVE:
        case OP_MODIFY:
        case OP_HOME:
        case OP_UNHOME:
                model_change(s, &c->m, who, &c->verdict);
                break;
        case OP_LIST:
        case OP_LIST_PREFIXES:
        case OP_LIST_HOMED:
                model_list(s, &c->m, who, &c->verdict);
                break;
        case OP_GET_SITE:
                expect(c, name_body_decode(c->m.body, &name) == ANSA_OK ? RC_SUCCESS : RC_PROTOCOL);
                break;
        default:
                expect(c, RC_OPERATION_DENIED);
                break;
        }
}

uint64_t judge_challenges_open(const struct server *s)
{
        struct identifier_counts counts;
        identifier_count(s->service, &counts);
        return counts.challenges_open;
}

static bool is_full_of_challenges(const struct server *s)
{
        return judge_challenges_open(s) >= s->config.challenges_max;
}

static void doubt_all_dares(struct world *w, const struct server *s)
{
        for (size_t i = 0; i < w->dare_count; i++) {
                if (w->dares[i].server == s->number)
                        w->dares[i].is_doubtful = true;
        }
}

void judge_operation(struct context *c, const struct model *own, const struct ansa_ref *who,
                     bool in_session)
{
        struct world *w = c->s->world;
        struct sight s = server_sight(c->s, own, &w->model);
        bool is_admin = is_administration(c->m.header.op);
        const struct wish *wish = c->sent->wish;
        s.condition = wish != NULL ? &wish->meaning : NULL;
        c->verdict = (struct verdict){ 0 };
        if (is_admin && c->s->config.require_sessions && !in_session && wish == NULL)
                expect(c, RC_CREDENTIAL);
        else
                by_operation(c, &s, who, in_session);
        if (s.could_not)
                codes_add(&c->also, RC_UNABLE_TO_VERIFY);
        if (wish == NULL && codes_have(&c->verdict.codes, RC_CHALLENGE) &&
            is_full_of_challenges(c->s)) {
                doubt_all_dares(w, c->s);     /* one of them makes room, */
                codes_add(&c->also, RC_BUSY); /* but not for a datagram */
        }
        struct ansa_bytes name;
        struct cursor body = cursor_over(c->m.body);
        name = cursor_block(&body, ANSA_NAME_SIZE_MAX);
        bool is_refused = codes_have(&c->verdict.codes, RC_NOT_RESPONSIBLE) ||
                          codes_have(&c->verdict.codes, RC_NOT_FOUND);
        if (is_admin && is_refused && body.err == ANSA_OK && name_is_prefix_record(name))
                codes_add(&c->also, RC_PREFIX_REFERRAL);
}

static void carry_out(struct context *c, const struct ansa_ref *who, bool in_session)
{
        c->has_who = who != NULL;
        c->in_session = in_session;
        if (who != NULL)
                c->who = *who;
        judge_operation(c, &c->s->world->model, who, in_session);
}

enum answer judge_find_key(struct server *server, uint16_t version, const struct person *p,
                           const struct ansa_ref *claimed, struct ansa_ref *who)
{
        struct world *w = server->world;
        struct sight s = server_sight(server, &w->model, &w->model);
        const struct ansa_value *values;
        size_t count;
        bool is_secret = p->kind == PERSON_SECRET;
        enum look look = model_look(&s, claimed->name, &values, &count);
        *who = (struct ansa_ref){ claimed->name, 0 };
        if (is_secret && s.asked_others) { /* its server checks it, and sees all of the record */
                struct ansa_bytes key =
                        model_key(&w->scratch, claimed->name, server->config.case_sensitive);
                uint32_t other = 1 - server->number;
                const struct model_record *r = model_find_const(&w->model, other, key);
                bool is_bare = version < VERSION(2, 1);
                if (!s.has_fetcher || claimed->index == 0 || is_bare ||
                    !model_is_homed(&s, other, claimed->name) || r == NULL)
                        return ANSWER_NO;
                values = r->values;
                count = r->count;
        } else if (look != LOOK_FOUND) {
                return ANSWER_NO;
        }
        for (size_t i = 0; i < count; i++) {
                bool is_readable =
                        is_secret || (values[i].permissions &
                                      (ANSA_PERM_PUBLIC_READ | ANSA_PERM_ADMIN_READ)) != 0;
                if ((claimed->index != 0 && values[i].index != claimed->index) || !is_readable ||
                    !model_same_text(values[i].type, is_secret ? ANSA_BYTES_LIT("HS_SECKEY")
                                                               : ANSA_BYTES_LIT("HS_PUBKEY")) ||
                    !ansa_bytes_equal(values[i].data, p->data))
                        continue;
                who->index = values[i].index;
                return ANSWER_YES;
        }
        return ANSWER_NO;
}

/* May an answer of that kind be made in that version? */
static bool is_recent_enough(const struct context *c, const struct dare *dare)
{
        uint16_t version = envelope_suggested(&c->envelope);
        bool is_reading = dare->link == NULL && dare->message.header.op == OP_RESOLVE;
        if (c->s->config.allow_old_crypto || is_reading)
                return true;
        return c->sent->person->kind != PERSON_SECRET || version >= VERSION(2, 1);
}

static bool is_waiting(const struct context *c, const struct dare *d)
{
        return d->server == c->s->number && d->life == c->s->life && !d->is_taken &&
               d->expires_ms > c->s->world->now_ms;
}

static bool has_bit(const uint64_t bits[256], uint32_t counter)
{
        return (bits[counter / 64 % 256] & (uint64_t)1 << counter % 64) != 0;
}

static void set_bit(uint64_t bits[256], uint32_t counter)
{
        bits[counter / 64 % 256] |= (uint64_t)1 << counter % 64;
}

static void expect_answer(struct context *c, bool in_session)
{
        struct dare *d = c->sent->dare;
        struct ansa_ref who;
        c->dare = d;
        if (!is_waiting(c, d)) {
                expect(c, RC_CHALLENGE_EXPIRED);
                if (in_session) /* unless others wait, for which it is wrong */
                        codes_add(&c->also, RC_AUTHENTICATION);
                return;
        }
        if (d->is_doubtful) {
                codes_add(&c->also, RC_CHALLENGE_EXPIRED);
                codes_add(&c->also, RC_AUTHENTICATION);
        }
        c->proves = c->sent->is_true && is_recent_enough(c, d) &&
                    judge_find_key(c->s, envelope_suggested(&c->envelope), c->sent->person,
                                   &c->sent->who, &who) == ANSWER_YES;
        if (!c->proves) {
                expect(c, RC_AUTHENTICATION);
                return;
        }
        c->m = d->message;
        if (in_session && has_bit(d->link->claimed, d->counter)) { /* it was carried out already */
                expect(c, RC_SESSION_REPLAY);
                return;
        }
        carry_out(c, &who, in_session);
}

/* Mode 3: is there such a key, that everybody may read, and is it one for RSA? */
static void expect_named(struct context *c, const struct ansa_ref *key)
{
        struct world *w = c->s->world;
        struct sight s = server_sight(c->s, &w->model, &w->model);
        const struct ansa_value *values;
        const struct ansa_value *found = NULL;
        size_t count;
        if (name_problem(key->name) != NULL) {
                expect(c, RC_SESSION_SETUP_BAD);
                return;
        }
        if (model_look(&s, key->name, &values, &count) == LOOK_FOUND) {
                for (size_t i = 0; i < count; i++)
                        found = values[i].index == key->index ? &values[i] : found;
        }
        bool is_key = found != NULL && (found->permissions & ANSA_PERM_PUBLIC_READ) != 0 &&
                      model_same_text(found->type, ANSA_BYTES_LIT("HS_PUBKEY"));
        if (!is_key)
                expect(c, RC_SESSION_FAILED);
        else
                expect(c, ansa_bytes_equal(found->data, w->rsa_data) ? RC_SUCCESS
                                                                     : RC_SESSION_NEEDS_RSA);
}

static void expect_setup(struct context *c)
{
        struct session_request request;
        struct identifier_counts counts;
        identifier_count(c->s->service, &counts);
        if (session_request_decode(c->m.body, &request) != ANSA_OK) {
                expect(c, RC_SESSION_SETUP_BAD);
                return;
        }
        bool is_small = request.mode == SESSION_DH && c->s->config.dh_bits_min > 1024;
        bool has_rsa = (c->s->world->habits.rsa_servers >> c->s->number & 1) != 0;
        if (request.mode == SESSION_HANDLE_KEY)
                expect_named(c, &request.key);
        else if (request.mode == SESSION_SERVER_KEY)
                expect(c, has_rsa ? RC_SUCCESS : RC_SESSION_NEEDS_RSA);
        else
                expect(c, is_small ? RC_SESSION_FAILED : RC_SUCCESS);
        c->crowds_out = counts.sessions_open >= c->s->config.sessions_max;
        if (c->crowds_out)
                codes_add(&c->also, RC_BUSY);
}

static bool is_idle(const struct server *s, const struct link *l, uint64_t used_ms)
{
        return s->world->now_ms - used_ms >= l->idle_ms_max;
}

bool judge_link_is_gone(const struct server *s, const struct link *l)
{
        return l->server != s->number || l->life != s->life || l->is_gone ||
               (is_idle(s, l, l->used_ms) && is_idle(s, l, l->perhaps_used_ms));
}

/* The key of a session of mode 2: once. What is no key is not told from what is. */
static void expect_exchange(struct context *c)
{
        struct world *w = c->s->world;
        struct link *l = NULL;
        for (size_t i = 0; i < w->link_count; i++) {
                if (!judge_link_is_gone(c->s, &w->links[i]) &&
                    w->links[i].id == c->envelope.session_id)
                        l = &w->links[i];
        }
        if (l == NULL) {
                expect(c, RC_SESSION_UNKNOWN);
                return;
        }
        if (l->is_doubtful || is_idle(c->s, l, l->used_ms))
                codes_add(&c->also, RC_SESSION_UNKNOWN);
        c->exchange = l;
        expect(c, l->is_keyless ? RC_SUCCESS : RC_SESSION_FAILED);
}

static void expect_in_session(struct context *c)
{
        struct link *l = c->sent->link;
        struct envelope e;
        ansa_assert(envelope_decode(c->sent->plain, &e) == ANSA_OK);
        struct ansa_bytes after = { c->sent->plain.at + ENVELOPE_SIZE,
                                    c->sent->plain.size - ENVELOPE_SIZE };
        ansa_assert(message_decode(&e, after, &c->m) == ANSA_OK);
        uint32_t op = c->m.header.op;
        c->is_wild = l->is_torn;
        if (c->is_wild)
                return;
        if (judge_link_is_gone(c->s, l)) {
                expect(c, RC_SESSION_UNKNOWN);
                return;
        }
        if (l->is_lost) {
                expect(c, RC_SESSION_KEY);
                if (l->is_doubtful || is_idle(c->s, l, l->used_ms))
                        codes_add(&c->also, RC_SESSION_UNKNOWN);
                return;
        }
        c->link = l;
        if (l->is_doubtful || is_idle(c->s, l, l->used_ms))
                codes_add(&c->also, RC_SESSION_UNKNOWN);
        if (has_bit(l->doubted, c->sent->counter))
                codes_add(&c->also, RC_SESSION_REPLAY);
        c->claims = l->is_authentic || op == OP_ANSWER || op == OP_SESSION_TERMINATE;
        if (c->claims && has_bit(l->claimed, c->sent->counter)) {
                c->is_replay = true;
                expect(c, RC_SESSION_REPLAY);
                if (op == OP_ANSWER)
                        expect(c, RC_CHALLENGE_EXPIRED);
        } else if (op == OP_ANSWER) {
                expect_answer(c, true);
        } else if (op == OP_SESSION_TERMINATE) {
                expect(c, RC_SUCCESS);
        } else {
                carry_out(c, l->is_authentic ? &l->person->who : NULL, true);
        }
}

void judge_expect(struct context *c)
{
        c->struck = c->s->fault.struck;
        c->fetch_failed = c->s->fetch_failed;
        c->challenges_open = judge_challenges_open(c->s);
        c->is_wild = true;
        if (envelope_decode(c->bytes, &c->envelope) != ANSA_OK)
                return;
        if (c->is_exact && c->sent->link != NULL) {
                c->is_wild = false;
                expect_in_session(c);
                return;
        }
        const struct envelope *e = &c->envelope;
        struct ansa_bytes after = { c->bytes.at + ENVELOPE_SIZE, c->bytes.size - ENVELOPE_SIZE };
        if (e->flags != 0 || e->message_size != after.size ||
            message_decode(e, after, &c->m) != ANSA_OK || c->m.header.response != RC_REQUEST)
                return;
        uint32_t op = c->m.header.op;
        bool is_special = op == OP_ANSWER || op == OP_VERIFY || op == OP_SESSION_SETUP ||
                          op == OP_SESSION_TERMINATE || op == OP_SESSION_EXCHANGE;
        if (!c->is_exact && (e->session_id != 0 || is_special || c->m.credential.size > 0))
                return;
        if (c->m.header.recursion > 0)
                return;
        c->is_wild = false;
        if (op == OP_ANSWER)
                expect_answer(c, false);
        else if (op == OP_SESSION_SETUP)
                expect_setup(c);
        else if (op == OP_SESSION_EXCHANGE)
                expect_exchange(c);
        else
                carry_out(c, c->sent->wish != NULL ? c->sent->wish->claims.identity : NULL, false);
}

/* What is known of challenges and sessions after a message was served. */

static void doubt_dares(struct world *w, const struct server *s, uint32_t id)
{
        for (size_t i = 0; i < w->dare_count; i++) {
                if (w->dares[i].server == s->number && w->dares[i].id == id)
                        w->dares[i].is_doubtful = true;
        }
}

/* Of a full table: proven sessions too give way, to those of an origin with fewer. */
static void doubt_links(struct world *w, const struct server *s)
{
        for (size_t i = 0; i < w->link_count; i++) {
                if (w->links[i].server == s->number)
                        w->links[i].is_doubtful = true;
        }
}

static void after_answer(struct context *c)
{
        struct dare *d = c->dare;
        bool is_certain = c->s->fault.struck == c->struck && c->s->fetch_failed == c->fetch_failed;
        if (d == NULL || d->server != c->s->number || d->life != c->s->life)
                return;
        if (is_certain && c->proves && !d->is_doubtful) {
                d->is_taken = true;
        } else if (d->link == NULL && is_certain) {
                d->is_taken = true;
        } else {
                doubt_dares(c->s->world, c->s, d->id);
        }
        /* Only who was named at the set-up can make the session its own. */
        if (c->link != NULL && c->proves && is_certain)
                set_bit(c->link->claimed, d->counter);
        if (c->link == NULL || !c->proves || c->link->person != c->sent->person)
                return;
        if (is_certain && !d->is_doubtful)
                c->link->is_authentic = true;
        else
                c->link->is_torn = true;
}

/* A changed message in a session: what was changed may not have mattered. */
static void doubt_link(const struct server *s, const struct sent *sent)
{
        struct link *l = sent->link;
        if (l == NULL || l->server != s->number || l->life != s->life)
                return;
        l->perhaps_used_ms = s->world->now_ms;
        set_bit(l->doubted, sent->counter);
        if (sent->kind == SENT_ANSWER)
                set_bit(l->doubted, sent->dare->counter);
        l->is_torn = l->is_torn || sent->kind == SENT_ANSWER;
        l->is_doubtful = true; /* it may have been its end */
}

void judge_after(struct context *c, bool is_final)
{
        struct world *w = c->s->world;
        struct link *l = c->link;
        if (c->is_wild) {
                doubt_link(c->s, c->sent);
                doubt_dares(w, c->s, c->envelope.session_id);
                struct identifier_counts counts;
                identifier_count(c->s->service, &counts);
                if (counts.sessions_open >= c->s->config.sessions_max)
                        doubt_links(w, c->s);
                if (counts.challenges_open >= c->s->config.challenges_max)
                        doubt_all_dares(w, c->s);
                return;
        }
        if (c->crowds_out && is_final)
                doubt_links(w, c->s);
        if (l != NULL)
                l->used_ms = w->now_ms;
        if (!is_final)
                return;
        if (c->exchange != NULL && c->exchange->is_keyless) {
                c->exchange->is_keyless = false;
                c->exchange->is_lost = c->sent->call->brings_nonsense;
        }
        if (l != NULL && c->claims)
                set_bit(l->claimed, c->sent->counter);
        after_answer(c);
        if (l != NULL && !c->is_replay && c->m.header.op == OP_SESSION_TERMINATE)
                l->is_gone = true;
}
