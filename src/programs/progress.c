/* SPDX-License-Identifier: Apache-2.0 */
#include "programs/progress.h"

#include "base/env.h"

#include <stdio.h>
#include <unistd.h>

#define LOOK_EVERY     1024u  /* counts between two looks at the clock */
#define TERMINAL_EVERY 200u   /* ms */
#define PLAIN_EVERY    10000u /* ms */

static uint64_t now_ms(void)
{
        struct env *env = env_system();
        return env->steady_ms(env);
}

void progress_begin(struct progress *p, const char *what, const char *unit, uint64_t total,
                    bool is_silent)
{
        uint64_t now = now_ms();
        *p = (struct progress){ .what = what,
                                .unit = unit,
                                .total = total,
                                .begun_ms = now,
                                .shown_ms = now,
                                .is_terminal = isatty(STDERR_FILENO) == 1,
                                .is_silent = is_silent };
}

static double rate(const struct progress *p, uint64_t done, uint64_t now)
{
        return now > p->begun_ms ? (double)done * 1000.0 / (double)(now - p->begun_ms) : 0;
}

static void show(struct progress *p, uint64_t done, uint64_t now)
{
        double each_s = rate(p, done, now);
        const char *begin = p->is_terminal ? "\r" : "";
        const char *end = p->is_terminal ? "\033[K" : "\n";
        if (p->total > 0 && each_s > 0 && done <= p->total) {
                (void)fprintf(stderr, "%s%s: %llu of %llu %s (%.0f %%), %.0f/s, %.0f s left%s",
                              begin, p->what, (unsigned long long)done,
                              (unsigned long long)p->total, p->unit,
                              100.0 * (double)done / (double)p->total, each_s,
                              (double)(p->total - done) / each_s, end);
        } else {
                (void)fprintf(stderr, "%s%s: %llu %s, %.0f/s%s", begin, p->what,
                              (unsigned long long)done, p->unit, each_s, end);
        }
        (void)fflush(stderr);
        p->shown_ms = now;
}

void progress_at(struct progress *p, uint64_t done)
{
        if (p->is_silent || done % LOOK_EVERY != 0)
                return;
        uint64_t now = now_ms();
        if (now - p->shown_ms >= (p->is_terminal ? TERMINAL_EVERY : PLAIN_EVERY))
                show(p, done, now);
}

void progress_end(struct progress *p, uint64_t done)
{
        if (p->is_silent)
                return;
        uint64_t now = now_ms();
        (void)fprintf(stderr, "%s%s: %llu %s in %.1f s, %.0f/s%s\n", p->is_terminal ? "\r" : "",
                      p->what, (unsigned long long)done, p->unit,
                      (double)(now - p->begun_ms) / 1000.0, rate(p, done, now),
                      p->is_terminal ? "\033[K" : "");
}
