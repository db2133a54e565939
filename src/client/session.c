/* SPDX-License-Identifier: Apache-2.0 */
#include "client/session.h"

#include "client/identity.h"
#include "wire/body.h"

#include <poll.h>
#include <stdlib.h>

#define REQUESTS_MAX 32u
#define RSA_BITS     2048u

struct channel_options session_plain_options(const struct ansa_client *client)
{
        return (struct channel_options){ .env = client->env,
                                         .tls = client->tls,
                                         .mode = ANSA_SESSION_PLAIN,
                                         .requests_max = 1,
                                         .connect_timeout_ms = client->options.connect_timeout_ms,
                                         .answer_timeout_ms = client->options.answer_timeout_ms };
}

/* The RSA key of the modes that need one: the caller's, or one for the occasion. */
static enum ansa_err take_rsa_key(struct ansa_session *s, const struct ansa_session_options *o)
{
        if (o->mode == ANSA_SESSION_HANDLE_KEY) {
                if (o->rsa_key == NULL || o->rsa_ref.name.size == 0 ||
                    o->rsa_ref.name.size > ANSA_NAME_SIZE_MAX)
                        return ANSA_E_ARGUMENT;
                memcpy(s->rsa_ref_name, o->rsa_ref.name.at, o->rsa_ref.name.size);
                s->rsa_ref.name = (struct ansa_bytes){ s->rsa_ref_name, o->rsa_ref.name.size };
                s->rsa_ref.index = o->rsa_ref.index;
        }
        enum ansa_err err = o->rsa_key != NULL
                                    ? crypto_key_new(o->rsa_key, &s->rsa_key)
                                    : crypto_key_generate(ANSA_KEY_RSA, RSA_BITS, &s->rsa_key);
        if (err == ANSA_OK &&
            (crypto_key_kind(s->rsa_key) != ANSA_KEY_RSA || !crypto_key_is_private(s->rsa_key)))
                err = ANSA_E_ARGUMENT;
        return err;
}

enum ansa_err ansa_session_new(struct ansa_client *client,
                               const struct ansa_session_options *options,
                               struct ansa_session **session)
{
        static const struct ansa_session_options plain = { 0 };
        enum ansa_err err = ANSA_OK;
        const struct ansa_session_options *o = options != NULL ? options : &plain;
        *session = NULL;
        if (o->transport == ANSA_TRANSPORT_UDP)
                return ANSA_E_ARGUMENT;
        struct ansa_session *s = calloc(1, sizeof(*s));
        if (s == NULL)
                return ANSA_E_NO_MEMORY;
        s->client = client;
        s->options = session_plain_options(client);
        s->options.mode = o->mode;
        s->options.encrypt_all = o->encrypt_all;
        s->options.session_timeout_s = o->timeout_s;
        s->options.requests_max = o->requests_max > 0 ? o->requests_max : REQUESTS_MAX;
        s->transport = o->transport;
        s->identity = o->identity;
        if (o->identity != NULL)
                s->options.identity = &o->identity->ref;
        if (o->mode == ANSA_SESSION_CLIENT_KEY || o->mode == ANSA_SESSION_HANDLE_KEY)
                err = take_rsa_key(s, o);
        s->options.rsa_key = s->rsa_key;
        s->options.rsa_ref = &s->rsa_ref;
        if (err != ANSA_OK) {
                ansa_session_free(s);
                return err;
        }
        *session = s;
        return ANSA_OK;
}

void ansa_session_free(struct ansa_session *session)
{
        if (session == NULL)
                return;
        while (session->channels != NULL) {
                struct channel *next = session->channels->next;
                channel_free(session->channels);
                session->channels = next;
        }
        crypto_key_free(session->rsa_key);
        free(session);
}

enum ansa_err session_channel(struct ansa_session *s, const struct target *target,
                              struct channel **channel)
{
        for (struct channel *c = s->channels; c != NULL; c = c->next) {
                if (endpoint_equal(&c->target.endpoint, &target->endpoint)) {
                        *channel = c;
                        return ANSA_OK;
                }
        }
        *channel = NULL;
        if (s->channel_count == SESSION_CHANNELS_MAX)
                return ANSA_E_LIMIT;
        enum ansa_err err = channel_new(&s->options, target, channel);
        if (err != ANSA_OK)
                return err;
        (*channel)->next = s->channels;
        s->channels = *channel;
        s->channel_count++;
        return ANSA_OK;
}

static void wait_for(const struct channel *c, uint64_t now_ms, uint64_t until_ms)
{
        struct waits w = { .until_ms = until_ms };
        struct pollfd fds[ANSA_WAITS_MAX];
        channel_waits(c, &w);
        for (size_t i = 0; i < w.count; i++) {
                short events = (short)((w.at[i].read ? POLLIN : 0) | (w.at[i].write ? POLLOUT : 0));
                fds[i] = (struct pollfd){ .fd = w.at[i].fd, .events = events };
        }
        uint64_t ms = w.until_ms > now_ms ? w.until_ms - now_ms : 0;
        (void)poll(fds, (nfds_t)w.count, ms > 60000 ? 60000 : (int)ms);
}

/* One channel: ask, and wait for the answer until @until_ms. What comes does not matter. */
static void terminate(struct channel *c, uint64_t until_ms)
{
        struct env *env = c->options.env;
        struct ticket t;
        uint8_t room[16];
        struct buf body = buf_over(room, sizeof(room));
        bool is_sent = false;
        uint32_t failures = c->failures;
        if (c->secrets.id == 0 || c->has_exchange_due)
                return;
        ticket_init(&t);
        name_body_encode(ANSA_BYTES_LIT("/"), &body);
        struct ask ask = { .op = OP_SESSION_TERMINATE, .body = buf_written(&body) };
        while (env->steady_ms(env) < until_ms && !t.has_reply && c->failures == failures) {
                channel_want(c);
                channel_step(c);
                if (!is_sent && channel_may_send(c, &t)) {
                        if (channel_send(c, &ask, 0, &t) != ANSA_OK)
                                break;
                        is_sent = true;
                } else if (!t.has_reply) {
                        wait_for(c, env->steady_ms(env), until_ms);
                }
        }
        channel_forget(c, &t);
        ticket_fini(&t);
        session_forget(c);
}

void ansa_session_terminate(struct ansa_session *session, uint32_t timeout_ms)
{
        struct env *env = session->client->env;
        uint64_t until = env->steady_ms(env) + timeout_ms;
        for (struct channel *c = session->channels; c != NULL; c = c->next)
                terminate(c, until);
}
