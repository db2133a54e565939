/* SPDX-License-Identifier: Apache-2.0 */
#include "base/assert.h"
#include "identifier/challenge.h"
#include "identifier/exchange.h"
#include "identifier/proof.h"
#include "identifier/shares.h"
#include "wire/credential.h"
#include "wire/name.h"

#include <stdlib.h>

/*
 * Challenge and answer (irp-service 5, 6). The challenged request waits in a table; its answer
 * is checked in the slow lane, and then the request is carried out as if it had just come,
 * with an identity.
 */

enum identifier_outcome exchange_challenge(struct exchange *x)
{
        struct identifier *service = x->worker->service;
        if (x->peer->claims != NULL) /* its door has other ways to ask who it is */
                return exchange_error(x, RC_CHALLENGE, NULL);
        if (x->in_session && !x->has_mac)
                return exchange_error(x, x->session.is_authentic ? RC_CREDENTIAL : RC_SESSION_KEY,
                                      "a message in a session needs its HS_MAC");
        enum ansa_err err = respond_digest(&x->to, &x->m, true);
        if (err != ANSA_OK)
                return exchange_fail(x, err);
        uint64_t now = service->env->steady_ms(service->env);
        struct challenge c = {
                .id = x->in_session ? x->session.id : 0,
                .session_id = x->in_session ? x->session.id : 0,
                .digest_code = x->to.digest_code,
                .digest_size = x->to.digest_size,
                .expires_ms = now + 1000 * (uint64_t)x->settings->config.challenge_s,
                .origin = origin_of_peer(x->peer),
        };
        memcpy(c.digest, x->to.digest, sizeof(c.digest));
        err = challenges_add(service->challenges, x->plain, &c);
        if (err != ANSA_OK)
                return exchange_fail(x, err);
        struct outgoing r = { .code = RC_CHALLENGE, .session_id = c.id, .is_challenge = true };
        respond_begin(x->worker, &x->to, &r, x->reply);
        struct challenge_body body = { .nonce = { c.nonce, sizeof(c.nonce) },
                                       .digest = { c.digest_code, { c.digest, c.digest_size } } };
        challenge_body_encode(&body, respond_version(&x->to.envelope), x->reply);
        respond_end(x->worker, &x->to, &r, x->reply);
        return IDENTIFIER_REPLY;
}

static bool is_reading(const struct challenge *c)
{
        struct header h;
        struct ansa_bytes after = { c->message.at + ENVELOPE_SIZE,
                                    c->message.size - ENVELOPE_SIZE };
        return c->session_id == 0 && header_decode(after, &h) == ANSA_OK && h.op == OP_RESOLVE;
}

/* Old algorithms are good enough to read with, never to administer unless configured. */
static uint32_t check(struct exchange *x, const struct answer_request *request,
                      const struct challenge *c, uint32_t *index)
{
        struct proof p = {
                .nonce = { c->nonce, sizeof(c->nonce) },
                .digest = { c->digest, c->digest_size },
                .answer = request->answer,
                .key = &request->key,
                .version = respond_version(&x->to.envelope),
                .allow_old_crypto = x->settings->config.allow_old_crypto || is_reading(c),
        };
        if (ansa_bytes_equal(request->auth_type, ANSA_BYTES_LIT("HS_PUBKEY")))
                return proof_check_public(&x->view, &p, index);
        return proof_check_secret(&x->view, &p, index);
}

static void free_message(struct challenge *c)
{
        union {
                const uint8_t *borrowed;
                uint8_t *owned;
        } at = { .borrowed = c->message.at };
        free(at.owned);
        c->message = (struct ansa_bytes){ 0 };
}

/* What refuses the answer is a response to the challenged operation, as deployed servers send it. */
static void refuse_as_challenged(struct exchange *x, const struct challenge *c)
{
        struct header h;
        struct ansa_bytes after = { c->message.at + ENVELOPE_SIZE,
                                    c->message.size - ENVELOPE_SIZE };
        if (header_decode(after, &h) == ANSA_OK)
                x->to.header.op = h.op;
}

/*
 * Find the challenge that this answers. Outside sessions there is one; in a session several
 * may wait, and those that it is not for wait on when one was found. A wrong answer uses up
 * all that it was tried on.
 */
static uint32_t find_challenge(struct exchange *x, const struct answer_request *request,
                               struct challenge *found, uint32_t *index)
{
        struct challenges *table = x->worker->service->challenges;
        struct env *env = x->worker->service->env;
        struct challenge others[CHALLENGES_IN_SESSION];
        size_t other_count = 0;
        uint32_t code = RC_CHALLENGE_EXPIRED;
        while (other_count < CHALLENGES_IN_SESSION &&
               challenges_take(table, x->to.envelope.session_id, env->steady_ms(env), found) ==
                       ANSA_OK) {
                uint32_t tried = check(x, request, found, index);
                if (code != RC_UNABLE_TO_VERIFY || tried == RC_SUCCESS)
                        code = tried; /* one that could not be checked may have been the right one */
                if (code == RC_SUCCESS)
                        break;
                refuse_as_challenged(x, found);
                others[other_count++] = *found;
                *found = (struct challenge){ 0 };
        }
        while (other_count > 0) { /* the oldest was taken last */
                other_count--;
                if (code == RC_SUCCESS)
                        challenges_give_back(table, &others[other_count]);
                else
                        free_message(&others[other_count]);
        }
        return code;
}

/* The challenged request takes the place of its answer. */
static enum ansa_err take_up(struct exchange *x, const struct challenge *c)
{
        enum ansa_err err = arena_copy(&x->worker->arena, c->message, &x->plain);
        struct envelope e;
        if (err == ANSA_OK)
                err = envelope_decode(x->plain, &e);
        if (err != ANSA_OK)
                return err;
        struct ansa_bytes after = { x->plain.at + ENVELOPE_SIZE, x->plain.size - ENVELOPE_SIZE };
        err = message_decode(&e, after, &x->m);
        if (err != ANSA_OK)
                return err;
        x->to.header = x->m.header;
        x->to.envelope.session_id = c->session_id;
        return respond_digest(&x->to, &x->m, false);
}

/* In a session only the identity that was named at its set-up can be proven for good. */
static void prove_session(struct exchange *x, const struct ansa_ref *claimed, uint32_t index)
{
        const struct ansa_ref *own = &x->session.identity;
        if (!x->in_session || own->name.size == 0 || own->index != claimed->index ||
            !name_equal(own->name, claimed->name, x->settings->config.case_sensitive))
                return;
        sessions_prove(x->worker->service->sessions, x->session.id, index);
}

/*
 * A challenged request is carried out now: from here on its counter is used up, else a copy of
 * it would be carried out once more, without challenge, in the session that has been proven.
 */
static bool claim_challenged(struct exchange *x)
{
        struct credential c;
        if (!x->in_session || envelope_version(&x->m.envelope) < VERSION(2, 5) ||
            credential_decode(x->m.credential, &c) != ANSA_OK || c.counter == 0)
                return true;
        return sessions_claim(x->worker->service->sessions, x->session.id, c.counter) == ANSA_OK;
}

/* What the ledger keeps of it: a stranger can check a signature with this, and no server can forge it. */
static enum ansa_err testify(struct exchange *x, const struct answer_request *request,
                             const struct challenge *c)
{
        struct arena *arena = &x->worker->arena;
        struct testimony *t = &x->identity.testimony;
        bool is_public = ansa_bytes_equal(request->auth_type, ANSA_BYTES_LIT("HS_PUBKEY"));
        *t = (struct testimony){ .kind = is_public ? EVIDENCE_SIGNATURE : EVIDENCE_SECRET_KEY,
                                 .digest_code = c->digest_code };
        enum ansa_err err =
                arena_copy(arena, (struct ansa_bytes){ c->nonce, sizeof(c->nonce) }, &t->nonce);
        if (err == ANSA_OK)
                err = arena_copy(arena, (struct ansa_bytes){ c->digest, c->digest_size },
                                 &t->digest);
        return err == ANSA_OK ? arena_copy(arena, request->answer, &t->answer) : err;
}

enum identifier_outcome answer_serve(struct exchange *x)
{
        struct answer_request request;
        struct identifier *service = x->worker->service;
        if (answer_request_decode(x->m.body, &request) != ANSA_OK)
                return exchange_error(x, RC_PROTOCOL, "the answer cannot be decoded");
        if (!ansa_bytes_equal(request.auth_type, ANSA_BYTES_LIT("HS_PUBKEY")) &&
            !ansa_bytes_equal(request.auth_type, ANSA_BYTES_LIT("HS_SECKEY")))
                return exchange_error(x, RC_CREDENTIAL, "unknown kind of authentication");
        /* In a session too no HS_MAC is demanded: the Java library sends none with its answers, and
         * the answer proves more than a MAC would, about a request that had one. */
        if (!challenges_have(service->challenges, x->to.envelope.session_id,
                             service->env->steady_ms(service->env)))
                return exchange_error(x, RC_CHALLENGE_EXPIRED, NULL);
        if (name_problem(request.key.name) != NULL)
                return exchange_error(x, RC_AUTHENTICATION, "no such key identifier");
        if (exchange_is_hasty(x))
                return IDENTIFIER_SLOW;
        if (!exchange_claim(x))
                return exchange_error(x, RC_SESSION_REPLAY, NULL);
        if (!exchange_look(x))
                return IDENTIFIER_REPLY;
        struct challenge c = { 0 };
        uint32_t index = 0;
        uint32_t code = find_challenge(x, &request, &c, &index);
        if (code != RC_SUCCESS)
                return exchange_error(x, code, NULL);
        enum ansa_err err = testify(x, &request, &c);
        if (err == ANSA_OK)
                err = take_up(x, &c);
        free_message(&c);
        if (err != ANSA_OK)
                return exchange_fail(x, err);
        prove_session(x, &request.key, index);
        if (!claim_challenged(x))
                return exchange_error(x, RC_SESSION_REPLAY, NULL);
        x->has_identity = true;
        x->identity.who = (struct ansa_ref){ request.key.name, index };
        return exchange_dispatch(x);
}

enum identifier_outcome verify_serve(struct exchange *x)
{
        struct verify_request request;
        if (verify_request_decode(x->m.body, &request) != ANSA_OK)
                return exchange_error(x, RC_PROTOCOL, "the request cannot be decoded");
        if (name_problem(request.key.name) != NULL)
                return exchange_error(x, RC_INVALID_NAME, NULL);
        if (exchange_is_hasty(x))
                return IDENTIFIER_SLOW;
        if (!exchange_look(x))
                return IDENTIFIER_REPLY;
        struct record record = { 0 };
        bool is_homed = false;
        enum ansa_err err = view_is_homed(&x->view, request.key.name, &is_homed);
        if (err == ANSA_OK && !is_homed)
                return exchange_error(x, RC_NOT_RESPONSIBLE, "that prefix is not homed here");
        if (err == ANSA_OK)
                err = view_own(&x->view, request.key.name, &record);
        if (err != ANSA_OK && err != ANSA_E_NOT_FOUND)
                return exchange_fail(x, err);
        struct proof p = {
                .nonce = request.nonce,
                .digest = request.digest,
                .answer = request.answer,
                .key = &request.key,
                .version = respond_version(&x->to.envelope),
                .allow_old_crypto = x->settings->config.allow_old_crypto,
        };
        uint32_t index;
        uint32_t code = proof_check_own_secret(record.all, &p, &index);
        struct outgoing r = { .code = RC_SUCCESS };
        respond_begin(x->worker, &x->to, &r, x->reply);
        buf_u8(x->reply, code == RC_SUCCESS);
        respond_end(x->worker, &x->to, &r, x->reply);
        return IDENTIFIER_REPLY;
}

uint32_t identifier_prove(struct identifier_worker *worker, const struct identifier_claim *claim,
                          uint32_t *index)
{
        ansa_assert(worker->may_block);
        *index = 0;
        if (name_problem(claim->key.name) != NULL)
                return RC_AUTHENTICATION;
        worker_begin(worker);
        struct proof p = {
                .nonce = claim->nonce,
                .digest = claim->cnonce,
                .answer = claim->answer,
                .key = &claim->key,
                .version = VERSION_OWN,
                .allow_old_crypto = worker_settings(worker)->config.allow_old_crypto,
        };
        uint32_t code = RC_UNABLE_TO_VERIFY;
        struct view view;
        if (worker_renew(worker) == ANSA_OK) {
                view_of_worker(worker, &view);
                switch (claim->kind) {
                case CLAIM_PUBLIC_KEY:
                        code = proof_check_public(&view, &p, index);
                        break;
                case CLAIM_SECRET_KEY:
                        code = proof_check_secret(&view, &p, index);
                        break;
                case CLAIM_OWN_KEY:
                        code = proof_check_own_key(&view, &p, claim->public_key, index);
                        break;
                }
        }
        worker_end(worker);
        return code;
}
