/* Comparing the store with a zone in memory: after a failure what is on disk may be older or newer than
 * what was acknowledged.
 *
 * Rows and the journal's tail are read, not every name: no page may be touched for nothing on a disk that
 * has just failed. The store belongs to the writer's thread. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "zones/zone_store.h"

/* Has the store a zone exactly as its holder: the row, and each change set that the names may lack?
 * Shape: *out_seq is the last change set that the store knows of, 0 when it does not have the zone.
 * Units: none. Errors: the store's. Source: docs/store.md. */
int zone_store_compare(struct zone_store *store, const struct zone *zone,
                       const struct zone_store_state *state, bool *out_same, uint64_t *out_seq);
