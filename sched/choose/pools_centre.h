/* A centre of the table: what CENTRE, LOC and CNET at one name say.
 *
 * Immutable once the turn that made it ends. */
#pragma once

#include "sched/choose/pools_form.h"
#include "sched/choose/pools_row.h"
#include "sched/choose/pools_turn.h"

struct pools_centre_record {
    uint64_t made;
    struct pools_centre centre;
    struct pools_row_centre row; /* what its pools take over */
    struct pools_path paths[];
};

/* Make the centre of a name, or NULL when no CENTRE counts.
 * Shape: name wire form, lower case, kept; for pools_turn_drop; node may be NULL. Units: none. Errors: NULL.
 * Source: docs/records.md; RFC 1876 2. */
struct pools_centre_record *pools_centre_make(struct pools_turn *turn, const struct hash_key *key,
                                              const uint8_t *apex, const uint8_t *name,
                                              const struct zone_node *node);
