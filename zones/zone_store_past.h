/* The past of a zone in the store: change sets that a start no longer needs, kept so that secondaries
 * can follow.
 *
 * Each call is a transaction of its own, of the writer's thread, with no group under way. */
#pragma once

#include "zones/zone_store.h"

/* The change set that begins with the zone of a serial. Shape: none. Units: none.
 * Errors: ERR_MISSING: the journal does not reach back so far. The store's. Source: RFC 1995 4. */
int zone_store_past_find(struct zone_store *store, const struct zone_store_state *state,
                         uint32_t serial, uint64_t *out_seq);

/* Visit change sets from one on, in order, until visit returns non-zero; returns that.
 * Shape: entry borrowed. Units: octets. Errors: as zone_journal_walk. Source: none. */
int zone_store_past_walk(struct zone_store *store, const struct zone_store_state *state,
                         uint64_t from,
                         int (*visit)(void *context, const struct zone_journal_entry *entry),
                         void *context);

/* Take the span as the store has it: after a failure a trimming may have reached the disk unseen.
 * Shape: none. Units: none. Errors: ERR_MISSING, the store's; nothing is changed then. Source: none. */
int zone_store_past_read(struct zone_store *store, const struct zone *zone,
                         struct zone_store_state *state);

/* Let the oldest change sets go that are neither kept nor needed by a start, a bounded number of
 * them. *out_more: there are others.
 * Shape: state's span follows. Units: now in UNIX s. Errors: the store's, nothing is changed then.
 * Source: docs/store.md. */
int zone_store_past_trim(struct zone_store *store, const struct zone *zone,
                         struct zone_store_state *state, const struct zone_journal_keep *keep,
                         int64_t now_s, bool *out_more);
