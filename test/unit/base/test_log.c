/* SPDX-License-Identifier: Apache-2.0 */
#include "../support.h"

#include "base/log.h"

#include <stdio.h>
#include <time.h>

static const struct quote_case {
        const char *name;
        const char *in;
        size_t room;
        const char *want;
} quote_cases[] = {
        { "plain", "35.TEST/1", 64, "\"35.TEST/1\"" },
        { "nothing", "", 16, "\"\"" },
        { "a quote and a backslash", "a\"b\\", 64, "\"a\\x22b\\x5c\"" },
        { "a new line cannot begin another event", "a\nts=0", 64, "\"a\\x0ats=0\"" },
        { "escape sequences of terminals", "\x1b[2J\x7f", 64, "\"\\x1b[2J\\x7f\"" },
        { "UTF-8", "\xc3\xa9", 64, "\"\\xc3\\xa9\"" },
        { "long", "abcdefghijklmnopqrstuvwxyz", 16, "\"abcdef...\"" },
        { "long and escaped", "\1\1\1\1\1\1\1\1", 20, "\"\\x01\\x01\\x01...\"" },
};

static void quotes(void **state)
{
        (void)state;
        for (size_t i = 0; i < COUNT_OF(quote_cases); i++) {
                const struct quote_case *t = &quote_cases[i];
                char *room = malloc(t->room); /* on the heap, so that a sanitizer sees its end */
                assert_non_null(room);
                const char *got = log_quote(ansa_bytes_text(t->in), room, t->room);
                assert_ptr_equal(got, room);
                if (strcmp(got, t->want) != 0)
                        fail_msg("%s: %s", t->name, got);
                free(room);
        }
        for (size_t room = 16; room < 80; room++) {
                char *text = malloc(room);
                assert_non_null(text);
                static const uint8_t zeros[64];
                (void)log_quote((struct ansa_bytes){ zeros, sizeof(zeros) }, text, room);
                assert_true(strlen(text) < room);
                assert_int_equal(text[strlen(text) - 1], '"');
                free(text);
        }
}

static char *logged;
static size_t logged_size;

static FILE *open_log(enum log_level level)
{
        FILE *stream = open_memstream(&logged, &logged_size);
        assert_non_null(stream);
        log_open(stream, level);
        return stream;
}

static void close_log(FILE *stream)
{
        log_open(stderr, LOG_LEVEL_INFO);
        (void)fclose(stream);
        free(logged);
        logged = NULL;
}

static void writes_logfmt(void **state)
{
        (void)state;
        FILE *stream = open_log(LOG_LEVEL_INFO);
        log_warn("first", "key=%d other=%s", 7, "x");
        log_info("second", "%s", "");
        log_debug("third", "key=1");
        (void)fflush(stream);
        int year;
        int used = 0;
        assert_int_equal(sscanf(logged,
                                "ts=%4d-%*2d-%*2dT%*2d:%*2d:%*2d.%*3dZ level=warn event=first "
                                "key=7 other=x\n%n",
                                &year, &used),
                         1);
        assert_true(used > 0 && year >= 2024);
        assert_non_null(strstr(logged, " level=info event=second"));
        assert_null(strstr(logged, "third"));
        close_log(stream);
}

static unsigned count_of(const char *what)
{
        unsigned n = 0;
        for (const char *p = strstr(logged, what); p != NULL; p = strstr(p + 1, what))
                n++;
        return n;
}

/* Sleep until a new second has just begun. */
static void next_second(void)
{
        struct timespec now;
        assert_int_equal(clock_gettime(CLOCK_REALTIME, &now), 0);
        struct timespec rest = { .tv_nsec = 1000000000 - now.tv_nsec + 2000000 };
        if (rest.tv_nsec >= 1000000000)
                rest = (struct timespec){ 1, rest.tv_nsec - 1000000000 };
        (void)nanosleep(&rest, NULL);
}

static void limits_repeating_events(void **state)
{
        (void)state;
        FILE *stream = open_log(LOG_LEVEL_INFO);
        next_second();
        time_t begun = time(NULL);
        for (unsigned i = 0; i < 100; i++) {
                log_info("flood", "n=%u", i);
                if (i == 50)
                        log_info("another", "n=1");
        }
        bool one_second = time(NULL) == begun; /* not on a machine that stalls: then skip */
        next_second();
        log_info("flood", "n=%u", 100u);
        (void)fflush(stream);
        if (one_second) {
                assert_int_equal(count_of("event=flood"), 11);
                assert_non_null(strstr(logged, "n=9\n"));
                assert_null(strstr(logged, "n=10\n"));
                assert_non_null(strstr(logged, "n=100 suppressed=90\n"));
        }
        assert_int_equal(count_of("event=another"), 1);
        close_log(stream);
}

/* More kinds of events than are told apart share one limit, they are not lost. */
static void survives_many_kinds(void **state)
{
        (void)state;
        static char names[200][8];
        FILE *stream = open_log(LOG_LEVEL_INFO);
        for (unsigned i = 0; i < COUNT_OF(names); i++) {
                (void)snprintf(names[i], sizeof(names[i]), "e%u", i);
                log_info(names[i], "%s", "");
        }
        (void)fflush(stream);
        assert_true(count_of("event=e") >= 64);
        close_log(stream);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(quotes),
                cmocka_unit_test(writes_logfmt),
                cmocka_unit_test(limits_repeating_events),
                cmocka_unit_test(survives_many_kinds),
        };
        return cmocka_run_group_tests_name("base/log", tests, NULL, NULL);
}
