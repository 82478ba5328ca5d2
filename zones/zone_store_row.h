/* Rows and keys of the store: how a zone, a name and a number stand in its tables.
 *
 * For the zone_store_ files only. Works inside the caller's transaction. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/kv.h"
#include "zones/dns_name.h"
#include "zones/zone_journal.h"

enum zone_store_row_table {
    ZONE_STORE_ROW_META,
    ZONE_STORE_ROW_NAMES,
    ZONE_STORE_ROW_JOURNAL,
    ZONE_STORE_ROW_LEASES,
};

enum {
    ZONE_STORE_ROW_ID = 4,                                 /* octets of a zone id in keys */
    ZONE_STORE_ROW_KEY = ZONE_STORE_ROW_ID + DNS_NAME_MAX, /* longest key of a name */
};

/* A zone's row in meta. */
struct zone_store_row {
    uint32_t id, serial;
    uint64_t names, records; /* as of the last whole save */
    int64_t saved_s;         /* wall clock of that */
    uint32_t index_max;      /* members that server-written lists show, 0: none */
    uint64_t seq;            /* of the last change set */
    uint64_t saved_seq;      /* every name on disk is at least as new as this */
    uint64_t whole_seq;      /* of the last whole save: names and records are true for it */
    struct zone_journal_span span;
};

/* Write a row. Shape: name wire form. Units: none. Errors: kept in txn. Source: none. */
void zone_store_row_put(struct kv_txn *txn, const uint8_t *name, const struct zone_store_row *row);

/* Read a row. Shape: name wire form. Units: none. Errors: ERR_MISSING, ERR_STORE_CORRUPT, the
 * transaction's. Source: none. */
int zone_store_row_get(struct kv_txn *txn, const uint8_t *name, struct zone_store_row *out_row);

/* Bring rows and journal of format 1 to the present form: the journal begins with the change sets
 * that are newer than the names. Shape: none. Units: none. Errors: ERR_STORE_CORRUPT, the
 * transaction's. Source: docs/store.md. */
int zone_store_row_upgrade(struct kv_txn *txn);

/* Visit all rows. Shape: borrowed. Units: none. Errors: visit's first non-zero result,
 * ERR_STORE_CORRUPT. Source: none. */
int zone_store_row_each(struct kv_txn *txn,
                        int (*visit)(void *context, const uint8_t *name,
                                     const struct zone_store_row *row),
                        void *context);

/* The time at which a secondary zone was known to be the newest, 0 when none is written.
 * Shape: name wire form. Units: UNIX s. Errors: kept in txn. Source: docs/store.md. */
int64_t zone_store_row_get_time(struct kv_txn *txn, const uint8_t *name);

/* Write it. Shape: name wire form. Units: UNIX s. Errors: kept in txn. Source: docs/store.md. */
void zone_store_row_put_time(struct kv_txn *txn, const uint8_t *name, int64_t time_s);

/* Remove a row, and its time. Shape: name wire form. Units: none. Errors: kept in txn. Source: none. */
void zone_store_row_remove(struct kv_txn *txn, const uint8_t *name);

/* Key of a name: zone id, then the labels from the root, so that names that lie together stand
 * together; its length is returned.
 * Shape: out_key of ZONE_STORE_ROW_KEY. Units: octets. Errors: none. Source: none. */
size_t zone_store_row_key(uint32_t id, const uint8_t *owner, uint8_t *out_key);

/* Remove all names, change sets and leases of a zone id. Shape: none. Units: none. Errors: kept in txn.
 * Source: none. */
void zone_store_row_clear(struct kv_txn *txn, uint32_t id);

/* A number in meta, 0 when absent. Shape: key terminated. Units: none. Errors: kept in txn. Source:
 * none. */
uint32_t zone_store_row_number(struct kv_txn *txn, const char *key);

/* Set a number in meta. Shape: key terminated. Units: none. Errors: kept in txn. Source: none. */
void zone_store_row_set_number(struct kv_txn *txn, const char *key, uint32_t number);
