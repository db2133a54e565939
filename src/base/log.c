/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log.h"

#include "base/lock.h"

#include <stdarg.h>
#include <time.h>

#define LINES_A_SECOND 10u /* of one event; more would help whoever floods us fill the disk */
#define EVENTS_MAX     64u /* kinds of events that are limited apart */

struct event_rate {
        const char *event; /* static string, compared by address first */
        time_t second;
        unsigned lines;
        unsigned long suppressed;
};

static struct {
        pthread_mutex_t mutex;
        FILE *stream;
        enum log_level level;
        struct event_rate rates[EVENTS_MAX];
} out = { .mutex = PTHREAD_MUTEX_INITIALIZER, .level = LOG_LEVEL_INFO };

static const char *const level_names[] = { "error", "warn", "info", "debug" };

void log_open(FILE *stream, enum log_level level)
{
        (void)pthread_mutex_lock(&out.mutex);
        out.stream = stream;
        out.level = level;
        (void)pthread_mutex_unlock(&out.mutex);
}

/* The slot of @event, or the last one, which kinds beyond the table share. */
static struct event_rate *rate_of(const char *event)
{
        for (size_t i = 0; i < EVENTS_MAX - 1; i++) {
                struct event_rate *r = &out.rates[i];
                if (r->event == NULL)
                        r->event = event;
                if (r->event == event || strcmp(r->event, event) == 0)
                        return r;
        }
        return &out.rates[EVENTS_MAX - 1];
}

static bool may_pass(struct event_rate *r, time_t now)
{
        if (r->second != now) {
                r->second = now;
                r->lines = 0;
        }
        if (r->lines >= LINES_A_SECOND) {
                r->suppressed++;
                return false;
        }
        r->lines++;
        return true;
}

void log_event(enum log_level level, const char *event, const char *format, ...)
{
        (void)pthread_mutex_lock(&out.mutex);
        struct timespec now = { 0 };
        (void)clock_gettime(CLOCK_REALTIME, &now);
        struct event_rate *rate = rate_of(event);
        if (level > out.level || !may_pass(rate, now.tv_sec)) {
                (void)pthread_mutex_unlock(&out.mutex);
                return;
        }
        FILE *stream = out.stream != NULL ? out.stream : stderr;
        struct tm utc;
        char ts[32] = "";
        if (gmtime_r(&now.tv_sec, &utc) != NULL)
                (void)strftime(ts, sizeof(ts), "%Y-%m-%dT%H:%M:%S", &utc);
        (void)fprintf(stream, "ts=%s.%03ldZ level=%s event=%s", ts, now.tv_nsec / 1000000,
                      level_names[level], event);
        if (format[0] != '\0') {
                va_list args;
                va_start(args, format);
                (void)fputc(' ', stream);
                (void)vfprintf(stream, format, args);
                va_end(args);
        }
        if (rate->suppressed > 0)
                (void)fprintf(stream, " suppressed=%lu", rate->suppressed);
        rate->suppressed = 0;
        (void)fputc('\n', stream);
        (void)fflush(stream);
        (void)pthread_mutex_unlock(&out.mutex);
}

const char *log_quote(struct ansa_bytes bytes, char *text, size_t room)
{
        static const char hex[] = "0123456789abcdef";
        size_t n = 0;
        ansa_assert(room >= 16);
        text[n++] = '"';
        for (size_t i = 0; i < bytes.size; i++) {
                if (room - n < 10) { /* one escape, dots, quote, NUL */
                        memcpy(text + n, "...", 3);
                        n += 3;
                        break;
                }
                uint8_t c = bytes.at[i];
                if (c >= 0x20 && c < 0x7f && c != '"' && c != '\\') {
                        text[n++] = (char)c;
                } else {
                        text[n++] = '\\';
                        text[n++] = 'x';
                        text[n++] = hex[c >> 4];
                        text[n++] = hex[c & 15];
                }
        }
        text[n++] = '"';
        text[n] = '\0';
        return text;
}
