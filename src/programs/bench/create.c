/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signed creations: as many clients as connections, each with one creation under way. Without
 * --session every creation answers a challenge with the administrator's key; with it a client
 * sets up one session and its creations carry authentication codes.
 */
#include "programs/bench/bench.h"

#include "ansa/client.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>

#define KEY_FILE_MAX 65536u
#define CLIENTS_MAX  1024u
#define DEPTH        8u /* creations under way in one session */

struct creator {
        struct ansa_session *session;
};

struct create_load {
        const struct bench_options *o;
        struct bench_result *r;
        struct ansa_client *client;
        struct ansa_identity *identity;
        struct creator creators[CLIENTS_MAX];
        unsigned slot_count;
        struct ansa_call **calls; /* slot i belongs to creator i % connections */
        uint64_t *sent_ns;
        uint64_t number;
        uint64_t run; /* makes names new in every run */
};

static bool load_identity(struct create_load *l)
{
        static uint8_t file[KEY_FILE_MAX];
        struct ansa_ref ref;
        FILE *in = fopen(l->o->key_file, "rb");
        if (in == NULL) {
                perror(l->o->key_file);
                return false;
        }
        size_t size = fread(file, 1, sizeof(file), in);
        (void)fclose(in);
        enum ansa_err err = ansa_ref_from_text(ansa_bytes_text(l->o->as), &ref);
        if (err == ANSA_OK)
                err = ansa_identity_new_file(&ref, (struct ansa_bytes){ file, size },
                                             (struct ansa_bytes){ 0 }, &l->identity);
        if (err != ANSA_OK)
                (void)fprintf(stderr, "%s: %s\n", l->o->key_file, ansa_err_text(err));
        return err == ANSA_OK;
}

static bool open_client(struct create_load *l)
{
        char address[INET_ADDRSTRLEN] = "";
        char server[64];
        struct ansa_client_options options = { .no_udp = true };
        (void)inet_ntop(AF_INET, &l->o->server.sin_addr, address, sizeof(address));
        (void)snprintf(server, sizeof(server), "%s:%u", address, ntohs(l->o->server.sin_port));
        if (ansa_client_new(&options, &l->client) != ANSA_OK)
                return false;
        if (ansa_client_set_server(l->client, server, ANSA_TRANSPORT_TCP) != ANSA_OK) {
                (void)fprintf(stderr, "%s: %s\n", server, ansa_client_problem(l->client));
                return false;
        }
        return load_identity(l);
}

/* Every client has its own connection, kept open; with --session its own key too. */
static bool open_sessions(struct create_load *l)
{
        struct ansa_session_options options = {
                .mode = l->o->session ? ANSA_SESSION_DH : ANSA_SESSION_PLAIN,
                .identity = l->identity,
                .transport = ANSA_TRANSPORT_TCP,
        };
        for (unsigned i = 0; i < l->o->connections; i++) {
                if (ansa_session_new(l->client, &options, &l->creators[i].session) != ANSA_OK)
                        return false;
        }
        return true;
}

static bool start(struct create_load *l, unsigned slot)
{
        char name[256];
        char url[256];
        uint64_t n = l->number++;
        (void)snprintf(name, sizeof(name), "%s/bench-%llx-%llu", l->o->prefix,
                       (unsigned long long)l->run, (unsigned long long)n);
        (void)snprintf(url, sizeof(url), "https://example.org/%llu", (unsigned long long)n);
        struct ansa_value value = { .index = 1,
                                    .ttl_s = 86400,
                                    .permissions = ANSA_PERM_DEFAULT,
                                    .type = ANSA_BYTES_LIT("URL"),
                                    .data = ansa_bytes_text(url) };
        struct ansa_request request = { .operation = ANSA_CREATE,
                                        .name = ansa_bytes_text(name),
                                        .values = &value,
                                        .value_count = 1,
                                        .identity = l->identity,
                                        .session = l->creators[slot % l->o->connections].session,
                                        .transport = ANSA_TRANSPORT_TCP };
        if (ansa_call_new(l->client, &request, &l->calls[slot]) != ANSA_OK)
                return false;
        l->sent_ns[slot] = bench_now_ns();
        l->r->sent++;
        return true;
}

static void finish(struct create_load *l, unsigned slot)
{
        const struct ansa_answer *answer = ansa_call_answer(l->calls[slot]);
        if (answer->err == ANSA_OK) {
                l->r->good++;
                histogram_add(&l->r->latency, bench_now_ns() - l->sent_ns[slot]);
        } else {
                if (l->r->wrong_code++ == 0)
                        (void)fprintf(stderr, "a creation failed: %s\n", answer->problem);
        }
        ansa_call_free(l->calls[slot]);
        l->calls[slot] = NULL;
}

static bool run(struct create_load *l)
{
        for (unsigned i = 0; i < l->slot_count; i++) {
                if (!start(l, i))
                        return false;
        }
        uint64_t begun = bench_now_ns();
        uint64_t end = begun + (uint64_t)(l->o->seconds * 1e9);
        while (bench_now_ns() < end) {
                size_t ended;
                enum ansa_err err = ansa_calls_wait(l->calls, l->slot_count, 1000, &ended);
                if (err == ANSA_E_TIMEOUT)
                        continue;
                if (err != ANSA_OK)
                        return false;
                finish(l, (unsigned)ended);
                if (!start(l, (unsigned)ended))
                        return false;
        }
        l->r->seconds = (double)(bench_now_ns() - begun) * 1e-9;
        return true;
}

bool bench_create(const struct bench_options *o, struct bench_result *r)
{
        static struct create_load l;
        l = (struct create_load){ .o = o, .r = r, .run = bench_now_ns() };
        if (o->key_file == NULL || o->as == NULL || o->prefix == NULL) {
                (void)fprintf(stderr, "create needs --key, --as and --prefix\n");
                return false;
        }
        l.slot_count = o->connections * (o->session ? DEPTH : 1);
        l.calls = calloc(l.slot_count, sizeof(*l.calls));
        l.sent_ns = calloc(l.slot_count, sizeof(*l.sent_ns));
        bool done = l.calls != NULL && l.sent_ns != NULL && open_client(&l) && open_sessions(&l) &&
                    run(&l);
        for (unsigned i = 0; l.calls != NULL && i < l.slot_count; i++)
                ansa_call_free(l.calls[i]);
        for (unsigned i = 0; i < o->connections; i++)
                ansa_session_free(l.creators[i].session);
        ansa_identity_free(l.identity);
        ansa_client_free(l.client);
        free(l.calls);
        free(l.sent_ns);
        return done;
}
