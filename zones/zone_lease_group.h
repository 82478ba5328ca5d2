/* The leases of a zone as its writer changes them: what the messages of one group commit say is gathered,
 * settled against what has become of the zone, written, and only then true.
 *
 * Two rules make that safe. A lease follows the zone, not the messages: one whose record is gone
 * after the group goes with it, and nothing gets one that is not there. And an observation that is
 * not newer than the stored one changes no lease (docs/records.md, threats row 40). Owns the table.
 * Shared by reference count; the writer's thread only. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "zones/zone_edit.h"
#include "zones/zone_lease.h"

struct zone_lease_group;

/* One lease as the group leaves it. Borrowed. */
struct zone_lease_group_change {
    struct zone_lease_id id;
    const struct zone_lease_term *term; /* NULL: it is gone */
};

/* Make one without leases. Shape: key is copied; one reference. Units: none. Errors: aborts without
 * memory. Source: none. */
struct zone_lease_group *zone_lease_group_create(const struct hash_key *key);

/* Share. Shape: none. Units: none. Errors: none. Source: none. */
struct zone_lease_group *zone_lease_group_ref(struct zone_lease_group *group);

/* Give up; the last one frees; NULL is accepted. Shape: none. Units: none. Errors: none. Source:
 * none. */
void zone_lease_group_unref(struct zone_lease_group *group);

/* The leases that are true now. Shape: borrowed. Units: none. Errors: none. Source: none. */
struct zone_lease_table *zone_lease_group_table(struct zone_lease_group *group);

/* Set a savepoint, for zone_lease_group_rewind. Shape: none. Units: none. Errors: none. Source: none. */
size_t zone_lease_group_mark(const struct zone_lease_group *group);

/* Forget what was gathered since a mark. Shape: none. Units: none. Errors: none. Source: RFC 2136 3.7. */
void zone_lease_group_rewind(struct zone_lease_group *group, size_t mark);

/* A message added a record to an edit (or did in vain), with a term, or (has_lease false) for good.
 * term->signed_s counts in both cases (0: not signed): a message that was signed before the one that
 * granted the present lease changes nothing.
 * Shape: owner lower-case wire form, stored RDATA. Units: octets. Errors: aborts without memory.
 * Source: RFC 9664 4, threats row 40. */
void zone_lease_group_add(struct zone_lease_group *group, struct zone_edit *edit,
                          const uint8_t *owner, uint16_t type, const uint8_t *rdata, size_t len,
                          const struct zone_lease_term *term, bool has_lease);

/* Take a lease away whatever has become of its record. Shape: id copied. Units: none. Errors: none.
 * Source: none. */
void zone_lease_group_drop(struct zone_lease_group *group, const struct zone_lease_id *id);

/* Find out what the group changes; returns true when that is anything.
 * Shape: the edit as it will be committed and its change set (NULL: nothing in the zone changes).
 * Units: octets. Errors: aborts without memory. Source: none. */
bool zone_lease_group_settle(struct zone_lease_group *group, struct zone_edit *edit,
                             const uint8_t *diff, size_t diff_len);

/* Visit what zone_lease_group_settle found. Shape: change borrowed. Units: none. Errors: none. Source:
 * none. */
void zone_lease_group_each(const struct zone_lease_group *group,
                           void (*visit)(void *context,
                                         const struct zone_lease_group_change *change),
                           void *context);

/* What was settled is true from now on, and nothing is gathered any more. Shape: none. Units: none.
 * Errors: aborts without memory. Source: none. */
void zone_lease_group_commit(struct zone_lease_group *group);

/* Forget what was gathered and settled. Shape: none. Units: none. Errors: none. Source: none. */
void zone_lease_group_abort(struct zone_lease_group *group);

/* The record that a lease is of, at its owner's node; false when it is not there.
 * Shape: node may be NULL; borrowed from it. Units: none. Errors: false. Source: none. */
bool zone_lease_group_find(const struct zone_node *node, const struct zone_lease_id *id,
                           struct zone_rr *out_rr);
