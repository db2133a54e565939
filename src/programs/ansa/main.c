/* SPDX-License-Identifier: Apache-2.0 */
/* ansa: finds the verb, takes its options, runs it. The verbs are in verbs.c. */
#include "programs/ansa/cli.h"

#include <stdlib.h>

static void print_options(const struct cli_verb *verb, FILE *out)
{
        for (size_t g = 0; verb->options[g] != NULL; g++) {
                for (const struct cli_option *o = verb->options[g]; o->name != NULL; o++) {
                        char head[64];
                        (void)snprintf(head, sizeof(head), "--%s%s%s", o->name,
                                       o->value != NULL ? " " : "",
                                       o->value != NULL ? o->value : "");
                        (void)fprintf(out, "  %-26s %s\n", head, o->help);
                }
        }
}

static void print_help(const struct cli_verb *verb, FILE *out)
{
        (void)fprintf(out, "usage: ansa %s%s%s [options]\n\n%s.\n", verb->name,
                      verb->arguments[0] != '\0' ? " " : "", verb->arguments, verb->summary);
        if (verb->text != NULL)
                (void)fprintf(out, "\n%s", verb->text);
        (void)fputs("\nOptions:\n", out);
        print_options(verb, out);
}

static void print_usage(FILE *out)
{
        (void)fputs(
                "usage: ansa VERB [arguments] [options]\n\n"
                "Resolve and administer identifiers of the Digital Object Architecture, and\n"
                "keep the home of a server. \"ansa VERB --help\" tells more; so does ansa(1).\n\n",
                out);
        for (const struct cli_verb *v = cli_verbs; v->name != NULL; v++)
                (void)fprintf(out, "  %-11s %s\n", v->name, v->summary);
        (void)fputs(
                "\nExit status: 0 done, 1 refused or not found, 2 usage, 3 network, 4 our own fault.\n",
                out);
}

static const struct cli_verb *find_verb(const char *name)
{
        for (const struct cli_verb *v = cli_verbs; v->name != NULL; v++) {
                if (strcmp(v->name, name) == 0)
                        return v;
        }
        return NULL;
}

static enum exit_status run_verb(struct cli *c)
{
        const struct cli_verb *v = c->verb;
        if (cli_has(c, "help")) {
                print_help(v, stdout);
                return EXIT_DONE;
        }
        if (c->argument_count < v->argument_min || c->argument_count > v->argument_max) {
                cli_say(c, "%s; see ansa %s --help",
                        c->argument_count < v->argument_min ? "an argument is missing"
                                                            : "there are too many arguments",
                        v->name);
                return EXIT_USAGE;
        }
        return v->run(c);
}

int main(int argc, char **argv)
{
        if (argc < 2) {
                print_usage(stderr);
                return EXIT_USAGE;
        }
        if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0) {
                print_usage(stdout);
                return EXIT_DONE;
        }
        if (strcmp(argv[1], "--version") == 0) {
                printf("ansa %s\n", ANSA_VERSION);
                return EXIT_DONE;
        }
        struct cli c = { .verb = find_verb(argv[1]) };
        if (c.verb == NULL) {
                (void)fprintf(stderr, "ansa: there is no verb %s; see ansa --help\n", argv[1]);
                return EXIT_USAGE;
        }
        enum exit_status status = EXIT_FAULT;
        c.arguments = calloc((size_t)argc, sizeof(*c.arguments));
        c.given = calloc((size_t)argc, sizeof(*c.given));
        if (c.arguments != NULL && c.given != NULL)
                status = cli_parse(&c, argc, argv) ? run_verb(&c) : EXIT_USAGE;
        free(c.arguments);
        free(c.given);
        if (fflush(stdout) != 0 || ferror(stdout)) {
                perror("ansa: stdout");
                status = EXIT_FAULT;
        }
        return (int)status;
}
