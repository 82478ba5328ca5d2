/* Allocation failure on demand: the n-th allocation from now on, in this thread, returns NULL
 * (once). Works on malloc, calloc, realloc, reallocarray, aligned_alloc, posix_memalign, strdup and
 * strndup as called from our own objects (the linker's --wrap, set in cmake/tests.cmake); libraries
 * are not touched. Use: for (n = 1;; n++) { fail_after(n); act(); if (!fail_stop()) break; check; }
 * The state belongs to the calling thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* Arm: let the n-th allocation from now on fail; 1 is the next one, 0 disarms.
 * Shape: none. Units: n in allocations. Errors: none. Source: none. */
void fail_after(size_t n);

/* Disarm, and say whether the failure happened since fail_after(); false means that the code under
 * test needed fewer allocations, so a loop over n is done.
 * Shape: none. Units: none. Errors: none. Source: none. */
bool fail_stop(void);
