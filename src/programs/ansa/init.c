/* SPDX-License-Identifier: Apache-2.0 */
/* ansa init: a home that is ready to serve, and words on what to do with it. */
#include "programs/ansa/init.h"

#include "base/env.h"
#include "programs/ansa/open_home.h"
#include "programs/ansa/passphrase.h"
#include "programs/ansa/verbs.h"
#include "programs/home.h"
#include "programs/key_load.h"
#include "store/engines.h"
#include "wire/data.h"
#include "wire/json.h"
#include "wire/name.h"

#include <arpa/inet.h>
#include <errno.h>
#include <sys/stat.h>

#define SERVER_KEY_BITS 2048u /* what every client in the field can verify */
#define ADMIN_KEY_BITS  2048u
#define KEY_TEXT_MAX    65536u

static enum ansa_err make_directory(const struct init *in, const char *name)
{
        char path[4096];
        enum ansa_err err = home_path(in->home, name, path, sizeof(path));
        if (err != ANSA_OK)
                return err;
        return mkdir(path, 0700) == 0 ? ANSA_OK : errno == EEXIST ? ANSA_E_EXISTS : ANSA_E_IO;
}

static enum ansa_err write_in_home(const struct init *in, const char *name, const struct buf *b,
                                   unsigned mode)
{
        char path[4096];
        enum ansa_err err =
                b->err != ANSA_OK ? b->err : home_path(in->home, name, path, sizeof(path));
        return err != ANSA_OK ? err : file_write(path, buf_written(b), mode);
}

static enum ansa_err write_pem(const struct init *in, const struct crypto_key *key,
                               const char *name, bool want_private, const char *passphrase)
{
        struct buf pem = buf_secret(KEY_TEXT_MAX);
        enum ansa_err err = crypto_key_to_pem(key, want_private, ansa_bytes_text(passphrase), &pem);
        if (err == ANSA_OK)
                err = write_in_home(in, name, &pem, want_private ? 0600 : 0644);
        buf_fini(&pem);
        return err;
}

static enum exit_status make_server_key(struct init *in)
{
        enum ansa_err err = crypto_key_generate(ANSA_KEY_RSA, SERVER_KEY_BITS, &in->server_key);
        if (err == ANSA_OK)
                err = write_pem(in, in->server_key, HOME_SERVER_KEY, true, "");
        if (err == ANSA_OK)
                err = write_pem(in, in->server_key, "keys/server.pub", false, "");
        return err == ANSA_OK ? EXIT_DONE
                              : cli_fail(in->cli, err, "server key: %s", ansa_err_text(err));
}

static enum exit_status make_log_key(struct init *in)
{
        struct crypto_key *key = NULL;
        enum ansa_err err = crypto_key_generate(ANSA_KEY_ED25519, 0, &key);
        if (err == ANSA_OK)
                err = write_pem(in, key, HOME_LOG_KEY, true, "");
        crypto_key_free(key);
        return err == ANSA_OK ? EXIT_DONE
                              : cli_fail(in->cli, err, "log key: %s", ansa_err_text(err));
}

/* The administrator's key: one that is given, or a new one of the wanted kind. */
static enum exit_status make_admin_key(struct init *in)
{
        char passphrase[PASSPHRASE_MAX] = "";
        const char *given = cli_value(in->cli, "admin-key");
        const char *type = cli_value(in->cli, "key-type");
        if (given != NULL)
                return passphrase_load_key(in->cli, given, &in->admin_key);
        enum ansa_key_kind kind =
                type != NULL && strcmp(type, "ed25519") == 0 ? ANSA_KEY_ED25519 : ANSA_KEY_RSA;
        bool ready = cli_has(in->cli, "encrypt")
                             ? passphrase_get(in->cli, HOME_ADMIN_KEY, true, passphrase)
                             : passphrase_given(in->cli, passphrase);
        if (!ready)
                return EXIT_REFUSED;
        enum ansa_err err = crypto_key_generate(kind, ADMIN_KEY_BITS, &in->admin_key);
        if (err == ANSA_OK)
                err = write_pem(in, in->admin_key, HOME_ADMIN_KEY, true, passphrase);
        if (err == ANSA_OK)
                err = write_pem(in, in->admin_key, "keys/admin.pub", false, "");
        in->admin_key_is_ours = true;
        wipe(passphrase, sizeof(passphrase));
        return err == ANSA_OK
                       ? EXIT_DONE
                       : cli_fail(in->cli, err, "administrator's key: %s", ansa_err_text(err));
}

static enum ansa_err encode_admin_key(struct init *in)
{
        struct ansa_key parts;
        uint8_t *room = arena_alloc(&in->arena, KEY_TEXT_MAX);
        enum ansa_err err = crypto_key_parts(in->admin_key, false, &in->arena, &parts);
        if (err != ANSA_OK || room == NULL)
                return err != ANSA_OK ? err : ANSA_E_NO_MEMORY;
        struct buf b = buf_over(room, KEY_TEXT_MAX);
        key_encode(&parts, &b);
        in->admin_pub = buf_written(&b);
        return b.err;
}

static enum ansa_err write_site(const struct init *in)
{
        struct ansa_site site;
        struct buf json = buf_growing(KEY_TEXT_MAX);
        enum ansa_err err = ansa_site_decode(in->site, &site);
        if (err == ANSA_OK) {
                json_put_site(&json, &site);
                buf_u8(&json, '\n');
                err = write_in_home(in, HOME_SITE, &json, 0644);
        }
        buf_fini(&json);
        return err;
}

static enum exit_status fill_store(struct init *in)
{
        struct open_home home;
        enum exit_status status = open_home(in->cli, in->home, OPEN_HOME_WRITE, &home);
        if (status != EXIT_DONE)
                return status;
        enum ansa_err err = init_fill_store(in, home.writer);
        open_home_close(&home);
        if (err == ANSA_E_ARGUMENT)
                return cli_fail(in->cli, err, "--prefix: a prefix such as 20.500.12345 is wanted");
        return err == ANSA_OK ? EXIT_DONE
                              : cli_fail(in->cli, err, "first records: %s", ansa_err_text(err));
}

static void tell_next_steps(const struct init *in)
{
        const char *prefix = cli_value_at(in->cli, "prefix", 0);
        char administrator[NAME_KEY_SIZE_MAX];
        if (strncasecmp(prefix, "0.NA/", 5) == 0)
                prefix += 5;
        (void)snprintf(administrator, sizeof(administrator), "300:0.NA/%s", prefix);
        if (in->cli->json) {
                putchar('{');
                cli_put_json_text("home", in->home);
                putchar(',');
                cli_put_json_text("prefix", prefix);
                putchar(',');
                cli_put_json_text("administrator", administrator);
                puts("}");
                return;
        }
        printf("%s is ready to serve the prefix %s.\n\n"
               "  start the server       ansad %s\n"
               "  look at its pages      http://localhost:%u/\n"
               "  resolve                ansa resolve 0.NA/%s --server localhost:%u\n"
               "  create an identifier   ansa create %s/test --value 1:URL:https://example.org/ \\\n"
               "                           --key %s%s --as 300:0.NA/%s --server localhost:%u\n\n",
               in->home, prefix, in->home, in->http_port, prefix, in->port, prefix, in->home,
               in->admin_key_is_ours ? "/" HOME_ADMIN_KEY : "/... (your key)", prefix, in->port);
        if (in->admin_key_is_ours)
                printf("Whoever has %s/%s administers the prefix: move it to a safe place.\n",
                       in->home, HOME_ADMIN_KEY);
        printf("For the world to find this server, send %s/sitebndl.zip to the registrar of your\n"
               "prefix: it holds the server's address and public key and the administrator's public\n"
               "key, and nothing secret. The registrar puts them into 0.NA/%s.\n",
               in->home, prefix);
        if (crypto_key_kind(in->admin_key) == ANSA_KEY_ED25519)
                printf("The administrator's key is of a kind that registrars' tools may not know yet\n"
                       "(Ed25519): ask before you send it, or begin with --key-type rsa.\n");
        printf("Settings are in %s/%s; ansad --check %s tells whether they are sound.\n", in->home,
               HOME_CONFIG, in->home);
}

/* Everything but the directory itself, which exists by now. */
static enum exit_status build(struct init *in)
{
        enum ansa_err err = make_directory(in, HOME_KEYS);
        if (err == ANSA_OK)
                err = make_directory(in, HOME_STORE);
        if (err != ANSA_OK)
                return cli_fail(in->cli, err, "%s: %s", in->home, ansa_err_text(err));
        enum exit_status status = make_server_key(in);
        if (status == EXIT_DONE)
                status = make_log_key(in);
        if (status == EXIT_DONE)
                status = make_admin_key(in);
        if (status != EXIT_DONE)
                return status;
        err = encode_admin_key(in);
        if (err == ANSA_OK)
                err = init_make_site(in);
        if (err == ANSA_OK)
                err = write_site(in);
        if (err == ANSA_OK)
                err = init_write_config(in);
        if (err == ANSA_OK)
                err = init_write_bundle(in);
        if (err == ANSA_OK && cli_has(in->cli, "root"))
                err = init_write_bootstrap(in);
        if (err != ANSA_OK)
                return cli_fail(in->cli, err, "%s: %s", in->home, ansa_err_text(err));
        return fill_store(in);
}

/* All that can be wrong is found before anything is made. */
static bool check_prefixes(const struct init *in)
{
        const char *prefix;
        for (size_t i = 0; (prefix = cli_value_at(in->cli, "prefix", i)) != NULL; i++) {
                uint8_t room[NAME_KEY_SIZE_MAX];
                struct ansa_bytes name = init_prefix_record(prefix, room, sizeof(room));
                if (name.size == 0) {
                        cli_say(in->cli, "--prefix %s: a prefix such as 20.500.12345 is wanted",
                                prefix);
                        return false;
                }
        }
        if (cli_value_at(in->cli, "prefix", 0) == NULL)
                cli_say(in->cli, "--prefix says which prefix the server is to serve, for example "
                                 "--prefix 20.500.12345");
        return cli_value_at(in->cli, "prefix", 0) != NULL;
}

static bool check_key_type(const struct init *in)
{
        const char *type = cli_value(in->cli, "key-type");
        if (type == NULL || strcmp(type, "rsa") == 0 || strcmp(type, "ed25519") == 0)
                return true;
        cli_say(in->cli, "--key-type %s: rsa or ed25519 is wanted", type);
        return false;
}

static bool take_arguments(struct init *in)
{
        const char *address = cli_value(in->cli, "address");
        uint64_t port;
        uint64_t tls_port;
        uint64_t http_port;
        uint64_t https_port;
        if (!check_prefixes(in) || !check_key_type(in))
                return false;
        if (!cli_number(in->cli, "port", 1, 65535, 2641, &port))
                return false;
        bool is_usual = port == 2641 || port > 65535 - 3; /* else several may be on this machine */
        if (!cli_number(in->cli, "tls-port", 1, 65535, port == 65535 ? 2642 : port + 1,
                        &tls_port) ||
            !cli_number(in->cli, "http-port", 1, 65535, is_usual ? 8000 : port + 2, &http_port) ||
            !cli_number(in->cli, "https-port", 1, 65535, is_usual ? 8443 : port + 3, &https_port))
                return false;
        in->http_port = (uint16_t)http_port;
        in->https_port = (uint16_t)https_port;
        in->port = (uint16_t)port;
        in->tls_port = (uint16_t)tls_port;
        if (address == NULL)
                address = "127.0.0.1";
        memset(in->address, 0, sizeof(in->address));
        if (inet_pton(AF_INET, address, in->address + 12) == 1 ||
            inet_pton(AF_INET6, address, in->address) == 1)
                return true;
        cli_say(in->cli, "--address %s: an IPv4 or IPv6 address is wanted", address);
        return false;
}

enum exit_status verb_init(struct cli *c)
{
        struct init in = { .cli = c, .home = c->arguments[0] };
        enum exit_status status = EXIT_USAGE;
        if (!take_arguments(&in))
                return status;
        status = make_home_directory(c, in.home);
        if (status != EXIT_DONE)
                return status;
        arena_init(&in.arena, 4u << 20);
        status = build(&in);
        if (status == EXIT_DONE)
                tell_next_steps(&in);
        arena_fini(&in.arena);
        crypto_key_free(in.server_key);
        crypto_key_free(in.admin_key);
        return status;
}
