/* SPDX-License-Identifier: Apache-2.0 */
#include "judge.h"

#include "base/assert.h"
#include "base/limits.h"
#include "wire/data.h"

/* Requests of people: made, sent, answered for, given up. */

#define TRIES_MAX 3u

static const uint16_t versions[] = {
        VERSION(2, 11), VERSION(2, 11), VERSION(3, 0), VERSION(2, 10), VERSION(2, 8), VERSION(2, 7),
        VERSION(2, 6),  VERSION(2, 5),  VERSION(2, 4), VERSION(2, 3),  VERSION(2, 1), VERSION(2, 0),
};
#define VERSIONS_RECENT 5u /* the first of them */
#define VERSIONS_MAC    8u /* with session counters */

struct call *calls_add(struct world *w)
{
        struct call *c = &w->calls[w->call_count++];
        *c = (struct call){ .state = CALL_ASKED, .serial = (uint32_t)w->call_count };
        c->header.site_serial = SITE_SERIAL_UNKNOWN;
        c->header.expires_s = c->serial;
        c->transport = chance_in(&w->chance, 2) ? PEER_UDP : PEER_TCP;
        c->request_id = ++w->next_id;
        return c;
}

static void choose_version(struct world *w, struct call *c, uint32_t count)
{
        c->version = versions[chance_below(&w->chance, count)];
        c->suggested = c->version;
        if (!w->habits.old_versions)
                c->version = c->suggested = versions[chance_below(&w->chance, VERSIONS_RECENT)];
        else if (chance_in(&w->chance, 6))
                c->suggested = VERSION_OWN;
}

struct sent *calls_pack(struct world *w, struct call *c)
{
        struct sent *sent = people_pack(w, c, &c->header, c->body, c->link,
                                        c->brings != NULL ? c->brings->id : 0, c->request_id);
        struct envelope e;
        struct message m;
        ansa_assert(envelope_decode(sent->plain, &e) == ANSA_OK);
        struct ansa_bytes after = { sent->plain.at + ENVELOPE_SIZE,
                                    sent->plain.size - ENVELOPE_SIZE };
        ansa_assert(message_decode(&e, after, &m) == ANSA_OK);
        c->covered = m.header_and_body;
        sent->is_opaque = sent->is_opaque || c->dh != NULL || c->brings != NULL;
        if (c->link != NULL && c->link->person != NULL && !c->link->is_lost)
                w->tokens[w->token_count++] = (struct token){ .call = c,
                                                              .who = c->link->person->who,
                                                              .link = c->link,
                                                              .counter = sent->counter };
        c->tries++;
        c->give_up_ms = w->now_ms + 2000 + chance_below(&w->chance, 20000);
        return sent;
}

static uint32_t choose_operation(struct world *w)
{
        static const struct {
                uint32_t op;
                uint32_t weight;
        } ops[] = { { OP_RESOLVE, 40 }, { OP_CREATE, 14 },       { OP_ADD, 8 },
                    { OP_MODIFY, 10 },  { OP_REMOVE, 6 },        { OP_DELETE, 6 },
                    { OP_LIST, 4 },     { OP_LIST_PREFIXES, 2 }, { OP_LIST_HOMED, 1 },
                    { OP_HOME, 2 },     { OP_UNHOME, 1 },        { OP_GET_SITE, 1 },
                    { OP_BACKUP, 1 } };
        uint32_t n = chance_below(&w->chance, 96);
        size_t i = 0;
        for (; n >= ops[i].weight; i++)
                n -= ops[i].weight;
        /* Creations must not run over the model. */
        if (ops[i].op == OP_CREATE && w->model.record_count > MODEL_RECORDS_MAX - 20)
                return OP_DELETE;
        return ops[i].op;
}

void calls_choose_flags(struct world *w, struct call *c)
{
        struct chance *r = &w->chance;
        uint32_t op = c->header.op;
        if (op == OP_RESOLVE && chance_in(r, 2))
                c->header.flags |= FLAG_PUBLIC_ONLY;
        if (op == OP_RESOLVE && chance_in(r, 4))
                c->header.flags |= FLAG_RECURSIVE;
        if (op == OP_RESOLVE && chance_in(r, 8))
                c->header.flags |= FLAG_AUTHORITATIVE;
        if ((op == OP_CREATE || op == OP_ADD) && chance_in(r, 2))
                c->header.flags |= FLAG_OVERWRITE;
        if (chance_in(r, 10))
                c->header.flags |= FLAG_CERTIFY;
        if (chance_in(r, 4))
                c->header.flags |= FLAG_REQUEST_DIGEST;
        if (chance_in(r, 10))
                c->header.flags |= FLAG_DO_NOT_REFER;
        if (chance_in(r, 10))
                c->header.flags |= FLAG_ENCRYPT;
        if (chance_in(r, 4))
                c->header.flags |= FLAG_KEEP_OPEN;
}

static struct link *any_link(struct world *w, const struct call *c)
{
        for (size_t i = 0; i < 8 && w->link_count > 0; i++) {
                struct link *l = &w->links[chance_below(&w->chance, (uint32_t)w->link_count)];
                bool is_dead = judge_link_is_gone(&w->server[l->server], l);
                if (l->is_known && l->server == c->server && l->counter < 180 &&
                    (!is_dead || chance_in(&w->chance, 12)))
                        return l;
        }
        return NULL;
}

/* A key in a record: mostly the one that is wanted, an RSA key that is ours. */
static struct ansa_ref any_named_key(struct world *w)
{
        static const struct {
                const char *name;
                uint32_t index;
        } keys[] = { { "35.B/CAROL", 300 }, { "35.b/carol", 300 }, { "35.B/CAROL", 300 },
                     { "35.B/CAROL", 300 }, { "35.B/CAROL", 1 },   { "35.A/ALICE", 300 },
                     { "35.A/GHOST", 300 }, { "35.B/DAVE", 301 },  { "99.Z/NONE", 300 },
                     { "35..A/X", 300 } };
        uint32_t n = chance_below(&w->chance, sizeof(keys) / sizeof(keys[0]));
        return (struct ansa_ref){ ansa_bytes_text(keys[n].name), keys[n].index };
}

/* Session set-up: with the client's RSA key, the server's, one in a record, Diffie-Hellman. */
static void ask_for_session(struct world *w, struct call *c)
{
        struct buf b = buf_growing(1u << 16);
        struct ansa_key parts;
        uint8_t room[2048];
        struct buf key = buf_over(room, sizeof(room));
        bool is_anonymous = chance_in(&w->chance, 8);
        struct session_request request = {
                .mode = SESSION_CLIENT_KEY,
                .timeout_s = chance_in(&w->chance, 2) ? 0 : chance_below(&w->chance, 400),
                .identity = is_anonymous ? (struct ansa_ref){ .index = 0 } : c->person->who,
                .public_key = w->rsa_data,
        };
        if (w->habits.uses_dh && chance_in(&w->chance, 4)) {
                request.mode = SESSION_DH;
                ansa_assert(dh_new_group2(&c->dh) == ANSA_OK);
                ansa_assert(dh_public(c->dh, &w->scratch, &parts) == ANSA_OK);
                key_encode(&parts, &key);
                request.public_key = buf_written(&key);
        } else if (w->habits.uses_all_modes && chance_in(&w->chance, 2)) {
                request.mode = chance_in(&w->chance, 2) ? SESSION_SERVER_KEY : SESSION_HANDLE_KEY;
                request.key = any_named_key(w);
        }
        c->header.op = OP_SESSION_SETUP;
        c->server = chance_below(&w->chance, SERVERS);
        session_request_encode(&request, &b);
        c->body = world_keep(w, buf_written(&b));
        buf_fini(&b);
}

void calls_new(struct world *w)
{
        if (w->call_count + 8 > CALLS_MAX || w->dare_count + 8 > DARES_MAX ||
            w->token_count + 8 > DARES_MAX)
                return;
        struct call *c = calls_add(w);
        c->person = people_any(w);
        c->lies = chance_in(&w->chance, 15);
        choose_version(w, c, sizeof(versions) / sizeof(versions[0]));
        bool uses_session = w->habits.session > 0 && chance_in(&w->chance, w->habits.session);
        if (uses_session && chance_in(&w->chance, 4)) {
                choose_version(w, c, VERSIONS_MAC);
                ask_for_session(w, c);
                if (chance_in(&w->chance, 2))
                        c->header.flags |= FLAG_CERTIFY | FLAG_REQUEST_DIGEST;
        } else {
                struct buf b = buf_growing(1u << 18);
                c->header.op = choose_operation(w);
                calls_choose_flags(w, c);
                request_body(w, c, &b);
                c->body = world_keep(w, buf_written(&b));
                buf_fini(&b);
                c->link = uses_session ? any_link(w, c) : NULL;
        }
        if (c->link != NULL) {
                c->version = c->suggested = c->link->version;
                c->person = c->link->person != NULL ? c->link->person : c->person;
                if (c->link->is_lost) /* of an answer that it makes secret nothing can be seen */
                        c->header.flags &= ~(uint32_t)(FLAG_CERTIFY | FLAG_ENCRYPT);
                if (chance_in(&w->chance, 30)) {
                        c->header.op = OP_SESSION_TERMINATE;
                        c->body = ANSA_BYTES_LIT("\0\0\0\1/");
                }
        }
        world_note(w, "%s asks server %u for %s", c->person->nick, c->server,
                   operation_text(c->header.op));
        network_send(w, calls_pack(w, c));
}

/* A resolution by nobody of all that is public; it does not go through the network. */
const struct sent *calls_probe(struct world *w, uint32_t server, struct ansa_bytes name)
{
        struct call *c = calls_add(w);
        struct buf b = buf_growing(1u << 16);
        struct resolve_request query = { .name = name };
        resolve_request_encode(&query, &b);
        c->server = server;
        c->version = c->suggested = VERSION_OWN;
        c->header.op = OP_RESOLVE;
        c->header.flags = FLAG_PUBLIC_ONLY;
        c->body = world_keep(w, buf_written(&b));
        c->state = CALL_DONE;
        buf_fini(&b);
        return calls_pack(w, c);
}

static struct dare *find_dare(struct world *w, const struct reply *r, struct ansa_bytes nonce)
{
        for (size_t i = 0; i < w->dare_count; i++) {
                if (w->dares[i].id == r->m.envelope.session_id &&
                    ansa_bytes_equal(w->dares[i].nonce, nonce))
                        return &w->dares[i];
        }
        return NULL;
}

/* Only a challenge of what was really asked is answered. */
static void answer_challenge(struct world *w, struct call *c, const struct reply *r)
{
        struct challenge_body body;
        if (challenge_body_decode(r->m.body, envelope_version(&r->m.envelope), r->has_digest,
                                  &body) != ANSA_OK)
                return;
        struct dare *d = find_dare(w, r, body.nonce);
        if (d == NULL || d->call != c || d->link != c->link ||
            !ansa_bytes_equal(d->message.header_and_body, c->covered) ||
            w->token_count + 8 > DARES_MAX)
                return;
        if (c->state == CALL_ANSWERED && !chance_in(&w->chance, 4))
                return;
        c->state = CALL_ANSWERED;
        c->give_up_ms = w->now_ms + 20000;
        struct sent *sent = people_answer(w, c->person, d, c, c->lies);
        c->answer_id = w->next_id;
        network_send(w, sent);
}

/* Mode 2: the server has told its key, now it is told that of the session. */
static void bring_key(struct world *w, struct link *l)
{
        struct call *c = calls_add(w);
        struct buf b = buf_growing(1024);
        c->person = l->call->person;
        c->server = l->server;
        c->version = c->suggested = l->version;
        c->header.op = OP_SESSION_EXCHANGE;
        c->header.flags = chance_in(&w->chance, 2) ? FLAG_REQUEST_DIGEST : 0;
        c->brings = l;
        c->brings_nonsense = chance_in(&w->chance, 6);
        name_body_encode(people_key_block(w, l, c->brings_nonsense), &b);
        c->body = world_keep(w, buf_written(&b));
        buf_fini(&b);
        network_send(w, calls_pack(w, c));
}

void calls_reply(struct world *w, const struct packet *p)
{
        struct call *c = p->sent->call;
        const struct server *s = &w->server[p->server];
        struct reply r;
        if (c->state == CALL_DONE || !verdict_decode(w, s, p->sent->link, p->bytes, &r))
                return;
        bool is_answered = r.m.envelope.request_id == c->answer_id;
        if (r.m.envelope.request_id != c->request_id && !is_answered)
                return;
        uint32_t code = r.m.header.response;
        if (code == RC_CHALLENGE) {
                answer_challenge(w, c, &r);
                return;
        }
        c->code = code;
        c->state = CALL_DONE;
        if (code == RC_SUCCESS && c->brings != NULL)
                c->brings->is_known = true;
        for (size_t i = 0; code == RC_SUCCESS && i < w->link_count; i++) {
                struct link *l = &w->links[i];
                if (l->call != c || l->id != r.m.envelope.session_id)
                        continue;
                if (!l->is_keyless)
                        l->is_known = true;
                else if (w->call_count < CALLS_MAX)
                        bring_key(w, l);
        }
}

void calls_timeouts(struct world *w)
{
        for (size_t i = 0; i < w->call_count; i++) {
                struct call *c = &w->calls[i];
                if (c->state == CALL_DONE || c->state == CALL_FREE || c->give_up_ms > w->now_ms)
                        continue;
                if (c->tries >= TRIES_MAX || c->header.op == OP_SESSION_SETUP ||
                    w->token_count + 8 > DARES_MAX || (c->link != NULL && c->link->is_gone)) {
                        c->state = CALL_DONE;
                        continue;
                }
                c->state = CALL_ASKED;
                network_send(w, calls_pack(w, c));
        }
}
