/* SPDX-License-Identifier: Apache-2.0 */
/* The stack of frames, and the work on its top. */
#include "client/call.h"

#include "client/sentence.h"

#include "base/limits.h"
#include "wire/body.h"

#define SHOWN_MAX 80 /* octets of an identifier in a sentence */

enum ansa_err frame_push(struct ansa_call *call, struct frame **frame)
{
        *frame = NULL;
        if (call->frame_count == FRAMES_MAX || call->resolutions == RESOLUTIONS_MAX)
                return ANSA_E_LIMIT;
        struct frame *f = arena_alloc(&call->arena, sizeof(*f));
        if (f == NULL)
                return ANSA_E_NO_MEMORY;
        f->below = call->top;
        call->top = f;
        call->frame_count++;
        call->resolutions++;
        *frame = f;
        return ANSA_OK;
}

void frame_fail(struct ansa_call *call, struct frame *f, enum ansa_err err, const char *what)
{
        char name[SHOWN_MAX + 8];
        char detail[DETAIL_MAX];
        const char *operation = "resolve";
        if (!f->is_internal)
                operation = operation_name(call->request.operation);
        else if (f->by_address)
                operation = "get the site of a root server for";
        (void)sentence_quote(name, sizeof(name), f->name, SHOWN_MAX);
        sentence_put(detail, sizeof(detail), "%s %s: %s", operation, name, what);
        memcpy(call->detail, detail, sizeof(detail));
        f->err = err;
        f->phase = PHASE_DONE;
}

static enum ansa_err resolution_body(struct ansa_call *call, const struct answer_cache_query *q,
                                     struct ansa_bytes *body)
{
        struct buf types = buf_growing(LIMIT_MESSAGE_SIZE);
        struct buf b = buf_growing(LIMIT_MESSAGE_SIZE);
        for (size_t i = 0; i < q->type_count; i++)
                buf_block(&types, q->types[i]);
        struct resolve_request r = { .name = q->name };
        r.types = (struct text_list){ buf_written(&types), (uint32_t)q->type_count };
        resolve_request_encode(&r, &b);
        enum ansa_err err = types.err != ANSA_OK ? types.err : b.err;
        if (err == ANSA_OK)
                err = arena_copy(&call->arena, buf_written(&b), body);
        buf_fini(&types);
        buf_fini(&b);
        return err;
}

void frame_resolve(struct ansa_call *call, enum awaited awaited, struct ansa_bytes name,
                   const struct ansa_bytes *types, size_t type_count, uint32_t flags)
{
        struct frame *waiting = call->top;
        struct frame *f;
        enum ansa_err err = frame_push(call, &f);
        if (err != ANSA_OK) {
                frame_fail(call, waiting, err,
                           err == ANSA_E_LIMIT ? "too many references on the way (a loop?)"
                                               : ansa_err_text(err));
                return;
        }
        waiting->awaited = awaited;
        bool certified = (call->request.flags & ANSA_CERTIFIED) != 0;
        f->is_internal = true;
        f->name = name;
        f->route = name;
        f->question = (struct answer_cache_query){
                .name = name, .types = types, .type_count = type_count, .is_certified = certified
        };
        f->may_cache = true;
        f->ask.op = OP_RESOLVE;
        f->ask.recursion = call->request.recursion;
        f->ask.flags = flags | FLAG_CACHE_CERTIFY | FLAG_PUBLIC_ONLY;
        if (certified)
                f->ask.flags |= FLAG_CERTIFY | FLAG_REQUEST_DIGEST;
        if ((call->request.flags & ANSA_NO_RECURSION) == 0)
                f->ask.flags |= FLAG_RECURSIVE;
        err = resolution_body(call, &f->question, &f->ask.body);
        if (err != ANSA_OK)
                frame_fail(call, f, err, ansa_err_text(err));
}

/* True when it has to wait. */
static bool step_ask(struct ansa_call *call, struct frame *f)
{
        asking_step(&call->asking);
        if (!call->asking.is_over)
                return true;
        if (call->asking.err != ANSA_OK) {
                f->response = call->asking.response;
                enum ansa_err err = call->asking.err;
                char what[ASK_PROBLEM_MAX];
                memcpy(what, call->asking.problem, sizeof(what));
                asking_end(&call->asking);
                frame_fail(call, f, err, what);
        } else {
                outcome_take(call, f);
        }
        return false;
}

static void pop(struct ansa_call *call)
{
        struct frame *f = call->top;
        if (f->below == NULL && outcome_check_trust(call, f))
                return;
        call->top = f->below;
        call->frame_count--;
        if (call->top == NULL)
                outcome_answer(call, f);
        else
                find_take(call, call->top, f);
}

void frames_run(struct ansa_call *call)
{
        while (call->top != NULL) {
                struct frame *f = call->top;
                switch (f->phase) {
                case PHASE_START:
                        find_start(call, f);
                        break;
                case PHASE_CHOOSE:
                        find_choose(call, f);
                        break;
                case PHASE_ASK:
                        if (step_ask(call, f))
                                return;
                        break;
                case PHASE_DONE:
                        pop(call);
                        break;
                }
        }
}
