/* The keeper of the table of pools of one zone: brings it in line with each commit, and publishes versions.
 *
 * Belongs to whoever writes the zone (its thread); readers call pools_keeper_read alone. Only what a commit
 * changed is made anew: a block header, the columns that differ, the root. What no reader can see any more
 * goes after a grace period. It is the zone's, and goes with it. */
#pragma once

#include "sched/choose/pools.h"
#include "zones/zone_edit.h"

struct pools_keeper;

/* Give a zone a keeper without a table yet, in the place of what was attached before. The zone's writer, or before
 * the zone is published. Shape: the zone's, borrowed until another one is attached or the zone goes. Units: none.
 * Errors: aborts without memory. Source: none. */
struct pools_keeper *pools_keeper_attach(struct zone *zone);

/* The keeper of a zone, or NULL when it has none: find names and CPOL mean nothing there. Any thread.
 * Shape: borrowed until the read section ends. Units: none. Errors: NULL. Source: none. */
struct pools_keeper *pools_keeper_of(const struct zone *zone);

/* The newest table, or NULL while there is none yet. Shape: keeper may be NULL; borrowed until the read section
 * ends. Units: none. Errors: NULL. Source: none. */
const struct pools *pools_keeper_read(const struct pools_keeper *keeper);

/* Make the table of a whole zone as it is published now. The zone's writer. Shape: of a keeper that has none yet.
 * Units: none. Errors: none: malformed records count as absent. Source: docs/records.md. */
void pools_keeper_build(struct pools_keeper *keeper, const struct zone *zone);

/* Bring the table in line with an edit whose commit comes next: published at once, so a reader who sees the
 * zone's next version sees this table or a newer one. Nothing while there is no table.
 * Shape: edit of the zone, complete. Units: none. Errors: none. Source: none. */
void pools_keeper_apply(struct pools_keeper *keeper, struct zone_edit *edit);
