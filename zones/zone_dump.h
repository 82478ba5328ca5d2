/* Writing a zone as a zone file that any server loads and that imports to the same zone.
 *
 * Names in canonical order, the SOA first, our types in generic form with their meaning as a
 * comment. Runs in the writer's thread. */
#pragma once

#include <stdint.h>
#include <stdio.h>

#include "zones/zone.h"

/* Print the newest version of a zone.
 * Shape: text to out, which stays open. Units: *out_records counts them. Errors: ERR_IO,
 * zone_text_print's. Source: RFC 1035 5.1. */
int zone_dump(const struct zone *zone, FILE *out, uint64_t *out_records);
