/* SPDX-License-Identifier: Apache-2.0 */
/* Clock, random choice, pinning, latencies and the printed result. */
#include "programs/bench/bench.h"

#include <sched.h>
#include <stdio.h>
#include <time.h>

#define SUB_BITS 6u /* 64 buckets per power of two */

uint64_t bench_now_ns(void)
{
        struct timespec now;
        (void)clock_gettime(CLOCK_MONOTONIC, &now);
        return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

uint64_t bench_random(uint64_t *state)
{
        uint64_t x = *state;
        x ^= x >> 12;
        x ^= x << 25;
        x ^= x >> 27;
        *state = x;
        return x * 0x2545f4914f6cdd1du;
}

bool bench_pin(int cpu)
{
        if (cpu < 0)
                return true;
        cpu_set_t set;
        CPU_ZERO(&set);
        CPU_SET((size_t)cpu, &set);
        return sched_setaffinity(0, sizeof(set), &set) == 0;
}

static unsigned bucket_of(uint64_t ns)
{
        if (ns < (1u << SUB_BITS))
                return (unsigned)ns;
        unsigned top = 63u - (unsigned)__builtin_clzll(ns);
        unsigned sub = (unsigned)(ns >> (top - SUB_BITS)) & ((1u << SUB_BITS) - 1);
        unsigned bucket = ((top - SUB_BITS + 1) << SUB_BITS) + sub;
        return bucket < HISTOGRAM_BUCKETS ? bucket : HISTOGRAM_BUCKETS - 1;
}

/* The largest latency that falls into @bucket. */
static uint64_t bucket_end(unsigned bucket)
{
        if (bucket < (1u << SUB_BITS))
                return bucket;
        unsigned shift = (bucket >> SUB_BITS) - 1;
        uint64_t base = (1u << SUB_BITS) + (bucket & ((1u << SUB_BITS) - 1));
        return ((base + 1) << shift) - 1;
}

void histogram_add(struct histogram *h, uint64_t ns)
{
        h->bucket[bucket_of(ns)]++;
        h->count++;
        if (ns > h->max_ns)
                h->max_ns = ns;
}

uint64_t histogram_at(const struct histogram *h, double share)
{
        uint64_t want = (uint64_t)(share * (double)h->count);
        uint64_t seen = 0;
        for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++) {
                seen += h->bucket[i];
                if (seen > want || (seen == want && seen == h->count))
                        return bucket_end(i) < h->max_ns ? bucket_end(i) : h->max_ns;
        }
        return h->max_ns;
}

void bench_print(const struct bench_options *o, const struct bench_result *r)
{
        double rate = r->seconds > 0 ? (double)r->good / r->seconds : 0;
        double p50 = (double)histogram_at(&r->latency, 0.50) / 1000.0;
        double p99 = (double)histogram_at(&r->latency, 0.99) / 1000.0;
        double p999 = (double)histogram_at(&r->latency, 0.999) / 1000.0;
        double reply = r->good > 0 ? (double)r->reply_octets / (double)r->good : 0;
        double request = r->sent > 0 ? (double)r->request_octets / (double)r->sent : 0;
        if (o->json) {
                printf("{\"verb\":\"%s\",\"rate\":%.0f,\"sent\":%llu,\"good\":%llu,"
                       "\"wrong_code\":%llu,\"foreign\":%llu,\"lost\":%llu,\"seconds\":%.3f,"
                       "\"p50_us\":%.1f,\"p99_us\":%.1f,\"p999_us\":%.1f,\"max_us\":%.1f,"
                       "\"request_octets\":%.0f,\"reply_octets\":%.0f}\n",
                       o->verb, rate, (unsigned long long)r->sent, (unsigned long long)r->good,
                       (unsigned long long)r->wrong_code, (unsigned long long)r->foreign,
                       (unsigned long long)r->lost, r->seconds, p50, p99, p999,
                       (double)r->latency.max_ns / 1000.0, request, reply);
                return;
        }
        printf("%.0f answers/s (%llu good of %llu sent in %.2f s; %llu lost, %llu with another "
               "response code, %llu not ours)\n",
               rate, (unsigned long long)r->good, (unsigned long long)r->sent, r->seconds,
               (unsigned long long)r->lost, (unsigned long long)r->wrong_code,
               (unsigned long long)r->foreign);
        printf("latency: median %.1f us, p99 %.1f us, p99.9 %.1f us, max %.1f us\n", p50, p99, p999,
               (double)r->latency.max_ns / 1000.0);
        printf("octets: %.0f a request, %.0f a reply, on average\n", request, reply);
}
