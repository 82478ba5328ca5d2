/* A plain main for a fuzz door: runs its corpus without libFuzzer, with any compiler.
 * Each argument is a file or a folder of files. Every input is given whole and then cut short at
 * each length, from a buffer that ends at an unmapped page. An empty corpus is an error: it tests
 * nothing. */
#include "tests/lib/guard.h"

#include <dirent.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
    INPUT_MAX = 1 << 20, /* octets of one seed that are read */
    CUTS_MAX = 1024,     /* octets up to which each shorter length is tried, too */
};

static uint8_t input[INPUT_MAX];

static void give(size_t size)
{
    const void *copy = guard_copy(input, size);
    LLVMFuzzerTestOneInput(copy, size);
    guard_free(copy);
}

static int replay_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        perror(path);
        return -1;
    }
    const size_t size = fread(input, 1, sizeof(input), file);
    const int failed = ferror(file);
    fclose(file);
    if (failed) {
        fprintf(stderr, "%s: cannot be read\n", path);
        return -1;
    }
    give(size);
    for (size_t cut = 0; cut < size && cut < CUTS_MAX; cut++) {
        give(cut);
    }
    return 1;
}

/* The number of inputs replayed, or -1. */
static int replay_folder(const char *path)
{
    struct dirent **entries;
    const int count = scandir(path, &entries, NULL, alphasort);
    if (count < 0) {
        perror(path);
        return -1;
    }
    int done = 0;
    for (int i = 0; i < count; i++) {
        char name[4096];
        const int len = snprintf(name, sizeof(name), "%s/%s", path, entries[i]->d_name);
        struct stat st;
        if (done >= 0 && len < (int)sizeof(name) && stat(name, &st) == 0 && S_ISREG(st.st_mode)) {
            done = replay_file(name) < 0 ? -1 : done + 1;
        }
        free(entries[i]);
    }
    free(entries);
    return done;
}

int main(int argc, char **argv)
{
    int total = 0;
    for (int i = 1; i < argc; i++) {
        struct stat st;
        const bool folder = stat(argv[i], &st) == 0 && S_ISDIR(st.st_mode);
        const int done = folder ? replay_folder(argv[i]) : replay_file(argv[i]);
        if (done < 0) {
            return EXIT_FAILURE;
        }
        total += done;
    }
    printf("%d inputs replayed\n", total);
    if (total == 0) {
        fprintf(stderr, "%s: no seeds: put some into the folder\n", argc > 1 ? argv[1] : argv[0]);
        return EXIT_FAILURE;
    }
    return EXIT_SUCCESS;
}
