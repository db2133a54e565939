/* SPDX-License-Identifier: Apache-2.0 */
#include "programs/ansa/web.h"

#include "base/env.h"
#include "base/text.h"
#include "client/identity.h"
#include "crypto/digest.h"
#include "crypto/key.h"
#include "programs/ansa/online.h"
#include "programs/site_file.h"
#include "wire/json_reader.h"

#include <stdlib.h>

#define SMALL_ANSWER_MAX  65536u
#define CONNECT_TIMEOUT_S 15L
#define JSON_MEMORY_MAX   (1u << 20)
#define CNONCE_SIZE       16u

static size_t take_answer(char *at, size_t unit, size_t count, void *context)
{
        struct web_call *call = context;
        buf_bytes(&call->answer, (struct ansa_bytes){ (const uint8_t *)at, unit * count });
        return call->answer.err == ANSA_OK ? unit * count : 0;
}

/* curl hands out its SSL_CTX before each handshake. */
static CURLcode take_tls(CURL *easy, void *ctx, void *context)
{
        (void)easy;
        tls_expect_key(ctx, context);
        return CURLE_OK;
}

static bool add_header(struct web_call *call, const char *line)
{
        struct curl_slist *list = curl_slist_append(call->headers, line);
        if (list != NULL)
                call->headers = list;
        return list != NULL;
}

static bool add_headers(const struct web *w, struct web_call *call, const char *type,
                        const char *header)
{
        char line[128];
        (void)snprintf(line, sizeof(line), "Content-Type: %s", type != NULL ? type : "");
        return add_header(call, "Accept: application/json") && add_header(call, "Expect:") &&
               (type == NULL || add_header(call, line)) &&
               (header == NULL || add_header(call, header)) &&
               (w->authorization == NULL || add_header(call, w->authorization));
}

static void set_tls(const struct web *w, CURL *easy)
{
        if (w->ca != NULL)
                (void)curl_easy_setopt(easy, CURLOPT_CAINFO, w->ca);
        if (w->expected.key.size == 0)
                return;
        (void)curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L); /* the key tells who it is */
        (void)curl_easy_setopt(easy, CURLOPT_SSL_CTX_FUNCTION, take_tls);
        (void)curl_easy_setopt(easy, CURLOPT_SSL_CTX_DATA, &w->expected);
}

enum ansa_err web_call_init(const struct web *w, struct web_call *call, const char *method,
                            const char *path, const char *type, struct ansa_bytes body,
                            const char *header)
{
        char url[4096];
        *call = (struct web_call){ .easy = curl_easy_init(),
                                   .answer = buf_growing(WEB_ANSWER_MAX) };
        int size = snprintf(url, sizeof(url), "%s%s", w->base, path);
        if (call->easy == NULL || size < 0 || (size_t)size >= sizeof(url) ||
            !add_headers(w, call, type, header)) {
                web_call_fini(call);
                return ANSA_E_NO_MEMORY;
        }
        CURL *easy = call->easy;
        (void)curl_easy_setopt(easy, CURLOPT_URL, url);
        (void)curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
        (void)curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, method);
        (void)curl_easy_setopt(easy, CURLOPT_HTTPHEADER, call->headers);
        (void)curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_answer);
        (void)curl_easy_setopt(easy, CURLOPT_WRITEDATA, call);
        (void)curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, call->error);
        (void)curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT, CONNECT_TIMEOUT_S);
        (void)curl_easy_setopt(easy, CURLOPT_TIMEOUT, w->timeout_s);
        (void)curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
        (void)curl_easy_setopt(easy, CURLOPT_PRIVATE, call);
        if (type != NULL) {
                (void)curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body.size);
                (void)curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body.at);
        }
        set_tls(w, easy);
        return ANSA_OK;
}

void web_call_fini(struct web_call *call)
{
        if (call->easy != NULL)
                curl_easy_cleanup(call->easy);
        curl_slist_free_all(call->headers);
        buf_fini(&call->answer);
        *call = (struct web_call){ 0 };
}

long web_call_status(const struct web_call *call)
{
        long status = 0;
        (void)curl_easy_getinfo(call->easy, CURLINFO_RESPONSE_CODE, &status);
        return status;
}

/* A text member of the answer, in @text; false when it has none. */
static bool text_member(const struct web_call *call, const char *member, char *text, size_t room)
{
        struct arena arena;
        struct json_problem problem;
        arena_init(&arena, JSON_MEMORY_MAX);
        struct json_reader r = json_reader_init(&arena, &problem);
        json_t *root = json_reader_parse(&r, buf_written(&call->answer));
        struct ansa_bytes found = json_read_text_or_empty(&r, root, member, room - 1);
        bool has = r.err == ANSA_OK && found.size > 0 && found.size < room;
        if (has) {
                memcpy(text, found.at, found.size);
                text[found.size] = '\0';
        }
        json_decref(root);
        arena_fini(&arena);
        return has;
}

void web_call_problem(const struct web_call *call, char *text, size_t room)
{
        if (text_member(call, "message", text, room) || text_member(call, "detail", text, room) ||
            text_member(call, "error", text, room))
                return;
        long status = web_call_status(call);
        if (status != 0)
                (void)snprintf(text, room, "the server answered with HTTP status %ld", status);
        else
                (void)snprintf(text, room, "%s",
                               call->error[0] != '\0' ? call->error : "no answer came");
}

/* Where, and how it is checked */

static enum exit_status take_site_key(struct web *w, const char *path)
{
        size_t size;
        struct config_problem problem;
        struct ansa_site site;
        struct ansa_server server;
        struct env *env = env_system();
        if (site_file_read(path, &w->site, &size, &problem) != ANSA_OK)
                return cli_fail(w->cli, ANSA_E_ARGUMENT, "%s", problem.text);
        if (ansa_site_decode((struct ansa_bytes){ w->site, size }, &site) != ANSA_OK ||
            ansa_site_next_server(&site.servers, &server) != ANSA_OK || server.key.size == 0)
                return cli_fail(w->cli, ANSA_E_ARGUMENT, "%s: no server with a key", path);
        w->expected = (struct tls_expected){ server.key, env->wall_s(env) };
        return EXIT_DONE;
}

static enum exit_status take_base(struct web *w)
{
        const char *url = cli_value(w->cli, "http");
        if (strncmp(url, "http://", 7) != 0 && strncmp(url, "https://", 8) != 0) {
                cli_say(w->cli, "--http %s: a URL is wanted, as in https://localhost:8443", url);
                return EXIT_USAGE;
        }
        w->base = strdup(url);
        if (w->base == NULL)
                return cli_fail(w->cli, ANSA_E_NO_MEMORY, "out of memory");
        for (size_t size = strlen(w->base); size > 0 && w->base[size - 1] == '/';)
                w->base[--size] = '\0';
        return EXIT_DONE;
}

/* Who we are */

static enum exit_status keep_authorization(struct web *w, struct buf *line)
{
        buf_u8(line, '\0');
        if (line->err == ANSA_OK)
                w->authorization = strdup((const char *)line->at);
        buf_fini(line);
        return w->authorization != NULL ? EXIT_DONE
                                        : cli_fail(w->cli, ANSA_E_NO_MEMORY, "out of memory");
}

/* "300%3A0.NA/20.500.1": as the user part of Basic wants it (rest-api 4.1). */
static void put_user(struct buf *b, const struct ansa_ref *ref)
{
        buf_printf(b, "%u%%3A", ref->index);
        for (size_t i = 0; i < ref->name.size; i++) {
                uint8_t c = ref->name.at[i];
                if (c == '%' || c == ':' || c < 0x21 || c > 0x7e)
                        buf_printf(b, "%%%02X", c);
                else
                        buf_u8(b, c);
        }
}

static enum exit_status use_secret(struct web *w, const struct ansa_identity *who)
{
        struct buf pair = buf_secret(SMALL_ANSWER_MAX);
        struct buf line = buf_secret(2 * SMALL_ANSWER_MAX);
        put_user(&pair, &who->ref);
        buf_u8(&pair, ':');
        buf_bytes(&pair, (struct ansa_bytes){ who->secret, who->secret_size });
        buf_text(&line, "Authorization: Basic ");
        text_put_base64(&line, buf_written(&pair), TEXT_BASE64);
        buf_fini(&pair);
        return keep_authorization(w, &line);
}

/* One request with a small answer; says what was wrong with it. */
static enum exit_status perform(struct web *w, struct web_call *call, const char *method,
                                const char *path, const struct buf *body)
{
        enum ansa_err err =
                web_call_init(w, call, method, path, "application/json", buf_written(body), NULL);
        if (err != ANSA_OK)
                return cli_fail(w->cli, err, "%s", ansa_err_text(err));
        CURLcode code = curl_easy_perform(call->easy);
        long status = web_call_status(call);
        if (code == CURLE_OK && status >= 200 && status < 300)
                return EXIT_DONE;
        char problem[256];
        web_call_problem(call, problem, sizeof(problem));
        return cli_fail(w->cli, status != 0 ? ANSA_E_DENIED : ANSA_E_NETWORK, "%s: %s", w->base,
                        problem);
}

static void put_answer(struct buf *b, const struct ansa_identity *who, const char *session,
                       struct ansa_bytes cnonce, struct ansa_bytes signature)
{
        buf_text(b, "{\"sessionId\":");
        json_put_string(b, ansa_bytes_text(session));
        buf_text(b, ",\"id\":\"");
        buf_printf(b, "%u:", who->ref.index);
        struct buf name = buf_growing(SMALL_ANSWER_MAX);
        json_put_string(&name, who->ref.name);
        if (name.size > 0) /* the quote in front is there already */
                buf_bytes(b, (struct ansa_bytes){ name.at + 1, name.size - 1 });
        buf_fini(&name);
        bool is_ed25519 = crypto_key_kind(who->key) == ANSA_KEY_ED25519;
        buf_printf(b, ",\"type\":\"HS_PUBKEY\",\"alg\":\"%s\",\"cnonce\":\"",
                   is_ed25519 ? "Ed25519" : "SHA256");
        text_put_base64(b, cnonce, TEXT_BASE64);
        buf_text(b, "\",\"signature\":\"");
        text_put_base64(b, signature, TEXT_BASE64);
        buf_text(b, "\"}");
}

/* A session that is proven with the key (rest-api 4.4). */
static enum exit_status use_key(struct web *w, const struct ansa_identity *who)
{
        struct env *env = env_system();
        struct web_call begun = { 0 };
        struct web_call proven = { 0 };
        char session[256];
        char nonce_text[256];
        uint8_t cnonce[CNONCE_SIZE];
        uint8_t signature[CRYPTO_SIGNATURE_MAX];
        size_t size = 0;
        struct buf nonce = buf_growing(sizeof(nonce_text));
        struct buf body = buf_growing(SMALL_ANSWER_MAX);
        buf_text(&body, "{}");
        enum exit_status status = perform(w, &begun, "POST", "/api/sessions", &body);
        if (status != EXIT_DONE)
                goto out;
        env->random(env, cnonce, sizeof(cnonce));
        enum ansa_err err = ANSA_E_MALFORMED;
        if (text_member(&begun, "sessionId", session, sizeof(session)) &&
            text_member(&begun, "nonce", nonce_text, sizeof(nonce_text)))
                err = text_base64(ansa_bytes_text(nonce_text), &nonce);
        struct ansa_bytes parts[] = { buf_written(&nonce), { cnonce, sizeof(cnonce) } };
        if (err == ANSA_OK)
                err = crypto_sign(who->key, ALGORITHM_SHA256, parts, 2, signature,
                                  sizeof(signature), &size);
        if (err != ANSA_OK) {
                status = cli_fail(w->cli, err, "%s: no session: %s", w->base, ansa_err_text(err));
                goto out;
        }
        buf_reset(&body);
        put_answer(&body, who, session, parts[1], (struct ansa_bytes){ signature, size });
        status = perform(w, &proven, "PUT", "/api/sessions/this", &body);
        if (status == EXIT_DONE) {
                struct buf line = buf_secret(SMALL_ANSWER_MAX);
                buf_printf(&line, "Authorization: Handle sessionId=\"%s\"", session);
                status = keep_authorization(w, &line);
        }
out:
        web_call_fini(&begun);
        web_call_fini(&proven);
        buf_fini(&nonce);
        buf_fini(&body);
        return status;
}

static enum exit_status sign_in(struct web *w)
{
        struct ansa_identity *who = NULL;
        enum exit_status status = online_identity(w->cli, &who);
        if (status == EXIT_DONE && who != NULL && strncmp(w->base, "https://", 8) != 0)
                status = cli_fail(w->cli, ANSA_E_ARGUMENT,
                                  "%s: administration needs https: what shows who you are could be "
                                  "read on the way",
                                  w->base);
        else if (status == EXIT_DONE && who != NULL)
                status = who->key != NULL ? use_key(w, who) : use_secret(w, who);
        ansa_identity_free(who);
        return status;
}

enum exit_status web_open(const struct cli *c, struct web *w)
{
        uint64_t seconds;
        const char *site = cli_value(c, "site");
        *w = (struct web){ .cli = c, .ca = cli_value(c, "ca") };
        if (!cli_number(c, "timeout", 1, 3600, 60, &seconds))
                return EXIT_USAGE;
        w->timeout_s = (long)seconds;
        if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
                return cli_fail(c, ANSA_E_NO_MEMORY, "the HTTP library cannot be used");
        enum exit_status status = take_base(w);
        if (status == EXIT_DONE && site != NULL)
                status = take_site_key(w, site);
        return status == EXIT_DONE ? sign_in(w) : status;
}

void web_close(struct web *w)
{
        if (w->authorization != NULL)
                wipe((uint8_t *)w->authorization, strlen(w->authorization));
        free(w->authorization);
        free(w->base);
        free(w->site);
        curl_global_cleanup();
        *w = (struct web){ 0 };
}
