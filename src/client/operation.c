/* SPDX-License-Identifier: Apache-2.0 */
/* The caller's operation: request structure to wire body and first frame. */
#include "base/limits.h"
#include "client/call.h"
#include "client/identity.h"
#include "wire/body.h"
#include "wire/name.h"

#define FLAGS_KNOWN                                                                             \
        (ANSA_AUTHORITATIVE | ANSA_CERTIFIED | ANSA_ENCRYPTED | ANSA_PRIVATE | ANSA_OVERWRITE | \
         ANSA_MINT | ANSA_NO_REFERRAL | ANSA_NO_RECURSION | ANSA_NO_CACHE)

static const struct {
        const char *name;
        uint32_t op;
        bool is_admin;
        bool is_repeatable;
        bool needs_name;
} operations[] = {
        [ANSA_RESOLVE] = { "resolve", OP_RESOLVE, false, true, true },
        [ANSA_CREATE] = { "create", OP_CREATE, true, false, true },
        [ANSA_DELETE] = { "delete", OP_DELETE, true, false, true },
        [ANSA_ADD] = { "add values to", OP_ADD, true, false, true },
        [ANSA_REMOVE] = { "remove values from", OP_REMOVE, true, false, true },
        [ANSA_MODIFY] = { "modify values of", OP_MODIFY, true, false, true },
        [ANSA_LIST] = { "list", OP_LIST, true, true, true },
        [ANSA_LIST_PREFIXES] = { "list prefixes derived from", OP_LIST_PREFIXES, true, true, true },
        [ANSA_LIST_HOMED] = { "list the prefixes homed at", OP_LIST_HOMED, true, true, false },
        [ANSA_HOME] = { "home", OP_HOME, true, false, true },
        [ANSA_UNHOME] = { "unhome", OP_UNHOME, true, false, true },
        [ANSA_GET_SITE] = { "get the site of", OP_GET_SITE, false, true, false },
        [ANSA_VERIFY] = { "verify an answer with", OP_VERIFY, false, true, false },
};
#define OPERATION_COUNT (sizeof(operations) / sizeof(operations[0]))

const char *operation_name(enum ansa_operation operation)
{
        return (size_t)operation < OPERATION_COUNT ? operations[operation].name : "ask about";
}

static enum ansa_err copy(struct ansa_call *call, struct ansa_bytes *bytes)
{
        struct ansa_bytes from = *bytes;
        return arena_copy(&call->arena, from, bytes);
}

/* Values in wire form; later parts of the call see nothing else. */
static enum ansa_err encode_values(struct ansa_call *call, const struct ansa_request *r,
                                   struct ansa_values *values, bool *has_secrets)
{
        struct buf b = buf_growing(LIMIT_MESSAGE_SIZE);
        enum ansa_err err = ANSA_OK;
        for (size_t i = 0; i < r->value_count && err == ANSA_OK; i++) {
                size_t written;
                uint8_t *at = buf_take(&b, ansa_value_size(&r->values[i]));
                err = at == NULL ? b.err
                                 : ansa_value_encode(&r->values[i], at,
                                                     ansa_value_size(&r->values[i]), &written);
                if ((r->values[i].permissions & ANSA_PERM_PUBLIC_READ) == 0)
                        *has_secrets = true;
        }
        struct ansa_bytes wire = buf_written(&b);
        if (err == ANSA_OK)
                err = arena_copy(&call->arena, wire, &values->wire);
        values->count = (uint32_t)r->value_count;
        buf_fini(&b);
        return err;
}

/* Lists of a request as they are on the wire. */
static enum ansa_err encode_lists(struct ansa_call *call, const struct ansa_request *r,
                                  struct index_list *indexes, struct text_list *types)
{
        struct buf i = buf_growing(LIMIT_MESSAGE_SIZE);
        struct buf t = buf_growing(LIMIT_MESSAGE_SIZE);
        for (size_t n = 0; n < r->index_count; n++)
                buf_u32(&i, r->indexes[n]);
        for (size_t n = 0; n < r->type_count; n++)
                buf_block(&t, r->types[n]);
        enum ansa_err err = i.err != ANSA_OK ? i.err : t.err;
        if (err == ANSA_OK)
                err = arena_copy(&call->arena, buf_written(&i), &indexes->wire);
        if (err == ANSA_OK)
                err = arena_copy(&call->arena, buf_written(&t), &types->wire);
        indexes->count = (uint32_t)r->index_count;
        types->count = (uint32_t)r->type_count;
        buf_fini(&i);
        buf_fini(&t);
        return err;
}

/* What is wrong with a request, NULL when nothing is. */
static const char *problem_of(const struct ansa_request *r)
{
        if ((size_t)r->operation >= OPERATION_COUNT || (r->flags & ~FLAGS_KNOWN) != 0)
                return "unknown operation or flag";
        if (operations[r->operation].needs_name || r->name.size > 0) {
                const char *why = name_problem(r->name);
                if (why != NULL)
                        return why;
        }
        if (r->value_count > LIMIT_VALUE_COUNT || r->index_count > LIMIT_VALUE_COUNT ||
            r->type_count > LIMIT_VALUE_COUNT)
                return "more than 2,048 values, indexes or types";
        if (r->operation == ANSA_VERIFY && r->key.name.size == 0)
                return "the key is not named";
        if ((r->flags & ANSA_ENCRYPTED) != 0 && r->session == NULL)
                return "encryption needs a session";
        if (r->session != NULL && r->transport == ANSA_TRANSPORT_UDP)
                return "a session needs a connection";
        return NULL;
}

enum ansa_err operation_copy(struct ansa_call *call, const struct ansa_request *request)
{
        struct ansa_request *r = &call->request;
        *r = *request;
        r->types = NULL;
        r->indexes = NULL;
        r->values = NULL;
        r->type_count = 0;
        r->index_count = 0;
        r->value_count = 0;
        if (r->session != NULL && r->identity == NULL)
                r->identity = r->session->identity;
        const char *problem = problem_of(request);
        if (problem != NULL) {
                /* A name over its limit is only shown. */
                if (r->name.size > ANSA_NAME_SIZE_MAX)
                        r->name.size = ANSA_NAME_SIZE_MAX;
                (void)!copy(call, &r->name);
                memcpy(call->detail, problem, strlen(problem) + 1);
                return ANSA_E_ARGUMENT;
        }
        struct ansa_bytes *types =
                arena_array(&call->arena, request->type_count, sizeof(struct ansa_bytes));
        uint32_t *indexes = arena_array(&call->arena, request->index_count, sizeof(uint32_t));
        if (types == NULL || indexes == NULL)
                return ANSA_E_NO_MEMORY;
        enum ansa_err err = ANSA_OK;
        for (size_t i = 0; i < request->type_count && err == ANSA_OK; i++)
                err = arena_copy(&call->arena, request->types[i], &types[i]);
        if (request->index_count > 0)
                memcpy(indexes, request->indexes, request->index_count * sizeof(uint32_t));
        r->types = types;
        r->type_count = request->type_count;
        r->indexes = indexes;
        r->index_count = request->index_count;
        struct ansa_bytes *texts[] = { &r->name,   &r->key.name, &r->nonce,
                                       &r->digest, &r->answer,   &r->site };
        for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]) && err == ANSA_OK; i++)
                err = copy(call, texts[i]);
        if (err == ANSA_OK && r->name.size == 0)
                r->name = ANSA_BYTES_LIT("/");
        return err;
}

static void put_body(struct ansa_call *call, const struct ansa_request *borrowed, struct frame *f,
                     struct buf *b)
{
        const struct ansa_request *r = &call->request;
        struct index_list indexes = { 0 };
        struct text_list types = { 0 };
        struct ansa_values values = { 0 };
        enum ansa_err err = ANSA_OK;
        switch (r->operation) {
        case ANSA_RESOLVE:
                /* Signatures cover whole records: the filter is applied when they are checked. */
                if (call->client->options.trust == ANSA_TRUST_OFF)
                        err = encode_lists(call, r, &indexes, &types);
                resolve_request_encode(&(struct resolve_request){ r->name, indexes, types }, b);
                break;
        case ANSA_CREATE:
        case ANSA_ADD:
        case ANSA_MODIFY:
                err = encode_values(call, borrowed, &values, &f->ask.has_secrets);
                record_body_encode(&(struct record_body){ r->name, values }, b);
                break;
        case ANSA_REMOVE:
                err = encode_lists(call, r, &indexes, &types);
                remove_request_encode(&(struct remove_request){ r->name, indexes }, b);
                break;
        case ANSA_VERIFY:
                verify_request_encode(
                        &(struct verify_request){ r->key, r->nonce, r->digest, r->answer }, b);
                break;
        case ANSA_LIST_HOMED:
        case ANSA_GET_SITE:
                name_body_encode(ANSA_BYTES_LIT("/"), b);
                break;
        case ANSA_DELETE:
        case ANSA_LIST:
        case ANSA_LIST_PREFIXES:
        case ANSA_HOME:
        case ANSA_UNHOME:
                name_body_encode(f->name, b);
                break;
        }
        if (err != ANSA_OK)
                buf_fail(b, err);
}

static uint32_t wire_flags(const struct ansa_request *r, bool is_admin)
{
        uint32_t flags = FLAG_CACHE_CERTIFY;
        flags |= is_admin ? FLAG_AUTHORITATIVE | FLAG_REQUEST_DIGEST : FLAG_RECURSIVE;
        if (r->operation == ANSA_VERIFY)
                flags |= FLAG_REQUEST_DIGEST;
        if (!is_admin && (r->flags & ANSA_PRIVATE) == 0)
                flags |= FLAG_PUBLIC_ONLY;
        if ((r->flags & ANSA_AUTHORITATIVE) != 0)
                flags |= FLAG_AUTHORITATIVE;
        if ((r->flags & ANSA_CERTIFIED) != 0)
                flags |= FLAG_CERTIFY | FLAG_REQUEST_DIGEST;
        if ((r->flags & ANSA_ENCRYPTED) != 0)
                flags |= FLAG_ENCRYPT;
        if ((r->flags & ANSA_OVERWRITE) != 0)
                flags |= FLAG_OVERWRITE;
        if ((r->flags & ANSA_MINT) != 0)
                flags |= FLAG_MINT_SUFFIX;
        if ((r->flags & ANSA_NO_REFERRAL) != 0)
                flags |= FLAG_DO_NOT_REFER;
        if ((r->flags & ANSA_NO_RECURSION) != 0)
                flags &= ~FLAG_RECURSIVE;
        return flags;
}

/* "0.NA/<prefix>" for "35.TEST" and for itself. */
static enum ansa_err prefix_record(struct ansa_call *call, struct ansa_bytes name,
                                   struct ansa_bytes *record)
{
        struct buf b = buf_growing(NAME_KEY_SIZE_MAX);
        if (memchr(name.at, '/', name.size) == NULL)
                buf_text(&b, "0.NA/");
        buf_bytes(&b, name);
        enum ansa_err err = b.err;
        if (err == ANSA_OK)
                err = arena_copy(&call->arena, buf_written(&b), record);
        buf_fini(&b);
        return err;
}

/* What decides who is asked: of lists and homing, the identifiers under the prefix. */
static enum ansa_err choose_route(struct ansa_call *call, struct frame *f)
{
        const struct ansa_request *r = &call->request;
        f->route = f->name;
        if (r->operation == ANSA_VERIFY)
                f->route = r->key.name;
        bool about_prefix = r->operation == ANSA_LIST || r->operation == ANSA_HOME ||
                            r->operation == ANSA_UNHOME || r->operation == ANSA_LIST_PREFIXES;
        if (!about_prefix)
                return ANSA_OK;
        enum ansa_err err = prefix_record(call, r->name, &f->name);
        f->route = f->name;
        if (err != ANSA_OK || r->operation == ANSA_LIST_PREFIXES)
                return err;
        struct buf b = buf_growing(NAME_KEY_SIZE_MAX + 1);
        buf_bytes(&b, name_split(f->name).suffix);
        if (b.size == 0 || memchr(b.at, '/', b.size) == NULL)
                buf_text(&b, "/");
        err = b.err;
        if (err == ANSA_OK)
                err = arena_copy(&call->arena, buf_written(&b), &f->route);
        buf_fini(&b);
        return err;
}

/* @borrowed still has the values; everything else was copied by operation_copy. */
static enum ansa_err fill_frame(struct ansa_call *call, const struct ansa_request *borrowed,
                                struct frame *f)
{
        const struct ansa_request *r = &call->request;
        struct buf b = buf_growing(LIMIT_MESSAGE_SIZE);
        f->name = r->name;
        f->is_admin = operations[r->operation].is_admin;
        enum ansa_err err = choose_route(call, f);
        if (err != ANSA_OK)
                return err;
        f->ask.op = operations[r->operation].op;
        f->ask.flags = wire_flags(r, f->is_admin);
        f->ask.recursion = r->recursion;
        put_body(call, borrowed, f, &b);
        err = b.err;
        if (err == ANSA_OK)
                err = arena_copy(&call->arena, buf_written(&b), &f->ask.body);
        buf_fini(&b);
        f->sweep.is_on = r->operation == ANSA_LIST || r->operation == ANSA_HOME ||
                         r->operation == ANSA_UNHOME;
        f->sweep.all_sites = r->operation == ANSA_HOME || r->operation == ANSA_UNHOME;
        if (r->operation == ANSA_RESOLVE) {
                bool whole = call->client->options.trust != ANSA_TRUST_OFF;
                f->question = (struct answer_cache_query){
                        .name = r->name, .is_certified = (r->flags & ANSA_CERTIFIED) != 0
                };
                if (!whole) {
                        f->question.indexes = r->indexes;
                        f->question.index_count = r->index_count;
                        f->question.types = r->types;
                        f->question.type_count = r->type_count;
                }
                f->may_cache = (r->flags & ANSA_PRIVATE) == 0;
        }
        return err;
}

enum ansa_err operation_frame(struct ansa_call *call, const struct ansa_request *borrowed)
{
        struct frame *f;
        enum ansa_err err = frame_push(call, &f);
        return err == ANSA_OK ? fill_frame(call, borrowed, f) : err;
}

bool operation_is_repeatable(const struct ansa_call *call, const struct frame *f)
{
        return f->is_internal || operations[call->request.operation].is_repeatable;
}
