/* SPDX-License-Identifier: Apache-2.0 */
#include "programs/ansa/online.h"

#include "programs/ansa/passphrase.h"
#include "programs/home.h"
#include "programs/site_file.h"
#include "crypto/digest.h"
#include "wire/codes.h"

#include <stdlib.h>

#define ROOTS_FILE_MAX  (4u << 20) /* octets */
#define SECRET_FILE_MAX 65536u
#define SYSTEM_ROOTS    "/etc/ansa/roots.json"

static enum exit_status add_roots_file(struct online *o, const char *path)
{
        uint8_t *at;
        size_t size;
        enum ansa_err err = file_read(path, ROOTS_FILE_MAX, &at, &size);
        if (err != ANSA_OK)
                return cli_fail(o->cli, ANSA_E_ARGUMENT, "%s: %s", path, ansa_err_text(err));
        err = ansa_client_add_bootstrap(o->client, (struct ansa_bytes){ at, size });
        free(at);
        if (err != ANSA_OK)
                return cli_fail(o->cli, ANSA_E_ARGUMENT, "%s: %s", path,
                                ansa_client_problem(o->client));
        return EXIT_DONE;
}

/* The first that there is: --roots, ANSA_ROOTS, the Java library's file, the system's. */
static enum exit_status add_roots(struct online *o)
{
        char path[4096];
        const char *given = cli_value(o->cli, "roots");
        if (given == NULL)
                given = getenv("ANSA_ROOTS");
        if (given != NULL)
                return add_roots_file(o, given);
        const char *user = getenv("HOME");
        if (user != NULL &&
            home_path(user, ".handle/bootstrap_handles", path, sizeof(path)) == ANSA_OK) {
                FILE *file = fopen(path, "re");
                if (file != NULL) {
                        (void)fclose(file);
                        return add_roots_file(o, path);
                }
        }
        FILE *file = fopen(SYSTEM_ROOTS, "re");
        if (file != NULL) {
                (void)fclose(file);
                return add_roots_file(o, SYSTEM_ROOTS);
        }
        return cli_fail(o->cli, ANSA_E_ARGUMENT,
                        "whom to ask? --server HOST[:PORT] names one server; --roots FILE tells "
                        "where the search begins");
}

/* A site record names the key of its servers too: what they sign, and TLS, can be checked. */
static enum exit_status take_site(struct online *o, const char *path)
{
        uint8_t *at;
        size_t size;
        struct config_problem problem;
        enum ansa_err err = site_file_read(path, &at, &size, &problem);
        if (err != ANSA_OK)
                return cli_fail(o->cli, ANSA_E_ARGUMENT, "%s", problem.text);
        err = ansa_client_set_site(o->client, (struct ansa_bytes){ at, size });
        free(at);
        return err == ANSA_OK ? EXIT_DONE
                              : cli_fail(o->cli, ANSA_E_ARGUMENT, "%s: %s", path,
                                         ansa_client_problem(o->client));
}

static enum exit_status take_server(struct online *o)
{
        const char *site = cli_value(o->cli, "site");
        if (site != NULL && (cli_has(o->cli, "server") || cli_has(o->cli, "roots"))) {
                cli_say(o->cli, "--site excludes --server and --roots");
                return EXIT_USAGE;
        }
        if (site != NULL)
                return take_site(o, site);
        const char *server = cli_value(o->cli, "server");
        if (server == NULL)
                server = getenv("ANSA_SERVER");
        if (server == NULL || cli_has(o->cli, "roots"))
                return add_roots(o);
        if (ansa_client_set_server(o->client, server, o->transport) == ANSA_OK)
                return EXIT_DONE;
        return cli_fail(o->cli, ANSA_E_ARGUMENT, "--server %s: %s", server,
                        ansa_client_problem(o->client));
}

static enum exit_status secret_identity(const struct cli *c, const struct ansa_ref *ref,
                                        const char *path, struct ansa_identity **identity)
{
        uint8_t *at;
        size_t size;
        enum ansa_err err = file_read(path, SECRET_FILE_MAX, &at, &size);
        if (err != ANSA_OK)
                return cli_fail(c, ANSA_E_ARGUMENT, "%s: %s", path, ansa_err_text(err));
        size_t used = size > 0 && at[size - 1] == '\n' ? size - 1 : size; /* an editor's newline */
        err = ansa_identity_new_secret(ref, (struct ansa_bytes){ at, used }, identity);
        wipe(at, size);
        free(at);
        return err == ANSA_OK ? EXIT_DONE : cli_fail(c, err, "%s", ansa_err_text(err));
}

static enum exit_status key_identity(const struct cli *c, const struct ansa_ref *ref,
                                     const char *path, struct ansa_identity **identity)
{
        uint8_t *at;
        size_t size;
        char passphrase[PASSPHRASE_MAX] = "";
        enum ansa_err err = file_read(path, SECRET_FILE_MAX, &at, &size);
        if (err != ANSA_OK)
                return cli_fail(c, ANSA_E_ARGUMENT, "%s: %s", path, ansa_err_text(err));
        struct ansa_bytes file = { at, size };
        err = ansa_identity_new_file(ref, file, (struct ansa_bytes){ 0 }, identity);
        if (err == ANSA_E_DENIED && passphrase_get(c, path, false, passphrase))
                err = ansa_identity_new_file(ref, file, ansa_bytes_text(passphrase), identity);
        wipe(passphrase, sizeof(passphrase));
        wipe(at, size);
        free(at);
        if (err == ANSA_E_DENIED)
                return cli_fail(c, err, "%s: the passphrase is wrong or missing", path);
        return err == ANSA_OK ? EXIT_DONE : cli_fail(c, err, "%s: %s", path, ansa_err_text(err));
}

enum exit_status online_identity(const struct cli *c, struct ansa_identity **identity)
{
        const char *as = cli_value(c, "as");
        const char *key = cli_value(c, "key");
        const char *secret = cli_value(c, "secret-file");
        struct ansa_ref ref;
        *identity = NULL;
        if (as == NULL && key == NULL && secret == NULL)
                return EXIT_DONE;
        if (as == NULL || (key == NULL) == (secret == NULL))
                return cli_fail(
                        c, ANSA_E_ARGUMENT,
                        "an administrator is --as INDEX:ID and --key FILE (or --secret-file "
                        "FILE)");
        if (ansa_ref_from_text(ansa_bytes_text(as), &ref) != ANSA_OK)
                return cli_fail(c, ANSA_E_ARGUMENT,
                                "--as %s: INDEX:ID is wanted, as in 300:0.NA/20.500.12345", as);
        return key != NULL ? key_identity(c, &ref, key, identity)
                           : secret_identity(c, &ref, secret, identity);
}

static enum exit_status take_session(struct online *o)
{
        if (!cli_has(o->cli, "session"))
                return EXIT_DONE;
        struct ansa_session_options options = { .mode = ANSA_SESSION_DH,
                                                .identity = o->identity,
                                                .encrypt_all = true };
        enum ansa_err err = ansa_session_new(o->client, &options, &o->session);
        return err == ANSA_OK ? EXIT_DONE : cli_fail(o->cli, err, "%s", ansa_err_text(err));
}

enum exit_status online_open(const struct cli *c, struct online *o)
{
        uint64_t seconds;
        *o = (struct online){ .cli = c };
        if (!cli_number(c, "timeout", 1, 3600, 15, &seconds))
                return EXIT_USAGE;
        o->timeout_ms = (uint32_t)seconds * 1000;
        if (cli_has(c, "udp") + cli_has(c, "tcp") + cli_has(c, "tls") > 1) {
                cli_say(c, "--udp, --tcp and --tls exclude each other");
                return EXIT_USAGE;
        }
        o->transport = cli_has(c, "udp")   ? ANSA_TRANSPORT_UDP
                       : cli_has(c, "tcp") ? ANSA_TRANSPORT_TCP
                       : cli_has(c, "tls") ? ANSA_TRANSPORT_TLS
                                           : ANSA_TRANSPORT_ANY;
        struct ansa_client_options options = { 0 };
        enum ansa_err err = ansa_client_new(&options, &o->client);
        if (err != ANSA_OK)
                return cli_fail(c, err, "%s", ansa_err_text(err));
        enum exit_status status = take_server(o);
        if (status == EXIT_DONE)
                status = online_identity(c, &o->identity);
        return status == EXIT_DONE ? take_session(o) : status;
}

void online_close(struct online *o)
{
        if (o->session != NULL)
                ansa_session_terminate(o->session, 1000);
        ansa_session_free(o->session);
        ansa_identity_free(o->identity);
        ansa_client_free(o->client);
        *o = (struct online){ 0 };
}

enum exit_status online_run(struct online *o, struct ansa_request *request, struct ansa_call **call)
{
        request->identity = o->identity;
        request->session = o->session;
        request->transport = o->transport;
        request->timeout_ms = o->timeout_ms;
        enum ansa_err err = ansa_run(o->client, request, call);
        if (err == ANSA_OK)
                return EXIT_DONE;
        if (*call == NULL)
                return cli_fail(o->cli, err, "%s", ansa_err_text(err));
        const struct ansa_answer *answer = ansa_call_answer(*call);
        if (o->cli->json)
                printf("{\"responseCode\":%u,\"message\":\"%s\"}\n", answer->response,
                       answer->response != 0 ? ansa_response_text(answer->response)
                                             : ansa_err_text(err));
        bool who = answer->response == RC_CHALLENGE && o->identity == NULL;
        return cli_fail(o->cli, err, "%s%s",
                        answer->problem[0] != '\0' ? answer->problem : ansa_err_text(err),
                        who ? "; --as INDEX:ID and --key FILE say who you are" : "");
}
