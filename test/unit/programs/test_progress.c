/* SPDX-License-Identifier: Apache-2.0 */
/* Progress on something that is no terminal: plain lines, few of them, and a last one. */
#include "../support.h"

#include "programs/progress.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

/* What @work writes to stderr. */
static void capture(void (*work)(void), char *text, size_t room)
{
        int pipes[2];
        int kept = dup(STDERR_FILENO);
        assert_true(kept >= 0);
        assert_int_equal(pipe(pipes), 0);
        assert_int_equal(fcntl(pipes[0], F_SETFL, O_NONBLOCK), 0);
        assert_true(dup2(pipes[1], STDERR_FILENO) >= 0);
        work();
        assert_true(dup2(kept, STDERR_FILENO) >= 0);
        ssize_t n = read(pipes[0], text, room - 1);
        text[n > 0 ? n : 0] = '\0';
        (void)close(pipes[0]);
        (void)close(pipes[1]);
        (void)close(kept);
}

static void count_to_a_million(void)
{
        struct progress p;
        progress_begin(&p, "counting", "things", 0, false);
        for (uint64_t i = 1; i <= 1000000; i++)
                progress_at(&p, i);
        progress_end(&p, 1000000);
}

static void count_late(void)
{
        struct progress p;
        progress_begin(&p, "counting", "things", 4096, false);
        p.begun_ms -= 20000; /* as if it had begun long ago */
        p.shown_ms -= 20000;
        progress_at(&p, 1023); /* no look at the clock */
        progress_at(&p, 1024);
        progress_at(&p, 2048); /* too soon again */
}

static void count_nothing(void)
{
        struct progress p;
        progress_begin(&p, "counting", "things", 0, false);
        progress_end(&p, 0);
}

static void count_silently(void)
{
        struct progress p;
        progress_begin(&p, "counting", "things", 10, true);
        p.shown_ms -= 60000;
        progress_at(&p, 1024);
        progress_end(&p, 10);
}

static void test_one_line_at_the_end(void **state)
{
        (void)state;
        char text[4096];
        capture(count_to_a_million, text, sizeof(text));
        assert_non_null(strstr(text, "counting: 1000000 things in "));
        assert_null(strchr(text, '\r')); /* that is for terminals */
        assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
}

static void test_a_line_when_it_takes_long(void **state)
{
        (void)state;
        char text[4096];
        capture(count_late, text, sizeof(text));
        assert_non_null(strstr(text, "counting: 1024 of 4096 things (25 %), "));
        assert_non_null(strstr(text, " s left\n"));
        assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
}

static void test_nothing(void **state)
{
        (void)state;
        char text[4096];
        capture(count_nothing, text, sizeof(text));
        assert_non_null(strstr(text, "counting: 0 things in "));
        capture(count_silently, text, sizeof(text));
        assert_string_equal(text, "");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_one_line_at_the_end),
                cmocka_unit_test(test_a_line_when_it_takes_long),
                cmocka_unit_test(test_nothing),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
