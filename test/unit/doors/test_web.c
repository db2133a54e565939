/* SPDX-License-Identifier: Apache-2.0 */
/* HTTP over real sockets on loopback, in front of a service that does as it is told. */
#include "house.h"

#define RESPONSE_MAX 400000u

static struct house open_house(const struct doors_limits *limits)
{
        struct doors_web web = { .port = 0 };
        memset(&fake_web, 0, sizeof(fake_web));
        assert_err("address", address_parse("127.0.0.1", web.address), ANSA_OK);
        struct doors_options o = { .web = &web, .web_count = 1, .web_threads = 2, .workers = 1 };
        struct house h = house_open(&o, limits, &fake_web);
        const struct doors_web *bound;
        assert_int_equal(doors_web_listening(h.doors, &bound), 1);
        h.port = bound->port;
        assert_true(h.port != 0);
        return h;
}

/* Every exchange that was begun has ended. */
static void close_house(struct house *h)
{
        doors_stop(h->doors);
        row_int("exchanges left", atomic_load(&fake_web.open), 0);
        doors_free(h->doors);
}

static int dial(const struct house *h)
{
        return house_dial(h, SOCK_STREAM);
}

static void say(int fd, const char *text)
{
        size_t size = strlen(text);
        while (size > 0) {
                ssize_t n = send(fd, text, size, MSG_NOSIGNAL);
                if (n <= 0)
                        return; /* the other side has had enough */
                text += n;
                size -= (size_t)n;
        }
}

/* Until the other side ends, or @marker has come. */
static const char *hear(int fd, const char *marker)
{
        static char text[RESPONSE_MAX + 1];
        size_t size = 0;
        text[0] = '\0';
        while (size < RESPONSE_MAX && (marker == NULL || strstr(text, marker) == NULL)) {
                if (!readable(fd, PATIENCE_MS))
                        fail_msg("waited for %s, have: %s", marker != NULL ? marker : "the end",
                                 text);
                ssize_t n = recv(fd, text + size, RESPONSE_MAX - size, 0);
                if (n <= 0)
                        break;
                size += (size_t)n;
                text[size] = '\0';
        }
        return text;
}

static bool has_ended(int fd)
{
        char octet;
        return readable(fd, PATIENCE_MS) && recv(fd, &octet, 1, 0) <= 0;
}

struct row {
        const char *rule;
        const char *request;
        const char *begins; /* of the response */
        const char *has;    /* and somewhere in it */
};

static void run_rows(const struct house *h, const struct row *rows, size_t count)
{
        for (size_t i = 0; i < count; i++) {
                int fd = dial(h);
                say(fd, rows[i].request);
                const char *got = hear(fd, NULL);
                if (strncmp(got, rows[i].begins, strlen(rows[i].begins)) != 0 ||
                    strstr(got, rows[i].has) == NULL)
                        fail_msg("%s: %s", rows[i].rule, got);
                (void)close(fd);
        }
}

#define END   "Host: x\r\nConnection: close\r\n\r\n"
#define OK_11 "HTTP/1.1 200 OK\r\n"
#define BAD   "HTTP/1.1 400 Bad Request\r\n"

static void test_requests(void **state)
{
        static const struct row rows[] = {
                { "at once", "GET /now?a=%2F&b HTTP/1.1\r\n" END, OK_11,
                  "\r\n\r\n0 /now?a=%2F&b from 127.0.0.1 3 watches body=0" },
                { "the path as it was sent", "GET /%41%2fb%00//../x HTTP/1.1\r\n" END,
                  "HTTP/1.1 404", "0 /%41%2fb%00//../x from" },
                { "without a body", "HEAD /now HTTP/1.1\r\n" END, OK_11, "Content-Length: " },
                { "a host in the target", "GET http://a.example:80/now?q HTTP/1.1\r\n" END, OK_11,
                  "0 /now?q from" },
                { "only a host in it", "GET http://a.example HTTP/1.1\r\n" END, "HTTP/1.1 404",
                  "0 / from" },
                { "OPTIONS of all", "OPTIONS * HTTP/1.1\r\n" END, "HTTP/1.1 404", "6 / from" },
                { "an unknown method", "BREW /now HTTP/1.1\r\n" END, OK_11, "7 /now from" },
                { "slow lane", "GET /slow HTTP/1.1\r\n" END, OK_11, "0 /slow from" },
                { "writer", "GET /write?7 HTTP/1.1\r\n" END, OK_11, "committed=7" },
                { "more than one transaction", "GET /write?50 HTTP/1.1\r\n" END, OK_11,
                  "committed=50" },
                { "both", "GET /both?3 HTTP/1.1\r\n" END, OK_11, "committed=3" },
                { "HTTP/1.0", "GET /now HTTP/1.0\r\n\r\n", OK_11, "0 /now from" },
                { "chunks out", "GET /long?2 HTTP/1.1\r\n" END, OK_11, "0\r\n\r\n" },
                { "a body", "POST /sum HTTP/1.1\r\nContent-Length: 3\r\n" END "abc", OK_11,
                  "body=3 sum=294" },
                { "a body in chunks",
                  "POST /sum HTTP/1.1\r\nTransfer-Encoding: chunked\r\n" END
                  "2\r\nab\r\n1;x=y\r\nc\r\n0\r\nTrailer: t\r\n\r\n",
                  OK_11, "body=3 sum=294" },
                { "a body that nobody wants",
                  "POST /now HTTP/1.1\r\nContent-Length: 3\r\n" END "abc", OK_11, "body=0" },
                { "a body is asked for",
                  "POST /sum HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 3\r\n" END "abc",
                  "HTTP/1.1 100 Continue\r\n", "body=3 sum=294" },
        };
        (void)state;
        struct doors_limits limits = house_limits();
        struct house h = open_house(&limits);
        run_rows(&h, rows, sizeof(rows) / sizeof(rows[0]));
        close_house(&h);
}

static void test_bad_requests(void **state)
{
        static const struct row rows[] = {
                { "two lengths",
                  "POST /sum HTTP/1.1\r\nContent-Length: 3\r\nContent-Length: 3\r\n" END "abc", BAD,
                  "\"responseCode\":4" },
                { "length and chunks",
                  "POST /sum HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n" END
                  "0\r\n\r\n",
                  BAD, "\"responseCode\":4" },
                { "chunks and length",
                  "POST /sum HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n" END
                  "0\r\n\r\n",
                  BAD, "\"responseCode\":4" },
                { "two encodings",
                  "POST /sum HTTP/1.1\r\nTransfer-Encoding: chunked\r\n"
                  "transfer-encoding: identity\r\n" END "0\r\n\r\n",
                  BAD, "\"responseCode\":4" },
                { "chunks in HTTP/1.0",
                  "POST /sum HTTP/1.0\r\nTransfer-Encoding: chunked\r\n" END "0\r\n\r\n", BAD,
                  "\"responseCode\":4" },
                { "another encoding",
                  "POST /sum HTTP/1.1\r\nTransfer-Encoding: xchunked\r\n" END "0\r\n\r\n",
                  "HTTP/1.1 501", "\"responseCode\":4" },
                { "a signed length", "POST /sum HTTP/1.1\r\nContent-Length: +3\r\n" END "abc", BAD,
                  "" },
                { "a length in hex", "POST /sum HTTP/1.1\r\nContent-Length: 0x3\r\n" END "abc", BAD,
                  "" },
                { "a bad chunk",
                  "POST /sum HTTP/1.1\r\nTransfer-Encoding: chunked\r\n" END "zz\r\nab\r\n", BAD,
                  "" },
                { "a space before the colon", "GET /now HTTP/1.1\r\nX : y\r\n" END, BAD, "" },
                { "two hosts", "GET /now HTTP/1.1\r\nHost: y\r\n" END, BAD, "\"responseCode\":4" },
                { "no host", "GET /now HTTP/1.1\r\n\r\n", BAD, "" },
                { "a control in a value", "GET /now HTTP/1.1\r\nX: a\001b\r\n" END, BAD,
                  "\"responseCode\":4" },
                { "no name", "GET /now HTTP/1.1\r\n@: b\r\n" END, BAD, "\"responseCode\":4" },
                { "no path", "GET now HTTP/1.1\r\n" END, BAD, "\"responseCode\":4" },
                { "a control in the path", "GET /n\001ow HTTP/1.1\r\n" END, BAD,
                  "\"responseCode\":4" },
                { "too large, as it says",
                  "POST /sum HTTP/1.1\r\nContent-Length: 1000001\r\n" END "abc", "HTTP/1.1 413",
                  "\"responseCode\":4" },
                { "too large where none is wanted",
                  "POST /now HTTP/1.1\r\nContent-Length: 65537\r\n" END, "HTTP/1.1 413",
                  "\"responseCode\":4" },
                { "refused before it is sent",
                  "POST /sum HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 9999999\r\n" END,
                  "HTTP/1.1 413", "\"responseCode\":4" },
        };
        (void)state;
        struct doors_limits limits = house_limits();
        struct house h = open_house(&limits);
        run_rows(&h, rows, sizeof(rows) / sizeof(rows[0]));
        close_house(&h);
}

static void test_kept_open(void **state)
{
        (void)state;
        struct doors_limits limits = house_limits();
        struct house h = open_house(&limits);
        int fd = dial(&h);
        for (int i = 0; i < 5; i++) {
                say(fd, "GET /slow HTTP/1.1\r\nHost: x\r\n\r\n");
                assert_non_null(strstr(hear(fd, "committed=0\n"), OK_11));
        }
        say(fd, "GET /now?1 HTTP/1.1\r\nHost: x\r\n\r\nGET /write?2 HTTP/1.1\r\nHost: x\r\n\r\n"
                "POST /sum?3 HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\na"
                "GET /now?4 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        const char *all = hear(fd, NULL);
        const char *first = strstr(all, "/now?1");
        const char *second = first != NULL ? strstr(first, "/write?2") : NULL;
        const char *third = second != NULL ? strstr(second, "/sum?3") : NULL;
        assert_true(third != NULL && strstr(third, "/now?4") != NULL);
        (void)close(fd);
        struct doors_counts counts;
        doors_count(h.doors, &counts);
        row_int("requests", (long long)counts.http_requests, 9);
        row_int("success", (long long)counts.http_2xx, 9);
        row_int("slow", (long long)counts.slow, 5);
        row_int("writes", (long long)counts.writes, 2);
        close_house(&h);
}

/* Many parts, each of which leaves the thread: nothing may be lost or change its order. */
static void test_streamed_body(void **state)
{
        (void)state;
        struct doors_limits limits = house_limits();
        struct house h = open_house(&limits);
        int fd = dial(&h);
        static char part[4097];
        memset(part, 'a', 4096);
        say(fd, "POST /stream HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
                "Transfer-Encoding: chunked\r\n\r\n");
        for (int i = 0; i < 100; i++) {
                say(fd, "1000\r\n");
                say(fd, part);
                say(fd, "\r\n");
        }
        say(fd, "0\r\n\r\n");
        const char *got = hear(fd, NULL);
        assert_non_null(strstr(got, "body=409600 sum=39731200"));
        assert_true(atomic_load(&fake.committed) >= 150);
        (void)close(fd);
        close_house(&h);
}

/* What is too much is refused while it comes, and the client can read why. */
static void test_body_without_end(void **state)
{
        (void)state;
        struct doors_limits limits = house_limits();
        struct house h = open_house(&limits);
        static char part[65537];
        memset(part, 'a', 65536);
        for (int early = 0; early < 2; early++) {
                int fd = dial(&h);
                say(fd, early ? "POST /early HTTP/1.1\r\n" : "POST /sum HTTP/1.1\r\n");
                say(fd, "Host: x\r\nTransfer-Encoding: chunked\r\n\r\n");
                for (int i = 0; i < 17; i++) {
                        say(fd, "10000\r\n");
                        say(fd, part);
                        say(fd, "\r\n");
                }
                const char *got = hear(fd, NULL);
                assert_non_null(strstr(got, early ? OK_11 : "HTTP/1.1 413"));
                assert_non_null(strstr(got, "Connection: close"));
                (void)close(fd);
        }
        close_house(&h);
}

static void test_long_response(void **state)
{
        (void)state;
        struct doors_limits limits = house_limits();
        struct house h = open_house(&limits);
        int fd = dial(&h);
        say(fd, "GET /long?60 HTTP/1.0\r\n\r\n"); /* its end is the connection's */
        const char *body = strstr(hear(fd, NULL), "\r\n\r\n");
        assert_non_null(body);
        row_int("size", (long long)strlen(body + 4), 300000);
        assert_true(body[4] == 'a' + 60 % 26 && body[4 + 299999] == 'b');
        (void)close(fd);
        close_house(&h);
}

static void test_full_queues(void **state)
{
        (void)state;
        struct doors_limits limits = house_limits();
        limits.slow_count_max = 1;
        limits.write_count_max = 10;
        struct house h = open_house(&limits);
        int fd[12];
        int busy = 0;
        atomic_store(&fake.slow_ms, 300);
        for (int i = 0; i < 12; i++) {
                fd[i] = dial(&h);
                say(fd[i], "GET /slow HTTP/1.1\r\n" END);
        }
        for (int i = 0; i < 12; i++) {
                const char *got = hear(fd[i], NULL);
                if (strncmp(got, "HTTP/1.1 503", 12) == 0 &&
                    strstr(got, "\"responseCode\":3") != NULL)
                        busy++;
                else
                        assert_non_null(strstr(got, OK_11));
                (void)close(fd[i]);
        }
        assert_in_range(busy, 1, 11);
        busy = 0;
        atomic_store(&fake.commit_ms, 300);
        for (int i = 0; i < 12; i++) {
                fd[i] = dial(&h);
                say(fd[i], "GET /write?8 HTTP/1.1\r\n" END);
        }
        for (int i = 0; i < 12; i++) {
                busy += strncmp(hear(fd[i], NULL), "HTTP/1.1 503", 12) == 0;
                (void)close(fd[i]);
        }
        assert_in_range(busy, 1, 11);
        row_int("all or none of an exchange", atomic_load(&fake.committed), (12 - busy) * 8);
        close_house(&h);
}

static void test_connection_limits(void **state)
{
        (void)state;
        struct doors_limits limits = house_limits();
        limits.web.connections_network_max = 5;
        struct house h = open_house(&limits);
        int fd[5];
        for (int i = 0; i < 5; i++) {
                fd[i] = dial(&h);
                say(fd[i], "GET /now HTTP/1.1\r\nHost: x\r\n\r\n");
                (void)hear(fd[i], "sum=0");
        }
        int more = dial(&h);
        say(more, "GET /now HTTP/1.1\r\nHost: x\r\n\r\n");
        const char *got = hear(more, NULL);
        assert_non_null(strstr(got, "HTTP/1.1 503"));
        assert_non_null(strstr(got, "\"responseCode\":3"));
        (void)close(more);
        (void)close(fd[0]);
        for (int tries = 0; tries < 100; tries++) { /* it is noticed soon that one has gone */
                more = dial(&h);
                say(more, "GET /now HTTP/1.1\r\nHost: x\r\n\r\n");
                bool is_in = strstr(hear(more, "\r\n"), OK_11) != NULL;
                if (is_in)
                        break;
                (void)close(more);
                more = -1;
                fake_sleep(20);
        }
        assert_true(more >= 0);
        (void)close(more);
        for (int i = 1; i < 5; i++)
                (void)close(fd[i]);
        close_house(&h);
}

static void test_too_slow(void **state)
{
        (void)state;
        struct doors_limits limits = house_limits();
        limits.web.request_ms = 600;
        limits.web.idle_ms = 3000;
        struct house h = open_house(&limits);
        int head = dial(&h);
        int body = dial(&h);
        int late = dial(&h);
        int idle = dial(&h);
        say(head, "GET /no");
        say(body, "POST /sum HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nab");
        say(late, "GET /now HTTP/1.1\r\nHost: x\r\nX: ");
        say(idle, "GET /now HTTP/1.1\r\nHost: x\r\n\r\n");
        assert_non_null(strstr(hear(idle, "sum=0 committed=0\n"), OK_11));
        assert_non_null(strstr(hear(head, NULL), "HTTP/1.1 408"));
        assert_non_null(strstr(hear(body, NULL), "HTTP/1.1 408"));
        assert_non_null(strstr(hear(late, NULL), "HTTP/1.1 408"));
        assert_true(has_ended(idle));
        struct doors_counts counts;
        doors_count(h.doors, &counts);
        row_int("too slow", (long long)counts.http_slow_peers, 3);
        row_int("idle", (long long)counts.http_timed_out, 1);
        (void)close(head);
        (void)close(body);
        (void)close(late);
        (void)close(idle);
        close_house(&h);
}

static void test_proxies(void **state)
{
        static const struct row rows[] = {
                { "the client of the proxy",
                  "GET /now HTTP/1.1\r\nX-Forwarded-For: 192.0.2.7\r\n" END, OK_11,
                  "from 192.0.2.7 3 body" },
                { "only what the proxy itself has written",
                  "GET /now HTTP/1.1\r\nX-Forwarded-For: 127.0.0.1, 192.0.2.8:99\r\n" END, OK_11,
                  "from 192.0.2.8 3 body" },
                { "through two proxies",
                  "GET /now HTTP/1.1\r\nX-Forwarded-For: 192.0.2.9\r\n"
                  "X-Forwarded-For: 127.0.0.9\r\n" END,
                  OK_11, "from 192.0.2.9 3 body" },
                { "nonsense", "GET /now HTTP/1.1\r\nX-Forwarded-For: 192.0.2.9, me\r\n" END, OK_11,
                  "from 127.0.0.1 3" },
                { "TLS ended at the proxy",
                  "GET /now HTTP/1.1\r\nX-Forwarded-For: 192.0.2.7\r\nX-Forwarded-Proto: https\r\n" END,
                  OK_11, "from 192.0.2.7 4 body" },
        };
        (void)state;
        struct doors_limits limits = house_limits();
        limits.web.proxies.count = 1;
        assert_err("range", address_range_parse("127.0.0.0/8", &limits.web.proxies.range[0]),
                   ANSA_OK);
        struct house h = open_house(&limits);
        run_rows(&h, rows, sizeof(rows) / sizeof(rows[0]));
        limits.web.proxies.count = 0;
        doors_reconfigure(h.doors, &limits);
        static const struct row stranger[] = {
                { "nobody whom we know",
                  "GET /now HTTP/1.1\r\nX-Forwarded-For: 192.0.2.7\r\nX-Forwarded-Proto: https\r\n" END,
                  OK_11, "from 127.0.0.1 3 body" }, /* and is told no figures */
        };
        run_rows(&h, stranger, 1);
        close_house(&h);
}

static void test_stop_finishes_what_is_begun(void **state)
{
        (void)state;
        struct doors_limits limits = house_limits();
        struct house h = open_house(&limits);
        int idle = dial(&h);
        int slow = dial(&h);
        int write = dial(&h);
        say(idle, "GET /now HTTP/1.1\r\nHost: x\r\n\r\n");
        (void)hear(idle, "committed=0\n");
        atomic_store(&fake.slow_ms, 300);
        atomic_store(&fake.commit_ms, 300);
        say(slow, "GET /slow HTTP/1.1\r\nHost: x\r\n\r\n");
        say(write, "GET /write?5 HTTP/1.1\r\nHost: x\r\n\r\n");
        while (atomic_load(&fake_web.begun) < 3)
                fake_sleep(5);
        close_house(&h);
        assert_true(has_ended(idle));
        const char *got = hear(slow, NULL);
        assert_true(strstr(got, OK_11) != NULL && strstr(got, "Connection: close") != NULL);
        assert_non_null(strstr(hear(write, NULL), "committed=5"));
        (void)close(idle);
        (void)close(slow);
        (void)close(write);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_requests),
                cmocka_unit_test(test_bad_requests),
                cmocka_unit_test(test_kept_open),
                cmocka_unit_test(test_streamed_body),
                cmocka_unit_test(test_body_without_end),
                cmocka_unit_test(test_long_response),
                cmocka_unit_test(test_full_queues),
                cmocka_unit_test(test_connection_limits),
                cmocka_unit_test(test_too_slow),
                cmocka_unit_test(test_proxies),
                cmocka_unit_test(test_stop_finishes_what_is_begun),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
