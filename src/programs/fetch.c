/* SPDX-License-Identifier: Apache-2.0 */
#include "programs/fetch.h"

#include "ansa/client.h"
#include "base/log.h"
#include "programs/home.h"
#include "programs/site_file.h"
#include "wire/codes.h"

#include <stdlib.h>

#define ROOTS_FILE_MAX (4u << 20) /* octets */

/*
 * A slow thread waits for the answer, and there are few of them: others must not wait long for
 * servers that are not there.
 */
#define CONNECT_MS 2000u
#define ANSWER_MS  4000u
#define CALL_MS    8000u

struct client_fetcher {
        struct fetcher fetcher;
        struct ansa_client *client;
};

static struct ansa_client *client_of(struct fetcher *f)
{
        return ((struct client_fetcher *)(void *)f)->client;
}

/*
 * What another server answered, refusals too. Nobody answered, or what was answered cannot be
 * believed: the call's error; ANSA_E_NOT_FOUND when there is nobody to ask.
 */
static enum ansa_err outcome(const struct ansa_answer *answer, uint32_t *response)
{
        if (answer->err != ANSA_OK && answer->is_unserved)
                return ANSA_E_NOT_FOUND;
        bool is_refusal = answer->response != 0 && answer->response != RC_SUCCESS;
        if (answer->err != ANSA_OK && (!is_refusal || answer->err == ANSA_E_UNAUTHENTIC))
                return answer->err;
        *response = answer->response;
        return ANSA_OK;
}

static enum ansa_err resolve(struct fetcher *f, const struct fetch_query *query,
                             struct arena *arena, uint32_t *response, struct ansa_values *values)
{
        struct ansa_call *call = NULL;
        struct ansa_request request = {
                .operation = ANSA_RESOLVE,
                .name = query->name,
                .flags = (query->certified ? ANSA_CERTIFIED : 0) |
                         (query->authoritative ? ANSA_AUTHORITATIVE : 0),
                .indexes = query->indexes,
                .index_count = query->index_count,
                .types = query->types,
                .type_count = query->type_count,
                .recursion = query->recursion,
        };
        *response = RC_ERROR;
        *values = (struct ansa_values){ 0 };
        enum ansa_err err = ansa_run(client_of(f), &request, &call);
        if (call != NULL) {
                const struct ansa_answer *answer = ansa_call_answer(call);
                err = outcome(answer, response);
                if (err == ANSA_OK && *response == RC_SUCCESS) {
                        values->count = answer->values.count;
                        err = arena_copy(arena, answer->values.wire, &values->wire);
                }
                if (err != ANSA_OK) {
                        char problem[256];
                        log_debug("fetch", "problem=%s",
                                  log_quote(ansa_bytes_text(answer->problem), problem,
                                            sizeof(problem)));
                        *values = (struct ansa_values){ 0 };
                }
        }
        ansa_call_free(call);
        return err;
}

static enum ansa_err verify(struct fetcher *f, const struct ansa_ref *key, struct ansa_bytes nonce,
                            struct ansa_bytes digest, struct ansa_bytes proof, bool *is_valid)
{
        struct ansa_call *call = NULL;
        /* Whoever could forge this answer could be any administrator: it must be signed. */
        struct ansa_request request = { .operation = ANSA_VERIFY,
                                        .name = key->name,
                                        .flags = ANSA_CERTIFIED,
                                        .key = *key,
                                        .nonce = nonce,
                                        .digest = digest,
                                        .answer = proof };
        *is_valid = false;
        enum ansa_err err = ansa_run(client_of(f), &request, &call);
        if (err == ANSA_OK)
                *is_valid = ansa_call_answer(call)->is_valid;
        ansa_call_free(call);
        return err;
}

static enum ansa_err failed(const char *file, const char *why)
{
        log_error("start", "part=resolver file=%s detail=\"%s\"", file, why);
        return ANSA_E_ARGUMENT;
}

static enum ansa_err add_roots(const struct ansad *a, struct ansa_client *client)
{
        const char *file = a->settings->config.roots;
        char path[ANSAD_PATH_MAX];
        uint8_t *at;
        size_t size;
        if (file[0] == '\0')
                return ANSA_OK;
        enum ansa_err err = ansad_path(a, file, path, sizeof(path));
        if (err == ANSA_OK)
                err = file_read(path, ROOTS_FILE_MAX, &at, &size);
        if (err != ANSA_OK)
                return failed(file, ansa_err_text(err));
        err = ansa_client_add_bootstrap(client, (struct ansa_bytes){ at, size });
        free(at);
        return err == ANSA_OK ? err : failed(file, ansa_client_problem(client));
}

/* "PREFIX=FILE" */
static enum ansa_err add_local(const struct ansad *a, struct ansa_client *client, const char *item)
{
        const char *equals = strchr(item, '=');
        char path[ANSAD_PATH_MAX];
        uint8_t *at;
        size_t size;
        struct config_problem problem;
        if (equals == NULL || equals == item)
                return failed(item, "local_sites wants PREFIX=FILE");
        enum ansa_err err = ansad_path(a, equals + 1, path, sizeof(path));
        if (err != ANSA_OK)
                return failed(item, ansa_err_text(err));
        err = site_file_read(path, &at, &size, &problem);
        if (err != ANSA_OK)
                return failed(item, problem.text);
        struct ansa_bytes prefix = { (const uint8_t *)item, (size_t)(equals - item) };
        err = ansa_client_add_local(client, prefix, (struct ansa_bytes){ at, size });
        free(at);
        return err == ANSA_OK ? err : failed(item, ansa_client_problem(client));
}

enum ansa_err fetch_open(const struct ansad *a, struct fetcher **fetcher)
{
        const struct config *c = &a->settings->config;
        const struct ansa_client_options options = { .connect_timeout_ms = CONNECT_MS,
                                                     .answer_timeout_ms = ANSWER_MS,
                                                     .call_timeout_ms = CALL_MS };
        *fetcher = NULL;
        if (c->roots[0] == '\0' && c->local_sites.count == 0) {
                if (c->allow_recursion || c->http_resolve_others)
                        log_warn("start",
                                 "part=resolver detail=\"%s has no effect: "
                                 "[resolver] names neither roots nor local_sites\"",
                                 c->allow_recursion ? "allow_recursion" : "http_resolve_others");
                return ANSA_OK;
        }
        struct client_fetcher *f = calloc(1, sizeof(*f));
        if (f == NULL)
                return ANSA_E_NO_MEMORY;
        f->fetcher = (struct fetcher){ resolve, verify };
        enum ansa_err err = ansa_client_new(&options, &f->client);
        if (err == ANSA_OK)
                err = add_roots(a, f->client);
        for (uint32_t i = 0; err == ANSA_OK && i < c->local_sites.count; i++)
                err = add_local(a, f->client, c->local_sites.item[i]);
        if (err == ANSA_OK)
                *fetcher = &f->fetcher;
        else
                fetch_close(&f->fetcher);
        return err;
}

void fetch_close(struct fetcher *fetcher)
{
        if (fetcher == NULL)
                return;
        struct client_fetcher *f = (struct client_fetcher *)(void *)fetcher;
        ansa_client_free(f->client);
        free(f);
}
