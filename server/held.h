/* Held: one zone as its writer has it: data, index, place in the store, and the edit under way.
 *
 * Plain struct of the writer's side; touched in the writer's thread only (or before it starts).
 * Readers see nothing but the zone, through the world. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "server/conf.h"
#include "server/lease.h"
#include "server/secondary.h"
#include "zones/zone_edit.h"
#include "zones/zone_index.h"
#include "zones/zone_lease_group.h"
#include "zones/zone_serial.h"
#include "zones/zone_store.h"

struct held {
    struct zone *zone;
    struct zone_index *index; /* NULL: no server-written names */
    struct zone_store_state state;
    bool chooses; /* by configuration: its pools stand in a table (server/held_pools.h) */
    uint32_t
        index_wanted; /* members that lists show by configuration, 0: no server-written names */
    struct zone_edit_limits limits;
    struct lease_bounds bounds;
    struct zone_lease_group *leases; /* shared; NULL while it is only read from a file */
    enum zone_serial_policy serial_policy;
    struct zone_journal_keep keep; /* what secondaries may ask for */
    char *file;                    /* NULL: none is configured */
    bool is_new;                   /* read from its file, not in the store yet */
    struct held *before; /* while a configuration is taken: the held one that this goes on from */

    /* of a secondary zone; else NULL */
    struct secondary_state *secondary;
    struct zone *stand_in; /* an empty one, shown while the zone is not served */

    /* of the checkpoint */
    uint64_t saved_version; /* every node up to this version is on disk */
    struct zone_cursor cursor;
    uint64_t pass_version, pass_seq; /* where the pass under way began; pass_seq 0: none is */
    uint64_t pass_pending;           /* octets of change sets that it makes superfluous */
    enum { HELD_NAMES, HELD_JOURNAL, HELD_DONE } step; /* of the present round */

    /* of a group commit under way */
    struct zone_edit *edit; /* NULL: untouched so far */
    bool has_serial;        /* an update set the SOA's serial itself */
    uint8_t *diff;          /* change set, NULL: nothing changes */
    size_t diff_len;
};

/* Give up what a held zone owns. Shape: a zeroed one is accepted. Units: none. Errors: none.
 * Source: none. */
void held_finish(struct held *held);

/* The zone that queries may see: an empty one in place of a secondary's that is not served.
 * Shape: borrowed. Units: none. Errors: none. Source: none. */
struct zone *held_show(struct held *held);

/* The edit of the group commit under way, begun when there is none. Shape: borrowed. Units: none.
 * Errors: aborts without memory. Source: none. */
struct zone_edit *held_edit(struct held *held);

/* What one update may at most make of a zone. Shape: none. Units: see struct. Errors: none. Source: none. */
struct zone_edit_limits held_limits(const struct server_conf_zone *conf);

/* Give a zone whose server-written names were saved under another setting those that are wanted:
 * gathered as an edit, for the commit of all zones.
 * Shape: none. Units: none. Errors: zone_index_refresh's. Source: none. */
int held_adapt_index(struct held *held);

/* Gather the edit that turns a held zone into another, for a commit that takes the serial as it is.
 * Shape: no edit is under way; the zone has the same name and server-written names. Units: none.
 * Errors: false: it can not be, or the change set would be larger than the journal keeps: no edit is
 * under way. Source: docs/store.md. */
bool held_become(struct held *held, const struct zone *wanted);

/* Make the gathered edits of many zones durable and visible: lists and mirrors follow, serials
 * rise, change sets go to the journal and leases to their rows in one transaction, then every zone
 * shows its next version. Leases alone make no version.
 * Shape: zones without changes are passed over; no edit is open afterwards. Units: now in UNIX s.
 * Errors: the store's or the index's: nothing of the group is applied, on disk or in memory.
 * Source: RFC 2136 3.5, 3.6; docs/store.md. */
int held_commit(struct held *zones, size_t count, struct zone_store *store, int64_t now_s);

/* One slice of a round of the checkpoint of a zone: write some changed names, or let change sets go that
 * are neither needed nor to be kept, in one transaction of its own.
 * Shape: *out_more tells whether there is more to do; when there is not, nothing is done until
 * held_checkpoint_again. Units: now in UNIX s. Errors: the store's; the slice is repeated at the next
 * call. Source: docs/store.md. */
int held_checkpoint(struct held *held, struct zone_store *store,
                    const struct zone_journal_keep *keep, int64_t now_s, bool *out_more);

/* Let the next round begin, when all zones have done with the present one. Shape: none. Units: none.
 * Errors: none. Source: none. */
void held_checkpoint_again(struct held *held);
