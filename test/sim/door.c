/* SPDX-License-Identifier: Apache-2.0 */
#include "judge.h"

#include "base/assert.h"
#include "base/limits.h"

/* What doors do with a server: workers, the slow lane, the writer; each answer is judged. */

#define REPLY_ROOM (LIMIT_MESSAGE_SIZE + ENVELOPE_SIZE)

struct peer door_peer(const struct world *w, enum peer_transport transport)
{
        (void)w;
        return (struct peer){ .address = { [10] = 0xff, 0xff, 127, 0, 0, 1 },
                              .port = 4000,
                              .transport = transport,
                              .may_administer = true };
}

static void queue_job(struct context *c, struct write_job *job)
{
        struct server *s = c->s;
        struct pending p = { .job = job, .sent = c->sent, .is_exact = c->is_exact };
        ansa_assert(job != NULL);
        verdict_job(c, job, &p);
        if (s->job_count < QUEUE_MAX) {
                s->jobs[s->job_count++] = p;
                return;
        }
        struct buf out = buf_growing(REPLY_ROOM); /* the queue is full: too busy */
        identifier_job_reply(s->slow, job, RC_BUSY, &out);
        codes_add(&c->also, RC_BUSY);
        verdict_reply(c, world_keep(s->world, buf_written(&out)));
        buf_fini(&out);
        identifier_job_free(job);
}

static void send_pages(struct context *c, struct identifier_worker *worker, struct buf *out,
                       struct identifier_more *more)
{
        struct world *w = c->s->world;
        struct ansa_bytes after = { 0 };
        verdict_page(c, world_keep(w, buf_written(out)), more->more, &after);
        while (more->more && !world_failed(w) && !c->s->fault.is_dead) {
                if (c->s->in_batch == NULL && chance_in(&w->chance, 3))
                        door_write(c->s);
                if (c->s->fault.is_dead)
                        return;
                buf_reset(out);
                enum identifier_outcome outcome = identifier_continue(worker, &c->peer, out, more);
                if (outcome == IDENTIFIER_SLOW)
                        outcome = identifier_continue(c->s->slow, &c->peer, out, more);
                if (c->s->fault.is_dead)
                        return;
                if (outcome == IDENTIFIER_REPLY)
                        verdict_page(c, world_keep(w, buf_written(out)), more->more, &after);
                else if (c->s->fault.struck == c->struck)
                        world_fail(w, "server %u stopped in a list", c->s->number);
        }
}

static bool is_list(const struct context *c)
{
        uint32_t op = c->m.header.op;
        return op == OP_LIST || op == OP_LIST_PREFIXES || op == OP_LIST_HOMED;
}

static void take_reply(struct context *c, struct identifier_worker *worker, struct buf *out,
                       struct identifier_more *more)
{
        struct world *w = c->s->world;
        struct ansa_bytes octets = world_keep(w, buf_written(out));
        if (is_list(c) && c->peer.transport == PEER_UDP)
                codes_add(&c->also, RC_OPERATION_DENIED); /* when it is long */
        verdict_reply(c, octets);
        network_send_reply(w, c->s->number, c->sent, octets);
        if (c->sent->wish != NULL && c->m.header.op == OP_RESOLVE)
                editors_read(c->s, c->sent, c->s->fault.struck == c->struck);
        if (!c->is_wild && is_list(c) && !world_failed(w))
                send_pages(c, worker, out, more);
}

/* One message on one worker. */
static void serve(struct server *s, struct identifier_worker *worker, const struct sent *sent,
                  bool is_exact, struct ansa_bytes bytes, struct peer peer)
{
        struct world *w = s->world;
        struct context *c = arena_alloc(&w->scratch, sizeof(*c));
        struct buf out = buf_growing(REPLY_ROOM);
        struct identifier_more *more = arena_alloc(&w->scratch, sizeof(*more));
        struct write_job *job = NULL;
        ansa_assert(c != NULL && more != NULL);
        *c = (struct context){
                .s = s, .sent = sent, .is_exact = is_exact, .bytes = bytes, .peer = peer
        };
        w->tally.requests++;
        judge_expect(c);
        enum identifier_outcome outcome = identifier_serve(
                worker, &peer, bytes, &out, peer.transport == PEER_UDP ? NULL : more, &job);
        if (s->fault.is_dead) {
                identifier_job_free(job);
                buf_fini(&out);
                return;
        }
        switch (outcome) {
        case IDENTIFIER_REPLY:
                take_reply(c, worker, &out, more);
                break;
        case IDENTIFIER_DROP:
                if (!c->is_wild)
                        world_fail(w, "server %u said nothing to operation %u", s->number,
                                   c->m.header.op);
                break;
        case IDENTIFIER_SLOW:
                if (worker == s->slow)
                        world_fail(w, "server %u: the slow lane is not slow enough", s->number);
                if (s->task_count < QUEUE_MAX)
                        s->tasks[s->task_count++] = (struct task){ sent, is_exact, bytes, peer };
                break;
        case IDENTIFIER_WRITE:
                queue_job(c, job);
                break;
        }
        if (!s->fault.is_dead)
                judge_after(c, outcome != IDENTIFIER_SLOW);
        buf_fini(&out);
}

/* Several messages at once; sometimes a commit falls between them. */
void door_receive(struct server *s, const struct packet *packets, size_t count)
{
        struct world *w = s->world;
        struct identifier_worker *worker = s->fast[chance_below(&w->chance, FAST_WORKERS)];
        struct ansa_bytes messages[8];
        bool is_batch = count > 1 || chance_in(&w->chance, 4);
        bool may_commit = is_batch && chance_in(&w->chance, 3);
        ansa_assert(count <= 8);
        if (is_batch) {
                for (size_t i = 0; i < count; i++)
                        messages[i] = packets[i].bytes;
                s->in_batch = worker;
                identifier_batch_begin(worker);
                identifier_batch_hint(worker, messages, count);
        }
        for (size_t i = 0; i < count && !s->fault.is_dead && !world_failed(w); i++) {
                if (may_commit && i > 0 && s->before == NULL && s->job_count > 0) {
                        s->before = world_model_copy(w);
                        door_write(s);
                }
                if (!s->fault.is_dead)
                        serve(s, worker, packets[i].sent, packets[i].is_exact, packets[i].bytes,
                              door_peer(w, packets[i].transport));
        }
        if (is_batch)
                identifier_batch_end(worker);
        s->before = NULL;
        s->in_batch = NULL;
}

void door_serve(struct server *s, const struct sent *sent)
{
        struct world *w = s->world;
        struct peer peer = door_peer(w, PEER_HTTPS);
        peer.claims = &sent->wish->claims;
        serve(s, s->fast[chance_below(&w->chance, FAST_WORKERS)], sent, true, sent->bytes, peer);
}

void door_slow(struct server *s)
{
        if (s->task_count == 0)
                return;
        uint32_t i = chance_below(&s->world->chance, (uint32_t)s->task_count);
        struct task task = s->tasks[i];
        s->tasks[i] = s->tasks[--s->task_count];
        serve(s, s->slow, task.sent, task.is_exact, task.bytes, task.peer);
}

/* It died while it committed: all of the batch is done, or nothing. */
static void settle(struct server *s, struct pending *jobs, size_t count)
{
        struct world *w = s->world;
        if (audit_store(s, &w->model, false))
                return;
        for (size_t i = 0; i < count; i++) {
                struct verdict *v = arena_alloc(&w->scratch, sizeof(*v));
                struct sight sight = server_sight(s, &w->model, jobs[i].seen);
                const struct wish *wish = jobs[i].sent->wish;
                sight.condition = wish != NULL ? &wish->meaning : NULL;
                ansa_assert(v != NULL);
                model_change(&sight, &jobs[i].m, jobs[i].has_who ? &jobs[i].who : NULL, v);
                if (!codes_have(&v->codes, RC_SUCCESS))
                        continue;
                if (v->effect.is_minted && !audit_find_minted(s, &w->model, &v->effect))
                        continue;
                model_apply(&w->model, s->number, &v->effect, s->config.case_sensitive, &w->arena);
        }
        if (!audit_store(s, &w->model, false))
                world_fail(w, "server %u died in a commit of %zu jobs and kept some of it",
                           s->number, count);
}

/* Are workers told of the change? What they had remembered is not what they may say now. */
static void probe(struct server *s, const struct pending *p)
{
        struct world *w = s->world;
        struct cursor body = cursor_over(p->m.body);
        struct ansa_bytes name = cursor_block(&body, LIMIT_NAME_SIZE);
        if (s->in_batch != NULL || w->call_count + FAST_WORKERS > CALLS_MAX)
                return;
        for (size_t i = 0; i < FAST_WORKERS; i++) {
                const struct sent *sent = calls_probe(w, s->number, world_keep(w, name));
                for (int twice = 0; twice < 2 && !s->fault.is_dead && !world_failed(w); twice++)
                        serve(s, s->fast[i], sent, true, sent->bytes, door_peer(w, PEER_UDP));
        }
}

static void finish(struct server *s, struct pending *p, bool is_certain)
{
        struct world *w = s->world;
        struct buf out = buf_growing(REPLY_ROOM);
        bool is_slow = identifier_job_is_slow(p->job);
        identifier_job_reply(is_slow ? s->slow : s->writer, p->job, RC_REQUEST, &out);
        struct ansa_bytes octets = world_keep(w, buf_written(&out));
        buf_fini(&out);
        verdict_result(s, p, octets, is_certain);
        network_send_reply(w, s->number, p->sent, octets);
}

void door_write(struct server *s)
{
        struct world *w = s->world;
        struct pending batch[QUEUE_MAX];
        struct write_job *jobs[QUEUE_MAX];
        if (s->job_count == 0 || world_failed(w))
                return;
        size_t count = 1 + chance_below(&w->chance, (uint32_t)s->job_count);
        for (size_t i = 0; i < count; i++) {
                batch[i] = s->jobs[i];
                jobs[i] = batch[i].job;
        }
        s->job_count -= count;
        memmove(s->jobs, s->jobs + count, s->job_count * sizeof(s->jobs[0]));
        uint64_t struck = s->fault.struck;
        w->tally.commits++;
        identifier_commit(s->writer, jobs, count);
        if (s->fault.is_dead) {
                settle(s, batch, count);
        } else {
                for (size_t i = 0; i < count && !world_failed(w); i++)
                        finish(s, &batch[i], struck == s->fault.struck);
                audit_store(s, &w->model, true);
        }
        if (w->habits.death > 0 && chance_in(&w->chance, w->habits.death))
                s->fault.is_dead = true; /* at the next thing that it would do */
        for (size_t i = 0; i < count; i++) {
                if (!s->fault.is_dead && !world_failed(w) && chance_in(&w->chance, 2))
                        probe(s, &batch[i]);
        }
        for (size_t i = 0; i < count; i++)
                identifier_job_free(batch[i].job);
}
