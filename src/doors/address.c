/* SPDX-License-Identifier: Apache-2.0 */
#include "doors/address.h"

#include "base/text.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>

static const uint8_t mapped[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };
#define MAPPED_BITS 96u

bool address_is_ipv4(const uint8_t address[ADDRESS_SIZE])
{
        return memcmp(address, mapped, sizeof(mapped)) == 0;
}

bool address_is_wildcard(const uint8_t address[ADDRESS_SIZE])
{
        static const uint8_t zero[ADDRESS_SIZE];
        size_t skip = address_is_ipv4(address) ? sizeof(mapped) : 0;
        return memcmp(address + skip, zero, ADDRESS_SIZE - skip) == 0;
}

enum ansa_err address_parse(const char *text, uint8_t address[ADDRESS_SIZE])
{
        if (inet_pton(AF_INET6, text, address) == 1)
                return ANSA_OK;
        memcpy(address, mapped, sizeof(mapped));
        if (inet_pton(AF_INET, text, address + sizeof(mapped)) == 1)
                return ANSA_OK;
        memset(address, 0, ADDRESS_SIZE);
        return ANSA_E_MALFORMED;
}

const char *address_format(const uint8_t address[ADDRESS_SIZE], uint16_t port,
                           char text[ADDRESS_TEXT_SIZE])
{
        char plain[INET6_ADDRSTRLEN] = "?";
        if (address_is_ipv4(address)) {
                (void)inet_ntop(AF_INET, address + sizeof(mapped), plain, sizeof(plain));
                (void)snprintf(text, ADDRESS_TEXT_SIZE, "%s:%u", plain, port);
        } else {
                (void)inet_ntop(AF_INET6, address, plain, sizeof(plain));
                (void)snprintf(text, ADDRESS_TEXT_SIZE, "[%s]:%u", plain, port);
        }
        return text;
}

socklen_t address_to_socket(const uint8_t address[ADDRESS_SIZE], uint16_t port, uint32_t scope,
                            struct sockaddr_storage *sa)
{
        memset(sa, 0, sizeof(*sa));
        if (address_is_ipv4(address)) {
                struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons(port) };
                memcpy(&in.sin_addr, address + sizeof(mapped), sizeof(in.sin_addr));
                memcpy(sa, &in, sizeof(in));
                return sizeof(in);
        }
        struct sockaddr_in6 in6 = { .sin6_family = AF_INET6,
                                    .sin6_port = htons(port),
                                    .sin6_scope_id = scope };
        memcpy(&in6.sin6_addr, address, ADDRESS_SIZE);
        memcpy(sa, &in6, sizeof(in6));
        return sizeof(in6);
}

void address_from_socket(const struct sockaddr_storage *sa, uint8_t address[ADDRESS_SIZE],
                         uint16_t *port)
{
        if (sa->ss_family == AF_INET) {
                struct sockaddr_in in;
                memcpy(&in, sa, sizeof(in));
                memcpy(address, mapped, sizeof(mapped));
                memcpy(address + sizeof(mapped), &in.sin_addr, sizeof(in.sin_addr));
                *port = ntohs(in.sin_port);
        } else if (sa->ss_family == AF_INET6) {
                struct sockaddr_in6 in6;
                memcpy(&in6, sa, sizeof(in6));
                memcpy(address, &in6.sin6_addr, ADDRESS_SIZE);
                *port = ntohs(in6.sin6_port);
        } else {
                memset(address, 0, ADDRESS_SIZE);
                *port = 0;
        }
}

uint64_t address_network(const uint8_t address[ADDRESS_SIZE])
{
        /* the last octet tells the families apart */
        if (address_is_ipv4(address))
                return (uint64_t)address[12] << 24 | (uint64_t)address[13] << 16 |
                       (uint64_t)address[14] << 8 | 4;
        uint64_t n = 0;
        for (size_t i = 0; i < 7; i++)
                n = n << 8 | address[i];
        return n << 8 | 6;
}

enum ansa_err address_range_parse(const char *text, struct address_range *range)
{
        *range = (struct address_range){ 0 };
        char plain[INET6_ADDRSTRLEN + 1];
        const char *slash = strchr(text, '/');
        size_t size = slash != NULL ? (size_t)(slash - text) : strlen(text);
        if (size >= sizeof(plain))
                return ANSA_E_MALFORMED;
        memcpy(plain, text, size);
        plain[size] = '\0';

        uint8_t address[ADDRESS_SIZE];
        enum ansa_err err = address_parse(plain, address);
        if (err != ANSA_OK)
                return err;
        unsigned skip = address_is_ipv4(address) ? MAPPED_BITS : 0;
        uint64_t bits = 128 - skip;
        if (slash != NULL && text_u64(ansa_bytes_text(slash + 1), bits, &bits) != ANSA_OK)
                return ANSA_E_MALFORMED;
        memcpy(range->address, address, ADDRESS_SIZE);
        range->bits = (uint8_t)(bits + skip);
        return ANSA_OK;
}

bool address_in_range(const uint8_t address[ADDRESS_SIZE], const struct address_range *range)
{
        size_t whole = range->bits / 8u;
        if (memcmp(address, range->address, whole) != 0)
                return false;
        unsigned rest = range->bits % 8u;
        if (rest == 0)
                return true;
        return ((address[whole] ^ range->address[whole]) >> (8 - rest)) == 0;
}
