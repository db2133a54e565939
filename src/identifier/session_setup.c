/* SPDX-License-Identifier: Apache-2.0 */
#include "identifier/exchange.h"

#include "base/log.h"
#include "crypto/key.h"
#include "identifier/shares.h"
#include "wire/body.h"
#include "wire/cursor.h"
#include "wire/data.h"
#include "wire/name.h"

/*
 * Session set-up, key exchange and termination (irp-service 6, irp-wire 4.14-4.16). All keys
 * are made in the slow lane. Clients too old to be told an algorithm use DES, which is for
 * those who allow old cryptography.
 */

#define TIMEOUT_S_MIN  60u
#define BITS_WEAK      2048u /* below: counted and logged */
#define RSA_BITS_MIN   1024u
#define RSA_CIPHER_MAX 512u /* octets: 4096 bits */
#define KEY_BLOCK_MAX  (4u + SESSION_KEY_SIZE_MAX)
#define KEY_SIZE_MAX   4096u /* octets of an encoded public key */
#define MESSAGE_NO_KEY "the key cannot be used"

static enum identifier_outcome fail_setup(struct exchange *x, enum ansa_err err)
{
        switch (ansa_err_class(err)) {
        case ANSA_CLASS_REQUEST:
                return exchange_error(
                        x, err == ANSA_E_DENIED ? RC_SESSION_FAILED : RC_SESSION_SETUP_BAD,
                        err == ANSA_E_DENIED ? "the group is too small or too large"
                                             : MESSAGE_NO_KEY);
        case ANSA_CLASS_NONE:
        case ANSA_CLASS_RETRY:
        case ANSA_CLASS_LOCAL:
        default:
                return exchange_fail(x, err);
        }
}

/* From which version on the client is told the algorithm; before, it assumes DES. */
static bool choose_cipher(const struct exchange *x, uint16_t told_from, enum session_cipher *cipher)
{
        if (respond_version(&x->to.envelope) >= told_from) {
                *cipher = CIPHER_AES128;
                return true;
        }
        *cipher = CIPHER_DES;
        return x->settings->config.allow_old_crypto;
}

static uint32_t bits_of(struct ansa_bytes integer)
{
        size_t i = 0;
        while (i < integer.size && integer.at[i] == 0)
                i++;
        if (i == integer.size || integer.size - i > KEY_SIZE_MAX)
                return 0;
        uint32_t bits = (uint32_t)(integer.size - i) * 8;
        for (uint8_t top = integer.at[i]; (top & 0x80u) == 0; top = (uint8_t)(top << 1))
                bits--;
        return bits;
}

/* Anybody can ask for these, so only every doubling of their number is worth a line. */
static void note_weak(struct exchange *x, uint32_t bits)
{
        if (bits >= BITS_WEAK)
                return;
        uint64_t count = 1 + atomic_fetch_add_explicit(&x->worker->service->sessions_weak, 1,
                                                       memory_order_relaxed);
        if ((count & (count - 1)) == 0)
                log_info("session-weak", "bits=%u count=%llu", bits, (unsigned long long)count);
}

/* What was asked for about the session itself. */
static void fill_terms(const struct exchange *x, const struct session_request *request,
                       struct session *session)
{
        uint32_t longest = x->settings->config.session_s_max;
        uint32_t timeout = request->timeout_s;
        if (timeout == 0 || timeout > longest)
                timeout = longest;
        if (timeout < TIMEOUT_S_MIN)
                timeout = TIMEOUT_S_MIN;
        session->idle_ms_max = 1000 * (uint64_t)timeout;
        session->identity = request->identity;
        session->origin = origin_of_peer(x->peer);
}

/* Open the session and say so. */
static enum identifier_outcome open_session(struct exchange *x,
                                            const struct session_request *request,
                                            struct session *session, struct ansa_bytes data)
{
        struct identifier *service = x->worker->service;
        fill_terms(x, request, session);
        enum ansa_err err =
                sessions_add(service->sessions, session, service->env->steady_ms(service->env));
        if (err != ANSA_OK)
                return exchange_fail(x, err);
        struct outgoing o = { .code = RC_SUCCESS, .session_id = session->id };
        respond_begin(x->worker, &x->to, &o, x->reply);
        struct session_response body = { .mode = request->mode, .data = data };
        session_response_encode(&body, x->reply);
        respond_end(x->worker, &x->to, &o, x->reply);
        if (o.code != RC_SUCCESS) /* it could not be told: nobody will use it */
                sessions_remove(service->sessions, session->id);
        return IDENTIFIER_REPLY;
}

/* Mode 4. */
static enum identifier_outcome setup_dh(struct exchange *x, const struct session_request *request)
{
        struct session session = { .has_key = true };
        enum session_cipher cipher;
        struct dh_exchange *dh = NULL;
        struct ansa_key peer;
        struct ansa_key own;
        uint8_t room[KEY_SIZE_MAX];
        struct buf data = buf_over(room, sizeof(room));
        if (!choose_cipher(x, VERSION(2, 4), &cipher))
                return exchange_error(x, RC_SESSION_FAILED, "DES is not allowed here");
        enum ansa_err err = key_decode(request->public_key, &peer);
        if (err == ANSA_OK && peer.kind != ANSA_KEY_DH)
                err = ANSA_E_UNSUPPORTED;
        if (err == ANSA_OK)
                err = dh_new(&peer, x->settings->config.dh_bits_min, &dh);
        if (err == ANSA_OK)
                err = dh_agree(dh, &peer, cipher, &session.key);
        if (err == ANSA_OK)
                err = dh_public(dh, &x->worker->arena, &own);
        if (err == ANSA_OK) {
                if (respond_version(&x->to.envelope) >= VERSION(2, 4))
                        buf_u32(&data, cipher);
                key_encode(&own, &data);
                err = data.err;
        }
        dh_free(dh);
        if (err != ANSA_OK)
                return fail_setup(x, err);
        note_weak(x, bits_of(peer.part[1]));
        enum identifier_outcome outcome = open_session(x, request, &session, buf_written(&data));
        wipe(&session.key, sizeof(session.key));
        return outcome;
}

/* Modes 1 and 3: a key of ours, encrypted with the client's RSA key @encoded. */
static enum identifier_outcome setup_rsa(struct exchange *x, const struct session_request *request,
                                         struct ansa_bytes encoded)
{
        struct session session = { .has_key = true };
        struct env *env = x->worker->service->env;
        enum session_cipher cipher;
        struct ansa_key parts;
        struct crypto_key *key = NULL;
        uint8_t random[32];
        uint8_t plain_room[KEY_BLOCK_MAX];
        uint8_t data[RSA_CIPHER_MAX];
        size_t size = 0;
        if (!choose_cipher(x, VERSION(2, 2), &cipher))
                return exchange_error(x, RC_SESSION_FAILED, "DES is not allowed here");
        enum ansa_err err = key_decode(encoded, &parts);
        if (err == ANSA_OK && parts.kind != ANSA_KEY_RSA)
                return exchange_error(x, RC_SESSION_NEEDS_RSA, NULL);
        if (err == ANSA_OK)
                err = crypto_key_new(&parts, &key);
        if (err != ANSA_OK)
                return fail_setup(x, err);
        uint32_t bits = crypto_key_bits(key);
        if (bits < RSA_BITS_MIN) {
                crypto_key_free(key);
                return fail_setup(x, ANSA_E_DENIED);
        }
        env->random(env, random, sizeof(random));
        session_key_from_random(&session.key, cipher, random);
        struct buf plain = buf_over(plain_room, sizeof(plain_room));
        if (respond_version(&x->to.envelope) >= VERSION(2, 2))
                buf_u32(&plain, cipher);
        buf_bytes(&plain, (struct ansa_bytes){ session.key.at, session.key.size });
        err = crypto_rsa_encrypt(key, buf_written(&plain), data, sizeof(data), &size);
        crypto_key_free(key);
        enum identifier_outcome outcome;
        if (err == ANSA_OK) {
                note_weak(x, bits);
                outcome = open_session(x, request, &session, (struct ansa_bytes){ data, size });
        } else {
                outcome = fail_setup(x, err);
        }
        wipe(random, sizeof(random));
        wipe(plain_room, sizeof(plain_room));
        wipe(&session.key, sizeof(session.key));
        return outcome;
}

/* Mode 3: the client's key is in a record. */
static enum identifier_outcome setup_named(struct exchange *x,
                                           const struct session_request *request)
{
        struct ansa_value value;
        if (name_problem(request->key.name) != NULL)
                return exchange_error(x, RC_SESSION_SETUP_BAD, "no such key identifier");
        if (!exchange_look(x))
                return IDENTIFIER_REPLY;
        enum ansa_err err = view_any_value(&x->view, &request->key, &value);
        if (ansa_err_class(err) == ANSA_CLASS_LOCAL)
                return exchange_fail(x, err);
        if (err != ANSA_OK || value_type_of(value.type) != TYPE_HS_PUBKEY ||
            (value.permissions & ANSA_PERM_PUBLIC_READ) == 0)
                return exchange_error(x, RC_SESSION_FAILED, "that key cannot be read");
        return setup_rsa(x, request, value.data);
}

/* Mode 2: the client encrypts a key of its own with ours; op 402 brings it. */
static enum identifier_outcome setup_server_key(struct exchange *x,
                                                const struct session_request *request)
{
        const struct settings *settings = x->settings;
        const struct signer *signer = x->worker->service->signer;
        if (signer == NULL || signer->decrypt == NULL || settings->server_key_kind != ANSA_KEY_RSA)
                return exchange_error(x, RC_SESSION_NEEDS_RSA, NULL);
        struct session session = { 0 };
        return open_session(x, request, &session, settings->server_key);
}

enum identifier_outcome session_setup_serve(struct exchange *x)
{
        struct session_request request;
        if (session_request_decode(x->m.body, &request) != ANSA_OK ||
            (request.identity.name.size > 0 && name_problem(request.identity.name) != NULL))
                return exchange_error(x, RC_SESSION_SETUP_BAD, NULL);
        if (exchange_is_hasty(x))
                return IDENTIFIER_SLOW;
        switch (request.mode) {
        case SESSION_CLIENT_KEY:
                return setup_rsa(x, &request, request.public_key);
        case SESSION_SERVER_KEY:
                return setup_server_key(x, &request);
        case SESSION_HANDLE_KEY:
                return setup_named(x, &request);
        case SESSION_DH:
                return setup_dh(x, &request);
        default: /* from the wire */
                return exchange_error(x, RC_SESSION_SETUP_BAD, "unknown way to exchange keys");
        }
}

/* [u32 algorithm] key, as clients send it in mode 2. */
static bool key_from_block(const struct exchange *x, struct ansa_bytes block,
                           struct session_key *key)
{
        struct cursor c = cursor_over(block);
        uint32_t algorithm = CIPHER_DES;
        if (respond_version(&x->to.envelope) >= VERSION(2, 2))
                algorithm = cursor_u32(&c);
        struct ansa_bytes rest = cursor_rest(&c);
        size_t least = 16;
        if (algorithm == CIPHER_DES)
                least = 8;
        else if (algorithm == CIPHER_3DES)
                least = 24;
        else if (algorithm != CIPHER_AES128)
                return false;
        if (c.err != ANSA_OK || rest.size < least || rest.size > sizeof(key->at) ||
            (algorithm != CIPHER_AES128 && !x->settings->config.allow_old_crypto))
                return false;
        memcpy(key->at, rest.at, rest.size);
        key->size = rest.size;
        key->cipher = (enum session_cipher)algorithm;
        return true;
}

/*
 * Mode 2 goes on. Whatever is wrong with the padding or the key, the answer is the same and
 * the session gets a key that nobody knows: no oracle for those who try ciphertexts.
 */
enum identifier_outcome session_exchange_serve(struct exchange *x)
{
        struct identifier *service = x->worker->service;
        struct signer *signer = service->signer;
        struct ansa_bytes cipher;
        if (name_body_decode(x->m.body, &cipher) != ANSA_OK)
                return exchange_error(x, RC_PROTOCOL, "the request cannot be decoded");
        if (!x->in_session)
                return exchange_error(x, RC_SESSION_UNKNOWN, NULL);
        if (x->session.has_key || signer == NULL || signer->decrypt == NULL)
                return exchange_error(x, RC_SESSION_FAILED, "this session takes no key");
        if (exchange_is_hasty(x))
                return IDENTIFIER_SLOW;
        struct session_key key;
        struct session_key decrypted;
        uint8_t random[32];
        uint8_t block[KEY_BLOCK_MAX];
        size_t size = 0;
        service->env->random(service->env, random, sizeof(random));
        session_key_from_random(&key, CIPHER_AES128, random);
        enum ansa_err err = signer->decrypt(signer, cipher, block, sizeof(block), &size);
        if (err == ANSA_OK && key_from_block(x, (struct ansa_bytes){ block, size }, &decrypted))
                key = decrypted;
        err = sessions_set_key(service->sessions, x->session.id, &key);
        wipe(&key, sizeof(key));
        wipe(&decrypted, sizeof(decrypted));
        wipe(block, sizeof(block));
        wipe(random, sizeof(random));
        if (err != ANSA_OK)
                return exchange_error(x, RC_SESSION_FAILED, NULL);
        struct outgoing o = { .code = RC_SUCCESS };
        respond_begin(x->worker, &x->to, &o, x->reply);
        respond_end(x->worker, &x->to, &o, x->reply);
        return IDENTIFIER_REPLY;
}

enum identifier_outcome session_terminate_serve(struct exchange *x)
{
        if (!x->in_session)
                return exchange_error(x, RC_SESSION_UNKNOWN, NULL);
        if (!x->has_mac)
                return exchange_error(x, RC_CREDENTIAL, "only its owner can end a session");
        if (!exchange_claim(x))
                return exchange_error(x, RC_SESSION_REPLAY, NULL);
        sessions_remove(x->worker->service->sessions, x->session.id);
        struct outgoing o = { .code = RC_SUCCESS };
        respond_begin(x->worker, &x->to, &o, x->reply);
        respond_end(x->worker, &x->to, &o, x->reply);
        return IDENTIFIER_REPLY;
}
