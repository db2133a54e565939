/* SPDX-License-Identifier: Apache-2.0 */
/* ansa import: the input, its lines, the summary. */
#include "programs/ansa/import.h"

#include "programs/ansa/lines.h"
#include "programs/ansa/verbs.h"
#include "programs/progress.h"
#include "wire/data.h"
#include "wire/name.h"

#include <stdarg.h>
#include <stdlib.h>

#define LINE_SIZE_MAX   (4u << 20) /* octets; a record fits into a message of 256 KiB */
#define ADMIN_RIGHTS    0x07f3u    /* what the field's tools give: all but list and prefixes */
#define BAD_LINES_SHOWN 20u
#define DEFAULT_COLUMNS "name,URL,PUBLISHER,TITLE,LICENCE,YEAR,PMID"

void import_bad_at(struct import *im, uint64_t line, const char *format, ...)
{
        char text[512];
        va_list args;
        va_start(args, format);
        (void)vsnprintf(text, sizeof(text), format, args);
        va_end(args);
        im->bad++;
        if (im->bad <= BAD_LINES_SHOWN)
                cli_say(im->cli, "line %llu: %s", (unsigned long long)line, text);
        else if (im->bad == BAD_LINES_SHOWN + 1)
                cli_say(im->cli, "more bad lines are only counted");
}

typedef enum ansa_err (*line_cb)(struct import *im, struct ansa_bytes line);

static bool is_operation(const char *line)
{
        static const char *const words[] = { "CREATE", "ADD",          "MODIFY",
                                             "DELETE", "REMOVE",       "HOME",
                                             "UNHOME", "AUTHENTICATE", "SESSIONSETUP" };
        size_t size = strcspn(line, " ");
        for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
                if (strlen(words[i]) == size && strncasecmp(words[i], line, size) == 0)
                        return true;
        }
        return false;
}

/* --format, else what the first line looks like; and the place where its records go. */
static line_cb choose_format(struct import *im, const char *line, enum exit_status *status)
{
        const char *format = cli_value(im->cli, "format");
        const char *home = cli_value(im->cli, "home");
        if (format == NULL)
                format = line[0] == '{' ? "jsonl" : is_operation(line) ? "batch" : "tsv";
        if (strcmp(format, "batch") == 0 && (home != NULL || cli_has(im->cli, "http"))) {
                cli_say(im->cli, "a batch file is a list of operations for a server: --server "
                                 "names it, and --home and --http cannot be used");
                *status = EXIT_USAGE;
                return NULL;
        }
        if (strcmp(format, "batch") == 0) {
                im->batch = import_batch_new(im, status);
                return im->batch != NULL ? import_batch_line : NULL;
        }
        bool is_json = strcmp(format, "jsonl") == 0;
        if (!is_json && strcmp(format, "tsv") != 0) {
                cli_say(im->cli, "--format %s: tsv, jsonl or batch is wanted", format);
                *status = EXIT_USAGE;
                return NULL;
        }
        im->sink = home != NULL               ? import_sink_home(im->cli, home, status)
                   : cli_has(im->cli, "http") ? import_sink_web(im, status)
                                              : import_sink_server(im, status);
        return im->sink == NULL ? NULL : is_json ? import_json_line : import_table_line;
}

/* One line to its format, which the first one chooses. */
static enum ansa_err take_line(struct import *im, line_cb *take, struct ansa_bytes line,
                               enum exit_status *status)
{
        if (line.size == 0 && im->batch == NULL)
                return ANSA_OK;
        if (*take == NULL)
                *take = choose_format(im, (const char *)line.at, status);
        if (*take == NULL)
                return ANSA_E_ARGUMENT; /* said already, in *status */
        arena_reset(&im->arena);
        return (*take)(im, line);
}

static enum ansa_err read_all(struct import *im, struct lines *input, enum exit_status *status)
{
        struct progress progress;
        progress_begin(&progress, "reading", "lines", 0, false);
        line_cb take = NULL;
        enum ansa_err err = ANSA_OK;
        for (bool more = true; more && err == ANSA_OK;) {
                struct ansa_bytes line;
                enum line_result result = lines_next(input, &line);
                im->line += result != LINE_END && result != LINE_FAILED;
                switch (result) {
                case LINE_TAKEN:
                        err = take_line(im, &take, line, status);
                        break;
                case LINE_LONG:
                        import_bad(im, "longer than %u octets", LINE_SIZE_MAX);
                        break;
                case LINE_NUL:
                        import_bad(im, "there is a zero octet in it");
                        break;
                case LINE_END:
                        more = false;
                        break;
                case LINE_FAILED:
                        cli_say(im->cli, "after line %llu: %s", (unsigned long long)im->line,
                                lines_problem(input));
                        err = ANSA_E_TRUNCATED;
                        break;
                }
                progress_at(&progress, im->line);
        }
        progress_end(&progress, im->line);
        return err;
}

/* HS_ADMIN data for --admin, in @room. */
static bool prepare_admin(struct import *im, uint8_t *at, size_t room)
{
        const char *text = cli_value(im->cli, "admin");
        struct admin_data admin = { .rights = ADMIN_RIGHTS };
        if (text == NULL)
                return true;
        struct buf b = buf_over(at, room);
        if (ref_from_text(ansa_bytes_text(text), &admin.admin) == ANSA_OK)
                admin_data_encode(&admin, &b);
        im->admin = buf_written(&b);
        if (im->admin.size == 0)
                cli_say(im->cli, "--admin %s: INDEX:IDENTIFIER is wanted, as in 200:0.NA/20.500.1",
                        text);
        return im->admin.size > 0;
}

static enum exit_status finish(struct import *im, enum ansa_err err)
{
        if (err == ANSA_OK && im->batch != NULL)
                import_batch_end(im);
        if (err == ANSA_OK && im->sink != NULL)
                err = im->sink->finish(im->sink);
        if (err != ANSA_OK)
                return cli_fail(im->cli, err, "stopped at line %llu: %s",
                                (unsigned long long)im->line, ansa_err_text(err));
        if (im->cli->json)
                printf("{\"lines\":%llu,\"records\":%llu,\"bad\":%llu}\n",
                       (unsigned long long)im->line, (unsigned long long)im->records,
                       (unsigned long long)im->bad);
        else
                cli_say(im->cli, "%llu records from %llu lines; %llu bad lines left out",
                        (unsigned long long)im->records, (unsigned long long)im->line,
                        (unsigned long long)im->bad);
        return im->bad > 0 ? EXIT_REFUSED : EXIT_DONE;
}

enum exit_status verb_import(struct cli *c)
{
        uint8_t admin[ANSA_NAME_SIZE_MAX + 64];
        enum exit_status status = EXIT_USAGE;
        struct import im = { .cli = c, .url_base = cli_value(c, "url-base") };
        const char *columns = cli_value(c, "columns");
        const char *home = cli_value(c, "home");
        struct lines *input = NULL;
        arena_init(&im.arena, 4u * LINE_SIZE_MAX + (64u << 20));
        if (home == NULL && !cli_has(c, "http") && !cli_has(c, "server") && !cli_has(c, "roots") &&
            !cli_has(c, "site") && getenv("ANSA_SERVER") == NULL && getenv("ANSA_ROOTS") == NULL) {
                cli_say(c,
                        "--home HOME, --server HOST[:PORT] or --http URL says where the records go");
                goto out;
        }
        if (!import_columns(&im, columns != NULL ? columns : DEFAULT_COLUMNS) ||
            !prepare_admin(&im, admin, sizeof(admin)))
                goto out;
        enum ansa_err err = lines_open(c->arguments[0], LINE_SIZE_MAX, &input);
        if (err != ANSA_OK) {
                status =
                        cli_fail(c, err, "%s: %s", c->arguments[0],
                                 err == ANSA_E_NOT_FOUND ? "cannot be opened" : ansa_err_text(err));
                goto out;
        }
        status = EXIT_DONE;
        err = read_all(&im, input, &status);
        if (status == EXIT_DONE)
                status = finish(&im, err);
out:
        if (im.sink != NULL)
                im.sink->free(im.sink);
        import_batch_free(im.batch);
        lines_close(input);
        arena_fini(&im.arena);
        return status;
}
