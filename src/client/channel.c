/* SPDX-License-Identifier: Apache-2.0 */
#include "client/channel.h"

#include "client/sentence.h"

#include "base/limits.h"

#include <stdlib.h>

void ticket_init(struct ticket *t)
{
        *t = (struct ticket){ .problem = "",
                              .wire = buf_growing(ENVELOPE_SIZE + LIMIT_MESSAGE_SIZE),
                              .plain = buf_growing(LIMIT_MESSAGE_SIZE) };
        sent_init(&t->sent);
}

void ticket_fini(struct ticket *t)
{
        ansa_assert(!t->is_sent);
        sent_fini(&t->sent);
        buf_fini(&t->wire);
        buf_fini(&t->plain);
}

enum ansa_err channel_new(const struct channel_options *options, const struct target *target,
                          struct channel **channel)
{
        struct channel *c = calloc(1, sizeof(*c));
        *channel = NULL;
        if (c == NULL)
                return ANSA_E_NO_MEMORY;
        c->options = *options;
        c->target = *target;
        size_t size = target->peer.key.size;
        c->key = malloc(size > 0 ? size : 1);
        if (c->key == NULL) {
                free(c);
                return ANSA_E_NO_MEMORY;
        }
        if (size > 0)
                memcpy(c->key, target->peer.key.at, size);
        c->target.peer.key = (struct ansa_bytes){ c->key, size };
        c->secrets.encrypt_all = options->encrypt_all;
        c->out = buf_growing(ENVELOPE_SIZE + LIMIT_MESSAGE_SIZE + 64);
        c->server_key = buf_growing(LIMIT_MESSAGE_SIZE);
        stream_init(&c->stream);
        ticket_init(&c->setup);
        *channel = c;
        return ANSA_OK;
}

void channel_free(struct channel *c)
{
        if (c == NULL)
                return;
        ansa_assert(c->tickets == NULL || (c->tickets == &c->setup && c->setup.next == NULL));
        c->setup.is_sent = false;
        session_forget(c);
        stream_close(&c->stream);
        ticket_fini(&c->setup);
        buf_fini(&c->out);
        buf_fini(&c->server_key);
        free(c->key);
        free(c);
}

static bool unlink_ticket(struct channel *c, struct ticket *t)
{
        if (!t->is_sent)
                return false;
        for (struct ticket **at = &c->tickets; *at != NULL; at = &(*at)->next) {
                if (*at == t) {
                        *at = t->next;
                        t->next = NULL;
                        t->is_sent = false;
                        c->due_count--;
                        return true;
                }
        }
        return false;
}

static void end_ticket(struct ticket *t, enum ansa_err err, const char *problem)
{
        t->err = err;
        t->problem = problem;
        t->has_reply = true;
        t->has_more = false;
}

/* The connection is gone: nobody who waits will get a reply. What was received already counts. */
static void close_channel(struct channel *c, enum ansa_err err, const char *problem)
{
        struct ticket *next;
        for (struct ticket *t = c->tickets; t != NULL; t = next) {
                next = t->next;
                t->next = NULL;
                t->is_sent = false;
                if (!t->has_reply || t->has_more)
                        end_ticket(t, err, problem);
        }
        c->tickets = NULL;
        c->due_count = 0;
        c->abandoned_count = 0;
        stream_close(&c->stream);
        c->state = CHANNEL_CLOSED;
}

static void fail_opening(struct channel *c, enum ansa_err err, const char *what, const char *why)
{
        c->failures++;
        c->err = err;
        sentence_put(c->problem, sizeof(c->problem), "%s%s%s", what, *why != '\0' ? ": " : "", why);
        close_channel(c, err, "was not waited for");
        session_forget(c);
}

static bool needs_setup(const struct channel *c)
{
        return c->options.mode != ANSA_SESSION_PLAIN && (c->secrets.id == 0 || c->has_exchange_due);
}

/* What protects a request now: nothing before the session's key is known to both. */
static struct secrets *secrets_of(struct channel *c)
{
        return c->secrets.id != 0 && !c->has_exchange_due ? &c->secrets : NULL;
}

static enum ansa_err send_on(struct channel *c, const struct ask *ask, uint32_t session_id,
                             struct ticket *t)
{
        struct env *env = c->options.env;
        enum ansa_err err = request_write(ask, &c->target.peer, secrets_of(c), session_id, env,
                                          &c->out, &t->sent);
        if (err == ANSA_OK)
                err = stream_write(&c->stream, buf_written(&c->out));
        if (err != ANSA_OK)
                return err;
        t->has_reply = false;
        t->has_more = false;
        t->err = ANSA_OK;
        t->problem = "";
        t->is_sent = true;
        t->next = c->tickets;
        c->tickets = t;
        c->due_count++;
        return ANSA_OK;
}

static void begin_setup(struct channel *c)
{
        struct env *env = c->options.env;
        struct buf body = buf_growing(LIMIT_MESSAGE_SIZE);
        struct ask ask = { .flags = FLAG_REQUEST_DIGEST | FLAG_KEEP_OPEN };
        enum ansa_err err = session_ask(c, &body, &ask.op);
        if (ask.op == OP_SESSION_SETUP)
                ask.flags |= FLAG_CERTIFY;
        ask.body = buf_written(&body);
        if (err == ANSA_OK)
                err = send_on(c, &ask, ask.op == OP_SESSION_EXCHANGE ? c->secrets.id : 0,
                              &c->setup);
        buf_fini(&body);
        if (err != ANSA_OK) {
                fail_opening(c, err, "a session cannot be asked for", ansa_err_text(err));
                return;
        }
        c->state = CHANNEL_SETUP;
        c->deadline_ms = env->steady_ms(env) + c->options.answer_timeout_ms;
}

/* Closed; or a session was lost, or ended, on a connection that is still good. */
bool channel_is_idle(const struct channel *c)
{
        return c->state == CHANNEL_CLOSED ||
               (c->state == CHANNEL_READY && c->due_count == 0 && needs_setup(c));
}

void channel_want(struct channel *c)
{
        if (c->state == CHANNEL_READY && channel_is_idle(c)) {
                if (stream_is_stale(&c->stream))
                        close_channel(c, ANSA_E_NETWORK, "");
                else
                        begin_setup(c);
        }
        if (c->state != CHANNEL_CLOSED)
                return;
        struct env *env = c->options.env;
        enum ansa_err err = stream_open(&c->stream, &c->target.endpoint, c->options.tls,
                                        c->target.peer.key, env->wall_s(env));
        if (err != ANSA_OK) {
                fail_opening(c, err, "cannot be reached", "");
                return;
        }
        c->state = CHANNEL_OPENING;
        c->deadline_ms = env->steady_ms(env) + c->options.connect_timeout_ms;
}

static void opened(struct channel *c)
{
        if (needs_setup(c))
                begin_setup(c);
        else
                c->state = CHANNEL_READY;
}

/* From its answers on we know what the server speaks. */
static void learn(struct channel *c, const struct reply *r)
{
        uint16_t version = r->suggested < VERSION_OWN ? r->suggested : VERSION_OWN;
        if (version > c->target.peer.version)
                c->target.peer.version = version;
        if ((r->header.flags & FLAG_KEEP_OPEN) != 0)
                c->keeps_open = true;
}

static void set_up(struct channel *c)
{
        const char *problem = "";
        const struct reply *r = &c->setup.reply;
        enum ansa_err err = c->setup.err;
        bool keeps = false;
        (void)unlink_ticket(c, &c->setup);
        if (err != ANSA_OK) {
                problem = c->setup.problem;
        } else {
                keeps = (r->header.flags & FLAG_KEEP_OPEN) != 0;
                learn(c, r);
                err = session_take(c, r, &problem);
                if (err == ANSA_E_REFUSED)
                        problem = response_text(r->header.response);
        }
        if (err != ANSA_OK) {
                fail_opening(c, err, "no session could be set up", problem);
                return;
        }
        if (!keeps) {
                close_channel(c, ANSA_E_NETWORK, "");
                channel_want(c);
                return;
        }
        opened(c);
}

static bool was_abandoned(struct channel *c, uint32_t request_id)
{
        for (size_t i = 0; i < c->abandoned_count; i++) {
                if (c->abandoned[i] == request_id) {
                        c->abandoned[i] = c->abandoned[--c->abandoned_count];
                        return true;
                }
        }
        return false;
}

static struct ticket *find_ticket(struct channel *c, uint32_t request_id)
{
        for (struct ticket *t = c->tickets; t != NULL; t = t->next) {
                if (t->sent.request_id == request_id)
                        return t;
        }
        return NULL;
}

/* True when the next message is for a ticket whose owner has not looked at the last one. */
static bool is_blocked(const struct channel *c)
{
        for (const struct ticket *t = c->tickets; t != NULL; t = t->next) {
                if (t->has_reply)
                        return true;
        }
        return false;
}

static void deliver(struct channel *c, struct ticket *t, struct ansa_bytes message)
{
        struct env *env = c->options.env;
        buf_reset(&t->wire);
        buf_bytes(&t->wire, message);
        enum ansa_err err = t->wire.err;
        if (err == ANSA_OK)
                err = response_read(buf_written(&t->wire), &t->sent, secrets_of(c), env, &t->plain,
                                    &t->reply, &t->problem);
        if (err == ANSA_OK) {
                learn(c, &t->reply);
                t->has_reply = true;
                t->has_more = (t->reply.header.flags & FLAG_CONTINUES) != 0;
        } else {
                end_ticket(t, err, t->problem);
        }
        if (!t->has_more)
                (void)unlink_ticket(c, t);
}

/* Hand out what came in. A foreign request id on a stream is an attack or a broken server. */
static enum ansa_err dispatch(struct channel *c)
{
        while (!is_blocked(c)) {
                struct ansa_bytes message;
                struct envelope e;
                enum ansa_err err = stream_next(&c->stream, &message);
                if (err != ANSA_OK)
                        return err == ANSA_E_BUSY ? ANSA_OK : err;
                err = envelope_decode(message, &e);
                ansa_assert(err == ANSA_OK); /* stream_next has looked at it */
                struct ticket *t = find_ticket(c, e.request_id);
                if (t != NULL)
                        deliver(c, t, message);
                else if (!was_abandoned(c, e.request_id))
                        return ANSA_E_UNAUTHENTIC;
        }
        return ANSA_OK;
}

static void step_open(struct channel *c)
{
        bool blocked = is_blocked(c);
        enum ansa_err err = stream_step(&c->stream, !blocked);
        enum ansa_err got = dispatch(c);
        if (got == ANSA_E_UNAUTHENTIC)
                close_channel(c, got, "has another request id than any of ours");
        else if (got == ANSA_E_LIMIT)
                close_channel(c, got, "is longer than any message may be");
        else if (got != ANSA_OK || err != ANSA_OK)
                close_channel(c, err != ANSA_OK ? err : got,
                              "did not come: the server closed the connection");
        else if (c->tickets == NULL && !c->keeps_open && c->state == CHANNEL_READY)
                close_channel(c, ANSA_E_NETWORK, ""); /* one request a connection: it is used up */
}

void channel_step(struct channel *c)
{
        struct env *env = c->options.env;
        if (c->state == CHANNEL_OPENING) {
                bool is_securing = c->stream.state == STREAM_SECURING;
                enum ansa_err err = stream_step(&c->stream, true);
                if (err == ANSA_E_UNAUTHENTIC)
                        fail_opening(c, err, "is not the server of the site record",
                                     "its certificate is of another key");
                else if (err != ANSA_OK)
                        fail_opening(c, err,
                                     is_securing ? "ended the TLS handshake; is this its TLS port?"
                                                 : "cannot be reached",
                                     "");
                else if (c->stream.state == STREAM_OPEN)
                        opened(c);
                else if (env->steady_ms(env) >= c->deadline_ms)
                        fail_opening(c, ANSA_E_TIMEOUT, "cannot be reached in time", "");
        } else if (c->state == CHANNEL_SETUP || c->due_count > 0) {
                bool in_setup = c->state == CHANNEL_SETUP;
                step_open(c);
                if (in_setup && c->setup.has_reply)
                        set_up(c);
                else if (in_setup && env->steady_ms(env) >= c->deadline_ms)
                        fail_opening(c, ANSA_E_TIMEOUT, "no session could be set up in time", "");
        }
}

void channel_waits(const struct channel *c, struct waits *w)
{
        if (c->state == CHANNEL_CLOSED || (c->state == CHANNEL_READY && c->due_count == 0))
                return;
        stream_waits(&c->stream, !is_blocked(c), w);
        if (c->state != CHANNEL_READY)
                waits_until(w, c->deadline_ms);
}

bool channel_may_send(struct channel *c, const struct ticket *t)
{
        if (c->state != CHANNEL_READY || (c->holder != NULL && c->holder != t) || needs_setup(c))
                return false;
        if (c->due_count == 0) {
                if (!stream_is_stale(&c->stream))
                        return true;
                close_channel(c, ANSA_E_NETWORK, "");
                return false;
        }
        bool anonymous = c->options.mode == ANSA_SESSION_PLAIN || c->options.identity == NULL;
        return c->keeps_open && (anonymous || c->is_authenticated) &&
               c->due_count < c->options.requests_max;
}

enum ansa_err channel_send(struct channel *c, const struct ask *ask, uint32_t challenge_id,
                           struct ticket *t)
{
        struct ask kept = *ask;
        kept.flags |= FLAG_KEEP_OPEN;
        if (secrets_of(c) != NULL)
                kept.flags |= FLAG_CERTIFY; /* or anybody could answer */
        enum ansa_err err = send_on(c, &kept, challenge_id, t);
        /* In a session only one challenge can be open at a time. */
        if (err == ANSA_OK && secrets_of(c) != NULL && c->options.identity != NULL &&
            !c->is_authenticated)
                c->holder = t;
        if (err == ANSA_E_NETWORK)
                close_channel(c, err, "did not come: the server closed the connection");
        return err;
}

void channel_next(struct channel *c, struct ticket *t)
{
        (void)c;
        ansa_assert(t->has_reply && t->has_more);
        t->has_reply = false;
        t->has_more = false;
}

void channel_release(struct channel *c, struct ticket *t)
{
        if (c->holder == t)
                c->holder = NULL;
}

void channel_forget(struct channel *c, struct ticket *t)
{
        channel_release(c, t);
        uint32_t id = t->sent.request_id;
        bool has_pages = t->has_more || t->sent.op == OP_LIST || t->sent.op == OP_LIST_PREFIXES ||
                         t->sent.op == OP_LIST_HOMED;
        if (!unlink_ticket(c, t))
                return;
        /* Pages of a list would go on coming: rather a new connection. */
        if (c->abandoned_count == ABANDONED_MAX || has_pages)
                close_channel(c, ANSA_E_NETWORK, "was given up with another");
        else
                c->abandoned[c->abandoned_count++] = id;
}

void channel_renew(struct channel *c, uint32_t id)
{
        if (c->secrets.id != id)
                return; /* somebody else has noticed before */
        session_forget(c);
}
