/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEST_UNIT_DOORS_FAKE_IDENTIFIER_H
#define TEST_UNIT_DOORS_FAKE_IDENTIFIER_H

/*
 * A service that does what the request's operation says, so that the doors can be tested
 * alone. Answers echo the request's envelope and its body.
 *
 *   RESOLVE    answered at once; a body of "n......." (u32 n) is answered with n octets
 *   GET_SITE   slow lane, then answered
 *   CREATE     writer, then answered       ADD     slow lane, then writer
 *   MODIFY     writer, and the answer is made in the slow lane
 *   REMOVE     refused at once
 *   DELETE     silence
 *   LIST       FAKE_PAGES pages
 */
#include "base/assert.h"
#include "base/limits.h"
#include "base/lock.h"
#include "identifier/identifier.h"
#include "wire/cursor.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define FAKE_PAGES 40u

struct identifier {
        _Atomic uint32_t served;
        _Atomic uint32_t committed;
        _Atomic uint32_t batches;
        _Atomic uint32_t ticks;
        _Atomic uint32_t slow_ms;   /* how long the slow lane takes */
        _Atomic uint32_t commit_ms; /* how long the disk takes */
};

struct identifier_worker {
        struct identifier *service;
        bool may_block;
};

struct write_job {
        struct envelope envelope;
        struct header header;
        bool is_done;
};

static struct identifier fake;

static void fake_sleep(uint32_t ms)
{
        struct timespec t = { ms / 1000, (long)(ms % 1000) * 1000000 };
        if (ms > 0)
                (void)nanosleep(&t, NULL);
}

static void fake_answer(struct buf *reply, const struct envelope *e, const struct header *h,
                        uint32_t response, uint32_t flags, struct ansa_bytes body)
{
        struct envelope out = *e;
        struct header head = *h;
        out.sequence = 0;
        out.flags = 0;
        head.response = response;
        head.flags = flags;
        struct message_mark mark = message_begin(reply, &out, &head);
        buf_bytes(reply, body);
        message_end_body(reply, mark);
        message_end(reply, mark, (struct ansa_bytes){ 0 });
}

enum ansa_err identifier_worker_new(struct identifier *service, bool may_block,
                                    struct identifier_worker **worker)
{
        *worker = calloc(1, sizeof(**worker));
        ansa_assert(*worker != NULL);
        (*worker)->service = service;
        (*worker)->may_block = may_block;
        return ANSA_OK;
}

void identifier_worker_free(struct identifier_worker *worker)
{
        free(worker);
}

void identifier_batch_begin(struct identifier_worker *worker)
{
        (void)worker;
}

void identifier_batch_hint(struct identifier_worker *worker, const struct ansa_bytes *messages,
                           size_t count)
{
        (void)worker;
        ansa_assert(count > 0 && messages[0].at != NULL);
}

void identifier_batch_end(struct identifier_worker *worker)
{
        (void)worker;
}

static enum identifier_outcome fake_write(const struct envelope *e, const struct header *h,
                                          struct write_job **job)
{
        *job = calloc(1, sizeof(**job));
        ansa_assert(*job != NULL);
        (*job)->envelope = *e;
        (*job)->header = *h;
        return IDENTIFIER_WRITE;
}

static void fake_resolve(const struct message *m, struct buf *reply)
{
        static const uint8_t filler[LIMIT_MESSAGE_SIZE];
        struct cursor c = cursor_over(m->body);
        uint32_t count = cursor_u32(&c);
        struct ansa_bytes body = m->body;
        if (c.err == ANSA_OK && count <= LIMIT_MESSAGE_SIZE - HEADER_SIZE - 4)
                body = (struct ansa_bytes){ filler, count };
        fake_answer(reply, &m->envelope, &m->header, RC_SUCCESS, 0, body);
}

enum identifier_outcome identifier_serve(struct identifier_worker *worker, const struct peer *peer,
                                         struct ansa_bytes message, struct buf *reply,
                                         struct identifier_more *more, struct write_job **job)
{
        struct message m;
        ansa_assert(message.size >= ENVELOPE_SIZE && peer->port != 0);
        ansa_assert(reply->size_max - reply->size >= LIMIT_MESSAGE_SIZE + ENVELOPE_SIZE);
        (void)atomic_fetch_add(&worker->service->served, 1);
        struct envelope e;
        ansa_assert(envelope_decode(message, &e) == ANSA_OK);
        struct ansa_bytes after = { message.at + ENVELOPE_SIZE, message.size - ENVELOPE_SIZE };
        if (after.size != e.message_size || message_decode(&e, after, &m) != ANSA_OK) {
                struct header h = { .op = OP_NONE };
                fake_answer(reply, &e, &h, RC_PROTOCOL, 0, (struct ansa_bytes){ 0 });
                return IDENTIFIER_REPLY;
        }
        bool is_slow = m.header.op == OP_GET_SITE || m.header.op == OP_ADD;
        if (is_slow && !worker->may_block)
                return IDENTIFIER_SLOW;
        if (is_slow)
                fake_sleep(atomic_load(&worker->service->slow_ms));
        switch (m.header.op) {
        case OP_CREATE:
        case OP_ADD:
        case OP_MODIFY:
                return fake_write(&m.envelope, &m.header, job);
        case OP_REMOVE:
                fake_answer(reply, &m.envelope, &m.header, RC_CHALLENGE, 0,
                            (struct ansa_bytes){ 0 });
                return IDENTIFIER_REPLY;
        case OP_DELETE:
                return IDENTIFIER_DROP;
        case OP_LIST:
                ansa_assert(more != NULL);
                *more = (struct identifier_more){ .more = true,
                                                  .envelope = m.envelope,
                                                  .header = m.header };
                fake_answer(reply, &m.envelope, &m.header, RC_SUCCESS, FLAG_CONTINUES, m.body);
                return IDENTIFIER_REPLY;
        default:
                fake_resolve(&m, reply);
                return IDENTIFIER_REPLY;
        }
}

/* Pages of 8,000 octets; every third one is made in the slow lane. */
enum identifier_outcome identifier_continue(struct identifier_worker *worker,
                                            const struct peer *peer, struct buf *reply,
                                            struct identifier_more *more)
{
        static const uint8_t page[8000];
        (void)peer;
        ansa_assert(more->more);
        if (more->after_size % 3 == 2 && !worker->may_block)
                return IDENTIFIER_SLOW;
        more->after_size++;
        more->more = more->after_size + 1 < FAKE_PAGES;
        fake_answer(reply, &more->envelope, &more->header, RC_SUCCESS,
                    more->more ? FLAG_CONTINUES : 0, (struct ansa_bytes){ page, sizeof(page) });
        return IDENTIFIER_REPLY;
}

void identifier_refuse(struct identifier *service, struct ansa_bytes message, uint32_t response,
                       const char *text, struct buf *reply)
{
        struct envelope e;
        struct header h = { .op = OP_NONE };
        (void)service;
        ansa_assert(envelope_decode(message, &e) == ANSA_OK);
        fake_answer(reply, &e, &h, response, 0, ansa_bytes_text(text));
}

void identifier_job_free(struct write_job *job)
{
        free(job);
}

size_t identifier_job_size(const struct write_job *job)
{
        return sizeof(*job);
}

void identifier_commit(struct identifier_worker *writer, struct write_job *const *jobs,
                       size_t count)
{
        fake_sleep(atomic_load(&writer->service->commit_ms));
        for (size_t i = 0; i < count; i++)
                jobs[i]->is_done = true;
        (void)atomic_fetch_add(&writer->service->committed, (uint32_t)count);
        (void)atomic_fetch_add(&writer->service->batches, 1);
}

bool identifier_job_is_slow(const struct write_job *job)
{
        return job->header.op == OP_MODIFY;
}

void identifier_job_reply(struct identifier_worker *worker, struct write_job *job, uint32_t refusal,
                          struct buf *reply)
{
        ansa_assert(worker->may_block || !identifier_job_is_slow(job));
        ansa_assert(job->is_done != (refusal != 0));
        fake_answer(reply, &job->envelope, &job->header, refusal != 0 ? refusal : RC_SUCCESS, 0,
                    (struct ansa_bytes){ 0 });
}

void identifier_tick(struct identifier *service)
{
        (void)atomic_fetch_add(&service->ticks, 1);
}

#endif
