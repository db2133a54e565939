/* SPDX-License-Identifier: Apache-2.0 */
#include "programs/ansa/passphrase.h"

#include "programs/key_load.h"

#include <errno.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

static bool first_line(const struct cli *c, const char *path, char text[PASSPHRASE_MAX])
{
        FILE *file = fopen(path, "re");
        bool done = file != NULL && fgets(text, (int)PASSPHRASE_MAX, file) != NULL;
        if (!done)
                cli_say(c, "%s: %s", path, file == NULL ? strerror(errno) : "is empty");
        if (file != NULL)
                (void)fclose(file);
        text[done ? strcspn(text, "\r\n") : 0] = '\0';
        return done;
}

bool passphrase_given(const struct cli *c, char text[PASSPHRASE_MAX])
{
        const char *path = cli_value(c, "passphrase-file");
        const char *environment = getenv("ANSA_PASSPHRASE");
        text[0] = '\0';
        if (path != NULL)
                return first_line(c, path, text);
        if (environment != NULL)
                (void)snprintf(text, PASSPHRASE_MAX, "%s", environment);
        return true;
}

static bool ask(FILE *terminal, const char *prompt, const char *what, char text[PASSPHRASE_MAX])
{
        struct termios before;
        (void)fprintf(terminal, "%s %s: ", prompt, what);
        (void)fflush(terminal);
        bool is_hidden = tcgetattr(fileno(terminal), &before) == 0;
        if (is_hidden) {
                struct termios quiet = before;
                quiet.c_lflag &= ~(tcflag_t)ECHO;
                (void)tcsetattr(fileno(terminal), TCSAFLUSH, &quiet);
        }
        bool done = fgets(text, (int)PASSPHRASE_MAX, terminal) != NULL;
        if (is_hidden)
                (void)tcsetattr(fileno(terminal), TCSAFLUSH, &before);
        (void)fputc('\n', terminal);
        text[done ? strcspn(text, "\r\n") : 0] = '\0';
        return done;
}

bool passphrase_get(const struct cli *c, const char *what, bool is_new, char text[PASSPHRASE_MAX])
{
        if (!passphrase_given(c, text))
                return false;
        if (text[0] != '\0' || cli_has(c, "passphrase-file"))
                return true;
        FILE *terminal = fopen("/dev/tty", "r+e");
        if (terminal == NULL)
                return true; /* nobody to ask */
        char again[PASSPHRASE_MAX];
        bool done = ask(terminal, "Passphrase for", what, text);
        if (done && is_new && text[0] != '\0')
                done = ask(terminal, "The same again for", what, again) && strcmp(text, again) == 0;
        (void)fclose(terminal);
        if (!done)
                cli_say(c, "no passphrase, or two different ones");
        return done;
}

enum exit_status passphrase_load_key(const struct cli *c, const char *path, struct crypto_key **key)
{
        char text[PASSPHRASE_MAX];
        enum ansa_err err = key_load(path, (struct ansa_bytes){ 0 }, key);
        if (err == ANSA_E_DENIED && access(path, R_OK) == 0) {
                if (!passphrase_get(c, path, false, text))
                        return EXIT_REFUSED;
                err = key_load(path, ansa_bytes_text(text), key);
                wipe(text, sizeof(text));
                if (err == ANSA_E_DENIED)
                        return cli_fail(c, err, "%s: the passphrase is wrong or missing", path);
        }
        if (err == ANSA_E_MALFORMED)
                return cli_fail(c, err,
                                "%s: is no key that is known here (PEM, JWK, or a key file of the "
                                "Java tools)",
                                path);
        return err == ANSA_OK ? EXIT_DONE : cli_fail(c, err, "%s: %s", path, ansa_err_text(err));
}
