/* Sorted: an ordered set of pointers, in chunks, for lists that change by one and are read from
 * their start.
 *
 * The set does not own what it points to; the order is the compare function's and must not change
 * while a pointer is inside. Insert, remove and find touch one chunk (O(log n + chunk)). One
 * thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct sorted_chunk;

struct sorted {
    int (*compare)(const void *a, const void *b);
    struct sorted_chunk **chunks; /* in order, none empty */
    size_t chunk_count;
    size_t chunk_room;
    size_t count; /* pointers in all chunks */
};

/* Prepare an empty set. Shape: compare as qsort's, on the pointers. Units: none. Errors: none.
 * Source: none. */
void sorted_init(struct sorted *set, int (*compare)(const void *a, const void *b));

/* Free the set, not the elements. Shape: none. Units: none. Errors: none. Source: none. */
void sorted_finish(struct sorted *set);

/* Insert; false when an equal one is there already. Shape: borrowed. Units: none. Errors: false.
 * Source: none. */
bool sorted_add(struct sorted *set, void *item);

/* Take the element equal to key out and return it, or NULL. Shape: none. Units: none. Errors:
 * NULL. Source: none. */
void *sorted_remove(struct sorted *set, const void *key);

/* The element equal to key, or NULL. Shape: borrowed. Units: none. Errors: NULL. Source: none. */
void *sorted_find(const struct sorted *set, const void *key);

/* Call visit in order until it returns false. visit must not change the set.
 * Shape: context is passed through. Units: none. Errors: none. Source: none. */
void sorted_walk(const struct sorted *set, bool (*visit)(void *item, void *context), void *context);

/* As sorted_walk, but begin at the first element that is not before key.
 * Shape: key as for sorted_find. Units: none. Errors: none. Source: none. */
void sorted_walk_from(const struct sorted *set, const void *key,
                      bool (*visit)(void *item, void *context), void *context);
