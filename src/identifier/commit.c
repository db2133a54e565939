/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log.h"
#include "crypto/hasher.h"
#include "identifier/apply.h"
#include "identifier/job.h"
#include "identifier/plan.h"
#include "identifier/progress.h"
#include "identifier/respond.h"
#include "identifier/service.h"
#include "wire/body.h"

#include <stdlib.h>

/*
 * The writer. A batch of jobs shares one transaction, so that they share the wait for the
 * disk. Each is planned on what the ones before it left, then applied; a plan that fails
 * changes nothing and so does not touch the others.
 */

struct changed {
        uint8_t key[STORE_KEY_SIZE_MAX];
        size_t size;
};

struct batch {
        struct identifier_worker *writer;
        const struct identifier_config *config;
        struct apply apply;
        struct changed *changed; /* keys, one for each change; room for all jobs */
        size_t changed_count;
        bool homes;      /* a prefix was homed or unhomed */
        bool progressed; /* of batches something was noted */
};

static void set_result(struct write_job *job, uint32_t response, const char *text)
{
        job->result = (struct job_result){ .response = response, .text = text };
}

/* What the reply needs of @plan moves to the job: the plan's memory ends with its turn. */
static void set_planned(struct write_job *job, const struct plan *plan)
{
        const char *text = NULL;
        struct ansa_bytes name = { 0 };
        if (plan->text != NULL)
                text = arena_text(&job->arena, ansa_bytes_text(plan->text));
        bool has_name = plan->response == RC_SUCCESS && plan->has_body &&
                        arena_copy(&job->arena, plan->name, &name) == ANSA_OK;
        set_result(job, plan->response, text);
        job->result.flags = plan->response_flags;
        job->result.has_body = has_name;
        job->result.name = name;
}

/* What a reader would be told after this commit; nobody else's change comes between. */
static enum ansa_err note_version(struct view *v, struct ansa_bytes key, struct write_job *job)
{
        struct ansa_bytes stored;
        struct record record;
        if (!job->wants_version)
                return ANSA_OK;
        enum ansa_err err = store_get(v->txn, STORE_RECORDS, key, &stored);
        if (err == ANSA_OK)
                err = record_decode(key, stored, &record);
        if (err == ANSA_OK)
                job->result.version = record_version(v, &record);
        return err == ANSA_E_NOT_FOUND ? ANSA_OK : err; /* deleted, or no record */
}

static enum ansa_err note_progress(struct batch *b, struct write_job *job)
{
        struct env *env = b->writer->service->env;
        set_result(job, RC_SUCCESS, NULL);
        b->progressed = true;
        return progress_store(b->apply.txn, job->progress, env->wall_s(env));
}

/* Values that not everybody may read must not be told in what everybody may read. */
static bool has_secrets(const struct message *m)
{
        struct record_body body;
        struct ansa_value value;
        if (m->header.op != OP_CREATE && m->header.op != OP_ADD && m->header.op != OP_MODIFY)
                return false;
        if (record_body_decode(m->body, &body) != ANSA_OK)
                return true;
        while (body.values.count > 0) {
                if (ansa_values_next(&body.values, &value) != ANSA_OK ||
                    (value.permissions & ANSA_PERM_PUBLIC_READ) == 0)
                        return true;
        }
        return false;
}

/* The request as it came, and what showed who sent it: what the entries of the change refer to. */
static enum ansa_err keep_request(struct batch *b, const struct write_job *job, struct arena *arena)
{
        const struct message *m = &job->message;
        const struct testimony *t = &job->identity.testimony;
        if (b->apply.ledger == NULL)
                return ANSA_OK;
        struct payload p = { .kind = PAYLOAD_REQUEST,
                             .version = respond_version(&m->envelope),
                             .request = m->header_and_body,
                             .drops = job->drops.wire };
        if (job->has_identity) {
                p.evidence = t->kind;
                p.key = job->identity.who;
                p.nonce = t->nonce;
                p.digest_code = t->digest_code;
                p.digest = t->digest;
                p.answer = t->answer;
        }
        size_t room = payload_size(&p);
        uint8_t *at = arena_alloc(arena, room);
        if (at == NULL)
                return ANSA_E_NO_MEMORY;
        struct buf octets = buf_over(at, room);
        payload_encode(&p, &octets);
        if (octets.err != ANSA_OK)
                return octets.err;
        return ledger_payload_put(b->apply.txn, &crypto_hasher, buf_written(&octets),
                                  has_secrets(m), &b->apply.payload);
}

static enum ansa_err run_job(struct batch *b, struct write_job *job)
{
        if (job->progress != NULL)
                return note_progress(b, job);
        struct identifier *service = b->writer->service;
        struct arena *arena = &b->writer->arena;
        arena_reset(arena);
        struct view v = {
                .service = service,
                .settings = worker_settings(b->writer),
                .config = b->config,
                .txn = b->apply.txn,
                .arena = arena,
                .evidence = job->evidence,
                .recursion = job->message.header.recursion,
                .condition = job->has_condition ? &job->condition : NULL,
                .drops = job->drops,
        };
        struct plan plan;
        plan_make(&v, &job->message, job->has_identity ? &job->identity : NULL, &plan);
        if (v.needs_slow || plan.response == RC_CHALLENGE) {
                /* Not so when the job was accepted: between, what decides was changed. */
                set_result(job, RC_BUSY, "what decides on this was changed meanwhile: ask again");
                return ANSA_OK;
        }
        set_planned(job, &plan);
        if (plan.response != RC_SUCCESS)
                return ANSA_OK;
        if (plan.has_body && !job->result.has_body)
                return ANSA_E_NO_MEMORY; /* the name must be told, it may be a minted one */
        struct changed *changed = &b->changed[b->changed_count];
        enum ansa_err err = record_key(plan.stored_name, b->config->case_sensitive, changed->key,
                                       &changed->size);
        if (err != ANSA_OK)
                return err;
        struct ansa_bytes key = { changed->key, changed->size };
        if (plan.action == PLAN_NOTHING)
                return note_version(&v, key, job);
        b->changed_count++;
        b->homes = b->homes || plan.action == PLAN_HOME || plan.action == PLAN_UNHOME;
        b->apply.origin = ORIGIN_REQUEST;
        err = keep_request(b, job, arena);
        if (err != ANSA_OK)
                return err;
        err = plan_apply(&b->apply, &plan, arena);
        /* what the plan borrows of the store is not to be looked at after this */
        return err == ANSA_OK ? note_version(&v, key, job) : err;
}

static enum ansa_err run_batch(struct batch *b, struct write_job *const *jobs, size_t count)
{
        struct identifier *service = b->writer->service;
        enum ansa_err err =
                apply_begin(service->store, service->env, b->config->case_sensitive, &b->apply);
        if (err != ANSA_OK)
                return err;
        for (size_t i = 0; i < count && err == ANSA_OK; i++)
                err = run_job(b, jobs[i]);
        if (err != ANSA_OK || (b->changed_count == 0 && !b->progressed)) {
                apply_abort(&b->apply);
                return err;
        }
        err = apply_commit(&b->apply);
        if (err != ANSA_OK)
                return err;
        storing_done(&service->storing, atomic_load(&service->storing.failed));
        uint64_t commit = apply_committed(service, b->homes);
        for (size_t i = 0; i < b->changed_count; i++)
                apply_forget(service, (struct ansa_bytes){ b->changed[i].key, b->changed[i].size },
                             commit);
        return ANSA_OK;
}

static enum ansa_err try_jobs(struct identifier_worker *writer, struct write_job *const *jobs,
                              size_t count)
{
        worker_take_settings(writer);
        struct batch b = {
                .writer = writer,
                .config = &worker_settings(writer)->config,
                .changed = calloc(count, sizeof(struct changed)),
        };
        enum ansa_err err = ANSA_E_NO_MEMORY;
        if (b.changed != NULL)
                err = run_batch(&b, jobs, count);
        free(b.changed);
        arena_reset(&writer->arena);
        return err;
}

static void set_failed(struct identifier *service, struct write_job *job, enum ansa_err err)
{
        if (storing_is_at_fault(err))
                storing_failed(&service->storing, service->env, err);
        else
                log_error("commit", "error=\"%s\"", ansa_err_text(err));
        if (err == ANSA_E_FULL)
                set_result(job, RC_READ_ONLY, "no room left on the server: nothing was changed");
        else
                set_result(job, RC_ERROR, "the change could not be stored: nothing was changed");
}

void identifier_commit(struct identifier_worker *writer, struct write_job *const *jobs,
                       size_t count)
{
        if (count == 0)
                return;
        enum ansa_err err = try_jobs(writer, jobs, count);
        if (err == ANSA_OK)
                return;
        /* One job too large for what room is left must not take the others with it. */
        for (size_t i = 0; i < count; i++) {
                if (count > 1)
                        err = try_jobs(writer, &jobs[i], 1);
                if (err != ANSA_OK)
                        set_failed(writer->service, jobs[i], err);
        }
}
