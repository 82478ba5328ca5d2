/* The ordered sets behind a zone's index: pools by name, and which lists each pool belongs to.
 *
 * A pool here is any name with CRES; it is in lists only while a centre stands above it. Owned
 * by the zone's index, used by the zone's writer alone. Names are lower-case wire form, copied
 * in.
 * Prefix: zone_ */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/sorted.h"
#include "zones/zone_node.h"

struct zone_index_set;

/* Names of the pools of one centre, in order. */
struct zone_index_names {
    const uint8_t **names; /* for mem_free; the names are borrowed until the set changes */
    size_t count, room;
};

/* Make the sets of a zone. Shape: zone name lower-case. Units: none. Errors: aborts without
 * memory. Source: none. */
struct zone_index_set *zone_index_set_create(const uint8_t *zone_name);

/* Free; NULL is accepted. Shape: none. Units: none. Errors: none. Source: none. */
void zone_index_set_destroy(struct zone_index_set *set);

/* True when a name is `_compute._tcp` or a subtype of it above the zone. Shape: lower-case names.
 * Units: none.
 * Errors: none. Source: RFC 6763 7.1. */
bool zone_index_set_is_list(const uint8_t *zone_name, const uint8_t *owner);

/* True for `find` right above the zone and all names below it: what they answer is computed, nothing is
 * stored there. Shape: lower-case names. Units: none. Errors: none. Source: docs/records.md. */
bool zone_index_set_is_computed(const uint8_t *zone_name, const uint8_t *owner);

/* Put a pool, new or known, into the lists where it belongs: all, kind and region of its centre,
 * its accelerators.
 * Shape: node holds its CRES; centre is the node above it when that has CENTRE, else NULL: then no
 * list.
 * Units: none. Errors: aborts without memory. Source: docs/records.md. */
void zone_index_set_put(struct zone_index_set *set, const uint8_t *owner,
                        const struct zone_node *node, const struct zone_node *centre);

/* Forget a name. Shape: none. Units: none. Errors: none when it is not known. Source: none. */
void zone_index_set_remove(struct zone_index_set *set, const uint8_t *owner);

/* True when a name is a pool of a centre. Shape: none. Units: none. Errors: none. Source: none. */
bool zone_index_set_is_listed(const struct zone_index_set *set, const uint8_t *owner);

/* The names with CRES directly below a name, in canonical order.
 * Shape: see struct. Units: none. Errors: aborts without memory. Source: none. */
struct zone_index_names zone_index_set_below(const struct zone_index_set *set,
                                             const uint8_t *centre);

/* Visit every list that changed since the last call. visit gets the list's name, how many pools it
 * has, and the set to hand to zone_index_set_walk.
 * Shape: borrowed during the call. Units: pools. Errors: none. Source: none. */
void zone_index_set_changed(struct zone_index_set *set,
                            void (*visit)(void *context, const uint8_t *name,
                                          const struct sorted *pools),
                            void *context);

/* Name of a member of a list's set. Shape: borrowed. Units: none. Errors: none. Source: none. */
const uint8_t *zone_index_set_name(const void *pool);
