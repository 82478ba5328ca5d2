/* Past: what a secondary has missed, made ready for its IXFR in the writer's thread, where the store
 * is: a pinned version of the zone, and the changes since the secondary's serial, condensed.
 *
 * It is embedded in a transfer of the loop's thread, belongs to the writer from xfr_past_begin until
 * on_ready is called, and to the loop's thread again when that has told it. The work is done in
 * slices, of all pasts in turn, and waiting updates go before each slice. What can not be had
 * (trimmed, too large, replaced meanwhile) is no error: the whole zone is sent instead. */
#pragma once

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "server/keeper.h"
#include "server/writer.h"
#include "zones/zone_history.h"

struct xfr_past;

/* Where they are made: one of the process, outlives all transfers. */
struct xfr_past_source {
    struct writer_job job; /* first: the writer hands back its address; of the next slice */
    struct writer *writer; /* NULL: none are made */
    struct keeper *keeper;
    struct zone_store *store;
    pthread_mutex_t lock; /* guards the two below */
    struct xfr_past *first, **last;
    uint64_t octets; /* of all histories that are ready; atomic */
    bool is_ending;  /* nothing is worth the work any more; atomic */
};

struct xfr_past {
    struct xfr_past *next_turn; /* the source's */
    struct xfr_past_source *source;
    void (*on_ready)(struct xfr_past *past); /* in the writer's thread, once */
    const uint8_t *name;                     /* of the zone; borrowed from the transfer's world */
    uint32_t serial;                         /* of the secondary */
    bool is_dropped;                         /* nobody waits for it any more; atomic */

    /* what was found */
    struct zone *zone; /* that the pin holds; NULL: it is not held here any more */
    struct zone_pin pin;
    uint64_t version;
    struct zone_history *history; /* NULL: the whole zone has to go */
    size_t octets;                /* of it, counted in the source */

    /* under way */
    struct zone_store_state state; /* as of the version */
    uint64_t next;                 /* change set to be read */
};

/* Make a source; all borrowed, they outlive it. Shape: embedded. Units: none. Errors: none. Source:
 * none. */
void xfr_past_source_init(struct xfr_past_source *source, struct writer *writer,
                          struct keeper *keeper, struct zone_store *store);

/* Before the writer ends: what it still makes is not worth the work. A zeroed one is accepted.
 * Shape: none. Units: none. Errors: none. Source: none. */
void xfr_past_source_stop(struct xfr_past_source *source);

/* When the writer has ended and no transfer is left; a zeroed one is accepted. Shape: none.
 * Units: none. Errors: none. Source: none. */
void xfr_past_source_finish(struct xfr_past_source *source);

/* Begin. Shape: zeroed, with source, on_ready, name and serial set. Units: none. Errors: none; a
 * past without history. Source: RFC 1995 section 4. */
void xfr_past_begin(struct xfr_past *past);

/* Give up what is held, when it is ready or was never begun. Shape: none. Units: none. Errors: none.
 * Source: none. */
void xfr_past_finish(struct xfr_past *past);
