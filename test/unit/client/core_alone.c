/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The resolver core linked alone, with an allocator that ends the program: builds a request, takes
 * an answer in two datagrams in the wrong order, walks its values. The octets are irp-wire 4.1's.
 */
#include <ansa/core.h>

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

_Noreturn static void forbidden(void)
{
        static const char text[] = "the core has called the allocator\n";
        (void)!write(2, text, sizeof(text) - 1);
        _exit(1);
}

void *malloc(size_t size)
{
        (void)size;
        forbidden();
}

void *calloc(size_t count, size_t size)
{
        (void)count;
        (void)size;
        forbidden();
}

void *realloc(void *at, size_t size)
{
        (void)at;
        (void)size;
        forbidden();
}

#define CHECK(condition)                                                     \
        do {                                                                 \
                if (!(condition)) {                                          \
                        static const char why[] = #condition " is not so\n"; \
                        (void)!write(2, why, sizeof(why) - 1);               \
                        return 1;                                            \
                }                                                            \
        } while (0)

/* Header and body of the example answer: one URL value, index 1. */
static const char answer_text[] = "\0\0\0\1\0\0\0\1\x89\0\0\0\0\1\0\0\0\0\0\0\0\0\0\x41\0\0\0\x09"
                                  "35.TEST/1\0\0\0\1\0\0\0\1\x5f\x5e\x10\0\0\0\1\x51\x80\x0e\0\0\0"
                                  "\3URL\0\0\0\x13http://example.org/\0\0\0\0\0\0\0";

static struct ansa_bytes datagram(uint8_t *at, uint32_t total, uint8_t sequence,
                                  const uint8_t *data, size_t size)
{
        memset(at, 0, 20);
        at[0] = 2;
        at[1] = 11;
        memcpy(at + 8, "\1\2\3\4", 4);
        at[15] = sequence;
        at[18] = (uint8_t)(total >> 8);
        at[19] = (uint8_t)total;
        memcpy(at + 20, data, size);
        return (struct ansa_bytes){ at, 20 + size };
}

static int takes_one_datagram(const struct ansa_core_query *query)
{
        uint8_t packet[512];
        uint8_t room[1024];
        struct ansa_core core;
        struct ansa_value v;
        struct ansa_bytes text;
        const size_t size = sizeof(answer_text); /* its last octet is the literal's NUL */
        ansa_core_begin(&core, query, room, sizeof(room));
        struct ansa_bytes d =
                datagram(packet, (uint32_t)size, 0, (const uint8_t *)answer_text, size);
        packet[11] ^= 1;
        CHECK(ansa_core_feed(&core, d) == ANSA_E_BUSY); /* somebody else's */
        packet[11] ^= 1;
        CHECK(ansa_core_feed(&core, d) == ANSA_OK);
        CHECK(ansa_core_response(&core, &text) == 1);
        struct ansa_values values = ansa_core_values(&core);
        CHECK(values.count == 1 && ansa_values_next(&values, &v) == ANSA_OK);
        CHECK(v.index == 1 && ansa_bytes_equal(v.data, ANSA_BYTES_LIT("http://example.org/")));
        ansa_core_begin(&core, query, room, size - 1);
        CHECK(ansa_core_feed(&core, d) == ANSA_E_LIMIT);
        return 0;
}

/* A longer answer: the same value with 600 octets, in two datagrams, the second one first. */
static int joins_two_datagrams(const struct ansa_core_query *query)
{
        uint8_t message[800];
        uint8_t first[512];
        uint8_t second[512];
        uint8_t room[800];
        struct ansa_core core;
        struct ansa_value v;
        size_t head = 24 + 4 + 9 + 4 + 14 + 4 + 3; /* up to the length of the data */
        size_t size = head + 4 + 600 + 4;
        memset(message, 'x', sizeof(message));
        memcpy(message, answer_text, head);
        message[22] = (uint8_t)((size - 24) >> 8);
        message[23] = (uint8_t)(size - 24);
        memcpy(message + head, "\0\0\x02\x58", 4);
        memset(message + head + 4 + 600, 0, 4);
        ansa_core_begin(&core, query, room, sizeof(room));
        CHECK(ansa_core_feed(&core, datagram(second, (uint32_t)size, 1, message + 492,
                                             size - 492)) == ANSA_E_BUSY);
        CHECK(ansa_core_feed(&core, datagram(first, (uint32_t)size, 0, message, 492)) == ANSA_OK);
        struct ansa_values values = ansa_core_values(&core);
        CHECK(ansa_values_next(&values, &v) == ANSA_OK && v.data.size == 600);
        return 0;
}

static int builds_the_request(const struct ansa_core_query *query)
{
        uint8_t at[ANSA_CORE_REQUEST_MAX];
        size_t size;
        CHECK(ansa_core_request(query, at, sizeof(at), &size) == ANSA_OK);
        CHECK(size == 69); /* the example's size */
        CHECK(memcmp(at + 8, "\1\2\3\4\0\0\0\0\0\0\0\x31\0\0\0\1\0\0\0\0\x19", 21) == 0);
        CHECK(memcmp(at + 48, "35.TEST/1\0\0\0\0\0\0\0\0\0\0\0\0", 21) == 0);
        for (size_t room = 0; room < size; room++) {
                size_t none;
                CHECK(ansa_core_request(query, at, room, &none) == ANSA_E_LIMIT && none == 0);
        }
        struct ansa_core_query bad = *query;
        bad.name = ANSA_BYTES_LIT("/1");
        CHECK(ansa_core_request(&bad, at, sizeof(at), &size) == ANSA_E_ARGUMENT);
        return 0;
}

int main(void)
{
        struct ansa_core_query query = { .name = ANSA_BYTES_LIT("35.TEST/1"),
                                         .request_id = 0x01020304 };
        return builds_the_request(&query) || takes_one_datagram(&query) ||
               joins_two_datagrams(&query);
}
