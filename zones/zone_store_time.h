/* When a secondary zone was last known to be the newest, in the store, so that a restart does not
 * make old data young.
 *
 * Each call is a transaction of its own; the writer's thread, between group commits. */
#pragma once

#include <stdint.h>

#include "zones/zone_store.h"

/* The time of a zone, 0 when the store has none or can not be read.
 * Shape: name wire form. Units: UNIX s. Errors: 0. Source: docs/store.md. */
int64_t zone_store_time_get(struct zone_store *store, const uint8_t *name);

/* Write it; it goes with the zone. Shape: name wire form. Units: UNIX s. Errors: the store's.
 * Source: docs/store.md. */
int zone_store_time_put(struct zone_store *store, const uint8_t *name, int64_t time_s);
