/* SPDX-License-Identifier: Apache-2.0 */
#include "sim.h"

#include "base/log.h"
#include "selftest.h"

#include <stdio.h>
#include <stdlib.h>

/*
 * sim --seed N | --first N --seeds K | --list FILE | --self-test,
 * with [--steps M] [--trace] [--plain]
 */

#define STEPS_DEFAULT 6000u
#define SEEDS_FOR_ALL 50u /* so many come across every rule */

struct arguments {
        uint64_t first;
        uint64_t seeds;
        uint64_t steps;
        struct world_options world;
        bool self_test;
        const char *list;
};

static void add(struct tally *sum, const struct tally *t)
{
        const uint64_t *from = (const uint64_t *)(const void *)t;
        uint64_t *to = (uint64_t *)(void *)sum;
        for (size_t i = 0; i < sizeof(*t) / sizeof(uint64_t); i++)
                to[i] += from[i];
}

static bool run(uint64_t seed, const struct arguments *a, struct tally *sum)
{
        struct world *w = calloc(1, sizeof(*w));
        if (w == NULL)
                return false;
        world_open(w, seed, &a->world);
        while (w->step < a->steps && !world_failed(w))
                world_step(w);
        bool failed = world_failed(w);
        if (failed)
                printf("seed %llu, step %llu: %s\n", (unsigned long long)seed,
                       (unsigned long long)w->step, w->failure);
        if (a->world.trace)
                printf("trail %016llx\n", (unsigned long long)w->trail);
        w->tally.fetches += w->server[0].fetches + w->server[1].fetches;
        w->tally.faults += w->server[0].fault.struck + w->server[1].fault.struck;
        add(sum, &w->tally);
        world_close(w);
        free(w);
        return !failed;
}

static bool number(const char *text, uint64_t *n)
{
        char *end = NULL;
        *n = text != NULL ? strtoull(text, &end, 10) : 0;
        return end != NULL && *end == 0 && end != text;
}

static bool parse(int argc, char **argv, struct arguments *a)
{
        for (int i = 1; i < argc; i++) {
                const char *value = i + 1 < argc ? argv[i + 1] : NULL;
                if (strcmp(argv[i], "--trace") == 0) {
                        a->world.trace = true;
                        continue;
                }
                if (strcmp(argv[i], "--plain") == 0) {
                        a->world.is_plain = true;
                        continue;
                }
                if (strcmp(argv[i], "--self-test") == 0) {
                        a->self_test = true;
                        continue;
                }
                if (strcmp(argv[i], "--list") == 0 && value != NULL) {
                        a->list = value;
                        i++;
                        continue;
                }
                uint64_t *n = strcmp(argv[i], "--seed") == 0    ? &a->first
                              : strcmp(argv[i], "--first") == 0 ? &a->first
                              : strcmp(argv[i], "--seeds") == 0 ? &a->seeds
                              : strcmp(argv[i], "--steps") == 0 ? &a->steps
                                                                : NULL;
                if (n == NULL || !number(value, n))
                        return false;
                i++;
        }
        return true;
}

static void summary(const struct tally *t, uint64_t seeds)
{
        printf("%llu seeds, %llu steps: %llu requests, %llu replies (%llu successes, %llu "
               "refusals, %llu challenges), %llu answers, %llu sessions, %llu list pages,\n"
               "%llu commits, %llu changes, %llu deaths, %llu store faults, %llu fetches, %llu "
               "attacks, %llu audits of a store\n",
               (unsigned long long)seeds, (unsigned long long)t->steps,
               (unsigned long long)t->requests, (unsigned long long)t->replies,
               (unsigned long long)t->successes, (unsigned long long)t->refusals,
               (unsigned long long)t->challenges, (unsigned long long)t->answers,
               (unsigned long long)t->sessions, (unsigned long long)t->pages,
               (unsigned long long)t->commits, (unsigned long long)t->changes,
               (unsigned long long)t->deaths, (unsigned long long)t->faults,
               (unsigned long long)t->fetches, (unsigned long long)t->attacks,
               (unsigned long long)t->audits);
}

/* Rules that a run of many seeds has to come across: a check that never happened is none. */
static bool is_all_reached(const struct tally *t, uint64_t seeds)
{
        const struct {
                const char *what;
                uint64_t count;
        } rules[] = {
                { "identities proven to doors", t->claims_proven },
                { "false claims refused", t->claims_refused },
                { "strangers at doors told to say who they are", t->strangers },
                { "versions of records told", t->versions },
                { "changes on a condition that was met", t->conditions_met },
                { "conditions not met", t->conditions_failed },
                { "races lost in the writer", t->races_lost },
                { "versions that a restart made void", t->versions_outlived },
                { "answers made by template", t->made },
                { "answers made by a template of the base identifier", t->made_by_base },
                { "answers made from a base with private values", t->made_hiding },
                { "changes of such identifiers refused", t->made_unchanged },
                { "identifiers that no template makes", t->not_made },
                { "names refused that hash to the other server", t->shares_refused },
                { "changes made by a server of several", t->shares_changed },
                { "sessions with a key brought under the server's", t->keys_brought },
                { "session keys refused", t->keys_refused },
                { "messages refused that have the key that nobody knows", t->keys_lost },
                { "sessions with a key in a record", t->keys_named },
                { "keys in records refused for sessions", t->keys_not_named },
        };
        bool is_good = true;
        for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
                bool is_missed = rules[i].count == 0 && seeds >= SEEDS_FOR_ALL;
                printf("%10llu %s%s\n", (unsigned long long)rules[i].count, rules[i].what,
                       is_missed ? ": NEVER" : "");
                is_good = is_good && !is_missed;
        }
        return is_good;
}

/*
 * A file of seeds: one a line, the rest of the line says what it found. With "plain" behind it
 * the world is one without what came later.
 */
static bool run_list(const struct arguments *a, struct tally *sum, uint64_t *done)
{
        char line[512];
        bool is_good = true;
        FILE *f = fopen(a->list, "r");
        if (f == NULL) {
                perror(a->list);
                return false;
        }
        while (is_good && fgets(line, sizeof(line), f) != NULL) {
                char *end;
                uint64_t seed = strtoull(line, &end, 10);
                if (end == line)
                        continue;
                struct arguments one = *a;
                one.world.is_plain = strncmp(end, " plain:", 7) == 0;
                is_good = run(seed, &one, sum);
                (*done)++;
        }
        fclose(f);
        return is_good && *done > 0;
}

int main(int argc, char **argv)
{
        struct arguments a = { .first = 1, .seeds = 1, .steps = STEPS_DEFAULT };
        struct tally sum = { 0 };
        if (!parse(argc, argv, &a)) {
                fputs("usage: sim --seed N | --first N --seeds K | --list FILE | --self-test"
                      " [--steps M] [--trace] [--plain]\n",
                      stderr);
                return 2;
        }
        FILE *nowhere = fopen("/dev/null", "w");
        if (nowhere != NULL)
                log_open(nowhere, LOG_LEVEL_ERROR);
        bool is_good = true;
        uint64_t done = 0;
        if (a.self_test)
                is_good = selftest_run();
        else if (a.list != NULL)
                is_good = run_list(&a, &sum, &done);
        for (; !a.self_test && a.list == NULL && is_good && done < a.seeds; done++)
                is_good = run(a.first + done, &a, &sum);
        if (!a.self_test)
                summary(&sum, done);
        if (!a.self_test && a.list == NULL && !a.world.is_plain && is_good)
                is_good = is_all_reached(&sum, done);
        if (nowhere != NULL)
                fclose(nowhere);
        return is_good ? 0 : 1;
}
