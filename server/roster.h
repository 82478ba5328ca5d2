/* Roster: which zones this server is to hold: those of its configuration, and the members of the
 * catalog zones among them.
 *
 * Made in steps by the keeper, in the writer's thread or before it starts: create, read each
 * catalog, fill; then the list is complete, in the shape of a configuration whose zones are all
 * zones. What follows for the store (members that came or went) waits for roster_save. A catalog
 * that is broken, or has no content yet, keeps the members that the store knows of it. Shares the
 * configuration; the list goes with the roster. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "server/conf.h"
#include "zones/zone.h"
#include "zones/zone_store.h"

struct roster;

/* Begin with the zones of a configuration. Shape: shared; ended by roster_destroy. Units: none.
 * Errors: aborts without memory. Source: none. */
struct roster *roster_create(const struct server_conf *conf);

/* Free; NULL is accepted. Shape: none. Units: none. Errors: none. Source: none. */
void roster_destroy(struct roster *roster);

/* The i-th catalog, as its own zone is to be held: without the options that are its members'.
 * Shape: borrowed; NULL past the last. Units: none. Errors: NULL. Source: none. */
const struct server_conf_zone *roster_catalog(const struct roster *roster, size_t i);

/* Read the newest content of the i-th catalog; a broken one is logged.
 * Shape: the caller is the zone's writer. Units: none. Errors: none. Source: RFC 9432 5.1. */
void roster_read(struct roster *roster, size_t i, const struct zone *zone);

/* Take the newest content of the i-th catalog as read: what can not be followed is not tried again
 * before it changes. True when it was not read before. Shape: as roster_read. Units: none. Errors:
 * none. Source: none. */
bool roster_note(struct roster *roster, size_t i, const struct zone *zone);

/* Complete the list by the members of the catalogs that were read. A name that the configuration has,
 * or another catalog, is passed over and logged.
 * Shape: once. Units: none. Errors: the store's, logged. Source: RFC 9432 4.3.1, 5.2. */
int roster_fill(struct roster *roster, struct zone_store *store);

/* The complete list as a configuration: all zones in canonical order of their names, members with the
 * options of their catalogs. Shape: borrowed. Units: none. Errors: none. Source: none. */
const struct server_conf *roster_conf(const struct roster *roster);

/* The configuration that the roster began with. Shape: borrowed. Units: none. Errors: none. Source:
 * none. */
const struct server_conf *roster_base(const struct roster *roster);

/* The zone of this name in the complete list, or NULL. Shape: wire form, any case; borrowed. Units:
 * none. Errors: NULL. Source: none. */
const struct server_conf_zone *roster_find(const struct roster *roster, const uint8_t *name);

/* Bring the store in line with the members: marks are set, and what members left behind that are no
 * more is forgotten. After the list is in force. Shape: one transaction. Units: none. Errors: the
 * store's, logged; the next roster finds the same to do. Source: none. */
int roster_save(const struct roster *roster, struct zone_store *store);

/* Make the zone of a producer's catalog that the store does not have: with the members that the store
 * knows of it. Shape: name wire form; *out_zone is a new reference. Units: none. Errors: the store's,
 * zone_catalog_make's. Source: RFC 9432 4. */
int roster_make_catalog(struct zone_store *store, const uint8_t *name, const struct hash_key *key,
                        struct zone **out_zone);
