/* SPDX-License-Identifier: Apache-2.0 */
/* ansad.conf: every setting at its bounds, and what is said about bad lines. */
#include "../support.h"

#include "programs/config.h"

static struct config config; /* large */
static struct config_problem problem;

static enum ansa_err read_text(const char *text)
{
        FILE *stream = text[0] != '\0' ? fmemopen((void *)(uintptr_t)text, strlen(text), "r")
                                       : fopen("/dev/null", "r");
        assert_non_null(stream);
        enum ansa_err err = config_read(stream, "ansad.conf", &config, &problem);
        (void)fclose(stream);
        return err;
}

static void test_defaults(void **state)
{
        (void)state;
        assert_err(problem.text, read_text(""), ANSA_OK);
        assert_int_equal(config.port, 2641);
        assert_true(config.listen_is_default);
        assert_int_equal(config.listen.count, 2);
        assert_int_equal(config.idle_ms, 60000);
        assert_int_equal(config.udp_exempt.count, 2);
        assert_true(config.sandbox);
        assert_int_equal(config.log_level, LOG_LEVEL_INFO);
        assert_string_equal(config.user, "");
        config_fini(&config);
}

static bool is_numeric(const struct config_row *row)
{
        return row->type == CONFIG_NUMBER || row->type == CONFIG_SIZE || row->type == CONFIG_TIME;
}

/* Written as in the file, in the smallest unit. */
static enum ansa_err read_number(const struct config_row *row, uint64_t number)
{
        char text[256];
        (void)snprintf(text, sizeof(text), "[%s]\n%s = %llu%s\n", row->section, row->key,
                       (unsigned long long)number, row->type == CONFIG_TIME ? "ms" : "");
        return read_text(text);
}

static uint64_t number_of(const struct config_row *row)
{
        uint64_t number;
        memcpy(&number, (const uint8_t *)&config + row->offset, sizeof(number));
        return number;
}

static void test_every_number_at_its_bounds(void **state)
{
        (void)state;
        size_t tried = 0;
        for (size_t i = 0; i < config_row_count; i++) {
                const struct config_row *row = &config_rows[i];
                if (!is_numeric(row))
                        continue;
                const uint64_t good[] = { row->min, row->max };
                for (size_t k = 0; k < COUNT_OF(good); k++) {
                        enum ansa_err err = read_number(row, good[k]);
                        /* settings that must fit each other are told in line 0 */
                        if (err != ANSA_OK && strncmp(problem.text, "ansad.conf:0:", 13) == 0)
                                continue;
                        assert_err(row->key, err, ANSA_OK);
                        assert_true(number_of(row) == good[k]);
                        config_fini(&config);
                        tried++;
                }
                if (row->min > 0)
                        assert_err(row->key, read_number(row, row->min - 1), ANSA_E_MALFORMED);
                assert_err(row->key, read_number(row, row->max + 1), ANSA_E_MALFORMED);
                assert_non_null(strstr(problem.text, "ansad.conf:2: "));
                assert_err(row->key, read_number(row, UINT64_MAX), ANSA_E_MALFORMED);
        }
        assert_true(tried > 40);
}

/* The table itself: unique, in groups, with defaults that parse (set_defaults asserts that). */
static void test_table(void **state)
{
        (void)state;
        for (size_t i = 0; i < config_row_count; i++) {
                const struct config_row *row = &config_rows[i];
                assert_true(row->text[0] != '\0' && row->text[strlen(row->text) - 1] == '.');
                assert_true(row->offset < sizeof(struct config));
                for (size_t k = 0; k < i; k++) {
                        const struct config_row *other = &config_rows[k];
                        if (strcmp(row->key, other->key) == 0)
                                fail_msg("%s is in the table twice", row->key);
                        if (strcmp(row->section, other->section) == 0 &&
                            strcmp(row->section, config_rows[i - 1].section) != 0)
                                fail_msg("[%s] is in two places", row->section);
                        assert_true(row->offset != other->offset);
                }
        }
}

static void test_units(void **state)
{
        static const struct {
                const char *text;
                uint64_t connections_idle_ms;
                uint64_t buffers;
        } rows[] = {
                { "idle_time = 5s\nbuffers = 1m", 5000, 1u << 20 },
                { "idle_time = 1500ms\nbuffers = 2048k", 1500, 2u << 20 },
                { "idle_time = 2 m\nbuffers = 64 MB", 120000, 64u << 20 },
                { "idle_time = 1h\nbuffers = 3GB", 3600000, 3ull << 30 },
                { "idle_time = 1D\nbuffers = 1048576", 86400000, 1u << 20 },
                { "idle_time = 60s ; a comment\nbuffers = 1048577b", 60000, (1u << 20) + 1 },
        };
        (void)state;
        for (size_t i = 0; i < COUNT_OF(rows); i++) {
                char text[256];
                (void)snprintf(text, sizeof(text), "[limits]\n%s\n", rows[i].text);
                if (read_text(text) != ANSA_OK)
                        fail_msg("%s", problem.text);
                assert_true(config.idle_ms == rows[i].connections_idle_ms);
                assert_true(config.buffers == rows[i].buffers);
                config_fini(&config);
        }
}

static void test_lists(void **state)
{
        (void)state;
        assert_err(problem.text,
                   read_text("[server]\nlisten = 192.0.2.1, 2001:db8::1\n"
                             "[identifier]\nserver_admins = 300:0.NA/1 301:0.NA/2\n"
                             "  302:0.NA/3\n"
                             "status_admins =\n"
                             "[limits]\nudp_budget_exempt = 10.0.0.0/8\n"),
                   ANSA_OK);
        assert_int_equal(config.listen.count, 2);
        assert_false(config.listen_is_default);
        assert_int_equal(config.server_admins.count, 3);
        assert_int_equal(config.server_admin_refs.count, 3);
        assert_int_equal(config.server_admin_refs.ref[2].index, 302);
        assert_bytes("third", config.server_admin_refs.ref[2].name, ANSA_BYTES_LIT("0.NA/3"));
        assert_int_equal(config.status_admin_refs.count, 0);

        struct doors_limits limits;
        config_limits(&config, &limits);
        assert_int_equal(limits.exempt_count, 1);
        assert_int_equal(limits.exempt[0].bits, 104);
        struct doors_listen listen[DOORS_LISTEN_MAX];
        assert_int_equal(config_listen(&config, listen), 2);
        assert_true(address_is_ipv4(listen[0].address) && !address_is_ipv4(listen[1].address));
        struct identifier_config service;
        config_identifier(&config, &service);
        assert_int_equal(service.server_admin_count, 3);
        assert_int_equal(service.challenge_s, 60);
        config_fini(&config);
}

static void test_bad_lines(void **state)
{
        static const struct {
                const char *rule;
                const char *text;
                const char *said; /* all of it, or its beginning when it ends with "..." */
        } rows[] = {
                { "unknown setting", "[server]\nprot = 1\n",
                  "ansad.conf:2: unknown setting \"prot\" in [server]; ansad.conf(5) lists all" },
                { "in another section", "[server]\nidle_time = 1s\n",
                  "ansad.conf:2: unknown setting \"idle_time\" in [server]; it belongs to "
                  "[limits]" },
                { "unknown section", "[sever]\nport = 1\n",
                  "ansad.conf:2: unknown section [sever]; there are..." },
                { "before any section", "port = 1\n", "ansad.conf:1: unknown section []; ..." },
                { "no setting", "[server]\n\nport 1\n",
                  "ansad.conf:3: this is no section, setting or comment; write..." },
                { "broken section", "[server\nport = 1\n",
                  "ansad.conf:1: this is no section, setting or comment; write..." },
                { "twice", "[server]\nport = 1\nport = 2\n",
                  "ansad.conf:3: \"port\" is given twice; keep one of them" },
                { "too large", "[server]\nport = 65536\n",
                  "ansad.conf:2: port = 65536; expected a number from 0 to 65535" },
                { "not a number", "[server]\nport = http\n",
                  "ansad.conf:2: port = http; expected a number from 0 to 65535" },
                { "negative", "[server]\nport = -1\n",
                  "ansad.conf:2: port = -1; expected a number from 0 to 65535" },
                { "unknown unit", "[limits]\nidle_time = 5 parsecs\n",
                  "ansad.conf:2: idle_time = 5 parsecs; expected a time such as 500ms, 10s or "
                  "5m, from 1s to 1d" },
                { "no unit", "[limits]\nidle_time = 5\n",
                  "ansad.conf:2: idle_time = 5; expected a time..." },
                { "overflow", "[limits]\nbuffers = 99999999999999999t\n",
                  "ansad.conf:2: buffers = 99999999999999999t; expected a size..." },
                { "not yes or no", "[server]\nudp = maybe\n",
                  "ansad.conf:2: udp = maybe; expected yes or no" },
                { "level", "[server]\nlog_level = loud\n",
                  "ansad.conf:2: log_level = loud; expected error, warn, info or debug" },
                { "address", "[server]\nlisten = 192.0.2.1 localhost\n",
                  "ansad.conf:2: listen = 192.0.2.1 localhost; expected addresses such as "
                  "192.0.2.1 or 2001:db8::1, not localhost" },
                { "no address", "[server]\nlisten =\n",
                  "ansad.conf:2: listen = ; expected at least one item" },
                { "reference without index", "[identifier]\nserver_admins = 0.NA/1\n",
                  "ansad.conf:2: server_admins = 0.NA/1; expected INDEX:IDENTIFIER such as..." },
                { "range", "[limits]\nudp_budget_exempt = 10.0.0.0/33\n",
                  "ansad.conf:2: udp_budget_exempt = 10.0.0.0/33; expected ranges..." },
                { "empty text", "[server]\nkey =\n",
                  "ansad.conf:2: key = ; expected a text that is not empty" },
                { "all doors shut", "[server]\nudp = no\ntcp = no\ntls = no\n",
                  "ansad.conf:0: udp, tcp and tls are all off; at least one is needed" },
                { "half a certificate", "[server]\ntls_key = keys/tls.key\n",
                  "ansad.conf:0: one of tls_certificate and tls_key is missing..." },
                { "one port for two", "[server]\nport = 5\ntls_port = 5\n",
                  "ansad.conf:0: port and tls_port are the same..." },
                { "more than all", "[limits]\nconnections = 5\n",
                  "ansad.conf:0: connections_per_network is more than connections..." },
        };
        (void)state;
        for (size_t i = 0; i < COUNT_OF(rows); i++) {
                assert_err(rows[i].rule, read_text(rows[i].text), ANSA_E_MALFORMED);
                size_t size = strlen(rows[i].said);
                bool is_begin = size > 3 && strcmp(rows[i].said + size - 3, "...") == 0;
                if (is_begin ? strncmp(problem.text, rows[i].said, size - 3) != 0
                             : strcmp(problem.text, rows[i].said) != 0)
                        fail_msg("%s: said \"%s\"", rows[i].rule, problem.text);
        }
}

static void test_long_lines(void **state)
{
        (void)state;
        char text[4096] = "[server]\nkey = ";
        size_t size = strlen(text);
        memset(text + size, 'k', 1000);
        memcpy(text + size + 1000, "\n", 2);
        assert_err("long", read_text(text), ANSA_E_MALFORMED);
        assert_non_null(strstr(problem.text, "ansad.conf:2: line too long; go on in the next"));
        assert_err("no file", config_load("/nonexistent/ansad.conf", &config, &problem),
                   ANSA_E_NOT_FOUND);
        assert_non_null(strstr(problem.text, "No such file"));
        config_fini(&config);
}

/* Whatever the octets: an answer, and no harm. */
static void test_garbage(void **state)
{
        static const char parts[][24] = { "[server]\n",
                                          "port = ",
                                          "\n",
                                          "1",
                                          "=",
                                          "[",
                                          "]",
                                          "listen ",
                                          "::",
                                          ",",
                                          "[limits]\n",
                                          "idle_time",
                                          " 5s",
                                          "\xff",
                                          ";",
                                          "    ",
                                          "key = a\n",
                                          "300:x",
                                          "[identifier]\n",
                                          "server_admins = " };
        struct rng rng = { 11 };
        (void)state;
        size_t fine = 0;
        for (int i = 0; i < 5000; i++) {
                char text[512] = "";
                for (uint32_t k = rng_below(&rng, 14); k > 0; k--)
                        strcat(text, parts[rng_below(&rng, COUNT_OF(parts))]);
                if (read_text(text) == ANSA_OK) {
                        fine++;
                        config_fini(&config);
                } else if (strncmp(problem.text, "ansad.conf:", 11) != 0) {
                        fail_msg("said \"%s\"", problem.text);
                }
        }
        assert_true(fine > 50 && fine < 4900);
}

static void print(bool with_comments, struct buf *b)
{
        *b = buf_growing(262144);
        config_print(&config, with_comments, b);
        buf_u8(b, 0);
        assert_err("print", b->err, ANSA_OK);
        config_fini(&config);
}

static void test_what_is_printed_reads_back(void **state)
{
        static const char text[] = "[server]\nlisten = 192.0.2.1\nport = 0\nudp = no\nuser = ansa\n"
                                   "[limits]\nidle_time = 90s\nbuffers = 1536k\n"
                                   "[identifier]\nserver_admins = 300:0.NA/1 301:0.NA/2\n";
        (void)state;
        struct buf first;
        struct buf second;
        assert_err(problem.text, read_text(text), ANSA_OK);
        print(true, &first);
        if (read_text((const char *)first.at) != ANSA_OK)
                fail_msg("%s", problem.text);
        assert_int_equal(config.idle_ms, 90000);
        assert_int_equal(config.buffers, 1536 << 10);
        print(true, &second);
        assert_bytes("again", buf_written(&second), buf_written(&first));
        buf_fini(&first);
        buf_fini(&second);
}

static void test_manual_has_every_setting(void **state)
{
        (void)state;
        struct buf b = buf_growing(262144);
        config_print_manual(&b);
        buf_u8(&b, 0);
        assert_err("manual", b.err, ANSA_OK);
        for (size_t i = 0; i < config_row_count; i++) {
                char item[96];
                (void)snprintf(item, sizeof(item), ".It Cm %s ", config_rows[i].key);
                assert_non_null(strstr((const char *)b.at, item));
        }
        buf_fini(&b);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_defaults),
                cmocka_unit_test(test_every_number_at_its_bounds),
                cmocka_unit_test(test_table),
                cmocka_unit_test(test_units),
                cmocka_unit_test(test_lists),
                cmocka_unit_test(test_bad_lines),
                cmocka_unit_test(test_long_lines),
                cmocka_unit_test(test_garbage),
                cmocka_unit_test(test_what_is_printed_reads_back),
                cmocka_unit_test(test_manual_has_every_setting),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
