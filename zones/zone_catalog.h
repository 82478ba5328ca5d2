/* Catalog zones: a zone whose records are a list of other zones, its members, for secondaries that
 * are to serve what the primary serves.
 *
 * Reading is pure: a version of a zone in, a sorted list out, or why the catalog is broken. Writing
 * is an edit. Members are found by name, and each has a label of its own in the catalog: another
 * label says that it is another zone of the same name. The list belongs to its caller. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "zones/zone_edit.h"

enum {
    ZONE_CATALOG_LABEL_MAX = 64, /* octets of a label with its length octet */
    ZONE_CATALOG_WHY = 160,      /* octets of the reason why a catalog is broken */
};

/* All borrowed from the list. */
struct zone_catalog_member {
    const uint8_t *name;  /* of the member zone: wire form, lower case */
    const uint8_t *label; /* <unique>: length octet and octets, lower case */
    const uint8_t *coo;   /* catalog that the zone is to move to, lower case; NULL: none */
};

struct zone_catalog;

/* Read a version of a zone as a catalog.
 * Shape:  *out_catalog is freed by zone_catalog_destroy; out_why of ZONE_CATALOG_WHY octets is
 *         filled with every error. The caller is in a read section or is the zone's writer.
 * Units:  max in members.
 * Errors: ERR_VALUE: broken, the former list stays in force; ERR_LIMIT: more members than max.
 * Source: RFC 9432 4.1 to 4.4, 5.1. */
int zone_catalog_read(const struct zone *zone, uint64_t version, size_t max,
                      struct zone_catalog **out_catalog, char *out_why);

/* Free; NULL is accepted. Shape: none. Units: none. Errors: none. Source: none. */
void zone_catalog_destroy(struct zone_catalog *catalog);

/* The members in canonical order of their names. Shape: *out_count of them, borrowed. Units: members.
 * Errors: none. Source: none. */
const struct zone_catalog_member *zone_catalog_members(const struct zone_catalog *catalog,
                                                       size_t *out_count);

/* The member of a name, or NULL. Shape: wire form, any case; borrowed. Units: none. Errors: NULL.
 * Source: none. */
const struct zone_catalog_member *zone_catalog_find(const struct zone_catalog *catalog,
                                                    const uint8_t *name);

/* Make an empty zone a catalog without members. Shape: edit of a zone without records. Units: none.
 * Errors: zone_edit_add's; ERR_NAME_LONG. Source: RFC 9432 4.1, 4.2, 4.2.1. */
int zone_catalog_make(struct zone_edit *edit);

/* Spell a number as a label. Shape: out_label of ZONE_CATALOG_LABEL_MAX: 16 digits with their length
 * octet. Units: none. Errors: none. Source: none. */
void zone_catalog_label(uint64_t number, uint8_t *out_label);

/* Add a member. Shape: label as in struct zone_catalog_member, member wire form. Units: none.
 * Errors: ERR_EXISTS (the label is in use), ERR_NAME_LONG, zone_edit_add's. Source: RFC 9432 4.1. */
int zone_catalog_add(struct zone_edit *edit, const uint8_t *label, const uint8_t *member);

/* Take a member out with its properties; false when no such label is there.
 * Shape: as zone_catalog_add. Units: none. Errors: false. Source: RFC 9432 5.3. */
bool zone_catalog_remove(struct zone_edit *edit, const uint8_t *label);
