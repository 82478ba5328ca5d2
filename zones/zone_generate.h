/* $GENERATE: records made from a pattern and a range of numbers, as in BIND.
 *
 * `$GENERATE START-STOP[/STEP] OWNER [TTL] [CLASS] TYPE RDATA`, where $ in OWNER and RDATA stands for the number,
 * ${OFFSET,WIDTH,BASE} for it moved and formatted, $$ and \$ for a dollar sign. One thread. */
#pragma once

#include "base/bytes.h"
#include "zones/dns_scan.h"
#include "zones/zone_record.h"

#define ZONE_GENERATE_MAX 65536 /* records from one line */

/* What takes the records, one by one; an error ends the run and comes back. The record is borrowed during the call. */
typedef int zone_generate_visit(void *context, const struct zone_text_record *record);

/* Read the rest of a $GENERATE line (END is read, too) and make its records.
 * Shape:  state gives origin, TTL and learns the TTL, not the owner; rdata is room for one RDATA, from its start.
 * Units:  none.
 * Errors: ERR_SYNTAX, ERR_LIMIT (more than ZONE_GENERATE_MAX), those of zone_record.h, place in scan, with the number
 *         that was at work; visit's own, with no place.
 * Source: BIND 9 Administrator Reference Manual, $GENERATE. */
int zone_generate_run(struct dns_scan *scan, struct zone_record_state *state, struct wr *rdata,
                      zone_generate_visit *visit, void *context);

/* Put a number into a pattern. Shape: pattern of len octets, escapes kept; text appended to out. Units: none.
 * Errors: ERR_SYNTAX (wrong ${...}), ERR_VALUE (number plus offset below 0), ERR_SPACE. Source: as above. */
int zone_generate_expand(const char *pattern, size_t len, uint32_t number, struct wr *out);
