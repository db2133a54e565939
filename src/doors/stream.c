/* SPDX-License-Identifier: Apache-2.0 */
#include "doors/worker.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

/* Buffers of a connection: moving octets between socket, buffers and service. */

#define GROW_FROM   4096u
#define SENT_ENOUGH 16384u /* a peer that takes this much counts as awake */

/* Grow *@at to hold @want; the worker's account is kept. */
static bool grow(struct worker *w, uint8_t **at, size_t *room, size_t want)
{
        if (want <= *room)
                return true;
        size_t next = *room < GROW_FROM ? GROW_FROM : *room;
        while (next < want)
                next += next;
        size_t more = next - *room;
        if (w->buffers_size + more > w->limits.buffers_max / w->doors->workers)
                return false;
        uint8_t *p = realloc(*at, next);
        if (p == NULL)
                return false;
        *at = p;
        *room = next;
        w->buffers_size += more;
        return true;
}

static void give_back(struct worker *w, uint8_t **at, size_t *room)
{
        ansa_assert(w->buffers_size >= *room);
        w->buffers_size -= *room;
        free(*at);
        *at = NULL;
        *room = 0;
}

bool stream_keep(struct worker *w, struct conn *c, struct ansa_bytes data)
{
        if (data.size == 0)
                return true;
        if (!grow(w, &c->in, &c->in_room, c->in_size + data.size))
                return false;
        memcpy(c->in + c->in_size, data.at, data.size);
        c->in_size += data.size;
        return true;
}

void stream_forget(struct worker *w, struct conn *c, size_t size)
{
        ansa_assert(size <= c->in_size);
        c->in_size -= size;
        if (c->in_size == 0)
                give_back(w, &c->in, &c->in_room);
        else if (size > 0)
                memmove(c->in, c->in + size, c->in_size);
}

void stream_release(struct worker *w, struct conn *c)
{
        give_back(w, &c->in, &c->in_room);
        give_back(w, &c->out, &c->out_room);
        c->in_size = c->out_size = c->out_at = 0;
        free(c->more);
        c->more = NULL;
}

static enum stream_io send_some(struct conn *c, struct ansa_bytes data, size_t *sent)
{
        *sent = 0;
        if (c->tls != NULL)
                return conn_tls_send(c, data.at, data.size, sent);
        for (;;) {
                ssize_t n = send(c->fd, data.at, data.size, MSG_NOSIGNAL | MSG_DONTWAIT);
                if (n >= 0) {
                        *sent = (size_t)n;
                        return STREAM_DONE;
                }
                if (errno != EINTR)
                        return errno == EAGAIN ? STREAM_AGAIN : STREAM_FAILED;
        }
}

bool stream_queue(struct worker *w, struct conn *c, struct ansa_bytes data)
{
        if (data.size == 0)
                return true;
        if (c->out_size == c->out_at) {
                c->out_at = c->out_size = 0;
                c->sent_ms = w->now_ms;
                c->sent_size = 0;
        }
        if (!grow(w, &c->out, &c->out_room, c->out_size + data.size)) {
                count_add(&w->counts.tcp_out_of_memory, 1);
                worker_refused(w, REFUSAL_BUFFERS, &c->peer);
                return false;
        }
        memcpy(c->out + c->out_size, data.at, data.size);
        c->out_size += data.size;
        return true;
}

bool stream_send(struct worker *w, struct conn *c, struct ansa_bytes data)
{
        if (c->out_at == c->out_size && data.size > 0) {
                size_t sent;
                enum stream_io io = send_some(c, data, &sent);
                if (io == STREAM_FAILED || io == STREAM_END)
                        return false;
                data.at += sent;
                data.size -= sent;
        }
        return stream_queue(w, c, data);
}

bool stream_flush(struct worker *w, struct conn *c)
{
        while (c->out_at < c->out_size) {
                size_t sent;
                struct ansa_bytes data = { c->out + c->out_at, c->out_size - c->out_at };
                enum stream_io io = send_some(c, data, &sent);
                if (io == STREAM_AGAIN)
                        return true;
                if (io != STREAM_DONE)
                        return false;
                c->out_at += sent;
                c->sent_size += sent;
                if (c->sent_size >= SENT_ENOUGH) {
                        c->sent_size = 0;
                        c->sent_ms = w->now_ms;
                }
        }
        give_back(w, &c->out, &c->out_room);
        c->out_at = c->out_size = 0;
        return true;
}

bool stream_may_serve(const struct worker *w, const struct conn *c)
{
        return !c->waits && c->more == NULL && c->out_at == c->out_size &&
               c->tasks < w->limits.writes_ahead_max && c->phase == CONN_SERVING;
}

static void start_ending(struct conn *c)
{
        if (c->phase == CONN_SERVING)
                c->phase = CONN_ENDING;
}

/* An answer of several messages goes on later: keep where it stands. */
static void keep_more(struct worker *w, struct conn *c)
{
        if (!w->more.more)
                return;
        c->more = malloc(sizeof(*c->more));
        if (c->more == NULL) { /* the peer sees that the last page never came */
                start_ending(c);
                return;
        }
        *c->more = w->more;
}

/* An answer that was made at once waits for those of earlier requests, which are not back. */
static void hold_reply(struct worker *w, struct conn *c, struct buf *reply)
{
        struct task *t = task_new(TASK_REPLY, w, &c->peer, (struct ansa_bytes){ 0 });
        if (t == NULL) {
                start_ending(c);
                return;
        }
        task_set_reply(t, buf_written(reply));
        t->order = c->task_next++;
        t->next = c->held;
        c->held = t;
        c->tasks++;
        buf_reset(reply);
}

static void take_outcome(struct worker *w, struct conn *c, enum identifier_outcome outcome,
                         struct ansa_bytes message, struct write_job *job, struct buf *reply)
{
        switch (outcome) {
        case IDENTIFIER_REPLY:
                count_add(&w->counts.answers, 1);
                keep_more(w, c);
                return;
        case IDENTIFIER_DROP:
                count_add(&w->counts.silent, 1);
                return;
        case IDENTIFIER_SLOW:
        case IDENTIFIER_WRITE:
                if (!worker_hand_over(w, outcome, &c->peer, message, job, NULL, c, reply))
                        return;
                c->tasks++;
                c->task_next++;
                if (outcome == IDENTIFIER_SLOW)
                        c->waits = true;
                return;
        }
}

/* While changes are on their way only further changes are served: a read would miss them. */
static bool may_follow_writes(struct ansa_bytes message)
{
        struct envelope e;
        struct header h;
        if (message.size < ENVELOPE_SIZE + HEADER_SIZE || envelope_decode(message, &e) != ANSA_OK ||
            (e.flags & ENVELOPE_ENCRYPTED) != 0)
                return false;
        struct ansa_bytes after = { message.at + ENVELOPE_SIZE, message.size - ENVELOPE_SIZE };
        return header_decode(after, &h) == ANSA_OK && h.op >= OP_CREATE && h.op <= OP_MODIFY;
}

static void note_keep_open(struct conn *c, struct ansa_bytes message)
{
        struct envelope e;
        struct header h;
        if (c->keeps || envelope_decode(message, &e) != ANSA_OK ||
            (e.flags & ENVELOPE_ENCRYPTED) != 0 || message.size < ENVELOPE_SIZE + HEADER_SIZE)
                return;
        struct ansa_bytes after = { message.at + ENVELOPE_SIZE, message.size - ENVELOPE_SIZE };
        if (header_decode(after, &h) == ANSA_OK && (h.flags & FLAG_KEEP_OPEN) != 0)
                c->keeps = true;
}

static void send_gathered(struct worker *w, struct conn *c, size_t size)
{
        if (stream_send(w, c, (struct ansa_bytes){ w->reply, size }))
                return;
        start_ending(c);
        c->peer_done = true;
}

/* Serve @count messages; returns how many. Answers go out together. */
static size_t serve_batch(struct worker *w, struct conn *c, const struct ansa_bytes *messages,
                          size_t count)
{
        size_t size = 0; /* of gathered answers */
        size_t i = 0;
        uint64_t begun_us = latency_now_us();
        uint32_t away = c->task_next;
        identifier_batch_begin(w->service);
        if (count > 1)
                identifier_batch_hint(w->service, messages, count);
        for (; i < count && stream_may_serve(w, c); i++) {
                if (c->tasks > 0 && !may_follow_writes(messages[i])) {
                        c->waits = true;
                        break;
                }
                struct buf reply = buf_over(w->reply + size, REPLY_ROOM - size);
                struct write_job *job = NULL;
                w->more.more = false;
                note_keep_open(c, messages[i]);
                enum identifier_outcome outcome =
                        identifier_serve(w->service, &c->peer, messages[i], &reply, &w->more, &job);
                uint32_t ahead = c->tasks;
                take_outcome(w, c, outcome, messages[i], job, &reply);
                if (ahead > 0 && buf_written(&reply).size > 0)
                        hold_reply(w, c, &reply);
                size += buf_written(&reply).size;
                if (size >= REPLY_FLUSH_SIZE) {
                        send_gathered(w, c, size);
                        size = 0;
                }
        }
        identifier_batch_end(w->service);
        count_add(&w->counts.requests, i);
        send_gathered(w, c, size);
        away = c->task_next - away; /* they are measured when they are back */
        latency_add(&w->latency[door_of(&c->peer)][DOORS_DIRECT], latency_now_us() - begun_us,
                    i > away ? i - away : 0);
        return i;
}

/* What cannot be a message: say so and end. */
static void refuse_stream(struct worker *w, struct conn *c, struct ansa_bytes data)
{
        struct buf reply = buf_over(w->reply, REPLY_ROOM);
        struct ansa_bytes envelope = { data.at, ENVELOPE_SIZE };
        identifier_refuse(w->doors->service, envelope, RC_PROTOCOL, "message too large", &reply);
        count_add(&w->counts.tcp_malformed, 1);
        worker_refused(w, REFUSAL_MALFORMED, &c->peer);
        send_gathered(w, c, buf_written(&reply).size);
        start_ending(c);
}

size_t stream_serve(struct worker *w, struct conn *c, struct ansa_bytes data)
{
        size_t served = 0;
        while (stream_may_serve(w, c)) {
                struct ansa_bytes messages[BATCH_MAX];
                size_t count = 0;
                size_t at = served;
                bool is_bad = false;
                while (count < BATCH_MAX && data.size - at >= ENVELOPE_SIZE) {
                        struct envelope e;
                        struct ansa_bytes rest = { data.at + at, data.size - at };
                        ansa_assert(envelope_decode(rest, &e) == ANSA_OK);
                        is_bad = e.message_size > LIMIT_MESSAGE_SIZE;
                        if (is_bad || rest.size - ENVELOPE_SIZE < e.message_size)
                                break;
                        rest.size = ENVELOPE_SIZE + (size_t)e.message_size;
                        messages[count++] = rest;
                        at += rest.size;
                }
                if (count == 0) {
                        if (is_bad)
                                refuse_stream(w, c,
                                              (struct ansa_bytes){ data.at + served,
                                                                   data.size - served });
                        return is_bad ? data.size : served;
                }
                size_t done = serve_batch(w, c, messages, count);
                for (size_t i = 0; i < done; i++)
                        served += messages[i].size;
                if (done < count)
                        break;
        }
        return served;
}

void stream_continue(struct worker *w, struct conn *c)
{
        ansa_assert(c->more != NULL);
        struct buf reply = buf_over(w->reply, REPLY_ROOM);
        enum identifier_outcome outcome =
                identifier_continue(w->service, &c->peer, &reply, c->more);
        if (outcome == IDENTIFIER_SLOW) {
                struct task *t = task_new(TASK_CONTINUE, w, &c->peer, (struct ansa_bytes){ 0 });
                if (t == NULL) {
                        c->phase = CONN_ENDING;
                        return;
                }
                t->slot = c->slot;
                t->generation = c->generation;
                t->order = c->task_next;
                t->more = c->more;
                c->more = NULL;
                if (!worker_to_slow(w, t)) {
                        worker_refused(w, REFUSAL_SLOW_LANE, &c->peer);
                        task_free(t);
                        start_ending(c);
                        return;
                }
                c->tasks++;
                c->task_next++;
                c->waits = true;
                return;
        }
        bool is_last = outcome != IDENTIFIER_REPLY || !c->more->more;
        if (is_last) {
                free(c->more);
                c->more = NULL;
        }
        send_gathered(w, c, buf_written(&reply).size);
}
