/* Keeper: the zones that this server holds; loads them, commits their
 * changes and publishes the world.
 *
 * Everything here runs in the writer's thread, or before it starts; readers see only the worlds
 * that it publishes. A change that fails leaves zones, store and world as they were. */
#pragma once

#include <stdio.h>

#include "base/clock.h"
#include "base/err.h"
#include "server/conf.h"
#include "server/keeper_report.h"
#include "server/stat.h"
#include "server/world.h"
#include "zones/zone_store.h"

struct held;
struct keeper;
struct notify;
struct roster;

/* Make a keeper without zones. Shape: all borrowed, they outlive it. Units: none. Errors: aborts
 * without memory.
 * Source: none. */
struct keeper *keeper_create(struct zone_store *store, struct world_handle *handle,
                             const struct clock *clock, struct stat_set *stat);

/* Who is told when a change of zones is published, and of whom to tell: at once, when there are zones.
 * Shape: borrowed, outlives the writer. Units: none. Errors: none. Source: none. */
void keeper_take_notify(struct keeper *keeper, struct notify *notify);

/* Tell it of the secondary zones now, and with each keeper_apply. Shape: copied; the context outlives
 * the writer. Units: none. Errors: none. Source: none. */
void keeper_take_refresh(struct keeper *keeper, const struct keeper_refresh *refresh);

/* Give up all zones; NULL is accepted. The world stays until world_finish. Shape: none. Units:
 * none. Errors: none.
 * Source: none. */
void keeper_destroy(struct keeper *keeper);

/* Hold exactly the zones of a configuration and the members of its catalogs: those held stay as they
 * are, others come from the store, or from their file when the store does not have them; then publish
 * the world. A producer's catalog that is nowhere is made.
 * Shape: conf is shared. Units: none. Errors: the first zone's that could not be
 * loaded; all are told.
 * Source: none. */
int keeper_apply(struct keeper *keeper, const struct server_conf *conf,
                 const struct keeper_report *report);

/* Publish the world again: what a held zone shows has changed. Shape: none. Units: none. Errors:
 * none. Source: none. */
void keeper_publish(struct keeper *keeper);

/* What is held: the configuration with the members of its catalogs. Shape: borrowed until the next
 * keeper_apply or keeper_commit; NULL before the first. Units: none. Errors: NULL. Source: none. */
const struct roster *keeper_roster(const struct keeper *keeper);

/* The store. Shape: borrowed. Units: none. Errors: none. Source: none. */
struct zone_store *keeper_store(const struct keeper *keeper);

/* The held zone of this name, or NULL. Shape: wire form, any case; borrowed until the next
 * keeper_apply, keeper_import or keeper_commit. Units: none. Errors: NULL. Source: none. */
struct held *keeper_find(const struct keeper *keeper, const uint8_t *name);

/* After the store was opened again: save each zone anew of which the store has not exactly what was
 * acknowledged. Memory is the truth.
 * Shape: *out_saved is how many it was. Units: zones. Errors: the store's; told. Source: threats row 53. */
int keeper_mend(struct keeper *keeper, const struct keeper_report *report, size_t *out_saved);

/* All held zones. Shape: an array, borrowed until the next keeper_apply or keeper_import. Units: zones.
 * Errors: none. Source: none. */
struct held *keeper_zones(const struct keeper *keeper, size_t *out_count);

/* A catalog may have changed without a commit: hold what it lists from now on; what fails of that is
 * logged. Shape: none. Units: none. Errors: none. Source: RFC 9432. */
void keeper_follow(struct keeper *keeper);

/* Commit the edits of all held zones as one group, and hold what changed catalogs list from now on:
 * what fails of that is logged. Shape: see held_commit. Units: none. Errors: as
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
