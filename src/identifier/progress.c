/* SPDX-License-Identifier: Apache-2.0 */
#include "identifier/progress.h"

#include "base/assert.h"
#include "wire/cursor.h"
#include "wire/name.h"

#include <stdlib.h>

#define FRONT             ((struct ansa_bytes){ (const uint8_t *)PROGRESS_KEY_FRONT, FRONT_SIZE })
#define FRONT_SIZE        (sizeof(PROGRESS_KEY_FRONT) - 1)
#define PROGRESS_JOBS_MAX 65536u
#define PROGRESS_JOB_MAX  (8u * PROGRESS_JOBS_MAX + 2u * IDENTIFIER_PROGRESS_SIZE_MAX)

/* Whose batch it is: nobody can look at another's, whatever key he makes up. */
static enum ansa_err make_key(const struct identifier_config *config,
                              const struct ansa_ref *identity, struct ansa_bytes key,
                              struct progress *p)
{
        uint8_t folded[NAME_KEY_SIZE_MAX];
        uint8_t numbers[8];
        size_t size = 0;
        enum ansa_err err =
                name_fold(identity->name, config->case_sensitive, folded, sizeof(folded), &size);
        if (err != ANSA_OK)
                return err;
        store_u32(numbers, identity->index);
        store_u32(numbers + 4, (uint32_t)size);
        const struct ansa_bytes parts[] = { { numbers, sizeof(numbers) }, { folded, size }, key };
        memcpy(p->key, FRONT.at, FRONT_SIZE);
        return digest_parts(ALGORITHM_SHA256, parts, 3, p->key + FRONT_SIZE);
}

static uint32_t time_of(struct ansa_bytes stored)
{
        struct cursor c = cursor_over(stored);
        return cursor_u32(&c);
}

enum ansa_err identifier_progress(struct identifier_worker *worker, const struct ansa_ref *identity,
                                  struct ansa_bytes key, struct arena *arena,
                                  struct ansa_bytes *value)
{
        struct identifier *service = worker->service;
        struct progress p;
        struct ansa_bytes stored;
        *value = (struct ansa_bytes){ 0 };
        worker_take_settings(worker);
        enum ansa_err err = make_key(&worker_settings(worker)->config, identity, key, &p);
        if (err != ANSA_OK)
                return err;
        worker_begin(worker);
        err = worker_renew(worker);
        if (err == ANSA_OK)
                err = store_get(worker->txn, STORE_META,
                                (struct ansa_bytes){ p.key, sizeof(p.key) }, &stored);
        if (err == ANSA_OK &&
            (stored.size < 4 ||
             service->env->wall_s(service->env) - time_of(stored) > PROGRESS_LIFE_S))
                err = ANSA_E_NOT_FOUND;
        if (err == ANSA_OK)
                err = arena_copy(arena, (struct ansa_bytes){ stored.at + 4, stored.size - 4 },
                                 value);
        worker_end(worker);
        return err;
}

struct write_job *identifier_progress_job(struct identifier_worker *worker,
                                          const struct ansa_ref *identity, struct ansa_bytes key,
                                          struct ansa_bytes value, struct write_job *const *jobs,
                                          size_t job_count)
{
        if (value.size > IDENTIFIER_PROGRESS_SIZE_MAX || job_count > PROGRESS_JOBS_MAX)
                return NULL;
        struct write_job *job = calloc(1, sizeof(*job));
        if (job == NULL)
                return NULL;
        arena_init(&job->arena, PROGRESS_JOB_MAX);
        worker_take_settings(worker);
        job->progress = arena_alloc(&job->arena, sizeof(*job->progress));
        if (job->progress == NULL ||
            make_key(&worker_settings(worker)->config, identity, key, job->progress) != ANSA_OK ||
            arena_copy(&job->arena, value, &job->progress->value) != ANSA_OK) {
                identifier_job_free(job);
                return NULL;
        }
        struct progress *p = job->progress;
        p->jobs = arena_array(&job->arena, job_count, sizeof(*p->jobs));
        if (p->jobs == NULL) {
                identifier_job_free(job);
                return NULL;
        }
        for (size_t i = 0; i < job_count; i++)
                p->jobs[i] = jobs[i];
        p->job_count = job_count;
        return job;
}

/* The oldest, and how many there are; those that are too old are dropped on the way. */
static enum ansa_err tidy(struct store_txn *txn, uint32_t now_s, uint32_t *count,
                          uint8_t oldest[STORE_KEY_SIZE_MAX], size_t *oldest_size)
{
        uint8_t at[STORE_KEY_SIZE_MAX];
        struct ansa_bytes from = FRONT;
        uint32_t age_max = 0;
        *count = 0;
        *oldest_size = 0;
        for (;;) {
                struct ansa_bytes key;
                struct ansa_bytes value;
                enum ansa_err err = store_seek(txn, STORE_META, from, true, &key, &value);
                if (err == ANSA_E_NOT_FOUND)
                        return ANSA_OK;
                if (err != ANSA_OK)
                        return err;
                if (key.size <= FRONT_SIZE || memcmp(key.at, FRONT.at, FRONT_SIZE) != 0)
                        return ANSA_OK;
                uint32_t age = now_s - time_of(value);
                memcpy(at, key.at, key.size);
                from = (struct ansa_bytes){ at, key.size };
                if (age > PROGRESS_LIFE_S && age < UINT32_MAX / 2) {
                        err = store_del(txn, STORE_META, from);
                        if (err != ANSA_OK)
                                return err;
                        continue;
                }
                (*count)++;
                if (age >= age_max && age < UINT32_MAX / 2) {
                        age_max = age;
                        memcpy(oldest, at, from.size);
                        *oldest_size = from.size;
                }
        }
}

enum ansa_err progress_store(struct store_txn *txn, const struct progress *p, uint32_t now_s)
{
        const struct ansa_bytes key = { p->key, sizeof(p->key) };
        struct ansa_bytes old;
        enum ansa_err err = store_get(txn, STORE_META, key, &old);
        if (err == ANSA_E_NOT_FOUND) { /* a new one: is there room? */
                uint8_t oldest[STORE_KEY_SIZE_MAX];
                size_t size;
                uint32_t count;
                err = tidy(txn, now_s, &count, oldest, &size);
                if (err == ANSA_OK && count >= PROGRESS_MAX && size > 0)
                        err = store_del(txn, STORE_META, (struct ansa_bytes){ oldest, size });
        }
        if (err != ANSA_OK)
                return err;
        struct buf b = buf_growing(4 + IDENTIFIER_PROGRESS_SIZE_MAX + 8 * PROGRESS_JOBS_MAX);
        buf_u32(&b, now_s);
        buf_bytes(&b, p->value);
        for (size_t i = 0; i < p->job_count; i++) { /* ahead of us in this transaction */
                buf_u32(&b, p->jobs[i]->result.response);
                buf_u32(&b, p->jobs[i]->result.flags);
        }
        err = b.err != ANSA_OK ? b.err : store_put(txn, STORE_META, key, buf_written(&b));
        buf_fini(&b);
        return err;
}
