/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a server may send to the client, up to what is done about it: the first octet chooses the
 * operation and whether it is in a session, the rest is an envelope and message whose request id is
 * made to fit.
 */
#include "client/call.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint32_t wall_s(struct env *env)
{
        (void)env;
        return 1700000000u;
}

static uint64_t steady_ms(struct env *env)
{
        (void)env;
        return 1000;
}

static void repeat(struct env *env, uint8_t *at, size_t size)
{
        (void)env;
        memset(at, 7, size);
}

static struct env still = { wall_s, steady_ms, repeat };

static bool hear(void *context, struct ansa_bytes name)
{
        (void)context;
        return name.size != 13;
}

/* As if @wire had come to the call's only lane. */
static void take(struct ansa_call *call, struct ansa_bytes wire, const struct secrets *secrets)
{
        struct asking *a = &call->asking;
        struct frame *f = call->top;
        struct ticket *t = &a->lanes[0].ticket;
        struct envelope e;
        const char *problem;
        if (envelope_decode(wire, &e) != ANSA_OK)
                return;
        t->sent.op = f->ask.op;
        t->sent.flags = f->ask.flags;
        t->sent.request_id = e.request_id;
        t->sent.session_id = e.session_id;
        a->targets[0] = (struct target){
                .endpoint = endpoint_of((const uint8_t[16]){ [12] = 127, [15] = 1 }, 1,
                                        ANSA_TRANSPORT_TCP),
                .peer = { .version = VERSION_OWN, .serial = 1 },
        };
        if (response_read(wire, &t->sent, secrets, &still, &t->plain, &t->reply, &problem) !=
            ANSA_OK)
                return;
        a->winner = &a->lanes[0];
        a->reply = &t->reply;
        a->server = &a->targets[0];
        a->is_over = true;
        outcome_take(call, f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        static struct ansa_client *client;
        struct ansa_call *call;
        struct secrets secrets = { .id = 0x11223344, .key = { .size = 32 } };
        if (size < 1)
                return 0;
        secrets.key.cipher = CIPHER_AES128;
        struct ansa_client_options options = { .cache_size_max = 65536 };
        if (client == NULL && client_new_env(&options, &still, &client) != ANSA_OK)
                abort();
        struct ansa_request r = { .operation = (enum ansa_operation)(data[0] & 15u),
                                  .name = ANSA_BYTES_LIT("35.TEST/1"),
                                  .key = { ANSA_BYTES_LIT("35.TEST/ADM"), 300 },
                                  .on_name = hear };
        if (ansa_call_new(client, &r, &call) == ANSA_OK)
                take(call, (struct ansa_bytes){ data + 1, size - 1 },
                     (data[0] & 0x80u) != 0 ? &secrets : NULL);
        ansa_call_free(call);
        ansa_client_forget(client); /* one input knows nothing of the others */
        return 0;
}
