/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The entry of the identifier system: the first octet says how a message came, the rest is the
 * message. It is served on a small fixed store, the short way, the long way and in the slow
 * lane. Whatever it is: a reply decodes, is no request, and answers a request that had an
 * envelope; a job can be refused.
 */
#include "base/limits.h"
#include "identifier/service.h"
#include "identifier/sessions.h"
#include "store/engines.h"

#include <stdlib.h>

#define CHECK(condition)          \
        do {                      \
                if (!(condition)) \
                        abort();  \
        } while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct {
        struct identifier *service;
        struct identifier_worker *hasty;
        struct identifier_worker *slow;
        struct buf reply;
        uint64_t now_ms;
        uint64_t seed;
} world;

static uint32_t wall_s(struct env *env)
{
        (void)env;
        return 1700000000;
}

static uint64_t steady_ms(struct env *env)
{
        (void)env;
        return world.now_ms;
}

static void not_random(struct env *env, uint8_t *at, size_t size)
{
        (void)env;
        for (size_t i = 0; i < size; i++) {
                world.seed = world.seed * 6364136223846793005u + 1442695040888963407u;
                at[i] = (uint8_t)(world.seed >> 56);
        }
}

static struct env fixed_env = { wall_s, steady_ms, not_random };

static void put(struct identifier_worker *writer, enum bulk_kind kind, const char *name,
                uint8_t permissions)
{
        uint8_t room[256];
        size_t written = 0;
        struct ansa_value v = { .index = 1,
                                .permissions = permissions,
                                .type = ANSA_BYTES_LIT("URL"),
                                .data = ANSA_BYTES_LIT("http://example.org/") };
        CHECK(ansa_value_encode(&v, room, sizeof(room), &written) == ANSA_OK);
        struct bulk_change change = { .kind = kind, .name = ansa_bytes_text(name) };
        if (kind == BULK_PUT)
                change.values = (struct ansa_values){ { room, written }, 1 };
        size_t failed;
        CHECK(identifier_bulk(writer, &change, 1, &failed) == ANSA_OK);
}

static void open_world(void)
{
        struct store *store;
        struct identifier_options options = {
                .env = &fixed_env,
                .config = { .allow_list = true,
                            .enable_status = true,
                            .allow_old_crypto = true,
                            .challenge_s = 1,
                            .challenges_max = 16,
                            .session_s_max = 60,
                            .sessions_max = 4,
                            .dh_bits_min = 1024,
                            .cache_size_max = 1u << 20 },
        };
        CHECK(store_memory_open(&store) == ANSA_OK);
        options.store = store;
        CHECK(identifier_new(&options, &world.service) == ANSA_OK);
        CHECK(identifier_worker_new(world.service, false, &world.hasty) == ANSA_OK);
        CHECK(identifier_worker_new(world.service, true, &world.slow) == ANSA_OK);
        put(world.slow, BULK_HOME, "0.NA/35.TEST", 0);
        put(world.slow, BULK_PUT, "35.TEST/public", 0x0e);
        put(world.slow, BULK_PUT, "35.TEST/private", 0x0c);
        put(world.slow, BULK_PUT, "35.TEST/writable", 0x0f);
        world.reply = buf_growing(LIMIT_MESSAGE_SIZE + ENVELOPE_SIZE);
}

static void check_reply(struct ansa_bytes message)
{
        struct envelope asked;
        struct envelope e;
        struct message m;
        CHECK(envelope_decode(message, &asked) == ANSA_OK);
        CHECK(envelope_decode(buf_written(&world.reply), &e) == ANSA_OK);
        CHECK(e.request_id == asked.request_id);
        CHECK(e.message_size == world.reply.size - ENVELOPE_SIZE);
        if ((e.flags & ENVELOPE_ENCRYPTED) != 0)
                return;
        struct ansa_bytes after = { world.reply.at + ENVELOPE_SIZE,
                                    world.reply.size - ENVELOPE_SIZE };
        CHECK(message_decode(&e, after, &m) == ANSA_OK);
        CHECK(m.header.response != RC_REQUEST);
}

static void serve(const struct peer *peer, struct ansa_bytes message)
{
        struct identifier_more more;
        struct write_job *job = NULL;
        buf_reset(&world.reply);
        enum identifier_outcome outcome =
                identifier_serve(world.hasty, peer, message, &world.reply, &more, &job);
        if (outcome == IDENTIFIER_SLOW) {
                CHECK(world.reply.size == 0 && job == NULL);
                outcome = identifier_serve(world.slow, peer, message, &world.reply, &more, &job);
        }
        CHECK(outcome != IDENTIFIER_SLOW);
        CHECK((outcome == IDENTIFIER_WRITE) == (job != NULL));
        if (job != NULL) {
                identifier_job_reply(world.slow, job, RC_BUSY, &world.reply);
                identifier_job_free(job);
        }
        CHECK((outcome == IDENTIFIER_DROP) == (world.reply.size == 0));
        if (world.reply.size > 0)
                check_reply(message);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        if (world.service == NULL)
                open_world();
        if (size == 0 || size > LIMIT_MESSAGE_SIZE)
                return 0;
        struct ansa_bytes message = { data + 1, size - 1 };
        struct peer peer = { .transport = data[0] & 1 ? PEER_UDP : PEER_TCP,
                             .may_administer = (data[0] & 2) == 0 };
        world.seed = 1;
        struct session session = { .has_key = true,
                                   .key = { .size = 32, .cipher = CIPHER_AES128 },
                                   .identity = { ANSA_BYTES_LIT("35.TEST/public"), 1 },
                                   .is_authentic = true,
                                   .idle_ms_max = 1000 };
        CHECK(sessions_add(world.service->sessions, &session, world.now_ms) == ANSA_OK);
        serve(&peer, message);
        identifier_batch_begin(world.hasty);
        identifier_batch_hint(world.hasty, &message, 1);
        serve(&peer, message);
        identifier_batch_end(world.hasty);
        world.now_ms += 100000; /* every challenge and session is over */
        identifier_tick(world.service);
        return 0;
}
