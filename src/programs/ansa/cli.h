/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_PROGRAMS_ANSA_CLI_H
#define ANSA_PROGRAMS_ANSA_CLI_H

#include "ansa/bytes.h"
#include "ansa/err.h"

#include <stdio.h>

/**
 * The frame of the command-line tool: every verb is a row of a table, and the table gives
 * parsing, --help, the manual page's list and shell completion. Data goes to stdout, talk
 * to stderr.
 */
enum exit_status {
        EXIT_DONE = 0,
        EXIT_REFUSED = 1, /* refused, not found, or some lines of an import were bad */
        EXIT_USAGE = 2,
        EXIT_NETWORK = 3,
        EXIT_FAULT = 4, /* our own: disk, memory, a damaged store */
};

struct cli_option {
        const char *name;  /* without the dashes */
        const char *value; /* what follows, e.g. "FILE"; NULL for a switch */
        const char *help;
};

struct cli;

struct cli_verb {
        const char *name;
        const char *arguments; /* e.g. "ID" */
        const char *summary;   /* one line */
        const char *text;      /* the rest of --help, may be NULL */
        int argument_min;
        int argument_max;
        const struct cli_option *const *options; /* groups of options, ended by NULL */
        enum exit_status (*run)(struct cli *c);
};

struct cli {
        const struct cli_verb *verb;
        int argument_count;
        char **arguments;
        size_t given_count;
        struct {
                const struct cli_option *option;
                const char *value;
        } * given;
        bool json;
};

/**
 * The words behind the verb, argv[2] and on, to c->arguments and c->given, which have room for
 * @argc each. False: they are unusable, and why has been said.
 */
ANSA_CHECKED bool cli_parse(struct cli *c, int argc, char **argv);

/** The value of an option; NULL when it was not given. The last one wins. */
const char *cli_value(const struct cli *c, const char *name);
/** The @i-th value of an option that may be repeated; NULL after the last. */
const char *cli_value_at(const struct cli *c, const char *name, size_t i);
bool cli_has(const struct cli *c, const char *name);
/** A number option within bounds, or @missing; false (and a message) when it is not one. */
bool cli_number(const struct cli *c, const char *name, uint64_t min, uint64_t max, uint64_t missing,
                uint64_t *number);

/** Talk on stderr: "ansa VERB: ...". */
void cli_say(const struct cli *c, const char *format, ...) __attribute__((format(printf, 2, 3)));
/** cli_say, and the status for that kind of error. */
enum exit_status cli_fail(const struct cli *c, enum ansa_err err, const char *format, ...)
        __attribute__((format(printf, 3, 4)));

/** "member":"text", with what JSON wants escaped, on stdout. */
void cli_put_json_text(const char *member, const char *text);

/** Groups that several verbs share. */
extern const struct cli_option cli_common_options[]; /* --json, --help */
extern const struct cli_option cli_server_options[]; /* --server, --udp, --tcp, --tls, --timeout */
extern const struct cli_option cli_admin_options[];  /* --key, --as, --secret-file, --session ... */
extern const struct cli_option cli_passphrase_options[];

/** All verbs, ended by a NULL name. */
extern const struct cli_verb cli_verbs[];

#endif
