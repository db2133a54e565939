/* SPDX-License-Identifier: Apache-2.0 */
#include "harness.h"

#include "base/limits.h"
#include "crypto/answer.h"
#include "wire/data.h"

#define OK(call) assert_int_equal(call, ANSA_OK)

/* The world */

static uint32_t fake_wall(struct env *env)
{
        return ((struct fake_env *)env)->wall_s;
}

static uint64_t fake_steady(struct env *env)
{
        return ((struct fake_env *)env)->steady_ms;
}

static void fake_random(struct env *env, uint8_t *at, size_t size)
{
        struct fake_env *e = (struct fake_env *)env;
        for (size_t i = 0; i < size; i++) {
                e->seed ^= e->seed << 13;
                e->seed ^= e->seed >> 7;
                e->seed ^= e->seed << 17;
                at[i] = (uint8_t)(e->seed >> 32);
        }
}

static enum ansa_err fake_sign(struct signer *s, uint32_t algorithm, struct ansa_bytes message,
                               uint8_t *signature, size_t room, size_t *size)
{
        struct fake_signer *f = (struct fake_signer *)s;
        f->signed_count++;
        return crypto_sign(f->key, (enum digest_algorithm)algorithm, &message, 1, signature, room,
                           size);
}

static enum ansa_err fake_decrypt(struct signer *s, struct ansa_bytes cipher, uint8_t *at,
                                  size_t room, size_t *size)
{
        return crypto_rsa_decrypt(((struct fake_signer *)s)->key, cipher, at, room, size);
}

static enum ansa_err fake_resolve(struct fetcher *f, const struct fetch_query *query,
                                  struct arena *arena, uint32_t *response,
                                  struct ansa_values *values)
{
        struct fake_fetcher *fake = (struct fake_fetcher *)f;
        fake->resolve_count++;
        fake->recursion = query->recursion;
        *values = (struct ansa_values){ 0 };
        if (fake->err != ANSA_OK)
                return fake->err;
        *response = RC_NOT_FOUND;
        if (fake->name == NULL || !ansa_bytes_equal(query->name, ansa_bytes_text(fake->name)))
                return ANSA_OK;
        *response = fake->response;
        if (fake->response == RC_SUCCESS) {
                values->count = fake->values.count;
                return arena_copy(arena, fake->values.wire, &values->wire);
        }
        return ANSA_OK;
}

static enum ansa_err fake_verify(struct fetcher *f, const struct ansa_ref *key,
                                 struct ansa_bytes nonce, struct ansa_bytes digest,
                                 struct ansa_bytes wire, bool *is_valid)
{
        struct fake_fetcher *fake = (struct fake_fetcher *)f;
        (void)key;
        fake->verify_count++;
        *is_valid = false;
        struct secret_answer a;
        uint8_t mac[DIGEST_SIZE_MAX];
        size_t size;
        if (fake->err != ANSA_OK || fake->secret == NULL)
                return fake->err;
        OK(secret_answer_decode(wire, &a));
        struct mac_parameters p = { a.code, a.salt, a.iterations, a.key_bits };
        struct answer_input input = { nonce, digest };
        OK(answer_mac(&p, ansa_bytes_text(fake->secret), &input, mac, &size));
        *is_valid = ansa_bytes_equal((struct ansa_bytes){ mac, size }, a.mac);
        return ANSA_OK;
}

/* Its records */

void harness_put_value(struct buf *b, uint32_t index, const char *type, struct ansa_bytes data,
                       uint8_t permissions, uint32_t *count)
{
        struct ansa_value v = { .index = index,
                                .timestamp_s = START_S,
                                .ttl_s = 86400,
                                .permissions = permissions,
                                .type = ansa_bytes_text(type),
                                .data = data };
        size_t size = ansa_value_size(&v);
        size_t written;
        uint8_t *at = buf_take(b, size);
        assert_non_null(at);
        OK(ansa_value_encode(&v, at, size, &written));
        (*count)++;
}

static void put_admin(struct buf *b, uint32_t index, uint16_t rights, const char *name,
                      uint32_t admin_index, uint32_t *count)
{
        uint8_t room[256];
        struct buf data = buf_over(room, sizeof(room));
        struct admin_data a = { .rights = rights, .admin = { ansa_bytes_text(name), admin_index } };
        admin_data_encode(&a, &data);
        harness_put_value(b, index, "HS_ADMIN", buf_written(&data), 0x0e, count);
}

static void encode_key(const struct crypto_key *key, struct buf *b)
{
        struct arena arena;
        arena_init(&arena, 65536);
        struct ansa_key parts;
        OK(crypto_key_parts(key, false, &arena, &parts));
        key_encode(&parts, b);
        arena_fini(&arena);
}

static void put_key(struct buf *b, uint32_t index, const struct crypto_key *key,
                    uint8_t permissions, uint32_t *count)
{
        uint8_t room[2048];
        struct buf data = buf_over(room, sizeof(room));
        encode_key(key, &data);
        harness_put_value(b, index, "HS_PUBKEY", buf_written(&data), permissions, count);
}

static void put_record(struct harness *h, enum bulk_kind kind, const char *name, struct buf *b,
                       uint32_t count)
{
        struct bulk_change change = { .kind = kind,
                                      .name = ansa_bytes_text(name),
                                      .values = { buf_written(b), count } };
        size_t failed;
        OK(identifier_bulk(h->writer, &change, 1, &failed));
        buf_reset(b);
}

#define ALL_RIGHTS 0x0fff

static void fill_store(struct harness *h)
{
        struct buf b = buf_growing(65536);
        uint32_t n = 0;
        put_record(h, BULK_HOME, "0.NA/35.TEST", &b, 0);
        put_record(h, BULK_HOME, "0.NA/0.NA", &b, 0);

        put_admin(&b, 100, ALL_RIGHTS, "0.NA/35.TEST", 300, &n);
        put_admin(&b, 101, ALL_RIGHTS, "0.NA/35.TEST", 301, &n);
        put_admin(&b, 102, ALL_RIGHTS, "0.NA/35.TEST", 302, &n);
        put_admin(&b, 103, ALL_RIGHTS, "0.NA/35.TEST", 303, &n);
        put_admin(&b, 104, ALL_RIGHTS, "99.ELSE/ADMIN", 7, &n);
        put_key(&b, 300, h->rsa, 0x0e, &n);
        put_key(&b, 301, h->dsa, 0x0e, &n);
        harness_put_value(&b, 302, "HS_SECKEY",
                          ANSA_BYTES_LIT("s\xc3\xa9"
                                         "cret"),
                          0x0c, &n);
        put_key(&b, 303, h->ed, 0x0e, &n);
        put_key(&b, 304, h->other, 0x00, &n); /* nobody may read it: no key to us */
        harness_put_value(&b, 305, "HS_SECKEY", (struct ansa_bytes){ 0 }, 0x0c, &n);
        put_record(h, BULK_PUT, "0.NA/35.TEST", &b, n);

        n = 0; /* all public */
        harness_put_value(&b, 1, "URL", ANSA_BYTES_LIT("http://example.org/"), 0x0e, &n);
        harness_put_value(&b, 2, "EMAIL", ANSA_BYTES_LIT("a@example.org"), 0x0e, &n);
        harness_put_value(&b, 3, "URL.ALT", ANSA_BYTES_LIT("http://example.net/"), 0x0e, &n);
        put_admin(&b, 100, ALL_RIGHTS, "0.NA/35.TEST", 300, &n);
        put_record(h, BULK_PUT, "35.TEST/public", &b, n);

        n = 0; /* every kind of permission; index 2 and 3 in this order matter */
        harness_put_value(&b, 1, "URL", ANSA_BYTES_LIT("public"), 0x0e, &n);
        harness_put_value(&b, 2, "SECRET", ANSA_BYTES_LIT("for administrators"), 0x0c, &n);
        harness_put_value(&b, 3, "NEVER", ANSA_BYTES_LIT("for nobody"), 0x04, &n);
        put_admin(&b, 100, ALL_RIGHTS, "0.NA/35.TEST", 300, &n);
        put_admin(&b, 101, ALL_RIGHTS, "0.NA/35.TEST", 301, &n);
        put_admin(&b, 102, ALL_RIGHTS, "0.NA/35.TEST", 302, &n);
        put_admin(&b, 103, ALL_RIGHTS, "0.NA/35.TEST", 303, &n);
        put_admin(&b, 104, ALL_RIGHTS, "99.ELSE/ADMIN", 7, &n);
        put_record(h, BULK_PUT, "35.TEST/mixed", &b, n);

        n = 0; /* the one that may not be read comes before the one that an administrator may */
        harness_put_value(&b, 1, "NEVER", ANSA_BYTES_LIT("for nobody"), 0x04, &n);
        harness_put_value(&b, 2, "SECRET", ANSA_BYTES_LIT("for administrators"), 0x0c, &n);
        put_admin(&b, 100, ALL_RIGHTS, "0.NA/35.TEST", 300, &n);
        put_record(h, BULK_PUT, "35.TEST/never-first", &b, n);

        n = 0;
        harness_put_value(&b, 1, "SECRET", ANSA_BYTES_LIT("x"), 0x0c, &n);
        put_admin(&b, 100, RIGHT_MODIFY_VALUE, "0.NA/35.TEST", 300, &n);
        put_record(h, BULK_PUT, "35.TEST/no-reader", &b, n);

        n = 0;
        harness_put_value(&b, 1, "OPEN", ANSA_BYTES_LIT("x"), 0x0f, &n);
        put_record(h, BULK_PUT, "35.TEST/writable", &b, n);
        buf_fini(&b);
}

static void make_site(struct harness *h)
{
        uint8_t key_room[2048];
        uint8_t server_room[1024];
        struct buf key = buf_over(key_room, sizeof(key_room));
        struct buf servers = buf_over(server_room, sizeof(server_room));
        struct buf site = buf_over(h->site, sizeof(h->site));
        encode_key(h->signer.key, &key);
        struct ansa_interface interfaces[] = { { 3, 1, 2641 }, { 2, 0, 2641 } };
        struct ansa_server server = { .id = 1,
                                      .address = { [12] = 127, [15] = 1 },
                                      .key = buf_written(&key),
                                      .interface_count = 2 };
        site_put_server(&server, interfaces, &servers);
        struct ansa_site s = { .format = 1,
                               .protocol_major = 2,
                               .protocol_minor = 11,
                               .serial = 7,
                               .flags = ANSA_SITE_PRIMARY,
                               .hash_option = ANSA_HASH_ALL,
                               .server_count = 1,
                               .servers = buf_written(&servers) };
        site_encode(&s, &site);
        h->config.site = buf_written(&site);
        assert_true(h->config.site.size > 0);
}

/* Keys take long to make: once for all tests of a program. */
static struct crypto_key *keys[5];

static void take_keys(struct harness *h)
{
        if (keys[0] == NULL) {
                OK(crypto_key_generate(ANSA_KEY_RSA, 1024, &keys[0]));
                OK(crypto_key_generate(ANSA_KEY_RSA, 1024, &keys[1]));
                OK(crypto_key_generate(ANSA_KEY_DSA, 1024, &keys[2]));
                OK(crypto_key_generate(ANSA_KEY_ED25519, 0, &keys[3]));
                OK(crypto_key_generate(ANSA_KEY_RSA, 2048, &keys[4]));
        }
        h->rsa = keys[0];
        h->other = keys[1];
        h->dsa = keys[2];
        h->ed = keys[3];
        h->signer.key = keys[4];
}

void harness_open_with(struct harness *h, void (*change)(struct identifier_config *config))
{
        memset(h, 0, sizeof(*h));
        take_keys(h);
        h->env = (struct fake_env){ { fake_wall, fake_steady, fake_random }, START_S, 5000, 4711 };
        h->signer.signer = (struct signer){ fake_sign, fake_decrypt };
        h->fetcher.fetcher = (struct fetcher){ fake_resolve, fake_verify };
        h->admins[0] = (struct ansa_ref){ ANSA_BYTES_LIT("0.NA/35.TEST"), 300 };
        h->config = (struct identifier_config){
                .allow_list = true,
                .enable_status = true,
                .challenge_s = 60,
                .challenges_max = 8,
                .session_s_max = 3600,
                .sessions_max = 4,
                .dh_bits_min = 1024,
                .cache_size_max = 4u << 20,
                .server_admins = h->admins,
                .server_admin_count = 1,
        };
        make_site(h);
        h->peer = (struct peer){ .transport = PEER_TCP, .may_administer = true };
        h->has_more = true;
        if (change != NULL)
                change(&h->config);
        OK(store_memory_open(&h->store));
        struct identifier_options options = { .store = h->store,
                                              .env = &h->env.env,
                                              .signer = &h->signer.signer,
                                              .fetcher = &h->fetcher.fetcher,
                                              .config = h->config };
        OK(identifier_new(&options, &h->service));
        OK(identifier_worker_new(h->service, false, &h->hasty));
        OK(identifier_worker_new(h->service, true, &h->slow));
        OK(identifier_worker_new(h->service, true, &h->writer));
        h->reply = buf_growing(LIMIT_MESSAGE_SIZE + ENVELOPE_SIZE);
        fill_store(h);
}

void harness_open(struct harness *h)
{
        harness_open_with(h, NULL);
}

void harness_reconfigure(struct harness *h)
{
        OK(identifier_reconfigure(h->service, &h->config));
}

void harness_close(struct harness *h)
{
        identifier_worker_free(h->hasty);
        identifier_worker_free(h->slow);
        identifier_worker_free(h->writer);
        identifier_free(h->service);
        store_close(h->store);
        buf_fini(&h->reply);
}
