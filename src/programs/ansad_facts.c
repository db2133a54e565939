/* SPDX-License-Identifier: Apache-2.0 */
#include "programs/ansad.h"

#include "crypto/digest.h"
#include "crypto/key.h"
#include "programs/home.h"
#include "wire/codes.h"

#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

/*
 * Figures of the server: the same for monitors (/metrics) and for the page of charts
 * (/api/status), and whether it is ready to serve. docs/operations.md lists the names.
 */

#define ROOM_MIN     (16ull << 20) /* octets on the disk; below, changes would soon fail */
#define STORE_MARGIN 64u           /* parts: the store is full when the last of so many is left */

struct ansad_facts {
        struct http_facts http; /* first: what src/http is handed */
        struct ansad *ansad;
        int statm_fd; /* /proc/self/statm, which the sandbox forbids to open later */
        uint32_t begun_s;
        uint64_t begun_ms;
        uint64_t page_size;
        uint64_t store_max;
        char store_path[ANSAD_PATH_MAX];
        _Atomic(const char *) trouble; /* found when last looked; NULL = none */
};

static const char *const door_names[DOORS_DOOR_COUNT] = { "udp", "tcp", "tls", "http", "https" };
static const char *const way_names[DOORS_WAY_COUNT] = { "direct", "slow", "write" };

/* All figures of one moment. */
struct figures {
        struct doors_counts doors;
        struct identifier_counts service;
        struct http_counts http;
        struct store_stat store;
        uint64_t store_max;
        uint64_t uptime_ms;
        uint64_t resident_size;
        uint64_t cpu_ms;
        uint32_t now_s;
};

static uint64_t resident(const struct ansad_facts *f)
{
        char text[128];
        ssize_t n = f->statm_fd >= 0 ? pread(f->statm_fd, text, sizeof(text) - 1, 0) : -1;
        if (n <= 0)
                return 0;
        text[n] = '\0';
        const char *second = strchr(text, ' ');
        return second != NULL ? strtoull(second, NULL, 10) * f->page_size : 0;
}

static void gather(struct ansad_facts *f, struct figures *g)
{
        struct ansad *a = f->ansad;
        struct env *env = env_system();
        struct timespec cpu = { 0 };
        struct store_txn *txn;
        *g = (struct figures){ .now_s = env->wall_s(env),
                               .uptime_ms = env->steady_ms(env) - f->begun_ms,
                               .resident_size = resident(f),
                               .store_max = f->store_max };
        doors_count(a->doors, &g->doors);
        identifier_count(a->service, &g->service);
        if (a->http != NULL)
                http_count(a->http, &g->http);
        if (store_begin(a->store, STORE_READ, &txn) == ANSA_OK) {
                if (store_stat(txn, &g->store) != ANSA_OK)
                        g->store = (struct store_stat){ 0 };
                store_abort(txn);
        }
        (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &cpu);
        g->cpu_ms = (uint64_t)cpu.tv_sec * 1000 + (uint64_t)cpu.tv_nsec / 1000000;
}

/* ---- Prometheus ---------------------------------------------------------------------------- */

static void head(struct buf *b, const char *name, const char *type, const char *help)
{
        buf_printf(b, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void gauge(struct buf *b, const char *name, const char *help, uint64_t value)
{
        head(b, name, "gauge", help);
        buf_printf(b, "%s %llu\n", name, (unsigned long long)value);
}

static void counter(struct buf *b, const char *name, const char *help, uint64_t value)
{
        head(b, name, "counter", help);
        buf_printf(b, "%s %llu\n", name, (unsigned long long)value);
}

/* The native protocol's, and HTTP's. */
static void by_door(struct buf *b, const char *name, const char *help, uint64_t native,
                    uint64_t http)
{
        head(b, name, "gauge", help);
        buf_printf(b, "%s{door=\"native\"} %llu\n%s{door=\"http\"} %llu\n", name,
                   (unsigned long long)native, name, (unsigned long long)http);
}

static void put_operations(const struct identifier_counts *c, struct buf *b)
{
        size_t i = 0;
        head(b, "ansa_operations_total", "counter",
             "Requests to the identifier system by operation.");
#define X(name, number, text)                                                 \
        buf_printf(b, "ansa_operations_total{operation=\"" text "\"} %llu\n", \
                   (unsigned long long)c->by_operation[i++]);
        OPERATION_MAP(X)
#undef X
        i = 0;
        head(b, "ansa_responses_total", "counter", "Responses of the identifier system by code.");
#define X(name, number, text)                                                          \
        buf_printf(b, "ansa_responses_total{code=\"%u\",meaning=\"" text "\"} %llu\n", \
                   (unsigned)(number), (unsigned long long)c->by_response[i++]);
        RESPONSE_MAP(X)
#undef X
}

static void put_doors(const struct doors_counts *c, struct buf *b)
{
#define X(name, text) counter(b, "ansa_" #name "_total", text ".", c->name);
        DOORS_COUNT_MAP(X)
#undef X
        by_door(b, "ansa_connections", "Connections open now.", c->connections,
                c->http_connections);
        head(b, "ansa_waiting", "gauge", "Requests that wait now, by queue.");
        buf_printf(b, "ansa_waiting{queue=\"slow\"} %llu\nansa_waiting{queue=\"write\"} %llu\n",
                   (unsigned long long)c->slow_waiting, (unsigned long long)c->write_waiting);
}

static void put_latency(const struct doors_latency *l, const char *door, const char *way,
                        struct buf *b)
{
        static const char name[] = "ansa_request_duration_seconds";
        uint64_t count = 0;
        for (uint32_t i = 0; i < DOORS_LATENCY_BUCKETS; i++) {
                count += l->bucket[i];
                buf_printf(b, "%s_bucket{door=\"%s\",way=\"%s\",le=\"", name, door, way);
                if (i + 1 < DOORS_LATENCY_BUCKETS)
                        buf_printf(b, "%.6f", (double)(1u << i) * 1e-6);
                else
                        buf_text(b, "+Inf");
                buf_printf(b, "\"} %llu\n", (unsigned long long)count);
        }
        buf_printf(b, "%s_sum{door=\"%s\",way=\"%s\"} %.6f\n", name, door, way,
                   (double)l->sum_us * 1e-6);
        buf_printf(b, "%s_count{door=\"%s\",way=\"%s\"} %llu\n", name, door, way,
                   (unsigned long long)count);
}

static void put_metrics(struct http_facts *http, struct buf *b)
{
        struct figures g;
        gather((struct ansad_facts *)http, &g);
        head(b, "ansa_info", "gauge", "Always 1; which version runs.");
        buf_text(b, "ansa_info{version=\"" ANSA_VERSION "\"} 1\n");
        gauge(b, "ansa_uptime_seconds", "Since the start.", g.uptime_ms / 1000);
        put_operations(&g.service, b);
        put_doors(&g.doors, b);
        head(b, "ansa_request_duration_seconds", "histogram",
             "From the arrival of a request to its answer, by door and way through the server.");
        for (size_t door = 0; door < DOORS_DOOR_COUNT; door++) {
                for (size_t way = 0; way < DOORS_WAY_COUNT; way++)
                        put_latency(&g.doors.latency[door][way], door_names[door], way_names[way],
                                    b);
        }
        gauge(b, "ansa_records", "Identifiers stored.", g.store.entries[STORE_RECORDS]);
        gauge(b, "ansa_prefixes", "Prefixes homed.", g.store.entries[STORE_PREFIXES]);
        gauge(b, "ansa_store_used_bytes", "Of the store, live.", g.store.used_size);
        gauge(b, "ansa_store_file_bytes", "Of the store, on the disk.", g.store.file_size);
        gauge(b, "ansa_store_limit_bytes", "What the store may hold.", g.store_max);
        counter(b, "ansa_cache_hits_total", "Records found in the cache.", g.service.cache_hits);
        counter(b, "ansa_cache_misses_total", "Records read from the store.",
                g.service.cache_misses);
        counter(b, "ansa_changes_failed_total", "Changes that the store did not take.",
                g.service.changes_failed);
        by_door(b, "ansa_sessions", "Sessions open.", g.service.sessions_open, g.http.sessions);
        by_door(b, "ansa_challenges", "Challenges that wait for their answer.",
                g.service.challenges_open, g.http.challenges);
        counter(b, "ansa_logins_failed_total", "Wrong secrets, over HTTP.", g.http.logins_failed);
        counter(b, "ansa_logins_refused_total",
                "Secrets that were not looked at, after too many wrong ones.",
                g.http.logins_refused);
        uint64_t until_s = atomic_load(&((struct ansad_facts *)http)->ansad->tls_until_s);
        if (until_s != 0)
                gauge(b, "ansa_tls_certificate_end_seconds",
                      "When the first of the certificates in files ends, since 1970.", until_s);
        gauge(b, "process_resident_memory_bytes", "Resident memory.", g.resident_size);
        gauge(b, "process_start_time_seconds", "Of the start, since 1970.",
              ((struct ansad_facts *)http)->begun_s);
        head(b, "process_cpu_seconds_total", "counter", "Processor time used.");
        buf_printf(b, "process_cpu_seconds_total %.3f\n", (double)g.cpu_ms * 1e-3);
}

/* ---- JSON ---------------------------------------------------------------------------------- */

/* As the page of charts reads it (web/README.md). */

static void member(struct buf *b, bool is_first, const char *name, uint64_t value)
{
        buf_printf(b, "%s\"%s\":%llu", is_first ? "" : ",", name, (unsigned long long)value);
}

static uint64_t latency_count(const struct doors_latency *l)
{
        uint64_t count = 0;
        for (uint32_t i = 0; i < DOORS_LATENCY_BUCKETS; i++)
                count += l->bucket[i];
        return count;
}

static void json_requests(const struct doors_counts *c, struct buf *b)
{
        buf_text(b, ",\"requests\":{");
        for (size_t door = 0; door < DOORS_DOOR_COUNT; door++) {
                uint64_t count = 0;
                for (size_t way = 0; way < DOORS_WAY_COUNT; way++)
                        count += latency_count(&c->latency[door][way]);
                member(b, door == 0, door_names[door], count);
        }
        buf_u8(b, '}');
}

static void json_operations(const struct identifier_counts *c, struct buf *b)
{
        size_t i = 0;
        buf_text(b, ",\"operations\":{");
#define X(name, number, text)                        \
        member(b, i == 0, text, c->by_operation[i]); \
        i++;
        OPERATION_MAP(X)
#undef X
        buf_text(b, "},\"responses\":{");
        i = 0;
#define X(name, number, text)                       \
        member(b, i == 0, text, c->by_response[i]); \
        i++;
        RESPONSE_MAP(X)
#undef X
        buf_u8(b, '}');
}

static void json_latency(const struct doors_latency *l, struct buf *b)
{
        buf_text(b, "{\"le_us\":[");
        for (uint32_t i = 0; i + 1 < DOORS_LATENCY_BUCKETS; i++)
                buf_printf(b, "%s%u", i == 0 ? "" : ",", 1u << i);
        buf_text(b, "],\"count\":[");
        for (uint32_t i = 0; i < DOORS_LATENCY_BUCKETS; i++)
                buf_printf(b, "%s%llu", i == 0 ? "" : ",", (unsigned long long)l->bucket[i]);
        buf_printf(b, "],\"sum_us\":%llu}", (unsigned long long)l->sum_us);
}

static void json_latencies(const struct doors_counts *c, struct buf *b)
{
        static const char *const ways[DOORS_WAY_COUNT] = { "", " slow", " write" };
        bool is_first = true;
        buf_text(b, ",\"latency\":{");
        for (size_t door = 0; door < DOORS_DOOR_COUNT; door++) {
                for (size_t way = 0; way < DOORS_WAY_COUNT; way++) {
                        const struct doors_latency *l = &c->latency[door][way];
                        if (way != DOORS_DIRECT && latency_count(l) == 0)
                                continue;
                        buf_printf(b, "%s\"%s%s\":", is_first ? "" : ",", door_names[door],
                                   ways[way]);
                        json_latency(l, b);
                        is_first = false;
                }
        }
        buf_u8(b, '}');
}

static void json_refusals(const struct figures *g, struct buf *b)
{
        const struct doors_counts *c = &g->doors;
        buf_text(b, ",\"refusals\":{");
        member(b, true, "UDP budget", c->udp_over_budget);
        member(b, false, "malformed", c->udp_malformed + c->tcp_malformed + c->http_malformed);
        member(b, false, "fragments", c->fragments_refused + c->fragments_expired);
        member(b, false, "too many connections", c->tcp_refused + c->http_refused);
        member(b, false, "made room for others", c->tcp_evicted + c->http_evicted);
        member(b, false, "too slow", c->tcp_slow_peers + c->http_slow_peers);
        member(b, false, "too large", c->http_too_large);
        member(b, false, "slow lane full", c->slow_refused);
        member(b, false, "writer full", c->writes_refused);
        member(b, false, "store full", g->service.changes_failed);
        member(b, false, "wrong secrets", g->http.logins_failed);
        member(b, false, "too many wrong secrets", g->http.logins_refused);
        buf_u8(b, '}');
}

static void json_store(const struct figures *g, struct buf *b)
{
        buf_text(b, ",\"store\":{");
        member(b, true, "records", g->store.entries[STORE_RECORDS]);
        member(b, false, "prefixes", g->store.entries[STORE_PREFIXES]);
        member(b, false, "used_bytes", g->store.used_size);
        member(b, false, "size_bytes", g->store.file_size);
        member(b, false, "limit_bytes", g->store_max);
        buf_text(b, "},\"cache\":{");
        member(b, true, "hits", g->service.cache_hits);
        member(b, false, "misses", g->service.cache_misses);
        buf_u8(b, '}');
}

static void put_status(struct http_facts *http, struct buf *b)
{
        struct figures g;
        const char *trouble = http->trouble(http);
        gather((struct ansad_facts *)http, &g);
        buf_text(b, "{\"version\":\"" ANSA_VERSION "\"");
        if (trouble != NULL)
                buf_printf(b, ",\"trouble\":\"%s\"", trouble);
        member(b, false, "time", g.now_s);
        buf_printf(b, ",\"uptime_s\":%.3f", (double)g.uptime_ms * 1e-3);
        json_requests(&g.doors, b);
        json_operations(&g.service, b);
        json_latencies(&g.doors, b);
        buf_printf(b, ",\"connections\":{\"tcp\":%llu,\"http\":%llu}",
                   (unsigned long long)g.doors.connections,
                   (unsigned long long)g.doors.http_connections);
        buf_printf(b, ",\"waiting\":{\"slow\":%llu,\"write\":%llu}",
                   (unsigned long long)g.doors.slow_waiting,
                   (unsigned long long)g.doors.write_waiting);
        json_refusals(&g, b);
        json_store(&g, b);
        member(b, false, "sessions", g.service.sessions_open + g.http.sessions);
        member(b, false, "challenges", g.service.challenges_open + g.http.challenges);
        member(b, false, "memory_bytes", g.resident_size);
        buf_printf(b, ",\"cpu_s\":%.3f", (double)g.cpu_ms * 1e-3);
        buf_text(b, ",\"counters\":{");
        size_t i = 0;
#define X(name, text) member(b, i++ == 0, #name, g.doors.name);
        DOORS_COUNT_MAP(X)
#undef X
        buf_text(b, "}}");
}

/* ---- Readiness ----------------------------------------------------------------------------- */

/* The process that holds the key answers. */
static bool keys_answer(struct ansad *a)
{
        uint8_t signature[CRYPTO_SIGNATURE_MAX];
        size_t size;
        struct signer *s = key_process_signer(a->keys);
        return s->sign(s, ALGORITHM_SHA256, ANSA_BYTES_LIT("ready"), signature, sizeof(signature),
                       &size) == ANSA_OK;
}

void ansad_facts_look(struct ansad_facts *f)
{
        struct statvfs disk;
        struct figures g;
        const char *trouble = NULL;
        if (f == NULL)
                return;
        gather(f, &g);
        if (statvfs(f->store_path, &disk) == 0) {
                if ((disk.f_flag & ST_RDONLY) != 0)
                        trouble = "the disk of the store is read-only";
                else if (disk.f_bavail * disk.f_frsize < ROOM_MIN)
                        trouble = "the disk of the store is full";
        }
        if (g.store.used_size > g.store_max - g.store_max / STORE_MARGIN)
                trouble = "the store is as large as it may be";
        if (trouble == NULL)
                identifier_probe(f->ansad->service);
        if (!keys_answer(f->ansad))
                trouble = "the process that holds the key does not answer";
        atomic_store(&f->trouble, trouble);
}

static const char *tell_trouble(struct http_facts *http)
{
        struct ansad_facts *f = (struct ansad_facts *)http;
        if (doors_is_stopping(f->ansad->doors))
                return "the server is stopping";
        const char *trouble = atomic_load(&f->trouble);
        if (trouble != NULL)
                return trouble;
        enum ansa_err err = identifier_storing(f->ansad->service);
        return err == ANSA_OK       ? NULL
               : err == ANSA_E_FULL ? "the store has no room: changes are refused"
                                    : "the store takes no changes: they are refused";
}

enum ansa_err ansad_facts_new(struct ansad *a, struct ansad_facts **facts)
{
        struct env *env = env_system();
        struct ansad_facts *f = calloc(1, sizeof(*f));
        *facts = NULL;
        if (f == NULL)
                return ANSA_E_NO_MEMORY;
        long page = sysconf(_SC_PAGESIZE);
        f->http = (struct http_facts){ put_metrics, put_status, tell_trouble };
        f->ansad = a;
        f->statm_fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
        f->begun_s = env->wall_s(env);
        f->begun_ms = a->begun_ms;
        f->store_max = a->settings->config.store_size;
        f->page_size = page > 0 ? (uint64_t)page : 4096;
        enum ansa_err err = home_path(a->home, HOME_STORE, f->store_path, sizeof(f->store_path));
        if (err != ANSA_OK)
                ansad_facts_free(f);
        else
                *facts = f;
        return err;
}

struct http_facts *ansad_facts_http(struct ansad_facts *facts)
{
        return &facts->http;
}

void ansad_facts_free(struct ansad_facts *facts)
{
        if (facts == NULL)
                return;
        if (facts->statm_fd >= 0)
                (void)close(facts->statm_fd);
        free(facts);
}
