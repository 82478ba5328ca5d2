#include "tests/lib/scratch.h"

#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"

enum { DESCRIPTORS = 8, FILE_MAX = 1 << 24 };

char *scratch_make(void)
{
    const char *top = getenv("TMPDIR");
    char *path = mem_print("%s/suanyu-test-XXXXXX", top ? top : "/tmp");
    assert_non_null(mkdtemp(path));
    return path;
}

static int remove_one(const char *path, const struct stat *info, int flag, struct FTW *walk)
{
    (void)info;
    (void)flag;
    (void)walk;
    return remove(path);
}

void scratch_remove(char *path)
{
    if (path) {
        (void)nftw(path, remove_one, DESCRIPTORS, FTW_DEPTH | FTW_PHYS);
        mem_free(path);
    }
}

char *scratch_path(const char *folder, const char *name)
{
    return mem_print("%s/%s", folder, name);
}

void scratch_write(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

char *scratch_read(const char *path)
{
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    char *text = mem_alloc(FILE_MAX);
    size_t len = fread(text, 1, FILE_MAX - 1, file);
    assert_int_equal(fclose(file), 0);
    return mem_grow(text, len + 1, 1);
}
