/* A map from keyed hashes to numbers that readers hold while the writer changes it: buckets are replaced, never
 * changed under a reader.
 *
 * Keys are hashes of the process's key: two things of one hash do not occur, and would only hide each other. The
 * map belongs to its writer; a reader keeps the root that he was given. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/hash.h"
#include "sched/choose/pools_turn.h"

struct pools_map;

/* Make an empty map. Shape: ended by pools_map_destroy. Units: none. Errors: aborts without memory.
 * Source: none. */
struct pools_map *pools_map_create(struct pools_turn *turn);

/* Free it at once, not what its numbers stand for; NULL is accepted. Shape: none. Units: none. Errors: none.
 * Source: none. */
void pools_map_destroy(struct pools_map *map);

/* Give it up, not what its numbers stand for. Shape: none. Units: none. Errors: none. Source: none. */
void pools_map_drop(struct pools_turn *turn, struct pools_map *map);

/* The number of a key; false when it has none. Any thread. Shape: none. Units: none. Errors: false.
 * Source: none. */
bool pools_map_find(const struct pools_map *map, uint64_t key, uint64_t *out_value);

/* Give a key a number. Shape: *map may become another one. Units: none. Errors: aborts without memory.
 * Source: none. */
void pools_map_put(struct pools_turn *turn, struct pools_map **map, uint64_t key, uint64_t value);

/* Take a key out, if it is there. Shape: as pools_map_put. Units: none. Errors: none. Source: none. */
void pools_map_remove(struct pools_turn *turn, struct pools_map **map, uint64_t key);

/* Visit all, in no order; visit must not change the map. Shape: none. Units: none. Errors: none.
 * Source: none. */
void pools_map_each(const struct pools_map *map,
                    void (*visit)(void *context, uint64_t key, uint64_t value), void *context);

/* The key of a whole name. Shape: wire form, lower case. Units: none. Errors: none. Source: none. */
uint64_t pools_map_name(const struct hash_key *key, const uint8_t *name);
