/* SPDX-License-Identifier: Apache-2.0 */
#include "base/assert.h"
#include "identifier/exchange.h"

#include "base/limits.h"
#include "wire/body.h"

#include <stdlib.h>

/* A message and what the slow lane fetched for it: a few times the largest message. */
#define JOB_SIZE_MAX (16u * 1024 * 1024)

static enum ansa_err copy_message(struct write_job *job, struct ansa_bytes plain)
{
        struct ansa_bytes octets;
        struct envelope e;
        enum ansa_err err = arena_copy(&job->arena, plain, &octets);
        if (err == ANSA_OK)
                err = envelope_decode(octets, &e);
        if (err != ANSA_OK)
                return err;
        struct ansa_bytes after = { octets.at + ENVELOPE_SIZE, octets.size - ENVELOPE_SIZE };
        return message_decode(&e, after, &job->message);
}

static enum ansa_err copy_evidence(struct write_job *job, const struct evidence *evidence)
{
        struct evidence **at = &job->evidence;
        for (; evidence != NULL; evidence = evidence->next) {
                struct evidence *copy = arena_alloc(&job->arena, sizeof(*copy));
                if (copy == NULL)
                        return ANSA_E_NO_MEMORY;
                *copy = *evidence;
                copy->next = NULL;
                enum ansa_err err = arena_copy(&job->arena, evidence->key, &copy->key);
                if (err == ANSA_OK)
                        err = arena_copy(&job->arena, evidence->values.wire, &copy->values.wire);
                if (err != ANSA_OK)
                        return err;
                *at = copy;
                at = &copy->next;
        }
        return ANSA_OK;
}

static enum ansa_err copy_identity(struct write_job *job, const struct identity *id)
{
        struct testimony *t = &job->identity.testimony;
        job->identity = *id;
        enum ansa_err err = arena_copy(&job->arena, id->who.name, &job->identity.who.name);
        if (err == ANSA_OK)
                err = arena_copy(&job->arena, id->testimony.nonce, &t->nonce);
        if (err == ANSA_OK)
                err = arena_copy(&job->arena, id->testimony.digest, &t->digest);
        return err == ANSA_OK ? arena_copy(&job->arena, id->testimony.answer, &t->answer) : err;
}

struct write_job *job_new(const struct exchange *x)
{
        struct write_job *job = calloc(1, sizeof(*job));
        if (job == NULL)
                return NULL;
        arena_init(&job->arena, JOB_SIZE_MAX);
        job->peer = *x->peer;
        job->peer.claims = NULL;
        job->has_condition = x->view.condition != NULL;
        if (job->has_condition)
                job->condition = *x->view.condition;
        job->wants_version = x->peer->claims != NULL && x->peer->claims->version != NULL;
        job->to = x->to;
        job->drops.count = x->view.drops.count;
        enum ansa_err err = copy_message(job, x->plain);
        if (err == ANSA_OK)
                err = arena_copy(&job->arena, x->view.drops.wire, &job->drops.wire);
        if (err == ANSA_OK && x->has_identity) {
                job->has_identity = true;
                err = copy_identity(job, &x->identity);
        }
        if (err == ANSA_OK)
                err = copy_evidence(job, x->view.evidence);
        if (err != ANSA_OK) {
                identifier_job_free(job);
                return NULL;
        }
        return job;
}

void identifier_job_free(struct write_job *job)
{
        if (job == NULL)
                return;
        wipe(&job->to.key, sizeof(job->to.key));
        arena_fini(&job->arena);
        free(job);
}

size_t identifier_job_size(const struct write_job *job)
{
        return sizeof(*job) + job->arena.used;
}

bool identifier_job_is_done(const struct write_job *job)
{
        return job->result.response == RC_SUCCESS;
}

uint64_t identifier_job_version(const struct write_job *job)
{
        return job->result.version;
}

bool identifier_job_is_slow(const struct write_job *job)
{
        return respond_wants_signature(&job->to);
}

static void reply_done(struct identifier_worker *worker, const struct write_job *job,
                       struct buf *reply)
{
        struct outgoing r = { .code = RC_SUCCESS, .flags = job->result.flags };
        respond_begin(worker, &job->to, &r, reply);
        if (job->result.has_body)
                name_body_encode(job->result.name, reply);
        respond_end(worker, &job->to, &r, reply);
}

void identifier_job_reply(struct identifier_worker *worker, struct write_job *job, uint32_t refusal,
                          struct buf *reply)
{
        worker_begin(worker);
        uint32_t code = refusal != RC_REQUEST ? refusal : job->result.response;
        const char *text = refusal != RC_REQUEST ? NULL : job->result.text;
        if (code == RC_REQUEST) /* nobody did it */
                code = RC_ERROR;
        if (code == RC_CHALLENGE) /* proven it was; since then it lost the right */
                code = RC_NOT_AUTHORIZED;
        if (code == RC_SUCCESS)
                reply_done(worker, job, reply);
        else
                respond_error(worker, &job->to, code, text, reply);
        worker_end(worker);
}

void identifier_refuse(struct identifier *service, struct ansa_bytes message, uint32_t response,
                       const char *text, struct buf *reply)
{
        struct envelope e;
        struct header h = { 0 };
        if (envelope_decode(message, &e) != ANSA_OK)
                return;
        struct ansa_bytes after = { message.at + ENVELOPE_SIZE, message.size - ENVELOPE_SIZE };
        if ((e.flags & ENVELOPE_ENCRYPTED) == 0 && header_decode(after, &h) == ANSA_OK &&
            h.response != RC_REQUEST)
                return; /* a response is never answered */
        struct shared *held = NULL;
        shared_renew(&service->settings, &held);
        ansa_assert(held != NULL); /* a service has settings from its beginning */
        const struct settings *settings = (const struct settings *)held;
        uint16_t version = respond_version(&e);
        struct envelope envelope = { .major = (uint8_t)(version >> 8),
                                     .minor = (uint8_t)version,
                                     .suggested_major = VERSION_OWN >> 8,
                                     .suggested_minor = VERSION_OWN & 0xff,
                                     .session_id = e.session_id,
                                     .request_id = e.request_id };
        const uint32_t undone = FLAG_CERTIFY | FLAG_ENCRYPT | FLAG_REQUEST_DIGEST | FLAG_KEEP_OPEN;
        struct header header = {
                .op = h.op,
                .response = response,
                .flags = respond_flags(settings, &h, PEER_UDP) & ~undone,
                .site_serial = settings->site_serial,
                .recursion = h.recursion,
                .expires_s = service->env->wall_s(service->env) + RESPONSE_LIFE_S,
        };
        shared_give(held);
        size_t start = reply->size;
        struct message_mark mark = message_begin(reply, &envelope, &header);
        error_body_encode(ansa_bytes_text(text != NULL ? text : response_text(response)), reply);
        message_end_body(reply, mark);
        message_end(reply, mark, (struct ansa_bytes){ 0 });
        if (reply->err != ANSA_OK) {
                reply->err = ANSA_OK;
                reply->size = start;
        }
}
