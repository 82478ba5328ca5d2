/* The durable image of zones: what is on disk is what a start serves, without any text.
 *
 * Tables: rows of zones, images of names, the journal of change sets, and leases (docs/store.md). A
 * whole save is one transaction; commits append change sets, many in one transaction, and write
 * changed names little by little. The store belongs to the writer's thread. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/hash.h"
#include "base/kv.h"
#include "zones/zone.h"
#include "zones/zone_journal.h"

struct zone_store;

/* Where one zone stands in the store; kept by its holder between calls. */
struct zone_store_state {
    uint32_t id;
    uint32_t index_max; /* members that its server-written lists show; 0: it has none */
    uint64_t seq;       /* of the last change set */
    uint64_t saved_seq; /* every name on disk is at least as new as this */
    uint64_t pending;   /* octets of the change sets that the names may lack */
    struct zone_journal_span span;
};

/* What the store says of one zone. */
struct zone_store_entry {
    const uint8_t *name; /* wire form, borrowed during the call */
    uint32_t serial;
    uint64_t names, records; /* as of the last whole save */
    int64_t saved_s;         /* wall clock of that */
};

/* Open, making it when absent. Shape: path terminated. Units: map in octets. Errors: kv_open's;
 * ERR_STORE_FORMAT. Source: none. */
int zone_store_open(const char *path, size_t map_octets, struct zone_store **out_store);

/* Open again after a failure (kv_stopped), and write a little, so that the disk proves that it takes
 * something. What is in it is to be compared then (zones/zone_store_compare.h).
 * Shape: no group is open. Units: none. Errors: kv_reopen's, ERR_STORE_FORMAT. Source: threats row 53. */
int zone_store_reopen(struct zone_store *store);

/* Give back what a whole zone on its way leaves behind, which is as large as the zone: pages that LMDB
 * keeps for its next transaction, the part of its file that was read through the map, and free memory.
 * The store is opened anew; if that fails, it has stopped. One that has stopped already is left alone:
 * it must be compared first (zone_store_reopen).
 * Shape: no group is open. Units: none. Errors: none. Source: threats row 53. */
void zone_store_settle(struct zone_store *store);

/* Close; NULL is accepted. Shape: none. Units: none. Errors: none. Source: none. */
void zone_store_close(struct zone_store *store);

/* The store underneath, for its size and backup. Shape: borrowed. Units: none. Errors: none.
 * Source: none. */
struct kv *zone_store_kv(struct zone_store *store);

/* Build a zone from the store: its names, and the change sets that are newer; version 1.
 * Shape: name wire form; *out_zone is a new reference. Units: none. Errors: ERR_MISSING (not in the
 * store), ERR_STORE_CORRUPT, the store's. Source: none. */
int zone_store_load(struct zone_store *store, const uint8_t *name, const struct hash_key *key,
                    struct zone **out_zone, struct zone_store_state *out_state);

/* Write the newest version of a zone in place of all that the store has of it, journal included;
 * grows the store when it is full.
 * Shape: the caller is the zone's writer; state->index_max is saved, the rest is set. Units: wall
 * clock in s. Errors: the store's, nothing changed then. Source: none. */
int zone_store_save(struct zone_store *store, const struct zone *zone,
                    struct zone_store_state *state, int64_t now_s);

/* Forget a zone. Shape: wire form. Units: none. Errors: ERR_MISSING when it is not there, the
 * store's. Source: none. */
int zone_store_remove(struct zone_store *store, const uint8_t *name);

/* Visit every zone in the store until visit returns non-zero; returns that.
 * Shape: entry borrowed. Units: none. Errors: the store's. Source: none. */
int zone_store_each(struct zone_store *store,
                    int (*visit)(void *context, const struct zone_store_entry *entry),
                    void *context);

/* Begin a group commit: calls of zone_store_append and the like gather until zone_store_commit.
 * Shape: one at a time. Units: none. Errors: the store's. Source: none. */
int zone_store_begin(struct zone_store *store);

/* The transaction of the group, for what others keep beside the zones. Shape: borrowed until
 * zone_store_commit. Units: none. Errors: none. Source: none. */
struct kv_txn *zone_store_txn(struct zone_store *store);

/* Append a change set of a zone; state->seq counts on.
 * Shape: data of zone_diff_make. Units: octets. Errors: kept until zone_store_commit. Source: none. */
void zone_store_append(struct zone_store *store, const struct zone *zone,
                       struct zone_store_state *state, const void *data, size_t len);

/* Write one name as of the last change set. Shape: node of the zone, with records. Units: none.
 * Errors: kept. Source: none. */
void zone_store_put_name(struct zone_store *store, const struct zone_store_state *state,
                         const struct zone_node *node);

/* Remove a name that owns no records any more, in the group of the change set that says so.
 * Shape: owner lower-case wire form. Units: none. Errors: kept. Source: none. */
void zone_store_drop_name(struct zone_store *store, const struct zone_store_state *state,
                          const uint8_t *owner);

/* Say that every name on disk is at least as new as a sequence number: a start needs no change sets up
 * to it any more. Shape: saved_seq is not below the state's. Units: none. Errors: kept.
 * Source: none. */
void zone_store_set_saved(struct zone_store *store, const struct zone *zone,
                          struct zone_store_state *state, uint64_t saved_seq);

/* Make everything since zone_store_begin durable. Shape: none. Units: none. Errors: the first of the
 * group; nothing is written then. ERR_LIMIT: the store is full, grow and repeat. Source: none. */
int zone_store_commit(struct zone_store *store);
