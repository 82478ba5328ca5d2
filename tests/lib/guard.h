/* Guard pages for parser tests: a copy of the input that ends exactly at an unmapped page, so that
 * reading one octet too far ends the test with SIGSEGV, with or without a sanitizer.
 * The copy is read-only: a parser that writes into its input ends the same way.
 * The caller owns the copy and gives it back with guard_free(). Any thread. */
#pragma once

#include <stddef.h>

/* Copy len octets so that the octet after the last one is unmapped.
 * Shape:  data is any octets (may be NULL when len is 0); the result has no alignment and is not
 * terminated. Units:  len in octets; 0 gives a pointer to the unmapped page itself. Errors: none;
 * ends the test program when the system gives no pages. Source: none. */
const void *guard_copy(const void *data, size_t len);

/* Unmap a copy.
 * Shape:  copy is what guard_copy() returned, or NULL.
 * Units:  none.
 * Errors: none.
 * Source: none. */
void guard_free(const void *copy);
