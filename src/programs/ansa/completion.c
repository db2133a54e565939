/* SPDX-License-Identifier: Apache-2.0 */
/* ansa completion: what a shell needs to complete verbs and options, from the table of verbs. */
#include "programs/ansa/verbs.h"

static void print_verbs(const char *separator)
{
        for (const struct cli_verb *v = cli_verbs; v->name != NULL; v++)
                printf("%s%s", v == cli_verbs ? "" : separator, v->name);
}

static void print_options(const struct cli_verb *v)
{
        for (size_t g = 0; v->options[g] != NULL; g++) {
                for (const struct cli_option *o = v->options[g]; o->name != NULL; o++)
                        printf(" --%s", o->name);
        }
}

static void print_bash(void)
{
        printf("# ansa completion bash\n"
               "_ansa() {\n"
               "        local word=${COMP_WORDS[COMP_CWORD]} words\n"
               "        if [ \"$COMP_CWORD\" -eq 1 ]; then\n"
               "                words=\"");
        print_verbs(" ");
        printf("\"\n        else\n                case ${COMP_WORDS[1]} in\n");
        for (const struct cli_verb *v = cli_verbs; v->name != NULL; v++) {
                printf("                %s) words=\"", v->name);
                print_options(v);
                printf("\" ;;\n");
        }
        printf("                esac\n        fi\n"
               "        case $word in\n"
               "        -*) mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$word\") ;;\n"
               "        *) if [ \"$COMP_CWORD\" -eq 1 ]; then\n"
               "                mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$word\")\n"
               "        else\n"
               "                mapfile -t COMPREPLY < <(compgen -f -- \"$word\")\n"
               "        fi ;;\n"
               "        esac\n"
               "}\ncomplete -o filenames -F _ansa ansa\n");
}

/* Single quotes of help texts, for shells that quote with them. */
static void print_quoted(const char *text)
{
        for (; *text != '\0' && *text != '\n'; text++) {
                if (*text == '\'')
                        printf("'\\''");
                else
                        putchar(*text == '[' || *text == ']' ? ' ' : *text);
        }
}

static void print_zsh(void)
{
        printf("#compdef ansa\n"
               "_ansa() {\n"
               "        local -a verbs\n"
               "        verbs=(\n");
        for (const struct cli_verb *v = cli_verbs; v->name != NULL; v++) {
                printf("                '%s:", v->name);
                print_quoted(v->summary);
                printf("'\n");
        }
        printf("        )\n"
               "        if (( CURRENT == 2 )); then\n"
               "                _describe verb verbs\n"
               "                return\n"
               "        fi\n"
               "        case $words[2] in\n");
        for (const struct cli_verb *v = cli_verbs; v->name != NULL; v++) {
                printf("        %s) _arguments '*:file:_files'", v->name);
                for (size_t g = 0; v->options[g] != NULL; g++) {
                        for (const struct cli_option *o = v->options[g]; o->name != NULL; o++) {
                                printf(" '*--%s[", o->name);
                                print_quoted(o->help);
                                printf("]%s%s%s'", o->value != NULL ? ":" : "",
                                       o->value != NULL ? "value" : "",
                                       o->value != NULL ? ":_files" : "");
                        }
                }
                printf(" ;;\n");
        }
        printf("        esac\n}\n_ansa \"$@\"\n");
}

static void print_fish(void)
{
        printf("complete -c ansa -n __fish_use_subcommand -f\n");
        for (const struct cli_verb *v = cli_verbs; v->name != NULL; v++) {
                printf("complete -c ansa -n __fish_use_subcommand -f -a %s -d '", v->name);
                print_quoted(v->summary);
                printf("'\n");
                for (size_t g = 0; v->options[g] != NULL; g++) {
                        for (const struct cli_option *o = v->options[g]; o->name != NULL; o++) {
                                printf("complete -c ansa -n '__fish_seen_subcommand_from %s' -l %s%s "
                                       "-d '",
                                       v->name, o->name, o->value != NULL ? " -r" : "");
                                print_quoted(o->help);
                                printf("'\n");
                        }
                }
        }
}

enum exit_status verb_completion(struct cli *c)
{
        const char *shell = c->arguments[0];
        if (strcmp(shell, "bash") == 0)
                print_bash();
        else if (strcmp(shell, "zsh") == 0)
                print_zsh();
        else if (strcmp(shell, "fish") == 0)
                print_fish();
        else {
                cli_say(c, "%s: bash, zsh or fish is wanted", shell);
                return EXIT_USAGE;
        }
        return EXIT_DONE;
}
