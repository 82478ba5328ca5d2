/* A zone in memory: a keyed hash of names whose nodes carry versions, read without a lock while one
 * writer changes it.
 *
 * A reader inside an RCU section takes the published version once (zone_version) and sees, in
 * every look-up with it, exactly that version, however many names a commit changed. The writer
 * is one thread. A pin keeps one version whole for readers that wait (transfers, export); it
 * holds memory, not a lock. The zone is shared by reference count. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/hash.h"
#include "base/rcu.h"
#include "zones/zone_node.h"

struct zone_table; /* the hash: slots of 16 bits of tag and 48 bits of pointer */

/* Counted by the writer, read by anybody (relaxed). */
struct zone_size {
    uint64_t names; /* that own records */
    uint64_t records;
    uint64_t octets; /* of all live nodes and the hash */
};

struct zone_pin {
    uint64_t version;
    struct zone_pin *next;
};

/* Something of a higher floor that goes with a zone, for its readers. Embedded in its owner. */
struct zone_attachment {
    struct rcu_later later;
    void (*release)(struct rcu_later *later); /* of the attachment: no reader has it any more */
};

struct zone;

/* Make an empty zone, one reference, version 0.
 * Shape: name wire form, any case, copied; key is the process's hash key, copied. Units: none.
 * Errors: aborts.
 * Source: none. */
struct zone *zone_create(const uint8_t *name, const struct hash_key *key);

/* Share and give up. The last zone_unref frees everything after a grace period; any thread.
 * Shape: none. Units: none. Errors: none. Source: none. */
struct zone *zone_ref(struct zone *zone);

/* See zone_ref; NULL is accepted. Shape: none. Units: none. Errors: none. Source: none. */
void zone_unref(struct zone *zone);

/* Name of the zone. Shape: lower-case wire form, borrowed. Units: none. Errors: none. Source:
 * none. */
const uint8_t *zone_name(const struct zone *zone);

/* Labels of its name. Shape: none. Units: labels. Errors: none. Source: none. */
unsigned zone_labels(const struct zone *zone);

/* Hash key the zone's names are hashed with. Shape: borrowed. Units: none. Errors: none. Source:
 * none. */
const struct hash_key *zone_key(const struct zone *zone);

/* The version to read: newest published. Shape: none. Units: none. Errors: none. Source: none. */
uint64_t zone_version(const struct zone *zone);

/* The node of a name in a version, or NULL when the name does not exist in it (ENTs are nodes).
 * Shape: owner lower-case wire form of len octets with its hash; borrowed until the read section
 * ends or the pin goes.
 * Units: octets. Errors: NULL. Source: none. */
const struct zone_node *zone_get(const struct zone *zone, uint64_t version, const uint8_t *owner,
                                 size_t len, uint64_t hash);

/* The apex in a version, or NULL before the first commit. Shape: borrowed as zone_get. Units: none.
 * Errors: NULL.
 * Source: none. */
const struct zone_node *zone_apex(const struct zone *zone, uint64_t version);

/* Serial of the SOA in a version; 0 when there is none. Shape: none. Units: none. Errors: none.
 * Source: RFC 1982. */
uint32_t zone_serial(const struct zone *zone, uint64_t version);

/* Begin to load what zone_get will need, for a batch: first the slot, then (later) the node.
 * Shape: none. Units: none. Errors: none. Source: none. */
void zone_prefetch_slot(const struct zone *zone, uint64_t hash);

/* See zone_prefetch_slot. Shape: none. Units: none. Errors: none. Source: none. */
void zone_prefetch_node(const struct zone *zone, uint64_t hash);

/* Bit n is set when a name of n labels (63 for more) may be a zone cut or own a DNAME: only there
 * ancestors matter.
 * Shape: a superset. Units: none. Errors: none. Source: RFC 1034 4.3.2. */
uint64_t zone_cut_depths(const struct zone *zone);

/* True when a wildcard name may exist. Shape: a superset. Units: none. Errors: none. Source: RFC
 * 4592. */
bool zone_has_wildcards(const struct zone *zone);

/* Say that a zone is for those alone who may fetch it: nobody else is answered from it. Any thread,
 * any time. Shape: none. Units: none. Errors: none. Source: RFC 9432 7. */
void zone_hide(struct zone *zone, bool hidden);

/* True after zone_hide. Shape: none. Units: none. Errors: none. Source: none. */
bool zone_is_hidden(const struct zone *zone);

/* Attach something in the place of what is attached, which is released after a grace period; what is attached
 * last goes with the zone. NULL attaches nothing. The writer, or before the zone is published.
 * Shape: the zone's from now on. Units: none. Errors: none. Source: none. */
void zone_attach(struct zone *zone, struct zone_attachment *attachment);

/* What is attached, or NULL. Shape: borrowed until the read section ends. Units: none. Errors: NULL.
 * Source: none. */
struct zone_attachment *zone_attached(const struct zone *zone);

/* Sizes of the newest version. Shape: none. Units: see struct. Errors: none. Source: none. */
struct zone_size zone_measure(const struct zone *zone);

/* The same with octets of nodes alone, for zone_edit.
 * Shape: see struct. Units: see struct. Errors: none. Source: none. */
struct zone_size zone_measure_nodes(const struct zone *zone);

/* Keep the newest version readable until zone_unpin; returns it. Any thread; not inside a read
 * section for long.
 * Shape: pin is the caller's memory. Units: none. Errors: none. Source: none. */
uint64_t zone_pin(struct zone *zone, struct zone_pin *pin);

/* End a pin. Shape: none. Units: none. Errors: none. Source: none. */
void zone_unpin(struct zone *zone, struct zone_pin *pin);

/* Visit every existing node of a version (ENTs too) in no order, until visit returns non-zero;
 * returns that. The caller is in a read section or is the writer: a pin keeps nodes, not the way to
 * them.
 * Shape: node borrowed. Units: none. Errors: visit's. Source: none. */
int zone_walk(const struct zone *zone, uint64_t version,
              int (*visit)(void *context, const struct zone_node *node), void *context);

/* Where a walk in parts stands; zeroed to begin. */
struct zone_cursor {
    uint64_t table; /* number of the zone's hash: with another one the walk begins anew */
    uint64_t at;
};

/* Visit the newest existing nodes that appeared after a version, `steps` slots of the hash at a
 * time; false when the walk is through. The writer only.
 * Shape: node borrowed. Units: slots. Errors: none. Source: none. */
bool zone_walk_part(const struct zone *zone, struct zone_cursor *cursor, uint64_t steps,
                    uint64_t after, void (*visit)(void *context, const struct zone_node *node),
                    void *context);

/* For zone_edit only: what a commit does. `nodes` are new, with version = zone_version + 1, and
 * become the zone's.
 * Shape: count nodes, each for another name. Units: none. Errors: aborts without memory. Source:
 * none. */
void zone_publish(struct zone *zone, struct zone_node **nodes, size_t count,
                  const struct zone_size *size);

/* For the writer, now and then: free what no reader can see any more. Shape: none. Units: none.
 * Errors: none.
 * Source: none. */
void zone_reclaim(struct zone *zone);
