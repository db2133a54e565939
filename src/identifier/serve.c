/* SPDX-License-Identifier: Apache-2.0 */
#include "identifier/exchange.h"

#include "base/assert.h"
#include "base/limits.h"
#include "base/log.h"
#include "crypto/session.h"
#include "identifier/hot.h"
#include "identifier/mac.h"
#include "identifier/plan.h"
#include "wire/credential.h"
#include "wire/cursor.h"
#include "wire/name.h"

/*
 * From octets to the operation: envelope, session, header, MAC, and the rules that hold for
 * every operation. A negative outcome of a step is its answer; they all look the same:
 * true = go on, false = x->reply holds an error (or nothing, when silence is right).
 */

#define ADMIN_ELSEWHERE "Received admin request on non-admin interface"

enum identifier_outcome exchange_error(struct exchange *x, uint32_t code, const char *text)
{
        if (respond_wants_signature(&x->to) && exchange_is_hasty(x))
                return IDENTIFIER_SLOW; /* errors are signed too */
        respond_error(x->worker, &x->to, code, text, x->reply);
        return IDENTIFIER_REPLY;
}

enum identifier_outcome exchange_fail(struct exchange *x, enum ansa_err err)
{
        if (ansa_err_class(err) == ANSA_CLASS_LOCAL)
                log_error("request", "op=%u error=\"%s\"", x->m.header.op, ansa_err_text(err));
        bool is_busy = ansa_err_class(err) == ANSA_CLASS_RETRY;
        return exchange_error(x, is_busy ? RC_BUSY : RC_ERROR, ansa_err_text(err));
}

static bool refuse(struct exchange *x, uint32_t code, const char *text)
{
        x->refusal = exchange_error(x, code, text);
        return false;
}

bool exchange_look(struct exchange *x)
{
        enum ansa_err err = worker_renew(x->worker);
        if (err != ANSA_OK) {
                (void)exchange_fail(x, err);
                return false;
        }
        view_of_worker(x->worker, &x->view);
        x->view.config = &x->settings->config;
        x->view.recursion = x->m.header.recursion;
        if (x->peer->claims != NULL) {
                x->view.condition = x->peer->claims->condition;
                x->view.drops = x->peer->claims->drops;
        }
        return true;
}

enum ansa_err exchange_name(const struct exchange *x, struct ansa_bytes *name)
{
        struct cursor c = cursor_over(x->m.body);
        *name = cursor_block(&c, LIMIT_NAME_SIZE);
        return c.err;
}

bool exchange_is_elsewhere(const struct exchange *x, struct ansa_bytes name)
{
        const struct settings *s = x->settings;
        if (s->server_count <= 1)
                return false;
        uint32_t hash = name_hash(name, (enum ansa_hash_option)s->site.hash_option);
        return hash % s->server_count != s->config.server_number;
}

static uint64_t now_ms(const struct exchange *x)
{
        struct env *env = x->worker->service->env;
        return env->steady_ms(env);
}

bool exchange_claim(struct exchange *x)
{
        if (!x->claim_due)
                return true;
        x->claim_due = false;
        return sessions_claim(x->worker->service->sessions, x->session.id, x->to.counter) ==
               ANSA_OK;
}

/* What can be told of a header before all else is checked, so that errors echo it. */
static void peek_header(struct exchange *x, struct ansa_bytes after)
{
        struct header h;
        if (header_decode(after, &h) == ANSA_OK)
                x->to.header = h;
}

static bool is_response(const struct header *h)
{
        return h->response != RC_REQUEST;
}

/* The session that the envelope names, if it is one. */
static bool find_session(struct exchange *x)
{
        uint32_t id = x->to.envelope.session_id;
        bool is_encrypted = (x->to.envelope.flags & ENVELOPE_ENCRYPTED) != 0;
        if (id == 0)
                return !is_encrypted ||
                       refuse(x, RC_SESSION_FAILED, "an encrypted message needs a session");
        enum ansa_err err = sessions_find(x->worker->service->sessions, id, now_ms(x),
                                          &x->worker->arena, &x->session);
        if (err == ANSA_OK) {
                x->in_session = true;
                x->to.has_session = x->session.has_key;
                x->to.key = x->session.key;
                return true;
        }
        if (err != ANSA_E_NOT_FOUND) {
                x->refusal = exchange_fail(x, err);
                return false;
        }
        return !is_encrypted || refuse(x, RC_SESSION_UNKNOWN, NULL);
}

/*
 * The protocol encrypts in CBC mode and authenticates the plaintext. Whoever changes a ciphertext
 * and is told what was wrong with the plaintext, or shown any of it, can decrypt what others
 * sent. So until the MAC has been found right all that is wrong looks the same: one code, no
 * header, and about the time that checking a MAC takes.
 */
static bool refuse_sealed(struct exchange *x)
{
        x->to.header = (struct header){ 0 };
        x->to.digest_size = 0;
        return refuse(x, RC_SESSION_KEY, NULL);
}

static void waste_mac(const struct exchange *x, struct ansa_bytes after)
{
        uint8_t mac[DIGEST_SIZE_MAX];
        size_t size = 0;
        struct ansa_bytes key = { x->session.key.at, x->session.key.size };
        if (session_mac(&x->to.envelope, 0, key, after, mac, &size) == ANSA_OK)
                wipe(mac, sizeof(mac));
}

/* Put envelope and decrypted rest together again, as if it had come in plaintext. */
static bool decrypt(struct exchange *x, struct ansa_bytes after)
{
        if (!x->in_session || !x->session.has_key)
                return refuse_sealed(x);
        const size_t room = ENVELOPE_SIZE + after.size;
        uint8_t *at = arena_alloc(&x->worker->arena, room);
        if (at == NULL) {
                x->refusal = exchange_fail(x, ANSA_E_NO_MEMORY);
                return false;
        }
        struct envelope e = x->to.envelope;
        e.flags = 0;
        struct buf b = buf_over(at, room);
        envelope_encode(&e, &b);
        bool has_iv = envelope_version(&e) >= VERSION(2, 4);
        enum ansa_err err = session_decrypt(&x->session.key, has_iv, after, &b);
        if (err != ANSA_OK || b.err != ANSA_OK) {
                waste_mac(x, after);
                return refuse_sealed(x);
        }
        buf_patch_u32(&b, ENVELOPE_SIZE - 4, (uint32_t)(b.size - ENVELOPE_SIZE));
        x->plain = buf_written(&b);
        return true;
}

/* @message to x->m. */
static bool open_message(struct exchange *x, struct ansa_bytes message)
{
        const struct envelope *e = &x->to.envelope;
        struct ansa_bytes after = { message.at + ENVELOPE_SIZE, message.size - ENVELOPE_SIZE };
        bool is_encrypted = (e->flags & ENVELOPE_ENCRYPTED) != 0;
        x->is_sealed = is_encrypted;
        if (!is_encrypted)
                peek_header(x, after);
        /* Two servers must not be made to send each other errors for ever. */
        if (is_response(&x->to.header) && x->peer->transport == PEER_UDP)
                return false;
        if ((e->flags & ENVELOPE_COMPRESSED) != 0)
                return refuse(x, RC_PROTOCOL, "compressed messages are not supported");
        if (e->message_size > LIMIT_MESSAGE_SIZE)
                return refuse(x, RC_PROTOCOL, "the message is too long");
        if (e->message_size > after.size)
                return refuse(x, RC_PROTOCOL, "the message ends early");
        after.size = e->message_size; /* octets after the message are nobody's */
        x->plain = (struct ansa_bytes){ message.at, ENVELOPE_SIZE + after.size };
        if (!find_session(x) || (is_encrypted && !decrypt(x, after)))
                return false;
        struct envelope plain;
        enum ansa_err err = envelope_decode(x->plain, &plain);
        ansa_assert(err == ANSA_OK);
        after = (struct ansa_bytes){ x->plain.at + ENVELOPE_SIZE, x->plain.size - ENVELOPE_SIZE };
        err = message_decode(&plain, after, &x->m);
        if (is_encrypted && (err != ANSA_OK || is_response(&x->m.header))) {
                waste_mac(x, after);
                return refuse_sealed(x);
        }
        peek_header(x, after);
        if (err != ANSA_OK)
                return refuse(x, RC_PROTOCOL, "the message cannot be decoded");
        if (is_response(&x->m.header))
                return refuse(x, RC_PROTOCOL, "this is a response");
        return true;
}

static bool refuse_credential(struct exchange *x, uint32_t code, const char *text)
{
        if (!x->is_sealed)
                return refuse(x, code, text);
        waste_mac(x, x->m.header_and_body);
        return refuse_sealed(x);
}

/* Only what is in plaintext may come without. */
static bool pass_without_mac(struct exchange *x)
{
        return !x->is_sealed || refuse_credential(x, RC_SESSION_KEY, NULL);
}

/* HS_MAC (irp-service 6): who sent it knows the session's key. */
static bool check_mac(struct exchange *x)
{
        struct credential c;
        if (x->m.credential.size == 0)
                return pass_without_mac(x);
        if (credential_decode(x->m.credential, &c) != ANSA_OK)
                return refuse_credential(x, RC_PROTOCOL, "the credential cannot be decoded");
        if (!ansa_bytes_equal(c.type, ANSA_BYTES_LIT("HS_MAC")))
                return pass_without_mac(x); /* signed requests are not part of the protocol */
        if (!x->in_session)
                return x->to.envelope.session_id == 0 ? refuse(x, RC_SESSION_KEY, NULL)
                                                      : refuse(x, RC_SESSION_UNKNOWN, NULL);
        uint8_t mac[DIGEST_SIZE_MAX];
        size_t size = 0;
        struct ansa_bytes key = { x->session.key.at, x->session.key.size };
        if (!x->session.has_key ||
            session_mac(&x->m.envelope, c.counter, key, x->m.header_and_body, mac, &size) !=
                    ANSA_OK ||
            !constant_time_equal((struct ansa_bytes){ mac, size }, c.signature))
                return x->is_sealed ? refuse_sealed(x) : refuse(x, RC_SESSION_KEY, NULL);
        x->has_mac = true;
        x->to.counter = envelope_version(&x->m.envelope) >= VERSION(2, 5) ? c.counter : 0;
        sessions_touch(x->worker->service->sessions, x->session.id, now_ms(x));
        /*
         * Before the identity is proven, all but the answer to a challenge is either public
         * or ends in a challenge, and the request that is challenged is exempt.
         */
        uint32_t op = x->m.header.op;
        x->claim_due = x->to.counter != 0 &&
                       (x->session.is_authentic || op == OP_ANSWER || op == OP_SESSION_TERMINATE);
        if (x->session.is_authentic) {
                x->has_identity = true;
                x->identity.who = x->session.identity;
                x->identity.testimony = (struct testimony){ .kind = EVIDENCE_SESSION };
        }
        return true;
}

static bool is_administration(uint32_t op)
{
        switch (op) {
        case OP_CREATE:
        case OP_DELETE:
        case OP_ADD:
        case OP_REMOVE:
        case OP_MODIFY:
        case OP_LIST:
        case OP_LIST_PREFIXES:
        case OP_HOME:
        case OP_UNHOME:
        case OP_LIST_HOMED:
        case OP_NEXT_TXN_ID:
        case OP_RETRIEVE_TXNS:
        case OP_DUMP:
        case OP_BACKUP:
                return true;
        default:
                return false;
        }
}

/* The door knows who asks. */
static void take_claims(struct exchange *x)
{
        const struct peer_claims *claims = x->peer->claims;
        if (claims == NULL)
                return;
        if (claims->version != NULL)
                *claims->version = 0;
        if (claims->identity == NULL)
                return;
        ansa_assert(claims->identity->index != 0);
        x->has_identity = true;
        x->identity.who = *claims->identity;
        x->identity.testimony = (struct testimony){ .kind = claims->evidence };
}

/* Rules of the service for all operations. */
static bool is_welcome(struct exchange *x)
{
        if (!is_administration(x->m.header.op))
                return true;
        if (!x->peer->may_administer)
                return refuse(x, RC_PROTOCOL, ADMIN_ELSEWHERE);
        bool authenticates = x->peer->claims != NULL; /* the door does */
        if (x->settings->config.require_sessions && !x->in_session && !authenticates)
                return refuse(x, RC_CREDENTIAL, "a session is required for administration");
        return true;
}

enum identifier_outcome exchange_dispatch(struct exchange *x)
{
        if (!is_welcome(x))
                return x->refusal;
        switch (x->m.header.op) {
        case OP_RESOLVE:
                return resolve_serve(x);
        case OP_GET_SITE:
                return site_serve(x);
        case OP_LIST:
        case OP_LIST_PREFIXES:
        case OP_LIST_HOMED:
                return list_serve(x);
        case OP_ANSWER:
                return answer_serve(x);
        case OP_VERIFY:
                return verify_serve(x);
        case OP_SESSION_SETUP:
                return session_setup_serve(x);
        case OP_SESSION_TERMINATE:
                return session_terminate_serve(x);
        case OP_SESSION_EXCHANGE:
                return session_exchange_serve(x);
        default:
                break;
        }
        if (plan_is_for(x->m.header.op))
                return change_serve(x);
        return exchange_error(x, RC_OPERATION_DENIED, "this server has no such operation");
}

static enum identifier_outcome serve(struct exchange *x, struct ansa_bytes message)
{
        if (envelope_decode(message, &x->to.envelope) != ANSA_OK)
                return IDENTIFIER_DROP;
        if (!open_message(x, message))
                return x->refusal;
        if (x->is_sealed && !check_mac(x)) /* before anything is done with what it says */
                return x->refusal;
        if (x->m.header.op == OP_SESSION_SETUP) {
                x->in_session = false; /* a new one: what the envelope says means nothing */
                x->to.has_session = false;
        }
        x->to.header = x->m.header;
        if (respond_wants_signature(&x->to) && exchange_is_hasty(x))
                return IDENTIFIER_SLOW;
        enum ansa_err err = respond_digest(&x->to, &x->m, false);
        if (err != ANSA_OK)
                return exchange_fail(x, err);
        if (x->m.header.op != OP_SESSION_SETUP && !x->is_sealed && !check_mac(x))
                return x->refusal;
        take_claims(x);
        enum identifier_outcome outcome = exchange_dispatch(x);
        if (outcome == IDENTIFIER_SLOW || exchange_claim(x))
                return outcome;
        x->reply->size = x->start;
        identifier_job_free(*x->job);
        *x->job = NULL;
        if (x->more != NULL)
                x->more->more = false;
        return exchange_error(x, RC_SESSION_REPLAY, NULL);
}

enum identifier_outcome identifier_serve(struct identifier_worker *worker, const struct peer *peer,
                                         struct ansa_bytes message, struct buf *reply,
                                         struct identifier_more *more, struct write_job **job)
{
        *job = NULL;
        if (more != NULL)
                more->more = false;
        bool wants_version = peer->claims != NULL && peer->claims->version != NULL;
        if (worker->hot != NULL && !wants_version && hot_serve(worker, peer, message, reply))
                return IDENTIFIER_REPLY;
        worker_begin(worker);
        struct exchange x = {
                .worker = worker,
                .settings = worker_settings(worker),
                .peer = peer,
                .reply = reply,
                .more = more,
                .job = job,
                .start = reply->size,
                .to.transport = peer->transport,
        };
        enum identifier_outcome outcome = serve(&x, message);
        worker_end(worker);
        wipe(&x.to.key, sizeof(x.to.key));
        wipe(&x.session.key, sizeof(x.session.key));
        if (outcome != IDENTIFIER_REPLY) {
                reply->size = x.start;
                reply->err = ANSA_OK;
        }
        if (outcome != IDENTIFIER_SLOW)
                count_up(&worker->counts.requests);
        if (outcome == IDENTIFIER_REPLY && reply->size == x.start)
                return IDENTIFIER_DROP;
        return outcome;
}
