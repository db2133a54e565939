/* SPDX-License-Identifier: Apache-2.0 */
#include "programs/ansad.h"

#include "base/log.h"
#include "programs/home.h"

#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdlib.h>

/* ansad: the command line. See ansad(8). */

#define EXIT_USAGE 2

static const char usage[] =
        "usage: ansad [--check | --print-config] HOME\n"
        "\n"
        "Serve the identifiers of HOME, a directory made by \"ansa init\", in the foreground.\n"
        "\n"
        "  --check         read configuration, site record and keys, say what is wrong, and end\n"
        "  --print-config  print the settings in force, with what each of them means\n"
        "  -V, --version   print the version\n"
        "  -h, --help      print this\n"
        "\n"
        "SIGHUP rereads the configuration, SIGUSR1 logs the counters, SIGTERM and SIGINT end\n"
        "the server when what it has begun is done.\n"
        "Exit status: 0 ended as told, 1 could not serve, 2 wrong usage or configuration.\n";

enum action { ACTION_SERVE, ACTION_CHECK, ACTION_PRINT, ACTION_MANUAL };

static int print(const struct config *config, enum action action)
{
        struct buf b = buf_growing(262144);
        if (action == ACTION_MANUAL)
                config_print_manual(&b);
        else
                config_print(config, true, &b);
        bool ok = b.err == ANSA_OK && fwrite(b.at, 1, b.size, stdout) == b.size &&
                  fflush(stdout) == 0;
        buf_fini(&b);
        return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* These are taken by sigtimedwait in ansad_run; blocked before any thread is made. */
static void block_signals(void)
{
        sigset_t signals;
        (void)sigemptyset(&signals);
        (void)sigaddset(&signals, SIGTERM);
        (void)sigaddset(&signals, SIGINT);
        (void)sigaddset(&signals, SIGHUP);
        (void)sigaddset(&signals, SIGUSR1);
        (void)sigprocmask(SIG_BLOCK, &signals, NULL);
        (void)signal(SIGPIPE, SIG_IGN);
}

static int act(struct ansad *a, const char *home, enum action action)
{
        char *full = realpath(home, NULL);
        if (full == NULL || strlen(full) >= sizeof(a->home)) {
                (void)fprintf(stderr, "ansad: %s: %s; \"ansa init\" makes a home\n", home,
                              full == NULL ? strerror(errno) : "path too long");
                free(full);
                return EXIT_USAGE;
        }
        memcpy(a->home, full, strlen(full) + 1);
        free(full);
        struct config_problem problem = { 0 };
        enum ansa_err err = home_path(a->home, HOME_CONFIG, a->config_path, sizeof(a->config_path));
        if (err == ANSA_OK)
                err = ansad_read_settings(a, &a->settings, &problem);
        if (err != ANSA_OK) {
                (void)fprintf(stderr, "ansad: %s\n",
                              problem.text[0] != '\0' ? problem.text : ansa_err_text(err));
                return EXIT_USAGE;
        }
        /* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): read, or err is set */
        log_open(stderr, (enum log_level)a->settings->config.log_level);
        if (action == ACTION_CHECK) {
                if (ansad_check(a) != ANSA_OK)
                        return EXIT_USAGE;
                return puts("ok") < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
        }
        if (action != ACTION_SERVE)
                return print(&a->settings->config, action);
        block_signals();
        err = ansad_open(a);
        if (err == ANSA_OK)
                err = ansad_run(a);
        return err == ANSA_OK ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int argc, char **argv)
{
        static const struct option options[] = { { "check", no_argument, NULL, 'c' },
                                                 { "print-config", no_argument, NULL, 'p' },
                                                 { "print-config-man", no_argument, NULL, 'm' },
                                                 { "foreground", no_argument, NULL, 'f' },
                                                 { "version", no_argument, NULL, 'V' },
                                                 { "help", no_argument, NULL, 'h' },
                                                 { NULL, 0, NULL, 0 } };
        enum action action = ACTION_SERVE;
        struct env *env = env_system();
        for (int option; (option = getopt_long(argc, argv, "Vh", options, NULL)) != -1;) {
                switch (option) {
                case 'c':
                        action = ACTION_CHECK;
                        break;
                case 'p':
                        action = ACTION_PRINT;
                        break;
                case 'm':
                        return print(NULL, ACTION_MANUAL);
                case 'f': /* always; for scripts that say so */
                        break;
                case 'V':
                        return puts("ansad " ANSA_VERSION) < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
                case 'h':
                        return fputs(usage, stdout) < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
                default:
                        (void)fputs(usage, stderr);
                        return EXIT_USAGE;
                }
        }
        if (argc - optind != 1) {
                (void)fputs(usage, stderr);
                return EXIT_USAGE;
        }
        struct ansad a = { .lock_fd = -1, .begun_ms = env->steady_ms(env) };
        int status = act(&a, argv[optind], action);
        ansad_close(&a);
        return status;
}
