/* SPDX-License-Identifier: Apache-2.0 */
#include "programs/ansad.h"

#include "base/log.h"
#include "base/text.h"
#include "crypto/digest.h"
#include "crypto/hasher.h"
#include "crypto/key.h"
#include "crypto/tls_cert.h"
#include "programs/fetch.h"
#include "programs/home.h"
#include "programs/sandbox.h"
#include "store/engines.h"
#include "wire/data.h"
#include "wire/name.h"

#include <errno.h>
#include <pwd.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * Putting the parts together, in the order in which rights are given up: lock, key process,
 * sockets; then as another user the store; then in the sandbox the service and its threads.
 */

#define FILES_BESIDE   512u /* descriptors besides connections: sockets, store, client */
#define READERS_BESIDE 32u  /* store transactions besides ours: tools, backup */
#define RENEW_TLS_MS   (30ull * 86400 * 1000)
#define PEM_MAX        262144u
#define DAY_S          86400ull
#define TLS_WARN_DAYS  14u

static enum ansa_err failed(const char *what, enum ansa_err err, const char *why)
{
        log_error("start", "part=%s detail=\"%s\"", what, why);
        return err;
}

/* Who to be: the configured user, else the owner of the home. */
static enum ansa_err choose_user(struct ansad *a)
{
        const char *user = a->settings->config.user;
        struct stat st;
        if (stat(a->home, &st) != 0)
                return failed("home", ANSA_E_NOT_FOUND, strerror(errno));
        a->uid = st.st_uid;
        a->gid = st.st_gid;
        if (geteuid() != 0) {
                a->uid = geteuid();
                a->gid = getegid();
        } else if (user[0] != '\0') {
                const struct passwd *p = getpwnam(user);
                if (p == NULL)
                        return failed("user", ANSA_E_NOT_FOUND, "no such user; see [server] user");
                a->uid = p->pw_uid;
                a->gid = p->pw_gid;
        }
        return ANSA_OK;
}

static enum ansa_err take_lock(struct ansad *a)
{
        enum ansa_err err = home_lock(a->home, &a->lock_fd);
        if (err == ANSA_E_BUSY)
                return failed("lock", err, "another process serves or writes this home");
        if (err != ANSA_OK)
                return failed("lock", err, ansa_err_text(err));
        /* the tools take it too, as the user that the home belongs to */
        if (geteuid() == 0 && fchown(a->lock_fd, a->uid, a->gid) != 0)
                return failed("lock", ANSA_E_IO, strerror(errno));
        return ANSA_OK;
}

/* Homes of before there were logs have no key for one. */
static enum ansa_err make_log_key(const struct ansad *a, const char *path)
{
        struct crypto_key *key = NULL;
        struct buf pem = buf_secret(PEM_MAX);
        if (access(path, F_OK) == 0)
                return ANSA_OK;
        enum ansa_err err = crypto_key_generate(ANSA_KEY_ED25519, 0, &key);
        if (err == ANSA_OK)
                err = crypto_key_to_pem(key, true, (struct ansa_bytes){ 0 }, &pem);
        if (err == ANSA_OK)
                err = file_write(path, buf_written(&pem), 0600);
        if (err == ANSA_OK && geteuid() == 0 && chown(path, a->uid, a->gid) != 0)
                err = ANSA_E_IO;
        if (err == ANSA_OK)
                log_info("ledger", "detail=\"a key for the log was made\" file=%s", path);
        buf_fini(&pem);
        crypto_key_free(key);
        return err == ANSA_E_NOT_FOUND ? ANSA_OK : err; /* no keys at all: that is told next */
}

static enum ansa_err start_keys(struct ansad *a)
{
        const struct config *c = &a->settings->config;
        char key[ANSAD_PATH_MAX];
        char passphrase[ANSAD_PATH_MAX];
        char log_key[ANSAD_PATH_MAX];
        struct key_problem problem;
        struct key_process_options o = { .key = key,
                                         .log_key = log_key,
                                         .uid = a->uid,
                                         .gid = a->gid,
                                         .sandbox = c->sandbox,
                                         .name = ANSA_BYTES_LIT("ansa") };
        enum ansa_err err = ansad_path(a, c->key, key, sizeof(key));
        if (err == ANSA_OK && c->key_passphrase[0] != '\0') {
                err = ansad_path(a, c->key_passphrase, passphrase, sizeof(passphrase));
                o.passphrase = passphrase;
        }
        if (err == ANSA_OK)
                err = ansad_path(a, c->log_key, log_key, sizeof(log_key));
        if (err == ANSA_OK)
                err = make_log_key(a, log_key);
        if (err != ANSA_OK)
                return failed("key", err, ansa_err_text(err));
        err = key_process_start(&o, &a->keys, &problem);
        return err == ANSA_OK ? err : failed("key", err, problem.text);
}

/* Clients would not believe us when the site record has another key. */
static void compare_key(const struct ansad *a)
{
        struct ansa_site site;
        struct ansa_server server = { 0 };
        struct ansa_key ours;
        struct ansa_key told;
        uint64_t number = a->settings->config.server_number;
        if (ansa_site_decode((struct ansa_bytes){ a->settings->site, a->settings->site_size },
                             &site) != ANSA_OK)
                return;
        if (number >= site.server_count) {
                log_warn("site", "detail=\"the site record has %u servers, server_number is %llu\"",
                         site.server_count, (unsigned long long)number);
                return;
        }
        for (uint64_t i = 0; i <= number; i++) {
                if (ansa_site_next_server(&site.servers, &server) != ANSA_OK)
                        return;
        }
        if (key_decode(key_process_public(a->keys), &ours) != ANSA_OK ||
            key_decode(server.key, &told) != ANSA_OK || !key_equal(&ours, &told))
                log_warn("site", "detail=\"the key of the site record is not the server's key\"");
}

static enum ansa_err put_file(const struct ansad *a, const char *file, struct buf *b)
{
        char path[ANSAD_PATH_MAX];
        uint8_t *at = NULL;
        size_t size;
        enum ansa_err err = ansad_path(a, file, path, sizeof(path));
        if (err == ANSA_OK)
                err = file_read(path, PEM_MAX, &at, &size);
        if (err != ANSA_OK) {
                char text[ANSAD_PATH_MAX + 64];
                (void)snprintf(text, sizeof(text), "%s: %s", file, ansa_err_text(err));
                return failed("tls", err, text);
        }
        buf_bytes(b, (struct ansa_bytes){ at, size });
        wipe(at, size); /* it may be the key */
        free(at);
        return b->err;
}

/* Clients refuse one that is not in force; the rest of the server has no part in that. */
static enum ansa_err check_term(struct ansad *a, const char *file, struct ansa_bytes chain)
{
        uint64_t from_s;
        uint64_t until_s;
        struct env *env = env_system();
        uint64_t now_s = env->wall_s(env);
        if (crypto_cert_term(chain, &from_s, &until_s) != ANSA_OK) {
                char text[ANSAD_PATH_MAX + 64];
                (void)snprintf(text, sizeof(text), "%s: no certificate in PEM", file);
                return failed("tls", ANSA_E_MALFORMED, text);
        }
        uint64_t known_s = atomic_load(&a->tls_until_s);
        if (known_s == 0 || until_s < known_s)
                atomic_store(&a->tls_until_s, until_s);
        if (now_s >= from_s)
                return ANSA_OK;
        char time[32];
        struct buf b = buf_over((uint8_t *)time, sizeof(time) - 1);
        text_put_time(&b, from_s < UINT32_MAX ? (uint32_t)from_s : UINT32_MAX);
        time[b.size] = '\0';
        log_warn("tls", "file=%s detail=\"the certificate is not in force before %s\"", file, time);
        return ANSA_OK;
}

void ansad_tls_watch(struct ansad *a)
{
        struct env *env = env_system();
        uint64_t now_s = env->wall_s(env);
        uint64_t until_s = atomic_load(&a->tls_until_s);
        if (until_s == 0 || env->steady_ms(env) < a->tls_warn_ms ||
            until_s > now_s + TLS_WARN_DAYS * DAY_S)
                return;
        a->tls_warn_ms = env->steady_ms(env) + DAY_S * 1000;
        char time[32];
        struct buf b = buf_over((uint8_t *)time, sizeof(time) - 1);
        text_put_time(&b, until_s < UINT32_MAX ? (uint32_t)until_s : UINT32_MAX);
        time[b.size] = '\0';
        if (until_s <= now_s)
                log_error("tls", "detail=\"the certificate expired on %s: clients refuse it\"",
                          time);
        else
                log_warn("tls", "detail=\"the certificate will expire on %s\"", time);
}

/* The files of one of them, or a certificate by the key of the site. */
static enum ansa_err fill_tls(struct ansad *a, const char *certificate, const char *key,
                              struct ansad_tls *tls)
{
        struct env *env = env_system();
        if (certificate[0] != '\0') {
                enum ansa_err err = put_file(a, certificate, &tls->chain);
                if (err == ANSA_OK)
                        err = check_term(a, certificate, buf_written(&tls->chain));
                return err == ANSA_OK ? put_file(a, key, &tls->key) : err;
        }
        a->tls_renew_ms = env->steady_ms(env) + RENEW_TLS_MS;
        return key_process_certify(a->keys, env->wall_s(env), &tls->chain, &tls->key);
}

enum ansa_err ansad_tls(struct ansad *a, struct ansad_tls *native, struct ansad_tls *web)
{
        const struct config *c = &a->settings->config;
        enum ansa_err err = ANSA_OK;
        *native = *web = (struct ansad_tls){ buf_growing(PEM_MAX), buf_secret(PEM_MAX) };
        a->tls_renew_ms = 0;
        a->tls_warn_ms = 0;
        atomic_store(&a->tls_until_s, 0);
        if (c->tls)
                err = fill_tls(a, c->tls_certificate, c->tls_key, native);
        bool has_own = c->http_tls_certificate[0] != '\0';
        if (err == ANSA_OK && c->https)
                err = fill_tls(a, has_own ? c->http_tls_certificate : c->tls_certificate,
                               has_own ? c->http_tls_key : c->tls_key, web);
        return err;
}

void ansad_tls_fini(struct ansad_tls *tls)
{
        buf_fini(&tls->key);
        buf_fini(&tls->chain);
}

/* @count, or one for each processor when it is 0. */
static uint32_t thread_count(uint64_t count)
{
        long cores = sysconf(_SC_NPROCESSORS_ONLN);
        if (count == 0)
                count = cores > 0 ? (uint64_t)cores : 1;
        return count > DOORS_WORKERS_MAX ? DOORS_WORKERS_MAX : (uint32_t)count;
}

/* As many descriptors as connections may be, if the system lets us. */
static void raise_files(const struct config *c)
{
        struct rlimit limit;
        rlim_t want = (rlim_t)c->connections + (rlim_t)c->http_connections + FILES_BESIDE;
        if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
                return;
        if (limit.rlim_max < want && geteuid() == 0)
                limit.rlim_max = want;
        limit.rlim_cur = limit.rlim_max < want ? limit.rlim_max : want;
        if (setrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur < want)
                log_warn("limits", "detail=\"%llu descriptors for %llu connections\"",
                         (unsigned long long)limit.rlim_cur,
                         (unsigned long long)(c->connections + c->http_connections));
}

static enum ansa_err open_doors(struct ansad *a)
{
        const struct config *c = &a->settings->config;
        struct doors_listen listen[DOORS_LISTEN_MAX];
        struct doors_web web[DOORS_WEB_MAX];
        struct doors_options o = { .listen = listen,
                                   .listen_count = config_listen(c, listen),
                                   .workers = thread_count(c->workers),
                                   .slow_threads = (uint32_t)c->slow_threads,
                                   .skip_missing = c->listen_is_default,
                                   .web = web,
                                   .web_count = config_web(c, web),
                                   .web_threads = thread_count(c->http_threads),
                                   .env = env_system() };
        struct ansad_tls native_tls;
        struct ansad_tls web_tls;
        enum ansa_err err = ansad_tls(a, &native_tls, &web_tls);
        config_limits(c, &o.limits);
        raise_files(c);
        if (err == ANSA_OK) {
                struct doors_problem problem;
                o.tls_chain = buf_written(&native_tls.chain);
                o.tls_key = buf_written(&native_tls.key);
                o.web_chain = buf_written(&web_tls.chain);
                o.web_key = buf_written(&web_tls.key);
                err = doors_open(&o, &a->doors, &problem);
                if (err != ANSA_OK)
                        (void)failed("listen", err, problem.text);
        }
        ansad_tls_fini(&native_tls);
        ansad_tls_fini(&web_tls);
        return err;
}

static enum ansa_err open_store(struct ansad *a)
{
        const struct config *c = &a->settings->config;
        char path[ANSAD_PATH_MAX];
        bool is_old = false;
        enum ansa_err err = home_path(a->home, HOME_STORE, path, sizeof(path));
        if (err == ANSA_OK && mkdir(path, 0700) != 0 && errno != EEXIST)
                return failed("store", ANSA_E_IO, strerror(errno));
        struct store_lmdb_options o = {
                .map_size = c->store_size,
                .readers = thread_count(c->workers) + 2 * thread_count(c->http_threads) +
                           2 * (uint32_t)c->slow_threads + READERS_BESIDE,
                .no_sync = !c->store_sync,
        };
        if (err == ANSA_OK)
                err = store_lmdb_open(path, &o, &a->store);
        if (err == ANSA_OK)
                err = home_store_format(a->store, true, &is_old);
        if (err == ANSA_E_UNSUPPORTED)
                return failed("store", err, "was written in another format than this version's");
        if (err == ANSA_OK && is_old)
                err = home_upgrade(a->store, c->case_sensitive);
        if (err == ANSA_OK)
                err = home_settle(a->store);
        return err == ANSA_OK ? err : failed("store", err, ansa_err_text(err));
}

static enum ansa_err enter_sandbox(struct ansad *a)
{
        struct sandbox_problem problem;
        struct sandbox_state state;
        if (!a->settings->config.sandbox)
                return ANSA_OK;
        enum ansa_err err = sandbox_server(a->home, &state, &problem);
        if (err != ANSA_OK)
                return failed("sandbox", err, problem.text);
        log_info("sandbox", "landlock=%s seccomp=%s", state.has_landlock ? "yes" : "no",
                 state.has_seccomp ? "yes" : "no");
        return ANSA_OK;
}

/* Prefixes of the configuration that are not homed yet. */
static enum ansa_err home_prefixes(struct ansad *a, struct identifier_worker *writer)
{
        const struct config_list *list = &a->settings->config.homed_prefixes;
        for (uint32_t i = 0; i < list->count; i++) {
                struct bulk_change change = { .kind = BULK_HOME,
                                              .name = ansa_bytes_text(list->item[i]) };
                size_t ignored;
                enum ansa_err err = identifier_bulk(writer, &change, 1, &ignored);
                if (err != ANSA_OK && err != ANSA_E_EXISTS) {
                        log_error("home", "prefix=%s detail=\"%s\"", list->item[i],
                                  ansa_err_text(err));
                        return err;
                }
        }
        return ANSA_OK;
}

static enum ansa_err start_http(struct ansad *a)
{
        const struct doors_web *web;
        if (doors_web_listening(a->doors, &web) == 0)
                return ANSA_OK;
        struct http_options o = { .service = a->service,
                                  .env = env_system(),
                                  .facts = ansad_facts_http(a->facts),
                                  .signer = key_process_signer(a->keys) };
        ansad_http_config(a, a->settings, &o.config);
        enum ansa_err err = http_new(&o, &a->http);
        if (err == ANSA_OK)
                ansad_facts_look(a->facts);
        return err;
}

/* As configured, else a name that goes with the key. */
static struct ansa_bytes log_name(struct ansad *a)
{
        struct hash256 hash;
        struct ansa_bytes key = key_process_log_public(a->keys);
        if (a->settings->config.log_origin[0] != '\0')
                return ansa_bytes_text(a->settings->config.log_origin);
        hasher_one(&crypto_hasher, key.at, key.size, &hash);
        (void)snprintf(a->log_name, sizeof(a->log_name), "log-%02x%02x%02x%02x", hash.at[0],
                       hash.at[1], hash.at[2], hash.at[3]);
        return ansa_bytes_text(a->log_name);
}

static enum ansa_err start_service(struct ansad *a)
{
        struct identifier_options o = { .store = a->store,
                                        .env = env_system(),
                                        .signer = key_process_signer(a->keys),
                                        .log_signer = key_process_log_signer(a->keys),
                                        .log_name = log_name(a),
                                        .log_key = key_process_log_public(a->keys),
                                        .fetcher = a->fetcher };
        ansad_identifier_config(a->settings, &o.config);
        enum ansa_err err = identifier_new(&o, &a->service);
        if (err != ANSA_OK)
                return failed("service", err, ansa_err_text(err));
        struct identifier_worker *writer = NULL;
        err = identifier_announce(a->service);
        if (err == ANSA_OK)
                err = identifier_worker_new(a->service, true, &writer);
        if (err == ANSA_OK)
                err = home_prefixes(a, writer);
        identifier_worker_free(writer);
        if (err != ANSA_OK)
                return failed("service", err, ansa_err_text(err));
        err = start_http(a);
        if (err != ANSA_OK)
                return failed("service", err, ansa_err_text(err));
        struct doors_problem problem;
        err = doors_start(a->doors, a->service, a->http, &problem);
        return err == ANSA_OK ? err : failed("threads", err, problem.text);
}

enum ansa_err ansad_check(struct ansad *a)
{
        struct ansad_tls native;
        struct ansad_tls web;
        enum ansa_err err = choose_user(a);
        if (err == ANSA_OK)
                err = start_keys(a);
        if (err != ANSA_OK)
                return err;
        compare_key(a);
        err = ansad_tls(a, &native, &web);
        ansad_tls_fini(&native);
        ansad_tls_fini(&web);
        ansad_tls_watch(a);
        struct env *env = env_system();
        uint64_t until_s = atomic_load(&a->tls_until_s);
        return err == ANSA_OK && until_s != 0 && until_s <= env->wall_s(env) ? ANSA_E_EXPIRED : err;
}

enum ansa_err ansad_open(struct ansad *a)
{
        enum ansa_err err = choose_user(a);
        if (err == ANSA_OK)
                err = take_lock(a);
        if (err == ANSA_OK)
                err = start_keys(a);
        if (err != ANSA_OK)
                return err;
        compare_key(a);
        err = open_doors(a);
        struct sandbox_problem problem;
        if (err == ANSA_OK) {
                err = sandbox_become(a->uid, a->gid, &problem);
                if (err != ANSA_OK)
                        (void)failed("user", err, problem.text);
        }
        if (err == ANSA_OK)
                err = open_store(a);
        if (err == ANSA_OK)
                err = fetch_open(a, &a->fetcher);
        if (err == ANSA_OK)
                err = ansad_facts_new(a, &a->facts);
        if (err == ANSA_OK)
                err = enter_sandbox(a);
        if (err == ANSA_OK)
                err = start_service(a);
        return err;
}

void ansad_close(struct ansad *a)
{
        doors_free(a->doors); /* stopped by ansad_run, or never started */
        http_free(a->http);
        ansad_facts_free(a->facts);
        identifier_free(a->service);
        fetch_close(a->fetcher);
        store_close(a->store);
        key_process_stop(a->keys);
        ansad_settings_give(a->settings);
        if (a->lock_fd >= 0)
                (void)close(a->lock_fd);
        *a = (struct ansad){ .lock_fd = -1 };
}
