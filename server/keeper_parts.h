/* Parts of the keeper: its state, and what its files share: telling errors, reading a file, saving a
 * zone.
 *
 * For server/keeper*.c alone; the writer's thread, or before it starts.
 * Prefix: keeper_ */
#pragma once

#include <stdbool.h>

#include "base/clock.h"
#include "server/held.h"
#include "server/keeper_report.h"
#include "server/notify.h"
#include "server/roster.h"
#include "server/stat.h"
#include "server/world_options.h"
#include "server/writer.h"
#include "zones/zone_store.h"

struct keeper {
    struct zone_store *store;
    struct world_handle *handle;
    const struct clock *clock;
    struct stat_set *stat;
    bool is_short;                 /* the store has no room for what only secondaries may ask for */
    struct notify *notify;         /* NULL: nobody is told of changes */
    struct keeper_refresh refresh; /* configure NULL: nobody keeps secondary zones fresh */
    struct world_options options;  /* texts are ours */
    struct rules *rules;
    struct roster *roster; /* of what is held; NULL before the first configuration */
    uint8_t random_secret[WORLD_SECRET_LEN];
    struct held *zones;
    size_t count;
    struct writer *writer;       /* NULL: no table of pools is made by itself (yet) */
    struct writer *pools_writer; /* given by another thread, taken by pools_job */
    struct writer_job pools_job; /* makes them */
    bool has_pools_job;          /* it is on its way */
    bool has_loaded;             /* whole zones were read or written since settle_memory */
};

/* What was published is to be told. Shape: none. Units: none. Errors: none. Source: RFC 1996. */
void keeper_tell_change(const struct keeper *keeper);

/* Settle the store, if whole zones have passed since the last time (zone_store_settle). Shape: none.
 * Units: none. Errors: none. Source: none. */
void keeper_settle_memory(struct keeper *keeper);

/* Read a zone from a file, with a fresh index; both are the caller's.
 * Shape: `like` has the settings. Units: none. Errors: zone_load's; told. Source: none. */
int keeper_load_file(struct keeper *keeper, const struct held *like, const uint8_t *name,
                     const char *path, const struct keeper_report *report, struct held *out);

/* Save a zone whole. Shape: none. Units: none. Errors: the store's; told. Source: docs/store.md. */
int keeper_save(struct keeper *keeper, struct held *held, const struct keeper_report *report);
