/* What the server writes into a zone by itself, out of what centres publish: PTR lists of pools for
 * DNS-SD browsing, and TXT mirrors of centres and pools. Always in the same version as its sources.
 *
 * A centre is a name with CENTRE, a pool a name with CRES directly below a centre. The index
 * belongs to the zone's writer and holds the ordered sets that the lists are cut from; they are
 * built at the first change. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "zones/zone_edit.h"

struct zone_index;

/* Make the index of a zone; max is the most members that a list shows.
 * Shape: zone name copied. Units: records. Errors: aborts without memory. Source: none. */
struct zone_index *zone_index_create(const uint8_t *zone_name, unsigned max);

/* Free; NULL is accepted. Shape: none. Units: none. Errors: none. Source: none. */
void zone_index_destroy(struct zone_index *index);

/* True when a name is of the server's own: `_pool.<centre>`, `_compute._tcp` and its subtypes. Nobody else
 * writes there.
 * Shape: lower-case wire names. Units: none. Errors: none. Source: docs/records.md. */
bool zone_index_is_name(const uint8_t *zone_name, const uint8_t *owner);

/* Bring lists and mirrors in line with everything that the edit has changed so far; once, right
 * before the commit.
 * Shape: edit of this index's zone. Units: none. Errors: zone_edit_set's, but a name that
 * has no room for a TXT goes without. Source: docs/records.md, RFC 6763 sections 4 and 6. */
int zone_index_apply(struct zone_index *index, struct zone_edit *edit);

/* Write all lists and mirrors anew, or (index NULL) take all of them out: for a zone that was saved
 * under another setting. The edit has no other changes.
 * Shape: as zone_index_apply. Units: none. Errors: as zone_index_apply. Source: as
 * zone_index_apply. */
int zone_index_refresh(struct zone_index *index, struct zone_edit *edit);
