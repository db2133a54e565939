/* SPDX-License-Identifier: Apache-2.0 */
#include "programs/ansa/cli.h"

/* The option that @text (after the dashes, up to "=") names. */
static const struct cli_option *find_option(const struct cli_verb *verb, const char *text,
                                            size_t size)
{
        for (size_t g = 0; verb->options[g] != NULL; g++) {
                for (const struct cli_option *o = verb->options[g]; o->name != NULL; o++) {
                        if (strlen(o->name) == size && memcmp(o->name, text, size) == 0)
                                return o;
                }
        }
        return NULL;
}

/* One "--name", "--name value" or "--name=value" at argv[i]; words taken, 0 when unusable. */
static int take_option(struct cli *c, int argc, char **argv, int i)
{
        const char *text = argv[i] + 2;
        const char *equals = strchr(text, '=');
        size_t size = equals != NULL ? (size_t)(equals - text) : strlen(text);
        const struct cli_option *o = find_option(c->verb, text, size);
        if (o == NULL) {
                cli_say(c, "there is no option %s; see ansa %s --help", argv[i], c->verb->name);
                return 0;
        }
        const char *value = NULL;
        int words = 1;
        if (o->value == NULL && equals != NULL) {
                cli_say(c, "--%s takes no value", o->name);
                return 0;
        }
        if (o->value != NULL) {
                value = equals != NULL ? equals + 1 : i + 1 < argc ? argv[i + 1] : NULL;
                words = equals != NULL ? 1 : 2;
                if (value == NULL) {
                        cli_say(c, "--%s needs a value: %s", o->name, o->value);
                        return 0;
                }
        }
        c->given[c->given_count].option = o;
        c->given[c->given_count].value = value;
        c->given_count++;
        return words;
}

bool cli_parse(struct cli *c, int argc, char **argv)
{
        bool only_arguments = false;
        for (int i = 2; i < argc;) {
                if (!only_arguments && strcmp(argv[i], "--") == 0) {
                        only_arguments = true;
                        i++;
                } else if (!only_arguments && strncmp(argv[i], "--", 2) == 0) {
                        int words = take_option(c, argc, argv, i);
                        if (words == 0)
                                return false;
                        i += words;
                } else {
                        c->arguments[c->argument_count++] = argv[i++];
                }
        }
        c->json = cli_has(c, "json");
        return true;
}
