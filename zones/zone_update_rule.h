/* What this server asks of updates beyond RFC 2136: names and types that it writes alone, and the
 * rules of docs/records.md for records of our types.
 *
 * Looks at an edit as it stands, changes nothing. Owners are lower-case wire form in the zone, RDATA
 * is stored form. Runs in the writer's thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "zones/zone_edit.h"

/* True for what signing makes, today or in old zones: updates neither see nor touch it.
 * Shape: none. Units: none. Errors: none. Source: RFC 4034, RFC 5155, RFC 2535; threats row 6. */
bool zone_update_rule_is_signing(uint16_t type);

/* Why only the server may write a type at a name, or NULL when others may.
 * Shape: static text; has_index: the zone has server-written names. Units: none. Errors: NULL.
 * Source: docs/records.md. */
const char *zone_update_rule_owned(struct zone_edit *edit, const uint8_t *owner, uint16_t type,
                                   bool has_index);

/* Check a record that is to be added: its own form, and that an observation moves forward.
 * Shape: any type; at names the attribute. Units: now_s in epoch seconds.
 * Errors: cres_check's; ERR_ATTR_CROSS (obs). Source: docs/records.md, threats row 40. */
int zone_update_rule_record(struct zone_edit *edit, const uint8_t *owner, uint16_t type,
                            const uint8_t *rdata, size_t len, uint64_t now_s, struct err_at *at);

/* Check what has become of a name: its CLOAD against its CRES.
 * Shape: at names the attribute. Units: none. Errors: ERR_ATTR_CROSS. Source: docs/records.md. */
int zone_update_rule_name(struct zone_edit *edit, const uint8_t *owner, struct err_at *at);

/* The record of a node that observes the same thing as another one, at the same time or later: then
 * that one is no news.
 * Shape: node may be NULL; type CLOAD or CNET, valid RDATA; *out_rr borrowed from node. Units: octets.
 * Errors: false: it is news. Source: docs/records.md, threats row 40. */
bool zone_update_rule_is_old(const struct zone_node *node, uint16_t type, const uint8_t *rdata,
                             size_t len, struct zone_rr *out_rr);
