/* Arena: memory of one request (a query, a file to load), released all at once.
 *
 * Grows in blocks up to a hard limit given at init; over it allocations return NULL and the arena
 * remembers that it overflowed (sticky), so that a caller may check once at the end. Owned by one
 * thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct arena_block;

struct arena {
    struct arena_block *head; /* newest block; each points to the one before */
    size_t used;              /* octets handed out from head */
    size_t total;             /* octets in all blocks */
    size_t limit;             /* largest total */
    bool overflowed;
};

/* Prepare an empty arena. Shape: none. Units: limit in octets. Errors: none. Source: none. */
void arena_init(struct arena *arena, size_t limit);

/* Take size octets, zeroed, 16-aligned. NULL over the limit (then arena->overflowed).
 * Shape: valid until reset or finish. Units: octets. Errors: NULL. Source: none. */
void *arena_take(struct arena *arena, size_t size);

/* Copy octets in; a 0 octet follows the copy.
 * Shape: len octets and a terminator. Units: octets. Errors: NULL over the limit. Source: none. */
void *arena_copy(struct arena *arena, const void *data, size_t len);

/* Forget all content, keep the newest block for reuse. Shape: none. Units: none. Errors: none.
 * Source: none. */
void arena_reset(struct arena *arena);

/* Free all blocks. Shape: none. Units: none. Errors: none. Source: none. */
void arena_finish(struct arena *arena);
