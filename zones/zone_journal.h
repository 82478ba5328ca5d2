/* The journal of zones in the store: change sets under (zone id, sequence number), in chunks.
 *
 * A sequence number counts the commits of a zone for as long as the store holds it; it never falls.
 * The caller brings the transaction. A change set is zones/zone_diff.h's octets. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/kv.h"

/* One change set as a walk meets it; data is whole, borrowed during the call. */
struct zone_journal_entry {
    uint64_t seq;
    const uint8_t *data;
    size_t len;
};

/* Append a change set. Shape: seq above every earlier one. Units: octets. Errors: kept in txn.
 * Source: none. */
void zone_journal_put(struct kv_txn *txn, unsigned table, uint32_t id, uint64_t seq,
                      const void *data, size_t len);

/* Visit the change sets from a sequence number on, in order, until visit returns non-zero; returns
 * that.
 * Shape: see struct. Units: octets. Errors: ERR_STORE_CORRUPT (a chunk is missing), kept ones.
 * Source: none. */
int zone_journal_walk(struct kv_txn *txn, unsigned table, uint32_t id, uint64_t from,
                      int (*visit)(void *context, const struct zone_journal_entry *entry),
                      void *context);

/* Remove one change set; absence is no error. Shape: none. Units: none. Errors: kept in txn. Source:
 * none. */
void zone_journal_remove(struct kv_txn *txn, unsigned table, uint32_t id, uint64_t seq);
