/* Leases in the store: a row each, under zone id, owner, type and digest (docs/store.md).
 *
 * Works inside the caller's transaction: rows change with the records that they are about. */
#pragma once

#include <stdint.h>

#include "base/kv.h"
#include "zones/zone_lease.h"

/* Write a row; due_s and is_restored are not kept. Shape: see struct. Units: see struct. Errors: kept in
 * txn. Source: none. */
void zone_lease_row_put(struct kv_txn *txn, uint32_t zone_id, const struct zone_lease_id *id,
                        const struct zone_lease_term *term);

/* Remove a row; absence is no error. Shape: none. Units: none. Errors: kept in txn. Source: none. */
void zone_lease_row_remove(struct kv_txn *txn, uint32_t zone_id, const struct zone_lease_id *id);

/* Remove all rows of a zone. Shape: none. Units: none. Errors: kept in txn. Source: none. */
void zone_lease_row_clear(struct kv_txn *txn, uint32_t zone_id);

/* Read all leases of a zone into a table: each ends at its time, but none has longer to live than
 * was granted, whatever the clock says.
 * Shape: zone is the name in wire form. Units: UNIX s; mono_s of the clock of due_s. Errors:
 * ERR_STORE_CORRUPT, the transaction's; the table may be half filled. Source: none. */
int zone_lease_row_load(struct kv_txn *txn, uint32_t zone_id, const uint8_t *zone,
                        struct zone_lease_table *table, int64_t now_s, int64_t mono_s);
