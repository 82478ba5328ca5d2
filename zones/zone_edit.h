/* An edit: the one way to change a zone. Changes gather in new nodes that nobody sees until the
 * commit publishes them all at once; an abort leaves the zone as it was.
 *
 * One edit of a zone at a time, in the writer's thread. Marks are savepoints: everything after a
 * mark can be taken back alone, so that one bad update of a batch changes nothing. Owner names
 * are lower-case wire form in the zone. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "zones/zone.h"

struct zone_edit;

/* What one change may at most make of the zone (threats row 8). */
struct zone_edit_limits {
    unsigned records_max; /* records of one RRset */
    unsigned types_max;   /* RRsets of one name, at most 255 */
    size_t octets_max;    /* octets of a name with its records, as a node has them; 0: no limit */
};

/* One name that an edit changed; old or new is NULL when the name does not exist there. Borrowed
 * until the end. */
struct zone_edit_change {
    const struct zone_node *old_node, *new_node;
};

/* Begin. Shape: ends by zone_edit_commit or zone_edit_abort; holds no reference. Units: none.
 * Errors: aborts without memory. Source: none. */
struct zone_edit *zone_edit_begin(struct zone *zone, const struct zone_edit_limits *limits);

/* Put other limits in the place of those that hold, which are returned: for changes whose result is
 * checked (zones/zone_limit.h), and not each step. What a node can hold limits them still.
 * Shape: none. Units: none. Errors: none. Source: none. */
struct zone_edit_limits zone_edit_swap_limits(struct zone_edit *edit,
                                              const struct zone_edit_limits *limits);

/* The zone that is edited. Shape: borrowed. Units: none. Errors: none. Source: none. */
struct zone *zone_edit_zone(const struct zone_edit *edit);

/* The node of a name as the edit stands, or NULL when the name does not exist.
 * Shape: borrowed until the edit's next change. Units: none. Errors: NULL. Source: none. */
const struct zone_node *zone_edit_get(struct zone_edit *edit, const uint8_t *owner);

/* Add one record; an equal one only takes the new TTL, which then holds for its whole RRset. A type
 * with one record at most (SOA, CNAME, DNAME, CLOAD, CPOL) is replaced.
 * Shape: stored RDATA. Units: s, octets.
 * Errors: ERR_OUT_OF_ZONE, ERR_ZONE_CNAME (CNAME beside other data, or the reverse), ERR_LIMIT;
 * nothing is changed.
 * Source: RFC 2136 3.4.2.2, RFC 2181 5.2. */
int zone_edit_add(struct zone_edit *edit, const uint8_t *owner, uint16_t type, uint32_t ttl_s,
                  const uint8_t *rdata, size_t len);

/* Remove one record; false when it is not there. Shape: stored RDATA. Units: octets. Errors: false.
 * Source: RFC 2136 3.4.2.4. */
bool zone_edit_remove(struct zone_edit *edit, const uint8_t *owner, uint16_t type,
                      const uint8_t *rdata, size_t len);

/* Replace a whole RRset by ready records; len 0 removes it.
 * Shape: ready as in zone_node.h, count records. Units: octets. Errors: ERR_OUT_OF_ZONE,
 * ERR_LIMIT. Source: none. */
int zone_edit_set(struct zone_edit *edit, const uint8_t *owner, uint16_t type, unsigned count,
                  const uint8_t *ready, size_t len);

/* Add a name with all its records from its image (zone_node_image): how a zone starts from the
 * store.
 * Shape: the name owns no records yet. Units: octets. Errors: ERR_STORE_CORRUPT. Source: none. */
int zone_edit_restore(struct zone_edit *edit, const void *image, size_t len);

/* Set a savepoint and return it. Shape: marks nest; for zone_edit_rewind. Units: none. Errors:
 * none. Source: none. */
size_t zone_edit_mark(struct zone_edit *edit);

/* Take back everything since a mark; the mark stays set. Shape: none. Units: none. Errors: none.
 * Source: none. */
void zone_edit_rewind(struct zone_edit *edit, size_t mark);

/* Keep everything and forget all marks. Shape: none. Units: none. Errors: none. Source: none. */
void zone_edit_keep(struct zone_edit *edit);

/* Visit every name whose content differs from the published version, in the order of first change.
 * visit may edit the zone: names that it changes newly are visited later in the same call.
 * Shape: change borrowed during the call. Units: none. Errors: visit's first non-zero result.
 * Source: none. */
int zone_edit_each(struct zone_edit *edit,
                   int (*visit)(void *context, const struct zone_edit_change *change),
                   void *context);

/* Publish all changes as the zone's next version, or nothing when there are none; the edit is gone.
 * Shape: returns true when a version was published. Units: none. Errors: aborts without memory.
 * Source: none. */
bool zone_edit_commit(struct zone_edit *edit);

/* Drop all changes; NULL is accepted. Shape: none. Units: none. Errors: none. Source: none. */
void zone_edit_abort(struct zone_edit *edit);
