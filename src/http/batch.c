/* SPDX-License-Identifier: Apache-2.0 */
#include "base/assert.h"
#include "base/limits.h"
#include "http/batch_state.h"
#include "http/match.h"
#include "http/rest.h"
#include "wire/name.h"

#include <stdlib.h>

/*
 * Lines are served in their order. One that may be done becomes a job; jobs wait for each other,
 * to share the writer's transaction, until there are enough of them, or until a line comes that
 * may depend on what one of them changes: its identifier is theirs, or it is refused for want of
 * rights. So the outcome is that of one line after the other.
 *
 * With an Idempotency-Key the progress goes into the same transaction. Who sends the batch again
 * is told the old results for the old lines, and it goes on behind them.
 */

#define INPUT_MAX     (4u * BATCH_LINE_SIZE_MAX)
#define LOG_KEPT_MAX  (IDENTIFIER_PROGRESS_SIZE_MAX - 8192u) /* beside it is the last transaction */
#define LINES_AT_ONCE 65536u /* octets of the response; then the door may send */

static void free_batch(void *state)
{
        struct batch *b = state;
        for (size_t i = 0; i < b->waiting_count; i++) {
                identifier_job_free(b->waiting[i].job);
                free(b->waiting[i].text);
        }
        identifier_job_free(b->progress);
        buf_fini(&b->input);
        arena_fini(&b->arena);
        batch_log_fini(&b->log);
        batch_log_fini(&b->kept);
        free(b);
}

/* ---- Results ------------------------------------------------------------------------------- */

static void put_more(struct buf *more, const struct told *told, struct ansa_bytes name, bool mints)
{
        struct ansa_bytes made;
        if (told->code != RC_SUCCESS) {
                buf_text(more, ",\"handle\":");
                json_put_string(more, name);
                buf_text(more, ",\"message\":");
                json_put_string(more, told->text.size > 0
                                              ? told->text
                                              : ansa_bytes_text(response_text(told->code)));
        } else if (mints && create_response_decode(told->body, &made) == ANSA_OK) {
                buf_text(more, ",\"handle\":");
                json_put_string(more, made);
        }
}

static void log_result(struct batch *b, uint16_t status, uint32_t code, struct ansa_bytes more)
{
        struct batch_result result = { .status = status, .code = code, .count = 1, .more = more };
        batch_log_add(&b->log, &result);
        if (b->key.size > 0)
                batch_log_add_plain(&b->kept, &result);
        b->is_over = b->is_over || b->log.is_full;
}

/* A line that needs no job: its result waits for its turn. */
static bool add_result(struct http_exchange *x, struct batch *b, const struct told *told,
                       struct ansa_bytes name)
{
        struct buf more = buf_growing(BATCH_LINE_SIZE_MAX);
        put_more(&more, told, name, false);
        uint16_t status = told->code == RC_SUCCESS ? batch_status(false, told->flags)
                                                   : (uint16_t)reply_status(x, told->code);
        if (b->waiting_count == 0) {
                log_result(b, status, told->code, buf_written(&more));
                buf_fini(&more);
                return true;
        }
        if (b->waiting_count == BATCH_JOBS_MAX) {
                buf_fini(&more);
                return false;
        }
        struct batch_waiting *w = &b->waiting[b->waiting_count];
        *w = (struct batch_waiting){ .status = status, .code = told->code, .size = more.size };
        w->text = malloc(more.size + 1);
        if (w->text != NULL && more.size > 0)
                memcpy(w->text, more.at, more.size);
        buf_fini(&more);
        b->waiting_count += w->text != NULL;
        return w->text != NULL;
}

static void add_problem(struct http_exchange *x, struct batch *b, const char *text)
{
        struct told told = { .code = RC_PROTOCOL, .text = ansa_bytes_text(text) };
        if (!add_result(x, b, &told, (struct ansa_bytes){ 0 }))
                b->is_over = true;
}

/* ---- Jobs ---------------------------------------------------------------------------------- */

/* Is a waiting job about this identifier? With @adds from now on. */
static bool is_waiting(struct batch *b, struct ansa_bytes name, bool adds)
{
        uint8_t folded[NAME_KEY_SIZE_MAX];
        size_t size = 0;
        if (name_fold(name, false, folded, sizeof(folded), &size) != ANSA_OK)
                return true; /* to be sure */
        uint64_t hash = hash_bytes(&b->hash_key, (struct ansa_bytes){ folded, size }) | 1;
        size_t slot = (hash >> 8) % BATCH_NAME_SLOTS;
        while (b->names[slot] != 0 && b->names[slot] != hash)
                slot = (slot + 1) % BATCH_NAME_SLOTS;
        bool is_there = b->names[slot] == hash;
        if (adds)
                b->names[slot] = hash;
        return is_there;
}

static bool add_job(struct batch *b, struct write_job *job, const struct batch_line *line)
{
        struct batch_waiting *w = &b->waiting[b->waiting_count];
        *w = (struct batch_waiting){ .job = job,
                                     .mints = line->mints,
                                     .removes = line->op == OP_REMOVE || line->op == OP_DELETE,
                                     .size = line->name.size };
        w->text = malloc(line->name.size + 1);
        if (w->text == NULL) {
                identifier_job_free(job);
                return false;
        }
        if (line->name.size > 0)
                memcpy(w->text, line->name.at, line->name.size);
        b->waiting_count++;
        b->jobs[b->job_count++] = job;
        b->job_size += identifier_job_size(job);
        if (!line->mints) /* else it will have a name that nobody has */
                (void)is_waiting(b, line->name, true);
        return true;
}

static enum http_outcome stop(struct http_exchange *x, struct batch *b, uint32_t status,
                              uint32_t code, const char *text)
{
        b->is_over = true;
        x->close = true; /* the rest of the body is still to come */
        return reply_error(x, status, code, ansa_bytes_text(text), NULL);
}

static void settle_one(struct http_exchange *x, struct batch *b, struct batch_waiting *w)
{
        struct told told;
        struct buf more = buf_growing(BATCH_LINE_SIZE_MAX);
        struct ansa_bytes text = { w->text, w->size };
        if (w->job == NULL) {
                log_result(b, w->status, w->code, text);
        } else {
                struct buf *reply = &x->worker->reply;
                buf_reset(reply);
                identifier_job_reply(x->worker->identifier, w->job,
                                     x->was_refused ? RC_BUSY : RC_REQUEST, reply);
                ask_read_reply(buf_written(reply), &told);
                put_more(&more, &told, text, w->mints);
                log_result(b,
                           told.code == RC_SUCCESS ? batch_status(w->removes, told.flags)
                                                   : (uint16_t)reply_status(x, told.code),
                           told.code, buf_written(&more));
                identifier_job_free(w->job);
        }
        buf_fini(&more);
        free(w->text);
}

/* The writer has been through. */
static void settle(struct http_exchange *x, struct batch *b)
{
        bool is_lost = b->progress != NULL && !identifier_job_is_done(b->progress);
        for (size_t i = 0; i < b->waiting_count; i++)
                settle_one(x, b, &b->waiting[i]);
        b->waiting_count = 0;
        memset(b->names, 0, sizeof(b->names));
        b->job_count = 0;
        b->job_size = 0;
        b->is_with_writer = false;
        /* Without room for more the rest would fare no better; without progress it must not. */
        b->is_over = b->is_over || x->was_refused || is_lost;
        x->close = x->close || b->is_over;
        x->was_refused = false;
        x->jobs = NULL;
        x->job_count = 0;
        identifier_job_free(b->progress);
        b->progress = NULL;
}

/* ---- The response -------------------------------------------------------------------------- */

static void put_result(const struct batch_result *r, uint64_t line, struct buf *b)
{
        buf_text(b, "{\"line\":");
        buf_decimal(b, line);
        buf_text(b, ",\"status\":");
        buf_decimal(b, r->status);
        buf_text(b, ",\"responseCode\":");
        buf_decimal(b, r->code);
        buf_bytes(b, r->more);
        buf_text(b, "}\n");
}

static bool more_results(struct http_exchange *x, struct buf *out)
{
        struct batch *b = x->state;
        const size_t from = out->size;
        while (out->size - from < LINES_AT_ONCE && out->err == ANSA_OK) {
                if (b->told.count == 0 && !batch_log_next(&b->log, &b->told_at, &b->told))
                        return out->size > from;
                put_result(&b->told, ++b->told_line, out);
                b->told.count--;
        }
        return true;
}

static enum http_outcome respond(struct http_exchange *x)
{
        x->more = more_results;
        return reply_long(x, 200, "application/jsonl;charset=UTF-8");
}

/* Give what waits to the writer. */
static enum http_outcome flush(struct http_exchange *x, struct batch *b)
{
        ansa_assert(b->job_count > 0 && !b->is_with_writer);
        size_t count = b->job_count;
        if (b->key.size > 0 && !batch_note_progress(x, b)) {
                x->was_refused = true; /* no memory, or too many different results to keep */
                settle(x, b);
                return respond(x);
        }
        if (b->progress != NULL)
                b->jobs[count++] = b->progress;
        b->is_with_writer = true;
        x->jobs = b->jobs;
        x->job_count = count;
        return HTTP_WRITE;
}

/* ---- Lines --------------------------------------------------------------------------------- */

static bool is_about_rights(uint32_t code)
{
        return code == RC_NOT_AUTHORIZED || code == RC_ACCESS_DENIED || code == RC_CHALLENGE ||
               code == RC_UNABLE_TO_VERIFY;
}

/* One line. HTTP_MORE: it is done, or waits; else it is to be served again after that. */
static enum http_outcome serve_line(struct http_exchange *x, struct batch *b,
                                    struct ansa_bytes text)
{
        struct batch_line line;
        struct json_problem problem;
        struct told told;
        struct write_job *job;
        arena_reset(&b->arena);
        if (b->job_count > 0 &&
            (b->waiting_count == BATCH_JOBS_MAX || b->job_size >= BATCH_JOBS_SIZE_MAX))
                return flush(x, b);
        if (batch_read_line(text, &b->arena, &line, &problem) != ANSA_OK) {
                add_problem(x, b, problem.text);
                return HTTP_MORE;
        }
        if (b->job_count > 0 && !line.mints && is_waiting(b, line.name, false))
                return flush(x, b);
        struct question q = { .op = line.op, .flags = line.flags, .body = line.body };
        bool is_kept = true;
        switch (ask_change(x, &q, &told, &job)) {
        case HTTP_SLOW:
                return HTTP_SLOW;
        case HTTP_WRITE:
                is_kept = add_job(b, job, &line);
                break;
        case HTTP_REPLY:
        case HTTP_MORE:
                if (b->job_count > 0 && is_about_rights(told.code))
                        return flush(x, b);
                is_kept = add_result(x, b, &told, line.name);
                break;
        }
        return is_kept ? HTTP_MORE : stop(x, b, 503, RC_BUSY, "no memory");
}

/* One that was done when the batch came before: its result is in the log already. */
static enum http_outcome pass_line(struct http_exchange *x, struct batch *b)
{
        if (b->seen + 1 == b->done && memcmp(b->digest, b->done_digest, sizeof(b->digest)) != 0)
                return stop(x, b, 422, RC_PROTOCOL,
                            "other lines were sent with this Idempotency-Key before");
        return HTTP_MORE;
}

static bool is_blank(struct ansa_bytes text)
{
        for (size_t i = 0; i < text.size; i++) {
                if (text.at[i] != ' ' && text.at[i] != '\t' && text.at[i] != '\r')
                        return false;
        }
        return true;
}

static enum http_outcome take_line(struct http_exchange *x, struct batch *b, struct ansa_bytes text)
{
        if (b->skips || is_blank(text))
                return HTTP_MORE;
        bool is_done = b->seen < b->done;
        enum http_outcome outcome = is_done ? HTTP_MORE : serve_line(x, b, text);
        if (outcome != HTTP_MORE)
                return outcome;
        if (b->key.size > 0 && !batch_digest(b, text))
                return stop(x, b, 503, RC_BUSY, "no memory");
        outcome = is_done ? pass_line(x, b) : HTTP_MORE;
        b->seen++;
        return outcome;
}

/* The next line, without its end. False: it has not come yet. */
static bool next_line(const struct batch *b, bool is_end, struct ansa_bytes *text, size_t *after)
{
        const uint8_t *from = b->input.at + b->at;
        size_t left = b->input.size - b->at;
        const uint8_t *end = left > 0 ? memchr(from, '\n', left) : NULL;
        if (end == NULL && (!is_end || left == 0))
                return false;
        *text = (struct ansa_bytes){ from, end != NULL ? (size_t)(end - from) : left };
        *after = b->at + text->size + (end != NULL);
        return true;
}

/* What was served makes room; a line that does not end is refused, and its rest passed over. */
static void tidy_input(struct http_exchange *x, struct batch *b)
{
        struct buf *in = &b->input;
        if (in->size - b->at > BATCH_LINE_SIZE_MAX) {
                if (!b->skips && b->seen++ >= b->done)
                        add_problem(x, b, "the line is too long");
                b->skips = true;
                b->at = in->size;
        }
        if (b->at > 0 && in->size > b->at)
                memmove(in->at, in->at + b->at, in->size - b->at);
        in->size -= b->at;
        b->at = 0;
}

/* Lines that have come, as far as that goes in this lane. */
static enum http_outcome serve_lines(struct http_exchange *x, struct batch *b, bool is_end)
{
        struct ansa_bytes text;
        size_t after;
        while (!b->is_over && next_line(b, is_end, &text, &after)) {
                enum http_outcome outcome = take_line(x, b, text);
                if (outcome != HTTP_MORE)
                        return outcome;
                b->skips = false;
                b->at = after;
        }
        if (!b->is_over)
                tidy_input(x, b);
        return HTTP_MORE;
}

/* ---- From the door ------------------------------------------------------------------------- */

static bool is_batch_type(const struct http_exchange *x)
{
        static const char *const types[] = { "application/jsonl",       "application/x-ndjson",
                                             "application/x-jsonlines", "application/ndjson",
                                             "application/json-lines",  "application/json" };
        struct ansa_bytes type;
        if (!exchange_header(x, "Content-Type", &type))
                return false;
        for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
                if (match_media_type(type, types[i]))
                        return true;
        }
        return false;
}

/* Everything that can be told before the first line. HTTP_MORE: go on. */
static enum http_outcome prepare(struct http_exchange *x, struct batch *b)
{
        if (!is_batch_type(x)) /* nor can another's page send one without asking first */
                return stop(x, b, 400, RC_PROTOCOL, "Content-Type: application/jsonl expected");
        enum http_outcome outcome = auth_identify(x);
        if (outcome != HTTP_REPLY)
                return outcome;
        if (!x->has_identity) {
                outcome = auth_challenge(x, (struct ansa_bytes){ 0 });
                x->close = x->close || outcome == HTTP_REPLY;
                return outcome;
        }
        if (exchange_header(x, "Idempotency-Key", &b->key)) {
                if (b->key.size == 0 || b->key.size > BATCH_KEY_SIZE_MAX)
                        return stop(x, b, 400, RC_PROTOCOL,
                                    "Idempotency-Key: 1 to 255 characters expected");
                enum ansa_err err = batch_recall(x, b);
                if (err != ANSA_OK && err != ANSA_E_NOT_FOUND)
                        return stop(x, b, 503, RC_BUSY, "the progress cannot be read");
        }
        b->is_ready = true;
        return HTTP_MORE;
}

static enum http_outcome go_on(struct http_exchange *x, bool is_end)
{
        struct batch *b = x->state;
        enum http_outcome outcome = HTTP_MORE;
        if (x->status != 0)
                return HTTP_REPLY;
        if (b->is_with_writer)
                settle(x, b);
        if (!b->is_ready)
                outcome = prepare(x, b);
        if (outcome == HTTP_MORE)
                outcome = serve_lines(x, b, is_end);
        if (outcome != HTTP_MORE)
                return outcome;
        if ((is_end || b->is_over) && b->job_count > 0)
                return flush(x, b);
        if (is_end && b->seen < b->done)
                return stop(x, b, 422, RC_PROTOCOL,
                            "fewer lines were sent with this Idempotency-Key than before");
        return is_end || b->is_over ? respond(x) : HTTP_MORE;
}

static enum http_outcome take(struct http_exchange *x, struct ansa_bytes part)
{
        struct batch *b = x->state;
        buf_bytes(&b->input, part);
        if (b->input.err != ANSA_OK)
                return stop(x, b, 503, RC_BUSY, "no memory");
        return go_on(x, false);
}

void batch_begin(struct http_exchange *x)
{
        struct batch *b = calloc(1, sizeof(*b));
        if (b == NULL) {
                (void)rest_no_memory(x);
                return;
        }
        b->input = buf_growing(INPUT_MAX);
        arena_init(&b->arena, 16u * BATCH_LINE_SIZE_MAX);
        batch_log_init(&b->log, BATCH_LOG_MAX);
        batch_log_init(&b->kept, LOG_KEPT_MAX);
        struct env *env = x->http->env;
        env->random(env, (uint8_t *)&b->hash_key, sizeof(b->hash_key));
        x->state = b;
        x->state_free = free_batch;
        x->take = take;
}

enum http_outcome batch_serve(struct http_exchange *x)
{
        return go_on(x, true);
}
