/* A name looked up in a zone, for those who have the name alone: not what is asked by queries, which hash their
 * names once for all zones.
 *
 * Of a version that the caller may read. */
#pragma once

#include "zones/zone.h"

/* The node of a name in a version, or NULL when the name is not in the zone. Shape: owner lower-case wire form;
 * borrowed as zone_get. Units: none. Errors: NULL. Source: none. */
const struct zone_node *zone_get_name(const struct zone *zone, uint64_t version,
                                      const uint8_t *owner);
