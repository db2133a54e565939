/* SPDX-License-Identifier: Apache-2.0 */
#include "programs/ansa/cli.h"

#include "base/text.h"
#include "wire/json.h"

#include <stdarg.h>
#include <stdlib.h>

/* clang-format off */
const struct cli_option cli_common_options[] = {
        { "json", NULL, "write JSON, one object a line" },
        { "help", NULL, "say what this verb does and end" },
        { NULL, NULL, NULL },
};

const struct cli_option cli_passphrase_options[] = {
        { "passphrase-file", "FILE", "the first line of FILE unlocks the key; else ANSA_PASSPHRASE\n"
                                     "                             does, or you are asked on the terminal" },
        { NULL, NULL, NULL },
};

const struct cli_option cli_server_options[] = {
        { "server", "HOST[:PORT]", "ask this server and no other; with --tls, its TLS port" },
        { "site", "FILE", "ask the servers of this site record (site.json), and check their key" },
        { "udp", NULL, "by datagrams only" },
        { "tcp", NULL, "by TCP only" },
        { "tls", NULL, "by TLS only" },
        { "roots", "FILE", "records of the root, JSON or binary; else ANSA_ROOTS,\n"
                            "                             ~/.handle/bootstrap_handles or /etc/ansa/roots.json" },
        { "timeout", "SECONDS", "give up after that long [15]" },
        { NULL, NULL, NULL },
};

const struct cli_option cli_admin_options[] = {
        { "key", "FILE", "private key of the administrator: PEM, or a file of the Java tools" },
        { "as", "INDEX:ID", "the value that holds the administrator's public key or secret" },
        { "secret-file", "FILE", "sign with the secret in FILE in place of a private key" },
        { "session", NULL, "in a session: encrypted, and authenticated once" },
        { NULL, NULL, NULL },
};
/* clang-format on */

const char *cli_value_at(const struct cli *c, const char *name, size_t i)
{
        for (size_t g = 0; g < c->given_count; g++) {
                if (strcmp(c->given[g].option->name, name) != 0)
                        continue;
                if (i == 0)
                        return c->given[g].value;
                i--;
        }
        return NULL;
}

const char *cli_value(const struct cli *c, const char *name)
{
        const char *value = NULL;
        for (size_t g = 0; g < c->given_count; g++) {
                if (strcmp(c->given[g].option->name, name) == 0)
                        value = c->given[g].value;
        }
        return value;
}

bool cli_has(const struct cli *c, const char *name)
{
        for (size_t g = 0; g < c->given_count; g++) {
                if (strcmp(c->given[g].option->name, name) == 0)
                        return true;
        }
        return false;
}

bool cli_number(const struct cli *c, const char *name, uint64_t min, uint64_t max, uint64_t missing,
                uint64_t *number)
{
        const char *value = cli_value(c, name);
        *number = missing;
        if (value == NULL)
                return true;
        if (text_u64(ansa_bytes_text(value), max, number) == ANSA_OK && *number >= min)
                return true;
        cli_say(c, "--%s %s: a number from %llu to %llu is wanted", name, value,
                (unsigned long long)min, (unsigned long long)max);
        return false;
}

static void say(const struct cli *c, const char *format, va_list args)
        __attribute__((format(printf, 2, 0)));

static void say(const struct cli *c, const char *format, va_list args)
{
        (void)fprintf(stderr, "ansa %s: ", c->verb != NULL ? c->verb->name : "");
        (void)vfprintf(stderr, format, args);
        (void)fputc('\n', stderr);
}

void cli_say(const struct cli *c, const char *format, ...)
{
        va_list args;
        va_start(args, format);
        say(c, format, args);
        va_end(args);
}

static enum exit_status status_of(enum ansa_err err)
{
        switch (err) {
        case ANSA_OK:
                return EXIT_DONE;
        case ANSA_E_TIMEOUT:
        case ANSA_E_NETWORK:
        case ANSA_E_BUSY:
                return EXIT_NETWORK;
        case ANSA_E_ARGUMENT:
                return EXIT_USAGE;
        case ANSA_E_FULL:
        case ANSA_E_NO_MEMORY:
        case ANSA_E_IO:
        case ANSA_E_CORRUPT:
        case ANSA_E_CRYPTO:
                return EXIT_FAULT;
        case ANSA_E_TRUNCATED:
        case ANSA_E_MALFORMED:
        case ANSA_E_TRAILING:
        case ANSA_E_LIMIT:
        case ANSA_E_UNSUPPORTED:
        case ANSA_E_NOT_FOUND:
        case ANSA_E_EXISTS:
        case ANSA_E_DENIED:
        case ANSA_E_UNAUTHENTIC:
        case ANSA_E_EXPIRED:
        case ANSA_E_REFUSED:
        case ANSA_ERR_COUNT:
                break;
        }
        return EXIT_REFUSED;
}

enum exit_status cli_fail(const struct cli *c, enum ansa_err err, const char *format, ...)
{
        va_list args;
        va_start(args, format);
        say(c, format, args);
        va_end(args);
        return status_of(err);
}

void cli_put_json_text(const char *member, const char *text)
{
        size_t size = strlen(text);
        struct buf b = buf_growing(6 * size + 64); /* \u0000 is the longest escape */
        json_put_string(&b, (struct ansa_bytes){ (const uint8_t *)text, size });
        printf("\"%s\":%.*s", member, (int)b.size, (const char *)b.at);
        buf_fini(&b);
}
