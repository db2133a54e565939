/* SPDX-License-Identifier: Apache-2.0 */
#include "identifier/respond.h"

#include "base/limits.h"
#include "base/log.h"
#include "crypto/key.h"
#include "identifier/mac.h"
#include "wire/body.h"
#include "wire/credential.h"

#include <assert.h>

#define NO_SIGNER "this server cannot sign its answers"
#define TOO_LARGE "the answer is too large for one message"

uint16_t respond_version(const struct envelope *request)
{
        uint16_t v = envelope_suggested(request);
        if (v > VERSION_OWN)
                return VERSION_OWN;
        return v < VERSION(2, 0) ? VERSION(2, 0) : v;
}

uint32_t respond_flags(const struct settings *settings, const struct header *request,
                       enum peer_transport transport)
{
        uint32_t echoed = FLAG_CERTIFY | FLAG_CACHE_CERTIFY | FLAG_ENCRYPT | FLAG_PUBLIC_ONLY |
                          FLAG_DO_NOT_REFER | FLAG_REQUEST_DIGEST;
        if (transport == PEER_TCP || transport == PEER_TLS)
                echoed |= FLAG_KEEP_OPEN; /* these doors keep open what asks for it */
        uint32_t flags = (request->flags & echoed) | FLAG_RECURSIVE;
        if (settings->is_primary)
                flags |= FLAG_AUTHORITATIVE;
        return flags;
}

void respond_count(struct identifier_worker *worker, uint32_t op, uint32_t code)
{
        static const uint16_t ops[] = {
#define X(name, number, text) number,
                OPERATION_MAP(X)
        };
#undef X
        static const uint16_t codes[] = {
#define X(name, number, text) number,
                RESPONSE_MAP(X)
        };
#undef X
        const size_t op_count = sizeof(ops) / sizeof(ops[0]);
        const size_t code_count = sizeof(codes) / sizeof(codes[0]);
        static_assert(sizeof(ops) / sizeof(ops[0]) < COUNT_OPERATIONS, "a place for the rest");
        static_assert(sizeof(codes) / sizeof(codes[0]) < COUNT_RESPONSES, "a place for the rest");
        size_t i = 0;
        while (i < op_count && ops[i] != op)
                i++;
        count_up(&worker->counts.by_operation[i < op_count ? i : COUNT_OPERATIONS - 1]);
        i = 0;
        while (i < code_count && codes[i] != code)
                i++;
        count_up(&worker->counts.by_response[i < code_count ? i : COUNT_RESPONSES - 1]);
}

enum ansa_err respond_digest(struct reply_to *to, const struct message *request, bool always)
{
        to->digest_size = 0;
        if ((request->header.flags & FLAG_REQUEST_DIGEST) == 0 && !always)
                return ANSA_OK;
        enum digest_algorithm a = ALGORITHM_MD5;
        to->digest_code = request_digest_code(respond_version(&to->envelope));
        if (to->digest_code == DIGEST_SHA1)
                a = ALGORITHM_SHA1;
        else if (to->digest_code == DIGEST_SHA256)
                a = ALGORITHM_SHA256;
        enum ansa_err err = digest_parts(a, &request->header_and_body, 1, to->digest);
        if (err == ANSA_OK)
                to->digest_size = (uint8_t)digest_size(a);
        return err;
}

/* Codes that older clients know by other numbers (irp-wire 1.2). */
static uint32_t code_for(uint32_t code, uint16_t version)
{
        if (version >= VERSION(2, 5))
                return code;
        if (code == RC_READ_ONLY)
                return RC_PREFIX_REFERRAL;
        if (code == RC_VALUE_INVALID)
                return RC_VALUE_EXISTS;
        return code;
}

bool respond_wants_signature(const struct reply_to *to)
{
        return (to->header.flags & FLAG_CERTIFY) != 0 && !to->has_session;
}

void respond_begin(struct identifier_worker *worker, const struct reply_to *to,
                   struct outgoing *response, struct buf *reply)
{
        struct identifier *service = worker->service;
        const struct settings *settings = worker_settings(worker);
        uint16_t version = respond_version(&to->envelope);
        struct envelope e = {
                .major = (uint8_t)(version >> 8),
                .minor = (uint8_t)version,
                .suggested_major = VERSION_OWN >> 8,
                .suggested_minor = VERSION_OWN & 0xff,
                .session_id =
                        response->session_id != 0 ? response->session_id : to->envelope.session_id,
                .request_id = to->envelope.request_id,
        };
        struct header h = {
                .op = to->header.op,
                .response = code_for(response->code, version),
                .flags = respond_flags(settings, &to->header, to->transport) | response->flags,
                .site_serial = settings->site_serial,
                .recursion = to->header.recursion,
                .expires_s = service->env->wall_s(service->env) + RESPONSE_LIFE_S,
        };
        h.flags &= ~(response->not_flags | FLAG_REQUEST_DIGEST);
        bool has_digest = to->digest_size > 0;
        if (has_digest && !(response->is_challenge && version < VERSION(2, 1)))
                h.flags |= FLAG_REQUEST_DIGEST;
        response->start = reply->size;
        response->mark = message_begin(reply, &e, &h);
        if (has_digest && !response->is_challenge) {
                struct request_digest d = { to->digest_code, { to->digest, to->digest_size } };
                request_digest_encode(&d, reply);
        }
}

/* HS_MAC under the session's key. */
static enum ansa_err put_mac(const struct reply_to *to, const struct envelope *e,
                             struct ansa_bytes covered, struct buf *credential)
{
        uint8_t mac[DIGEST_SIZE_MAX];
        size_t size;
        struct ansa_bytes key = { to->key.at, to->key.size };
        enum ansa_err err = session_mac(e, to->counter, key, covered, mac, &size);
        if (err != ANSA_OK)
                return err;
        struct credential c = { .counter = to->counter,
                                .type = ANSA_BYTES_LIT("HS_MAC"),
                                .algorithm = session_mac_name(e),
                                .signature = { mac, size } };
        credential_encode(&c, credential);
        return credential->err;
}

/* HS_SIGNED with the key that our site publishes. */
static enum ansa_err put_signature(struct identifier_worker *worker, const struct envelope *e,
                                   struct ansa_bytes covered, struct buf *credential)
{
        struct signer *signer = worker->service->signer;
        const struct settings *settings = worker_settings(worker);
        if (signer == NULL)
                return ANSA_E_UNSUPPORTED;
        ansa_assert(worker->may_block);
        uint16_t version = envelope_version(e);
        enum ansa_key_kind kind = settings->server_key_kind;
        bool is_sha256 =
                version >= VERSION(2, 11) || (kind != ANSA_KEY_DSA && version >= VERSION(2, 7));
        uint8_t prefix[CREDENTIAL_PREFIX_MAX];
        size_t prefix_size = credential_prefix(e, 0, CREDENTIAL_SIGNED, prefix);
        uint8_t *message = arena_alloc(&worker->arena, prefix_size + covered.size);
        if (message == NULL)
                return ANSA_E_NO_MEMORY;
        memcpy(message, prefix, prefix_size);
        memcpy(message + prefix_size, covered.at, covered.size);
        uint8_t signature[CRYPTO_SIGNATURE_MAX];
        size_t size = 0;
        enum ansa_err err = signer->sign(signer, is_sha256 ? ALGORITHM_SHA256 : ALGORITHM_SHA1,
                                         (struct ansa_bytes){ message, prefix_size + covered.size },
                                         signature, sizeof(signature), &size);
        if (err != ANSA_OK)
                return err;
        struct credential c = { .type = ANSA_BYTES_LIT("HS_SIGNED"),
                                .algorithm = is_sha256 ? ANSA_BYTES_LIT("SHA-256")
                                                       : ANSA_BYTES_LIT("SHA1"),
                                .signature = { signature, size } };
        if (kind == ANSA_KEY_ED25519)
                c.algorithm = ANSA_BYTES_LIT("Ed25519");
        credential_encode(&c, credential);
        return credential->err;
}

/* Replace all after the envelope by its ciphertext. */
static enum ansa_err encrypt(struct identifier_worker *worker, const struct reply_to *to,
                             const struct outgoing *response, const struct envelope *e,
                             struct buf *reply)
{
        size_t at = response->mark.header_at;
        struct ansa_bytes plain;
        enum ansa_err err = arena_copy(
                &worker->arena, (struct ansa_bytes){ reply->at + at, reply->size - at }, &plain);
        if (err != ANSA_OK)
                return err;
        uint8_t iv[16];
        worker->service->env->random(worker->service->env, iv, sizeof(iv));
        reply->size = response->mark.envelope_at;
        struct envelope encrypted = *e;
        encrypted.flags |= ENVELOPE_ENCRYPTED;
        envelope_encode(&encrypted, reply);
        bool has_iv = envelope_version(e) >= VERSION(2, 4);
        err = session_encrypt(&to->key, has_iv, iv, plain, reply);
        if (err == ANSA_OK && reply->err == ANSA_OK)
                buf_patch_u32(reply, response->mark.envelope_at + 16,
                              (uint32_t)(reply->size - response->mark.header_at));
        return err != ANSA_OK ? err : reply->err;
}

static enum ansa_err finish(struct identifier_worker *worker, const struct reply_to *to,
                            const struct outgoing *response, struct buf *reply)
{
        uint8_t room[2 * CRYPTO_SIGNATURE_MAX];
        struct buf credential = buf_over(room, sizeof(room));
        struct envelope e;
        enum ansa_err err;
        message_end_body(reply, response->mark);
        if (reply->err != ANSA_OK)
                return reply->err;
        err = envelope_decode(
                (struct ansa_bytes){ reply->at + response->mark.envelope_at, ENVELOPE_SIZE }, &e);
        ansa_assert(err == ANSA_OK); /* we wrote it */
        struct ansa_bytes covered = message_signed_part(reply, response->mark);
        if (!response->is_plain && (to->header.flags & FLAG_CERTIFY) != 0) {
                err = to->has_session ? put_mac(to, &e, covered, &credential)
                                      : put_signature(worker, &e, covered, &credential);
                if (err != ANSA_OK)
                        return err;
        }
        message_end(reply, response->mark, buf_written(&credential));
        if (reply->err != ANSA_OK)
                return reply->err;
        if (reply->size - response->mark.header_at > LIMIT_MESSAGE_SIZE)
                return ANSA_E_LIMIT;
        bool is_wanted = (to->header.flags & FLAG_ENCRYPT) != 0 ||
                         (response->is_private && envelope_version(&e) >= VERSION(2, 8));
        if (to->has_session && is_wanted && !response->is_plain)
                return encrypt(worker, to, response, &e, reply);
        return ANSA_OK;
}

/* Something went wrong: an error that needs neither room nor keys. */
static void replace(struct identifier_worker *worker, const struct reply_to *to,
                    struct outgoing *response, enum ansa_err err, struct buf *reply)
{
        const char *text = err == ANSA_E_LIMIT         ? TOO_LARGE
                           : err == ANSA_E_UNSUPPORTED ? NO_SIGNER
                                                       : ansa_err_text(err);
        if (ansa_err_class(err) == ANSA_CLASS_LOCAL)
                log_error("reply", "op=%u error=\"%s\"", to->header.op, ansa_err_text(err));
        reply->size = response->start;
        reply->err = ANSA_OK;
        struct outgoing plain = {
                .code = err == ANSA_E_UNSUPPORTED                 ? RC_OPERATION_DENIED
                        : ansa_err_class(err) == ANSA_CLASS_RETRY ? RC_BUSY
                                                                  : RC_ERROR,
                .not_flags = FLAG_CERTIFY | FLAG_ENCRYPT | FLAG_CONTINUES,
                .is_plain = true,
        };
        respond_begin(worker, to, &plain, reply);
        error_body_encode(ansa_bytes_text(text), reply);
        err = finish(worker, to, &plain, reply);
        if (err != ANSA_OK) { /* not even that: say nothing */
                reply->size = response->start;
                reply->err = ANSA_OK;
        }
        response->code = plain.code;
}

void respond_end(struct identifier_worker *worker, const struct reply_to *to,
                 struct outgoing *response, struct buf *reply)
{
        enum ansa_err err = finish(worker, to, response, reply);
        if (err != ANSA_OK)
                replace(worker, to, response, err, reply);
        respond_count(worker, to->header.op, response->code);
}

void respond_error(struct identifier_worker *worker, const struct reply_to *to, uint32_t code,
                   const char *text, struct buf *reply)
{
        struct outgoing r = { .code = code };
        respond_begin(worker, to, &r, reply);
        error_body_encode(ansa_bytes_text(text != NULL ? text : response_text(code)), reply);
        respond_end(worker, to, &r, reply);
}
