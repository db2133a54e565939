/* SPDX-License-Identifier: Apache-2.0 */
#include "client/asking.h"

#include "client/sentence.h"

#include "base/limits.h"
#include "client/identity.h"

void asking_init(struct asking *a, struct ansa_client *client)
{
        *a = (struct asking){ .client = client,
                              .err = ANSA_E_NETWORK,
                              .answer = buf_growing(LIMIT_MESSAGE_SIZE) };
        for (size_t i = 0; i < LANES_MAX; i++) {
                udp_init(&a->lanes[i].udp);
                ticket_init(&a->lanes[i].ticket);
                a->lanes[i].out = buf_growing(ENVELOPE_SIZE + LIMIT_MESSAGE_SIZE);
        }
}

void asking_end(struct asking *a)
{
        for (size_t i = 0; i < LANES_MAX; i++) {
                lane_stop(&a->lanes[i]);
                ticket_fini(&a->lanes[i].ticket);
        }
        buf_fini(&a->answer);
        asking_init(a, a->client);
}

void asking_begin(struct asking *a, const struct question *q, size_t target_count)
{
        struct env *env = a->client->env;
        bool has[2] = { false, false };
        ansa_assert(target_count > 0 && target_count <= TARGETS_MAX);
        ansa_assert(a->winner == NULL && !a->is_over &&
                    a->lane_count == 0); /* or it was not ended */
        a->session = q->session;
        a->identity = q->identity;
        a->ask = q->ask;
        a->is_repeatable = q->is_repeatable;
        a->target_count = target_count;
        for (size_t i = 0; i < target_count; i++)
                has[endpoint_is_ipv6(&a->targets[i].endpoint) ? 1 : 0] = true;
        a->is_merged = q->session != NULL || !has[0] || !has[1];
        a->lane_count = a->is_merged ? 1 : 2;
        a->lanes[0].is_ipv6 = true;
        a->lanes[1].is_ipv6 = false;
        a->held_until_ms = env->steady_ms(env) + HEAD_START_MS;
        if (a->lane_count == 2)
                a->lanes[1].state = LANE_HELD;
        a->lanes[0].state = LANE_NEXT;
}

void asking_sending(struct asking *a, struct lane *l)
{
        if (a->is_repeatable || a->is_merged)
                return;
        /* Only one lane may send this: it takes over what the other has not tried. */
        struct lane *other = l == &a->lanes[0] ? &a->lanes[1] : &a->lanes[0];
        if (other->state != LANE_IDLE && other->state != LANE_HELD && other->state != LANE_SPENT)
                a->tried[other->target] = false;
        lane_stop(other);
        other->state = LANE_SPENT;
        a->is_merged = true;
}

/* Refused by this server only: busy, read-only, not responsible. */
static bool is_elsewhere(uint32_t response)
{
        return response == RC_BUSY || response == RC_READ_ONLY || response == RC_NOT_RESPONSIBLE;
}

/* A server that does not want this: the next one may, and nothing was done here. */
static void try_elsewhere(struct asking *a, struct lane *l, const struct reply *reply)
{
        struct error_body e;
        char what[256];
        char text[128] = "";
        if (error_body_decode(reply->body, &e) == ANSA_OK)
                (void)sentence_quote(text, sizeof(text), e.text, 100);
        sentence_put(what, sizeof(what), "answered %u (%s)%s%s", reply->header.response,
                     response_text(reply->header.response), *text != '\0' ? ": " : "", text);
        a->response = reply->header.response;
        enum ansa_err err = a->response == RC_BUSY || a->response == RC_READ_ONLY ? ANSA_E_BUSY
                                                                                  : ANSA_E_REFUSED;
        asking_failed(a, l, err, what);
        a->challenge_id = 0;
        lane_stop(l);
        l->state = LANE_NEXT;
}

static void answer_challenge(struct asking *a, struct lane *l, const struct reply *reply)
{
        struct env *env = a->client->env;
        struct challenge_body body;
        uint8_t salt[16];
        bool has_digest = (reply->header.flags & FLAG_REQUEST_DIGEST) != 0;
        enum ansa_err err =
                challenge_body_decode(reply->whole_body, reply->version, has_digest, &body);
        struct challenge challenge = { body.nonce, body.digest.digest, reply->version,
                                       reply->suggested };
        env->random(env, salt, sizeof(salt));
        buf_reset(&a->answer);
        if (err == ANSA_OK)
                err = identity_answer(a->identity, &challenge, salt, &a->answer);
        if (err != ANSA_OK) {
                asking_failed(a, l, err, "sent a challenge that could not be answered");
                lane_stop(l);
                l->state = LANE_SPENT;
                return;
        }
        a->rounds++;
        a->challenge_id = reply->envelope.session_id;
        a->answer_ask = (struct ask){ .op = OP_ANSWER,
                                      .flags = a->ask.flags & ~FLAG_PUBLIC_ONLY,
                                      .body = buf_written(&a->answer),
                                      .recursion = a->ask.recursion };
        uint16_t version = reply->suggested < VERSION_OWN ? reply->suggested : VERSION_OWN;
        if (version > a->targets[l->target].peer.version)
                a->targets[l->target].peer.version = version;
        lane_send_again(a, l);
}

/* True when the session was lost at the server and the question goes out again in a new one. */
static bool renew_session(struct asking *a, struct lane *l, const struct reply *reply)
{
        uint32_t rc = reply->header.response;
        bool lost = rc == RC_SESSION_UNKNOWN || rc == RC_SESSION_KEY;
        if (!lost || a->has_renewed || a->session == NULL || l->channel == NULL ||
            l->ticket.sent.session_id == 0)
                return false;
        a->has_renewed = true;
        a->challenge_id = 0;
        channel_renew(l->channel, l->ticket.sent.session_id);
        lane_send_again(a, l);
        return true;
}

/* In a session, what is answered after the challenge shows whether the server took the answer. */
static void note_authentication(struct asking *a, struct lane *l, const struct reply *reply)
{
        if (a->challenge_id != 0 && l->channel != NULL &&
            reply->header.response < RC_SITE_EXPIRED && reply->header.response != RC_ERROR)
                l->channel->is_authenticated = true;
}

void asking_replied(struct asking *a, struct lane *l, struct reply *reply)
{
        for (size_t i = 0; i < a->lane_count; i++) {
                if (&a->lanes[i] != l && !is_elsewhere(reply->header.response)) {
                        lane_stop(&a->lanes[i]);
                        a->lanes[i].state = LANE_SPENT;
                }
        }
        if (renew_session(a, l, reply))
                return;
        if (is_elsewhere(reply->header.response)) {
                try_elsewhere(a, l, reply);
                return;
        }
        if (reply->header.response == RC_CHALLENGE && a->identity != NULL &&
            a->rounds < CHALLENGES_MAX) {
                answer_challenge(a, l, reply);
                return;
        }
        note_authentication(a, l, reply);
        if (l->channel != NULL && !l->ticket.has_more)
                channel_release(l->channel, &l->ticket);
        a->winner = l;
        a->reply = reply;
        a->server = &a->targets[l->target];
        a->response = reply->header.response;
        a->is_over = true;
        a->err = ANSA_OK;
        a->problem[0] = '\0';
}

/* All lanes at their end without a reply. */
static void check_spent(struct asking *a)
{
        bool is_spent = true;
        for (size_t i = 0; i < a->lane_count; i++) {
                if (a->lanes[i].state == LANE_HELD && a->lanes[0].state == LANE_SPENT)
                        a->held_until_ms = 0; /* IPv6 is no way: no need to wait */
                is_spent = is_spent && a->lanes[i].state == LANE_SPENT;
        }
        a->is_over = is_spent;
}

void asking_step(struct asking *a)
{
        for (size_t i = 0; i < a->lane_count && a->winner == NULL; i++)
                lane_step(a, &a->lanes[i]);
        if (a->winner == NULL)
                check_spent(a);
}

void asking_waits(const struct asking *a, struct waits *w)
{
        for (size_t i = 0; i < a->lane_count; i++) {
                if (a->lanes[i].state == LANE_HELD)
                        waits_until(w, a->held_until_ms);
                lane_waits(&a->lanes[i], w);
        }
}

void asking_next(struct asking *a)
{
        struct lane *l = a->winner;
        ansa_assert(l != NULL && a->reply != NULL);
        a->winner = NULL;
        a->reply = NULL;
        a->is_over = false;
        a->err = ANSA_E_NETWORK;
        if (l->channel != NULL) {
                channel_next(l->channel, &l->ticket);
                l->deadline_ms = a->client->env->steady_ms(a->client->env) +
                                 a->client->options.answer_timeout_ms;
        }
}
