/* Held pools: the table of pools of a held zone, which goes with the zone (sched/choose/pools_keeper.h) and
 * follows each of its commits.
 *
 * The writer's thread, or before it starts. Readers come by the zone. */
#pragma once

#include <stdbool.h>

#include "zones/zone_edit.h"

/* Give a zone the keeper of its table, or take it away, as the configuration wants.
 * Shape: returns true while the table is still to be made. Units: none. Errors: aborts without memory.
 * Source: none. */
bool held_pools_attach(struct zone *zone, bool is_wanted);

/* Make the table of a zone that has none yet; false when there is nothing to do. Shape: none. Units: none. Errors:
 * aborts without memory. Source: none. */
bool held_pools_build(const struct zone *zone);

/* Bring the table in line with an edit that is on disk and is committed next. Shape: none. Units: none. Errors:
 * aborts without memory. Source: docs/store.md. */
void held_pools_apply(const struct zone *zone, struct zone_edit *edit);

/* True when names below `find` are computed in a zone: it has a table, and a centre in it. Shape: none. Units: none.
 * Errors: none. Source: docs/records.md. */
bool held_pools_has_find(const struct zone *zone);

/* A zone comes in the place of another one: with its table made, when that one had it, so that there are answers
 * at each time. Shape: before the new one is published. Units: none. Errors: aborts without memory. Source: none. */
void held_pools_replace(const struct zone *old, struct zone *zone);
