/* SPDX-License-Identifier: Apache-2.0 */
#include "judge.h"

#include "base/assert.h"
#include "base/limits.h"
#include "identifier/job.h"
#include "wire/credential.h"
#include "wire/data.h"

#include <stdio.h>

/* Is what came right? */

static const char *codes_text(const struct codes *codes, char *text, size_t room)
{
        size_t used = 0;
        text[0] = 0;
        for (unsigned i = 0; i < codes->count && used < room; i++) {
                int n = snprintf(text + used, room - used, "%s%u", i > 0 ? "|" : "", codes->at[i]);
                used += n > 0 ? (size_t)n : 0;
        }
        return text;
}

static bool is_signed_well(const struct server *s, const struct message *m,
                           const struct credential *c)
{
        uint8_t prefix[CREDENTIAL_PREFIX_MAX];
        size_t size = credential_prefix(&m->envelope, 0, CREDENTIAL_SIGNED, prefix);
        struct ansa_bytes parts[] = { { prefix, size }, m->header_and_body };
        /* With SHA-256 for those who know it; Ed25519 has no choice. */
        bool is_new = envelope_version(&m->envelope) >= VERSION(2, 7);
        struct ansa_bytes name = is_new ? ANSA_BYTES_LIT("SHA-256") : ANSA_BYTES_LIT("SHA1");
        if (crypto_key_kind(s->key) == ANSA_KEY_ED25519)
                name = ANSA_BYTES_LIT("Ed25519");
        return ansa_bytes_equal(c->type, ANSA_BYTES_LIT("HS_SIGNED")) &&
               ansa_bytes_equal(c->algorithm, name) &&
               crypto_verify(s->key, is_new ? ALGORITHM_SHA256 : ALGORITHM_SHA1, parts, 2,
                             c->signature) == ANSA_OK;
}

static bool has_good_mac(const struct link *l, const struct message *m, const struct credential *c)
{
        uint8_t mac[DIGEST_SIZE_MAX];
        size_t size;
        struct ansa_bytes key = { l->key.at, l->key.size };
        return ansa_bytes_equal(c->type, ANSA_BYTES_LIT("HS_MAC")) &&
               people_mac(&m->envelope, c->counter, key, m->header_and_body, mac, &size) ==
                       ANSA_OK &&
               ansa_bytes_equal((struct ansa_bytes){ mac, size }, c->signature);
}

static bool check_credential(struct world *w, const struct server *s, const struct link *link,
                             const struct message *m)
{
        struct credential c;
        bool is_certified = (m->header.flags & FLAG_CERTIFY) != 0;
        if (m->credential.size == 0) {
                if (is_certified)
                        world_fail(w, "a certified answer of server %u has no credential",
                                   s->number);
                return !is_certified;
        }
        if (link != NULL && link->is_lost && credential_decode(m->credential, &c) == ANSA_OK &&
            ansa_bytes_equal(c.type, ANSA_BYTES_LIT("HS_MAC")))
                return true; /* with the key that nobody knows */
        bool is_good = credential_decode(m->credential, &c) == ANSA_OK &&
                       (is_signed_well(s, m, &c) || (link != NULL && has_good_mac(link, m, &c)));
        if (!is_good)
                world_fail(w, "the credential of an answer of server %u is wrong", s->number);
        return is_good;
}

static enum ansa_err decrypt(struct world *w, const struct link *link, struct ansa_bytes octets,
                             const struct envelope *e, struct ansa_bytes *after)
{
        struct buf b = buf_growing(LIMIT_MESSAGE_SIZE);
        if (link == NULL)
                return ANSA_E_DENIED;
        struct ansa_bytes cipher = { octets.at + ENVELOPE_SIZE, octets.size - ENVELOPE_SIZE };
        enum ansa_err err =
                session_decrypt(&link->key, envelope_version(e) >= VERSION(2, 4), cipher, &b);
        *after = world_keep(w, buf_written(&b));
        buf_fini(&b);
        return err;
}

/* A message may have been put into a session that it was not made for. */
static const struct link *find_link(const struct world *w, const struct server *s, uint32_t id)
{
        for (size_t i = 0; i < w->link_count; i++) {
                if (w->links[i].server == s->number && w->links[i].id == id)
                        return &w->links[i];
        }
        return NULL;
}

bool verdict_decode(struct world *w, const struct server *s, const struct link *link,
                    struct ansa_bytes octets, struct reply *r)
{
        *r = (struct reply){ 0 };
        struct envelope e;
        enum ansa_err err = envelope_decode(octets, &e);
        if (err == ANSA_OK && e.message_size != octets.size - ENVELOPE_SIZE)
                err = ANSA_E_MALFORMED;
        struct ansa_bytes after = { 0 };
        if (err == ANSA_OK && (link == NULL || link->id != e.session_id))
                link = find_link(w, s, e.session_id);
        if (err == ANSA_OK)
                after = (struct ansa_bytes){ octets.at + ENVELOPE_SIZE, e.message_size };
        bool is_encrypted = (e.flags & ENVELOPE_ENCRYPTED) != 0;
        if (err == ANSA_OK && is_encrypted && link != NULL && link->is_lost)
                return false; /* for nobody to read */
        if (err == ANSA_OK && is_encrypted)
                err = decrypt(w, link, octets, &e, &after);
        e.flags = 0;
        e.message_size = (uint32_t)after.size;
        if (err == ANSA_OK)
                err = message_decode(&e, after, &r->m);
        r->body = r->m.body;
        bool is_old = envelope_version(&e) < VERSION(2, 1);
        r->has_digest = (r->m.header.flags & FLAG_REQUEST_DIGEST) != 0;
        if (err == ANSA_OK && r->has_digest && !(is_old && r->m.header.response == RC_CHALLENGE))
                err = request_digest_decode(&r->body, &r->digest);
        if (err != ANSA_OK) {
                world_fail(w, "an answer of server %u cannot be decoded: %s", s->number,
                           ansa_err_text(err));
                return false;
        }
        return check_credential(w, s, link, &r->m);
}

/* Codes as clients before 2.5 know them. */
static uint32_t code_for(uint32_t code, uint16_t version)
{
        if (version >= VERSION(2, 5))
                return code;
        return code == RC_READ_ONLY         ? RC_PREFIX_REFERRAL
               : code == RC_PREFIX_REFERRAL ? RC_NOT_RESPONSIBLE
               : code == RC_VALUE_INVALID   ? RC_VALUE_EXISTS
                                            : code;
}

static bool have_code(const struct codes *codes, uint32_t code, uint16_t version)
{
        for (unsigned i = 0; i < codes->count; i++) {
                if (code_for(codes->at[i], version) == code)
                        return true;
        }
        return false;
}

static uint16_t version_of(const struct envelope *request)
{
        uint16_t v = envelope_suggested(request);
        return v > VERSION_OWN ? VERSION_OWN : v;
}

/* Something of the server's own went wrong meanwhile: it may say so, and nothing else. */
static bool is_excused(const struct context *c, uint32_t code)
{
        bool was_struck = c->s->fault.struck != c->struck;
        bool was_alone = c->s->fetch_failed != c->fetch_failed;
        if (was_alone && code == RC_NOT_FOUND && c->m.header.op == OP_RESOLVE &&
            c->s->world->habits.template_name > 0)
                return true; /* a namespace that cannot be read is none */
        if (was_struck && (code == RC_ERROR || code == RC_BUSY || code == RC_UNABLE_TO_VERIFY))
                return true;
        return was_alone && (code == RC_UNABLE_TO_VERIFY || code == RC_AUTHENTICATION ||
                             code == RC_NOT_RESPONSIBLE || code == RC_NOT_AUTHORIZED ||
                             code == RC_SESSION_FAILED || code == RC_ERROR || code == RC_BUSY);
}

static const char *what(const struct context *c, char *text, size_t room)
{
        struct cursor body = cursor_over(c->m.body);
        struct ansa_bytes name = cursor_block(&body, LIMIT_NAME_SIZE);
        int n = snprintf(text, room, "server %u: %s of \"%.*s\" as %s%u:%.*s%s, version %x",
                         c->s->number, operation_text(c->m.header.op), (int)name.size,
                         (const char *)name.at, c->has_who ? "" : "nobody ", c->who.index,
                         (int)c->who.name.size, (const char *)c->who.name.at,
                         c->in_session ? " in a session" : "", version_of(&c->envelope));
        ansa_assert(n > 0);
        return text;
}

static void fail_code(struct context *c, uint32_t code, const char *came)
{
        char right[128];
        char also[128];
        char about[512];
        world_fail(c->s->world, "%s: expected %s (or %s), came %s %u %s",
                   what(c, about, sizeof(about)),
                   codes_text(&c->verdict.codes, right, sizeof(right)),
                   codes_text(&c->also, also, sizeof(also)), came, code, response_text(code));
}

/* Also right in a batch that a commit fell into: what would have been right before it. */
static bool was_right_before(struct context *c, uint32_t code)
{
        if (c->s->before == NULL)
                return false;
        struct context before = *c;
        judge_operation(&before, c->s->before, c->has_who ? &c->who : NULL, c->in_session);
        bool is_right = have_code(&before.verdict.codes, code, version_of(&c->envelope));
        if (is_right)
                *c = before;
        return is_right;
}

static bool check_code(struct context *c, const struct reply *r)
{
        uint32_t code = r->m.header.response;
        uint16_t version = version_of(&c->envelope);
        if (have_code(&c->verdict.codes, code, version) || have_code(&c->also, code, version) ||
            is_excused(c, code) || was_right_before(c, code))
                return true;
        char text[256] = "";
        struct error_body e;
        if (code != RC_SUCCESS && error_body_decode(r->body, &e) == ANSA_OK)
                (void)snprintf(text, sizeof(text), "\"%.*s\"", (int)e.text.size,
                               (const char *)e.text.at);
        fail_code(c, code, text);
        return false;
}

/* Values */

static const struct ansa_value *find_value(const struct ansa_value *values, size_t count,
                                           uint32_t index)
{
        for (size_t i = 0; i < count; i++) {
                if (values[i].index == index)
                        return &values[i];
        }
        return NULL;
}

static bool same_values(struct ansa_values came, const struct ansa_value *values, size_t count)
{
        struct ansa_value value;
        size_t n = 0;
        while (ansa_values_next(&came, &value) == ANSA_OK) {
                const struct ansa_value *right = find_value(values, count, value.index);
                if (right == NULL || !model_same_value(right, &value) ||
                    right->timestamp_s != value.timestamp_s)
                        return false;
                n++;
        }
        return n == count && came.count == 0;
}

static bool is_status(struct ansa_bytes name)
{
        return model_same_text(name, ANSA_BYTES_LIT("0.SITE/STATUS")) ||
               model_same_text(name, ANSA_BYTES_LIT("0.SITE/DB_STATUS"));
}

static void check_resolution(struct context *c, const struct reply *r)
{
        struct record_body body;
        struct resolve_request query;
        char about[512];
        if (record_body_decode(r->body, &body) != ANSA_OK ||
            resolve_request_decode(c->m.body, &query) != ANSA_OK ||
            !ansa_bytes_equal(body.name, query.name)) {
                world_fail(c->s->world, "%s: the answer does not fit",
                           what(c, about, sizeof(about)));
                return;
        }
        if (is_status(query.name)) /* only its form is known */
                return;
        if (same_values(body.values, c->verdict.values, c->verdict.value_count))
                return;
        if (c->s->before != NULL) {
                struct context before = *c;
                judge_operation(&before, c->s->before, c->has_who ? &c->who : NULL, c->in_session);
                if (same_values(body.values, before.verdict.values, before.verdict.value_count))
                        return;
        }
        world_fail(c->s->world, "%s: expected %zu values, came %u, or they differ",
                   what(c, about, sizeof(about)), c->verdict.value_count, body.values.count);
}

/* What may not be in an answer to nobody knows whom. */
static void check_wild(struct context *c, const struct reply *r)
{
        struct record_body body;
        struct world *w = c->s->world;
        struct ansa_value value;
        bool is_private = false;
        if (r->m.header.response != RC_SUCCESS || r->m.header.op != OP_RESOLVE)
                return;
        if (record_body_decode(r->body, &body) != ANSA_OK) {
                world_fail(w, "a resolution cannot be decoded");
                return;
        }
        struct ansa_values values = body.values;
        while (ansa_values_next(&values, &value) == ANSA_OK)
                is_private = is_private || (value.permissions & ANSA_PERM_PUBLIC_READ) == 0;
        if (!is_private)
                return;
        for (size_t i = 0; i < w->token_count; i++) {
                struct token *t = &w->tokens[i];
                struct resolve_request query;
                if (!t->is_spent && t->call->header.op == OP_RESOLVE &&
                    resolve_request_decode(t->call->body, &query) == ANSA_OK &&
                    ansa_bytes_equal(query.name, body.name)) {
                        t->is_spent = true;
                        return;
                }
        }
        world_fail(w, "server %u gave private values of %.*s that nobody authorized had asked for",
                   c->s->number, (int)body.name.size, (const char *)body.name.at);
}

/* Challenges and sessions that begin here */

static void note_challenge(struct context *c, const struct reply *r)
{
        struct world *w = c->s->world;
        struct challenge_body body;
        if (challenge_body_decode(r->m.body, envelope_version(&r->m.envelope), r->has_digest,
                                  &body) != ANSA_OK ||
            body.nonce.size < 16 || r->m.envelope.session_id == 0) {
                world_fail(w, "a challenge of server %u is malformed", c->s->number);
                return;
        }
        w->tally.challenges++;
        if (w->dare_count == DARES_MAX || c->is_wild)
                return;
        struct dare *d = &w->dares[w->dare_count++];
        size_t in_session = 0;
        *d = (struct dare){
                .server = c->s->number,
                .life = c->s->life,
                .id = r->m.envelope.session_id,
                .call = c->sent->call,
                .nonce = world_keep(w, body.nonce),
                .digest = world_keep(w, body.digest.digest),
                .expires_ms = w->now_ms + 1000 * (uint64_t)c->s->config.challenge_s,
                .link = c->link,
                .counter = c->sent->counter,
        };
        struct ansa_bytes plain = c->is_exact ? c->sent->plain : world_keep(w, c->bytes);
        struct envelope e;
        ansa_assert(envelope_decode(plain, &e) == ANSA_OK);
        struct ansa_bytes after = { plain.at + ENVELOPE_SIZE, plain.size - ENVELOPE_SIZE };
        ansa_assert(message_decode(&e, after, &d->message) == ANSA_OK);
        for (size_t i = w->dare_count; d->link != NULL && i > 0; i--) {
                struct dare *older = &w->dares[i - 1];
                if (older->link == d->link && !older->is_taken && ++in_session > 4)
                        older->is_doubtful = true;
        }
}

static void note_session(struct context *c, const struct reply *r)
{
        struct world *w = c->s->world;
        struct session_request request;
        if (w->link_count == LINKS_MAX || !c->is_exact)
                return;
        struct link *l = &w->links[w->link_count++];
        ansa_assert(session_request_decode(c->m.body, &request) == ANSA_OK);
        uint32_t timeout = request.timeout_s;
        if (timeout == 0 || timeout > c->s->config.session_s_max)
                timeout = c->s->config.session_s_max;
        *l = (struct link){
                .server = c->s->number,
                .life = c->s->life,
                .id = r->m.envelope.session_id,
                .person = request.identity.name.size > 0 ? c->sent->call->person : NULL,
                .version = c->sent->call->version,
                .is_opaque = request.mode == SESSION_DH,
                .is_keyless = request.mode == SESSION_SERVER_KEY,
                .call = c->sent->call,
                .used_ms = w->now_ms,
                .idle_ms_max = 1000 * (uint64_t)(timeout < 60 ? 60 : timeout),
        };
        w->tally.sessions++;
        w->tally.keys_named += request.mode == SESSION_HANDLE_KEY;
        if (l->id == 0 || !people_session_key(w, c->sent->call, r->body, l))
                world_fail(w, "server %u set up a session that cannot be used", c->s->number);
}

static void check_digest(struct context *c, const struct reply *r)
{
        uint8_t digest[DIGEST_SIZE_MAX];
        static const enum digest_algorithm algorithms[] = { ALGORITHM_MD5, ALGORITHM_MD5,
                                                            ALGORITHM_SHA1, ALGORITHM_SHA256 };
        if (!r->has_digest || r->digest.code > DIGEST_SHA256)
                return;
        enum digest_algorithm a = algorithms[r->digest.code];
        ansa_assert(digest_parts(a, &c->m.header_and_body, 1, digest) == ANSA_OK);
        if (!ansa_bytes_equal((struct ansa_bytes){ digest, digest_size(a) }, r->digest.digest))
                world_fail(c->s->world, "server %u sent the digest of another request",
                           c->s->number);
}

static bool check_frame(struct context *c, const struct reply *r)
{
        const struct envelope *e = &r->m.envelope;
        uint16_t version = version_of(&c->envelope);
        char about[512];
        char right[128];
        /*
         * Of what could not be decrypted the operation is not known. Refused answers are answers;
         * wrong ones are of the challenged operation, of which a session may have several.
         */
        uint32_t op = r->m.header.op;
        uint32_t code = r->m.header.response;
        bool is_op =
                op == c->m.header.op ||
                (op == OP_NONE && (code == RC_SESSION_UNKNOWN || code == RC_SESSION_KEY)) ||
                (op == OP_ANSWER && c->dare != NULL && code != RC_SUCCESS) ||
                ((code == RC_AUTHENTICATION || code == RC_UNABLE_TO_VERIFY) && c->dare != NULL &&
                 (c->dare->link != NULL || op == c->dare->message.header.op));
        bool fits = e->request_id == c->envelope.request_id &&
                    (c->is_wild || (is_op && (e->major << 8 | e->minor) == version)) &&
                    r->m.header.response != RC_REQUEST;
        if (!fits)
                world_fail(
                        c->s->world,
                        "%s: expected %s, came request id %u (%u), op %u, version %u.%u, code %u",
                        what(c, about, sizeof(about)),
                        codes_text(&c->verdict.codes, right, sizeof(right)), e->request_id,
                        c->envelope.request_id, r->m.header.op, e->major, e->minor,
                        r->m.header.response);
        return fits;
}

static void check_errors(struct context *c, const struct reply *r)
{
        struct error_body error;
        struct referral_body referral;
        uint32_t code = r->m.header.response;
        bool is_referral = code == RC_PREFIX_REFERRAL && version_of(&c->envelope) >= VERSION(2, 5);
        bool is_good = is_referral ? referral_body_decode(r->body, &referral) == ANSA_OK
                                   : error_body_decode(r->body, &error) == ANSA_OK;
        if (!is_good)
                world_fail(c->s->world, "server %u: the body of code %u cannot be decoded",
                           c->s->number, code);
}

/* Whose door asks who it is, is told that it has to: no challenge is made for it. */
static void check_no_challenge(struct context *c, const struct reply *r)
{
        c->s->world->tally.strangers++;
        check_errors(c, r);
        if (judge_challenges_open(c->s) > c->challenges_open)
                world_fail(c->s->world, "server %u keeps a challenge that no door will answer",
                           c->s->number);
}

static void count_rules(const struct context *c, uint32_t code)
{
        struct tally *t = &c->s->world->tally;
        uint32_t op = c->m.header.op;
        struct session_request request;
        bool is_good = code == RC_SUCCESS;
        t->conditions_failed += code == RC_PRECONDITION;
        t->keys_brought += op == OP_SESSION_EXCHANGE && is_good;
        t->keys_refused += op == OP_SESSION_EXCHANGE && !is_good;
        struct cursor body = cursor_over(c->m.body);
        struct ansa_bytes name = cursor_block(&body, LIMIT_NAME_SIZE);
        bool has_template =
                name.size > 5 && memchr(name.at, '@', name.size) != NULL &&
                model_same_text((struct ansa_bytes){ name.at, 5 }, ANSA_BYTES_LIT("35.T/"));
        bool is_made = c->verdict.is_made && is_good;
        struct sight s = server_sight(c->s, &c->s->world->model, &c->s->world->model);
        t->shares_refused += code == RC_NOT_RESPONSIBLE && name.size > 0 && !c->is_wild &&
                             !model_is_share(&s, c->s->number, name) &&
                             model_is_homed(&s, c->s->number, name);
        t->made += is_made;
        t->made_by_base += is_made && c->verdict.is_made_by_base;
        t->made_hiding += is_made && c->verdict.is_hiding;
        t->made_unchanged += has_template && op != OP_RESOLVE && code == RC_NOT_FOUND;
        t->not_made += has_template && op == OP_RESOLVE && code == RC_NOT_FOUND;
        t->keys_lost += code == RC_SESSION_KEY && c->sent->link != NULL && c->sent->link->is_lost;
        if (op == OP_SESSION_SETUP && session_request_decode(c->m.body, &request) == ANSA_OK)
                t->keys_not_named += request.mode == SESSION_HANDLE_KEY && !is_good;
}

void verdict_reply(struct context *c, struct ansa_bytes octets)
{
        struct world *w = c->s->world;
        struct reply r;
        w->tally.replies++;
        const struct link *link = c->link != NULL ? c->link : c->sent->link;
        if (!verdict_decode(w, c->s, link, octets, &r) || !check_frame(c, &r))
                return;
        uint32_t code = r.m.header.response;
        world_note(w, "server %u answers %s with %u", c->s->number, operation_text(r.m.header.op),
                   code);
        count_rules(c, code);
        if (code != RC_SUCCESS && code != RC_CHALLENGE) {
                w->tally.refusals++;
                check_errors(c, &r);
        }
        if (c->is_wild) {
                if (code == RC_CHALLENGE)
                        note_challenge(c, &r);
                check_wild(c, &r);
                return;
        }
        if (!check_code(c, &r))
                return;
        check_digest(c, &r);
        if (code == RC_CHALLENGE && c->sent->wish != NULL)
                check_no_challenge(c, &r);
        else if (code == RC_CHALLENGE)
                note_challenge(c, &r);
        if (code != RC_SUCCESS)
                return;
        w->tally.successes++;
        if (c->m.header.op == OP_RESOLVE)
                check_resolution(c, &r);
        if (c->m.header.op == OP_SESSION_SETUP)
                note_session(c, &r);
        if (c->m.header.op == OP_GET_SITE && !ansa_bytes_equal(r.body, c->s->site))
                world_fail(w, "server %u sent another site record than its own", c->s->number);
}
