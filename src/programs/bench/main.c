/* SPDX-License-Identifier: Apache-2.0 */
/* ansa-bench: the arguments, and which load they ask for. */
#include "programs/bench/bench.h"

#include <arpa/inet.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

static const char usage[] =
        "usage: ansa-bench VERB [options]\n"
        "\n"
        "Loads; each prints answers a second, latencies, losses, and sizes:\n"
        "  udp          resolutions as datagrams\n"
        "  tcp          resolutions over connections that are kept open, pipelined\n"
        "  tcp-each     resolutions over a new connection each\n"
        "  http         GET of the names over connections that are kept open\n"
        "  dns          DNS TXT queries of the same names, for comparison\n"
        "  create       signed creations of identifiers\n"
        "Without a server:\n"
        "  proofs       of records of a home: made, checked, sizes; prints its own figures\n"
        "A server:\n"
        "  echo         answers each datagram with one of --reply-size octets: the ceiling\n"
        "  http-ceiling answers over HTTP with a constant of --reply-size octets, head and all\n"
        "\n"
        "Options:\n"
        "  --server ADDRESS:PORT  whom to ask, or what echo listens on   [127.0.0.1:2641]\n"
        "  --names FILE           names to draw from, one a line or the first column of a table\n"
        "  --path PATH            what stands before a name in a URL     [/api/handles/]\n"
        "  --redirect             http-ceiling answers 302\n"
        "  --zone NAME            zone of the DNS names                  [bench]\n"
        "  --seconds S            how long                               [5]\n"
        "  --rate N               requests a second; 0: as fast as it goes  [0]\n"
        "  --window N             requests in flight                     [256]\n"
        "  --connections N        for tcp, tcp-each and create           [16]\n"
        "  --reply-size N         for echo                               [384]\n"
        "  --key FILE             private key of the administrator, for create\n"
        "  --as INDEX:IDENTIFIER  the administrator, for create\n"
        "  --prefix PREFIX        where create puts its identifiers\n"
        "  --home HOME            for proofs\n"
        "  --session              create within sessions\n"
        "  --cpu N                run on that processor\n"
        "  --json                 one line of JSON\n";

enum {
        OPT_SERVER = 256,
        OPT_NAMES,
        OPT_ZONE,
        OPT_PATH,
        OPT_REDIRECT,
        OPT_SECONDS,
        OPT_RATE,
        OPT_WINDOW,
        OPT_CONNECTIONS,
        OPT_REPLY_SIZE,
        OPT_KEY,
        OPT_AS,
        OPT_PREFIX,
        OPT_HOME,
        OPT_SESSION,
        OPT_CPU,
        OPT_JSON,
        OPT_HELP
};

/* clang-format off */
static const struct option options[] = {
        { "server", required_argument, NULL, OPT_SERVER },
        { "names", required_argument, NULL, OPT_NAMES },
        { "zone", required_argument, NULL, OPT_ZONE },
        { "path", required_argument, NULL, OPT_PATH },
        { "redirect", no_argument, NULL, OPT_REDIRECT },
        { "seconds", required_argument, NULL, OPT_SECONDS },
        { "rate", required_argument, NULL, OPT_RATE },
        { "window", required_argument, NULL, OPT_WINDOW },
        { "connections", required_argument, NULL, OPT_CONNECTIONS },
        { "reply-size", required_argument, NULL, OPT_REPLY_SIZE },
        { "key", required_argument, NULL, OPT_KEY },
        { "as", required_argument, NULL, OPT_AS },
        { "prefix", required_argument, NULL, OPT_PREFIX },
        { "home", required_argument, NULL, OPT_HOME },
        { "session", no_argument, NULL, OPT_SESSION },
        { "cpu", required_argument, NULL, OPT_CPU },
        { "json", no_argument, NULL, OPT_JSON },
        { "help", no_argument, NULL, OPT_HELP },
        { NULL, 0, NULL, 0 },
};
/* clang-format on */

static bool parse_server(const char *text, struct sockaddr_in *server)
{
        char address[64];
        const char *colon = strrchr(text, ':');
        if (colon == NULL || (size_t)(colon - text) >= sizeof(address))
                return false;
        memcpy(address, text, (size_t)(colon - text));
        address[colon - text] = '\0';
        char *end;
        unsigned long port = strtoul(colon + 1, &end, 10);
        server->sin_family = AF_INET;
        server->sin_port = htons((uint16_t)port);
        return *end == '\0' && port > 0 && port < 65536 &&
               inet_pton(AF_INET, address, &server->sin_addr) == 1;
}

static bool parse_number(const char *text, double max, double *number)
{
        char *end;
        *number = strtod(text, &end);
        return *text != '\0' && *end == '\0' && *number >= 0 && *number <= max;
}

static bool take_option(int option, const char *text, struct bench_options *o)
{
        double n = 0;
        bool fine = true;
        switch (option) {
        case OPT_SERVER:
                return parse_server(text, &o->server);
        case OPT_NAMES:
                o->names = text;
                return true;
        case OPT_ZONE:
                o->zone = text;
                return true;
        case OPT_PATH:
                o->path = text;
                return true;
        case OPT_REDIRECT:
                o->redirect = true;
                return true;
        case OPT_KEY:
                o->key_file = text;
                return true;
        case OPT_AS:
                o->as = text;
                return true;
        case OPT_PREFIX:
                o->prefix = text;
                return true;
        case OPT_HOME:
                o->home = text;
                return true;
        case OPT_SECONDS:
                return parse_number(text, 3600, &o->seconds);
        case OPT_RATE:
                return parse_number(text, 1e8, &o->rate);
        case OPT_WINDOW:
                fine = parse_number(text, 4096, &n) && n >= 1;
                o->window = (unsigned)n;
                return fine;
        case OPT_CONNECTIONS:
                fine = parse_number(text, 1024, &n) && n >= 1;
                o->connections = (unsigned)n;
                return fine;
        case OPT_REPLY_SIZE:
                fine = parse_number(text, 65536, &n);
                o->reply_size = (unsigned)n;
                return fine;
        case OPT_CPU:
                fine = parse_number(text, 1023, &n);
                o->cpu = (int)n;
                return fine;
        case OPT_SESSION:
                o->session = true;
                return true;
        case OPT_JSON:
                o->json = true;
                return true;
        default:
                return false;
        }
}

/* 0, or the exit status. */
static int parse(int argc, char **argv, struct bench_options *o)
{
        *o = (struct bench_options){ .zone = "bench",
                                     .path = "/api/handles/",
                                     .seconds = 5,
                                     .window = 256,
                                     .connections = 16,
                                     .reply_size = 384,
                                     .cpu = -1 };
        (void)parse_server("127.0.0.1:2641", &o->server);
        int option;
        while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
                if (option == OPT_HELP) {
                        (void)fputs(usage, stdout);
                        exit(EXIT_SUCCESS);
                }
                if (option == '?')
                        return 2;
                if (!take_option(option, optarg, o)) {
                        (void)fprintf(stderr, "ansa-bench: unusable value: %s\n", optarg);
                        return 2;
                }
        }
        if (optind != argc - 1) {
                (void)fputs(usage, stderr);
                return 2;
        }
        o->verb = argv[optind];
        if (o->names == NULL && strcmp(o->verb, "echo") != 0 && strcmp(o->verb, "create") != 0 &&
            strcmp(o->verb, "http-ceiling") != 0 && strcmp(o->verb, "proofs") != 0) {
                (void)fprintf(stderr, "ansa-bench: %s needs --names FILE\n", o->verb);
                return 2;
        }
        if (o->home == NULL && strcmp(o->verb, "proofs") == 0) {
                (void)fputs("ansa-bench: proofs needs --home HOME\n", stderr);
                return 2;
        }
        return 0;
}

static bool run(const struct bench_options *o, struct bench_result *r, bool *known)
{
        *known = true;
        if (strcmp(o->verb, "udp") == 0)
                return bench_udp(o, REQUEST_IRP, r);
        if (strcmp(o->verb, "dns") == 0)
                return bench_udp(o, REQUEST_DNS, r);
        if (strcmp(o->verb, "tcp") == 0)
                return bench_tcp(o, r);
        if (strcmp(o->verb, "tcp-each") == 0)
                return bench_tcp_each(o, r);
        if (strcmp(o->verb, "http") == 0)
                return bench_http(o, r);
        if (strcmp(o->verb, "create") == 0)
                return bench_create(o, r);
        *known = false;
        return false;
}

int main(int argc, char **argv)
{
        static struct bench_options o; /* static: the histogram is large */
        static struct bench_result r;
        int status = parse(argc, argv, &o);
        if (status != 0)
                return status;
        if (!bench_pin(o.cpu)) {
                perror("ansa-bench: --cpu");
                return 2;
        }
        if (strcmp(o.verb, "echo") == 0)
                return bench_echo(&o) ? EXIT_SUCCESS : EXIT_FAILURE;
        if (strcmp(o.verb, "proofs") == 0)
                return bench_proofs(&o) ? EXIT_SUCCESS : EXIT_FAILURE;
        if (strcmp(o.verb, "http-ceiling") == 0)
                return bench_http_ceiling(&o) ? EXIT_SUCCESS : EXIT_FAILURE;
        bool known;
        if (!run(&o, &r, &known)) {
                if (!known)
                        (void)fprintf(stderr, "ansa-bench: no load is called %s\n", o.verb);
                return known ? 3 : 2;
        }
        bench_print(&o, &r);
        return r.good > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
