/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs a fuzz target over the files of its corpus folder, each whole and cut at every
 * length, from heap copies of exactly that size so that a sanitizer sees a read past the end.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define INPUT_MAX 65536u
#define CUTS_MAX  2048u /* prefixes of one file, spread over its length */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void run_copy(const uint8_t *data, size_t size)
{
        uint8_t *copy = malloc(size > 0 ? size : 1);
        if (copy == NULL)
                abort();
        memcpy(copy, data, size);
        (void)LLVMFuzzerTestOneInput(copy, size);
        free(copy);
}

static int run_file(const char *folder, const char *name)
{
        static uint8_t data[INPUT_MAX];
        char path[4096];
        (void)snprintf(path, sizeof(path), "%s/%s", folder, name);
        FILE *file = fopen(path, "rb");
        if (file == NULL) {
                perror(path);
                return 1;
        }
        size_t size = fread(data, 1, sizeof(data), file);
        (void)fclose(file);
        size_t step = size / CUTS_MAX + 1;
        for (size_t cut = 0; cut < size; cut += step)
                run_copy(data, cut);
        run_copy(data, size);
        return 0;
}

int main(int argc, char **argv)
{
        if (argc != 2)
                return 2;
        DIR *folder = opendir(argv[1]);
        if (folder == NULL) {
                perror(argv[1]);
                return 1;
        }
        int failed = 0;
        unsigned files = 0;
        for (struct dirent *e = readdir(folder); e != NULL; e = readdir(folder)) {
                if (e->d_name[0] == '.')
                        continue;
                failed |= run_file(argv[1], e->d_name);
                files++;
        }
        (void)closedir(folder);
        printf("%u files\n", files);
        return files == 0 || failed; /* an empty corpus tests nothing */
}
