/* SPDX-License-Identifier: Apache-2.0 */
/* Responses of the fake server, and other things that tests are made of. */
#include "fake.h"

#include "base/assert.h"
#include "base/limits.h"
#include "base/text.h"
#include "client/client.h"
#include "crypto/key.h"
#include "wire/data.h"
#include "wire/json.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static void put_digest(const struct fake_exchange *x, const struct fake_response *r, struct buf *b)
{
        uint8_t digest[DIGEST_SIZE_MAX];
        struct ansa_bytes covered = x->request.header_and_body;
        enum ansa_err err = digest_parts(ALGORITHM_SHA256, &covered, 1, digest);
        ansa_assert(err == ANSA_OK);
        if (r->corrupt_digest)
                digest[0] ^= 1;
        struct request_digest d = { DIGEST_SHA256, { digest, 32 } };
        request_digest_encode(&d, b);
}

static void put_credential(const struct fake_response *r, const struct envelope *e,
                           struct ansa_bytes covered, struct buf *b)
{
        uint8_t prefix[CREDENTIAL_PREFIX_MAX];
        uint8_t signature[CRYPTO_SIGNATURE_MAX];
        size_t size = digest_size(ALGORITHM_SHA256);
        enum ansa_err err;
        struct credential c = { .type = ANSA_BYTES_LIT("HS_MAC"),
                                .algorithm = ANSA_BYTES_LIT("HMAC-SHA256") };
        enum credential_form form = r->mac_with != NULL ? CREDENTIAL_MAC : CREDENTIAL_SIGNED;
        struct ansa_bytes parts[] = { { prefix, credential_prefix(e, 0, form, prefix) }, covered };
        if (r->mac_with != NULL) {
                struct ansa_bytes key = { r->mac_with->at, r->mac_with->size };
                err = hmac_parts(ALGORITHM_SHA256, key, parts, 2, signature);
        } else {
                c.type = ANSA_BYTES_LIT("HS_SIGNED");
                c.algorithm = ANSA_BYTES_LIT("SHA-256");
                err = crypto_sign(r->sign_with, ALGORITHM_SHA256, parts, 2, signature,
                                  sizeof(signature), &size);
        }
        ansa_assert(err == ANSA_OK);
        c.signature = (struct ansa_bytes){ signature, size };
        credential_encode(&c, b);
}

static void encrypt(const struct fake_response *r, struct buf *b)
{
        static const uint8_t iv[16] = { 9 };
        struct envelope e;
        struct buf cipher = buf_growing(LIMIT_MESSAGE_SIZE + 64);
        enum ansa_err err = envelope_decode(buf_written(b), &e);
        ansa_assert(err == ANSA_OK);
        struct ansa_bytes plain = { b->at + ENVELOPE_SIZE, b->size - ENVELOPE_SIZE };
        err = session_encrypt(r->mac_with, true, iv, plain, &cipher);
        ansa_assert(err == ANSA_OK);
        e.flags |= ENVELOPE_ENCRYPTED;
        e.message_size = (uint32_t)cipher.size;
        buf_reset(b);
        envelope_encode(&e, b);
        buf_bytes(b, buf_written(&cipher));
        buf_fini(&cipher);
}

void fake_respond_as(struct fake_exchange *x, const struct fake_response *r)
{
        const struct message *m = &x->request;
        ansa_assert(x->out_count < FAKE_MESSAGES_MAX);
        struct buf *b = &x->out[x->out_count++];
        *b = buf_growing(LIMIT_MESSAGE_SIZE + ENVELOPE_SIZE + 64);
        struct envelope e = { .major = 2,
                              .minor = 11,
                              .suggested_major = 2,
                              .suggested_minor = 11,
                              .session_id = r->session_id,
                              .request_id =
                                      r->request_id != 0 ? r->request_id : m->envelope.request_id };
        struct header h = { .op = r->op != 0 ? r->op : m->header.op,
                            .response = r->rc,
                            .flags = r->flags | (r->with_digest ? FLAG_REQUEST_DIGEST : 0),
                            .site_serial = r->serial,
                            .expires_s = r->expires_s != 0 ? r->expires_s
                                                           : (uint32_t)time(NULL) + 3600 };
        uint8_t room[1024];
        struct buf credential = buf_over(room, sizeof(room));
        struct message_mark mark = message_begin(b, &e, &h);
        if (r->with_digest)
                put_digest(x, r, b);
        buf_bytes(b, r->body);
        message_end_body(b, mark);
        if (r->sign_with != NULL || r->mac_with != NULL)
                put_credential(r, &e, message_signed_part(b, mark), &credential);
        message_end(b, mark, buf_written(&credential));
        if (r->encrypt)
                encrypt(r, b);
        ansa_assert(b->err == ANSA_OK);
}

void fake_respond(struct fake_exchange *x, uint32_t rc, uint32_t flags, struct ansa_bytes body)
{
        fake_respond_as(x, &(struct fake_response){ .rc = rc,
                                                    .flags = flags,
                                                    .serial = 1,
                                                    .session_id = x->request.envelope.session_id,
                                                    .body = body });
}

void fake_challenge(struct fake_exchange *x, uint32_t session_id, struct ansa_bytes nonce)
{
        struct buf b = buf_growing(4096);
        buf_block(&b, nonce);
        fake_respond_as(x, &(struct fake_response){ .rc = RC_CHALLENGE,
                                                    .serial = 1,
                                                    .session_id = session_id,
                                                    .body = buf_written(&b),
                                                    .with_digest = true });
        buf_fini(&b);
}

struct ansa_value fake_value(uint32_t index, const char *type, struct ansa_bytes data)
{
        return (struct ansa_value){ .index = index,
                                    .ttl_s = 86400,
                                    .permissions = ANSA_PERM_DEFAULT,
                                    .type = ansa_bytes_text(type),
                                    .data = data };
}

void fake_put_value(struct buf *b, const struct ansa_value *v)
{
        size_t size = ansa_value_size(v);
        size_t written;
        uint8_t *at = buf_take(b, size);
        ansa_assert(at != NULL);
        enum ansa_err err = ansa_value_encode(v, at, size, &written);
        ansa_assert(err == ANSA_OK && written == size);
}

void fake_record(struct fake_exchange *x, const char *name, const char *const *values)
{
        struct buf v = buf_growing(LIMIT_MESSAGE_SIZE);
        struct buf body = buf_growing(LIMIT_MESSAGE_SIZE);
        uint32_t count = 0;
        for (; values[count] != NULL; count++) {
                char type[64];
                unsigned index;
                int used = 0;
                ansa_assert(sscanf(values[count], "%u:%63[^:]:%n", &index, type, &used) == 2);
                struct ansa_value one =
                        fake_value(index, type, ansa_bytes_text(values[count] + used));
                fake_put_value(&v, &one);
        }
        struct record_body r = { ansa_bytes_text(name), { buf_written(&v), count } };
        record_body_encode(&r, &body);
        fake_respond(x, RC_SUCCESS, 0, buf_written(&body));
        buf_fini(&v);
        buf_fini(&body);
}

void fake_put_site(struct buf *b, const struct fake_site *s, struct fake *const *servers,
                   size_t count)
{
        struct buf list = buf_growing(65536);
        struct buf attributes = buf_growing(4096);
        uint8_t type = s->interface_type != 0 ? s->interface_type : 3;
        for (size_t i = 0; i < count; i++) {
                const char *ip = servers[i]->ip != NULL ? servers[i]->ip : "127.0.0.1";
                struct ansa_server server = { .id = (uint32_t)i + 1, .key = s->key };
                if (strchr(ip, ':') != NULL)
                        ansa_assert(inet_pton(AF_INET6, ip, server.address) == 1);
                else
                        ansa_assert(inet_pton(AF_INET, ip, server.address + 12) == 1);
                struct ansa_interface interfaces[] = {
                        { type, ANSA_PROTOCOL_UDP, servers[i]->port },
                        { type, ANSA_PROTOCOL_TCP, servers[i]->port }
                };
                server.interface_count = 2;
                site_put_server(&server, interfaces, &list);
        }
        struct ansa_site site = { .format = 1,
                                  .protocol_major = 2,
                                  .protocol_minor = 11,
                                  .serial = s->serial,
                                  .flags = s->flags,
                                  .hash_option = s->hash_option,
                                  .servers = buf_written(&list),
                                  .server_count = (uint32_t)count };
        if (s->tls != NULL) {
                struct ansa_attribute a = { ANSA_BYTES_LIT(ANSA_SITE_TLS_ATTRIBUTE),
                                            ansa_bytes_text(s->tls) };
                site_put_attribute(&a, &attributes);
                site.attributes = buf_written(&attributes);
                site.attribute_count = 1;
        }
        site_encode(&site, b);
        ansa_assert(b->err == ANSA_OK);
        buf_fini(&list);
        buf_fini(&attributes);
}

void fake_bootstrap(struct ansa_client *client, struct ansa_bytes site)
{
        struct buf values = buf_growing(65536);
        struct buf json = buf_growing(262144);
        struct ansa_value v = fake_value(1, "HS_SITE", site);
        fake_put_value(&values, &v);
        buf_text(&json, "{\"handles\":[");
        json_put_record(&json, ANSA_BYTES_LIT("0.NA/0.NA"),
                        (struct ansa_values){ buf_written(&values), 1 });
        buf_text(&json, "]}");
        enum ansa_err err = ansa_client_add_bootstrap(client, buf_written(&json));
        if (err != ANSA_OK)
                (void)fprintf(stderr, "%s\n", ansa_client_problem(client));
        ansa_assert(err == ANSA_OK);
        buf_fini(&values);
        buf_fini(&json);
}

static uint32_t turned_wall_s(struct env *env)
{
        struct fake_env *e = (struct fake_env *)env;
        return env_system()->wall_s(env_system()) + (uint32_t)(e->ahead_ms / 1000);
}

static uint64_t turned_steady_ms(struct env *env)
{
        struct fake_env *e = (struct fake_env *)env;
        return env_system()->steady_ms(env_system()) + e->ahead_ms;
}

static void real_random(struct env *env, uint8_t *at, size_t size)
{
        (void)env;
        env_system()->random(env_system(), at, size);
}

struct env *fake_env(struct fake_env *e)
{
        e->env = (struct env){ turned_wall_s, turned_steady_ms, real_random };
        e->ahead_ms = 0;
        return &e->env;
}

struct ansa_call *fake_resolve(struct ansa_client *client, const char *name, uint32_t flags)
{
        struct ansa_call *call;
        struct ansa_request r = { .operation = ANSA_RESOLVE,
                                  .name = ansa_bytes_text(name),
                                  .flags = flags };
        (void)!ansa_run(client, &r, &call);
        ansa_assert(call != NULL);
        return call;
}

const char *fake_first(const struct ansa_call *call, char text[256])
{
        struct ansa_values values = ansa_call_answer(call)->values;
        struct ansa_value v;
        text[0] = '\0';
        if (ansa_values_next(&values, &v) == ANSA_OK)
                (void)snprintf(text, 256, "%.*s", (int)v.data.size, (const char *)v.data.at);
        return text;
}
