/* SPDX-License-Identifier: Apache-2.0 */
/* A line of an import: what is taken can be stored, and as JSON it reads back as the same. */
#include "base/assert.h"
#include "identifier/identifier.h"
#include "programs/ansa/import.h"
#include "wire/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define SILENT 1000u /* bad lines after which no more are told */

static const struct cli_verb verb = { .name = "import" };
static struct cli cli = { .verb = &verb };

static enum ansa_err put(struct import_sink *s, const struct import_record *record)
{
        struct arena arena;
        struct ansa_bytes name;
        struct ansa_values values;
        struct json_problem problem;
        struct bulk_change change = { BULK_PUT, record->name, record->values };
        struct buf json = buf_growing(16u << 20);
        (void)s;
        arena_init(&arena, 32u << 20);
        ansa_assert(identifier_bulk_check(&change, &arena) == ANSA_OK);
        json_put_record(&json, record->name, record->values);
        ansa_assert(json.err == ANSA_OK);
        enum ansa_err err = json_record(buf_written(&json), &arena, &name, &values, &problem);
        ansa_assert(err == ANSA_OK && ansa_bytes_equal(name, record->name) &&
                    values.count == record->values.count &&
                    ansa_bytes_equal(values.wire, record->values.wire));
        buf_fini(&json);
        arena_fini(&arena);
        return ANSA_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        struct import_sink sink = { .put = put };
        struct import im = { .cli = &cli, .sink = &sink, .bad = SILENT, .url_base = "https://r/" };
        struct ansa_bytes line = { data, size };
        if (memchr(data, 0, size) != NULL || memchr(data, '\n', size) != NULL)
                return 0; /* such lines do not come so far */
        arena_init(&im.arena, 32u << 20);
        ansa_assert(import_columns(&im, "name,URL,DESC,,YEAR"));
        enum ansa_err err = import_table_line(&im, line);
        ansa_assert(err == ANSA_OK && im.records + im.bad == SILENT + 1);
        arena_reset(&im.arena);
        err = import_json_line(&im, line);
        ansa_assert(err == ANSA_OK && im.records + im.bad == SILENT + 2);
        arena_fini(&im.arena);
        return 0;
}
