/* Names and regions that mean something to the table of pools: what `near-` may name is told by a look-up, so that
 * asking for what is nowhere costs nothing.
 *
 * Counts by hash; belongs to the table's writer, readers hold the map. */
#pragma once

#include "sched/choose/pools_form.h"
#include "sched/choose/pools_map.h"

/* What there is of a hash. */
struct pools_reach {
    uint32_t centres; /* that have this name, or lie in this region */
    uint32_t paths;   /* that lead to this name or region */
};

/* Count a centre in place of another one. Shape: either may be NULL; *map may become another one. Units: none.
 * Errors: aborts without memory. Source: none. */
void pools_reach_change(struct pools_turn *turn, struct pools_map **map,
                        const struct pools_centre *old, const struct pools_centre *centre);

/* What there is of a hash in a table, or in none. Shape: none. Units: none. Errors: zeros. Source: none. */
struct pools_reach pools_reach_of(const struct pools *pools, uint64_t hash);
