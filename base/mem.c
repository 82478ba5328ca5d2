#include "base/mem.h"

#include <malloc.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/check.h"

void *mem_alloc(size_t size)
{
    void *memory = calloc(1, size ? size : 1);
    CHECK(memory);
    return memory;
}

void *mem_grow(void *old, size_t count, size_t size)
{
    size_t total;
    CHECK(!__builtin_mul_overflow(count, size, &total));
    void *memory = realloc(old, total ? total : 1);
    CHECK(memory);
    return memory;
}

void *mem_copy(const void *data, size_t len)
{
    void *memory = malloc(len ? len : 1);
    CHECK(memory);
    if (len > 0) {
        memcpy(memory, data, len);
    }
    return memory;
}

char *mem_text(const char *text)
{
    return mem_copy(text, strlen(text) + 1);
}

char *mem_print(const char *format, ...)
{
    char *text = NULL;
    va_list args;
    va_start(args, format);
    int len = vasprintf(&text, format, args);
    va_end(args);
    CHECK(len >= 0 && text);
    return text;
}

bool mem_has_addresses(size_t octets)
{
    void *place = mmap(NULL, octets, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (place == MAP_FAILED) {
        return false;
    }
    munmap(place, octets);
    return true;
}

void mem_trim(void)
{
    malloc_trim(0);
}

void mem_free(void *memory)
{
    free(memory);
}
