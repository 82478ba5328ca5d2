/* How much heap the process uses: to see that memory comes back without the end of the process.
 *
 * Freed memory that the allocator keeps ready for a thread may count as used: compare by hundreds
 * of kilobytes. Any thread. */
#pragma once

#include <stddef.h>

/* Octets in use. Shape: none. Units: octets. Errors: none. Source: mallinfo2, or the sanitizer. */
size_t heap_used(void);
