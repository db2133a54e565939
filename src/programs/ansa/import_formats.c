/* SPDX-License-Identifier: Apache-2.0 */
/* What one line of an import says: a row of a table, or a record in JSON. */
#include "programs/ansa/import.h"

#include "base/text.h"
#include "identifier/identifier.h"
#include "wire/codes.h"
#include "wire/json.h"
#include "wire/name.h"

#define TTL_S       86400u
#define ADMIN_INDEX 100u

bool import_columns(struct import *im, const char *list)
{
        const char *at = list;
        im->column_count = 0;
        for (uint32_t i = 0;; i++) {
                size_t size = strcspn(at, ",");
                if (i == 0 && !(size == 4 && memcmp(at, "name", 4) == 0)) {
                        cli_say(im->cli, "--columns: the first column must be called name");
                        return false;
                }
                if (i > 0) {
                        if (im->column_count == sizeof(im->columns) / sizeof(im->columns[0])) {
                                cli_say(im->cli, "--columns: more than %u columns",
                                        im->column_count);
                                return false;
                        }
                        im->columns[im->column_count++] =
                                (struct ansa_bytes){ (const uint8_t *)at, size };
                }
                if (at[size] == '\0')
                        return true;
                at += size + 1;
        }
}

static void put_value(struct buf *b, uint32_t index, struct ansa_bytes type, struct ansa_bytes data)
{
        struct ansa_value v = { .index = index,
                                .ttl_s = TTL_S,
                                .permissions = ANSA_PERM_DEFAULT,
                                .type = type,
                                .data = data };
        size_t size = ansa_value_size(&v);
        uint8_t *at = buf_take(b, size);
        if (at != NULL && ansa_value_encode(&v, at, size, &size) != ANSA_OK)
                buf_fail(b, ANSA_E_LIMIT);
}

/* RFC 3986: what may stand in a path as it is. */
static bool is_path_octet(uint8_t c)
{
        return (c >= '0' && c <= '9') || (text_upper(c) >= 'A' && text_upper(c) <= 'Z') ||
               (c != 0 && strchr("-._~!$&'()*+,;=:@/", c) != NULL);
}

static struct ansa_bytes default_url(struct import *im, struct ansa_bytes name)
{
        static const char hex[] = "0123456789ABCDEF";
        size_t base = strlen(im->url_base);
        uint8_t *at = arena_alloc(&im->arena, base + 3 * name.size);
        if (at == NULL)
                return (struct ansa_bytes){ 0 };
        memcpy(at, im->url_base, base);
        size_t n = base;
        for (size_t i = 0; i < name.size; i++) {
                if (is_path_octet(name.at[i])) {
                        at[n++] = name.at[i];
                        continue;
                }
                at[n++] = '%';
                at[n++] = (uint8_t)hex[name.at[i] >> 4];
                at[n++] = (uint8_t)hex[name.at[i] & 15];
        }
        return (struct ansa_bytes){ at, n };
}

static struct ansa_bytes take_cell(struct ansa_bytes *line)
{
        const uint8_t *tab = line->size > 0 ? memchr(line->at, '\t', line->size) : NULL;
        size_t size = tab != NULL ? (size_t)(tab - line->at) : line->size;
        struct ansa_bytes cell = { line->at, size };
        size_t taken = tab != NULL ? size + 1 : size;
        line->at += taken;
        line->size -= taken;
        return cell;
}

static bool name_is_usable(struct import *im, struct ansa_bytes name)
{
        const char *problem = name_problem(name);
        if (problem != NULL) {
                import_bad(im, "%s", problem);
                return false;
        }
        if (memchr(name.at, '/', name.size) == NULL) {
                import_bad(im, "an identifier needs a \"/\" between prefix and suffix");
                return false;
        }
        return true;
}

static enum ansa_err put_record(struct import *im, struct ansa_bytes name,
                                struct ansa_values values)
{
        struct import_record record = { im->line, name, values };
        if (values.count == 0) {
                import_bad(im, "the record has no values");
                return ANSA_OK;
        }
        struct bulk_change change = { BULK_PUT, name, values };
        enum ansa_err err = identifier_bulk_check(&change, &im->arena);
        if (err == ANSA_E_NO_MEMORY)
                return err;
        if (err != ANSA_OK) {
                import_bad(im, "%s",
                           err == ANSA_E_ARGUMENT ? "an index is 0 or occurs twice"
                           : err == ANSA_E_LIMIT  ? "the record is larger than a message can be"
                                                  : ansa_err_text(err));
                return ANSA_OK;
        }
        im->records++;
        return im->sink->put(im->sink, &record);
}

enum ansa_err import_table_line(struct import *im, struct ansa_bytes line)
{
        struct ansa_bytes rest = line;
        struct ansa_bytes name = take_cell(&rest);
        struct ansa_values values = { 0 };
        size_t room = 4 * line.size + im->admin.size + 4096; /* a URL made of the name, encoded */
        uint8_t *at = arena_alloc(&im->arena, room);
        if (!name_is_usable(im, name))
                return ANSA_OK;
        if (at == NULL)
                return ANSA_E_NO_MEMORY;
        struct buf b = buf_over(at, room);
        for (uint32_t i = 0; i < im->column_count; i++) {
                struct ansa_bytes cell = take_cell(&rest);
                bool is_url = text_equal_fold(im->columns[i], ANSA_BYTES_LIT("URL"));
                if (cell.size == 0 && is_url && im->url_base != NULL)
                        cell = default_url(im, name);
                if (cell.size == 0 || im->columns[i].size == 0)
                        continue;
                if (!text_is_utf8(cell)) {
                        import_bad(im, "column %u is not UTF-8", i + 2);
                        return ANSA_OK;
                }
                put_value(&b, i + 1, im->columns[i], cell);
                values.count++;
        }
        if (rest.size > 0) {
                import_bad(im, "more columns than the %u that are known", im->column_count + 1);
                return ANSA_OK;
        }
        if (im->admin.size > 0) {
                put_value(&b, ADMIN_INDEX, ANSA_BYTES_LIT("HS_ADMIN"), im->admin);
                values.count++;
        }
        values.wire = buf_written(&b);
        return b.err != ANSA_OK ? ANSA_E_NO_MEMORY : put_record(im, name, values);
}

enum ansa_err import_json_line(struct import *im, struct ansa_bytes line)
{
        struct ansa_bytes name;
        struct ansa_values values;
        struct json_problem problem;
        enum ansa_err err = json_record(line, &im->arena, &name, &values, &problem);
        if (err == ANSA_E_NO_MEMORY)
                return err;
        if (err != ANSA_OK) {
                import_bad(im, "%s", problem.text);
                return ANSA_OK;
        }
        return name_is_usable(im, name) ? put_record(im, name, values) : ANSA_OK;
}
