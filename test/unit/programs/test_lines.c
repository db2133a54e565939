/* SPDX-License-Identifier: Apache-2.0 */
/* Lines of plain and gzipped files: every kind of end, and what a line may not hold. */
#include "../support.h"

#include "programs/ansa/lines.h"

#include <stdio.h>
#include <unistd.h>
#include <zlib.h>

static char path[] = "/tmp/ansa-lines-XXXXXX";

static void write_file(const void *octets, size_t size, bool is_gzip)
{
        gzFile file = gzopen(path, is_gzip ? "wb" : "wbT");
        assert_non_null(file);
        assert_int_equal(gzwrite(file, octets, (unsigned)size), size);
        assert_int_equal(gzclose(file), Z_OK);
}

static const struct {
        const char *rule;
        const char *text;
        size_t size;       /* 0: of the text */
        const char *lines; /* each ended by "|"; "<L>" too long, "<0>" holds a zero octet */
} rows[] = {
        { "an empty file", "", 0, "" },
        { "one line", "abc\n", 0, "abc|" },
        { "without an end", "abc\ndef", 0, "abc|def|" },
        { "empty lines", "\n\nabc\n\n", 0, "||abc||" },
        { "ends of DOS", "abc\r\n\r\ndef\r", 0, "abc||def|" },
        { "a carriage return within", "a\rb\n", 0, "a\rb|" },
        { "the mark of UTF-8",
          "\xef\xbb\xbf"
          "abc\n\xef\xbb\xbf"
          "def\n",
          0,
          "abc|\xef\xbb\xbf"
          "def|" },
        { "a zero octet", "a\0b\nc\n", 6, "<0>|c|" },
        { "zero octets only", "\0\0", 2, "<0>|" },
        { "as long as may be", "0123456789\nx\n", 0, "0123456789|x|" },
        { "one longer", "01234567890\nx\n", 0, "<L>|x|" },
        { "much longer, without an end", "01234567890123456789012345678901234567890", 0, "<L>|" },
};

static void test_rows(void **state)
{
        (void)state;
        for (size_t i = 0; i < 2 * COUNT_OF(rows); i++) {
                size_t row = i / 2;
                char got[256] = "";
                size_t size = rows[row].size != 0 ? rows[row].size : strlen(rows[row].text);
                struct lines *l;
                struct ansa_bytes line;
                enum line_result result;
                write_file(rows[row].text, size, i % 2 == 0);
                assert_err(rows[row].rule, lines_open(path, 10, &l), ANSA_OK);
                while ((result = lines_next(l, &line)) != LINE_END) {
                        size_t at = strlen(got);
                        const char *text = result == LINE_LONG  ? "<L>"
                                           : result == LINE_NUL ? "<0>"
                                                                : (const char *)line.at;
                        assert_true(result != LINE_FAILED);
                        (void)snprintf(got + at, sizeof(got) - at, "%s|", text);
                }
                assert_int_equal(lines_next(l, &line), LINE_END);
                lines_close(l);
                if (strcmp(got, rows[row].lines) != 0)
                        fail_msg("%s: \"%s\", not \"%s\"", rows[row].rule, got, rows[row].lines);
        }
}

/* Lines that lie across the parts in which a file is read. */
static void test_many_lines(void **state)
{
        (void)state;
        struct rng r = { 4 };
        static char text[900000];
        size_t ends[40000];
        size_t count = 0;
        size_t size = 0;
        while (count < COUNT_OF(ends) && size + 50 < sizeof(text)) {
                uint32_t length = rng_below(&r, 40);
                memset(text + size, 'a' + (int)(count % 26), length);
                size += length;
                text[size++] = '\n';
                ends[count++] = size - 1;
        }
        write_file(text, size, true);
        struct lines *l;
        struct ansa_bytes line;
        assert_err("open", lines_open(path, 40, &l), ANSA_OK);
        size_t at = 0;
        for (size_t i = 0; i < count; i++) {
                assert_int_equal(lines_next(l, &line), LINE_TAKEN);
                assert_bytes("line", line,
                             (struct ansa_bytes){ (const uint8_t *)text + at, ends[i] - at });
                at = ends[i] + 1;
        }
        assert_int_equal(lines_next(l, &line), LINE_END);
        lines_close(l);
}

static void test_damaged_gzip(void **state)
{
        (void)state;
        char text[3000];
        struct rng r = { 9 };
        for (size_t i = 0; i < sizeof(text); i++)
                text[i] = (char)('a' + rng_below(&r, 26));
        write_file(text, sizeof(text), true);
        assert_int_equal(truncate(path, 500), 0);
        struct lines *l;
        struct ansa_bytes line;
        assert_err("open", lines_open(path, 5000, &l), ANSA_OK);
        enum line_result result = lines_next(l, &line);
        if (result == LINE_TAKEN) /* what could be read, and then why no more could */
                result = lines_next(l, &line);
        assert_int_equal(result, LINE_FAILED);
        assert_true(strlen(lines_problem(l)) > 0);
        lines_close(l);
        assert_err("missing", lines_open("/nonexistent", 10, &l), ANSA_E_NOT_FOUND);
        assert_null(l);
        lines_close(NULL);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_rows),
                cmocka_unit_test(test_many_lines),
                cmocka_unit_test(test_damaged_gzip),
        };
        int fd = mkstemp(path);
        if (fd < 0)
                return 1;
        (void)close(fd);
        int failed = cmocka_run_group_tests(tests, NULL, NULL);
        (void)unlink(path);
        return failed;
}
