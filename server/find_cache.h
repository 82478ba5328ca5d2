/* The cache of one worker: blocks of octets in a ring of fixed size, found by keys of 64 bits.
 *
 * The oldest block makes room for a new one, but what was asked for since it was written is written again (a
 * bounded number at a time), so a flood of new keys does not push out what is in use. Keys are keyed hashes
 * (base/hash.h), so nobody outside can make two meet; none is 0. One thread; allocated once. */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct find_cache;

/* Make a cache that takes so many octets in all, its index included.
 * Shape: ended by find_cache_destroy. Units: octets, at least 4096. Errors: aborts without memory.
 * Source: none. */
struct find_cache *find_cache_create(size_t octets);

/* Free; NULL is accepted. Shape: none. Units: none. Errors: none. Source: none. */
void find_cache_destroy(struct find_cache *cache);

/* Forget everything. Shape: none. Units: none. Errors: none. Source: none. */
void find_cache_clear(struct find_cache *cache);

/* The block of a key, or NULL; it counts as in use. Shape: aligned to 16, may be changed in place, borrowed
 * until the next find_cache_put. Units: none. Errors: NULL. Source: none. */
void *find_cache_get(struct find_cache *cache, uint64_t key);

/* Keep a copy of len octets under a key, in place of what it had; NULL when it is longer than an eighth of the
 * ring: then nothing is kept.
 * Shape: as find_cache_get. Units: octets. Errors: NULL. Source: none. */
void *find_cache_put(struct find_cache *cache, uint64_t key, const void *data, size_t len);

/* Let another key lead to the block of a key, too, for as long as it stays where it is. Shape: none. Units: none.
 * Errors: none: nothing when the key has no block. Source: none. */
void find_cache_link(struct find_cache *cache, uint64_t other, uint64_t key);

/* Forget a key and its block. Shape: none. Units: none. Errors: none: nothing when it has none. Source: none. */
void find_cache_drop(struct find_cache *cache, uint64_t key);
