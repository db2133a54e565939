/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Import over HTTP: batches of JSON lines to /api/batch, two under way, so that the server has
 * one to write while the next is on its way. Each has a key of its own (Idempotency-Key): when
 * the answer to one is lost it is sent again, and what was done is not done twice.
 */
#include "base/assert.h"
#include "base/env.h"
#include "base/text.h"
#include "programs/ansa/import.h"
#include "programs/ansa/web.h"
#include "wire/json.h"
#include "wire/json_reader.h"

#include <poll.h>
#include <stdlib.h>

#define BATCHES_UNDER_WAY 2u
#define BATCH_LINES       4000u
#define BATCH_SIZE        (4u << 20) /* octets, when it is sent */
#define BATCH_SIZE_MAX    (12u << 20)
#define KEY_SIZE          16u
#define TRIES             6u
#define RESULT_MEMORY_MAX (1u << 20)

struct batch {
        struct web_call call; /* easy is set while it is under way */
        struct buf body;
        uint64_t lines[BATCH_LINES]; /* of the input */
        uint32_t count;
        uint32_t tries;
        char key[2 * KEY_SIZE + sizeof("Idempotency-Key: ")];
};

struct web_sink {
        struct import_sink sink;
        struct import *im;
        struct web web;
        CURLM *multi;
        struct batch batches[BATCHES_UNDER_WAY + 1];
        struct batch *filling; /* NULL: none has room */
        const char *operation;
        uint64_t done;
};

static void begin_batch(struct batch *b)
{
        uint8_t random[KEY_SIZE];
        struct env *env = env_system();
        struct buf text = buf_over((uint8_t *)b->key, sizeof(b->key));
        env->random(env, random, sizeof(random));
        buf_text(&text, "Idempotency-Key: ");
        text_put_hex(&text, (struct ansa_bytes){ random, sizeof(random) });
        b->key[sizeof(b->key) - 1] = '\0';
        b->body = buf_growing(BATCH_SIZE_MAX);
        b->count = 0;
        b->tries = 0;
}

static enum ansa_err start(struct web_sink *s, struct batch *b)
{
        b->tries++;
        enum ansa_err err = web_call_init(&s->web, &b->call, "POST", "/api/batch",
                                          "application/jsonl", buf_written(&b->body), b->key);
        if (err != ANSA_OK)
                return err;
        return curl_multi_add_handle(s->multi, b->call.easy) == CURLM_OK ? ANSA_OK
                                                                         : ANSA_E_NO_MEMORY;
}

/* {"line":n,"responseCode":1,..}: what became of one line. */
static enum ansa_err take_result(struct web_sink *s, const struct batch *b, uint32_t i,
                                 struct ansa_bytes line)
{
        struct arena arena;
        struct json_problem problem;
        arena_init(&arena, RESULT_MEMORY_MAX);
        struct json_reader r = json_reader_init(&arena, &problem);
        json_t *root = json_reader_parse(&r, line);
        uint32_t code = json_read_number(&r, root, "responseCode", UINT32_MAX);
        struct ansa_bytes text = json_read_text_or_empty(&r, root, "message", 512);
        if (r.err == ANSA_OK && code == 1) {
                s->done++;
        } else if (r.err == ANSA_OK) {
                import_bad_at(s->im, b->lines[i], "the server answered %u: %.*s", code,
                              (int)text.size, (const char *)text.at);
                s->im->records--;
        } else {
                cli_say(s->im->cli, "%s: an answer that is not understood: %s", s->web.base,
                        problem.text);
        }
        json_decref(root);
        arena_fini(&arena);
        return r.err;
}

static enum ansa_err take_results(struct web_sink *s, const struct batch *b)
{
        struct ansa_bytes rest = buf_written(&b->call.answer);
        enum ansa_err err = ANSA_OK;
        uint32_t i = 0;
        while (rest.size > 0 && err == ANSA_OK) {
                const uint8_t *end = memchr(rest.at, '\n', rest.size);
                size_t size = end != NULL ? (size_t)(end - rest.at) : rest.size;
                if (size > 0 && i == b->count)
                        err = ANSA_E_MALFORMED;
                else if (size > 0)
                        err = take_result(s, b, i++, (struct ansa_bytes){ rest.at, size });
                size_t taken = end != NULL ? size + 1 : size;
                rest = (struct ansa_bytes){ rest.at + taken, rest.size - taken };
        }
        if (err == ANSA_OK && i < b->count) {
                cli_say(s->im->cli, "%s: %u results for %u lines", s->web.base, i, b->count);
                err = ANSA_E_TRUNCATED;
        }
        return err;
}

/* Busy, or nobody there: wait twice as long each time, then send the same again. */
static enum ansa_err try_again(struct web_sink *s, struct batch *b)
{
        (void)poll(NULL, 0, 250 << b->tries);
        web_call_fini(&b->call);
        return start(s, b);
}

static enum ansa_err finish_batch(struct web_sink *s, struct batch *b, CURLcode code)
{
        long status = web_call_status(&b->call);
        enum ansa_err err;
        (void)curl_multi_remove_handle(s->multi, b->call.easy);
        if ((code != CURLE_OK || status == 503 || status == 429) && b->tries < TRIES &&
            code != CURLE_PEER_FAILED_VERIFICATION)
                return try_again(s, b);
        if (code == CURLE_OK && status == 200) {
                err = take_results(s, b);
        } else {
                char problem[256];
                web_call_problem(&b->call, problem, sizeof(problem));
                cli_say(s->im->cli, "%s: %s", s->web.base, problem);
                err = status != 0 ? ANSA_E_DENIED : ANSA_E_NETWORK;
        }
        web_call_fini(&b->call);
        buf_fini(&b->body);
        b->count = 0;
        return err;
}

/* Take what is finished; with @wait at least one batch, when one is under way. */
static enum ansa_err drive(struct web_sink *s, bool wait)
{
        for (;;) {
                int running = 0;
                int left = 0;
                bool took = false;
                if (curl_multi_perform(s->multi, &running) != CURLM_OK)
                        return ANSA_E_NETWORK;
                for (CURLMsg *m; (m = curl_multi_info_read(s->multi, &left)) != NULL;) {
                        for (size_t i = 0; i <= BATCHES_UNDER_WAY; i++) {
                                struct batch *b = &s->batches[i];
                                if (b->call.easy != m->easy_handle)
                                        continue;
                                enum ansa_err err = finish_batch(s, b, m->data.result);
                                if (err != ANSA_OK)
                                        return err;
                                took = took || b->call.easy == NULL;
                                break;
                        }
                }
                if (!wait || took)
                        return ANSA_OK;
                if (curl_multi_poll(s->multi, NULL, 0, 1000, NULL) != CURLM_OK)
                        return ANSA_E_NETWORK;
        }
}

static uint32_t under_way(const struct web_sink *s)
{
        uint32_t count = 0;
        for (size_t i = 0; i <= BATCHES_UNDER_WAY; i++)
                count += s->batches[i].call.easy != NULL;
        return count;
}

static enum ansa_err send_filled(struct web_sink *s)
{
        struct batch *b = s->filling;
        s->filling = NULL;
        if (b == NULL || b->count == 0)
                return ANSA_OK;
        if (b->body.err != ANSA_OK)
                return b->body.err;
        enum ansa_err err = start(s, b);
        while (err == ANSA_OK && under_way(s) > BATCHES_UNDER_WAY)
                err = drive(s, true);
        return err == ANSA_OK ? drive(s, false) : err;
}

static enum ansa_err sink_put(struct import_sink *base, const struct import_record *record)
{
        struct web_sink *s = (struct web_sink *)base;
        for (size_t i = 0; s->filling == NULL && i <= BATCHES_UNDER_WAY; i++) {
                if (s->batches[i].call.easy == NULL)
                        s->filling = &s->batches[i];
                if (s->filling != NULL)
                        begin_batch(s->filling);
        }
        struct batch *b = s->filling;
        ansa_assert(b != NULL); /* one of them is never under way */
        struct buf line = buf_growing(BATCH_SIZE_MAX);
        json_put_record(&line, record->name, record->values);
        struct ansa_bytes members = buf_written(&line); /* {"handle": */
        if (members.size > 0) {
                buf_text(&b->body, "{\"op\":\"");
                buf_text(&b->body, s->operation);
                buf_text(&b->body, "\",");
                buf_bytes(&b->body, (struct ansa_bytes){ members.at + 1, members.size - 1 });
                buf_u8(&b->body, '\n');
                b->lines[b->count++] = record->line;
        }
        enum ansa_err err = line.err;
        buf_fini(&line);
        if (err == ANSA_OK && (b->count == BATCH_LINES || b->body.size >= BATCH_SIZE))
                err = send_filled(s);
        return err;
}

static enum ansa_err sink_finish(struct import_sink *base)
{
        struct web_sink *s = (struct web_sink *)base;
        enum ansa_err err = send_filled(s);
        while (err == ANSA_OK && under_way(s) > 0)
                err = drive(s, true);
        cli_say(s->im->cli, "%llu records written by the server", (unsigned long long)s->done);
        return err;
}

static void sink_free(struct import_sink *base)
{
        struct web_sink *s = (struct web_sink *)base;
        for (size_t i = 0; i <= BATCHES_UNDER_WAY; i++) {
                struct batch *b = &s->batches[i];
                if (b->call.easy != NULL)
                        (void)curl_multi_remove_handle(s->multi, b->call.easy);
                web_call_fini(&b->call);
                buf_fini(&b->body);
        }
        if (s->multi != NULL)
                (void)curl_multi_cleanup(s->multi);
        web_close(&s->web);
        free(s);
}

struct import_sink *import_sink_web(struct import *im, enum exit_status *status)
{
        struct web_sink *s = calloc(1, sizeof(*s));
        if (s == NULL) {
                *status = cli_fail(im->cli, ANSA_E_NO_MEMORY, "out of memory");
                return NULL;
        }
        s->sink = (struct import_sink){ sink_put, sink_finish, sink_free };
        s->im = im;
        s->operation = cli_has(im->cli, "keep") ? "create" : "put";
        *status = web_open(im->cli, &s->web);
        if (*status == EXIT_DONE) {
                s->multi = curl_multi_init();
                if (s->multi != NULL)
                        return &s->sink;
                *status = cli_fail(im->cli, ANSA_E_NO_MEMORY, "out of memory");
        }
        sink_free(&s->sink);
        return NULL;
}
