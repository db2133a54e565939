/* SPDX-License-Identifier: Apache-2.0 */
/* One lane of an asking: one target at a time. */
#include "base/limits.h"
#include "client/asking.h"
#include "client/sentence.h"

static uint64_t now_of(const struct asking *a)
{
        return a->client->env->steady_ms(a->client->env);
}

void asking_failed(struct asking *a, const struct lane *l, enum ansa_err err, const char *what)
{
        char server[ENDPOINT_TEXT_SIZE];
        const struct target *t = &a->targets[l->target];
        sentence_put(a->problem, sizeof(a->problem), "%s %s", endpoint_text(&t->endpoint, server),
                     what);
        a->server = t;
        a->err = err;
}

static void measure(struct asking *a, const struct lane *l, uint32_t ms)
{
        struct ansa_client *c = a->client;
        lock_take(&c->lock);
        measures_put(&c->measures, &a->targets[l->target].server_endpoint, ms, now_of(a));
        lock_give(&c->lock);
}

static const struct ask *ask_of(const struct asking *a)
{
        return a->challenge_id != 0 ? &a->answer_ask : &a->ask;
}

static void release_channel(struct lane *l)
{
        if (l->channel == NULL)
                return;
        channel_forget(l->channel, &l->ticket);
        if (l->owns_channel)
                channel_free(l->channel);
        l->channel = NULL;
        l->owns_channel = false;
}

void lane_stop(struct lane *l)
{
        udp_fini(&l->udp);
        release_channel(l);
        ticket_fini(&l->ticket);
        ticket_init(&l->ticket);
        buf_fini(&l->out);
        l->state = LANE_IDLE;
}

/* This target did not do; the next one may. Over when what was asked may have been done. */
static void lane_fails(struct asking *a, struct lane *l, enum ansa_err err, const char *what,
                       bool may_have_arrived)
{
        measure(a, l, MEASURE_FAILED_MS);
        asking_failed(a, l, err, what);
        bool is_over = may_have_arrived && !a->is_repeatable;
        lane_stop(l);
        if (is_over) {
                size_t n = strlen(a->problem);
                sentence_put(a->problem + n, sizeof(a->problem) - n,
                             "; whether it was done is not known");
                for (size_t i = 0; i < a->lane_count; i++)
                        a->lanes[i].state = LANE_SPENT;
                return;
        }
        a->challenge_id = 0;
        l->state = LANE_NEXT;
}

static bool take_target(struct asking *a, struct lane *l)
{
        for (size_t i = 0; i < a->target_count; i++) {
                bool fits = a->is_merged || endpoint_is_ipv6(&a->targets[i].endpoint) == l->is_ipv6;
                if (fits && !a->tried[i]) {
                        a->tried[i] = true;
                        l->target = i;
                        return true;
                }
        }
        return false;
}

static void begin_udp(struct asking *a, struct lane *l)
{
        struct target *t = &a->targets[l->target];
        udp_fini(&l->udp);
        asking_sending(a, l);
        enum ansa_err err = request_write(ask_of(a), &t->peer, NULL, a->challenge_id,
                                          a->client->env, &l->out, &l->ticket.sent);
        if (err == ANSA_OK)
                err = udp_begin(&l->udp, &t->endpoint, buf_written(&l->out), now_of(a));
        l->begun_ms = now_of(a);
        l->state = LANE_UDP;
        if (err != ANSA_OK)
                lane_fails(a, l, err, "cannot be reached", false);
}

static void begin_channel(struct asking *a, struct lane *l)
{
        const struct target *t = &a->targets[l->target];
        enum ansa_err err;
        if (a->session != NULL) {
                err = session_channel(a->session, t, &l->channel);
                l->owns_channel = false;
        } else {
                struct channel_options o = session_plain_options(a->client);
                err = channel_new(&o, t, &l->channel);
                l->owns_channel = err == ANSA_OK;
        }
        l->state = LANE_QUEUED;
        if (err != ANSA_OK) {
                l->channel = NULL;
                lane_fails(a, l, err, ansa_err_text(err), false);
                return;
        }
        l->failures = l->channel->failures;
}

void lane_send_again(struct asking *a, struct lane *l)
{
        if (a->targets[l->target].endpoint.transport == ANSA_TRANSPORT_UDP)
                begin_udp(a, l);
        else if (l->channel == NULL)
                begin_channel(a, l);
        else
                l->state = LANE_QUEUED;
}

static void step_udp(struct asking *a, struct lane *l)
{
        struct ansa_bytes message;
        const char *problem;
        enum ansa_err err;
        while ((err = udp_step(&l->udp, now_of(a), &message)) == ANSA_OK) {
                err = response_read(message, &l->ticket.sent, NULL, a->client->env,
                                    &l->ticket.plain, &l->ticket.reply, &problem);
                if (err == ANSA_OK) {
                        measure(a, l, (uint32_t)(now_of(a) - l->begun_ms));
                        asking_replied(a, l, &l->ticket.reply);
                        return;
                }
                /* Anybody can send such a datagram: wait on, and remember it for the end. */
                l->ticket.err = err;
                l->ticket.problem = problem;
        }
        if (err == ANSA_E_BUSY)
                return;
        if (l->ticket.err != ANSA_OK) {
                char what[160];
                sentence_put(what, sizeof(what), "answered, but the answer %s", l->ticket.problem);
                lane_fails(a, l, l->ticket.err, what, true);
        } else {
                lane_fails(a, l, err,
                           err == ANSA_E_TIMEOUT ? "did not answer in time" : "cannot be reached",
                           err == ANSA_E_TIMEOUT);
        }
}

static void step_queued(struct asking *a, struct lane *l)
{
        struct channel *c = l->channel;
        channel_want(c);
        channel_step(c);
        if (c->failures != l->failures) {
                lane_fails(a, l, c->err, c->problem, false);
                return;
        }
        if (!channel_may_send(c, &l->ticket))
                return;
        asking_sending(a, l);
        enum ansa_err err = channel_send(c, ask_of(a), a->challenge_id, &l->ticket);
        if (err != ANSA_OK) {
                lane_fails(a, l, err,
                           err == ANSA_E_NETWORK ? "closed the connection" : ansa_err_text(err),
                           err == ANSA_E_NETWORK);
                return;
        }
        l->state = LANE_WAITING;
        l->begun_ms = now_of(a);
        l->deadline_ms = l->begun_ms + a->client->options.answer_timeout_ms;
}

static void step_waiting(struct asking *a, struct lane *l)
{
        struct ticket *t = &l->ticket;
        channel_step(l->channel);
        if (t->has_reply && t->err == ANSA_OK) {
                measure(a, l, (uint32_t)(now_of(a) - l->begun_ms));
                asking_replied(a, l, &t->reply);
        } else if (t->has_reply) {
                char what[160];
                sentence_put(what, sizeof(what), "was asked, but the answer %s", t->problem);
                lane_fails(a, l, t->err, what, true);
        } else if (now_of(a) >= l->deadline_ms) {
                lane_fails(a, l, ANSA_E_TIMEOUT, "did not answer in time", true);
        }
}

static void step_once(struct asking *a, struct lane *l)
{
        if (l->state == LANE_HELD && now_of(a) >= a->held_until_ms)
                l->state = LANE_NEXT;
        if (l->state == LANE_NEXT && !take_target(a, l))
                l->state = LANE_SPENT;
        if (l->state == LANE_NEXT)
                lane_send_again(a, l);
        if (l->state == LANE_UDP)
                step_udp(a, l);
        if (l->state == LANE_QUEUED)
                step_queued(a, l);
        if (l->state == LANE_WAITING)
                step_waiting(a, l);
}

void lane_step(struct asking *a, struct lane *l)
{
        do
                step_once(a, l);
        while (l->state == LANE_NEXT && a->winner == NULL);
}

void lane_waits(const struct lane *l, struct waits *w)
{
        if (l->state == LANE_NEXT)
                waits_until(w, 0);
        if (l->state == LANE_UDP)
                udp_waits(&l->udp, w);
        if (l->state != LANE_QUEUED && l->state != LANE_WAITING)
                return;
        if (l->state == LANE_WAITING)
                waits_until(w, l->ticket.has_reply ? 0 : l->deadline_ms);
        /* Its turn may have come by a step of another call. */
        else if (channel_is_idle(l->channel) || channel_may_send(l->channel, &l->ticket) ||
                 l->channel->failures != l->failures)
                waits_until(w, 0);
        channel_waits(l->channel, w);
}
