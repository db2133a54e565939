/* SPDX-License-Identifier: Apache-2.0 */
/* Calls as their users see them: made, stepped, waited for, freed. */
#include "client/call.h"

#include "client/sentence.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>

#define CALL_SIZE_MAX  (32u * 1024u * 1024u) /* what all answers of one call may take */
#define POLL_MAX_MS    60000u
#define POLL_CALLS_MAX 1024u

enum ansa_err ansa_call_new(struct ansa_client *client, const struct ansa_request *request,
                            struct ansa_call **call)
{
        *call = NULL;
        struct ansa_call *c = calloc(1, sizeof(*c));
        if (c == NULL)
                return ANSA_E_NO_MEMORY;
        c->client = client;
        arena_init(&c->arena, CALL_SIZE_MAX);
        asking_init(&c->asking, client);
        trust_init(&c->trust);
        c->answer = (struct ansa_answer){ .err = ANSA_E_BUSY,
                                          .problem = c->detail,
                                          .server = c->server };
        *call = c;
        uint32_t timeout =
                request->timeout_ms > 0 ? request->timeout_ms : client->options.call_timeout_ms;
        c->deadline_ms = client->env->steady_ms(client->env) + timeout;
        enum ansa_err err = operation_copy(c, request);
        if (err == ANSA_OK)
                err = operation_frame(c, request);
        if (err != ANSA_OK) {
                char why[DETAIL_MAX];
                memcpy(why, c->detail, sizeof(why));
                sentence_put(c->detail, sizeof(c->detail), "%s: %s",
                             operation_name(c->request.operation),
                             *why != '\0' ? why : ansa_err_text(err));
                c->answer.err = err;
                c->is_done = true;
                c->top = NULL;
        }
        return err;
}

void ansa_call_free(struct ansa_call *call)
{
        if (call == NULL)
                return;
        asking_end(&call->asking);
        trust_fini(&call->trust);
        arena_fini(&call->arena);
        free(call);
}

const struct ansa_answer *ansa_call_answer(const struct ansa_call *call)
{
        return &call->answer;
}

static void time_out(struct ansa_call *call)
{
        char why[ASK_PROBLEM_MAX];
        memcpy(why, call->asking.problem, sizeof(why));
        struct frame *f = call->top;
        asking_end(&call->asking);
        frame_fail(call, f, ANSA_E_TIMEOUT, *why != '\0' ? why : "no answer came in time");
        call->top = NULL;
        outcome_answer(call, f);
}

bool ansa_call_step(struct ansa_call *call)
{
        struct env *env = call->client->env;
        if (call->is_done)
                return true;
        frames_run(call);
        if (!call->is_done && env->steady_ms(env) >= call->deadline_ms)
                time_out(call);
        return call->is_done;
}

size_t ansa_call_waits(const struct ansa_call *call, struct ansa_wait waits[ANSA_WAITS_MAX],
                       uint32_t *timeout_ms)
{
        struct env *env = call->client->env;
        struct waits w = { .until_ms = call->deadline_ms };
        uint64_t now = env->steady_ms(env);
        if (call->is_done || call->top == NULL || call->top->phase != PHASE_ASK)
                waits_until(&w, 0);
        else
                asking_waits(&call->asking, &w);
        uint64_t left = w.until_ms > now ? w.until_ms - now : 0;
        *timeout_ms = left > UINT32_MAX ? UINT32_MAX : (uint32_t)left;
        memcpy(waits, w.at, sizeof(w.at));
        return w.count;
}

static short events_of(const struct ansa_wait *w)
{
        return (short)((w->read ? POLLIN : 0) | (w->write ? POLLOUT : 0));
}

enum ansa_err ansa_call_wait(struct ansa_call *call)
{
        size_t ended;
        while (!ansa_call_step(call)) {
                enum ansa_err err = ansa_calls_wait(&call, 1, POLL_MAX_MS, &ended);
                if (err != ANSA_OK && err != ANSA_E_TIMEOUT)
                        return err;
        }
        return call->answer.err;
}

enum ansa_err ansa_run(struct ansa_client *client, const struct ansa_request *request,
                       struct ansa_call **call)
{
        enum ansa_err err = ansa_call_new(client, request, call);
        return err == ANSA_OK ? ansa_call_wait(*call) : err;
}

/* Add what @call waits for; descriptors that several calls share are listed once for each. */
static size_t collect(const struct ansa_call *call, struct pollfd *fds, uint32_t *timeout_ms)
{
        struct ansa_wait waits[ANSA_WAITS_MAX];
        uint32_t own;
        size_t n = ansa_call_waits(call, waits, &own);
        for (size_t i = 0; i < n; i++)
                fds[i] = (struct pollfd){ .fd = waits[i].fd, .events = events_of(&waits[i]) };
        if (own < *timeout_ms)
                *timeout_ms = own;
        return n;
}

/* True when a call has ended. */
static bool step_all(struct ansa_call *const *calls, size_t count, size_t *ended)
{
        for (size_t i = 0; i < count; i++) {
                if (calls[i] != NULL && ansa_call_step(calls[i])) {
                        *ended = i;
                        return true;
                }
        }
        return false;
}

enum ansa_err ansa_calls_wait(struct ansa_call *const *calls, size_t count, uint32_t timeout_ms,
                              size_t *ended)
{
        *ended = 0;
        struct env *env = env_system(); /* what poll goes by */
        uint64_t until = env->steady_ms(env) + timeout_ms;
        if (count == 0 || count > POLL_CALLS_MAX)
                return ANSA_E_ARGUMENT;
        struct pollfd *fds = calloc(count * ANSA_WAITS_MAX, sizeof(*fds));
        if (fds == NULL)
                return ANSA_E_NO_MEMORY;
        enum ansa_err err = ANSA_OK;
        while (!step_all(calls, count, ended)) {
                uint64_t now = env->steady_ms(env);
                size_t n = 0;
                if (now >= until) {
                        err = ANSA_E_TIMEOUT;
                        break;
                }
                uint32_t wait_ms =
                        until - now < POLL_MAX_MS ? (uint32_t)(until - now) : POLL_MAX_MS;
                for (size_t i = 0; i < count; i++) {
                        if (calls[i] != NULL)
                                n += collect(calls[i], fds + n, &wait_ms);
                }
                if (poll(fds, (nfds_t)n, (int)wait_ms) < 0 && errno != EINTR) {
                        err = ANSA_E_IO;
                        break;
                }
        }
        free(fds);
        return err;
}
