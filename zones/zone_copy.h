/* Records as another server says them: what a transfer or the journal brings is taken as it is,
 * without the rules that updates and files must meet, as far as a zone can hold it.
 *
 * A CNAME may stand beside other data, and the TTLs of an RRset may differ. Runs where the edit
 * does. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "zones/zone_edit.h"

/* Add one record to an edit.
 * Shape: owner lower-case wire form; stored RDATA, valid. Units: s, octets.
 * Errors: ERR_OUT_OF_ZONE; ERR_EXISTS (the record is there, whatever its TTL, or another one of a
 * type that stands alone); ERR_LIMIT (octets of an RRset, types of a name). Nothing is changed then.
 * Source: RFC 1995 4, RFC 5936 3. */
int zone_copy_add(struct zone_edit *edit, const uint8_t *owner, uint16_t type, uint32_t ttl_s,
                  const uint8_t *rdata, size_t len);
