/* SPDX-License-Identifier: Apache-2.0 */
#include "programs/ansa/lines.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#define PART_SIZE (1u << 18) /* octets read at once */

struct lines {
        gzFile input; /* also reads what is not gzipped */
        uint8_t *line;
        size_t line_max;
        size_t size; /* of line */
        uint8_t part[PART_SIZE];
        size_t at; /* first octet of part that was not taken */
        size_t end;
        bool is_first;
        bool is_long;
};

enum ansa_err lines_open(const char *path, size_t line_max, struct lines **lines)
{
        *lines = calloc(1, sizeof(**lines));
        if (*lines == NULL)
                return ANSA_E_NO_MEMORY;
        struct lines *l = *lines;
        l->line_max = line_max;
        l->is_first = true;
        l->line = malloc(line_max + 1);
        l->input = strcmp(path, "-") == 0 ? gzdopen(dup(STDIN_FILENO), "rb") : gzopen(path, "rb");
        if (l->line != NULL && l->input != NULL)
                return ANSA_OK;
        enum ansa_err err = l->line == NULL ? ANSA_E_NO_MEMORY : ANSA_E_NOT_FOUND;
        lines_close(l);
        *lines = NULL;
        return err;
}

void lines_close(struct lines *l)
{
        if (l == NULL)
                return;
        if (l->input != NULL)
                (void)gzclose(l->input);
        free(l->line);
        free(l);
}

const char *lines_problem(struct lines *l)
{
        int code;
        return gzerror(l->input, &code);
}

static void keep(struct lines *l, const uint8_t *at, size_t size)
{
        if (size > l->line_max - l->size) {
                l->is_long = true;
                return;
        }
        memcpy(l->line + l->size, at, size);
        l->size += size;
}

/* Up to the next end of line of this part; true when it was there. */
static bool take_part(struct lines *l)
{
        const uint8_t *from = l->part + l->at;
        const uint8_t *newline = memchr(from, '\n', l->end - l->at);
        size_t size = newline != NULL ? (size_t)(newline - from) : l->end - l->at;
        if (!l->is_long)
                keep(l, from, size);
        l->at += size + (newline != NULL);
        return newline != NULL;
}

/* The mark that some editors put before everything else. */
static void skip_mark(struct lines *l)
{
        if (l->is_first && l->end - l->at >= 3 && memcmp(l->part + l->at, "\xef\xbb\xbf", 3) == 0)
                l->at += 3;
        l->is_first = false;
}

enum line_result lines_next(struct lines *l, struct ansa_bytes *line)
{
        bool is_any = false;
        *line = (struct ansa_bytes){ 0 };
        l->size = 0;
        l->is_long = false;
        for (bool is_whole = false; !is_whole;) {
                if (l->at == l->end) {
                        int n = gzread(l->input, l->part, PART_SIZE);
                        if (n < 0)
                                return LINE_FAILED;
                        l->at = 0;
                        l->end = (size_t)n;
                        skip_mark(l);
                        if (n == 0 && !is_any) {
                                int code;
                                (void)gzerror(l->input, &code);
                                return code == Z_OK || code == Z_STREAM_END ? LINE_END
                                                                            : LINE_FAILED;
                        }
                        if (n == 0)
                                break; /* the last line has no end */
                }
                is_any = true;
                is_whole = take_part(l);
        }
        if (l->is_long)
                return LINE_LONG;
        if (l->size > 0 && l->line[l->size - 1] == '\r')
                l->size--;
        l->line[l->size] = 0;
        if (memchr(l->line, 0, l->size) != NULL)
                return LINE_NUL;
        *line = (struct ansa_bytes){ l->line, l->size };
        return LINE_TAKEN;
}
