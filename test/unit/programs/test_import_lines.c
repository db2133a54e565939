/* SPDX-License-Identifier: Apache-2.0 */
/* One line of an import: the record it makes, or why it is left out. */
#include "../support.h"

#include "programs/ansa/import.h"
#include "wire/data.h"

#include <stdio.h>

/* A sink that writes down what comes. */
static struct {
        struct import_sink sink;
        char text[4096]; /* "NAME INDEX=TYPE:DATA ..." */
        unsigned records;
} notes;

static enum ansa_err note(struct import_sink *s, const struct import_record *record)
{
        struct ansa_values list = record->values;
        struct ansa_value v;
        (void)s;
        int n = snprintf(notes.text, sizeof(notes.text), "%.*s", (int)record->name.size,
                         (const char *)record->name.at);
        while (ansa_values_next(&list, &v) == ANSA_OK)
                n += snprintf(notes.text + n, sizeof(notes.text) - (size_t)n, " %u=%.*s:%.*s",
                              v.index, (int)v.type.size, (const char *)v.type.at,
                              v.type.size == 8 ? 0 : (int)v.data.size, (const char *)v.data.at);
        assert_int_equal(list.count, 0);
        notes.records++;
        return ANSA_OK;
}

static const struct cli_verb verb = { .name = "import" };
static struct cli cli = { .verb = &verb };

static void begin(struct import *im, const char *columns)
{
        notes.sink.put = note;
        notes.records = 0;
        notes.text[0] = '\0';
        *im = (struct import){ .cli = &cli, .sink = &notes.sink, .line = 1 };
        arena_init(&im->arena, 32u << 20);
        assert_true(import_columns(im, columns));
}

static void test_tables(void **state)
{
        (void)state;
        static const struct {
                const char *line;
                const char *record; /* NULL: it is bad */
        } rows[] = {
                { "10.1/a\tu", "10.1/a 1=URL:u" },
                { "10.1/a\tu\td", "10.1/a 1=URL:u 2=DESC:d" },
                { "10.1/a\tu\td\tignored\t2001", "10.1/a 1=URL:u 2=DESC:d 4=YEAR:2001" },
                { "10.1/a\t\td", "10.1/a 1=URL:http://r/10.1/a 2=DESC:d" },
                { "10.1/a", "10.1/a 1=URL:http://r/10.1/a" },
                { "10.1/a b", "10.1/a b 1=URL:http://r/10.1/a%20b" },
                { "10.1/%\xc3\xa4", "10.1/%\xc3\xa4 1=URL:http://r/10.1/%25%C3%A4" },
                { "10.1/a\tu\td\tx\ty\tz", NULL },
                { "10.1/a\tu\td\tx\ty\t", "10.1/a 1=URL:u 2=DESC:d 4=YEAR:y" },
                { "", NULL },
                { "\tu", NULL },
                { "a\tu", NULL },
                { "/a\tu", NULL },
                { "10..1/a\tu", NULL },
                { "10.1/\xff\tu", NULL },
                { "10.1/\x01\tu", NULL },
                { "10.1/a\tu\xff", NULL },
        };
        for (size_t i = 0; i < COUNT_OF(rows); i++) {
                struct import im;
                begin(&im, "name,URL,DESC,,YEAR");
                im.url_base = "http://r/";
                size_t size = strlen(rows[i].line);
                uint8_t *line = heap_copy(ansa_bytes_text(rows[i].line), size);
                assert_err(rows[i].line, import_table_line(&im, (struct ansa_bytes){ line, size }),
                           ANSA_OK);
                free(line);
                assert_int_equal(notes.records, rows[i].record != NULL);
                assert_int_equal(im.bad, rows[i].record == NULL);
                if (rows[i].record != NULL)
                        assert_string_equal(notes.text, rows[i].record);
                arena_fini(&im.arena);
        }
}

static void test_columns(void **state)
{
        (void)state;
        struct import im = { .cli = &cli };
        char many[256] = "name";
        static const char *const bad[] = { "", "URL", "NAME", "names,URL", " name", ",name" };
        for (size_t i = 0; i < COUNT_OF(bad); i++)
                assert_false(import_columns(&im, bad[i]));
        assert_true(import_columns(&im, "name"));
        assert_int_equal(im.column_count, 0);
        for (int i = 0; i < 64; i++)
                strcat(many, ",X");
        assert_true(import_columns(&im, many));
        assert_int_equal(im.column_count, 64);
        strcat(many, ",");
        assert_false(import_columns(&im, many));
}

static void test_json(void **state)
{
        (void)state;
#define VALUE(index) \
        "{\"index\":" index ",\"type\":\"T\",\"data\":{\"format\":\"string\",\"value\":\"x\"}}"
        static const struct {
                const char *line;
                const char *record;
        } rows[] = {
                { "{\"handle\":\"10.1/a\",\"values\":[" VALUE("1") "," VALUE("7") "]}",
                  "10.1/a 1=T:x 7=T:x" },
                { "{\"handle\":\"10.1/a\",\"values\":[" VALUE("1") "," VALUE("1") "]}", NULL },
                { "{\"handle\":\"10.1/a\",\"values\":[" VALUE("0") "]}", NULL },
                { "{\"handle\":\"10.1/a\",\"values\":[]}", NULL },
                { "{\"handle\":\"none\",\"values\":[" VALUE("1") "]}", NULL },
                { "{\"handle\":\"10.1/a\",\"values\":[" VALUE("1") "]} more", NULL },
                { "{\"handle\":\"10.1/a\",\"values\":[" VALUE("1") "]", NULL },
                { "{\"handle\":\"10.1/a\"}", NULL },
                { "[]", NULL },
                { "", NULL },
        };
        for (size_t i = 0; i < COUNT_OF(rows); i++) {
                struct import im;
                begin(&im, "name");
                assert_err(rows[i].line, import_json_line(&im, ansa_bytes_text(rows[i].line)),
                           ANSA_OK);
                if (notes.records != (rows[i].record != NULL) || im.bad != (rows[i].record == NULL))
                        fail_msg("%s: taken or not", rows[i].line);
                if (rows[i].record != NULL)
                        assert_string_equal(notes.text, rows[i].record);
                arena_fini(&im.arena);
        }
}

/* What is too large for a message is a bad line. */
static void test_the_largest_record(void **state)
{
        (void)state;
        static char line[300000];
        size_t fits = 0;
        for (size_t size = 200000; size < sizeof(line) - 100; size += 1000) {
                struct import im;
                begin(&im, "name,URL");
                (void)snprintf(line, sizeof(line), "10.1/a\t%0*d", (int)size, 0);
                im.sink = &notes.sink;
                struct ansa_bytes text = ansa_bytes_text(line);
                assert_err("line", import_table_line(&im, text), ANSA_OK);
                if (im.bad == 0)
                        fits = size;
                arena_fini(&im.arena);
        }
        assert_true(fits > 200000 && fits < 262144);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_tables),
                cmocka_unit_test(test_columns),
                cmocka_unit_test(test_json),
                cmocka_unit_test(test_the_largest_record),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
