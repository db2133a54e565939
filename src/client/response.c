/* SPDX-License-Identifier: Apache-2.0 */
/* Responses as they are believed. */
#include "client/message.h"

#include "base/assert.h"
#include "base/limits.h"
#include "base/text.h"
#include "crypto/key.h"
#include "wire/data.h"

/* The state of one check; @problem tells which failed. */
struct reading {
        const struct sent *sent;
        const struct secrets *secrets; /* NULL outside sessions */
        struct message m;
        const char *problem;
};

static enum ansa_err fails(struct reading *r, enum ansa_err err, const char *problem)
{
        r->problem = problem;
        return err;
}

static enum ansa_err decrypt(struct reading *r, const struct envelope *e, struct ansa_bytes *after,
                             struct buf *plain)
{
        if (r->secrets == NULL || r->secrets->id != e->session_id)
                return fails(r, ANSA_E_UNAUTHENTIC, "is encrypted outside a session");
        buf_reset(plain);
        bool has_iv = envelope_version(e) >= VERSION(2, 4);
        enum ansa_err err = session_decrypt(&r->secrets->key, has_iv, *after, plain);
        if (err != ANSA_OK)
                return fails(r, err, "cannot be decrypted");
        *after = buf_written(plain);
        return ANSA_OK;
}

static enum digest_algorithm algorithm_of(uint8_t code)
{
        if (code == DIGEST_SHA256)
                return ALGORITHM_SHA256;
        return code == DIGEST_SHA1 ? ALGORITHM_SHA1 : ALGORITHM_MD5;
}

static enum ansa_err is_digest_of(const struct request_digest *d, const struct buf *covered,
                                  bool *is)
{
        uint8_t own[DIGEST_SIZE_MAX];
        struct ansa_bytes octets = buf_written(covered);
        enum digest_algorithm a = algorithm_of(d->code);
        enum ansa_err err = digest_parts(a, &octets, 1, own);
        *is = err == ANSA_OK && octets.size > 0 &&
              constant_time_equal((struct ansa_bytes){ own, digest_size(a) }, d->digest);
        return err;
}

/*
 * The digest must be of what we sent, or somebody changed the request on its way. Behind an
 * answer to a challenge servers send that of the request which was challenged.
 */
static enum ansa_err check_digest(struct reading *r, const struct request_digest *d)
{
        bool is_ours;
        enum ansa_err err = is_digest_of(d, &r->sent->covered, &is_ours);
        if (err == ANSA_OK && !is_ours && r->sent->op == OP_ANSWER)
                err = is_digest_of(d, &r->sent->challenged, &is_ours);
        if (err != ANSA_OK)
                return fails(r, err, "could not be checked");
        return is_ours ? ANSA_OK : fails(r, ANSA_E_UNAUTHENTIC, "is to another request than ours");
}

static enum ansa_err take_digest(struct reading *r, struct reply *reply)
{
        struct request_digest d;
        reply->whole_body = r->m.body;
        reply->body = r->m.body;
        /* A challenge of 2.0 has its digest behind the nonce. */
        if (reply->header.response == RC_CHALLENGE && reply->version < VERSION(2, 1)) {
                struct challenge_body c;
                enum ansa_err err =
                        challenge_body_decode(reply->body, reply->version,
                                              (reply->header.flags & FLAG_REQUEST_DIGEST) != 0, &c);
                return err == ANSA_OK ? check_digest(r, &c.digest)
                                      : fails(r, err, "has a malformed challenge");
        }
        if ((reply->header.flags & FLAG_REQUEST_DIGEST) == 0) {
                if (reply->header.response == RC_CHALLENGE)
                        return fails(r, ANSA_E_UNAUTHENTIC,
                                     "is a challenge without the request's digest");
                return ANSA_OK;
        }
        enum ansa_err err = request_digest_decode(&reply->body, &d);
        if (err != ANSA_OK)
                return fails(r, err, "has a malformed request digest");
        return check_digest(r, &d);
}

static enum ansa_err check_mac(struct reading *r, const struct credential *c)
{
        uint8_t mac[DIGEST_SIZE_MAX];
        uint8_t prefix[CREDENTIAL_PREFIX_MAX];
        const struct envelope *e = &r->m.envelope;
        struct ansa_bytes key = { r->secrets->key.at, r->secrets->key.size };
        if (envelope_version(e) < VERSION(2, 7))
                return fails(r, ANSA_E_UNAUTHENTIC, "has an obsolete authentication code");
        size_t n = credential_prefix(e, c->counter, CREDENTIAL_MAC, prefix);
        struct ansa_bytes parts[] = { { prefix, n }, r->m.header_and_body };
        enum ansa_err err = hmac_parts(ALGORITHM_SHA256, key, parts, 2, mac);
        if (err != ANSA_OK)
                return fails(r, err, "could not be checked");
        struct ansa_bytes own = { mac, digest_size(ALGORITHM_SHA256) };
        if (!constant_time_equal(own, c->signature))
                return fails(r, ANSA_E_UNAUTHENTIC, "has a wrong authentication code");
        return ANSA_OK;
}

static enum ansa_err check_signature(struct reading *r, const struct credential *c)
{
        struct ansa_key parts;
        struct crypto_key *key = NULL;
        enum digest_algorithm algorithm;
        uint8_t prefix[CREDENTIAL_PREFIX_MAX];
        if (r->sent->peer_key.size == 0)
                return fails(
                        r, ANSA_E_UNAUTHENTIC,
                        "is signed by a server whose key is not known; its site record would tell it");
        if (digest_from_name(c->algorithm, &algorithm) != ANSA_OK) {
                /* Ed25519 has no digest to name. */
                if (!text_equal_fold(c->algorithm, ANSA_BYTES_LIT("Ed25519")))
                        return fails(r, ANSA_E_UNAUTHENTIC, "has an unknown kind of signature");
                algorithm = ALGORITHM_SHA256;
        }
        if (key_decode(r->sent->peer_key, &parts) != ANSA_OK ||
            crypto_key_new(&parts, &key) != ANSA_OK)
                return fails(r, ANSA_E_UNAUTHENTIC,
                             "is signed, but the key in the server's site record is unusable");
        size_t n = credential_prefix(&r->m.envelope, c->counter, CREDENTIAL_SIGNED, prefix);
        struct ansa_bytes signed_parts[] = { { prefix, n }, r->m.header_and_body };
        enum ansa_err err = crypto_verify(key, algorithm, signed_parts, 2, c->signature);
        crypto_key_free(key);
        return err == ANSA_OK ? ANSA_OK : fails(r, ANSA_E_UNAUTHENTIC, "has a wrong signature");
}

/* "I do not know your session" cannot be protected by it; all that it leads to is a new one. */
static bool is_about_session(const struct reading *r)
{
        uint32_t rc = r->m.header.response;
        return r->secrets != NULL && (rc == RC_SESSION_UNKNOWN || rc == RC_SESSION_FAILED ||
                                      rc == RC_SESSION_KEY || rc == RC_SESSION_REPLAY);
}

/*
 * A response that was asked to be certified must be, by the session's key or by the server's. A
 * session's set-up with a server of which nothing is known (no key) is the exception: the caller
 * named an address and nothing else.
 */
static enum ansa_err check_credential(struct reading *r, struct reply *reply)
{
        struct credential c;
        bool wanted = (r->sent->flags & FLAG_CERTIFY) != 0;
        bool keyless_setup = r->sent->op == OP_SESSION_SETUP && r->sent->peer_key.size == 0;
        bool is_bare = r->m.credential.size == 0;
        if (keyless_setup || (is_bare && (!wanted || is_about_session(r))))
                return ANSA_OK;
        if (is_bare)
                return fails(r, ANSA_E_UNAUTHENTIC, "is not signed");
        if (credential_decode(r->m.credential, &c) != ANSA_OK)
                return wanted ? fails(r, ANSA_E_UNAUTHENTIC, "has a malformed signature") : ANSA_OK;
        enum ansa_err err;
        if (text_equal_fold(c.type, ANSA_BYTES_LIT("HS_MAC"))) {
                if (r->secrets == NULL || r->secrets->id != r->m.envelope.session_id)
                        return fails(r, ANSA_E_UNAUTHENTIC, "has a code of another session");
                err = check_mac(r, &c);
        } else if (wanted) {
                err = check_signature(r, &c);
        } else {
                return ANSA_OK; /* nobody asked for it, and there may be no key to check it with */
        }
        reply->is_certified = err == ANSA_OK;
        return err;
}

static enum ansa_err check_header(struct reading *r, struct env *env)
{
        const struct header *h = &r->m.header;
        if (h->response == RC_REQUEST)
                return fails(r, ANSA_E_MALFORMED, "is a request");
        if (h->expires_s != 0 && h->expires_s < env->wall_s(env))
                return fails(r, ANSA_E_EXPIRED, "has expired (or our clock is wrong)");
        /* An answer to a challenge is answered for the original operation. */
        if (h->op != r->sent->op && h->op != OP_NONE && r->sent->op != OP_ANSWER)
                return fails(r, ANSA_E_MALFORMED, "is to another operation");
        return ANSA_OK;
}

enum ansa_err response_read(struct ansa_bytes wire, const struct sent *sent,
                            const struct secrets *secrets, struct env *env, struct buf *plain,
                            struct reply *reply, const char **problem)
{
        struct reading r = { .sent = sent, .secrets = secrets, .problem = "" };
        struct envelope e;
        *reply = (struct reply){ 0 };
        enum ansa_err err = envelope_decode(wire, &e);
        if (err != ANSA_OK) {
                err = fails(&r, err, "is too short");
                goto out;
        }
        if (e.request_id != sent->request_id) {
                err = fails(&r, ANSA_E_NOT_FOUND, "has another request id");
                goto out;
        }
        struct ansa_bytes after = { wire.at + ENVELOPE_SIZE, wire.size - ENVELOPE_SIZE };
        if ((e.flags & ENVELOPE_COMPRESSED) != 0) {
                err = fails(&r, ANSA_E_UNSUPPORTED, "is compressed");
                goto out;
        }
        if ((e.flags & ENVELOPE_ENCRYPTED) != 0)
                err = decrypt(&r, &e, &after, plain);
        if (err == ANSA_OK) {
                err = message_decode(&e, after, &r.m);
                if (err != ANSA_OK)
                        (void)fails(&r, err, "is malformed");
        }
        if (err == ANSA_OK)
                err = check_header(&r, env);
        if (err == ANSA_OK) {
                reply->envelope = r.m.envelope;
                reply->header = r.m.header;
                reply->version = envelope_version(&e);
                reply->suggested = envelope_suggested(&e);
                err = take_digest(&r, reply);
        }
        if (err == ANSA_OK)
                err = check_credential(&r, reply);
out:
        if (err != ANSA_OK)
                *reply = (struct reply){ 0 };
        *problem = r.problem;
        return err;
}
