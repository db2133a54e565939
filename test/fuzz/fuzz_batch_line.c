/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A line of a batch: what it says can be read is a whole request of the protocol for the name it
 * names, and a problem is told for whatever cannot. The same octets as a stored log of results:
 * what is taken can be gone through, and has as many lines as it says.
 */
#include "http/batch.h"
#include "wire/body.h"

#include <stdlib.h>

#define CHECK(condition)          \
        do {                      \
                if (!(condition)) \
                        abort();  \
        } while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_line(const struct batch_line *line)
{
        struct record_body record;
        struct remove_request remove;
        struct ansa_bytes name;
        if (line->op == OP_DELETE) {
                CHECK(name_body_decode(line->body, &name) == ANSA_OK);
        } else if (line->op == OP_REMOVE) {
                CHECK(remove_request_decode(line->body, &remove) == ANSA_OK);
                name = remove.name;
        } else {
                CHECK(line->op == OP_CREATE || line->op == OP_ADD);
                CHECK(record_body_decode(line->body, &record) == ANSA_OK);
                name = record.name;
        }
        CHECK(ansa_bytes_equal(name, line->name));
        CHECK(line->mints == ((line->flags & FLAG_MINT_SUFFIX) != 0));
}

static void check_log(struct ansa_bytes octets)
{
        struct batch_log log;
        struct batch_result result;
        uint64_t count = 0;
        size_t at = 0;
        batch_log_init(&log, 1u << 20);
        if (batch_log_take(&log, octets)) {
                while (batch_log_next(&log, &at, &result))
                        count += result.count;
                CHECK(count == log.count && at == octets.size);
        }
        batch_log_fini(&log);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        struct arena arena;
        struct batch_line line;
        struct json_problem problem;
        struct ansa_bytes octets = { data, size };
        arena_init(&arena, 16u << 20);
        if (batch_read_line(octets, &arena, &line, &problem) == ANSA_OK)
                check_line(&line);
        else
                CHECK(problem.text[0] != 0 && line.op == 0 && line.body.size == 0);
        arena_fini(&arena);
        check_log(octets);
        return 0;
}
