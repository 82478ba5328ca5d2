/* How much heap the process uses: to see that memory comes back without the end of the process.
 *
 * Freed memory that the allocator keeps ready for a thread may count as used: compare by hundreds
 * of kilobytes. Any thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* Octets in use. Shape: none. Units: octets. Errors: none. Source: mallinfo2, or the sanitizer. */
size_t heap_used(void);

/* True when a sanitizer keeps the heap: it gives nothing back. Shape: none. Units: none. Errors: none.
 * Source: none. */
bool heap_is_of_sanitizer(void);
