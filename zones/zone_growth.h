/* Growth: by how much the changes of an edit make a zone larger, for a store that is nearly full. Pure;
 * the edit is borrowed, in its writer's thread. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "zones/zone_edit.h"

enum { ZONE_GROWTH_SLACK = 256 }; /* octets that replaced records may be longer */

/* Published version against edit; below zero when it shrinks. */
struct zone_growth {
    int64_t records, octets;
};

/* Measure all changes of an edit. Shape: see struct. Units: records, octets of memory. Errors: none.
 * Source: none. */
struct zone_growth zone_growth_of(struct zone_edit *edit);

/* True when what came between two measurements adds records, or makes them longer by more than a little:
 * a load report that takes the place of the last one does not.
 * Shape: none. Units: none. Errors: none. Source: threats row 54. */
bool zone_growth_is_more(const struct zone_growth *before, const struct zone_growth *after);
