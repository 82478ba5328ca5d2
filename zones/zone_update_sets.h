/* The value-dependent prerequisites of one update: its records are gathered, and then each name and
 * type that was given must own exactly those records.
 *
 * Belongs to one message under way. Bounded: octets by an arena, work by sorting both sides. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "zones/zone_edit.h"

struct zone_update_sets {
    struct zone_update_sets_record *records; /* their octets are in arena */
    size_t count, room;
    struct arena arena;
};

/* Prepare an empty one. Shape: ended by zone_update_sets_finish. Units: octets of names and RDATA in
 * all. Errors: none. Source: none. */
void zone_update_sets_init(struct zone_update_sets *sets, size_t octets_max);

/* Add one record. Shape: owner lower-case wire form, stored RDATA; both are copied. Units: octets.
 * Errors: false when they are too many. Source: RFC 2136 2.4.2. */
bool zone_update_sets_add(struct zone_update_sets *sets, const uint8_t *owner, uint16_t type,
                          const uint8_t *rdata, size_t len);

/* True when every set is what the zone has; order, TTL and repeated records do not matter.
 * Shape: sorts the records. Units: none. Errors: false. Source: RFC 2136 3.2.3, 3.2.5. */
bool zone_update_sets_hold(struct zone_update_sets *sets, struct zone_edit *edit);

/* Free. Shape: none. Units: none. Errors: none. Source: none. */
void zone_update_sets_finish(struct zone_update_sets *sets);
