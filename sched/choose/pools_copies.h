/* Copies of data sets, models and images: what CDATA below `data`, `model` and `image` of a zone say.
 *
 * Names that a requirement can not tell apart (`a.b.data`, `a-b.data`) make one set. Belongs to the table's
 * writer; readers hold the map. */
#pragma once

#include "base/sorted.h"
#include "sched/choose/pools_form.h"
#include "sched/choose/pools_map.h"
#include "zones/zone_node.h"

struct pools_copies {
    struct pools_turn *turn; /* borrowed */
    const struct hash_key *key;
    const uint8_t *apex;
    struct pools_map *map; /* struct pools_set by hash */
    struct sorted sources; /* what each name says */
};

/* Begin without sets. Shape: all borrowed. Units: none. Errors: aborts without memory. Source: none. */
void pools_copies_init(struct pools_copies *copies, struct pools_turn *turn,
                       const struct hash_key *key, const uint8_t *apex);

/* Free everything at once. Shape: none. Units: none. Errors: none. Source: none. */
void pools_copies_finish(struct pools_copies *copies);

/* Take what a name says now; a name that is no set of data is passed over.
 * Shape: name wire form, lower case; node may be NULL. Units: none. Errors: aborts without memory.
 * Source: docs/records.md. */
void pools_copies_renew(struct pools_copies *copies, const uint8_t *name,
                        const struct zone_node *node);
