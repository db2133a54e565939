/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEST_UNIT_HTTP_RECORDS_H
#define TEST_UNIT_HTTP_RECORDS_H

/* Records written as text, a value a line: "TYPE=data", "@ttl TYPE=data"; indexes count from 1. */
#include "../support.h"

#include "ansa/value.h"

#include <stdio.h>

static inline struct ansa_values values_of(const char *record, uint8_t *room, size_t size)
{
        struct ansa_values values = { { room, 0 }, 0 };
        for (const char *line = record; line != NULL && *line != '\0';) {
                const char *end = strchr(line, '\n');
                size_t length = end != NULL ? (size_t)(end - line) : strlen(line);
                struct ansa_value v = { .index = values.count + 1,
                                        .ttl_s = 86400,
                                        .permissions = ANSA_PERM_DEFAULT };
                const char *type = line;
                if (*line == '@') {
                        char *rest;
                        v.ttl_s = (uint32_t)strtoul(line + 1, &rest, 10);
                        type = rest + 1;
                }
                const char *equals = memchr(type, '=', (size_t)(line + length - type));
                assert_non_null(equals);
                v.type = (struct ansa_bytes){ (const uint8_t *)type, (size_t)(equals - type) };
                v.data = (struct ansa_bytes){ (const uint8_t *)equals + 1,
                                              (size_t)(line + length - equals - 1) };
                size_t written;
                assert_int_equal(ansa_value_encode(&v, room + values.wire.size,
                                                   size - values.wire.size, &written),
                                 ANSA_OK);
                values.wire.size += written;
                values.count++;
                line = end != NULL ? end + 1 : NULL;
        }
        return values;
}

struct sheet {
        const char *name;
        const char *record;
};

/* Of the sheet @name, without case; in static memory, one for each sheet. */
static inline struct ansa_values sheet_values(const struct sheet *sheets, size_t count,
                                              const char *name)
{
        static uint8_t rooms[8][4096];
        for (size_t i = 0; i < count && i < COUNT_OF(rooms); i++) {
                if (sheets[i].name != NULL && strcmp(sheets[i].name, name) == 0)
                        return values_of(sheets[i].record, rooms[i], sizeof(rooms[i]));
        }
        return (struct ansa_values){ 0 };
}

#endif
