/* SPDX-License-Identifier: Apache-2.0 */
#include "programs/config.h"

#include "base/assert.h"

#include <errno.h>
#include <ini.h>

#define TEXT_SIZE_MAX 1048576u /* bytes of all values of a file */

#define LINE_FORMS    "write [section], key = value, or # comment"

struct reading {
        FILE *stream;
        const char *name;
        struct config *config;
        struct config_problem *problem;
        int line; /* the one inih was given last */
        bool is_bad;
        bool given[128]; /* rows that the file has set */
};

static void complain(struct reading *r, const char *what, const char *right)
{
        if (r->is_bad)
                return; /* the first problem is the one to mend */
        r->is_bad = true;
        (void)snprintf(r->problem->text, sizeof(r->problem->text), "%s:%d: %s; %s", r->name,
                       r->line, what, right);
}

/* inih tells of a line that it cannot read only at the end of the file. */
static bool can_be_read(const char *line)
{
        if (line[0] == '[')
                return strchr(line, ']') != NULL;
        return strchr("#; \t\r\n", line[0]) != NULL || strpbrk(line, "=:") != NULL;
}

/* inih gets a line at a time from here, so that problems have the line's number. */
static char *next_line(char *at, int room, void *context)
{
        struct reading *r = context;
        if (r->is_bad || fgets(at, room, r->stream) == NULL)
                return NULL;
        r->line++;
        size_t size = strlen(at);
        if (size + 1 == (size_t)room && at[size - 1] != '\n' && !feof(r->stream)) {
                complain(r, "line too long",
                         "go on in the next line, which then begins with spaces");
                return NULL;
        }
        if (!can_be_read(at)) {
                complain(r, "this is no section, setting or comment", LINE_FORMS);
                return NULL;
        }
        return at;
}

static bool is_list(enum config_type type)
{
        return type == CONFIG_ADDRESSES || type == CONFIG_RANGES || type == CONFIG_REFS ||
               type == CONFIG_WORDS;
}

static void clear_list(const struct config_row *row, struct config *config)
{
        struct config_list *list = (struct config_list *)(void *)((uint8_t *)config + row->offset);
        list->count = 0;
}

/* The nearest thing to say about a setting that there is not. */
static void complain_unknown(struct reading *r, const char *section, const char *key)
{
        char what[160];
        char right[256] = "ansad.conf(5) lists all";
        bool has_section = false;
        for (size_t i = 0; i < config_row_count; i++) {
                has_section |= strcmp(config_rows[i].section, section) == 0;
                if (strcmp(config_rows[i].key, key) == 0)
                        (void)snprintf(right, sizeof(right), "it belongs to [%s]",
                                       config_rows[i].section);
        }
        if (has_section) {
                (void)snprintf(what, sizeof(what), "unknown setting \"%.48s\" in [%.48s]", key,
                               section);
                complain(r, what, right);
                return;
        }
        (void)snprintf(what, sizeof(what), "unknown section [%.48s]", section);
        complain(r, what,
                 "there are [server], [http], [identifier], [store], [resolver] and [limits]");
}

static int take_setting(void *context, const char *section, const char *key, const char *value)
{
        struct reading *r = context;
        for (size_t i = 0; i < config_row_count; i++) {
                const struct config_row *row = &config_rows[i];
                if (strcmp(row->section, section) != 0 || strcmp(row->key, key) != 0)
                        continue;
                char what[160];
                char right[256];
                if (!r->given[i] && is_list(row->type))
                        clear_list(row, r->config);
                if (r->given[i] && !is_list(row->type)) {
                        (void)snprintf(what, sizeof(what), "\"%s\" is given twice", key);
                        complain(r, what, "keep one of them");
                        return 1;
                }
                r->given[i] = true;
                if (!config_parse_value(row, value, r->config, right, sizeof(right))) {
                        (void)snprintf(what, sizeof(what), "%s = %.64s", key, value);
                        char expected[288];
                        (void)snprintf(expected, sizeof(expected), "expected %s", right);
                        complain(r, what, expected);
                }
                return 1;
        }
        complain_unknown(r, section, key);
        return 1;
}

static void set_defaults(struct config *config)
{
        *config = (struct config){ .listen_is_default = true };
        arena_init(&config->arena, TEXT_SIZE_MAX);
        for (size_t i = 0; i < config_row_count; i++) {
                char right[256];
                bool ok = config_parse_value(&config_rows[i], config_rows[i].initial, config, right,
                                             sizeof(right));
                ansa_assert(ok);
        }
}

/* What no single setting can tell. */
static void check_together(struct reading *r)
{
        const struct config *c = r->config;
        r->line = 0;
        if (!c->udp && !c->tcp && !c->tls)
                complain(r, "udp, tcp and tls are all off", "at least one is needed");
        if ((c->tls_certificate[0] == '\0') != (c->tls_key[0] == '\0'))
                complain(r, "one of tls_certificate and tls_key is missing",
                         "give both or neither");
        if (c->tls && c->tls_port == c->port && c->port != 0 && c->tcp)
                complain(r, "port and tls_port are the same", "give them different numbers");
        if ((c->http_tls_certificate[0] == '\0') != (c->http_tls_key[0] == '\0'))
                complain(r, "one of http_tls_certificate and http_tls_key is missing",
                         "give both or neither");
        if (c->http && c->https && c->http_port == c->https_port && c->http_port != 0)
                complain(r, "http_port and https_port are the same", "give them different numbers");
        if (c->http_connections_network > c->http_connections)
                complain(r, "http_connections_per_network is more than http_connections",
                         "give at most the same");
        if (c->connections_network > c->connections)
                complain(r, "connections_per_network is more than connections",
                         "give at most the same");
}

/* Everywhere, whether the file says so (as that of "ansa init" does) or nothing. */
static bool listens_by_default(const struct config *config)
{
        uint8_t room[256];
        struct buf b = buf_over(room, sizeof(room));
        ansa_assert(config_rows[0].offset == offsetof(struct config, listen));
        config_put_value(&config_rows[0], config, &b);
        return b.err == ANSA_OK &&
               ansa_bytes_equal(buf_written(&b), ansa_bytes_text(config_rows[0].initial));
}

enum ansa_err config_read(FILE *stream, const char *name, struct config *config,
                          struct config_problem *problem)
{
        struct reading r = { .stream = stream, .name = name, .config = config, .problem = problem };
        ansa_assert(config_row_count <= sizeof(r.given) / sizeof(r.given[0]));
        *problem = (struct config_problem){ 0 };
        set_defaults(config);
        int line = ini_parse_stream(next_line, &r, take_setting, &r);
        if (line > 0 && !r.is_bad) {
                r.line = line;
                complain(&r, "this is no section, setting or comment", LINE_FORMS);
        }
        if (ferror(stream) || line < 0)
                complain(&r, strerror(errno), "the file must be readable");
        check_together(&r);
        config->listen_is_default = listens_by_default(config);
        if (!r.is_bad)
                return ANSA_OK;
        config_fini(config);
        return ANSA_E_MALFORMED;
}

enum ansa_err config_load(const char *path, struct config *config, struct config_problem *problem)
{
        FILE *stream = fopen(path, "re");
        if (stream == NULL) {
                (void)snprintf(problem->text, sizeof(problem->text),
                               "%.400s: %s; \"ansa init\" makes one", path, strerror(errno));
                *config = (struct config){ 0 };
                return ANSA_E_NOT_FOUND;
        }
        enum ansa_err err = config_read(stream, path, config, problem);
        (void)fclose(stream);
        return err;
}

void config_fini(struct config *config)
{
        arena_fini(&config->arena);
        *config = (struct config){ 0 };
}

/* Descriptions: their lines with @prefix in front. */
static void put_text(const char *text, const char *prefix, struct buf *b)
{
        while (*text != '\0') {
                size_t size = strcspn(text, "\n");
                buf_text(b, prefix);
                buf_bytes(b, (struct ansa_bytes){ (const uint8_t *)text, size });
                buf_text(b, "\n");
                text += size + (text[size] == '\n');
        }
}

void config_print(const struct config *config, bool with_comments, struct buf *b)
{
        const char *section = "";
        for (size_t i = 0; i < config_row_count; i++) {
                const struct config_row *row = &config_rows[i];
                if (strcmp(section, row->section) != 0)
                        buf_printf(b, "%s[%s]\n", i > 0 ? "\n" : "", row->section);
                section = row->section;
                if (with_comments)
                        put_text(row->text, "# ", b);
                size_t before = b->size;
                buf_printf(b, "%s = ", row->key);
                config_put_value(row, config, b);
                if (b->err == ANSA_OK && b->at[b->size - 1] == ' ')
                        b->size--; /* an empty value */
                ansa_assert(b->err != ANSA_OK || b->size > before);
                buf_text(b, "\n");
        }
}

static void put_bounds(const struct config_row *row, struct buf *b)
{
        static const char *const words[] = {
                [CONFIG_BOOL] = "yes or no",
                [CONFIG_NUMBER] = "number",
                [CONFIG_SIZE] = "size",
                [CONFIG_TIME] = "time",
                [CONFIG_TEXT] = "text",
                [CONFIG_LEVEL] = "level",
                [CONFIG_ADDRESSES] = "addresses",
                [CONFIG_RANGES] = "address ranges",
                [CONFIG_REFS] = "list of references",
                [CONFIG_WORDS] = "list",
        };
        buf_text(b, words[row->type]);
        if (row->type != CONFIG_NUMBER && row->type != CONFIG_SIZE && row->type != CONFIG_TIME)
                return;
        struct config edge = { 0 };
        uint64_t *number = (uint64_t *)(void *)((uint8_t *)&edge + row->offset);
        buf_text(b, " from ");
        *number = row->min;
        config_put_value(row, &edge, b);
        buf_text(b, " to ");
        *number = row->max;
        config_put_value(row, &edge, b);
}

/* A sentence a line, as mdoc wants it. */
static void put_sentences(const char *text, struct buf *b)
{
        for (; *text != '\0'; text++) {
                bool ends = *text == ' ' && text[-1] == '.';
                buf_u8(b, (uint8_t)(ends ? '\n' : *text));
        }
        buf_u8(b, '\n');
}

void config_print_manual(struct buf *b)
{
        const char *section = "";
        for (size_t i = 0; i < config_row_count; i++) {
                const struct config_row *row = &config_rows[i];
                if (strcmp(section, row->section) != 0) {
                        buf_printf(b, "%s.Ss [%s]\n.Bl -tag -width Ds\n", i > 0 ? ".El\n" : "",
                                   row->section);
                        section = row->section;
                }
                buf_printf(b, ".It Cm %s No = Ar ", row->key);
                put_bounds(row, b);
                buf_text(b, "\n");
                put_sentences(row->text, b);
                if (row->initial[0] != '\0')
                        buf_printf(b, "Default:\n.Ql %s .\n", row->initial);
                if (row->rereads)
                        buf_text(b, "Reread on\n.Dv SIGHUP .\n");
        }
        buf_text(b, ".El\n");
}
