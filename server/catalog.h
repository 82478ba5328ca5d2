/* Catalog: zones join and leave a producer's catalog, and with it this server and whoever follows the
 * catalog.
 *
 * Runs in the writer's thread. What is on disk when a call returns is what a start will find; a call
 * that fails leaves everything as it was. */
#pragma once

#include <stdint.h>

#include "base/clock.h"
#include "base/rand.h"
#include "server/keeper.h"

/* What joins. All borrowed. */
struct catalog_wish {
    const uint8_t *name;    /* of the zone, wire form */
    const uint8_t *catalog; /* wire form; NULL: the only producer */
    const char *path; /* zone file; NULL: what the store has of the name, else SOA and NS alone */
};

/* Add a zone to a producer's catalog: served, and listed, before this returns.
 * Shape:  *out_catalog is the catalog's name, borrowed until the next keeper_apply. Units: none.
 * Errors: ERR_MISSING (no such producer, no name server known), ERR_VALUE (several producers),
 *         ERR_EXISTS (held already), ERR_LIMIT (catalog_max), zone_load's, the store's; told.
 * Source: RFC 9432 4.1. */
int catalog_add(struct keeper *keeper, const struct clock *clock, struct rand *rand,
                const struct catalog_wish *wish, const struct keeper_report *report,
                const uint8_t **out_catalog);

/* Take a zone out of its producer's catalog, and out of the store.
 * Shape:  name wire form; out_catalog as in catalog_add. Units: none.
 * Errors: ERR_MISSING (not held), ERR_DENIED (configured, or not of a producer), the store's; told.
 * Source: RFC 9432 5.3. */
int catalog_remove(struct keeper *keeper, const uint8_t *name, const struct keeper_report *report,
                   const uint8_t **out_catalog);
