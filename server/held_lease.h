/* The leases of a held zone: from the store at start, and out of the zone when they end.
 *
 * The writer's thread only, or before it starts. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "server/held.h"

/* Whole seconds of the clock that nobody sets. Shape: none. Units: s. Errors: none. Source: none. */
int64_t held_lease_now(const struct clock *clock);

/* Make a zone's leases, and read what the store has of them; none ends before one refresh interval from
 * now, since nobody could refresh while we were down.
 * Shape: held->zone and held->state are there. Units: none. Errors: ERR_STORE_CORRUPT, the store's.
 * Source: threats row 50. */
int held_lease_load(struct held *held, struct zone_store *store, const struct clock *clock);

/* Write all leases of a zone in place of what the store has of them: it may know of a group that failed,
 * or of none after a whole save.
 * Shape: no group is open. Units: none. Errors: the store's. Source: threats row 53. */
int held_lease_save(struct held *held, struct zone_store *store);

/* End all leases in the group under way; their records stay, as far as they do. Shape: none. Units: none.
 * Errors: none. Source: none. */
void held_lease_end(struct held *held);

/* Take the records of some leases that are due out of the zone's edit, for held_commit. A load that no
 * longer fits what is left of its pool goes with that; the apex keeps its last NS, for good.
 * Shape: at most max leases; returns how many. Units: leases. Errors: none. Source: RFC 9664 6, RFC
 * 2136 3.4.2.4. */
size_t held_lease_expire(struct held *held, int64_t now_s, size_t max);
