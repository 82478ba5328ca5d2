/* One turn of whoever writes the table of pools: what it makes new is its own until the turn ends, what it
 * replaces is freed after the last reader of it has gone.
 *
 * Each object begins with the number of the turn that made it (uint64_t), set here: with the present number it
 * may be changed in place, with another one it is copied first. A turn that never ends is for what has no
 * readers. The writer's thread.
 * Prefix: pools_ */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pools_waste;

struct pools_turn {
    uint64_t number; /* from 1 */
    bool changed;    /* something was made in this turn */
    struct pools_waste *waste;
};

/* A list of pointers that readers may hold: they see as many as they knew when they took it. */
struct pools_list {
    uint64_t made;
    size_t room;
    const void *items[];
};

/* Memory of this turn, zeroed but for its number. Shape: for pools_turn_drop. Units: octets. Errors: aborts
 * without memory. Source: none. */
void *pools_turn_make(struct pools_turn *turn, size_t size);

/* What may be changed: the object itself when it is of this turn, else a copy in its place.
 * Shape: size octets are kept; when room is larger the object may move, and the rest is zeroed. Units: octets.
 * Errors: aborts without memory. Source: none. */
void *pools_turn_own(struct pools_turn *turn, void *object, size_t size, size_t room);

/* Give an object up; NULL is accepted. Shape: none. Units: none. Errors: none. Source: none. */
void pools_turn_drop(struct pools_turn *turn, void *object);

/* Put a pointer into a list, which grows as needed; *list is NULL at first.
 * Shape: the item is not owned. Units: none. Errors: aborts without memory. Source: none. */
void pools_turn_put(struct pools_turn *turn, struct pools_list **list, size_t at, const void *item);

/* End the turn, after what it made was published. Shape: none. Units: none. Errors: none. Source: none. */
void pools_turn_end(struct pools_turn *turn);
