/* Zones for tests: made from and printed as zone file text, changed by text, checked whole.
 *
 * Everything fails the running test when it can not be done. Names in arguments are absolute text in
 * lower case. All zones use zones_key. What is returned is the caller's unless said otherwise. The
 * calling thread is an RCU reader (zones_enter). */
#pragma once

#include <stdint.h>

#include "base/hash.h"
#include "zones/zone.h"
#include "zones/zone_edit.h"

extern const struct hash_key zones_key;
extern const struct zone_edit_limits zones_limits; /* wide ones */

/* A name in wire form. Shape: borrowed until the thread's 16th call after this one. Units: none.
 * Errors: fails the test. Source: none. */
const uint8_t *zones_name(const char *text);

/* Make a zone from records, names relative to it, TTL 300 where none is written.
 * Shape: text as a zone file; version 1, or 0 when text is empty. Units: none. Errors: fails the
 * test. Source: RFC 1035 5.1. */
struct zone *zones_make(const char *name, const char *text);

/* Add every record of a text. Shape: as zones_make. Units: none. Errors: fails the test.
 * Source: none. */
void zones_add(struct zone_edit *edit, const char *text);

/* Remove every record of a text; each must be there. Shape: as zones_make. Units: none.
 * Errors: fails the test. Source: none. */
void zones_remove(struct zone_edit *edit, const char *text);

/* One commit that removes and adds; NULL for nothing. Shape: as zones_make. Units: none.
 * Errors: fails the test, also when nothing was published. Source: none. */
void zones_change(struct zone *zone, const char *remove, const char *add);

/* The node of a name in a version. Shape: borrowed. Units: none. Errors: NULL. Source: none. */
const struct zone_node *zones_get(const struct zone *zone, uint64_t version, const char *name);

/* All records of a version, names in canonical order, records of a set in the order of their RDATA:
 * equal zones print equal. Shape: terminated text for mem_free. Units: none. Errors: none.
 * Source: RFC 4034 6. */
char *zones_print(const struct zone *zone, uint64_t version);

/* Check the newest version: children and sizes as counted from scratch, order of types, every name
 * above a name there. Shape: none. Units: none. Errors: fails the test. Source: none. */
void zones_check(const struct zone *zone);

/* Let all present grace periods pass, and those that their ends begin. Shape: none. Units: none.
 * Errors: none. Source: none. */
void zones_settle(void);

/* Set up a test: the thread is an RCU reader. Shape: for cmocka, of one test or a group; the state stays as it is.
 * Units: none. Errors: none. Source: none. */
int zones_enter(void **state);

/* Tear down a test: zones_settle, and the thread is no reader any more. Shape: as zones_enter. Units: none.
 * Errors: none. Source: none. */
int zones_leave(void **state);
