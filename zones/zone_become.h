/* The edit that turns what one zone holds into what another holds: for zones that come as a whole (a
 * file, a transfer) but are to change like any other, with a change set of what is different.
 *
 * Stateless; the writer's thread. The wanted zone is private to the caller and stays his. */
#pragma once

#include "zones/zone_edit.h"

/* Set and remove every RRset that differs, by records and TTLs; RRsets that differ in the order of
 * their records alone stay as they are.
 * Shape: the edit has no changes yet; wanted has the same name and one published version, SOA
 * included. Units: none.
 * Errors: ERR_OUT_OF_ZONE (another zone's name), ERR_LIMIT (types at one name): the edit holds
 * a part of the changes then, for zone_edit_abort. Source: none. */
int zone_become(struct zone_edit *edit, const struct zone *wanted);
