/* How old a held secondary zone is, across restarts: the store remembers when a primary last said that
 * it is the newest.
 *
 * The writer's thread, or before it starts. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "server/held.h"

/* Hold nothing of a secondary zone: the store has it not, or damaged; it is fetched.
 * Shape: name wire form; what was loaded of it is given up. Units: none. Errors: none. Source: none. */
void held_secondary_empty(struct held *held, const uint8_t *name, const struct hash_key *key);

/* Begin with those zones that are secondaries, each from the store or empty: it is as old as the
 * store says, and served if it is young enough. A zone without a time was our own until now: it
 * counts as new. A state that has its zone already is left alone.
 * Shape: none. Units: zones. Errors: none. Source: RFC 1035 3.3.13. */
void held_secondary_begin(struct zone_store *store, const struct clock *clock, struct held *zones,
                          size_t count);

/* Put another zone in the place of the one that is held, in the store: no difference leads from one to
 * the other, and the journal begins anew.
 * Shape: held is a secondary; takes a reference of its own; no edit is under way. Units: none. Errors:
 * the store's, nothing is changed then. Source: none. */
int held_secondary_replace(struct zone_store *store, const struct clock *clock, struct held *held,
                           struct zone *zone);

/* Let the store know the time, if what it has is behind by some minutes, or by a part of the zone's
 * EXPIRE: each refresh does not cost a write, and a restart makes no data younger.
 * Shape: held is a secondary. Units: UNIX s. Errors: the store's. Source: docs/store.md. */
int held_secondary_store_time(struct zone_store *store, const struct held *held,
                              int64_t refreshed_s);
