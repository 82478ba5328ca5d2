/* Leases of one zone: which records go by themselves when nobody refreshes them, and when.
 *
 * A lease belongs to one record (owner, type, digest of its RDATA), so there are never more leases
 * than records. A term says its end twice: end_s is UNIX time, for the store and for people; due_s
 * is on a clock that nobody sets, and alone decides (threats row 51). Pure: time is passed in. The
 * table belongs to the writer's thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/hash.h"

enum {
    ZONE_LEASE_GRACE_MAX_S = 7200, /* longest grace, see zone_lease_defer */
};

struct zone_lease_table;

/* Which record. */
struct zone_lease_id {
    const uint8_t *owner; /* lower-case wire form, borrowed */
    uint16_t type;
    uint64_t digest; /* zone_lease_digest */
};

/* How long. */
struct zone_lease_term {
    int64_t end_s;     /* UNIX s */
    int64_t due_s;     /* the same moment on the clock that does not jump */
    uint32_t length_s; /* as granted */
    uint64_t signed_s; /* when the message that granted it was signed, UNIX s; 0: it was not */
    bool is_restored;  /* read from the store: granted before this start */
};

/* One lease. Borrowed from the table until it is set or removed. */
struct zone_lease {
    struct zone_lease_id id;
    struct zone_lease_term term;
};

/* Make an empty table. Shape: key is copied. Units: none. Errors: aborts without memory. Source:
 * none. */
struct zone_lease_table *zone_lease_create(const struct hash_key *key);

/* Free; NULL is accepted. Shape: none. Units: none. Errors: none. Source: none. */
void zone_lease_destroy(struct zone_lease_table *table);

/* Leases in the table. Shape: none. Units: leases. Errors: none. Source: none. */
size_t zone_lease_count(const struct zone_lease_table *table);

/* What stands for RDATA in an id: the same for records that are the same (RFC 4034 6.2), in every
 * process. Who could make two records agree can only confuse his own (they share name and type).
 * Shape: stored RDATA of at most DNS_RDATA_MAX octets. Units: octets. Errors: none. Source: none. */
uint64_t zone_lease_digest(uint16_t type, const uint8_t *rdata, size_t len);

/* The lease of a record, or NULL. Shape: borrowed. Units: none. Errors: NULL. Source: none. */
const struct zone_lease *zone_lease_find(const struct zone_lease_table *table,
                                         const struct zone_lease_id *id);

/* Give a record a lease, or another term to the one that it has. Shape: id and term copied. Units:
 * see struct. Errors: aborts without memory. Source: RFC 9664. */
void zone_lease_set(struct zone_lease_table *table, const struct zone_lease_id *id,
                    const struct zone_lease_term *term);

/* Take a record's lease away; absence is no error. Shape: none. Units: none. Errors: none. Source:
 * none. */
void zone_lease_remove(struct zone_lease_table *table, const struct zone_lease_id *id);

/* Take all leases away. Shape: none. Units: none. Errors: none. Source: none. */
void zone_lease_clear(struct zone_lease_table *table);

/* Visit all leases, in no order; visit changes nothing. Shape: borrowed. Units: none. Errors: none.
 * Source: none. */
void zone_lease_each(const struct zone_lease_table *table,
                     void (*visit)(void *context, const struct zone_lease *lease), void *context);

/* Leases that are due, at most max of them: those of loads before others, capacity and centres last,
 * so that what is left is never a load of nothing (threats row 50).
 * Shape: out_leases of max pointers, borrowed; returns how many. They stay in the table. Units: s of
 * due_s. Errors: none. Source: none. */
size_t zone_lease_due(const struct zone_lease_table *table, int64_t now_s,
                      const struct zone_lease **out_leases, size_t max);

/* Nobody could refresh anything until now: no lease ends before one refresh interval (four fifths of
 * its length, at most ZONE_LEASE_GRACE_MAX_S) from now.
 * Shape: due_s only; end_s stays. Units: s of due_s. Errors: none. Source: RFC 9664 5, threats row
 * 50. */
void zone_lease_defer(struct zone_lease_table *table, int64_t now_s);
