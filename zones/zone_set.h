/* The zones that are served: an immutable map from names to zones, replaced as a whole.
 *
 * Holds a reference on every zone. Readers get it through RCU; whoever replaces a set frees the
 * old one after a grace period. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "zones/dns_name.h"
#include "zones/zone.h"

struct zone_set;

/* Make a set of count zones with distinct names, all hashed with key.
 * Shape: takes its own references. Units: none. Errors: aborts without memory. Source: none. */
struct zone_set *zone_set_create(struct zone *const *zones, size_t count,
                                 const struct hash_key *key);

/* Give up the references and free; NULL is accepted. Shape: none. Units: none. Errors: none.
 * Source: none. */
void zone_set_destroy(struct zone_set *set);

/* The zone with the longest name that is the query name without its first `skip` labels, or above
 * that; or NULL.
 * Shape: name lower-case wire form, indexed with the set's key; borrowed. Units: labels. Errors:
 * NULL.
 * Source: RFC 1034 4.3.2 step 2. */
struct zone *zone_set_find(const struct zone_set *set, const uint8_t *name,
                           const struct dns_labels *labels, unsigned skip);

/* The zone of exactly this name, or NULL. Shape: wire form, any case; borrowed. Units: none.
 * Errors: NULL. Source: none. */
struct zone *zone_set_get(const struct zone_set *set, const uint8_t *name);

/* Zones in the set; position i < count in canonical order of names.
 * Shape: none. Units: zones. Errors: none. Source: none. */
size_t zone_set_count(const struct zone_set *set);

/* See zone_set_count. Shape: borrowed. Units: none. Errors: none. Source: none. */
struct zone *zone_set_at(const struct zone_set *set, size_t i);
