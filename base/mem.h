/* Heap memory for bounded data: start-up structures and what has a limit of its own. These abort
 * when memory is out, so callers need no error path. What a peer can make grow uses an arena or a
 * counted limit instead. Everything returned is the caller's and goes back through mem_free. Any
 * thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* Allocate zeroed memory; size 0 gives one octet.
 * Shape: max-aligned. Units: octets. Errors: aborts when out of memory. Source: none. */
void *mem_alloc(size_t size) __attribute__((malloc, returns_nonnull));

/* Resize; old may be NULL; the new tail is not zeroed. Fails (aborts) also when count * size
 * overflows.
 * Shape: array of count elements. Units: size in octets. Errors: aborts. Source: none. */
void *mem_grow(void *old, size_t count, size_t size) __attribute__((returns_nonnull));

/* Copy octets into new memory. Shape: len octets. Units: octets. Errors: aborts. Source: none. */
void *mem_copy(const void *data, size_t len) __attribute__((malloc, returns_nonnull));

/* Copy a terminated text. Shape: terminated. Units: none. Errors: aborts. Source: none. */
char *mem_text(const char *text) __attribute__((malloc, returns_nonnull));

/* Print into new memory. Shape: printf format. Units: none. Errors: aborts. Source: none. */
char *mem_print(const char *format, ...)
    __attribute__((format(printf, 1, 2), malloc, returns_nonnull));

/* True when the process may have so many octets of addresses more, mapped or not.
 * Shape: none. Units: octets. Errors: false. Source: RLIMIT_AS of getrlimit(2). */
bool mem_has_addresses(size_t octets);

/* Return what is free to the system, after something large has gone. Shape: none. Units: none. Errors:
 * none. Source: malloc_trim(3). */
void mem_trim(void);

/* Give back; NULL is accepted. Shape: none. Units: none. Errors: none. Source: none. */
void mem_free(void *memory);
