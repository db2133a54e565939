/* SPDX-License-Identifier: Apache-2.0 */
#include "base/limits.h"
#include "http/exchange.h"
#include "http/guesses.h"
#include "http/proven.h"
#include "http/web_sessions.h"
#include "http/namespaces.h"
#include "wire/message.h"

#include <stdlib.h>

/* What lives as long as the door: the service, its settings, its workers. */

static void settings_free(struct shared *shared)
{
        struct http_settings *s = (struct http_settings *)shared;
        shared_give(s->config.owner);
        free(s);
}

enum ansa_err http_reconfigure(struct http *http, const struct http_config *config)
{
        struct http_settings *s = calloc(1, sizeof(*s));
        if (s == NULL)
                return ANSA_E_NO_MEMORY;
        s->config = *config;
        shared_init(&s->shared, settings_free);
        shared_hold(s->config.owner);
        shared_replace(&http->settings, &s->shared);
        return ANSA_OK;
}

enum ansa_err http_new(const struct http_options *options, struct http **http)
{
        *http = NULL;
        struct http *h = calloc(1, sizeof(*h));
        if (h == NULL)
                return ANSA_E_NO_MEMORY;
        shared_place_init(&h->settings);
        h->service = options->service;
        h->env = options->env;
        h->facts = options->facts;
        h->signer = options->signer;
        enum ansa_err err = http_reconfigure(h, &options->config);
        if (err == ANSA_OK)
                err = web_sessions_new(h->env, &h->sessions);
        if (err == ANSA_OK)
                err = proven_new(h->env, &h->proven);
        if (err == ANSA_OK)
                err = guesses_new(h->env, &h->guesses);
        if (err == ANSA_OK)
                err = namespaces_new(options->env, NAMESPACES_SHARED, &h->namespaces);
        if (err != ANSA_OK) {
                http_free(h);
                return err;
        }
        *http = h;
        return ANSA_OK;
}

void http_free(struct http *http)
{
        if (http == NULL)
                return;
        namespaces_free(http->namespaces);
        shared_place_fini(&http->settings);
        web_sessions_free(http->sessions);
        proven_free(http->proven);
        guesses_free(http->guesses);
        free(http);
}

enum ansa_err http_worker_new(struct http *http, bool may_block, struct http_worker **worker)
{
        *worker = NULL;
        struct http_worker *w = calloc(1, sizeof(*w));
        if (w == NULL)
                return ANSA_E_NO_MEMORY;
        w->http = http;
        w->may_block = may_block;
        w->message = buf_growing(LIMIT_MESSAGE_SIZE + ENVELOPE_SIZE);
        w->reply = buf_growing(LIMIT_MESSAGE_SIZE + ENVELOPE_SIZE);
        enum ansa_err err = identifier_worker_new(http->service, may_block, &w->identifier);
        if (err == ANSA_OK)
                err = namespaces_new(http->env, NAMESPACES_OWN, &w->namespaces);
        if (err != ANSA_OK) {
                http_worker_free(w);
                return err;
        }
        *worker = w;
        return ANSA_OK;
}

void http_worker_free(struct http_worker *worker)
{
        if (worker == NULL)
                return;
        identifier_worker_free(worker->identifier);
        namespaces_free(worker->namespaces);
        exchange_free(worker->spare);
        buf_fini(&worker->message);
        buf_fini(&worker->reply);
        free(worker);
}

void http_tick(struct http *http)
{
        web_sessions_expire(http->sessions);
}

void http_count(struct http *http, struct http_counts *counts)
{
        *counts = (struct http_counts){ 0 };
        web_sessions_count(http->sessions, &counts->sessions, &counts->challenges);
        guesses_count(http->guesses, &counts->logins_failed, &counts->logins_refused);
}
