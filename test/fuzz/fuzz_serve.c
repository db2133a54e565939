/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The entry of the identifier system: the first octet says how a message came, the rest is the
 * message. It is served on a small fixed store, the short way, the long way and in the slow
 * lane. Whatever it is: a reply decodes, is no request, and answers a request that had an
 * envelope; a job can be refused.
 */
#include "small_service.h"

#include "base/limits.h"
#include "identifier/service.h"
#include "identifier/sessions.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct {
        struct identifier_worker *hasty;
        struct identifier_worker *slow;
        struct buf reply;
} world;

static void open_world(void)
{
        world.slow = small_open();
        CHECK(identifier_worker_new(small.service, false, &world.hasty) == ANSA_OK);
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
        if (small.service == NULL)
                open_world();
        if (size == 0 || size > LIMIT_MESSAGE_SIZE)
                return 0;
        struct ansa_bytes message = { data + 1, size - 1 };
        struct peer peer = { .transport = data[0] & 1 ? PEER_UDP : PEER_TCP,
                             .may_administer = (data[0] & 2) == 0 };
        small.seed = 1;
        struct session session = { .has_key = true,
                                   .key = { .size = 32, .cipher = CIPHER_AES128 },
                                   .identity = { ANSA_BYTES_LIT("35.TEST/public"), 1 },
                                   .is_authentic = true,
                                   .idle_ms_max = 1000 };
        CHECK(sessions_add(small.service->sessions, &session, small.now_ms) == ANSA_OK);
        serve(&peer, message);
        identifier_batch_begin(world.hasty);
        identifier_batch_hint(world.hasty, &message, 1);
        serve(&peer, message);
        identifier_batch_end(world.hasty);
        small.now_ms += 100000; /* every challenge and session is over */
        identifier_tick(small.service);
        return 0;
}
