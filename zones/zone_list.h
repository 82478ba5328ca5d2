/* The names of one version of a zone in order.
 *
 * Of a pinned version, by any thread that may walk the zone. */
#pragma once

#include "zones/zone.h"

/* All existing nodes of a pinned version that own records, in canonical order of names.
 * Shape: *out_nodes is an array for mem_free, nodes borrowed from the pin. Units: names. Errors:
 * aborts.
 * Source: RFC 4034 6.1. */
size_t zone_list(const struct zone *zone, uint64_t version, const struct zone_node ***out_nodes);
