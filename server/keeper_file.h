/* Zones and files: what the keeper imports, exports and checks on request.
 *
 * The writer's thread. A change that fails leaves zones, store and world as they were.
 * Prefix: keeper_ */
#pragma once

#include <stdint.h>
#include <stdio.h>

#include "server/keeper_report.h"
#include "zones/zone.h"

struct keeper;

/* Replace a held zone by the content of a file, in the store and in the world.
 * Shape: name wire form, path terminated. Units: none. Errors: ERR_MISSING (not held), zone_load's,
 * the store's; told.
 * Source: none. */
int keeper_import(struct keeper *keeper, const uint8_t *name, const char *path,
                  const struct keeper_report *report);

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
