/* History: many change sets that follow each other, condensed into what is different in the end.
 *
 * Change sets are added oldest first. What stays is for each record its first and its last state: a
 * record that came and went, or went and came with the TTL that it had, is forgotten at once, so
 * that memory follows the difference and not the number of changes. One thread at a time; it may be
 * handed over. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/hash.h"
#include "zones/zone_diff.h"

struct zone_history;
struct zone_history_change; /* one record that is different in the end */

/* A walk over what went, or over what came. Borrowed from its history, which grows no more. */
struct zone_history_cursor {
    const struct zone_history_change *next;
    bool added;
};

/* Make an empty history. Shape: the key is secret, copied. Units: octets of memory that it may take.
 * Errors: aborts without memory. Source: RFC 1995 section 6. */
struct zone_history *zone_history_create(const struct hash_key *key, size_t octets_max);

/* Free, after a grace period, in another thread: it may be large. NULL is accepted. Shape: none.
 * Units: none. Errors: none. Source: none. */
void zone_history_destroy(struct zone_history *history);

/* Add the change set that comes next.
 * Shape: data of zone_diff_make, borrowed during the call. Units: octets.
 * Errors: ERR_STORE_CORRUPT (malformed, or it does not follow the one before), ERR_LIMIT; the
 * history is good for nothing then. Source: RFC 1995 section 6. */
int zone_history_add(struct zone_history *history, const void *data, size_t len);

/* Memory that it takes. Shape: none. Units: octets. Errors: none. Source: none. */
size_t zone_history_octets(const struct zone_history *history);

/* Serial after the last change set, 0 before the first. Shape: none. Units: none. Errors: none.
 * Source: RFC 1982. */
uint32_t zone_history_serial(const struct zone_history *history);

/* Begin to walk over the records that came (added), or over those that went. A record whose TTL is
 * another in the end is among both. Shape: borrowed. Units: none. Errors: none. Source: none. */
struct zone_history_cursor zone_history_begin(const struct zone_history *history, bool added);

/* The next record; in the order of first change. Shape: as zone_diff_next. Units: s, octets.
 * Errors: false at the end. Source: none. */
bool zone_history_next(struct zone_history_cursor *cursor, struct zone_diff_record *out_record);

/* The SOA that went: the zone's before the first change set. Shape: borrowed. Units: none.
 * Errors: false: none did. Source: RFC 1995 section 4. */
bool zone_history_soa(const struct zone_history *history, struct zone_diff_record *out_record);
