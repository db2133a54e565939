/* SPDX-License-Identifier: Apache-2.0 */
#include "programs/ansa/sorter.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define RUNS_MAX    512u       /* each is an open file */
#define FILE_BUFFER (1u << 18) /* octets read or written at once */

/* A pair in memory: this head, then key and data. */
struct pair {
        uint32_t key_size;
        uint32_t data_size;
        uint64_t number; /* order of arrival */
};

struct run {
        FILE *file;
        struct pair head;
        uint8_t *at; /* key and data of the run's first pair that was not taken */
        size_t room;
        bool done;
};

struct sorter {
        char *directory;
        uint8_t *memory;
        size_t memory_max;
        size_t used;
        struct pair **order; /* pairs in memory, sorted at the end of a run */
        size_t order_room;
        size_t count;
        size_t taken; /* of order, when nothing was spilled */
        uint64_t added;
        uint64_t repeated;
        struct run *runs;
        uint32_t run_count;
        uint8_t *held; /* a copy of the pair handed out by a merge */
        size_t held_room;
};

enum ansa_err sorter_new(const char *directory, size_t memory_max, struct sorter **s)
{
        *s = calloc(1, sizeof(**s));
        if (*s == NULL)
                return ANSA_E_NO_MEMORY;
        (*s)->memory_max = memory_max;
        (*s)->directory = strdup(directory);
        (*s)->memory = malloc(memory_max);
        (*s)->runs = calloc(RUNS_MAX, sizeof(*(*s)->runs));
        if ((*s)->directory == NULL || (*s)->memory == NULL || (*s)->runs == NULL) {
                sorter_free(*s);
                *s = NULL;
                return ANSA_E_NO_MEMORY;
        }
        return ANSA_OK;
}

void sorter_free(struct sorter *s)
{
        if (s == NULL)
                return;
        for (uint32_t i = 0; i < s->run_count; i++) {
                if (s->runs[i].file != NULL)
                        (void)fclose(s->runs[i].file);
                free(s->runs[i].at);
        }
        free(s->runs);
        free(s->order);
        free(s->memory);
        free(s->held);
        free(s->directory);
        free(s);
}

static const uint8_t *octets_of(const struct pair *p)
{
        return (const uint8_t *)(p + 1);
}

static int compare_keys(const uint8_t *a, uint32_t a_size, const uint8_t *b, uint32_t b_size)
{
        int c = memcmp(a, b, a_size < b_size ? a_size : b_size);
        return c != 0 ? c : (a_size > b_size) - (a_size < b_size);
}

static int compare_pairs(const void *left, const void *right)
{
        const struct pair *a = *(struct pair *const *)left;
        const struct pair *b = *(struct pair *const *)right;
        int c = compare_keys(octets_of(a), a->key_size, octets_of(b), b->key_size);
        return c != 0 ? c : (a->number > b->number) - (a->number < b->number);
}

static void sort_memory(struct sorter *s)
{
        if (s->count > 1)
                qsort(s->order, s->count, sizeof(struct pair *), compare_pairs);
}

/* A file without a name: it is gone with the process, whatever happens. */
static FILE *open_unnamed(const char *directory)
{
        int fd = open(directory, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
        if (fd < 0) {
                char path[4096];
                int n = snprintf(path, sizeof(path), "%s/.sort-XXXXXX", directory);
                if (n < 0 || (size_t)n >= sizeof(path))
                        return NULL;
                fd = mkostemp(path, O_CLOEXEC);
                if (fd >= 0)
                        (void)unlink(path);
        }
        FILE *file = fd >= 0 ? fdopen(fd, "w+b") : NULL;
        if (file == NULL && fd >= 0)
                (void)close(fd);
        if (file != NULL)
                (void)setvbuf(file, NULL, _IOFBF, FILE_BUFFER);
        return file;
}

static enum ansa_err spill(struct sorter *s)
{
        if (s->run_count == RUNS_MAX)
                return ANSA_E_LIMIT;
        sort_memory(s);
        FILE *file = open_unnamed(s->directory);
        if (file == NULL)
                return ANSA_E_IO;
        s->runs[s->run_count++].file = file;
        for (size_t i = 0; i < s->count; i++) {
                const struct pair *p = s->order[i];
                size_t size = sizeof(*p) + p->key_size + p->data_size;
                if (fwrite(p, 1, size, file) != size)
                        return errno == ENOSPC ? ANSA_E_FULL : ANSA_E_IO;
        }
        s->count = 0;
        s->used = 0;
        return ANSA_OK;
}

static bool room_for_order(struct sorter *s)
{
        if (s->count < s->order_room)
                return true;
        size_t room = s->order_room == 0 ? 65536 : s->order_room * 2;
        struct pair **order = realloc(s->order, room * sizeof(struct pair *));
        if (order == NULL)
                return false;
        s->order = order;
        s->order_room = room;
        return true;
}

enum ansa_err sorter_add(struct sorter *s, struct ansa_bytes key, struct ansa_bytes data)
{
        if (key.size > UINT32_MAX / 2 || data.size > UINT32_MAX / 2)
                return ANSA_E_LIMIT;
        size_t size = sizeof(struct pair) + key.size + data.size;
        size = (size + sizeof(uint64_t) - 1) / sizeof(uint64_t) * sizeof(uint64_t);
        if (size > s->memory_max)
                return ANSA_E_LIMIT;
        if (size > s->memory_max - s->used) {
                enum ansa_err err = spill(s);
                if (err != ANSA_OK)
                        return err;
        }
        if (!room_for_order(s))
                return ANSA_E_NO_MEMORY;
        /* Aligned: memory comes from malloc and every pair is a multiple of eight. */
        struct pair *p = (struct pair *)(void *)(s->memory + s->used);
        *p = (struct pair){ (uint32_t)key.size, (uint32_t)data.size, s->added++ };
        memcpy(p + 1, key.at, key.size);
        if (data.size > 0)
                memcpy((uint8_t *)(p + 1) + key.size, data.at, data.size);
        s->order[s->count++] = p;
        s->used += size;
        return ANSA_OK;
}

/* The next pair of a run into its buffer. */
static enum ansa_err advance(struct run *r)
{
        size_t n = fread(&r->head, 1, sizeof(r->head), r->file);
        if (n == 0 && feof(r->file)) {
                r->done = true;
                return ANSA_OK;
        }
        size_t size = (size_t)r->head.key_size + r->head.data_size;
        if (n != sizeof(r->head))
                return ANSA_E_IO;
        if (size > r->room) {
                uint8_t *at = realloc(r->at, size);
                if (at == NULL)
                        return ANSA_E_NO_MEMORY;
                r->at = at;
                r->room = size;
        }
        return fread(r->at, 1, size, r->file) == size ? ANSA_OK : ANSA_E_IO;
}

enum ansa_err sorter_finish(struct sorter *s)
{
        if (s->run_count == 0) {
                sort_memory(s);
                return ANSA_OK;
        }
        enum ansa_err err = s->count > 0 ? spill(s) : ANSA_OK;
        free(s->memory); /* the merge needs none of it */
        s->memory = NULL;
        for (uint32_t i = 0; err == ANSA_OK && i < s->run_count; i++) {
                if (fflush(s->runs[i].file) != 0)
                        return errno == ENOSPC ? ANSA_E_FULL : ANSA_E_IO;
                rewind(s->runs[i].file);
                err = advance(&s->runs[i]);
        }
        return err;
}

static int compare_runs(const struct run *a, const struct run *b)
{
        int c = compare_keys(a->at, a->head.key_size, b->at, b->head.key_size);
        return c != 0 ? c : (a->head.number > b->head.number) - (a->head.number < b->head.number);
}

static struct run *least_run(struct sorter *s)
{
        struct run *least = NULL;
        for (uint32_t i = 0; i < s->run_count; i++) {
                struct run *r = &s->runs[i];
                if (!r->done && (least == NULL || compare_runs(r, least) < 0))
                        least = r;
        }
        return least;
}

static enum ansa_err hold(struct sorter *s, const struct pair *head, const uint8_t *at)
{
        size_t size = (size_t)head->key_size + head->data_size;
        if (size > s->held_room) {
                uint8_t *held = realloc(s->held, size);
                if (held == NULL)
                        return ANSA_E_NO_MEMORY;
                s->held = held;
                s->held_room = size;
        }
        memcpy(s->held, at, size);
        return ANSA_OK;
}

static enum ansa_err next_merged(struct sorter *s, struct ansa_bytes *key, struct ansa_bytes *data)
{
        struct run *least = least_run(s);
        if (least == NULL)
                return ANSA_E_NOT_FOUND;
        struct pair head;
        for (;;) {
                head = least->head;
                enum ansa_err err = hold(s, &head, least->at);
                if (err == ANSA_OK)
                        err = advance(least);
                if (err != ANSA_OK)
                        return err;
                /* The pair after it may have the same key: then the later one wins. */
                least = least_run(s);
                if (least == NULL ||
                    compare_keys(least->at, least->head.key_size, s->held, head.key_size) != 0)
                        break;
                s->repeated++;
        }
        *key = (struct ansa_bytes){ s->held, head.key_size };
        *data = (struct ansa_bytes){ s->held + head.key_size, head.data_size };
        return ANSA_OK;
}

static bool same_key(const struct pair *a, const struct pair *b)
{
        return compare_keys(octets_of(a), a->key_size, octets_of(b), b->key_size) == 0;
}

enum ansa_err sorter_next(struct sorter *s, struct ansa_bytes *key, struct ansa_bytes *data)
{
        *key = (struct ansa_bytes){ 0 };
        *data = (struct ansa_bytes){ 0 };
        if (s->run_count > 0)
                return next_merged(s, key, data);
        while (s->taken + 1 < s->count && same_key(s->order[s->taken], s->order[s->taken + 1])) {
                s->taken++;
                s->repeated++;
        }
        if (s->taken == s->count)
                return ANSA_E_NOT_FOUND;
        const struct pair *p = s->order[s->taken++];
        *key = (struct ansa_bytes){ octets_of(p), p->key_size };
        *data = (struct ansa_bytes){ octets_of(p) + p->key_size, p->data_size };
        return ANSA_OK;
}

uint64_t sorter_repeated(const struct sorter *s)
{
        return s->repeated;
}
