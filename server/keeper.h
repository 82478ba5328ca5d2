/* Keeper: the zones that this server holds; loads them, imports and exports them, and publishes the
 * world.
 *
 * Everything here runs in the writer's thread, or before it starts; readers see only the worlds
 * that it publishes. A change that fails leaves zones, store and world as they were. */
#pragma once

#include <stdio.h>

#include "base/clock.h"
#include "base/err.h"
#include "server/conf.h"
#include "server/stat.h"
#include "server/world.h"
#include "zones/zone_store.h"

struct held;
struct keeper;
struct notify;

/* Who is told of errors: each with its place as far as it is known. */
struct keeper_report {
    void (*on_error)(void *context, const struct err_at *at);
    void *context;
};

/* Make a keeper without zones. Shape: all borrowed, they outlive it. Units: none. Errors: aborts
 * without memory.
 * Source: none. */
struct keeper *keeper_create(struct zone_store *store, struct world_handle *handle,
                             const struct clock *clock, struct stat_set *stat);

/* Who is told when a change of zones is published. Shape: borrowed, outlives the writer. Units: none.
 * Errors: none. Source: none. */
void keeper_take_notify(struct keeper *keeper, struct notify *notify);

/* Who keeps secondary zones fresh. */
struct keeper_refresh {
    void (*configure)(void *context, struct secondary_set *secondaries);
    void *context;
};

/* Tell it of the secondary zones now, and with each keeper_apply. Shape: copied; the context outlives
 * the writer. Units: none. Errors: none. Source: none. */
void keeper_take_refresh(struct keeper *keeper, const struct keeper_refresh *refresh);

/* Give up all zones; NULL is accepted. The world stays until world_finish. Shape: none. Units:
 * none. Errors: none.
 * Source: none. */
void keeper_destroy(struct keeper *keeper);

/* Hold exactly the zones of a configuration: those held stay as they are, others come from the
 * store, or from their file when the store does not have them; then publish the world.
 * Shape: conf borrowed during the call. Units: none. Errors: the first zone's that could not be
 * loaded; all are told.
 * Source: none. */
int keeper_apply(struct keeper *keeper, const struct server_conf *conf,
                 const struct keeper_report *report);

/* Replace a held zone by the content of a file, in the store and in the world.
 * Shape: name wire form, path terminated. Units: none. Errors: ERR_MISSING (not held), zone_load's,
 * the store's; told.
 * Source: none. */
int keeper_import(struct keeper *keeper, const uint8_t *name, const char *path,
                  const struct keeper_report *report);

/* Publish the world again: what a held zone shows has changed. Shape: none. Units: none. Errors:
 * none. Source: none. */
void keeper_publish(struct keeper *keeper);

/* Print a held zone as a zone file. Shape: see zone_dump. Units: none. Errors: ERR_MISSING,
 * ERR_IO; told. Source: none. */
int keeper_export(struct keeper *keeper, const uint8_t *name, FILE *out,
                  const struct keeper_report *report);

/* Check a file as a held zone's without changing anything; path NULL checks the zone's own
 * configured file.
 * Shape: as keeper_import; *out_size is what the file would make. Units: see struct. Errors: as
 * keeper_import; told.
 * Source: none. */
int keeper_check(struct keeper *keeper, const uint8_t *name, const char *path,
                 const struct keeper_report *report, struct zone_size *out_size);

/* The held zone of this name, or NULL. Shape: wire form, any case; borrowed until the next
 * keeper_apply or keeper_import. Units: none. Errors: NULL. Source: none. */
struct held *keeper_find(const struct keeper *keeper, const uint8_t *name);

/* After the store was opened again: save each zone anew of which the store has not exactly what was
 * acknowledged. Memory is the truth.
 * Shape: *out_saved is how many it was. Units: zones. Errors: the store's; told. Source: threats row 53. */
int keeper_mend(struct keeper *keeper, const struct keeper_report *report, size_t *out_saved);

/* All held zones. Shape: an array, borrowed until the next keeper_apply or keeper_import. Units: zones.
 * Errors: none. Source: none. */
struct held *keeper_zones(const struct keeper *keeper, size_t *out_count);

/* Commit the edits of all held zones as one group. Shape: see held_commit. Units: none. Errors: as
 * held_commit. Source: none. */
int keeper_commit(struct keeper *keeper);

/* What the next checkpoint will have to write of, all zones together. Shape: none. Units: octets of change
 * sets. Errors: none. Source: none. */
uint64_t keeper_pending(const struct keeper *keeper);

/* Say whether the store is short of room: then the journal keeps nothing for secondaries alone.
 * Shape: none. Units: none. Errors: none. Source: threats row 54. */
void keeper_spare_room(struct keeper *keeper, bool is_short);

/* One slice of the checkpoint of all held zones. Shape: see held_checkpoint. Units: none. Errors: the
 * store's. Source: none. */
int keeper_checkpoint(struct keeper *keeper, bool *out_more);
