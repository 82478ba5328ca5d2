#include "tests/lib/guard.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* The mapping is: one page that holds its own size | pages with the data, right-aligned | one
 * unmapped page. The page before the one that a copy points into is therefore always the first one,
 * also when the copy is empty and points to the unmapped page. */

static size_t page_size(void)
{
    return (size_t)sysconf(_SC_PAGESIZE);
}

static void give_up(const char *what)
{
    perror(what);
    abort();
}

const void *guard_copy(const void *data, size_t len)
{
    const size_t page = page_size();
    const size_t held = (len + page - 1) / page * page;
    const size_t total = page + held + page;

    uint8_t *map = mmap(NULL, total, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (map == MAP_FAILED) {
        give_up("guard_copy: mmap");
    }
    memcpy(map, &total, sizeof(total));
    uint8_t *copy = map + page + held - len;
    if (len > 0) {
        memcpy(copy, data, len);
    }
    if (mprotect(map, page + held, PROT_READ) != 0 ||
        mprotect(map + page + held, page, PROT_NONE) != 0) {
        give_up("guard_copy: mprotect");
    }
    return copy;
}

void guard_free(const void *copy)
{
    if (copy == NULL) {
        return;
    }
    const size_t page = page_size();
    const uintptr_t first = (uintptr_t)copy / page * page - page;
    void *map = (void *)first;
    size_t total;
    memcpy(&total, map, sizeof(total));
    if (munmap(map, total) != 0) {
        give_up("guard_free: munmap");
    }
}
